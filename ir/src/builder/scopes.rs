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
        let root = ScopeData { parent: 0, depth: 0, value: Value(0), other: Fact::Unknown };
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
        let depth = self.scopes[self.current as usize].depth + 1;
        self.scopes.push(ScopeData { parent: self.current, depth, value, other: outside });
        self.current = self.scopes.len() as u32 - 1;
    }

    /// The innermost scope around both.
    pub(super) fn common(&self, mut a: Scope, mut b: Scope) -> Scope {
        while a != b {
            let (over_a, over_b) = (&self.scopes[a as usize], &self.scopes[b as usize]);
            if over_a.depth >= over_b.depth {
                a = over_a.parent;
            } else {
                b = over_b.parent;
            }
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
