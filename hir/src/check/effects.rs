//! What functions do besides computing a value: print, read files, ask the clock. A function's
//! effects are those of its body and of every function it calls, found by a fixpoint over the call
//! graph the first time somebody asks; most programs never do.

use mochi_base::{Code, Diagnostic, Span, Symbol};
use mochi_syntax::ast;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Checker;
use super::scope::Binding;
use crate::hir::Builtin;

/// A set of effects, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct EffectSet(u8);

impl EffectSet {
    const IO: EffectSet = EffectSet(1);
    const FS: EffectSet = EffectSet(2);
    const NET: EffectSet = EffectSet(4);
    const TIME: EffectSet = EffectSet(8);
    const META: EffectSet = EffectSet(16);
    /// Assigns variables of others, or may: not a label of the language, but it ends narrowings.
    const WRITES: EffectSet = EffectSet(32);

    const LABELS: [(EffectSet, &'static str); 5] = [
        (EffectSet::IO, "io"),
        (EffectSet::FS, "fs"),
        (EffectSet::NET, "net"),
        (EffectSet::TIME, "time"),
        (EffectSet::META, "meta"),
    ];

    fn union(self, other: EffectSet) -> EffectSet {
        EffectSet(self.0 | other.0)
    }

    fn without(self, other: EffectSet) -> EffectSet {
        EffectSet(self.0 & !other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The labels, in the order of the language's own list.
    fn text(self) -> String {
        let labels: Vec<_> = EffectSet::LABELS
            .iter()
            .filter(|(label, _)| self.0 & label.0 != 0)
            .map(|(_, name)| *name)
            .collect();
        if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
    }
}

/// What the effects of the program's functions are known to be.
#[derive(Debug, Default)]
pub(super) struct Effects {
    known: bool,
    /// By the name of the top-level function.
    pub(super) of: FxHashMap<Symbol, EffectSet>,
    /// What functions with an effect clause promise, and what those of other packages do.
    pub(super) declared: FxHashMap<Symbol, EffectSet>,
}

/// What is found in a piece of syntax.
#[derive(Debug, Default)]
struct Found {
    effects: EffectSet,
    callees: Vec<Symbol>,
    /// The first call by name that has an effect, when the functions' effects are known.
    first: Option<(Symbol, Span, EffectSet)>,
    /// Names declared in the piece: assigning them is nobody else's business.
    own: FxHashSet<Symbol>,
}

impl Checker<'_> {
    /// The effects that the clause `! io, fs` lists; reports labels that are none, and then nothing is
    /// known of what the function promises.
    pub(super) fn declared_effects(&mut self, function: &ast::Function) -> Option<EffectSet> {
        let mut set = Some(EffectSet::default());
        for label in &self.ast[function.effects] {
            let text = self.name(label.symbol).to_owned();
            match EffectSet::LABELS.iter().find(|(_, name)| *name == text) {
                Some((effect, _)) => set = set.map(|set| set.union(*effect)),
                None => {
                    set = None;
                    let span = Span::new(function.span.start, label.span.end);
                    self.report_always(
                        Diagnostic::new(Code::T064, span, format!("there is no effect `{text}`"))
                            .with_label("declared here")
                            .with_help("the effects are `io`, `fs`, `net`, `time` and `meta`"),
                    );
                }
            }
        }
        set
    }

    pub(super) fn remember_declared_effects(&mut self, name: Symbol, effects: Option<EffectSet>) {
        self.effects.declared.extend(effects.map(|effects| (name, effects)));
    }

    /// Reports top-level functions that do more than their effect clause says.
    pub(super) fn check_declared_effects(&mut self) {
        if self.effects.declared.is_empty() {
            return;
        }
        self.know_effects();
        let ast = self.ast;
        let bodies = self.bodies.clone();
        for &statement in bodies.iter().flat_map(|&body| &ast[body]) {
            let ast::StmtKind::Fun(id) = ast[statement].kind else { continue };
            let function = &ast[id];
            let Some(name) = function.name else { continue };
            let Some(&declared) = self.effects.declared.get(&name.symbol) else { continue };
            let inferred = self.effects_of_function(function);
            self.check_promise(function, declared, inferred);
        }
    }

    /// Reports a function that does more than it declares.
    pub(super) fn check_promise(
        &mut self,
        function: &ast::Function,
        declared: EffectSet,
        inferred: EffectSet,
    ) {
        let extra = inferred.without(declared).without(EffectSet::WRITES);
        if extra.is_empty() {
            return;
        }
        let (name, span) = match function.name {
            Some(name) => (
                format!("function `{}`", self.name(name.symbol)),
                Span::new(function.span.start, name.span.end.max(function.span.start)),
            ),
            None => (
                "this function".to_owned(),
                Span::new(function.span.start, function.span.start + 3),
            ),
        };
        let (declared, extra) = (declared.text(), extra.text());
        self.report_always(
            Diagnostic::new(
                Code::T065,
                span,
                format!("{name} declares the effects {declared} but also has {extra}"),
            )
            .with_label(format!("does more than `! {declared}`"))
            .with_help(format!(
                "add `{extra}` to the clause, or remove the call that has this effect"
            )),
        );
    }

    pub(super) fn effects_of_function(&mut self, function: &ast::Function) -> EffectSet {
        self.know_effects();
        let mut found = Found::default();
        self.effects_in_function(function, &mut found);
        found.effects
    }

    /// The first call in `expr` that has an effect: its name, place and effects.
    pub(super) fn first_effect(&mut self, expr: ast::ExprId) -> Option<(Symbol, Span, String)> {
        self.know_effects();
        let mut found = Found::default();
        self.effects_in_expr(expr, &mut found);
        let (name, span, effects) = found.first?;
        (!effects.without(EffectSet::WRITES).is_empty())
            .then(|| (name, span, effects.without(EffectSet::WRITES).text()))
    }

    /// Whether evaluating the statement itself, not the blocks in it, can change variables by calls.
    pub(super) fn may_assign_by_call(&mut self, statement: ast::StmtId) -> bool {
        self.know_effects();
        let mut found = Found::default();
        match self.ast[statement].kind {
            ast::StmtKind::If { branches, .. } => {
                for branch in &self.ast[branches] {
                    self.effects_in_expr(branch.condition, &mut found);
                }
            }
            ast::StmtKind::While { condition, .. } => self.effects_in_expr(condition, &mut found),
            ast::StmtKind::For { source, end, .. } => {
                self.effects_in_expr(source, &mut found);
                if let Some(end) = end {
                    self.effects_in_expr(end, &mut found);
                }
            }
            ast::StmtKind::Let(binding) | ast::StmtKind::Var(binding) => {
                if let Some(value) = binding.value {
                    self.effects_in_expr(value, &mut found);
                }
            }
            ast::StmtKind::Assign { value, .. } => self.effects_in_expr(value, &mut found),
            ast::StmtKind::Emit { .. } => return true,
            ast::StmtKind::Expr(expr)
            | ast::StmtKind::Expect(expr)
            | ast::StmtKind::Return(Some(expr)) => {
                self.effects_in_expr(expr, &mut found);
            }
            _ => {}
        }
        found.first.is_some_and(|(name, _, _)| !matches!(self.lookup(name), Binding::Builtin(_)))
    }

    /// Finds the effects of all top-level functions: the least fixpoint over the call graph.
    pub(super) fn know_effects(&mut self) {
        if self.effects.known {
            return;
        }
        let ast = self.ast;
        let mut callers: FxHashMap<Symbol, Vec<Symbol>> = FxHashMap::default();
        let mut work = Vec::new();
        let mut of: FxHashMap<Symbol, EffectSet> = FxHashMap::default();
        let bodies = self.bodies.clone();
        for &statement in bodies.iter().flat_map(|&body| &ast[body]) {
            let ast::StmtKind::Fun(id) = ast[statement].kind else { continue };
            let function = &ast[id];
            let Some(name) = function.name else { continue };
            if let Some(&declared) = self.effects.declared.get(&name.symbol) {
                of.insert(name.symbol, declared);
                work.push(name.symbol);
                continue;
            }
            let mut found = Found::default();
            self.effects_in_function(function, &mut found);
            for callee in found.callees {
                callers.entry(callee).or_default().push(name.symbol);
            }
            of.insert(name.symbol, found.effects);
            work.push(name.symbol);
        }
        while let Some(callee) = work.pop() {
            let effects = of.get(&callee).copied().unwrap_or_default();
            for &caller in callers.get(&callee).map(Vec::as_slice).unwrap_or_default() {
                let entry = of.entry(caller).or_default();
                if entry.union(effects) != *entry {
                    *entry = entry.union(effects);
                    work.push(caller);
                }
            }
        }
        self.effects.of = of;
        self.effects.known = true;
    }

    fn effects_in_function(&self, function: &ast::Function, found: &mut Found) {
        for param in &self.ast[function.params] {
            found.own.insert(param.name.symbol);
        }
        match function.body {
            ast::FunctionBody::Block(block) => self.effects_in_block(block, found),
            ast::FunctionBody::Expr(expr) => self.effects_in_expr(expr, found),
        }
    }

    fn effects_in_block(&self, block: ast::BlockId, found: &mut Found) {
        for &statement in &self.ast[self.ast[block].statements] {
            self.effects_in_statement(statement, found);
        }
    }

    fn effects_in_statement(&self, statement: ast::StmtId, found: &mut Found) {
        let ast = self.ast;
        match ast[statement].kind {
            ast::StmtKind::Let(binding) | ast::StmtKind::Var(binding) => {
                found.own.insert(binding.name.symbol);
                if let Some(value) = binding.value {
                    self.effects_in_expr(value, found);
                }
            }
            ast::StmtKind::Assign { place, value, .. } => {
                let mut root = place;
                while let Some(object) = ast.left_operand(root) {
                    root = object;
                }
                if let ast::ExprKind::Ident(name) = ast[root].kind
                    && !found.own.contains(&name)
                {
                    found.effects = found.effects.union(EffectSet::WRITES);
                }
                self.effects_in_expr(place, found);
                self.effects_in_expr(value, found);
            }
            ast::StmtKind::Return(Some(expr))
            | ast::StmtKind::Expr(expr)
            | ast::StmtKind::Expect(expr) => {
                self.effects_in_expr(expr, found);
            }
            ast::StmtKind::If { branches, otherwise } => {
                for branch in &ast[branches] {
                    self.effects_in_expr(branch.condition, found);
                    self.effects_in_block(branch.body, found);
                }
                if let Some(otherwise) = otherwise {
                    self.effects_in_block(otherwise, found);
                }
            }
            ast::StmtKind::While { condition, body } => {
                self.effects_in_expr(condition, found);
                self.effects_in_block(body, found);
            }
            ast::StmtKind::For { name, source, end, body } => {
                found.own.insert(name.symbol);
                self.effects_in_expr(source, found);
                if let Some(end) = end {
                    self.effects_in_expr(end, found);
                }
                self.effects_in_block(body, found);
            }
            ast::StmtKind::FetchInto { .. } => found.effects = found.effects.union(EffectSet::NET),
            ast::StmtKind::Update { set, condition, .. } => {
                for entry in &ast[set] {
                    self.effects_in_expr(entry.value, found);
                }
                if let Some(condition) = condition {
                    self.effects_in_expr(condition, found);
                }
            }
            ast::StmtKind::Test { body, .. } | ast::StmtKind::Bench { body, .. } => {
                self.effects_in_block(body, found)
            }
            ast::StmtKind::Fact(atom) => self.effects_in_atom(atom, found),
            ast::StmtKind::Rule { head, body } => {
                self.effects_in_atom(head, found);
                for condition in &ast[body] {
                    if let ast::LogicCondition::Atom(atom) = *condition {
                        self.effects_in_atom(atom, found);
                    }
                }
            }
            // Which handlers hear it is only known when the program runs.
            ast::StmtKind::Emit { fields, .. } => {
                found.effects = found.effects.union(EffectSet::WRITES);
                for field in &ast[fields] {
                    self.effects_in_expr(field.value, found);
                }
            }
            ast::StmtKind::Return(None)
            | ast::StmtKind::Error
            | ast::StmtKind::Fun(_)
            | ast::StmtKind::Break
            | ast::StmtKind::Continue
            | ast::StmtKind::Type(_)
            | ast::StmtKind::Import(_)
            | ast::StmtKind::ExternType(_)
            | ast::StmtKind::ExternObject(_)
            | ast::StmtKind::ExternVar { .. }
            | ast::StmtKind::ExternFun { .. }
            | ast::StmtKind::Stream { .. }
            | ast::StmtKind::On { .. }
            | ast::StmtKind::Agent { .. }
            | ast::StmtKind::Intent(_)
            | ast::StmtKind::Model { .. } => {}
        }
    }

    fn effects_in_expr(&self, expr: ast::ExprId, found: &mut Found) {
        let ast = self.ast;
        let mut next = Some(expr);
        while let Some(expr) = next {
            next = ast.left_operand(expr);
            match ast[expr].kind {
                ast::ExprKind::Paren(inner) | ast::ExprKind::Unary { operand: inner, .. } => {
                    next = Some(inner)
                }
                ast::ExprKind::Binary { right, .. } => self.effects_in_expr(right, found),
                ast::ExprKind::Index { index, .. } | ast::ExprKind::SafeIndex { index, .. } => {
                    self.effects_in_expr(index, found);
                }
                ast::ExprKind::Call { callee, args, .. } => {
                    self.effects_of_call(callee, ast[expr].span, found);
                    for &arg in &ast[args] {
                        self.effects_in_expr(arg, found);
                        self.effects_of_passing(arg, found);
                    }
                }
                ast::ExprKind::List(items) => {
                    for &item in &ast[items] {
                        self.effects_in_expr(item, found);
                    }
                }
                ast::ExprKind::Map(entries) => {
                    for entry in &ast[entries] {
                        self.effects_in_expr(entry.value, found);
                    }
                }
                ast::ExprKind::Struct { name, fields } => {
                    if self.agent_named(name.symbol).is_some() {
                        found.effects = found.effects.union(EffectSet::WRITES);
                        found.first.get_or_insert((name.symbol, ast[expr].span, EffectSet::WRITES));
                    }
                    for field in &ast[fields] {
                        self.effects_in_expr(field.value, found);
                    }
                }
                ast::ExprKind::If { branches, otherwise } => {
                    for branch in &ast[branches] {
                        self.effects_in_expr(branch.condition, found);
                        self.effects_in_expr(branch.value, found);
                    }
                    if let Some(otherwise) = otherwise {
                        self.effects_in_expr(otherwise, found);
                    }
                }
                ast::ExprKind::Match { subject, arms } => {
                    self.effects_in_expr(subject, found);
                    for arm in &ast[arms] {
                        match arm.body {
                            ast::ArmBody::Expr(expr) => self.effects_in_expr(expr, found),
                            ast::ArmBody::Block(block) => self.effects_in_block(block, found),
                        }
                    }
                }
                ast::ExprKind::LogicQuery(atom) => self.effects_in_atom(atom, found),
                ast::ExprKind::Fetch { .. } => found.effects = found.effects.union(EffectSet::NET),
                ast::ExprKind::Load { .. } | ast::ExprKind::Save { .. } => {
                    found.effects = found.effects.union(EffectSet::FS);
                }
                _ => {}
            }
        }
    }

    fn effects_in_atom(&self, atom: ast::LogicAtomId, found: &mut Found) {
        for term in &self.ast[self.ast[atom].terms] {
            if let ast::LogicTermKind::Value(value) = term.kind {
                self.effects_in_expr(value, found);
            }
        }
    }

    fn effects_of_call(&self, callee: ast::ExprId, span: Span, found: &mut Found) {
        let (name, effects) = match self.ast[self.ast.without_parens(callee)].kind {
            ast::ExprKind::Ident(name) => (name, self.effects_of_name(name, found)),
            ast::ExprKind::Field { object, name, .. }
                if let ast::ExprKind::Ident(first) = self.ast[object].kind
                    && let Some(member) = self.known_member(first, name.symbol) =>
            {
                (member, self.effects_of_name(member, found))
            }
            // Which method it is depends on types that are not known here.
            ast::ExprKind::Field { name, .. } => (name.symbol, EffectSet::WRITES),
            _ => return,
        };
        found.effects = found.effects.union(effects);
        let earlier = found.first.is_none_or(|(_, first, _)| span.start < first.start);
        if !effects.is_empty() && earlier {
            found.first = Some((name, span, effects));
        }
    }

    /// A function that is handed over may be called by whoever gets it.
    fn effects_of_passing(&self, arg: ast::ExprId, found: &mut Found) {
        match self.ast[self.ast.without_parens(arg)].kind {
            ast::ExprKind::Ident(name) if !found.own.contains(&name) => {
                if let Binding::Function(_) = self.lookup(name) {
                    let effects = self.effects_of_name(name, found);
                    found.effects = found.effects.union(effects);
                }
            }
            ast::ExprKind::Field { object, name, .. } => {
                if let ast::ExprKind::Ident(first) = self.ast[object].kind
                    && let Some(member) = self.known_member(first, name.symbol)
                    && let Binding::Function(_) = self.lookup(member)
                {
                    let effects = self.effects_of_name(member, found);
                    found.effects = found.effects.union(effects);
                }
            }
            ast::ExprKind::Fun(id) => self.effects_in_function(&self.ast[id], found),
            _ => {}
        }
    }

    fn effects_of_name(&self, name: Symbol, found: &mut Found) -> EffectSet {
        match self.lookup(name) {
            Binding::Builtin(builtin) => match builtin {
                Builtin::Print | Builtin::Json | Builtin::Input => EffectSet::IO,
                Builtin::Now => EffectSet::TIME,
                Builtin::Eval => EffectSet::META,
                _ => EffectSet::default(),
            },
            Binding::Function(_) => {
                found.callees.push(name);
                let declared = self.effects.declared.get(&name);
                declared.or_else(|| self.effects.of.get(&name)).copied().unwrap_or_default()
            }
            Binding::Local(_) => EffectSet::WRITES,
            _ => EffectSet::default(),
        }
    }
}
