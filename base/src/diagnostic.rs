//! What a station says about a wrong program: one value, whatever station says it and however it is
//! shown.
//!
//! The codes stand in one table. A message is one phrase without a trailing dot that says what was
//! found and what was expected; a label says it at its place; help says what to do.

use crate::span::Span;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The program can run, but the reader should know.
    Warning,
    /// The program must not run, or stopped.
    Error,
}

impl Severity {
    /// The word shown to the reader.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One finding about the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// What kind of finding it is.
    pub code: Code,
    /// Usually the code's own severity.
    pub severity: Severity,
    /// One phrase without a trailing dot.
    pub message: String,
    /// The place it is about; its start is the place reported to tools.
    pub span: Span,
    /// What is said at that place; may be empty.
    pub label: String,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// What to do about it; may be empty.
    pub help: String,
}

/// A remark at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark, a phrase without a trailing dot.
    pub text: String,
}

impl Diagnostic {
    /// A finding with the code's own severity and no labels yet.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            span,
            label: String::new(),
            secondary: Vec::new(),
            help: String::new(),
        }
    }

    /// Says `text` at the primary place.
    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = text.into();
        self
    }

    /// Says `text` at another place.
    #[must_use]
    pub fn with_secondary(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn with_help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = text.into();
        self
    }

    /// Whether the program must not run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

macro_rules! codes {
    ($($code:ident $severity:ident $title:literal)*) => {
        /// The code of a diagnostic: `P` found while parsing, `T` while checking, `R` while running.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $(#[doc = $title] $code,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$code,)*];

            /// The code as it is printed.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$code => stringify!($code),)* }
            }

            /// The severity of a diagnostic with this code unless it says otherwise.
            pub const fn severity(self) -> Severity {
                match self { $(Code::$code => Severity::$severity,)* }
            }

            /// What the code stands for, in one phrase.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)* }
            }
        }
    };
}

codes! {
    P001 Error "a block is not closed or not opened"
    P030 Error "a name is missing"
    P031 Error "`let` without a name"
    P040 Error "a string is not closed"
    P041 Error "an escape sequence is not known"
    P042 Error "a block comment is not closed"
    P043 Error "a number runs into a name"
    P045 Error "an integer literal does not fit into 64 bits"
    P046 Error "a base prefix without digits"
    P051 Error "a comma is missing"
    P052 Error "a parenthesis is missing"
    P053 Error "a brace closes too early"
    P054 Error "a colon stands in the wrong place"
    P055 Error "a dot stands in the wrong place"
    P056 Error "`let` stands in the wrong place"
    P060 Error "nothing stands between the brackets of an index"
    P061 Error "a match arm has no result"
    P062 Error "the path of a load or save is empty"
    P063 Error "not a pattern"
    P064 Error "an import from an unknown language"
    P065 Error "an expression statement does nothing"
    P066 Error "nested too deeply"
    P999 Error "unexpected text"

    T000 Error "a declaration has neither type nor value"
    T001 Error "assignment to a name that is not declared"
    T002 Error "a variable is not declared"
    T003 Error "a function is not declared"
    T004 Error "a value is called that is not a function"
    T005 Error "a parameter has no type"
    T006 Error "too many arguments"
    T007 Error "an argument has the wrong type"
    T008 Error "a value has the wrong type"
    T009 Error "an assigned value has the wrong type"
    T010 Error "a returned value has the wrong type"
    T011 Error "an expectation is not a boolean"
    T013 Error "values of these types cannot be compared"
    T014 Error "not a complete value"
    T015 Error "an index is not an integer"
    T016 Error "an index is missing"
    T017 Error "a map cannot be sliced"
    T018 Error "a value of this type cannot be indexed"
    T019 Error "a map key has the wrong type"
    T020 Error "an operator does not apply to its operands"
    T021 Error "an operator is not supported"
    T022 Error "a value of this type cannot be iterated"
    T023 Error "the bounds of a range are not integers"
    T024 Error "assignment to something immutable"
    T025 Error "a type is not declared"
    T026 Error "a field does not exist"
    T027 Error "field access on a value that is not a struct"
    T028 Error "the address of a fetch is not a string"
    T029 Error "the options of a fetch are not a map"
    T030 Error "an option of a fetch has the wrong type"
    T031 Error "a stream is not declared"
    T032 Error "the source of a query is not a list"
    T033 Error "a `where` condition is not a boolean"
    T034 Error "the source of a join is not a list"
    T035 Error "an `on` condition is not a boolean"
    T036 Error "a value of this type has no length"
    T037 Error "`count` of something that is neither list nor group"
    T038 Error "`avg` of something that is not numeric"
    T039 Error "wrong number of arguments"
    T040 Error "a condition is not a boolean"
    T041 Error "`sum` of something that is not numeric"
    T042 Error "a `having` condition is not a boolean"
    T043 Error "an operator on a value of type `any`"
    T044 Error "a predicate of a query has an effect"
    T045 Error "`break` or `continue` outside of a loop"
    T046 Error "a cast that cannot succeed"
    T047 Error "a type parameter is bound to two types"
    T048 Error "a type parameter is not determined by the arguments"
    T049 Error "wrong number of type arguments"
    T050 Error "a match does not cover all variants"
    T051 Error "an immutable aggregate becomes mutable under another name"
    T052 Error "an aggregate becomes wider under another name"
    T053 Error "a struct literal lacks fields"
    T054 Error "a match arm can never be reached"
    T055 Error "`skip` or `take` of something that is not an integer"
    T056 Error "sorting by values without an order"
    T057 Error "`distinct` over values that cannot be hashed"
    T058 Error "an optional value is used without a check for `none`"
    T059 Error "a value that is never `none` is compared with `none`"
    T060 Error "`?.` on a value that is not optional"
    T061 Error "`?.` on an optional value that is not a struct"
    T062 Error "`?[` on a value that is not optional"
    T063 Error "`?[` on an optional value that is neither list nor map"
    T064 Error "an effect is not known"
    T065 Error "a function has effects that it does not declare"
    T066 Error "an effect where a pure expression is required"
    T067 Error "a package cannot be imported"
    T068 Error "packages import each other in a circle"
    T070 Error "a predicate is not declared"
    T071 Error "a predicate has another number of terms"
    T072 Error "a logic variable stands for nothing"

    R001 Error "integer overflow"
    R002 Error "division by zero"
    R003 Error "index out of range"
    R004 Error "key not found"
    R005 Error "a value is `none`"
    R006 Error "a conversion failed"
    R007 Error "the program gave up"
    R008 Error "an expectation failed"
    R009 Error "stack overflow"
    R010 Error "out of memory"
    R011 Error "no match arm applies"
    R012 Error "an operation on a value of the wrong type"
    R013 Error "an argument out of its domain"
    R014 Error "input or output failed"
    R016 Error "stopped from outside"
    R017 Error "something that cannot be run"
    R018 Error "a text for `eval` is wrong, or stopped"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_phrases_and_codes_stand_once() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        for code in Code::ALL {
            assert!(!code.title().is_empty() && !code.title().ends_with('.'), "{}", code.name());
            assert!(
                matches!(code.name().as_bytes()[0], b'P' | b'T' | b'R') && code.name().len() == 4
            );
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
