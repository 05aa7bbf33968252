//! Operators on values, by the type of their operands.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_hir::hir::{BinaryOp, Convert, ExprId, ExprKind};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// Whether the operator compares two values of one type.
pub(crate) fn is_comparison(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
    )
}

/// The operator as it is written.
pub(crate) fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add | BinaryOp::StrConcat | BinaryOp::ListConcat => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::InList | BinaryOp::InMap | BinaryOp::InString | BinaryOp::InAny => "in",
        BinaryOp::Union => "union",
        BinaryOp::UnionAll => "union all",
        BinaryOp::Except => "except",
        BinaryOp::Intersect => "intersect",
    }
}

impl FunctionLowering<'_, '_> {
    /// `a op b` for operators other than comparisons.
    pub(crate) fn operation(&mut self, op: BinaryOp, ty: TypeId, a: Value, b: Value) -> Value {
        let list = self.builder.ty(a);
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.arithmetic(op, self.repr(ty), a, b)
            }
            BinaryOp::StrConcat => self.runtime(RuntimeFunction::StrConcat, &[a, b], Type::Str),
            BinaryOp::ListConcat | BinaryOp::UnionAll => {
                self.runtime(RuntimeFunction::ListConcat, &[a, b], list)
            }
            BinaryOp::Union => self.runtime(RuntimeFunction::ListUnion, &[a, b], list),
            BinaryOp::Except => self.runtime(RuntimeFunction::ListExcept, &[a, b], list),
            BinaryOp::Intersect => self.runtime(RuntimeFunction::ListIntersect, &[a, b], list),
            BinaryOp::InList => {
                let item = self.any_of(a);
                self.runtime(RuntimeFunction::ListContains, &[b, item], Type::Bool)
            }
            BinaryOp::InMap => self.runtime(RuntimeFunction::MapHas, &[b, a], Type::Bool),
            BinaryOp::InString => self.runtime(RuntimeFunction::StrContains, &[b, a], Type::Bool),
            BinaryOp::InAny => {
                let (item, container) = (self.any_of(a), self.any_of(b));
                self.runtime(RuntimeFunction::AnyIn, &[item, container], Type::Bool)
            }
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge => self.comparison(op, ty, a, b),
        }
    }

    /// Arithmetic on two values of one representation.
    pub(crate) fn arithmetic(&mut self, op: BinaryOp, ty: Type, a: Value, b: Value) -> Value {
        use RuntimeFunction::{AnyAdd, AnyDiv, AnyMul, AnyRem, AnySub, FloatRem};
        let (int, float, any) = match op {
            BinaryOp::Add => (Op::I64Add, Some(Op::F64Add), AnyAdd),
            BinaryOp::Sub => (Op::I64Sub, Some(Op::F64Sub), AnySub),
            BinaryOp::Mul => (Op::I64Mul, Some(Op::F64Mul), AnyMul),
            BinaryOp::Div => (Op::I64Div, Some(Op::F64Div), AnyDiv),
            _ => (Op::I64Rem, None, AnyRem),
        };
        match ty {
            Type::I64 => self.builder.emit(int, &[a, b], 0, Type::I64),
            Type::F64 => match float {
                Some(float) => self.builder.emit(float, &[a, b], 0, Type::F64),
                None => {
                    self.check_float_divisor(b);
                    self.runtime(FloatRem, &[a, b], Type::F64)
                }
            },
            Type::Big => self.big_arithmetic(op, a, b),
            _ => self.runtime(any, &[a, b], Type::Any),
        }
    }

    /// Arithmetic on two numbers of any size, or on one and an int.
    fn big_arithmetic(&mut self, op: BinaryOp, a: Value, b: Value) -> Value {
        use RuntimeFunction as R;
        let (big, int) = match op {
            BinaryOp::Add => (R::BigAdd, R::BigAddInt),
            BinaryOp::Sub => (R::BigSub, R::BigSubInt),
            BinaryOp::Mul => (R::BigMul, R::BigMulInt),
            BinaryOp::Div => (R::BigDiv, R::BigDivInt),
            _ => (R::BigRem, R::BigRemInt),
        };
        let function = if self.builder.ty(b) == Type::I64 { int } else { big };
        self.runtime(function, &[a, b], Type::Big)
    }

    /// The right operand of an operator; an int that is widened only to stand beside a number of any size stays one.
    pub(crate) fn right_operand(&mut self, id: ExprId) -> Option<Value> {
        self.operand(self.widened_int(id).unwrap_or(id))
    }

    /// The int that an expression makes a bigint or bigrat of.
    pub(crate) fn widened_int(&self, id: ExprId) -> Option<ExprId> {
        match self.hir[id].kind {
            ExprKind::Convert(Convert::IntToBigInt | Convert::IntToBigRat, int) => Some(int),
            _ => None,
        }
    }

    fn check_float_divisor(&mut self, divisor: Value) {
        let zero = self.builder.f64(0.0);
        let is_zero = self.builder.compare(Op::F64Cmp, Condition::Eq, divisor, zero);
        let mut wrong = self.join();
        let mut right = self.join();
        self.branch(is_zero, &mut wrong, &mut right);
        self.enter(wrong);
        self.builder.terminate(Op::Trap, &[], TrapKind::DivideByZero as u64, &[]);
        self.enter(right);
    }

    /// `-a`.
    pub(crate) fn negation(&mut self, ty: TypeId, value: Value) -> Value {
        match self.repr(ty) {
            Type::I64 => self.builder.emit(Op::I64Neg, &[value], 0, Type::I64),
            Type::F64 => self.builder.emit(Op::F64Neg, &[value], 0, Type::F64),
            Type::Big => self.runtime(RuntimeFunction::BigNeg, &[value], Type::Big),
            _ => self.runtime(RuntimeFunction::AnyNeg, &[value], Type::Any),
        }
    }

    /// Compares two values of type `ty`.
    pub(crate) fn comparison(&mut self, op: BinaryOp, ty: TypeId, a: Value, b: Value) -> Value {
        let condition = match op {
            BinaryOp::Eq => Condition::Eq,
            BinaryOp::Ne => Condition::Ne,
            BinaryOp::Lt => Condition::Lt,
            BinaryOp::Le => Condition::Le,
            BinaryOp::Gt => Condition::Gt,
            _ => Condition::Ge,
        };
        match self.repr(ty) {
            Type::I64 => return self.builder.compare(Op::I64Cmp, condition, a, b),
            Type::F64 => return self.builder.compare(Op::F64Cmp, condition, a, b),
            _ => {}
        }
        match condition {
            Condition::Eq => self.equal(ty, a, b),
            Condition::Ne => {
                let equal = self.equal(ty, a, b);
                self.builder.emit(Op::BoolNot, &[equal], 0, Type::Bool)
            }
            Condition::Lt | Condition::Le | Condition::Gt | Condition::Ge => {
                self.order(condition, ty, a, b)
            }
        }
    }

    /// Structural equality.
    pub(crate) fn equal(&mut self, ty: TypeId, a: Value, b: Value) -> Value {
        let optional = matches!(self.kind(ty), TypeKind::Option(_));
        match self.repr(ty) {
            Type::I64 => self.builder.compare(Op::I64Cmp, Condition::Eq, a, b),
            Type::F64 => self.builder.compare(Op::F64Cmp, Condition::Eq, a, b),
            Type::Bool => self.builder.emit(Op::BoolEq, &[a, b], 0, Type::Bool),
            Type::Str if !optional && !self.cx.can_be_null(Type::Str) => {
                self.runtime(RuntimeFunction::StrEq, &[a, b], Type::Bool)
            }
            Type::Any => self.runtime(RuntimeFunction::AnyEq, &[a, b], Type::Bool),
            Type::Str
            | Type::ListI64
            | Type::ListF64
            | Type::ListBool
            | Type::ListRef
            | Type::ListAny
            | Type::Map
            | Type::Record
            | Type::Closure
            | Type::Big => self.runtime(RuntimeFunction::RefEq, &[a, b], Type::Bool),
        }
    }

    fn order(&mut self, condition: Condition, ty: TypeId, a: Value, b: Value) -> Value {
        let zero = self.builder.i64(0);
        if self.repr(ty) == Type::Str {
            let order = self.runtime(RuntimeFunction::StrCompare, &[a, b], Type::I64);
            return self.builder.compare(Op::I64Cmp, condition, order, zero);
        }
        if self.repr(ty) == Type::Big {
            let is_int = self.builder.ty(b) == Type::I64;
            let function =
                if is_int { RuntimeFunction::BigCompareInt } else { RuntimeFunction::BigCompare };
            let order = self.runtime(function, &[a, b], Type::I64);
            return self.builder.compare(Op::I64Cmp, condition, order, zero);
        }
        let (a, b) = (self.any_of(a), self.any_of(b));
        let order = self.runtime(RuntimeFunction::AnyCompare, &[a, b], Type::I64);
        let holds = self.builder.compare(Op::I64Cmp, condition, order, zero);
        if !matches!(condition, Condition::Gt | Condition::Ge) {
            return holds;
        }
        // 2 means that a NaN is among them, and then nothing holds.
        let two = self.builder.i64(2);
        let comparable = self.builder.compare(Op::I64Cmp, Condition::Lt, order, two);
        self.builder.emit(Op::Select, &[comparable, holds, comparable], 0, Type::Bool)
    }
}
