//! What stands behind a value: indices, slices, fields, and their forms for optional values.

use mochi_base::{Code, Diagnostic, Span, Symbol};
use mochi_syntax::ast;

use super::coerce::Site;
use super::scope::Binding;
use super::{Checker, Shape};
use crate::hir::{BinaryOp, Convert, ExprId, ExprKind, StmtKind};
use crate::types::TypeId;

impl Checker<'_> {
    /// `object[index]`.
    pub(super) fn index(
        &mut self,
        object: ExprId,
        source: ast::ExprId,
        index: ast::ExprId,
        span: Span,
        open: u32,
    ) -> ExprId {
        let object = self.unwrapped(object);
        let found = self.ty(object);
        match self.shape(found) {
            Shape::List(item) => {
                let index = self.integer_index(index, open);
                self.push(ExprKind::Index(object, index), item, span)
            }
            Shape::String => {
                let index = self.integer_index(index, open);
                self.push(ExprKind::Index(object, index), TypeId::STRING, span)
            }
            Shape::Map(key, value) => {
                let key = self.map_index(index, key, open);
                if self.rules.absent_key_traps {
                    self.push(ExprKind::MapIndex(object, key), value, span)
                } else {
                    let ty = self.hir.types.option(value);
                    self.push(ExprKind::MapGet(object, key), ty, span)
                }
            }
            Shape::Any => {
                let index = self.expr(index, None);
                let index = self.converted(index, TypeId::ANY);
                self.push(ExprKind::Index(object, index), TypeId::ANY, span)
            }
            Shape::Var => {
                let index = self.expr(index, None);
                let index_type = self.ty(index);
                let item = self.fresh();
                let (ty, kind) = if index_type == TypeId::INT {
                    (self.hir.types.list(item), ExprKind::Index(object, index))
                } else {
                    let ty = self.hir.types.map(index_type, item);
                    let kind = if self.rules.absent_key_traps {
                        ExprKind::MapIndex(object, index)
                    } else {
                        ExprKind::MapGet(object, index)
                    };
                    (ty, kind)
                };
                self.unify(found, ty);
                let result = if matches!(kind, ExprKind::MapGet(..)) {
                    self.hir.types.option(item)
                } else {
                    item
                };
                self.push(kind, result, span)
            }
            Shape::Group(_, item) => {
                let list = self.hir.types.list(item);
                let object = self.converted(object, list);
                let index = self.integer_index(index, open);
                self.push(ExprKind::Index(object, index), item, span)
            }
            // A struct is also reached by the names of its fields as texts.
            Shape::Struct(id) if self.rules.conversions_by_cast => {
                if let ast::ExprKind::Str(name) = self.ast[index].kind
                    && let Some(&field) = self.fields.get(&(id, name))
                {
                    let ty = self.hir.types.struct_type(id).fields[field as usize].ty;
                    return self.push(ExprKind::Field(object, field), ty, span);
                }
                let object = self.converted(object, TypeId::ANY);
                let index = self.expr(index, None);
                let index = self.converted(index, TypeId::ANY);
                self.push(ExprKind::Index(object, index), TypeId::ANY, span)
            }
            Shape::Error => {
                self.expr(index, None);
                self.error_expr(span)
            }
            _ => {
                self.expr(index, None);
                let diagnostic = self.not_indexable(found, source, span);
                self.fail(diagnostic)
            }
        }
    }

    fn not_indexable(&mut self, found: TypeId, source: ast::ExprId, span: Span) -> Diagnostic {
        let text = self.show(found);
        let diagnostic = Diagnostic::new(Code::T018, span, format!("a `{text}` cannot be indexed"))
            .with_secondary(self.ast[source].span, format!("this is `{text}`"));
        if matches!(self.shape(found), Shape::Option(_)) {
            diagnostic.with_help("it may be `none`: use `?[…]`, or test it with `!= none` first")
        } else {
            diagnostic.with_help("lists, maps and strings can be indexed")
        }
    }

    /// An index of a list or string.
    pub(super) fn integer_index(&mut self, index: ast::ExprId, open: u32) -> ExprId {
        let value = self.expr(index, Some(TypeId::INT));
        let value = self.unwrapped(value);
        let found = self.ty(value);
        match self.shape(found) {
            Shape::Int | Shape::Error => value,
            Shape::Any | Shape::BigInt | Shape::Var => self.converted(value, TypeId::INT),
            Shape::Float if self.rules.conversions_by_cast => {
                self.convert_expr(Convert::FloatToInt, value, TypeId::INT)
            }
            _ => {
                let text = self.show(found);
                let place = self.ast[index].span;
                let diagnostic = Diagnostic::new(
                    Code::T015,
                    Span::new(open, place.end.max(open + 1)),
                    format!("an index must be an `int`, found `{text}`"),
                )
                .with_label(format!("this index is `{text}`"))
                .with_help("items are counted from 0; negative indices count from the end");
                self.fail(diagnostic)
            }
        }
    }

    /// A key of a map.
    pub(super) fn map_index(&mut self, index: ast::ExprId, key: TypeId, open: u32) -> ExprId {
        let value = self.expr(index, Some(key));
        let found = self.ty(value);
        if let Some(value) = self.convert(value, key, Site::Slot) {
            return value;
        }
        let (wanted, text) = (self.show(key), self.show(found));
        let place = self.ast[index].span;
        let diagnostic = Diagnostic::new(
            Code::T019,
            Span::new(open, place.end.max(open + 1)),
            format!("the keys of this map are `{wanted}`, found `{text}`"),
        )
        .with_label(format!("this key is `{text}`"))
        .with_help(format!("look it up with a key of type `{wanted}`"));
        self.fail(diagnostic)
    }

    /// `object[start:end:step]`.
    pub(super) fn slice(
        &mut self,
        object: ExprId,
        source: ast::ExprId,
        parts: [Option<ast::ExprId>; 3],
        span: Span,
        open: u32,
    ) -> ExprId {
        let object = self.unwrapped(object);
        let found = self.ty(object);
        let shape = self.shape(found);
        if let Shape::Map(..) = shape {
            let diagnostic = Diagnostic::new(
                Code::T017,
                Span::new(open, span.end.max(open)),
                "a map cannot be sliced",
            )
            .with_label("maps have keys, not positions")
            .with_help("slice `keys(m)` or `values(m)` instead");
            return self.fail(diagnostic);
        }
        let [start, end, step] = parts.map(|part| part.map(|part| self.integer_index(part, open)));
        let (object, ty) = match shape {
            Shape::List(_) | Shape::String | Shape::Any => (object, found),
            Shape::Var => {
                self.unify(found, TypeId::ANY);
                (object, TypeId::ANY)
            }
            Shape::Group(_, item) => {
                let list = self.hir.types.list(item);
                (self.converted(object, list), list)
            }
            Shape::Error => return self.error_expr(span),
            _ => {
                let diagnostic = self.not_indexable(found, source, span);
                return self.fail(diagnostic);
            }
        };
        self.push(ExprKind::Slice { base: object, start, end, step }, ty, span)
    }

    /// `a.b.c`, all names: variables, modules, external names, struct fields.
    pub(super) fn path(&mut self, expr: ast::ExprId) -> ExprId {
        let ast = self.ast;
        let ast::ExprKind::Field { object, name, .. } = ast[expr].kind else {
            return self.expr(expr, None);
        };
        let mut names = vec![name];
        let mut root = object;
        while let ast::ExprKind::Field { object, name, .. } = ast[root].kind {
            names.push(name);
            root = object;
        }
        names.reverse();
        let ast::ExprKind::Ident(first) = ast[root].kind else { return self.expr(expr, None) };
        let start = ast[root].span;
        match self.lookup(first) {
            Binding::Module(module) => self.module_path(module, first, &names, start),
            Binding::Unknown if self.is_external_root(first) => {
                self.external_path(first, &names, start)
            }
            _ => {
                let mut value = self.ident(first, start);
                let mut label = self.name(first).to_owned();
                for name in names {
                    let span = start.to(name.span);
                    value = self.field(value, name, span, Some(&label));
                    label = format!("{label}.{}", self.name(name.symbol));
                }
                value
            }
        }
    }

    /// `object.name`.
    pub(super) fn field(
        &mut self,
        object: ExprId,
        name: ast::Name,
        span: Span,
        label: Option<&str>,
    ) -> ExprId {
        let found = self.ty(object);
        match self.shape(found) {
            Shape::Struct(id) => {
                if let Some(&index) = self.fields.get(&(id, name.symbol)) {
                    let ty = self.hir.types.struct_type(id).fields[index as usize].ty;
                    return self.push(ExprKind::Field(object, index), ty, span);
                }
                if let Some(&method) = self.methods.get(&(id, name.symbol)) {
                    return self.bound_method(object, method, span);
                }
                let diagnostic = self.unknown_field(name.symbol, found, id, span);
                self.fail(diagnostic.with_secondary(name.span, "this field"))
            }
            Shape::Option(_) if self.rules.options_unwrap => {
                let object = self.unwrapped(object);
                self.field(object, name, span, label)
            }
            Shape::Option(inner) => {
                let label = label.unwrap_or("the value").to_owned();
                let inner = self.show(inner);
                let field = self.name(name.symbol).to_owned();
                let diagnostic =
                    Diagnostic::new(Code::T058, span, format!("`{label}` may be `none` here"))
                        .with_label(format!("its type is `{inner}?`"))
                        .with_help(format!(
                            "test it with `if {label} != none {{ … }}`, or write `{label}?.{field}`"
                        ));
                self.fail(diagnostic)
            }
            Shape::Group(key, item) => match self.name(name.symbol) {
                "key" => self.push(ExprKind::GroupKey(object), key, span),
                "items" => {
                    let list = self.hir.types.list(item);
                    self.converted(object, list)
                }
                _ => self.group_key_field(object, key, name, span),
            },
            Shape::Map(key, value) => {
                let key_fits = matches!(self.shape(key), Shape::String | Shape::Any | Shape::Var);
                if let Some(method) = self.builtin_method_value(object, name, span) {
                    return method;
                }
                if !key_fits {
                    let diagnostic = self.not_a_struct(found, name, span);
                    return self.fail(diagnostic);
                }
                let text = self.push(ExprKind::Str(name.symbol), TypeId::STRING, name.span);
                let key = self.converted(text, key);
                self.push(ExprKind::MapIndex(object, key), value, span)
            }
            Shape::Any => self.push(ExprKind::AnyField(object, name.symbol), TypeId::ANY, span),
            Shape::Var => {
                self.unify(found, TypeId::ANY);
                self.push(ExprKind::AnyField(object, name.symbol), TypeId::ANY, span)
            }
            Shape::Union(_) => {
                if let Some(value) = self.union_field(object, name, span) {
                    return value;
                }
                let diagnostic = self.not_a_struct(found, name, span);
                self.fail(diagnostic)
            }
            Shape::Error => self.error_expr(span),
            _ => {
                if let Some(method) = self.builtin_method_value(object, name, span) {
                    return method;
                }
                let diagnostic = self.not_a_struct(found, name, span);
                self.fail(diagnostic)
            }
        }
    }

    /// A field that not all variants of a union have, in the edition that looks for it at run time.
    fn union_field(&mut self, object: ExprId, name: ast::Name, span: Span) -> Option<ExprId> {
        if !self.rules.conversions_by_cast {
            return None;
        }
        let Shape::Union(union) = self.shape(self.ty(object)) else { return None };
        let mut ty: Option<TypeId> = None;
        for index in 0..self.hir.types.union_type(union).variants.len() {
            let variant = self.hir.types.union_type(union).variants[index];
            if let Some(&field) = self.fields.get(&(variant, name.symbol)) {
                let found = self.hir.types.struct_type(variant).fields[field as usize].ty;
                ty = Some(match ty {
                    Some(ty) => self.join(ty, found).unwrap_or(TypeId::ANY),
                    None => found,
                });
            }
        }
        let ty = ty?;
        let object = self.converted(object, TypeId::ANY);
        let value = self.push(ExprKind::AnyField(object, name.symbol), TypeId::ANY, span);
        Some(self.converted(value, ty))
    }

    /// A field of a group that is none of its own: a part of its key, or whatever it is at run time.
    fn group_key_field(
        &mut self,
        object: ExprId,
        key: TypeId,
        name: ast::Name,
        span: Span,
    ) -> ExprId {
        let key_value = self.push(ExprKind::GroupKey(object), key, span);
        match self.shape(key) {
            Shape::Map(..) | Shape::Struct(_) | Shape::Any => {
                self.field(key_value, name, span, None)
            }
            _ => {
                let key_value = self.converted(key_value, TypeId::ANY);
                self.push(ExprKind::AnyField(key_value, name.symbol), TypeId::ANY, span)
            }
        }
    }

    pub(super) fn not_a_struct(
        &mut self,
        found: TypeId,
        name: ast::Name,
        span: Span,
    ) -> Diagnostic {
        let (text, field) = (self.show(found), self.name(name.symbol).to_owned());
        let help = if self.has_builtin(&field) {
            format!("`{field}` is a function and is called with this in front: `{field}(x, …)`")
        } else {
            "fields belong to structs and to maps with string keys".to_owned()
        };
        Diagnostic::new(Code::T027, span, format!("a `{text}` has no fields"))
            .with_label(format!("this is `{text}`, so it has no `{field}`"))
            .with_help(help)
    }

    /// `object?.name`.
    pub(super) fn safe_field(
        &mut self,
        object: ExprId,
        name: ast::Name,
        span: Span,
        question: u32,
    ) -> ExprId {
        let found = self.ty(object);
        let place = Span::new(question, name.span.end.max(question));
        let field = self.name(name.symbol).to_owned();
        let inner = match self.shape(found) {
            Shape::Option(inner) => inner,
            Shape::Any => return self.safe_field_of_any(object, name.symbol, span),
            Shape::Error => return self.error_expr(span),
            _ => {
                let text = self.show(found);
                let diagnostic = Diagnostic::new(
                    Code::T060,
                    place,
                    format!("`?.{field}` on a `{text}`, which is never `none`"),
                )
                .with_label(format!("the value is `{text}`"))
                .with_help(format!("write `.{field}`"));
                return self.fail(diagnostic);
            }
        };
        match self.shape(inner) {
            Shape::Struct(id) => {
                if let Some(&index) = self.fields.get(&(id, name.symbol)) {
                    let ty = self.hir.types.struct_type(id).fields[index as usize].ty;
                    let ty = self.hir.types.option(ty);
                    return self.push(ExprKind::SafeField(object, index), ty, span);
                }
                let diagnostic = self.unknown_field(name.symbol, inner, id, place);
                self.fail(diagnostic)
            }
            Shape::Map(key, value) if matches!(self.shape(key), Shape::String | Shape::Any) => {
                let text = self.push(ExprKind::Str(name.symbol), TypeId::STRING, name.span);
                let key = self.converted(text, key);
                let ty = self.hir.types.option(value);
                self.push(ExprKind::SafeIndex(object, key), ty, span)
            }
            _ => {
                let text = self.show(inner);
                let diagnostic = Diagnostic::new(
                    Code::T061,
                    place,
                    format!("`?.{field}` on a `{text}?`: a `{text}` has no fields"),
                )
                .with_label(format!("the value, when there is one, is `{text}`"))
                .with_help("fields belong to structs and to maps with string keys");
                self.fail(diagnostic)
            }
        }
    }

    /// `if object is none then none else object.name`, where it is an `any`.
    fn safe_field_of_any(&mut self, object: ExprId, name: Symbol, span: Span) -> ExprId {
        let any = TypeId::ANY;
        let local = self.new_local(mochi_base::known::EMPTY, any, false, span);
        let tested = self.push(ExprKind::Local(local), any, span);
        let none = self.push(ExprKind::None, any, span);
        let cond = self.push(ExprKind::Binary(BinaryOp::Eq, tested, none), TypeId::BOOL, span);
        let then = self.push(ExprKind::None, any, span);
        let present = self.push(ExprKind::Local(local), any, span);
        let otherwise = self.push(ExprKind::AnyField(present, name), any, span);
        let choice = self.push(ExprKind::If { cond, then, otherwise }, any, span);
        let declaration = self.push_stmt(StmtKind::Let(local, object), span);
        self.push(ExprKind::Block(Box::new([declaration]), choice), any, span)
    }

    /// `object?[index]`.
    pub(super) fn safe_index(
        &mut self,
        object: ExprId,
        index: ast::ExprId,
        span: Span,
        question: u32,
    ) -> ExprId {
        let found = self.ty(object);
        let place = Span::new(question, span.end.max(question));
        let inner = match self.shape(found) {
            Shape::Option(inner) => inner,
            Shape::Any => {
                let index = self.expr(index, None);
                let index = self.converted(index, TypeId::ANY);
                return self.push(ExprKind::SafeIndex(object, index), TypeId::ANY, span);
            }
            Shape::Error => return self.error_expr(span),
            _ => {
                self.expr(index, None);
                let text = self.show(found);
                let diagnostic = Diagnostic::new(
                    Code::T062,
                    place,
                    format!("`?[…]` on a `{text}`, which is never `none`"),
                )
                .with_label(format!("the value is `{text}`"))
                .with_help("write `[…]`");
                return self.fail(diagnostic);
            }
        };
        let (index, item) = match self.shape(inner) {
            Shape::List(item) => (self.integer_index(index, question), item),
            Shape::Map(key, value) => (self.map_index(index, key, question), value),
            Shape::String => (self.integer_index(index, question), TypeId::STRING),
            _ => {
                self.expr(index, None);
                let text = self.show(inner);
                let diagnostic = Diagnostic::new(
                    Code::T063,
                    place,
                    format!("`?[…]` on a `{text}?`: a `{text}` cannot be indexed"),
                )
                .with_label(format!("the value, when there is one, is `{text}`"))
                .with_help("optional lists and maps can be indexed with `?[…]`");
                return self.fail(diagnostic);
            }
        };
        let ty = self.hir.types.option(item);
        self.push(ExprKind::SafeIndex(object, index), ty, span)
    }
}
