//! Types of the IR and of runtime functions in, C types and conversions between them and words out.
//!
//! What lies in memory is read and written in the type of its rep, always the same for the same place, so that C
//! compilers may reason about what a store can change: ints and words are `int64_t` and `uint64_t`, floats `double`,
//! pointers `void *`, a list's bools `_Bool`; the headers of objects have other types than all of these (see the prelude).

use mochi_abi::functions::AbiType;
use mochi_abi::layout::Rep;
use mochi_ir::types::Type;

/// The type of a variable, parameter or result.
pub(super) const fn c_type(ty: Type) -> &'static str {
    match ty {
        Type::I64 => "int64_t",
        Type::F64 => "double",
        Type::Bool | Type::Any => "uint64_t",
        Type::Str => "mochi_str *",
        Type::ListI64 | Type::ListF64 | Type::ListBool | Type::ListRef | Type::ListAny => {
            "mochi_list *"
        }
        Type::Map => "mochi_map *",
        Type::Record => "mochi_record *",
        Type::Closure => "mochi_closure *",
        Type::Big => "mochi_header *",
    }
}

/// What a function gives back.
pub(super) const fn result_type(ty: Option<Type>) -> &'static str {
    match ty {
        Some(ty) => c_type(ty),
        None => "void",
    }
}

/// The type of a runtime function's argument or result.
pub(super) const fn abi_type(ty: AbiType) -> &'static str {
    match ty {
        AbiType::I64 => "int64_t",
        AbiType::F64 => "double",
        AbiType::Bool | AbiType::Any | AbiType::Word => "uint64_t",
        AbiType::Str => "mochi_str *",
        AbiType::List => "mochi_list *",
        AbiType::Map => "mochi_map *",
        AbiType::Record => "mochi_record *",
        AbiType::Closure => "mochi_closure *",
        AbiType::Big => "mochi_header *",
        AbiType::Ref => "void *",
        AbiType::Unit => "void",
    }
}

/// The type in which a field, capture or global lies in memory.
pub(super) const fn place_type(rep: Rep) -> &'static str {
    match rep {
        Rep::I64 => "int64_t",
        Rep::F64 => "double",
        Rep::Bool | Rep::Any => "uint64_t",
        Rep::Ref => "void *",
    }
}

/// The type in which a list's item lies in memory.
pub(super) const fn item_type(rep: Rep) -> &'static str {
    match rep {
        Rep::Bool => "_Bool",
        Rep::I64 | Rep::F64 | Rep::Ref | Rep::Any => place_type(rep),
    }
}

/// A value as a word.
pub(super) fn to_word(ty: Type, value: &str) -> String {
    match ty.rep() {
        Rep::I64 => format!("(uint64_t){value}"),
        Rep::F64 => format!("mochi_bits_of_float({value})"),
        Rep::Bool | Rep::Any => value.to_owned(),
        Rep::Ref => format!("(uint64_t)(uintptr_t){value}"),
    }
}

/// A word as a value.
pub(super) fn from_word(ty: Type, word: &str) -> String {
    match ty.rep() {
        Rep::I64 => format!("(int64_t){word}"),
        Rep::F64 => format!("mochi_float_of_bits({word})"),
        Rep::Bool | Rep::Any => word.to_owned(),
        Rep::Ref => format!("({})(uintptr_t){word}", c_type(ty)),
    }
}
