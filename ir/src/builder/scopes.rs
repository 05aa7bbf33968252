//! Which facts hold where: the facts of all values, and the *scopes* in which branches have added to them.
//!
//! A scope begins where a branch tells something, and its facts hold in all blocks that it dominates: there its branch has
//! been taken on every path, and none of the values can have been defined anew since (their definitions dominate the
//! scope). Scopes form a tree. A block with one edge to it is in the scope at the end of that edge's source; a block with
//! more in the innermost scope around all of them.
//!
//! The table of facts is that of the current scope: going to another one undoes what the scopes added that are left,
//! and does what those add that are entered. Blocks are built in the order of structured source, so both are short walks.

use crate::facts::Fact;
use crate::program::Value;

/// A scope; 0 is the whole function.
pub(super) type Scope = u32;

#[derive(Debug)]
struct ScopeData {
    parent: Scope,
    depth: u32,
    /// A scope further out, at a depth that is the same for all scopes as deep as this one (Myers, An applicative
    /// random-access stack, 1983): so the way out is logarithmic, however long a chain of branches is.
    jump: Scope,
    /// A value, and its fact inside (while the scope is left) or outside (while it is entered).
    value: Value,
    other: Fact,
}

/// The facts of a function's values.
#[derive(Debug)]
pub(super) struct Scopes {
    facts: Vec<Fact>,
    scopes: Vec<ScopeData>,
    current: Scope,
    /// The scopes to enter, from the inside out.
    path: Vec<Scope>,
}

impl Scopes {
    pub(super) fn new() -> Scopes {
        let root =
            ScopeData { parent: 0, depth: 0, jump: 0, value: Value(0), other: Fact::Unknown };
        Scopes { facts: Vec::new(), scopes: vec![root], current: 0, path: Vec::new() }
    }

    /// The next value is defined, and this is known of it everywhere.
    pub(super) fn define(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    /// More is known of a value everywhere, because it is defined here.
    pub(super) fn learn(&mut self, value: Value, fact: Fact) {
        self.facts[value.index()] = fact;
    }

    /// What is known of a value here.
    pub(super) fn fact(&self, value: Value) -> Fact {
        self.facts[value.index()]
    }

    /// The scope here.
    pub(super) fn current(&self) -> Scope {
        self.current
    }

    /// From here on this is known of a value.
    pub(super) fn refine(&mut self, value: Value, fact: Fact) {
        let outside = self.facts[value.index()];
        if outside == fact {
            return;
        }
        self.facts[value.index()] = fact;
        let depth = self.depth(self.current) + 1;
        let jump = self.scopes[self.current as usize].jump;
        let second = self.scopes[jump as usize].jump;
        let same_length =
            self.depth(self.current) - self.depth(jump) == self.depth(jump) - self.depth(second);
        let jump = if same_length { second } else { self.current };
        self.scopes.push(ScopeData { parent: self.current, depth, jump, value, other: outside });
        self.current = self.scopes.len() as u32 - 1;
    }

    fn depth(&self, scope: Scope) -> u32 {
        self.scopes[scope as usize].depth
    }

    /// The scope around this one that is so deep.
    fn outwards(&self, mut scope: Scope, depth: u32) -> Scope {
        while self.depth(scope) > depth {
            let data = &self.scopes[scope as usize];
            scope = if self.depth(data.jump) >= depth { data.jump } else { data.parent };
        }
        scope
    }

    /// The innermost scope around both.
    pub(super) fn common(&self, a: Scope, b: Scope) -> Scope {
        let depth = self.depth(a).min(self.depth(b));
        let (mut a, mut b) = (self.outwards(a, depth), self.outwards(b, depth));
        while a != b {
            let (over_a, over_b) = (&self.scopes[a as usize], &self.scopes[b as usize]);
            (a, b) = if over_a.jump == over_b.jump {
                (over_a.parent, over_b.parent)
            } else {
                (over_a.jump, over_b.jump)
            };
        }
        a
    }

    /// Makes the table that of another scope.
    pub(super) fn go_to(&mut self, scope: Scope) {
        let common = self.common(self.current, scope);
        while self.current != common {
            self.swap(self.current);
            self.current = self.scopes[self.current as usize].parent;
        }
        let mut path = std::mem::take(&mut self.path);
        let mut inner = scope;
        while inner != common {
            path.push(inner);
            inner = self.scopes[inner as usize].parent;
        }
        for &inner in path.iter().rev() {
            self.swap(inner);
        }
        path.clear();
        self.path = path;
        self.current = scope;
    }

    fn swap(&mut self, scope: Scope) {
        let data = &mut self.scopes[scope as usize];
        std::mem::swap(&mut self.facts[data.value.index()], &mut data.other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition: one step outwards at a time.
    fn plain_common(scopes: &Scopes, mut a: Scope, mut b: Scope) -> Scope {
        while a != b {
            if scopes.depth(a) >= scopes.depth(b) {
                a = scopes.scopes[a as usize].parent;
            } else {
                b = scopes.scopes[b as usize].parent;
            }
        }
        a
    }

    #[test]
    fn jumps_find_the_scope_around_both() {
        let mut scopes = Scopes::new();
        for value in 0..300 {
            scopes.define(Fact::Unknown);
            // A tree with long and short branches.
            let from = match value % 7 {
                0 => 0,
                3 => scopes.current() / 2,
                _ => scopes.current(),
            };
            scopes.go_to(from);
            scopes.refine(Value(value), Fact::Ints { lo: 0, hi: 1 });
        }
        for a in 0..300 {
            for b in 0..300 {
                assert_eq!(scopes.common(a, b), plain_common(&scopes, a, b), "{a} and {b}");
            }
        }
    }
}
