//! The types of Mochi, interned: two types are equal exactly when their ids are.

use mochi_base::{Span, Symbol};
use rustc_hash::FxHashMap;

/// A type in a [`Types`] table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// A struct declaration, an inline struct type, or one variant of a union.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StructId(pub u32);

/// A union declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnionId(pub u32);

/// What a type is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// Something is wrong and has been reported; compatible with everything.
    Error,
    /// 64-bit signed integer; `int64` is the same type.
    Int,
    /// IEEE 754 double.
    Float,
    /// Integer of any size.
    BigInt,
    /// Fraction of two integers of any size.
    BigRat,
    Bool,
    String,
    /// The type of what has no value.
    Unit,
    /// Any value, its type known when the program runs.
    Any,
    /// The type of the literal `none` before it meets an option.
    None,
    List(TypeId),
    Map(TypeId, TypeId),
    /// `T?`. Never an option of an option, of `any` or of `none`.
    Option(TypeId),
    Fun(Box<[TypeId]>, TypeId),
    Struct(StructId),
    Union(UnionId),
    /// A group of a query: key type, item type.
    Group(TypeId, TypeId),
    /// A type parameter of the function being checked, by its index there.
    Param(Symbol, u32),
    /// A stand-in that inference has not yet solved; none is left in checked HIR.
    Var(u32),
}

/// The types every program has, at fixed places in the table.
impl TypeId {
    pub const ERROR: TypeId = TypeId(0);
    pub const INT: TypeId = TypeId(1);
    pub const FLOAT: TypeId = TypeId(2);
    pub const BIGINT: TypeId = TypeId(3);
    pub const BIGRAT: TypeId = TypeId(4);
    pub const BOOL: TypeId = TypeId(5);
    pub const STRING: TypeId = TypeId(6);
    pub const UNIT: TypeId = TypeId(7);
    pub const ANY: TypeId = TypeId(8);
    pub const NONE: TypeId = TypeId(9);
    /// `list<string>`.
    pub const STRINGS: TypeId = TypeId(10);
}

/// A struct, inline struct or union variant.
#[derive(Debug, Clone)]
pub struct StructType {
    /// Empty for an inline struct.
    pub name: Symbol,
    pub fields: Vec<Field>,
    /// The union this is a variant of.
    pub variant_of: Option<UnionId>,
    pub span: Span,
}

/// A field, in the order of its declaration.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: Symbol,
    pub ty: TypeId,
}

/// A union: its variants in the order of their declaration.
#[derive(Debug, Clone)]
pub struct UnionType {
    pub name: Symbol,
    pub variants: Vec<StructId>,
    pub span: Span,
}

/// A stand-in of inference is part of the type.
const HAS_STAND_IN: u8 = 1;
/// A type parameter is part of the type.
const HAS_PARAM: u8 = 2;

/// All types of a program.
#[derive(Debug, Clone)]
pub struct Types {
    kinds: Vec<TypeKind>,
    /// For each type, what it is made of: [`HAS_STAND_IN`], [`HAS_PARAM`].
    marks: Vec<u8>,
    ids: FxHashMap<TypeKind, TypeId>,
    pub structs: Vec<StructType>,
    pub unions: Vec<UnionType>,
}

impl Default for Types {
    fn default() -> Self {
        let mut types = Types {
            kinds: Vec::new(),
            marks: Vec::new(),
            ids: FxHashMap::default(),
            structs: Vec::new(),
            unions: Vec::new(),
        };
        use TypeKind::{Any, BigInt, BigRat, Bool, Error, Float, Int, List, None, String, Unit};
        let strings = List(TypeId::STRING);
        for (index, kind) in
            [Error, Int, Float, BigInt, BigRat, Bool, String, Unit, Any, None, strings]
                .into_iter()
                .enumerate()
        {
            let id = types.intern(kind);
            assert_eq!(id.0 as usize, index, "the fixed types stand in the order of their ids");
        }
        types
    }
}

impl Types {
    /// The id of `kind`, new or known.
    pub fn intern(&mut self, kind: TypeKind) -> TypeId {
        if let Some(&id) = self.ids.get(&kind) {
            return id;
        }
        let id = TypeId(u32::try_from(self.kinds.len()).expect("fewer than 2^32 types"));
        let marks = self.marks_of(&kind);
        self.marks.push(marks);
        self.kinds.push(kind.clone());
        self.ids.insert(kind, id);
        id
    }

    fn marks_of(&self, kind: &TypeKind) -> u8 {
        let of = |ty: &TypeId| self.marks[ty.0 as usize];
        match kind {
            TypeKind::Var(_) => HAS_STAND_IN,
            TypeKind::Param(..) => HAS_PARAM,
            TypeKind::List(item) | TypeKind::Option(item) => of(item),
            TypeKind::Map(first, second) | TypeKind::Group(first, second) => of(first) | of(second),
            TypeKind::Fun(params, result) => {
                params.iter().fold(of(result), |marks, param| marks | of(param))
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
            | TypeKind::Union(_) => 0,
        }
    }

    /// Whether a stand-in of inference is part of the type.
    #[inline]
    pub fn has_stand_in(&self, id: TypeId) -> bool {
        self.marks[id.0 as usize] & HAS_STAND_IN != 0
    }

    /// Whether a type parameter is part of the type.
    #[inline]
    pub fn has_param(&self, id: TypeId) -> bool {
        self.marks[id.0 as usize] & HAS_PARAM != 0
    }

    /// Whether `part` is the type or stands somewhere in it.
    pub fn mentions(&self, ty: TypeId, part: TypeId) -> bool {
        if ty == part {
            return true;
        }
        match self.kind(ty) {
            TypeKind::List(item) | TypeKind::Option(item) => self.mentions(*item, part),
            TypeKind::Map(first, second) | TypeKind::Group(first, second) => {
                self.mentions(*first, part) || self.mentions(*second, part)
            }
            TypeKind::Fun(params, result) => {
                self.mentions(*result, part)
                    || params.iter().any(|&param| self.mentions(param, part))
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
            | TypeKind::Var(_) => false,
        }
    }

    pub fn function(&mut self, params: &[TypeId], result: TypeId) -> TypeId {
        self.intern(TypeKind::Fun(params.into(), result))
    }

    pub fn struct_type(&self, id: StructId) -> &StructType {
        &self.structs[id.0 as usize]
    }

    pub fn union_type(&self, id: UnionId) -> &UnionType {
        &self.unions[id.0 as usize]
    }

    pub fn kind(&self, id: TypeId) -> &TypeKind {
        &self.kinds[id.0 as usize]
    }

    pub fn list(&mut self, item: TypeId) -> TypeId {
        self.intern(TypeKind::List(item))
    }

    pub fn map(&mut self, key: TypeId, value: TypeId) -> TypeId {
        self.intern(TypeKind::Map(key, value))
    }

    /// `ty?`; an option of an option, of `any`, `none` or an error is that type itself.
    pub fn option(&mut self, ty: TypeId) -> TypeId {
        match self.kind(ty) {
            TypeKind::Option(_) | TypeKind::Any | TypeKind::None | TypeKind::Error => ty,
            TypeKind::Int
            | TypeKind::Float
            | TypeKind::BigInt
            | TypeKind::BigRat
            | TypeKind::Bool
            | TypeKind::String
            | TypeKind::Unit
            | TypeKind::List(_)
            | TypeKind::Map(..)
            | TypeKind::Fun(..)
            | TypeKind::Struct(_)
            | TypeKind::Union(_)
            | TypeKind::Group(..)
            | TypeKind::Param(..)
            | TypeKind::Var(_) => self.intern(TypeKind::Option(ty)),
        }
    }
}
