//! Expressions: the dispatch, names, conditional values. Chains that lean left (`a + b + …`,
//! `x.f()[i]…`) are walked by a loop, however long they are.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;

use super::builtin;
use super::coerce::Site;
use super::scope::{Binding, ScopeMark};
use super::{Checker, Shape};
use crate::hir::{Convert, ExprId, ExprKind};
use crate::types::{StructId, TypeId, TypeKind};

impl Checker<'_> {
    /// Checks an expression. `expected` is the type its place wants: literals and function literals
    /// take it up; whether the value fits is for the caller to say.
    pub(super) fn expr(&mut self, expr: ast::ExprId, expected: Option<TypeId>) -> ExprId {
        let ast = self.ast;
        let node = &ast[expr];
        match node.kind {
            ast::ExprKind::Error => {
                self.failed = true;
                self.error_expr(node.span)
            }
            ast::ExprKind::Int(value) => self.push(ExprKind::Int(value), TypeId::INT, node.span),
            ast::ExprKind::Float(value) => {
                self.push(ExprKind::Float(value), TypeId::FLOAT, node.span)
            }
            ast::ExprKind::Bool(value) => self.push(ExprKind::Bool(value), TypeId::BOOL, node.span),
            ast::ExprKind::Str(text) => self.push(ExprKind::Str(text), TypeId::STRING, node.span),
            ast::ExprKind::None => self.push(ExprKind::None, TypeId::NONE, node.span),
            ast::ExprKind::Ident(name) => self.ident(name, node.span),
            ast::ExprKind::Paren(inner) => self.expr(inner, expected),
            ast::ExprKind::Unary { op, operand } => self.unary(op, operand, node.span, expected),
            ast::ExprKind::Binary { .. }
            | ast::ExprKind::Call { .. }
            | ast::ExprKind::Index { .. }
            | ast::ExprKind::Slice { .. }
            | ast::ExprKind::Field { .. }
            | ast::ExprKind::SafeField { .. }
            | ast::ExprKind::SafeIndex { .. }
            | ast::ExprKind::Cast { .. } => self.spine(expr, expected),
            ast::ExprKind::List(items) => self.list_literal(&ast[items], node.span, expected),
            ast::ExprKind::Map(entries) => self.map_literal(&ast[entries], node.span, expected),
            ast::ExprKind::Struct { name, fields } => {
                self.struct_literal(name, &ast[fields], node.span)
            }
            ast::ExprKind::If { branches, otherwise } => {
                self.if_expr(&ast[branches], otherwise, node.span, expected)
            }
            ast::ExprKind::Match { subject, arms } => {
                self.match_expr(subject, &ast[arms], node.span, expected)
            }
            ast::ExprKind::Fun(id) => self.function_literal(id, expected),
            ast::ExprKind::Query(id) => self.query(id, expected),
            ast::ExprKind::LogicQuery(atom) => self.logic_query(atom, node.span),
            ast::ExprKind::Generate { target, fields } => {
                self.generate(target, &ast[fields], node.span)
            }
            ast::ExprKind::Fetch { url, options } => self.fetch(url, options, node.span, expected),
            ast::ExprKind::Load { path, ty, options } => self.load(path, ty, options, node.span),
            ast::ExprKind::Save { source, path, options } => {
                self.save(source, path, options, node.span)
            }
        }
    }

    /// An expression with a left operand: the operands are checked from the innermost outwards.
    fn spine(&mut self, expr: ast::ExprId, expected: Option<TypeId>) -> ExprId {
        let ast = self.ast;
        let first = self.spine_stack.len();
        let mut leaf = expr;
        loop {
            // What a call or a method call needs of its callee is more than a value.
            let next = match ast[leaf].kind {
                ast::ExprKind::Call { callee, .. } => match ast[callee].kind {
                    ast::ExprKind::Ident(_) => None,
                    ast::ExprKind::Field { object, .. } if !self.is_path(object) => {
                        self.spine_stack.push(leaf);
                        leaf = object;
                        continue;
                    }
                    ast::ExprKind::Field { .. } => None,
                    _ => Some(callee),
                },
                ast::ExprKind::Field { object, .. } if self.is_path(object) => None,
                _ => ast.left_operand(leaf),
            };
            let Some(next) = next else { break };
            self.spine_stack.push(leaf);
            leaf = next;
        }
        let mut value = match ast[leaf].kind {
            ast::ExprKind::Call { callee, args, .. } => self.call_by_name(leaf, callee, &ast[args]),
            ast::ExprKind::Field { .. } => self.path(leaf),
            _ => {
                let hint = match self.spine_stack.last() {
                    Some(&outer) => self.leaf_hint(outer, expected),
                    None => expected,
                };
                self.expr(leaf, hint)
            }
        };
        let mut logical: Option<(ast::BinaryOp, ScopeMark)> = None;
        while self.spine_stack.len() > first {
            let Some(outer) = self.spine_stack.pop() else { break };
            let span = ast[outer].span;
            let kind = ast[outer].kind;
            if let Some((op, mark)) = logical
                && !matches!(kind, ast::ExprKind::Binary { op: outer_op, .. } if outer_op == op)
            {
                self.close_scope(mark);
                logical = None;
            }
            value = match kind {
                ast::ExprKind::Binary {
                    op: op @ (ast::BinaryOp::And | ast::BinaryOp::Or),
                    left,
                    right,
                    op_span,
                } => {
                    let truth = op == ast::BinaryOp::And;
                    match logical {
                        None => {
                            logical = Some((op, self.open_scope()));
                            self.narrow_by(left, truth);
                        }
                        Some(_) => {
                            if let ast::ExprKind::Binary { right: previous, .. } = ast[left].kind {
                                self.narrow_by(previous, truth);
                            }
                        }
                    }
                    let right_value = self.expr(right, Some(TypeId::BOOL));
                    self.logical(op, value, right_value, span, op_span)
                }
                ast::ExprKind::Binary { op, left, right, op_span } => {
                    let hint = self.operand_hint(op, value);
                    let right_value = self.expr(right, hint);
                    self.binary(op, (left, value), (right, right_value), span, op_span)
                }
                ast::ExprKind::Call { callee, args, open } => match ast[callee].kind {
                    ast::ExprKind::Field { name, .. } => {
                        self.method_call(value, name, &ast[args], span, callee)
                    }
                    _ => self.call_value(value, &ast[args], span, open, None),
                },
                ast::ExprKind::Index { object, index, open } => {
                    self.index(value, object, index, span, open)
                }
                ast::ExprKind::Slice { object, start, end, step, open } => {
                    self.slice(value, object, [start, end, step], span, open)
                }
                ast::ExprKind::Field { name, .. } => self.field(value, name, span, None),
                ast::ExprKind::SafeField { name, question, .. } => {
                    self.safe_field(value, name, span, question)
                }
                ast::ExprKind::SafeIndex { index, question, .. } => {
                    self.safe_index(value, index, span, question)
                }
                ast::ExprKind::Cast { ty, keyword, .. } => self.cast(value, ty, span, keyword),
                _ => value,
            };
        }
        if let Some((_, mark)) = logical {
            self.close_scope(mark);
        }
        value
    }

    /// What the innermost operand of a chain may be asked to be.
    fn leaf_hint(&mut self, outer: ast::ExprId, expected: Option<TypeId>) -> Option<TypeId> {
        match self.ast[outer].kind {
            ast::ExprKind::Cast { ty, .. } => self.cast_hint(ty),
            ast::ExprKind::Binary { op: ast::BinaryOp::And | ast::BinaryOp::Or, .. } => {
                Some(TypeId::BOOL)
            }
            ast::ExprKind::Binary {
                op:
                    ast::BinaryOp::Add
                    | ast::BinaryOp::Union
                    | ast::BinaryOp::UnionAll
                    | ast::BinaryOp::Except
                    | ast::BinaryOp::Intersect
                    | ast::BinaryOp::Coalesce,
                ..
            } => expected.filter(|&ty| matches!(self.shape(ty), Shape::List(_) | Shape::Map(..))),
            _ => None,
        }
    }

    /// Whether the expression is a bare name or names with dots: `a.b.c`.
    fn is_path(&self, mut expr: ast::ExprId) -> bool {
        loop {
            match self.ast[expr].kind {
                ast::ExprKind::Ident(_) => return true,
                ast::ExprKind::Field { object, .. } => expr = object,
                _ => return false,
            }
        }
    }

    /// A name as a value.
    pub(super) fn ident(&mut self, name: Symbol, span: Span) -> ExprId {
        match self.lookup(name) {
            Binding::Local(local) => self.use_local(local, span),
            Binding::Function(function) => {
                let signature = self.signatures[function.index()].clone();
                let type_args = self.fresh_type_args(signature.type_params.len());
                let params: Vec<_> =
                    signature.params.iter().map(|&ty| self.substitute(ty, &type_args)).collect();
                let result = self.substitute(signature.result, &type_args);
                let ty = self.hir.types.function(&params, result);
                self.push(ExprKind::Function(function, type_args.into()), ty, span)
            }
            Binding::Builtin(builtin) => self.builtin_value(builtin, name, span),
            Binding::Variant(variant) => self.variant_value(variant, span),
            Binding::ReceiverField(index) => match self.receiver(span) {
                Some((receiver, owner)) => {
                    let ty = self.hir.types.struct_type(owner).fields[index as usize].ty;
                    self.push(ExprKind::Field(receiver, index), ty, span)
                }
                None => self.error_expr(span),
            },
            Binding::ReceiverMethod(function) => match self.receiver(span) {
                Some((receiver, _)) => self.bound_method(receiver, function, span),
                None => self.error_expr(span),
            },
            Binding::GroupKeyPart(local) => {
                let group = self.use_local(local, span);
                let key = match self.shape(self.ty(group)) {
                    Shape::Group(key, _) => key,
                    _ => TypeId::ERROR,
                };
                let key = self.push(ExprKind::GroupKey(group), key, span);
                self.field(key, ast::Name { symbol: name, span }, span, None)
            }
            Binding::Module(_) => {
                self.push(ExprKind::Unsupported("a module as a value"), TypeId::ANY, span)
            }
            Binding::External => self.external_value(name, span),
            Binding::Unknown if self.is_none_name(name) => {
                self.push(ExprKind::None, TypeId::NONE, span)
            }
            Binding::Unknown if self.rules.extra_names && self.name(name) == "__name__" => {
                let main = self.interner.intern("__main__");
                self.push(ExprKind::Str(main), TypeId::STRING, span)
            }
            Binding::Unknown => {
                let diagnostic = self.unknown_name(Code::T002, "variable", name, span);
                self.fail(diagnostic)
            }
        }
    }

    /// Whether an undeclared name stands for `none` in this edition.
    pub(super) fn is_none_name(&self, name: Symbol) -> bool {
        self.rules.extra_names
            && (name == known::NULL || name == known::NIL)
            && self.lookup(name) == Binding::Unknown
    }

    pub(super) fn unknown_name(
        &mut self,
        code: Code,
        what: &str,
        name: Symbol,
        span: Span,
    ) -> Diagnostic {
        let text = self.name(name).to_owned();
        let mut diagnostic = Diagnostic::new(code, span, format!("there is no {what} `{text}`"))
            .with_label("not declared");
        if code == Code::T003 && builtin::is_of_2025(&text) {
            diagnostic = diagnostic.with_help(format!(
                "edition 2025 has it built in (`--edition 2025`); here define `fun {text}(…) {{ … }}`"
            ));
        } else if let Some(similar) = self.similar_name(&text) {
            diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
        } else if self.type_names.contains_key(&name) {
            diagnostic = diagnostic
                .with_help(format!("`{text}` is a type; write `{text} {{ … }}` for a value of it"));
        } else if code == Code::T003 {
            diagnostic = diagnostic.with_help(format!("define it with `fun {text}(…) {{ … }}`"));
        } else {
            diagnostic = diagnostic.with_help(format!("declare it first with `let {text} = …`"));
        }
        diagnostic
    }

    /// A name in scope at a small edit distance of `text`.
    fn similar_name(&self, text: &str) -> Option<&str> {
        /// More names than this and looking through them for each mistake takes too long.
        const MOST: usize = 20_000;
        if text.len() < 3 || self.names.len() > MOST || self.diagnostics.len() > 100 {
            return None;
        }
        let mut best: Option<(usize, &str)> = None;
        for (index, binding) in self.names.iter().enumerate() {
            if *binding == Binding::Unknown {
                continue;
            }
            let candidate = self.interner.resolve(Symbol(index as u32));
            if candidate.len().abs_diff(text.len()) > 2 {
                continue;
            }
            let distance = edit_distance(text, candidate);
            let close_enough = distance <= if text.len() < 5 { 1 } else { 2 };
            if close_enough && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, candidate));
            }
        }
        best.map(|(_, name)| name)
    }

    /// The receiver of the method being checked, read here.
    pub(super) fn receiver(&mut self, span: Span) -> Option<(ExprId, StructId)> {
        let (local, owner) = self.contexts.iter().rev().find_map(|context| context.receiver)?;
        Some((self.use_local(local, span), owner))
    }

    /// A variant's name without arguments: its value if it has no fields, else its constructor.
    fn variant_value(&mut self, variant: StructId, span: Span) -> ExprId {
        let declared = self.hir.types.struct_type(variant);
        let Some(union) = declared.variant_of else { return self.error_expr(span) };
        let ty = self.hir.types.intern(TypeKind::Union(union));
        if self.hir.types.struct_type(variant).fields.is_empty() {
            return self.push(ExprKind::Struct(variant, Box::default()), ty, span);
        }
        self.constructor(variant, ty, span)
    }

    pub(super) fn fresh_type_args(&mut self, count: usize) -> Vec<TypeId> {
        (0..count).map(|_| self.fresh()).collect()
    }

    /// `ty` with the type parameters of its function replaced.
    pub(super) fn substitute(&mut self, ty: TypeId, args: &[TypeId]) -> TypeId {
        if args.is_empty() || !self.hir.types.has_param(ty) {
            return ty;
        }
        match self.hir.types.kind(ty).clone() {
            TypeKind::Param(_, index) => args.get(index as usize).copied().unwrap_or(ty),
            TypeKind::List(item) => {
                let item = self.substitute(item, args);
                self.hir.types.list(item)
            }
            TypeKind::Map(key, value) => {
                let (key, value) = (self.substitute(key, args), self.substitute(value, args));
                self.hir.types.map(key, value)
            }
            TypeKind::Option(inner) => {
                let inner = self.substitute(inner, args);
                self.hir.types.option(inner)
            }
            TypeKind::Fun(params, result) => {
                let params: Vec<_> =
                    params.iter().map(|&param| self.substitute(param, args)).collect();
                let result = self.substitute(result, args);
                self.hir.types.function(&params, result)
            }
            _ => ty,
        }
    }

    /// `if a then b else c` as a value.
    fn if_expr(
        &mut self,
        branches: &[ast::ExprBranch],
        otherwise: Option<ast::ExprId>,
        span: Span,
        expected: Option<TypeId>,
    ) -> ExprId {
        let outer = self.open_scope();
        let mut values = Vec::new();
        for branch in branches {
            let condition = self.condition(branch.condition, Code::T040, "the condition");
            let mark = self.open_scope();
            self.narrow_by(branch.condition, true);
            let value = self.expr(branch.value, expected);
            self.close_scope(mark);
            self.narrow_by(branch.condition, false);
            values.push((condition, value));
        }
        let last = match otherwise {
            Some(otherwise) => self.expr(otherwise, expected),
            None => self.push(ExprKind::None, TypeId::NONE, span),
        };
        self.close_scope(outer);

        let alternatives: Vec<_> = values.iter().map(|&(_, value)| value).chain([last]).collect();
        if let Some(index) = self.misfit(&alternatives, expected) {
            let source = branches.get(index).map(|branch| branch.value).or(otherwise);
            let place = source.map_or(span, |source| self.ast[source].span);
            let wanted = expected.unwrap_or(TypeId::ERROR);
            let found = self.ty(alternatives[index]);
            let diagnostic = self.mismatch(place, wanted, found);
            return self.fail(diagnostic);
        }
        let ty = self.common_type(&alternatives, expected).unwrap_or(TypeId::ANY);
        let mut otherwise = self.converted(last, ty);
        for (cond, then) in values.into_iter().rev() {
            let then = self.converted(then, ty);
            let place = self.hir[cond].span.to(self.hir[then].span);
            otherwise = self.push(ExprKind::If { cond, then, otherwise }, ty, place);
        }
        otherwise
    }

    /// The type that all alternatives can have: one that keeps what they are, or else the one their
    /// place wants. `Err` names the first alternative that goes with none.
    pub(super) fn common_type(
        &mut self,
        alternatives: &[ExprId],
        expected: Option<TypeId>,
    ) -> Result<TypeId, usize> {
        let mut joined = Ok(TypeId::NONE);
        for (index, &alternative) in alternatives.iter().enumerate() {
            let found = self.ty(alternative);
            let Ok(so_far) = joined else { break };
            joined = if index == 0 { Ok(found) } else { self.join(so_far, found).ok_or(index) };
        }
        match (joined, expected) {
            (Ok(ty), None) if ty == TypeId::NONE => Ok(TypeId::ANY),
            (Ok(ty), Some(expected)) if ty == TypeId::NONE => Ok(self.hir.types.option(expected)),
            (Err(index), Some(expected)) if self.shape(expected) != Shape::Var => {
                let fits = alternatives.iter().all(|&alternative| {
                    let found = self.ty(alternative);
                    self.convertible(found, expected, Site::Slot)
                });
                if fits { Ok(expected) } else { Err(index) }
            }
            (joined, _) => joined,
        }
    }

    /// The first alternative that is not what the place wants, in the editions that insist.
    pub(super) fn misfit(
        &mut self,
        alternatives: &[ExprId],
        expected: Option<TypeId>,
    ) -> Option<usize> {
        let expected =
            expected.filter(|&ty| !self.rules.mixed_arms && self.shape(ty) != Shape::Var)?;
        (0..alternatives.len()).find(|&index| {
            let found = self.ty(alternatives[index]);
            !self.convertible(found, expected, Site::Slot)
        })
    }

    /// A value that is known to be convertible.
    pub(super) fn converted(&mut self, value: ExprId, ty: TypeId) -> ExprId {
        self.convert(value, ty, Site::Slot).unwrap_or(value)
    }

    /// `value` where the checker knows its concrete type better than `any`.
    pub(super) fn unwrapped(&mut self, value: ExprId) -> ExprId {
        match self.shape(self.ty(value)) {
            Shape::Option(inner) if self.rules.options_unwrap => {
                self.convert_expr(Convert::Unwrap, value, inner)
            }
            _ => value,
        }
    }
}

/// Damerau's distance without transpositions over more than two letters, on bytes.
fn edit_distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=other.len()).collect();
    for (row, &a) in one.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &b) in other.iter().enumerate() {
            let mut least = (previous[column] + usize::from(a != b))
                .min(previous[column + 1] + 1)
                .min(current[column] + 1);
            if row > 0 && column > 0 && a == other[column - 1] && one[row - 1] == b {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[other.len()]
}
