//! The operations of the IR, one row each: meaning, variant, text name, operands, result, immediate, effects.
//! This table is the only place where an op is described; the enum, the verifier's type rules, the
//! reader and printer, the placing of `dup` and `drop`, and the documentation are made from it.
//!
//! Reading a row:
//! - `own` before an operand: the op consumes that reference. Otherwise it borrows it.
//! - `borrow` before the result: the result points into the first operand (or to something the program owns), which
//!   owns it; whoever keeps it must `dup` it. Without, a result that can be counted is owned.
//! - Operands: a type; `List` any list; `Item` the item type of the first operand's list; `Ref` any pointer type;
//!   `Counted` a pointer or `any`; `Value` any type; `Same` the type of the result.
//! - `rest` as the last operand: any number more, typed and owned as the callee, shape or list says.
//! - Result: a type; `Declared` what the instruction says; `Nothing`.
//! - Ops called *proved* have the meaning of their namesake and the precondition that it would not trap. Whoever makes
//!   one **must** know that.

/// Hands the table to the macro `$m`.
#[macro_export]
macro_rules! for_each_op {
    ($m:ident) => { $m! {
        // -- constants -----------------------------------------------------------
        /// The immediate.
        I64Const       "i64.const"        () -> I64, Int [];
        /// The immediate's bits as a float.
        F64Const       "f64.const"        () -> F64, Float [];
        /// The immediate, 0 or 1.
        BoolConst      "bool.const"       () -> Bool, Int [];
        /// A constant string of the program, which owns it.
        StrConst       "str.const"        () -> borrow Str, Str [];
        /// `none`: the null pointer, or `none` as `any`.
        None           "none"             () -> Declared, None [];

        // -- i64 ------------------------------------------------------------------
        /// `a + b`. Traps with `AddOverflow` when it does not fit.
        I64Add         "i64.add"          (I64, I64) -> I64, None [COMMUTES | TRAPS];
        /// `a - b`. Traps with `SubOverflow`.
        I64Sub         "i64.sub"          (I64, I64) -> I64, None [TRAPS];
        /// `a * b`. Traps with `MulOverflow`.
        I64Mul         "i64.mul"          (I64, I64) -> I64, None [COMMUTES | TRAPS];
        /// `a / b`, rounded toward zero. Traps with `DivideByZero`, or with `DivOverflow` for `MIN / -1`.
        I64Div         "i64.div"          (I64, I64) -> I64, None [TRAPS];
        /// `a - b * (a / b)`, with the sign of `a`; `MIN % -1` is 0. Traps with `DivideByZero`.
        I64Rem         "i64.rem"          (I64, I64) -> I64, None [TRAPS];
        /// `-a`. Traps with `NegOverflow` for `MIN`.
        I64Neg         "i64.neg"          (I64) -> I64, None [TRAPS];
        /// `i64.add`, proved to fit.
        I64AddProved   "i64.add.proved"   (I64, I64) -> I64, None [COMMUTES];
        /// `i64.sub`, proved to fit.
        I64SubProved   "i64.sub.proved"   (I64, I64) -> I64, None [];
        /// `i64.mul`, proved to fit.
        I64MulProved   "i64.mul.proved"   (I64, I64) -> I64, None [COMMUTES];
        /// `i64.div`, the divisor proved to be neither 0 nor -1.
        I64DivProved   "i64.div.proved"   (I64, I64) -> I64, None [];
        /// `i64.rem`, the divisor proved to be neither 0 nor -1.
        I64RemProved   "i64.rem.proved"   (I64, I64) -> I64, None [];
        /// Whether `a` stands to `b` as the condition says.
        I64Cmp         "i64.cmp"          (I64, I64) -> Bool, Condition [];
        /// The nearest float.
        I64ToF64       "i64.to.f64"       (I64) -> F64, None [];

        // -- f64 ------------------------------------------------------------------
        /// `a + b`, IEEE 754.
        F64Add         "f64.add"          (F64, F64) -> F64, None [COMMUTES];
        /// `a - b`.
        F64Sub         "f64.sub"          (F64, F64) -> F64, None [];
        /// `a * b`.
        F64Mul         "f64.mul"          (F64, F64) -> F64, None [COMMUTES];
        /// `a / b`. Traps with `DivideByZero` when `b` is 0 or -0.
        F64Div         "f64.div"          (F64, F64) -> F64, None [TRAPS];
        /// `f64.div`, the divisor proved not to be 0.
        F64DivProved   "f64.div.proved"   (F64, F64) -> F64, None [];
        /// `-a`.
        F64Neg         "f64.neg"          (F64) -> F64, None [];
        /// The square root; NaN for a negative number.
        F64Sqrt        "f64.sqrt"         (F64) -> F64, None [];
        /// Whether `a` stands to `b` as the condition says; with a NaN only `ne` holds.
        F64Cmp         "f64.cmp"          (F64, F64) -> Bool, Condition [];
        /// Rounded toward zero. Traps with `FloatToInt` when it is NaN or does not fit.
        F64ToI64       "f64.to.i64"       (F64) -> I64, None [TRAPS];

        // -- bool -----------------------------------------------------------------
        /// The other one.
        BoolNot        "bool.not"         (Bool) -> Bool, None [];
        /// Whether both are the same.
        BoolEq         "bool.eq"          (Bool, Bool) -> Bool, None [COMMUTES];
        /// `b` when `a`, else `c`. Only for types that are not counted.
        Select         "select"           (Bool, Same, Same) -> Declared, None [];

        // -- any and none ---------------------------------------------------------
        /// The value as `any`. A pointer keeps its bits; an int of more than 49 bits gets a box.
        AnyFrom        "any.from"         (own Value) -> Any, None [ALLOCATES];
        /// `any` as the declared type: int, float (an int is widened), bool, or a pointer to an object of the declared
        /// type's kind, and, for a list, with its item representation. Traps with `Cast`.
        AnyTo          "any.to"           (Any) -> borrow Declared, None [TRAPS];
        /// Whether it is `none`.
        IsNone         "is.none"          (Counted) -> Bool, None [];
        /// The value itself, as the same type. Traps with `NoneValue` when it is `none`.
        CheckSome      "check.some"       (Counted) -> borrow Same, None [TRAPS];
        /// Whether both are the same object or word.
        RefSame        "ref.same"         (Counted, Counted) -> Bool, None [COMMUTES];

        // -- lists ----------------------------------------------------------------
        /// An empty list with room for as many items as the operand says.
        ListNew        "list.new"         (I64) -> Declared, None [ALLOCATES | TRAPS];
        /// A list of the operands, which have its item type.
        ListOf         "list.of"          (rest) -> Declared, None [ALLOCATES | TRAPS];
        /// How many items.
        ListLen        "list.len"         (List) -> I64, None [READS];
        /// Item `i`, from the end when negative. Traps with `ListIndex`.
        ListGet        "list.get"         (List, I64) -> borrow Declared, None [READS | TRAPS];
        /// Replaces item `i`, dropping what was there. Traps with `ListIndex`.
        ListSet        "list.set"         (List, I64, own Item) -> Nothing, None [WRITES | TRAPS];
        /// Moves item `i` out, leaving 0. Traps with `ListIndex`.
        ListTake       "list.take"        (List, I64) -> Declared, None [WRITES | TRAPS];
        /// The list with the item at its end: in place when it is unique, else a copy.
        ListPush       "list.push"        (own List, own Item) -> Declared, None [WRITES | ALLOCATES | TRAPS];
        /// The index `a` into a list of length `b`, counted from the start. Traps with `ListIndex` when it is outside.
        IndexCheck     "index.check"      (I64, I64) -> I64, None [TRAPS];
        /// Item `i` of a list, `i` proved to be inside.
        ListLoad       "list.load"        (List, I64) -> borrow Declared, None [READS];
        /// Replaces item `i`, proved to be inside, dropping what was there.
        ListStore      "list.store"       (List, I64, own Item) -> Nothing, None [WRITES];

        // -- records --------------------------------------------------------------
        /// A record of the immediate's shape with these fields.
        RecordNew      "record.new"       (rest) -> Record, Shape [ALLOCATES | TRAPS];
        /// The field at the immediate's place. The record is not null.
        FieldGet       "field.get"        (Record) -> borrow Declared, Int [READS];
        /// Replaces the field, dropping what was there.
        FieldSet       "field.set"        (Record, own Value) -> Nothing, Int [WRITES];
        /// Moves the field out, leaving 0.
        FieldTake      "field.take"       (Record) -> Declared, Int [WRITES];
        /// The number of the record's shape.
        RecordShape    "record.shape"     (Record) -> I64, None [];

        // -- closures -------------------------------------------------------------
        /// A closure of the immediate's function with these captures.
        ClosureMake    "closure.make"     (rest) -> Closure, Function [ALLOCATES | TRAPS];
        /// The capture at the immediate's place.
        CaptureGet     "capture.get"      (Closure) -> borrow Declared, Int [READS];

        // -- globals --------------------------------------------------------------
        /// The global with the immediate's number.
        GlobalGet      "global.get"       () -> borrow Declared, Global [READS];
        /// Replaces the global, dropping what was there.
        GlobalSet      "global.set"       (own Value) -> Nothing, Global [WRITES];
        /// Moves the global out, leaving 0.
        GlobalTake     "global.take"      () -> Declared, Global [WRITES];

        // -- calls ----------------------------------------------------------------
        /// Calls the immediate's function; its parameters say what is consumed.
        Call           "call"             (rest) -> Declared, Function [CALLS];
        /// Calls a closure; it and all arguments are consumed.
        CallClosure    "call.closure"     (own Closure, rest) -> Declared, None [CALLS];
        /// Calls a runtime function; its row says what is consumed and what it does.
        CallRuntime    "call.runtime"     (rest) -> Declared, Runtime [CALLS];

        // -- reference counts -----------------------------------------------------
        /// One more owner, when it is an object.
        Dup            "dup"              (Counted) -> Nothing, None [COUNTS];
        /// One owner less, when it is an object; the last one frees it.
        Drop           "drop"             (own Counted) -> Nothing, None [COUNTS | WRITES];

        // -- control --------------------------------------------------------------
        /// Gives the engine a chance to interrupt; stands at back edges.
        Poll           "poll"             () -> Nothing, None [TRAPS];
        /// Goes to the target.
        Jump           "jump"             () -> Nothing, None [TERMINATES];
        /// Goes to the first target when true, else to the second.
        Branch         "branch"           (Bool) -> Nothing, None [TERMINATES];
        /// Goes to target `a - immediate`, or to the last target when there is none.
        Switch         "switch"           (I64) -> Nothing, Int [TERMINATES];
        /// Leaves the function with its result, if it has one, which is owned by the caller.
        Return         "return"           (rest) -> Nothing, None [TERMINATES];
        /// Leaves the function with the result of a call that takes over its frame. All arguments are consumed.
        TailCall       "tail.call"        (rest) -> Nothing, Function [TERMINATES | CALLS];
        /// The same for a closure.
        TailCallClosure "tail.call.closure" (own Closure, rest) -> Nothing, None [TERMINATES | CALLS];
        /// Stops the program with the immediate's kind; up to two ints are its words.
        Trap           "trap"             (rest) -> Nothing, Trap [TERMINATES | TRAPS];
    }};
}

/// What an operand may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    I64,
    F64,
    Bool,
    Str,
    Record,
    Closure,
    Any,
    List,
    Item,
    Counted,
    Value,
    Same,
}

/// What a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    I64,
    F64,
    Bool,
    Str,
    Record,
    Closure,
    Any,
    /// The type of the first operand.
    Same,
    /// What the instruction says.
    Declared,
    Nothing,
}

/// What an immediate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Immediate {
    None,
    Int,
    Float,
    /// [`crate::program::StrId`].
    Str,
    /// [`Condition`].
    Condition,
    /// [`crate::program::ShapeId`].
    Shape,
    /// [`crate::program::FunctionId`].
    Function,
    /// [`mochi_abi::functions::RuntimeFunction`].
    Runtime,
    /// [`crate::program::GlobalId`].
    Global,
    /// [`mochi_abi::trap::TrapKind`].
    Trap,
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Condition {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Condition {
    /// Every condition, in the order of its number.
    pub const ALL: [Condition; 6] =
        [Condition::Eq, Condition::Ne, Condition::Lt, Condition::Le, Condition::Gt, Condition::Ge];

    /// As the text form writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Condition::Eq => "eq",
            Condition::Ne => "ne",
            Condition::Lt => "lt",
            Condition::Le => "le",
            Condition::Gt => "gt",
            Condition::Ge => "ge",
        }
    }
    /// The one that holds when the operands change places.
    pub const fn swapped(self) -> Condition {
        match self {
            Condition::Eq => Condition::Eq,
            Condition::Ne => Condition::Ne,
            Condition::Lt => Condition::Gt,
            Condition::Le => Condition::Ge,
            Condition::Gt => Condition::Lt,
            Condition::Ge => Condition::Le,
        }
    }
    /// The one that holds exactly when this does not. For ints only: with a NaN both are false.
    pub const fn inverted(self) -> Condition {
        match self {
            Condition::Eq => Condition::Ne,
            Condition::Ne => Condition::Eq,
            Condition::Lt => Condition::Ge,
            Condition::Le => Condition::Gt,
            Condition::Gt => Condition::Le,
            Condition::Ge => Condition::Lt,
        }
    }
}

/// The operands may change places.
pub const COMMUTES: u16 = 1;
/// Can stop the program.
pub const TRAPS: u16 = 2;
/// Depends on memory that can change.
pub const READS: u16 = 4;
/// Changes memory.
pub const WRITES: u16 = 8;
/// Takes memory.
pub const ALLOCATES: u16 = 16;
/// Runs other code, which may do anything.
pub const CALLS: u16 = 32;
/// Changes a reference count.
pub const COUNTS: u16 = 64;
/// Ends a block.
pub const TERMINATES: u16 = 128;

/// What a row says.
#[derive(Debug)]
pub struct OpRow {
    pub name: &'static str,
    /// Type and whether it is consumed.
    pub operands: &'static [(Operand, bool)],
    /// More operands may follow.
    pub rest: bool,
    pub result: Outcome,
    /// The result is owned by somebody else.
    pub borrows: bool,
    pub immediate: Immediate,
    pub effects: u16,
    /// The row's comment.
    pub doc: &'static str,
}

macro_rules! operands {
    (@ [$($done:tt)*] ) => { &[$($done)*] };
    (@ [$($done:tt)*] rest) => { &[$($done)*] };
    (@ [$($done:tt)*] own $ty:ident $(, $($more:tt)*)?) => { operands!(@ [$($done)* (Operand::$ty, true),] $($($more)*)?) };

    (@ [$($done:tt)*] $ty:ident $(, $($more:tt)*)?) => { operands!(@ [$($done)* (Operand::$ty, false),] $($($more)*)?) };
}
macro_rules! has_rest {
    (rest) => { true };
    (own $ty:ident $(, $($more:tt)*)?) => { has_rest!($($($more)*)?) };
    ($ty:ident $(, $($more:tt)*)?) => { has_rest!($($($more)*)?) };
    () => { false };
}
macro_rules! outcome {
    (borrow $ty:ident) => {
        (Outcome::$ty, true)
    };
    ($ty:ident) => {
        (Outcome::$ty, false)
    };
}

macro_rules! define_ops {
    ($( $(#[doc = $doc:literal])* $op:ident $name:literal ($($operand:tt)*) -> $($result:ident)+, $immediate:ident [$($effect:ident)|*]; )*) => {
        /// An operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op { $( $(#[doc = $doc])* $op ),* }

        impl Op {
            /// Every op, in the order of its number.
            pub const ALL: &'static [Op] = &[$(Op::$op),*];

            /// Its row.
            pub const fn row(self) -> &'static OpRow {
                const ROWS: &[OpRow] = &[$(OpRow {
                    name: $name,
                    operands: operands!(@ [] $($operand)*),
                    rest: has_rest!($($operand)*),
                    result: outcome!($($result)+).0,
                    borrows: outcome!($($result)+).1,
                    immediate: Immediate::$immediate,
                    effects: 0 $(| $effect)*,
                    doc: concat!($($doc),*),
                }),*];
                &ROWS[self as usize]
            }

            /// The op with this name in the text form.
            pub fn by_name(name: &str) -> Option<Op> {
                Op::ALL.iter().copied().find(|op| op.row().name == name)
            }

            /// Whether it has one of these effects.
            pub const fn has(self, effects: u16) -> bool {
                self.row().effects & effects != 0
            }
        }
    };
}
for_each_op!(define_ops);

// Laws of the table, checked when it is compiled.
const _: () = {
    let mut i = 0;
    while i < Op::ALL.len() {
        let row = Op::ALL[i].row();
        assert!(
            row.effects & COMMUTES == 0 || row.operands.len() == 2,
            "only ops of two operands commute"
        );
        assert!(
            row.effects & TERMINATES == 0 || matches!(row.result, Outcome::Nothing),
            "a terminator has no result"
        );
        i += 1;
    }
};

/// What an emitter does with an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// It has a method for it.
    Emit,
    /// It wants the op rewritten into thinner ones first.
    Expand,
    /// It does not cover it, because.
    Decline(&'static str),
}

/// An emitter's own table, which is its dispatch: `emit` names a method per op, `expand` wants thinner ops, `decline` says
/// why not. An op that is in none of the three does not compile, nor one that is in two.
///
/// `context` is handed through to the methods as it is: `fn method(&mut self, <context>) -> Result<(), Error>`.
#[macro_export]
macro_rules! emitter_ops {
    // For an emitter that is generic.
    ( [$($generic:tt)*] $emitter:ty as $name:literal, $context:tt -> $error:ty; $($table:tt)* ) => {
        $crate::emitter_ops! { @table [$($generic)*], $emitter, $name, $context, $context, $error; $($table)* }
    };
    ( $emitter:ty as $name:literal, $context:tt -> $error:ty; $($table:tt)* ) => {
        $crate::emitter_ops! { @table [], $emitter, $name, $context, $context, $error; $($table)* }
    };
    // The context comes twice: taken apart for the signature, and whole for each call, where it is inside of a repetition.
    ( @call $this:ident, $method:ident, ($($context:ident : $context_type:ty),*) ) => { $this.$method($($context),*) };
    ( @table [$($generic:tt)*], $emitter:ty, $name:literal, ($($context:ident : $context_type:ty),*), $whole:tt, $error:ty;
      emit { $($($e:ident)|+ => $method:ident;)* }
      expand { $($x:ident)* }
      decline { $($($d:ident)|+ => $why:literal;)* } ) => {
        /// What this emitter does with `op`.
        pub const fn cover(op: $crate::op::Op) -> $crate::op::Cover {
            use $crate::op::{Cover, Op};
            match op {
                $( $(Op::$e)|+ => Cover::Emit, )*
                $( Op::$x => Cover::Expand, )*
                $( $(Op::$d)|+ => Cover::Decline($why), )*
            }
        }
        impl<$($generic)*> $emitter {
            pub(super) fn op(&mut self, op: $crate::op::Op $(, $context: $context_type)*) -> Result<(), $error> {
                use $crate::op::Op;
                match op {
                    $( $(Op::$e)|+ => $crate::emitter_ops!(@call self, $method, $whole), )*
                    $( Op::$x => unreachable!("`{}` is expanded before emission", op.row().name), )*
                    $( $(Op::$d)|+ => Err(<$error>::declined($name, op, $why)), )*
                }
            }
        }
        // Every op is listed (by `match`), and none twice (by this).
        const _: () = {
            use $crate::op::Op;
            const LISTED: &[Op] = &[$($(Op::$e,)+)* $(Op::$x,)* $($(Op::$d,)+)*];
            assert!(LISTED.len() == Op::ALL.len(), "an op is listed twice");
        };
    };
}
