//! Assignments. What a statement appends to itself (`g[u] = append(g[u], v)`, `p.xs = append(p.xs, v)`, `s = s + t`)
//! is moved out of its place first, so that it has one owner and grows where it is.
//!
//! The operands are evaluated before the value is moved out. Where they run other code, which might change the
//! place, the value that stood there before is kept, and moved out only if it still stands there.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Span;
use mochi_hir::hir::{BinaryOp, Builtin, Convert, ExprId, ExprKind, Hir, LocalId, Place, Storage};
use mochi_hir::types::TypeKind;
use mochi_ir::op::Op;
use mochi_ir::program::{GlobalId, Value};
use mochi_ir::types::Type;

/// A place whose base and index have been evaluated.
#[derive(Debug, Clone, Copy)]
enum OpenPlace {
    Cell(Value, LocalId),
    Global(GlobalId, LocalId),
    Field(Value, u32, Type),
    /// The index has been checked.
    Item(Value, Value, Type),
    /// The key is there, unless there is a default.
    Entry(Value, Value, Type, Option<ExprId>),
}

/// What is done to the value that stands in the place.
#[derive(Debug, Clone, Copy)]
enum Growth {
    Push,
    StringConcat,
    ListConcat,
}

impl FunctionLowering<'_, '_> {
    pub(crate) fn assignment(&mut self, place: &Place, value: ExprId, span: Span) -> Option<()> {
        if let Place::Local(local) = *place
            && self.hir[local].storage == Storage::Value
        {
            let value = self.expr(value)?;
            self.assign(local, value);
            return Some(());
        }
        let mut growths = Vec::new();
        if let Some(head) = growth_chain(self.hir, value, &mut growths)
            && let Some(default) = reads(self.hir, place, head)
            && !(default.is_some() && runs_code(self.hir, &growths))
        {
            growths.reverse();
            return self.grow(place, (head, default), &growths, value, span);
        }
        match *place {
            Place::Local(local) => {
                let value = self.expr(value)?;
                self.at(span);
                let place = self.open_local(local);
                self.store(place, value);
            }
            Place::Field(base, field) => {
                let record = self.operand(base)?;
                let value = self.expr(value)?;
                self.at(span);
                self.builder.effect(Op::FieldSet, &[record, value], u64::from(field));
            }
            Place::AnyField(base, name) => {
                let base = self.any_operand(base)?;
                let value = self.any_operand(value)?;
                self.at(span);
                let name = self.symbol(name);
                self.runtime_effect(RuntimeFunction::AnySetField, &[base, name, value]);
            }
            Place::Index(base, index) => self.index_assignment(base, index, value, span)?,
        }
        Some(())
    }

    fn index_assignment(
        &mut self,
        base: ExprId,
        index: ExprId,
        value: ExprId,
        span: Span,
    ) -> Option<()> {
        let ty = self.type_of(base);
        let container = self.operand(base)?;
        match self.kind(ty) {
            TypeKind::List(_) => {
                let index = self.expr(index)?;
                let value = self.expr(value)?;
                self.at(span);
                self.builder.effect(Op::ListSet, &[container, index, value], 0);
            }
            TypeKind::Map(..) => {
                let key = self.expr(index)?;
                let value = self.expr(value)?;
                self.at(span);
                self.runtime_effect(RuntimeFunction::MapSet, &[container, key, value]);
            }
            _ => {
                let container = self.any_of(container);
                let index = self.any_operand(index)?;
                let value = self.any_operand(value)?;
                self.at(span);
                self.runtime_effect(RuntimeFunction::AnySetIndex, &[container, index, value]);
            }
        }
        Some(())
    }

    fn open_local(&mut self, local: LocalId) -> OpenPlace {
        match self.hir[local].storage {
            Storage::Cell => OpenPlace::Cell(self.current(local), local),
            Storage::Global | Storage::Value => OpenPlace::Global(self.cx.global(local), local),
        }
    }

    // -- growing in place --

    fn grow(
        &mut self,
        place: &Place,
        (head, default): (ExprId, Option<ExprId>),
        growths: &[(Growth, ExprId)],
        value: ExprId,
        span: Span,
    ) -> Option<()> {
        // What stands in the place is read where the statement says so.
        let read_at = self.hir[head].span;
        let place = self.open(place, default, read_at)?;
        let ty = self.type_of(value);
        let ty = self.repr(ty);
        self.at(read_at);
        let before = runs_code(self.hir, growths).then(|| self.load(place)).flatten();
        let mut operands = Vec::with_capacity(growths.len());
        for &(_, operand) in growths {
            operands.push(self.expr(operand)?);
        }
        self.at(read_at);
        let mut grown = match before {
            Some(before) => self.take_unless_changed(place, before)?,
            None => self.take(place)?,
        };
        self.at(span);
        for (&(growth, _), operand) in growths.iter().zip(operands) {
            grown = match growth {
                Growth::Push => self.builder.emit(Op::ListPush, &[grown, operand], 0, ty),
                Growth::StringConcat => {
                    self.runtime(RuntimeFunction::StrConcat, &[grown, operand], ty)
                }
                Growth::ListConcat => {
                    self.runtime(RuntimeFunction::ListConcat, &[grown, operand], ty)
                }
            };
        }
        self.store(place, grown);
        Some(())
    }

    /// Evaluates a place's base and index, and checks that something stands there.
    fn open(&mut self, place: &Place, default: Option<ExprId>, read_at: Span) -> Option<OpenPlace> {
        Some(match *place {
            Place::Local(local) => self.open_local(local),
            Place::Field(base, field) => {
                let ty = self.type_of(base);
                let ty = self.field_repr(ty, field);
                OpenPlace::Field(self.operand(base)?, field, ty)
            }
            Place::Index(base, index) => {
                let ty = self.type_of(base);
                let container = self.operand(base)?;
                let index_value = self.expr(index)?;
                self.at(read_at);
                match *self.kind(ty) {
                    TypeKind::List(item) => {
                        let len = self.builder.emit(Op::ListLen, &[container], 0, Type::I64);
                        let index =
                            self.builder.emit(Op::IndexCheck, &[index_value, len], 0, Type::I64);
                        OpenPlace::Item(container, index, self.repr(item))
                    }
                    TypeKind::Map(_, item) => {
                        OpenPlace::Entry(container, index_value, self.repr(item), default)
                    }
                    _ => return self.unsupported(self.hir[base].span, "this assignment"),
                }
            }
            Place::AnyField(base, _) => {
                return self.unsupported(self.hir[base].span, "this assignment");
            }
        })
    }

    /// What stands in the place; `None` for a map's entry that may be absent.
    fn load(&mut self, place: OpenPlace) -> Option<Value> {
        Some(match place {
            OpenPlace::Cell(_, local) | OpenPlace::Global(_, local) => self.read(local),
            OpenPlace::Field(record, field, ty) => {
                self.builder.emit(Op::FieldGet, &[record], u64::from(field), ty)
            }
            OpenPlace::Item(list, index, ty) => {
                self.builder.emit(Op::ListLoad, &[list, index], 0, ty)
            }
            OpenPlace::Entry(map, key, ty, None) => {
                self.runtime(RuntimeFunction::MapGet, &[map, key], ty)
            }
            OpenPlace::Entry(_, _, _, Some(_)) => return None,
        })
    }

    /// Moves what stands in the place out of it.
    fn take(&mut self, place: OpenPlace) -> Option<Value> {
        Some(match place {
            OpenPlace::Cell(cell, local) => {
                let ty = self.type_of_local(local);
                self.builder.emit(Op::FieldTake, &[cell], 0, self.repr(ty))
            }
            OpenPlace::Global(global, local) => {
                let ty = self.type_of_local(local);
                self.builder.emit(Op::GlobalTake, &[], u64::from(global.0), self.repr(ty))
            }
            OpenPlace::Field(record, field, ty) => {
                self.builder.emit(Op::FieldTake, &[record], u64::from(field), ty)
            }
            OpenPlace::Item(list, index, ty) => {
                self.builder.emit(Op::ListTake, &[list, index], 0, ty)
            }
            OpenPlace::Entry(map, key, ty, None) => {
                self.runtime(RuntimeFunction::MapTake, &[map, key], ty)
            }
            OpenPlace::Entry(map, key, ty, Some(default)) => {
                let mut after = self.join();
                let (present, absent, _) = self.find(map, key);
                self.enter(present);
                let taken = self.runtime(RuntimeFunction::MapTake, &[map, key], ty);
                self.leave(&mut after, Some(taken));
                self.enter(absent);
                self.branch_value(default, true, &mut after);
                self.enter(after)?.expect("all sources bring a value")
            }
        })
    }

    /// The same when other code has run since `before` was read.
    fn take_unless_changed(&mut self, place: OpenPlace, before: Value) -> Option<Value> {
        let mut after = self.join();
        let mut unchanged = self.join();
        let mut changed = self.join();
        let now = self.load(place)?;
        let same = self.builder.emit(Op::RefSame, &[before, now], 0, Type::Bool);
        self.branch(same, &mut unchanged, &mut changed);
        self.enter(unchanged);
        let taken = self.take(place)?;
        self.leave(&mut after, Some(taken));
        self.enter(changed);
        self.leave(&mut after, Some(before));
        self.enter(after)?
    }

    fn store(&mut self, place: OpenPlace, value: Value) {
        match place {
            OpenPlace::Cell(cell, _) => self.builder.effect(Op::FieldSet, &[cell, value], 0),
            OpenPlace::Global(global, _) => {
                self.builder.effect(Op::GlobalSet, &[value], u64::from(global.0))
            }
            OpenPlace::Field(record, field, _) => {
                self.builder.effect(Op::FieldSet, &[record, value], u64::from(field));
            }
            OpenPlace::Item(list, index, _) => {
                self.builder.effect(Op::ListStore, &[list, index, value], 0)
            }
            OpenPlace::Entry(map, key, _, _) => {
                self.runtime_effect(RuntimeFunction::MapSet, &[map, key, value])
            }
        }
    }
}

/// Follows appending and concatenating down to what is grown; the steps come outermost first.
fn growth_chain(
    hir: &Hir,
    mut value: ExprId,
    growths: &mut Vec<(Growth, ExprId)>,
) -> Option<ExprId> {
    loop {
        let (growth, head, operand) = match &hir[value].kind {
            ExprKind::CallBuiltin { builtin: Builtin::Append, args } => {
                (Growth::Push, args[0], args[1])
            }
            ExprKind::CallBuiltin { builtin: Builtin::Concat, args } if args.len() == 2 => {
                (Growth::ListConcat, args[0], args[1])
            }
            ExprKind::Binary(BinaryOp::StrConcat, head, operand) => {
                (Growth::StringConcat, *head, *operand)
            }
            ExprKind::Binary(BinaryOp::ListConcat, head, operand) => {
                (Growth::ListConcat, *head, *operand)
            }
            _ => return (!growths.is_empty()).then_some(value),
        };
        growths.push((growth, operand));
        value = head;
    }
}

/// Whether the expression reads the place; what it says instead when the place is an absent entry of a map comes with it.
fn reads(hir: &Hir, place: &Place, expr: ExprId) -> Option<Option<ExprId>> {
    match (place, &hir[expr].kind) {
        (Place::Local(local), ExprKind::Local(read)) => (local == read).then_some(None),
        (Place::Field(base, field), ExprKind::Field(read, read_field)) => {
            (field == read_field && same(hir, *base, *read)).then_some(None)
        }
        (
            Place::Index(base, index),
            ExprKind::Index(read, read_index) | ExprKind::MapIndex(read, read_index),
        ) => {
            let is_container =
                matches!(hir.types.kind(hir[*base].ty), TypeKind::List(_) | TypeKind::Map(..));
            (is_container && same(hir, *base, *read) && same(hir, *index, *read_index))
                .then_some(None)
        }
        (Place::Index(..), ExprKind::Convert(Convert::Unwrap | Convert::Narrow, inner)) => {
            let ExprKind::MapGet(read, read_index) = hir[*inner].kind else { return None };
            reads_entry(hir, place, read, read_index).then_some(None)
        }
        (Place::Index(..), ExprKind::Coalesce(inner, default)) => {
            let ExprKind::MapGet(read, read_index) = hir[*inner].kind else { return None };
            // The default is evaluated after the operands; that nobody can tell.
            (reads_entry(hir, place, read, read_index) && !may_run_code(hir, *default))
                .then_some(Some(*default))
        }
        _ => None,
    }
}

fn reads_entry(hir: &Hir, place: &Place, map: ExprId, key: ExprId) -> bool {
    matches!(place, Place::Index(base, index)
        if same(hir, *base, map) && same(hir, *index, key)
            && !matches!(hir.types.kind(hir[map].ty), TypeKind::Map(_, item) if matches!(hir.types.kind(*item), TypeKind::Option(_) | TypeKind::Any)))
}

/// Whether two expressions without effects are written alike, so that they have the same value at one moment.
fn same(hir: &Hir, one: ExprId, other: ExprId) -> bool {
    match (&hir[one].kind, &hir[other].kind) {
        (ExprKind::Local(a), ExprKind::Local(b)) => a == b,
        (ExprKind::Int(a), ExprKind::Int(b)) => a == b,
        (ExprKind::Bool(a), ExprKind::Bool(b)) => a == b,
        (ExprKind::Str(a), ExprKind::Str(b)) => a == b,
        (ExprKind::Field(a, f), ExprKind::Field(b, g)) => f == g && same(hir, *a, *b),
        (ExprKind::Index(a, i), ExprKind::Index(b, j))
        | (ExprKind::MapIndex(a, i), ExprKind::MapIndex(b, j)) => {
            same(hir, *a, *b) && same(hir, *i, *j)
        }
        (ExprKind::Binary(f, a, i), ExprKind::Binary(g, b, j)) => {
            f == g && same(hir, *a, *b) && same(hir, *i, *j)
        }
        (ExprKind::Neg(a), ExprKind::Neg(b)) => same(hir, *a, *b),
        (ExprKind::Convert(f, a), ExprKind::Convert(g, b)) => {
            f == g && hir[one].ty == hir[other].ty && same(hir, *a, *b)
        }
        (
            ExprKind::CallBuiltin { builtin: f @ (Builtin::Len | Builtin::Str), args: a },
            ExprKind::CallBuiltin { builtin: g, args: b },
        ) => f == g && same(hir, a[0], b[0]),
        _ => false,
    }
}

/// Whether other code can run between reading the place and growing what stood there.
fn runs_code(hir: &Hir, growths: &[(Growth, ExprId)]) -> bool {
    growths.iter().any(|&(_, operand)| may_run_code(hir, operand))
}

/// Whether evaluating an expression can run code that assigns: anything that is not plainly free of it.
fn may_run_code(hir: &Hir, expr: ExprId) -> bool {
    let any = |exprs: &[ExprId]| exprs.iter().any(|&expr| may_run_code(hir, expr));
    match &hir[expr].kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::None
        | ExprKind::Unit
        | ExprKind::Local(_)
        | ExprKind::Function(..)
        | ExprKind::Closure(_) => false,
        ExprKind::Neg(a) | ExprKind::Not(a) | ExprKind::Field(a, _) | ExprKind::Convert(_, a) => {
            may_run_code(hir, *a)
        }
        ExprKind::Binary(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Index(a, b)
        | ExprKind::MapGet(a, b)
        | ExprKind::MapIndex(a, b)
        | ExprKind::Coalesce(a, b) => any(&[*a, *b]),
        ExprKind::If { cond, then, otherwise } => any(&[*cond, *then, *otherwise]),
        ExprKind::List(items) | ExprKind::Struct(_, items) => any(items),
        ExprKind::Map(entries) => entries.iter().any(|&(key, value)| any(&[key, value])),
        ExprKind::Slice { base, start, end, step } => {
            may_run_code(hir, *base)
                || [start, end, step].into_iter().flatten().any(|&bound| may_run_code(hir, bound))
        }
        ExprKind::CallBuiltin { builtin, args } => {
            !matches!(
                builtin,
                Builtin::Len
                    | Builtin::Append
                    | Builtin::Str
                    | Builtin::Int
                    | Builtin::Float
                    | Builtin::Upper
                    | Builtin::Lower
                    | Builtin::Substring
                    | Builtin::Abs
                    | Builtin::Min
                    | Builtin::Max
                    | Builtin::Sum
            ) || any(args)
        }
        _ => true,
    }
}
