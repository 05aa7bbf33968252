//! Types as written → types of the table.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;

use super::Checker;
use crate::types::{Field, StructId, StructType, TypeId, TypeKind};

impl Checker<'_> {
    /// The type that `written` means; reports names that mean no type.
    pub(super) fn resolve_type(&mut self, written: ast::TypeId) -> TypeId {
        let ast = self.ast;
        let node = ast[written];
        match node.kind {
            ast::TypeKind::Error => TypeId::ERROR,
            ast::TypeKind::Name(name) => self.resolve_type_name(name, node.span),
            ast::TypeKind::Optional(inner) => {
                let inner = self.resolve_type(inner);
                self.hir.types.option(inner)
            }
            ast::TypeKind::Fun { params, result } => {
                let params: Vec<_> =
                    ast[params].iter().map(|&param| self.resolve_type(param)).collect();
                let unstated =
                    if self.rules.unstated_result_is_any { TypeId::ANY } else { TypeId::UNIT };
                let result = result.map_or(unstated, |result| self.resolve_type(result));
                self.hir.types.function(&params, result)
            }
            ast::TypeKind::Struct(fields) => {
                let fields = self.resolve_fields(&ast[fields]);
                self.inline_struct(fields, node.span)
            }
            ast::TypeKind::Apply { name, args } => {
                let args: Vec<_> = ast[args].iter().map(|&arg| self.resolve_type(arg)).collect();
                match (name.symbol, args.as_slice()) {
                    (known::LIST, &[item]) => self.hir.types.list(item),
                    (known::MAP, &[key, value]) => self.hir.types.map(key, value),
                    _ => self.resolve_applied(name, args.len()),
                }
            }
        }
    }

    /// A generic type other than `list` and `map`.
    fn resolve_applied(&mut self, name: ast::Name, count: usize) -> TypeId {
        let text = self.name(name.symbol).to_owned();
        match (text.as_str(), count) {
            ("list" | "map", _) => {
                let wanted = if name.symbol == known::LIST { 1 } else { 2 };
                let diagnostic = Diagnostic::new(
                    Code::T049,
                    name.span,
                    format!(
                        "`{text}` takes {wanted} type argument{}, found {count}",
                        if wanted == 1 { "" } else { "s" }
                    ),
                )
                .with_help("write `list<int>` or `map<string, int>`");
                self.report(diagnostic);
                TypeId::ERROR
            }
            // A declared type that is written with arguments holds anything in their places.
            _ => match self.type_names.get(&name.symbol) {
                Some(&ty) => ty,
                None => TypeId::ANY,
            },
        }
    }

    pub(super) fn resolve_type_name(&mut self, name: Symbol, span: Span) -> TypeId {
        match name {
            known::INT | known::INT64 => TypeId::INT,
            known::FLOAT => TypeId::FLOAT,
            known::BIGINT => TypeId::BIGINT,
            known::BIGRAT => TypeId::BIGRAT,
            known::STRING => TypeId::STRING,
            known::BOOL => TypeId::BOOL,
            known::UNIT => TypeId::UNIT,
            known::ANY => TypeId::ANY,
            _ => {
                if let Some(&ty) = self.type_names.get(&name) {
                    return ty;
                }
                if let Some(ty) = self.resolve_alias(name) {
                    return ty;
                }
                if self.rules.extra_names {
                    match name {
                        known::VOID => return TypeId::UNIT,
                        known::LIST => return self.hir.types.list(TypeId::ANY),
                        known::MAP => return self.hir.types.map(TypeId::STRING, TypeId::ANY),
                        known::NULL | known::NIL => return TypeId::ANY,
                        // What `now()` gives.
                        _ if self.name(name) == "time" => return TypeId::INT,
                        _ => {}
                    }
                }
                if let Some(diagnostic) = self.unknown_member_type(name, span) {
                    self.report(diagnostic);
                    return TypeId::ERROR;
                }
                let text = self.name(name).to_owned();
                // A single capital letter is a type parameter that was not declared.
                if text.len() == 1 && text.as_bytes()[0].is_ascii_uppercase() {
                    return TypeId::ANY;
                }
                let mut diagnostic =
                    Diagnostic::new(Code::T025, span, format!("there is no type `{text}`"))
                        .with_label("not declared");
                diagnostic = match self.similar_type(&text) {
                    Some(similar) => diagnostic.with_help(format!("did you mean `{similar}`?")),
                    None => diagnostic.with_help(format!("declare it with `type {text} {{ … }}`")),
                };
                self.report(diagnostic);
                TypeId::ERROR
            }
        }
    }

    /// A type whose name differs from `text` in case only, or is what other languages call it.
    fn similar_type(&self, text: &str) -> Option<String> {
        let lower = text.to_lowercase();
        let own = match lower.as_str() {
            "int" | "integer" | "long" | "i64" | "number" => "int",
            "float" | "double" | "f64" | "real" => "float",
            "string" | "str" => "string",
            "bool" | "boolean" => "bool",
            "list" | "array" | "vec" => "list<…>",
            "map" | "dict" | "hashmap" => "map<…, …>",
            "void" | "unit" => "unit",
            "any" | "object" => "any",
            _ => "",
        };
        if !own.is_empty() && own != text {
            return Some(own.to_owned());
        }
        let mut similar: Vec<_> = self
            .type_names
            .keys()
            .map(|&name| self.name(name))
            .filter(|name| name.to_lowercase() == lower)
            .collect();
        similar.sort_unstable();
        similar.first().map(|&name| name.to_owned())
    }

    pub(super) fn resolve_fields(&mut self, fields: &[ast::FieldDecl]) -> Vec<Field> {
        fields
            .iter()
            .map(|field| Field { name: field.name.symbol, ty: self.resolve_type(field.ty) })
            .collect()
    }

    /// The inline struct with these fields; equal fields are one type.
    pub(super) fn inline_struct(&mut self, fields: Vec<Field>, span: Span) -> TypeId {
        let key: Vec<(Symbol, TypeId)> =
            fields.iter().map(|field| (field.name, field.ty)).collect();
        if let Some(&id) = self.inline_structs.get(&key) {
            return self.hir.types.intern(TypeKind::Struct(id));
        }
        let id = self.new_struct(known::EMPTY, span);
        self.set_fields(id, fields);
        self.inline_structs.insert(key, id);
        self.hir.types.intern(TypeKind::Struct(id))
    }

    pub(super) fn new_struct(&mut self, name: Symbol, span: Span) -> StructId {
        let id = StructId(self.hir.types.structs.len() as u32);
        self.hir.types.structs.push(StructType {
            name,
            fields: Vec::new(),
            variant_of: None,
            span,
        });
        id
    }

    pub(super) fn set_fields(&mut self, id: StructId, fields: Vec<Field>) {
        for (index, field) in fields.iter().enumerate() {
            self.fields.insert((id, field.name), index as u32);
        }
        self.hir.types.structs[id.0 as usize].fields = fields;
    }
}
