//! Names from outside: imported modules, external functions, variables and objects.

use mochi_base::{Code, Diagnostic, Span, Symbol};
use mochi_syntax::ast;
use rustc_hash::FxHashMap;

use super::Checker;
use super::coerce::Site;
use super::scope::Binding;
use crate::hir::{Builtin, ExprId, ExprKind};
use crate::shims;
use crate::types::TypeId;

/// An imported module.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) path: String,
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
                self.modules.push(Module { path, package: None, members: FxHashMap::default() });
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
        let Some(name) = names.first() else { return self.error_expr(start) };
        if self.modules[module as usize].package.is_some() {
            return self.package_path(module, first, names, start);
        }
        let declared = self.externals.get(&self.external_text(first, names)).cloned();
        let span = start.to(names.last().map_or(start, |name| name.span));
        let shim = shims::find(&self.modules[module as usize].path, self.name(name.symbol));
        let wanted = match &declared {
            Some(External::Variable(ty)) => Some(*ty),
            _ => None,
        };
        match shim {
            Some(shim) if names.len() == 1 && shims::SHIMS[shim as usize].constant => {
                let kind =
                    ExprKind::CallBuiltin { builtin: Builtin::Shim(shim), args: Box::default() };
                let value = self.push(kind, shims::SHIMS[shim as usize].result, span);
                match wanted {
                    Some(wanted) => self.converted(value, wanted),
                    None => value,
                }
            }
            _ => self.push(
                ExprKind::Unsupported("a value of an imported module"),
                wanted.unwrap_or(TypeId::ANY),
                span,
            ),
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
        match self.externals.get(&text) {
            Some(&External::Variable(ty)) => {
                if let Some(name) = names.first()
                    && let Some(shim) =
                        shims::find(&self.name(first).to_lowercase(), self.name(name.symbol))
                    && shims::SHIMS[shim as usize].constant
                {
                    let kind = ExprKind::CallBuiltin {
                        builtin: Builtin::Shim(shim),
                        args: Box::default(),
                    };
                    let value = self.push(kind, shims::SHIMS[shim as usize].result, span);
                    return self.converted(value, ty);
                }
                self.push(ExprKind::Unsupported("an external variable"), ty, span)
            }
            Some(External::Function(params, result)) => {
                let (params, result) = (params.clone(), *result);
                let ty = self.hir.types.function(&params, result);
                self.push(ExprKind::Unsupported("an external function as a value"), ty, span)
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
        let path = match self.lookup(first) {
            Binding::Module(module) => self.modules[module as usize].path.clone(),
            _ => self.name(first).to_lowercase(),
        };
        let shim = match names.as_slice() {
            [name] => shims::find(&path, self.name(name.symbol))
                .filter(|&shim| !shims::SHIMS[shim as usize].constant),
            _ => None,
        };
        let result = match &declared {
            Some(External::Function(_, result)) => Some(*result),
            _ => None,
        };
        if let Some(shim) = shim
            && shims::SHIMS[shim as usize].params.len() == args.len()
        {
            let row = &shims::SHIMS[shim as usize];
            let mut values = Vec::new();
            for (&arg, &param) in args.iter().zip(row.params) {
                let value = self.expr(arg, Some(param));
                let value = self.unwrapped(value);
                let value = if param == TypeId::FLOAT && self.ty(value) == TypeId::INT {
                    self.convert_expr(crate::hir::Convert::IntToFloat, value, param)
                } else {
                    self.fit(arg, value, param, Site::Argument(span))
                };
                values.push(value);
            }
            let kind = ExprKind::CallBuiltin { builtin: Builtin::Shim(shim), args: values.into() };
            let value = self.push(kind, row.result, span);
            return match result {
                Some(wanted) => self.convert(value, wanted, Site::Slot).unwrap_or(value),
                None => value,
            };
        }
        if let Some(External::Function(params, _)) = &declared {
            for (index, &arg) in args.iter().enumerate() {
                match params.get(index) {
                    Some(&param) => self.expr_as(arg, param, Site::Argument(span)),
                    None => self.expr(arg, None),
                };
            }
        } else {
            self.check_args_alone(args);
        }
        let unknown = matches!(self.lookup(first), Binding::Unknown) && declared.is_none();
        if unknown {
            let diagnostic = Diagnostic::new(
                Code::T003,
                span,
                format!("there is no external function `{text}`"),
            )
            .with_label("not declared")
            .with_help(format!("declare it with `extern fun {text}(…)`"));
            return self.fail(diagnostic);
        }
        self.push(
            ExprKind::Unsupported("a function of an imported module"),
            result.unwrap_or(TypeId::ANY),
            span,
        )
    }

    /// The value of an external name without dots.
    pub(super) fn external_value(&mut self, name: Symbol, span: Span) -> ExprId {
        let text = self.name(name).to_owned();
        match self.externals.get(&text).cloned() {
            Some(External::Variable(ty)) => {
                self.push(ExprKind::Unsupported("an external variable"), ty, span)
            }
            Some(External::Function(params, result)) => {
                let ty = self.hir.types.function(&params, result);
                self.push(ExprKind::Unsupported("an external function"), ty, span)
            }
            None => self.push(ExprKind::Unsupported("an external value"), TypeId::ANY, span),
        }
    }
}
