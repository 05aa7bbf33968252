//! How a running program stops.
//!
//! A *trap* is an error of the running program: a kind and up to two words or a text that its
//! message shows. The protocol, the same for every emitter:
//! - Whoever finds the error calls the runtime's `raise` (compiled code) or sets it itself (a
//!   runtime function); this fills the trap in flight and makes [`crate::layout::Context::trap`] nonzero.
//! - A runtime function that traps returns any value; its caller **must** look at `Context::trap`
//!   before using it, when the function's row says `TRAPS`.
//! - Each function that the trap leaves adds its site to the call stack, innermost first.
//! - No Rust frame is skipped and no panic crosses: Rust code that called back into Mochi sees the
//!   trap and returns.

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal $class:ident $message:literal $help:literal;)*) => {
        /// Why a program stopped.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum TrapKind { $($(#[$doc])* $name = $code),* }

        impl TrapKind {
            /// Every kind.
            pub const ALL: &'static [TrapKind] = &[$(TrapKind::$name),*];

            /// The message: `{a}`, `{b}` stand for the trap's words as ints, `{text}` for its text.
            pub const fn message(self) -> &'static str {
                match self { $(TrapKind::$name => $message),* }
            }
            /// The code that its diagnostic carries; several kinds can share one.
            pub const fn diagnostic_code(self) -> &'static str {
                match self { $(TrapKind::$name => stringify!($class)),* }
            }
            /// What the user can do about it; may be empty.
            pub const fn help(self) -> &'static str {
                match self { $(TrapKind::$name => $help),* }
            }
            /// The kind's name, as the text form of the IR writes it.
            pub const fn name(self) -> &'static str {
                match self { $(TrapKind::$name => stringify!($name)),* }
            }
            /// The kind with this number.
            pub const fn from_code(code: u32) -> Option<TrapKind> {
                match code { $($code => Some(TrapKind::$name),)* _ => None }
            }
        }
    };
}

traps! {
    /// `a + b` does not fit.
    AddOverflow = 1 R001 "integer overflow: {a} + {b} does not fit in 64 bits" "use `bigint` for numbers of this size";
    SubOverflow = 2 R001 "integer overflow: {a} - {b} does not fit in 64 bits" "use `bigint` for numbers of this size";
    MulOverflow = 3 R001 "integer overflow: {a} * {b} does not fit in 64 bits" "use `bigint` for numbers of this size";
    /// `MIN / -1`.
    DivOverflow = 4 R001 "integer overflow: {a} / {b} does not fit in 64 bits" "use `bigint` for numbers of this size";
    NegOverflow = 5 R001 "integer overflow: -({a}) does not fit in 64 bits" "use `bigint` for numbers of this size";
    DivideByZero = 6 R002 "division by zero" "check the divisor first";
    /// A list index; `b` is the length.
    ListIndex = 7 R003 "list index out of range: {a} (len {b})" "indices run from 0 to the length less 1, or from -1 back to minus the length";
    StringIndex = 8 R003 "string index out of range: {a} (len {b})" "indices run from 0 to the length less 1, or from -1 back to minus the length";
    /// The text is the key as printed.
    MissingKey = 9 R004 "key not found in map: {text}" "ask with `key in map`, or give a default with `??`";
    /// A value is none where one is needed.
    NoneValue = 10 R005 "a value is needed here, and this is none" "check for `none` first, or give a default with `??`";
    /// `any` to something it is not; the text says both.
    Cast = 11 R006 "{text}" "";
    /// No arm of a match fits; the text is the value.
    NoMatch = 12 R011 "no case matches {text}" "add a case for it, or `_ =>` for all others";
    StackOverflow = 13 R009 "stack overflow" "the recursion does not end, or is too deep";
    OutOfMemory = 14 R010 "out of memory" "";
    /// `panic(text)`.
    Panic = 15 R007 "{text}" "";
    /// `expect` of something false; the text shows both sides where there are two.
    Expect = 16 R008 "expectation failed{text}" "";
    /// A float that is NaN, infinite or too large to be an int; the text shows it.
    FloatToInt = 17 R006 "{text} cannot be an int" "check its range first";
    /// A builtin was given something it cannot use; the text says what and why.
    Argument = 18 R013 "{text}" "";
    /// An operator met operands that it has no meaning for (with `any`).
    Operand = 19 R012 "{text}" "";
    /// `extern` without anything behind it; the text is its name.
    Extern = 20 R012 "{text} is external, and nothing provides it" "built in are `math` of Python, and `math`, `strings` and `os` of Go";
    /// Reading, writing or parsing data failed; the text says what.
    Data = 21 R014 "{text}" "";
    /// A step of zero in a slice or range.
    ZeroStep = 22 R013 "the step must not be zero" "";
    /// Ctrl-C.
    Interrupted = 23 R016 "interrupted" "";
    /// Not an error: the program ends now, with the exit code `a`. Nothing is shown.
    Exit = 24 R016 "the program ended with exit code {a}" "";
    /// `pow(a, b)` does not fit.
    PowOverflow = 25 R001 "integer overflow: pow({a}, {b}) does not fit in 64 bits" "use `bigint` for numbers of this size";
    FactorialOverflow = 26 R001 "integer overflow: the factorial of {a} does not fit in 64 bits" "use `bigint` for numbers of this size";
    /// A text that `eval` was given is wrong, or stopped; the text says why and where in it.
    Eval = 27 R018 "`eval` failed: {text}" "";
}
