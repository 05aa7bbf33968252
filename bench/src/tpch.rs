//! TPC-H: generated tables, 22 queries in Mochi, and the same in SQL, whose answers DuckDB gives.
//!
//! `cargo run --release -p mochi-bench -- tpch` writes the tables, runs every query on our emitters, holds each row
//! against DuckDB's and prints the times, without loading, side by side. Without DuckDB (`pip install duckdb`) nothing is
//! compared, and that is said and counted as skipped.

mod data;
mod words;

use crate::table::say;
use serde_json::{Map, Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Queries by their numbers; all by default
    queries: Vec<u32>,
    /// How large the tables are: 1 is about a gigabyte
    #[arg(long, default_value_t = 0.01)]
    scale: f64,
    /// Our emitters
    #[arg(long, value_delimiter = ',', default_value = "bytecode,c")]
    engines: Vec<String>,
    /// A Python that has the module `duckdb`
    #[arg(long, default_value = "python3")]
    python: String,
    /// Where the queries are
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/tpch"))]
    directory: PathBuf,
    /// Where the tables go, and stay; by default a folder that is removed again
    #[arg(long)]
    tables: Option<PathBuf>,
    /// The `mochi` binary; by default the release build in this workspace
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/mochi"))]
    mochi: PathBuf,
    /// Append the figures to this file, one JSON object a run
    #[arg(long)]
    record: Option<PathBuf>,
}

/// The rows of an answer, and how many seconds it took.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    rows: Vec<String>,
    seconds: f64,
}

/// Whether all answers agreed.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    let scratch = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let folder = options.tables.as_deref().unwrap_or(scratch.path());
    std::fs::create_dir_all(folder)
        .and_then(|()| data::write(folder, options.scale))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let wanted: Vec<u32> =
        if options.queries.is_empty() { (1..=22).collect() } else { options.queries.clone() };
    let expected = duckdb(options, folder, &wanted);
    if let Err(why) = &expected {
        say(&format!("DuckDB is left out: {why}"));
    }
    let mut header = format!("{:<6}", "query");
    for name in options.engines.iter().map(String::as_str).chain(["duckdb"]) {
        header.push_str(&format!("{name:>11}"));
    }
    say(&header);
    let (mut wrong, mut right, mut skipped) = (0, 0, 0);
    let mut recorded = Map::new();
    for (at, &number) in wanted.iter().enumerate() {
        let expected = expected.as_ref().ok().map(|answers| &answers[at]);
        let mut line = format!("q{number:02}   ");
        let mut seconds = Map::new();
        let mut problems = Vec::new();
        for engine in &options.engines {
            match ours(options, folder, number, engine) {
                Ok(answer) => {
                    line.push_str(&format!("{:>8.1} ms", answer.seconds * 1e3));
                    seconds.insert(engine.clone(), json!(answer.seconds));
                    match expected.map(|expected| difference(&answer.rows, &expected.rows)) {
                        Some(Some(problem)) => problems.push(format!("{engine}: {problem}")),
                        Some(None) => right += 1,
                        None => skipped += 1,
                    }
                }
                Err(problem) => {
                    line.push_str(&format!("{:>11}", "failed"));
                    problems.push(format!("{engine}: {problem}"));
                }
            }
        }
        if let Some(expected) = expected {
            line.push_str(&format!(
                "{:>8.1} ms{:>8} rows",
                expected.seconds * 1e3,
                expected.rows.len()
            ));
            seconds.insert(String::from("duckdb"), json!(expected.seconds));
        }
        say(&line);
        wrong += problems.len();
        problems.iter().for_each(|problem| say(&format!("       {problem}")));
        recorded.insert(format!("q{number:02}"), Value::Object(seconds));
    }
    say(&format!("{right} answers as DuckDB's, {wrong} wrong, {skipped} skipped"));
    if let Some(path) = &options.record {
        let name = format!("tpch sf {}", options.scale);
        crate::history::append_figures(path, &name, recorded)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(wrong == 0)
}

/// What our emitter answers.
fn ours(options: &Options, folder: &Path, number: u32, engine: &str) -> Result<Answer, String> {
    let done = Command::new(&options.mochi)
        .args(["run", "--engine", engine])
        .arg(options.directory.join(format!("q{number:02}.mochi")))
        .current_dir(folder)
        .output()
        .map_err(|error| format!("{}: {error}", options.mochi.display()))?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&done.stdout);
    answers(&text).pop().ok_or_else(|| String::from("it prints no time"))
}

/// What DuckDB answers to each query; the error says why there is nothing.
fn duckdb(options: &Options, folder: &Path, wanted: &[u32]) -> Result<Vec<Answer>, String> {
    let mut child = Command::new(&options.python)
        .arg(options.directory.join("duckdb_answers.py"))
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", options.python))?;
    let mut input = child.stdin.take().expect("standard input is piped");
    for number in wanted {
        let path = options.directory.join(format!("q{number:02}.sql"));
        // Where it has ended already, its exit code says so.
        let _ = writeln!(input, "{}", path.display());
    }
    drop(input);
    let done = child.wait_with_output().map_err(|error| error.to_string())?;
    if !done.status.success() {
        let report = String::from_utf8_lossy(&done.stderr);
        return Err(report.lines().last().unwrap_or("it failed").to_owned());
    }
    let found = answers(&String::from_utf8_lossy(&done.stdout));
    if found.len() == wanted.len() {
        Ok(found)
    } else {
        Err(format!("it gave {} answers to {} queries", found.len(), wanted.len()))
    }
}

/// The answers in a program's output: rows, and then a line with the time.
fn answers(text: &str) -> Vec<Answer> {
    let mut found = Vec::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(nanoseconds) = line.strip_prefix("time|") {
            let seconds = nanoseconds.parse::<f64>().unwrap_or(f64::NAN) / 1e9;
            found.push(Answer { rows: std::mem::take(&mut rows), seconds });
        } else if !line.starts_with("query|") {
            rows.push(line.to_owned());
        }
    }
    found
}

/// What is different in two answers, if anything is.
fn difference(ours: &[String], theirs: &[String]) -> Option<String> {
    if ours.len() != theirs.len() {
        return Some(format!("{} rows, DuckDB has {}", ours.len(), theirs.len()));
    }
    let at = ours.iter().zip(theirs).position(|(ours, theirs)| !is_same_row(ours, theirs))?;
    Some(format!("row {}: `{}`, DuckDB has `{}`", at + 1, ours[at], theirs[at]))
}

/// Numbers may differ by what comes of adding floats up in another order.
fn is_same_row(ours: &str, theirs: &str) -> bool {
    let (ours, theirs): (Vec<&str>, Vec<&str>) =
        (ours.split('|').collect(), theirs.split('|').collect());
    ours.len() == theirs.len()
        && ours.iter().zip(&theirs).all(|(ours, theirs)| {
            ours == theirs
                || match (ours.parse::<f64>(), theirs.parse::<f64>()) {
                    (Ok(ours), Ok(theirs)) => {
                        (ours - theirs).abs() <= 1e-9 * ours.abs().max(theirs.abs()).max(1.0)
                    }
                    _ => false,
                }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_times_are_told_apart() {
        let found = answers("query|a.sql\n1|x\n2|y\ntime|2000000000\nquery|b.sql\ntime|0\n");
        assert_eq!(found[0], Answer { rows: vec!["1|x".into(), "2|y".into()], seconds: 2.0 });
        assert_eq!(found[1], Answer { rows: vec![], seconds: 0.0 });
    }

    #[test]
    fn a_wrong_row_is_found() {
        let rows = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(difference(&rows("1|1.5e+06|x"), &rows("1|1500000.0000001|x")), None);
        assert!(difference(&rows("1|1.5"), &rows("1|1.6")).is_some());
        assert!(difference(&rows("1|x"), &rows("1|y")).is_some());
        assert!(difference(&rows("1"), &rows("1\n2")).is_some());
        assert!(difference(&rows("1|2"), &rows("1")).is_some());
    }
}
