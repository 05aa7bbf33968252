//! Arguments of builtins: each is checked as what the builtin takes, with the conversions that
//! builtins allow.

use mochi_base::{Code, Diagnostic, Span, Symbol};
use mochi_syntax::ast;

use super::coerce::Site;
use super::{Checker, Shape};
use crate::hir::{Builtin, ExprId, ExprKind};
use crate::types::TypeId;

/// An argument: a receiver that has been checked, or one as written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Arg {
    Checked(ExprId),
    Written(ast::ExprId),
}

impl Checker<'_> {
    pub(super) fn arg(&mut self, arg: Arg, hint: Option<TypeId>) -> ExprId {
        let value = match arg {
            Arg::Checked(value) => value,
            Arg::Written(source) => self.expr(source, hint),
        };
        if self.ty(value) == TypeId::NONE { self.converted(value, TypeId::ANY) } else { value }
    }

    pub(super) fn arg_as(&mut self, arg: Arg, wanted: TypeId, span: Span) -> ExprId {
        match arg {
            Arg::Checked(value) => self.converted(value, wanted),
            Arg::Written(source) => self.expr_as(source, wanted, Site::Argument(span)),
        }
    }

    /// An int argument: a bigint will do.
    pub(super) fn int_arg(&mut self, arg: Arg, span: Span) -> ExprId {
        let value = self.arg(arg, Some(TypeId::INT));
        let value = self.unwrapped(value);
        if self.shape(self.ty(value)) == Shape::Float && self.rules.conversions_by_cast {
            return self.convert_expr(crate::hir::Convert::FloatToInt, value, TypeId::INT);
        }
        self.fit_arg(arg, value, TypeId::INT, span)
    }

    /// A number argument as a float.
    pub(super) fn float_arg(&mut self, arg: Arg, name: Symbol, span: Span) -> ExprId {
        let value = self.arg(arg, Some(TypeId::FLOAT));
        let value = self.unwrapped(value);
        let found = self.ty(value);
        match self.shape(found) {
            Shape::Int => self.convert_expr(crate::hir::Convert::IntToFloat, value, TypeId::FLOAT),
            Shape::BigInt => {
                self.convert_expr(crate::hir::Convert::BigIntToFloat, value, TypeId::FLOAT)
            }
            Shape::BigRat => {
                self.convert_expr(crate::hir::Convert::BigRatToFloat, value, TypeId::FLOAT)
            }
            Shape::Float | Shape::Any | Shape::Var | Shape::Error => {
                self.converted(value, TypeId::FLOAT)
            }
            _ => self.wrong_argument(name, "a number", found, arg, span),
        }
    }

    pub(super) fn fit_arg(
        &mut self,
        arg: Arg,
        value: ExprId,
        wanted: TypeId,
        span: Span,
    ) -> ExprId {
        match arg {
            Arg::Checked(_) => self.converted(value, wanted),
            Arg::Written(source) => self.fit(source, value, wanted, Site::Argument(span)),
        }
    }

    pub(super) fn arg_span(&self, arg: Arg) -> Span {
        match arg {
            Arg::Checked(value) => self.hir[value].span,
            Arg::Written(source) => self.ast[source].span,
        }
    }

    pub(super) fn wrong_argument(
        &mut self,
        name: Symbol,
        takes: &str,
        found: TypeId,
        arg: Arg,
        span: Span,
    ) -> ExprId {
        self.wrong_argument_as(Code::T007, name, takes, found, arg, span)
    }

    pub(super) fn wrong_argument_as(
        &mut self,
        code: Code,
        name: Symbol,
        takes: &str,
        found: TypeId,
        arg: Arg,
        span: Span,
    ) -> ExprId {
        let (name, text) = (self.name(name).to_owned(), self.show(found));
        let place = self.arg_span(arg);
        let optional = matches!(self.shape(found), Shape::Option(_));
        let diagnostic =
            Diagnostic::new(code, span, format!("`{name}` takes {takes}, found `{text}`"))
                .with_secondary(place, format!("this is `{text}`"));
        let diagnostic = if optional {
            diagnostic.with_help(
                "it may be `none`: give a default with `?? value`, or test it with `!= none` first",
            )
        } else {
            diagnostic.with_help(format!("give `{name}` {takes}"))
        };
        self.fail(diagnostic)
    }

    /// A list argument and the type of its items; `None` when it is no list.
    pub(super) fn list_arg(
        &mut self,
        arg: Arg,
        hint: Option<TypeId>,
    ) -> Result<(ExprId, TypeId), TypeId> {
        let value = self.arg(arg, hint);
        let value = self.unwrapped(value);
        self.as_list(value)
    }

    pub(super) fn as_list(&mut self, value: ExprId) -> Result<(ExprId, TypeId), TypeId> {
        let found = self.ty(value);
        match self.shape(found) {
            Shape::List(item) => Ok((value, item)),
            Shape::Group(_, item) => {
                let list = self.hir.types.list(item);
                Ok((self.converted(value, list), item))
            }
            Shape::Any => {
                let list = self.hir.types.list(TypeId::ANY);
                Ok((self.converted(value, list), TypeId::ANY))
            }
            Shape::Var => {
                let item = self.fresh();
                let list = self.hir.types.list(item);
                self.unify(found, list);
                Ok((value, item))
            }
            Shape::Error => Ok((value, TypeId::ERROR)),
            _ => Err(found),
        }
    }

    pub(super) fn builtin_expr(
        &mut self,
        builtin: Builtin,
        args: Vec<ExprId>,
        ty: TypeId,
        span: Span,
    ) -> ExprId {
        self.push(ExprKind::CallBuiltin { builtin, args: args.into() }, ty, span)
    }
}
