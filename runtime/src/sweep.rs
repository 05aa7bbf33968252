//! The sweep after a trap: frees what the calls that it left behind owned.
//!
//! A trap leaves calls without dropping what they own. A host that goes on with the same context (tests one by one, a
//! session, handlers) asks for a sweep when nothing of the program runs any more: objects that the globals, the constants
//! and the host's own words reach stay, with their counts made what they should be; all others go.
//!
//! For that all objects must be known. A host that wants to sweep says so before the program makes its first object; then
//! each object but the constants has a [`Link`] in front of it. Nobody else pays more than a test for each object made or
//! freed.

use mochi_abi::layout::{Context, Header, Rep, WATCHED};

use crate::context::ContextFields;
use crate::memory::{allocate, counted, for_each_held, reallocate, release, release_whole};
use crate::object::{Object, offset, read_word, slice};
use crate::{cycles, events, logic, str};

/// In front of an object whose context tracks them: its neighbours in a ring.
#[derive(Debug)]
#[repr(C)]
struct Link {
    before: *mut Link,
    after: *mut Link,
}

const LINK: usize = size_of::<Link>();

/// The objects of a context, if it tracks them.
#[derive(Debug, Default)]
pub(crate) struct Tracked {
    /// A link without an object, from which the ring is entered.
    ring: Option<Box<Link>>,
}

impl Tracked {
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        self.ring.is_some()
    }

    /// From the first object on.
    pub(crate) fn turn_on(&mut self) {
        let mut ring = Box::new(Link { before: std::ptr::null_mut(), after: std::ptr::null_mut() });
        let start: *mut Link = &raw mut *ring;
        (ring.before, ring.after) = (start, start);
        self.ring = Some(ring);
    }

    fn start(&mut self) -> *mut Link {
        let ring = self.ring.as_mut().expect("only a context that tracks asks for the ring");
        &raw mut **ring
    }
}

fn link<'a>(link: *mut Link) -> &'a mut Link {
    // SAFETY: links of the ring are alive until they are taken out; the borrow is used for one field access.
    unsafe { &mut *link }
}

fn link_of(object: *mut Header) -> *mut Link {
    object.cast::<u8>().wrapping_sub(LINK).cast()
}

fn object_of(link: *mut Link) -> *mut Header {
    offset(link.cast(), LINK).cast()
}

fn put_in(context: *mut Context, new: *mut Link) -> *mut u8 {
    let start = context.heap().tracked.start();
    let last = link(start).before;
    // SAFETY: the memory is new and has room for a link and an object.
    unsafe { new.write(Link { before: last, after: start }) };
    link(last).after = new;
    link(start).before = new;
    object_of(new).cast()
}

fn take_out(old: *mut Link) {
    let (before, after) = (link(old).before, link(old).after);
    link(before).after = after;
    link(after).before = before;
}

#[cold]
pub(crate) fn allocate_tracked(context: *mut Context, bytes: usize) -> *mut u8 {
    let Some(bytes) = bytes.checked_add(LINK) else {
        return allocate(context, usize::MAX);
    };
    let memory = allocate(context, bytes);
    if memory.is_null() {
        return memory;
    }
    context.heap().live_objects += 1;
    put_in(context, memory.cast())
}

#[cold]
pub(crate) fn reallocate_tracked(
    context: *mut Context,
    object: *mut Header,
    old: usize,
    new: usize,
) -> *mut u8 {
    let Some(new) = new.checked_add(LINK) else {
        return allocate(context, usize::MAX);
    };
    let link = link_of(object);
    take_out(link);
    let moved = reallocate(context, link.cast(), old + LINK, new);
    if moved.is_null() {
        put_in(context, link);
        return moved;
    }
    put_in(context, moved.cast())
}

#[cold]
pub(crate) fn release_tracked(context: *mut Context, object: *mut Header, bytes: usize) {
    let link = link_of(object);
    take_out(link);
    release(context, link.cast(), bytes + LINK);
}

/// Goes over all objects; `f` may free the one that it is given, and no other.
fn for_each_object(context: *mut Context, mut f: impl FnMut(*mut Header)) {
    let start = context.heap().tracked.start();
    let mut next = link(start).after;
    while next != start {
        let object = object_of(next);
        next = link(next).after;
        f(object);
    }
}

/// Frees all objects that neither globals nor constants nor the words in `held` reach, and counts anew the owners of
/// those that stay. Nothing of the program may be running. Whether there was memory for it; if not, nothing has changed.
pub(crate) fn sweep(context: *mut Context, held: &[(u64, Rep)]) -> bool {
    let mut work: Vec<*mut Header> = Vec::new();
    if work.try_reserve_exact(context.heap().live_objects).is_err() {
        return false;
    }
    for freed in context.heap().cycles.take_freed() {
        cycles::release_candidate(context, freed);
    }
    for_each_object(context, |object| object.set_count(0));
    // A constant of one character is one of those that exist once, and then has two owners that stay.
    str::for_each_permanent(context, |string| string.set_count(0));
    str::for_each_permanent(context, |string| string.set_count(string.head().count + 1));
    let reach = |object: *mut Header, work: &mut Vec<*mut Header>| {
        if object.head().count == 0 {
            work.push(object);
        }
        object.set_count(object.head().count + 1);
    };
    let reps = context.program().globals;
    let globals = slice(reps.items, reps.len).iter().enumerate();
    let globals = globals.map(|(i, &rep)| (read_word(context.fields().globals, i), rep));
    for (word, rep) in globals.chain(held.iter().copied()) {
        if let Some(object) = counted(word, rep) {
            reach(object, &mut work);
        }
    }
    events::for_each_held(context, |object| reach(object, &mut work));
    logic::for_each_held(context, |word| {
        if let Some(object) = counted(word, Rep::Any) {
            reach(object, &mut work);
        }
    });
    while let Some(holder) = work.pop() {
        for_each_held(context, holder, |object| reach(object, &mut work));
    }
    for_each_object(context, |object| {
        if object.head().count == 0 {
            release_unreached(context, object);
        } else if object.is_cyclic() {
            object.set_count(object.head().count | WATCHED);
        }
    });
    true
}

/// Gives back the memory of an object, whatever it refers to.
fn release_unreached(context: *mut Context, object: *mut Header) {
    if object.is_cyclic() {
        context.heap().cycles.gone(1);
    }
    release_whole(context, object);
}
