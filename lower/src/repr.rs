//! How values of each type are represented, and what casts from `any` are told about types.
//!
//! An int, float or bool is itself; everything that is an object is a pointer, which is null for `none`; an option of
//! an int, float or bool, `any`, and what has no value are one NaN-boxed word. A generic function is lowered for each
//! list of type arguments, so that a type parameter always has a representation.

use crate::program::Lowering;
use mochi_abi::program::{TypeInfo, TypeKind as InfoKind};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::program::Signature;
use mochi_ir::types::Type;

impl Lowering<'_> {
    /// The type that a value of type `ty` has in the IR.
    pub(crate) fn repr(&self, ty: TypeId) -> Type {
        match self.types.kind(ty) {
            TypeKind::Int => Type::I64,
            TypeKind::Float => Type::F64,
            TypeKind::Bool => Type::Bool,
            TypeKind::String => Type::Str,
            TypeKind::BigInt | TypeKind::BigRat => Type::Big,
            TypeKind::List(item) => Type::list_of(self.repr(*item).rep()),
            TypeKind::Map(..) => Type::Map,
            TypeKind::Struct(_) | TypeKind::Union(_) | TypeKind::Group(..) => Type::Record,
            TypeKind::Fun(..) => Type::Closure,
            TypeKind::Option(inner) => match self.repr(*inner) {
                Type::I64 | Type::F64 | Type::Bool | Type::Any => Type::Any,
                pointer => pointer,
            },
            TypeKind::Error
            | TypeKind::Unit
            | TypeKind::Any
            | TypeKind::None
            | TypeKind::Param(..)
            | TypeKind::Var(_) => Type::Any,
        }
    }

    /// The type of a function's result; `None` when it has none.
    pub(crate) fn result_repr(&self, ty: TypeId) -> Option<Type> {
        (ty != TypeId::UNIT).then(|| self.repr(ty))
    }

    /// `ty` with the type parameters replaced.
    pub(crate) fn substitute(&mut self, ty: TypeId, args: &[TypeId]) -> TypeId {
        if args.is_empty() || !self.types.has_param(ty) {
            return ty;
        }
        match self.types.kind(ty).clone() {
            TypeKind::Param(_, index) => args.get(index as usize).copied().unwrap_or(TypeId::ANY),
            TypeKind::List(item) => {
                let item = self.substitute(item, args);
                self.types.list(item)
            }
            TypeKind::Map(key, value) => {
                let (key, value) = (self.substitute(key, args), self.substitute(value, args));
                self.types.map(key, value)
            }
            TypeKind::Option(inner) => {
                let inner = self.substitute(inner, args);
                self.types.option(inner)
            }
            TypeKind::Fun(params, result) => {
                let params: Box<[TypeId]> =
                    params.iter().map(|&param| self.substitute(param, args)).collect();
                let result = self.substitute(result, args);
                self.types.intern(TypeKind::Fun(params, result))
            }
            TypeKind::Group(key, item) => {
                let (key, item) = (self.substitute(key, args), self.substitute(item, args));
                self.types.intern(TypeKind::Group(key, item))
            }
            TypeKind::Error
            | TypeKind::Int
            | TypeKind::Float
            | TypeKind::BigInt
            | TypeKind::BigRat
            | TypeKind::Bool
            | TypeKind::String
            | TypeKind::Unit
            | TypeKind::Any
            | TypeKind::None
            | TypeKind::Struct(_)
            | TypeKind::Union(_)
            | TypeKind::Var(_) => ty,
        }
    }

    /// How deep types are nested in `ty`.
    pub(crate) fn type_depth(&self, ty: TypeId) -> u32 {
        match self.types.kind(ty) {
            TypeKind::List(inner) | TypeKind::Option(inner) => 1 + self.type_depth(*inner),
            TypeKind::Map(a, b) | TypeKind::Group(a, b) => {
                1 + self.type_depth(*a).max(self.type_depth(*b))
            }
            TypeKind::Fun(params, result) => {
                let params = params.iter().map(|&param| self.type_depth(param)).max().unwrap_or(0);
                1 + params.max(self.type_depth(*result))
            }
            TypeKind::Error
            | TypeKind::Int
            | TypeKind::Float
            | TypeKind::BigInt
            | TypeKind::BigRat
            | TypeKind::Bool
            | TypeKind::String
            | TypeKind::Unit
            | TypeKind::Any
            | TypeKind::None
            | TypeKind::Struct(_)
            | TypeKind::Union(_)
            | TypeKind::Param(..)
            | TypeKind::Var(_) => 0,
        }
    }

    /// The number of a type in the program's types, which casts from `any` are told.
    pub(crate) fn type_number(&mut self, ty: TypeId) -> u32 {
        if let Some(&number) = self.type_numbers.get(&ty) {
            return number;
        }
        let info = match self.types.kind(ty).clone() {
            TypeKind::Int => plain(InfoKind::Int),
            TypeKind::Float => plain(InfoKind::Float),
            TypeKind::Bool => plain(InfoKind::Bool),
            TypeKind::String => plain(InfoKind::Str),
            TypeKind::BigInt => plain(InfoKind::BigInt),
            TypeKind::BigRat => plain(InfoKind::BigRat),
            TypeKind::Unit => plain(InfoKind::Unit),
            TypeKind::Error
            | TypeKind::Any
            | TypeKind::None
            | TypeKind::Group(..)
            | TypeKind::Param(..)
            | TypeKind::Var(_) => plain(InfoKind::Any),
            TypeKind::List(item) => {
                TypeInfo { kind: InfoKind::List, a: self.type_number(item), b: 0 }
            }
            TypeKind::Map(key, value) => TypeInfo {
                kind: InfoKind::Map,
                a: self.type_number(key),
                b: self.type_number(value),
            },
            TypeKind::Option(inner) => {
                TypeInfo { kind: InfoKind::Option, a: self.type_number(inner), b: 0 }
            }
            TypeKind::Struct(id) => {
                TypeInfo { kind: InfoKind::Record, a: self.struct_shape(id).0, b: 0 }
            }
            TypeKind::Union(id) => {
                self.union_shapes(id);
                TypeInfo { kind: InfoKind::Union, a: id.0 + 1, b: 0 }
            }
            TypeKind::Fun(params, result) => {
                TypeInfo { kind: InfoKind::Function, a: self.signature(&params, result), b: 0 }
            }
        };
        let number = match self.infos.get(&info) {
            Some(&number) => number,
            None => {
                let number = self.program.types.len() as u32;
                self.program.types.push(info);
                self.infos.insert(info, number);
                number
            }
        };
        self.type_numbers.insert(ty, number);
        number
    }

    /// The number of a signature in the program's signatures.
    pub(crate) fn signature(&mut self, params: &[TypeId], result: TypeId) -> u32 {
        let params = params.iter().map(|&param| self.type_number(param)).collect();
        let signature = Signature { params, result: self.type_number(result) };
        if let Some(&number) = self.signatures.get(&signature) {
            return number;
        }
        let number = self.program.signatures.len() as u32;
        self.program.signatures.push(signature.clone());
        self.signatures.insert(signature, number);
        number
    }
}

fn plain(kind: InfoKind) -> TypeInfo {
    TypeInfo { kind, a: 0, b: 0 }
}
