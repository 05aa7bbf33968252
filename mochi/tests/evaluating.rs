//! `eval` at the command line: exit codes, and what a built program does not have.

use std::process::Command;

/// What a command line must give: exit code, standard output, and what stands somewhere on standard error.
fn check(args: &[&str], code: i32, stdout: &str, stderr: &str) {
    let done =
        Command::new(env!("CARGO_BIN_EXE_mochi")).args(args).output().expect("the binary starts");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let shown = format!("mochi {}\nstdout:\n{out}stderr:\n{err}", args.join(" "));
    assert_eq!(done.status.code(), Some(code), "{shown}");
    assert_eq!(out, stdout, "{shown}");
    assert!(err.contains(stderr), "`{stderr}` is not in it: {shown}");
}

#[test]
fn a_text_that_ends_the_program_gives_its_exit_code() {
    for engine in ["bytecode", "template", "stencil", "eval"] {
        let text = "print(\"a\")\neval(\"print(1)\\nexit(3)\")\nprint(\"b\")";
        check(&["run", "--engine", engine, "-e", text], 3, "a\n1\n", "");
    }
}

#[test]
fn the_error_shows_what_is_wrong_in_the_text() {
    let wrong = "`eval` failed: <eval>:1:5: R002: division by zero";
    check(&["run", "-e", "let n = eval(\"1 + 1 / 0\")"], 1, "", wrong);
}

#[test]
fn a_built_program_has_no_compiler() {
    let wrong = "error[R017]: `eval` cannot be run in a built program";
    let folder = tempfile::TempDir::new().expect("there is a temporary folder");
    let output = folder.path().join("program");
    let output = output.to_str().expect("the path is UTF-8");
    check(&["build", "-e", "print(eval(\"1\"))", "-o", output], 1, "", wrong);
    check(&["run", "--engine", "c", "-e", "print(eval(\"1\"))"], 1, "", wrong);
}
