//! Names from outside: imported modules, external functions, variables and objects.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;
use rustc_hash::FxHashMap;

use super::Checker;
use super::coerce::Site;
use super::scope::Binding;
use crate::hir::{Body, Builtin, Convert, ExprId, ExprKind, Function, FunctionId};
use crate::shims::{self, Language, SHIMS};
use crate::types::TypeId;

/// An imported module.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) path: String,
    /// Of another language.
    pub(super) language: Language,
    /// The package of Mochi that it is, by its place among those of the program.
    pub(super) package: Option<u32>,
    /// Of a package: what it exports, and the name with a dot in it that each is known by here.
    pub(super) members: FxHashMap<Symbol, Symbol>,
}

/// What `extern` says of a name, with dots or without.
#[derive(Debug, Clone)]
pub(super) enum External {
    Variable(TypeId),
    Function(Box<[TypeId]>, TypeId),
}

impl Checker<'_> {
    pub(super) fn import(&mut self, id: ast::ImportId) {
        let import = self.ast[id];
        match import.package {
            // Those of the top level are known from the beginning of the file on.
            Some(_) if self.contexts.len() == 1 && self.knows_package(id) => {}
            Some(package) => self.import_package(id, package),
            None => {
                let path = self.name(import.path.symbol).to_owned();
                let alias = self.alias_of(id);
                let index = self.modules.len() as u32;
                let language = match import.language.map(|language| self.name(language.symbol)) {
                    Some("go") => Language::Go,
                    Some("python") => Language::Python,
                    _ => Language::Both,
                };
                let members = FxHashMap::default();
                self.modules.push(Module { path, language, package: None, members });
                self.bind(alias, Binding::Module(index));
            }
        }
    }

    /// The name that an import gives to what it imports.
    pub(super) fn alias_of(&mut self, id: ast::ImportId) -> Symbol {
        let import = self.ast[id];
        match import.alias {
            Some(alias) => alias.symbol,
            None => {
                let path = self.name(import.path.symbol);
                let last = path.rsplit('/').next().unwrap_or(path);
                let last = last.trim_end_matches(".mochi").to_owned();
                self.interner.intern(&last)
            }
        }
    }

    /// Whether the import's name stands for its package already.
    fn knows_package(&mut self, id: ast::ImportId) -> bool {
        let alias = self.alias_of(id);
        match self.lookup(alias) {
            Binding::Module(module) => {
                self.modules[module as usize].package == self.ast[id].package
            }
            _ => false,
        }
    }

    /// The name with a dot in it that `first.name` is known by, if `first` is a package that exports it.
    pub(super) fn known_member(&self, first: Symbol, name: Symbol) -> Option<Symbol> {
        let module = self.package_named(first)?;
        self.modules[module as usize].members.get(&name).copied()
    }

    /// `extern fun a.b(x: T): R`, `extern var a.b: T`.
    pub(super) fn declare_external(&mut self, path: &[ast::Name], external: External) {
        let text: Vec<_> = path.iter().map(|name| self.name(name.symbol)).collect();
        let text = text.join(".");
        let Some(first) = path.first() else { return };
        self.externals.insert(text, external);
        if path.len() == 1 {
            self.bind(first.symbol, Binding::External);
        } else {
            self.external_roots.insert(first.symbol);
        }
    }

    pub(super) fn is_external_root(&self, name: Symbol) -> bool {
        self.external_roots.contains(&name)
    }

    fn external_text(&self, first: Symbol, names: &[ast::Name]) -> String {
        let mut text = self.name(first).to_owned();
        for name in names {
            text.push('.');
            text.push_str(self.name(name.symbol));
        }
        text
    }

    /// `module.name…` as a value.
    pub(super) fn module_path(
        &mut self,
        module: u32,
        first: Symbol,
        names: &[ast::Name],
        start: Span,
    ) -> ExprId {
        if self.modules[module as usize].package.is_some() {
            return self.package_path(module, first, names, start);
        }
        let declared = self.externals.get(&self.external_text(first, names)).cloned();
        let span = start.to(names.last().map_or(start, |name| name.span));
        match declared {
            Some(External::Function(params, result)) => {
                self.external_function(first, names, &params, result, span)
            }
            Some(External::Variable(ty)) => self.external_constant(first, names, ty, span),
            None => self.external_constant(first, names, TypeId::ANY, span),
        }
    }

    /// `package.name…` as a value.
    fn package_path(
        &mut self,
        module: u32,
        first: Symbol,
        names: &[ast::Name],
        start: Span,
    ) -> ExprId {
        let name = names[0];
        let span = start.to(name.span);
        let member =
            match self.member_of_package(module, first, name, (Code::T002, "variable"), span) {
                Ok(member) => member,
                Err(diagnostic) => return self.fail(diagnostic),
            };
        let mut value = self.ident(member, span);
        let mut label = self.name(member).to_owned();
        for &name in &names[1..] {
            value = self.field(value, name, start.to(name.span), Some(&label));
            label = format!("{label}.{}", self.name(name.symbol));
        }
        value
    }

    /// `root.name…` where only `extern` declarations know the root.
    pub(super) fn external_path(
        &mut self,
        first: Symbol,
        names: &[ast::Name],
        start: Span,
    ) -> ExprId {
        let span = start.to(names.last().map_or(start, |name| name.span));
        let text = self.external_text(first, names);
        match self.externals.get(&text).cloned() {
            Some(External::Variable(ty)) => self.external_constant(first, names, ty, span),
            Some(External::Function(params, result)) => {
                self.external_function(first, names, &params, result, span)
            }
            None => {
                let diagnostic =
                    Diagnostic::new(Code::T002, span, format!("there is no external `{text}`"))
                        .with_label("not declared")
                        .with_help(format!(
                            "declare it with `extern fun {text}(…)` or `extern var {text}: …`"
                        ));
                self.fail(diagnostic)
            }
        }
    }

    /// `module.name(args)` and `root.name(args)`.
    pub(super) fn call_member(
        &mut self,
        callee: ast::ExprId,
        args: &[ast::ExprId],
        span: Span,
    ) -> ExprId {
        let ast = self.ast;
        let mut names = Vec::new();
        let mut root = callee;
        while let ast::ExprKind::Field { object, name, .. } = ast[root].kind {
            names.push(name);
            root = object;
        }
        names.reverse();
        let ast::ExprKind::Ident(first) = ast[root].kind else { return self.error_expr(span) };
        let text = self.external_text(first, &names);
        let declared = self.externals.get(&text).cloned();
        let (language, path) = self.place_of(first);
        let shim = match names.as_slice() {
            [name] => shims::find(language, &path, self.name(name.symbol), Some(args.len())),
            _ => None,
        };
        let result = match &declared {
            Some(External::Function(_, result)) => Some(*result),
            _ => None,
        };
        if let Some(shim) = shim {
            return self.call_shim(shim, args, result, span);
        }
        let unknown = matches!(self.lookup(first), Binding::Unknown) && declared.is_none();
        if unknown {
            self.check_args_alone(args);
            let diagnostic = Diagnostic::new(
                Code::T003,
                span,
                format!("there is no external function `{text}`"),
            )
            .with_label("not declared")
            .with_help(format!("declare it with `extern fun {text}(…)`"));
            return self.fail(diagnostic);
        }
        let params = match declared {
            Some(External::Function(params, _)) => params,
            _ => vec![TypeId::ANY; args.len()].into(),
        };
        self.call_external(&text, &params, args, result.unwrap_or(TypeId::ANY), span)
    }

    /// The language and module that the first part of an external name stands for.
    fn place_of(&self, first: Symbol) -> (Language, String) {
        match self.lookup(first) {
            Binding::Module(module) => {
                let module = &self.modules[module as usize];
                (module.language, module.path.clone())
            }
            _ => (Language::Both, self.name(first).to_lowercase()),
        }
    }

    fn call_shim(
        &mut self,
        shim: u16,
        args: &[ast::ExprId],
        wanted: Option<TypeId>,
        span: Span,
    ) -> ExprId {
        let row = &SHIMS[usize::from(shim)];
        let mut values = Vec::new();
        for (&arg, &param) in args.iter().zip(row.params) {
            let value = self.expr(arg, Some(param));
            let value = self.unwrapped(value);
            let value = if param == TypeId::FLOAT && self.ty(value) == TypeId::INT {
                self.convert_expr(Convert::IntToFloat, value, param)
            } else {
                self.fit(arg, value, param, Site::Argument(span))
            };
            values.push(value);
        }
        let kind = ExprKind::CallBuiltin { builtin: Builtin::Shim(shim), args: values.into() };
        let value = self.push(kind, row.result, span);
        match wanted {
            Some(wanted) => self.declared_result(value, wanted, span),
            None => value,
        }
    }

    /// A value from a built-in module as the type that `extern` says it has.
    fn declared_result(&mut self, value: ExprId, wanted: TypeId, span: Span) -> ExprId {
        let found = self.ty(value);
        match (found, self.resolved(wanted)) {
            (TypeId::FLOAT, TypeId::INT) => {
                self.convert_expr(Convert::FloatToInt, value, TypeId::INT)
            }
            (TypeId::INT, TypeId::FLOAT) => {
                self.convert_expr(Convert::IntToFloat, value, TypeId::FLOAT)
            }
            _ => match self.convert(value, wanted, Site::Slot) {
                Some(value) => value,
                None => {
                    let diagnostic = self.mismatch(span, wanted, found);
                    self.fail(diagnostic)
                }
            },
        }
    }

    /// A constant of a built-in module, or what stops the program when it is read.
    fn external_constant(
        &mut self,
        first: Symbol,
        names: &[ast::Name],
        wanted: TypeId,
        span: Span,
    ) -> ExprId {
        let (language, path) = self.place_of(first);
        if let [name] = names
            && let Some(shim) = shims::find(language, &path, self.name(name.symbol), None)
        {
            let kind = ExprKind::CallBuiltin { builtin: Builtin::Shim(shim), args: Box::default() };
            let value = self.push(kind, SHIMS[usize::from(shim)].result, span);
            let known = wanted != TypeId::ANY
                || self.externals.contains_key(&self.external_text(first, names));
            return if known { self.declared_result(value, wanted, span) } else { value };
        }
        let text = self.external_text(first, names);
        self.call_external(&text, &[], &[], wanted, span)
    }

    /// A declared external function as a value: a function that calls it.
    fn external_function(
        &mut self,
        first: Symbol,
        names: &[ast::Name],
        params: &[TypeId],
        result: TypeId,
        span: Span,
    ) -> ExprId {
        let text = self.external_text(first, names);
        let (language, path) = self.place_of(first);
        let ty = self.hir.types.function(params, result);
        let shim = match names {
            [name] => shims::find(language, &path, self.name(name.symbol), Some(params.len())),
            _ => None,
        };
        let shim = shim.filter(|&shim| *SHIMS[usize::from(shim)].params == *params);
        let Some(shim) = shim else {
            let function = self.extern_function(&text, params, result, span);
            return self.push(ExprKind::Function(function, Box::default()), ty, span);
        };
        let mark = self.open_function(false, result);
        let locals: Vec<_> =
            params.iter().map(|&ty| self.new_local(known::EMPTY, ty, false, span)).collect();
        let args: Box<[ExprId]> = locals
            .iter()
            .zip(params)
            .map(|(&local, &ty)| self.push(ExprKind::Local(local), ty, span))
            .collect();
        let kind = ExprKind::CallBuiltin { builtin: Builtin::Shim(shim), args };
        let value = self.push(kind, SHIMS[usize::from(shim)].result, span);
        let body = self.declared_result(value, result, span);
        self.close_function(mark);
        let function = Function {
            name: self.interner.intern(&text),
            params: locals,
            type_params: 0,
            first_type_param: 0,
            result,
            body: Body::Expr(body),
            captures: Vec::new(),
            span,
        };
        let id = self.add_function(function, params.into());
        self.push(ExprKind::Closure(id), ty, span)
    }

    /// A call of what nothing provides: it stops the program.
    fn call_external(
        &mut self,
        text: &str,
        params: &[TypeId],
        args: &[ast::ExprId],
        result: TypeId,
        span: Span,
    ) -> ExprId {
        if args.len() != params.len() {
            self.check_args_alone(args);
            let message =
                format!("`{text}` takes {} arguments, found {}", params.len(), args.len());
            let diagnostic = Diagnostic::new(Code::T039, span, message)
                .with_label("wrong number of arguments")
                .with_help("give as many as its `extern` declaration names");
            return self.fail(diagnostic);
        }
        let values: Vec<_> = args
            .iter()
            .zip(params)
            .map(|(&arg, &param)| self.expr_as(arg, param, Site::Argument(span)))
            .collect();
        let function = self.extern_function(text, params, result, span);
        let kind = ExprKind::Call { function, type_args: Box::default(), args: values.into() };
        self.push(kind, result, span)
    }

    /// The function without a body that an external name stands for.
    fn extern_function(
        &mut self,
        text: &str,
        params: &[TypeId],
        result: TypeId,
        span: Span,
    ) -> FunctionId {
        let mark = self.open_function(false, result);
        let locals =
            params.iter().map(|&ty| self.new_local(known::EMPTY, ty, false, span)).collect();
        self.close_function(mark);
        let function = Function {
            name: self.interner.intern(text),
            params: locals,
            type_params: 0,
            first_type_param: 0,
            result,
            body: Body::Extern,
            captures: Vec::new(),
            span,
        };
        self.add_function(function, params.into())
    }

    /// A call of an external name without dots.
    pub(super) fn call_external_name(
        &mut self,
        name: Symbol,
        args: &[ast::ExprId],
        span: Span,
    ) -> ExprId {
        let text = self.name(name).to_owned();
        match self.externals.get(&text).cloned() {
            Some(External::Function(params, result)) => {
                match shims::find(Language::Both, "", &text, Some(args.len())) {
                    Some(shim) => self.call_shim(shim, args, Some(result), span),
                    None => self.call_external(&text, &params, args, result, span),
                }
            }
            _ => {
                let value = self.external_value(name, span);
                self.call_value(value, args, span, span.start, Some(name))
            }
        }
    }

    /// The value of an external name without dots.
    pub(super) fn external_value(&mut self, name: Symbol, span: Span) -> ExprId {
        let text = self.name(name).to_owned();
        match self.externals.get(&text).cloned() {
            Some(External::Variable(ty)) => self.call_external(&text, &[], &[], ty, span),
            Some(External::Function(params, result)) => {
                let function = self.extern_function(&text, &params, result, span);
                let ty = self.hir.types.function(&params, result);
                self.push(ExprKind::Function(function, Box::default()), ty, span)
            }
            None => self.call_external(&text, &[], &[], TypeId::ANY, span),
        }
    }
}
