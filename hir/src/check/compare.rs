//! Comparisons and `in`: which values can be asked whether they are equal, in order or inside.

use mochi_base::{Code, Diagnostic, Span};
use mochi_syntax::ast;

use super::coerce::Site;
use super::operator::numeric_join;
use super::{Checker, Shape};
use crate::hir::{BinaryOp, ExprId, ExprKind};
use crate::types::TypeId;

impl Checker<'_> {
    pub(super) fn equality(
        &mut self,
        op: ast::BinaryOp,
        left: ExprId,
        right: ExprId,
        span: Span,
        op_span: Span,
    ) -> ExprId {
        let row = if op == ast::BinaryOp::Eq { BinaryOp::Eq } else { BinaryOp::Ne };
        // What is not in the map equals nothing; asking does not stop the program.
        let (left, right) = if self.rules.absent_key_traps {
            (self.optional_lookup(left), self.optional_lookup(right))
        } else {
            (left, right)
        };
        self.settle_operands(left, right);
        let (left_type, right_type) = (self.ty(left), self.ty(right));
        let (left_shape, right_shape) = (self.shape(left_type), self.shape(right_type));
        let pair = match (left_shape, right_shape) {
            (Shape::None, Shape::None) => Some((left, right, TypeId::ANY)),
            (Shape::None, Shape::Option(_)) => Some((left, right, right_type)),
            (Shape::Option(_), Shape::None) => Some((left, right, left_type)),
            (Shape::None, Shape::Any) | (Shape::Any, _) | (_, Shape::Any) => {
                Some((left, right, TypeId::ANY))
            }
            (Shape::None, _) | (_, Shape::None) => {
                let (option, none) =
                    if left_shape == Shape::None { (right, left) } else { (left, right) };
                let looked_up = self.optional_lookup(option);
                if looked_up != option {
                    let ty = self.ty(looked_up);
                    Some((looked_up, none, ty))
                } else if self.rules.none_anywhere {
                    Some((left, right, TypeId::ANY))
                } else {
                    let diagnostic = self.none_comparison(self.ty(option), op_span);
                    return self.fail(diagnostic);
                }
            }
            (Shape::Option(a), Shape::Option(b)) => {
                if self.unify(a, b) {
                    Some((left, right, left_type))
                } else {
                    Some((left, right, TypeId::ANY))
                }
            }
            (Shape::Option(inner), _) | (_, Shape::Option(inner)) => {
                let (option_type, other) = if matches!(left_shape, Shape::Option(_)) {
                    (left_type, right_type)
                } else {
                    (right_type, left_type)
                };
                if !self.rules.none_anywhere {
                    let diagnostic = self.none_comparison(other, op_span);
                    return self.fail(diagnostic);
                }
                if self.convertible(other, inner, Site::Slot) {
                    Some((left, right, option_type))
                } else {
                    Some((left, right, TypeId::ANY))
                }
            }
            (a, b) if a.is_numeric() && b.is_numeric() => {
                let ty = numeric_join(a, b);
                let (left, right) = (self.number_as(left, a, ty), self.number_as(right, b, ty));
                Some((left, right, ty))
            }
            _ => self.comparable(left_type, right_type).map(|ty| (left, right, ty)),
        };
        let Some((left, right, ty)) = pair else {
            let diagnostic = self.incomparable(left_type, right_type, op_span);
            return self.fail(diagnostic);
        };
        let (left, right) = (self.converted(left, ty), self.converted(right, ty));
        self.push(ExprKind::Binary(row, left, right), TypeId::BOOL, span)
    }

    /// The type as which values of two types are compared.
    fn comparable(&mut self, left: TypeId, right: TypeId) -> Option<TypeId> {
        if self.unify(left, right) {
            return Some(left);
        }
        match (self.shape(left), self.shape(right)) {
            (Shape::Struct(variant), Shape::Union(union))
            | (Shape::Union(union), Shape::Struct(variant)) => {
                (self.hir.types.struct_type(variant).variant_of == Some(union))
                    .then(|| if matches!(self.shape(left), Shape::Union(_)) { left } else { right })
            }
            // Lists and maps whose items differ only by `any` are compared as they are.
            (Shape::List(a), Shape::List(b)) => self.comparable_items(a, b).then_some(TypeId::ANY),
            (Shape::Map(a, b), Shape::Map(c, d)) => {
                (self.comparable_items(a, c) && self.comparable_items(b, d)).then_some(TypeId::ANY)
            }
            (Shape::Fun, Shape::Fun) => Some(TypeId::ANY),
            _ => self.rules.mixed_comparison.then_some(TypeId::ANY),
        }
    }

    fn comparable_items(&mut self, left: TypeId, right: TypeId) -> bool {
        let (left_shape, right_shape) = (self.shape(left), self.shape(right));
        left_shape == Shape::Any
            || right_shape == Shape::Any
            || (left_shape.is_numeric()
                && right_shape.is_numeric()
                && self.rules.int_widens_to_float)
            || self.comparable(left, right).is_some()
    }

    pub(super) fn ordering(
        &mut self,
        op: ast::BinaryOp,
        left: ExprId,
        right: ExprId,
        span: Span,
        op_span: Span,
    ) -> ExprId {
        let (left, right) = (self.unwrapped(left), self.unwrapped(right));
        self.settle_operands(left, right);
        let (left_type, right_type) = (self.ty(left), self.ty(right));
        let ty = match (self.shape(left_type), self.shape(right_type)) {
            (Shape::String, Shape::String) => Some(TypeId::STRING),
            (a, b) if a.is_numeric() && b.is_numeric() => Some(numeric_join(a, b)),
            (Shape::None | Shape::Unit, _) | (_, Shape::None | Shape::Unit) => None,
            (Shape::Any, _) | (_, Shape::Any) => Some(TypeId::ANY),
            (Shape::Fun, _) | (_, Shape::Fun) => None,
            (Shape::Struct(_) | Shape::Union(_), _) | (_, Shape::Struct(_) | Shape::Union(_)) => {
                None
            }
            (Shape::Option(_), _) | (_, Shape::Option(_)) => None,
            _ => self.comparable(left_type, right_type).map(|_| TypeId::ANY),
        };
        let Some(ty) = ty else {
            let diagnostic = self.incomparable(left_type, right_type, op_span);
            return self.fail(diagnostic);
        };
        let (left, right) = if ty == TypeId::ANY || ty == TypeId::STRING {
            (self.converted(left, ty), self.converted(right, ty))
        } else {
            let (left_shape, right_shape) = (self.shape(left_type), self.shape(right_type));
            (self.number_as(left, left_shape, ty), self.number_as(right, right_shape, ty))
        };
        let row = match op {
            ast::BinaryOp::Lt => BinaryOp::Lt,
            ast::BinaryOp::Le => BinaryOp::Le,
            ast::BinaryOp::Gt => BinaryOp::Gt,
            _ => BinaryOp::Ge,
        };
        self.push(ExprKind::Binary(row, left, right), TypeId::BOOL, span)
    }

    pub(super) fn membership(
        &mut self,
        left: ExprId,
        right: ExprId,
        span: Span,
        op_span: Span,
    ) -> ExprId {
        let right = self.unwrapped(right);
        let (left_type, right_type) = (self.ty(left), self.ty(right));
        let found = match self.shape(right_type) {
            Shape::List(item) => {
                if self.shape(left_type) == Shape::Any && self.shape(item) != Shape::Any {
                    Some((BinaryOp::InAny, left, self.converted(right, TypeId::ANY)))
                } else {
                    self.convert(left, item, Site::Slot).map(|left| (BinaryOp::InList, left, right))
                }
            }
            Shape::Map(key, _) => {
                if self.shape(left_type) == Shape::Any && self.shape(key) != Shape::Any {
                    Some((BinaryOp::InAny, left, self.converted(right, TypeId::ANY)))
                } else {
                    self.convert(left, key, Site::Slot).map(|left| (BinaryOp::InMap, left, right))
                }
            }
            Shape::String => self
                .convert(left, TypeId::STRING, Site::Slot)
                .map(|left| (BinaryOp::InString, left, right)),
            Shape::Any | Shape::Var => {
                if self.shape(right_type) == Shape::Var {
                    self.unify(right_type, TypeId::ANY);
                }
                let left = self.converted(left, TypeId::ANY);
                Some((BinaryOp::InAny, left, right))
            }
            Shape::Group(_, item) => {
                let list = self.hir.types.list(item);
                let right = self.converted(right, list);
                self.convert(left, item, Site::Slot).map(|left| (BinaryOp::InList, left, right))
            }
            _ => None,
        };
        let Some((row, left, right)) = found else {
            let diagnostic =
                self.operator_mismatch(ast::BinaryOp::In, left_type, right_type, op_span);
            return self.fail(diagnostic);
        };
        self.push(ExprKind::Binary(row, left, right), TypeId::BOOL, span)
    }

    // ── Findings ───────────────────────────────────────────────────────────────────────────────

    fn incomparable(&mut self, left: TypeId, right: TypeId, op_span: Span) -> Diagnostic {
        let (left_text, right_text) = (self.show(left), self.show(right));
        Diagnostic::new(
            Code::T013,
            op_span,
            format!("`{left_text}` cannot be compared with `{right_text}`"),
        )
        .with_label(format!("`{left_text}` on the left, `{right_text}` on the right"))
        .with_help("compare values of one type; numbers of different types go together")
    }

    fn none_comparison(&mut self, ty: TypeId, op_span: Span) -> Diagnostic {
        let text = self.show(ty);
        Diagnostic::new(
            Code::T059,
            op_span,
            format!("a `{text}` is never `none`, so this comparison says nothing"),
        )
        .with_label(format!("the other side is `{text}`"))
        .with_help(format!("drop the comparison, or declare the value as `{text}?`"))
    }
}
