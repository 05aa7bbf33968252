//! How `mochi test` shows what became of each block: for people as they are done, one JSON object a line, or JUnit's XML
//! at the end. Results go to stdout, progress on a terminal to stderr.

use crate::options::TestFormat;
use crate::output::Output;
use mochi_base::ColorChoice;
use mochi_engine::testing::TestResult;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

/// A block that was run.
pub(crate) struct Done<'a> {
    pub path: &'a str,
    pub name: &'a str,
    pub line: u32,
    /// Where there are several.
    pub engine: Option<&'a str>,
    pub result: &'a TestResult,
}

pub(crate) struct Reporter<'a> {
    format: TestFormat,
    output: &'a Output,
    passed: usize,
    failed: usize,
    expected: usize,
    /// The file whose name was shown last.
    path: String,
    /// The XML of the cases of each file.
    cases: BTreeMap<String, Cases>,
    /// Whether all could be written.
    written: bool,
    progress: bool,
}

#[derive(Default)]
struct Cases {
    text: String,
    count: usize,
    failed: usize,
    time: Duration,
}

impl Reporter<'_> {
    pub(crate) fn new(format: TestFormat, output: &Output) -> Reporter<'_> {
        Reporter {
            format,
            output,
            passed: 0,
            failed: 0,
            expected: 0,
            path: String::new(),
            cases: BTreeMap::new(),
            written: true,
            progress: format == TestFormat::Human
                && !output.is_quiet()
                && std::io::stderr().is_terminal()
                && std::io::stdout().is_terminal(),
        }
    }

    pub(crate) fn expect(&mut self, count: usize) {
        self.expected = count;
        self.show_progress();
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    pub(crate) fn note(&mut self, text: &str) {
        if self.format == TestFormat::Human {
            self.output.note(text);
        }
    }

    /// A file, or a block of one, that cannot be run at all.
    pub(crate) fn refused(&mut self, path: &str, report: &str) {
        let report = report.to_owned();
        let result =
            TestResult { passed: false, duration: Duration::ZERO, output: String::new(), report };
        self.done(&Done { path, name: "(cannot be run)", line: 1, engine: None, result: &result });
    }

    pub(crate) fn done(&mut self, done: &Done) {
        if done.result.passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        match self.format {
            TestFormat::Human => self.human(done),
            TestFormat::Json => {
                let value = json!({
                    "event": "test",
                    "path": done.path,
                    "line": done.line,
                    "name": done.name,
                    "engine": done.engine,
                    "outcome": if done.result.passed { "passed" } else { "failed" },
                    "duration_us": done.result.duration.as_micros() as u64,
                    "output": done.result.output,
                    "report": done.result.report,
                });
                self.write(&format!("{value}\n"));
            }
            TestFormat::Junit => self.junit_case(done),
        }
    }

    /// The end of all; false when not everything could be written.
    pub(crate) fn finish(&mut self, time: Duration) -> bool {
        let (passed, failed, seconds) = (self.passed, self.failed, time.as_secs_f64());
        match self.format {
            TestFormat::Human => {
                self.clear_progress();
                let text = format!("{passed} passed, {failed} failed");
                let color = if failed > 0 { RED } else { GREEN };
                let text = self.colored(color, &text);
                self.write(&format!("{text} in {seconds:.2} s\n"));
            }
            TestFormat::Json => {
                let value = json!({ "event": "summary", "passed": passed, "failed": failed, "seconds": seconds });
                self.write(&format!("{value}\n"));
            }
            TestFormat::Junit => self.junit(time),
        }
        self.written
    }

    fn human(&mut self, done: &Done) {
        self.clear_progress();
        let mut text = String::new();
        let quiet = self.output.is_quiet();
        if !(quiet && done.result.passed) && self.path != done.path {
            self.path = done.path.to_owned();
            writeln!(text, "{}", done.path).expect(TO_STRING);
        }
        let engine = done.engine.map_or(String::new(), |engine| format!(" [{engine}]"));
        let milliseconds = done.result.duration.as_secs_f64() * 1e3;
        if done.result.passed {
            if !quiet {
                let ok = self.colored(GREEN, "ok");
                writeln!(text, "  {ok}    {}{engine} ({milliseconds:.1} ms)", done.name)
                    .expect(TO_STRING);
            }
        } else {
            let failed = self.colored(RED, "FAIL");
            writeln!(text, "  {failed}  {}{engine} ({milliseconds:.1} ms)", done.name)
                .expect(TO_STRING);
            if !done.result.output.is_empty() {
                text.push_str("it printed:\n");
                text.push_str(&done.result.output);
                if !done.result.output.ends_with('\n') {
                    text.push('\n');
                }
            }
            text.push_str(&done.result.report);
            text.push('\n');
        }
        self.write(&text);
        self.show_progress();
    }

    fn junit_case(&mut self, done: &Done) {
        let result = done.result;
        let cases = self.cases.entry(done.path.to_owned()).or_default();
        cases.count += 1;
        cases.time += result.duration;
        let engine = done.engine.map_or(String::new(), |engine| format!(" [{engine}]"));
        let (name, path) = (xml(&format!("{}{engine}", done.name)), xml(done.path));
        let seconds = result.duration.as_secs_f64();
        write!(
            cases.text,
            "    <testcase name=\"{name}\" classname=\"{path}\" file=\"{path}\" line=\"{}\" time=\"{seconds:.6}\">",
            done.line
        )
        .expect(TO_STRING);
        if !result.passed {
            cases.failed += 1;
            let message = xml(result.report.lines().next().unwrap_or_default());
            let report = xml(&result.report);
            write!(cases.text, "\n      <failure message=\"{message}\">{report}</failure>")
                .expect(TO_STRING);
        }
        if !result.output.is_empty() {
            let printed = xml(&result.output);
            write!(cases.text, "\n      <system-out>{printed}</system-out>").expect(TO_STRING);
        }
        cases.text.push_str("</testcase>\n");
    }

    fn junit(&mut self, time: Duration) {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let (all, failed, seconds) = (self.passed + self.failed, self.failed, time.as_secs_f64());
        writeln!(text, "<testsuites tests=\"{all}\" failures=\"{failed}\" time=\"{seconds:.6}\">")
            .expect(TO_STRING);
        for (path, cases) in &self.cases {
            writeln!(
                text,
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.6}\">",
                xml(path),
                cases.count,
                cases.failed,
                cases.time.as_secs_f64()
            )
            .expect(TO_STRING);
            text.push_str(&cases.text);
            text.push_str("  </testsuite>\n");
        }
        text.push_str("</testsuites>\n");
        self.write(&text);
    }

    fn write(&mut self, text: &str) {
        self.written &= text.is_empty() || self.output.result(text);
    }

    fn colored(&self, color: &str, text: &str) -> String {
        if self.output.color == ColorChoice::Never || !std::io::stdout().is_terminal() {
            text.to_owned()
        } else {
            format!("{color}{text}\x1b[0m")
        }
    }

    fn show_progress(&self) {
        if self.progress {
            let done = self.passed + self.failed;
            self.output.write(&format!("{done}/{} …", self.expected));
        }
    }

    fn clear_progress(&self) {
        if self.progress {
            self.output.write("\r\x1b[K");
        }
    }
}

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const TO_STRING: &str = "writing to a string cannot fail";

/// Text as XML has it: what XML cannot say at all becomes a question mark.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(char),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => out.push('?'),
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn text_in_xml_is_escaped() {
        assert_eq!(xml("a<b> & \"c\"\u{1b}[0m ö\n"), "a&lt;b&gt; &amp; &quot;c&quot;?[0m ö\n");
    }
}
