//! Writes a function anew with the bodies of callees in the place of calls: the function and the calls go in, the new
//! function comes out, and the program's table of inlined calls has grown.
//!
//! The callee's entry continues the block of the call; its other blocks follow; a jump to what stood behind the call is what
//! its returns become. The order stays a reverse post-order.

use super::Copied;
use crate::rewriter::Rewriter;
use mochi_ir::op::Op;
use mochi_ir::program::{
    Block, Function, FunctionId, InlineId, InlinedCall, Inst, InstId, NOT_INLINED, Origin, Value,
};

/// What [`splice`] is given.
pub(super) struct Splice<'p> {
    pub(super) functions: &'p [Function],
    pub(super) inlined: &'p mut Vec<InlinedCall>,
    pub(super) inlined_names: &'p mut Vec<Box<str>>,
    pub(super) names: &'p mut Names,
    pub(super) caller: FunctionId,
    /// In the order of their instructions.
    pub(super) copied: &'p [Copied],
}

/// Which functions have their names among those of inlined calls.
pub(super) struct Names(Vec<u32>);

impl Names {
    pub(super) fn new(functions: usize) -> Names {
        Names(vec![u32::MAX; functions])
    }

    fn of(&mut self, id: FunctionId, functions: &[Function], names: &mut Vec<Box<str>>) -> u32 {
        let name = &mut self.0[id.index()];
        if *name == u32::MAX {
            *name = names.len() as u32;
            names.push(functions[id.index()].name.clone());
        }
        *name
    }
}

/// A target with this bit is a block of the new function, others are blocks of the caller.
const PLACED: u32 = 1 << 31;

/// See the file's header.
pub(super) fn splice(mut this: Splice) -> Function {
    let functions = this.functions;
    let caller = &functions[this.caller.index()];
    let mut out = Rewriter::new(caller);
    // By value of the caller, what it is now.
    let mut values: Vec<Value> = (0..caller.values.len() as u32).map(Value).collect();
    let mut blocks = Vec::with_capacity(caller.blocks.len());
    let mut copied = this.copied.iter().peekable();
    let mut args = Vec::new();
    for block in caller.block_ids() {
        let data = &caller.blocks[block.index()];
        let params = caller.block_params(block).iter().copied();
        blocks.push(out.begin(params, data.loop_depth, data.is_loop_header));
        for (id, inst) in caller.block_insts(block) {
            args.clear();
            args.extend(caller.args(inst).iter().map(|arg| values[arg.index()]));
            let origin = caller.origins[id.index()];
            let Some(copy) = copied.next_if(|copied| copied.inst == id) else {
                out.push(inst.op, args.iter().copied(), inst.imm, inst.result, origin);
                continue;
            };
            let call = Call { args: &args, result: inst.result, origin, depth: data.loop_depth };
            let captures = copy.made.map_or_else(Vec::new, |make| made_of(caller, make, &values));
            let returned = this.body(copy.callee, &call, &captures, &mut out);
            if let (Some(result), Some(returned)) = (inst.result, returned) {
                values[result.index()] = returned;
            }
        }
        out.end();
        for target in caller.block_targets(block) {
            let args = caller.target_args(target).iter().map(|arg| values[arg.index()]);
            out.target(target.block, args);
        }
    }
    out.finish(
        |block| {
            if block.0 & PLACED != 0 { Block(block.0 & !PLACED) } else { blocks[block.index()] }
        },
    )
}

/// What a closure was made of.
fn made_of(caller: &Function, make: InstId, values: &[Value]) -> Vec<Value> {
    let make = &caller.insts[make.index()];
    caller.args(make).iter().map(|capture| values[capture.index()]).collect()
}

/// A call that is replaced.
struct Call<'a> {
    args: &'a [Value],
    result: Option<Value>,
    origin: Origin,
    /// How many loops are around it.
    depth: u16,
}

impl Splice<'_> {
    /// Writes the body of a callee; the value that it returns, when it is not the call's result itself.
    fn body(
        &mut self,
        id: FunctionId,
        call: &Call,
        captures: &[Value],
        out: &mut Rewriter,
    ) -> Option<Value> {
        let callee = &self.functions[id.index()];
        let mut values = vec![Value(u32::MAX); callee.values.len()];
        for (param, &arg) in callee.block_params(Block(0)).iter().zip(call.args) {
            values[param.index()] = arg;
        }
        let mut came = Came::new(self, id, call.origin);
        let is_one_block = callee.blocks.len() == 1;
        let first = out.next_block().0 - 1;
        let after = Block(PLACED | (first + callee.blocks.len() as u32));
        let mut returned = None;
        for block in callee.block_ids() {
            if block != Block(0) {
                let data = &callee.blocks[block.index()];
                for &param in callee.block_params(block) {
                    values[param.index()] = out.value(callee.ty(param));
                }
                let params = callee.block_params(block).iter().map(|param| values[param.index()]);
                out.begin(params, data.loop_depth + call.depth, data.is_loop_header);
            }
            for (at, inst) in callee.block_insts(block) {
                let args = callee.args(inst).iter().map(|arg| values[arg.index()]);
                if inst.op == Op::Return {
                    returned = callee.args(inst).first().map(|value| values[value.index()]);
                    if !is_one_block {
                        out.push(Op::Jump, [], 0, None, call.origin);
                    }
                    continue;
                }
                if let Some((result, capture)) = known_capture(callee, inst, captures) {
                    values[result.index()] = capture;
                    continue;
                }
                let origin = came.origin(self.inlined, callee.origins[at.index()]);
                let args: Vec<Value> = args.collect();
                let result = inst.result.map(|result| {
                    values[result.index()] = out.value(callee.ty(result));
                    values[result.index()]
                });
                out.push(inst.op, args, inst.imm, result, origin);
            }
            if is_one_block {
                return returned;
            }
            out.end();
            let is_return = callee
                .block_insts(block)
                .next_back()
                .is_some_and(|(_, inst)| inst.op == Op::Return);
            if is_return {
                out.target(after, returned);
            }
            for target in callee.block_targets(block) {
                let to = Block(PLACED | (first + target.block.0));
                out.target(to, callee.target_args(target).iter().map(|arg| values[arg.index()]));
            }
        }
        out.begin(call.result, call.depth, false);
        None
    }
}

/// What a capture of a known closure is: the result that asks for it, and its value.
fn known_capture(callee: &Function, inst: &Inst, captures: &[Value]) -> Option<(Value, Value)> {
    let is_own = inst.op == Op::CaptureGet
        && callee.args(inst).first() == callee.block_params(Block(0)).first();
    let capture = captures.get(inst.imm as usize).filter(|_| is_own)?;
    Some((inst.result?, *capture))
}

/// By which inlined calls the instructions of a copy came.
struct Came {
    /// The call that is replaced.
    call: InlineId,
    /// Those of the callee, and what they are in the copy.
    inner: Vec<(InlineId, InlineId)>,
}

impl Came {
    fn new(this: &mut Splice, callee: FunctionId, origin: Origin) -> Came {
        let Splice { functions, inlined, inlined_names, names, caller, .. } = this;
        let callee = names.of(callee, functions, inlined_names);
        let caller = match inlined.get(origin.inlined.index()) {
            Some(outer) => outer.callee,
            None => names.of(*caller, functions, inlined_names),
        };
        let (span, outer) = (origin.span, origin.inlined);
        inlined.push(InlinedCall { callee, caller, span, outer });
        Came { call: InlineId(inlined.len() as u32 - 1), inner: Vec::new() }
    }

    fn origin(&mut self, inlined: &mut Vec<InlinedCall>, origin: Origin) -> Origin {
        Origin { span: origin.span, inlined: self.inlined(inlined, origin.inlined) }
    }

    /// The chain of inlined calls is as deep as calls have come one inside the other, which is limited.
    fn inlined(&mut self, inlined: &mut Vec<InlinedCall>, id: InlineId) -> InlineId {
        if id == NOT_INLINED {
            return self.call;
        }
        if let Some(&(_, copy)) = self.inner.iter().rev().find(|&&(from, _)| from == id) {
            return copy;
        }
        let call = inlined[id.index()];
        let outer = self.inlined(inlined, call.outer);
        inlined.push(InlinedCall { outer, ..call });
        let copy = InlineId(inlined.len() as u32 - 1);
        self.inner.push((id, copy));
        copy
    }
}
