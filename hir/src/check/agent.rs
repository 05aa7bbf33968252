//! Agents: a struct for the state, methods for the intents, and the steps that make an instance.
//!
//! What an agent declares is known before any statement is checked, as it is of types and functions; only the type of a
//! field that has none written is a stand-in until its initial value is checked.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;

use super::coerce::Site;
use super::scope::Binding;
use super::{AgentFacts, Checker};
use crate::hir::{Agent, AgentId, AgentStep, ExprId, ExprKind};
use crate::types::{Field, StructId, TypeId, TypeKind};

/// A `let` or `var` of an agent.
fn field_of(kind: ast::StmtKind) -> Option<(ast::Binding, bool)> {
    match kind {
        ast::StmtKind::Let(binding) => Some((binding, false)),
        ast::StmtKind::Var(binding) => Some((binding, true)),
        _ => None,
    }
}

impl Checker<'_> {
    /// The fields of an agent, and what is to become of them.
    pub(super) fn declare_agent(&mut self, name: ast::Name, members: ast::BlockId, span: Span) {
        let ast = self.ast;
        let Some(state) = self.struct_named(name.symbol) else { return };
        let mut fields = Vec::new();
        let mut declared = Vec::new();
        for &member in &ast[ast[members].statements] {
            let Some((binding, mutable)) = field_of(ast[member].kind) else { continue };
            let ty = match binding.ty {
                Some(ty) => self.resolve_type(ty),
                None => self.fresh(),
            };
            fields.push(Field { name: binding.name.symbol, ty });
            declared.push((binding.name.span, mutable));
        }
        self.set_fields(state, fields);
        let id = AgentId(self.hir.agents.len() as u32);
        let ty = self.hir.types.intern(TypeKind::Struct(state));
        let receiver = self.new_local(known::SELF, ty, true, name.span);
        self.hir.agents.push(Agent { state, receiver, steps: Vec::new(), span });
        self.agents.insert(state, AgentFacts { id, fields: declared });
    }

    /// The signatures of an agent's intents.
    pub(super) fn declare_intents(&mut self, name: ast::Name, members: ast::BlockId) {
        let ast = self.ast;
        let Some(state) = self.struct_named(name.symbol) else { return };
        for &member in &ast[ast[members].statements] {
            if let ast::StmtKind::Intent(intent) = ast[member].kind {
                self.declare_method(name.symbol, state, intent);
            }
        }
    }

    /// The bodies of everything in an agent.
    pub(super) fn agent(&mut self, name: ast::Name, members: ast::BlockId) {
        let ast = self.ast;
        let Some(state) = self.struct_named(name.symbol) else { return };
        let Some(facts) = self.agents.get(&state) else { return };
        let (id, members) = (facts.id, &ast[ast[members].statements]);
        let mark = self.open_function(true, TypeId::UNIT);
        let receiver = self.hir[id].receiver;
        self.local_facts[receiver.index()].owner = self.contexts.len() as u32 - 1;
        self.context().receiver = Some((receiver, state));
        let mut steps = Vec::new();
        let mut index = 0;
        for &member in members {
            self.failed = false;
            if let Some((binding, mutable)) = field_of(ast[member].kind) {
                let span = ast[member].span;
                let value = self.initial_value(&binding, mutable, state, index, span);
                steps.push(AgentStep::Field(index, value));
                self.bind(binding.name.symbol, Binding::ReceiverField(index));
                index += 1;
            } else if matches!(ast[member].kind, ast::StmtKind::Assign { .. }) {
                let mut checked = Vec::new();
                self.statement(member, &mut checked);
                steps.extend(checked.into_iter().map(AgentStep::Stmt));
            }
        }
        // Handlers run when the instance is whole, so they see all of it.
        self.bind_members(state);
        if self.lookup(known::SELF) == Binding::Unknown {
            self.bind(known::SELF, Binding::Local(receiver));
        }
        for &member in members {
            let ast::StmtKind::On { stream, event, body } = ast[member].kind else { continue };
            self.failed = false;
            let span = ast[member].span;
            if let Some(kind) = self.handler(stream, event, body, span, Some(name.symbol)) {
                steps.push(AgentStep::Stmt(self.push_stmt(kind, span)));
            }
        }
        self.close_function(mark);
        self.hir.agents[id.index()].steps = steps;
        for &member in members {
            if let ast::StmtKind::Intent(intent) = ast[member].kind {
                self.failed = false;
                self.function_body(intent, Some(state));
            }
        }
    }

    /// The declared initial value of a field.
    fn initial_value(
        &mut self,
        binding: &ast::Binding,
        mutable: bool,
        state: StructId,
        index: u32,
        span: Span,
    ) -> ExprId {
        let place = Span::new(span.start, binding.name.span.end.max(span.start));
        if mutable && !self.rules.let_aggregates_are_mutable {
            self.check_mutable_alias(binding.value, place);
        }
        let ty = self.hir.types.struct_type(state).fields[index as usize].ty;
        match (binding.ty, binding.value) {
            (Some(_), Some(source)) => {
                let site = if mutable { Site::Var(place) } else { Site::Let(place) };
                self.expr_as(source, ty, site)
            }
            (Some(_), None) => self.empty_value(ty, span, 0),
            (None, Some(source)) => {
                let value = self.expr(source, None);
                let found = match self.ty(value) {
                    TypeId::NONE => TypeId::ANY,
                    found => found,
                };
                self.unify(ty, found);
                self.converted(value, ty)
            }
            (None, None) => {
                let diagnostic = self.neither_type_nor_value(binding, mutable, place);
                self.fail(diagnostic)
            }
        }
    }

    /// `A { field: value }`: an instance with these fields instead of their declared initial values.
    pub(super) fn agent_literal(
        &mut self,
        state: StructId,
        fields: &[ast::FieldInit],
        span: Span,
    ) -> ExprId {
        let ty = self.hir.types.intern(TypeKind::Struct(state));
        let mut given = Vec::new();
        for field in fields {
            let Some(&index) = self.fields.get(&(state, field.name.symbol)) else {
                let place = Span::new(span.start, field.name.span.end);
                let diagnostic = self.unknown_field(field.name.symbol, ty, state, place);
                self.report(diagnostic.with_secondary(field.name.span, "this field"));
                self.expr(field.value, None);
                continue;
            };
            let wanted = self.hir.types.struct_type(state).fields[index as usize].ty;
            given.push((index, self.expr_as(field.value, wanted, Site::Slot)));
        }
        self.push(ExprKind::Agent(self.agents[&state].id, given.into()), ty, span)
    }

    /// Reports an assignment to a field of an agent that its own code may not change, or that is not its own code.
    pub(super) fn check_agent_field(
        &mut self,
        state: StructId,
        index: u32,
        object: Option<ExprId>,
        bare: bool,
        span: Span,
    ) {
        let Some(facts) = self.agents.get(&state) else { return };
        let (declared, mutable) = facts.fields[index as usize];
        let receiver = self.contexts.iter().rev().find_map(|context| context.receiver);
        let own = object.is_none_or(|object| {
            matches!(self.hir[object].kind, ExprKind::Local(local)
                if receiver.is_some_and(|(receiver, _)| receiver == local))
        });
        let name = self.hir.types.struct_type(state).fields[index as usize].name;
        let (text, agent) =
            (self.name(name).to_owned(), self.name(self.hir.types.struct_type(state).name));
        if !own {
            let diagnostic = Diagnostic::new(
                Code::T024,
                span,
                format!("`{text}` can only be changed by the agent `{agent}` itself"),
            )
            .with_label("not from outside")
            .with_secondary(declared, "part of the agent's state")
            .with_help(format!("declare an intent in `{agent}` that sets it, and call that"));
            self.report(diagnostic);
            return;
        }
        let may = mutable
            || self.rules.lets_are_assignable
            || !bare && self.rules.let_aggregates_are_mutable;
        if !may {
            let what = if bare { "cannot be assigned again" } else { "cannot be changed" };
            let diagnostic = Diagnostic::new(Code::T024, span, format!("`{text}` {what}"))
                .with_label("immutable")
                .with_secondary(declared, "declared with `let`")
                .with_help(format!("declare it with `var {text} = …`"));
            self.report(diagnostic);
        }
    }

    /// The agent whose instances have this struct as their state.
    pub(super) fn agent_named(&self, name: Symbol) -> Option<StructId> {
        self.struct_named(name).filter(|state| self.agents.contains_key(state))
    }
}
