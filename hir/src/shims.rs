//! Modules of other languages that are built in: what their functions are called and which types
//! they have. What they do is for the runtime; a program names them by their place in [`SHIMS`].
//!
//! Where the language counts bytes of a text, these count characters, as Mochi does. A function that gives whole
//! numbers in Python and floats in Go has a row for each.

use crate::types::TypeId;

/// Whose module it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Go,
    Python,
    /// The same in both; also what `extern` declares without an import.
    Both,
}

/// A function or constant of a built-in module.
#[derive(Debug)]
pub struct Shim {
    pub language: Language,
    /// The last part of the path that is imported: `math`, `strings`. Empty for what `extern` names without a module.
    pub module: &'static str,
    /// The name without regard to case and underscores: Go writes `ToUpper`, Python `to_upper`.
    pub name: &'static str,
    /// Empty for a constant too.
    pub params: &'static [TypeId],
    pub result: TypeId,
    /// Read, not called.
    pub constant: bool,
}

const fn function(
    language: Language,
    module: &'static str,
    name: &'static str,
    params: &'static [TypeId],
    result: TypeId,
) -> Shim {
    Shim { language, module, name, params, result, constant: false }
}

const fn constant(
    language: Language,
    module: &'static str,
    name: &'static str,
    result: TypeId,
) -> Shim {
    Shim { language, module, name, params: &[], result, constant: true }
}

const F: TypeId = TypeId::FLOAT;
const I: TypeId = TypeId::INT;
const S: TypeId = TypeId::STRING;
const B: TypeId = TypeId::BOOL;
const U: TypeId = TypeId::UNIT;
const LIST: TypeId = TypeId::STRINGS;
use Language::{Both, Go, Python};

/// Every function and constant of the built-in modules.
#[rustfmt::skip]
pub const SHIMS: &[Shim] = &[
    function(Both, "math", "sqrt", &[F], F),
    function(Both, "math", "cbrt", &[F], F),
    function(Both, "math", "pow", &[F, F], F),
    function(Both, "math", "exp", &[F], F),
    function(Both, "math", "exp2", &[F], F),
    function(Both, "math", "expm1", &[F], F),
    function(Both, "math", "log", &[F], F),
    function(Python, "math", "log", &[F, F], F),
    function(Both, "math", "log2", &[F], F),
    function(Both, "math", "log10", &[F], F),
    function(Both, "math", "log1p", &[F], F),
    function(Both, "math", "sin", &[F], F),
    function(Both, "math", "cos", &[F], F),
    function(Both, "math", "tan", &[F], F),
    function(Both, "math", "asin", &[F], F),
    function(Both, "math", "acos", &[F], F),
    function(Both, "math", "atan", &[F], F),
    function(Both, "math", "atan2", &[F, F], F),
    function(Both, "math", "sinh", &[F], F),
    function(Both, "math", "cosh", &[F], F),
    function(Both, "math", "tanh", &[F], F),
    function(Both, "math", "asinh", &[F], F),
    function(Both, "math", "acosh", &[F], F),
    function(Both, "math", "atanh", &[F], F),
    function(Both, "math", "hypot", &[F, F], F),
    function(Both, "math", "degrees", &[F], F),
    function(Both, "math", "radians", &[F], F),
    function(Both, "math", "copysign", &[F, F], F),
    function(Both, "math", "isnan", &[F], B),
    function(Python, "math", "isinf", &[F], B),
    function(Go, "math", "isinf", &[F, I], B),
    function(Python, "math", "floor", &[F], I),
    function(Python, "math", "ceil", &[F], I),
    function(Python, "math", "trunc", &[F], I),
    function(Both, "math", "floor", &[F], F),
    function(Both, "math", "ceil", &[F], F),
    function(Both, "math", "trunc", &[F], F),
    function(Both, "math", "round", &[F], F),
    function(Both, "math", "abs", &[F], F),
    function(Both, "math", "fabs", &[F], F),
    function(Both, "math", "fmod", &[F, F], F),
    function(Both, "math", "mod", &[F, F], F),
    function(Both, "math", "max", &[F, F], F),
    function(Both, "math", "min", &[F, F], F),
    function(Both, "math", "gcd", &[I, I], I),
    function(Both, "math", "lcm", &[I, I], I),
    function(Both, "math", "isqrt", &[I], I),
    function(Both, "math", "comb", &[I, I], I),
    function(Both, "math", "factorial", &[I], I),
    function(Go, "math", "inf", &[I], F),
    function(Go, "math", "nan", &[], F),
    constant(Both, "math", "pi", F),
    constant(Both, "math", "e", F),
    constant(Both, "math", "tau", F),
    constant(Both, "math", "inf", F),
    constant(Both, "math", "nan", F),
    constant(Go, "math", "phi", F),
    constant(Go, "math", "sqrt2", F),
    constant(Go, "math", "ln2", F),
    constant(Go, "math", "maxint", I),
    constant(Go, "math", "minint", I),
    constant(Go, "math", "maxint64", I),
    constant(Go, "math", "minint64", I),
    constant(Go, "math", "maxint32", I),
    constant(Go, "math", "minint32", I),
    constant(Go, "math", "maxfloat64", F),
    function(Go, "strings", "toupper", &[S], S),
    function(Go, "strings", "tolower", &[S], S),
    function(Go, "strings", "title", &[S], S),
    function(Go, "strings", "trimspace", &[S], S),
    function(Go, "strings", "trim", &[S, S], S),
    function(Go, "strings", "trimleft", &[S, S], S),
    function(Go, "strings", "trimright", &[S, S], S),
    function(Go, "strings", "trimprefix", &[S, S], S),
    function(Go, "strings", "trimsuffix", &[S, S], S),
    function(Go, "strings", "split", &[S, S], LIST),
    function(Go, "strings", "fields", &[S], LIST),
    function(Go, "strings", "join", &[LIST, S], S),
    function(Go, "strings", "contains", &[S, S], B),
    function(Go, "strings", "hasprefix", &[S, S], B),
    function(Go, "strings", "hassuffix", &[S, S], B),
    function(Go, "strings", "equalfold", &[S, S], B),
    function(Go, "strings", "index", &[S, S], I),
    function(Go, "strings", "lastindex", &[S, S], I),
    function(Go, "strings", "count", &[S, S], I),
    function(Go, "strings", "repeat", &[S, I], S),
    function(Go, "strings", "replace", &[S, S, S, I], S),
    function(Go, "strings", "replaceall", &[S, S, S], S),
    function(Go, "os", "getenv", &[S], S),
    function(Python, "os", "getenv", &[S], S),
    function(Go, "os", "exit", &[I], U),
    constant(Go, "os", "args", LIST),
    function(Go, "testpkg", "add", &[I, I], I),
    constant(Go, "testpkg", "pi", F),
    constant(Go, "testpkg", "answer", I),
    function(Go, "testpkg", "md5hex", &[S], S),
    function(Both, "stdout", "write", &[S], U),
    function(Both, "", "readfile", &[S], S),
];

/// The shim for a member of a module, whatever style its name is written in: a constant, or a function of so many
/// arguments. A row of the language itself goes before one of both.
pub fn find(language: Language, path: &str, name: &str, arguments: Option<usize>) -> Option<u16> {
    let module = path.rsplit('/').next().unwrap_or(path);
    let plain: String = name.chars().filter(|&c| c != '_').flat_map(char::to_lowercase).collect();
    let fits = |shim: &Shim| {
        shim.module == module
            && shim.name == plain
            && match arguments {
                None => shim.constant,
                Some(count) => !shim.constant && shim.params.len() == count,
            }
    };
    let own = SHIMS.iter().position(|shim| shim.language == language && fits(shim));
    let index =
        own.or_else(|| SHIMS.iter().position(|shim| shim.language == Both && fits(shim)))?;
    u16::try_from(index).ok()
}

/// Whether something is built in under this name of a module.
pub fn is_module(name: &str) -> bool {
    !name.is_empty() && SHIMS.iter().any(|shim| shim.module == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_style() {
        let name = |language, path, name, arguments| {
            find(language, path, name, arguments).map(|index| &SHIMS[usize::from(index)])
        };
        let found = |language, path, text, arguments| {
            name(language, path, text, arguments).map(|shim| (shim.name, shim.result))
        };
        assert_eq!(found(Go, "strings", "ToUpper", Some(1)), Some(("toupper", S)));
        assert_eq!(found(Go, "strings", "to_upper", Some(1)), Some(("toupper", S)));
        assert_eq!(found(Python, "math", "floor", Some(1)), Some(("floor", I)));
        assert_eq!(found(Go, "math", "Floor", Some(1)), Some(("floor", F)));
        assert_eq!(found(Go, "math", "Inf", Some(1)), Some(("inf", F)));
        assert_eq!(found(Python, "math", "inf", None), Some(("inf", F)));
        assert_eq!(found(Python, "strings", "ToUpper", Some(1)), None);
        assert_eq!(found(Go, "a/b/testpkg", "Answer", None), Some(("answer", I)));
        assert_eq!(found(Go, "math", "Sqrt", Some(2)), None);
    }
}
