//! What names mean where: one slot per name, and a log from which leaving a scope puts back what
//! the name meant before. Looking a name up is reading its slot.

use mochi_base::Symbol;

use super::Checker;
use crate::hir::{Builtin, FunctionId, LocalId};
use crate::types::StructId;

/// What a name means in the place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// Nothing.
    Unknown,
    Local(LocalId),
    Function(FunctionId),
    Builtin(Builtin),
    /// A variant of a union, as a constructor or, without fields, as a value.
    Variant(StructId),
    /// A field of the receiver, inside a method.
    ReceiverField(u32),
    /// A method of the receiver, inside a method.
    ReceiverMethod(FunctionId),
    /// A part of the key of the group that the local holds.
    GroupKeyPart(LocalId),
    /// An imported module or external object, by its place in the checker's list.
    Module(u32),
    /// Something external of any type.
    External,
}

/// Where the logs stood when a scope was opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScopeMark {
    names: usize,
    narrowings: usize,
    killed: usize,
}

impl Checker<'_> {
    #[inline]
    pub(super) fn lookup(&self, name: Symbol) -> Binding {
        self.names.get(name.0 as usize).copied().unwrap_or(Binding::Unknown)
    }

    /// Gives `name` a meaning until the innermost open scope is closed.
    pub(super) fn bind(&mut self, name: Symbol, binding: Binding) {
        let index = name.0 as usize;
        if index >= self.names.len() {
            self.names.resize(index + 1, Binding::Unknown);
        }
        self.name_log.push((name, self.names[index]));
        self.names[index] = binding;
    }

    pub(super) fn open_scope(&mut self) -> ScopeMark {
        ScopeMark {
            names: self.name_log.len(),
            narrowings: self.narrow_log.len(),
            killed: self.killed.len(),
        }
    }

    pub(super) fn close_scope(&mut self, mark: ScopeMark) {
        while self.name_log.len() > mark.names {
            let Some((name, before)) = self.name_log.pop() else { break };
            self.names[name.0 as usize] = before;
        }
        self.close_narrowings(mark.narrowings, mark.killed);
    }
}
