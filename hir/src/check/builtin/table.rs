//! The names of the builtin functions, and how many arguments each takes.

use crate::check::Checker;
use crate::check::scope::Binding;
use crate::hir::Builtin;

/// Name, function, fewest and most arguments, and whether every edition has it.
type Row = (&'static str, Builtin, usize, usize, bool);

pub(super) const ANY_NUMBER: usize = usize::MAX;

#[rustfmt::skip]
const BUILTINS: &[Row] = &[
    ("print", Builtin::Print, 0, ANY_NUMBER, true),
    ("len", Builtin::Len, 1, 1, true),
    ("append", Builtin::Append, 2, 2, true),
    ("concat", Builtin::Concat, 0, ANY_NUMBER, true),
    ("first", Builtin::First, 1, 1, true),
    ("reverse", Builtin::Reverse, 1, 1, true),
    ("distinct", Builtin::Distinct, 1, 1, true),
    ("push", Builtin::Push, 2, 2, true),
    ("keys", Builtin::Keys, 1, 1, true),
    ("values", Builtin::Values, 1, 1, true),
    ("collect", Builtin::Collect, 1, 1, true),
    ("range", Builtin::Range, 1, 3, true),
    ("now", Builtin::Now, 0, 0, true),
    ("json", Builtin::Json, 1, 1, true),
    ("to_json", Builtin::ToJson, 1, 1, true),
    ("str", Builtin::Str, 1, 1, true),
    ("int", Builtin::Int, 1, 1, true),
    ("float", Builtin::Float, 1, 1, true),
    ("bool", Builtin::Bool, 1, 1, true),
    ("bigint", Builtin::BigInt, 1, 1, true),
    ("bigrat", Builtin::BigRat, 1, 2, true),
    ("parseIntStr", Builtin::ParseIntStr, 2, 2, true),
    ("upper", Builtin::Upper, 1, 1, true),
    ("lower", Builtin::Lower, 1, 1, true),
    ("trim", Builtin::Trim, 1, 1, true),
    ("contains", Builtin::Contains, 2, 2, true),
    ("split", Builtin::Split, 2, 2, true),
    ("join", Builtin::Join, 2, 2, true),
    ("substring", Builtin::Substring, 3, 3, true),
    ("substr", Builtin::Substring, 3, 3, true),
    ("padStart", Builtin::PadStart, 3, 3, true),
    ("indexOf", Builtin::IndexOf, 2, 2, true),
    ("repeat", Builtin::Repeat, 2, 2, true),
    ("sha256", Builtin::Sha256, 1, 1, true),
    ("num", Builtin::Num, 1, 1, true),
    ("denom", Builtin::Denom, 1, 1, true),
    ("input", Builtin::Input, 0, 0, true),
    ("count", Builtin::Count, 1, 1, true),
    ("exists", Builtin::Exists, 1, 1, true),
    ("avg", Builtin::Avg, 1, 1, true),
    ("sum", Builtin::Sum, 1, 1, true),
    ("min", Builtin::Min, 1, 1, true),
    ("max", Builtin::Max, 1, 1, true),
    ("abs", Builtin::Abs, 1, 1, true),
    ("ceil", Builtin::Ceil, 1, 1, true),
    ("floor", Builtin::Floor, 1, 1, true),
    ("round", Builtin::Round, 2, 2, true),
    ("reduce", Builtin::Reduce, 3, 3, true),
    ("eval", Builtin::Eval, 1, 1, true),
    ("slice", Builtin::Slice, 3, 3, false),
    ("pow", Builtin::Pow, 2, 2, false),
    ("args", Builtin::Args, 0, 0, true),
    ("exit", Builtin::Exit, 0, 1, true),
    ("mem", Builtin::Mem, 0, 0, false),
    ("panic", Builtin::Panic, 1, 1, false),
    ("sqrt", Builtin::Sqrt, 1, 1, false),
    ("map", Builtin::Map, 2, 2, false),
    ("filter", Builtin::Filter, 2, 2, false),
    ("sort", Builtin::Sort, 1, 1, false),
    ("replace", Builtin::Replace, 3, 3, false),
    ("starts_with", Builtin::StartsWith, 2, 2, false),
    ("ends_with", Builtin::EndsWith, 2, 2, false),
    ("string", Builtin::Str, 1, 1, false),
    ("to_string", Builtin::Str, 1, 1, false),
    ("to_float", Builtin::Float, 1, 1, false),
    ("to_int", Builtin::Int, 1, 1, false),
    ("error", Builtin::Panic, 1, 1, false),
];

/// Whether a function of this name is built into edition 2025 only.
pub(in crate::check) fn is_of_2025(text: &str) -> bool {
    BUILTINS.iter().any(|&(name, .., always)| name == text && !always)
}

impl Checker<'_> {
    /// Whether this edition has a builtin of this name.
    pub(in crate::check) fn has_builtin(&self, text: &str) -> bool {
        BUILTINS
            .iter()
            .any(|&(name, .., always)| name == text && (always || self.rules.extra_names))
    }

    pub(in crate::check) fn declare_builtins(&mut self) {
        for &(name, builtin, _, _, always) in BUILTINS {
            if always || self.rules.extra_names {
                let name = self.interner.intern(name);
                self.bind(name, Binding::Builtin(builtin));
            }
        }
    }

    /// Fewest and most arguments.
    pub(super) fn builtin_arity(&self, builtin: Builtin) -> (usize, usize) {
        if self.rules.extra_names {
            match builtin {
                Builtin::Min | Builtin::Max => return (1, ANY_NUMBER),
                Builtin::Round | Builtin::ParseIntStr => return (1, 2),
                Builtin::Substring | Builtin::Slice => return (2, 3),
                Builtin::Input => return (0, 1),
                Builtin::IndexOf => return (2, 2),
                _ => {}
            }
        }
        BUILTINS.iter().find(|row| row.1 == builtin).map_or((0, ANY_NUMBER), |row| (row.2, row.3))
    }
}
