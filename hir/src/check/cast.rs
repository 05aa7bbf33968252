//! `value as T`: which casts there are, and what each does when the program runs.

use mochi_base::{Code, Diagnostic, Span};
use mochi_syntax::ast;

use super::coerce::Site;
use super::{Checker, Shape};
use crate::hir::{Builtin, Convert, ExprId, ExprKind};
use crate::types::TypeId;

impl Checker<'_> {
    /// What a literal that is cast may be asked to be.
    pub(super) fn cast_hint(&mut self, ty: ast::TypeId) -> Option<TypeId> {
        match self.ast[ty].kind {
            ast::TypeKind::Error => None,
            _ => {
                // The cast itself resolves the type again and reports what is wrong with it.
                let (failed, count) = (self.failed, self.diagnostics.len());
                let ty = self.resolve_type(ty);
                self.failed = failed;
                self.diagnostics.truncate(count);
                matches!(self.shape(ty), Shape::List(_) | Shape::Map(..) | Shape::Struct(_))
                    .then_some(ty)
            }
        }
    }

    pub(super) fn cast(
        &mut self,
        value: ExprId,
        ty: ast::TypeId,
        span: Span,
        keyword: u32,
    ) -> ExprId {
        let wanted = self.resolve_type(ty);
        let found = self.ty(value);
        if let Some(cast) = self.cast_to(value, wanted) {
            let converts =
                matches!(self.hir[cast].kind, ExprKind::Convert(..) | ExprKind::CallBuiltin { .. });
            // The span of the cast, for messages at run time.
            if cast != value && converts {
                self.hir.exprs[cast.index()].span = span;
            }
            return cast;
        }
        let (found_text, wanted_text) = (self.show(found), self.show(wanted));
        let help = match (self.shape(found), self.shape(wanted)) {
            (Shape::String, Shape::Int) => "read the number with `int(text)`".to_owned(),
            (Shape::String, Shape::Float) => "read the number with `float(text)`".to_owned(),
            (_, Shape::String) => "convert it with `str(value)`".to_owned(),
            (Shape::Option(_), _) => {
                "it may be `none`: give a default with `?? value`, or test it with `!= none` first".to_owned()
            }
            _ => "numbers cast to numbers, unions to their variants, maps to structs, and `any` to everything"
                .to_owned(),
        };
        let place = Span::new(keyword, self.ast[ty].span.end.max(keyword));
        let diagnostic = Diagnostic::new(
            Code::T046,
            place,
            format!("a `{found_text}` cannot be cast to `{wanted_text}`"),
        )
        .with_label(format!("the value is `{found_text}`"))
        .with_help(help);
        self.fail(diagnostic)
    }

    fn cast_to(&mut self, value: ExprId, wanted: TypeId) -> Option<ExprId> {
        let found = self.ty(value);
        let wanted = self.resolved(wanted);
        let (from, to) = (self.shape(found), self.shape(wanted));
        let relaxed = self.rules.conversions_by_cast;
        // What is not in the map is cast to nothing: zero, false.
        if relaxed && (to.is_numeric() || to == Shape::Bool) {
            let optional = self.optional_lookup(value);
            if optional != value {
                let span = self.hir[value].span;
                let empty = self.empty_value(found, span, 0);
                let present = self.push(ExprKind::Coalesce(optional, empty), found, span);
                return self.cast_to(present, wanted);
            }
        }
        if self.unify(found, wanted) {
            return Some(value);
        }
        let convert = match (from, to) {
            (Shape::Error, _) | (_, Shape::Error) => return Some(value),
            (Shape::Int, Shape::Float) => Convert::IntToFloat,
            (Shape::Float, Shape::Int) => Convert::FloatToInt,
            (Shape::Float, Shape::BigInt) => Convert::FloatToBigInt,
            (Shape::Float, Shape::BigRat) => Convert::FloatToBigRat,
            (Shape::BigInt, Shape::Float) => Convert::BigIntToFloat,
            (Shape::BigRat, Shape::Float) => Convert::BigRatToFloat,
            (Shape::BigRat, Shape::Int) => Convert::BigRatToInt,
            (Shape::BigRat, Shape::BigInt) => Convert::BigRatToBigInt,
            // Said to be a number, it becomes one as `int(value)` makes it.
            (Shape::Any, Shape::Int | Shape::Float) => {
                let builtin = if to == Shape::Int { Builtin::Int } else { Builtin::Float };
                let span = self.hir[value].span;
                let kind = ExprKind::CallBuiltin { builtin, args: Box::new([value]) };
                return Some(self.push(kind, wanted, span));
            }
            (Shape::Any, _) => Convert::FromAny,
            // The empty list of stand-ins casts to any list; a literal has taken up the type already.
            (Shape::List(a), Shape::List(b)) if !relaxed => {
                return (self.unify(a, b)
                    || self.shape(a) == Shape::Any
                    || self.shape(b) == Shape::Any)
                    .then(|| self.convert_expr(Convert::Items, value, wanted));
            }
            (Shape::Map(..), Shape::Struct(id)) if !self.agents.contains_key(&id) => {
                Convert::MapToStruct
            }
            (Shape::String, Shape::Bool) => Convert::StringToBool,
            (Shape::Option(inner), _) if relaxed => {
                let value = self.optional_inner(value, inner);
                return self.cast_to(value, wanted);
            }
            (Shape::String, Shape::Int) if relaxed => Convert::StringToInt,
            (Shape::String, Shape::Float) if relaxed => Convert::StringToFloat,
            (Shape::String, Shape::BigInt | Shape::BigRat) if relaxed => {
                let builtin = if to == Shape::BigInt { Builtin::BigInt } else { Builtin::BigRat };
                let span = self.hir[value].span;
                let kind = ExprKind::CallBuiltin { builtin, args: Box::new([value]) };
                return Some(self.push(kind, wanted, span));
            }
            (
                Shape::Int | Shape::Float | Shape::Bool | Shape::BigInt | Shape::BigRat,
                Shape::String,
            ) if relaxed => {
                let span = self.hir[value].span;
                let value = self.converted(value, TypeId::ANY);
                let kind = ExprKind::CallBuiltin { builtin: Builtin::Str, args: Box::new([value]) };
                return Some(self.push(kind, TypeId::STRING, span));
            }
            (Shape::Bool, Shape::Int) if relaxed => {
                let span = self.hir[value].span;
                let one = self.push(ExprKind::Int(1), TypeId::INT, span);
                let zero = self.push(ExprKind::Int(0), TypeId::INT, span);
                return Some(self.push(
                    ExprKind::If { cond: value, then: one, otherwise: zero },
                    TypeId::INT,
                    span,
                ));
            }
            (Shape::Int, Shape::Bool) if relaxed => Convert::Truthy,
            (Shape::Struct(_), Shape::Map(..)) if relaxed => Convert::StructToMap,
            _ => {
                // What flows by itself can be said too; in the relaxed edition everything else is
                // tried when the program runs.
                if let Some(value) = self.convert(value, wanted, Site::Slot) {
                    return Some(value);
                }
                if !relaxed || matches!(from, Shape::Unit | Shape::None) {
                    return None;
                }
                let boxed = self.convert_expr(Convert::ToAny, value, TypeId::ANY);
                return Some(self.convert_expr(Convert::FromAny, boxed, wanted));
            }
        };
        Some(self.convert_expr(convert, value, wanted))
    }

    /// The value in an option; stops the program when there is none.
    fn optional_inner(&mut self, value: ExprId, inner: TypeId) -> ExprId {
        self.convert_expr(Convert::Unwrap, value, inner)
    }
}
