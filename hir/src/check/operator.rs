//! Operators: what they take, what they give, and the conversions of their operands.

use mochi_base::{Code, Diagnostic, Span};
use mochi_syntax::ast;

use super::coerce::Site;
use super::{Checker, Shape};
use crate::hir::{BinaryOp, Builtin, Convert, ExprId, ExprKind};
use crate::types::TypeId;

/// An operand as written and as checked.
type Operand = (ast::ExprId, ExprId);

impl Checker<'_> {
    pub(super) fn unary(
        &mut self,
        op: ast::UnaryOp,
        operand: ast::ExprId,
        span: Span,
        expected: Option<TypeId>,
    ) -> ExprId {
        match op {
            ast::UnaryOp::Neg => {
                let value = self.expr(operand, expected);
                let value = self.unwrapped(value);
                let found = self.ty(value);
                match self.shape(found) {
                    Shape::Int
                    | Shape::Float
                    | Shape::BigInt
                    | Shape::BigRat
                    | Shape::Any
                    | Shape::Error => self.push(ExprKind::Neg(value), found, span),
                    Shape::Var => {
                        self.unify(found, TypeId::ANY);
                        self.push(ExprKind::Neg(value), TypeId::ANY, span)
                    }
                    _ => {
                        let diagnostic = self.unary_mismatch("-", found, span, "numbers");
                        self.fail(diagnostic)
                    }
                }
            }
            ast::UnaryOp::Not => {
                let value = self.expr(operand, Some(TypeId::BOOL));
                let found = self.ty(value);
                let is_condition = self.rules.any_value_is_a_condition
                    || matches!(
                        self.shape(found),
                        Shape::Bool | Shape::Any | Shape::Error | Shape::Var
                    );
                if !is_condition {
                    let diagnostic = self.unary_mismatch("!", found, span, "booleans");
                    return self.fail(diagnostic);
                }
                let value = self.as_condition(operand, value, Code::T020, "the operand of `!`");
                self.push(ExprKind::Not(value), TypeId::BOOL, span)
            }
        }
    }

    fn unary_mismatch(&mut self, op: &str, found: TypeId, span: Span, takes: &str) -> Diagnostic {
        let text = self.show(found);
        Diagnostic::new(Code::T020, span, format!("`{op}` does not apply to `{text}`"))
            .with_label(format!("the operand is `{text}`"))
            .with_help(format!("`{op}` takes {takes}"))
    }

    /// `&&` and `||`; the operands have been checked.
    pub(super) fn logical(
        &mut self,
        op: ast::BinaryOp,
        left: ExprId,
        right: ExprId,
        span: Span,
        op_span: Span,
    ) -> ExprId {
        let (left_type, right_type) = (self.ty(left), self.ty(right));
        let left = self.logical_operand(left);
        let right = self.logical_operand(right);
        let (Some(left), Some(right)) = (left, right) else {
            let diagnostic = self.operator_mismatch(op, left_type, right_type, op_span);
            return self.fail(diagnostic);
        };
        let kind = if op == ast::BinaryOp::And {
            ExprKind::And(left, right)
        } else {
            ExprKind::Or(left, right)
        };
        self.push(kind, TypeId::BOOL, span)
    }

    fn logical_operand(&mut self, value: ExprId) -> Option<ExprId> {
        let value =
            if self.rules.any_value_is_a_condition { self.optional_lookup(value) } else { value };
        let found = self.ty(value);
        match self.shape(found) {
            Shape::Bool | Shape::Error => Some(value),
            Shape::Var => self.unify(found, TypeId::BOOL).then_some(value),
            _ if self.rules.any_value_is_a_condition => {
                let value = self.held(value);
                Some(self.convert_expr(Convert::Truthy, value, TypeId::BOOL))
            }
            Shape::Any => Some(self.convert_expr(Convert::Truthy, value, TypeId::BOOL)),
            _ => None,
        }
    }

    /// What the right operand may be asked to be, given the left.
    pub(super) fn operand_hint(&mut self, op: ast::BinaryOp, left: ExprId) -> Option<TypeId> {
        if op != ast::BinaryOp::Coalesce {
            return None;
        }
        let left_type = self.ty(left);
        match self.shape(left_type) {
            Shape::Option(inner) => Some(inner),
            _ => Some(left_type),
        }
    }

    /// Every binary operator but `&&` and `||`; the operands have been checked.
    pub(super) fn binary(
        &mut self,
        op: ast::BinaryOp,
        left: Operand,
        right: Operand,
        span: Span,
        op_span: Span,
    ) -> ExprId {
        // The commonest case first: two ints or floats need no conversion.
        let (left_type, right_type) = (self.ty(left.1), self.ty(right.1));
        if left_type == right_type
            && (left_type == TypeId::INT || left_type == TypeId::FLOAT)
            && let Some((op, ty)) = numeric_row(op, left_type)
        {
            return self.push(ExprKind::Binary(op, left.1, right.1), ty, span);
        }
        if left_type == TypeId::ERROR || right_type == TypeId::ERROR {
            let ty = if is_comparison(op) || op == ast::BinaryOp::In {
                TypeId::BOOL
            } else {
                TypeId::ERROR
            };
            return self.push(ExprKind::Unsupported("a part that is wrong"), ty, span);
        }
        match op {
            ast::BinaryOp::Add
            | ast::BinaryOp::Sub
            | ast::BinaryOp::Mul
            | ast::BinaryOp::Div
            | ast::BinaryOp::Rem => self.arithmetic(op, left.1, right.1, span, op_span),
            ast::BinaryOp::Eq | ast::BinaryOp::Ne => {
                self.equality(op, left.1, right.1, span, op_span)
            }
            ast::BinaryOp::Lt | ast::BinaryOp::Le | ast::BinaryOp::Gt | ast::BinaryOp::Ge => {
                self.ordering(op, left.1, right.1, span, op_span)
            }
            ast::BinaryOp::In => self.membership(left.1, right.1, span, op_span),
            ast::BinaryOp::Coalesce => self.coalesce(left.1, right.1, span, op_span),
            ast::BinaryOp::Union
            | ast::BinaryOp::UnionAll
            | ast::BinaryOp::Except
            | ast::BinaryOp::Intersect => self.list_operator(op, left.1, right.1, span, op_span),
            ast::BinaryOp::And | ast::BinaryOp::Or => {
                self.logical(op, left.1, right.1, span, op_span)
            }
        }
    }

    /// A stand-in takes the type of the other operand; two of them are anything.
    pub(super) fn settle_operands(&mut self, left: ExprId, right: ExprId) {
        let (left_type, right_type) = (self.ty(left), self.ty(right));
        match (self.shape(left_type), self.shape(right_type)) {
            (Shape::Var, Shape::Var) => {
                self.unify(left_type, TypeId::ANY);
                self.unify(right_type, TypeId::ANY);
            }
            (Shape::Var, _) => {
                self.unify(
                    left_type,
                    if right_type == TypeId::NONE { TypeId::ANY } else { right_type },
                );
            }
            (_, Shape::Var) => {
                self.unify(
                    right_type,
                    if left_type == TypeId::NONE { TypeId::ANY } else { left_type },
                );
            }
            _ => {}
        }
    }

    fn arithmetic(
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
        let (left_shape, right_shape) = (self.shape(left_type), self.shape(right_type));
        let row = arithmetic_row(op);
        match (left_shape, right_shape) {
            (Shape::String, Shape::String) if op == ast::BinaryOp::Add => {
                self.push(ExprKind::Binary(BinaryOp::StrConcat, left, right), TypeId::STRING, span)
            }
            (Shape::String, Shape::Any) if op == ast::BinaryOp::Add => {
                let right = self.convert_expr(Convert::FromAny, right, TypeId::STRING);
                self.push(ExprKind::Binary(BinaryOp::StrConcat, left, right), TypeId::STRING, span)
            }
            (Shape::Any, Shape::String) if op == ast::BinaryOp::Add => {
                let left = self.convert_expr(Convert::FromAny, left, TypeId::STRING);
                self.push(ExprKind::Binary(BinaryOp::StrConcat, left, right), TypeId::STRING, span)
            }
            (Shape::String, _) if op == ast::BinaryOp::Add && self.rules.mixed_arithmetic => {
                let right = self.text_of(right);
                self.push(ExprKind::Binary(BinaryOp::StrConcat, left, right), TypeId::STRING, span)
            }
            (_, Shape::String) if op == ast::BinaryOp::Add && self.rules.mixed_arithmetic => {
                let left = self.text_of(left);
                self.push(ExprKind::Binary(BinaryOp::StrConcat, left, right), TypeId::STRING, span)
            }
            (Shape::List(_), Shape::List(_)) if op == ast::BinaryOp::Add => {
                self.list_operator(op, left, right, span, op_span)
            }
            (Shape::Any, Shape::List(_)) | (Shape::List(_), Shape::Any)
                if op == ast::BinaryOp::Add =>
            {
                let ty = if left_shape == Shape::Any { right_type } else { left_type };
                let (left, right) = (self.converted(left, ty), self.converted(right, ty));
                self.push(ExprKind::Binary(BinaryOp::ListConcat, left, right), ty, span)
            }
            (Shape::Any, Shape::None | Shape::Unit) | (Shape::None | Shape::Unit, Shape::Any) => {
                let diagnostic = self.operator_mismatch(op, left_type, right_type, op_span);
                self.fail(diagnostic)
            }
            (Shape::Any, _) | (_, Shape::Any) => {
                let (left, right) =
                    (self.converted(left, TypeId::ANY), self.converted(right, TypeId::ANY));
                self.push(ExprKind::Binary(row, left, right), TypeId::ANY, span)
            }
            (a, b) if a.is_numeric() && b.is_numeric() => {
                let ty = numeric_join(a, b);
                let (left, right) = (self.number_as(left, a, ty), self.number_as(right, b, ty));
                self.push(ExprKind::Binary(row, left, right), ty, span)
            }
            _ => {
                let diagnostic = self.operator_mismatch(op, left_type, right_type, op_span);
                self.fail(diagnostic)
            }
        }
    }

    /// `str(value)`.
    fn text_of(&mut self, value: ExprId) -> ExprId {
        let span = self.hir[value].span;
        let value = self.converted(value, TypeId::ANY);
        let kind = ExprKind::CallBuiltin { builtin: Builtin::Str, args: Box::new([value]) };
        self.push(kind, TypeId::STRING, span)
    }

    /// A number as the number type of an operation, which is never narrower.
    pub(super) fn number_as(&mut self, value: ExprId, shape: Shape, ty: TypeId) -> ExprId {
        let convert = match (shape, ty) {
            (Shape::Int, TypeId::FLOAT) => Convert::IntToFloat,
            (Shape::Int, TypeId::BIGINT) => Convert::IntToBigInt,
            (Shape::Int, TypeId::BIGRAT) => Convert::IntToBigRat,
            (Shape::BigInt, TypeId::BIGRAT) => Convert::BigIntToBigRat,
            (Shape::Float, TypeId::BIGRAT) => Convert::FloatToBigRat,
            _ => return value,
        };
        self.convert_expr(convert, value, ty)
    }

    fn coalesce(&mut self, left: ExprId, right: ExprId, span: Span, op_span: Span) -> ExprId {
        let left = self.optional_lookup(left);
        let (left_type, right_type) = (self.ty(left), self.ty(right));
        match self.shape(left_type) {
            Shape::Option(inner) => {
                let ty = match self.shape(right_type) {
                    Shape::Option(other) => {
                        let joined = self.join(inner, other).unwrap_or(TypeId::ANY);
                        Some(self.hir.types.option(joined))
                    }
                    Shape::None => Some(left_type),
                    _ if self.convertible(right_type, inner, Site::Slot) => Some(inner),
                    b if b.is_numeric() && self.shape(inner).is_numeric() => {
                        Some(numeric_join(self.shape(inner), b))
                    }
                    _ => self
                        .join(inner, right_type)
                        .or(self.rules.mixed_arms.then_some(TypeId::ANY)),
                };
                let Some(ty) = ty else {
                    let diagnostic = self.operator_mismatch(
                        ast::BinaryOp::Coalesce,
                        left_type,
                        right_type,
                        op_span,
                    );
                    return self.fail(diagnostic);
                };
                let right = self.convert_number(right, ty);
                if self.resolved(inner) == self.resolved(ty) || left_type == self.resolved(ty) {
                    return self.push(ExprKind::Coalesce(left, right), ty, span);
                }
                // The value itself has to be converted: it is wider as an `any` on the way.
                let left = self.converted(left, TypeId::ANY);
                let right = self.converted(right, TypeId::ANY);
                let value = self.push(ExprKind::Coalesce(left, right), TypeId::ANY, span);
                if self.resolved(ty) == TypeId::ANY {
                    value
                } else {
                    self.convert_expr(Convert::FromAny, value, ty)
                }
            }
            Shape::Any => {
                let right = self.converted(right, TypeId::ANY);
                self.push(ExprKind::Coalesce(left, right), TypeId::ANY, span)
            }
            Shape::None => right,
            Shape::Var => {
                self.unify(left_type, TypeId::ANY);
                let right = self.converted(right, TypeId::ANY);
                self.push(ExprKind::Coalesce(left, right), TypeId::ANY, span)
            }
            _ if self.rules.plain_values_coalesce => left,
            _ => {
                let mut diagnostic =
                    self.operator_mismatch(ast::BinaryOp::Coalesce, left_type, right_type, op_span);
                diagnostic.help =
                    "the left side is never `none`: drop the `??` and what follows".to_owned();
                self.fail(diagnostic)
            }
        }
    }

    /// A value of a type that is at most another number type away from `ty`.
    fn convert_number(&mut self, value: ExprId, ty: TypeId) -> ExprId {
        let shape = self.shape(self.ty(value));
        if shape.is_numeric() && self.shape(ty).is_numeric() {
            return self.number_as(value, shape, ty);
        }
        self.converted(value, ty)
    }

    /// `+`, `union`, `except`, `intersect` of lists.
    fn list_operator(
        &mut self,
        op: ast::BinaryOp,
        left: ExprId,
        right: ExprId,
        span: Span,
        op_span: Span,
    ) -> ExprId {
        let (left, right) = (self.unwrapped(left), self.unwrapped(right));
        let (left_type, right_type) = (self.ty(left), self.ty(right));
        let row = match op {
            ast::BinaryOp::Union => BinaryOp::Union,
            ast::BinaryOp::UnionAll => BinaryOp::UnionAll,
            ast::BinaryOp::Except => BinaryOp::Except,
            ast::BinaryOp::Intersect => BinaryOp::Intersect,
            _ => BinaryOp::ListConcat,
        };
        let item = match (self.shape(left_type), self.shape(right_type)) {
            (Shape::List(a), Shape::List(b)) => {
                self.join(a, b).or(self.rules.mixed_lists.then_some(TypeId::ANY))
            }
            (Shape::List(item), Shape::Any) | (Shape::Any, Shape::List(item)) => Some(item),
            (Shape::Any, Shape::Any) => Some(TypeId::ANY),
            _ => None,
        };
        let Some(item) = item else {
            let diagnostic = self.operator_mismatch(op, left_type, right_type, op_span);
            return self.fail(diagnostic);
        };
        let ty = self.hir.types.list(item);
        let (left, right) = (self.converted(left, ty), self.converted(right, ty));
        self.push(ExprKind::Binary(row, left, right), ty, span)
    }

    // ── Findings ───────────────────────────────────────────────────────────────────────────────

    pub(super) fn operator_mismatch(
        &mut self,
        op: ast::BinaryOp,
        left: TypeId,
        right: TypeId,
        op_span: Span,
    ) -> Diagnostic {
        let (left_text, right_text) = (self.show(left), self.show(right));
        let text = op.text();
        let diagnostic = Diagnostic::new(
            Code::T020,
            op_span,
            format!("`{text}` does not apply to `{left_text}` and `{right_text}`"),
        )
        .with_label(format!("`{left_text}` on the left, `{right_text}` on the right"));
        let optional = |shape| matches!(shape, Shape::Option(_) | Shape::None);
        let (left_shape, right_shape) = (self.shape(left), self.shape(right));
        let help = if optional(left_shape) || optional(right_shape) {
            "one side may be `none`: give a default with `?? value`, or test it with `!= none` first"
        } else if op == ast::BinaryOp::Add
            && (left_shape == Shape::String || right_shape == Shape::String)
        {
            "convert the other side with `str(value)`"
        } else {
            match op {
                ast::BinaryOp::Add => {
                    "`+` adds numbers and joins strings or lists of the same type"
                }
                ast::BinaryOp::Sub
                | ast::BinaryOp::Mul
                | ast::BinaryOp::Div
                | ast::BinaryOp::Rem => "both sides must be numbers",
                ast::BinaryOp::And | ast::BinaryOp::Or => "both sides must be `bool`",
                ast::BinaryOp::In => "write `item in list`, `key in map` or `part in text`",
                ast::BinaryOp::Coalesce => "the default must have the type of the value",
                _ => "both sides must be lists of the same type",
            }
        };
        diagnostic.with_help(help)
    }
}

fn is_comparison(op: ast::BinaryOp) -> bool {
    matches!(
        op,
        ast::BinaryOp::Eq
            | ast::BinaryOp::Ne
            | ast::BinaryOp::Lt
            | ast::BinaryOp::Le
            | ast::BinaryOp::Gt
            | ast::BinaryOp::Ge
    )
}

fn arithmetic_row(op: ast::BinaryOp) -> BinaryOp {
    match op {
        ast::BinaryOp::Sub => BinaryOp::Sub,
        ast::BinaryOp::Mul => BinaryOp::Mul,
        ast::BinaryOp::Div => BinaryOp::Div,
        ast::BinaryOp::Rem => BinaryOp::Rem,
        _ => BinaryOp::Add,
    }
}

/// The operator on two operands of one number type, with the type of its result.
fn numeric_row(op: ast::BinaryOp, ty: TypeId) -> Option<(BinaryOp, TypeId)> {
    Some(match op {
        ast::BinaryOp::Add => (BinaryOp::Add, ty),
        ast::BinaryOp::Sub => (BinaryOp::Sub, ty),
        ast::BinaryOp::Mul => (BinaryOp::Mul, ty),
        ast::BinaryOp::Div => (BinaryOp::Div, ty),
        ast::BinaryOp::Rem => (BinaryOp::Rem, ty),
        ast::BinaryOp::Eq => (BinaryOp::Eq, TypeId::BOOL),
        ast::BinaryOp::Ne => (BinaryOp::Ne, TypeId::BOOL),
        ast::BinaryOp::Lt => (BinaryOp::Lt, TypeId::BOOL),
        ast::BinaryOp::Le => (BinaryOp::Le, TypeId::BOOL),
        ast::BinaryOp::Gt => (BinaryOp::Gt, TypeId::BOOL),
        ast::BinaryOp::Ge => (BinaryOp::Ge, TypeId::BOOL),
        _ => return None,
    })
}

/// The type in which two numbers are computed with. A float together with a number of any size is
/// a fraction, so that nothing is lost.
pub(super) fn numeric_join(left: Shape, right: Shape) -> TypeId {
    let is = |shape| left == shape || right == shape;
    if is(Shape::Float) {
        if is(Shape::BigInt) || is(Shape::BigRat) { TypeId::BIGRAT } else { TypeId::FLOAT }
    } else if is(Shape::BigRat) {
        TypeId::BIGRAT
    } else if is(Shape::BigInt) {
        TypeId::BIGINT
    } else {
        TypeId::INT
    }
}
