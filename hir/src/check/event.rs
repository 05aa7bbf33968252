//! Events and updates of lists: statements that say what shall happen to many values.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;

use super::coerce::Site;
use super::scope::Binding;
use super::{Checker, Shape};
use crate::hir::{Body, ExprKind, Function, Place, StmtKind};
use crate::types::{StructId, TypeId, TypeKind};

impl Checker<'_> {
    fn unknown_stream(&mut self, stream: ast::Name, span: Span) {
        let text = self.name(stream.symbol).to_owned();
        let place = Span::new(span.start, stream.span.end.max(span.start));
        let diagnostic = Diagnostic::new(Code::T031, place, format!("there is no stream `{text}`"))
            .with_label("not declared")
            .with_help(format!("declare it with `stream {text} {{ … }}`"));
        self.report(diagnostic);
    }

    /// The stream of this name; without one, which is reported, `None`.
    fn stream(&mut self, stream: ast::Name, span: Span) -> Option<StructId> {
        let found = self.streams.get(&stream.symbol).copied();
        if found.is_none() {
            self.unknown_stream(stream, span);
        }
        found
    }

    pub(super) fn emit(
        &mut self,
        stream: ast::Name,
        fields: &[ast::FieldInit],
        span: Span,
    ) -> Option<StmtKind> {
        let Some(id) = self.stream(stream, span) else {
            for field in fields {
                self.expr(field.value, None);
            }
            return None;
        };
        let values = self.field_values(id, fields, span, true);
        let ty = self.hir.types.intern(TypeKind::Struct(id));
        let event = self.push(ExprKind::Struct(id, values.into()), ty, span);
        Some(StmtKind::Emit { stream: id, event })
    }

    /// A handler: a function literal of the event, which is called `on S` or, in an agent, `A.on S`.
    pub(super) fn handler(
        &mut self,
        stream: ast::Name,
        event: ast::Name,
        body: ast::BlockId,
        span: Span,
        agent: Option<Symbol>,
    ) -> Option<StmtKind> {
        let id = self.stream(stream, span);
        let ty = match id {
            Some(id) => self.hir.types.intern(TypeKind::Struct(id)),
            None => TypeId::ERROR,
        };
        let mark = self.open_function(false, TypeId::UNIT);
        let param = self.declare_local(event, ty, true);
        let body = Body::Block(self.block(body));
        let captures = self.close_function(mark);
        let text = match agent {
            Some(agent) => format!("{}.on {}", self.name(agent), self.name(stream.symbol)),
            None => format!("on {}", self.name(stream.symbol)),
        };
        let function = Function {
            name: self.interner.intern(&text),
            params: vec![param],
            type_params: 0,
            first_type_param: 0,
            result: TypeId::UNIT,
            body,
            captures,
            span,
        };
        let function = self.add_function(function, [ty].into());
        let literal = self.hir.types.function(&[ty], TypeId::UNIT);
        let handler = self.push(ExprKind::Closure(function), literal, span);
        Some(StmtKind::On { stream: id?, handler })
    }

    /// `update list set {…} where c`: a loop over the list's structs.
    pub(super) fn update(
        &mut self,
        target: ast::Name,
        set: &[ast::MapEntry],
        condition: Option<ast::ExprId>,
        span: Span,
    ) -> Option<StmtKind> {
        let start = Span::new(span.start, target.span.end.max(span.start));
        if self.lookup(target.symbol) == Binding::Unknown {
            let text = self.name(target.symbol).to_owned();
            let diagnostic =
                Diagnostic::new(Code::T001, start, format!("there is no list `{text}` to update"))
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
            let diagnostic = Diagnostic::new(
                Code::T032,
                start,
                format!("`update` takes a list of structs, found `{text}`"),
            )
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
        let cond = condition
            .map(|condition| self.condition(condition, Code::T033, "the `where` condition"));
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
            body = vec![
                self.push_stmt(StmtKind::If { cond, then: body, otherwise: Vec::new() }, span),
            ];
        }
        Some(StmtKind::ForIn { var, source, body })
    }
}
