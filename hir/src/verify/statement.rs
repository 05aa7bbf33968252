//! The rules of statements and of what is assigned to.

use super::Verifier;
use crate::hir::{ExprId, Place, StmtId, StmtKind};
use crate::types::{TypeId, TypeKind};

impl Verifier<'_> {
    pub(super) fn statements(&mut self, statements: &[StmtId], result: TypeId) {
        for &statement in statements {
            self.statement(statement, result);
        }
    }

    pub(super) fn statement(&mut self, id: StmtId, result: TypeId) {
        let hir = self.hir;
        match &hir[id].kind {
            StmtKind::Let(local, value) => {
                self.child(*value, *value, hir[*local].ty, "a declared variable", result)
            }
            StmtKind::Assign(place, value) => {
                self.expr(*value, result);
                self.place(place, *value, result);
            }
            StmtKind::Expr(expr) => self.expr(*expr, result),
            StmtKind::If { cond, then, otherwise } => {
                // A chain of `else if` is as long as the source.
                let (mut cond, mut then, mut otherwise) = (*cond, then, otherwise);
                loop {
                    self.child(cond, cond, TypeId::BOOL, "a condition", result);
                    self.statements(then, result);
                    let &[next] = otherwise.as_slice() else { break };
                    let StmtKind::If {
                        cond: next_cond,
                        then: next_then,
                        otherwise: next_otherwise,
                    } = &hir[next].kind
                    else {
                        break;
                    };
                    (cond, then, otherwise) = (*next_cond, next_then, next_otherwise);
                }
                self.statements(otherwise, result);
            }
            StmtKind::While { cond, body } => {
                self.child(*cond, *cond, TypeId::BOOL, "a condition", result);
                self.statements(body, result);
            }
            StmtKind::ForRange { var, start, end, body } => {
                self.child(*start, *start, hir[*var].ty, "the start of a range", result);
                self.child(*end, *end, TypeId::INT, "the end of a range", result);
                self.statements(body, result);
            }
            StmtKind::ForIn { var, source, body } => {
                self.expr(*source, result);
                let item = match self.kind(self.ty(*source)) {
                    TypeKind::List(item) | TypeKind::Group(_, item) | TypeKind::Map(item, _) => {
                        Some(*item)
                    }
                    TypeKind::String => Some(TypeId::STRING),
                    TypeKind::Any => Some(TypeId::ANY),
                    _ => None,
                };
                match item {
                    Some(item) => self.same(*source, hir[*var].ty, item, "the variable of a loop"),
                    None => self.problem(*source, "a loop over what cannot be iterated"),
                }
                self.statements(body, result);
            }
            StmtKind::Return(Some(value)) => {
                self.child(*value, *value, result, "a returned value", result)
            }
            StmtKind::Return(None) => {
                if result != TypeId::UNIT {
                    self.problems.push(format!("a return without a value at {:?}", hir[id].span));
                }
            }
            StmtKind::Test { body, .. } | StmtKind::Bench { body, .. } | StmtKind::Block(body) => {
                self.statements(body, result);
            }
            StmtKind::Expect(value) => {
                self.child(*value, *value, TypeId::BOOL, "an expectation", result)
            }
            StmtKind::Emit { stream, event } => {
                self.expr(*event, result);
                if self.struct_id(self.ty(*event)) != Some(*stream) {
                    self.problem(*event, "an event of another stream");
                }
            }
            StmtKind::On { stream, handler } => {
                self.expr(*handler, result);
                let hears = match self.kind(self.ty(*handler)) {
                    TypeKind::Fun(params, TypeId::UNIT) => {
                        matches!(params[..], [event] if self.struct_id(event) == Some(*stream))
                    }
                    _ => false,
                };
                if !hears {
                    self.problem(*handler, "a handler of another stream's events");
                }
            }
            StmtKind::Fact(predicate, terms) => {
                for &term in terms {
                    self.child(term, term, TypeId::ANY, "a term of a fact", result);
                }
                if hir[*predicate].arity as usize != terms.len() {
                    self.problems.push(format!("a fact of another size at {:?}", hir[id].span));
                }
            }
            StmtKind::Rule(rule) => {
                for value in hir[*rule].values() {
                    self.child(value, value, TypeId::ANY, "a term of a rule", result);
                }
            }
            StmtKind::Break | StmtKind::Continue | StmtKind::Unsupported(_) => {}
        }
    }

    pub(super) fn place(&mut self, place: &Place, value: ExprId, result: TypeId) {
        let stored = self.ty(value);
        match place {
            Place::Local(local) => {
                self.same(value, stored, self.hir[*local].ty, "an assigned variable")
            }
            Place::Field(base, index) => {
                self.expr(*base, result);
                match self.struct_id(self.ty(*base)).and_then(|id| self.field(id, *index)) {
                    Some(field) => self.same(value, stored, field, "an assigned field"),
                    None => self.problem(*base, "assignment to a field of no struct"),
                }
            }
            Place::AnyField(base, _) => {
                self.child(value, *base, TypeId::ANY, "the object of an assigned field", result);
                self.same(value, stored, TypeId::ANY, "an assigned field of an any");
            }
            Place::Index(base, index) => {
                self.expr(*base, result);
                self.expr(*index, result);
                let (index_type, item) = match *self.kind(self.ty(*base)) {
                    TypeKind::List(item) => (TypeId::INT, item),
                    TypeKind::Map(key, item) => (key, item),
                    TypeKind::Any => (TypeId::ANY, TypeId::ANY),
                    _ => return self.problem(*base, "assignment to an item of what has none"),
                };
                self.same(*index, self.ty(*index), index_type, "the index of an assigned item");
                self.same(value, stored, item, "an assigned item");
            }
        }
    }
}
