//! The editions of the language: one checker, and for each edition the named rules it turns on.
//!
//! A rule is a permission that the strict edition does not give. Nothing else in the checker asks
//! which edition it is in, so that a difference between editions always has a name here.

/// Which edition a program is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edition {
    /// The relaxed one, in which most existing programs were written.
    E2025,
    /// The strict one.
    E2026,
}

impl Edition {
    /// The year as it is written on the command line and in `// edition: 2025`.
    pub fn name(self) -> &'static str {
        match self {
            Edition::E2025 => "2025",
            Edition::E2026 => "2026",
        }
    }

    /// The edition of that name.
    pub fn from_name(name: &str) -> Option<Edition> {
        match name {
            "2025" => Some(Edition::E2025),
            "2026" => Some(Edition::E2026),
            _ => None,
        }
    }

    /// What a first-line comment `// edition: 2025` asks for.
    pub fn from_comment(text: &str) -> Option<Edition> {
        let line = text.trim_start_matches('\u{feff}').lines().next()?;
        let comment = line.strip_prefix("//").or_else(|| line.strip_prefix('#'))?;
        Edition::from_name(comment.trim().strip_prefix("edition:")?.trim())
    }

    /// The rules that this edition turns on.
    pub fn rules(self) -> Rules {
        let relaxed = self == Edition::E2025;
        Rules {
            absent_key_traps: relaxed,
            any_value_is_a_condition: relaxed,
            mixed_lists: relaxed,
            int_widens_to_float: relaxed,
            none_anywhere: relaxed,
            any_flows_into_bindings: relaxed,
            let_aggregates_are_mutable: relaxed,
            lets_are_assignable: relaxed,
            containers_convert: relaxed,
            conversions_by_cast: relaxed,
            methods_on_builtins: relaxed,
            mixed_comparison: relaxed,
            iterate_any: relaxed,
            plain_values_coalesce: relaxed,
            missing_fields_default: relaxed,
            partial_matches: relaxed,
            mixed_arms: relaxed,
            mixed_arithmetic: relaxed,
            impure_predicates: relaxed,
            options_unwrap: relaxed,
            unstated_result_is_any: relaxed,
            functions_curry: relaxed,
            extra_names: relaxed,
            evaluates_2025: relaxed,
            infer_empty_literals: true,
        }
    }
}

/// The permissions that editions differ in.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// `m[k]` has the value's type and stops the program when the key is absent; else it is an option.
    pub absent_key_traps: bool,
    /// Conditions take any value: zero, empty and `none` are false.
    pub any_value_is_a_condition: bool,
    /// A list literal whose items differ is a `list<any>`.
    pub mixed_lists: bool,
    /// An int may stand where a float is wanted.
    pub int_widens_to_float: bool,
    /// `none` may stand where any pointer-like value is wanted.
    pub none_anywhere: bool,
    /// An `any` may initialise a binding of another type; checked when the program runs.
    pub any_flows_into_bindings: bool,
    /// Items and fields of what a `let` names may be assigned, and a `var` may alias it.
    pub let_aggregates_are_mutable: bool,
    /// What `let` declares may be assigned again.
    pub lets_are_assignable: bool,
    /// Lists and maps convert item by item where their item types differ, and alias freely.
    pub containers_convert: bool,
    /// `as` also converts text to numbers, and between maps, lists, structs and options.
    pub conversions_by_cast: bool,
    /// A text for `eval` is of edition 2025.
    pub evaluates_2025: bool,
    /// Lists, maps and strings have methods (`m.get(k, d)`, `xs.len()`).
    pub methods_on_builtins: bool,
    /// `==` compares values of any two types.
    pub mixed_comparison: bool,
    /// `for` goes through an `any`, a group or an option.
    pub iterate_any: bool,
    /// `a ?? b` takes an `a` that is never none.
    pub plain_values_coalesce: bool,
    /// Fields left out of a struct literal get the empty value of their type.
    pub missing_fields_default: bool,
    /// A match need not name every variant; a value that no arm is for stops the program.
    pub partial_matches: bool,
    /// The arms of a match or an if may differ in type: the result is `any`.
    pub mixed_arms: bool,
    /// `+` joins anything with a string.
    pub mixed_arithmetic: bool,
    /// `where` and `having` may call functions with effects.
    pub impure_predicates: bool,
    /// An option stands where its value is wanted; `none` stops the program.
    pub options_unwrap: bool,
    /// A function of type `fun(int)` may give something; else it gives nothing.
    pub unstated_result_is_any: bool,
    /// A function of two arguments may stand where one is wanted that takes them one by one.
    pub functions_curry: bool,
    /// `panic`, `null` and other names of the older library.
    pub extra_names: bool,
    /// The item type of `[]` and `{}` is found from their use; else it is `any`.
    pub infer_empty_literals: bool,
}
