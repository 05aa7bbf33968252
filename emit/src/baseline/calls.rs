//! Calls: of functions of the program, of closures and of the runtime; and what leads to a trap's way out.

use super::strings::is_inline;
use super::values::{Argument, Constant, context};
use super::{At, Baseline, Bodies};
use crate::EmitError;
use crate::driver::Place;
use crate::driver::code::{Address, ArgumentPlace, ArgumentPlaces};
use crate::driver::moves::Source;
use crate::macro_assembler::{
    Alu, Cond, FloatReg, Label, MacroAssembler, Mem, Reg, Scale, registers_of,
};
use mochi_abi::functions::{AbiType, RuntimeFunction, TRAPS};
use mochi_abi::layout::Closure;
use mochi_abi::trap::TrapKind;
use mochi_ir::program::{Function, FunctionId, Value};
use mochi_ir::types::Type;
use std::mem::offset_of;

type Result = std::result::Result<(), EmitError>;

/// What poisoned registers hold.
const POISON: u64 = 0xa5a5_a5a5_a5a5_a5a5;

impl<B: Bodies> Baseline<'_, B> {
    // -- functions of the program ---------------------------------------------------------------

    pub(crate) fn call(&mut self, at: At) -> Result {
        self.arguments(at.function, at.args());
        let callee = at.inst.function();
        match self.functions[callee.index()] {
            Some(entry) => self.asm.call(entry),
            None => {
                let entry = self.entry_elsewhere(callee);
                self.asm.call_m(entry);
            }
        }
        self.site_here(at);
        self.call_result(at);
        Ok(())
    }

    pub(crate) fn call_closure(&mut self, at: At) -> Result {
        self.arguments(at.function, at.args());
        let entry = self.closure_entry();
        self.asm.call_m(entry);
        self.site_here(at);
        self.call_result(at);
        Ok(())
    }

    /// Puts arguments where a callee expects them.
    pub(crate) fn arguments(&mut self, function: &Function, args: &[Value]) {
        let mut places = ArgumentPlaces::default();
        if let &[arg] = args {
            let to = match places.next(function.ty(arg)) {
                ArgumentPlace::Float(number) => Place::Float(number as u8),
                _ => Place::Int(Self::INT_ARGUMENTS[0].0),
            };
            return self.move_alone(function, to, arg);
        }
        let mut has_memory = false;
        self.sequencer.clear();
        for &arg in args {
            match places.next(function.ty(arg)) {
                ArgumentPlace::Int(number) => {
                    self.add_move(function, Place::Int(Self::INT_ARGUMENTS[number].0), arg);
                }
                ArgumentPlace::Float(number) => {
                    self.add_move(function, Place::Float(number as u8), arg);
                }
                ArgumentPlace::Memory(number) => {
                    // Before the registers change.
                    if !has_memory {
                        has_memory = true;
                        let arguments = self.address_label(Address::Arguments);
                        self.asm.mov_rm(Self::AUX, Mem::label(arguments));
                    }
                    self.store(function, arg, Mem::at(Self::AUX, 8 * number as i32));
                }
            }
        }
        self.code.spilled_arguments = self.code.spilled_arguments.max(places.in_memory() as u32);
        self.make_moves();
    }

    /// Where the address of the closure's code is, when the closure is the first argument.
    pub(crate) fn closure_entry(&mut self) -> Mem {
        self.asm.mov_rm(
            Self::ACC,
            Mem::at(Self::INT_ARGUMENTS[0], offset_of!(Closure, function) as i32),
        );
        self.entry_by_number()
    }

    /// Where the address of a function's code is that is not in this code.
    pub(crate) fn entry_elsewhere(&mut self, callee: FunctionId) -> Mem {
        self.asm.mov_ri(Self::ACC, callee.0.into());
        self.entry_by_number()
    }

    /// Where the address of the code is that belongs to the function whose number is in `ACC`; it **must** stay there.
    fn entry_by_number(&mut self) -> Mem {
        self.asm.mov_rm(Self::AUX, context!(functions));
        Mem::indexed(Self::AUX, Self::ACC, Scale::Words, 0)
    }

    fn call_result(&mut self, at: At) {
        self.poison();
        match at.inst.result {
            Some(result) if at.function.ty(result) == Type::F64 => {
                self.define_float(result, FloatReg(0));
            }
            Some(result) => self.define(result, Self::ACC),
            None => {}
        }
    }

    // -- the runtime ------------------------------------------------------------------------------

    pub(crate) fn call_runtime(&mut self, at: At) -> Result {
        let callee = at.inst.runtime();
        if is_inline(callee) {
            return self.inline_runtime(at);
        }
        let row = callee.row();
        if row.args.len() > Self::C_ARGUMENTS.len() {
            return Err(EmitError::TooLarge {
                emitter: B::NAME,
                function: at.function.name.clone(),
                why: "a runtime function takes more arguments than there are registers",
            });
        }
        self.sequencer.clear();
        let (mut ints, mut floats) = (0, 0);
        for (&arg, parameter) in at.args().iter().zip(row.args) {
            let to = if parameter.ty == AbiType::F64 {
                floats += 1;
                Place::Float(floats - 1)
            } else {
                ints += 1;
                Place::Int(Self::C_ARGUMENTS[ints - 1].0)
            };
            self.add_move(at.function, to, arg);
        }
        self.make_moves();
        self.call_c(callee);
        if row.effects & TRAPS != 0 {
            self.check_trap(at);
        }
        match at.inst.result {
            Some(result) if row.result == AbiType::F64 => self.define_float(result, FloatReg(0)),
            Some(result) => self.define(result, Self::ACC),
            None => {}
        }
        Ok(())
    }

    /// Puts words where a C function expects them, behind the context.
    pub(crate) fn c_arguments(&mut self, function: &Function, arguments: &[Argument]) {
        self.sequencer.clear();
        for (&argument, to) in arguments.iter().zip(Self::C_ARGUMENTS) {
            self.add_argument(function, to, argument);
        }
        self.make_moves();
    }

    /// Calls a runtime function whose arguments, but for the context, are where they belong.
    pub(crate) fn call_c(&mut self, callee: RuntimeFunction) {
        self.asm.pass_context();
        let callee = self.address_label(Address::Runtime(callee));
        self.asm.call_m(Mem::label(callee));
        self.poison();
    }

    /// In tests, overwrites what a call need not keep, but for its result.
    fn poison(&mut self) {
        if !self.options.poison {
            return;
        }
        let pattern = Self::C_ARGUMENTS[2];
        self.asm.mov_ri(pattern, POISON);
        let lost =
            (B::REGISTERS.ints & !B::REGISTERS.kept_ints | 1 << Self::AUX.0) & !(1 << Self::ACC.0);
        for number in registers_of(lost) {
            self.asm.mov_rr(Reg(number), pattern);
        }
        for number in 1..B::Machine::FLOATS {
            self.asm.float_of_bits(FloatReg(number), pattern);
        }
    }

    /// Calls a runtime function from the cold section, saving what is live; the word that it gives is in `ACC` afterwards.
    pub(crate) fn slow_call(&mut self, at: At, callee: RuntimeFunction, arguments: &[Argument]) {
        debug_assert!(self.asm.is_cold(), "hot code has its registers saved by their places");
        let row = callee.row();
        let (ints, floats) = self.live(at);
        self.asm.save(ints, floats);
        self.c_arguments(at.function, arguments);
        self.call_c(callee);
        if row.effects & TRAPS != 0 {
            self.check_trap(at);
        }
        if row.result == AbiType::F64 {
            self.asm.bits_of_float(Self::ACC, FloatReg(0));
        }
        self.asm.restore(ints, floats);
    }

    /// The registers that calls do not keep and that hold values which are needed after an instruction.
    fn live(&self, at: At) -> (u32, u32) {
        let is_live = |number: usize| {
            let held = self.body.held[number];
            held != u32::MAX && self.plan.is_live_after(Value(held), at.id)
        };
        let set = |registers: u32, base: usize| {
            registers_of(registers)
                .filter(|&number| is_live(base + usize::from(number)))
                .fold(0, |set, number| set | 1 << number)
        };
        (set(self.registers.ints & !self.registers.kept_ints, 0), set(self.registers.floats, 32))
    }

    // -- traps ----------------------------------------------------------------------------------

    /// Says that the instruction before this place, a call, belongs to this site.
    pub(crate) fn site_here(&mut self, at: At) {
        let site = self.sites.number(at.number, at.id);
        let place = self.asm.here() as u32;
        if self.asm.is_cold() {
            self.body.cold_sites.push((place, site));
        } else {
            self.code.sites.push((place, site));
        }
    }

    fn call_stub(&mut self, at: At, stub: Label) {
        self.asm.call(stub);
        self.site_here(at);
    }

    /// Raises a trap and leaves.
    pub(crate) fn fail(&mut self, at: At, kind: TrapKind, a: Argument, b: Argument) {
        let [kind_to, a_to, b_to] = B::Machine::FAIL_ARGUMENTS;
        if !self.is_in(b, a_to) {
            self.put_argument(at.function, a_to, a);
            self.put_argument(at.function, b_to, b);
            self.asm.mov_ri(kind_to, kind as u64);
            return self.call_stub(at, self.stubs.fail);
        }
        self.sequencer.clear();
        self.add_argument(at.function, a_to, a);
        self.add_argument(at.function, b_to, b);
        self.sequencer.add(Place::Int(kind_to.0), Source::Constant(Constant::Word(kind as u64)));
        self.make_moves();
        self.call_stub(at, self.stubs.fail);
    }

    /// Whether an argument is in this register.
    fn is_in(&self, argument: Argument, register: Reg) -> bool {
        match argument {
            Argument::Value(value) => self.place(value) == Place::Int(register.0),
            Argument::Word(_) => false,
            Argument::Reg(from) => from == register,
        }
    }

    /// Puts an argument where nothing that is still needed is.
    fn put_argument(&mut self, function: &Function, to: Reg, argument: Argument) {
        match argument {
            Argument::Value(value) => self.load(function, value, to),
            Argument::Word(word) => self.asm.mov_ri(to, word),
            Argument::Reg(from) if from == to => {}
            Argument::Reg(from) => self.asm.mov_rr(to, from),
        }
    }

    /// Leaves with the trap in flight.
    pub(crate) fn leave(&mut self, at: At) {
        self.call_stub(at, self.stubs.leave);
    }

    /// Leaves when a trap is in flight.
    pub(crate) fn check_trap(&mut self, at: At) {
        self.asm.alu32_mi(Alu::Cmp, context!(trap), 0);
        if self.asm.is_cold() {
            let skip = self.asm.skip(Cond::Equal);
            self.leave(at);
            self.asm.bind_skip(skip);
            return;
        }
        let trapped = self.asm.label();
        self.asm.jcc(Cond::NotEqual, trapped);
        self.asm.enter_cold();
        self.asm.bind(trapped);
        self.leave(at);
        self.asm.leave_cold();
    }
}
