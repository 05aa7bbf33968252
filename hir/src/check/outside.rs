//! What comes from outside and goes there: `generate`, `model`, `fetch`, `load` and `save`.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;
use rustc_hash::FxHashMap;

use super::coerce::Site;
use super::{Checker, Shape};
use crate::hir::{Builtin, ExprId, ExprKind};
use crate::types::{TypeId, TypeKind};

impl Checker<'_> {
    pub(super) fn generate(
        &mut self,
        target: ast::Name,
        fields: &[ast::FieldInit],
        span: Span,
    ) -> ExprId {
        let mut settings = Vec::new();
        for field in fields {
            let strings = self.hir.types.list(TypeId::STRING);
            let wanted = match self.name(field.name.symbol) {
                "prompt" | "model" | "text" => Some(TypeId::STRING),
                "temperature" | "top_p" => Some(TypeId::FLOAT),
                "max_tokens" => Some(TypeId::INT),
                "stop" => Some(strings),
                "normalize" => Some(TypeId::BOOL),
                _ => None,
            };
            let value = match wanted {
                Some(wanted) => self.expr_as(field.value, wanted, Site::Slot),
                None => self.expr(field.value, None),
            };
            settings.push((field.name.symbol, value));
        }
        let ty = match target.symbol {
            known::TEXT => TypeId::STRING,
            known::EMBEDDING => self.hir.types.list(TypeId::FLOAT),
            name => match self.struct_of_literal(name) {
                Some(id) => self.hir.types.intern(TypeKind::Struct(id)),
                None => {
                    let text = self.name(name).to_owned();
                    let place = Span::new(span.start, target.span.end);
                    let diagnostic = Diagnostic::new(
                        Code::T025,
                        place,
                        format!("there is no type `{text}`"),
                    )
                    .with_secondary(target.span, "not declared")
                    .with_help(
                        "generate `text`, `embedding` or a struct that the program declares",
                    );
                    return self.fail(diagnostic);
                }
            },
        };
        let settings = self.settings(settings, span);
        self.builtin_expr(Builtin::Generate, vec![settings], ty, span)
    }

    /// `model name { … }`: what it does when control comes to it.
    pub(super) fn model(
        &mut self,
        name: ast::Name,
        fields: &[ast::FieldInit],
        span: Span,
    ) -> ExprId {
        let mut settings = Vec::new();
        for field in fields {
            settings.push((field.name.symbol, self.expr(field.value, None)));
        }
        let name = self.push(ExprKind::Str(name.symbol), TypeId::STRING, name.span);
        let settings = self.settings(settings, span);
        self.builtin_expr(Builtin::Model, vec![name, settings], TypeId::UNIT, span)
    }

    /// Named values as a map in an `any`.
    fn settings(&mut self, named: Vec<(Symbol, ExprId)>, span: Span) -> ExprId {
        let entries = named
            .into_iter()
            .map(|(name, value)| {
                let place = self.hir[value].span;
                let name = self.push(ExprKind::Str(name), TypeId::STRING, place);
                (name, self.converted(value, TypeId::ANY))
            })
            .collect();
        let ty = self.hir.types.map(TypeId::STRING, TypeId::ANY);
        let map = self.push(ExprKind::Map(entries), ty, span);
        self.converted(map, TypeId::ANY)
    }

    pub(super) fn fetch(
        &mut self,
        url: ast::ExprId,
        options: Option<ast::ExprId>,
        span: Span,
        expected: Option<TypeId>,
    ) -> ExprId {
        let address = self.expr(url, Some(TypeId::STRING));
        let found = self.ty(address);
        let Some(address) = self.convert(address, TypeId::STRING, Site::Slot) else {
            let text = self.show(found);
            let diagnostic = Diagnostic::new(
                Code::T028,
                Span::new(span.start, self.ast[url].span.end),
                format!("the address of a fetch must be a `string`, found `{text}`"),
            )
            .with_secondary(self.ast[url].span, format!("this is `{text}`"))
            .with_help("give an address like `\"https://example.com/data.json\"`");
            return self.fail(diagnostic);
        };
        let options = match options {
            Some(options) => self.fetch_options(options, span),
            None => self.push(ExprKind::None, TypeId::ANY, span),
        };
        let ty = match expected {
            Some(ty) if !matches!(self.shape(ty), Shape::Var | Shape::Error) => ty,
            _ => TypeId::ANY,
        };
        self.builtin_expr(Builtin::Fetch, vec![address, options], ty, span)
    }

    /// The options of a fetch, in an `any`.
    fn fetch_options(&mut self, options: ast::ExprId, span: Span) -> ExprId {
        let ast = self.ast;
        if let ast::ExprKind::Map(entries) = ast[ast.without_parens(options)].kind {
            let headers = self.hir.types.map(TypeId::STRING, TypeId::STRING);
            let wanted: FxHashMap<&str, TypeId> = [
                ("method", TypeId::STRING),
                ("headers", headers),
                ("query", headers),
                ("timeout", TypeId::FLOAT),
            ]
            .into_iter()
            .collect();
            let mut settings = Vec::new();
            for entry in &ast[entries] {
                let Some(symbol) = self.literal_key(entry.key) else {
                    return self.fetch_options_of(options, span);
                };
                let name = self.name(symbol).to_owned();
                let value_type = wanted.get(name.as_str()).copied();
                let value = self.expr(entry.value, value_type);
                let found = self.ty(value);
                let fitting = match value_type {
                    Some(value_type) => self.convert(value, value_type, Site::Slot),
                    None => Some(value),
                };
                settings.push((symbol, fitting.unwrap_or(value)));
                if let Some(value_type) = value_type
                    && fitting.is_none()
                {
                    let (wanted, found) = (self.show(value_type), self.show(found));
                    let diagnostic = Diagnostic::new(
                        Code::T030,
                        ast[entry.value].span,
                        format!("the fetch option `{name}` must be a `{wanted}`, found `{found}`"),
                    )
                    .with_label(format!("this is `{found}`"))
                    .with_help(
                        "the options are `method`, `headers`, `query`, `body` and `timeout`",
                    );
                    self.report(diagnostic);
                }
            }
            return self.settings(settings, ast[options].span);
        }
        self.fetch_options_of(options, span)
    }

    /// Options whose names do not stand there.
    fn fetch_options_of(&mut self, options: ast::ExprId, span: Span) -> ExprId {
        let ast = self.ast;
        let value = self.expr(options, None);
        let found = self.ty(value);
        if !matches!(self.shape(found), Shape::Map(..) | Shape::Any | Shape::Error) {
            let text = self.show(found);
            let diagnostic = Diagnostic::new(
                Code::T029,
                Span::new(span.start, ast[options].span.end),
                format!("the options of a fetch must be a map, found `{text}`"),
            )
            .with_secondary(ast[options].span, format!("this is `{text}`"))
            .with_help("write them as `with {\"method\": \"POST\"}`");
            self.report(diagnostic);
        }
        self.converted(value, TypeId::ANY)
    }

    pub(super) fn load(
        &mut self,
        path: Option<Symbol>,
        ty: ast::TypeId,
        options: Option<ast::ExprId>,
        span: Span,
    ) -> ExprId {
        let item = self.resolve_type(ty);
        let options = options.map(|options| self.expr(options, None));
        let options = options.map(|options| self.converted(options, TypeId::ANY));
        let ty = self.hir.types.list(item);
        self.push(ExprKind::Load { path, options }, ty, span)
    }

    pub(super) fn save(
        &mut self,
        source: ast::ExprId,
        path: Option<Symbol>,
        options: Option<ast::ExprId>,
        span: Span,
    ) -> ExprId {
        let source = self.expr(source, None);
        let source = self.converted(source, TypeId::ANY);
        let options = options.map(|options| self.expr(options, None));
        let options = options.map(|options| self.converted(options, TypeId::ANY));
        self.push(ExprKind::Save { source, path, options }, TypeId::UNIT, span)
    }
}
