//! Code that belongs to no function: the door through which compiled code is entered, and the ways out that traps take. The machine
//! writes it; here it gets its place.

use super::{Baseline, Bodies};
use crate::driver::code::Address;
use crate::macro_assembler::{Exits, Label, MacroAssembler};
use mochi_abi::functions::RuntimeFunction;

/// The stubs' labels.
#[derive(Debug)]
pub(crate) struct Stubs {
    /// `extern "C" fn(context, address of a function, *mut Image)`.
    pub door: Label,
    /// As in [`Exits`].
    exit: Label,
    pub fail: Label,
    pub leave: Label,
    pub overflow: Label,
    /// Where functions begin that are not compiled yet.
    compile: Label,
}

impl Stubs {
    pub(crate) fn new(asm: &mut impl MacroAssembler) -> Stubs {
        let [door, exit, fail, leave, overflow, compile] = std::array::from_fn(|_| asm.label());
        Stubs { door, exit, fail, leave, overflow, compile }
    }
}

impl<B: Bodies> Baseline<'_, B> {
    pub(crate) fn write_stubs(&mut self) {
        let raise = self.address_label(Address::Runtime(RuntimeFunction::Raise));
        let unwind = self.address_label(Address::Unwind);
        let Stubs { door, exit, fail, leave, overflow, compile } = self.stubs;
        self.asm.align(16);
        self.asm.bind(door);
        self.code.door = self.asm.here() as u32;
        self.asm.write_door(exit);
        self.asm.write_exits(&Exits { exit, fail, leave, overflow, raise, unwind });
        let mut named = vec![
            (door, "door"),
            (exit, "exit"),
            (overflow, "overflow"),
            (fail, "fail"),
            (leave, "leave"),
        ];
        if self.functions.iter().any(Option::is_none) {
            self.write_compile(compile);
            named.push((compile, "compile"));
        }
        self.code.stubs =
            named.iter().map(|&(label, name)| (self.asm.place(label), name)).collect();
        self.code.stubs.sort_unstable();
    }
}
