//! Builds a function's flat arrays anew, block by block, from another function's: what every pass
//! that inserts, moves or leaves out instructions writes into. Values keep their numbers, so a pass that only
//! adds instructions copies operands as they are; new values are numbered after the old ones.

use mochi_ir::op::Op;
use mochi_ir::program::{Block, BlockData, Function, Inst, Origin, Target, Value};
use mochi_ir::types::Type;

/// A function that is being written. Blocks come in their final order; targets name final blocks, or are
/// mapped by [`Rewriter::finish`].
#[derive(Debug)]
pub(crate) struct Rewriter {
    out: Function,
}

impl Rewriter {
    /// Starts with the head and the values of `function`, and no blocks.
    pub(crate) fn new(function: &Function) -> Rewriter {
        Rewriter {
            out: Function {
                name: function.name.clone(),
                params: function.params.clone(),
                result: function.result,
                captures: function.captures,
                signature: function.signature,
                span: function.span,
                blocks: Vec::with_capacity(function.blocks.len()),
                insts: Vec::with_capacity(function.insts.len()),
                origins: Vec::with_capacity(function.origins.len()),
                values: function.values.clone(),
                pool: Vec::with_capacity(function.pool.len()),
                targets: Vec::with_capacity(function.targets.len()),
            },
        }
    }

    /// Forgets the values of the old function, for a pass that numbers all of them anew.
    pub(crate) fn renumber(&mut self) {
        self.out.values.clear();
    }

    /// A new value.
    pub(crate) fn value(&mut self, ty: Type) -> Value {
        self.out.values.push(ty);
        Value(self.out.values.len() as u32 - 1)
    }

    /// Begins the next block and returns its number.
    pub(crate) fn begin(
        &mut self,
        params: impl IntoIterator<Item = Value>,
        loop_depth: u16,
        is_loop_header: bool,
    ) -> Block {
        let first = self.out.pool.len() as u32;
        self.out.pool.extend(params);
        let start = self.out.insts.len() as u32;
        self.out.blocks.push(BlockData {
            params: first..self.out.pool.len() as u32,
            insts: start..start,
            targets: 0..0,
            loop_depth,
            is_loop_header,
        });
        Block(self.out.blocks.len() as u32 - 1)
    }

    /// The number that the next block will have.
    pub(crate) fn next_block(&self) -> Block {
        Block(self.out.blocks.len() as u32)
    }

    /// Appends an instruction, whose operands are `args`.
    pub(crate) fn push(
        &mut self,
        op: Op,
        args: impl IntoIterator<Item = Value>,
        imm: u64,
        result: Option<Value>,
        origin: Origin,
    ) {
        let start = self.out.pool.len() as u32;
        self.out.pool.extend(args);
        self.out.insts.push(Inst {
            op,
            args: start,
            arg_count: self.out.pool.len() as u32 - start,
            result,
            imm,
        });
        self.out.origins.push(origin);
    }

    /// Ends the block after its terminator has been pushed; its targets follow by [`Rewriter::target`].
    pub(crate) fn end(&mut self) {
        let end = self.out.insts.len() as u32;
        let targets = self.out.targets.len() as u32;
        let block = self.out.blocks.last_mut().expect("a block that ends has begun");
        block.insts.end = end;
        block.targets = targets..targets;
    }

    /// The next target of the block that has just ended.
    pub(crate) fn target(&mut self, block: Block, args: impl IntoIterator<Item = Value>) {
        let start = self.out.pool.len() as u32;
        self.out.pool.extend(args);
        self.out.targets.push(Target { block, args: start..self.out.pool.len() as u32 });
        let ended = self.out.blocks.last_mut().expect("a block that ended has begun");
        ended.targets.end = self.out.targets.len() as u32;
    }

    /// The function, each target's block put through `map`.
    pub(crate) fn finish(mut self, map: impl Fn(Block) -> Block) -> Function {
        for target in &mut self.out.targets {
            target.block = map(target.block);
        }
        self.out
    }
}
