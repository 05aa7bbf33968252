//! `group by`: a table from keys to the numbers of groups, and of each group its key and its items, in the order in which
//! the keys first appear. Of groups of which only aggregates are wanted no items are kept (`fold.rs`).

use super::plan::Grouping;
use super::table::Places;
use super::{Running, Sink};
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Symbol;
use mochi_hir::hir::{ExprId, ExprKind, LocalId};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// Loops through the groups that meet `having`.
    pub(super) fn groups(
        &mut self,
        running: &Running<'a>,
        carried: &[LocalId],
        grouping: &Grouping<'a>,
        sink: Sink<'_, 'l, 'a>,
    ) -> Option<()> {
        let span = self.builder.span;
        let ty = self.type_of_local(grouping.into);
        let &TypeKind::Group(key_type, item_type) = self.kind(ty) else {
            return self.unsupported(span, "this group");
        };
        if let Some(folds) = &grouping.folds {
            let types = (key_type, item_type);
            return self.folded_groups(running, carried, (grouping, folds), types, sink);
        }
        let (key, item) = (self.repr(key_type), self.repr(item_type));
        let items_list = Type::list_of(item.rep());
        let list_type = self.cx.types.list(item_type);
        let keys = self.empty_list(key);
        let keys = self.hidden(keys);
        let items = self.empty_list(items_list);
        let items = self.hidden(items);
        let places = self.group_places(grouping, key_type);
        let filled = running.carrying(&[keys, items]);
        let count = running.plan.sources.len();
        self.rows(running, &filled, count, &mut |this| {
            let parts = this.group_key(grouping.keys, key)?;
            let row = this.group_item(&running.plan.variables, item_type);
            let groups = this.current(items);
            let count = this.list_len(groups);
            let place = this.place_of(&places, &parts, RuntimeFunction::MapPlace);
            let mut after = this.join();
            let mut present = this.join();
            let mut new = this.join();
            let is_known = this.builder.compare(Op::I64Cmp, Condition::Lt, place, count);
            this.branch(is_known, &mut present, &mut new);
            this.enter(present);
            let group = this.item(groups, place, items_list);
            this.runtime_effect(RuntimeFunction::ListAppendShared, &[group, row]);
            this.leave(&mut after, None);
            this.enter(new);
            let shown = this.shown_key(grouping.keys, &parts);
            this.push_to(keys, shown);
            let group = this.builder.emit(Op::ListOf, &[row], 0, items_list);
            let group = this.watched(group, list_type);
            this.push_to(items, group);
            this.leave(&mut after, None);
            this.enter(after).map(|_| ())
        })?;
        self.at(span);
        let (keys, items) = (self.current(keys), self.current(items));
        let end = self.list_len(keys);
        let shape = self.cx.group_shape(key_type, item_type);
        self.counted(carried, end, |this, number| {
            let key = this.item(keys, number, key);
            let items = this.item(items, number, items_list);
            let group =
                this.builder.emit(Op::RecordNew, &[key, items], u64::from(shape.0), Type::Record);
            this.bind(grouping.into, group);
            this.when(grouping.having.as_slice(), |this| sink(this))
        });
        Some(())
    }

    /// An empty table from keys to the numbers of groups.
    pub(super) fn group_places(&mut self, grouping: &Grouping<'a>, key: TypeId) -> Places {
        let found_by = match grouping.keys {
            [_] => vec![key],
            several => self.types_of(several),
        };
        self.places(&found_by)
    }

    /// What a row's group is found by; one key has this representation.
    pub(super) fn group_key(&mut self, keys: &[ExprId], repr: Type) -> Option<Vec<Value>> {
        if let &[key] = keys {
            let key = self.expr(key)?;
            return Some(vec![self.as_type(key, repr)]);
        }
        self.keys(keys)
    }

    /// What `g.key` is: the only key, or a map of all.
    pub(super) fn shown_key(&mut self, keys: &[ExprId], parts: &[Value]) -> Value {
        match keys {
            [_] => parts[0],
            names => self.map_of_keys(names, parts),
        }
    }

    /// A row as an item of its group: the only variable, or a struct of all.
    pub(super) fn group_item(&mut self, variables: &[LocalId], ty: TypeId) -> Value {
        let values: Vec<Value> = variables.iter().map(|&variable| self.read(variable)).collect();
        match (&values[..], self.kind(ty)) {
            (_, &TypeKind::Struct(id)) if values.len() > 1 => {
                let shape = self.cx.struct_shape(id);
                self.builder.emit(Op::RecordNew, &values, u64::from(shape.0), Type::Record)
            }
            _ => values[0],
        }
    }

    /// Several keys as the map that `g.key` is, by their names.
    fn map_of_keys(&mut self, keys: &[ExprId], parts: &[Value]) -> Value {
        let map = self.new_map(TypeId::STRING, TypeId::ANY, keys.len());
        for (place, (&key, &part)) in keys.iter().zip(parts).enumerate() {
            let name = match self.name_of(key) {
                Some(name) => self.symbol(name),
                None => self.string(&format!("key{}", place + 1)),
            };
            let part = self.any_of(part);
            self.runtime_effect(RuntimeFunction::MapSet, &[map, name, part]);
        }
        map
    }

    /// What a key is called: the variable or field that it is.
    fn name_of(&mut self, key: ExprId) -> Option<Symbol> {
        match self.hir[key].kind {
            ExprKind::Local(local) => Some(self.hir[local].name),
            ExprKind::AnyField(_, name) => Some(name),
            ExprKind::Field(base, field) | ExprKind::SafeField(base, field) => {
                let ty = self.type_of(base);
                let ty = match *self.kind(ty) {
                    TypeKind::Option(inner) => inner,
                    _ => ty,
                };
                match *self.kind(ty) {
                    TypeKind::Struct(id) => {
                        Some(self.cx.types.struct_type(id).fields[field as usize].name)
                    }
                    _ => None,
                }
            }
            ExprKind::MapIndex(_, name) | ExprKind::MapGet(_, name) => match self.hir[name].kind {
                ExprKind::Str(text) => Some(text),
                _ => None,
            },
            ExprKind::Convert(_, inner) => self.name_of(inner),
            _ => None,
        }
    }
}
