//! Rewrites the ops that an emitter does not want into thinner ones or into calls of the runtime,
//! in one place for all emitters: a function and an emitter's answers go in, a function of ops that it emits comes out.
//!
//! An interpreter wants `list.get` as one op; a compiler wants the length, the check and the load apart, so that
//! it can see that two of them are the same. Runs last, after counts are placed: an expansion owns and lends what the
//! op did, and a `borrow` result comes from the same operand. `dup` and `drop` themselves stay, so that who owns what
//! can still be verified.

use crate::rewriter::Rewriter;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{Function, FunctionId, Inst, Origin, Program, Value};
use mochi_ir::types::Type;

/// Expands what the emitter with these answers wants expanded, in all functions.
pub fn expand(program: &mut Program, cover: fn(Op) -> Cover) {
    if !Op::ALL.iter().any(|&op| cover(op) == Cover::Expand) {
        return;
    }
    for number in 0..program.functions.len() {
        let function = &program.functions[number];
        if !function.insts.iter().any(|inst| cover(inst.op) == Cover::Expand) {
            continue;
        }
        let mut out = Expansion {
            program,
            cover,
            out: Rewriter::new(function),
            origin: function.span.into(),
        };
        for block in function.block_ids() {
            let data = &function.blocks[block.index()];
            let params = function.block_params(block).iter().copied();
            out.out.begin(params, data.loop_depth, data.is_loop_header);
            for (id, inst) in function.block_insts(block) {
                out.origin = function.origins[id.index()];
                out.op(function, inst, function.args(inst));
            }
            out.out.end();
            for target in function.block_targets(block) {
                out.out.target(target.block, function.target_args(target).iter().copied());
            }
        }
        program.functions[number] = out.out.finish(|block| block);
    }
}

/// Whether there is an expansion for an op; an emitter **must not** ask for another.
pub const fn is_expandable(op: Op) -> bool {
    matches!(
        op,
        Op::ListNew
            | Op::ListOf
            | Op::ListGet
            | Op::ListSet
            | Op::ListTake
            | Op::ListPush
            | Op::RecordNew
            | Op::FieldTake
            | Op::RecordShape
            | Op::ClosureMake
            | Op::Poll
    )
}

struct Expansion<'p> {
    program: &'p Program,
    cover: fn(Op) -> Cover,
    out: Rewriter,
    origin: Origin,
}

impl Expansion<'_> {
    /// Writes an instruction of the old function, or what it expands to.
    fn op(&mut self, function: &Function, inst: &Inst, args: &[Value]) {
        if (self.cover)(inst.op) != Cover::Expand {
            self.out.push(inst.op, args.iter().copied(), inst.imm, inst.result, self.origin);
            return;
        }
        let ty = inst.result.map(|result| function.ty(result));
        self.expand(inst.op, args, inst.imm, inst.result, ty);
    }

    /// Writes an op that is part of an expansion, itself expanded if need be.
    fn part(&mut self, op: Op, args: &[Value], imm: u64, ty: Type) -> Value {
        let result = self.out.value(ty);
        self.write(op, args, imm, Some(result), Some(ty));
        result
    }

    fn write(&mut self, op: Op, args: &[Value], imm: u64, result: Option<Value>, ty: Option<Type>) {
        if (self.cover)(op) == Cover::Expand {
            self.expand(op, args, imm, result, ty);
        } else {
            self.out.push(op, args.iter().copied(), imm, result, self.origin);
        }
    }

    fn runtime(&mut self, callee: RuntimeFunction, args: &[Value], result: Option<Value>) {
        self.out.push(Op::CallRuntime, args.iter().copied(), callee as u64, result, self.origin);
    }

    fn int(&mut self, int: u64) -> Value {
        self.part(Op::I64Const, &[], int, Type::I64)
    }

    fn expand(
        &mut self,
        op: Op,
        args: &[Value],
        imm: u64,
        result: Option<Value>,
        ty: Option<Type>,
    ) {
        match op {
            Op::ListNew => {
                let rep = self.int(item_rep(ty) as u64);
                self.runtime(RuntimeFunction::ListNew, &[rep, args[0]], result);
            }
            Op::ListOf => self.list_of(args, result, ty),
            Op::ListGet => {
                let index = self.checked_index(args[0], args[1]);
                self.write(Op::ListLoad, &[args[0], index], 0, result, ty);
            }
            Op::ListSet => {
                let index = self.checked_index(args[0], args[1]);
                self.write(Op::ListStore, &[args[0], index, args[2]], 0, None, None);
            }
            Op::ListTake => self.runtime(RuntimeFunction::ListTake, args, result),
            Op::ListPush => self.runtime(RuntimeFunction::ListPush, args, result),
            Op::RecordNew => {
                let shape = self.int(imm);
                self.runtime(RuntimeFunction::RecordNew, &[shape], result);
                let record = result.expect("`record.new` has a result");
                for (place, &field) in args.iter().enumerate() {
                    self.write(Op::FieldSet, &[record, field], place as u64, None, None);
                }
            }
            Op::FieldTake => {
                let place = self.int(imm);
                self.runtime(RuntimeFunction::RecordTake, &[args[0], place], result);
            }
            Op::RecordShape => self.runtime(RuntimeFunction::RecordShape, args, result),
            Op::ClosureMake => self.closure(args, imm, result),
            Op::Poll => self.runtime(RuntimeFunction::Poll, &[], None),
            op => panic!("expand: there are no thinner ops for `{}`", op.row().name),
        }
    }

    /// The list is pushed to item by item; it is unique, so each push is in place.
    fn list_of(&mut self, items: &[Value], result: Option<Value>, ty: Option<Type>) {
        let ty = ty.expect("`list.of` has a result");
        let capacity = self.int(items.len() as u64);
        let Some((&last, items)) = items.split_last() else {
            self.write(Op::ListNew, &[capacity], 0, result, Some(ty));
            return;
        };
        let mut list = self.part(Op::ListNew, &[capacity], 0, ty);
        for &item in items {
            list = self.part(Op::ListPush, &[list, item], 0, ty);
        }
        self.write(Op::ListPush, &[list, last], 0, result, Some(ty));
    }

    fn checked_index(&mut self, list: Value, index: Value) -> Value {
        let len = self.part(Op::ListLen, &[list], 0, Type::I64);
        self.part(Op::IndexCheck, &[index, len], 0, Type::I64)
    }

    fn closure(&mut self, captures: &[Value], function: u64, result: Option<Value>) {
        let FunctionId(number) = FunctionId(function as u32);
        let shape = self.program.functions[number as usize]
            .captures
            .expect("a closure's function has a shape of captures");
        let closure = result.expect("`closure.make` has a result");
        let (function, shape) = (self.int(function), self.int(shape.0.into()));
        self.runtime(RuntimeFunction::ClosureNew, &[function, shape], result);
        for (place, &capture) in captures.iter().enumerate() {
            let place = self.int(place as u64);
            self.runtime(RuntimeFunction::ClosureSet, &[closure, place, capture], None);
        }
    }
}

fn item_rep(list: Option<Type>) -> Rep {
    list.and_then(Type::item_rep).expect("the result of an op that makes a list is a list")
}
