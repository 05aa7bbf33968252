//! Where everything lies: the word that any value fits in, the objects on the heap, and the
//! context that every compiled function gets as its first argument.
//!
//! - Every value is one 64-bit word. An `int` is itself, a `float` its IEEE bits, a `bool` 0 or 1,
//!   everything else a pointer to an object that begins with a [`Header`]; the null pointer is `none`.
//! - `any`, and `T?` of an int, float or bool, are NaN-boxed words ([`any`]): in them a pointer is
//!   itself and 0 is `none`, so going from `T?` of a pointer type to `any` changes no bit.
//! - Offsets in emitted code come from `offset_of!` on these types, never from numerals.

/// What a word holds: decides how it is counted, compared and printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Rep {
    I64,
    F64,
    Bool,
    /// A pointer to an object, or null.
    Ref,
    /// A NaN-boxed word.
    Any,
}

impl Rep {
    /// The representation with this number. Not a lookup: the runtime asks for it all the time.
    #[inline]
    pub const fn from_number(number: u32) -> Rep {
        match number {
            0 => Rep::I64,
            1 => Rep::F64,
            2 => Rep::Bool,
            3 => Rep::Ref,
            _ => Rep::Any,
        }
    }

    /// Every representation, in the order of its number.
    pub const ALL: [Rep; 5] = [Rep::I64, Rep::F64, Rep::Bool, Rep::Ref, Rep::Any];

    /// Whether a word of this kind can own an object.
    pub const fn is_counted(self) -> bool {
        matches!(self, Rep::Ref | Rep::Any)
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Str,
    List,
    Map,
    /// A struct, a union's variant, or a cell; its shape says which.
    Record,
    Closure,
    BigInt,
    BigRat,
    /// An int in an `any` that needs more than 48 bits.
    BoxedInt,
    /// Rows that are read one by one; no variable of a program ever holds one.
    Rows,
}

impl Kind {
    /// The kind with this number.
    #[inline]
    pub const fn from_number(number: u32) -> Kind {
        match number {
            0 => Kind::Str,
            1 => Kind::List,
            2 => Kind::Map,
            3 => Kind::Record,
            4 => Kind::Closure,
            5 => Kind::BigInt,
            6 => Kind::BigRat,
            7 => Kind::BoxedInt,
            _ => Kind::Rows,
        }
    }

    /// Every kind, in the order of its number.
    pub const ALL: [Kind; 9] = [
        Kind::Str,
        Kind::List,
        Kind::Map,
        Kind::Record,
        Kind::Closure,
        Kind::BigInt,
        Kind::BigRat,
        Kind::BoxedInt,
        Kind::Rows,
    ];
}

// The numbers are those of the variants.
const _: () = {
    let mut i = 0;
    while i < Rep::ALL.len() {
        assert!(Rep::from_number(i as u32) as usize == i && Rep::ALL[i] as usize == i);
        i += 1;
    }
    let mut i = 0;
    while i < Kind::ALL.len() {
        assert!(Kind::from_number(i as u32) as usize == i && Kind::ALL[i] as usize == i);
        i += 1;
    }
};

/// What every object begins with: 8 bytes.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Header {
    /// How many references own this object, and [`WATCHED`] in the highest bit; 1 owner means unique, so it may be
    /// changed in place by ops that consume it. Not atomic. An object that lives as long as the program (a constant) is
    /// owned by the program as well, so its count never falls to 0 and is never 1 in the program's hands.
    ///
    /// To drop a reference is to take 1 away and, when the result *as a signed number* is 0 or less, to call `ref_free`:
    /// one test both for the last owner and for an object that the cycle collector wants to know of.
    pub count: u32,
    /// [`Kind`] in bits 0–7, flags in bits 8–11, detail in bits 12–31: the [`Rep`] of a list's items, the
    /// key and value reps of a map (`key | value << 4`), the shape of a record or closure.
    pub meta: u32,
}

/// Bit of [`Header::count`]: objects of this one's type can refer to one another in a circle, and the cycle collector does
/// not know it as a candidate yet. Lists of unboxed items and strings never have it.
pub const WATCHED: u32 = 1 << 31;
/// Bit of [`Header::meta`]: objects of this one's type can refer to one another in a circle.
pub const META_CYCLIC: u32 = 1 << 9;
/// Bits of [`Header::meta`] that belong to the cycle collector while it works, and are 0 at all other times.
pub const META_COLORS: u32 = 3 << 10;

/// Bit of [`Header::meta`]: a string all of whose bytes are ASCII.
pub const META_ASCII: u32 = 1 << 8;
/// Where the detail begins in [`Header::meta`].
pub const META_DETAIL: u32 = 12;

impl Header {
    /// The header of a new object, owned once.
    pub const fn new(kind: Kind, detail: u32) -> Header {
        Header { count: 1, meta: kind as u32 | detail << META_DETAIL }
    }
    /// How many references own the object.
    #[inline]
    pub const fn owners(self) -> u32 {
        self.count & !WATCHED
    }
    /// Whether this is all that is left to do for one owner less, when 1 has been taken from the count: there are other
    /// owners, and nobody has to be told.
    #[inline]
    pub const fn stays(self) -> bool {
        self.count as i32 > 0
    }
    /// What the object is.
    #[inline]
    pub const fn kind(self) -> Kind {
        Kind::from_number(self.meta & 0xff)
    }
    /// A list's item rep, a map's reps, a record's or closure's shape.
    #[inline]
    pub const fn detail(self) -> u32 {
        self.meta >> META_DETAIL
    }
}

/// A string: this, then `capacity` bytes of UTF-8 of which `len` are used.
#[derive(Debug)]
#[repr(C)]
pub struct Str {
    pub header: Header,
    /// In bytes.
    pub len: u64,
    /// In bytes.
    pub capacity: u64,
    /// 0 = not computed yet.
    pub hash: u64,
    /// For long strings that are not ASCII, where every 64th character begins; null = not built yet.
    pub index: *mut u64,
}

/// A list: `len` items of its rep at `items`, bytes for bools, words for all others.
#[derive(Debug)]
#[repr(C)]
pub struct List {
    pub header: Header,
    pub len: u64,
    /// In items.
    pub capacity: u64,
    pub items: *mut u8,
}

/// A map: entries in order of insertion, found through a hash index; both are the runtime's.
#[derive(Debug)]
#[repr(C)]
pub struct Map {
    pub header: Header,
    /// Entries present.
    pub len: u64,
    /// The runtime's table.
    pub table: *mut u8,
}

/// A struct, variant or cell: this, then one word per field of its shape.
#[derive(Debug)]
#[repr(C)]
pub struct Record {
    pub header: Header,
}

/// A function value: this, then one word per captured value of its shape.
#[derive(Debug)]
#[repr(C)]
pub struct Closure {
    pub header: Header,
    /// Index in [`Context::functions`] and in the program's functions.
    pub function: u64,
}

/// Rows that are read one by one: who reads them is the runtime's.
#[derive(Debug)]
#[repr(C)]
pub struct Rows {
    pub header: Header,
    /// The runtime's reader.
    pub reader: *mut u8,
}

/// Bytes before a record's first field.
pub const RECORD_FIELDS: usize = size_of::<Record>();
/// Bytes before a closure's first capture.
pub const CLOSURE_CAPTURES: usize = size_of::<Closure>();
/// Bytes before a string's first byte.
pub const STR_BYTES: usize = size_of::<Str>();

/// NaN-boxing, after JavaScriptCore's `JSCJSValue`: pointers are themselves, doubles are shifted up by 2^49, ints of
/// up to 49 bits carry the highest tag, and the few constants are words that no pointer can be.
pub mod any {
    /// `none`.
    pub const NONE: u64 = 0;
    /// `false`; `true` is one more.
    pub const FALSE: u64 = 2;
    /// `true`.
    pub const TRUE: u64 = 3;
    /// The value of what has none.
    pub const UNIT: u64 = 4;
    /// Added to a double's bits; every double, NaN made canonical, then lies in 2^49 ..= 0xfffd…
    pub const FLOAT_OFFSET: u64 = 1 << 49;
    /// An int is this plus its low 49 bits.
    pub const INT_TAG: u64 = 0xfffe << 48;
    /// The only NaN that is boxed.
    pub const CANONICAL_NAN: u64 = 0x7ff8 << 48;

    /// The int as a word, unless it needs a box.
    pub const fn from_int(value: i64) -> Option<u64> {
        if value << 15 >> 15 == value {
            Some(INT_TAG | (value as u64 & ((1 << 49) - 1)))
        } else {
            None
        }
    }
    /// The int in a word that [`is_int`].
    pub const fn to_int(word: u64) -> i64 {
        (word << 15) as i64 >> 15
    }
    /// Whether the word is an inline int.
    pub const fn is_int(word: u64) -> bool {
        word >= INT_TAG
    }
    /// The float as a word.
    pub const fn from_float(value: f64) -> u64 {
        let bits = if value.is_nan() { CANONICAL_NAN } else { value.to_bits() };
        bits + FLOAT_OFFSET
    }
    /// The float in a word that [`is_float`].
    pub const fn to_float(word: u64) -> f64 {
        f64::from_bits(word - FLOAT_OFFSET)
    }
    /// Whether the word is a float.
    pub const fn is_float(word: u64) -> bool {
        word >= FLOAT_OFFSET && word < INT_TAG
    }
    /// The bool as a word.
    pub const fn from_bool(value: bool) -> u64 {
        FALSE + value as u64
    }
    /// Whether the word is a bool.
    pub const fn is_bool(word: u64) -> bool {
        word | 1 == TRUE
    }
    /// Whether the word points to an object.
    pub const fn is_ref(word: u64) -> bool {
        word > UNIT && word < FLOAT_OFFSET
    }
}

/// What every compiled function gets first. Compiled code reads and writes the fields up to `globals`; the rest is the
/// runtime's.
#[derive(Debug)]
#[repr(C)]
pub struct Context {
    /// The lowest stack address that a frame may begin at.
    pub stack_limit: usize,
    /// Nonzero asks compiled code to call `poll` at the next back edge.
    pub poll: u32,
    /// The kind of the trap that is on its way out; 0 = none. See [`crate::trap`].
    pub trap: u32,
    /// The stack pointer to restore when a trap leaves machine code.
    pub saved_stack: usize,
    /// Entry of each function by its number.
    pub functions: *const usize,
    /// The runtime functions.
    pub runtime: *const crate::functions::RuntimeTable,
    /// One word per global.
    pub globals: *mut u64,
    /// The program's constant strings, each owned by the program.
    pub strings: *const *mut Str,
    /// What the program brings along.
    pub program: *const crate::program::ProgramInfo,
    /// The runtime's own state: output, trap in flight, door into compiled code.
    pub state: *mut u8,
}
