//! Programs that run for long do not grow: those of `tests/soak`, which measure themselves, for a while each.
//! `just soak` runs them a hundred times longer.

#[path = "../../engine/tests/archive/mod.rs"]
mod archive;

use std::path::Path;
use std::process::Command;

/// Runs the program with so many rounds.
fn check(engine: &str, name: &str, rounds: u32) {
    if engine == "c" {
        archive::make().unwrap_or_else(|error| panic!("{error}"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/soak").join(name);
    let done = Command::new(env!("CARGO_BIN_EXE_mochi"))
        .args(["run", "--engine", engine])
        .arg(&path)
        .args(["--", &rounds.to_string()])
        .output()
        .expect("the binary starts");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{engine} {name} {rounds}: {out}{err}");
}

#[test]
fn events_leave_nothing_behind() {
    for engine in ["bytecode", "template", "c"] {
        check(engine, "events.mochi", 200_000);
    }
}

#[test]
fn forgotten_circles_are_collected() {
    for engine in ["bytecode", "template", "c"] {
        check(engine, "cycles.mochi", 200_000);
    }
}

#[test]
fn folded_groups_keep_no_rows() {
    for engine in ["bytecode", "template", "c"] {
        check(engine, "groups.mochi", 1_000);
    }
}

#[test]
fn evaluated_texts_leave_nothing_behind() {
    for engine in ["bytecode", "template"] {
        check(engine, "texts.mochi", 2_000);
    }
}
