//! What a program brings along as data: its types as far as a cast needs them, the shapes of its
//! records, its functions' names and the source positions that errors point at. Plain `repr(C)` tables, so that the C emitter can write
//! them down and the engine can build them in memory.

use crate::layout::{Closure, Context, Rep, Str};

/// A `&'static [T]` with a layout.
#[derive(Debug)]
#[repr(C)]
pub struct Slice<T> {
    pub items: *const T,
    pub len: usize,
}

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Slice<T> {}

/// UTF-8.
pub type Text = Slice<u8>;

/// What a shape describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum ShapeKind {
    Struct,
    /// A variant of a union.
    Variant,
    /// A variable shared by closures: one field.
    Cell,
    /// The captures of a closure.
    Captures,
    /// The state of an agent: equal only to itself, and no other value can be cast to it.
    Agent,
}

/// The layout of a record or of a closure's captures.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Shape {
    pub name: Text,
    pub kind: ShapeKind,
    /// Shapes of the same union share this number; 0 = none.
    pub union: u32,
    /// Its objects can be part of a circle of references, so the cycle collector watches them.
    pub cyclic: bool,
    pub fields: Slice<ShapeField>,
}

/// A field, in the order of its place in the record.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct ShapeField {
    pub name: Text,
    pub rep: Rep,
    /// Its type, an index in [`ProgramInfo::types`]; [`NO_TYPE`] when nothing is ever cast to the record.
    pub ty: u32,
}

/// Stands where no type or signature is known. A cast to a place of this type checks the rep only, and refuses objects.
pub const NO_TYPE: u32 = u32::MAX;

/// What a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum TypeKind {
    Any,
    Unit,
    Int,
    Float,
    Bool,
    Str,
    BigInt,
    BigRat,
    /// `a` is the item's type.
    List,
    /// `a` is the key's type, `b` the value's.
    Map,
    /// `a` is the shape.
    Record,
    /// `a` is the number of the union, as its shapes have it.
    Union,
    /// `a` is an index in [`ProgramInfo::signatures`].
    Function,
    /// `a` is the type of the value when there is one.
    Option,
}

/// A type, as casts from `any` check it and containers are converted to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct TypeInfo {
    pub kind: TypeKind,
    pub a: u32,
    pub b: u32,
}

/// The parameters and result of functions, as indices in [`ProgramInfo::types`]. Equal ones **must** be one entry,
/// and so **must** equal types: a cast of a function compares numbers.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Signature {
    pub params: Slice<u32>,
    pub result: u32,
}

/// A function, by its number.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct FunctionInfo {
    /// As it stands in a call stack.
    pub name: Text,
    /// How many arguments a closure of it takes, its environment not counted.
    pub arity: u32,
    /// The shape of its captures; `u32::MAX` when it is no closure.
    pub captures: u32,
    /// An index in [`ProgramInfo::signatures`]; [`NO_TYPE`] when the function is never a value in an `any`.
    pub signature: u32,
}

/// A place in the source that can trap or call, by its number (a *site*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Site {
    /// The function it is in, as the source has it.
    pub function: u32,
    /// Bytes from the start of the source.
    pub start: u32,
    pub end: u32,
    /// The site of the call that the function came by when it is inlined; [`NO_SITE`] otherwise.
    pub caller: u32,
}

/// Stands where there is no site.
pub const NO_SITE: u32 = u32::MAX;

/// A file of the source.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct SourceFile {
    /// The path as messages show it.
    pub path: Text,
    /// Where it begins in [`ProgramInfo::source`].
    pub start: usize,
}

/// All of it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct ProgramInfo {
    /// The files in the order of their texts, a byte between each and the next.
    pub files: Slice<SourceFile>,
    pub source: Text,
    pub types: Slice<TypeInfo>,
    pub signatures: Slice<Signature>,
    pub shapes: Slice<Shape>,
    pub functions: Slice<FunctionInfo>,
    pub sites: Slice<Site>,
    /// Rep of each global.
    pub globals: Slice<Rep>,
    pub strings: Slice<Text>,
}

/// Calls a closure of the program from outside: consumes the closure and the arguments (words, as many as its function
/// takes); the result is a word that the caller owns. A trap shows in [`Context::trap`].
pub type CallClosure = extern "C" fn(*mut Context, *mut Closure, *const u64, usize) -> u64;

/// A built program, as its C `main` hands it to `int mochi_start(int argc, char **argv, const BuiltProgram *program)`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct BuiltProgram {
    pub info: *const ProgramInfo,
    /// Entry of each function by its number; becomes [`Context::functions`].
    pub functions: *const usize,
    /// One word for each global, all 0; becomes [`Context::globals`].
    pub globals: *mut u64,
    /// Room for one pointer per constant string, filled before `main`; becomes [`Context::strings`].
    pub strings: *mut *mut Str,
    /// The program's statements.
    pub main: extern "C" fn(*mut Context),
    pub call_closure: CallClosure,
}
