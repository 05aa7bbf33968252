//! Rows of a file, read one by one: the object that a loop over `load` reads from, and `load` itself.
//!
//! The object owns the open file, so that a loop that is left early, also by an error, closes it. Who reads is behind a
//! `dyn`: a program that loads nothing links no reader.

use mochi_abi::layout::{Context, Header, Kind, List, Rep, Rows, Str};

use crate::context::ContextFields;
use crate::data;
use crate::list::{push_own, unless_trapped, with_capacity};
use crate::memory::{Held, allocate_object, drop_word};
use crate::object::{Object, StrFields};
use crate::trap::poll;

/// Reads rows from somewhere.
pub(crate) trait Reader {
    /// The next row, owned; none at the end, or when a trap was raised.
    fn next(&mut self, context: *mut Context) -> Option<u64>;
}

/// What a rows object points to.
pub(crate) struct Reading {
    pub(crate) reader: Box<dyn Reader>,
    /// The rep of a row.
    pub(crate) rep: Rep,
    /// The row that was read and not yet taken.
    row: u64,
}

impl Reading {
    pub(crate) fn new(reader: Box<dyn Reader>, rep: Rep) -> Reading {
        Reading { reader, rep, row: 0 }
    }

    fn next(&mut self, context: *mut Context) -> Option<u64> {
        if context.fields().poll != 0 {
            poll(context);
        }
        if context.trapped() { None } else { self.reader.next(context) }
    }
}

/// What the object reads with. None, after a trap, reads nothing.
fn reading<'a>(rows: *mut Rows) -> Option<&'a mut Reading> {
    if rows.is_none() {
        return None;
    }
    // SAFETY: the pointer is to a live rows object.
    let reader = unsafe { (*rows).reader };
    // SAFETY: the reader was made by `rows_open` and lives as long as its object; the borrow ends before that is dropped.
    Some(unsafe { &mut *reader.cast::<Reading>() })
}

/// The row that an object has read and owns, and its rep.
pub(crate) fn row_of(rows: *mut Rows) -> (u64, Rep) {
    reading(rows).map_or((0, Rep::Any), |reading| (reading.row, reading.rep))
}

/// Closes the file of an object that is being freed.
pub(crate) fn close(context: *mut Context, rows: *mut Rows) {
    // SAFETY: the pointer is to a rows object whose memory is still there.
    let reader = unsafe { (*rows).reader };
    // SAFETY: the reader was made by `Box::into_raw`, and its object is dropped once.
    let reading = unsafe { Box::from_raw(reader.cast::<Reading>()) };
    drop_word(context, reading.row, reading.rep);
}

pub(crate) fn rows_open(context: *mut Context, path: *mut Str, ty: i64, options: u64) -> u64 {
    let Some(reading) = data::open(context, path.text(), ty as u32, options) else { return 0 };
    let rows: *mut Rows = allocate_object(context, size_of::<Rows>()).cast();
    if rows.is_none() {
        return 0;
    }
    let reader = Box::into_raw(Box::new(reading)).cast();
    // SAFETY: the memory is new and of the object's size.
    unsafe { rows.write(Rows { header: Header::new(Kind::Rows, 0), reader }) };
    rows.word()
}

pub(crate) fn rows_next(context: *mut Context, rows: u64) -> u64 {
    let Some(reading) = reading(rows as *mut Rows) else { return 0 };
    match reading.next(context) {
        Some(row) => {
            let before = std::mem::replace(&mut reading.row, row);
            drop_word(context, before, reading.rep);
            1
        }
        None => 0,
    }
}

pub(crate) fn rows_take(_: *mut Context, rows: u64) -> u64 {
    reading(rows as *mut Rows).map_or(0, |reading| std::mem::take(&mut reading.row))
}

pub(crate) fn load(context: *mut Context, path: *mut Str, ty: i64, options: u64) -> *mut List {
    let Some(mut reading) = data::open(context, path.text(), ty as u32, options) else {
        return std::ptr::null_mut();
    };
    let list = with_capacity(context, reading.rep, 0);
    let held = Held::new(context, list.word(), Rep::Ref);
    while let Some(row) = reading.next(context) {
        push_own(context, list, row);
    }
    unless_trapped(context, held.take() as *mut List)
}
