//! Queries, clause by clause in the order in which they apply.

use mochi_base::{Code, Diagnostic, Span};
use mochi_syntax::ast;

use super::scope::Binding;
use super::{Checker, Shape};
use crate::hir::{Builtin, Clause, ExprId, ExprKind, JoinKind, LocalId, Query, QueryId, SortKey};
use crate::types::{Field, TypeId, TypeKind};

impl Checker<'_> {
    pub(super) fn query(&mut self, id: ast::QueryId, expected: Option<TypeId>) -> ExprId {
        let ast = self.ast;
        let query = &ast[id];
        let mark = self.open_scope();
        let mut clauses = Vec::new();
        // The variables of the sources so far, in order: name and the local it is now.
        let mut variables: Vec<(ast::Name, LocalId)> = Vec::new();
        for (index, source) in ast[query.sources].iter().enumerate() {
            self.query_source(index, source, query.span, &mut variables, &mut clauses);
        }
        if let Some(filter) = query.filter {
            let value = self.predicate(filter, Code::T033, "the `where` condition", "where");
            clauses.push(Clause::Where(value));
        }
        // Rows are counted before groups are made, as far as names are concerned.
        let skip = query.skip.map(|skip| self.row_count(skip, "skip"));
        let take = query.take.map(|take| self.row_count(take, "take"));
        if let Some(group) = query.group {
            self.group_clause(&group, &variables, &mut clauses);
        }
        if let Some(sort) = query.sort {
            let keys = self.sort_keys(sort);
            clauses.push(Clause::Sort(keys));
        }
        clauses.extend(skip.map(Clause::Skip));
        clauses.extend(take.map(Clause::Take));

        let aggregate =
            if query.group.is_none() { self.aggregate_of_rows(query.select) } else { None };
        let (select, ty, aggregate) = match aggregate {
            Some((builtin, argument)) => self.aggregate_select(builtin, argument, query.select),
            None => {
                let item = expected.and_then(|ty| match self.shape(ty) {
                    Shape::List(item) => Some(item),
                    _ => None,
                });
                let select = self.expr(query.select, item);
                let select = if self.ty(select) == TypeId::NONE {
                    self.converted(select, TypeId::ANY)
                } else {
                    select
                };
                let select = match item {
                    // A row that fits what is wanted becomes it here, where it is made.
                    Some(item) if self.shape(item) != Shape::Var => {
                        self.convert(select, item, super::coerce::Site::Slot).unwrap_or(select)
                    }
                    _ => select,
                };
                (select, self.ty(select), None)
            }
        };
        if query.distinct && !self.is_hashable(ty, 0) {
            let text = self.show(ty);
            let diagnostic = Diagnostic::new(
                Code::T057,
                ast[query.select].span,
                format!("`select distinct` cannot compare values of type `{text}`"),
            )
            .with_label(format!("this is `{text}`"))
            .with_help("functions have no equality: select what they compute");
            self.report(diagnostic);
        }
        self.close_scope(mark);
        let result = if aggregate.is_some() { ty } else { self.hir.types.list(ty) };
        let id = QueryId(self.hir.queries.len() as u32);
        self.hir.queries.push(Query {
            clauses,
            select,
            distinct: query.distinct,
            aggregate,
            span: query.span,
        });
        self.push(ExprKind::Query(id), result, query.span)
    }

    fn query_source(
        &mut self,
        index: usize,
        source: &ast::QuerySource,
        span: Span,
        variables: &mut Vec<(ast::Name, LocalId)>,
        clauses: &mut Vec<Clause>,
    ) {
        let value = self.expr(source.source, None);
        let value = self.unwrapped(value);
        let (value, item) = match self.query_items(value) {
            Some(found) => found,
            None => {
                let found = self.ty(value);
                let text = self.show(found);
                let (code, place, what) = if index == 0 {
                    (Code::T032, span.start, "the source of a query")
                } else {
                    (Code::T034, source.span.start, "the source of a join")
                };
                let inner = self.ast[source.source].span;
                let diagnostic = Diagnostic::new(
                    code,
                    Span::new(place, inner.end.max(place)),
                    format!("{what} must be a list, found `{text}`"),
                )
                .with_secondary(inner, format!("this is `{text}`"))
                .with_help(
                    "queries go through lists and groups; for a map, use `keys(m)` or `values(m)`",
                );
                self.report(diagnostic);
                (value, TypeId::ERROR)
            }
        };
        let var = self.declare_local(source.name, item, true);
        let kind = match source.kind {
            ast::SourceKind::From => {
                variables.push((source.name, var));
                clauses.push(Clause::From { var, source: value });
                return;
            }
            ast::SourceKind::Inner => JoinKind::Inner,
            ast::SourceKind::Left => JoinKind::Left,
            ast::SourceKind::Right => JoinKind::Right,
            ast::SourceKind::Outer => JoinKind::Outer,
        };
        let on = match source.on {
            Some(on) => self.condition(on, Code::T035, "the `on` condition"),
            None => self.push(ExprKind::Bool(true), TypeId::BOOL, source.span),
        };
        // Rows without a partner: behind the join their variables are optional.
        let mut optional = Vec::new();
        if matches!(kind, JoinKind::Right | JoinKind::Outer) {
            for (name, local) in variables.iter_mut() {
                let before = *local;
                *local = self.optional_variable(*name, before);
                optional.push((before, *local));
            }
        }
        let mut joined = var;
        if matches!(kind, JoinKind::Left | JoinKind::Outer) {
            joined = self.optional_variable(source.name, var);
            optional.push((var, joined));
        }
        variables.push((source.name, joined));
        clauses.push(Clause::Join { kind, var, source: value, on, optional });
    }

    fn optional_variable(&mut self, name: ast::Name, local: LocalId) -> LocalId {
        let ty = self.hir[local].ty;
        let ty = self.hir.types.option(ty);
        self.declare_local(name, ty, true)
    }

    /// What a query can go through, as a list or group, and the type of its items.
    fn query_items(&mut self, value: ExprId) -> Option<(ExprId, TypeId)> {
        let found = self.ty(value);
        match self.shape(found) {
            Shape::List(item) | Shape::Group(_, item) => Some((value, item)),
            Shape::Error => Some((value, TypeId::ERROR)),
            Shape::Any if self.rules.iterate_any => {
                let list = self.hir.types.list(TypeId::ANY);
                Some((self.converted(value, list), TypeId::ANY))
            }
            Shape::Var => {
                let item = self.fresh();
                let list = self.hir.types.list(item);
                self.unify(found, list);
                Some((value, item))
            }
            _ => None,
        }
    }

    fn predicate(&mut self, expr: ast::ExprId, code: Code, what: &str, clause: &str) -> ExprId {
        let value = self.condition(expr, code, what);
        if !self.rules.impure_predicates
            && let Some((name, span, effects)) = self.first_effect(expr)
        {
            let name = self.name(name).to_owned();
            let diagnostic = Diagnostic::new(
                Code::T044,
                span,
                format!(
                    "`{name}` has the effect {effects}, which a `{clause}` condition must not have"
                ),
            )
            .with_label(format!("has the effect {effects}"))
            .with_help(
                "nobody knows how often a condition is tested: compute the value before the query",
            );
            self.report(diagnostic);
        }
        value
    }

    fn row_count(&mut self, expr: ast::ExprId, clause: &str) -> ExprId {
        let value = self.expr(expr, Some(TypeId::INT));
        let value = self.unwrapped(value);
        let found = self.ty(value);
        match self.shape(found) {
            Shape::Int | Shape::Error => value,
            Shape::Any | Shape::BigInt | Shape::Var => self.converted(value, TypeId::INT),
            _ => {
                let text = self.show(found);
                let diagnostic = Diagnostic::new(
                    Code::T055,
                    self.ast[expr].span,
                    format!("`{clause}` takes an `int`, found `{text}`"),
                )
                .with_label(format!("this is `{text}`"))
                .with_help(format!("`{clause}` counts rows"));
                self.fail(diagnostic)
            }
        }
    }

    fn group_clause(
        &mut self,
        group: &ast::QueryGroup,
        variables: &[(ast::Name, LocalId)],
        clauses: &mut Vec<Clause>,
    ) {
        let ast = self.ast;
        let keys: Vec<_> = ast[group.keys].iter().map(|&key| self.expr(key, None)).collect();
        let key = match keys.as_slice() {
            [key] => self.ty(*key),
            _ => self.hir.types.map(TypeId::STRING, TypeId::ANY),
        };
        let key = if key == TypeId::NONE { TypeId::ANY } else { key };
        // An item of a group is a row: the source's own item, or all variables of the sources.
        let item = match variables {
            [(_, only)] => self.hir[*only].ty,
            _ => {
                let fields = variables
                    .iter()
                    .map(|&(name, local)| Field { name: name.symbol, ty: self.hir[local].ty })
                    .collect();
                self.inline_struct(fields, group.name.span)
            }
        };
        for (name, _) in variables {
            // The rows' own variables end here.
            self.bind(name.symbol, Binding::Unknown);
        }
        let ty = self.hir.types.intern(TypeKind::Group(key, item));
        let into = self.declare_local(group.name, ty, true);
        // The parts of a key that is written as a map go by their own names too.
        if let [key] = &ast[group.keys]
            && let ast::ExprKind::Map(parts) = ast[ast.without_parens(*key)].kind
        {
            for part in &ast[parts] {
                if let ast::ExprKind::Ident(name) = ast[part.key].kind
                    && self.lookup(name) == Binding::Unknown
                {
                    self.bind(name, Binding::GroupKeyPart(into));
                }
            }
        }
        let having = group
            .having
            .map(|having| self.predicate(having, Code::T042, "the `having` condition", "having"));
        clauses.push(Clause::GroupBy { keys, into, having });
    }

    /// The keys of `sort by`: several in a list; `-e` sorts downwards.
    fn sort_keys(&mut self, sort: ast::ExprId) -> Vec<SortKey> {
        let ast = self.ast;
        match ast[ast.without_parens(sort)].kind {
            ast::ExprKind::List(items) => {
                ast[items].iter().map(|&item| self.sort_key(item)).collect()
            }
            _ => vec![self.sort_key(sort)],
        }
    }

    fn sort_key(&mut self, expr: ast::ExprId) -> SortKey {
        let inner = self.ast.without_parens(expr);
        let (source, descending) = match self.ast[inner].kind {
            ast::ExprKind::Unary { op: ast::UnaryOp::Neg, operand } => (operand, true),
            _ => (inner, false),
        };
        let key = self.expr(source, None);
        let found = self.ty(key);
        if !self.is_ordered(found) {
            let text = self.show(found);
            let diagnostic = Diagnostic::new(
                Code::T056,
                self.ast[expr].span,
                format!("values of type `{text}` have no order to sort by"),
            )
            .with_label(format!("this is `{text}`"))
            .with_help("sort by numbers, strings, booleans or lists of them");
            self.report(diagnostic);
        }
        SortKey { key, descending }
    }

    fn is_ordered(&self, ty: TypeId) -> bool {
        match self.shape(ty) {
            Shape::Int
            | Shape::Float
            | Shape::BigInt
            | Shape::BigRat
            | Shape::String
            | Shape::Bool
            | Shape::Any
            | Shape::Var
            | Shape::Error => true,
            Shape::List(item) => self.is_ordered(item),
            Shape::Option(inner) => self.rules.options_unwrap && self.is_ordered(inner),
            Shape::Map(..) => self.rules.mixed_comparison,
            _ => false,
        }
    }

    fn is_hashable(&self, ty: TypeId, depth: u32) -> bool {
        /// A type that contains itself has been looked through by then.
        const DEEPEST: u32 = 8;
        if depth > DEEPEST {
            return true;
        }
        match self.shape(ty) {
            Shape::Fun | Shape::Group(..) => false,
            Shape::List(item) | Shape::Option(item) => self.is_hashable(item, depth + 1),
            Shape::Map(key, value) => {
                self.is_hashable(key, depth + 1) && self.is_hashable(value, depth + 1)
            }
            Shape::Struct(id) => self
                .hir
                .types
                .struct_type(id)
                .fields
                .iter()
                .all(|field| self.is_hashable(field.ty, depth + 1)),
            Shape::Union(union) => {
                self.hir.types.union_type(union).variants.iter().all(|&variant| {
                    self.hir
                        .types
                        .struct_type(variant)
                        .fields
                        .iter()
                        .all(|field| self.is_hashable(field.ty, depth + 1))
                })
            }
            _ => true,
        }
    }

    /// `sum(e)` and its like as what is selected: one value for all rows instead of one for each.
    fn aggregate_of_rows(&self, select: ast::ExprId) -> Option<(Builtin, ast::ExprId)> {
        let ast::ExprKind::Call { callee, args, .. } = self.ast[select].kind else { return None };
        let ast::ExprKind::Ident(name) = self.ast[callee].kind else { return None };
        let &[argument] = &self.ast[args] else { return None };
        if matches!(
            self.ast[self.ast.without_parens(argument)].kind,
            ast::ExprKind::Query(_) | ast::ExprKind::LogicQuery(_)
        ) {
            return None;
        }
        match self.lookup(name) {
            Binding::Builtin(
                builtin @ (Builtin::Sum
                | Builtin::Avg
                | Builtin::Min
                | Builtin::Max
                | Builtin::Count),
            ) => Some((builtin, argument)),
            _ => None,
        }
    }

    fn aggregate_select(
        &mut self,
        builtin: Builtin,
        argument: ast::ExprId,
        select: ast::ExprId,
    ) -> (ExprId, TypeId, Option<Builtin>) {
        let ast = self.ast;
        let (failed, count) = (self.failed, self.diagnostics.len());
        let value = self.expr(argument, None);
        let value = self.unwrapped(value);
        let found = self.ty(value);
        // Of a list in each row there is an aggregate for each row.
        if matches!(self.shape(found), Shape::List(_) | Shape::Group(..)) {
            self.failed = failed;
            self.diagnostics.truncate(count);
            let value = self.expr(select, None);
            return (value, self.ty(value), None);
        }
        let numeric = self.shape(found).is_numeric()
            || matches!(self.shape(found), Shape::Any | Shape::Error | Shape::Var);
        let fits = numeric
            || builtin == Builtin::Count
            || (matches!(builtin, Builtin::Min | Builtin::Max) && self.is_ordered(found));
        if !fits {
            let (code, name) = match builtin {
                Builtin::Avg => (Code::T038, "avg"),
                Builtin::Min => (Code::T007, "min"),
                Builtin::Max => (Code::T007, "max"),
                _ => (Code::T041, "sum"),
            };
            let text = self.show(found);
            let diagnostic = Diagnostic::new(
                code,
                ast[select].span,
                format!("`{name}` takes numbers, found `{text}`"),
            )
            .with_secondary(ast[argument].span, format!("this is `{text}`"))
            .with_help(format!("give `{name}` the numbers of the rows"));
            return (self.fail(diagnostic), TypeId::ERROR, Some(builtin));
        }
        let ty = match builtin {
            Builtin::Count => TypeId::INT,
            Builtin::Avg => TypeId::FLOAT,
            _ => found,
        };
        (value, ty, Some(builtin))
    }
}
