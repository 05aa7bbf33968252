//! Statements.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;

use super::coerce::Site;
use super::module::External;
use super::scope::Binding;
use super::{Checker, Shape};
use crate::hir::{ExprId, ExprKind, LocalId, Place, StmtId, StmtKind};
use crate::types::{TypeId, TypeKind};

impl Checker<'_> {
    /// Statements one after the other in the scope that is open.
    pub(super) fn statements(&mut self, statements: &[ast::StmtId]) -> Vec<StmtId> {
        let mut checked = Vec::with_capacity(statements.len());
        for &statement in statements {
            self.failed = false;
            self.statement(statement, &mut checked);
            if !self.narrow_log.is_empty() && self.has_mutable_narrowings() && self.may_assign_by_call(statement) {
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

    fn statement(&mut self, statement: ast::StmtId, out: &mut Vec<StmtId>) {
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
            ast::StmtKind::If { branches, otherwise } => return self.if_statement(&ast[branches], otherwise, span, out),
            ast::StmtKind::While { condition, body } => {
                let mark = self.open_scope();
                self.forget_narrowings_of_loop(body);
                let cond = self.condition(condition, Code::T040, "the condition");
                self.narrow_by(condition, true);
                let body = self.loop_body(body);
                self.close_scope(mark);
                StmtKind::While { cond, body }
            }
            ast::StmtKind::For { name, source, end, body } => self.for_statement(name, source, end, body, span),
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
                let value = if self.ty(value) == TypeId::NONE { self.converted(value, TypeId::ANY) } else { value };
                StmtKind::Expr(value)
            }
            ast::StmtKind::Expect(expr) => {
                let value = self.expr(expr, Some(TypeId::BOOL));
                let value = self.as_condition(expr, value, Code::T008, "what is expected");
                StmtKind::Expect(value)
            }
            ast::StmtKind::Test { name, body } => StmtKind::Test { name: name.symbol, body: self.apart(body) },
            ast::StmtKind::Bench { name, body } => StmtKind::Bench { name: name.symbol, body: self.apart(body) },
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
                let params: Vec<_> =
                    ast[params].iter().map(|param| param.ty.map_or(TypeId::ANY, |ty| self.resolve_type(ty))).collect();
                let result = result.map_or(TypeId::ANY, |ty| self.resolve_type(ty));
                self.declare_external(&ast[path], External::Function(params.into(), result));
                return;
            }
            ast::StmtKind::Stream { name, .. } => {
                if self.struct_named(name.symbol).is_none() {
                    self.declare_type_name(statement);
                    self.declare_type_body(statement);
                }
                StmtKind::Unsupported("a stream")
            }
            ast::StmtKind::Emit { stream, fields } => {
                self.emit(stream, &ast[fields], span);
                StmtKind::Unsupported("`emit`")
            }
            ast::StmtKind::On { stream, event, body } => {
                self.handler(stream, event, body, span);
                StmtKind::Unsupported("an event handler")
            }
            ast::StmtKind::Agent { members, .. } => {
                self.agent(members);
                StmtKind::Unsupported("an agent")
            }
            ast::StmtKind::Intent(id) => {
                self.nested_function(id, span);
                StmtKind::Unsupported("an intent")
            }
            ast::StmtKind::Model { fields, .. } => {
                for field in &ast[fields] {
                    self.expr(field.value, None);
                }
                return;
            }
            ast::StmtKind::Fact(_) => StmtKind::Unsupported("a fact"),
            ast::StmtKind::Rule { .. } => StmtKind::Unsupported("a rule"),
            ast::StmtKind::FetchInto { url, target, options } => {
                let place = Span::new(span.start, target.span.end);
                self.expr_as(url, TypeId::STRING, Site::Slot);
                if let Some(options) = options {
                    self.expr(options, None);
                }
                let value = self.push(ExprKind::Unsupported("`fetch`"), TypeId::ANY, place);
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
    fn binding(&mut self, binding: &ast::Binding, mutable: bool, span: Span) -> StmtKind {
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
                if self.compared_with_none.contains(&binding.name.symbol) {
                    value = self.optional_lookup(value);
                }
                let ty = self.ty(value);
                if ty == TypeId::NONE { (TypeId::ANY, self.converted(value, TypeId::ANY)) } else { (ty, value) }
            }
            (None, None) => {
                let word = if mutable { "var" } else { "let" };
                let name = self.name(binding.name.symbol).to_owned();
                let diagnostic =
                    Diagnostic::new(Code::T000, place, format!("`{word} {name}` has neither a type nor a value"))
                        .with_label("a type or a value is missing")
                        .with_help(format!("write `{word} {name} = …` or `{word} {name}: int`"));
                (TypeId::ERROR, self.fail(diagnostic))
            }
        };
        let local = self.declare_local(binding.name, ty, mutable);
        StmtKind::Let(local, value)
    }

    /// Reports a `var` that would be a second, mutable name for what a `let` names.
    fn check_mutable_alias(&mut self, value: Option<ast::ExprId>, place: Span) {
        let Some(value) = value else { return };
        let Some(local) = self.local_named_by(value) else { return };
        let ty = self.local_facts[local.index()].current;
        if self.local_facts[local.index()].mutable || !self.shape(ty).is_aggregate() {
            return;
        }
        let (name, declared) = (self.name(self.hir[local].name).to_owned(), self.hir[local].span);
        let diagnostic =
            Diagnostic::new(Code::T051, place, format!("`{name}` is immutable and cannot get a second, mutable name"))
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

    // ── Assignment ─────────────────────────────────────────────────────────────────────────────

    fn assign(&mut self, place: ast::ExprId, value: ast::ExprId, span: Span) -> Option<StmtKind> {
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
            Binding::ReceiverField(_) => {}
            Binding::Unknown => {
                let text = self.name(name).to_owned();
                let diagnostic = Diagnostic::new(Code::T001, start, format!("there is no variable `{text}` to assign"))
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
            Binding::Function(_) | Binding::Builtin(_) | Binding::Variant(_) | Binding::ReceiverMethod(_) => {
                let diagnostic = self.immutable(name, None, bare, start);
                self.report(diagnostic);
                self.expr(value, None);
                return None;
            }
        }
        if bare {
            return self.assign_name(name, value, span, ast[root].span);
        }
        let (place, ty) = self.place(place, start)?;
        let value = self.expr_as(value, ty, Site::Store(start));
        Some(StmtKind::Assign(place, value))
    }

    fn immutable(&mut self, name: Symbol, local: Option<LocalId>, bare: bool, span: Span) -> Diagnostic {
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
            None => diagnostic.with_help(format!("`{text}` is a function; use another name for the variable")),
        }
    }

    fn assign_name(&mut self, name: Symbol, source: ast::ExprId, span: Span, place: Span) -> Option<StmtKind> {
        match self.lookup(name) {
            Binding::Local(local) => {
                let declared = self.hir[local].ty;
                let value = self.expr(source, Some(declared));
                let found = self.ty(value);
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

    /// What an assignment stores into, and the type of what it takes.
    fn place(&mut self, place: ast::ExprId, start: Span) -> Option<(Place, TypeId)> {
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
                            let ty = self.hir.types.struct_type(id).fields[index as usize].ty;
                            Some((Place::Field(base, index), ty))
                        }
                        None => {
                            let diagnostic = self.unknown_field(name.symbol, found, id, span);
                            self.report(diagnostic);
                            None
                        }
                    },
                    Shape::Map(key, item) if matches!(self.shape(key), Shape::String | Shape::Any | Shape::Var) => {
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
        match ast[object].kind {
            ast::ExprKind::Index { .. } | ast::ExprKind::Field { .. } => {
                // A module is not a place.
                let (place, ty) = self.place(object, span)?;
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
                    let diagnostic =
                        Diagnostic::new(Code::T010, span, format!("expected a returned `{text}`, found nothing"))
                            .with_label("the value is missing")
                            .with_help(format!("return a `{text}`, or leave the result type of the function out"));
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
            let place = if checked.is_empty() { span } else { Span::new(place.start, span.end.max(place.start)) };
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
            let diagnostic = Diagnostic::new(Code::T045, span, format!("`{word}` stands outside of a loop"))
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
                            format!("the bounds of a range must be `int`, found `{from}` and `{to}`"),
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
                        let diagnostic =
                            Diagnostic::new(Code::T022, head, format!("`for` cannot go through a `{text}`"))
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

    // ── Streams, agents, updates ───────────────────────────────────────────────────────────────

    fn unknown_stream(&mut self, stream: ast::Name, span: Span) {
        let text = self.name(stream.symbol).to_owned();
        let place = Span::new(span.start, stream.span.end.max(span.start));
        let diagnostic = Diagnostic::new(Code::T031, place, format!("there is no stream `{text}`"))
            .with_label("not declared")
            .with_help(format!("declare it with `stream {text} {{ … }}`"));
        self.report(diagnostic);
    }

    fn emit(&mut self, stream: ast::Name, fields: &[ast::FieldInit], span: Span) {
        match self.streams.get(&stream.symbol) {
            Some(&id) => {
                let given: Vec<_> = fields.iter().map(|field| field.name.symbol).collect();
                let complete =
                    self.hir.types.struct_type(id).fields.iter().all(|field| given.contains(&field.name));
                if complete || !self.rules.missing_fields_default {
                    // An event may leave fields out in every edition.
                    for field in fields {
                        match self.fields.get(&(id, field.name.symbol)) {
                            Some(&index) => {
                                let ty = self.hir.types.struct_type(id).fields[index as usize].ty;
                                self.expr_as(field.value, ty, Site::Slot);
                            }
                            None => {
                                let ty = self.hir.types.intern(TypeKind::Struct(id));
                                let diagnostic = self.unknown_field(field.name.symbol, ty, id, field.name.span);
                                self.report(diagnostic);
                            }
                        }
                    }
                } else {
                    self.field_values(id, fields, span, true);
                }
            }
            None => self.unknown_stream(stream, span),
        }
    }

    fn handler(&mut self, stream: ast::Name, event: ast::Name, body: ast::BlockId, span: Span) {
        let ty = match self.streams.get(&stream.symbol) {
            Some(&id) => self.hir.types.intern(TypeKind::Struct(id)),
            None => {
                self.unknown_stream(stream, span);
                TypeId::ERROR
            }
        };
        let mark = self.open_function(false, TypeId::UNIT);
        self.declare_local(event, ty, true);
        self.block(body);
        self.close_function(mark);
    }

    fn agent(&mut self, members: ast::BlockId) {
        let ast = self.ast;
        let mark = self.open_function(false, TypeId::UNIT);
        for &member in &ast[ast[members].statements] {
            // Everything in an agent sees its variables, wherever they stand.
            if let ast::StmtKind::Let(binding) | ast::StmtKind::Var(binding) = ast[member].kind {
                self.failed = false;
                let mutable = matches!(ast[member].kind, ast::StmtKind::Var(_));
                self.binding(&binding, mutable, ast[member].span);
            }
        }
        let mut ignored = Vec::new();
        for &member in &ast[ast[members].statements] {
            if !matches!(ast[member].kind, ast::StmtKind::Let(_) | ast::StmtKind::Var(_)) {
                self.failed = false;
                self.statement(member, &mut ignored);
            }
        }
        self.close_function(mark);
    }

    /// `update list set {…} where c`: a loop over the list's structs.
    fn update(
        &mut self,
        target: ast::Name,
        set: &[ast::MapEntry],
        condition: Option<ast::ExprId>,
        span: Span,
    ) -> Option<StmtKind> {
        let start = Span::new(span.start, target.span.end.max(span.start));
        if self.lookup(target.symbol) == Binding::Unknown {
            let text = self.name(target.symbol).to_owned();
            let diagnostic = Diagnostic::new(Code::T001, start, format!("there is no list `{text}` to update"))
                .with_label("not declared")
                .with_help(format!("declare it first with `var {text} = …`"));
            self.report(diagnostic);
            return None;
        }
        let source = self.ident(target.symbol, target.span);
        let found = self.ty(source);
        let owner = match self.shape(found) {
            Shape::List(item) => match self.shape(item) {
                Shape::Struct(id) => Some(id),
                _ => None,
            },
            Shape::Error => return None,
            _ => None,
        };
        let Some(owner) = owner else {
            let text = self.show(found);
            let diagnostic =
                Diagnostic::new(Code::T032, start, format!("`update` takes a list of structs, found `{text}`"))
                    .with_label(format!("this is `{text}`"))
                    .with_help("only the items of a list of structs can be updated");
            self.report(diagnostic);
            return None;
        };
        let mark = self.open_scope();
        let item = self.hir.types.intern(TypeKind::Struct(owner));
        let var = self.new_local(known::EMPTY, item, false, target.span);
        let outer = self.context().receiver.replace((var, owner));
        for index in 0..self.hir.types.struct_type(owner).fields.len() {
            let name = self.hir.types.struct_type(owner).fields[index].name;
            self.bind(name, Binding::ReceiverField(index as u32));
        }
        let cond = condition.map(|condition| self.condition(condition, Code::T033, "the `where` condition"));
        // All new values are computed from the old ones.
        let mut body = Vec::new();
        let mut stores = Vec::new();
        for entry in set {
            let place = self.ast[entry.key].span;
            let name = match self.ast[entry.key].kind {
                ast::ExprKind::Ident(name) | ast::ExprKind::Str(name) => name,
                _ => {
                    self.expr(entry.value, None);
                    continue;
                }
            };
            let Some(&index) = self.fields.get(&(owner, name)) else {
                let diagnostic = self.unknown_field(name, item, owner, place);
                self.report(diagnostic);
                continue;
            };
            let ty = self.hir.types.struct_type(owner).fields[index as usize].ty;
            let value = self.expr_as(entry.value, ty, Site::Slot);
            let new = self.new_local(known::EMPTY, ty, false, place);
            body.push(self.push_stmt(StmtKind::Let(new, value), place));
            stores.push((index, new, ty, place));
        }
        for (index, new, ty, place) in stores {
            let object = self.push(ExprKind::Local(var), item, place);
            let value = self.push(ExprKind::Local(new), ty, place);
            body.push(self.push_stmt(StmtKind::Assign(Place::Field(object, index), value), place));
        }
        self.context().receiver = outer;
        self.close_scope(mark);
        if let Some(cond) = cond {
            body = vec![self.push_stmt(StmtKind::If { cond, then: body, otherwise: Vec::new() }, span)];
        }
        Some(StmtKind::ForIn { var, source, body })
    }
}
