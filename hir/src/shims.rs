//! Modules of other languages that are built in: what their functions are called and which types
//! they have. What they do is for the runtime; a program names them by their place in [`SHIMS`].

use crate::types::TypeId;

/// A function or constant of a built-in module.
#[derive(Debug)]
pub struct Shim {
    /// The path that is imported: `math`, `strings`.
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
    module: &'static str,
    name: &'static str,
    params: &'static [TypeId],
    result: TypeId,
) -> Shim {
    Shim { module, name, params, result, constant: false }
}

const fn constant(module: &'static str, name: &'static str, result: TypeId) -> Shim {
    Shim { module, name, params: &[], result, constant: true }
}

const F: TypeId = TypeId::FLOAT;
const I: TypeId = TypeId::INT;
const S: TypeId = TypeId::STRING;
const B: TypeId = TypeId::BOOL;

/// Every function and constant of the built-in modules.
pub const SHIMS: &[Shim] = &[
    function("math", "sqrt", &[F], F),
    function("math", "cbrt", &[F], F),
    function("math", "pow", &[F, F], F),
    function("math", "exp", &[F], F),
    function("math", "log", &[F], F),
    function("math", "log2", &[F], F),
    function("math", "log10", &[F], F),
    function("math", "sin", &[F], F),
    function("math", "cos", &[F], F),
    function("math", "tan", &[F], F),
    function("math", "asin", &[F], F),
    function("math", "acos", &[F], F),
    function("math", "atan", &[F], F),
    function("math", "atan2", &[F, F], F),
    function("math", "sinh", &[F], F),
    function("math", "cosh", &[F], F),
    function("math", "tanh", &[F], F),
    function("math", "hypot", &[F, F], F),
    function("math", "floor", &[F], F),
    function("math", "ceil", &[F], F),
    function("math", "trunc", &[F], F),
    function("math", "abs", &[F], F),
    function("math", "fabs", &[F], F),
    function("math", "fmod", &[F, F], F),
    function("math", "max", &[F, F], F),
    function("math", "min", &[F, F], F),
    function("math", "gcd", &[I, I], I),
    function("math", "factorial", &[I], I),
    constant("math", "pi", F),
    constant("math", "e", F),
    constant("math", "tau", F),
    constant("math", "inf", F),
    function("strings", "toupper", &[S], S),
    function("strings", "tolower", &[S], S),
    function("strings", "trimspace", &[S], S),
    function("strings", "contains", &[S, S], B),
    function("strings", "hasprefix", &[S, S], B),
    function("strings", "hassuffix", &[S, S], B),
    function("strings", "index", &[S, S], I),
    function("strings", "repeat", &[S, I], S),
    function("strings", "replaceall", &[S, S, S], S),
    function("os", "getenv", &[S], S),
    function("testpkg", "add", &[I, I], I),
    constant("testpkg", "pi", F),
    constant("testpkg", "answer", I),
    function("testpkg", "fifteenpuzzleexample", &[], S),
    function("testpkg", "md5hex", &[S], S),
];

/// The shim for a member of an imported path, whatever style its name is written in.
pub fn find(path: &str, name: &str) -> Option<u16> {
    let module = path.rsplit('/').next().unwrap_or(path);
    let plain: String = name.chars().filter(|&c| c != '_').flat_map(char::to_lowercase).collect();
    let index = SHIMS.iter().position(|shim| shim.module == module && shim.name == plain)?;
    u16::try_from(index).ok()
}
