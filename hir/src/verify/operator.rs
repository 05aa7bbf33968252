//! The rules of operators and conversions.

use super::Verifier;
use crate::hir::{BinaryOp, Convert, ExprId};
use crate::types::{TypeId, TypeKind};

impl Verifier<'_> {
    pub(super) fn binary(
        &mut self,
        id: ExprId,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        ty: TypeId,
    ) {
        let (a, b) = (self.ty(left), self.ty(right));
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.same(id, a, b, "operands");
                self.same(id, ty, a, "a result");
                let known =
                    [TypeId::INT, TypeId::FLOAT, TypeId::BIGINT, TypeId::BIGRAT, TypeId::ANY];
                if !known.contains(&a) {
                    self.problem(id, "arithmetic on what is no number");
                }
            }
            BinaryOp::StrConcat => {
                self.same(id, a, TypeId::STRING, "a joined string");
                self.same(id, b, TypeId::STRING, "a joined string");
                self.same(id, ty, TypeId::STRING, "joined strings");
            }
            BinaryOp::ListConcat
            | BinaryOp::Union
            | BinaryOp::UnionAll
            | BinaryOp::Except
            | BinaryOp::Intersect => {
                self.same(id, a, ty, "a joined list");
                self.same(id, b, ty, "a joined list");
                if self.list_item(ty).is_none() {
                    self.problem(id, "a list operator on no lists");
                }
            }
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge => {
                self.same(id, a, b, "compared values");
                self.same(id, ty, TypeId::BOOL, "a comparison");
            }
            BinaryOp::InList => match self.list_item(b) {
                Some(item) => self.same(id, a, item, "a sought item"),
                None => self.problem(id, "a search in no list"),
            },
            BinaryOp::InMap => match *self.kind(b) {
                TypeKind::Map(key, _) => self.same(id, a, key, "a sought key"),
                _ => self.problem(id, "a search in no map"),
            },
            BinaryOp::InString => {
                self.same(id, a, TypeId::STRING, "a sought part");
                self.same(id, b, TypeId::STRING, "a searched string");
            }
            BinaryOp::InAny => {
                self.same(id, a, TypeId::ANY, "a sought value");
                self.same(id, b, TypeId::ANY, "a searched value");
            }
        }
    }

    pub(super) fn convert(&mut self, id: ExprId, convert: Convert, from: TypeId, to: TypeId) {
        let is = |from_wanted: TypeId, to_wanted: TypeId| from == from_wanted && to == to_wanted;
        let fits = match convert {
            Convert::IntToFloat => is(TypeId::INT, TypeId::FLOAT),
            Convert::FloatToInt => is(TypeId::FLOAT, TypeId::INT),
            Convert::IntToBigInt => is(TypeId::INT, TypeId::BIGINT),
            Convert::IntToBigRat => is(TypeId::INT, TypeId::BIGRAT),
            Convert::BigIntToBigRat => is(TypeId::BIGINT, TypeId::BIGRAT),
            Convert::BigIntToInt => is(TypeId::BIGINT, TypeId::INT),
            Convert::BigIntToFloat => is(TypeId::BIGINT, TypeId::FLOAT),
            Convert::FloatToBigInt => is(TypeId::FLOAT, TypeId::BIGINT),
            Convert::FloatToBigRat => is(TypeId::FLOAT, TypeId::BIGRAT),
            Convert::BigRatToFloat => is(TypeId::BIGRAT, TypeId::FLOAT),
            Convert::BigRatToInt => is(TypeId::BIGRAT, TypeId::INT),
            Convert::BigRatToBigInt => is(TypeId::BIGRAT, TypeId::BIGINT),
            Convert::StringToInt => is(TypeId::STRING, TypeId::INT),
            Convert::StringToFloat => is(TypeId::STRING, TypeId::FLOAT),
            Convert::StringToBool => is(TypeId::STRING, TypeId::BOOL),
            Convert::Wrap => self.is_option_of(to, from),
            Convert::Narrow | Convert::Unwrap => self.is_option_of(from, to),
            Convert::ToAny => to == TypeId::ANY && from != TypeId::ANY,
            Convert::FromAny => from == TypeId::ANY && to != TypeId::ANY,
            Convert::Items => matches!(
                (self.kind(from), self.kind(to)),
                (TypeKind::List(_), TypeKind::List(_)) | (TypeKind::Map(..), TypeKind::Map(..))
            ),
            Convert::Truthy => to == TypeId::BOOL,
            Convert::MapToStruct => {
                matches!((self.kind(from), self.kind(to)), (TypeKind::Map(..), TypeKind::Struct(_)))
            }
            Convert::StructToMap => {
                matches!((self.kind(from), self.kind(to)), (TypeKind::Struct(_), TypeKind::Map(..)))
            }
            Convert::Variant => matches!(
                (self.kind(from), self.kind(to)),
                (TypeKind::Union(_), TypeKind::Struct(_))
            ),
            Convert::Rename => matches!(
                (self.kind(from), self.kind(to)),
                (TypeKind::Struct(_), TypeKind::Union(_) | TypeKind::Struct(_))
            ),
        };
        if !fits {
            let text = format!("a conversion from {:?}", self.kind(from));
            self.problem(id, &text);
        }
    }
}
