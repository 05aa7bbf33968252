//! Groups of which only aggregates are wanted: a query that asks of its group for nothing but the key, and for `count`, `sum`,
//! `avg`, `min`, `max` or `exists` of its rows, keeps no rows. A group is then a record of its key and of what its aggregates
//! have come to so far, and each row that comes changes that.
//!
//! - What is aggregated is evaluated with the row and not when the group is complete, so nobody must be able to tell: it **must**
//!   be total, and nothing in the query may change anything.
//! - A sum of ints that does not fit stops the program where the sum is asked for, if it is. Until then the first item that did
//!   not fit is kept beside the sum of those before it; 0 says that there was none. Adding both gives the sum or the error.

use super::plan::{Grouping, Plan, conjuncts};
use super::total::{Known, is_total};
use super::uses::uses;
use super::{Running, Sink};
use crate::function::FunctionLowering;
use crate::operands::{Node, walk};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_hir::hir::{
    Builtin, Clause, ExprId, ExprKind, LocalId, Place, QueryId, StmtKind, Storage,
};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{ShapeId, Value};
use mochi_ir::types::Type;

/// The key's place in the record.
const KEY: u64 = 0;

/// The aggregates that are all that is asked of a group.
pub(super) struct Folds {
    pub folds: Vec<Fold>,
    /// The fields of the record behind the key.
    fields: Vec<Type>,
}

/// An aggregate of a group's rows.
pub(super) struct Fold {
    /// The expression that asks for it.
    site: ExprId,
    kind: Kind,
    /// The row, in what follows; without it the row itself is what is aggregated.
    row: Option<LocalId>,
    /// Only rows that meet these count.
    conditions: Vec<ExprId>,
    /// What is aggregated; the row itself when there is none.
    value: Option<ExprId>,
    /// The record's field with the result so far, and what belongs to it in the fields behind.
    field: u64,
    /// Fields of a row of several variables, by the variables that they are.
    parts: Vec<(ExprId, LocalId)>,
    /// The row is wanted as it is.
    is_whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Count,
    /// Whether there is any.
    Exists,
    /// The sum, and the first item that did not fit.
    SumInt,
    SumFloat,
    /// The sum as a float, and how many.
    Avg,
    /// The best so far, and whether there is one.
    Extreme {
        item: Type,
        is_min: bool,
    },
}

impl Kind {
    /// The kind of an aggregate of items of this type; `None` when it is not folded.
    fn of(builtin: Builtin, item: TypeId) -> Option<Kind> {
        let item = match item {
            TypeId::INT => Some(Type::I64),
            TypeId::FLOAT => Some(Type::F64),
            TypeId::STRING => Some(Type::Str),
            _ => None,
        };
        Some(match (builtin, item) {
            (Builtin::Count | Builtin::Len, _) => Kind::Count,
            (Builtin::Exists, _) => Kind::Exists,
            (Builtin::Sum, Some(Type::I64)) => Kind::SumInt,
            (Builtin::Sum, Some(Type::F64)) => Kind::SumFloat,
            (Builtin::Avg, Some(Type::I64 | Type::F64)) => Kind::Avg,
            (Builtin::Min | Builtin::Max, Some(item)) => {
                Kind::Extreme { item, is_min: builtin == Builtin::Min }
            }
            _ => return None,
        })
    }

    fn fields(self) -> Vec<Type> {
        match self {
            Kind::Count => vec![Type::I64],
            Kind::Exists => vec![Type::Bool],
            Kind::SumInt => vec![Type::I64, Type::I64],
            Kind::SumFloat => vec![Type::F64],
            Kind::Avg => vec![Type::F64, Type::I64],
            Kind::Extreme { item, is_min: _ } => vec![item, Type::Bool],
        }
    }

    /// What becomes of the rows, for whoever asks for the plan.
    fn name(self) -> &'static str {
        match self {
            Kind::Count => "counted as rows come",
            Kind::Exists => "noted as rows come",
            Kind::SumInt | Kind::SumFloat => "added up as rows come",
            Kind::Avg => "averaged as rows come",
            Kind::Extreme { .. } => "compared as rows come",
        }
    }
}

/// What stands for an expression while a query is lowered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing {
    /// The variable has its value.
    Variable(LocalId),
    /// The aggregate is in the record of the group.
    Folded { group: LocalId, kind: Kind, field: u64 },
}

/// What the rows behind a grouping ask of it, when it is nothing but aggregates.
pub(super) fn find_folds(
    known: &Known<'_, '_>,
    plan: &Plan<'_>,
    grouping: &Grouping<'_>,
) -> Option<Folds> {
    if !plan.is_calm || known.hir[grouping.into].storage != Storage::Value {
        return None;
    }
    let mut search = Search {
        known,
        into: grouping.into,
        variables: &plan.variables,
        uses: 0,
        found: Some(Folds { folds: Vec::new(), fields: Vec::new() }),
    };
    let asked = grouping.having.into_iter();
    let asked = asked.chain(plan.sort.iter().map(|key| key.key)).chain([plan.query.select]);
    for expr in asked {
        walk(known.hir, expr, &mut |node| search.visit(node));
    }
    search.found.filter(|_| search.uses == 0)
}

/// Looks at all that is behind a grouping.
struct Search<'s, 'k, 'a> {
    known: &'s Known<'k, 'a>,
    into: LocalId,
    /// Those of a row.
    variables: &'s [LocalId],
    /// How often the group is used other than for its key and for what was found.
    uses: isize,
    found: Option<Folds>,
}

impl Search<'_, '_, '_> {
    fn visit(&mut self, node: Node) {
        let hir = self.known.hir;
        match node {
            Node::Stmt(id) => {
                if matches!(hir[id].kind, StmtKind::Assign(Place::Local(local), _) if local == self.into)
                {
                    self.found = None;
                }
            }
            Node::Expr(id) => match &hir[id].kind {
                ExprKind::Local(local) if *local == self.into => self.uses += 1,
                ExprKind::Closure(function) if hir[*function].captures.contains(&self.into) => {
                    self.found = None;
                }
                // What is within these is visited after them, the group in them too.
                ExprKind::GroupKey(group) if self.is_group(*group) => {
                    self.uses -= 1;
                }
                _ => {
                    if let Some(fold) = self.fold(id) {
                        self.uses -= 1;
                        self.add(fold);
                    }
                }
            },
        }
    }

    /// Gives a fold its fields of the record.
    fn add(&mut self, mut fold: Fold) {
        let Some(Folds { folds, fields }) = &mut self.found else { return };
        // All rows are counted once.
        let is_plain = |fold: &Fold| fold.kind == Kind::Count && fold.conditions.is_empty();
        match folds.iter().find(|other| is_plain(other) && is_plain(&fold)) {
            Some(other) => fold.field = other.field,
            None => {
                fold.field = KEY + 1 + fields.len() as u64;
                fields.extend(fold.kind.fields());
            }
        }
        folds.push(fold);
    }

    /// Whether the expression is the group, or the list of its items.
    fn is_group(&self, id: ExprId) -> bool {
        match self.known.hir[id].kind {
            ExprKind::Local(local) => local == self.into,
            ExprKind::CallBuiltin { builtin: Builtin::Collect, ref args } => {
                args.len() == 1 && self.is_group(args[0])
            }
            _ => false,
        }
    }

    /// The aggregate that an expression is, if rows can be folded into it.
    fn fold(&self, id: ExprId) -> Option<Fold> {
        let hir = self.known.hir;
        match &hir[id].kind {
            &ExprKind::Query(query) => self.fold_of_query(id, hir[query].aggregate?, query),
            ExprKind::CallBuiltin { builtin, args } => {
                let &[arg] = &args[..] else { return None };
                match hir[arg].kind {
                    ExprKind::Query(query) if hir[query].aggregate.is_none() => {
                        self.fold_of_query(id, *builtin, query)
                    }
                    _ if self.is_group(arg) => {
                        let ty = hir[self.into].ty;
                        let &TypeKind::Group(_, item) = hir.types.kind(ty) else { return None };
                        let kind = Kind::of(*builtin, item)?;
                        let is_whole = !matches!(kind, Kind::Count | Kind::Exists);
                        Some(Fold {
                            site: id,
                            kind,
                            row: None,
                            conditions: Vec::new(),
                            value: None,
                            field: 0,
                            parts: Vec::new(),
                            is_whole,
                        })
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The aggregate of a query that goes through the group and maps its rows.
    fn fold_of_query(&self, site: ExprId, builtin: Builtin, query: QueryId) -> Option<Fold> {
        let hir = self.known.hir;
        let data = &hir[query];
        let (first, rest) = data.clauses.split_first()?;
        let &Clause::From { var, source } = first else { return None };
        if data.distinct || !self.is_group(source) {
            return None;
        }
        let mut conditions = Vec::new();
        for clause in rest {
            let Clause::Where(condition) = clause else { return None };
            conjuncts(self.known, *condition, &mut conditions);
        }
        let kind = Kind::of(builtin, hir[data.select].ty)?;
        let asked = || conditions.iter().copied().chain([data.select]);
        let is_early = |expr| is_total(self.known, expr) && !uses(hir, expr).contains(&self.into);
        if !asked().all(is_early) {
            return None;
        }
        let (mut parts, mut count, mut all) = (Vec::new(), 0, 0);
        for expr in asked() {
            walk(hir, expr, &mut |node| {
                let Node::Expr(id) = node else { return };
                let is_row =
                    |id: ExprId| matches!(hir[id].kind, ExprKind::Local(local) if local == var);
                all += usize::from(is_row(id));
                if let ExprKind::Field(base, field) = hir[id].kind
                    && self.variables.len() > 1
                    && is_row(base)
                {
                    parts.push((id, self.variables[field as usize]));
                    count += 1;
                }
            });
        }
        Some(Fold {
            site,
            kind,
            row: Some(var),
            conditions,
            value: Some(data.select),
            field: 0,
            parts,
            is_whole: all > count,
        })
    }
}

impl Folds {
    /// What is kept of a group, each once: whose it is and how it comes about, for whoever asks for the plan.
    pub(super) fn told(&self) -> impl Iterator<Item = (ExprId, &'static str)> + '_ {
        self.kept().map(|fold| (fold.site, fold.kind.name()))
    }

    /// Those that do not share what another one keeps.
    fn kept(&self) -> impl Iterator<Item = &Fold> {
        let is_first = |&(at, fold): &(usize, &Fold)| {
            self.folds[..at].iter().all(|other| other.field != fold.field)
        };
        self.folds.iter().enumerate().filter(is_first).map(|(_, fold)| fold)
    }

    /// What stands for an expression from the rows on.
    pub(super) fn standing(&self, group: LocalId) -> impl Iterator<Item = (ExprId, Standing)> + '_ {
        self.folds.iter().flat_map(move |fold| {
            let folded = Standing::Folded { group, kind: fold.kind, field: fold.field };
            let parts = fold.parts.iter().map(|&(id, variable)| (id, Standing::Variable(variable)));
            parts.chain([(fold.site, folded)])
        })
    }

    /// The record that a group is.
    fn shape(&self, key: Rep) -> Vec<Rep> {
        std::iter::once(key).chain(self.fields.iter().map(|field| field.rep())).collect()
    }
}

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// Loops through the groups that meet `having`, without their items.
    pub(super) fn folded_groups(
        &mut self,
        running: &Running<'a>,
        carried: &[LocalId],
        (grouping, folds): (&Grouping<'a>, &Folds),
        (key_type, item_type): (TypeId, TypeId),
        sink: Sink<'_, 'l, 'a>,
    ) -> Option<()> {
        let span = self.builder.span;
        let key = self.repr(key_type);
        let shape = self.cx.folds_shape(&folds.shape(key.rep()));
        let empty = self.empty_list(Type::Record);
        let groups = self.hidden(empty);
        let places = self.group_places(grouping, key_type);
        let filled = running.carrying(&[groups]);
        let count = running.plan.sources.len();
        self.rows(running, &filled, count, &mut |this| {
            let parts = this.group_key(grouping.keys, key)?;
            let before = this.current(groups);
            let count = this.list_len(before);
            let place = this.place_of(&places, &parts, RuntimeFunction::MapPlace);
            let mut after = this.join();
            let mut new = this.join();
            let is_known = this.builder.compare(Op::I64Cmp, Condition::Lt, place, count);
            this.branch(is_known, &mut after, &mut new);
            this.enter(new);
            let shown = this.shown_key(grouping.keys, &parts);
            let group = this.nothing_folded(folds, shown, shape);
            this.push_to(groups, group);
            this.leave(&mut after, None);
            this.enter(after)?;
            let all = this.current(groups);
            let group = this.item(all, place, Type::Record);
            for fold in folds.kept() {
                this.fold_row(&running.plan.variables, item_type, fold, group)?;
            }
            Some(())
        })?;
        self.at(span);
        let groups = self.current(groups);
        let end = self.list_len(groups);
        self.counted(carried, end, |this, number| {
            let group = this.item(groups, number, Type::Record);
            this.bind(grouping.into, group);
            this.when(grouping.having.as_slice(), |this| sink(this))
        });
        Some(())
    }

    /// A group of no rows.
    fn nothing_folded(&mut self, folds: &Folds, key: Value, shape: ShapeId) -> Value {
        let mut values = vec![key];
        for &field in &folds.fields {
            values.push(match field {
                Type::I64 => self.builder.i64(0),
                Type::F64 => self.builder.f64(0.0),
                Type::Bool => self.builder.bool(false),
                _ => self.string(""),
            });
        }
        self.builder.emit(Op::RecordNew, &values, u64::from(shape.0), Type::Record)
    }

    /// Folds the row into the aggregate, if it counts.
    fn fold_row(
        &mut self,
        variables: &[LocalId],
        item_type: TypeId,
        fold: &Fold,
        group: Value,
    ) -> Option<()> {
        let row = fold.is_whole.then(|| self.group_item(variables, item_type));
        if let (Some(local), Some(row)) = (fold.row, row) {
            self.bind(local, row);
        }
        self.when(&fold.conditions, |this| {
            let value = match (fold.kind, fold.value) {
                (Kind::Count | Kind::Exists, _) => None,
                (_, Some(value)) => Some(this.expr(value)?),
                (_, None) => row,
            };
            this.fold_value(fold, group, value);
            Some(())
        })
    }

    fn fold_value(&mut self, fold: &Fold, group: Value, value: Option<Value>) {
        let field = fold.field;
        match (fold.kind, value) {
            (Kind::Count, _) => self.count_field_up(group, field),
            (Kind::Exists, _) => {
                let yes = self.builder.bool(true);
                self.builder.effect(Op::FieldSet, &[group, yes], field);
            }
            (Kind::SumInt, Some(value)) => self.fold_int(group, field, value),
            (Kind::SumFloat, Some(value)) => self.fold_float(group, field, value),
            (Kind::Avg, Some(value)) => {
                let value = match self.builder.ty(value) {
                    Type::I64 => self.builder.emit(Op::I64ToF64, &[value], 0, Type::F64),
                    _ => value,
                };
                self.fold_float(group, field, value);
                self.count_field_up(group, field + 1);
            }
            (Kind::Extreme { item, is_min }, Some(value)) => {
                let mut after = self.join();
                let mut better = self.join();
                let mut compare = self.join();
                let any = self.builder.emit(Op::FieldGet, &[group], field + 1, Type::Bool);
                self.branch(any, &mut compare, &mut better);
                self.enter(compare);
                let before = self.builder.emit(Op::FieldGet, &[group], field, item);
                let is_better = self.is_more_extreme(is_min, value, before);
                self.branch(is_better, &mut better, &mut after);
                self.enter(better);
                self.builder.effect(Op::FieldSet, &[group, value], field);
                let yes = self.builder.bool(true);
                self.builder.effect(Op::FieldSet, &[group, yes], field + 1);
                self.leave(&mut after, None);
                self.enter(after);
            }
            (_, None) => {}
        }
    }

    /// Rows do not get so many that they could not be counted.
    fn count_field_up(&mut self, group: Value, field: u64) {
        let one = self.builder.i64(1);
        let count = self.builder.emit(Op::FieldGet, &[group], field, Type::I64);
        let next = self.builder.emit(Op::I64AddProved, &[count, one], 0, Type::I64);
        self.builder.effect(Op::FieldSet, &[group, next], field);
    }

    fn fold_float(&mut self, group: Value, field: u64, value: Value) {
        let sum = self.builder.emit(Op::FieldGet, &[group], field, Type::F64);
        let next = self.builder.emit(Op::F64Add, &[sum, value], 0, Type::F64);
        self.builder.effect(Op::FieldSet, &[group, next], field);
    }

    /// Adds to the sum what fits, and keeps the first value that does not.
    fn fold_int(&mut self, group: Value, field: u64, value: Value) {
        let zero = self.builder.i64(0);
        let mut after = self.join();
        let mut go = self.join();
        let mut fits = self.join();
        let mut too_much = self.join();
        let refused = self.builder.emit(Op::FieldGet, &[group], field + 1, Type::I64);
        let none = self.builder.compare(Op::I64Cmp, Condition::Eq, refused, zero);
        self.branch(none, &mut go, &mut after);
        self.enter(go);
        let sum = self.builder.emit(Op::FieldGet, &[group], field, Type::I64);
        let is_less = self.builder.compare(Op::I64Cmp, Condition::Lt, value, zero);
        let (least, most) = (self.builder.i64(i64::MIN), self.builder.i64(i64::MAX));
        let end = self.builder.emit(Op::Select, &[is_less, least, most], 0, Type::I64);
        let limit = self.builder.emit(Op::I64SubProved, &[end, value], 0, Type::I64);
        let above = self.builder.compare(Op::I64Cmp, Condition::Ge, sum, limit);
        let below = self.builder.compare(Op::I64Cmp, Condition::Le, sum, limit);
        let inside = self.builder.emit(Op::Select, &[is_less, above, below], 0, Type::Bool);
        self.branch(inside, &mut fits, &mut too_much);
        self.enter(fits);
        let next = self.builder.emit(Op::I64AddProved, &[sum, value], 0, Type::I64);
        self.builder.effect(Op::FieldSet, &[group, next], field);
        self.leave(&mut after, None);
        self.enter(too_much);
        self.builder.effect(Op::FieldSet, &[group, value], field + 1);
        self.leave(&mut after, None);
        self.enter(after);
    }

    /// What stands for an expression; `None` when it is lowered itself.
    pub(crate) fn standing(&mut self, id: ExprId) -> Option<Value> {
        if self.shared.standing.is_empty() {
            return None;
        }
        match *self.shared.standing.get(&id)? {
            Standing::Variable(variable) => Some(self.read(variable)),
            Standing::Folded { group, kind, field } => {
                let group = self.read(group);
                self.at(self.hir[id].span);
                Some(self.folded(kind, group, field))
            }
        }
    }

    /// What an aggregate has come to.
    fn folded(&mut self, kind: Kind, group: Value, field: u64) -> Value {
        let mut get = |field, ty| self.builder.emit(Op::FieldGet, &[group], field, ty);
        match kind {
            Kind::Count => get(field, Type::I64),
            Kind::Exists => get(field, Type::Bool),
            Kind::SumFloat => get(field, Type::F64),
            Kind::Extreme { item, is_min: _ } => get(field, item),
            Kind::SumInt => {
                let (sum, refused) = (get(field, Type::I64), get(field + 1, Type::I64));
                self.builder.emit(Op::I64Add, &[sum, refused], 0, Type::I64)
            }
            Kind::Avg => {
                let (sum, count) = (get(field, Type::F64), get(field + 1, Type::I64));
                self.mean(sum, count)
            }
        }
    }
}
