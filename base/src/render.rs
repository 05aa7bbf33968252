//! Diagnostics in, text out: the only place that formats a diagnostic.
//!
//! Three forms: for people (rustc's layout, by annotate-snippets), one line each (`github` is the
//! same with workflow-command syntax), and JSON, one object a line. What reads the text decides
//! about colours; nothing here looks at the environment.

use std::borrow::Cow;
use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::json;

use crate::diagnostic::{Diagnostic, Severity};
use crate::span::Span;

/// How diagnostics are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people, with the source lines.
    Human(ColorChoice),
    /// `path:line:column: error[CODE]: message`, one line each.
    Line,
    /// A workflow command for each, which GitHub shows at the line in the diff.
    Github,
    /// One JSON object on a line for each.
    Json,
}

/// Whether colours are used; the caller knows the terminal and `NO_COLOR`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColorChoice {
    /// With ANSI colours.
    Always,
    /// Plain text.
    Never,
}

/// Line and column of the byte at `offset`, both counted from one, columns in characters. A byte
/// order mark at the start of the source has no column.
pub fn line_column(source: &str, offset: u32) -> (u32, u32) {
    let offset = floor_char_boundary(source, offset as usize);
    let before = &source.as_bytes()[..offset];
    let line = before.iter().filter(|&&byte| byte == b'\n').count();
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let text = &source[line_start..offset];
    let text = if line_start == 0 { text.trim_start_matches('\u{feff}') } else { text };
    (line as u32 + 1, text.chars().count() as u32 + 1)
}

/// All diagnostics as text, each ended by a newline (for people: by an empty line).
pub fn render(path: &str, source: &str, diagnostics: &[Diagnostic], format: Format) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        match format {
            Format::Human(color) => human(&mut out, path, source, diagnostic, color),
            Format::Line => line(&mut out, path, source, diagnostic),
            Format::Github => github(&mut out, path, source, diagnostic),
            Format::Json => json(&mut out, path, source, diagnostic),
        }
    }
    out
}

fn human(out: &mut String, path: &str, source: &str, diagnostic: &Diagnostic, color: ColorChoice) {
    let renderer = match color {
        ColorChoice::Always => Renderer::styled(),
        ColorChoice::Never => Renderer::plain(),
    };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let labels = diagnostic
        .secondary
        .iter()
        .map(|label| (label.span, label.text.as_str(), AnnotationKind::Context));
    let primary = (diagnostic.span, diagnostic.label.as_str(), AnnotationKind::Primary);
    let labels: Vec<_> = std::iter::once(primary).chain(labels).collect();

    let window = window(source, labels.iter().map(|label| label.0));
    let mut snippet = Snippet::source(&*window.text).path(path).line_start(window.first_line);
    for (span, text, kind) in labels {
        let inside =
            |offset: u32| (offset as usize).min(source.len()).saturating_sub(window.offset);
        let start = floor_char_boundary(&window.text, inside(span.start));
        let end = ceil_char_boundary(&window.text, inside(span.end)).max(start);
        let annotation = kind.span(start..end);
        snippet =
            snippet.annotation(if text.is_empty() { annotation } else { annotation.label(text) });
    }
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.name());
    let mut report = vec![Group::with_title(title).element(snippet)];
    if !diagnostic.help.is_empty() {
        report.push(Group::with_title(Level::HELP.secondary_title(&diagnostic.help)));
    }
    out.push_str(&renderer.render(&report));
    out.push_str("\n\n");
}

/// The lines of a source that a diagnostic talks about. Handing only these to the renderer keeps its
/// cost independent of the size of the file.
struct Window<'a> {
    text: Cow<'a, str>,
    /// Where `text` starts in the source.
    offset: usize,
    first_line: usize,
}

fn window<'a>(source: &'a str, spans: impl Iterator<Item = Span>) -> Window<'a> {
    let (mut start, mut end) = (source.len(), 0);
    for span in spans {
        start = start.min(span.start as usize);
        end = end.max(span.end as usize);
    }
    let (start, end) = (floor_char_boundary(source, start), ceil_char_boundary(source, end));
    let bytes = source.as_bytes();
    let mut offset = bytes[..start].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    if offset == 0 && source.starts_with('\u{feff}') {
        offset = '\u{feff}'.len_utf8().min(start);
    }
    let end =
        bytes[end..].iter().position(|&byte| byte == b'\n').map_or(source.len(), |at| end + at);
    let first_line = bytes[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
    let mut text = Cow::Borrowed(&source[offset..end.max(offset)]);
    if text.is_empty() || text.ends_with('\n') {
        // The end of the file has a line of its own, which the renderer knows only if it is not empty.
        text.to_mut().push(' ');
    }
    Window { text, offset, first_line }
}

fn line(out: &mut String, path: &str, source: &str, diagnostic: &Diagnostic) {
    let (line, column) = line_column(source, diagnostic.span.start);
    let (severity, code) = (diagnostic.severity.name(), diagnostic.code.name());
    writeln!(out, "{path}:{line}:{column}: {severity}[{code}]: {}", diagnostic.message)
        .expect("writing to a string cannot fail");
}

fn github(out: &mut String, path: &str, source: &str, diagnostic: &Diagnostic) {
    let (line, column) = line_column(source, diagnostic.span.start);
    let (severity, code) = (diagnostic.severity.name(), diagnostic.code.name());
    let message = diagnostic.message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    writeln!(out, "::{severity} file={path},line={line},col={column},title={code}::{message}")
        .expect("writing to a string cannot fail");
}

fn json(out: &mut String, path: &str, source: &str, diagnostic: &Diagnostic) {
    let place = |span: Span| {
        let (start, end) = (line_column(source, span.start), line_column(source, span.end));
        json!({
            "start": { "offset": span.start, "line": start.0, "column": start.1 },
            "end": { "offset": span.end, "line": end.0, "column": end.1 },
        })
    };
    let labels: Vec<_> = diagnostic
        .secondary
        .iter()
        .map(|label| json!({ "span": place(label.span), "text": label.text }))
        .collect();
    let value = json!({
        "code": diagnostic.code.name(),
        "severity": diagnostic.severity.name(),
        "message": diagnostic.message,
        "path": path,
        "span": place(diagnostic.span),
        "label": diagnostic.label,
        "labels": labels,
        "help": diagnostic.help,
    });
    writeln!(out, "{value}").expect("writing to a string cannot fail");
}

fn floor_char_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

fn ceil_char_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn sample() -> (&'static str, Diagnostic) {
        let source = "\u{feff}let größe = 1\nlet x = a\n";
        let at = source.find("a\n").expect("it stands there") as u32;
        let diagnostic =
            Diagnostic::new(Code::T002, Span::new(at, at + 1), "there is no variable `a`")
                .with_label("not declared")
                .with_secondary(Span::new(7, 14), "did you mean this")
                .with_help("declare it with `let a = …`");
        (source, diagnostic)
    }

    fn check(format: Format, expected: &str) {
        let (source, diagnostic) = sample();
        assert_eq!(render("a.mochi", source, &[diagnostic], format), expected);
    }

    #[test]
    fn human_form_has_the_layout_of_rustc() {
        check(
            Format::Human(ColorChoice::Never),
            concat!(
                "error[T002]: there is no variable `a`\n",
                " --> a.mochi:2:9\n",
                "  |\n",
                "1 | let größe = 1\n",
                "  |     ----- did you mean this\n",
                "2 | let x = a\n",
                "  |         ^ not declared\n",
                "  |\n",
                "help: declare it with `let a = …`\n\n",
            ),
        );
    }

    #[test]
    fn line_forms_have_the_place_first() {
        check(Format::Line, "a.mochi:2:9: error[T002]: there is no variable `a`\n");
        check(
            Format::Github,
            "::error file=a.mochi,line=2,col=9,title=T002::there is no variable `a`\n",
        );
    }

    #[test]
    fn json_form_is_one_object_a_line() {
        let (source, diagnostic) = sample();
        let text = render("a.mochi", source, &[diagnostic], Format::Json);
        let value: serde_json::Value = serde_json::from_str(text.trim_end()).expect("it is JSON");
        assert_eq!(value["code"], "T002");
        assert_eq!(value["span"]["start"]["line"], 2);
        assert_eq!(value["span"]["start"]["column"], 9);
        assert_eq!(value["labels"][0]["text"], "did you mean this");
    }

    #[test]
    fn columns_count_characters_and_not_the_byte_order_mark() {
        let source = "\u{feff}ab\nö🍣x";
        assert_eq!(line_column(source, 3), (1, 1));
        assert_eq!(line_column(source, source.len() as u32 - 1), (2, 3));
        assert_eq!(line_column(source, u32::MAX), (2, 4));
    }

    #[test]
    fn places_behind_the_end_are_shown_at_the_end() {
        let diagnostic = Diagnostic::new(Code::P001, Span::at(9), "the block is not closed")
            .with_secondary(Span::new(0, 1), "opened here");
        for (source, place) in [("a {\n", "2:1"), ("a {\n\n", "3:1"), ("a {", "1:4")] {
            let format = Format::Human(ColorChoice::Never);
            let text = render("a.mochi", source, std::slice::from_ref(&diagnostic), format);
            assert!(text.contains(&format!("--> a.mochi:{place}\n")), "{text}");
        }
    }
}
