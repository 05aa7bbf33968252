//! Statements.

use mochi_base::{Code, Diagnostic, Span};
use mochi_syntax::ast;

use super::coerce::Site;
use super::module::External;
use super::scope::Binding;
use super::{Checker, Shape};
use crate::hir::{ExprId, ExprKind, StmtId, StmtKind};
use crate::types::{TypeId, TypeKind};

impl Checker<'_> {
    /// Statements one after the other in the scope that is open.
    pub(super) fn statements(&mut self, statements: &[ast::StmtId]) -> Vec<StmtId> {
        let mut checked = Vec::with_capacity(statements.len());
        for &statement in statements {
            self.failed = false;
            self.statement(statement, &mut checked);
            if !self.narrow_log.is_empty()
                && self.has_mutable_narrowings()
                && self.may_assign_by_call(statement)
            {
                self.forget_mutable_narrowings();
            }
        }
        checked
    }

    /// A block in a scope of its own.
    pub(super) fn block(&mut self, block: ast::BlockId) -> Vec<StmtId> {
        let ast = self.ast;
        let mark = self.open_scope();
        let statements = self.statements(&ast[ast[block].statements]);
        self.close_scope(mark);
        statements
    }

    pub(super) fn statement(&mut self, statement: ast::StmtId, out: &mut Vec<StmtId>) {
        let ast = self.ast;
        let node = &ast[statement];
        let span = node.span;
        let kind = match node.kind {
            ast::StmtKind::Error => {
                self.failed = true;
                return;
            }
            ast::StmtKind::Let(binding) => self.binding(&binding, false, span),
            ast::StmtKind::Var(binding) => self.binding(&binding, true, span),
            ast::StmtKind::Assign { place, value, .. } => match self.assign(place, value, span) {
                Some(kind) => kind,
                None => return,
            },
            ast::StmtKind::Fun(id) => {
                match self.function_of.get(&id) {
                    Some(&function) => {
                        if let Some(name) = ast[id].name {
                            self.bind(name.symbol, Binding::Function(function));
                        }
                        self.function_body(id, None);
                    }
                    None => out.extend(self.nested_function(id, span)),
                }
                return;
            }
            ast::StmtKind::Return(value) => self.return_statement(value, span),
            ast::StmtKind::If { branches, otherwise } => {
                return self.if_statement(&ast[branches], otherwise, span, out);
            }
            ast::StmtKind::While { condition, body } => {
                let mark = self.open_scope();
                self.forget_narrowings_of_loop(body);
                let cond = self.condition(condition, Code::T040, "the condition");
                self.narrow_by(condition, true);
                let body = self.loop_body(body);
                self.close_scope(mark);
                StmtKind::While { cond, body }
            }
            ast::StmtKind::For { name, source, end, body } => {
                self.for_statement(name, source, end, body, span)
            }
            ast::StmtKind::Break => {
                self.require_loop("break", span);
                StmtKind::Break
            }
            ast::StmtKind::Continue => {
                self.require_loop("continue", span);
                StmtKind::Continue
            }
            ast::StmtKind::Expr(expr) => {
                let value = self.expr(expr, None);
                let value = if self.ty(value) == TypeId::NONE {
                    self.converted(value, TypeId::ANY)
                } else {
                    value
                };
                StmtKind::Expr(value)
            }
            ast::StmtKind::Expect(expr) => {
                let value = self.expr(expr, Some(TypeId::BOOL));
                let value = self.as_condition(expr, value, Code::T008, "what is expected");
                StmtKind::Expect(value)
            }
            ast::StmtKind::Test { name, body } => {
                StmtKind::Test { name: name.symbol, body: self.apart(body) }
            }
            ast::StmtKind::Bench { name, body } => {
                StmtKind::Bench { name: name.symbol, body: self.apart(body) }
            }
            ast::StmtKind::Type(id) => {
                self.type_statement(statement, id);
                return;
            }
            ast::StmtKind::Import(id) => {
                self.import(id);
                return;
            }
            ast::StmtKind::ExternType(name) => {
                self.type_names.insert(name.symbol, TypeId::ANY);
                return;
            }
            ast::StmtKind::ExternObject(name) => {
                self.bind(name.symbol, Binding::External);
                self.external_roots.insert(name.symbol);
                return;
            }
            ast::StmtKind::ExternVar { path, ty } => {
                let ty = self.resolve_type(ty);
                self.declare_external(&ast[path], External::Variable(ty));
                return;
            }
            ast::StmtKind::ExternFun { path, params, result } => {
                let params: Vec<_> = ast[params]
                    .iter()
                    .map(|param| param.ty.map_or(TypeId::ANY, |ty| self.resolve_type(ty)))
                    .collect();
                let result = result.map_or(TypeId::ANY, |ty| self.resolve_type(ty));
                self.declare_external(&ast[path], External::Function(params.into(), result));
                return;
            }
            ast::StmtKind::Stream { name, .. } => {
                if self.struct_named(name.symbol).is_none() {
                    self.declare_type_name(statement);
                    self.declare_type_body(statement);
                }
                return;
            }
            ast::StmtKind::Emit { stream, fields } => match self.emit(stream, &ast[fields], span) {
                Some(kind) => kind,
                None => return,
            },
            ast::StmtKind::On { stream, event, body } => {
                match self.handler(stream, event, body, span, None) {
                    Some(kind) => kind,
                    None => return,
                }
            }
            ast::StmtKind::Agent { name, members } => {
                if self.agent_named(name.symbol).is_none() {
                    self.declare_type_name(statement);
                    self.declare_type_body(statement);
                    self.declare_methods(statement);
                }
                self.agent(name, members);
                return;
            }
            // The parser lets it stand in agents only, and they look at it themselves.
            ast::StmtKind::Intent(_) => return,
            ast::StmtKind::Model { name, fields } => {
                StmtKind::Expr(self.model(name, &ast[fields], span))
            }
            ast::StmtKind::Fact(atom) => match self.fact(atom) {
                Some(kind) => kind,
                None => return,
            },
            ast::StmtKind::Rule { head, body } => match self.rule(head, &ast[body]) {
                Some(kind) => kind,
                None => return,
            },
            ast::StmtKind::FetchInto { url, target, options } => {
                let value = self.fetch(url, options, span, None);
                let local = self.declare_local(target, TypeId::ANY, false);
                StmtKind::Let(local, value)
            }
            ast::StmtKind::Update { target, set, condition } => {
                match self.update(target, &ast[set], condition, span) {
                    Some(kind) => kind,
                    None => return,
                }
            }
        };
        out.push(self.push_stmt(kind, span));
    }

    // ── Declarations ───────────────────────────────────────────────────────────────────────────

    /// `let` and `var`.
    pub(super) fn binding(
        &mut self,
        binding: &ast::Binding,
        mutable: bool,
        span: Span,
    ) -> StmtKind {
        let place = Span::new(span.start, binding.name.span.end.max(span.start));
        if mutable && !self.rules.let_aggregates_are_mutable {
            self.check_mutable_alias(binding.value, place);
        }
        let (ty, value) = match (binding.ty, binding.value) {
            (Some(written), Some(source)) => {
                let ty = self.resolve_type(written);
                let site = if mutable { Site::Var(place) } else { Site::Let(place) };
                (ty, self.expr_as(source, ty, site))
            }
            (Some(written), None) => {
                let ty = self.resolve_type(written);
                (ty, self.empty_value(ty, span, 0))
            }
            (None, Some(source)) => {
                let mut value = self.expr(source, None);
                if self.asked_for_presence.contains(&binding.name.symbol) {
                    value = self.optional_lookup(value);
                }
                let ty = self.ty(value);
                if ty == TypeId::NONE || self.mixed.contains(&binding.name.span.start) {
                    (TypeId::ANY, self.converted(value, TypeId::ANY))
                } else {
                    (ty, value)
                }
            }
            (None, None) => {
                let diagnostic = self.neither_type_nor_value(binding, mutable, place);
                (TypeId::ERROR, self.fail(diagnostic))
            }
        };
        let local = self.declare_local(binding.name, ty, mutable);
        self.local_facts[local.index()].untyped = binding.ty.is_none();
        StmtKind::Let(local, value)
    }

    pub(super) fn neither_type_nor_value(
        &self,
        binding: &ast::Binding,
        mutable: bool,
        place: Span,
    ) -> Diagnostic {
        let word = if mutable { "var" } else { "let" };
        let name = self.name(binding.name.symbol);
        Diagnostic::new(
            Code::T000,
            place,
            format!("`{word} {name}` has neither a type nor a value"),
        )
        .with_label("a type or a value is missing")
        .with_help(format!("write `{word} {name} = …` or `{word} {name}: int`"))
    }

    /// Reports a `var` that would be a second, mutable name for what a `let` names.
    pub(super) fn check_mutable_alias(&mut self, value: Option<ast::ExprId>, place: Span) {
        let Some(value) = value else { return };
        let Some(local) = self.local_named_by(value) else { return };
        let ty = self.local_facts[local.index()].current;
        if self.local_facts[local.index()].mutable || !self.shape(ty).is_aggregate() {
            return;
        }
        let (name, declared) = (self.name(self.hir[local].name).to_owned(), self.hir[local].span);
        let diagnostic = Diagnostic::new(
            Code::T051,
            place,
            format!("`{name}` is immutable and cannot get a second, mutable name"),
        )
        .with_label("writes through this name would change it")
        .with_secondary(declared, format!("`{name}` is declared with `let`"))
        .with_help(format!("declare `{name}` with `var`, or copy its items into a new value"));
        self.report(diagnostic);
    }

    fn type_statement(&mut self, statement: ast::StmtId, id: ast::TypeDeclId) {
        let ast = self.ast;
        let ast::TypeDeclKind::Struct { methods, .. } = ast[id].kind else {
            if self.contexts.len() > 1 || !self.declared_at_top(id) {
                self.declare_type_name(statement);
                self.declare_type_body(statement);
            }
            return;
        };
        if !self.declared_at_top(id) {
            self.declare_type_name(statement);
            self.declare_type_body(statement);
            self.declare_methods(statement);
        }
        let owner = self.struct_named(ast[id].name.symbol);
        for &method in &ast[methods] {
            self.failed = false;
            self.function_body(method, owner);
        }
    }

    /// Whether the declaration pass has read this declaration.
    fn declared_at_top(&self, id: ast::TypeDeclId) -> bool {
        let span = self.ast[id].span;
        let name = self.ast[id].name;
        match self.type_names.get(&name.symbol).map(|&ty| self.hir.types.kind(ty)) {
            Some(TypeKind::Struct(id)) => span.start <= self.hir.types.struct_type(*id).span.start,
            Some(_) => self.contexts.len() == 1,
            None => self.aliases.contains_key(&name.symbol),
        }
    }

    // ── Control ────────────────────────────────────────────────────────────────────────────────

    fn return_statement(&mut self, value: Option<ast::ExprId>, span: Span) -> StmtKind {
        let result = self.context().result;
        let Some(source) = value else {
            return match self.shape(result) {
                Shape::Unit | Shape::Error => StmtKind::Return(None),
                Shape::Any | Shape::Option(_) => {
                    let none = self.push(ExprKind::None, result, span);
                    StmtKind::Return(Some(none))
                }
                Shape::Var => {
                    self.unify(result, TypeId::UNIT);
                    StmtKind::Return(None)
                }
                _ if self.rules.none_anywhere => {
                    let empty = self.empty_value(result, span, 0);
                    StmtKind::Return(Some(empty))
                }
                _ => {
                    let text = self.show(result);
                    let diagnostic = Diagnostic::new(
                        Code::T010,
                        span,
                        format!("expected a returned `{text}`, found nothing"),
                    )
                    .with_label("the value is missing")
                    .with_help(format!(
                        "return a `{text}`, or leave the result type of the function out"
                    ));
                    self.report(diagnostic);
                    StmtKind::Return(None)
                }
            };
        };
        let value = self.expr(source, Some(result));
        let found = self.ty(value);
        if self.shape(result) == Shape::Var {
            // A literal's result is what it returns first; what it returns later has to fit.
            let found = if found == TypeId::NONE { TypeId::ANY } else { found };
            self.unify(result, found);
        }
        let returns_nothing = self.shape(result) == Shape::Unit;
        if returns_nothing && self.rules.none_anywhere && self.shape(found) != Shape::Unit {
            let ignored = self.push_stmt(StmtKind::Expr(value), span);
            let leave = self.push_stmt(StmtKind::Return(None), span);
            return StmtKind::Block(vec![ignored, leave]);
        }
        StmtKind::Return(Some(self.fit(source, value, result, Site::Slot)))
    }

    fn if_statement(
        &mut self,
        branches: &[ast::StmtBranch],
        otherwise: Option<ast::BlockId>,
        span: Span,
        out: &mut Vec<StmtId>,
    ) {
        let outer = self.open_scope();
        let mut checked = Vec::with_capacity(branches.len());
        for branch in branches {
            let cond = self.condition(branch.condition, Code::T040, "the condition");
            let mark = self.open_scope();
            self.narrow_by(branch.condition, true);
            let then = self.block(branch.body);
            self.close_scope(mark);
            self.narrow_by(branch.condition, false);
            checked.push((cond, then, self.ast[branch.condition].span));
            self.failed = false;
        }
        let mut rest = match otherwise {
            Some(otherwise) => self.block(otherwise),
            None => Vec::new(),
        };
        self.close_scope(outer);
        while let Some((cond, then, place)) = checked.pop() {
            let place = if checked.is_empty() {
                span
            } else {
                Span::new(place.start, span.end.max(place.start))
            };
            let statement = self.push_stmt(StmtKind::If { cond, then, otherwise: rest }, place);
            rest = vec![statement];
        }
        out.extend(rest);
        // When the branch is left for good, its condition does not hold behind it.
        if let ([branch], None) = (branches, otherwise)
            && self.always_leaves(branch.body)
        {
            self.narrow_by(branch.condition, false);
        }
    }

    fn loop_body(&mut self, body: ast::BlockId) -> Vec<StmtId> {
        self.context().loops += 1;
        let statements = self.block(body);
        self.context().loops -= 1;
        statements
    }

    fn require_loop(&mut self, word: &str, span: Span) {
        if self.context().loops == 0 {
            let diagnostic =
                Diagnostic::new(Code::T045, span, format!("`{word}` stands outside of a loop"))
                    .with_label("no loop to leave")
                    .with_help(format!("`{word}` belongs into the body of a `for` or `while`"));
            self.report(diagnostic);
        }
    }

    /// A block that no loop around it reaches into.
    fn apart(&mut self, body: ast::BlockId) -> Vec<StmtId> {
        let loops = std::mem::replace(&mut self.context().loops, 0);
        let statements = self.block(body);
        self.context().loops = loops;
        statements
    }

    fn for_statement(
        &mut self,
        name: ast::Name,
        source: ast::ExprId,
        end: Option<ast::ExprId>,
        body: ast::BlockId,
        span: Span,
    ) -> StmtKind {
        let mark = self.open_scope();
        self.forget_narrowings_of_loop(body);
        let head = Span::new(span.start, self.ast[end.unwrap_or(source)].span.end.max(span.start));
        let start = self.expr(source, None);
        let kind = match end {
            Some(end) => {
                let end = self.expr(end, None);
                let (start, end) = (self.unwrapped(start), self.unwrapped(end));
                let bounds = (self.bound(start), self.bound(end));
                let (start, end) = match bounds {
                    (Some(start), Some(end)) => (start, end),
                    _ => {
                        let (from, to) = (self.ty(start), self.ty(end));
                        let (from, to) = (self.show(from), self.show(to));
                        let diagnostic = Diagnostic::new(
                            Code::T023,
                            head,
                            format!(
                                "the bounds of a range must be `int`, found `{from}` and `{to}`"
                            ),
                        )
                        .with_label("not a range of integers")
                        .with_help("write `for i in 0..10`");
                        (self.fail(diagnostic), end)
                    }
                };
                let var = self.declare_local(name, TypeId::INT, true);
                self.failed = false;
                let body = self.loop_body(body);
                StmtKind::ForRange { var, start, end, body }
            }
            None => {
                let start = self.unwrapped(start);
                let found = self.ty(start);
                let item = match self.shape(found) {
                    Shape::List(item) | Shape::Group(_, item) => item,
                    Shape::Map(key, _) => key,
                    Shape::String => TypeId::STRING,
                    Shape::Any if self.rules.iterate_any => TypeId::ANY,
                    Shape::Var => {
                        let item = self.fresh();
                        let list = self.hir.types.list(item);
                        self.unify(found, list);
                        item
                    }
                    Shape::Error => TypeId::ERROR,
                    _ => {
                        let text = self.show(found);
                        let inner = self.ast[source].span;
                        let help = match self.shape(found) {
                            Shape::Int => "to count, write `for i in 0..n`",
                            Shape::Any => "say what it is: `value as list<any>`",
                            Shape::Option(_) => "it may be `none`: give a default with `?? []`",
                            _ => "`for` goes through lists, maps, strings and ranges",
                        };
                        let diagnostic = Diagnostic::new(
                            Code::T022,
                            head,
                            format!("`for` cannot go through a `{text}`"),
                        )
                        .with_secondary(inner, format!("this is `{text}`"))
                        .with_help(help);
                        self.report(diagnostic);
                        TypeId::ERROR
                    }
                };
                let var = self.declare_local(name, item, true);
                self.failed = false;
                let body = self.loop_body(body);
                StmtKind::ForIn { var, source: start, body }
            }
        };
        self.close_scope(mark);
        kind
    }

    /// A bound of a range as an int.
    fn bound(&mut self, value: ExprId) -> Option<ExprId> {
        match self.shape(self.ty(value)) {
            Shape::Int | Shape::Error => Some(value),
            Shape::Any | Shape::BigInt | Shape::Var => Some(self.converted(value, TypeId::INT)),
            Shape::Float if self.rules.conversions_by_cast => {
                Some(self.convert_expr(crate::hir::Convert::FloatToInt, value, TypeId::INT))
            }
            _ => None,
        }
    }
}
