//! Trees in, readable text out, for `mochi dump` and for tests.
//!
//! A statement is a line, blocks are indented, an expression is `(operator operands…)`; types and
//! patterns look as they are written.

mod tokens;

use std::fmt::Write as _;

use mochi_base::{Interner, Symbol};

use crate::ast::*;

pub use tokens::dump_tokens;

/// The tree as text.
pub fn dump_ast(ast: &Ast, interner: &Interner) -> String {
    let mut dump = Dump { ast, interner, out: String::new(), indent: 0 };
    for file in &ast.files {
        if let Some(package) = file.package {
            dump.words(&["(package ", dump.text(package.symbol), ")\n"]);
        }
        dump.statements(file.body);
    }
    dump.out
}

struct Dump<'a> {
    ast: &'a Ast,
    interner: &'a Interner,
    out: String,
    indent: usize,
}

impl<'a> Dump<'a> {
    fn text(&self, symbol: Symbol) -> &'a str {
        self.interner.resolve(symbol)
    }

    fn words(&mut self, words: &[&str]) {
        for word in words {
            self.out.push_str(word);
        }
    }

    fn quoted(&mut self, symbol: Symbol) {
        write!(self.out, "{:?}", self.interner.resolve(symbol))
            .expect("writing to a string cannot fail");
    }

    fn number(&mut self, number: impl std::fmt::Debug) {
        write!(self.out, "{number:?}").expect("writing to a string cannot fail");
    }

    fn statements(&mut self, statements: List<StmtId>) {
        let ast = self.ast;
        for statement in &ast[statements] {
            for _ in 0..self.indent {
                self.out.push_str("  ");
            }
            self.statement(*statement);
            self.out.push('\n');
        }
    }

    fn block(&mut self, block: BlockId) {
        self.out.push_str(" {\n");
        self.indent += 1;
        self.statements(self.ast[block].statements);
        self.indent -= 1;
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
        self.out.push('}');
    }

    fn statement(&mut self, statement: StmtId) {
        let ast = self.ast;
        self.out.push('(');
        if ast.is_exported(statement) && !matches!(ast[statement].kind, StmtKind::Fun(_)) {
            self.out.push_str("export ");
        }
        match ast[statement].kind {
            StmtKind::Error => self.out.push_str("error"),
            StmtKind::Let(binding) => self.binding("let ", binding),
            StmtKind::Var(binding) => self.binding("var ", binding),
            StmtKind::Assign { place, value, .. } => {
                self.out.push_str("set ");
                self.exprs([place, value]);
            }
            StmtKind::Fun(function) => self.function(function),
            StmtKind::Return(value) => {
                self.out.push_str("return");
                self.maybe(" ", value);
            }
            StmtKind::If { branches, otherwise } => {
                self.out.push_str("if");
                for branch in &ast[branches] {
                    self.out.push(' ');
                    self.expr(branch.condition);
                    self.block(branch.body);
                }
                if let Some(otherwise) = otherwise {
                    self.out.push_str(" else");
                    self.block(otherwise);
                }
            }
            StmtKind::While { condition, body } => {
                self.out.push_str("while ");
                self.expr(condition);
                self.block(body);
            }
            StmtKind::For { name, source, end, body } => {
                self.words(&["for ", self.text(name.symbol), " "]);
                self.expr(source);
                self.maybe(" .. ", end);
                self.block(body);
            }
            StmtKind::Break => self.out.push_str("break"),
            StmtKind::Continue => self.out.push_str("continue"),
            StmtKind::Expr(expr) => {
                self.out.push_str("do ");
                self.expr(expr);
            }
            StmtKind::Expect(condition) => {
                self.out.push_str("expect ");
                self.expr(condition);
            }
            StmtKind::Test { name, body } => self.named_block("test ", name, body),
            StmtKind::Bench { name, body } => self.named_block("bench ", name, body),
            StmtKind::Type(declaration) => self.type_declaration(declaration),
            StmtKind::Import(import) => self.import(import),
            StmtKind::ExternType(name) => self.words(&["extern type ", self.text(name.symbol)]),
            StmtKind::ExternObject(name) => self.words(&["extern object ", self.text(name.symbol)]),
            StmtKind::ExternVar { path, ty } => {
                self.out.push_str("extern var ");
                self.names(path, ".");
                self.out.push_str(": ");
                self.ty(ty);
            }
            StmtKind::ExternFun { path, params, result } => {
                self.out.push_str("extern fun ");
                self.names(path, ".");
                self.params(params, result);
            }
            StmtKind::Stream { name, fields } => {
                self.words(&["stream ", self.text(name.symbol), " "]);
                self.field_decls(fields);
            }
            StmtKind::Emit { stream, fields } => {
                self.words(&["emit ", self.text(stream.symbol)]);
                self.field_inits(fields);
            }
            StmtKind::On { stream, event, body } => {
                self.words(&["on ", self.text(stream.symbol), " as ", self.text(event.symbol)]);
                self.block(body);
            }
            StmtKind::Agent { name, members } => {
                self.words(&["agent ", self.text(name.symbol)]);
                self.block(members);
            }
            StmtKind::Intent(function) => {
                self.out.push_str("intent ");
                self.function(function);
            }
            StmtKind::Model { name, fields } => {
                self.words(&["model ", self.text(name.symbol)]);
                self.field_inits(fields);
            }
            StmtKind::Fact(atom) => {
                self.out.push_str("fact ");
                self.logic_atom(atom);
            }
            StmtKind::Rule { head, body } => {
                self.out.push_str("rule ");
                self.logic_atom(head);
                for condition in &ast[body] {
                    self.out.push(' ');
                    match *condition {
                        LogicCondition::Atom(atom) => self.logic_atom(atom),
                        LogicCondition::NotEqual(left, right) => {
                            self.out.push_str("(!= ");
                            self.logic_term(left.kind);
                            self.out.push(' ');
                            self.logic_term(right.kind);
                            self.out.push(')');
                        }
                    }
                }
            }
            StmtKind::FetchInto { url, target, options } => {
                self.words(&["fetch into ", self.text(target.symbol), " "]);
                self.expr(url);
                self.maybe(" with ", options);
            }
            StmtKind::Update { target, set, condition } => {
                self.words(&["update ", self.text(target.symbol)]);
                self.map_entries(set);
                self.maybe(" where ", condition);
            }
        }
        self.out.push(')');
    }

    fn binding(&mut self, keyword: &str, binding: Binding) {
        self.words(&[keyword, self.text(binding.name.symbol)]);
        if let Some(ty) = binding.ty {
            self.out.push_str(": ");
            self.ty(ty);
        }
        self.maybe(" ", binding.value);
    }

    fn named_block(&mut self, keyword: &str, name: Name, body: BlockId) {
        self.out.push_str(keyword);
        self.quoted(name.symbol);
        self.block(body);
    }

    fn import(&mut self, import: ImportId) {
        let import = self.ast[import];
        self.out.push_str("import ");
        if let Some(language) = import.language {
            self.words(&[self.text(language.symbol), " "]);
        }
        self.quoted(import.path.symbol);
        if let Some(alias) = import.alias {
            self.words(&[" as ", self.text(alias.symbol)]);
        }
        if import.auto {
            self.out.push_str(" auto");
        }
    }

    fn type_declaration(&mut self, declaration: TypeDeclId) {
        let ast = self.ast;
        self.words(&["type ", self.text(ast[declaration].name.symbol), " "]);
        match ast[declaration].kind {
            TypeDeclKind::Struct { fields, methods } => {
                self.field_decls(fields);
                for method in &ast[methods] {
                    self.out.push_str(" (");
                    self.function(*method);
                    self.out.push(')');
                }
            }
            TypeDeclKind::Union(variants) => {
                for (index, variant) in ast[variants].iter().enumerate() {
                    self.words(&[
                        if index == 0 { "" } else { " | " },
                        self.text(variant.name.symbol),
                    ]);
                    if !variant.fields.is_empty() {
                        self.field_decls(variant.fields);
                    }
                }
            }
            TypeDeclKind::Alias(ty) => {
                self.out.push_str("= ");
                self.ty(ty);
            }
            TypeDeclKind::Error => self.out.push_str("<error>"),
        }
    }

    fn function(&mut self, function: FunctionId) {
        let function = self.ast[function];
        self.out.push_str(if function.exported { "export fun" } else { "fun" });
        if let Some(name) = function.name {
            self.words(&[" ", self.text(name.symbol)]);
        }
        if !function.type_params.is_empty() {
            self.out.push('<');
            self.names(function.type_params, ", ");
            self.out.push('>');
        }
        self.params(function.params, function.result);
        if !function.effects.is_empty() {
            self.out.push_str(" ! ");
            self.names(function.effects, ", ");
        }
        match function.body {
            FunctionBody::Block(block) => self.block(block),
            FunctionBody::Expr(expr) => self.maybe(" => ", Some(expr)),
        }
    }

    fn params(&mut self, params: List<Param>, result: Option<TypeId>) {
        let ast = self.ast;
        self.out.push('(');
        for (index, param) in ast[params].iter().enumerate() {
            self.words(&[if index == 0 { "" } else { ", " }, self.text(param.name.symbol)]);
            if let Some(ty) = param.ty {
                self.out.push_str(": ");
                self.ty(ty);
            }
        }
        self.out.push(')');
        if let Some(result) = result {
            self.out.push_str(": ");
            self.ty(result);
        }
    }

    fn names(&mut self, names: List<Name>, separator: &str) {
        let ast = self.ast;
        for (index, name) in ast[names].iter().enumerate() {
            self.words(&[if index == 0 { "" } else { separator }, self.text(name.symbol)]);
        }
    }

    fn maybe(&mut self, before: &str, expr: Option<ExprId>) {
        if let Some(expr) = expr {
            self.out.push_str(before);
            self.expr(expr);
        }
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = ExprId>) {
        for (index, expr) in exprs.into_iter().enumerate() {
            if index > 0 {
                self.out.push(' ');
            }
            self.expr(expr);
        }
    }

    fn list(&mut self, exprs: List<ExprId>) {
        let ast = self.ast;
        for expr in &ast[exprs] {
            self.out.push(' ');
            self.expr(*expr);
        }
    }

    fn map_entries(&mut self, entries: List<MapEntry>) {
        let ast = self.ast;
        for entry in &ast[entries] {
            self.out.push_str(" (");
            self.exprs([entry.key, entry.value]);
            self.out.push(')');
        }
    }

    fn field_inits(&mut self, fields: List<FieldInit>) {
        let ast = self.ast;
        for field in &ast[fields] {
            self.words(&[" (", self.text(field.name.symbol), " "]);
            self.expr(field.value);
            self.out.push(')');
        }
    }

    /// Opens the whole left spine, then comes its innermost operand, then the rest of each operator:
    /// however long the spine, this does not recurse along it.
    fn expr(&mut self, expr: ExprId) {
        let mut spine = Vec::new();
        let mut innermost = expr;
        while let Some(left) = self.ast.left_operand(innermost) {
            self.words(&["(", operator(self.ast[innermost].kind), " "]);
            spine.push(innermost);
            innermost = left;
        }
        self.operand(innermost);
        for expr in spine.into_iter().rev() {
            self.behind_left(self.ast[expr].kind);
            self.out.push(')');
        }
    }

    /// What follows the left operand.
    fn behind_left(&mut self, kind: ExprKind) {
        match kind {
            ExprKind::Binary { right: operand, .. }
            | ExprKind::Index { index: operand, .. }
            | ExprKind::SafeIndex { index: operand, .. } => self.maybe(" ", Some(operand)),
            ExprKind::Call { args, .. } => self.list(args),
            ExprKind::Slice { start, end, step, .. } => {
                for bound in [start, end, step] {
                    match bound {
                        Some(bound) => self.maybe(" ", Some(bound)),
                        None => self.out.push_str(" _"),
                    }
                }
            }
            ExprKind::Field { name, .. } | ExprKind::SafeField { name, .. } => {
                self.words(&[" ", self.text(name.symbol)]);
            }
            ExprKind::Cast { ty, .. } => {
                self.out.push(' ');
                self.ty(ty);
            }
            _ => unreachable!("only these have a left operand"),
        }
    }

    /// An expression without a left operand.
    fn operand(&mut self, expr: ExprId) {
        let ast = self.ast;
        match ast[expr].kind {
            ExprKind::Error => self.out.push_str("<error>"),
            ExprKind::Int(value) => self.number(value),
            ExprKind::Float(value) => self.number(value),
            ExprKind::Bool(value) => self.number(value),
            ExprKind::Str(text) => self.quoted(text),
            ExprKind::None => self.out.push_str("none"),
            ExprKind::Ident(name) => self.words(&[self.text(name)]),
            ExprKind::Paren(inner) => self.form("paren", [inner]),
            ExprKind::Unary { op: UnaryOp::Neg, operand } => self.form("neg", [operand]),
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.form("not", [operand]),
            ExprKind::List(items) => {
                self.out.push_str("(list");
                self.list(items);
                self.out.push(')');
            }
            ExprKind::Map(entries) => {
                self.out.push_str("(map");
                self.map_entries(entries);
                self.out.push(')');
            }
            ExprKind::Struct { name, fields } => {
                self.words(&["(new ", self.text(name.symbol)]);
                self.field_inits(fields);
                self.out.push(')');
            }
            ExprKind::If { branches, otherwise } => {
                self.out.push_str("(if");
                for branch in &ast[branches] {
                    self.maybe(" ", Some(branch.condition));
                    self.maybe(" then ", Some(branch.value));
                }
                self.maybe(" else ", otherwise);
                self.out.push(')');
            }
            ExprKind::Match { subject, arms } => {
                self.out.push_str("(match ");
                self.expr(subject);
                for arm in &ast[arms] {
                    self.out.push_str(" (");
                    self.pattern(arm.pattern);
                    self.out.push_str(" =>");
                    match arm.body {
                        ArmBody::Expr(expr) => self.maybe(" ", Some(expr)),
                        ArmBody::Block(block) => self.block(block),
                    }
                    self.out.push(')');
                }
                self.out.push(')');
            }
            ExprKind::Fun(function) => {
                self.out.push('(');
                self.function(function);
                self.out.push(')');
            }
            ExprKind::Query(query) => self.query(query),
            ExprKind::LogicQuery(atom) => {
                self.out.push_str("(query ");
                self.logic_atom(atom);
                self.out.push(')');
            }
            ExprKind::Generate { target, fields } => {
                self.words(&["(generate ", self.text(target.symbol)]);
                self.field_inits(fields);
                self.out.push(')');
            }
            ExprKind::Fetch { url, options } => {
                self.out.push_str("(fetch ");
                self.expr(url);
                self.maybe(" with ", options);
                self.out.push(')');
            }
            ExprKind::Load { path, ty, options } => {
                self.out.push_str("(load ");
                if let Some(path) = path {
                    self.quoted(path);
                    self.out.push(' ');
                }
                self.out.push_str("as ");
                self.ty(ty);
                self.maybe(" with ", options);
                self.out.push(')');
            }
            ExprKind::Save { source, path, options } => {
                self.out.push_str("(save ");
                self.expr(source);
                if let Some(path) = path {
                    self.out.push_str(" to ");
                    self.quoted(path);
                }
                self.maybe(" with ", options);
                self.out.push(')');
            }
            ExprKind::Binary { .. }
            | ExprKind::Call { .. }
            | ExprKind::Index { .. }
            | ExprKind::Slice { .. }
            | ExprKind::Field { .. }
            | ExprKind::SafeField { .. }
            | ExprKind::SafeIndex { .. }
            | ExprKind::Cast { .. } => unreachable!("these have a left operand"),
        }
    }

    fn form(&mut self, name: &str, operands: impl IntoIterator<Item = ExprId>) {
        self.words(&["(", name, " "]);
        self.exprs(operands);
        self.out.push(')');
    }

    fn query(&mut self, query: QueryId) {
        let ast = self.ast;
        let query = &ast[query];
        self.out.push_str("(select");
        for source in &ast[query.sources] {
            let kind = match source.kind {
                SourceKind::From => " (from ",
                SourceKind::Inner => " (join ",
                SourceKind::Left => " (left join ",
                SourceKind::Right => " (right join ",
                SourceKind::Outer => " (outer join ",
            };
            self.words(&[kind, self.text(source.name.symbol), " "]);
            self.expr(source.source);
            self.maybe(" on ", source.on);
            self.out.push(')');
        }
        self.maybe(" where ", query.filter);
        if let Some(group) = query.group {
            self.out.push_str(" group by");
            self.list(group.keys);
            self.words(&[" into ", self.text(group.name.symbol)]);
            self.maybe(" having ", group.having);
        }
        self.maybe(" sort by ", query.sort);
        self.maybe(" skip ", query.skip);
        self.maybe(" take ", query.take);
        self.maybe(if query.distinct { " distinct " } else { " " }, Some(query.select));
        self.out.push(')');
    }

    fn logic_atom(&mut self, atom: LogicAtomId) {
        let ast = self.ast;
        self.words(&["(", self.text(ast[atom].name.symbol)]);
        for term in &ast[ast[atom].terms] {
            self.out.push(' ');
            self.logic_term(term.kind);
        }
        self.out.push(')');
    }

    fn logic_term(&mut self, term: LogicTermKind) {
        match term {
            LogicTermKind::Variable(name) => self.words(&[self.text(name)]),
            LogicTermKind::Str(text) => self.quoted(text),
            LogicTermKind::Int(value) => self.number(value),
            LogicTermKind::Value(value) => self.expr(value),
        }
    }

    fn pattern(&mut self, pattern: PatternId) {
        let ast = self.ast;
        match ast[pattern].kind {
            PatternKind::Error => self.out.push_str("<error>"),
            PatternKind::Wildcard => self.out.push('_'),
            PatternKind::Ident(name) => self.words(&[self.text(name)]),
            PatternKind::Int(value) => self.number(value),
            PatternKind::Float(value) => self.number(value),
            PatternKind::Bool(value) => self.number(value),
            PatternKind::Str(text) => self.quoted(text),
            PatternKind::None => self.out.push_str("none"),
            PatternKind::Variant { name, args } => {
                self.words(&[self.text(name.symbol), "("]);
                for (index, arg) in ast[args].iter().enumerate() {
                    self.words(&[if index == 0 { "" } else { ", " }]);
                    self.pattern(*arg);
                }
                self.out.push(')');
            }
        }
    }

    fn ty(&mut self, ty: TypeId) {
        let ast = self.ast;
        match ast[ty].kind {
            TypeKind::Error => self.out.push_str("<error>"),
            TypeKind::Name(name) => self.words(&[self.text(name)]),
            TypeKind::Apply { name, args } => {
                self.words(&[self.text(name.symbol), "<"]);
                self.types(args);
                self.out.push('>');
            }
            TypeKind::Fun { params, result } => {
                self.out.push_str("fun(");
                self.types(params);
                self.out.push(')');
                if let Some(result) = result {
                    self.out.push_str(": ");
                    self.ty(result);
                }
            }
            TypeKind::Struct(fields) => self.field_decls(fields),
            TypeKind::Optional(inner) => {
                self.ty(inner);
                self.out.push('?');
            }
        }
    }

    fn types(&mut self, types: List<TypeId>) {
        let ast = self.ast;
        for (index, ty) in ast[types].iter().enumerate() {
            self.words(&[if index == 0 { "" } else { ", " }]);
            self.ty(*ty);
        }
    }

    fn field_decls(&mut self, fields: List<FieldDecl>) {
        let ast = self.ast;
        self.out.push('{');
        for (index, field) in ast[fields].iter().enumerate() {
            self.words(&[if index == 0 { "" } else { ", " }, self.text(field.name.symbol), ": "]);
            self.ty(field.ty);
        }
        self.out.push('}');
    }
}

/// How an operator with a left operand is called.
fn operator(kind: ExprKind) -> &'static str {
    match kind {
        ExprKind::Binary { op, .. } => op.text(),
        ExprKind::Call { .. } => "call",
        ExprKind::Index { .. } => "index",
        ExprKind::Slice { .. } => "slice",
        ExprKind::Field { .. } => ".",
        ExprKind::SafeField { .. } => "?.",
        ExprKind::SafeIndex { .. } => "?index",
        ExprKind::Cast { .. } => "as",
        _ => unreachable!("only these have a left operand"),
    }
}
