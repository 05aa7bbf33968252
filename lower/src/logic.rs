//! Facts, rules and questions: data that the runtime's solver is handed when the statement is executed.
//!
//! An atom is written as `predicate, number of terms, terms`. A term is a variable's number, or `-1 - k` for value `k` of
//! the list that goes with it. A rule is `number of variables, head, number of atoms, atoms, number of inequalities, pairs of
//! terms`; a question is an atom.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_hir::hir::{Atom, ExprId, LogicQuery, PredicateId, RuleId, Term};
use mochi_hir::types::TypeId;
use mochi_ir::op::Op;
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// An atom or rule being written.
#[derive(Default)]
struct Code {
    numbers: Vec<i64>,
    values: Vec<ExprId>,
}

impl Code {
    fn count(&mut self, count: usize) {
        self.numbers.push(count as i64);
    }

    fn term(&mut self, term: Term) {
        self.numbers.push(match term {
            Term::Variable(number) => i64::from(number),
            Term::Value(value) => {
                self.values.push(value);
                -(self.values.len() as i64)
            }
        });
    }

    fn atom(&mut self, atom: &Atom) {
        self.numbers.push(i64::from(atom.predicate.0));
        self.count(atom.terms.len());
        atom.terms.iter().for_each(|&term| self.term(term));
    }
}

impl FunctionLowering<'_, '_> {
    pub(crate) fn fact(&mut self, predicate: PredicateId, terms: &[ExprId]) -> Option<()> {
        let span = self.builder.span;
        let terms = self.exprs(terms)?;
        self.at(span);
        let terms = self.list_of(&terms, Type::ListAny);
        let predicate = self.builder.i64(i64::from(predicate.0));
        self.runtime_effect(RuntimeFunction::LogicFact, &[predicate, terms]);
        Some(())
    }

    pub(crate) fn rule(&mut self, rule: RuleId) -> Option<()> {
        let rule = &self.hir[rule];
        let mut code = Code::default();
        code.numbers.push(i64::from(rule.variables));
        code.atom(&rule.head);
        code.count(rule.body.len());
        rule.body.iter().for_each(|atom| code.atom(atom));
        code.count(rule.different.len());
        for &(a, b) in &rule.different {
            code.term(a);
            code.term(b);
        }
        let [code, values] = self.code(&code)?;
        self.runtime_effect(RuntimeFunction::LogicRule, &[code, values]);
        Some(())
    }

    pub(crate) fn logic_query(&mut self, query: &LogicQuery, id: ExprId) -> Option<Value> {
        let mut code = Code::default();
        code.atom(&query.atom);
        self.at(self.hir[id].span);
        let [code, values] = self.code(&code)?;
        let names: Vec<Value> = query.names.iter().map(|&name| self.symbol(name)).collect();
        let names = self.list_of(&names, Type::ListRef);
        let answer = self.cx.types.map(TypeId::STRING, TypeId::ANY);
        let watched = self.cx.cycles.is_cyclic(&self.cx.types, answer);
        let watched = self.builder.bool(watched);
        let rows = Type::list_of(Rep::Ref);
        Some(self.runtime(RuntimeFunction::LogicQuery, &[code, values, names, watched], rows))
    }

    /// The numbers and the values of an atom or rule as lists.
    fn code(&mut self, code: &Code) -> Option<[Value; 2]> {
        let span = self.builder.span;
        let values = self.exprs(&code.values)?;
        self.at(span);
        let numbers: Vec<Value> = code.numbers.iter().map(|&n| self.builder.i64(n)).collect();
        let numbers = self.list_of(&numbers, Type::ListI64);
        Some([numbers, self.list_of(&values, Type::ListAny)])
    }

    fn list_of(&mut self, items: &[Value], ty: Type) -> Value {
        let (first, rest) = items.split_at(items.len().min(Self::LARGE_LITERAL));
        let mut list = self.builder.emit(Op::ListOf, first, 0, ty);
        for &item in rest {
            list = self.builder.emit(Op::ListPush, &[list, item], 0, ty);
        }
        list
    }
}
