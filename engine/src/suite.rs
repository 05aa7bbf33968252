//! The language suite: programs that carry their own expectations, run on every emitter and held against them.
//!
//! A program under `tests/lang` says in comments what it must do:
//! - `// expect: TEXT`: the next line of its output;
//! - `// expect-error: CODE LINE`: it stops with that error at that line, exit code 1; `CODE FILE:LINE` when that is
//!   in another file than the first; with a code of the parser or checker, it is refused with that finding first;
//! - `// expect-call: NAME LINE`: the next call of that error's call stack, innermost first;
//! - `// input: TEXT`: the next line of its standard input;
//! - `// args: WORDS`: the words it is started with;
//! - `// makes cycles`: it leaves objects that refer to one another, for the collector to find.
//!
//! A folder with a `main.mochi` in it is one program: the other files of the folder and below are what it imports.
//!
//! Whatever it does, it must do the same on every emitter, to the byte: output, error report, exit code. And nothing may be
//! left over when its variables are gone, cycles have been collected and, after an error, what its calls owned has been
//! swept.

use crate::pipeline::{self, EditionChoice, Libraries};
use crate::source::Source;
use crate::timing::Timings;
use mochi_base::Sources;
use mochi_base::render::{ColorChoice, Format};
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::Program;
use std::path::{Path, PathBuf};

/// The first file of a program that is a folder.
const MAIN: &str = "main.mochi";

/// A program of the suite.
#[derive(Debug, Clone)]
pub struct Case {
    /// From the suite's folder, without the ending: `list/append`.
    pub name: String,
    pub source: Source,
    pub expected_output: String,
    /// Code and `FILE:LINE` of the error that it must stop with.
    pub expected_error: Option<(String, String)>,
    /// The calls of the error's call stack, as `NAME LINE`; empty when the file says nothing of them.
    pub expected_calls: Vec<String>,
    pub input: String,
    pub args: Vec<String>,
    pub makes_cycles: bool,
}

/// A program of the suite that runs.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub sources: Sources,
    pub program: Program,
}

impl Outcome {
    /// Of a program that the parser or the checker refuses with this report.
    pub fn refused(report: String) -> Outcome {
        Outcome { output: String::new(), report, exit_code: 1 }
    }
}

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub output: String,
    /// The error report, as it stands on stderr.
    pub report: String,
    pub exit_code: u8,
}

impl Case {
    /// Reads the expectations out of a program's comments.
    pub fn parse(name: &str, source: Source) -> Case {
        let mut case = Case {
            name: name.to_owned(),
            source: source.clone(),
            expected_output: String::new(),
            expected_error: None,
            expected_calls: Vec::new(),
            input: String::new(),
            args: Vec::new(),
            makes_cycles: false,
        };
        for line in source.text.lines() {
            if let Some(text) = after(line, "// expect:") {
                case.expected_output.push_str(text);
                case.expected_output.push('\n');
            } else if let Some(text) = after(line, "// expect-error:") {
                let (code, place) = text.split_once(' ').expect("`// expect-error: CODE LINE`");
                let (file, line) = place.trim().rsplit_once(':').unwrap_or(("", place.trim()));
                line.parse::<u32>().expect("`// expect-error: CODE LINE` ends with a number");
                let shown = match (file, Path::new(&source.path).parent()) {
                    ("", _) => source.path.clone(),
                    (file, Some(folder)) => folder.join(file).display().to_string(),
                    (file, None) => file.to_owned(),
                };
                case.expected_error = Some((code.to_owned(), format!("{shown}:{line}")));
            } else if let Some(text) = after(line, "// expect-call:") {
                case.expected_calls.push(text.to_owned());
            } else if let Some(text) = after(line, "// input:") {
                case.input.push_str(text);
                case.input.push('\n');
            } else if let Some(text) = after(line, "// args:") {
                case.args.extend(text.split_whitespace().map(str::to_owned));
            } else if line == "// makes cycles" {
                case.makes_cycles = true;
            }
        }
        case
    }

    /// All programs below a folder, in order of their names.
    pub fn below(folder: &Path) -> Vec<Case> {
        let mut files = Vec::new();
        collect(folder, &mut files);
        files
            .iter()
            .map(|path| {
                let shown = path.strip_prefix(folder).expect("it was found below the folder");
                let text = std::fs::read_to_string(path)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let name = match shown.parent() {
                    Some(folder) if shown.ends_with(MAIN) => folder.to_owned(),
                    _ => shown.with_extension(""),
                };
                // Reports show the path, so it must not depend on where the project lies.
                let path_shown = shown.display().to_string();
                let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
                let source = Source { path: path_shown, text, folder };
                Case::parse(&name.display().to_string(), source)
            })
            .collect()
    }

    /// Text → IR. The error is what the checker or the lowering found.
    pub fn compile(&self) -> Result<Compiled, String> {
        let mut timings = Timings::default();
        let checked =
            pipeline::check(&self.source, EditionChoice::Auto, Libraries::Needed, &mut timings);
        let show = |diagnostics: &[mochi_base::Diagnostic]| {
            let format = Format::Human(ColorChoice::Never);
            mochi_base::render(&checked.sources, diagnostics, format)
        };
        if !checked.is_correct() {
            return Err(show(&checked.diagnostics));
        }
        match pipeline::compile(&checked, &mut timings) {
            Ok(program) => Ok(Compiled { sources: checked.sources, program }),
            Err(diagnostics) => Err(show(&diagnostics)),
        }
    }

    /// Whether it is to be refused by the parser or the checker.
    pub fn is_refused(&self) -> bool {
        self.expected_error.as_ref().is_some_and(|(code, _)| !code.starts_with('R'))
    }

    /// What is wrong with an outcome; empty when nothing is.
    pub fn judge(&self, outcome: &Outcome) -> String {
        let mut wrong = String::new();
        if outcome.output != self.expected_output {
            wrong.push_str(&format!(
                "expected output:\n{}actual output:\n{}",
                self.expected_output, outcome.output
            ));
        }
        match &self.expected_error {
            None if outcome.exit_code != 0 => {
                wrong.push_str(&format!(
                    "it stopped with exit code {}:\n{}",
                    outcome.exit_code, outcome.report
                ));
            }
            Some((code, place)) => {
                let found = outcome.report.starts_with(&format!("error[{code}]"))
                    && outcome.report.contains(&format!("--> {place}:"));
                if !found || outcome.exit_code != 1 {
                    wrong.push_str(&format!(
                        "expected {code} at {place} and exit code 1, found exit code {} and\n{}",
                        outcome.exit_code, outcome.report
                    ));
                }
            }
            None => {}
        }
        let calls = calls(&outcome.report);
        if !self.expected_calls.is_empty() && calls != self.expected_calls {
            wrong.push_str(&format!(
                "expected the calls {:?}, found {calls:?}\n",
                self.expected_calls
            ));
        }
        wrong
    }
}

/// The call stack in an error report, each call as `NAME LINE`.
fn calls(report: &str) -> Vec<String> {
    let stack = report.split_once("call stack, innermost first:\n").map_or("", |(_, stack)| stack);
    stack
        .lines()
        .filter_map(|line| {
            let (name, place) = line.strip_prefix("  ")?.split_once(" (")?;
            let line = place.rsplit(':').nth(1)?;
            Some(format!("{name} {line}"))
        })
        .collect()
}

/// Why an emitter that covers like this cannot run `program`: the first op that it declines. Skips come from here only.
pub fn declined(program: &Program, cover: fn(Op) -> Cover) -> Option<(Op, &'static str)> {
    program.functions.iter().flat_map(|function| &function.insts).find_map(|inst| {
        match cover(inst.op) {
            Cover::Decline(why) => Some((inst.op, why)),
            Cover::Emit | Cover::Expand => None,
        }
    })
}

/// The rest of a comment line, without the one space that separates it.
fn after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(mark)?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a listed entry can be read").path()).collect();
    entries.sort();
    let main = folder.join(MAIN);
    if entries.contains(&main) {
        files.push(main);
        return;
    }
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "mochi") {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(text: &str) -> Case {
        let (path, text) = (String::from("a.mochi"), text.to_owned());
        Case::parse("a", Source { path, text, folder: PathBuf::new() })
    }

    #[test]
    fn expectations_stand_in_comments() {
        let case =
            case("print(1)\n// expect: 1\n// expect:\n// expect-error: R001 7\n// input: x y\n");
        assert_eq!(case.expected_output, "1\n\n");
        assert_eq!(case.expected_error, Some((String::from("R001"), String::from("a.mochi:7"))));
        assert_eq!(case.input, "x y\n");
    }

    #[test]
    fn a_call_stack_is_compared_call_by_call() {
        let case = case("// expect-error: R001 7\n// expect-call: f 7\n// expect-call: <main> 9\n");
        let outcome = |calls: &str| Outcome {
            output: String::new(),
            report: format!(
                "error[R001]: x\n --> a.mochi:7:1\n\ncall stack, innermost first:\n{calls}"
            ),
            exit_code: 1,
        };
        assert_eq!(case.judge(&outcome("  f (a.mochi:7:1)\n  <main> (a.mochi:9:3)\n")), "");
        assert_ne!(case.judge(&outcome("  f (a.mochi:7:1)\n")), "");
        assert_ne!(case.judge(&outcome("  g (a.mochi:7:1)\n  <main> (a.mochi:9:3)\n")), "");
    }

    #[test]
    fn another_output_line_or_code_is_found() {
        let case = case("// expect: 1\n// expect-error: R001 7\n");
        let outcome = |output: &str, report: &str, exit_code| Outcome {
            output: output.into(),
            report: report.into(),
            exit_code,
        };
        assert_eq!(case.judge(&outcome("1\n", "error[R001]: x\n --> a.mochi:7:1\n", 1)), "");
        assert_ne!(case.judge(&outcome("2\n", "error[R001]: x\n --> a.mochi:7:1\n", 1)), "");
        assert_ne!(case.judge(&outcome("1\n", "error[R002]: x\n --> a.mochi:7:1\n", 1)), "");
        assert_ne!(case.judge(&outcome("1\n", "error[R001]: x\n --> a.mochi:8:1\n", 1)), "");
        assert_ne!(case.judge(&outcome("1\n", "", 0)), "");
    }
}
