//! What the evaluator asks of the world: the [`Host`] has the objects, the globals and the runtime functions, and the ops
//! on objects are written here as calls of runtime functions, each the slowest and plainest one that does it.

use super::{Evaluator, Stops};
use crate::op::Op;
use crate::program::{Function, FunctionId, GlobalId, Inst, StrId};
use crate::sem::Trap;
use crate::types::Type;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{Kind, Rep, any};
use mochi_abi::trap::TrapKind;

/// The world that a program runs in: words in, words out.
pub trait Host {
    /// Calls a runtime function, with the ownership that its row says. When it calls back into the program it does so
    /// through the evaluator. The error is the kind of the trap that is on its way out.
    fn runtime(
        &mut self,
        evaluator: &Evaluator,
        function: RuntimeFunction,
        args: &[u64],
    ) -> Stops<u64>;

    /// A constant string of the program, which the host owns.
    fn string(&mut self, string: StrId) -> u64;

    /// The word in a global, without a new owner.
    fn global(&mut self, global: GlobalId) -> u64;

    /// Replaces the word in a global; the old one has been taken over by somebody else.
    fn set_global(&mut self, global: GlobalId, word: u64);

    /// The function of a closure.
    fn closure_function(&mut self, closure: u64) -> FunctionId;

    /// A back edge: the host may stop the program.
    fn poll(&mut self) -> Stops<()> {
        Ok(())
    }

    /// Puts a trap on its way out.
    fn raise(&mut self, evaluator: &Evaluator, trap: Trap) -> TrapKind {
        let code = trap.kind as u64;
        let [a, b] = trap.words;
        let raised = if trap.kind == TrapKind::FloatToInt {
            // Its message shows the float.
            self.runtime(evaluator, RuntimeFunction::StrFromFloat, &[a as u64]).and_then(|text| {
                let raised = self.runtime(evaluator, RuntimeFunction::RaiseText, &[code, text]);
                self.runtime(evaluator, RuntimeFunction::RefDrop, &[text]).and(raised)
            })
        } else {
            self.runtime(evaluator, RuntimeFunction::Raise, &[code, a as u64, b as u64])
        };
        raised.err().unwrap_or(trap.kind)
    }

    /// The trap on its way out leaves a call at this site.
    fn trace(&mut self, evaluator: &Evaluator, site: u32) {
        // What is on its way already stays on its way.
        let _ = self.runtime(evaluator, RuntimeFunction::Trace, &[u64::from(site)]);
    }
}

/// Executes an op on objects, globals or the runtime; `args` are its operands' words.
pub(super) fn execute(
    host: &mut dyn Host,
    evaluator: &Evaluator,
    function: &Function,
    inst: &Inst,
    args: &[u64],
) -> Stops<u64> {
    let mut heap = Heap { host, evaluator };
    let operand = |place: usize| function.ty(function.args(inst)[place]);
    let result = inst.result.map(|value| function.ty(value));
    let declared = || result.expect("the op has a result, by the verifier");
    let program = evaluator.program;
    match inst.op {
        Op::StrConst => Ok(heap.host.string(inst.string())),
        Op::AnyFrom => heap.box_word(operand(0), args[0]),
        Op::AnyTo => heap.unbox_word(declared(), args[0]),
        Op::ListNew => heap.new_list(declared(), args[0]),
        Op::ListOf => {
            let mut list = heap.new_list(declared(), args.len() as u64)?;
            for &item in args {
                list = heap.call(RuntimeFunction::ListPush, &[list, item])?;
            }
            Ok(list)
        }
        // A list as `any` is the same word.
        Op::ListLen => heap.call(RuntimeFunction::AnyLen, args),
        Op::ListGet => heap.lend(RuntimeFunction::ListGet, args, declared()),
        Op::ListLoad => {
            heap.check_inside(args);
            heap.lend(RuntimeFunction::ListGet, args, declared())
        }
        Op::ListSet => heap.call(RuntimeFunction::ListSet, args),
        Op::ListStore => {
            heap.check_inside(args);
            heap.call(RuntimeFunction::ListSet, args)
        }
        Op::ListTake => heap.call(RuntimeFunction::ListTake, args),
        Op::ListPush => heap.call(RuntimeFunction::ListPush, args),
        Op::RecordNew => {
            let record = heap.call(RuntimeFunction::RecordNew, &[inst.imm])?;
            for (place, &field) in args.iter().enumerate() {
                heap.call(RuntimeFunction::RecordSet, &[record, place as u64, field])?;
            }
            Ok(record)
        }
        Op::FieldGet => heap.lend(RuntimeFunction::RecordGet, &[args[0], inst.imm], declared()),
        Op::FieldSet => heap.call(RuntimeFunction::RecordSet, &[args[0], inst.imm, args[1]]),
        Op::FieldTake => heap.call(RuntimeFunction::RecordTake, &[args[0], inst.imm]),
        Op::RecordShape => heap.call(RuntimeFunction::RecordShape, args),
        Op::ClosureMake => {
            let callee = &program.functions[inst.function().index()];
            let shape = callee.captures.expect("the callee has captures, by the verifier");
            let closure =
                heap.call(RuntimeFunction::ClosureNew, &[inst.imm, u64::from(shape.0)])?;
            for (place, &capture) in args.iter().enumerate() {
                heap.call(RuntimeFunction::ClosureSet, &[closure, place as u64, capture])?;
            }
            Ok(closure)
        }
        Op::CaptureGet => heap.lend(RuntimeFunction::ClosureGet, &[args[0], inst.imm], declared()),
        Op::GlobalGet => Ok(heap.host.global(inst.global())),
        Op::GlobalSet => {
            let old = heap.host.global(inst.global());
            heap.host.set_global(inst.global(), args[0]);
            heap.drop(operand(0).rep(), old)
        }
        Op::GlobalTake => {
            let word = heap.host.global(inst.global());
            heap.host.set_global(inst.global(), 0);
            Ok(word)
        }
        Op::CallRuntime => heap.call(inst.runtime(), args),
        Op::Dup => match operand(0).rep() {
            Rep::Any => heap.call(RuntimeFunction::AnyDup, args),
            Rep::Ref => heap.call(RuntimeFunction::RefDup, args),
            Rep::I64 | Rep::F64 | Rep::Bool => Ok(0),
        },
        Op::Drop => heap.drop(operand(0).rep(), args[0]),
        op => unreachable!("`{}` is scalar or control", op.row().name),
    }
}

struct Heap<'h, 'p> {
    host: &'h mut dyn Host,
    evaluator: &'h Evaluator<'p>,
}

impl Heap<'_, '_> {
    fn call(&mut self, function: RuntimeFunction, args: &[u64]) -> Stops<u64> {
        self.host.runtime(self.evaluator, function, args)
    }

    fn drop(&mut self, rep: Rep, word: u64) -> Stops<u64> {
        match rep {
            Rep::Any => self.call(RuntimeFunction::AnyDrop, &[word]),
            Rep::Ref => self.call(RuntimeFunction::RefDrop, &[word]),
            Rep::I64 | Rep::F64 | Rep::Bool => Ok(0),
        }
    }

    /// Calls a function whose result is owned, and gives it back at once: its place owns it still.
    fn lend(&mut self, function: RuntimeFunction, args: &[u64], ty: Type) -> Stops<u64> {
        let word = self.call(function, args)?;
        self.drop(ty.rep(), word)?;
        Ok(word)
    }

    fn new_list(&mut self, ty: Type, capacity: u64) -> Stops<u64> {
        let rep = ty.item_rep().expect("the result is a list, by the verifier");
        self.call(RuntimeFunction::ListNew, &[rep as u64, capacity])
    }

    /// Panics when an index that is proved to be inside is not.
    fn check_inside(&mut self, args: &[u64]) {
        let length = self.call(RuntimeFunction::AnyLen, &args[..1]).expect("a list has a length");
        assert!(args[1] < length, "index {} of {length} is not as proved", args[1] as i64);
    }

    fn box_word(&mut self, ty: Type, word: u64) -> Stops<u64> {
        match ty.rep() {
            Rep::I64 => self.call(RuntimeFunction::AnyFromInt, &[word]),
            Rep::F64 => Ok(any::from_float(f64::from_bits(word))),
            Rep::Bool => Ok(any::from_bool(word != 0)),
            Rep::Ref | Rep::Any => Ok(word),
        }
    }

    fn unbox_word(&mut self, ty: Type, word: u64) -> Stops<u64> {
        match ty.rep() {
            Rep::I64 => self.call(RuntimeFunction::AnyToInt, &[word]),
            Rep::F64 => self.call(RuntimeFunction::AnyToFloat, &[word]),
            Rep::Bool => self.call(RuntimeFunction::AnyToBool, &[word]),
            Rep::Any => Ok(word),
            Rep::Ref => self.unbox_object(ty, word),
        }
    }

    fn unbox_object(&mut self, ty: Type, word: u64) -> Stops<u64> {
        if let Some(rep) = ty.item_rep() {
            let list = self.call(RuntimeFunction::AnyToList, &[word, rep as u64])?;
            self.drop(Rep::Ref, list)?;
            if list != word {
                // It has other items, and was converted.
                return Err(self.host.raise(self.evaluator, Trap::new(TrapKind::Cast, 0, 0)));
            }
            return Ok(word);
        }
        let kind = ty.kind().unwrap_or(Kind::Record);
        self.lend(RuntimeFunction::AnyToRef, &[word, kind as u64], ty)
    }
}
