//! A program in the IR: functions of blocks of instructions over values, in flat arrays.
//!
//! Invariants, which [`crate`]'s verifier checks:
//! - Blocks lie in reverse post-order; block 0 is the entry and its parameters are the function's.
//! - A block's instructions are contiguous and the last one, and only it, is a terminator.
//! - Every value is defined once, before its uses in every path (SSA), by an instruction or as a block parameter.

use crate::op::{Condition, Op};
use crate::types::Type;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_abi::program::{ShapeKind, TypeInfo};
use mochi_abi::trap::TrapKind;
use mochi_base::Span;
use std::ops::Range;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident $prefix:literal)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index.
            pub const fn index(self) -> usize { self.0 as usize }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, concat!($prefix, "{}"), self.0) }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "{self}") }
        }
    )* };
}
id! {
    /// A value of a function.
    Value "v"
    /// A block of a function.
    Block "b"
    /// An instruction of a function.
    InstId "i"
    /// A function of a program.
    FunctionId "f"
    /// A shape of a program.
    ShapeId "shape"
    /// A global of a program.
    GlobalId "g"
    /// A constant string of a program.
    StrId "s"
    /// An inlined call of a program.
    InlineId "inlined"
}

/// A whole program.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub functions: Vec<Function>,
    pub shapes: Vec<Shape>,
    pub strings: Vec<Box<str>>,
    pub globals: Vec<Global>,
    /// What casts from `any` need to know of the program's types; numbers in it are those of [`TypeInfo`].
    pub types: Vec<TypeInfo>,
    /// Parameters and result of function types, each once.
    pub signatures: Vec<Signature>,
    /// Calls whose callee stands in their place; instructions refer to them ([`Origin`]).
    pub inlined: Vec<InlinedCall>,
    /// The names of functions that inlined calls go to or stand in, which may not be in the program any more.
    pub inlined_names: Vec<Box<str>>,
    /// Where it starts: no parameters, no result.
    pub main: FunctionId,
}

/// A top-level variable that functions share; 0 until it is set.
#[derive(Debug, Clone)]
pub struct Global {
    pub name: Box<str>,
    pub ty: Type,
}

/// The layout of a record or of a closure's captures.
#[derive(Debug, Clone)]
pub struct Shape {
    pub name: Box<str>,
    pub kind: ShapeKind,
    /// The union that a variant belongs to; 0 = none.
    pub union: u32,
    /// Its objects can be part of a circle of references.
    pub cyclic: bool,
    pub fields: Vec<Field>,
}

/// A field of a shape, in the order of its place.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: Box<str>,
    pub rep: Rep,
    /// Its type in [`Program::types`]; [`mochi_abi::program::NO_TYPE`] when nothing is ever cast to the record.
    pub ty: u32,
}

/// The parameters and result of a function type, as numbers in [`Program::types`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signature {
    pub params: Box<[u32]>,
    pub result: u32,
}

/// A call whose callee's instructions stand in its place. What a trap in them leaves is still this call, so the call stack
/// is what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InlinedCall {
    /// The function called, a place in [`Program::inlined_names`].
    pub callee: u32,
    /// The function in whose source the call stands.
    pub caller: u32,
    /// The call.
    pub span: Span,
    /// The inlined call that the caller itself came by; [`NOT_INLINED`] when it was not inlined. It **must** have a lower
    /// number.
    pub outer: InlineId,
}

/// Of an instruction that is its function's own.
pub const NOT_INLINED: InlineId = InlineId(u32::MAX);

/// Where an instruction came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub span: Span,
    /// The inlined call that brought it into its function; [`NOT_INLINED`] when it is the function's own.
    pub inlined: InlineId,
}

impl From<Span> for Origin {
    fn from(span: Span) -> Origin {
        Origin { span, inlined: NOT_INLINED }
    }
}

/// How a parameter is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    pub ty: Type,
    /// The function consumes the reference; otherwise the caller keeps it. Borrow inference decides; the functions of
    /// closures and the targets of tail calls always own.
    pub own: bool,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// As it stands in a call stack.
    pub name: Box<str>,
    /// Types of the entry block's parameters. The first one of a closure's function is the closure itself.
    pub params: Vec<Param>,
    pub result: Option<Type>,
    /// The shape of its captures, when it is called through closures.
    pub captures: Option<ShapeId>,
    /// Its number in [`Program::signatures`], when a closure of it can come into an `any`;
    /// [`mochi_abi::program::NO_TYPE`] otherwise. A closure's own parameter is not part of it.
    pub signature: u32,
    pub span: Span,
    pub blocks: Vec<BlockData>,
    pub insts: Vec<Inst>,
    /// Where each instruction came from, beside `insts`.
    pub origins: Vec<Origin>,
    pub values: Vec<Type>,
    /// Operands, block parameters and target arguments, which their owners refer to by range.
    pub pool: Vec<Value>,
    pub targets: Vec<Target>,
}

/// A block.
#[derive(Debug, Clone)]
pub struct BlockData {
    /// In [`Function::pool`].
    pub params: Range<u32>,
    /// In [`Function::insts`].
    pub insts: Range<u32>,
    /// In [`Function::targets`]: where its terminator goes.
    pub targets: Range<u32>,
    /// How many loops it is in.
    pub loop_depth: u16,
    /// It begins a loop: a back edge comes to it.
    pub is_loop_header: bool,
}

/// Where a terminator goes, and with what for the block's parameters.
#[derive(Debug, Clone)]
pub struct Target {
    pub block: Block,
    /// In [`Function::pool`].
    pub args: Range<u32>,
}

/// An instruction.
#[derive(Debug, Clone, Copy)]
pub struct Inst {
    pub op: Op,
    /// First operand in [`Function::pool`].
    pub args: u32,
    pub arg_count: u32,
    /// The value it defines.
    pub result: Option<Value>,
    /// What it is, the op's row says.
    pub imm: u64,
}

impl Inst {
    /// The immediate of `i64.cmp` and `f64.cmp`.
    pub fn condition(&self) -> Condition {
        Condition::ALL[self.imm as usize]
    }
    /// The immediate of `call` and its like.
    pub fn function(&self) -> FunctionId {
        FunctionId(self.imm as u32)
    }
    /// The immediate of `call.runtime`.
    pub fn runtime(&self) -> RuntimeFunction {
        RuntimeFunction::ALL[self.imm as usize]
    }
    /// The immediate of `record.new`.
    pub fn shape(&self) -> ShapeId {
        ShapeId(self.imm as u32)
    }
    /// The immediate of `global.get` and its like.
    pub fn global(&self) -> GlobalId {
        GlobalId(self.imm as u32)
    }
    /// The immediate of `str.const`.
    pub fn string(&self) -> StrId {
        StrId(self.imm as u32)
    }
    /// The immediate of `trap`.
    pub fn trap(&self) -> TrapKind {
        TrapKind::from_code(self.imm as u32)
            .expect("a trap's immediate is a trap's code, by the verifier")
    }
    /// The immediate of `f64.const`.
    pub fn float(&self) -> f64 {
        f64::from_bits(self.imm)
    }
}

impl Function {
    /// The operands of an instruction.
    pub fn args(&self, inst: &Inst) -> &[Value] {
        &self.pool[inst.args as usize..(inst.args + inst.arg_count) as usize]
    }
    /// A block's parameters.
    pub fn block_params(&self, block: Block) -> &[Value] {
        let range = &self.blocks[block.index()].params;
        &self.pool[range.start as usize..range.end as usize]
    }
    /// A block's instructions, with their numbers.
    pub fn block_insts(
        &self,
        block: Block,
    ) -> impl DoubleEndedIterator<Item = (InstId, &Inst)> + ExactSizeIterator {
        let range = self.blocks[block.index()].insts.clone();
        let start = range.start;
        self.insts[range.start as usize..range.end as usize]
            .iter()
            .enumerate()
            .map(move |(offset, inst)| (InstId(start + offset as u32), inst))
    }
    /// Where a block goes.
    pub fn block_targets(&self, block: Block) -> &[Target] {
        let range = &self.blocks[block.index()].targets;
        &self.targets[range.start as usize..range.end as usize]
    }
    /// The values a target passes.
    pub fn target_args(&self, target: &Target) -> &[Value] {
        &self.pool[target.args.start as usize..target.args.end as usize]
    }
    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()]
    }
    /// All blocks in order.
    pub fn block_ids(&self) -> impl DoubleEndedIterator<Item = Block> + use<> {
        (0..self.blocks.len() as u32).map(Block)
    }
}
