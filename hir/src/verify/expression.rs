//! The rules of expressions, patterns and queries.

use super::Verifier;
use crate::hir::{Clause, Expr, ExprId, ExprKind, Pattern};
use crate::types::{TypeId, TypeKind};

impl Verifier<'_> {
    pub(super) fn expr(&mut self, id: ExprId, result: TypeId) {
        // Chains that lean left are as long as the source.
        let mut spine = vec![id];
        while let Some(&last) = spine.last() {
            match self.hir[last].kind {
                ExprKind::Binary(_, left, _) | ExprKind::And(left, _) | ExprKind::Or(left, _) => {
                    spine.push(left)
                }
                ExprKind::Convert(_, inner) => spine.push(inner),
                _ => break,
            }
        }
        while let Some(id) = spine.pop() {
            self.node(id, result);
        }
    }

    fn node(&mut self, id: ExprId, result: TypeId) {
        let hir = self.hir;
        let Expr { kind, ty, .. } = &hir[id];
        let ty = *ty;
        if self.is_open(ty) {
            self.problem(id, "an unfinished type");
        }
        match kind {
            ExprKind::Int(_) => self.same(id, ty, TypeId::INT, "an int"),
            ExprKind::Float(_) => self.same(id, ty, TypeId::FLOAT, "a float"),
            ExprKind::Bool(_) => self.same(id, ty, TypeId::BOOL, "a bool"),
            ExprKind::Str(_) => self.same(id, ty, TypeId::STRING, "a string"),
            ExprKind::None => {
                if !matches!(self.kind(ty), TypeKind::Option(_) | TypeKind::Any) {
                    self.problem(id, "a none of no optional type");
                }
            }
            ExprKind::Unit => self.same(id, ty, TypeId::UNIT, "a unit"),
            ExprKind::Unsupported(_) | ExprKind::Unreachable => {}
            ExprKind::Local(local) => self.same(id, ty, hir[*local].ty, "a variable"),
            ExprKind::Function(function, args) => {
                if let TypeKind::Fun(params, found) = self.kind(ty).clone() {
                    let function = &hir[*function];
                    for (&param, &local) in params.iter().zip(&function.params) {
                        self.instance(
                            id,
                            param,
                            hir[local].ty,
                            args,
                            "a parameter of a function value",
                        );
                    }
                    self.instance(
                        id,
                        found,
                        function.result,
                        args,
                        "the result of a function value",
                    );
                } else {
                    self.problem(id, "a function of no function type");
                }
            }
            ExprKind::Closure(function) => {
                if let TypeKind::Fun(params, found) = self.kind(ty).clone() {
                    let function = &hir[*function];
                    for (&param, &local) in params.iter().zip(&function.params) {
                        self.same(id, param, hir[local].ty, "a parameter of a literal");
                    }
                    self.same(id, found, function.result, "the result of a literal");
                } else {
                    self.problem(id, "a literal of no function type");
                }
            }
            ExprKind::Call { function, type_args, args } => {
                let function = &hir[*function];
                if function.params.len() != args.len() {
                    self.problem(id, "a call with the wrong number of arguments");
                }
                for (&arg, &local) in args.iter().zip(&function.params) {
                    self.expr(arg, result);
                    self.instance(arg, self.ty(arg), hir[local].ty, type_args, "an argument");
                }
                self.instance(id, ty, function.result, type_args, "the result of a call");
            }
            ExprKind::CallValue { callee, args } => {
                self.expr(*callee, result);
                match self.kind(self.ty(*callee)).clone() {
                    TypeKind::Fun(params, found) => {
                        if params.len() != args.len() {
                            self.problem(
                                id,
                                "a call of a value with the wrong number of arguments",
                            );
                        }
                        for (&arg, &param) in args.iter().zip(&params) {
                            self.child(arg, arg, param, "an argument of a function value", result);
                        }
                        self.same(id, ty, found, "the result of a function value");
                    }
                    TypeKind::Any => {
                        for &arg in args {
                            self.child(arg, arg, TypeId::ANY, "an argument of an any", result);
                        }
                        self.same(id, ty, TypeId::ANY, "the result of an any");
                    }
                    _ => self.problem(id, "a call of no function"),
                }
            }
            ExprKind::CallNested { local, type_args, args } => {
                let TypeKind::Fun(params, found) = self.kind(hir[*local].ty).clone() else {
                    return self.problem(id, "a call of a variable that is no function");
                };
                if params.len() != args.len() {
                    self.problem(
                        id,
                        "a call of a nested function with the wrong number of arguments",
                    );
                }
                let first = self.first_type_param(*local);
                let mut all = vec![TypeId::ERROR; first];
                all.extend(type_args);
                for (&arg, &param) in args.iter().zip(&params) {
                    self.expr(arg, result);
                    self.instance(arg, self.ty(arg), param, &all, "an argument");
                }
                self.instance(id, ty, found, &all, "the result of a call");
            }
            ExprKind::CallBuiltin { args, .. } => {
                for &arg in args {
                    self.expr(arg, result);
                }
            }
            ExprKind::Partial { callee, args } => {
                self.expr(*callee, result);
                match (self.kind(self.ty(*callee)).clone(), self.kind(ty).clone()) {
                    (TypeKind::Fun(params, of_callee), TypeKind::Fun(rest, of_rest)) => {
                        for (&arg, &param) in args.iter().zip(&params) {
                            self.child(arg, arg, param, "an argument given early", result);
                        }
                        if params[args.len()..] != *rest {
                            self.problem(id, "a partial application with other parameters");
                        }
                        self.same(id, of_rest, of_callee, "the result of a partial application");
                    }
                    _ => self.problem(id, "a partial application of no function"),
                }
            }
            ExprKind::Neg(inner) => self.child(id, *inner, ty, "a negated value", result),
            ExprKind::Not(inner) => {
                self.child(id, *inner, TypeId::BOOL, "a negated condition", result);
                self.same(id, ty, TypeId::BOOL, "a negation");
            }
            ExprKind::Binary(op, left, right) => {
                self.expr(*right, result);
                self.binary(id, *op, *left, *right, ty);
            }
            ExprKind::And(left, right) | ExprKind::Or(left, right) => {
                self.same(id, self.ty(*left), TypeId::BOOL, "the left side of a logical operator");
                self.child(
                    id,
                    *right,
                    TypeId::BOOL,
                    "the right side of a logical operator",
                    result,
                );
            }
            ExprKind::Coalesce(left, right) => {
                self.expr(*left, result);
                self.child(id, *right, ty, "a default", result);
                let left = self.ty(*left);
                if left != ty && self.option_inner(left) != Some(ty) {
                    self.problem(id, "a default of another type than the value");
                }
            }
            ExprKind::If { cond, then, otherwise } => {
                self.child(id, *cond, TypeId::BOOL, "a condition", result);
                self.child(id, *then, ty, "a branch", result);
                self.child(id, *otherwise, ty, "the other branch", result);
            }
            ExprKind::Match { scrutinee, arms } => {
                self.expr(*scrutinee, result);
                let subject = self.ty(*scrutinee);
                for arm in arms {
                    self.pattern(id, &arm.pattern, subject, result);
                    self.child(id, arm.body, ty, "an arm", result);
                }
            }
            ExprKind::List(items) => match self.list_item(ty) {
                Some(item) => {
                    for &element in items {
                        self.child(element, element, item, "an item of a list", result);
                    }
                }
                None => self.problem(id, "a list of no list type"),
            },
            ExprKind::Map(entries) => match *self.kind(ty) {
                TypeKind::Map(key, value) => {
                    for &(entry_key, entry_value) in entries {
                        self.child(entry_key, entry_key, key, "a key of a map", result);
                        self.child(entry_value, entry_value, value, "a value of a map", result);
                    }
                }
                _ => self.problem(id, "a map of no map type"),
            },
            ExprKind::Struct(of, values) => {
                let declared = hir.types.struct_type(*of);
                let fits = match self.kind(ty) {
                    TypeKind::Struct(found) => found == of,
                    TypeKind::Union(union) => declared.variant_of == Some(*union),
                    _ => false,
                };
                if !fits || declared.fields.len() != values.len() {
                    self.problem(id, "a struct of another type");
                }
                for (field, &value) in declared.fields.iter().zip(values) {
                    self.child(value, value, field.ty, "a field of a literal", result);
                }
            }
            ExprKind::LogicQuery(query) => {
                for value in query.atom.values() {
                    self.child(value, value, TypeId::ANY, "a term of a question", result);
                }
                if !matches!(
                    self.list_item(ty).map(|row| self.kind(row)),
                    Some(TypeKind::Map(TypeId::STRING, TypeId::ANY))
                ) {
                    self.problem(id, "answers of another type");
                }
            }
            ExprKind::Agent(agent, given) => {
                let state = hir[*agent].state;
                if self.struct_id(ty) != Some(state) {
                    self.problem(id, "an agent of another type");
                }
                for &(index, value) in given {
                    match self.field(state, index) {
                        Some(field) => {
                            self.child(value, value, field, "a field of an agent", result)
                        }
                        None => self.problem(id, "a field that an agent does not have"),
                    }
                }
            }
            ExprKind::Field(base, index) => {
                self.expr(*base, result);
                match self.struct_id(self.ty(*base)).and_then(|of| self.field(of, *index)) {
                    Some(field) => self.same(id, ty, field, "a field"),
                    None => self.problem(id, "a field of no struct"),
                }
            }
            ExprKind::AnyField(base, _) => {
                self.child(id, *base, TypeId::ANY, "the object of a field", result);
                self.same(id, ty, TypeId::ANY, "a field of an any");
            }
            ExprKind::GroupKey(base) => {
                self.expr(*base, result);
                match *self.kind(self.ty(*base)) {
                    TypeKind::Group(key, _) => self.same(id, ty, key, "the key of a group"),
                    _ => self.problem(id, "the key of no group"),
                }
            }
            ExprKind::SafeField(base, index) => {
                self.expr(*base, result);
                let inner = self.option_inner(self.ty(*base));
                match inner
                    .and_then(|inner| self.struct_id(inner))
                    .and_then(|of| self.field(of, *index))
                {
                    Some(field) if self.is_option_of(ty, field) => {}
                    _ => self.problem(id, "a safe field of no optional struct"),
                }
            }
            ExprKind::Index(base, index) => {
                self.expr(*base, result);
                self.expr(*index, result);
                let (wanted_index, wanted) = match *self.kind(self.ty(*base)) {
                    TypeKind::List(item) => (TypeId::INT, item),
                    TypeKind::String => (TypeId::INT, TypeId::STRING),
                    TypeKind::Any => (TypeId::ANY, TypeId::ANY),
                    _ => return self.problem(id, "an index into what has no items"),
                };
                self.same(id, self.ty(*index), wanted_index, "an index");
                self.same(id, ty, wanted, "an indexed item");
            }
            ExprKind::MapGet(base, key) | ExprKind::MapIndex(base, key) => {
                self.expr(*base, result);
                self.expr(*key, result);
                let TypeKind::Map(wanted_key, value) = *self.kind(self.ty(*base)) else {
                    return self.problem(id, "a key of no map");
                };
                self.same(id, self.ty(*key), wanted_key, "a key");
                let fits = if matches!(kind, ExprKind::MapGet(..)) {
                    self.is_option_of(ty, value)
                } else {
                    ty == value
                };
                if !fits {
                    self.problem(id, "a value of a map of another type");
                }
            }
            ExprKind::SafeIndex(base, index) => {
                self.expr(*base, result);
                self.expr(*index, result);
                if self.ty(*base) == TypeId::ANY {
                    return self.same(id, self.ty(*index), TypeId::ANY, "an index of an any");
                }
                let inner = self.option_inner(self.ty(*base)).map(|inner| self.kind(inner).clone());
                let (wanted_index, item) = match inner {
                    Some(TypeKind::List(item)) => (TypeId::INT, item),
                    Some(TypeKind::Map(key, item)) => (key, item),
                    Some(TypeKind::String) => (TypeId::INT, TypeId::STRING),
                    _ => return self.problem(id, "a safe index into what has no items"),
                };
                self.same(id, self.ty(*index), wanted_index, "a safe index");
                if !self.is_option_of(ty, item) {
                    self.problem(id, "a safe index of another type");
                }
            }
            ExprKind::Slice { base, start, end, step } => {
                self.child(id, *base, ty, "a sliced value", result);
                for part in [start, end, step].into_iter().flatten() {
                    self.child(id, *part, TypeId::INT, "a bound of a slice", result);
                }
            }
            ExprKind::Convert(convert, inner) => self.convert(id, *convert, self.ty(*inner), ty),
            ExprKind::Query(query) => self.query(id, &hir[*query], ty, result),
            ExprKind::Load { options, .. } => {
                if self.list_item(ty).is_none() {
                    self.problem(id, "a load of no list type");
                }
                for &options in options.iter() {
                    self.child(id, options, TypeId::ANY, "the options of a load", result);
                }
            }
            ExprKind::Save { source, options, .. } => {
                self.child(id, *source, TypeId::ANY, "what is saved", result);
                for &options in options.iter() {
                    self.child(id, options, TypeId::ANY, "the options of a save", result);
                }
            }
            ExprKind::Block(statements, value) => {
                self.statements(statements, result);
                self.child(id, *value, ty, "the value of a block", result);
            }
        }
    }

    fn pattern(&mut self, at: ExprId, pattern: &Pattern, subject: TypeId, result: TypeId) {
        match pattern {
            Pattern::Wildcard => {}
            Pattern::Bind(local) => {
                let ty = self.hir[*local].ty;
                if !self.is_option_of(subject, ty) {
                    self.same(at, ty, subject, "a bound pattern");
                }
            }
            Pattern::Value(value) => {
                self.expr(*value, result);
                let found = self.ty(*value);
                if found != TypeId::ANY {
                    self.same(at, found, subject, "a literal pattern");
                }
            }
            Pattern::Struct(id, patterns) => {
                let inner = self.option_inner(subject).unwrap_or(subject);
                let fits = match self.kind(inner) {
                    TypeKind::Struct(found) => found == id,
                    TypeKind::Union(union) => {
                        self.hir.types.struct_type(*id).variant_of == Some(*union)
                    }
                    TypeKind::Any => true,
                    _ => false,
                };
                if !fits {
                    self.problem(at, "a variant pattern for another type");
                }
                let fields: Vec<_> =
                    self.hir.types.struct_type(*id).fields.iter().map(|field| field.ty).collect();
                for (pattern, field) in patterns.iter().zip(fields) {
                    self.pattern(at, pattern, field, result);
                }
            }
        }
    }

    fn query(&mut self, id: ExprId, query: &crate::hir::Query, ty: TypeId, result: TypeId) {
        for clause in &query.clauses {
            match clause {
                Clause::From { var, source } | Clause::Join { var, source, .. } => {
                    self.expr(*source, result);
                    match *self.kind(self.ty(*source)) {
                        TypeKind::List(item) | TypeKind::Group(_, item) => {
                            self.same(*source, self.hir[*var].ty, item, "the variable of a query");
                        }
                        _ => self.problem(*source, "a query over no list"),
                    }
                    if let Clause::Join { on, .. } = clause {
                        self.child(id, *on, TypeId::BOOL, "a join condition", result);
                    }
                }
                Clause::Where(condition) => {
                    self.child(id, *condition, TypeId::BOOL, "a where condition", result)
                }
                Clause::GroupBy { keys, having, .. } => {
                    for &key in keys {
                        self.expr(key, result);
                    }
                    if let Some(having) = having {
                        self.child(id, *having, TypeId::BOOL, "a having condition", result);
                    }
                }
                Clause::Sort(keys) => {
                    for key in keys {
                        self.expr(key.key, result);
                    }
                }
                Clause::Skip(count) | Clause::Take(count) => {
                    self.child(id, *count, TypeId::INT, "a number of rows", result);
                }
            }
        }
        self.expr(query.select, result);
        let selected = self.ty(query.select);
        if query.aggregate.is_none() {
            match self.list_item(ty) {
                Some(item) => self.same(id, selected, item, "a selected row"),
                None => self.problem(id, "a query of no list type"),
            }
        }
    }
}
