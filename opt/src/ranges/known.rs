//! What is known at the place that a walk has come to: intervals, and differences between *quantities*. A quantity is an int of
//! the function or the length of one of its lists or strings. What is learnt behind a mark can be taken back.

use mochi_abi::functions::RuntimeFunction;
use mochi_ir::facts::{self, Fact, Relation};
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Function, Inst, Value};
use mochi_ir::types::Type;

/// A quantity: a value by its number, or the length of one by that and how many values there are. A value that
/// *is* the length of another is that length.
pub(super) type Quantity = u32;

const NONE: u32 = u32::MAX;

/// How many steps a proof takes at most, and how deep it goes: what is true of programs that people write takes few.
const STEPS: u32 = 40;
const DEEPEST: u32 = 6;
/// Through how many `bool.not` a condition is followed.
const NEGATIONS: usize = 4;

/// `from <= to + by`.
#[derive(Debug, Clone, Copy)]
struct Difference {
    to: Quantity,
    by: i64,
    /// The next one of the same `from`.
    next: u32,
}

#[derive(Debug, Clone, Copy)]
enum Undo {
    Fact(Quantity, Fact),
    /// The first difference of a quantity.
    First(Quantity, u32),
}

/// See the file's header.
pub(super) struct Known<'f> {
    function: &'f Function,
    /// By value the instruction that defines it; [`NONE`] for parameters.
    defined: Vec<u32>,
    /// By value the quantity that it is.
    quantity: Vec<Quantity>,
    /// By quantity.
    facts: Vec<Fact>,
    first: Vec<u32>,
    differences: Vec<Difference>,
    undo: Vec<Undo>,
    /// By type whether the length of a value does not change.
    keeps_length: [bool; Type::ALL.len()],
}

impl<'f> Known<'f> {
    pub(super) fn new(function: &'f Function, growing: &[bool]) -> Known<'f> {
        let count = function.values.len();
        let mut keeps_length = [false; Type::ALL.len()];
        for ty in Type::ALL {
            let has_length = ty.item_rep().is_some() || ty == Type::Str;
            keeps_length[ty as usize] = has_length && !growing[ty as usize];
        }
        let mut known = Known {
            function,
            defined: vec![NONE; count],
            quantity: (0..count as u32).collect(),
            facts: Vec::with_capacity(2 * count),
            first: vec![NONE; 2 * count],
            differences: Vec::new(),
            undo: Vec::new(),
            keeps_length,
        };
        for (at, inst) in function.insts.iter().enumerate() {
            let Some(result) = inst.result else { continue };
            known.defined[result.index()] = at as u32;
            let is_length = inst.op == Op::ListLen
                || inst.op == Op::CallRuntime && inst.runtime() == RuntimeFunction::StrLen;
            if is_length && let Some(length) = known.length(function.args(inst)[0]) {
                known.quantity[result.index()] = length;
            }
        }
        known.set_facts();
        known
    }

    fn set_facts(&mut self) {
        self.facts.clear();
        self.facts.extend(self.function.values.iter().map(|&ty| Fact::of(ty)));
        self.facts.resize(2 * self.function.values.len(), Fact::LENGTH);
    }

    /// Forgets all that has been learnt.
    pub(super) fn forget(&mut self) {
        self.set_facts();
        self.first.fill(NONE);
        self.differences.clear();
        self.undo.clear();
    }

    pub(super) fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Takes back what has been learnt since a mark, but for what values are from their definitions.
    pub(super) fn take_back(&mut self, mark: usize) {
        for undo in self.undo.drain(mark..).rev() {
            match undo {
                Undo::Fact(quantity, fact) => self.facts[quantity as usize] = fact,
                Undo::First(quantity, first) => self.first[quantity as usize] = first,
            }
        }
    }

    /// The length of a list or string, unless it can change.
    pub(super) fn length(&self, value: Value) -> Option<Quantity> {
        let keeps = self.keeps_length[self.function.ty(value) as usize];
        keeps.then(|| value.0 + self.function.values.len() as u32)
    }

    pub(super) fn quantity(&self, value: Value) -> Quantity {
        self.quantity[value.index()]
    }

    /// The instruction that defines a value; none for a parameter.
    pub(super) fn definition(&self, value: Value) -> Option<&'f Inst> {
        self.function.insts.get(self.defined[value.index()] as usize)
    }

    pub(super) fn fact(&self, value: Value) -> Fact {
        self.facts[self.quantity(value) as usize]
    }

    pub(super) fn length_fact(&self, list: Value) -> Fact {
        self.length(list).map_or(Fact::LENGTH, |length| self.facts[length as usize])
    }

    /// A value is defined here, and this is known of it wherever it is used.
    pub(super) fn define(&mut self, value: Value, fact: Fact) {
        let quantity = self.quantity(value);
        self.facts[quantity as usize] = fact;
    }

    /// A list is defined here, and this is known of its length.
    pub(super) fn define_length(&mut self, list: Value, fact: Fact) {
        if let Some(length) = self.length(list) {
            self.facts[length as usize] = fact.and(Fact::LENGTH);
        }
    }

    /// More is known of a value from here on.
    pub(super) fn refine(&mut self, value: Value, fact: Fact) {
        self.refine_quantity(self.quantity(value), fact);
    }

    fn refine_quantity(&mut self, quantity: Quantity, fact: Fact) {
        let before = self.facts[quantity as usize];
        let after = before.and(fact);
        if after != before {
            self.undo.push(Undo::Fact(quantity, before));
            self.facts[quantity as usize] = after;
        }
    }

    /// From here on `from <= to + by`.
    pub(super) fn at_most(&mut self, from: Quantity, to: Quantity, by: i64) {
        let first = &mut self.first[from as usize];
        self.undo.push(Undo::First(from, *first));
        self.differences.push(Difference { to, by, next: *first });
        *first = self.differences.len() as u32 - 1;
    }

    /// From here on an index is smaller than the length of a list, because an access with it has not trapped.
    pub(super) fn below_length(&mut self, index: Value, list: Value) {
        if let Some(length) = self.length(list) {
            self.at_most(self.quantity(index), length, -1);
            self.refine_quantity(length, Fact::Ints { lo: 1, hi: i64::MAX });
        }
    }

    pub(super) fn is_below_length(&self, index: Value, list: Value) -> bool {
        self.length(list).is_some_and(|length| self.is_at_most(self.quantity(index), length, -1))
    }

    /// What holds where a condition has turned out so.
    pub(super) fn learn_condition(&mut self, condition: Value, holds: bool) {
        let (mut condition, mut holds) = (condition, holds);
        for _ in 0..NEGATIONS {
            self.refine(condition, Fact::int(i64::from(holds)));
            let Some(inst) = self.definition(condition) else { return };
            match (inst.op, self.function.args(inst)) {
                (Op::BoolNot, &[other]) => (condition, holds) = (other, !holds),
                (Op::I64Cmp, &[a, b]) => {
                    let given = if holds { inst.condition() } else { inst.condition().inverted() };
                    return self.learn_relation(given, a, b);
                }
                _ => return,
            }
        }
    }

    fn learn_relation(&mut self, given: Condition, a: Value, b: Value) {
        let relation = Relation::given(given, self.fact(a), self.fact(b));
        self.refine(a, relation.a);
        self.refine(b, relation.b);
        let (a, b) = (self.quantity(a), self.quantity(b));
        match given {
            Condition::Lt => self.at_most(a, b, -1),
            Condition::Le => self.at_most(a, b, 0),
            Condition::Gt => self.at_most(b, a, -1),
            Condition::Ge => self.at_most(b, a, 0),
            Condition::Eq => {
                self.at_most(a, b, 0);
                self.at_most(b, a, 0);
            }
            Condition::Ne => {}
        }
    }

    /// Whether a comparison is decided, and how.
    pub(super) fn decide(&self, condition: Condition, a: Value, b: Value) -> Option<bool> {
        if let Some(holds) = facts::comparison(condition, self.fact(a), self.fact(b)) {
            return Some(holds);
        }
        let (a, b) = (self.quantity(a), self.quantity(b));
        let below = |a, b| self.is_at_most(a, b, -1);
        let at_most = |a, b| self.is_at_most(a, b, 0);
        match condition {
            Condition::Lt if below(a, b) => Some(true),
            Condition::Lt if at_most(b, a) => Some(false),
            Condition::Le if at_most(a, b) => Some(true),
            Condition::Le if below(b, a) => Some(false),
            Condition::Gt if below(b, a) => Some(true),
            Condition::Gt if at_most(a, b) => Some(false),
            Condition::Ge if at_most(b, a) => Some(true),
            Condition::Ge if below(a, b) => Some(false),
            Condition::Eq if below(a, b) || below(b, a) => Some(false),
            Condition::Ne if below(a, b) || below(b, a) => Some(true),
            _ => None,
        }
    }

    /// Whether `a <= b + by` can be shown.
    pub(super) fn is_at_most(&self, a: Quantity, b: Quantity, by: i64) -> bool {
        let mut proof = Proof { known: self, steps: STEPS };
        proof.shows(a, b, i128::from(by), DEEPEST)
    }

    fn interval(&self, quantity: Quantity) -> (i128, i128) {
        let (lo, hi) = self.facts[quantity as usize].range();
        (lo.into(), hi.into())
    }

    /// The list or string whose length a quantity is.
    fn measured(&self, quantity: Quantity) -> Option<Value> {
        quantity.checked_sub(self.function.values.len() as u32).map(Value)
    }
}

/// A search for a path of differences.
struct Proof<'k, 'f> {
    known: &'k Known<'f>,
    steps: u32,
}

impl Proof<'_, '_> {
    /// Whether `a <= b + by`.
    fn shows(&mut self, a: Quantity, b: Quantity, by: i128, depth: u32) -> bool {
        if a == b && by >= 0 || self.known.interval(a).1 <= self.known.interval(b).0 + by {
            return true;
        }
        if depth == 0 || self.steps == 0 {
            return false;
        }
        self.steps -= 1;
        let mut next = self.known.first[a as usize];
        while next != NONE {
            let difference = self.known.differences[next as usize];
            if self.shows(difference.to, b, by - i128::from(difference.by), depth - 1) {
                return true;
            }
            next = difference.next;
        }
        self.shows_by_definition(a, b, by, depth - 1) || self.shows_by_other(a, b, by, depth - 1)
    }

    /// By what `a` is.
    fn shows_by_definition(&mut self, a: Quantity, b: Quantity, by: i128, depth: u32) -> bool {
        if let Some(list) = self.known.measured(a) {
            let grown = self.pushed_to(list);
            return grown.is_some_and(|shorter| self.shows(shorter, b, by - 1, depth));
        }
        let Some(inst) = self.known.definition(Value(a)) else { return false };
        let known = self.known;
        let (x, y) = match *known.function.args(inst) {
            [x, y] => (known.quantity(x), known.quantity(y)),
            _ => return false,
        };
        let ((x_lo, x_hi), (y_lo, y_hi)) = (known.interval(x), known.interval(y));
        match inst.op {
            Op::I64Add | Op::I64AddProved => {
                self.shows(x, b, by - y_hi, depth) || self.shows(y, b, by - x_hi, depth)
            }
            Op::I64Sub | Op::I64SubProved => self.shows(x, b, by + y_lo, depth),
            Op::I64Div | Op::I64DivProved => x_lo >= 0 && y_lo >= 1 && self.shows(x, b, by, depth),
            Op::I64Rem | Op::I64RemProved => {
                x_lo >= 0 && self.shows(x, b, by, depth)
                    || y_lo >= 1 && self.shows(y, b, by + 1, depth)
            }
            _ => false,
        }
    }

    /// By what `b` is.
    fn shows_by_other(&mut self, a: Quantity, b: Quantity, by: i128, depth: u32) -> bool {
        if let Some(list) = self.known.measured(b) {
            let grown = self.pushed_to(list);
            return grown.is_some_and(|shorter| self.shows(a, shorter, by + 1, depth));
        }
        let Some(inst) = self.known.definition(Value(b)) else { return false };
        let known = self.known;
        let (x, y) = match *known.function.args(inst) {
            [x, y] => (known.quantity(x), known.quantity(y)),
            _ => return false,
        };
        let ((x_lo, _), (y_lo, y_hi)) = (known.interval(x), known.interval(y));
        match inst.op {
            Op::I64Add | Op::I64AddProved => {
                self.shows(a, x, by + y_lo, depth) || self.shows(a, y, by + x_lo, depth)
            }
            Op::I64Sub | Op::I64SubProved => self.shows(a, x, by - y_hi, depth),
            _ => false,
        }
    }

    /// The length of the list that one more item made this one of.
    fn pushed_to(&self, list: Value) -> Option<Quantity> {
        let inst = self.known.definition(list).filter(|inst| inst.op == Op::ListPush)?;
        self.known.length(self.known.function.args(inst)[0])
    }
}
