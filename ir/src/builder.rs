//! Builds a [`Function`] from the start to the end: make blocks, go to one, append instructions,
//! end it with a terminator, go to the next. The order in which blocks are gone to is their final order and **must** be
//! a reverse post-order, which structured source gives by itself.
//!
//! What is known of values makes some instructions cheaper and some needless ([`crate::facts`]): the value that comes back
//! from [`FunctionBuilder::emit`] may be one that was there before.

use crate::facts::Fact;
use crate::op::{Condition, Op, Outcome};
use crate::program::{Block, BlockData, Function, FunctionId, Inst, Param, ShapeId, Target, Value};
use crate::types::Type;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::program::NO_TYPE;
use mochi_base::Span;

mod fold;
mod scopes;
#[cfg(test)]
mod tests;

use fold::Folded;
use scopes::{Scope, Scopes};

const NONE: u32 = u32::MAX;

/// A block while it is built.
#[derive(Debug, Clone)]
struct Draft {
    params: Vec<Value>,
    /// Its place in the final order, once it has been gone to.
    placed: Option<u32>,
    is_loop_header: bool,
    loop_depth: u16,
    /// The innermost scope around the ends of the blocks that go to it.
    scope: Scope,
    /// Its targets so far, as a list through `next_target`.
    last_target: u32,
    targets: u32,
}

/// A function being built.
#[derive(Debug)]
pub struct FunctionBuilder {
    function: Function,
    drafts: Vec<Draft>,
    current: Option<Block>,
    fold: bool,
    scopes: Scopes,
    /// By value the instruction that defines it; [`NONE`] for a block parameter.
    defined: Vec<u32>,
    /// By target the block it is in, and the target to the same block before it.
    sources: Vec<(u32, u32)>,
    /// The source of the instructions to come.
    pub span: Span,
    /// How many loops enclose the blocks to come.
    pub loop_depth: u16,
}

impl FunctionBuilder {
    /// Starts a function; its entry block is made and gone to, with the parameters as its parameters.
    pub fn new(
        name: &str,
        params: &[Type],
        result: Option<Type>,
        span: Span,
    ) -> (FunctionBuilder, Vec<Value>) {
        let function = Function {
            name: name.into(),
            params: params.iter().map(|&ty| Param { ty, own: false }).collect(),
            result,
            captures: None,
            signature: NO_TYPE,
            span,
            blocks: Vec::new(),
            insts: Vec::new(),
            origins: Vec::new(),
            values: Vec::new(),
            pool: Vec::new(),
            targets: Vec::new(),
        };
        let mut builder = FunctionBuilder {
            function,
            drafts: Vec::new(),
            current: None,
            fold: true,
            scopes: Scopes::new(),
            defined: Vec::new(),
            sources: Vec::new(),
            span,
            loop_depth: 0,
        };
        let entry = builder.block();
        let values = params.iter().map(|&ty| builder.param(entry, ty)).collect();
        builder.go_to(entry);
        (builder, values)
    }

    /// Whether constants are folded and ops proved while building, as they are at first.
    pub fn set_folding(&mut self, fold: bool) {
        self.fold = fold;
    }

    /// Makes this the function of a closure, whose first parameter is the closure.
    pub fn set_captures(&mut self, shape: ShapeId) {
        self.function.captures = Some(shape);
    }

    /// Says what the function is as a value, for casts from `any`.
    pub fn set_signature(&mut self, signature: u32) {
        self.function.signature = signature;
    }

    /// A new block, to be gone to later.
    pub fn block(&mut self) -> Block {
        self.drafts.push(Draft {
            params: Vec::new(),
            placed: None,
            is_loop_header: false,
            loop_depth: self.loop_depth,
            scope: 0,
            last_target: NONE,
            targets: 0,
        });
        Block(self.drafts.len() as u32 - 1)
    }

    /// A new block that back edges will come to.
    pub fn loop_header(&mut self) -> Block {
        let block = self.block();
        self.drafts[block.index()].is_loop_header = true;
        self.drafts[block.index()].loop_depth = self.loop_depth + 1;
        block
    }

    /// A new parameter of a block that has not been gone to, or of a loop header whose predecessors are all to come.
    pub fn param(&mut self, block: Block, ty: Type) -> Value {
        let value = self.value(ty);
        self.drafts[block.index()].params.push(value);
        value
    }

    /// Continues in `block`, which is placed next.
    pub fn go_to(&mut self, block: Block) {
        assert!(self.current.is_none(), "the block before it has its terminator");
        let draft = &mut self.drafts[block.index()];
        assert!(draft.placed.is_none(), "a block is gone to once");
        draft.placed = Some(self.function.blocks.len() as u32);
        let start = self.function.insts.len() as u32;
        let params = self.function.pool.len() as u32;
        self.function.pool.extend_from_slice(&draft.params);
        self.function.blocks.push(BlockData {
            params: params..self.function.pool.len() as u32,
            insts: start..start,
            targets: 0..0,
            loop_depth: draft.loop_depth,
            is_loop_header: draft.is_loop_header,
        });
        self.current = Some(block);
        if self.fold {
            self.enter_scope(block);
        }
    }

    /// Takes up what is known at the start of a block, from the edges that have come to it.
    fn enter_scope(&mut self, block: Block) {
        let draft = &self.drafts[block.index()];
        self.scopes.go_to(draft.scope);
        if draft.targets == 1 && !draft.is_loop_header {
            let target = draft.last_target;
            let source = &self.function.blocks[self.sources[target as usize].0 as usize];
            let inst = self.function.insts[source.insts.end as usize - 1];
            let (place, last) =
                (target - source.targets.start, source.targets.end - source.targets.start - 1);
            self.learn_edge(inst, place, last);
        }
        if !self.drafts[block.index()].is_loop_header {
            self.join_facts(block);
        }
    }

    /// A parameter is one of its arguments, if all of them are there.
    fn join_facts(&mut self, block: Block) {
        let draft = &self.drafts[block.index()];
        for (place, &param) in draft.params.iter().enumerate() {
            let mut joined: Option<Fact> = None;
            let mut target = draft.last_target;
            while target != NONE {
                let args = self.function.target_args(&self.function.targets[target as usize]);
                let Some(&arg) = args.get(place) else { return };
                let fact = self.scopes.fact(arg);
                joined = Some(joined.map_or(fact, |known| known.or(fact)));
                target = self.sources[target as usize].1;
            }
            if let Some(fact) = joined {
                self.scopes.learn(param, fact);
            }
        }
    }

    /// Notes that the block being built goes to `block`, by the target that comes next.
    fn add_edge(&mut self, block: Block) {
        let source = self.function.blocks.len() as u32 - 1;
        let target = self.sources.len() as u32;
        let draft = &mut self.drafts[block.index()];
        self.sources.push((source, draft.last_target));
        draft.last_target = target;
        draft.targets += 1;
        let here = self.scopes.current();
        draft.scope = if draft.targets == 1 { here } else { self.scopes.common(draft.scope, here) };
    }

    /// What is known of a value here.
    pub fn fact(&self, value: Value) -> Fact {
        self.scopes.fact(value)
    }

    /// From here on, wherever control comes through here, the int lies between `lo` and `hi`, both included. Whoever
    /// says so **must** know it: of the index of `for i in a..b` that it is not below `a`.
    pub fn assume_range(&mut self, value: Value, lo: i64, hi: i64) {
        if self.fold {
            let known = self.scopes.fact(value).and(Fact::Ints { lo, hi });
            self.scopes.refine(value, known);
        }
    }

    /// Whether the code to come can be reached: no terminator has ended the current block.
    pub fn is_open(&self) -> bool {
        self.current.is_some()
    }

    /// The block being built.
    pub fn current(&self) -> Option<Block> {
        self.current
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.function.ty(value)
    }

    fn value(&mut self, ty: Type) -> Value {
        self.function.values.push(ty);
        self.scopes.define(Fact::of(ty));
        self.defined.push(NONE);
        Value(self.function.values.len() as u32 - 1)
    }

    fn push(&mut self, op: Op, args: &[Value], imm: u64, result: Option<Value>) {
        assert!(self.current.is_some(), "`{}` stands in an open block", op.row().name);
        let start = self.function.pool.len() as u32;
        self.function.pool.extend_from_slice(args);
        if let Some(value) = result {
            self.defined[value.index()] = self.function.insts.len() as u32;
        }
        self.function.insts.push(Inst {
            op,
            args: start,
            arg_count: args.len() as u32,
            result,
            imm,
        });
        self.function.origins.push(self.span.into());
    }

    /// Appends an instruction with a result of type `ty`, which the op's row must allow; or a cheaper one, or none, when what
    /// is known of the operands allows that.
    pub fn emit(&mut self, op: Op, args: &[Value], imm: u64, ty: Type) -> Value {
        debug_assert!(op.row().result != Outcome::Nothing, "`{}` has no result", op.row().name);
        if !self.fold {
            let value = self.value(ty);
            self.push(op, args, imm, Some(value));
            return value;
        }
        match self.fold(op, args, imm, ty) {
            Folded::Value(value) => value,
            Folded::Constant(word) => self.constant(ty, word),
            Folded::Op(op, fact) => {
                let value = self.value(ty);
                self.push(op, args, imm, Some(value));
                self.scopes.learn(value, fact);
                value
            }
        }
    }

    /// The constant of a type with this word.
    fn constant(&mut self, ty: Type, word: u64) -> Value {
        let op = match ty {
            Type::I64 => Op::I64Const,
            Type::F64 => Op::F64Const,
            Type::Bool => Op::BoolConst,
            _ => Op::None,
        };
        let imm = if op == Op::None { 0 } else { word };
        self.emit(op, &[], imm, ty)
    }

    /// Appends an instruction without a result.
    pub fn effect(&mut self, op: Op, args: &[Value], imm: u64) {
        self.push(op, args, imm, None);
    }

    /// Ends the block.
    pub fn terminate(&mut self, op: Op, args: &[Value], imm: u64, targets: &[(Block, &[Value])]) {
        self.push(op, args, imm, None);
        let first = self.function.targets.len() as u32;
        for &(block, args) in targets {
            self.add_edge(block);
            let start = self.function.pool.len() as u32;
            self.function.pool.extend_from_slice(args);
            self.function
                .targets
                .push(Target { block, args: start..self.function.pool.len() as u32 });
        }
        let end = self.function.insts.len() as u32;
        let block = self.function.blocks.last_mut().expect("an open block has been placed");
        block.insts.end = end;
        block.targets = first..self.function.targets.len() as u32;
        self.current = None;
    }

    /// Ends the block with targets whose arguments come later, by [`FunctionBuilder::set_target_args`]; returns the first
    /// one's number, the others follow. So a join can be built before it is known which values differ in its branches.
    pub fn terminate_open(&mut self, op: Op, args: &[Value], imm: u64, targets: &[Block]) -> u32 {
        let first = self.function.targets.len() as u32;
        self.push(op, args, imm, None);
        for &block in targets {
            self.add_edge(block);
            self.function.targets.push(Target { block, args: 0..0 });
        }
        let end = self.function.insts.len() as u32;
        let block = self.function.blocks.last_mut().expect("an open block has been placed");
        block.insts.end = end;
        block.targets = first..self.function.targets.len() as u32;
        self.current = None;
        first
    }

    /// Gives a target of [`FunctionBuilder::terminate_open`] its arguments.
    pub fn set_target_args(&mut self, target: u32, args: &[Value]) {
        let start = self.function.pool.len() as u32;
        self.function.pool.extend_from_slice(args);
        self.function.targets[target as usize].args = start..self.function.pool.len() as u32;
    }

    /// The function, when all blocks that were made and targeted have been gone to.
    pub fn finish(mut self) -> Function {
        assert!(self.current.is_none(), "the last block has its terminator");
        for target in &mut self.function.targets {
            let placed =
                self.drafts[target.block.index()].placed.expect("a target has been gone to");
            target.block = Block(placed);
        }
        self.function
    }
}

/// The instructions that are written most.
impl FunctionBuilder {
    pub fn i64(&mut self, value: i64) -> Value {
        self.emit(Op::I64Const, &[], value as u64, Type::I64)
    }
    pub fn f64(&mut self, value: f64) -> Value {
        self.emit(Op::F64Const, &[], value.to_bits(), Type::F64)
    }
    pub fn bool(&mut self, value: bool) -> Value {
        self.emit(Op::BoolConst, &[], u64::from(value), Type::Bool)
    }
    pub fn compare(&mut self, op: Op, condition: Condition, a: Value, b: Value) -> Value {
        self.emit(op, &[a, b], condition as u64, Type::Bool)
    }
    pub fn call(
        &mut self,
        function: FunctionId,
        args: &[Value],
        result: Option<Type>,
    ) -> Option<Value> {
        let value = result.map(|ty| self.value(ty));
        self.push(Op::Call, args, u64::from(function.0), value);
        value
    }
    pub fn call_closure(&mut self, args: &[Value], result: Option<Type>) -> Option<Value> {
        let value = result.map(|ty| self.value(ty));
        self.push(Op::CallClosure, args, 0, value);
        value
    }
    pub fn runtime(
        &mut self,
        function: RuntimeFunction,
        args: &[Value],
        result: Option<Type>,
    ) -> Option<Value> {
        let value = result.map(|ty| self.value(ty));
        self.push(Op::CallRuntime, args, function as u64, value);
        if let (true, Some(value), Some(ty)) = (self.fold, value, result) {
            self.scopes.learn(value, FunctionBuilder::runtime_fact(function, ty));
        }
        value
    }
    pub fn jump(&mut self, block: Block, args: &[Value]) {
        self.terminate(Op::Jump, &[], 0, &[(block, args)]);
    }
    pub fn branch(
        &mut self,
        condition: Value,
        then: (Block, &[Value]),
        otherwise: (Block, &[Value]),
    ) {
        self.terminate(Op::Branch, &[condition], 0, &[then, otherwise]);
    }
    pub fn ret(&mut self, value: Option<Value>) {
        self.terminate(Op::Return, value.as_slice(), 0, &[]);
    }
}
