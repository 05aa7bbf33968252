//! Literals of lists, maps and structs, and the expressions that bring values in from outside.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;

use super::coerce::Site;
use super::{Checker, Shape};
use crate::hir::{ExprId, ExprKind};
use crate::types::{StructId, TypeId, TypeKind};

impl Checker<'_> {
    pub(super) fn list_literal(
        &mut self,
        items: &[ast::ExprId],
        span: Span,
        expected: Option<TypeId>,
    ) -> ExprId {
        let aliasing = std::mem::replace(&mut self.literal_aliases, false);
        let wanted = expected.and_then(|ty| match self.shape(ty) {
            Shape::List(item) => Some(item),
            Shape::Option(inner) => match self.shape(inner) {
                Shape::List(item) => Some(item),
                _ => None,
            },
            _ => None,
        });
        let wanted = wanted.filter(|&item| self.shape(item) != Shape::Var || items.is_empty());
        if let Some(item) = wanted {
            let site = if aliasing { Site::Item } else { Site::Slot };
            let values: Vec<_> =
                items.iter().map(|&element| self.expr_as(element, item, site)).collect();
            let ty = self.hir.types.list(item);
            return self.push(ExprKind::List(values.into()), ty, span);
        }
        let Some((&first, rest)) = items.split_first() else {
            let item = self.item_stand_in();
            let ty = self.hir.types.list(item);
            return self.push(ExprKind::List(Box::default()), ty, span);
        };
        let mut values = Vec::with_capacity(items.len());
        let value = self.expr(first, None);
        let mut item = self.ty(value);
        values.push(value);
        for &element in rest {
            let hint = self.container_hint(Some(item));
            let value = self.expr(element, hint);
            let found = self.ty(value);
            values.push(value);
            if found == item {
                continue;
            }
            item = match self.join(item, found) {
                Some(joined) => joined,
                None if self.rules.mixed_lists => TypeId::ANY,
                None => {
                    let diagnostic =
                        self.mismatch(self.ast[element].span, item, found).with_secondary(
                            self.ast[first].span,
                            "the first item says what the list holds",
                        );
                    self.report(diagnostic);
                    TypeId::ERROR
                }
            };
        }
        if item == TypeId::NONE {
            item = TypeId::ANY;
        }
        for value in &mut values {
            *value = self.converted(*value, item);
        }
        let ty = self.hir.types.list(item);
        self.push(ExprKind::List(values.into()), ty, span)
    }

    /// What the items so far suggest for the next: worth knowing for lists, maps and functions only.
    fn container_hint(&self, ty: Option<TypeId>) -> Option<TypeId> {
        ty.filter(|&ty| matches!(self.shape(ty), Shape::List(_) | Shape::Map(..) | Shape::Fun))
    }

    /// The text that a map key stands for when it is written as a bare name or a string.
    pub(super) fn literal_key(&self, key: ast::ExprId) -> Option<Symbol> {
        match self.ast[key].kind {
            ast::ExprKind::Ident(name) | ast::ExprKind::Str(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn map_literal(
        &mut self,
        entries: &[ast::MapEntry],
        span: Span,
        expected: Option<TypeId>,
    ) -> ExprId {
        let aliasing = std::mem::replace(&mut self.literal_aliases, false);
        let mut expected = expected;
        if let Some(ty) = expected
            && let Shape::Option(inner) = self.shape(ty)
        {
            expected = Some(inner);
        }
        match expected.map(|ty| (ty, self.shape(ty))) {
            Some((ty, Shape::Struct(id))) => {
                if let Some(value) = self.struct_from_map(entries, span, id, ty) {
                    return value;
                }
            }
            Some((_, Shape::Map(key, value)))
                if !matches!(self.shape(value), Shape::Var) || entries.is_empty() =>
            {
                return self.map_as(entries, span, key, value, aliasing);
            }
            _ => {}
        }
        if entries.is_empty() {
            let (key, value) = (self.item_stand_in(), self.item_stand_in());
            let ty = self.hir.types.map(key, value);
            return self.push(ExprKind::Map(Box::default()), ty, span);
        }
        let mut pairs = Vec::with_capacity(entries.len());
        let (mut key_type, mut value_type): (Option<TypeId>, Option<TypeId>) = (None, None);
        for entry in entries {
            let key = self.map_key(entry.key, None);
            let hint = self.container_hint(value_type);
            let value = self.expr(entry.value, hint);
            let (found_key, found_value) = (self.ty(key), self.ty(value));
            key_type = Some(match key_type {
                Some(ty) => self.join(ty, found_key).unwrap_or(TypeId::ANY),
                None => found_key,
            });
            value_type = Some(match value_type {
                Some(ty) => self.join_entry(ty, found_value),
                None => found_value,
            });
            pairs.push((key, value));
        }
        let (key_type, value_type) =
            (key_type.unwrap_or(TypeId::ANY), value_type.unwrap_or(TypeId::ANY));
        let value_type = if value_type == TypeId::NONE { TypeId::ANY } else { value_type };
        for (key, value) in &mut pairs {
            *key = self.converted(*key, key_type);
            *value = self.converted(*value, value_type);
        }
        let ty = self.hir.types.map(key_type, value_type);
        self.push(ExprKind::Map(pairs.into()), ty, span)
    }

    /// The type of the values of a map so far, and one more. Entries are fields of a record rather than numbers of one kind, so
    /// an int beside a float stays one.
    fn join_entry(&mut self, one: TypeId, other: TypeId) -> TypeId {
        match (self.shape(one), self.shape(other)) {
            (Shape::Int, Shape::Float) | (Shape::Float, Shape::Int) => TypeId::ANY,
            _ => self.join(one, other).unwrap_or(TypeId::ANY),
        }
    }

    /// A map literal in a place that says what its keys and values are.
    fn map_as(
        &mut self,
        entries: &[ast::MapEntry],
        span: Span,
        key: TypeId,
        value: TypeId,
        aliasing: bool,
    ) -> ExprId {
        let site = if aliasing { Site::Item } else { Site::Slot };
        let mut pairs = Vec::with_capacity(entries.len());
        for entry in entries {
            let key_value = self.map_key(entry.key, Some(key));
            let key_value = self.fit(entry.key, key_value, key, Site::Slot);
            pairs.push((key_value, self.expr_as(entry.value, value, site)));
        }
        let ty = self.hir.types.map(key, value);
        self.push(ExprKind::Map(pairs.into()), ty, span)
    }

    /// A key: a bare name is its own text, unless the map wants keys of another type and there is a
    /// variable of that name.
    fn map_key(&mut self, key: ast::ExprId, wanted: Option<TypeId>) -> ExprId {
        let node = &self.ast[key];
        match node.kind {
            ast::ExprKind::Ident(name) => {
                let text_fits = wanted.is_none_or(|ty| {
                    matches!(self.shape(ty), Shape::String | Shape::Any | Shape::Var | Shape::Error)
                });
                if text_fits {
                    self.push(ExprKind::Str(name), TypeId::STRING, node.span)
                } else {
                    self.expr(key, wanted)
                }
            }
            _ => self.expr(key, wanted),
        }
    }

    /// A map literal where a struct is wanted, if its keys are just the struct's fields.
    fn struct_from_map(
        &mut self,
        entries: &[ast::MapEntry],
        span: Span,
        id: StructId,
        ty: TypeId,
    ) -> Option<ExprId> {
        let count = self.hir.types.struct_type(id).fields.len();
        if entries.len() != count || self.agents.contains_key(&id) {
            return None;
        }
        let mut places = vec![None; count];
        for entry in entries {
            let name = self.literal_key(entry.key)?;
            let &index = self.fields.get(&(id, name))?;
            places[index as usize] = Some(entry.value);
        }
        let mut values = Vec::with_capacity(count);
        for (index, place) in places.into_iter().enumerate() {
            let field = self.hir.types.struct_type(id).fields[index].ty;
            values.push(self.expr_as(place?, field, Site::Slot));
        }
        Some(self.push(ExprKind::Struct(id, values.into()), ty, span))
    }

    pub(super) fn struct_literal(
        &mut self,
        name: ast::Name,
        fields: &[ast::FieldInit],
        span: Span,
    ) -> ExprId {
        self.literal_aliases = false;
        let id = self.struct_of_literal(name.symbol);
        let Some(id) = id else {
            if let Some(diagnostic) = self.unknown_member_type(name.symbol, name.span) {
                return self.fail(diagnostic);
            }
            // Without a declaration it is a map with these keys, as tools are described.
            let mut pairs = Vec::new();
            for field in fields {
                let key =
                    self.push(ExprKind::Str(field.name.symbol), TypeId::STRING, field.name.span);
                let value = self.expr_as(field.value, TypeId::ANY, Site::Slot);
                pairs.push((key, value));
            }
            let ty = self.hir.types.map(TypeId::STRING, TypeId::ANY);
            return self.push(ExprKind::Map(pairs.into()), ty, span);
        };
        if self.agents.contains_key(&id) {
            return self.agent_literal(id, fields, span);
        }
        let ty = self.hir.types.intern(TypeKind::Struct(id));
        let values = self.field_values(id, fields, span, false);
        self.push(ExprKind::Struct(id, values.into()), ty, span)
    }

    pub(super) fn struct_of_literal(&mut self, name: Symbol) -> Option<StructId> {
        if let Some(&variant) = self.variants.get(&name) {
            return Some(variant);
        }
        if self.aliases.contains_key(&name) {
            self.resolve_alias(name);
        }
        self.struct_named(name)
    }

    /// The values of a struct's fields in the order of their declaration. `at_field` tells where an
    /// unknown field is reported: at its name or at the literal.
    pub(super) fn field_values(
        &mut self,
        id: StructId,
        fields: &[ast::FieldInit],
        span: Span,
        at_field: bool,
    ) -> Vec<ExprId> {
        let count = self.hir.types.struct_type(id).fields.len();
        let mut values = vec![None; count];
        for field in fields {
            let Some(&index) = self.fields.get(&(id, field.name.symbol)) else {
                let place = if at_field {
                    field.name.span
                } else {
                    Span::new(span.start, field.name.span.end)
                };
                let ty = self.hir.types.intern(TypeKind::Struct(id));
                let diagnostic = self.unknown_field(field.name.symbol, ty, id, place);
                self.report(diagnostic.with_secondary(field.name.span, "this field"));
                self.expr(field.value, None);
                continue;
            };
            let ty = self.hir.types.struct_type(id).fields[index as usize].ty;
            values[index as usize] = Some(self.expr_as(field.value, ty, Site::Slot));
        }
        let missing: Vec<usize> = (0..count).filter(|&index| values[index].is_none()).collect();
        if !missing.is_empty() && !self.rules.missing_fields_default {
            let names: Vec<String> = missing
                .iter()
                .map(|&index| {
                    format!("`{}`", self.name(self.hir.types.struct_type(id).fields[index].name))
                })
                .collect();
            let declared = self.hir.types.struct_type(id);
            let (text, place) = (self.name(declared.name).to_owned(), declared.span);
            let plural = if names.len() == 1 { "field" } else { "fields" };
            let diagnostic = Diagnostic::new(
                Code::T053,
                span,
                format!("this `{text}` lacks the {plural} {}", list_words(&names)),
            )
            .with_label("fields are missing")
            .with_secondary(place, "declared here")
            .with_help("give every declared field a value");
            self.report(diagnostic);
        }
        let mut result = Vec::with_capacity(count);
        for (index, value) in values.into_iter().enumerate() {
            result.push(match value {
                Some(value) => value,
                None => {
                    let ty = self.hir.types.struct_type(id).fields[index].ty;
                    self.empty_value(ty, span, 0)
                }
            });
        }
        result
    }

    pub(super) fn unknown_field(
        &mut self,
        field: Symbol,
        ty: TypeId,
        id: StructId,
        span: Span,
    ) -> Diagnostic {
        let (field, type_text) = (self.name(field).to_owned(), self.show(ty));
        let names: Vec<String> = self
            .hir
            .types
            .struct_type(id)
            .fields
            .iter()
            .map(|field| format!("`{}`", self.name(field.name)))
            .collect();
        let diagnostic =
            Diagnostic::new(Code::T026, span, format!("`{type_text}` has no field `{field}`"))
                .with_label(format!("no field `{field}`"));
        if names.is_empty() {
            diagnostic.with_help(format!("`{type_text}` has no fields"))
        } else {
            diagnostic.with_help(format!("its fields are {}", list_words(&names)))
        }
    }

    /// The value that a variable of the type has before anything is stored in it.
    pub(super) fn empty_value(&mut self, ty: TypeId, span: Span, depth: u32) -> ExprId {
        /// A struct that contains itself without an option has no empty value.
        const DEEPEST: u32 = 16;
        let ty = self.resolved(ty);
        let kind = match self.shape(ty) {
            Shape::Int => ExprKind::Int(0),
            Shape::Float => ExprKind::Float(0.0),
            Shape::Bool => ExprKind::Bool(false),
            Shape::String => ExprKind::Str(known::EMPTY),
            Shape::List(_) => ExprKind::List(Box::default()),
            Shape::Map(..) => ExprKind::Map(Box::default()),
            Shape::Option(_) | Shape::Any => ExprKind::None,
            Shape::Unit => ExprKind::Unit,
            Shape::BigInt | Shape::BigRat => {
                let zero = self.push(ExprKind::Int(0), TypeId::INT, span);
                return self.converted(zero, ty);
            }
            Shape::Struct(id) if self.agents.contains_key(&id) => {
                ExprKind::Agent(self.agents[&id].id, Box::default())
            }
            Shape::Struct(id) if depth < DEEPEST => {
                let mut values = Vec::new();
                for index in 0..self.hir.types.struct_type(id).fields.len() {
                    let field = self.hir.types.struct_type(id).fields[index].ty;
                    values.push(self.empty_value(field, span, depth + 1));
                }
                ExprKind::Struct(id, values.into())
            }
            Shape::Struct(_)
            | Shape::Union(_)
            | Shape::Fun
            | Shape::Group(..)
            | Shape::Param
            | Shape::Var
            | Shape::None
            | Shape::Error => {
                let optional = self.hir.types.option(ty);
                let none = self.push(ExprKind::None, optional, span);
                return self.convert_expr(crate::hir::Convert::Unwrap, none, ty);
            }
        };
        self.push(kind, ty, span)
    }
}

/// `a`, `b` and `c`.
pub(super) fn list_words(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}
