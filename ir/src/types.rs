//! The types of values in the IR. Nullability is not part of them: a value of a pointer type can be
//! null (`none`) wherever the program's own type was an option.

use mochi_abi::functions::AbiType;
use mochi_abi::layout::{Kind, Rep};

/// The type of a value. Lists carry the representation of their items, since that decides how an item is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Type {
    I64,
    F64,
    Bool,
    Str,
    ListI64,
    ListF64,
    ListBool,
    /// Items are pointers to objects, or null.
    ListRef,
    ListAny,
    Map,
    /// Struct, variant or cell.
    Record,
    Closure,
    /// A bigint or bigrat.
    Big,
    /// A NaN-boxed word; also an optional int, float or bool.
    Any,
}

impl Type {
    /// Every type, in the order of its number.
    pub const ALL: [Type; 14] = [
        Type::I64,
        Type::F64,
        Type::Bool,
        Type::Str,
        Type::ListI64,
        Type::ListF64,
        Type::ListBool,
        Type::ListRef,
        Type::ListAny,
        Type::Map,
        Type::Record,
        Type::Closure,
        Type::Big,
        Type::Any,
    ];

    /// As the text form writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Type::I64 => "i64",
            Type::F64 => "f64",
            Type::Bool => "bool",
            Type::Str => "str",
            Type::ListI64 => "list.i64",
            Type::ListF64 => "list.f64",
            Type::ListBool => "list.bool",
            Type::ListRef => "list.ref",
            Type::ListAny => "list.any",
            Type::Map => "map",
            Type::Record => "record",
            Type::Closure => "closure",
            Type::Big => "big",
            Type::Any => "any",
        }
    }

    /// How its word is counted, compared and printed.
    pub const fn rep(self) -> Rep {
        match self {
            Type::I64 => Rep::I64,
            Type::F64 => Rep::F64,
            Type::Bool => Rep::Bool,
            Type::Any => Rep::Any,
            Type::Str
            | Type::ListI64
            | Type::ListF64
            | Type::ListBool
            | Type::ListRef
            | Type::ListAny
            | Type::Map
            | Type::Record
            | Type::Closure
            | Type::Big => Rep::Ref,
        }
    }

    /// The list type whose items have this representation.
    pub const fn list_of(rep: Rep) -> Type {
        match rep {
            Rep::I64 => Type::ListI64,
            Rep::F64 => Type::ListF64,
            Rep::Bool => Type::ListBool,
            Rep::Ref => Type::ListRef,
            Rep::Any => Type::ListAny,
        }
    }

    /// The representation of a list type's items.
    pub const fn item_rep(self) -> Option<Rep> {
        match self {
            Type::ListI64 => Some(Rep::I64),
            Type::ListF64 => Some(Rep::F64),
            Type::ListBool => Some(Rep::Bool),
            Type::ListRef => Some(Rep::Ref),
            Type::ListAny => Some(Rep::Any),
            Type::I64
            | Type::F64
            | Type::Bool
            | Type::Str
            | Type::Map
            | Type::Record
            | Type::Closure
            | Type::Big
            | Type::Any => None,
        }
    }

    /// The object that a pointer type points to.
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Type::Str => Some(Kind::Str),
            Type::ListI64 | Type::ListF64 | Type::ListBool | Type::ListRef | Type::ListAny => {
                Some(Kind::List)
            }
            Type::Map => Some(Kind::Map),
            Type::Record => Some(Kind::Record),
            Type::Closure => Some(Kind::Closure),
            Type::Big => Some(Kind::BigInt),
            Type::I64 | Type::F64 | Type::Bool | Type::Any => None,
        }
    }

    /// Whether a value of this type may stand where a runtime function's row says `abi`.
    pub const fn fits(self, abi: AbiType) -> bool {
        match abi {
            AbiType::I64 => matches!(self, Type::I64),
            AbiType::F64 => matches!(self, Type::F64),
            AbiType::Bool => matches!(self, Type::Bool),
            AbiType::Str => matches!(self, Type::Str),
            AbiType::List => self.item_rep().is_some(),
            AbiType::Map => matches!(self, Type::Map),
            AbiType::Record => matches!(self, Type::Record),
            AbiType::Closure => matches!(self, Type::Closure),
            AbiType::Big => matches!(self, Type::Big),
            AbiType::Any => matches!(self, Type::Any),
            AbiType::Word => true,
            AbiType::Ref => matches!(self.rep(), Rep::Ref),
            AbiType::Unit => false,
        }
    }
}
