//! Every program in `tests/ir/verify` is accepted or rejected as the line above it says.
//!
//! `; accepted` and `; accepted with counts` stand above right programs, `; rejected: message` and
//! `; rejected counts: message` above wrong ones. A file holds many of them.

use mochi_ir::text::read;
use mochi_ir::verify::{verify, verify_counts};
use std::path::Path;

#[test]
fn programs_are_judged_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ir/verify");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    let mut rejected = 0;
    let mut failures = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the file can be read");
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (line, verdict, program) in cases(&text) {
            rejected += usize::from(verdict.starts_with("rejected"));
            if let Err(message) = judge(verdict, &program) {
                failures.push(format!("{name}:{line}: {message}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(rejected >= 60, "only {rejected} wrong programs");
}

/// Line, verdict and text of each program; the text keeps its line numbers.
fn cases(text: &str) -> Vec<(usize, &str, String)> {
    let mut cases: Vec<(usize, &str, String)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let verdict = line.strip_prefix("; ").unwrap_or_default();
        if verdict.starts_with("accepted") || verdict.starts_with("rejected") {
            cases.push((number + 1, verdict, "\n".repeat(number)));
        }
        if let Some((_, _, program)) = cases.last_mut() {
            program.push_str(line);
            program.push('\n');
        }
    }
    cases
}

fn judge(verdict: &str, text: &str) -> Result<(), String> {
    let program = read(text).map_err(|error| format!("does not read: {error}"))?;
    let structure = verify(&program).map_err(|error| error.to_string());
    let counts = |ok: Result<(), String>| {
        ok.and_then(|()| verify_counts(&program).map_err(|error| error.to_string()))
    };
    let (found, wanted) = if verdict == "accepted" {
        return structure;
    } else if verdict == "accepted with counts" {
        return counts(structure);
    } else if let Some(message) = verdict.strip_prefix("rejected: ") {
        (structure, message)
    } else if let Some(message) = verdict.strip_prefix("rejected counts: ") {
        structure.clone().map_err(|error| format!("rejected without counts: {error}"))?;
        (counts(structure), message)
    } else {
        return Err(format!("`{verdict}` is no verdict"));
    };
    match found {
        Ok(()) => Err(format!("accepted, not {wanted}")),
        Err(message) if message == wanted => Ok(()),
        Err(message) => Err(format!("\n  wanted {wanted}\n  found  {message}")),
    }
}
