//! The verifier: whether a typed program keeps the promises that the lowering relies on.
//!
//! It stands at the checker's door out, in debug builds and tests. What it demands of each
//! expression is the type rule of its kind, without any conversion: those are expressions of their
//! own. A program that was rejected **must not** be given to it.

mod expression;
mod operator;
mod statement;

use crate::hir::{AgentStep, Body, ExprId, ExprKind, Hir, LocalId, StmtKind};
use crate::types::{StructId, TypeId, TypeKind};

/// Everything that is wrong with a typed program, or nothing.
pub fn verify(hir: &Hir) -> Result<(), String> {
    let mut verifier = Verifier { hir, problems: Vec::new() };
    for &statement in &hir.main {
        verifier.statement(statement, TypeId::UNIT);
    }
    for agent in &hir.agents {
        for &step in &agent.steps {
            match step {
                AgentStep::Field(index, value) => match verifier.field(agent.state, index) {
                    Some(field) => {
                        verifier.child(value, value, field, "a field of an agent", TypeId::UNIT)
                    }
                    None => verifier.problem(value, "a field that an agent does not have"),
                },
                AgentStep::Stmt(stmt) => verifier.statement(stmt, TypeId::UNIT),
            }
        }
    }
    for function in &hir.functions {
        match &function.body {
            Body::Block(statements) => {
                for &statement in statements {
                    verifier.statement(statement, function.result);
                }
            }
            Body::Expr(expr) => {
                verifier.expr(*expr, function.result);
                verifier.same(
                    *expr,
                    verifier.ty(*expr),
                    function.result,
                    "the result of a function",
                );
            }
            Body::Extern => {}
        }
    }
    if verifier.problems.is_empty() { Ok(()) } else { Err(verifier.problems.join("\n")) }
}

struct Verifier<'a> {
    hir: &'a Hir,
    problems: Vec<String>,
}

impl Verifier<'_> {
    fn ty(&self, expr: ExprId) -> TypeId {
        self.hir[expr].ty
    }

    fn kind(&self, ty: TypeId) -> &TypeKind {
        self.hir.types.kind(ty)
    }

    /// Whether inference has left something open in the type.
    fn is_open(&self, ty: TypeId) -> bool {
        self.hir.types.has_stand_in(ty) || matches!(self.kind(ty), TypeKind::Error | TypeKind::None)
    }

    fn problem(&mut self, at: ExprId, text: &str) {
        let expr = &self.hir[at];
        self.problems.push(format!(
            "{text} at {:?}: {:?} of type {:?}",
            expr.span,
            expr.kind,
            self.kind(expr.ty)
        ));
    }

    fn same(&mut self, at: ExprId, found: TypeId, wanted: TypeId, what: &str) {
        if found != wanted {
            let text =
                format!("{what}: found {:?}, wanted {:?}", self.kind(found), self.kind(wanted));
            self.problem(at, &text);
        }
    }

    fn child(&mut self, at: ExprId, child: ExprId, wanted: TypeId, what: &str, result: TypeId) {
        self.expr(child, result);
        let found = self.ty(child);
        self.same(at, found, wanted, what);
    }

    fn list_item(&self, ty: TypeId) -> Option<TypeId> {
        match self.kind(ty) {
            TypeKind::List(item) => Some(*item),
            _ => None,
        }
    }

    fn option_inner(&self, ty: TypeId) -> Option<TypeId> {
        match self.kind(ty) {
            TypeKind::Option(inner) => Some(*inner),
            _ => None,
        }
    }

    /// Whether `ty` is `inner?`, or what that is when `inner` holds `none` by itself.
    fn is_option_of(&self, ty: TypeId, inner: TypeId) -> bool {
        self.option_inner(ty) == Some(inner)
            || (ty == inner && matches!(self.kind(inner), TypeKind::Option(_) | TypeKind::Any))
    }

    fn field(&self, id: StructId, index: u32) -> Option<TypeId> {
        self.hir.types.struct_type(id).fields.get(index as usize).map(|field| field.ty)
    }

    fn struct_id(&self, ty: TypeId) -> Option<StructId> {
        match self.kind(ty) {
            TypeKind::Struct(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether `ty` is `declared` with the type parameters of a function replaced by `args`.
    /// Whether `ty` is `declared` with these type arguments; an error type among them stands for a type parameter of a
    /// function around, which stays what it is.
    fn is_instance(&self, ty: TypeId, declared: TypeId, args: &[TypeId]) -> bool {
        if !self.hir.types.has_param(declared) {
            return ty == declared;
        }
        match (self.kind(declared), self.kind(ty)) {
            (TypeKind::Param(_, index), _) => {
                args.get(*index as usize).is_none_or(|&arg| match arg {
                    TypeId::ERROR => ty == declared,
                    arg => arg == ty,
                })
            }
            (TypeKind::List(a), TypeKind::List(b)) => self.is_instance(*b, *a, args),
            (TypeKind::Option(a), TypeKind::Option(b)) => self.is_instance(*b, *a, args),
            (TypeKind::Option(a), _) => self.is_instance(ty, *a, args),
            (TypeKind::Map(a, b), TypeKind::Map(c, d)) => {
                self.is_instance(*c, *a, args) && self.is_instance(*d, *b, args)
            }
            (TypeKind::Fun(a, b), TypeKind::Fun(c, d)) => {
                a.len() == c.len()
                    && a.iter().zip(c).all(|(&a, &c)| self.is_instance(c, a, args))
                    && self.is_instance(*d, *b, args)
            }
            _ => false,
        }
    }

    /// The number of the first type parameter of the nested function that a variable names.
    fn first_type_param(&self, local: LocalId) -> usize {
        let function = self.hir.stmts.iter().find_map(|stmt| match stmt.kind {
            StmtKind::Let(named, value) if named == local => match self.hir[value].kind {
                ExprKind::Closure(function) => Some(function),
                _ => None,
            },
            _ => None,
        });
        function.map_or(0, |function| self.hir[function].first_type_param as usize)
    }

    fn instance(
        &mut self,
        at: ExprId,
        found: TypeId,
        declared: TypeId,
        args: &[TypeId],
        what: &str,
    ) {
        if !self.is_instance(found, declared, args) {
            self.same(at, found, declared, what);
        }
    }
}
