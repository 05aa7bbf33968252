//! Stand-ins for types that are not known yet: the item type of `[]`, a type argument of a call.
//!
//! A stand-in is solved at most once, by the first type it meets, and everything that was typed
//! with it is rewritten when the whole program has been checked. A stand-in never solved is `any`.

use crate::types::{TypeId, TypeKind, Types};

/// The stand-ins of one check and what is known of them.
#[derive(Debug, Default)]
pub(crate) struct Inference {
    solved: Vec<Option<TypeId>>,
}

impl Inference {
    /// A stand-in that nothing is known of.
    pub(crate) fn fresh(&mut self, types: &mut Types) -> TypeId {
        let index = u32::try_from(self.solved.len()).expect("fewer than 2^32 stand-ins");
        self.solved.push(None);
        types.intern(TypeKind::Var(index))
    }

    /// What `ty` is at its outside: never a solved stand-in.
    #[inline]
    pub(crate) fn shallow(&self, types: &Types, mut ty: TypeId) -> TypeId {
        while let TypeKind::Var(index) = types.kind(ty) {
            match self.solved[*index as usize] {
                Some(solution) => ty = solution,
                None => break,
            }
        }
        ty
    }

    /// `ty` with every solved stand-in replaced.
    pub(crate) fn deep(&self, types: &mut Types, ty: TypeId) -> TypeId {
        self.replace(types, ty, false)
    }

    /// `ty` without any stand-in: those never solved become `any`.
    pub(crate) fn final_type(&self, types: &mut Types, ty: TypeId) -> TypeId {
        self.replace(types, ty, true)
    }

    fn replace(&self, types: &mut Types, ty: TypeId, finish: bool) -> TypeId {
        if !types.has_stand_in(ty) {
            return ty;
        }
        match types.kind(ty).clone() {
            TypeKind::Var(index) => match self.solved[index as usize] {
                Some(solution) => self.replace(types, solution, finish),
                None if finish => TypeId::ANY,
                None => ty,
            },
            TypeKind::List(item) => {
                let item = self.replace(types, item, finish);
                types.list(item)
            }
            TypeKind::Map(key, value) => {
                let key = self.replace(types, key, finish);
                let value = self.replace(types, value, finish);
                types.map(key, value)
            }
            TypeKind::Option(inner) => {
                let inner = self.replace(types, inner, finish);
                types.option(inner)
            }
            TypeKind::Fun(params, result) => {
                let params =
                    params.iter().map(|&param| self.replace(types, param, finish)).collect();
                let result = self.replace(types, result, finish);
                types.intern(TypeKind::Fun(params, result))
            }
            TypeKind::Group(key, item) => {
                let key = self.replace(types, key, finish);
                let item = self.replace(types, item, finish);
                types.intern(TypeKind::Group(key, item))
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
            | TypeKind::Param(..) => ty,
        }
    }

    /// Solves the stand-in `var` as `ty`; false when `ty` contains it (the occurs check).
    pub(crate) fn solve(&mut self, types: &mut Types, var: TypeId, ty: TypeId) -> bool {
        let var = self.shallow(types, var);
        let ty = self.deep(types, ty);
        if var == ty {
            return true;
        }
        let TypeKind::Var(index) = *types.kind(var) else { return false };
        if types.mentions(ty, var) {
            return false;
        }
        self.solved[index as usize] = Some(ty);
        true
    }
}
