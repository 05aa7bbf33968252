//! The functions of foreign modules that are built in: what each one is here. Its arguments have the types of its row
//! in `mochi_hir::shims`.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction as R;
use mochi_hir::shims::SHIMS;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// A runtime function that does what a shim does, with its result.
const RUNTIME: &[(&str, &str, R, Type)] = &[
    ("math", "cbrt", R::FloatCbrt, Type::F64),
    ("math", "pow", R::FloatPow, Type::F64),
    ("math", "exp", R::FloatExp, Type::F64),
    ("math", "log", R::FloatLog, Type::F64),
    ("math", "log2", R::FloatLog2, Type::F64),
    ("math", "log10", R::FloatLog10, Type::F64),
    ("math", "sin", R::FloatSin, Type::F64),
    ("math", "cos", R::FloatCos, Type::F64),
    ("math", "tan", R::FloatTan, Type::F64),
    ("math", "asin", R::FloatAsin, Type::F64),
    ("math", "acos", R::FloatAcos, Type::F64),
    ("math", "atan", R::FloatAtan, Type::F64),
    ("math", "atan2", R::FloatAtan2, Type::F64),
    ("math", "sinh", R::FloatSinh, Type::F64),
    ("math", "cosh", R::FloatCosh, Type::F64),
    ("math", "tanh", R::FloatTanh, Type::F64),
    ("math", "hypot", R::FloatHypot, Type::F64),
    ("math", "floor", R::FloatFloor, Type::F64),
    ("math", "ceil", R::FloatCeil, Type::F64),
    ("math", "trunc", R::FloatTrunc, Type::F64),
    ("math", "abs", R::FloatAbs, Type::F64),
    ("math", "fabs", R::FloatAbs, Type::F64),
    ("math", "fmod", R::FloatRem, Type::F64),
    ("math", "gcd", R::IntGcd, Type::I64),
    ("math", "factorial", R::IntFactorial, Type::I64),
    ("strings", "toupper", R::StrUpper, Type::Str),
    ("strings", "tolower", R::StrLower, Type::Str),
    ("strings", "trimspace", R::StrTrim, Type::Str),
    ("strings", "contains", R::StrContains, Type::Bool),
    ("strings", "hasprefix", R::StrStartsWith, Type::Bool),
    ("strings", "hassuffix", R::StrEndsWith, Type::Bool),
    ("strings", "index", R::StrIndexOf, Type::I64),
    ("strings", "repeat", R::StrRepeat, Type::Str),
    ("strings", "replaceall", R::StrReplace, Type::Str),
    ("os", "getenv", R::Environment, Type::Str),
];

impl FunctionLowering<'_, '_> {
    /// A call of the shim with this number, or the constant that it is; `None` when nothing is behind it.
    #[expect(clippy::approx_constant, reason = "the test package has a pi of its own")]
    pub(crate) fn shim(&mut self, number: u16, values: &[Value]) -> Option<Value> {
        let shim = &SHIMS[usize::from(number)];
        if let Some(&(_, _, function, result)) =
            RUNTIME.iter().find(|(module, name, _, _)| (*module, *name) == (shim.module, shim.name))
        {
            return Some(self.runtime(function, values, result));
        }
        Some(match (shim.module, shim.name) {
            ("math", "sqrt") => self.builder.emit(Op::F64Sqrt, values, 0, Type::F64),
            ("math", "max") => self.extreme(Condition::Gt, values[0], values[1]),
            ("math", "min") => self.extreme(Condition::Lt, values[0], values[1]),
            ("math", "pi") => self.builder.f64(std::f64::consts::PI),
            ("math", "e") => self.builder.f64(std::f64::consts::E),
            ("math", "tau") => self.builder.f64(std::f64::consts::TAU),
            ("math", "inf") => self.builder.f64(f64::INFINITY),
            ("testpkg", "add") => self.builder.emit(Op::I64Add, values, 0, Type::I64),
            ("testpkg", "pi") => self.builder.f64(3.14),
            ("testpkg", "answer") => self.builder.i64(42),
            _ => return None,
        })
    }

    /// The second of two numbers if it stands to the first as the condition says, else the first.
    pub(crate) fn extreme(&mut self, condition: Condition, a: Value, b: Value) -> Value {
        let ty = self.builder.ty(a);
        let op = if ty == Type::I64 { Op::I64Cmp } else { Op::F64Cmp };
        let second = self.builder.compare(op, condition, b, a);
        self.builder.emit(Op::Select, &[second, b, a], 0, ty)
    }
}
