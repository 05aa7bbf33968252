//! Reference counting: who owns an object, and what goes with it.
//!
//! Counts are not atomic: a context is used by one thread at a time. The last owner's drop frees the object and what it
//! owned, with a worklist instead of recursion, so that a chain of a million records costs no stack. Of objects whose type
//! makes circles possible, a drop that is not the last one tells [`crate::cycles`].

use mochi_abi::layout::{
    Closure, Context, Header, Kind, List, Map, Record, Rep, Rows, STR_BYTES, Str, any,
};

use super::{release, release_memory, release_object};
use crate::big::{BigInt, BigRat, NumberObject};
use crate::context::{ContextFields, State};
use crate::cycles;
use crate::map;
use crate::object::{
    ListFields, MapFields, Object, StrFields, Words, item_size, object, read_word, slice,
};

/// One more owner.
#[inline(always)]
pub(crate) fn dup(object: *mut Header) {
    if !object.is_null() {
        object.set_count(object.head().count + 1);
    }
}

/// One more owner of what the word holds, if that is counted.
#[inline(always)]
pub(crate) fn dup_word(word: u64, rep: Rep) {
    if let Some(object) = counted(word, rep) {
        dup(object);
    }
}

/// One owner less.
#[inline]
pub(crate) fn drop_object(context: *mut Context, object: *mut Header) {
    if object.is_null() {
        return;
    }
    object.set_count(object.head().count - 1);
    if !object.head().stays() {
        ref_free(context, object);
    }
}

/// An owned word, dropped unless it is taken.
#[derive(Debug)]
pub(crate) struct Held {
    context: *mut Context,
    word: u64,
    rep: Rep,
}

impl Held {
    pub(crate) fn new(context: *mut Context, word: u64, rep: Rep) -> Held {
        Held { context, word, rep }
    }
    /// The word, which stays owned here.
    pub(crate) fn word(&self) -> u64 {
        self.word
    }
    pub(crate) fn take(self) -> u64 {
        let word = self.word;
        std::mem::forget(self);
        word
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop_word(self.context, self.word, self.rep);
    }
}

/// One owner less of what the word holds, if that is counted.
#[inline]
pub(crate) fn drop_word(context: *mut Context, word: u64, rep: Rep) {
    if let Some(object) = counted(word, rep) {
        drop_object(context, object);
    }
}

/// The object in a word, if it holds one.
#[inline(always)]
pub(crate) fn counted(word: u64, rep: Rep) -> Option<*mut Header> {
    let is_object = match rep {
        Rep::I64 | Rep::F64 | Rep::Bool => false,
        Rep::Ref => word != 0,
        Rep::Any => any::is_ref(word),
    };
    is_object.then(|| object(word))
}

/// Frees an object whose count is 0, and all whose last owner it was.
fn free(context: *mut Context, object: *mut Header) {
    let mut object = object;
    loop {
        free_one(context, object);
        match context.heap().pending.pop() {
            Some(next) => object = next,
            None => return,
        }
    }
}

/// Drops one reference held by an object that is being freed.
#[inline(always)]
fn drop_held(context: *mut Context, object: *mut Header) {
    object.set_count(object.head().count - 1);
    let head = object.head();
    if head.stays() {
        return;
    }
    if head.owners() > 0 {
        cycles::candidate(context, object);
        return;
    }
    let holds_none = match object.kind() {
        Kind::Str | Kind::BigInt | Kind::BigRat | Kind::BoxedInt => true,
        Kind::List => !object.cast::<List>().rep().is_counted(),
        Kind::Map | Kind::Record | Kind::Closure | Kind::Rows => false,
    };
    if holds_none {
        free_one(context, object);
        return;
    }
    let pending = &mut context.heap().pending;
    // Without room for the list the object leaks, which is better than to end the program here.
    if pending.len() < pending.capacity() || has_grown(pending) {
        pending.push(object);
    }
}

#[cold]
#[inline(never)]
fn has_grown(pending: &mut Vec<*mut Header>) -> bool {
    pending.try_reserve(64).is_ok()
}

#[inline(always)]
pub(crate) fn drop_held_word(context: *mut Context, word: u64, rep: Rep) {
    if let Some(object) = counted(word, rep) {
        drop_held(context, object);
    }
}

fn free_one(context: *mut Context, object: *mut Header) {
    match object.kind() {
        Kind::Str => free_str(context, object.cast()),
        Kind::List => {
            let list: *mut List = object.cast();
            if list.rep().is_counted() {
                let rep = list.rep();
                for &word in list.words() {
                    drop_held_word(context, word, rep);
                }
            }
            release_items(context, list);
            release_object(context, object, size_of::<List>());
        }
        Kind::Map => {
            let map: *mut Map = object.cast();
            map::free_table(context, map);
            release_object(context, object, size_of::<Map>());
        }
        Kind::Record => free_words::<Record>(context, object.cast()),
        Kind::Closure => free_words::<Closure>(context, object.cast()),
        Kind::BigInt => object.cast::<BigInt>().free(context),
        Kind::BigRat => object.cast::<BigRat>().free(context),
        Kind::BoxedInt => release_memory(context, object, BOXED_INT),
        Kind::Rows => {
            crate::rows::close(context, object.cast());
            release_memory(context, object, size_of::<Rows>());
        }
    }
}

fn release_items(context: *mut Context, list: *mut List) {
    let fields = list.fields();
    release(context, fields.items, fields.capacity as usize * item_size(list.rep()));
}

/// Gives back all memory of an object, whatever it refers to.
pub(crate) fn release_whole(context: *mut Context, object: *mut Header) {
    match object.kind() {
        Kind::List => release_items(context, object.cast()),
        Kind::Map => map::release_table(context, object.cast()),
        Kind::Str => release_index(context, object.cast()),
        Kind::BigInt => return object.cast::<BigInt>().free(context),
        Kind::BigRat => return object.cast::<BigRat>().free(context),
        Kind::Rows => {
            // Its row is dropped by nobody here.
            crate::rows::rows_take(context, object.word());
            crate::rows::close(context, object.cast());
        }
        Kind::Record | Kind::Closure | Kind::BoxedInt => {}
    }
    let bytes = object_size(context, object);
    release_memory(context, object, bytes);
}

/// Bytes of an object, without a list's items, a map's table or a string's index.
pub(crate) fn object_size(context: *mut Context, object: *mut Header) -> usize {
    match object.kind() {
        Kind::Str => STR_BYTES + object.cast::<Str>().fields().capacity as usize,
        Kind::List => size_of::<List>(),
        Kind::Map => size_of::<Map>(),
        Kind::Record => record_size::<Record>(context, object.detail()),
        Kind::Closure => record_size::<Closure>(context, object.detail()),
        Kind::BigInt | Kind::BigRat => unreachable!("a big number frees itself"),
        Kind::BoxedInt => BOXED_INT,
        Kind::Rows => size_of::<Rows>(),
    }
}

fn release_index(context: *mut Context, string: *mut Str) {
    if !string.fields().index.is_null() {
        crate::str_index::release_index(context, string);
    }
}

/// Goes over the objects that an object refers to.
#[inline]
pub(crate) fn for_each_held(
    context: *mut Context,
    holder: *mut Header,
    mut f: impl FnMut(*mut Header),
) {
    let mut word = |word: u64, rep: Rep| {
        if let Some(object) = counted(word, rep) {
            f(object);
        }
    };
    match holder.kind() {
        Kind::List => {
            let list: *mut List = holder.cast();
            let rep = list.rep();
            if rep.is_counted() {
                for &item in list.words() {
                    word(item, rep);
                }
            }
        }
        Kind::Map => {
            let map: *mut Map = holder.cast();
            let (key_rep, item_rep) = (map.key_rep(), map.item_rep());
            for place in map::places(map) {
                let (key, item) = map::entry(map, place);
                word(key, key_rep);
                word(item, item_rep);
            }
        }
        Kind::Record => {
            let record: *mut Record = holder.cast();
            let facts = context.state().shape(record.detail());
            for_each_counted(context, record.words(), record.detail(), facts, word);
        }
        Kind::Closure => {
            let closure: *mut Closure = holder.cast();
            let facts = context.state().shape(closure.detail());
            for_each_counted(context, closure.words(), closure.detail(), facts, word);
        }
        Kind::Rows => {
            let (row, rep) = crate::rows::row_of(holder.cast());
            word(row, rep);
        }
        Kind::Str | Kind::BigInt | Kind::BigRat | Kind::BoxedInt => {}
    }
}

/// Bytes of an int in its box: header and int.
pub(crate) const BOXED_INT: usize = size_of::<Header>() + size_of::<i64>();

fn free_str(context: *mut Context, string: *mut Str) {
    let capacity = string.fields().capacity as usize;
    release_index(context, string);
    release_memory(context, string.header(), STR_BYTES + capacity);
}

/// Frees a record or closure.
#[inline]
fn free_words<T>(context: *mut Context, object: *mut T)
where
    *mut T: Words,
{
    let shape = object.detail();
    let facts = context.state().shape(shape);
    // Written out, and not by `for_each_counted`: this is the hottest loop of programs that make and drop records.
    let words = object.words();
    let mut refs = facts.refs;
    while refs != 0 {
        let word = read_word(words, refs.trailing_zeros() as usize);
        refs &= refs - 1;
        drop_held_word(context, word, Rep::Ref);
    }
    let mut anys = facts.anys;
    while anys != 0 {
        let word = read_word(words, anys.trailing_zeros() as usize);
        anys &= anys - 1;
        drop_held_word(context, word, Rep::Any);
    }
    if facts.fields > u64::BITS as usize {
        let fields = context.shape_fields(shape).iter().enumerate();
        for (i, field) in fields.skip(u64::BITS as usize) {
            drop_held_word(context, read_word(words, i), field.rep);
        }
    }
    release_object(context, object.header(), facts.size::<T>());
}

/// Goes over the words of a record or closure that can hold objects.
#[inline(always)]
fn for_each_counted(
    context: *mut Context,
    words: *const u64,
    shape: u32,
    facts: ShapeFacts,
    mut f: impl FnMut(u64, Rep),
) {
    let mut counted = facts.refs | facts.anys;
    while counted != 0 {
        let i = counted.trailing_zeros();
        counted &= counted - 1;
        let rep = if facts.refs >> i & 1 == 1 { Rep::Ref } else { Rep::Any };
        f(read_word(words, i as usize), rep);
    }
    if facts.fields > u64::BITS as usize {
        let fields = context.shape_fields(shape);
        for (field, &word) in fields.iter().zip(slice(words, fields.len())).skip(u64::BITS as usize)
        {
            f(word, field.rep);
        }
    }
}

/// Bytes of an object with `T`'s fixed part and the words of a shape.
fn record_size<T>(context: *mut Context, shape: u32) -> usize {
    context.state().shape(shape).size::<T>()
}

/// What freeing must know of a shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShapeFacts {
    pub(crate) fields: usize,
    /// Which of the first 64 fields hold an object or null.
    pub(crate) refs: u64,
    /// Which of the first 64 fields hold an any.
    pub(crate) anys: u64,
    pub(crate) cyclic: bool,
}

impl ShapeFacts {
    /// Bytes of an object with `T`'s fixed part and the words of the shape.
    #[inline(always)]
    pub(crate) fn size<T>(self) -> usize {
        size_of::<T>() + self.fields * size_of::<u64>()
    }

    pub(crate) fn new(reps: impl Iterator<Item = Rep>, cyclic: bool) -> ShapeFacts {
        let mut facts = ShapeFacts { fields: 0, refs: 0, anys: 0, cyclic };
        for rep in reps {
            if facts.fields < u64::BITS as usize {
                facts.refs |= u64::from(rep == Rep::Ref) << facts.fields;
                facts.anys |= u64::from(rep == Rep::Any) << facts.fields;
            }
            facts.fields += 1;
        }
        facts
    }
}

impl State {
    /// A closure without captures may have a number that is no shape.
    #[inline]
    pub(crate) fn shape(&self, shape: u32) -> ShapeFacts {
        self.shapes.get(shape as usize).copied().unwrap_or(ShapeFacts {
            fields: 0,
            refs: 0,
            anys: 0,
            cyclic: false,
        })
    }
}

/// One more owner of the object, if there is one.
pub(crate) fn ref_dup(_: *mut Context, value: *mut Header) {
    dup(value);
}

pub(crate) fn ref_drop(context: *mut Context, value: *mut Header) {
    drop_object(context, value);
}

pub(crate) fn any_dup(_: *mut Context, value: u64) {
    dup_word(value, Rep::Any);
}

pub(crate) fn any_drop(context: *mut Context, value: u64) {
    drop_word(context, value, Rep::Any);
}

pub(crate) fn ref_free(context: *mut Context, value: *mut Header) {
    if value.head().owners() == 0 {
        free(context, value);
    } else {
        cycles::candidate(context, value);
    }
}
