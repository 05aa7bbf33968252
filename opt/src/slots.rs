//! Which places in memory an instruction reads and which it can write to. A *slot* is an item of a list, a field of a
//! record, a global or the length of a list. They are told apart by what op and type show: a set of them is one word.
//!
//! Maps have no slots here, since nothing is ever lent from a map; captures have none, since they are never
//! overwritten. `list.push` and its like write only into an object that nobody else owns, and what they were given is taken
//! over: no value that names it is used afterwards.

use crate::graph::Graph;
use mochi_abi::functions::{self as runtime, AbiType, RuntimeFunction};
use mochi_ir::op::{self, Op};
use mochi_ir::program::{Function, Inst, Program};
use mochi_ir::types::Type;

/// A set of slots.
pub(crate) type Slots = u64;

/// How many kinds of slots there are.
pub(crate) const KINDS: usize = Slots::BITS as usize;

/// The items of lists, by what they are.
const REF_ITEMS: Slots = 1;
const ANY_ITEMS: Slots = 1 << 1;
const INT_ITEMS: Slots = 1 << 2;
const FLOAT_ITEMS: Slots = 1 << 3;
const BOOL_ITEMS: Slots = 1 << 4;
const ITEMS: Slots = REF_ITEMS | ANY_ITEMS | INT_ITEMS | FLOAT_ITEMS | BOOL_ITEMS;
/// The length of a list.
const LENGTHS: Slots = 1 << 5;
/// One bit for each of the first fields that are counted, and again for each that is not; the last one stands for all that
/// follow.
const COUNTED_FIELD: u64 = 6;
const PLAIN_FIELD: u64 = COUNTED_FIELD + FIELD_KINDS;
const FIELD_KINDS: u64 = 14;
const FIELDS: Slots = ((1 << (2 * FIELD_KINDS)) - 1) << COUNTED_FIELD;
/// The rest is shared out among the globals.
const FIRST_GLOBAL: u64 = PLAIN_FIELD + FIELD_KINDS;
const EVERYTHING: Slots = Slots::MAX;

fn items(list: Type) -> Slots {
    match list {
        Type::ListI64 => INT_ITEMS,
        Type::ListF64 => FLOAT_ITEMS,
        Type::ListBool => BOOL_ITEMS,
        Type::ListAny => ANY_ITEMS,
        _ => REF_ITEMS,
    }
}

fn field(place: u64, ty: Type) -> Slots {
    let first = if ty.rep().is_counted() { COUNTED_FIELD } else { PLAIN_FIELD };
    1 << (first + place.min(FIELD_KINDS - 1))
}

fn global(number: u64) -> Slots {
    1 << (FIRST_GLOBAL + number % (u64::from(Slots::BITS) - FIRST_GLOBAL))
}

/// The slots that an op reads its result from; empty when nothing can overwrite what it reads.
pub(crate) fn reads(function: &Function, inst: &Inst) -> Slots {
    let result = || function.ty(inst.result.expect("what reads a slot has a result"));
    match inst.op {
        Op::ListLen => LENGTHS,
        // The index is checked against the length.
        Op::ListGet => items(function.ty(function.args(inst)[0])) | LENGTHS,
        Op::ListLoad => items(function.ty(function.args(inst)[0])),
        Op::FieldGet => field(inst.imm, result()),
        Op::GlobalGet => global(inst.imm),
        Op::CaptureGet => 0,
        op if op.has(op::READS) => EVERYTHING,
        _ => 0,
    }
}

/// The slot that an op whose row says `borrow` found its counted result in; empty when nothing can overwrite it.
pub(crate) fn source(function: &Function, inst: &Inst) -> Slots {
    reads(function, inst) & !LENGTHS
}

/// The slots that an instruction can write to, given what each function can.
pub(crate) fn writes(function: &Function, inst: &Inst, written: &[Slots]) -> Slots {
    if !inst.op.has(op::WRITES | op::CALLS) {
        return 0;
    }
    let ty = |place: usize| function.ty(function.args(inst)[place]);
    match inst.op {
        Op::ListSet | Op::ListStore | Op::ListTake => items(ty(0)),
        Op::FieldSet => field(inst.imm, ty(1)),
        Op::FieldTake => {
            field(inst.imm, function.ty(inst.result.expect("`field.take` has a result")))
        }
        Op::GlobalSet | Op::GlobalTake => global(inst.imm),
        Op::ListPush | Op::Drop => 0,
        Op::Call | Op::TailCall => written[inst.function().index()],
        Op::CallRuntime => runtime_writes(inst.runtime()),
        _ => EVERYTHING,
    }
}

/// A runtime function that does not call back writes to slots of its first argument only, and only when it borrows that.
fn runtime_writes(function: RuntimeFunction) -> Slots {
    let row = function.row();
    if row.effects & runtime::CALLS != 0 {
        return EVERYTHING;
    }
    let prints = matches!(function, RuntimeFunction::PrintAny | RuntimeFunction::PrintJson);
    if row.effects & runtime::WRITES == 0 || prints {
        return 0;
    }
    match row.args.first() {
        Some(arg) if !arg.own => match arg.ty {
            AbiType::List => ITEMS | LENGTHS,
            AbiType::Record => FIELDS,
            AbiType::Any | AbiType::Ref | AbiType::Word => ITEMS | LENGTHS | FIELDS,
            AbiType::I64
            | AbiType::F64
            | AbiType::Bool
            | AbiType::Str
            | AbiType::Map
            | AbiType::Closure
            | AbiType::Big
            | AbiType::Unit => 0,
        },
        _ => 0,
    }
}

/// Whether an instruction writes while it still uses its operands, and not as the last thing it does.
pub(crate) fn writes_early(inst: &Inst) -> bool {
    match inst.op {
        Op::CallRuntime => inst.runtime().row().effects & runtime::CALLS != 0,
        op => op.has(op::CALLS),
    }
}

/// The slots that each function can write to, with all that it calls.
pub(crate) fn written(program: &Program) -> Vec<Slots> {
    let count = program.functions.len();
    let none = vec![0; count];
    let mut written = vec![0; count];
    let mut calls = Vec::new();
    for (number, function) in program.functions.iter().enumerate() {
        for inst in &function.insts {
            written[number] |= writes(function, inst, &none);
            if matches!(inst.op, Op::Call | Op::TailCall) {
                calls.push((number as u32, inst.function().0));
            }
        }
    }
    // Components are numbered callees first, so one round over them in order is enough.
    let graph = Graph::new(count, &calls);
    let component = graph.components();
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.sort_unstable_by_key(|&number| component[number as usize]);
    let mut of_component = vec![0; count];
    for &number in &order {
        let mine = component[number as usize] as usize;
        of_component[mine] |= written[number as usize];
        for &callee in graph.successors(number) {
            of_component[mine] |= of_component[component[callee as usize] as usize];
        }
    }
    component.iter().map(|&mine| of_component[mine as usize]).collect()
}
