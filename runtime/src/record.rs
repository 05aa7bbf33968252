//! Records and closures: a run of words after the header, described by a shape.

use mochi_abi::layout::{Closure, Context, Header, Kind, Map, Record, Rep};

use crate::any::convert_word;
use crate::context::{ContextFields, counting_rep, text};
use crate::cycles;
use crate::map::{map_new, map_set};
use crate::memory::{allocate_object, drop_object, drop_word, dup_word};
use crate::object::{Object, StrFields, Words, read_word, slice_mut, write_word};
use crate::str;

/// Memory for a header and the words of a shape, all 0.
fn allocate_words<T>(context: *mut Context, shape: u32, kind: Kind) -> *mut T
where
    *mut T: Words,
{
    let facts = context.state().shape(shape);
    if facts.cyclic {
        cycles::make_room(context);
    }
    let object: *mut T = allocate_object(context, facts.size::<T>()).cast();
    if object.is_none() {
        return object;
    }
    object.set_head(Header::new(kind, shape));
    // Most have few words, and those are not worth a call.
    for i in 0..FEW.min(facts.fields) {
        write_word(object.words(), i, 0);
    }
    if facts.fields > FEW {
        slice_mut(object.words(), facts.fields)[FEW..].fill(0);
    }
    if facts.cyclic {
        cycles::watch(context, object.header());
    }
    object
}

/// So many words are written one by one.
const FEW: usize = 4;

pub(crate) fn record_new(context: *mut Context, shape: i64) -> *mut Record {
    allocate_words(context, shape as u32, Kind::Record)
}

pub(crate) fn record_get(context: *mut Context, record: *mut Record, i: i64) -> u64 {
    let word = read_word(record.words(), i as usize);
    dup_word(word, counting_rep(context, record.detail(), i as usize));
    word
}

pub(crate) fn record_set(context: *mut Context, record: *mut Record, i: i64, item: u64) {
    let old = read_word(record.words(), i as usize);
    write_word(record.words(), i as usize, item);
    drop_word(context, old, counting_rep(context, record.detail(), i as usize));
}

pub(crate) fn record_take(_: *mut Context, record: *mut Record, i: i64) -> u64 {
    let word = read_word(record.words(), i as usize);
    write_word(record.words(), i as usize, 0);
    word
}

pub(crate) fn record_shape(_: *mut Context, record: *mut Record) -> i64 {
    i64::from(record.detail())
}

pub(crate) fn record_to_map(context: *mut Context, record: *mut Record) -> *mut Map {
    let fields = context.shape_fields(record.detail());
    let map = map_new(context, Rep::Ref as i64, Rep::Any as i64, fields.len() as i64);
    for (i, field) in fields.iter().enumerate() {
        let Some(item) = convert_word(context, read_word(record.words(), i), field.rep, Rep::Any)
        else {
            break;
        };
        let key = str::new(context, text(field.name));
        if map.is_none() || key.is_none() {
            drop_word(context, item, Rep::Any);
            break;
        }
        map_set(context, map, key.word(), item);
    }
    if context.trapped() {
        drop_object(context, map.header());
        return std::ptr::null_mut();
    }
    map
}

/// The place of the field with this name.
pub(crate) fn field_named(
    context: *mut Context,
    record: *mut Record,
    name: *mut mochi_abi::layout::Str,
) -> Option<usize> {
    let fields = context.shape_fields(record.detail());
    fields.iter().position(|field| text(field.name).as_bytes() == name.bytes())
}

pub(crate) fn closure_new(context: *mut Context, function: i64, shape: i64) -> *mut Closure {
    let closure: *mut Closure = allocate_words(context, shape as u32, Kind::Closure);
    if !closure.is_none() {
        // The function's number is the word behind the header.
        write_word(closure.cast(), 1, function as u64);
    }
    closure
}

pub(crate) fn closure_get(context: *mut Context, closure: *mut Closure, i: i64) -> u64 {
    let word = read_word(closure.words(), i as usize);
    dup_word(word, counting_rep(context, closure.detail(), i as usize));
    word
}

pub(crate) fn closure_set(context: *mut Context, closure: *mut Closure, i: i64, item: u64) {
    let old = read_word(closure.words(), i as usize);
    write_word(closure.words(), i as usize, item);
    drop_word(context, old, counting_rep(context, closure.detail(), i as usize));
}
