//! What the builder writes instead of an instruction, by what is known of its operands; the rules and their reasons are in
//! [`crate::facts`].

use super::FunctionBuilder;
use crate::facts::{self, Fact, Relation};
use crate::op::{Condition, Op};
use crate::program::{Inst, Value};
use crate::sem;
use crate::types::Type;
use mochi_abi::functions::{AbiType, RuntimeFunction};

/// What to write.
pub(super) enum Folded {
    /// Nothing: the result is there already.
    Value(Value),
    /// The constant with this word.
    Constant(u64),
    /// This op on the same operands, with this fact of its result.
    Op(Op, Fact),
}

/// More operands than any op has whose meaning is [`sem::scalar`].
const MOST_OPERANDS: usize = 3;

/// Through how many `bool.not` a condition is followed.
const NEGATIONS: usize = 4;

impl FunctionBuilder {
    /// What to write for an op with a result of type `ty`.
    pub(super) fn fold(&self, op: Op, args: &[Value], imm: u64, ty: Type) -> Folded {
        if let Some(word) = self.fold_constants(op, args, imm) {
            return Folded::Constant(word);
        }
        let fact = |place: usize| self.scopes.fact(args[place]);
        let is_int = |place: usize, value: i64| fact(place) == Fact::int(value);
        match op {
            Op::I64Const | Op::BoolConst => Folded::Op(op, Fact::int(imm as i64)),
            Op::F64Const => Folded::Op(op, Fact::Float(imm)),
            Op::None => Folded::Op(op, Fact::Nothing),
            Op::I64Mul | Op::I64MulProved if is_int(0, 0) || is_int(1, 0) => Folded::Constant(0),
            Op::I64Add
            | Op::I64Sub
            | Op::I64Mul
            | Op::I64Div
            | Op::I64Rem
            | Op::I64AddProved
            | Op::I64SubProved
            | Op::I64MulProved
            | Op::I64DivProved
            | Op::I64RemProved => {
                if let Some(place) = facts::unchanged(op, fact(0), fact(1)) {
                    return Folded::Value(args[place]);
                }
                let (op, fact) = facts::arithmetic(op, fact(0), fact(1));
                with_fact(op, fact)
            }
            Op::I64Neg => {
                let (op, fact) = facts::arithmetic(op, fact(0), Fact::int(0));
                with_fact(op, fact)
            }
            Op::I64Cmp => match facts::comparison(Condition::ALL[imm as usize], fact(0), fact(1)) {
                Some(holds) => Folded::Constant(u64::from(holds)),
                None => Folded::Op(op, Fact::of(ty)),
            },
            Op::F64Div => match fact(1) {
                Fact::Float(bits) if f64::from_bits(bits) != 0.0 => {
                    Folded::Op(Op::F64DivProved, Fact::Unknown)
                }
                _ => Folded::Op(op, Fact::Unknown),
            },
            Op::BoolEq if is_int(1, 1) => Folded::Value(args[0]),
            Op::BoolEq if is_int(0, 1) => Folded::Value(args[1]),
            Op::Select => match fact(0).constant() {
                Some(word) => Folded::Value(args[if word != 0 { 1 } else { 2 }]),
                None if args[1] == args[2] => Folded::Value(args[1]),
                None => with_fact(op, fact(1).or(fact(2))),
            },
            Op::IsNone if fact(0) == Fact::Object => Folded::Constant(0),
            Op::CheckSome if fact(0) == Fact::Object => Folded::Value(args[0]),
            Op::IndexCheck => {
                let (lo, hi) = fact(0).range();
                let (shortest, longest) = fact(1).range();
                if lo >= 0 && hi < shortest {
                    return Folded::Value(args[0]);
                }
                Folded::Op(op, Fact::Ints { lo: 0, hi: longest.saturating_sub(1).max(0) })
            }
            Op::AnyFrom if self.ty(args[0]).rep().is_counted() => Folded::Op(op, fact(0)),
            Op::ListLen => Folded::Op(op, Fact::LENGTH),
            Op::RecordShape => Folded::Op(op, Fact::Ints { lo: 0, hi: i64::from(u32::MAX) }),
            Op::AnyFrom
            | Op::CheckSome
            | Op::StrConst
            | Op::ListNew
            | Op::ListOf
            | Op::ListPush
            | Op::RecordNew
            | Op::ClosureMake => Folded::Op(op, Fact::Object),
            Op::AnyTo if ty.kind().is_some() => Folded::Op(op, Fact::Object),
            _ => Folded::Op(op, Fact::of(ty)),
        }
    }

    /// The word that the op gives for its operands, if they are constant and it does not trap.
    fn fold_constants(&self, op: Op, args: &[Value], imm: u64) -> Option<u64> {
        if args.is_empty() || args.len() > MOST_OPERANDS {
            return None;
        }
        let mut words = [0; MOST_OPERANDS];
        for (word, &arg) in words.iter_mut().zip(args) {
            *word = self.scopes.fact(arg).constant()?;
        }
        sem::scalar(op, imm, &words[..args.len()])?.ok()
    }

    /// What is known of the result of a runtime function.
    pub(super) fn runtime_fact(function: RuntimeFunction, ty: Type) -> Fact {
        match function {
            RuntimeFunction::AnyLen | RuntimeFunction::StrLen | RuntimeFunction::MapLen => {
                Fact::LENGTH
            }
            _ => match function.row().result {
                AbiType::Str | AbiType::List | AbiType::Map => Fact::Object,
                _ => Fact::of(ty),
            },
        }
    }

    /// Adds to the facts what a terminator tells by going to its target at this place.
    pub(super) fn learn_edge(&mut self, inst: Inst, place: u32, last: u32) {
        let Some(&value) = self.function.args(&inst).first() else { return };
        match inst.op {
            Op::Branch => self.learn_condition(value, place == 0),
            Op::Switch if place != last => {
                let known = (inst.imm as i64).wrapping_add(i64::from(place));
                self.learn_more(value, Fact::int(known));
            }
            _ => {}
        }
    }

    fn learn_condition(&mut self, condition: Value, holds: bool) {
        let (mut condition, mut holds) = (condition, holds);
        for _ in 0..NEGATIONS {
            self.learn_more(condition, Fact::int(i64::from(holds)));
            let Some(&inst) = self.function.insts.get(self.defined[condition.index()] as usize)
            else {
                return;
            };
            let args = self.function.args(&inst);
            match inst.op {
                Op::BoolNot => {
                    condition = args[0];
                    holds = !holds;
                }
                Op::I64Cmp => {
                    let (a, b) = (args[0], args[1]);
                    let given = if holds { inst.condition() } else { inst.condition().inverted() };
                    let relation = Relation::given(given, self.scopes.fact(a), self.scopes.fact(b));
                    self.scopes.refine(a, relation.a);
                    self.scopes.refine(b, relation.b);
                    return;
                }
                Op::IsNone => {
                    let known = if holds { Fact::Nothing } else { Fact::Object };
                    return self.learn_more(args[0], known);
                }
                _ => return,
            }
        }
    }

    fn learn_more(&mut self, value: Value, fact: Fact) {
        let known = self.scopes.fact(value).and(fact);
        self.scopes.refine(value, known);
    }
}

/// An op whose result is known is that constant, unless it may trap.
fn with_fact(op: Op, fact: Fact) -> Folded {
    match fact.constant() {
        Some(word) if !op.has(crate::op::TRAPS) => Folded::Constant(word),
        _ => Folded::Op(op, fact),
    }
}
