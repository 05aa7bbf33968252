//! Facts, rules and questions about what follows from them.
//!
//! Predicates have names of their own, the same everywhere in the program, and one number of terms. A bare name in a rule or a
//! question is a logic variable; in a fact, which has none, it is the program's own variable.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;

use super::Checker;
use crate::hir::{
    Atom, ExprId, ExprKind, LogicQuery, Predicate, PredicateId, Rule, RuleId, StmtKind, Term,
};
use crate::types::TypeId;

/// The variables of a rule or question, by their numbers.
#[derive(Debug, Default)]
struct Variables {
    /// Nameless ones are all different.
    names: Vec<Option<Symbol>>,
}

impl Variables {
    fn number(&mut self, name: Symbol) -> u32 {
        let named = Some(name).filter(|&name| name != known::UNDERSCORE);
        let known = named.and_then(|_| self.names.iter().position(|&other| other == named));
        known.unwrap_or_else(|| {
            self.names.push(named);
            self.names.len() - 1
        }) as u32
    }
}

impl Checker<'_> {
    /// Finds all predicates: each has as many terms as where it is first said.
    pub(super) fn declare_predicates(&mut self) {
        let ast = self.ast;
        let mut said: Vec<&ast::LogicAtom> = Vec::new();
        for statement in ast.stmts.iter() {
            if let ast::StmtKind::Fact(atom) | ast::StmtKind::Rule { head: atom, .. } =
                statement.kind
            {
                said.push(&ast[atom]);
            }
        }
        said.sort_by_key(|atom| atom.span.start);
        for atom in said {
            let next = PredicateId(self.hir.predicates.len() as u32);
            self.predicates.entry(atom.name.symbol).or_insert_with(|| {
                let arity = ast[atom.terms].len() as u32;
                self.hir.predicates.push(Predicate { name: atom.name.symbol, arity });
                (next, atom.name.span)
            });
        }
    }

    /// The predicate of an atom; `None`, reported, when there is none or it has another number of terms.
    fn predicate_of(&mut self, atom: &ast::LogicAtom) -> Option<PredicateId> {
        let text = self.name(atom.name.symbol).to_owned();
        let Some(&(id, first)) = self.predicates.get(&atom.name.symbol) else {
            let diagnostic = Diagnostic::new(
                Code::T070,
                atom.name.span,
                format!("there is no predicate `{text}`"),
            )
            .with_label("no fact and no rule is about it")
            .with_help(format!(
                "state it with `fact {text}(…)`, or define it with `rule {text}(…) :- …`"
            ));
            self.report(diagnostic);
            return None;
        };
        let (wanted, found) = (self.hir[id].arity, self.ast[atom.terms].len() as u32);
        if wanted == found {
            return Some(id);
        }
        let plural = if wanted == 1 { "term" } else { "terms" };
        let diagnostic = Diagnostic::new(
            Code::T071,
            atom.span,
            format!("`{text}` has {wanted} {plural}, found {found}"),
        )
        .with_label(format!("{found} here"))
        .with_secondary(first, "said here first")
        .with_help("a predicate has the same number of terms everywhere; `_` stands for any value");
        self.report(diagnostic);
        None
    }

    /// A term that is a value.
    fn term_value(&mut self, term: &ast::LogicTerm) -> ExprId {
        let value = match term.kind {
            ast::LogicTermKind::Variable(name) => self.ident(name, term.span),
            ast::LogicTermKind::Str(text) => {
                self.push(ExprKind::Str(text), TypeId::STRING, term.span)
            }
            ast::LogicTermKind::Int(value) => {
                self.push(ExprKind::Int(value), TypeId::INT, term.span)
            }
            ast::LogicTermKind::Value(value) => self.expr(value, None),
        };
        self.converted(value, TypeId::ANY)
    }

    fn term(&mut self, term: &ast::LogicTerm, variables: &mut Variables) -> Term {
        match term.kind {
            ast::LogicTermKind::Variable(name) => Term::Variable(variables.number(name)),
            _ => Term::Value(self.term_value(term)),
        }
    }

    fn atom(&mut self, id: ast::LogicAtomId, variables: &mut Variables) -> Option<Atom> {
        let ast = self.ast;
        let atom = &ast[id];
        let predicate = self.predicate_of(atom);
        let terms = ast[atom.terms].iter().map(|term| self.term(term, variables)).collect();
        Some(Atom { predicate: predicate?, terms })
    }

    pub(super) fn fact(&mut self, id: ast::LogicAtomId) -> Option<StmtKind> {
        let ast = self.ast;
        let atom = &ast[id];
        let predicate = self.predicate_of(atom);
        let terms = ast[atom.terms].iter().map(|term| self.term_value(term)).collect();
        Some(StmtKind::Fact(predicate?, terms))
    }

    pub(super) fn rule(
        &mut self,
        head: ast::LogicAtomId,
        body: &[ast::LogicCondition],
    ) -> Option<StmtKind> {
        let ast = self.ast;
        let mut variables = Variables::default();
        let mut atoms = Vec::new();
        let mut whole = true;
        for condition in body {
            if let ast::LogicCondition::Atom(id) = *condition {
                match self.atom(id, &mut variables) {
                    Some(atom) => atoms.push(atom),
                    None => whole = false,
                }
            }
        }
        // These are the variables that stand for something.
        let bound = variables.names.len() as u32;
        let mut different = Vec::new();
        for condition in body {
            if let ast::LogicCondition::NotEqual(left, right) = condition {
                let left = self.bound_term(left, &mut variables, bound);
                different.push((left, self.bound_term(right, &mut variables, bound)));
            }
        }
        let predicate = self.predicate_of(&ast[head]);
        let terms = ast[ast[head].terms]
            .iter()
            .map(|term| self.bound_term(term, &mut variables, bound))
            .collect();
        if !whole {
            return None;
        }
        let head = Atom { predicate: predicate?, terms };
        let id = RuleId(self.hir.rules.len() as u32);
        self.hir.rules.push(Rule { head, body: atoms, different, variables: bound });
        Some(StmtKind::Rule(id))
    }

    /// A term whose variable must be among the first `bound`.
    fn bound_term(&mut self, term: &ast::LogicTerm, variables: &mut Variables, bound: u32) -> Term {
        let found = self.term(term, variables);
        if let (Term::Variable(number), ast::LogicTermKind::Variable(name)) = (found, term.kind)
            && number >= bound
        {
            self.unbound(name, term.span);
        }
        found
    }

    fn unbound(&mut self, name: Symbol, span: Span) {
        let text = self.name(name).to_owned();
        let diagnostic =
            Diagnostic::new(Code::T072, span, format!("nothing says what `{text}` stands for"))
                .with_label("in no predicate of the rule's body")
                .with_help(if name == known::UNDERSCORE {
                    "name the variable, and use it in a predicate of the body".to_owned()
                } else {
                    format!("use `{text}` in a predicate of the body; for the variable of the program write `({text})`")
                });
        self.report(diagnostic);
    }

    pub(super) fn logic_query(&mut self, id: ast::LogicAtomId, span: Span) -> ExprId {
        let mut variables = Variables::default();
        let row = self.hir.types.map(TypeId::STRING, TypeId::ANY);
        let ty = self.hir.types.list(row);
        let Some(mut atom) = self.atom(id, &mut variables) else {
            return self.error_expr(span);
        };
        // What an answer tells comes first.
        let (told, hidden): (Vec<usize>, Vec<usize>) =
            (0..variables.names.len()).partition(|&number| variables.names[number].is_some());
        let names = told.iter().filter_map(|&number| variables.names[number]).collect();
        let mut numbers = vec![0; variables.names.len()];
        for (new, &old) in told.iter().chain(&hidden).enumerate() {
            numbers[old] = new as u32;
        }
        for term in &mut atom.terms {
            if let Term::Variable(number) = term {
                *number = numbers[*number as usize];
            }
        }
        self.push(ExprKind::LogicQuery(Box::new(LogicQuery { atom, names })), ty, span)
    }
}
