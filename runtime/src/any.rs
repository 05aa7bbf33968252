//! Values whose type is only known when the program runs: truth, length, items, fields and calls.
//!
//! Casts are in [`crate::cast`], arithmetic in [`crate::any_arithmetic`], equality and order in [`crate::equality`].

use mochi_abi::layout::{Context, List, Map, Record, Rep, Str, any};
use mochi_abi::trap::TrapKind;

use crate::big::{self, NumberObject};
use crate::cast::cast;
use crate::context::{ContextFields, call};
use crate::list::{list_convert, list_get, list_reverse, list_set, list_slice_step, steps};
use crate::list_set::list_contains;
use crate::map::{entry, find_value, map_keys, map_set};
use crate::memory::{BOXED_INT, allocate_object, drop_word, dup_word};
use crate::object::{
    ListFields, MapFields, Object, StrFields, Words, closure_function, read_word, write_word,
};
use crate::record::{field_named, record_set};
use crate::str::{str_chars, str_contains, str_index, str_reverse};
use crate::str_index::{byte_offset, char_count, char_width};
use crate::text::Text;
use crate::trap::{raise_kind, raise_message};
use crate::words::Value;

pub(crate) use crate::any_arithmetic::{
    any_add, any_compare, any_div, any_mul, any_neg, any_rem, any_sub,
};
pub(crate) use crate::cast::{
    any_parse_float, any_parse_int, any_shape, any_to_type, any_to_union, convert_word,
};
pub(crate) use crate::cast::{
    any_to_bool, any_to_float, any_to_int, any_to_list, any_to_map, any_to_record, any_to_ref,
};

pub(crate) fn any_from_int(context: *mut Context, value: i64) -> u64 {
    any::from_int(value).unwrap_or_else(|| boxed(context, value))
}

#[cold]
fn boxed(context: *mut Context, value: i64) -> u64 {
    let object = allocate_object(context, BOXED_INT);
    if object.is_null() {
        return any::NONE;
    }
    let object: *mut mochi_abi::layout::Header = object.cast();
    object.set_head(mochi_abi::layout::Header::new(mochi_abi::layout::Kind::BoxedInt, 0));
    write_word(object.cast(), 1, value as u64);
    object.word()
}

pub(crate) fn any_truthy(_: *mut Context, value: u64) -> u64 {
    u64::from(match Value::of_any(value) {
        Value::None | Value::Unit => false,
        Value::Bool(bool) => bool,
        Value::Int(int) => int != 0,
        Value::Float(float) => float != 0.0,
        Value::BigInt(number) => !number.number().is_zero(),
        Value::BigRat(number) => !number.number().is_zero(),
        Value::Str(string) => string.byte_len() > 0,
        Value::List(list) => list.len() > 0,
        Value::Map(map) => map.entries() > 0,
        Value::Record(_) | Value::Closure(_) => true,
    })
}

/// Says that an operation has no meaning for a value. None stands apart: a value was expected.
#[cold]
pub(crate) fn refuse(context: *mut Context, value: Value, operation: &str) {
    match value {
        Value::None => raise_kind(context, TrapKind::NoneValue),
        value => {
            let found = crate::cast::describe(context, value);
            raise_message(context, TrapKind::Operand, format!("{found} {operation}"));
        }
    }
}

/// The int that an index is; a trap when it is none.
fn int_index(context: *mut Context, index: u64) -> Option<i64> {
    match Value::of_any(index) {
        Value::Int(int) => Some(int),
        number @ Value::BigInt(_) => big::int(context, number).filter(|_| !context.trapped()),
        other => {
            refuse(context, other, "is not an index: it must be an int");
            None
        }
    }
}

/// A word as an owned any.
fn as_any(context: *mut Context, word: u64, rep: Rep) -> u64 {
    convert_word(context, word, rep, Rep::Any).unwrap_or(any::NONE)
}

pub(crate) fn any_index(context: *mut Context, value: u64, index: u64) -> u64 {
    match Value::of_any(value) {
        Value::List(list) => {
            let Some(i) = int_index(context, index) else { return any::NONE };
            let word = list_get(context, list, i);
            let result =
                if context.trapped() { any::NONE } else { as_any(context, word, list.rep()) };
            drop_word(context, word, list.rep());
            result
        }
        Value::Str(string) => match int_index(context, index) {
            Some(i) => str_index(context, string, i).word(),
            None => any::NONE,
        },
        Value::Map(map) => map_value(context, map, index),
        Value::Record(record) => match Value::of_any(index) {
            Value::Str(name) => record_field(context, record, name),
            other => {
                refuse(context, other, "is not the name of a field");
                any::NONE
            }
        },
        other => {
            refuse(context, other, "cannot be indexed");
            any::NONE
        }
    }
}

fn map_value(context: *mut Context, map: *mut Map, key: u64) -> u64 {
    match find_value(context, map, Value::of_any(key)) {
        Some(place) => as_any(context, entry(map, place).1, map.item_rep()),
        None => any::NONE,
    }
}

fn record_field(context: *mut Context, record: *mut Record, name: *mut Str) -> u64 {
    match field_named(context, record, name) {
        Some(i) => as_any(
            context,
            read_word(record.words(), i),
            context.shape_fields(record.detail())[i].rep,
        ),
        None => {
            no_field(context, record, name);
            any::NONE
        }
    }
}

fn no_field(context: *mut Context, record: *mut Record, name: *mut Str) {
    let found = crate::cast::describe(context, Value::Record(record));
    raise_message(context, TrapKind::Operand, format!("{found} has no field `{}`", name.text()));
}

pub(crate) fn any_set_index(context: *mut Context, value: u64, index: u64, item: u64) {
    match Value::of_any(value) {
        Value::List(list) => {
            if let (Some(i), Some(word)) =
                (int_index(context, index), convert_word(context, item, Rep::Any, list.rep()))
            {
                list_set(context, list, i, word);
            }
        }
        Value::Map(map) => set_entry(context, map, index, item),
        Value::Record(record) => match Value::of_any(index) {
            Value::Str(name) => set_field(context, record, name, item),
            other => refuse(context, other, "is not the name of a field"),
        },
        other => refuse(context, other, "has no items to assign to"),
    }
    drop_word(context, item, Rep::Any);
}

fn set_entry(context: *mut Context, map: *mut Map, key: u64, item: u64) {
    let Some(key) = convert_word(context, key, Rep::Any, map.key_rep()) else { return };
    match convert_word(context, item, Rep::Any, map.item_rep()) {
        Some(item) => map_set(context, map, key, item),
        None => drop_word(context, key, map.key_rep()),
    }
}

fn set_field(context: *mut Context, record: *mut Record, name: *mut Str, item: u64) {
    let Some(i) = field_named(context, record, name) else {
        return no_field(context, record, name);
    };
    let field = context.shape_fields(record.detail())[i];
    if let Some(word) = cast(context, item, field.ty, field.rep) {
        record_set(context, record, i as i64, word);
    }
}

pub(crate) fn any_field(context: *mut Context, value: u64, name: *mut Str) -> u64 {
    match Value::of_any(value) {
        Value::Record(record) => record_field(context, record, name),
        Value::Map(map) => map_value(context, map, name.word()),
        other => {
            refuse(context, other, &format!("has no field `{}`", name.text()));
            any::NONE
        }
    }
}

pub(crate) fn any_set_field(context: *mut Context, value: u64, name: *mut Str, item: u64) {
    match Value::of_any(value) {
        Value::Record(record) => set_field(context, record, name, item),
        Value::Map(map) => set_entry(context, map, name.word(), item),
        other => refuse(context, other, &format!("has no field `{}`", name.text())),
    }
    drop_word(context, item, Rep::Any);
}

pub(crate) fn any_slice(context: *mut Context, value: u64, start: u64, end: u64, step: u64) -> u64 {
    let step = if step == any::NONE { 1 } else { any_to_int(context, step) };
    if context.trapped() {
        return any::NONE;
    }
    match Value::of_any(value) {
        Value::List(list) => list_slice_step(context, list, start, end, step).word(),
        Value::Str(string) => str_slice_step(context, string, start, end, step).word(),
        other => {
            refuse(context, other, "cannot be sliced");
            any::NONE
        }
    }
}

fn str_slice_step(
    context: *mut Context,
    string: *mut Str,
    start: u64,
    end: u64,
    step: i64,
) -> *mut Str {
    let Some((start, count)) = steps(context, char_count(context, string), start, end, step) else {
        return std::ptr::null_mut();
    };
    let bytes = string.bytes();
    let mut text = Text::default();
    for i in 0..count {
        let at = byte_offset(context, string, (start + i as i64 * step) as usize);
        text.push(&bytes[at..at + char_width(bytes[at])]);
    }
    text.into_str(context)
}

pub(crate) fn any_len(context: *mut Context, value: u64) -> i64 {
    match Value::of_any(value) {
        Value::Str(string) => char_count(context, string) as i64,
        Value::List(list) => list.len() as i64,
        Value::Map(map) => map.entries() as i64,
        Value::None => 0,
        other => {
            refuse(context, other, "has no length");
            0
        }
    }
}

/// Whether it has items; what cannot have any has none.
pub(crate) fn any_exists(context: *mut Context, value: u64) -> u64 {
    match Value::of_any(value) {
        Value::Str(_) | Value::List(_) | Value::Map(_) => u64::from(any_len(context, value) != 0),
        Value::Int(_)
        | Value::Float(_)
        | Value::BigInt(_)
        | Value::BigRat(_)
        | Value::Bool(_)
        | Value::None
        | Value::Unit
        | Value::Record(_)
        | Value::Closure(_) => 0,
    }
}

pub(crate) fn any_in(context: *mut Context, item: u64, container: u64) -> u64 {
    match (Value::of_any(container), Value::of_any(item)) {
        (Value::List(list), _) => list_contains(context, list, item),
        (Value::Map(map), key) => u64::from(find_value(context, map, key).is_some()),
        (Value::Str(string), Value::Str(part)) => str_contains(context, string, part),
        (Value::Str(_), other) => {
            refuse(context, other, "cannot be in a string");
            0
        }
        (Value::Record(record), Value::Str(name)) => {
            u64::from(field_named(context, record, name).is_some())
        }
        (other, _) => {
            refuse(context, other, "contains nothing");
            0
        }
    }
}

pub(crate) fn any_items(context: *mut Context, value: u64) -> *mut List {
    let items = match Value::of_any(value) {
        Value::List(list) => {
            dup_word(list.word(), Rep::Ref);
            list
        }
        Value::Str(string) => str_chars(context, string),
        Value::Map(map) => map_keys(context, map),
        other => {
            refuse(context, other, "cannot be iterated");
            return std::ptr::null_mut();
        }
    };
    if items.is_none() || items.rep() == Rep::Any {
        return items;
    }
    let boxed = list_convert(context, items, Rep::Any as i64);
    drop_word(context, items.word(), Rep::Ref);
    boxed
}

/// A string's characters or a list's items backwards.
pub(crate) fn any_reverse(context: *mut Context, value: u64) -> u64 {
    match Value::of_any(value) {
        Value::Str(string) => str_reverse(context, string).word(),
        Value::List(list) => list_reverse(context, list).word(),
        other => {
            refuse(context, other, "cannot be reversed");
            any::NONE
        }
    }
}

pub(crate) fn any_call(context: *mut Context, callee: u64, arguments: *mut List) -> u64 {
    let Value::Closure(closure) = Value::of_any(callee) else {
        refuse(context, Value::of_any(callee), "is not a function");
        return any::NONE;
    };
    let info = context.functions()[closure_function(closure)];
    let Some(signature) = context.signatures().get(info.signature as usize) else {
        raise_message(context, TrapKind::Operand, "this function's parameters are not known here");
        return any::NONE;
    };
    let params = crate::object::slice(signature.params.items, signature.params.len);
    if params.len() != arguments.len() {
        let message =
            format!("the function takes {} arguments, and gets {}", params.len(), arguments.len());
        raise_message(context, TrapKind::Argument, message);
        return any::NONE;
    }
    let mut words = Vec::with_capacity(params.len());
    for (i, &param) in params.iter().enumerate() {
        let argument = as_any(context, arguments.get(i), arguments.rep());
        let word = if context.trapped() {
            None
        } else {
            cast(context, argument, param, crate::cast::type_rep(context, param))
        };
        drop_word(context, argument, Rep::Any);
        match word {
            Some(word) => words.push(word),
            None => {
                for (&word, &param) in words.iter().zip(params) {
                    drop_word(context, word, crate::cast::type_rep(context, param));
                }
                return any::NONE;
            }
        }
    }
    let result = call(context, closure, &words);
    if context.trapped() {
        return any::NONE;
    }
    let rep = crate::cast::type_rep(context, signature.result);
    let converted = as_any(context, result, rep);
    drop_word(context, result, rep);
    converted
}
