//! The typed program in, readable text out, for `mochi dump --stage hir`.
//!
//! A statement is a line, blocks are indented, an expression is `(operator operands…)`. Variables carry their number, since
//! names repeat; conversions are written out, since that is what the checker has added; a declaration shows its type.

use crate::hir::{
    Agent, AgentStep, Atom, Body, Clause, ExprId, ExprKind, FunctionId, Hir, LocalId, Pattern,
    Place, Query, StmtId, StmtKind, Storage, Term,
};
use crate::types::TypeId;
use mochi_base::{Interner, Symbol};

/// The program as text: its functions, then its statements.
pub fn dump(hir: &Hir, interner: &Interner) -> String {
    let mut dump = Dump { hir, interner, out: String::new(), indent: 0 };
    for number in 0..hir.functions.len() {
        dump.function(FunctionId(number as u32));
    }
    for agent in &hir.agents {
        dump.agent(agent);
    }
    dump.statements(&hir.main);
    dump.out
}

struct Dump<'a> {
    hir: &'a Hir,
    interner: &'a Interner,
    out: String,
    indent: usize,
}

impl Dump<'_> {
    fn line(&mut self, text: &str) {
        self.out.extend(std::iter::repeat_n("  ", self.indent));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn text(&self, symbol: Symbol) -> &str {
        self.interner.resolve(symbol)
    }

    fn ty(&self, ty: TypeId) -> String {
        self.hir.types.show(ty, self.interner)
    }

    fn local(&self, local: LocalId) -> String {
        format!("{}.{}", self.text(self.hir[local].name), local.0)
    }

    /// A variable where it is declared.
    fn declared(&self, local: LocalId) -> String {
        let storage = match self.hir[local].storage {
            Storage::Value => "",
            Storage::Cell => " cell",
            Storage::Global => " global",
        };
        format!("{}: {}{storage}", self.local(local), self.ty(self.hir[local].ty))
    }

    fn function_name(&self, function: FunctionId) -> String {
        format!("{}.fun{}", self.text(self.hir[function].name), function.0)
    }

    fn function(&mut self, id: FunctionId) {
        let function = &self.hir[id];
        let params: Vec<String> =
            function.params.iter().map(|&param| self.declared(param)).collect();
        let captures: Vec<String> =
            function.captures.iter().map(|&local| self.local(local)).collect();
        let captures = if captures.is_empty() {
            String::new()
        } else {
            format!(" captures {}", captures.join(" "))
        };
        let head = format!(
            "(fun {} ({}): {}{captures}",
            self.function_name(id),
            params.join(", "),
            self.ty(function.result)
        );
        match &function.body {
            Body::Extern => self.line(&format!("{head} extern)")),
            Body::Expr(expr) => {
                let value = self.expr(*expr);
                self.line(&format!("{head} {value})"));
            }
            Body::Block(block) => self.block(&head, block, ")"),
        }
    }

    fn statements(&mut self, statements: &[StmtId]) {
        for &statement in statements {
            self.statement(statement);
        }
    }

    fn block(&mut self, head: &str, statements: &[StmtId], end: &str) {
        self.line(head);
        self.indent += 1;
        self.statements(statements);
        self.indent -= 1;
        self.line(end);
    }

    fn atom(&self, atom: &Atom) -> String {
        let mut text = format!("({}", self.text(self.hir[atom.predicate].name));
        for &term in &atom.terms {
            text.push(' ');
            text.push_str(&self.term(term));
        }
        text.push(')');
        text
    }

    fn term(&self, term: Term) -> String {
        match term {
            Term::Variable(number) => format!("?{number}"),
            Term::Value(value) => self.expr(value),
        }
    }

    fn agent(&mut self, agent: &Agent) {
        let name = self.text(self.hir.types.struct_type(agent.state).name);
        let head = format!("(agent {name} {}", self.local(agent.receiver));
        self.line(&head);
        self.indent += 1;
        for step in &agent.steps {
            match step {
                AgentStep::Field(field, value) => {
                    let text = format!("(field {field} {})", self.expr(*value));
                    self.line(&text);
                }
                AgentStep::Stmt(stmt) => self.statement(*stmt),
            }
        }
        self.indent -= 1;
        self.line(")");
    }

    fn statement(&mut self, id: StmtId) {
        match &self.hir[id].kind {
            StmtKind::Let(local, value) => {
                let text = format!("(let {} {})", self.declared(*local), self.expr(*value));
                self.line(&text);
            }
            StmtKind::Assign(place, value) => {
                let text = format!("(set {} {})", self.place(place), self.expr(*value));
                self.line(&text);
            }
            StmtKind::Expr(expr) => {
                let text = self.expr(*expr);
                self.line(&text);
            }
            StmtKind::If { cond, then, otherwise } => {
                let head = format!("(if {}", self.expr(*cond));
                if otherwise.is_empty() {
                    self.block(&head, then, ")");
                } else {
                    self.block(&head, then, "else");
                    self.indent += 1;
                    self.statements(otherwise);
                    self.indent -= 1;
                    self.line(")");
                }
            }
            StmtKind::While { cond, body } => {
                self.block(&format!("(while {}", self.expr(*cond)), body, ")")
            }
            StmtKind::ForRange { var, start, end, body } => {
                let head = format!(
                    "(for {} from {} to {}",
                    self.declared(*var),
                    self.expr(*start),
                    self.expr(*end)
                );
                self.block(&head, body, ")");
            }
            StmtKind::ForIn { var, source, body } => {
                let head = format!("(for {} in {}", self.declared(*var), self.expr(*source));
                self.block(&head, body, ")");
            }
            StmtKind::Break => self.line("(break)"),
            StmtKind::Continue => self.line("(continue)"),
            StmtKind::Return(None) => self.line("(return)"),
            StmtKind::Return(Some(value)) => {
                let text = format!("(return {})", self.expr(*value));
                self.line(&text);
            }
            StmtKind::Test { name, body } => {
                self.block(&format!("(test {:?}", self.text(*name)), body, ")")
            }
            StmtKind::Bench { name, body } => {
                self.block(&format!("(bench {:?}", self.text(*name)), body, ")")
            }
            StmtKind::Expect(expr) => {
                let text = format!("(expect {})", self.expr(*expr));
                self.line(&text);
            }
            StmtKind::Block(body) => self.block("(block", body, ")"),
            StmtKind::Emit { stream: _, event } => {
                let text = self.form("emit", &[*event]);
                self.line(&text);
            }
            StmtKind::On { stream, handler } => {
                let stream = self.text(self.hir.types.struct_type(*stream).name);
                let text = format!("(on {stream} {})", self.expr(*handler));
                self.line(&text);
            }
            StmtKind::Fact(predicate, terms) => {
                let name = self.text(self.hir[*predicate].name);
                let text = self.form(&format!("fact {name}"), terms);
                self.line(&text);
            }
            StmtKind::Rule(rule) => {
                let rule = &self.hir[*rule];
                let mut text = format!("(rule {}", self.atom(&rule.head));
                for atom in &rule.body {
                    text.push_str(&format!(" {}", self.atom(atom)));
                }
                for &(a, b) in &rule.different {
                    text.push_str(&format!(" (ne {} {})", self.term(a), self.term(b)));
                }
                text.push(')');
                self.line(&text);
            }
            StmtKind::Unsupported(what) => self.line(&format!("(unsupported {what:?})")),
        }
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Local(local) => self.local(*local),
            Place::Field(base, field) => format!("(field {field} {})", self.expr(*base)),
            Place::AnyField(base, name) => {
                format!("(field {} {})", self.text(*name), self.expr(*base))
            }
            Place::Index(base, index) => self.form("index", &[*base, *index]),
        }
    }

    /// `(name operands…)`.
    fn form(&self, name: &str, operands: &[ExprId]) -> String {
        let mut text = format!("({name}");
        for &operand in operands {
            text.push(' ');
            text.push_str(&self.expr(operand));
        }
        text.push(')');
        text
    }

    fn optional(&self, operand: Option<ExprId>) -> String {
        operand.map_or_else(|| String::from("_"), |operand| self.expr(operand))
    }

    fn expr(&self, id: ExprId) -> String {
        let expr = &self.hir[id];
        match &expr.kind {
            ExprKind::Int(value) => value.to_string(),
            ExprKind::Float(value) => format!("{value:?}"),
            ExprKind::Bool(value) => value.to_string(),
            ExprKind::Str(text) => format!("{:?}", self.text(*text)),
            ExprKind::None => String::from("none"),
            ExprKind::Unit => String::from("()"),
            ExprKind::Unreachable => String::from("(unreachable)"),
            ExprKind::Unsupported(what) => format!("(unsupported {what:?})"),
            ExprKind::Local(local) => self.local(*local),
            ExprKind::Function(function, type_args) => {
                self.function_name(*function) + &self.type_args(type_args)
            }
            ExprKind::Closure(function) => format!("(closure {})", self.function_name(*function)),
            ExprKind::Call { function, type_args, args } => self.form(
                &format!("call {}{}", self.function_name(*function), self.type_args(type_args)),
                args,
            ),
            ExprKind::CallValue { callee, args } => {
                self.form(&format!("call-value {}", self.expr(*callee)), args)
            }
            ExprKind::CallNested { local, type_args, args } => self.form(
                &format!("call-nested {}{}", self.local(*local), self.type_args(type_args)),
                args,
            ),
            ExprKind::CallBuiltin { builtin, args } => {
                self.form(&format!("{builtin:?}").to_lowercase(), args)
            }
            ExprKind::Partial { callee, args } => {
                self.form(&format!("partial {}", self.expr(*callee)), args)
            }
            ExprKind::Neg(operand) => self.form("neg", &[*operand]),
            ExprKind::Not(operand) => self.form("not", &[*operand]),
            ExprKind::Binary(op, left, right) => {
                self.form(&format!("{op:?}").to_lowercase(), &[*left, *right])
            }
            ExprKind::And(left, right) => self.form("and", &[*left, *right]),
            ExprKind::Or(left, right) => self.form("or", &[*left, *right]),
            ExprKind::Coalesce(left, right) => self.form("coalesce", &[*left, *right]),
            ExprKind::If { cond, then, otherwise } => self.form("if", &[*cond, *then, *otherwise]),
            ExprKind::Match { scrutinee, arms } => {
                let arms: Vec<String> = arms
                    .iter()
                    .map(|arm| {
                        format!(" ({} => {})", self.pattern(&arm.pattern), self.expr(arm.body))
                    })
                    .collect();
                format!("(match {}{})", self.expr(*scrutinee), arms.concat())
            }
            ExprKind::List(items) => self.form(&self.ty(expr.ty), items),
            ExprKind::Map(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!(" ({} {})", self.expr(*key), self.expr(*value)))
                    .collect();
                format!("({}{})", self.ty(expr.ty), entries.concat())
            }
            ExprKind::Struct(_, fields) => self.form(&format!("new {}", self.ty(expr.ty)), fields),
            ExprKind::Agent(_, given) => {
                let given: Vec<String> = given
                    .iter()
                    .map(|(field, value)| format!(" ({field} {})", self.expr(*value)))
                    .collect();
                format!("(new {}{})", self.ty(expr.ty), given.concat())
            }
            ExprKind::Field(base, field) => format!("(field {field} {})", self.expr(*base)),
            ExprKind::AnyField(base, name) => {
                format!("(field {} {})", self.text(*name), self.expr(*base))
            }
            ExprKind::SafeField(base, field) => {
                format!("(safe-field {field} {})", self.expr(*base))
            }
            ExprKind::GroupKey(group) => self.form("group-key", &[*group]),
            ExprKind::Index(base, index) => self.form("index", &[*base, *index]),
            ExprKind::MapGet(base, index) => self.form("map-get", &[*base, *index]),
            ExprKind::MapIndex(base, index) => self.form("map-index", &[*base, *index]),
            ExprKind::SafeIndex(base, index) => self.form("safe-index", &[*base, *index]),
            ExprKind::Slice { base, start, end, step } => {
                let bounds = [start, end, step].map(|bound| self.optional(*bound));
                format!("(slice {} {})", self.expr(*base), bounds.join(" "))
            }
            ExprKind::Convert(convert, operand) => {
                let name = format!("{convert:?}").to_lowercase();
                format!("({name}:{} {})", self.ty(expr.ty), self.expr(*operand))
            }
            ExprKind::Query(query) => self.query(&self.hir[*query]),
            ExprKind::LogicQuery(query) => {
                let names: Vec<&str> = query.names.iter().map(|&name| self.text(name)).collect();
                format!("(query {} ({}))", self.atom(&query.atom), names.join(" "))
            }
            ExprKind::Load { path, options } => {
                let path = path.map_or("-", |path| self.text(path));
                format!("(load {path:?}: {} {})", self.ty(expr.ty), self.optional(*options))
            }
            ExprKind::Save { source, path, options } => {
                let path = path.map_or("-", |path| self.text(path));
                format!("(save {path:?} {} {})", self.expr(*source), self.optional(*options))
            }
            ExprKind::Block(statements, value) => {
                let mut inner = Dump {
                    hir: self.hir,
                    interner: self.interner,
                    out: String::new(),
                    indent: self.indent + 1,
                };
                inner.statements(statements);
                format!(
                    "(block\n{}{}{})",
                    inner.out,
                    "  ".repeat(self.indent + 1),
                    self.expr(*value)
                )
            }
        }
    }

    fn type_args(&self, type_args: &[TypeId]) -> String {
        let shown: Vec<String> = type_args.iter().map(|&ty| self.ty(ty)).collect();
        if shown.is_empty() { String::new() } else { format!("<{}>", shown.join(", ")) }
    }

    fn pattern(&self, pattern: &Pattern) -> String {
        match pattern {
            Pattern::Wildcard => String::from("_"),
            Pattern::Bind(local) => self.declared(*local),
            Pattern::Value(value) => self.expr(*value),
            Pattern::Struct(id, fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|field| format!(" {}", self.pattern(field))).collect();
                format!("({}{})", self.text(self.hir.types.struct_type(*id).name), fields.concat())
            }
        }
    }

    fn query(&self, query: &Query) -> String {
        let clauses: Vec<String> = query.clauses.iter().map(|clause| self.clause(clause)).collect();
        let select = if query.distinct { "select distinct" } else { "select" };
        let aggregate = query
            .aggregate
            .map_or_else(String::new, |builtin| format!(" {builtin:?}").to_lowercase());
        format!("(query {} ({select}{aggregate} {}))", clauses.join(" "), self.expr(query.select))
    }

    fn clause(&self, clause: &Clause) -> String {
        match clause {
            Clause::From { var, source } => {
                format!("(from {} {})", self.declared(*var), self.expr(*source))
            }
            Clause::Join { kind, var, source, on, optional } => {
                let optional: Vec<String> = optional
                    .iter()
                    .map(|(before, behind)| {
                        format!(" ({} -> {})", self.local(*before), self.declared(*behind))
                    })
                    .collect();
                let kind = format!("{kind:?}").to_lowercase();
                let (source, on) = (self.expr(*source), self.expr(*on));
                format!("({kind}-join {} {source} {on}{})", self.declared(*var), optional.concat())
            }
            Clause::Where(condition) => self.form("where", &[*condition]),
            Clause::GroupBy { keys, into, having } => {
                let keys: Vec<String> = keys.iter().map(|&key| self.expr(key)).collect();
                format!(
                    "(group {} {} (having {}))",
                    keys.join(" "),
                    self.declared(*into),
                    self.optional(*having)
                )
            }
            Clause::Sort(keys) => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|key| {
                        format!(
                            " ({}{})",
                            if key.descending { "down " } else { "" },
                            self.expr(key.key)
                        )
                    })
                    .collect();
                format!("(sort{})", keys.concat())
            }
            Clause::Skip(count) => self.form("skip", &[*count]),
            Clause::Take(count) => self.form("take", &[*count]),
        }
    }
}
