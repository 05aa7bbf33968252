//! The loop: one arm per instruction, the code's cursor and the frame's base in registers.
//!
//! An arm reads its operands, then writes its result, then moves the cursor; it ends the loop when there is a trap.
//! Whatever is rare is in a cold function, so that the loop keeps its registers.

use super::super::instruction::Opcode;
use super::super::ops::NO_SLOT;
use super::cursor::{Cursor, Frame};
use super::object::{self, object, word};
use super::services::{
    call_runtime, closure_new, float_to_int, free, global, interrupted, is_polled, list_of,
    raise_float_to_int, record_new, refuse_list, refuse_object, set_global, text,
};
use super::{Machine, raise, table, trapped};
use mochi_abi::layout::{Context, Header, any};
use mochi_abi::trap::TrapKind;

/// Runs from `pc` in the frame at `base` until the way out. What is left to do may be to go to a function elsewhere, with the
/// arguments in a frame. On a trap, tells where it happened.
pub(super) fn interpret(
    machine: &Machine,
    context: *mut Context,
    mut pc: Cursor,
    mut base: Frame,
) -> Result<Option<(u32, Frame)>, (Cursor, Frame)> {
    // Ends the loop with a trap.
    macro_rules! trap {
        ($kind:ident) => {
            trap!($kind, 0, 0)
        };
        ($kind:ident, $a:expr, $b:expr) => {{
            raise(context, TrapKind::$kind, $a, $b);
            break;
        }};
    }
    // Ends the loop when what was called has trapped.
    macro_rules! check {
        () => {
            if trapped(context) {
                break;
            }
        };
    }
    // `a = b operation c`, or a trap that shows both.
    macro_rules! checked {
        ($operation:ident, $kind:ident, $b:expr, $c:expr) => {{
            let (b, c): (i64, i64) = ($b, $c);
            match b.$operation(c) {
                Some(value) => base.set_int(pc.a(), value),
                None => trap!($kind, b as u64, c as u64),
            }
            pc = pc.skip(1);
        }};
    }
    macro_rules! floats {
        ($operator:tt) => {{
            base.set_float(pc.a(), base.float(pc.b()) $operator base.float(pc.c()));
            pc = pc.skip(1);
        }};
    }
    macro_rules! test {
        ($test:expr) => {{
            base.set_bool(pc.a(), $test);
            pc = pc.skip(1);
        }};
    }
    macro_rules! branch {
        ($test:expr, $jump:ident) => {
            pc = if $test { pc.$jump() } else { pc.skip(1) }
        };
    }
    // Steps `a` by one and jumps when it then stands so to `$bound`.
    macro_rules! next {
        ($operator:tt, $bound:expr) => {{
            let Some(next) = base.int(pc.a()).checked_add(1) else {
                trap!(AddOverflow, base.get(pc.a()), 1);
            };
            base.set_int(pc.a(), next);
            branch!(next $operator $bound, jump_short);
        }};
    }
    // Lets the program be interrupted.
    macro_rules! poll {
        () => {
            if is_polled(context) && interrupted(context) {
                break;
            }
        };
    }
    // The index `$index` into the list, counted from the start.
    macro_rules! index {
        ($list:expr, $index:expr) => {{
            let (list, index) = ($list, $index);
            let length = object::list_length(list);
            match object::inside(index, length) {
                Some(inside) => inside,
                None => trap!(ListIndex, index, length),
            }
        }};
    }
    // The list that is an item of another.
    macro_rules! nested {
        ($list:expr, $index:expr) => {{
            let outer = base.get($list);
            let index = index!(outer, base.get($index));
            object::load_item(outer, index)
        }};
    }
    // As `index`, for the second access of an instruction, whose site is its second word.
    macro_rules! nested_index {
        ($list:expr, $index:expr) => {{
            let (list, index) = ($list, $index);
            let length = object::list_length(list);
            match object::inside(index, length) {
                Some(inside) => inside,
                None => {
                    pc = pc.skip(1);
                    trap!(ListIndex, index, length)
                }
            }
        }};
    }
    macro_rules! drop_object {
        ($word:expr) => {{
            let word = $word;
            if object::release(word) {
                free(context, word);
            }
        }};
    }
    macro_rules! drop_any {
        ($word:expr) => {{
            let word = $word;
            if any::is_ref(word) && object::release(word) {
                free(context, word);
            }
        }};
    }
    // Goes to a function whose arguments are in the frame.
    macro_rules! enter {
        ($callee:expr, $frame:expr, $words:expr) => {{
            let (callee, frame): (Cursor, Frame) = ($callee, $frame);
            if frame.exceeds(callee.before().low(), machine.limit()) {
                trap!(StackOverflow);
            }
            frame.set_way_back(pc.skip($words), base);
            base = frame;
            pc = callee;
        }};
    }
    // Goes to a function that takes over the frame.
    macro_rules! take_over {
        ($callee:expr) => {{
            let callee: Cursor = $callee;
            if base.exceeds(callee.before().low(), machine.limit()) {
                trap!(StackOverflow);
            }
            pc = callee;
        }};
    }
    macro_rules! leave {
        ($word:expr) => {{
            let word = $word;
            let (behind, caller) = base.way_back();
            caller.set(behind.before().b, word);
            pc = behind;
            base = caller;
        }};
    }
    macro_rules! runtime {
        ($words:literal; $($slot:expr),*) => {{
            let result = call_runtime(context, pc.word(1).a, &[$(base.get($slot)),*]);
            check!();
            base.set(pc.a(), result);
            pc = pc.skip($words);
        }};
    }

    loop {
        match pc.opcode() {
            Opcode::Move => {
                base.set(pc.a(), base.get(pc.b()));
                pc = pc.skip(1);
            }
            Opcode::MoveTwo => {
                base.set(pc.a(), base.get(pc.b()));
                base.set(pc.c(), base.get(pc.word(1).a));
                pc = pc.skip(2);
            }
            Opcode::Swap => {
                let (a, b) = (base.get(pc.a()), base.get(pc.b()));
                base.set(pc.a(), b);
                base.set(pc.b(), a);
                pc = pc.skip(1);
            }
            Opcode::Constant => {
                base.set_int(pc.a(), i64::from(pc.number() as i32));
                pc = pc.skip(1);
            }
            Opcode::ConstantWord => {
                base.set(pc.a(), pc.word(1).bits());
                pc = pc.skip(2);
            }
            Opcode::Text => {
                base.set(pc.a(), text(context, pc.number()));
                pc = pc.skip(1);
            }
            Opcode::FarLoad => {
                base.set(pc.a(), base.get_far(pc.number() as usize));
                pc = pc.skip(1);
            }
            Opcode::FarStore => {
                base.set_far(pc.number() as usize, base.get(pc.a()));
                pc = pc.skip(1);
            }
            Opcode::Offset => {
                base.set(pc.a(), base.get(pc.b()).wrapping_add(pc.word(1).bits()));
                pc = pc.skip(2);
            }
            Opcode::Select => {
                let (b, c) = (base.get(pc.b()), base.get(pc.c()));
                base.set(pc.a(), if base.get(pc.word(1).a) != 0 { b } else { c });
                pc = pc.skip(2);
            }

            Opcode::Add => checked!(checked_add, AddOverflow, base.int(pc.b()), base.int(pc.c())),
            Opcode::Subtract => {
                checked!(checked_sub, SubOverflow, base.int(pc.b()), base.int(pc.c()))
            }
            Opcode::Multiply => {
                checked!(checked_mul, MulOverflow, base.int(pc.b()), base.int(pc.c()))
            }
            Opcode::AddImmediate => {
                checked!(checked_add, AddOverflow, base.int(pc.b()), pc.immediate())
            }
            Opcode::SubtractImmediate => {
                checked!(checked_sub, SubOverflow, base.int(pc.b()), pc.immediate())
            }
            Opcode::MultiplyImmediate => {
                checked!(checked_mul, MulOverflow, base.int(pc.b()), pc.immediate())
            }
            Opcode::Divide => {
                let (b, c) = (base.int(pc.b()), base.int(pc.c()));
                if c == 0 {
                    trap!(DivideByZero);
                }
                checked!(checked_div, DivOverflow, b, c);
            }
            Opcode::Remainder => {
                let (b, c) = (base.int(pc.b()), base.int(pc.c()));
                if c == 0 {
                    trap!(DivideByZero);
                }
                base.set_int(pc.a(), b.wrapping_rem(c));
                pc = pc.skip(1);
            }
            Opcode::DivideImmediate => {
                base.set_int(pc.a(), base.int(pc.b()).wrapping_div(pc.immediate()));
                pc = pc.skip(1);
            }
            Opcode::RemainderImmediate => {
                base.set_int(pc.a(), base.int(pc.b()).wrapping_rem(pc.immediate()));
                pc = pc.skip(1);
            }
            Opcode::Negate => match base.int(pc.b()).checked_neg() {
                Some(value) => {
                    base.set_int(pc.a(), value);
                    pc = pc.skip(1);
                }
                None => trap!(NegOverflow, base.get(pc.b()), 0),
            },
            Opcode::Equal => test!(base.get(pc.b()) == base.get(pc.c())),
            Opcode::NotEqual => test!(base.get(pc.b()) != base.get(pc.c())),
            Opcode::Less => test!(base.int(pc.b()) < base.int(pc.c())),
            Opcode::LessEqual => test!(base.int(pc.b()) <= base.int(pc.c())),
            Opcode::EqualImmediate => test!(base.int(pc.b()) == pc.immediate()),
            Opcode::NotEqualImmediate => test!(base.int(pc.b()) != pc.immediate()),
            Opcode::LessImmediate => test!(base.int(pc.b()) < pc.immediate()),
            Opcode::LessEqualImmediate => test!(base.int(pc.b()) <= pc.immediate()),
            Opcode::GreaterImmediate => test!(base.int(pc.b()) > pc.immediate()),
            Opcode::GreaterEqualImmediate => test!(base.int(pc.b()) >= pc.immediate()),
            Opcode::IntToFloat => {
                base.set_float(pc.a(), base.int(pc.b()) as f64);
                pc = pc.skip(1);
            }

            Opcode::FloatAdd => floats!(+),
            Opcode::FloatSubtract => floats!(-),
            Opcode::FloatMultiply => floats!(*),
            Opcode::FloatDivide => {
                if base.float(pc.c()) == 0.0 {
                    trap!(DivideByZero);
                }
                floats!(/);
            }
            Opcode::FloatDivideProved => floats!(/),
            Opcode::FloatMultiplyAdd => {
                let product = base.float(pc.b()) * base.float(pc.c());
                base.set_float(pc.a(), product + base.float(pc.word(1).a));
                pc = pc.skip(2);
            }
            Opcode::FloatAddMultiply => {
                let product = base.float(pc.b()) * base.float(pc.c());
                base.set_float(pc.a(), base.float(pc.word(1).a) + product);
                pc = pc.skip(2);
            }
            Opcode::FloatMultiplySubtract => {
                let product = base.float(pc.b()) * base.float(pc.c());
                base.set_float(pc.a(), product - base.float(pc.word(1).a));
                pc = pc.skip(2);
            }
            Opcode::FloatSubtractMultiply => {
                let product = base.float(pc.b()) * base.float(pc.c());
                base.set_float(pc.a(), base.float(pc.word(1).a) - product);
                pc = pc.skip(2);
            }
            Opcode::FloatNegate => {
                base.set_float(pc.a(), -base.float(pc.b()));
                pc = pc.skip(1);
            }
            Opcode::FloatSqrt => {
                base.set_float(pc.a(), base.float(pc.b()).sqrt());
                pc = pc.skip(1);
            }
            Opcode::FloatToInt => match float_to_int(base.float(pc.b())) {
                Some(value) => {
                    base.set_int(pc.a(), value);
                    pc = pc.skip(1);
                }
                None => {
                    raise_float_to_int(context, base.float(pc.b()));
                    break;
                }
            },
            Opcode::FloatEqual => test!(base.float(pc.b()) == base.float(pc.c())),
            Opcode::FloatNotEqual => test!(base.float(pc.b()) != base.float(pc.c())),
            Opcode::FloatLess => test!(base.float(pc.b()) < base.float(pc.c())),
            Opcode::FloatLessEqual => test!(base.float(pc.b()) <= base.float(pc.c())),
            Opcode::Not => test!(base.get(pc.b()) == 0),

            Opcode::AnyFromInt => {
                let value = base.int(pc.b());
                let word = match any::from_int(value) {
                    Some(word) => word,
                    None => (table(context).any_from_int)(context, value),
                };
                check!();
                base.set(pc.a(), word);
                pc = pc.skip(1);
            }
            Opcode::AnyFromFloat => {
                base.set(pc.a(), any::from_float(base.float(pc.b())));
                pc = pc.skip(1);
            }
            Opcode::AnyFromBool => {
                base.set(pc.a(), any::from_bool(base.get(pc.b()) != 0));
                pc = pc.skip(1);
            }
            Opcode::AnyToInt => {
                let word = base.get(pc.b());
                let value = if any::is_int(word) {
                    any::to_int(word)
                } else {
                    (table(context).any_to_int)(context, word)
                };
                check!();
                base.set_int(pc.a(), value);
                pc = pc.skip(1);
            }
            Opcode::AnyToFloat => {
                let word = base.get(pc.b());
                let value = if any::is_float(word) {
                    any::to_float(word)
                } else {
                    (table(context).any_to_float)(context, word)
                };
                check!();
                base.set_float(pc.a(), value);
                pc = pc.skip(1);
            }
            Opcode::AnyToBool => {
                let value = (table(context).any_to_bool)(context, base.get(pc.b()));
                check!();
                base.set(pc.a(), value);
                pc = pc.skip(1);
            }
            Opcode::AnyToObject => {
                let any = base.get(pc.b());
                if !object::is_kind(any, pc.c()) {
                    refuse_object(context, any, pc.c());
                    break;
                }
                base.set(pc.a(), any);
                pc = pc.skip(1);
            }
            Opcode::AnyToList => {
                let any = base.get(pc.b());
                if !object::is_list_of(any, pc.c()) {
                    refuse_list(context, any, pc.c());
                    break;
                }
                base.set(pc.a(), any);
                pc = pc.skip(1);
            }
            Opcode::IsNone => test!(base.get(pc.b()) == 0),
            Opcode::CheckSome => {
                let word = base.get(pc.b());
                if word == 0 {
                    trap!(NoneValue);
                }
                base.set(pc.a(), word);
                pc = pc.skip(1);
            }

            Opcode::ListNew => {
                let list = (table(context).list_new)(context, i64::from(pc.c()), base.int(pc.b()));
                check!();
                base.set(pc.a(), word(list));
                pc = pc.skip(1);
            }
            Opcode::ListOf => {
                let list = list_of(context, pc, base);
                check!();
                base.set(pc.a(), list);
                pc = pc.skip(1 + usize::from(pc.c()).div_ceil(4));
            }
            Opcode::ListLength => {
                base.set(pc.a(), object::list_length(base.get(pc.b())));
                pc = pc.skip(1);
            }
            Opcode::ListGet => {
                let list = base.get(pc.b());
                let index = index!(list, base.get(pc.c()));
                base.set(pc.a(), object::load_item(list, index));
                pc = pc.skip(1);
            }
            Opcode::ListGetByte => {
                let list = base.get(pc.b());
                let index = index!(list, base.get(pc.c()));
                base.set(pc.a(), object::load_byte(list, index));
                pc = pc.skip(1);
            }
            Opcode::ListGetAt => {
                let list = base.get(pc.b());
                let (index, length) = (u64::from(pc.c()), object::list_length(list));
                if index >= length {
                    trap!(ListIndex, index, length);
                }
                base.set(pc.a(), object::load_item(list, index));
                pc = pc.skip(1);
            }
            Opcode::ListSet => {
                let list = base.get(pc.a());
                let index = index!(list, base.get(pc.b()));
                object::store_item(list, index, base.get(pc.c()));
                pc = pc.skip(1);
            }
            Opcode::ListSetByte => {
                let list = base.get(pc.a());
                let index = index!(list, base.get(pc.b()));
                object::store_byte(list, index, base.get(pc.c()));
                pc = pc.skip(1);
            }
            Opcode::ListSetObject => {
                let list = base.get(pc.a());
                let index = index!(list, base.get(pc.b()));
                let old = object::load_item(list, index);
                object::store_item(list, index, base.get(pc.c()));
                drop_object!(old);
                pc = pc.skip(1);
            }
            Opcode::ListSetAny => {
                let list = base.get(pc.a());
                let index = index!(list, base.get(pc.b()));
                let old = object::load_item(list, index);
                object::store_item(list, index, base.get(pc.c()));
                drop_any!(old);
                pc = pc.skip(1);
            }
            Opcode::ListGetNested => {
                let list = nested!(pc.b(), pc.c());
                let index = nested_index!(list, base.get(pc.word(1).a));
                base.set(pc.a(), object::load_item(list, index));
                pc = pc.skip(2);
            }
            Opcode::ListGetNestedByte => {
                let list = nested!(pc.b(), pc.c());
                let index = nested_index!(list, base.get(pc.word(1).a));
                base.set(pc.a(), object::load_byte(list, index));
                pc = pc.skip(2);
            }
            Opcode::ListSetNested => {
                let list = nested!(pc.a(), pc.b());
                let index = nested_index!(list, base.get(pc.c()));
                object::store_item(list, index, base.get(pc.word(1).a));
                pc = pc.skip(2);
            }
            Opcode::ListSetNestedByte => {
                let list = nested!(pc.a(), pc.b());
                let index = nested_index!(list, base.get(pc.c()));
                object::store_byte(list, index, base.get(pc.word(1).a));
                pc = pc.skip(2);
            }
            Opcode::ListTake => {
                let list = base.get(pc.b());
                let index = index!(list, base.get(pc.c()));
                base.set(pc.a(), object::load_item(list, index));
                object::store_item(list, index, 0);
                pc = pc.skip(1);
            }
            Opcode::ListTakeByte => {
                let list = base.get(pc.b());
                let index = index!(list, base.get(pc.c()));
                base.set(pc.a(), object::load_byte(list, index));
                object::store_byte(list, index, 0);
                pc = pc.skip(1);
            }
            Opcode::ListPush => {
                let (list, item) = (base.get(pc.b()), base.get(pc.c()));
                let length = object::list_length(list);
                let list = if object::is_unique(list) && length < object::list_capacity(list) {
                    object::store_item(list, length, item);
                    object::set_list_length(list, length + 1);
                    list
                } else {
                    word((table(context).list_push)(context, object(list), item))
                };
                check!();
                base.set(pc.a(), list);
                pc = pc.skip(1);
            }
            Opcode::ListPushByte => {
                let (list, item) = (base.get(pc.b()), base.get(pc.c()));
                let length = object::list_length(list);
                let list = if object::count(list) == 1 && length < object::list_capacity(list) {
                    object::store_byte(list, length, item);
                    object::set_list_length(list, length + 1);
                    list
                } else {
                    word((table(context).list_push)(context, object(list), item))
                };
                check!();
                base.set(pc.a(), list);
                pc = pc.skip(1);
            }
            Opcode::CheckIndex => {
                let (index, length) = (base.get(pc.b()), base.get(pc.c()));
                match object::inside(index, length) {
                    Some(inside) => base.set(pc.a(), inside),
                    None => trap!(ListIndex, index, length),
                }
                pc = pc.skip(1);
            }
            Opcode::ListLoad => {
                base.set(pc.a(), object::load_item(base.get(pc.b()), base.get(pc.c())));
                pc = pc.skip(1);
            }
            Opcode::ListLoadByte => {
                base.set(pc.a(), object::load_byte(base.get(pc.b()), base.get(pc.c())));
                pc = pc.skip(1);
            }
            Opcode::ListStore => {
                object::store_item(base.get(pc.a()), base.get(pc.b()), base.get(pc.c()));
                pc = pc.skip(1);
            }
            Opcode::ListStoreByte => {
                object::store_byte(base.get(pc.a()), base.get(pc.b()), base.get(pc.c()));
                pc = pc.skip(1);
            }
            Opcode::ListStoreObject => {
                let (list, index) = (base.get(pc.a()), base.get(pc.b()));
                let old = object::load_item(list, index);
                object::store_item(list, index, base.get(pc.c()));
                drop_object!(old);
                pc = pc.skip(1);
            }
            Opcode::ListStoreAny => {
                let (list, index) = (base.get(pc.a()), base.get(pc.b()));
                let old = object::load_item(list, index);
                object::store_item(list, index, base.get(pc.c()));
                drop_any!(old);
                pc = pc.skip(1);
            }

            Opcode::RecordNew => {
                let record = record_new(context, pc, base);
                check!();
                base.set(pc.a(), record);
                pc = pc.skip(2 + usize::from(pc.c()).div_ceil(4));
            }
            Opcode::ClosureNew => {
                let closure = closure_new(context, pc, base);
                check!();
                base.set(pc.a(), closure);
                pc = pc.skip(2 + usize::from(pc.c()).div_ceil(4));
            }
            Opcode::FieldGet => {
                base.set(pc.a(), object::load_field(base.get(pc.b()), pc.c()));
                pc = pc.skip(1);
            }
            Opcode::FieldSet => {
                object::store_field(base.get(pc.a()), pc.c() as usize, base.get(pc.b()));
                pc = pc.skip(1);
            }
            Opcode::FieldSetObject => {
                let record = base.get(pc.a());
                let old = object::load_field(record, pc.c());
                object::store_field(record, pc.c() as usize, base.get(pc.b()));
                drop_object!(old);
                pc = pc.skip(1);
            }
            Opcode::FieldSetAny => {
                let record = base.get(pc.a());
                let old = object::load_field(record, pc.c());
                object::store_field(record, pc.c() as usize, base.get(pc.b()));
                drop_any!(old);
                pc = pc.skip(1);
            }
            Opcode::FieldTake => {
                let record = base.get(pc.b());
                base.set(pc.a(), object::load_field(record, pc.c()));
                object::store_field(record, pc.c() as usize, 0);
                pc = pc.skip(1);
            }
            Opcode::RecordShape => {
                let header = object::header(object::<Header>(base.get(pc.b())));
                base.set(pc.a(), u64::from(header.detail()));
                pc = pc.skip(1);
            }
            Opcode::GlobalGet => {
                base.set(pc.a(), global(context, pc.number()));
                pc = pc.skip(1);
            }
            Opcode::GlobalSet => {
                set_global(context, pc.number(), base.get(pc.a()));
                pc = pc.skip(1);
            }
            Opcode::GlobalSetObject => {
                let old = global(context, pc.number());
                set_global(context, pc.number(), base.get(pc.a()));
                drop_object!(old);
                pc = pc.skip(1);
            }
            Opcode::GlobalSetAny => {
                let old = global(context, pc.number());
                set_global(context, pc.number(), base.get(pc.a()));
                drop_any!(old);
                pc = pc.skip(1);
            }
            Opcode::GlobalTake => {
                base.set(pc.a(), global(context, pc.number()));
                set_global(context, pc.number(), 0);
                pc = pc.skip(1);
            }

            Opcode::Dup => {
                object::dup(base.get(pc.a()));
                pc = pc.skip(1);
            }
            Opcode::DupAny => {
                let word = base.get(pc.a());
                if any::is_ref(word) {
                    object::dup(word);
                }
                pc = pc.skip(1);
            }
            Opcode::Drop => {
                drop_object!(base.get(pc.a()));
                pc = pc.skip(1);
            }
            Opcode::DropTwo => {
                drop_object!(base.get(pc.a()));
                drop_object!(base.get(pc.b()));
                pc = pc.skip(1);
            }
            Opcode::DropThree => {
                drop_object!(base.get(pc.a()));
                drop_object!(base.get(pc.b()));
                drop_object!(base.get(pc.c()));
                pc = pc.skip(1);
            }
            Opcode::DropAny => {
                drop_any!(base.get(pc.a()));
                pc = pc.skip(1);
            }

            Opcode::Call => {
                enter!(pc.jump(pc.word(1).low() as i32), base.window(pc.a() as usize), 2);
            }
            Opcode::CallOne => {
                let frame = base.window(pc.a() as usize);
                frame.set(0, base.get(pc.b()));
                enter!(pc.jump(pc.word(1).low() as i32), frame, 2);
            }
            Opcode::CallTwo => {
                let frame = base.window(pc.a() as usize);
                frame.set(0, base.get(pc.b()));
                frame.set(1, base.get(pc.c()));
                enter!(pc.jump(pc.word(1).low() as i32), frame, 2);
            }
            Opcode::CallThree => {
                let frame = base.window(pc.a() as usize);
                frame.set(0, base.get(pc.b()));
                frame.set(1, base.get(pc.c()));
                frame.set(2, base.get(pc.word(1).c));
                enter!(pc.jump(pc.word(1).low() as i32), frame, 2);
            }
            Opcode::CallFar => {
                enter!(pc.jump(pc.word(1).low() as i32), base.window(pc.number() as usize), 2);
            }
            Opcode::CallClosure => {
                let frame = base.window(pc.a() as usize);
                enter!(machine.entry(object::closure_function(frame.get(0))), frame, 2);
            }
            Opcode::CallClosureFar => {
                let frame = base.window(pc.number() as usize);
                enter!(machine.entry(object::closure_function(frame.get(0))), frame, 2);
            }
            Opcode::TailCall => take_over!(pc.jump(pc.word(1).low() as i32)),
            Opcode::TailCallClosure => {
                take_over!(machine.entry(object::closure_function(base.get(0))))
            }
            Opcode::Return => leave!(base.get(pc.a())),
            Opcode::ReturnNothing => (pc, base) = base.way_back(),
            Opcode::ReturnImmediate => leave!(i64::from(pc.number() as i32) as u64),
            Opcode::Outside => {
                let function = pc.number();
                if base.way_back().0 == machine.exit() {
                    return Ok(Some((function, base)));
                }
                machine.top.set(base.window(pc.before().low() as usize).pointer());
                let result = machine.call_outside(context, function, base);
                check!();
                leave!(result);
            }
            Opcode::Halt => return Ok(None),

            Opcode::Window => {
                machine.top.set(base.window(pc.number() as usize).pointer());
                pc = pc.skip(1);
            }
            Opcode::Runtime0 => runtime!(2;),
            Opcode::Runtime1 => runtime!(2; pc.b()),
            Opcode::Runtime2 => runtime!(2; pc.b(), pc.c()),
            Opcode::Runtime3 => runtime!(2; pc.b(), pc.c(), pc.word(1).b),
            Opcode::Runtime4 => runtime!(2; pc.b(), pc.c(), pc.word(1).b, pc.word(1).c),
            Opcode::Runtime5 => {
                runtime!(3; pc.b(), pc.c(), pc.word(1).b, pc.word(1).c, pc.word(2).a)
            }
            Opcode::Runtime6 => {
                runtime!(3; pc.b(), pc.c(), pc.word(1).b, pc.word(1).c, pc.word(2).a, pc.word(2).b)
            }
            Opcode::StrConcat => {
                let text = (table(context).str_concat)(
                    context,
                    object(base.get(pc.b())),
                    object(base.get(pc.c())),
                );
                check!();
                base.set(pc.a(), word(text));
                pc = pc.skip(1);
            }

            Opcode::Poll => {
                poll!();
                pc = pc.skip(1);
            }
            Opcode::Jump => pc = pc.jump_long(),
            Opcode::Loop => {
                poll!();
                pc = pc.jump_long();
            }
            Opcode::BranchTrue => branch!(base.get(pc.a()) != 0, jump_long),
            Opcode::BranchFalse => branch!(base.get(pc.a()) == 0, jump_long),
            Opcode::BranchEqual => branch!(base.get(pc.a()) == base.get(pc.b()), jump_short),
            Opcode::BranchNotEqual => branch!(base.get(pc.a()) != base.get(pc.b()), jump_short),
            Opcode::BranchLess => branch!(base.int(pc.a()) < base.int(pc.b()), jump_short),
            Opcode::BranchLessEqual => branch!(base.int(pc.a()) <= base.int(pc.b()), jump_short),
            Opcode::BranchEqualImmediate => {
                branch!(base.int(pc.a()) == pc.second_immediate(), jump_short)
            }
            Opcode::BranchNotEqualImmediate => {
                branch!(base.int(pc.a()) != pc.second_immediate(), jump_short)
            }
            Opcode::BranchLessImmediate => {
                branch!(base.int(pc.a()) < pc.second_immediate(), jump_short)
            }
            Opcode::BranchLessEqualImmediate => {
                branch!(base.int(pc.a()) <= pc.second_immediate(), jump_short)
            }
            Opcode::BranchGreaterImmediate => {
                branch!(base.int(pc.a()) > pc.second_immediate(), jump_short)
            }
            Opcode::BranchGreaterEqualImmediate => {
                branch!(base.int(pc.a()) >= pc.second_immediate(), jump_short)
            }
            Opcode::BranchFloatEqual => {
                branch!(base.float(pc.a()) == base.float(pc.b()), jump_short)
            }
            Opcode::BranchFloatNotEqual => {
                branch!(base.float(pc.a()) != base.float(pc.b()), jump_short)
            }
            Opcode::BranchFloatLess => branch!(base.float(pc.a()) < base.float(pc.b()), jump_short),
            Opcode::BranchFloatLessEqual => {
                branch!(base.float(pc.a()) <= base.float(pc.b()), jump_short)
            }
            // With a NaN these hold as well.
            Opcode::BranchFloatNotLess => {
                let less = base.float(pc.a()) < base.float(pc.b());
                branch!(!less, jump_short);
            }
            Opcode::BranchFloatNotLessEqual => {
                let less_equal = base.float(pc.a()) <= base.float(pc.b());
                branch!(!less_equal, jump_short);
            }
            Opcode::LoopTrue => {
                poll!();
                branch!(base.get(pc.a()) != 0, jump_long);
            }
            Opcode::LoopFalse => {
                poll!();
                branch!(base.get(pc.a()) == 0, jump_long);
            }
            Opcode::LoopNotEqual => {
                poll!();
                branch!(base.get(pc.a()) != base.get(pc.b()), jump_short);
            }
            Opcode::LoopLess => {
                poll!();
                branch!(base.int(pc.a()) < base.int(pc.b()), jump_short);
            }
            Opcode::LoopLessEqual => {
                poll!();
                branch!(base.int(pc.a()) <= base.int(pc.b()), jump_short);
            }
            Opcode::LoopNotEqualImmediate => {
                poll!();
                branch!(base.int(pc.a()) != pc.second_immediate(), jump_short);
            }
            Opcode::LoopLessImmediate => {
                poll!();
                branch!(base.int(pc.a()) < pc.second_immediate(), jump_short);
            }
            Opcode::LoopLessEqualImmediate => {
                poll!();
                branch!(base.int(pc.a()) <= pc.second_immediate(), jump_short);
            }
            Opcode::LoopGreaterImmediate => {
                poll!();
                branch!(base.int(pc.a()) > pc.second_immediate(), jump_short);
            }
            Opcode::LoopGreaterEqualImmediate => {
                poll!();
                branch!(base.int(pc.a()) >= pc.second_immediate(), jump_short);
            }
            Opcode::NextLess => next!(<, base.int(pc.b())),
            Opcode::NextLessEqual => next!(<=, base.int(pc.b())),
            Opcode::NextLessImmediate => next!(<, pc.second_immediate()),
            Opcode::NextLessEqualImmediate => next!(<=, pc.second_immediate()),
            Opcode::LoopNextLess => {
                poll!();
                next!(<, base.int(pc.b()));
            }
            Opcode::LoopNextLessEqual => {
                poll!();
                next!(<=, base.int(pc.b()));
            }
            Opcode::LoopNextLessImmediate => {
                poll!();
                next!(<, pc.second_immediate());
            }
            Opcode::LoopNextLessEqualImmediate => {
                poll!();
                next!(<=, pc.second_immediate());
            }
            Opcode::Switch => {
                let entries = u64::from(pc.number());
                let choice = base.get(pc.a()).wrapping_sub(pc.word(1).bits()).min(entries);
                pc = pc.jump(pc.word(2 + choice as usize).low() as i32);
            }
            Opcode::Trap => {
                let word = |slot: u16| if slot == NO_SLOT { 0 } else { base.int(slot) };
                (table(context).raise)(context, i64::from(pc.a()), word(pc.b()), word(pc.c()));
                break;
            }
        }
    }
    Err((pc, base))
}
