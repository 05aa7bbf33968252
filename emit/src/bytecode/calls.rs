//! Calls: arguments go to a window above the frame, which becomes the callee's frame, so that nothing is copied twice.

use super::instruction::{Opcode, Word, call_word};
use super::plan::IN_WINDOW;
use super::{At, Bytecode};
use crate::EmitError;
use mochi_abi::functions::{CALLS, RuntimeFunction};
use mochi_ir::program::{FunctionId, Value};

impl Bytecode<'_> {
    pub(super) fn call(&mut self, at: At) -> Result<(), EmitError> {
        // Arguments in slots that the call itself can move: those at the front, or a single one.
        let args = at.args();
        let is_moved = |this: &Self, &arg: &Value| {
            this.plan.constant_of(at.function, arg).is_none() && !this.is_in_window(arg)
        };
        let (front, moved) = if self.is_far() {
            (0, [0; 3])
        } else {
            let front = args.iter().take(3).take_while(|arg| is_moved(self, arg)).count();
            let mut moved = [0; 3];
            for (slot, &arg) in moved.iter_mut().zip(&args[..front]) {
                *slot = self.operand(at, arg);
            }
            (front, moved)
        };
        self.arguments(at, front);
        self.mark(at);
        let result = self.call_result(at);
        let window = self.body.window as u16;
        self.body.calls.push((self.body.words.len() as u32, at.inst.function()));
        match front {
            0 if self.is_far() => return self.far_call(Opcode::CallFar, result),
            0 => self.push(Word::new(Opcode::Call, window, 0, 0)),
            1 => self.push(Word::new(Opcode::CallOne, window, moved[0], 0)),
            2 => self.push(Word::new(Opcode::CallTwo, window, moved[0], moved[1])),
            _ => self.push(Word::new(Opcode::CallThree, window, moved[0], moved[1])),
        }
        self.data(call_word(0, result, moved[2]));
        Ok(())
    }

    pub(super) fn call_closure(&mut self, at: At) -> Result<(), EmitError> {
        self.arguments(at, 0);
        self.mark(at);
        let result = self.call_result(at);
        if self.is_far() {
            return self.far_call(Opcode::CallClosureFar, result);
        }
        self.push(Word::new(Opcode::CallClosure, self.body.window as u16, 0, 0));
        self.data(call_word(0, result, 0));
        Ok(())
    }

    fn far_call(&mut self, opcode: Opcode, result: u16) -> Result<(), EmitError> {
        self.push(Word::wide(opcode, 0, self.body.window));
        self.data(call_word(0, result, 0));
        Ok(())
    }

    pub(super) fn tail_call(&mut self, at: At) -> Result<(), EmitError> {
        self.take_over_frame(at);
        self.mark(at);
        self.body.calls.push((self.body.words.len() as u32, FunctionId(at.inst.imm as u32)));
        self.push(Word::new(Opcode::TailCall, 0, 0, 0));
        self.data(call_word(0, 0, 0));
        Ok(())
    }

    pub(super) fn tail_call_closure(&mut self, at: At) -> Result<(), EmitError> {
        self.take_over_frame(at);
        self.mark(at);
        self.push(Word::new(Opcode::TailCallClosure, 0, 0, 0));
        Ok(())
    }

    /// Puts the arguments from position `from` on in the window, unless they were made there.
    fn arguments(&mut self, at: At, from: usize) {
        let args = &at.args()[from..];
        self.assign(at.function, args, |this, i| {
            this.body.window + this.parameter(from as u32 + i)
        });
    }

    /// Puts the arguments in the first slots of this frame, all at once.
    fn take_over_frame(&mut self, at: At) {
        self.assign(at.function, at.args(), Self::parameter);
    }

    fn is_in_window(&self, value: Value) -> bool {
        self.plan.place[value.index()] & IN_WINDOW != 0
    }

    /// The slot for a call's result; when nobody wants it, one that holds nothing.
    fn call_result(&mut self, at: At) -> u16 {
        match at.inst.result {
            Some(_) => self.result(at),
            // Not in the window itself: arguments of the next call may already be there.
            None => self.temporary(),
        }
    }

    pub(super) fn call_runtime(&mut self, at: At) -> Result<(), EmitError> {
        let function = at.inst.runtime();
        if function == RuntimeFunction::StrConcat && at.inst.result.is_some() {
            return self.three(at, Opcode::StrConcat, 0, 1);
        }
        let mut slots = [0; 6];
        for (slot, &arg) in slots.iter_mut().zip(at.args()) {
            *slot = self.operand(at, arg);
        }
        if function.row().effects & CALLS != 0 {
            self.push(Word::wide(Opcode::Window, 0, self.body.window));
        }
        let result = self.call_result(at);
        self.mark(at);
        self.runtime(function as u16, result, &slots[..at.args().len()], at.inst.result.is_some());
        Ok(())
    }

    fn runtime(&mut self, function: u16, result: u16, slots: &[u16], has_result: bool) {
        let opcode = match slots.len() {
            0 => Opcode::Runtime0,
            1 => Opcode::Runtime1,
            2 => Opcode::Runtime2,
            3 => Opcode::Runtime3,
            4 => Opcode::Runtime4,
            5 => Opcode::Runtime5,
            _ => Opcode::Runtime6,
        };
        let slot = |i: usize| slots.get(i).copied().unwrap_or_default();
        self.push(Word::new(opcode, result, slot(0), slot(1)));
        self.data(Word { op: u16::from(has_result), a: function, b: slot(2), c: slot(3) });
        if slots.len() > 4 {
            self.data(Word { op: 0, a: slot(4), b: slot(5), c: 0 });
        }
    }
}
