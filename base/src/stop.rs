//! A running program that stopped with an error, as text: the diagnostic and the calls it was in. Whoever runs programs
//! uses this, so that the same error looks the same whether it was interpreted or built.

use std::fmt::Write as _;

use crate::diagnostic::{Code, Diagnostic};
use crate::render::{Format, render};
use crate::source::{Place, Sources};
use crate::span::Span;

/// Why and where a program stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stop {
    /// The name of the diagnostic's code.
    pub code: &'static str,
    pub message: String,
    /// May be empty.
    pub help: String,
    /// The calls it was in, innermost first; the first is where it happened.
    pub frames: Vec<Frame>,
    /// So many calls are left out …
    pub skipped: u64,
    /// … after so many of `frames`.
    pub skipped_after: usize,
}

/// What is shown of a program that was stopped from outside where nobody knows its place.
pub fn interrupted() -> String {
    format!("error[{}]: interrupted\n", Code::R016.name())
}

/// A call that the program was in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub function: String,
    pub span: Span,
}

impl Stop {
    /// The error without the calls.
    pub fn diagnostic(&self) -> Diagnostic {
        let code =
            Code::ALL.iter().copied().find(|code| code.name() == self.code).unwrap_or(Code::R007);
        let span = self.frames.first().map_or(Span::new(0, 0), |frame| frame.span);
        Diagnostic::new(code, span, self.message.as_str()).with_help(self.help.as_str())
    }

    /// The error as text. The forms for tools have it without the calls.
    pub fn render(&self, sources: &Sources, format: Format) -> String {
        let mut out = render(sources, &[self.diagnostic()], format);
        if !matches!(format, Format::Human(_)) || self.frames.is_empty() {
            return out;
        }
        out.push_str("call stack, innermost first:\n");
        for (i, frame) in self.frames.iter().enumerate() {
            if i == self.skipped_after && self.skipped > 0 {
                // How many calls fit on the stack differs between emitters, and a report must not.
                let count = if self.code == Code::R009.name() {
                    String::new()
                } else {
                    format!("{} ", self.skipped)
                };
                let _ = writeln!(out, "  … {count}more …");
            }
            let Place { path, line, column } = sources.place(frame.span.start);
            let _ = writeln!(out, "  {} ({path}:{line}:{column})", frame.function);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::ColorChoice;

    #[test]
    fn the_calls_follow_the_error() {
        let sources = Sources::one("a.mochi", "fun f() {\n  return 1 / 0\n}\nf()\n");
        let frame = |function: &str, start, end| Frame {
            function: function.to_owned(),
            span: Span::new(start, end),
        };
        let stop = Stop {
            code: "R002",
            message: "division by zero".to_owned(),
            help: String::new(),
            frames: vec![frame("f", 19, 24), frame("main", 27, 30)],
            skipped: 7,
            skipped_after: 1,
        };
        let human = stop.render(&sources, Format::Human(ColorChoice::Never));
        let expected = concat!(
            "error[R002]: division by zero\n",
            " --> a.mochi:2:10\n",
            "  |\n",
            "2 |   return 1 / 0\n",
            "  |          ^^^^^\n",
            "\n",
            "call stack, innermost first:\n",
            "  f (a.mochi:2:10)\n",
            "  … 7 more …\n",
            "  main (a.mochi:4:1)\n",
        );
        assert_eq!(human, expected);
        assert_eq!(
            stop.render(&sources, Format::Line),
            "a.mochi:2:10: error[R002]: division by zero\n"
        );
    }
}
