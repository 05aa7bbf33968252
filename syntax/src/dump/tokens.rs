//! Tokens in, readable text out.

use std::fmt::Write as _;

use crate::token::{TokenKind, Tokens};

/// The tokens of `source`, one a line: place, kind, text.
pub fn dump_tokens(source: &str, tokens: &Tokens) -> String {
    let mut out = String::new();
    let (mut line, mut line_start, mut at) = (1, 0, 0);
    for token in &tokens.tokens {
        let start = token.span.start as usize;
        for (index, _) in source[at..start].match_indices('\n') {
            line += 1;
            line_start = at + index + 1;
        }
        at = start;
        let column = source[line_start..start].chars().count() + 1;
        let text = &source[token.span.range()];
        writeln!(out, "{line}:{column} {} {text}", token.kind.name())
            .expect("writing to a string cannot fail");
        if token.kind == TokenKind::End {
            break;
        }
    }
    out
}
