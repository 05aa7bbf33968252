//! The declaration pass: types, functions and streams of the top level are known before any
//! statement is checked, so that they may be used before they stand.

use mochi_base::{Code, Diagnostic, Span, Symbol};
use mochi_syntax::ast;

use super::scope::Binding;
use super::{Checker, Signature};
use crate::hir::{Body, Function, FunctionId};
use crate::types::{StructId, TypeId, TypeKind, UnionId, UnionType};

impl Checker<'_> {
    pub(super) fn declare_package(&mut self) {
        let ast = self.ast;
        let declare: [fn(&mut Self, ast::StmtId); 4] = [
            Self::declare_type_name,
            Self::declare_type_body,
            |checker, statement| {
                if let ast::StmtKind::Fun(id) = checker.ast[statement].kind {
                    checker.declare_function(id);
                }
            },
            Self::declare_methods,
        ];
        for declare in declare {
            for body in self.bodies.clone() {
                self.use_imports_of(body);
                for &statement in &ast[body] {
                    declare(self, statement);
                }
            }
        }
    }

    /// Gives the declared type a place in the table, still without its fields.
    pub(super) fn declare_type_name(&mut self, statement: ast::StmtId) {
        let ast = self.ast;
        match ast[statement].kind {
            ast::StmtKind::Type(id) => {
                let declared = &ast[id];
                let name = declared.name;
                match declared.kind {
                    ast::TypeDeclKind::Struct { .. } => {
                        self.declare_struct_name(name);
                    }
                    ast::TypeDeclKind::Union(variants) => {
                        let union = UnionId(self.hir.types.unions.len() as u32);
                        self.hir.types.unions.push(UnionType {
                            name: name.symbol,
                            variants: Vec::new(),
                            span: name.span,
                        });
                        let ty = self.hir.types.intern(TypeKind::Union(union));
                        self.type_names.insert(name.symbol, ty);
                        for variant in &ast[variants] {
                            let id = self.new_struct(variant.name.symbol, variant.span);
                            self.hir.types.structs[id.0 as usize].variant_of = Some(union);
                            self.hir.types.unions[union.0 as usize].variants.push(id);
                            // A variant may have the name of its union, or of another type: the type wins.
                            let variant_type = self.hir.types.intern(TypeKind::Struct(id));
                            self.type_names.entry(variant.name.symbol).or_insert(variant_type);
                            self.variants.insert(variant.name.symbol, id);
                            self.bind(variant.name.symbol, Binding::Variant(id));
                        }
                    }
                    ast::TypeDeclKind::Alias(target) => {
                        self.aliases.insert(name.symbol, target);
                    }
                    ast::TypeDeclKind::Error => {
                        self.type_names.insert(name.symbol, TypeId::ERROR);
                    }
                }
            }
            ast::StmtKind::Stream { name, .. } => {
                let id = self.declare_struct_name(name);
                self.streams.insert(name.symbol, id);
            }
            ast::StmtKind::Agent { name, .. } => {
                self.declare_struct_name(name);
            }
            ast::StmtKind::ExternType(name) => {
                self.type_names.insert(name.symbol, TypeId::ANY);
            }
            _ => {}
        }
    }

    fn declare_struct_name(&mut self, name: ast::Name) -> StructId {
        let id = self.new_struct(name.symbol, name.span);
        let ty = self.hir.types.intern(TypeKind::Struct(id));
        self.type_names.insert(name.symbol, ty);
        id
    }

    /// Fills in the fields of the declared type.
    pub(super) fn declare_type_body(&mut self, statement: ast::StmtId) {
        let ast = self.ast;
        self.failed = false;
        match ast[statement].kind {
            ast::StmtKind::Type(id) => {
                let declared = &ast[id];
                match declared.kind {
                    ast::TypeDeclKind::Struct { fields, .. } => {
                        let fields = self.resolve_fields(&ast[fields]);
                        if let Some(id) = self.struct_named(declared.name.symbol) {
                            self.set_fields(id, fields);
                        }
                    }
                    ast::TypeDeclKind::Union(variants) => {
                        for variant in &ast[variants] {
                            let fields = self.resolve_fields(&ast[variant.fields]);
                            if let Some(&id) = self.variants.get(&variant.name.symbol) {
                                self.set_fields(id, fields);
                            }
                        }
                    }
                    ast::TypeDeclKind::Alias(_) => {
                        self.resolve_alias(declared.name.symbol);
                    }
                    ast::TypeDeclKind::Error => {}
                }
            }
            ast::StmtKind::Stream { name, fields } => {
                let fields = self.resolve_fields(&ast[fields]);
                if let Some(id) = self.struct_named(name.symbol) {
                    self.set_fields(id, fields);
                }
            }
            ast::StmtKind::Agent { name, members } => {
                self.declare_agent(name, members, ast[statement].span);
            }
            _ => {}
        }
    }

    /// The type an alias stands for, resolved when it is first needed.
    pub(super) fn resolve_alias(&mut self, name: Symbol) -> Option<TypeId> {
        // Taken out while it is resolved, so that an alias of itself is an unknown type.
        let target = self.aliases.remove(&name)?;
        let ty = self.resolve_type(target);
        self.type_names.insert(name, ty);
        Some(ty)
    }

    pub(super) fn struct_named(&self, name: Symbol) -> Option<StructId> {
        match self.hir.types.kind(*self.type_names.get(&name)?) {
            TypeKind::Struct(id) => Some(*id),
            _ => None,
        }
    }

    /// Makes a function's type parameters visible; gives what they hide.
    pub(super) fn open_params_of_function(
        &mut self,
        params: &[Symbol],
    ) -> Vec<(Symbol, Option<TypeId>)> {
        let mut hidden = Vec::new();
        for &param in params {
            let index = self.type_params.len() as u32;
            let ty = self.hir.types.intern(TypeKind::Param(param, index));
            self.type_params.push(ty);
            hidden.push((param, self.type_names.insert(param, ty)));
        }
        hidden
    }

    pub(super) fn close_type_params(&mut self, hidden: Vec<(Symbol, Option<TypeId>)>) {
        for (name, before) in hidden.into_iter().rev() {
            if self.type_params.last() == self.type_names.get(&name) {
                self.type_params.pop();
            }
            match before {
                Some(ty) => self.type_names.insert(name, ty),
                None => self.type_names.remove(&name),
            };
        }
    }

    /// The signature of a top-level function.
    fn declare_function(&mut self, id: ast::FunctionId) {
        let ast = self.ast;
        let function = &ast[id];
        let Some(name) = function.name else { return };
        self.failed = false;
        let type_params: Vec<Symbol> =
            ast[function.type_params].iter().map(|param| param.symbol).collect();
        let hidden = self.open_params_of_function(&type_params);
        let params: Vec<TypeId> =
            ast[function.params].iter().map(|param| self.param_type(param)).collect();
        let result = self.result_type(function);
        self.close_type_params(hidden);
        if !function.effects.is_empty() {
            let effects = self.declared_effects(function);
            self.remember_declared_effects(name.symbol, effects);
        }
        let function_id =
            self.reserve_function(name.symbol, function.span, &params, result, type_params.into());
        self.signatures[function_id.index()].head = self.head_of(function);
        self.function_of.insert(id, function_id);
        self.bind(name.symbol, Binding::Function(function_id));
    }

    /// The place of a function without its body.
    fn head_of(&self, function: &ast::Function) -> Span {
        let body = match function.body {
            ast::FunctionBody::Block(block) => self.ast[block].span.start,
            ast::FunctionBody::Expr(expr) => self.ast[expr].span.start,
        };
        Span::new(function.span.start, body.max(function.span.start))
    }

    fn param_type(&mut self, param: &ast::Param) -> TypeId {
        match param.ty {
            Some(ty) => self.resolve_type(ty),
            None => TypeId::ANY,
        }
    }

    /// The result a function declares; without one, nothing or anything, whichever it returns.
    pub(super) fn result_type(&mut self, function: &ast::Function) -> TypeId {
        match (function.result, function.body) {
            (Some(ty), _) => self.resolve_type(ty),
            (None, ast::FunctionBody::Block(block)) if !self.returns_value(block) => TypeId::UNIT,
            (None, _) => TypeId::ANY,
        }
    }

    /// Whether a `return` of the block itself, not of functions inside it, has a value.
    pub(super) fn returns_value(&self, block: ast::BlockId) -> bool {
        self.ast[self.ast[block].statements].iter().any(|&statement| {
            match self.ast[statement].kind {
                ast::StmtKind::Return(value) => value.is_some(),
                ast::StmtKind::If { branches, otherwise } => {
                    self.ast[branches].iter().any(|branch| self.returns_value(branch.body))
                        || otherwise.is_some_and(|otherwise| self.returns_value(otherwise))
                }
                ast::StmtKind::While { body, .. } | ast::StmtKind::For { body, .. } => {
                    self.returns_value(body)
                }
                _ => false,
            }
        })
    }

    /// A place for a function whose body is checked later.
    pub(super) fn reserve_function(
        &mut self,
        name: Symbol,
        span: Span,
        params: &[TypeId],
        result: TypeId,
        type_params: Box<[Symbol]>,
    ) -> FunctionId {
        let id = FunctionId(self.hir.functions.len() as u32);
        self.hir.functions.push(Function {
            name,
            params: Vec::new(),
            type_params: type_params.len() as u32,
            first_type_param: 0,
            result,
            body: Body::Extern,
            captures: Vec::new(),
            span,
        });
        self.signatures.push(Signature { params: params.into(), result, type_params, head: span });
        id
    }

    /// The signatures of a struct's methods or an agent's intents.
    pub(super) fn declare_methods(&mut self, statement: ast::StmtId) {
        let ast = self.ast;
        match ast[statement].kind {
            ast::StmtKind::Type(id) => {
                let declared = &ast[id];
                let ast::TypeDeclKind::Struct { methods, .. } = declared.kind else { return };
                let Some(owner) = self.struct_named(declared.name.symbol) else { return };
                for &method in &ast[methods] {
                    self.declare_method(declared.name.symbol, owner, method);
                }
            }
            ast::StmtKind::Agent { name, members } => self.declare_intents(name, members),
            _ => {}
        }
    }

    /// The signature of one method.
    pub(super) fn declare_method(
        &mut self,
        type_name: Symbol,
        owner: StructId,
        method_id: ast::FunctionId,
    ) {
        let ast = self.ast;
        let method = &ast[method_id];
        let Some(name) = method.name else { return };
        self.failed = false;
        let mut params = vec![self.hir.types.intern(TypeKind::Struct(owner))];
        for param in &ast[method.params] {
            if param.ty.is_none() {
                let text = self.name(param.name.symbol).to_owned();
                let span = Span::new(method.span.start, param.name.span.end);
                let diagnostic =
                    Diagnostic::new(Code::T005, span, format!("parameter `{text}` has no type"))
                        .with_secondary(param.name.span, "its type is missing")
                        .with_help(format!("write `{text}: int`, or whatever type it has"));
                self.report(diagnostic);
            }
            params.push(self.param_type(param));
        }
        let result = match method.result {
            Some(ty) => self.resolve_type(ty),
            None => self.result_type(method),
        };
        let full = format!("{}.{}", self.name(type_name), self.name(name.symbol));
        let full = self.interner.intern(&full);
        let function = self.reserve_function(full, method.span, &params, result, Box::default());
        self.signatures[function.index()].head = self.head_of(method);
        self.function_of.insert(method_id, function);
        self.methods.insert((owner, name.symbol), function);
        self.methods_of.entry(owner).or_default().push((name.symbol, function));
    }
}
