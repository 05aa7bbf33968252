//! Packages: each is checked with names of its own, and what it exports is known under the names of those that import it.
//!
//! An exported name is bound a second time, as one name with a dot in it (`shapes.Circle`), where its package is
//! imported: so types, variants, functions and variables of other packages are found as all others are. Imports hold for
//! the file that they stand in.

use mochi_base::{Code, Diagnostic, Span, Symbol};
use mochi_syntax::ast;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Checker;
use super::effects::EffectSet;
use super::module::Module;
use super::scope::Binding;
use crate::hir::{StmtId, StmtKind};
use crate::shims::Language;
use crate::types::{StructId, TypeId, TypeKind};

/// What is kept of a package that was checked.
#[derive(Debug, Default)]
pub(super) struct PackageFacts {
    exports: Vec<Export>,
    /// All that its files declare, exported or not, with its place.
    declared: FxHashMap<Symbol, Span>,
}

/// Something that other packages can use.
#[derive(Debug, Clone, Copy)]
struct Export {
    name: Symbol,
    binding: Binding,
    ty: Option<TypeId>,
    variant: Option<StructId>,
    effects: Option<EffectSet>,
}

impl Export {
    fn new(name: Symbol) -> Export {
        Export { name, binding: Binding::Unknown, ty: None, variant: None, effects: None }
    }
}

impl Checker<'_> {
    /// Checks the packages of the program in the order of their initialisation, the program itself last; gives the
    /// statements of all.
    pub(super) fn packages(&mut self) -> Vec<StmtId> {
        let ast = self.ast;
        let mut all = Vec::new();
        for (index, package) in ast.packages.iter().enumerate() {
            self.bodies = ast.bodies(package).collect();
            let mark = self.open_scope();
            self.declare_package();
            let mut checked = Vec::new();
            for body in self.bodies.clone() {
                self.use_imports_of(body);
                checked.extend(self.statements(&ast[body]));
            }
            self.check_declared_effects();
            if index + 1 == ast.packages.len() {
                all.extend(checked);
                break;
            }
            let facts = self.package_facts();
            self.package_facts.push(facts);
            self.close_scope(mark);
            self.forget_names();
            // The tests of a package are for those who work on it.
            all.extend(checked.into_iter().filter(|&statement| {
                !matches!(
                    self.hir.stmts[statement.index()].kind,
                    StmtKind::Test { .. } | StmtKind::Bench { .. }
                )
            }));
        }
        all
    }

    /// Makes what the file with these statements imports visible, instead of what another file does.
    pub(super) fn use_imports_of(&mut self, body: ast::List<ast::StmtId>) {
        for name in std::mem::take(&mut self.imported) {
            self.bind(name, Binding::Unknown);
            self.type_names.remove(&name);
            self.variants.remove(&name);
            self.effects.declared.remove(&name);
        }
        let ast = self.ast;
        for &statement in &ast[body] {
            if let ast::StmtKind::Import(id) = ast[statement].kind
                && let Some(package) = ast[id].package
            {
                self.import_package(id, package);
            }
        }
    }

    /// `import "path" as name`.
    pub(super) fn import_package(&mut self, id: ast::ImportId, package: u32) {
        let alias = self.alias_of(id);
        let exports = self.package_facts[package as usize].exports.clone();
        let mut members = FxHashMap::default();
        for export in exports {
            let text = format!("{}.{}", self.name(alias), self.name(export.name));
            let name = self.interner.intern(&text);
            members.insert(export.name, name);
            self.imported.push(name);
            self.bind(name, export.binding);
            if let Some(ty) = export.ty {
                self.type_names.insert(name, ty);
            }
            if let Some(variant) = export.variant {
                self.variants.insert(name, variant);
            }
            if let Some(effects) = export.effects {
                self.effects.declared.insert(name, effects);
            }
        }
        let path = self.name(self.ast[id].path.symbol).to_owned();
        let index = self.modules.len() as u32;
        let language = Language::Both;
        self.modules.push(Module { path, language, package: Some(package), members });
        self.imported.push(alias);
        self.bind(alias, Binding::Module(index));
    }

    /// What the package that was just checked exports and declares.
    fn package_facts(&mut self) -> PackageFacts {
        let ast = self.ast;
        self.know_effects();
        let mut facts = PackageFacts::default();
        for body in self.bodies.clone() {
            for &statement in &ast[body] {
                let Some(name) = declared_name(ast, statement) else { continue };
                facts.declared.insert(name.symbol, name.span);
                if !ast.is_exported(statement) {
                    continue;
                }
                let mut export = Export::new(name.symbol);
                match ast[statement].kind {
                    ast::StmtKind::Type(_) => {
                        export.ty = self.type_named(name.symbol);
                        if let Some(ty) = export.ty
                            && let TypeKind::Union(union) = *self.hir.types.kind(ty)
                        {
                            for variant in self.hir.types.union_type(union).variants.clone() {
                                let name = self.hir.types.struct_type(variant).name;
                                let ty = self.hir.types.intern(TypeKind::Struct(variant));
                                facts.exports.push(Export {
                                    binding: Binding::Variant(variant),
                                    ty: Some(ty),
                                    variant: Some(variant),
                                    ..Export::new(name)
                                });
                            }
                        }
                    }
                    _ => {
                        export.binding = self.lookup(name.symbol);
                        export.effects = self.effects.of.get(&name.symbol).copied();
                    }
                }
                facts.exports.push(export);
            }
        }
        facts
    }

    /// The declared type of this name.
    fn type_named(&mut self, name: Symbol) -> Option<TypeId> {
        match self.type_names.get(&name) {
            Some(&ty) => Some(ty),
            None => self.resolve_alias(name),
        }
    }

    /// Forgets what belonged to the package that was just checked.
    fn forget_names(&mut self) {
        self.imported.clear();
        self.type_names.clear();
        self.variants.clear();
        self.aliases.clear();
        self.streams.clear();
        self.externals.clear();
        self.external_roots.clear();
        self.effects = Default::default();
    }

    /// The name, with the dot in it, that `module.name` is known by. Without one, an error for `module.name` at `span`:
    /// `what` is not exported.
    pub(super) fn member_of_package(
        &mut self,
        module: u32,
        first: Symbol,
        name: ast::Name,
        what: (Code, &str),
        span: Span,
    ) -> Result<Symbol, Diagnostic> {
        match self.modules[module as usize].members.get(&name.symbol) {
            Some(&member) => Ok(member),
            None => Err(self.not_exported(module, first, name.symbol, what, span)),
        }
    }

    fn not_exported(
        &mut self,
        module: u32,
        first: Symbol,
        name: Symbol,
        (code, what): (Code, &str),
        span: Span,
    ) -> Diagnostic {
        let module = &self.modules[module as usize];
        let package = module.package.expect("only packages of Mochi have members");
        let facts = &self.package_facts[package as usize];
        let (package_text, text) = (self.name(first), self.name(name));
        if let Some(&declared) = facts.declared.get(&name) {
            let message = format!("`{text}` is not exported by the package `{package_text}`");
            return Diagnostic::new(code, span, message)
                .with_label("not exported")
                .with_secondary(declared, "declared here")
                .with_help(format!("write `export` before the declaration of `{text}`"));
        }
        let lower = text.to_lowercase();
        let exported: FxHashSet<&str> =
            facts.exports.iter().map(|export| self.name(export.name)).collect();
        let mut exported: Vec<&str> = exported.into_iter().collect();
        exported.sort_unstable();
        let help = match exported.iter().find(|name| name.to_lowercase() == lower) {
            Some(similar) => format!("did you mean `{package_text}.{similar}`?"),
            None if exported.is_empty() => {
                format!("nothing in \"{}\" has `export` before it", module.path)
            }
            None => format!("it exports `{}`", exported.join("`, `")),
        };
        let message = format!("the package `{package_text}` has no {what} `{text}`");
        Diagnostic::new(code, span, message).with_label("not declared").with_help(help)
    }

    /// The error for a type name with a dot that nothing is known by; none when its first part is no package.
    pub(super) fn unknown_member_type(&mut self, name: Symbol, span: Span) -> Option<Diagnostic> {
        let text = self.name(name).to_owned();
        let (first, member) = text.split_once('.')?;
        let (first, member) = (self.interner.intern(first), self.interner.intern(member));
        match self.lookup(first) {
            Binding::Module(module) if self.modules[module as usize].package.is_some() => {
                Some(self.not_exported(module, first, member, (Code::T025, "type"), span))
            }
            _ => None,
        }
    }

    /// The package that the name stands for here.
    pub(super) fn package_named(&self, name: Symbol) -> Option<u32> {
        match self.lookup(name) {
            Binding::Module(module) if self.modules[module as usize].package.is_some() => {
                Some(module)
            }
            _ => None,
        }
    }
}

/// What a statement of the top level declares.
fn declared_name(ast: &ast::Ast, statement: ast::StmtId) -> Option<ast::Name> {
    match ast[statement].kind {
        ast::StmtKind::Let(binding) | ast::StmtKind::Var(binding) => Some(binding.name),
        ast::StmtKind::Fun(id) => ast[id].name,
        ast::StmtKind::Type(id) => Some(ast[id].name),
        _ => None,
    }
}
