//! `group by`: a table from keys to the numbers of groups, and of each group its key and its items, in the order in which
//! the keys first appear.

use super::plan::Grouping;
use super::{Running, Sink};
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Symbol;
use mochi_hir::hir::{ExprId, ExprKind, LocalId};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::Op;
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
        let (key, item) = (self.repr(key_type), self.repr(item_type));
        let items_list = Type::list_of(item.rep());
        let keys = self.empty_list(key);
        let keys = self.hidden(keys);
        let items = self.empty_list(items_list);
        let items = self.hidden(items);
        let found_by = match grouping.keys {
            [_] => key_type,
            _ => self.cx.types.list(TypeId::ANY),
        };
        let table = self.new_map(found_by, TypeId::INT, 0);
        let filled = running.carrying(&[keys, items]);
        let count = running.plan.sources.len();
        self.rows(running, &filled, count, &mut |this| {
            let (lookup, parts) = this.group_key(grouping.keys, key)?;
            let row = this.group_item(&running.plan.variables, item_type);
            let mut after = this.join();
            let (present, absent, place) = this.find(table, lookup);
            this.enter(present);
            let number = this.runtime(RuntimeFunction::MapItem, &[table, place], Type::I64);
            let all = this.current(items);
            let group = this.item(all, number, items_list);
            this.runtime_effect(RuntimeFunction::ListAppendShared, &[group, row]);
            this.leave(&mut after, None);
            this.enter(absent);
            let number = this.current(keys);
            let number = this.list_len(number);
            this.runtime_effect(RuntimeFunction::MapSet, &[table, lookup, number]);
            let shown = match grouping.keys {
                [_] => lookup,
                names => this.map_of_keys(names, &parts),
            };
            this.push_to(keys, shown);
            let group = this.builder.emit(Op::ListOf, &[row], 0, items_list);
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

    /// What a row's group is found by, and the keys one by one when there are several.
    fn group_key(&mut self, keys: &[ExprId], repr: Type) -> Option<(Value, Vec<Value>)> {
        if let &[key] = keys {
            let key = self.expr(key)?;
            return Some((self.as_type(key, repr), Vec::new()));
        }
        let mut parts = Vec::with_capacity(keys.len());
        for &key in keys {
            parts.push(self.any_operand(key)?);
        }
        Some((self.builder.emit(Op::ListOf, &parts, 0, Type::ListAny), parts))
    }

    /// A row as an item of its group: the only variable, or a struct of all.
    fn group_item(&mut self, variables: &[LocalId], ty: TypeId) -> Value {
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
