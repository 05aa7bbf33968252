//! Which slots an instruction can write to. A slot is a place that holds a counted reference: an item of a list, a
//! field of a record, a global. They are told apart by what op and type show: a set of them is one word.
//!
//! Maps have no slots here, since nothing is ever lent from a map; captures have none, since they are never
//! overwritten. `list.push` and its like write only into an object that nobody else owns, from which nothing is lent while
//! it is taken over.

use crate::graph::Graph;
use mochi_abi::functions::{self as runtime, AbiType, RuntimeFunction};
use mochi_ir::op::{self, Op};
use mochi_ir::program::{Function, Inst, Program};
use mochi_ir::types::Type;

/// A set of slots.
pub(super) type Slots = u64;

/// How many kinds of slots there are.
pub(super) const KINDS: usize = Slots::BITS as usize;

const REF_ITEMS: Slots = 1;
const ANY_ITEMS: Slots = 1 << 1;
/// One bit for each of the first fields; the last one stands for all that follow.
const FIRST_FIELD: u64 = 2;
const FIELD_KINDS: u64 = 16;
const FIELDS: Slots = ((1 << FIELD_KINDS) - 1) << FIRST_FIELD;
/// The rest is shared out among the globals.
const FIRST_GLOBAL: u64 = FIRST_FIELD + FIELD_KINDS;
const EVERYTHING: Slots = Slots::MAX;

fn items(list: Type) -> Slots {
    if list == Type::ListAny { ANY_ITEMS } else { REF_ITEMS }
}

fn field(place: u64) -> Slots {
    1 << (FIRST_FIELD + place.min(FIELD_KINDS - 1))
}

fn global(number: u64) -> Slots {
    1 << (FIRST_GLOBAL + number % (u64::from(Slots::BITS) - FIRST_GLOBAL))
}

/// The slot that an op whose row says `borrow` found its result in; empty when nothing can overwrite it.
pub(super) fn source(function: &Function, inst: &Inst) -> Slots {
    match inst.op {
        Op::ListGet | Op::ListLoad => items(function.ty(function.args(inst)[0])),
        Op::FieldGet => field(inst.imm),
        Op::GlobalGet => global(inst.imm),
        Op::CaptureGet => 0,
        _ => EVERYTHING,
    }
}

/// The slots that an instruction can write to, given what each function can.
pub(super) fn writes(function: &Function, inst: &Inst, written: &[Slots]) -> Slots {
    match inst.op {
        Op::ListSet | Op::ListStore | Op::ListTake => items(function.ty(function.args(inst)[0])),
        Op::FieldSet | Op::FieldTake => field(inst.imm),
        Op::GlobalSet | Op::GlobalTake => global(inst.imm),
        Op::ListPush | Op::Drop => 0,
        Op::Call | Op::TailCall => written[inst.function().index()],
        Op::CallRuntime => runtime_writes(inst.runtime()),
        op if op.has(op::WRITES | op::CALLS) => EVERYTHING,
        _ => 0,
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
            AbiType::List => REF_ITEMS | ANY_ITEMS,
            AbiType::Record => FIELDS,
            AbiType::Any | AbiType::Ref | AbiType::Word => REF_ITEMS | ANY_ITEMS | FIELDS,
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
pub(super) fn writes_early(inst: &Inst) -> bool {
    match inst.op {
        Op::CallRuntime => inst.runtime().row().effects & runtime::CALLS != 0,
        op => op.has(op::CALLS),
    }
}

/// The slots that each function can write to, with all that it calls.
pub(super) fn written(program: &Program) -> Vec<Slots> {
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
