//! Hash tables of rows: from keys to the numbers of the rows that have them, in the order of the rows.
//!
//! A key has a *place*: its number in the order in which keys first appeared, which is where a map keeps it. The rows of
//! all places stand one after the other in one list, and a second list says where each place's rows begin: no object for
//! each key, and rows that belong together lie together. Several keys are one by pairs: the places of the first and the
//! second in maps of their own make an int, whose place in a third map is that of the pair, and so on; so no key is ever
//! made into an object.

use super::Running;
use super::rows::Columns;
use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_hir::hir::ExprId;
use mochi_hir::types::TypeId;
use mochi_ir::op::Op;
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// Places are below this, as far as an entry of a map can be numbered.
const PLACES: i64 = 1 << 31;

/// A filled table.
#[derive(Clone)]
pub(super) struct Table {
    pub places: Places,
    /// Where each place's rows begin, behind one that stands for an unknown key and has none.
    starts: Value,
    rows: Value,
}

/// How a key's place is found: a map for each key, and one for each pair.
#[derive(Clone)]
pub(super) struct Places {
    pub maps: Vec<Value>,
}

/// Rows that one goes through: all of them, or those in a part of a list of row numbers.
#[derive(Clone, Copy)]
pub(super) struct Candidates {
    pub part: Option<(Value, Value)>,
    pub count: Value,
}

impl<'a> FunctionLowering<'_, 'a> {
    /// Maps for the places of keys.
    pub(super) fn places(&mut self, keys: &[TypeId]) -> Places {
        let mut maps = Vec::with_capacity(2 * keys.len());
        for (at, &key) in keys.iter().enumerate() {
            let key = if key == TypeId::NONE { TypeId::ANY } else { key };
            maps.push(self.new_map(key, TypeId::BOOL, 0));
            if at > 0 {
                maps.push(self.new_map(TypeId::INT, TypeId::BOOL, 0));
            }
        }
        Places { maps }
    }

    /// The types of keys.
    pub(super) fn types_of(&mut self, keys: &[ExprId]) -> Vec<TypeId> {
        keys.iter().map(|&key| self.type_of(key)).collect()
    }

    /// The place of these keys: with `MapPlace` they get one, with `MapFind` it is none, -1, when they have none.
    pub(super) fn place_of(
        &mut self,
        places: &Places,
        keys: &[Value],
        function: RuntimeFunction,
    ) -> Value {
        let mut maps = places.maps.iter().copied();
        let mut next = || maps.next().expect("there is a map for each key and for each pair");
        let mut place = self.runtime(function, &[next(), keys[0]], Type::I64);
        for &key in &keys[1..] {
            let other = self.runtime(function, &[next(), key], Type::I64);
            // Where one of them is -1 the pair is one that no map has.
            let factor = self.builder.i64(PLACES);
            let high = self.builder.emit(Op::I64MulProved, &[place, factor], 0, Type::I64);
            let pair = self.builder.emit(Op::I64AddProved, &[high, other], 0, Type::I64);
            place = self.runtime(function, &[next(), pair], Type::I64);
        }
        place
    }

    /// How many places there are.
    pub(super) fn place_count(&mut self, places: &Places) -> Value {
        let last = *places.maps.last().expect("there is at least one key");
        self.runtime(RuntimeFunction::MapLen, &[last], Type::I64)
    }

    /// The table of the rows that meet the conditions.
    pub(super) fn table(
        &mut self,
        running: &Running<'a>,
        columns: &Columns,
        keys: &[ExprId],
        conditions: &[ExprId],
    ) -> Table {
        let key_types = self.types_of(keys);
        let places = self.places(&key_types);
        let empty = self.empty_list(Type::I64);
        let of_rows = self.hidden(empty);
        let empty = self.empty_list(Type::I64);
        let numbers = self.hidden(empty);
        let carried = running.carrying(&[of_rows, numbers]);
        let end = self.list_len(columns.lists[0]);
        self.counted(&carried, end, |this, row| {
            this.bind_row(columns, row);
            this.when(conditions, |this| {
                let keys = this.keys(keys)?;
                let place = this.place_of(&places, &keys, RuntimeFunction::MapPlace);
                this.push_to(of_rows, place);
                if !conditions.is_empty() {
                    this.push_to(numbers, row);
                }
                Some(())
            })
        });
        let count = self.place_count(&places);
        let arguments = [self.current(of_rows), self.current(numbers), count];
        let parts = self.runtime(RuntimeFunction::ListPartRows, &arguments, Type::ListRef);
        let (first, second) = (self.builder.i64(0), self.builder.i64(1));
        let starts = self.item(parts, first, Type::ListI64);
        let rows = self.item(parts, second, Type::ListI64);
        Table { places, starts, rows }
    }

    /// The rows of a table that have these keys.
    pub(super) fn rows_of_keys(&mut self, table: &Table, keys: &[ExprId]) -> Option<Candidates> {
        let keys = self.keys(keys)?;
        let place = self.place_of(&table.places, &keys, RuntimeFunction::MapFind);
        let (one, two) = (self.builder.i64(1), self.builder.i64(2));
        let at = self.builder.emit(Op::I64AddProved, &[place, one], 0, Type::I64);
        let next = self.builder.emit(Op::I64AddProved, &[place, two], 0, Type::I64);
        let start = self.item(table.starts, at, Type::I64);
        let end = self.item(table.starts, next, Type::I64);
        let count = self.builder.emit(Op::I64SubProved, &[end, start], 0, Type::I64);
        Some(Candidates { part: Some((table.rows, start)), count })
    }

    /// The values of keys.
    pub(super) fn keys(&mut self, keys: &[ExprId]) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(keys.len());
        for &key in keys {
            let value = self.expr(key)?;
            let ty = self.type_of(key);
            let ty = if ty == TypeId::NONE { TypeId::ANY } else { ty };
            let ty = self.repr(ty);
            values.push(self.as_type(value, ty));
        }
        Some(values)
    }

    /// The number of a row that one goes through.
    pub(super) fn candidate(&mut self, candidates: Candidates, index: Value) -> Value {
        match candidates.part {
            Some((rows, start)) => {
                let at = self.builder.emit(Op::I64AddProved, &[start, index], 0, Type::I64);
                self.item(rows, at, Type::I64)
            }
            None => index,
        }
    }

    // -- a table for all rows of a query around this one --

    /// What a table is kept in that is filled when it is first asked: a list of its parts, empty before.
    pub(super) fn unfilled(&mut self) -> Value {
        self.builder.emit(Op::ListOf, &[], 0, Type::ListRef)
    }

    /// The table in a list of its parts, which is filled now unless it is already.
    pub(super) fn filled_once(
        &mut self,
        kept: Value,
        keys: usize,
        fill: impl FnOnce(&mut Self) -> Table,
    ) -> Table {
        self.fill_once(kept, |this| {
            let table = fill(this);
            Some(table.places.maps.into_iter().chain([table.starts, table.rows]).collect())
        });
        let mut number = 0;
        let mut next = |this: &mut Self, ty| {
            let at = this.builder.i64(number);
            number += 1;
            this.item(kept, at, ty)
        };
        let maps = (0..2 * keys - 1).map(|_| next(self, Type::Map)).collect();
        Table {
            places: Places { maps },
            starts: next(self, Type::ListI64),
            rows: next(self, Type::ListI64),
        }
    }
}
