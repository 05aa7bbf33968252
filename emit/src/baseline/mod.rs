//! What the two baseline compilers share: IR in, machine code out, in one walk over the blocks.
//!
//! Which value lives where is decided before by the [driver](crate::driver). Frames, calls, edges and the ways out of a trap are
//! here; the code of each op is a [`Bodies`]', and the instructions are a [`MacroAssembler`]'s.
//!
//! The registers: `ACC`, `AUX` and two float registers belong to the op at hand, all others that the bodies name hold values. Calls
//! keep some of those, the same as in the C ABI. The words of a frame are first the kept registers that a function uses, then its
//! slots.
//!
//! How a trap leaves: whoever finds it calls a stub, whose return address says the site. The stub tells the runtime, walks the
//! frames, whose return addresses are the sites of the calls that the trap leaves, and returns from the door with the stack
//! pointer that the door has saved. So a function that traps never returns, and Rust code below is never skipped.

mod bridge;
mod calls;
mod control;
mod divide;
mod frame;
pub(crate) mod making;
mod outer;
mod refusals;
mod strings;
mod stubs;
pub(crate) mod values;

use crate::driver::code::{Address, ArgumentPlaces, Code, INT_ARGUMENTS};
use crate::driver::moves::Sequencer;
use crate::driver::placement::Placement;
use crate::driver::plan::Clobber;
use crate::driver::{Place, Plan, Registers};
use crate::macro_assembler::{FloatReg, Label, MacroAssembler, Reg};
use crate::{EmitError, Emitter};
use mochi_abi::functions::RuntimeFunction;
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{Block, Function, FunctionId, Inst, InstId, Program, Value};
use mochi_ir::sites::Sites;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use values::Constant;

pub(crate) use bridge::may_be_left;

/// How the emitter works: as users have it by default; tests make its life hard.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// At most so many registers of each kind hold values.
    pub registers: Option<u32>,
    /// After each call, all registers that calls do not keep get a pattern, and what is written out in place goes the long way
    /// through the runtime.
    pub poison: bool,
    /// Tell where the code of each line of the source is, and how callers are found from there: for a disassembly and for
    /// debuggers.
    pub lines: bool,
    /// Which functions run in the interpreter while the others are machine code.
    pub interpreted: Interpreted,
    /// Give each function an entry by the platform's C ABI as well.
    pub outer: bool,
}

/// Which functions are left to the interpreter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Interpreted {
    /// Those with an op that the emitter declines, or that are beyond what it can encode.
    #[default]
    Declined,
    /// In tests, also those whose numbers are even, or odd.
    Even,
    Odd,
}

/// About how much code an instruction of the IR becomes, over a whole program.
const BYTES_PER_INSTRUCTION: usize = 12;

/// The code of the ops.
pub trait Bodies: Sized + std::fmt::Debug {
    /// What encodes the instructions.
    type Machine: MacroAssembler;
    /// The emitter's name.
    const NAME: &'static str;
    /// The registers that hold values.
    const REGISTERS: Registers;
    /// Belong to the op at hand.
    const FLOAT_SCRATCH: FloatReg;
    const FLOAT_SCRATCH_2: FloatReg;

    /// What it does with an op.
    fn cover(op: Op) -> Cover;
    /// Writes the code of an op.
    fn op(emitter: &mut Baseline<Self>, op: Op, at: At) -> Result<(), EmitError>;
    /// Goes to the label when a bool is what `holds` says.
    fn branch_if(emitter: &mut Baseline<Self>, at: At, condition: Value, holds: bool, label: Label);
}

/// A program as machine code. `sites` **must** be the program's.
#[inline(never)]
pub(crate) fn compile<B: Bodies>(
    program: &Program,
    sites: &Sites,
    options: Options,
) -> Result<Code, EmitError> {
    let all: Vec<FunctionId> = (0..program.functions.len() as u32).map(FunctionId).collect();
    compile_some::<B>(program, sites, options, &all)
}

/// Some functions of a program as machine code; the others are called by [`mochi_abi::layout::Context::functions`].
#[inline(never)]
pub(crate) fn compile_some<B: Bodies>(
    program: &Program,
    sites: &Sites,
    options: Options,
    functions: &[FunctionId],
) -> Result<Code, EmitError> {
    let mut emitter = Baseline::<B>::new(program, sites, options, functions);
    for &number in functions {
        emitter.function(program, number)?;
    }
    emitter.finish(program)
}

/// An emitter with these bodies.
#[derive(Debug)]
pub struct Baseline<'a, B: Bodies> {
    bodies: PhantomData<B>,
    pub(crate) sites: &'a Sites,
    pub(crate) options: Options,
    registers: Registers,
    clobbers: Clobbers,
    pub(crate) asm: B::Machine,
    pub(crate) code: Code,
    pub(crate) plan: Plan,
    pub(crate) placement: Placement,
    sequencer: Sequencer<Constant>,
    /// The registers that the parameters of the function at hand come in.
    wishes: Vec<Option<u8>>,
    /// The entry of each function of the program that is in this code.
    functions: Vec<Option<Label>>,
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
    characters: Option<Label>,
    arguments: Option<Label>,
    unwind: Option<Label>,
    interpret: Option<Label>,
    compile: Option<Label>,
}

/// The function that is being encoded.
#[derive(Debug)]
struct Body {
    blocks: Vec<Label>,
    /// The kept registers that the frame saves, in order.
    saved: Vec<Reg>,
    /// By register (integers, then floats from 32 on), the value that it got last; `u32::MAX` for none.
    held: [u32; 64],
    /// So many registers that loops have lent have been returned.
    returned: usize,
    /// Sites and lines of the cold section.
    cold_sites: Vec<(u32, u32)>,
    cold_lines: Vec<(u32, u32)>,
    /// Tables of switches, which come behind the function.
    tables: Vec<(Label, Vec<Label>)>,
}

/// No register holds a value.
const NOTHING_HELD: [u32; 64] = [u32::MAX; 64];

/// An instruction in its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct At<'f> {
    pub(crate) program: &'f Program,
    pub(crate) function: &'f Function,
    /// The function's number.
    pub(crate) number: FunctionId,
    pub(crate) id: InstId,
    pub(crate) inst: &'f Inst,
    /// The block that it is in, and the one that is encoded after the block at hand.
    pub(crate) block: Block,
    pub(crate) next: Block,
}

impl<'f> At<'f> {
    pub(crate) fn arg(&self, position: usize) -> Value {
        self.function.args(self.inst)[position]
    }
    pub(crate) fn args(&self) -> &'f [Value] {
        self.function.args(self.inst)
    }
    pub(crate) fn result(&self) -> Value {
        self.inst.result.expect("the op's row says that it has a result")
    }
}

impl<B: Bodies> Emitter for Baseline<'_, B> {
    type Output = Code;

    fn cover(op: Op) -> Cover {
        B::cover(op)
    }

    fn function(&mut self, program: &Program, number: FunctionId) -> Result<(), EmitError> {
        let function = &program.functions[number.index()];
        if bridge::is_left(number, self.options.interpreted) {
            self.bridge(function, number);
            return Ok(());
        }
        let clobbers = &self.clobbers;
        let clobber = |inst: &Inst| clobber::<B::Machine>(clobbers, inst);
        self.plan.make(function, clobber, wish::<B::Machine>);
        if self.plan.is_refused {
            self.bridge(function, number);
            return Ok(());
        }
        let mut params = ArgumentPlaces::default();
        let mut wishes = std::mem::take(&mut self.wishes);
        wishes.clear();
        for param in &function.params {
            wishes.push(values::argument_register::<B::Machine>(params.next(param.ty)));
        }
        self.code.spilled_arguments = self.code.spilled_arguments.max(params.in_memory() as u32);
        let result = Self::ACC.0;
        self.placement.make(function, &self.plan, self.registers, |i| wishes[i], result);
        self.wishes = wishes;
        if self.placement.slots > frame::LARGEST_FRAME {
            self.bridge(function, number);
            return Ok(());
        }
        let first = self.enter(program, number)?;
        for block in (first.0..function.blocks.len() as u32).map(Block) {
            self.block(program, number, block)?;
        }
        self.leave_function(program, number)
    }

    fn finish(mut self, program: &Program) -> Result<Code, EmitError> {
        self.write_outer_entries(program);
        self.write_stubs();
        self.write_pool();
        self.asm.finish();
        let functions = std::mem::take(&mut self.code.functions);
        self.code.entries =
            functions.iter().map(|&number| self.asm.place(self.entry(number))).collect();
        self.code.functions = functions;
        self.code.interpreted.sort_unstable();
        self.code.main = program.main.0;
        self.code.frames = self.asm.take_frames();
        self.code.bytes = self.asm.into_bytes();
        Ok(self.code)
    }
}

impl<'a, B: Bodies> Baseline<'a, B> {
    pub(crate) const ACC: Reg = B::Machine::ACC;
    pub(crate) const AUX: Reg = B::Machine::AUX;
    pub(crate) const CONTEXT: Reg = B::Machine::CONTEXT;
    pub(crate) const FLOAT_SCRATCH: FloatReg = B::FLOAT_SCRATCH;
    pub(crate) const FLOAT_SCRATCH_2: FloatReg = B::FLOAT_SCRATCH_2;
    pub(crate) const INT_ARGUMENTS: [Reg; INT_ARGUMENTS] = B::Machine::INT_ARGUMENTS;
    pub(crate) const C_ARGUMENTS: [Reg; 5] = B::Machine::C_ARGUMENTS;

    /// An emitter for these functions of a program with these sites.
    fn new(
        program: &Program,
        sites: &'a Sites,
        options: Options,
        members: &[FunctionId],
    ) -> Baseline<'a, B> {
        let insts: usize =
            members.iter().map(|number| program.functions[number.index()].insts.len()).sum();
        let mut asm = B::Machine::with_room(BYTES_PER_INSTRUCTION * insts);
        if options.lines {
            asm.note_frames();
        }
        let mut functions = vec![None; program.functions.len()];
        for number in members {
            functions[number.index()] = Some(asm.label());
        }
        let stubs = stubs::Stubs::new(&mut asm);
        let pool = Pool {
            runtime: vec![None; RuntimeFunction::ALL.len()],
            strings: vec![None; program.strings.len()],
            ..Pool::default()
        };
        Baseline {
            bodies: PhantomData,
            sites,
            options,
            registers: limited(B::REGISTERS, options.registers),
            clobbers: clobbers::<B>(),
            asm,
            code: Code { functions: members.to_vec(), ..Code::default() },
            plan: Plan::default(),
            placement: Placement::default(),
            sequencer: Sequencer::default(),
            wishes: Vec::new(),
            functions,
            stubs,
            pool,
            body: Body {
                blocks: Vec::new(),
                saved: Vec::new(),
                held: NOTHING_HELD,
                returned: 0,
                cold_sites: Vec::new(),
                cold_lines: Vec::new(),
                tables: Vec::new(),
            },
        }
    }

    /// Where a function begins that is in this code.
    fn entry(&self, number: FunctionId) -> Label {
        self.functions[number.index()].expect("only functions of this code are written")
    }

    fn block(
        &mut self,
        program: &Program,
        number: FunctionId,
        block: Block,
    ) -> Result<(), EmitError> {
        self.asm.bind(self.body.blocks[block.index()]);
        self.hold_returned(block);
        self.instructions(program, number, block, Block(block.0 + 1))
    }

    /// Encodes the instructions of `block` here, before those of `next`.
    fn instructions(
        &mut self,
        program: &Program,
        number: FunctionId,
        block: Block,
        next: Block,
    ) -> Result<(), EmitError> {
        let function = &program.functions[number.index()];
        for &param in function.block_params(block) {
            self.hold(param);
        }
        for (id, inst) in function.block_insts(block) {
            if self.plan.is_skipped(id) {
                continue;
            }
            let at = At { program, function, number, id, inst, block, next };
            if self.options.lines {
                self.with_lines(at)?;
            } else {
                B::op(self, inst.op, at)?;
            }
            if let Some(result) = inst.result {
                self.hold(result);
            }
        }
        Ok(())
    }

    /// Encodes an instruction and says which code comes from its line.
    #[cold]
    fn with_lines(&mut self, at: At) -> Result<(), EmitError> {
        let byte = at.function.origins[at.id.index()].span.start;
        self.line_here(byte);
        let cold = self.cold_here();
        B::op(self, at.inst.op, at)?;
        if self.cold_here() > cold {
            self.body.cold_lines.push((cold, byte));
        }
        Ok(())
    }

    /// Says, where it is asked for, that code from here on comes from this byte of the source.
    fn line_here(&mut self, byte: u32) {
        if self.options.lines {
            self.code.lines.push((self.asm.here() as u32, byte));
        }
    }

    /// How many bytes the cold section has.
    fn cold_here(&mut self) -> u32 {
        self.asm.enter_cold();
        let here = self.asm.here() as u32;
        self.asm.leave_cold();
        here
    }

    pub(crate) fn constant(&mut self, _: At) -> Result<(), EmitError> {
        unreachable!("constants are written where they are used")
    }

    /// From the block behind a loop on registers that the loop has lent hold what they held before.
    fn hold_returned(&mut self, block: Block) {
        while let Some(&(behind, value)) = self.plan.returned().get(self.body.returned)
            && behind <= block
        {
            self.body.returned += 1;
            if behind == block {
                self.hold(value);
            }
        }
    }

    /// From here on its register holds this value.
    pub(super) fn hold(&mut self, value: Value) {
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
            Address::Characters => &mut self.pool.characters,
            Address::Arguments => &mut self.pool.arguments,
            Address::Unwind => &mut self.pool.unwind,
            Address::Interpret => &mut self.pool.interpret,
            Address::Compile => &mut self.pool.compile,
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
            self.code.addresses.push((self.asm.here() as u32, address));
            self.asm.word(0);
        }
        for (&word, &label) in &self.pool.words {
            self.asm.bind(label);
            self.asm.word(word);
        }
    }
}

/// The registers when a test allows only so many of each kind: some that calls keep and some that they do not.
fn limited(all: Registers, most: Option<u32>) -> Registers {
    let Some(most) = most else { return all };
    let first = |mut set: u32, count: u32| {
        let mut chosen = 0;
        for _ in 0..count {
            chosen |= set & set.wrapping_neg();
            set &= set.wrapping_sub(1);
        }
        chosen
    };
    let kept = first(all.kept_ints, most / 2);
    let others = first(all.ints & !all.kept_ints, most - most / 2);
    Registers { ints: kept | others, kept_ints: kept, floats: first(all.floats, most) }
}

/// What ops do to registers, by op.
type Clobbers = [Clobber; Op::ALL.len()];

fn clobbers<B: Bodies>() -> Clobbers {
    let mut clobbers = [Clobber::Nothing; Op::ALL.len()];
    for &op in Op::ALL {
        clobbers[op as usize] = match op {
            _ if matches!(B::cover(op), Cover::Decline(_)) => Clobber::Refused,
            Op::Call | Op::CallClosure | Op::ListNew | Op::CallRuntime => Clobber::Call,
            Op::ListOf | Op::RecordNew | Op::ClosureMake => Clobber::CallThenOperands,
            _ => Clobber::Nothing,
        };
    }
    clobbers
}

/// What an instruction does to registers.
#[inline]
fn clobber<M: MacroAssembler>(clobbers: &Clobbers, inst: &Inst) -> Clobber {
    if inst.op != Op::CallRuntime {
        return clobbers[inst.op as usize];
    }
    let callee = inst.runtime();
    if strings::is_inline(callee) {
        Clobber::Nothing
    } else if callee.row().args.len() > M::C_ARGUMENTS.len() {
        Clobber::Refused
    } else {
        clobbers[inst.op as usize]
    }
}

/// The register in which a call wants the argument with this place, if that can be told from its place alone.
fn wish<M: MacroAssembler>(inst: &Inst, place: usize) -> Option<u8> {
    let registers: &[Reg] = match inst.op {
        Op::Call | Op::CallClosure => &M::INT_ARGUMENTS,
        Op::CallRuntime => &M::C_ARGUMENTS,
        _ => &[],
    };
    registers
        .get(place)
        .map(|register| register.0)
        .filter(|&number| number != M::AUX.0 && number != M::ACC.0)
}
