//! Diagnostics in, text out: the only place that formats a diagnostic.
//!
//! Three forms: for people (rustc's layout, by annotate-snippets), one line each (`github` is the
//! same with workflow-command syntax), and JSON, one object a line. What reads the text decides
//! about colours; nothing here looks at the environment.

use std::borrow::Cow;
use std::fmt::Write as _;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::json;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Place, Sources};
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

/// All diagnostics as text, each ended by a newline (for people: by an empty line).
pub fn render(sources: &Sources, diagnostics: &[Diagnostic], format: Format) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        match format {
            Format::Human(color) => human(&mut out, sources, diagnostic, color),
            Format::Line => line(&mut out, sources, diagnostic),
            Format::Github => github(&mut out, sources, diagnostic),
            Format::Json => json(&mut out, sources, diagnostic),
        }
    }
    out
}

fn human(out: &mut String, sources: &Sources, diagnostic: &Diagnostic, color: ColorChoice) {
    let renderer = match color {
        ColorChoice::Always => Renderer::styled(),
        ColorChoice::Never => Renderer::plain(),
    };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // Labels in the file of the primary place come first, and then one snippet for each other file.
    let primary = (diagnostic.span, diagnostic.label.as_str(), AnnotationKind::Primary);
    let mut files: Vec<(u32, Vec<Labelled>)> = Vec::new();
    let others = diagnostic
        .secondary
        .iter()
        .map(|label| (label.span, label.text.as_str(), AnnotationKind::Context));
    for labelled in std::iter::once(primary).chain(others) {
        let start = sources.file_at(labelled.0.start).0.start;
        match files.iter_mut().find(|(file, _)| *file == start) {
            Some((_, labels)) => labels.push(labelled),
            None => files.push((start, vec![labelled])),
        }
    }
    let windows: Vec<_> = files
        .into_iter()
        .map(|(start, labels)| {
            let (file, text) = sources.file_at(start);
            let labels: Vec<_> = labels
                .into_iter()
                .map(|(span, text, kind)| (inside(span, start), text, kind))
                .collect();
            let window = window(text, labels.iter().map(|label| label.0));
            (file.path.as_str(), text.len(), window, labels)
        })
        .collect();
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.name());
    let snippets =
        windows.iter().map(|(path, len, window, labels)| snippet(path, *len, window, labels));
    let mut report = vec![Group::with_title(title).elements(snippets)];
    if !diagnostic.help.is_empty() {
        report.push(Group::with_title(Level::HELP.secondary_title(&diagnostic.help)));
    }
    out.push_str(&renderer.render(&report));
    out.push_str("\n\n");
}

/// A place, what is said there and how important it is.
type Labelled<'a> = (Span, &'a str, AnnotationKind);

/// A span of the program as one of the file that begins at `start`.
fn inside(span: Span, start: u32) -> Span {
    Span::new(span.start - start, span.end.max(span.start) - start)
}

/// The lines of a file with what is said there; `len` is the length of the whole file.
fn snippet<'a>(
    path: &'a str,
    len: usize,
    window: &'a Window<'a>,
    labels: &[Labelled<'a>],
) -> Snippet<'a, Annotation<'a>> {
    let mut snippet = Snippet::source(&*window.text).path(path).line_start(window.first_line);
    for &(span, text, kind) in labels {
        let inside = |offset: u32| (offset as usize).min(len).saturating_sub(window.offset);
        let start = floor_char_boundary(&window.text, inside(span.start));
        let end = ceil_char_boundary(&window.text, inside(span.end)).max(start);
        let annotation = kind.span(start..end);
        snippet =
            snippet.annotation(if text.is_empty() { annotation } else { annotation.label(text) });
    }
    snippet
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

fn line(out: &mut String, sources: &Sources, diagnostic: &Diagnostic) {
    let Place { path, line, column } = sources.place(diagnostic.span.start);
    let (severity, code) = (diagnostic.severity.name(), diagnostic.code.name());
    writeln!(out, "{path}:{line}:{column}: {severity}[{code}]: {}", diagnostic.message)
        .expect("writing to a string cannot fail");
}

fn github(out: &mut String, sources: &Sources, diagnostic: &Diagnostic) {
    let Place { path, line, column } = sources.place(diagnostic.span.start);
    let (severity, code) = (diagnostic.severity.name(), diagnostic.code.name());
    let message = diagnostic.message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    writeln!(out, "::{severity} file={path},line={line},col={column},title={code}::{message}")
        .expect("writing to a string cannot fail");
}

fn json(out: &mut String, sources: &Sources, diagnostic: &Diagnostic) {
    let place = |span: Span| {
        let (file, _) = sources.file_at(span.start);
        let point = |offset: u32| {
            let place = sources.place(offset);
            json!({ "offset": offset - file.start, "line": place.line, "column": place.column })
        };
        json!({ "start": point(span.start), "end": point(span.end.max(span.start)) })
    };
    let path = |span: Span| sources.place(span.start).path;
    let labels: Vec<_> = diagnostic
        .secondary
        .iter()
        .map(|label| json!({ "path": path(label.span), "span": place(label.span), "text": label.text }))
        .collect();
    let value = json!({
        "code": diagnostic.code.name(),
        "severity": diagnostic.severity.name(),
        "message": diagnostic.message,
        "path": path(diagnostic.span),
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
        assert_eq!(render(&Sources::one("a.mochi", source), &[diagnostic], format), expected);
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
        let text = render(&Sources::one("a.mochi", source), &[diagnostic], Format::Json);
        let value: serde_json::Value = serde_json::from_str(text.trim_end()).expect("it is JSON");
        assert_eq!(value["code"], "T002");
        assert_eq!(value["span"]["start"]["line"], 2);
        assert_eq!(value["span"]["start"]["column"], 9);
        assert_eq!(value["labels"][0]["text"], "did you mean this");
    }

    #[test]
    fn each_file_is_shown_with_its_own_lines() {
        let mut sources = Sources::one("a.mochi", "let a = 1\n");
        let start = sources.add("b.mochi", "\nlet b = a\n").expect("it is short").start as u32;
        let diagnostic = Diagnostic::new(
            Code::T002,
            Span::new(start + 9, start + 10),
            "there is no variable `a`",
        )
        .with_secondary(Span::new(4, 5), "another file has one");
        let human =
            render(&sources, std::slice::from_ref(&diagnostic), Format::Human(ColorChoice::Never));
        let expected = concat!(
            "error[T002]: there is no variable `a`\n",
            " --> b.mochi:2:9\n",
            "  |\n",
            "2 | let b = a\n",
            "  |         ^\n",
            "  |\n",
            " ::: a.mochi:1:5\n",
            "  |\n",
            "1 | let a = 1\n",
            "  |     - another file has one\n\n",
        );
        assert_eq!(human, expected);
        let json = render(&sources, &[diagnostic], Format::Json);
        let value: serde_json::Value = serde_json::from_str(json.trim_end()).expect("it is JSON");
        assert_eq!(value["path"], "b.mochi");
        assert_eq!(value["span"]["start"]["offset"], 9);
        assert_eq!(value["labels"][0]["path"], "a.mochi");
    }

    #[test]
    fn places_behind_the_end_are_shown_at_the_end() {
        let diagnostic = Diagnostic::new(Code::P001, Span::at(9), "the block is not closed")
            .with_secondary(Span::new(0, 1), "opened here");
        for (source, place) in [("a {\n", "2:1"), ("a {\n\n", "3:1"), ("a {", "1:4")] {
            let format = Format::Human(ColorChoice::Never);
            let text =
                render(&Sources::one("a.mochi", source), std::slice::from_ref(&diagnostic), format);
            assert!(text.contains(&format!("--> a.mochi:{place}\n")), "{text}");
        }
    }
}
