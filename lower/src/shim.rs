//! The functions of foreign modules that are built in: what each one is here. Its arguments have the types of its row
//! in `mochi_hir::shims`.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction as R;
use mochi_hir::shims::SHIMS;
use mochi_hir::types::TypeId;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// A runtime function that does what a shim does, with its result.
const RUNTIME: &[(&str, &str, R, Type)] = &[
    ("math", "cbrt", R::FloatCbrt, Type::F64),
    ("math", "pow", R::FloatPow, Type::F64),
    ("math", "exp", R::FloatExp, Type::F64),
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
    ("math", "exp2", R::FloatExpTwo, Type::F64),
    ("math", "expm1", R::FloatExpMinusOne, Type::F64),
    ("math", "log1p", R::FloatLogPlusOne, Type::F64),
    ("math", "asinh", R::FloatAsinh, Type::F64),
    ("math", "acosh", R::FloatAcosh, Type::F64),
    ("math", "atanh", R::FloatAtanh, Type::F64),
    ("math", "degrees", R::FloatDegrees, Type::F64),
    ("math", "radians", R::FloatRadians, Type::F64),
    ("math", "copysign", R::FloatCopySign, Type::F64),
    ("math", "isnan", R::FloatIsNan, Type::Bool),
    ("math", "round", R::FloatRound, Type::F64),
    ("math", "mod", R::FloatRem, Type::F64),
    ("math", "lcm", R::IntLcm, Type::I64),
    ("math", "isqrt", R::IntSqrt, Type::I64),
    ("math", "comb", R::IntChoose, Type::I64),
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
    ("strings", "title", R::StrTitle, Type::Str),
    ("strings", "trimprefix", R::StrWithoutPrefix, Type::Str),
    ("strings", "trimsuffix", R::StrWithoutSuffix, Type::Str),
    ("strings", "split", R::StrSplit, Type::ListRef),
    ("strings", "fields", R::StrFields, Type::ListRef),
    ("strings", "join", R::StrJoin, Type::Str),
    ("strings", "equalfold", R::StrEqualFold, Type::Bool),
    ("strings", "lastindex", R::StrLastIndexOf, Type::I64),
    ("strings", "count", R::StrCount, Type::I64),
    ("strings", "replace", R::StrReplaceSome, Type::Str),
    ("testpkg", "md5hex", R::StrMd5, Type::Str),
    ("", "readfile", R::ReadFile, Type::Str),
    ("strings", "replaceall", R::StrReplace, Type::Str),
    ("os", "getenv", R::Environment, Type::Str),
];

impl FunctionLowering<'_, '_> {
    /// A call of the shim with this number, or the constant that it is: its value, if it has one. The outer `None` says
    /// that nothing is behind it.
    #[expect(clippy::approx_constant, reason = "the test package has a pi of its own")]
    pub(crate) fn shim(&mut self, number: u16, values: &[Value]) -> Option<Option<Value>> {
        let shim = &SHIMS[usize::from(number)];
        // Those for which the row's types say more than the name.
        match (shim.module, shim.name, shim.result) {
            ("os", "exit", _) => {
                self.runtime_effect(R::Exit, values);
                return Some(None);
            }
            ("stdout", "write", _) => {
                let text = self.any_of(values[0]);
                self.runtime_effect(R::PrintAny, &[text]);
                return Some(None);
            }
            ("math", "floor" | "ceil" | "trunc", TypeId::INT) => {
                let whole = match shim.name {
                    "floor" => R::FloatFloor,
                    "ceil" => R::FloatCeil,
                    _ => R::FloatTrunc,
                };
                let whole = self.runtime(whole, values, Type::F64);
                return Some(Some(self.int_of(whole)));
            }
            _ => {}
        }
        if let Some(&(_, _, function, result)) =
            RUNTIME.iter().find(|(module, name, _, _)| (*module, *name) == (shim.module, shim.name))
        {
            return Some(Some(self.runtime(function, values, result)));
        }
        Some(Some(match (shim.module, shim.name) {
            ("math", "sqrt") => self.builder.emit(Op::F64Sqrt, values, 0, Type::F64),
            ("math", "log") if values.len() == 2 => {
                let [value, base] = [values[0], values[1]]
                    .map(|value| self.runtime(R::FloatLog, &[value], Type::F64));
                self.builder.emit(Op::F64Div, &[value, base], 0, Type::F64)
            }
            ("math", "log") => self.runtime(R::FloatLog, values, Type::F64),
            ("math", "floor") => self.runtime(R::FloatFloor, values, Type::F64),
            ("math", "ceil") => self.runtime(R::FloatCeil, values, Type::F64),
            ("math", "trunc") => self.runtime(R::FloatTrunc, values, Type::F64),
            ("math", "isinf") => {
                let sign = values.get(1).copied().unwrap_or_else(|| self.builder.i64(0));
                self.runtime(R::FloatIsInfinite, &[values[0], sign], Type::Bool)
            }
            ("math", "inf") if !values.is_empty() => {
                self.runtime(R::FloatInfinity, values, Type::F64)
            }
            ("math", "max") => self.extreme(Condition::Gt, values[0], values[1]),
            ("math", "min") => self.extreme(Condition::Lt, values[0], values[1]),
            ("math", "pi") => self.builder.f64(std::f64::consts::PI),
            ("math", "e") => self.builder.f64(std::f64::consts::E),
            ("math", "tau") => self.builder.f64(std::f64::consts::TAU),
            ("math", "inf") => self.builder.f64(f64::INFINITY),
            ("math", "nan") => self.builder.f64(f64::NAN),
            ("math", "phi") => self.builder.f64(1.618_033_988_749_895),
            ("math", "sqrt2") => self.builder.f64(std::f64::consts::SQRT_2),
            ("math", "ln2") => self.builder.f64(std::f64::consts::LN_2),
            ("math", "maxfloat64") => self.builder.f64(f64::MAX),
            ("math", "maxint" | "maxint64") => self.builder.i64(i64::MAX),
            ("math", "minint" | "minint64") => self.builder.i64(i64::MIN),
            ("math", "maxint32") => self.builder.i64(i64::from(i32::MAX)),
            ("math", "minint32") => self.builder.i64(i64::from(i32::MIN)),
            ("strings", "trim" | "trimleft" | "trimright") => {
                let ends = self.builder.i64(match shim.name {
                    "trimleft" => 1,
                    "trimright" => 2,
                    _ => 3,
                });
                self.runtime(R::StrTrimOf, &[values[0], values[1], ends], Type::Str)
            }
            ("os", "args") => {
                let first = self.builder.i64(0);
                self.runtime(R::Arguments, &[first], Type::ListRef)
            }
            ("testpkg", "add") => self.builder.emit(Op::I64Add, values, 0, Type::I64),
            ("testpkg", "pi") => self.builder.f64(3.14),
            ("testpkg", "answer") => self.builder.i64(42),
            _ => return None,
        }))
    }

    /// The second of two numbers if it stands to the first as the condition says, else the first.
    pub(crate) fn extreme(&mut self, condition: Condition, a: Value, b: Value) -> Value {
        let ty = self.builder.ty(a);
        let op = if ty == Type::I64 { Op::I64Cmp } else { Op::F64Cmp };
        let second = self.builder.compare(op, condition, b, a);
        self.builder.emit(Op::Select, &[second, b, a], 0, ty)
    }
}
