//! A word in the hands of Rust: from the arguments of a runtime function to words and back, and a word with its rep as
//! the value that it stands for.

use mochi_abi::layout::{Closure, Header, Kind, List, Map, Record, Rep, Str, any};

use crate::big::{BigInt, BigRat};
use crate::object::{Object, boxed_int, object};

/// What an argument or a result of a runtime function is as a word.
pub(crate) trait Word: Copy {
    fn from_word(word: u64) -> Self;
    fn into_word(self) -> u64;
}
impl Word for u64 {
    fn from_word(word: u64) -> u64 {
        word
    }
    fn into_word(self) -> u64 {
        self
    }
}
impl Word for i64 {
    fn from_word(word: u64) -> i64 {
        word as i64
    }
    fn into_word(self) -> u64 {
        self as u64
    }
}
impl Word for f64 {
    fn from_word(word: u64) -> f64 {
        f64::from_bits(word)
    }
    fn into_word(self) -> u64 {
        self.to_bits()
    }
}
impl Word for () {
    fn from_word(_: u64) {}
    fn into_word(self) -> u64 {
        0
    }
}
impl<T> Word for *mut T {
    fn from_word(word: u64) -> *mut T {
        word as *mut T
    }
    fn into_word(self) -> u64 {
        self as u64
    }
}

/// What a word stands for; objects are borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    None,
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    BigInt(*mut BigInt),
    BigRat(*mut BigRat),
    Str(*mut Str),
    List(*mut List),
    Map(*mut Map),
    Record(*mut Record),
    Closure(*mut Closure),
}

impl Value {
    /// The value of a word of this rep.
    #[inline]
    pub(crate) fn of(word: u64, rep: Rep) -> Value {
        match rep {
            Rep::I64 => Value::Int(word as i64),
            Rep::F64 => Value::Float(f64::from_bits(word)),
            Rep::Bool => Value::Bool(word != 0),
            Rep::Ref => Value::of_object(object(word)),
            Rep::Any => Value::of_any(word),
        }
    }

    /// The value in a NaN-boxed word.
    #[inline]
    pub(crate) fn of_any(word: u64) -> Value {
        if any::is_int(word) {
            Value::Int(any::to_int(word))
        } else if any::is_float(word) {
            Value::Float(any::to_float(word))
        } else if any::is_ref(word) {
            Value::of_object(object(word))
        } else if any::is_bool(word) {
            Value::Bool(word == any::TRUE)
        } else if word == any::UNIT {
            Value::Unit
        } else {
            Value::None
        }
    }

    /// The value that an object is.
    #[inline]
    pub(crate) fn of_object(object: *mut Header) -> Value {
        if object.is_null() {
            return Value::None;
        }
        match object.kind() {
            Kind::Str => Value::Str(object.cast()),
            Kind::List => Value::List(object.cast()),
            Kind::Map => Value::Map(object.cast()),
            Kind::Record => Value::Record(object.cast()),
            Kind::Closure => Value::Closure(object.cast()),
            Kind::BigInt => Value::BigInt(object.cast()),
            Kind::BigRat => Value::BigRat(object.cast()),
            Kind::BoxedInt => Value::Int(boxed_int(object)),
            // Nobody looks at them as a value.
            Kind::Rows => Value::Unit,
        }
    }

    /// Whether it is a number, of whatever size.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Value::Int(_) | Value::Float(_)) || self.is_big()
    }

    /// Whether it is a number of any size.
    pub(crate) fn is_big(self) -> bool {
        matches!(self, Value::BigInt(_) | Value::BigRat(_))
    }

    /// What it is, in the words of messages.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Value::None => "none",
            Value::Unit => "unit",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::BigInt(_) => "bigint",
            Value::BigRat(_) => "bigrat",
            Value::Str(_) => "string",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Record(_) => "struct",
            Value::Closure(_) => "function",
        }
    }
}
