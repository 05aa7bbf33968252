//! Ops on numbers, bools, `any` and none as C: nothing here is undefined in C, whatever the operands.
//!
//! - What wraps is computed in unsigned arithmetic; what can overflow goes through the prelude's `mochi_*_overflow`.
//! - C's division of ints and comparison of floats are Mochi's, once the divisors 0 and -1 are out of the way.

use super::function::{FunctionWriter, line};
use super::literal;
use crate::EmitError;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{Kind, Rep, any};
use mochi_abi::trap::TrapKind;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Block, Inst, InstId, Value};
use mochi_ir::types::Type;

type Result = std::result::Result<(), EmitError>;

impl FunctionWriter<'_> {
    pub(super) fn constant(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let expression = match inst.op {
            Op::I64Const => literal::int(inst.imm as i64),
            Op::F64Const => literal::float(inst.imm),
            Op::StrConst => self.module.string(inst.string()),
            // So that an op may follow the pointer, where no run of the program comes.
            Op::None if self.function.ty(Self::result(inst)).rep() == Rep::Ref => {
                format!("(({})0)", self.variable_type(Self::result(inst)))
            }
            // `none` as `any` is 0, the bools are 0 and 1.
            _ => inst.imm.to_string(),
        };
        self.constants.insert(Self::result(inst), *inst);
        self.inline(Self::result(inst), expression);
        Ok(())
    }

    // -- ints -------------------------------------------------------------------------

    pub(super) fn checked_int(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let (operation, kind, a, b) = match inst.op {
            Op::I64Neg => ("sub", TrapKind::NegOverflow, String::from("0"), self.arg(inst, 0)),
            Op::I64Sub => ("sub", TrapKind::SubOverflow, self.arg(inst, 0), self.arg(inst, 1)),
            Op::I64Mul => ("mul", TrapKind::MulOverflow, self.arg(inst, 0), self.arg(inst, 1)),
            _ => ("add", TrapKind::AddOverflow, self.arg(inst, 0), self.arg(inst, 1)),
        };
        let result = self.declare(Self::result(inst));
        let condition = format!("mochi_{operation}_overflow({a}, {b}, &{result})");
        let words = if inst.op == Op::I64Neg { [b, String::from("0")] } else { [a, b] };
        self.trap_if(id, &condition, kind, words);
        Ok(())
    }

    pub(super) fn checked_division(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let divisor = self.int_constant(inst, 1);
        if divisor.is_none_or(|divisor| divisor == 0) {
            self.trap_if(id, &format!("{b} == 0"), TrapKind::DivideByZero, [a.clone(), b.clone()]);
        }
        let may_be_minus_one = divisor.is_none_or(|divisor| divisor == -1);
        let expression = match (inst.op, may_be_minus_one) {
            (Op::I64Rem, true) => format!("{b} == -1 ? 0 : mochi_rem({a}, {b})"),
            (Op::I64Rem, false) => format!("mochi_rem({a}, {b})"),
            (_, true) => {
                self.trap_if(
                    id,
                    &format!("{b} == -1 && {a} == INT64_MIN"),
                    TrapKind::DivOverflow,
                    [a.clone(), b.clone()],
                );
                format!("mochi_div({a}, {b})")
            }
            (_, false) => format!("mochi_div({a}, {b})"),
        };
        if self.is_used(Self::result(inst)) {
            self.define(Self::result(inst), &expression);
        }
        Ok(())
    }

    /// The operand with this place, when it is a constant.
    fn int_constant(&self, inst: &Inst, place: usize) -> Option<i64> {
        let value = self.function.args(inst)[place];
        let inst = self.constants.get(&value)?;
        (inst.op == Op::I64Const).then_some(inst.imm as i64)
    }

    pub(super) fn proved_int(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let expression = match inst.op {
            Op::I64DivProved => format!("mochi_div({a}, {b})"),
            Op::I64RemProved => format!("mochi_rem({a}, {b})"),
            Op::I64SubProved => format!("(int64_t)((uint64_t){a} - (uint64_t){b})"),
            Op::I64MulProved => format!("(int64_t)((uint64_t){a} * (uint64_t){b})"),
            _ => format!("(int64_t)((uint64_t){a} + (uint64_t){b})"),
        };
        self.define(Self::result(inst), &expression);
        Ok(())
    }

    // -- comparisons and unary ops ------------------------------------------------------

    pub(super) fn compare(&mut self, _: InstId, inst: &Inst, block: Block) -> Result {
        let operator = match inst.op {
            Op::BoolEq | Op::RefSame => "==",
            _ => match inst.condition() {
                Condition::Eq => "==",
                Condition::Ne => "!=",
                Condition::Lt => "<",
                Condition::Le => "<=",
                Condition::Gt => ">",
                Condition::Ge => ">=",
            },
        };
        let (a, b) = (self.arg(inst, 0), self.arg(inst, 1));
        let expression = if inst.op == Op::RefSame {
            // Both may be pointers to different structs.
            let word = |value: &str, ty: Type| {
                if ty == Type::Any {
                    value.to_owned()
                } else {
                    format!("(uint64_t)(uintptr_t){value}")
                }
            };
            format!(
                "{} {operator} {}",
                word(&a, self.arg_type(inst, 0)),
                word(&b, self.arg_type(inst, 1))
            )
        } else {
            format!("{a} {operator} {b}")
        };
        self.inline_or_define(Self::result(inst), block, expression);
        Ok(())
    }

    pub(super) fn unary(&mut self, _: InstId, inst: &Inst, block: Block) -> Result {
        let a = self.arg(inst, 0);
        let expression = match inst.op {
            Op::I64ToF64 => format!("(double){a}"),
            Op::F64Neg => format!("-{a}"),
            Op::F64Sqrt => format!("mochi_sqrt({a})"),
            // Of a bool that is not one, and of `any` or a pointer that is none.
            _ => {
                self.inline_or_define(Self::result(inst), block, format!("!{a}"));
                return Ok(());
            }
        };
        self.define(Self::result(inst), &expression);
        Ok(())
    }

    pub(super) fn select(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let expression =
            format!("{} ? {} : {}", self.arg(inst, 0), self.arg(inst, 1), self.arg(inst, 2));
        self.define(Self::result(inst), &expression);
        Ok(())
    }

    // -- floats -------------------------------------------------------------------------

    pub(super) fn float(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let operator = match inst.op {
            Op::F64Sub => '-',
            Op::F64Mul => '*',
            Op::F64DivProved => '/',
            _ => '+',
        };
        let expression = format!("{} {operator} {}", self.first_float(inst), self.arg(inst, 1));
        self.define(Self::result(inst), &expression);
        Ok(())
    }

    /// The first operand. Where both are constants it goes through a function, since a C compiler may fold them in
    /// `long double` and round twice.
    fn first_float(&self, inst: &Inst) -> String {
        let a = self.arg(inst, 0);
        let constants =
            self.function.args(inst).iter().all(|value| self.constants.contains_key(value));
        if constants { format!("mochi_float({a})") } else { a }
    }

    pub(super) fn checked_float_division(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let (a, b) = (self.first_float(inst), self.arg(inst, 1));
        self.trap_if(
            id,
            &format!("{b} == 0.0"),
            TrapKind::DivideByZero,
            [String::from("0"), String::from("0")],
        );
        if self.is_used(Self::result(inst)) {
            self.define(Self::result(inst), &format!("{a} / {b}"));
        }
        Ok(())
    }

    pub(super) fn float_to_int(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let a = self.arg(inst, 0);
        let (site, fail) = (self.site(id), self.fail_return());
        self.module.uses_runtime(RuntimeFunction::StrFromFloat);
        self.module.uses_runtime(RuntimeFunction::RaiseText);
        let kind = TrapKind::FloatToInt as u32;
        line!(self, "if (MOCHI_UNLIKELY(!({a} >= -0x1p63 && {a} < 0x1p63))) {{");
        line!(self, "    mochi_raise_text(ctx, {kind}, mochi_str_from_float(ctx, {a}));");
        line!(self, "    mochi_trace(ctx, {site});");
        line!(self, "    {fail}");
        line!(self, "}}");
        if self.is_used(Self::result(inst)) {
            self.define(Self::result(inst), &format!("(int64_t){a}"));
        }
        Ok(())
    }

    // -- any and none ---------------------------------------------------------------------

    pub(super) fn any_from(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let a = self.arg(inst, 0);
        let expression = match self.arg_type(inst, 0).rep() {
            Rep::I64 => {
                format!("mochi_any_of_int(ctx, {a})")
            }
            Rep::F64 => format!("mochi_any_of_float({a})"),
            Rep::Bool => format!("MOCHI_FALSE + {a}"),
            Rep::Ref => format!("(uint64_t)(uintptr_t){a}"),
            Rep::Any => a,
        };
        self.define(Self::result(inst), &expression);
        Ok(())
    }

    pub(super) fn any_to(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let a = self.arg(inst, 0);
        let result = Self::result(inst);
        let ty = self.function.ty(result);
        match ty.rep() {
            Rep::I64 => self.unbox(
                id,
                result,
                &format!("mochi_is_int({a})"),
                &format!("mochi_int_of_any({a})"),
                RuntimeFunction::AnyToInt,
                &a,
            ),
            Rep::F64 => {
                self.unbox(
                    id,
                    result,
                    &format!("mochi_is_float({a})"),
                    &format!("mochi_float_of_any({a})"),
                    RuntimeFunction::AnyToFloat,
                    &a,
                );
            }
            Rep::Bool => {
                let (test, value) = (format!("({a} | 1) == {}", any::TRUE), format!("{a} & 1"));
                self.unbox(id, result, &test, &value, RuntimeFunction::AnyToBool, &a);
            }
            Rep::Any => self.define(result, &a),
            Rep::Ref => self.any_to_object(id, result, ty, &a),
        }
        Ok(())
    }

    /// A word that is inline when `test` says so; else the runtime looks at it, and may trap.
    fn unbox(
        &mut self,
        id: InstId,
        result: Value,
        test: &str,
        inline: &str,
        slow: RuntimeFunction,
        a: &str,
    ) {
        self.module.uses_runtime(slow);
        let name = self.declare(result);
        let symbol = slow.row().symbol;
        line!(self, "if (MOCHI_LIKELY({test})) {{");
        line!(self, "    {name} = {inline};");
        line!(self, "}} else {{");
        line!(self, "    {name} = {symbol}(ctx, {a});");
        self.text.push_str("    ");
        self.check_trap(id);
        line!(self, "}}");
    }

    /// The object itself, when it is one of the type's kind: the result is borrowed, so the runtime only finds fault.
    fn any_to_object(&mut self, id: InstId, result: Value, ty: Type, a: &str) {
        let kind = ty.kind().expect("a pointer type has a kind");
        let test = match (ty, ty.item_rep()) {
            (_, Some(rep)) => format!("mochi_is_list({a}, {})", rep as u32),
            (Type::Big, None) => format!(
                "mochi_is_object({a}, {}) || mochi_is_object({a}, {})",
                Kind::BigInt as u32,
                Kind::BigRat as u32
            ),
            (_, None) => format!("mochi_is_object({a}, {})", kind as u32),
        };
        line!(self, "if (MOCHI_UNLIKELY(!({test}))) {{");
        match ty.item_rep() {
            Some(rep) => {
                self.module.uses_runtime(RuntimeFunction::AnyToList);
                line!(self, "    mochi_any_to_list(ctx, {a}, {});", rep as u32);
                // It may have made another list of the items; the first trap is the one that counts.
                line!(self, "    mochi_raise(ctx, {}, 0, 0);", TrapKind::Cast as u32);
            }
            None => {
                self.module.uses_runtime(RuntimeFunction::AnyToRef);
                line!(self, "    mochi_any_to_ref(ctx, {a}, {});", kind as u32);
            }
        }
        let (site, fail) = (self.site(id), self.fail_return());
        line!(self, "    mochi_trace(ctx, {site});");
        line!(self, "    {fail}");
        line!(self, "}}");
        if self.is_used(result) {
            self.define(result, &super::types::from_word(ty, a));
        }
    }

    pub(super) fn check_some(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let a = self.arg(inst, 0);
        self.trap_if(
            id,
            &format!("!{a}"),
            TrapKind::NoneValue,
            [String::from("0"), String::from("0")],
        );
        if self.is_used(Self::result(inst)) {
            self.define(Self::result(inst), &a);
        }
        Ok(())
    }

    /// Traps when the condition holds.
    pub(super) fn trap_if(
        &mut self,
        id: InstId,
        condition: &str,
        kind: TrapKind,
        [a, b]: [String; 2],
    ) {
        let (site, fail) = (self.site(id), self.fail_return());
        let kind = kind as u32;
        line!(
            self,
            "if (MOCHI_UNLIKELY({condition})) {{ mochi_fail(ctx, {kind}, {a}, {b}, {site}); {fail} }}"
        );
    }
}
