//! Assignment: what can be assigned, and what it takes.

use mochi_base::{Code, Diagnostic, Span, Symbol};
use mochi_syntax::ast;

use super::coerce::Site;
use super::scope::Binding;
use super::{Checker, Shape};
use crate::hir::{ExprId, ExprKind, LocalId, Place, StmtKind};
use crate::types::TypeId;

impl Checker<'_> {
    pub(super) fn assign(
        &mut self,
        place: ast::ExprId,
        value: ast::ExprId,
        span: Span,
    ) -> Option<StmtKind> {
        let ast = self.ast;
        let mut root = ast.without_parens(place);
        while let Some(object) = ast.left_operand(root) {
            root = ast.without_parens(object);
        }
        let ast::ExprKind::Ident(name) = ast[root].kind else {
            self.expr(place, None);
            self.expr(value, None);
            return None;
        };
        // A variable of a package is what is assigned, not the package.
        let (name, root) = match self.package_variable(name, root, place) {
            Some(Ok(found)) => found,
            Some(Err(diagnostic)) => {
                self.report(diagnostic);
                self.expr(value, None);
                return None;
            }
            None => (name, root),
        };
        let bare = root == ast.without_parens(place);
        let start = Span::new(span.start, ast[root].span.end.max(span.start));
        match self.lookup(name) {
            Binding::Local(local) => {
                let facts = self.local_facts[local.index()];
                if !facts.mutable && (bare || !self.rules.let_aggregates_are_mutable) {
                    let diagnostic = self.immutable(name, Some(local), bare, start);
                    self.report(diagnostic);
                }
            }
            Binding::ReceiverField(index) => {
                let owner = self.contexts.iter().rev().find_map(|context| context.receiver);
                if let Some((_, owner)) = owner {
                    self.check_agent_field(owner, index, None, bare, start);
                }
            }
            Binding::Unknown => {
                let text = self.name(name).to_owned();
                let diagnostic = Diagnostic::new(
                    Code::T001,
                    start,
                    format!("there is no variable `{text}` to assign"),
                )
                .with_label("not declared")
                .with_help(format!("declare it first with `var {text} = …`"));
                self.report(diagnostic);
                self.expr(value, None);
                return None;
            }
            Binding::Module(_) | Binding::External => {
                self.expr(value, None);
                return Some(StmtKind::Unsupported("an assignment to an external name"));
            }
            Binding::Function(_)
            | Binding::Builtin(_)
            | Binding::Variant(_)
            | Binding::ReceiverMethod(_)
            | Binding::GroupKeyPart(_) => {
                let diagnostic = self.immutable(name, None, bare, start);
                self.report(diagnostic);
                self.expr(value, None);
                return None;
            }
        }
        if bare {
            return self.assign_name(name, value, span, ast[root].span);
        }
        let (place, ty) = self.place(place, start, true)?;
        let value = self.expr_as(value, ty, Site::Store(start));
        Some(StmtKind::Assign(place, value))
    }

    /// The variable of a package, and the expression that names it, of a place whose leftmost name is the package.
    fn package_variable(
        &mut self,
        first: Symbol,
        root: ast::ExprId,
        place: ast::ExprId,
    ) -> Option<Result<(Symbol, ast::ExprId), Diagnostic>> {
        let ast = self.ast;
        let module = self.package_named(first)?;
        let mut above = ast.without_parens(place);
        while let Some(object) = ast.left_operand(above) {
            let object = ast.without_parens(object);
            if object == root {
                break;
            }
            above = object;
        }
        let ast::ExprKind::Field { name, .. } = ast[above].kind else { return None };
        let (what, span) = ((Code::T001, "variable"), ast[above].span);
        let member = self.member_of_package(module, first, name, what, span);
        Some(member.map(|member| (member, above)))
    }

    fn immutable(
        &mut self,
        name: Symbol,
        local: Option<LocalId>,
        bare: bool,
        span: Span,
    ) -> Diagnostic {
        let text = self.name(name).to_owned();
        let what = if bare { "cannot be assigned again" } else { "cannot be changed" };
        let diagnostic =
            Diagnostic::new(Code::T024, span, format!("`{text}` {what}")).with_label("immutable");
        match local {
            Some(local) => {
                let declared = self.hir[local].span;
                diagnostic
                    .with_secondary(declared, "declared with `let`")
                    .with_help(format!("declare it with `var {text} = …`"))
            }
            None => diagnostic
                .with_help(format!("`{text}` is a function; use another name for the variable")),
        }
    }

    fn assign_name(
        &mut self,
        name: Symbol,
        source: ast::ExprId,
        span: Span,
        place: Span,
    ) -> Option<StmtKind> {
        match self.lookup(name) {
            Binding::Local(local) => {
                let declared = self.hir[local].ty;
                let value = self.expr(source, Some(declared));
                let found = self.ty(value);
                let is_item =
                    matches!(self.hir[value].kind, ExprKind::Index(..) | ExprKind::MapIndex(..));
                if self.shape(found) == Shape::Any
                    && is_item
                    && self.local_facts[local.index()].untyped
                    && self.shape(declared) != Shape::Any
                {
                    self.mixed_candidates.insert(self.hir[local].span.start);
                }
                let value = self.fit(source, value, declared, Site::Slot);
                self.hir.locals[local.index()].assigned = true;
                self.capture(local);
                self.assigned(local, found);
                Some(StmtKind::Assign(Place::Local(local), value))
            }
            Binding::ReceiverField(index) => {
                let (receiver, owner) = self.receiver(place)?;
                let ty = self.hir.types.struct_type(owner).fields[index as usize].ty;
                let value = self.expr_as(source, ty, Site::Slot);
                Some(StmtKind::Assign(Place::Field(receiver, index), value))
            }
            _ => {
                self.expr(source, None);
                debug_assert!(!span.is_empty() || self.failed);
                None
            }
        }
    }

    /// What an assignment stores into, and the type of what it takes; `whole` unless it stores into a part of that.
    fn place(&mut self, place: ast::ExprId, start: Span, whole: bool) -> Option<(Place, TypeId)> {
        let ast = self.ast;
        match ast[ast.without_parens(place)].kind {
            ast::ExprKind::Index { object, index, open } => {
                let base = self.place_base(object)?;
                let base = self.unwrapped(base);
                let found = self.ty(base);
                match self.shape(found) {
                    Shape::List(item) => {
                        let index = self.integer_index(index, open);
                        Some((Place::Index(base, index), item))
                    }
                    Shape::Map(key, item) => {
                        let key = self.map_index(index, key, open);
                        Some((Place::Index(base, key), item))
                    }
                    Shape::Any => {
                        let index = self.expr(index, None);
                        let index = self.converted(index, TypeId::ANY);
                        Some((Place::Index(base, index), TypeId::ANY))
                    }
                    Shape::Var => {
                        let index = self.expr(index, None);
                        let (index_type, item) = (self.ty(index), self.fresh());
                        let ty = if index_type == TypeId::INT {
                            self.hir.types.list(item)
                        } else {
                            self.hir.types.map(index_type, item)
                        };
                        self.unify(found, ty);
                        Some((Place::Index(base, index), item))
                    }
                    Shape::Error => None,
                    _ => {
                        self.expr(index, None);
                        let text = self.show(found);
                        let diagnostic = Diagnostic::new(
                            Code::T018,
                            start,
                            format!("the items of a `{text}` cannot be assigned"),
                        )
                        .with_secondary(ast[object].span, format!("this is `{text}`"))
                        .with_help("items of lists and maps can be assigned");
                        self.report(diagnostic);
                        None
                    }
                }
            }
            ast::ExprKind::Slice { object, open, .. } => {
                let base = self.place_base(object)?;
                let found = self.ty(base);
                let span = Span::new(open, ast[place].span.end.max(open));
                let diagnostic = if matches!(self.shape(found), Shape::Map(..)) {
                    Diagnostic::new(Code::T017, span, "a map cannot be sliced")
                } else {
                    Diagnostic::new(Code::T018, span, "a slice is a copy and cannot be assigned")
                };
                self.report(diagnostic.with_help("assign the items one by one"));
                None
            }
            ast::ExprKind::Field { object, name, dot } => {
                let base = self.place_base(object)?;
                let base = self.unwrapped(base);
                let found = self.ty(base);
                let span = Span::new(dot, name.span.end.max(dot));
                match self.shape(found) {
                    Shape::Struct(id) => match self.fields.get(&(id, name.symbol)) {
                        Some(&index) => {
                            self.check_agent_field(id, index, Some(base), whole, start);
                            let ty = self.hir.types.struct_type(id).fields[index as usize].ty;
                            Some((Place::Field(base, index), ty))
                        }
                        None => {
                            let diagnostic = self.unknown_field(name.symbol, found, id, span);
                            self.report(diagnostic);
                            None
                        }
                    },
                    Shape::Map(key, item)
                        if matches!(self.shape(key), Shape::String | Shape::Any | Shape::Var) =>
                    {
                        let text = self.push(ExprKind::Str(name.symbol), TypeId::STRING, name.span);
                        let key = self.converted(text, key);
                        Some((Place::Index(base, key), item))
                    }
                    Shape::Any => Some((Place::AnyField(base, name.symbol), TypeId::ANY)),
                    Shape::Union(_) if self.rules.conversions_by_cast => {
                        let base = self.converted(base, TypeId::ANY);
                        Some((Place::AnyField(base, name.symbol), TypeId::ANY))
                    }
                    Shape::Var => {
                        self.unify(found, TypeId::ANY);
                        Some((Place::AnyField(base, name.symbol), TypeId::ANY))
                    }
                    Shape::Error => None,
                    _ => {
                        let diagnostic = self.not_a_struct(found, name, span);
                        self.report(diagnostic);
                        None
                    }
                }
            }
            _ => None,
        }
    }

    /// The object whose item or field is assigned. A key on the way must be there, so the value of a
    /// map is not optional here in any edition.
    fn place_base(&mut self, object: ast::ExprId) -> Option<ExprId> {
        let ast = self.ast;
        let object = ast.without_parens(object);
        let span = ast[object].span;
        if let ast::ExprKind::Field { object: first, .. } = ast[object].kind
            && let ast::ExprKind::Ident(first) = ast[first].kind
            && self.package_named(first).is_some()
        {
            return Some(self.path(object));
        }
        match ast[object].kind {
            ast::ExprKind::Index { .. } | ast::ExprKind::Field { .. } => {
                // A module is not a place.
                let (place, ty) = self.place(object, span, false)?;
                let kind = match place {
                    Place::Index(base, index) => {
                        if matches!(self.shape(self.ty(base)), Shape::Map(..)) {
                            ExprKind::MapIndex(base, index)
                        } else {
                            ExprKind::Index(base, index)
                        }
                    }
                    Place::Field(base, field) => ExprKind::Field(base, field),
                    Place::AnyField(base, name) => ExprKind::AnyField(base, name),
                    Place::Local(local) => ExprKind::Local(local),
                };
                Some(self.push(kind, ty, span))
            }
            _ => Some(self.expr(object, None)),
        }
    }
}
