//! Getting a value of one type into a place of another: every implicit conversion of the language
//! is decided here and becomes an expression of its own.

use mochi_base::{Code, Diagnostic, Span};
use mochi_syntax::ast;

use super::{Checker, Shape};
use crate::hir::{Body, Builtin, Convert, ExprId, ExprKind, Function, StmtKind};
use crate::types::{StructId, TypeId, TypeKind};

/// What kind of place a value goes to; places differ in what they let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    /// A `let` with a declared type. Carries the statement's place.
    Let(Span),
    /// A `var` with a declared type: another name for the same storage. Carries the statement's place.
    Var(Span),
    /// An argument. Carries the call's place.
    Argument(Span),
    /// An item or field that is assigned. Carries the statement's place.
    Store(Span),
    /// An item of a literal that goes to a `Var` or `Store`.
    Item,
    /// A returned value, a field of a literal, an operand: anything else.
    Slot,
}

impl Checker<'_> {
    /// Checks `expr` as a value for a place of type `wanted` and reports what does not fit.
    pub(super) fn expr_as(&mut self, expr: ast::ExprId, wanted: TypeId, site: Site) -> ExprId {
        let aliasing = matches!(site, Site::Var(_) | Site::Store(_) | Site::Item);
        let before = std::mem::replace(&mut self.literal_aliases, aliasing);
        let value = self.expr(expr, Some(wanted));
        self.literal_aliases = before;
        self.fit(expr, value, wanted, site)
    }

    /// Converts a checked value for a place, or reports why it does not fit.
    pub(super) fn fit(
        &mut self,
        source: ast::ExprId,
        value: ExprId,
        wanted: TypeId,
        site: Site,
    ) -> ExprId {
        let found = self.ty(value);
        if found == self.resolved(wanted) {
            return value;
        }
        let Some(converted) = self.convert(value, wanted, site) else {
            let span = self.ast[source].span;
            let any_binding = self.shape(found) == Shape::Any;
            // An `any` that may not flow is the declaration's mistake, not the value's.
            let span = match site {
                Site::Let(statement) | Site::Var(statement) if any_binding => statement,
                _ => span,
            };
            let diagnostic = self.mismatch(span, wanted, found);
            return self.fail(diagnostic);
        };
        if !self.rules.containers_convert && self.is_copy(converted) {
            let place = match site {
                Site::Var(place) | Site::Argument(place) | Site::Store(place) => Some(place),
                Site::Item => Some(self.ast[source].span),
                Site::Let(_) | Site::Slot => None,
            };
            if let (Some(place), Some(name)) = (place, self.storage_name(source)) {
                let diagnostic = self.widening_alias(place, &name, found, wanted);
                return self.fail(diagnostic);
            }
        }
        converted
    }

    /// Whether the conversion makes a new list or map.
    fn is_copy(&self, expr: ExprId) -> bool {
        matches!(self.hir[expr].kind, ExprKind::Convert(Convert::Items, _))
    }

    /// Whether a value of one type could go to a place of the other.
    pub(super) fn convertible(&mut self, found: TypeId, wanted: TypeId, site: Site) -> bool {
        if self.unify(found, wanted) {
            return true;
        }
        let probe = self.push(ExprKind::Unit, found, Span::default());
        self.convert(probe, wanted, site).is_some()
    }

    /// `value` as a value of type `wanted`; `None` if there is no such conversion here.
    pub(super) fn convert(&mut self, value: ExprId, wanted: TypeId, site: Site) -> Option<ExprId> {
        let wanted = self.resolved(wanted);
        let found = self.ty(value);
        if found == wanted {
            return Some(value);
        }
        let (from, to) = (self.shape(found), self.shape(wanted));
        match (from, to) {
            (Shape::Error, _) | (_, Shape::Error) | (Shape::Any, Shape::Any) => Some(value),
            (Shape::Var, _) | (_, Shape::Var) => self.convert_stand_in(value, found, wanted, site),
            (Shape::None, Shape::Option(_) | Shape::Any) => Some(self.none_as(value, wanted)),
            (Shape::Option(inner), Shape::Any) if self.shape(inner) == Shape::Var => {
                self.unify(inner, TypeId::ANY);
                Some(value)
            }
            (_, Shape::Any) => Some(self.convert_expr(Convert::ToAny, value, wanted)),
            (Shape::Any, Shape::Option(_)) => {
                Some(self.convert_expr(Convert::FromAny, value, wanted))
            }
            (Shape::Any, _) => {
                let binding = matches!(site, Site::Let(_) | Site::Var(_));
                (self.rules.any_flows_into_bindings || !binding)
                    .then(|| self.convert_expr(Convert::FromAny, value, wanted))
            }
            (Shape::None, _) => self.rules.none_anywhere.then(|| {
                let optional = self.hir.types.option(wanted);
                let none = self.none_as(value, optional);
                self.convert_expr(Convert::Unwrap, none, wanted)
            }),
            (Shape::Option(inner), Shape::Option(wanted_inner)) => {
                if self.unify(inner, wanted_inner) {
                    return Some(value);
                }
                self.convert_option(value, inner, wanted_inner, wanted, site)
            }
            (_, Shape::Option(inner)) => {
                let value = self.convert(value, inner, site)?;
                Some(self.convert_expr(Convert::Wrap, value, wanted))
            }
            (Shape::Option(inner), _) => {
                if !self.rules.options_unwrap {
                    return None;
                }
                let value = self.convert_expr(Convert::Unwrap, value, inner);
                self.convert(value, wanted, site)
            }
            (Shape::List(found_item), Shape::List(item)) => {
                if self.unify(found, wanted) {
                    return Some(value);
                }
                self.items_convert(found_item, item)
                    .then(|| self.convert_expr(Convert::Items, value, wanted))
            }
            (Shape::Map(found_key, found_item), Shape::Map(key, item)) => {
                if self.unify(found, wanted) {
                    return Some(value);
                }
                (self.items_convert(found_key, key) && self.items_convert(found_item, item))
                    .then(|| self.convert_expr(Convert::Items, value, wanted))
            }
            (Shape::Group(_, item), Shape::List(wanted_item)) => {
                if !self.unify(item, wanted_item) {
                    return None;
                }
                let span = self.hir[value].span;
                let kind =
                    ExprKind::CallBuiltin { builtin: Builtin::Collect, args: Box::new([value]) };
                Some(self.push(kind, wanted, span))
            }
            (Shape::Group(..), Shape::Group(..)) => self.unify(found, wanted).then_some(value),
            (Shape::Fun, Shape::Fun) => self.adapt_function(value, found, wanted),
            (Shape::Struct(variant), Shape::Union(union)) => {
                (self.hir.types.struct_type(variant).variant_of == Some(union))
                    .then(|| self.convert_expr(Convert::Rename, value, wanted))
            }
            (Shape::Union(union), Shape::Struct(variant)) => {
                (self.hir.types.struct_type(variant).variant_of == Some(union))
                    .then(|| self.convert_expr(Convert::Variant, value, wanted))
            }
            (Shape::Struct(one), Shape::Struct(other)) => self
                .same_fields(one, other)
                .then(|| self.convert_expr(Convert::Rename, value, wanted)),
            (Shape::Map(key, _), Shape::Struct(id)) => (self.rules.conversions_by_cast
                && !self.agents.contains_key(&id)
                && matches!(self.shape(key), Shape::String | Shape::Any))
            .then(|| self.convert_expr(Convert::MapToStruct, value, wanted)),
            (Shape::Struct(_), Shape::Map(key, _)) => (self.rules.conversions_by_cast
                && matches!(self.shape(key), Shape::String | Shape::Any))
            .then(|| self.convert_expr(Convert::StructToMap, value, wanted)),
            _ => {
                let step = self.numeric_step(from, to)?;
                Some(self.convert_expr(step, value, wanted))
            }
        }
    }

    /// A value that is only known to be `none`, as one of an optional type.
    fn none_as(&mut self, value: ExprId, wanted: TypeId) -> ExprId {
        let expr = &mut self.hir.exprs[value.index()];
        if !matches!(expr.kind, ExprKind::None) {
            let span = expr.span;
            let statement = self.push_stmt(StmtKind::Expr(value), span);
            let none = self.push(ExprKind::None, wanted, span);
            return self.push(ExprKind::Block(Box::new([statement]), none), wanted, span);
        }
        expr.ty = wanted;
        if self.hir.types.has_stand_in(wanted) {
            self.unfinished.push(value);
        }
        value
    }

    /// The implicit conversions between numbers.
    fn numeric_step(&self, from: Shape, to: Shape) -> Option<Convert> {
        match (from, to) {
            (Shape::Int, Shape::BigInt) => Some(Convert::IntToBigInt),
            (Shape::Int, Shape::BigRat) => Some(Convert::IntToBigRat),
            (Shape::BigInt, Shape::BigRat) => Some(Convert::BigIntToBigRat),
            (Shape::Float, Shape::BigRat) => Some(Convert::FloatToBigRat),
            (Shape::BigInt, Shape::Int) => Some(Convert::BigIntToInt),
            (Shape::BigRat, Shape::Float) => Some(Convert::BigRatToFloat),
            (Shape::Int, Shape::Float) if self.rules.int_widens_to_float => {
                Some(Convert::IntToFloat)
            }
            (Shape::BigInt, Shape::Float) if self.rules.int_widens_to_float => {
                Some(Convert::BigIntToFloat)
            }
            _ => None,
        }
    }

    /// Whether list items or map values of one type can become items of the other: only from and to
    /// `any`, and what the edition widens.
    fn items_convert(&mut self, found: TypeId, wanted: TypeId) -> bool {
        self.convertible(found, wanted, Site::Slot)
    }

    fn convert_stand_in(
        &mut self,
        value: ExprId,
        found: TypeId,
        wanted: TypeId,
        site: Site,
    ) -> Option<ExprId> {
        let (var, other) =
            if self.shape(found) == Shape::Var { (found, wanted) } else { (wanted, found) };
        let other = if self.shape(other) == Shape::None { TypeId::ANY } else { other };
        if !self.infer.solve(&mut self.hir.types, var, other) {
            return None;
        }
        if self.ty(value) == self.resolved(wanted) {
            Some(value)
        } else {
            self.convert(value, wanted, site)
        }
    }

    /// An option of one type as an option of another: `if v is none then none else convert(v)`.
    fn convert_option(
        &mut self,
        value: ExprId,
        inner: TypeId,
        wanted_inner: TypeId,
        wanted: TypeId,
        site: Site,
    ) -> Option<ExprId> {
        let span = self.hir[value].span;
        let found = self.ty(value);
        let local = self.new_local(mochi_base::known::EMPTY, found, false, span);
        let read = self.push(ExprKind::Local(local), found, span);
        let present = self.convert_expr(Convert::Narrow, read, inner);
        let converted = self.convert(present, wanted_inner, site)?;
        let some = self.convert_expr(Convert::Wrap, converted, wanted);
        let none = self.push(ExprKind::None, wanted, span);
        let tested = self.push(ExprKind::Local(local), found, span);
        let absent = self.push(ExprKind::None, found, span);
        let cond = self.push(
            ExprKind::Binary(crate::hir::BinaryOp::Eq, tested, absent),
            TypeId::BOOL,
            span,
        );
        let choice = self.push(ExprKind::If { cond, then: none, otherwise: some }, wanted, span);
        let declaration = self.push_stmt(StmtKind::Let(local, value), span);
        Some(self.push(ExprKind::Block(Box::new([declaration]), choice), wanted, span))
    }

    /// A function value where another function type is wanted: a function literal that converts
    /// arguments and result.
    fn adapt_function(&mut self, value: ExprId, found: TypeId, wanted: TypeId) -> Option<ExprId> {
        if self.unify(found, wanted) {
            return Some(value);
        }
        let (found_params, found_result) = self.function_parts(found)?;
        let (params, result) = self.function_parts(wanted)?;
        let curried = self.rules.functions_curry
            && params.len() < found_params.len()
            && self.shape(result) == Shape::Fun;
        if params.len() != found_params.len() && !curried {
            return None;
        }
        // Given fewer arguments, it gives a function of the rest.
        let found_result = if curried {
            self.hir.types.function(&found_params[params.len()..], found_result)
        } else {
            found_result
        };
        for (&param, &found_param) in params.iter().zip(&found_params) {
            if !self.convertible(param, found_param, Site::Slot) {
                return None;
            }
        }
        // What says that it gives nothing gives nothing, not even an `any`.
        let gives_nothing = self.resolved(result) == TypeId::UNIT;
        if gives_nothing && self.resolved(found_result) != TypeId::UNIT
            || !self.convertible(found_result, result, Site::Slot)
        {
            return None;
        }
        let span = self.hir[value].span;
        let empty = mochi_base::known::EMPTY;
        let callee = self.new_local(empty, found, false, span);
        self.local_facts[callee.index()].captured = true;
        let mark = self.open_function(false, result);
        let locals: Vec<_> =
            params.iter().map(|&param| self.new_local(empty, param, false, span)).collect();
        let mut args = Vec::new();
        for (&local, &found_param) in locals.iter().zip(&found_params) {
            let ty = self.hir[local].ty;
            let read = self.push(ExprKind::Local(local), ty, span);
            args.push(self.convert(read, found_param, Site::Slot)?);
        }
        let callee_read = self.push(ExprKind::Local(callee), found, span);
        let kind = if curried {
            ExprKind::Partial { callee: callee_read, args: args.into() }
        } else {
            ExprKind::CallValue { callee: callee_read, args: args.into() }
        };
        let call = self.push(kind, found_result, span);
        let body = Body::Expr(self.convert(call, result, Site::Slot)?);
        self.close_function(mark);
        let function = self.add_function(
            Function {
                name: empty,
                params: locals,
                type_params: 0,
                first_type_param: 0,
                result,
                body,
                captures: vec![callee],
                span,
            },
            params,
        );
        let closure = self.push(ExprKind::Closure(function), wanted, span);
        let declaration = self.push_stmt(StmtKind::Let(callee, value), span);
        Some(self.push(ExprKind::Block(Box::new([declaration]), closure), wanted, span))
    }

    /// Whether two structs have the same fields and at least one has no name.
    fn same_fields(&mut self, one: StructId, other: StructId) -> bool {
        let (first, second) = (self.hir.types.struct_type(one), self.hir.types.struct_type(other));
        let unnamed = self.name(first.name).is_empty() || self.name(second.name).is_empty();
        unnamed
            && !self.agents.contains_key(&one)
            && !self.agents.contains_key(&other)
            && first.fields.len() == second.fields.len()
            && first
                .fields
                .iter()
                .zip(&second.fields)
                .all(|(a, b)| a.name == b.name && a.ty == b.ty)
    }

    /// Makes two types equal by solving stand-ins, if that can be done.
    pub(super) fn unify(&mut self, one: TypeId, other: TypeId) -> bool {
        let (one, other) = (self.resolved(one), self.resolved(other));
        if one == other {
            return true;
        }
        if !self.hir.types.has_stand_in(one) && !self.hir.types.has_stand_in(other) {
            return false;
        }
        match (self.hir.types.kind(one).clone(), self.hir.types.kind(other).clone()) {
            // `none` says only that there is an option; what starts as `none` can be anything.
            (TypeKind::Var(_), TypeKind::None) => {
                self.infer.solve(&mut self.hir.types, one, TypeId::ANY);
                false
            }
            (TypeKind::None, TypeKind::Var(_)) => {
                self.infer.solve(&mut self.hir.types, other, TypeId::ANY);
                false
            }
            (TypeKind::Var(_), _) => self.infer.solve(&mut self.hir.types, one, other),
            (_, TypeKind::Var(_)) => self.infer.solve(&mut self.hir.types, other, one),
            (TypeKind::List(a), TypeKind::List(b)) | (TypeKind::Option(a), TypeKind::Option(b)) => {
                self.unify(a, b)
            }
            (TypeKind::Map(a, b), TypeKind::Map(c, d))
            | (TypeKind::Group(a, b), TypeKind::Group(c, d)) => {
                self.unify(a, c) && self.unify(b, d)
            }
            (TypeKind::Fun(a, b), TypeKind::Fun(c, d)) => {
                a.len() == c.len()
                    && a.iter().zip(&c).all(|(&a, &c)| self.unify(a, c))
                    && self.unify(b, d)
            }
            _ => false,
        }
    }

    /// The type that values of both types can have, if there is one that keeps what they are.
    pub(super) fn join(&mut self, one: TypeId, other: TypeId) -> Option<TypeId> {
        let (one, other) = (self.resolved(one), self.resolved(other));
        if self.unify(one, other) {
            return Some(one);
        }
        match (self.shape(one), self.shape(other)) {
            (Shape::Error, _) | (_, Shape::Error) => Some(TypeId::ERROR),
            (Shape::Any, _) | (_, Shape::Any) => Some(TypeId::ANY),
            (Shape::None, Shape::Unit) | (Shape::Unit, Shape::None) => None,
            (Shape::None, _) => Some(self.hir.types.option(other)),
            (_, Shape::None) => Some(self.hir.types.option(one)),
            (Shape::Option(inner), _) => {
                let inner_other =
                    if let Shape::Option(inner) = self.shape(other) { inner } else { other };
                let joined = self.join(inner, inner_other)?;
                Some(self.hir.types.option(joined))
            }
            (_, Shape::Option(inner)) => {
                let joined = self.join(one, inner)?;
                Some(self.hir.types.option(joined))
            }
            (Shape::Struct(a), Shape::Struct(b)) => {
                let union = self.hir.types.struct_type(a).variant_of?;
                (self.hir.types.struct_type(b).variant_of == Some(union))
                    .then(|| self.hir.types.intern(TypeKind::Union(union)))
            }
            (Shape::Struct(variant), Shape::Union(union)) => {
                (self.hir.types.struct_type(variant).variant_of == Some(union)).then_some(other)
            }
            (Shape::Union(union), Shape::Struct(variant)) => {
                (self.hir.types.struct_type(variant).variant_of == Some(union)).then_some(one)
            }
            (Shape::Int, Shape::BigInt) | (Shape::BigInt, Shape::Int) => Some(TypeId::BIGINT),
            (Shape::Int, Shape::Float) | (Shape::Float, Shape::Int)
                if self.rules.int_widens_to_float =>
            {
                Some(TypeId::FLOAT)
            }
            (Shape::List(a), Shape::List(b)) => {
                let joined = self.join_items(a, b)?;
                Some(self.hir.types.list(joined))
            }
            (Shape::Map(a, b), Shape::Map(c, d)) => {
                let key = self.join_items(a, c)?;
                let value = self.join_items(b, d)?;
                Some(self.hir.types.map(key, value))
            }
            _ => None,
        }
    }

    fn join_items(&mut self, one: TypeId, other: TypeId) -> Option<TypeId> {
        match self.join(one, other) {
            Some(joined) => Some(joined),
            None => self.rules.mixed_lists.then_some(TypeId::ANY),
        }
    }

    /// A value used as a condition: a boolean, or what the edition lets stand for one.
    pub(super) fn condition(&mut self, expr: ast::ExprId, code: Code, what: &str) -> ExprId {
        let value = self.expr(expr, Some(TypeId::BOOL));
        self.as_condition(expr, value, code, what)
    }

    pub(super) fn as_condition(
        &mut self,
        expr: ast::ExprId,
        value: ExprId,
        code: Code,
        what: &str,
    ) -> ExprId {
        // A key that is absent counts as false here; it does not stop the program.
        let value =
            if self.rules.any_value_is_a_condition { self.optional_lookup(value) } else { value };
        let found = self.ty(value);
        match self.shape(found) {
            Shape::Bool | Shape::Error => value,
            Shape::Var => {
                self.unify(found, TypeId::BOOL);
                value
            }
            _ if self.rules.any_value_is_a_condition => {
                let value = self.held(value);
                self.convert_expr(Convert::Truthy, value, TypeId::BOOL)
            }
            Shape::Any => self.convert_expr(Convert::Truthy, value, TypeId::BOOL),
            _ => {
                let text = self.show(found);
                let span = self.ast[expr].span;
                let diagnostic =
                    Diagnostic::new(code, span, format!("{what} must be a `bool`, found `{text}`"))
                        .with_label(format!("this is `{text}`"))
                        .with_help("compare it with something: `!= 0`, `!= \"\"`, `!= none`");
                self.fail(diagnostic)
            }
        }
    }

    /// A value that has a type of its own: a bare `none` is an `any`.
    pub(super) fn held(&mut self, value: ExprId) -> ExprId {
        if self.ty(value) == TypeId::NONE { self.converted(value, TypeId::ANY) } else { value }
    }

    /// `m[k]` that would stop the program when the key is absent, as an option instead.
    pub(super) fn optional_lookup(&mut self, value: ExprId) -> ExprId {
        let expr = &self.hir.exprs[value.index()];
        let ExprKind::MapIndex(map, key) = expr.kind else { return value };
        let (ty, span) = (expr.ty, expr.span);
        let optional = self.hir.types.option(ty);
        self.push(ExprKind::MapGet(map, key), optional, span)
    }
}
