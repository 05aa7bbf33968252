//! The cycle collector: frees objects that only refer to one another, which counting alone never does.
//!
//! Trial deletion (Bacon and Rajan, *Concurrent Cycle Collection in Reference Counted Systems*, 2001, the synchronous
//! form): the references inside of what a candidate reaches are taken away on trial; what then has owners left is held from
//! outside and gets back what it holds, the rest is garbage. Only objects whose type makes a circle possible are looked at.
//! The lowering finds these types; all others have no bit set and cost nothing here.
//!
//! - A *candidate* is an object that a drop left with owners: any circle that has become garbage has one. [`WATCHED`] in
//!   the count sends that drop here, once; from then until the next collection further drops stay on their fast path.
//! - A candidate that is freed meanwhile and is not among the last ones keeps its bare memory until the collection: its
//!   count is 0 then.
//! - A collection runs when the watched objects alive are twice as many as the last one left, or the bytes are, so that it
//!   costs a constant time for each object made. It runs only where a watched object is about to be made: there all
//!   counts are at least what they should be, because each reference in use is owned, or borrowed from one that is.
//! - Nothing here recurses. The worklists have room for each watched object once, and that is enough: an object goes into
//!   one when it takes on a color.

use mochi_abi::layout::{Context, Header, META_COLORS, WATCHED};

use crate::context::ContextFields;
use crate::memory::{drop_object, for_each_held, object_size, release_memory, release_whole};
use crate::object::Object;

/// What a context knows of objects that can be in circles.
#[derive(Debug)]
pub(crate) struct Cycles {
    candidates: Vec<*mut Header>,
    /// Watched objects alive, and those freed ones whose memory is kept.
    watched: usize,
    /// With so many a collection runs.
    limit: usize,
    /// With so many bytes of all objects too.
    pub(crate) byte_limit: usize,
}

/// Fewer objects are not worth a collection: they fit in a processor's second cache.
const LEAST: usize = 8192;
/// Nor are fewer bytes.
const LEAST_BYTES: usize = 64 << 20;
/// A freed candidate is looked for among so many of the last ones: what was shared for a moment is there.
const RECENT: usize = 8;

/// Alive for all that is known. No other color is left behind.
const BLACK: u32 = 0;
/// The references that it holds have been taken away on trial.
const GRAY: u32 = 1 << META_COLORS.trailing_zeros();
/// And nobody else holds it, it seems.
const WHITE: u32 = 2 << META_COLORS.trailing_zeros();
/// It will be freed.
const GARBAGE: u32 = META_COLORS;

impl Cycles {
    pub(crate) fn new() -> Cycles {
        Cycles { candidates: Vec::new(), watched: 0, limit: LEAST, byte_limit: LEAST_BYTES }
    }

    /// Called when the bytes have passed their limit: the next watched object brings a collection.
    pub(crate) fn ask(&mut self, bytes: usize) {
        if self.watched == 0 {
            self.byte_limit = bytes.saturating_mul(2);
        } else {
            self.limit = 0;
            self.byte_limit = usize::MAX;
        }
    }

    /// Forgets all candidates; those of them that were freed already.
    pub(crate) fn take_freed(&mut self) -> Vec<*mut Header> {
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.retain(|candidate| candidate.head().owners() == 0);
        candidates
    }

    /// So many watched objects are gone.
    pub(crate) fn gone(&mut self, count: usize) {
        self.watched -= count;
    }
}

/// Collects when it is time to, before a watched object is made.
#[inline]
pub(crate) fn make_room(context: *mut Context) {
    let cycles = &context.heap().cycles;
    if cycles.watched >= cycles.limit {
        collect(context);
    }
}

/// Watches an object that has just been made.
#[inline]
pub(crate) fn watch(context: *mut Context, object: *mut Header) {
    object.set_watched();
    context.heap().cycles.watched += 1;
}

pub(crate) fn ref_watch(context: *mut Context, value: *mut Header) {
    if !value.is_null() && !value.is_cyclic() {
        make_room(context);
        watch(context, value);
    }
}

/// Makes `new` watched if `old`, whose items it is about to get, is.
#[inline]
pub(crate) fn watch_like(context: *mut Context, new: *mut Header, old: *mut Header) {
    if old.is_cyclic() {
        ref_watch(context, new);
    }
}

/// Takes a watched object that a drop has left with owners.
#[cold]
pub(crate) fn candidate(context: *mut Context, object: *mut Header) {
    let candidates = &mut context.heap().cycles.candidates;
    // Without room for it the object stays watched, and the next drop tries again.
    if candidates.len() < candidates.capacity() || candidates.try_reserve(LEAST).is_ok() {
        candidates.push(object);
        object.set_count(object.head().count & !WATCHED);
    }
}

/// A watched object has been freed: whether its memory can go at once. Otherwise it goes with the next collection.
pub(crate) fn forget(context: *mut Context, object: *mut Header) -> bool {
    let cycles = &mut context.heap().cycles;
    if object.head().count & WATCHED == 0 {
        let start = cycles.candidates.len().saturating_sub(RECENT);
        let recent = &cycles.candidates[start..];
        let Some(place) = recent.iter().rposition(|&candidate| candidate == object) else {
            return false;
        };
        cycles.candidates.swap_remove(start + place);
    }
    cycles.watched -= 1;
    true
}

/// Collects until no candidate is left; how many objects were freed.
pub(crate) fn collect_all(context: *mut Context) -> usize {
    let mut freed = 0;
    while !context.heap().cycles.candidates.is_empty() {
        let before = context.heap().live_objects;
        if !collect(context) {
            break;
        }
        freed += before - context.heap().live_objects;
    }
    freed
}

/// One collection. Whether there was memory for it.
#[cold]
fn collect(context: *mut Context) -> bool {
    let mut work = Worklists::default();
    let watched = context.heap().cycles.watched;
    let possible = work.reserve(watched);
    if possible {
        let mut roots = std::mem::take(&mut context.heap().cycles.candidates);
        roots.retain(|&root| {
            if root.head().owners() == 0 {
                release_candidate(context, root);
                return false;
            }
            true
        });
        for &root in &roots {
            take_away(context, root, &mut work);
        }
        for &root in &roots {
            judge(context, root, &mut work);
        }
        let mut garbage = std::mem::take(&mut work.pending);
        for &root in &roots {
            gather(context, root, &mut garbage);
        }
        for &root in &roots {
            if root.color() == BLACK {
                root.set_count(root.head().count | WATCHED);
            }
        }
        release_garbage(context, &garbage);
        roots.clear();
        // Candidates that came up meanwhile are few.
        let late = std::mem::replace(&mut context.heap().cycles.candidates, roots);
        context.heap().cycles.candidates.extend(late);
    }
    let heap = context.heap();
    heap.cycles.limit = heap.cycles.watched.saturating_mul(2).max(LEAST);
    heap.set_byte_limit(heap.live_bytes.saturating_mul(2).max(LEAST_BYTES));
    possible
}

/// Gives back the memory of a candidate that was freed before.
pub(crate) fn release_candidate(context: *mut Context, object: *mut Header) {
    context.heap().cycles.gone(1);
    let bytes = object_size(context, object);
    release_memory(context, object, bytes);
}

/// See the file's header for why they never grow.
#[derive(Default)]
struct Worklists {
    pending: Vec<*mut Header>,
    alive: Vec<*mut Header>,
}

impl Worklists {
    fn reserve(&mut self, objects: usize) -> bool {
        self.pending.try_reserve_exact(objects).is_ok()
            && self.alive.try_reserve_exact(objects).is_ok()
    }
}

/// Goes over the objects that one refers to and that can be in a circle.
#[inline]
fn for_each_cyclic(context: *mut Context, holder: *mut Header, mut f: impl FnMut(*mut Header)) {
    for_each_held(context, holder, |held| {
        if held.is_cyclic() {
            f(held);
        }
    });
}

/// Takes away all references from what the root reaches, the root included: makes it gray.
fn take_away(context: *mut Context, root: *mut Header, work: &mut Worklists) {
    if root.color() == GRAY {
        return;
    }
    root.set_color(GRAY);
    work.pending.push(root);
    while let Some(holder) = work.pending.pop() {
        for_each_cyclic(context, holder, |held| {
            held.set_count(held.head().count - 1);
            if held.color() != GRAY {
                held.set_color(GRAY);
                work.pending.push(held);
            }
        });
    }
}

/// Makes gray objects white, and black what still has owners, with all that it reaches.
fn judge(context: *mut Context, root: *mut Header, work: &mut Worklists) {
    let visit = |object: *mut Header, work: &mut Worklists| {
        if object.color() != GRAY {
            return;
        }
        if object.head().owners() > 0 {
            give_back(context, object, work);
        } else {
            object.set_color(WHITE);
            work.pending.push(object);
        }
    };
    visit(root, work);
    while let Some(holder) = work.pending.pop() {
        // It may have turned out to be alive since it was put there.
        if holder.color() == WHITE {
            for_each_cyclic(context, holder, |held| visit(held, work));
        }
    }
}

/// Gives back the references from an object that is alive, and from what it reaches.
fn give_back(context: *mut Context, object: *mut Header, work: &mut Worklists) {
    object.set_color(BLACK);
    work.alive.push(object);
    while let Some(holder) = work.alive.pop() {
        for_each_cyclic(context, holder, |held| {
            held.set_count(held.head().count + 1);
            if held.color() != BLACK {
                held.set_color(BLACK);
                work.alive.push(held);
            }
        });
    }
}

/// Adds to the garbage what is white.
fn gather(context: *mut Context, root: *mut Header, garbage: &mut Vec<*mut Header>) {
    let visit = |object: *mut Header, garbage: &mut Vec<*mut Header>| {
        if object.color() == WHITE {
            object.set_color(GARBAGE);
            garbage.push(object);
        }
    };
    let mut next = garbage.len();
    visit(root, garbage);
    while next < garbage.len() {
        let holder = garbage[next];
        next += 1;
        for_each_cyclic(context, holder, |held| visit(held, garbage));
    }
}

/// Frees the garbage. What it holds of its own kind is garbage too, or has been given up by the trial; the rest is dropped.
fn release_garbage(context: *mut Context, garbage: &[*mut Header]) {
    // All of it stays in memory until everything that looks at it is done.
    for &object in garbage {
        for_each_held(context, object, |held| {
            if !held.is_cyclic() {
                drop_object(context, held);
            }
        });
    }
    for &object in garbage {
        release_whole(context, object);
    }
    context.heap().cycles.gone(garbage.len());
}
