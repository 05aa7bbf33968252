//! The builtin functions: which instructions or runtime functions each one is, by the types of its arguments.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_hir::hir::{Builtin, ExprId, ExprKind};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl FunctionLowering<'_, '_> {
    /// A call of a builtin, with its value if it has one.
    pub(crate) fn builtin(
        &mut self,
        builtin: Builtin,
        args: &[ExprId],
        id: ExprId,
    ) -> Option<Option<Value>> {
        use RuntimeFunction as R;
        let span = self.hir[id].span;
        let result_type = self.type_of(id);
        let result = self.repr(result_type);
        if let Some(pair) = self.pair(builtin, args) {
            return self.extreme_of_pair(builtin, pair, id).map(Some);
        }
        if let Some(query) = self.query_for_aggregate(builtin, args) {
            return self.aggregate_of_query(builtin, query, id).map(Some);
        }
        let mut values = Vec::with_capacity(args.len());
        for &arg in args {
            let value = self.operand(arg)?;
            let ty = self.type_of(arg);
            // Whatever goes over the items of a group goes over the list that it has.
            values.push(match builtin {
                Builtin::Print | Builtin::Str | Builtin::Json | Builtin::ToJson => value,
                _ => self.group_items(value, ty),
            });
        }
        self.at(span);
        let first = values.first().map(|&value| self.builder.ty(value));
        let value = match (builtin, first) {
            (Builtin::Print, _) => {
                self.print(&values);
                return Some(None);
            }
            (Builtin::Json, _) => {
                let value = self.any_of(values[0]);
                self.runtime_effect(R::PrintJson, &[value]);
                return Some(None);
            }
            (Builtin::Len | Builtin::Count, _) => self.len(values[0]),
            (Builtin::Exists, Some(Type::Any)) => self.runtime(R::AnyExists, &values, Type::Bool),
            (Builtin::Exists, _) => {
                let len = self.len(values[0]);
                let zero = self.builder.i64(0);
                self.builder.compare(Op::I64Cmp, Condition::Ne, len, zero)
            }
            (Builtin::Append, _) => self.builder.emit(Op::ListPush, &values, 0, result),
            (Builtin::Push, _) => {
                self.runtime_effect(R::ListAppendShared, &values);
                values[0]
            }
            (Builtin::Concat, _) => match values.split_first() {
                None => self.builder.emit(Op::ListOf, &[], 0, result),
                Some((&first, rest)) => rest
                    .iter()
                    .fold(first, |list, &next| self.runtime(R::ListConcat, &[list, next], result)),
            },
            (Builtin::First, _) => {
                let item = self.item_type(args[0]);
                self.first(values[0], item, result)?
            }
            (Builtin::Reverse, Some(Type::Str)) => self.runtime(R::StrReverse, &values, Type::Str),
            (Builtin::Reverse, Some(Type::Any)) => self.runtime(R::AnyReverse, &values, Type::Any),
            (Builtin::Reverse, _) => self.on_items(R::ListReverse, values[0], result),
            (Builtin::Distinct, _) => self.on_items(R::ListDistinct, values[0], result),
            (Builtin::Sort, _) => self.on_items(R::ListSort, values[0], result),
            (Builtin::Collect, _) => {
                let items = self.items(values[0]);
                self.as_type(items, result)
            }
            (Builtin::Keys, _) => self.runtime(R::MapKeys, &values, result),
            (Builtin::Values, _) => self.runtime(R::MapValues, &values, result),
            (Builtin::Range, _) => self.range(&values),
            (Builtin::Now, _) => self.runtime(R::Now, &[], Type::I64),
            (Builtin::Args, _) => {
                // The program's own name is not among its arguments.
                let first = self.builder.i64(1);
                self.runtime(R::Arguments, &[first], Type::ListRef)
            }
            (Builtin::Exit, _) => {
                self.runtime_effect(R::Exit, &values);
                return Some(None);
            }
            (Builtin::Mem, _) => self.runtime(R::Mem, &[], Type::I64),
            (Builtin::Input, _) => self.runtime(R::Input, &[], Type::Str),
            (Builtin::ToJson, _) => {
                let value = self.any_of(values[0]);
                self.runtime(R::JsonText, &[value], Type::Str)
            }
            (Builtin::Str, _) => self.text(values[0]),
            (Builtin::Int, _) => self.int_of(values[0]),
            (Builtin::Float, _) => self.float_of(values[0]),
            (Builtin::Bool, _) => self.truth(values[0]),
            (Builtin::ParseIntStr, _) => self.runtime(R::StrParseInt, &values, Type::I64),
            (Builtin::Upper, _) => self.runtime(R::StrUpper, &values, Type::Str),
            (Builtin::Lower, _) => {
                let text = self.text(values[0]);
                self.runtime(R::StrLower, &[text], Type::Str)
            }
            (Builtin::Trim, _) => self.runtime(R::StrTrim, &values, Type::Str),
            (Builtin::Contains, _) => self.runtime(R::StrContains, &values, Type::Bool),
            (Builtin::Split, _) => self.runtime(R::StrSplit, &values, Type::ListRef),
            (Builtin::Join, _) => self.runtime(R::StrJoin, &values, Type::Str),
            (Builtin::Substring | Builtin::Slice, Some(Type::Str)) => {
                self.runtime(R::StrSlice, &values, Type::Str)
            }
            (Builtin::Substring | Builtin::Slice, _) => self.runtime(R::ListSlice, &values, result),
            (Builtin::PadStart, _) => self.runtime(R::StrPadStart, &values, Type::Str),
            (Builtin::IndexOf, _) => self.runtime(R::StrIndexOf, &values, Type::I64),
            (Builtin::Repeat, _) => self.runtime(R::StrRepeat, &values, Type::Str),
            (Builtin::Replace, _) => self.runtime(R::StrReplace, &values, Type::Str),
            (Builtin::StartsWith, _) => self.runtime(R::StrStartsWith, &values, Type::Bool),
            (Builtin::EndsWith, _) => self.runtime(R::StrEndsWith, &values, Type::Bool),
            (Builtin::Sum | Builtin::Avg | Builtin::Min | Builtin::Max, _) => {
                self.aggregate(builtin, values[0], result_type)?
            }
            (Builtin::Abs, Some(Type::I64)) => self.runtime(R::IntAbs, &values, Type::I64),
            (Builtin::Abs, Some(Type::F64)) => self.runtime(R::FloatAbs, &values, Type::F64),
            (Builtin::Abs, Some(Type::Big)) => self.runtime(R::BigAbs, &values, Type::Big),
            (Builtin::Abs, _) => self.abs_of_any(values[0], result)?,
            (Builtin::Ceil, _) => self.runtime(R::FloatCeil, &values, Type::F64),
            (Builtin::Floor, _) => self.runtime(R::FloatFloor, &values, Type::F64),
            (Builtin::Sqrt, _) => self.builder.emit(Op::F64Sqrt, &values, 0, Type::F64),
            (Builtin::Round, _) => self.round(values[0], values[1], args[1]),
            (Builtin::Pow, Some(Type::I64)) => self.runtime(R::IntPow, &values, Type::I64),
            (Builtin::Pow, Some(Type::Big)) => self.runtime(R::BigPow, &values, Type::Big),
            (Builtin::Pow, _) => self.runtime(R::FloatPow, &values, Type::F64),
            (Builtin::Map, _) => {
                let item = self.item_type(args[0]);
                self.map_items(values[0], item, values[1], args[1], result)
            }
            (Builtin::Filter, _) => {
                let item = self.item_type(args[0]);
                self.filter_items(values[0], item, values[1], result)
            }
            (Builtin::Reduce, _) => {
                let item = self.item_type(args[0]);
                self.fold(values[0], item, values[2], |this, accumulated, item| {
                    this.builder
                        .call_closure(&[values[1], accumulated, item], Some(result))
                        .expect("a result was asked for")
                })
            }
            (Builtin::Panic, _) => {
                let text = self.text(values[0]);
                self.raise_text(TrapKind::Panic, text);
                return None;
            }
            (Builtin::MapGetOr, _) => self.get_or(&values, result)?,
            (Builtin::Sha256, _) => {
                let value = self.any_of(values[0]);
                self.runtime(R::Sha256Bytes, &[value], Type::ListI64)
            }
            (Builtin::Num, _) => self.runtime(R::BigNumerator, &values, Type::Big),
            (Builtin::Denom, _) => self.runtime(R::BigDenominator, &values, Type::Big),
            (Builtin::BigInt | Builtin::BigRat, _) => self.big_of(values[0], result_type),
            (Builtin::Fetch, _) => {
                let number = self.type_argument(result_type);
                self.runtime(R::Fetch, &[values[0], number, values[1]], result)
            }
            (Builtin::Generate, _) => {
                let number = self.type_argument(result_type);
                self.runtime(R::Generate, &[number, values[0]], result)
            }
            (Builtin::Model, _) => {
                self.runtime_effect(R::Model, &values);
                return Some(None);
            }
            (Builtin::Eval, _) => self.runtime(R::Eval, &values, Type::Any),
            (Builtin::Shim(number), _) => match self.shim(number, &values) {
                Some(Some(value)) => value,
                Some(None) => return Some(None),
                None => return self.unsupported(span, "this function of a foreign module"),
            },
        };
        let makes_container = matches!(
            builtin,
            Builtin::Concat
                | Builtin::Reverse
                | Builtin::Distinct
                | Builtin::Sort
                | Builtin::Collect
                | Builtin::Keys
                | Builtin::Values
                | Builtin::Map
                | Builtin::Filter
                | Builtin::Slice
        );
        Some(Some(if makes_container { self.watched(value, result_type) } else { value }))
    }

    /// `count`, `sum`, `avg`, `min` or `max` of a list, or of what an `any` has in it.
    pub(crate) fn aggregate(
        &mut self,
        builtin: Builtin,
        list: Value,
        result_type: TypeId,
    ) -> Option<Value> {
        use RuntimeFunction as R;
        let result = self.repr(result_type);
        Some(match (builtin, self.builder.ty(list)) {
            (Builtin::Count, _) => self.len(list),
            (Builtin::Sum, Type::ListI64) => self.runtime(R::ListSumInt, &[list], Type::I64),
            (Builtin::Sum, Type::ListF64) => self.runtime(R::ListSumFloat, &[list], Type::F64),
            (Builtin::Sum, _) if result == Type::Big => {
                let fraction = self.is_fraction(result_type);
                self.runtime(R::ListSumBig, &[list, fraction], Type::Big)
            }
            (Builtin::Sum, _) => {
                let items = self.items(list);
                let sum = self.runtime(R::ListSumAny, &[items], Type::Any);
                self.as_type(sum, result)
            }
            (Builtin::Avg, _) => {
                let items = self.items(list);
                self.runtime(R::ListAvg, &[items], Type::F64)
            }
            _ => {
                let function = if builtin == Builtin::Min { R::ListMin } else { R::ListMax };
                let items = self.items(list);
                let item = if self.builder.ty(items) == Type::ListAny { Type::Any } else { result };
                let extreme = self.runtime(function, &[items], item);
                let extreme = self.as_type(extreme, result);
                if result == Type::Big { self.or_zero(extreme, result_type)? } else { extreme }
            }
        })
    }

    /// A number of any size, 0 where there is none.
    fn or_zero(&mut self, number: Value, ty: TypeId) -> Option<Value> {
        let is_none = self.builder.emit(Op::IsNone, &[number], 0, Type::Bool);
        let mut after = self.join();
        let mut absent = self.join();
        let mut present = self.join();
        self.branch(is_none, &mut absent, &mut present);
        self.enter(absent)?;
        let zero = self.builder.i64(0);
        let zero = self.big_of(zero, ty);
        self.leave(&mut after, Some(zero));
        self.enter(present)?;
        self.leave(&mut after, Some(number));
        self.enter(after)?
    }

    // -- printing and text --

    fn print(&mut self, values: &[Value]) {
        for (index, &value) in values.iter().enumerate() {
            if index > 0 {
                self.runtime_effect(RuntimeFunction::PrintSpace, &[]);
            }
            let function = match self.builder.ty(value) {
                Type::I64 => RuntimeFunction::PrintInt,
                Type::F64 => RuntimeFunction::PrintFloat,
                Type::Bool => RuntimeFunction::PrintBool,
                Type::Str => RuntimeFunction::PrintStr,
                _ => {
                    let value = self.any_of(value);
                    self.runtime_effect(RuntimeFunction::PrintAny, &[value]);
                    continue;
                }
            };
            self.runtime_effect(function, &[value]);
        }
        // From three arguments on, white space at the ends of the line is cut.
        let trim = self.builder.bool(values.len() > 2);
        self.runtime_effect(RuntimeFunction::PrintEnd, &[trim]);
    }

    /// A value as `str` writes it.
    fn text(&mut self, value: Value) -> Value {
        let (function, value) = match self.builder.ty(value) {
            Type::Str => return value,
            Type::I64 => (RuntimeFunction::StrFromInt, value),
            Type::F64 => (RuntimeFunction::StrFromFloat, value),
            Type::Bool => (RuntimeFunction::StrFromBool, value),
            _ => (RuntimeFunction::StrFromAny, self.any_of(value)),
        };
        self.runtime(function, &[value], Type::Str)
    }

    // -- numbers --

    pub(crate) fn int_of(&mut self, value: Value) -> Value {
        match self.builder.ty(value) {
            Type::I64 => value,
            Type::F64 => self.builder.emit(Op::F64ToI64, &[value], 0, Type::I64),
            Type::Str => self.runtime(RuntimeFunction::StrToInt, &[value], Type::I64),
            Type::Bool => {
                let (one, zero) = (self.builder.i64(1), self.builder.i64(0));
                self.builder.emit(Op::Select, &[value, one, zero], 0, Type::I64)
            }
            _ => {
                let value = self.any_of(value);
                self.runtime(RuntimeFunction::AnyParseInt, &[value], Type::I64)
            }
        }
    }

    fn float_of(&mut self, value: Value) -> Value {
        match self.builder.ty(value) {
            Type::F64 => value,
            Type::I64 => self.builder.emit(Op::I64ToF64, &[value], 0, Type::F64),
            Type::Str => self.runtime(RuntimeFunction::StrToFloat, &[value], Type::F64),
            Type::Bool => {
                let (one, zero) = (self.builder.f64(1.0), self.builder.f64(0.0));
                self.builder.emit(Op::Select, &[value, one, zero], 0, Type::F64)
            }
            _ => {
                let value = self.any_of(value);
                self.runtime(RuntimeFunction::AnyParseFloat, &[value], Type::F64)
            }
        }
    }

    /// Both values of `min(a, b)` or `max(a, b)`, when they are numbers.
    fn pair(&mut self, builtin: Builtin, args: &[ExprId]) -> Option<(ExprId, ExprId)> {
        if !matches!(builtin, Builtin::Min | Builtin::Max) {
            return None;
        }
        let ExprKind::List(items) = &self.hir[args[0]].kind else { return None };
        let &[one, other] = &items[..] else { return None };
        let ty = self.type_of(one);
        matches!(self.repr(ty), Type::I64 | Type::F64).then_some((one, other))
    }

    fn extreme_of_pair(
        &mut self,
        builtin: Builtin,
        (one, other): (ExprId, ExprId),
        id: ExprId,
    ) -> Option<Value> {
        let (a, b) = (self.expr(one)?, self.expr(other)?);
        self.at(self.hir[id].span);
        // As for a list of both: the first one, unless the second comes before it.
        let is_second = self.is_more_extreme(builtin == Builtin::Min, b, a);
        let ty = self.builder.ty(a);
        Some(self.builder.emit(Op::Select, &[is_second, b, a], 0, ty))
    }

    /// Whether an int, float or string is less, or greater, than the extreme before it, in the order in which NaN is behind
    /// all numbers.
    pub(crate) fn is_more_extreme(&mut self, is_min: bool, value: Value, before: Value) -> Value {
        let wanted = if is_min { Condition::Lt } else { Condition::Gt };
        match self.builder.ty(value) {
            Type::I64 => self.builder.compare(Op::I64Cmp, wanted, value, before),
            Type::F64 => {
                let is_better = self.builder.compare(Op::F64Cmp, wanted, value, before);
                // Anything is less than NaN, and NaN is greater than anything.
                let doubtful = if is_min { before } else { value };
                let is_nan = self.builder.compare(Op::F64Cmp, Condition::Ne, doubtful, doubtful);
                self.builder.emit(Op::Select, &[is_nan, is_nan, is_better], 0, Type::Bool)
            }
            _ => {
                let zero = self.builder.i64(0);
                let order = self.runtime(RuntimeFunction::StrCompare, &[value, before], Type::I64);
                self.builder.compare(Op::I64Cmp, wanted, order, zero)
            }
        }
    }

    fn abs_of_any(&mut self, value: Value, result: Type) -> Option<Value> {
        let value = self.any_of(value);
        let zero = self.builder.i64(0);
        let zero_any = self.any_of(zero);
        let order = self.runtime(RuntimeFunction::AnyCompare, &[value, zero_any], Type::I64);
        let is_negative = self.builder.compare(Op::I64Cmp, Condition::Lt, order, zero);
        let mut after = self.join();
        let mut negative = self.join();
        let mut positive = self.join();
        self.branch(is_negative, &mut negative, &mut positive);
        self.enter(negative)?;
        let negated = self.runtime(RuntimeFunction::AnyNeg, &[value], Type::Any);
        self.leave(&mut after, Some(negated));
        self.enter(positive)?;
        self.leave(&mut after, Some(value));
        let magnitude = self.enter(after)?.expect("all sources bring a value");
        Some(self.as_type(magnitude, result))
    }

    /// To so many digits behind the point.
    fn round(&mut self, value: Value, digits: Value, digits_expr: ExprId) -> Value {
        if matches!(self.hir[digits_expr].kind, ExprKind::Int(0)) {
            return self.runtime(RuntimeFunction::FloatRound, &[value], Type::F64);
        }
        self.runtime(RuntimeFunction::FloatRoundTo, &[value, digits], Type::F64)
    }

    // -- lists and maps --

    fn len(&mut self, value: Value) -> Value {
        match self.builder.ty(value) {
            Type::ListI64 | Type::ListF64 | Type::ListBool | Type::ListRef | Type::ListAny => {
                self.builder.emit(Op::ListLen, &[value], 0, Type::I64)
            }
            Type::Str => self.runtime(RuntimeFunction::StrLen, &[value], Type::I64),
            Type::Map => self.runtime(RuntimeFunction::MapLen, &[value], Type::I64),
            _ => {
                let value = self.any_of(value);
                self.runtime(RuntimeFunction::AnyLen, &[value], Type::I64)
            }
        }
    }

    /// A list, or what an `any` has in it, as a list.
    fn items(&mut self, value: Value) -> Value {
        if self.builder.ty(value).item_rep().is_some() {
            return value;
        }
        let value = self.any_of(value);
        self.runtime(RuntimeFunction::AnyItems, &[value], Type::ListAny)
    }

    /// The representation of a list expression's items.
    fn item_type(&mut self, list: ExprId) -> Type {
        let ty = self.type_of(list);
        match *self.kind(ty) {
            TypeKind::List(item) | TypeKind::Group(_, item) => self.repr(item),
            _ => Type::Any,
        }
    }

    fn on_items(&mut self, function: RuntimeFunction, value: Value, result: Type) -> Value {
        let items = self.items(value);
        let list = self.builder.ty(items);
        let changed = self.runtime(function, &[items], list);
        self.as_type(changed, result)
    }

    /// The first item as an option.
    fn first(&mut self, list: Value, item: Type, option: Type) -> Option<Value> {
        let zero = self.builder.i64(0);
        let len = self.builder.emit(Op::ListLen, &[list], 0, Type::I64);
        let is_empty = self.builder.compare(Op::I64Cmp, Condition::Eq, len, zero);
        let mut after = self.join();
        let mut empty = self.join();
        let mut filled = self.join();
        self.branch(is_empty, &mut empty, &mut filled);
        self.enter(empty)?;
        let none = self.none(option);
        self.leave(&mut after, Some(none));
        self.enter(filled)?;
        let item = self.builder.emit(Op::ListLoad, &[list, zero], 0, item);
        let item = self.as_option(item, option);
        self.leave(&mut after, Some(item));
        self.enter(after)?
    }

    fn range(&mut self, values: &[Value]) -> Value {
        let (start, end, step) = match *values {
            [end] => (self.builder.i64(0), end, self.builder.i64(1)),
            [start, end] => (start, end, self.builder.i64(1)),
            _ => (values[0], values[1], values[2]),
        };
        self.runtime(RuntimeFunction::ListRange, &[start, end, step], Type::ListI64)
    }

    /// `m.get(k, d)`.
    fn get_or(&mut self, values: &[Value], result: Type) -> Option<Value> {
        let (map, key, default) = (values[0], values[1], values[2]);
        let mut after = self.join();
        let (present, absent, place) = self.find(map, key);
        self.enter(present)?;
        let found = self.runtime(RuntimeFunction::MapItem, &[map, place], result);
        self.leave(&mut after, Some(found));
        self.enter(absent)?;
        self.leave(&mut after, Some(default));
        self.enter(after)?
    }

    // -- functions over lists --

    /// Goes over a list with a value that each item changes.
    fn fold(
        &mut self,
        list: Value,
        item_type: Type,
        start: Value,
        step: impl FnOnce(&mut Self, Value, Value) -> Value,
    ) -> Value {
        let value_type = self.builder.ty(start);
        let zero = self.builder.i64(0);
        let len = self.builder.emit(Op::ListLen, &[list], 0, Type::I64);
        let exit = self.builder.block();
        let header = self.builder.loop_header();
        let index = self.builder.param(header, Type::I64);
        let value = self.builder.param(header, value_type);
        self.builder.jump(header, &[zero, start]);
        self.builder.loop_depth += 1;
        let body = self.builder.block();
        self.builder.go_to(header);
        let inside = self.builder.compare(Op::I64Cmp, Condition::Lt, index, len);
        self.builder.branch(inside, (body, &[]), (exit, &[]));
        self.builder.go_to(body);
        let item = self.builder.emit(Op::ListLoad, &[list, index], 0, item_type);
        let next = step(self, value, item);
        let one = self.builder.i64(1);
        let next_index = self.builder.emit(Op::I64AddProved, &[index, one], 0, Type::I64);
        self.builder.jump(header, &[next_index, next]);
        self.builder.loop_depth -= 1;
        self.builder.go_to(exit);
        value
    }

    fn map_items(
        &mut self,
        list: Value,
        item: Type,
        function: Value,
        function_expr: ExprId,
        result: Type,
    ) -> Value {
        let ty = self.type_of(function_expr);
        let returned = match *self.kind(ty) {
            TypeKind::Fun(_, returned) => self.cx.result_repr(returned),
            _ => Some(Type::Any),
        };
        let len = self.builder.emit(Op::ListLen, &[list], 0, Type::I64);
        let mapped = self.builder.emit(Op::ListNew, &[len], 0, result);
        self.fold(list, item, mapped, |this, mapped, item| {
            let value = match this.builder.call_closure(&[function, item], returned) {
                Some(value) => value,
                None => this.none(Type::Any),
            };
            this.builder.emit(Op::ListPush, &[mapped, value], 0, result)
        })
    }

    fn filter_items(&mut self, list: Value, item: Type, function: Value, result: Type) -> Value {
        let kept = self.builder.emit(Op::ListOf, &[], 0, result);
        self.fold(list, item, kept, |this, kept, item| {
            let keep = this
                .builder
                .call_closure(&[function, item], Some(Type::Bool))
                .expect("a result was asked for");
            let mut after = this.join();
            let mut yes = this.join();
            let mut no = this.join();
            this.branch(keep, &mut yes, &mut no);
            this.enter(yes);
            let longer = this.builder.emit(Op::ListPush, &[kept, item], 0, result);
            this.leave(&mut after, Some(longer));
            this.enter(no);
            this.leave(&mut after, Some(kept));
            this.enter(after).flatten().expect("both sources bring a value")
        })
    }
}
