//! Characters of a text that are only compared become numbers: `s[i] == "a"` makes no string, counts none, and is one
//! comparison of ints.
//!
//! A character is such when all that uses it asks for its equality with, or its order to, constants of one character or other
//! such characters. Texts of one character have the order of their code points, for that is what UTF-8 is made for.
//!
//! Runs after `inline`, which brings the comparisons to where the text is; before `common`, since a number, unlike a string, can
//! be shared.

use crate::rewriter::Rewriter;
use mochi_abi::functions::RuntimeFunction;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Function, Inst, Origin, Program, Value};
use mochi_ir::types::Type;

/// How often characters are looked at again because one that they are compared with has turned out to be more. Chains of
/// comparisons are short; what a longer one leaves over stays as it was.
const ROUNDS: usize = 4;

/// Does so in all functions.
pub fn compare_characters(program: &mut Program) {
    for function in &mut program.functions {
        if !function.insts.iter().any(|inst| calls(inst, RuntimeFunction::StrIndex)) {
            continue;
        }
        let known = Known::find(function, &program.strings);
        if known.what.contains(&What::Character) {
            *function = Writing { known, out: Rewriter::new(function) }.run(function);
        }
    }
}

fn calls(inst: &Inst, function: RuntimeFunction) -> bool {
    inst.op == Op::CallRuntime && inst.runtime() == function
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Other,
    /// A constant of one character, with its code point.
    Constant(u32),
    /// A character of a text, as far as is known only compared.
    Character,
    /// The order of two of these, as far as is known only compared with 0; the two.
    Order(Value, Value),
    Zero,
}

struct Known {
    /// By value.
    what: Vec<What>,
}

impl Known {
    fn find(function: &Function, strings: &[impl AsRef<str>]) -> Known {
        let mut this = Known { what: vec![What::Other; function.values.len()] };
        for inst in &function.insts {
            let Some(result) = inst.result else { continue };
            this.what[result.index()] = match inst.op {
                Op::StrConst => {
                    let mut letters = strings[inst.imm as usize].as_ref().chars();
                    match (letters.next(), letters.next()) {
                        (Some(only), None) => What::Constant(u32::from(only)),
                        _ => What::Other,
                    }
                }
                Op::I64Const if inst.imm == 0 => What::Zero,
                _ if calls(inst, RuntimeFunction::StrIndex) => What::Character,
                _ if calls(inst, RuntimeFunction::StrCompare) => {
                    let args = function.args(inst);
                    What::Order(args[0], args[1])
                }
                _ => What::Other,
            };
        }
        for target in &function.targets {
            this.not_only_compared(function.target_args(target));
        }
        for _ in 0..ROUNDS {
            if !this.look(function) {
                return this;
            }
        }
        // Not settled: nothing is known.
        this.what.fill(What::Other);
        this
    }

    fn what(&self, value: Value) -> What {
        self.what[value.index()]
    }

    fn is_one(&self, value: Value) -> bool {
        matches!(self.what(value), What::Character | What::Constant(_))
    }

    /// Whether there is something to be gained: at least one of the two is made while the program runs.
    fn is_comparison(&self, a: Value, b: Value) -> bool {
        self.is_one(a)
            && self.is_one(b)
            && (self.what(a) == What::Character || self.what(b) == What::Character)
    }

    /// Looks at all uses; whether something has turned out to be more.
    fn look(&mut self, function: &Function) -> bool {
        let mut changed = false;
        for inst in &function.insts {
            let args = function.args(inst);
            let fine = match *args {
                [a, b] if calls(inst, RuntimeFunction::StrEq) => self.is_comparison(a, b),
                [a, b] if calls(inst, RuntimeFunction::StrCompare) => {
                    let order = inst.result.map(|result| self.what(result));
                    self.is_comparison(a, b) && matches!(order, Some(What::Order(..)))
                }
                [a, b] if inst.op == Op::I64Cmp => {
                    matches!((self.what(a), self.what(b)), (What::Order(x, y), What::Zero) if self.is_comparison(x, y))
                }
                _ => false,
            };
            if !fine {
                changed |= self.not_only_compared(args);
                // An order that is not asked of such characters stays what it is.
                if let Some(result) = inst.result
                    && matches!(self.what(result), What::Order(..))
                {
                    self.what[result.index()] = What::Other;
                    changed = true;
                }
            }
        }
        changed
    }

    /// These are used otherwise too.
    fn not_only_compared(&mut self, values: &[Value]) -> bool {
        let mut changed = false;
        for value in values {
            let what = &mut self.what[value.index()];
            if matches!(what, What::Character | What::Order(..)) {
                *what = What::Other;
                changed = true;
            }
        }
        changed
    }
}

struct Writing {
    known: Known,
    out: Rewriter,
}

impl Writing {
    fn run(mut self, function: &Function) -> Function {
        // By value: the number that a character has become.
        let mut code = vec![None; function.values.len()];
        for block in function.block_ids() {
            let data = &function.blocks[block.index()];
            let params = function.block_params(block).iter().copied();
            self.out.begin(params, data.loop_depth, data.is_loop_header);
            for (id, inst) in function.block_insts(block) {
                let origin = function.origins[id.index()];
                self.inst(function, inst, origin, &mut code);
            }
            self.out.end();
            for target in function.block_targets(block) {
                self.out.target(target.block, function.target_args(target).iter().copied());
            }
        }
        self.out.finish(|block| block)
    }

    fn inst(
        &mut self,
        function: &Function,
        inst: &Inst,
        origin: Origin,
        code: &mut [Option<Value>],
    ) {
        let args = function.args(inst);
        let what = inst.result.map_or(What::Other, |result| self.known.what(result));
        let compared = match (inst.op, what) {
            (_, What::Character) => {
                let number = self.out.value(Type::I64);
                let of = RuntimeFunction::StrCode as u64;
                self.out.push(Op::CallRuntime, args.iter().copied(), of, Some(number), origin);
                if let Some(result) = inst.result {
                    code[result.index()] = Some(number);
                }
                return;
            }
            // What is asked of it is asked of the characters themselves.
            (_, What::Order(..)) => return,
            (Op::I64Cmp, _) => match self.known.what(args[0]) {
                What::Order(a, b) => Some((a, b, inst.imm)),
                _ => None,
            },
            (Op::CallRuntime, _) if inst.runtime() == RuntimeFunction::StrEq => {
                let (a, b) = (args[0], args[1]);
                self.known.is_comparison(a, b).then_some((a, b, Condition::Eq as u64))
            }
            _ => None,
        };
        match compared {
            Some((a, b, condition)) => {
                let operands = [a, b].map(|value| self.number(value, origin, code));
                self.out.push(Op::I64Cmp, operands, condition, inst.result, origin);
            }
            None => self.out.push(inst.op, args.iter().copied(), inst.imm, inst.result, origin),
        }
    }

    /// The code point of a character, which stands before all that compare it, or of a constant.
    fn number(&mut self, value: Value, origin: Origin, code: &[Option<Value>]) -> Value {
        match self.known.what(value) {
            What::Constant(point) => {
                let number = self.out.value(Type::I64);
                self.out.push(Op::I64Const, [], u64::from(point), Some(number), origin);
                number
            }
            _ => code[value.index()].expect("a definition comes before its uses"),
        }
    }
}
