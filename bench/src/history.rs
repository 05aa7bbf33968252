//! The figures of a run as one line of JSON at the end of a file, so that later runs can be held against it.

use crate::measure::Row;
use serde_json::{Map, Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Appends the run: when, which commit, which processor, and seconds per program and runner.
pub(crate) fn append(path: &Path, rows: &[Row]) -> std::io::Result<()> {
    let programs: Map<String, Value> = rows
        .iter()
        .map(|row| {
            let seconds: Map<String, Value> = row
                .seconds
                .iter()
                .filter_map(|(name, seconds)| {
                    seconds.map(|seconds| ((*name).to_owned(), json!(seconds)))
                })
                .collect();
            (row.program.clone(), Value::Object(seconds))
        })
        .collect();
    append_line(path, json!({ "seconds": programs }))
}

/// Appends a run of something else under its name.
pub(crate) fn append_figures(
    path: &Path,
    name: &str,
    seconds: Map<String, Value>,
) -> std::io::Result<()> {
    append_line(path, json!({ "suite": name, "seconds": seconds }))
}

fn append_line(path: &Path, mut line: Value) -> std::io::Result<()> {
    line["date"] = json!(output("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]));
    line["commit"] = json!(output("git", &["rev-parse", "--short", "HEAD"]));
    line["processor"] = json!(processor());
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{line}")
}

fn output(command: &str, args: &[&str]) -> Option<String> {
    let done = Command::new(command).args(args).output().ok()?;
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
