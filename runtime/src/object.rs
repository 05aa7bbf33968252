//! Reading and writing the fields of objects: the crate's only places that follow the raw pointers of the layout.
//!
//! The functions here are safe to call because of one contract, which compiled code and interpreters keep (the verifier
//! checks it in the IR): *a pointer that reaches the runtime is null or points to a live object of its type*, and nobody
//! else touches the objects of a context meanwhile. A slice that an accessor returns **must not** be used after the
//! object may have been freed, moved or written to by another way.

use mochi_abi::layout::{
    CLOSURE_CAPTURES, Closure, Header, Kind, List, META_ASCII, META_COLORS, META_CYCLIC, Map,
    RECORD_FIELDS, Record, Rep, Rows, STR_BYTES, Str, WATCHED,
};

/// A pointer to an object.
pub(crate) trait Object: Copy {
    /// The same object as its header.
    fn header(self) -> *mut Header;

    /// Whether there is no object.
    #[inline(always)]
    fn is_none(self) -> bool {
        self.header().is_null()
    }
    /// Its header's copy.
    #[inline(always)]
    fn head(self) -> Header {
        // SAFETY: the pointer is to a live object, and every object begins with its header.
        unsafe { *self.header() }
    }
    #[inline(always)]
    fn kind(self) -> Kind {
        self.head().kind()
    }
    #[inline(always)]
    fn detail(self) -> u32 {
        self.head().detail()
    }
    /// Owned once: its owner may change it in place.
    #[inline(always)]
    fn is_unique(self) -> bool {
        self.head().owners() == 1
    }
    /// Whether objects of its type can refer to one another in a circle.
    #[inline(always)]
    fn is_cyclic(self) -> bool {
        self.head().meta & META_CYCLIC != 0
    }
    /// Makes the cycle collector watch it.
    #[inline(always)]
    fn set_watched(self) {
        let Header { count, meta } = self.head();
        self.set_head(Header { count: count | WATCHED, meta: meta | META_CYCLIC });
    }
    /// The cycle collector's mark.
    #[inline(always)]
    fn color(self) -> u32 {
        self.head().meta & META_COLORS
    }
    #[inline(always)]
    fn set_color(self, color: u32) {
        let Header { count, meta } = self.head();
        self.set_head(Header { count, meta: meta & !META_COLORS | color });
    }
    #[inline(always)]
    fn set_head(self, head: Header) {
        // SAFETY: the pointer is to a live object, and every object begins with its header.
        unsafe { *self.header() = head }
    }
    #[inline(always)]
    fn set_count(self, count: u32) {
        // SAFETY: as in `head`.
        unsafe { (*self.header()).count = count }
    }
    /// As the word that holds it.
    #[inline(always)]
    fn word(self) -> u64 {
        self.header() as u64
    }
}

macro_rules! objects {
    ($($ty:ty)*) => { $(impl Object for *mut $ty {
        #[inline(always)]
        fn header(self) -> *mut Header {
            self.cast()
        }
    })* };
}
objects! { Header Str List Map Record Closure Rows }

/// The object in a word that holds one.
#[inline(always)]
pub(crate) fn object(word: u64) -> *mut Header {
    word as *mut Header
}

/// Reads one word of a run of words.
#[inline(always)]
pub(crate) fn read_word(words: *const u64, i: usize) -> u64 {
    // SAFETY: callers pass the start of a live run and an index inside it.
    let place = unsafe { words.add(i) };
    // SAFETY: the place is inside the run, which is initialised.
    unsafe { *place }
}

/// Writes one word of a run of words.
#[inline(always)]
pub(crate) fn write_word(words: *mut u64, i: usize, word: u64) {
    // SAFETY: callers pass the start of a live run and an index inside its capacity.
    let place = unsafe { words.add(i) };
    // SAFETY: the place is inside the run.
    unsafe { *place = word }
}

#[inline(always)]
fn read_byte(bytes: *const u8, i: usize) -> u8 {
    // SAFETY: callers pass the start of a live run and an index inside it.
    let place = unsafe { bytes.add(i) };
    // SAFETY: the place is inside the run, which is initialised.
    unsafe { *place }
}

#[inline(always)]
fn write_byte(bytes: *mut u8, i: usize, byte: u8) {
    // SAFETY: callers pass the start of a live run and an index inside its capacity.
    let place = unsafe { bytes.add(i) };
    // SAFETY: the place is inside the run.
    unsafe { *place = byte }
}

/// Copies bytes between runs that do not overlap.
#[inline(always)]
pub(crate) fn copy_bytes(from: *const u8, to: *mut u8, count: usize) {
    if count > 0 {
        // SAFETY: callers pass runs of at least `count` bytes in different allocations.
        unsafe { std::ptr::copy_nonoverlapping(from, to, count) }
    }
}

/// A place so many bytes further in the same allocation.
#[inline(always)]
pub(crate) fn offset(start: *mut u8, bytes: usize) -> *mut u8 {
    // SAFETY: callers stay inside the allocation or at its end.
    unsafe { start.add(bytes) }
}

/// A run of values as a slice; empty when there is none.
#[inline(always)]
pub(crate) fn slice<'a, T>(start: *const T, len: usize) -> &'a [T] {
    if len == 0 {
        return &[];
    }
    // SAFETY: callers pass a live, initialised run of this length; see the file's contract for how long it may be used.
    unsafe { std::slice::from_raw_parts(start, len) }
}

/// As [`slice`], to be written to.
#[inline(always)]
pub(crate) fn slice_mut<'a, T>(start: *mut T, len: usize) -> &'a mut [T] {
    if len == 0 {
        return &mut [];
    }
    // SAFETY: as in `slice`; the caller is the only one who uses the run meanwhile.
    unsafe { std::slice::from_raw_parts_mut(start, len) }
}

/// Strings. None reads as the empty string.
pub(crate) trait StrFields: Object {
    #[inline(always)]
    fn fields<'a>(self) -> &'a mut Str {
        // SAFETY: the pointer is to a live string; the borrow is used for one field access.
        unsafe { &mut *self.header().cast::<Str>() }
    }
    #[inline(always)]
    fn byte_len(self) -> usize {
        if self.is_none() { 0 } else { self.fields().len as usize }
    }
    /// Where its bytes begin.
    #[inline(always)]
    fn start(self) -> *mut u8 {
        offset(self.header().cast(), STR_BYTES)
    }
    #[inline(always)]
    fn bytes<'a>(self) -> &'a [u8] {
        if self.is_none() { &[] } else { slice(self.start(), self.byte_len()) }
    }
    #[inline(always)]
    fn text<'a>(self) -> &'a str {
        // SAFETY: a string's bytes are UTF-8: all its makers check or keep it.
        unsafe { std::str::from_utf8_unchecked(self.bytes()) }
    }
    #[inline(always)]
    fn is_ascii(self) -> bool {
        self.is_none() || self.head().meta & META_ASCII != 0
    }
}
impl StrFields for *mut Str {}

/// Lists. None reads as the empty list.
pub(crate) trait ListFields: Object {
    #[inline(always)]
    fn fields<'a>(self) -> &'a mut List {
        // SAFETY: the pointer is to a live list; the borrow is used for one field access.
        unsafe { &mut *self.header().cast::<List>() }
    }
    #[inline(always)]
    fn len(self) -> usize {
        if self.is_none() { 0 } else { self.fields().len as usize }
    }
    #[inline(always)]
    fn rep(self) -> Rep {
        if self.is_none() { Rep::Any } else { Rep::from_number(self.detail()) }
    }
    /// Item `i`, which the list goes on owning.
    #[inline(always)]
    fn get(self, i: usize) -> u64 {
        debug_assert!(i < self.len());
        let items = self.fields().items;
        if self.rep() == Rep::Bool {
            u64::from(read_byte(items, i))
        } else {
            read_word(items.cast(), i)
        }
    }
    /// Overwrites item `i`, which is inside the capacity, without dropping what was there.
    #[inline(always)]
    fn put(self, i: usize, word: u64) {
        debug_assert!(i < self.fields().capacity as usize);
        let items = self.fields().items;
        if self.rep() == Rep::Bool {
            write_byte(items, i, word as u8)
        } else {
            write_word(items.cast(), i, word)
        }
    }
    /// The items of a list that does not hold bools.
    #[inline(always)]
    fn words<'a>(self) -> &'a [u64] {
        debug_assert!(self.rep() != Rep::Bool);
        if self.is_none() { &[] } else { slice(self.fields().items.cast(), self.len()) }
    }
    /// The items of a list that does not hold bools.
    #[inline(always)]
    fn words_mut<'a>(self) -> &'a mut [u64] {
        debug_assert!(self.rep() != Rep::Bool);
        if self.is_none() { &mut [] } else { slice_mut(self.fields().items.cast(), self.len()) }
    }
}
impl ListFields for *mut List {}

/// Bytes that an item of this rep takes in a list.
#[inline(always)]
pub(crate) fn item_size(rep: Rep) -> usize {
    if rep == Rep::Bool { 1 } else { size_of::<u64>() }
}

/// Maps.
pub(crate) trait MapFields: Object {
    #[inline(always)]
    fn fields<'a>(self) -> &'a mut Map {
        // SAFETY: the pointer is to a live map; the borrow is used for one field access.
        unsafe { &mut *self.header().cast::<Map>() }
    }
    /// Entries present; none has none.
    #[inline(always)]
    fn entries(self) -> usize {
        if self.is_none() { 0 } else { self.fields().len as usize }
    }
    #[inline(always)]
    fn key_rep(self) -> Rep {
        if self.is_none() { Rep::Any } else { Rep::from_number(self.detail() & 0xf) }
    }
    #[inline(always)]
    fn item_rep(self) -> Rep {
        if self.is_none() { Rep::Any } else { Rep::from_number(self.detail() >> 4) }
    }
}
impl MapFields for *mut Map {}

/// Records and closures: a run of words after the fixed part.
pub(crate) trait Words: Object {
    const FIXED: usize;
    #[inline(always)]
    fn words(self) -> *mut u64 {
        offset(self.header().cast(), Self::FIXED).cast()
    }
}
impl Words for *mut Record {
    const FIXED: usize = RECORD_FIELDS;
}
impl Words for *mut Closure {
    const FIXED: usize = CLOSURE_CAPTURES;
}

/// The function of a closure.
#[inline(always)]
pub(crate) fn closure_function(closure: *mut Closure) -> usize {
    // SAFETY: the pointer is to a live closure.
    unsafe { (*closure).function as usize }
}

/// The int in its box.
#[inline(always)]
pub(crate) fn boxed_int(object: *mut Header) -> i64 {
    read_word(object.cast(), 1) as i64
}
