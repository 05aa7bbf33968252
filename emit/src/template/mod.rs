//! The baseline compiler for x86-64: IR in, machine code out, in one walk over the blocks with a template per op.
//!
//! Which value lives where is decided before by the [driver](crate::driver). What makes the code small and fast:
//! - constants are operands, comparisons are part of their branch, field and item accesses are address modes;
//! - what rarely happens (overflow, an index from the end, the last owner's drop) stands in a cold section behind the function,
//!   and saves the registers that are live there by itself;
//! - a call of a function of the program is one instruction; nobody looks for a trap after it.
//!
//! The registers: `r15` is the context, `rbp` the frame, `rax`, `rdx`, `xmm14` and `xmm15` belong to the template at hand, all
//! others hold values. `rbx` and `r12` to `r14` are kept by calls, as in the C ABI.
//!
//! A frame, downwards from `rbp`: the caller's `rbp`, kept registers, slots. Its size is a multiple of 16, so that the stack
//! pointer is aligned where a function calls.
//!
//! How a trap leaves: whoever finds it calls a stub, whose return address says the site. The stub tells the runtime, walks the
//! frames, whose return addresses are the sites of the calls that the trap leaves, and returns from the door with the stack
//! pointer that the door has saved. So a function that traps never returns, and Rust code below is never skipped.

mod any;
mod calls;
mod control;
mod counts;
mod float;
mod frame;
mod integer;
mod memory;
mod ops;
mod stubs;
mod values;

pub use ops::cover;

use crate::driver::code::{Address, ArgumentPlaces, Code};
use crate::driver::moves::Sequencer;
use crate::driver::placement::Placement;
use crate::driver::plan::Clobber;
use crate::driver::{Place, Plan, Registers};
use crate::x64::{Assembler, Label, R8, R9, R10, R11, RAX, RCX, RDI, RDX, RSI, Reg, Xmm};
use crate::{EmitError, Emitter};
use mochi_abi::functions::RuntimeFunction;
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{Block, Function, FunctionId, Inst, InstId, Program, Value};
use mochi_ir::sites::Sites;
use std::collections::BTreeMap;
use values::Constant;

/// How the emitter works: as users have it by default; tests make its life hard.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// At most so many registers of each kind hold values.
    pub registers: Option<u32>,
    /// After each call, all registers that calls do not keep get a pattern.
    pub poison: bool,
    /// Tell where the code of each line of the source is, for a disassembly.
    pub lines: bool,
}

/// The context.
const CONTEXT: Reg = crate::x64::R15;
/// Belong to the template at hand.
const FLOAT_SCRATCH: Xmm = Xmm(15);
const FLOAT_SCRATCH_2: Xmm = Xmm(14);

/// Where integer arguments go.
const INT_ARGUMENTS: [Reg; crate::driver::code::INT_ARGUMENTS] = [RSI, RCX, R8, R9, RDI, R10, R11];
/// Where integer arguments of C functions go, after the context in `rdi`.
const C_ARGUMENTS: [Reg; 5] = [RSI, RDX, RCX, R8, R9];

/// The registers that hold values.
const REGISTERS: Registers = Registers {
    ints: 0b0111_1111_1100_1010,
    kept_ints: 0b0111_0000_0000_1000,
    floats: 0b0011_1111_1111_1111,
};

/// A program as machine code. `sites` **must** be the program's.
pub fn compile(program: &Program, sites: &Sites, options: Options) -> Result<Code, EmitError> {
    let mut emitter = Template::new(program, sites, options);
    for number in 0..program.functions.len() {
        emitter.function(program, FunctionId(number as u32))?;
    }
    emitter.finish(program)
}

/// The emitter.
#[derive(Debug)]
pub struct Template<'a> {
    sites: &'a Sites,
    options: Options,
    registers: Registers,
    asm: Assembler,
    code: Code,
    plan: Plan,
    placement: Placement,
    sequencer: Sequencer<Constant>,
    /// The entry of each function.
    functions: Vec<Label>,
    stubs: stubs::Stubs,
    pool: Pool,
    body: Body,
}

/// Words that lie behind the code.
#[derive(Debug, Default)]
struct Pool {
    runtime: Vec<Option<Label>>,
    strings: Vec<Option<Label>>,
    /// In the order of their first use.
    addresses: Vec<(Label, Address)>,
    words: BTreeMap<u64, Label>,
    arguments: Option<Label>,
    unwind: Option<Label>,
}

/// The function that is being encoded.
#[derive(Debug, Default)]
struct Body {
    blocks: Vec<Label>,
    /// The kept registers that the frame saves, in order.
    saved: Vec<Reg>,
    /// By register (integers, then floats from 32 on), the value that it got last; `u32::MAX` for none.
    held: Vec<u32>,
    /// Sites of the cold section.
    cold_sites: Vec<(u32, u32)>,
    /// Tables of switches, which come behind the function.
    tables: Vec<(Label, Vec<Label>)>,
}

/// An instruction in its surroundings.
#[derive(Debug, Clone, Copy)]
struct At<'f> {
    program: &'f Program,
    function: &'f Function,
    /// The function's number.
    number: FunctionId,
    id: InstId,
    inst: &'f Inst,
    block: Block,
}

impl<'f> At<'f> {
    fn arg(&self, position: usize) -> Value {
        self.function.args(self.inst)[position]
    }
    fn args(&self) -> &'f [Value] {
        self.function.args(self.inst)
    }
    fn result(&self) -> Value {
        self.inst.result.expect("the op's row says that it has a result")
    }
}

impl Emitter for Template<'_> {
    type Output = Code;

    fn cover(op: Op) -> Cover {
        cover(op)
    }

    fn function(&mut self, program: &Program, number: FunctionId) -> Result<(), EmitError> {
        let function = &program.functions[number.index()];
        self.plan.make(function, clobber, wish);
        let mut params = ArgumentPlaces::default();
        let wishes: Vec<Option<u8>> = function
            .params
            .iter()
            .map(|param| values::argument_register(params.next(param.ty)))
            .collect();
        self.code.spilled_arguments = self.code.spilled_arguments.max(params.in_memory() as u32);
        self.placement.make(function, &self.plan, self.registers, |i| wishes[i]);
        self.enter(program, number)?;
        for block in function.block_ids() {
            self.block(program, number, block)?;
        }
        self.leave_function();
        Ok(())
    }

    fn finish(mut self, program: &Program) -> Result<Code, EmitError> {
        self.write_stubs();
        self.write_pool();
        self.asm.finish();
        self.code.entries = self.functions.iter().map(|&label| self.asm.place(label)).collect();
        self.code.main = program.main.0;
        self.code.bytes = self.asm.into_bytes();
        Ok(self.code)
    }
}

impl<'a> Template<'a> {
    /// An emitter for a program with these sites.
    pub fn new(program: &Program, sites: &'a Sites, options: Options) -> Template<'a> {
        let mut asm = Assembler::default();
        let functions = program.functions.iter().map(|_| asm.label()).collect();
        let stubs = stubs::Stubs::new(&mut asm);
        let pool = Pool {
            runtime: vec![None; RuntimeFunction::ALL.len()],
            strings: vec![None; program.strings.len()],
            ..Pool::default()
        };
        Template {
            sites,
            options,
            registers: limited(options.registers),
            asm,
            code: Code::default(),
            plan: Plan::default(),
            placement: Placement::default(),
            sequencer: Sequencer::default(),
            functions,
            stubs,
            pool,
            body: Body::default(),
        }
    }

    fn block(
        &mut self,
        program: &Program,
        number: FunctionId,
        block: Block,
    ) -> Result<(), EmitError> {
        let function = &program.functions[number.index()];
        self.asm.bind(self.body.blocks[block.index()]);
        for &param in function.block_params(block) {
            self.hold(param);
        }
        for (id, inst) in function.block_insts(block) {
            if self.plan.is_skipped(inst) {
                continue;
            }
            if self.options.lines {
                let place = self.asm.len() as u32;
                self.code.lines.push((place, function.spans[id.index()].start));
            }
            self.op(inst.op, At { program, function, number, id, inst, block })?;
            if let Some(result) = inst.result {
                self.hold(result);
            }
        }
        Ok(())
    }

    /// From here on its register holds this value.
    fn hold(&mut self, value: Value) {
        match self.placement.places[value.index()] {
            Place::Int(number) => self.body.held[usize::from(number)] = value.0,
            Place::Float(number) => self.body.held[32 + usize::from(number)] = value.0,
            Place::Nowhere | Place::Slot(_) => {}
        }
    }

    // -- words behind the code --------------------------------------------------------------

    fn word_label(&mut self, word: u64) -> Label {
        *self.pool.words.entry(word).or_insert_with(|| self.asm.label())
    }

    fn address_label(&mut self, address: Address) -> Label {
        let label = match address {
            Address::Runtime(function) => &mut self.pool.runtime[function as usize],
            Address::Str(string) => &mut self.pool.strings[string.index()],
            Address::Arguments => &mut self.pool.arguments,
            Address::Unwind => &mut self.pool.unwind,
        };
        *label.get_or_insert_with(|| {
            let label = self.asm.label();
            self.pool.addresses.push((label, address));
            label
        })
    }

    fn write_pool(&mut self) {
        self.asm.align(size_of::<u64>());
        for &(label, address) in &self.pool.addresses {
            self.asm.bind(label);
            self.code.addresses.push((self.asm.len() as u32, address));
            self.asm.word(0);
        }
        for (&word, &label) in &self.pool.words {
            self.asm.bind(label);
            self.asm.word(word);
        }
    }
}

/// The registers when a test allows only so many of each kind: some that calls keep and some that they do not.
fn limited(most: Option<u32>) -> Registers {
    let Some(most) = most else { return REGISTERS };
    let first = |mut set: u32, count: u32| {
        let mut chosen = 0;
        for _ in 0..count {
            chosen |= set & set.wrapping_neg();
            set &= set.wrapping_sub(1);
        }
        chosen
    };
    let kept = first(REGISTERS.kept_ints, most / 2);
    let others = first(REGISTERS.ints & !REGISTERS.kept_ints, most - most / 2);
    Registers { ints: kept | others, kept_ints: kept, floats: first(REGISTERS.floats, most) }
}

/// What an instruction does to registers.
fn clobber(inst: &Inst) -> Clobber {
    match inst.op {
        Op::Call | Op::CallClosure | Op::ListNew => Clobber::Call,
        Op::CallRuntime if calls::is_inline(inst.runtime()) => Clobber::Nothing,
        Op::CallRuntime => Clobber::Call,
        Op::ListOf | Op::RecordNew | Op::ClosureMake => Clobber::CallThenOperands,
        _ => Clobber::Nothing,
    }
}

/// The register in which a call wants the argument with this place, if that can be told from its place alone.
fn wish(inst: &Inst, place: usize) -> Option<u8> {
    let registers: &[Reg] = match inst.op {
        Op::Call | Op::CallClosure => &INT_ARGUMENTS,
        Op::CallRuntime => &C_ARGUMENTS,
        _ => &[],
    };
    registers
        .get(place)
        .map(|register| register.0)
        .filter(|&number| number != RDX.0 && number != RAX.0)
}
