//! The binary as its user meets it: what goes to which stream, exit codes, pipes, scripts.

#[path = "../../engine/tests/archive/mod.rs"]
mod archive;

use mochi_engine::native::Maker;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const MOCHI: &str = env!("CARGO_BIN_EXE_mochi");

/// What a command line must give: exit code, standard output, and what stands somewhere on standard error.
fn check(args: &[&str], input: &str, code: i32, stdout: &str, stderr: &str) {
    let done = run(args, input);
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let shown = format!("mochi {}\nstdout:\n{out}stderr:\n{err}", args.join(" "));
    assert_eq!(done.status.code(), Some(code), "{shown}");
    assert_eq!(out, stdout, "{shown}");
    assert!(err.contains(stderr), "`{stderr}` is not in it: {shown}");
    assert!(stderr.is_empty() == err.is_empty(), "{shown}");
}

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(MOCHI)
        .args(args)
        .env_remove("MOCHI_NOW_SEED")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A command that does not read its input closes the pipe.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the binary ends")
}

/// A folder with one program in it.
fn program(text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("there is a temporary folder");
    let path = folder.path().join("program.mochi");
    std::fs::write(&path, text).expect("the folder can be written to");
    (folder, path)
}

#[test]
fn programs_come_from_a_file_the_command_line_or_standard_input() {
    let (_folder, path) = program("print(\"file\")\n");
    let path = path.to_str().expect("the path is UTF-8");
    check(&["run", path], "", 0, "file\n", "");
    check(&[path], "", 0, "file\n", "");
    check(&["run", "-e", "print(1 + 2)"], "", 0, "3\n", "");
    check(&["run", "-"], "print(\"stdin\")", 0, "stdin\n", "");
    check(&["-"], "print(\"stdin\")", 0, "stdin\n", "");
}

#[test]
fn engines_agree() {
    for engine in ["bytecode", "template", "eval"] {
        check(&["run", "--engine", engine, "-e", "print(7 % 3)"], "", 0, "1\n", "");
        check(
            &["run", "--engine", engine, "-e", "print(1 / 0)"],
            "",
            1,
            "",
            "error[R002]: division by zero",
        );
    }
}

#[test]
fn tools_are_told_of_machine_code_and_of_nothing_else() {
    for option in ["--debugger", "--perf-map"] {
        for engine in ["bytecode", "c", "eval"] {
            let args = ["run", option, "--engine", engine, "-e", "print(1)"];
            check(&args, "", 2, "", "is for machine code in memory");
        }
        check(&["run", option, "--no-jit", "-e", "print(1)"], "", 2, "", "cannot be used with");
    }
    check(&["run", "--debugger", "-e", "print(1)"], "", 0, "1\n", "");
}

#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn perf_finds_functions_in_a_map() {
    // The shell's number becomes the program's.
    let script = "echo $$; exec \"$0\" run --perf-map \"$1\"";
    let (_folder, path) = program(
        "fun twice(n: int): int { if n < 1 { return 0 } return 2 + twice(n - 1) }\nprint(twice(2))\n",
    );
    let run = |script: &str| {
        let done = Command::new("sh").args(["-c", script, MOCHI]).arg(&path).output();
        let done = done.expect("the shell starts");
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let number = text.lines().next().expect("the shell says its number");
        let map = PathBuf::from(format!("/tmp/perf-{number}.map"));
        (done, map)
    };
    let (done, map) = run(script);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let text = std::fs::read_to_string(&map).expect("the map is there");
    std::fs::remove_file(&map).expect("the map is ours");
    let name = format!(" twice {}:1\n", path.display());
    assert!(text.contains(&name), "{text}");
    // A folder is in the way.
    let (done, map) = run(&format!("mkdir /tmp/perf-$$.map; {script}"));
    std::fs::remove_dir(&map).expect("the folder is ours");
    let said = String::from_utf8_lossy(&done.stderr);
    let expected = format!("error: the map for perf cannot be written: {}: ", map.display());
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert_eq!(String::from_utf8_lossy(&done.stdout).lines().count(), 1, "it has not begun");
}

#[test]
fn a_checked_run_is_shown_once() {
    let code =
        "let name = input()\nfor i in 0..2 { print(name, args()[0], i) }\nprint(now() == now())";
    for engine in ["template", "stencil", "bytecode"] {
        let args = ["run", "--check", "--engine", engine, "-e", code, "word"];
        check(&args, "Ann\n", 0, "Ann word 0\nAnn word 1\nfalse\n", "");
        let args = ["run", "--check", "-v", "--engine", engine, "-e", "print(1)\nprint(1 / 0)"];
        check(&args, "", 1, "1\n", "error[R002]: division by zero");
        let said = format!("note: `{engine}` does what the reference evaluator does");
        check(&args, "", 1, "1\n", &said);
    }
    check(&["run", "--check", "-e", "exit(7)"], "", 7, "", "");
    check(&["run", "--check", "--engine", "eval", "-e", "print(1)"], "", 2, "", "choose one");
}

#[test]
fn what_cannot_be_done_twice_is_not_checked() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let file = folder.path().join("rows.json");
    let code = format!("print(1)\nsave [{{ a: 1 }}] to \"{}\"", file.display());
    let said =
        "error: `--check` runs a program twice, and this one saves to a file (<command line>:2)";
    check(&["run", "--check", "-e", &code], "", 2, "", said);
    assert!(!file.exists());
    // Standard output can be written to twice.
    let code = "save [{ a: 1 }] to \"-\" with { format: \"json\" }";
    check(&["run", "--check", "-e", code], "", 0, &run_output(&["run", "-e", code]), "");
}

fn run_output(args: &[&str]) -> String {
    let done = run(args, "");
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// A compiler that makes the same of every program.
#[test]
fn an_engine_that_does_something_else_is_a_bug_of_ours() {
    archive::make().unwrap_or_else(|error| panic!("{error}"));
    let folder = TempDir::new().expect("there is a temporary folder");
    let compiler = folder.path().join("cc");
    let script = "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; shift; done\n\
                  printf '#!/bin/sh\\necho 1\\necho 3\\n' > \"$out\"\nchmod +x \"$out\"\n";
    std::fs::write(&compiler, script).expect("the folder can be written to");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&compiler, executable).expect("the file is ours");
    let done = Command::new(MOCHI)
        .args(["run", "--check", "--engine", "c", "-e", "print(1)\nprint(2)"])
        .env("CC", &compiler)
        .output()
        .expect("the binary starts");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(101), "{said}");
    assert_eq!(done.stdout, b"");
    assert_eq!(
        said,
        "error: `c` does something else than the reference evaluator\n\
         first difference: output, line 2\n  eval: 2\n  c:    3\n\
         This is a bug in mochi, not in your program. Please report it with the program that shows it.\n"
    );
}

#[test]
fn wrong_programs_do_not_start() {
    check(&["run", "-e", "print(1)\nlet x: int = \"a\""], "", 1, "", "aborted due to");
    check(&["run", "-e", "print(1"], "", 1, "", "aborted due to syntax errors");
    check(&["run", "--edition", "2026", "-e", "let x: int = \"a\""], "", 1, "", "error[T");
}

#[test]
fn a_program_of_the_older_edition_runs_with_a_note() {
    let code = "let m = {\"a\": 1}\nlet n: int = m[\"a\"]\nprint(n)";
    check(&["run", "-e", code], "", 0, "1\n", "note: this program is edition 2025");
    check(&["-q", "run", "-e", code], "", 0, "1\n", "");
    check(&["run", "--edition", "2025", "-e", code], "", 0, "1\n", "");
    check(&["run", "--edition", "2026", "-e", code], "", 1, "", "error[T");
}

#[test]
fn usage_errors_say_what_to_do() {
    check(
        &["run", "there-is-no-such-file.mochi"],
        "",
        2,
        "",
        "there-is-no-such-file.mochi: there is no such file",
    );
    check(&["run", "/"], "", 2, "", "it is a folder");
    check(&["run"], "", 2, "", "<FILE>");
    check(&["run", "--engine", "steam", "-e", "print(1)"], "", 2, "", "bytecode");
    check(&["frobnicate"], "", 2, "", "frobnicate");
    let (folder, path) = program("");
    std::fs::write(&path, b"print(1)\n\xff\n").expect("the file can be written");
    check(&["run", path.to_str().expect("UTF-8")], "", 2, "", "is not UTF-8");
    drop(folder);
}

#[test]
fn check_reports_in_every_format() {
    let (_folder, path) = program("let x: int = \"a\"\n");
    let path = path.to_str().expect("the path is UTF-8");
    check(&["check", path], "", 1, "", "error[T008]");
    check(&["check", "--format", "github", path], "", 1, "", "::error file=");
    check(&["check", "--format", "line", path], "", 1, "", ":1:");
    let json = run(&["check", "--format", "json", path], "");
    assert_eq!(json.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&json.stdout).starts_with('{'));
    let (_folder, good) = program("let x = 1\nprint(x)\n");
    check(&["check", good.to_str().expect("UTF-8")], "", 0, "", "");
}

#[test]
fn a_folder_is_checked_with_all_below_it() {
    let (folder, _) = program("let x: int = \"a\"\n");
    check(&["check", folder.path().to_str().expect("UTF-8")], "", 1, "", "1 error in 1 file");
    let empty = TempDir::new().expect("there is a temporary folder");
    check(&["check", empty.path().to_str().expect("UTF-8")], "", 2, "", "no .mochi file");
}

#[test]
fn colours_are_for_terminals_or_on_request() {
    let plain = run(&["run", "-e", "print(1 / 0)"], "");
    assert!(!plain.stderr.contains(&0x1b));
    let coloured = run(&["--color", "always", "run", "-e", "print(1 / 0)"], "");
    assert!(coloured.stderr.contains(&0x1b));
}

#[test]
fn every_stage_can_be_looked_at() {
    for stage in ["tokens", "ast", "hir", "ir", "bytecode", "c"] {
        let done = run(
            &["dump", "--stage", stage, "-e", "fun f(n: int): int { return n + 1 }\nprint(f(1))"],
            "",
        );
        assert_eq!(
            done.status.code(),
            Some(0),
            "{stage}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert!(done.stdout.len() > 20, "{stage}");
    }
}

#[test]
fn times_are_told_on_request() {
    let done = run(&["run", "--time-passes", "-e", "print(1)"], "");
    assert_eq!(done.stdout, b"1\n");
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    for station in ["parse", "check", "lower", "optimise", "emit", "run", "total"] {
        assert!(text.contains(station), "{station}: {text}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = Command::new(MOCHI)
        .args(["run", "-e", "for i in 0..1000000 { print(i) }"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let done = child.wait_with_output().expect("the binary ends");
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full =
        std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has a full device");
    let done = Command::new(MOCHI)
        .args(["run", "-e", "print(1)"])
        .stdout(full)
        .output()
        .expect("the binary starts");
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!done.stderr.is_empty());
}

#[test]
fn a_script_can_name_its_interpreter() {
    let (_folder, path) = program(&format!("#!{MOCHI}\nprint(\"script\")\n"));
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(&path, mode).expect("the file is ours");
    let done = Command::new(&path).output().expect("the script starts");
    assert_eq!(done.stdout, b"script\n", "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn input_reaches_the_program() {
    let (_folder, path) = program("let a = input()\nlet b = input()\nprint(b + a)\n");
    check(&["run", path.to_str().expect("UTF-8")], "x\ny\n", 0, "yx\n", "");
}

#[test]
fn arguments_and_exit_codes_pass_through() {
    let (_folder, path) = program("print(args())\nexit(len(args()) + 40)\n");
    let path = path.to_str().expect("the path is UTF-8");
    check(&["run", path], "", 40, "[]\n", "");
    check(&["run", path, "a", "--b", "ö"], "", 43, "[\"a\", \"--b\", \"ö\"]\n", "");
    check(&[path, "-v"], "", 41, "[\"-v\"]\n", "");
    check(&["run", "-e", "print(args()) exit(-1)", "x"], "", 255, "[\"x\"]\n", "");
}

#[test]
fn imports_are_looked_for_below_the_root() {
    let (_folder, path) = program("import \"lib/two\"\nprint(two.value)\n");
    let root = TempDir::new().expect("there is a temporary folder");
    std::fs::create_dir(root.path().join("lib")).expect("the folder can be written to");
    std::fs::write(root.path().join("lib/two.mochi"), "export let value = 2\n")
        .expect("the folder can be written to");
    let with_root = |root: &std::path::Path| {
        Command::new(MOCHI)
            .arg("run")
            .arg(&path)
            .env("MOCHI_ROOT", root)
            .output()
            .expect("the binary runs")
    };
    let done = with_root(root.path());
    assert_eq!(String::from_utf8_lossy(&done.stdout), "2\n", "{done:?}");
    let done = with_root(std::path::Path::new(""));
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(err.contains("error[T067]") && err.contains("MOCHI_ROOT"), "{err}");
}

/// Names stand for places of code only: the distance in an address is a number, also where a function begins at that number.
#[test]
fn disassembled_code_names_what_it_calls_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("main.mochi");
    let text = "fun item(xs: list<int>, i: int): int { if i > 9 { return 1 + item(xs, i - 9) } return xs[i] }\n\
                fun first(xs: list<int>): int { return xs[0] }\n\
                print(item([1], 0), first([1]))\n";
    std::fs::write(&path, text).expect("the program can be written");
    for &maker in Maker::ALL {
        let engine = maker.name();
        let done = Command::new(MOCHI)
            .args(["disasm", "--engine", engine])
            .args([path.as_os_str(), "item".as_ref()])
            .output()
            .expect("the binary runs");
        let code = String::from_utf8_lossy(&done.stdout);
        assert!(code.contains("<fail>") && !code.contains("+<"), "{engine}: {code}");
    }
    let path = path.display().to_string();
    check(&["disasm", &path, "first"], "", 2, "", "all calls of it are inlined");
}

/// Where libraries are is only known to whoever says it, so the rest of a program can be checked without them; not run.
#[test]
fn check_goes_on_without_a_library() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("main.mochi");
    let mochi = |command: &str, text: &str| {
        std::fs::write(&path, text).expect("the program can be written");
        let done = Command::new(MOCHI)
            .arg(command)
            .arg(&path)
            .env_remove("MOCHI_ROOT")
            .output()
            .expect("the binary runs");
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let text = "import \"shapes/all\" as s\nprint(s.area)\n";
    let (code, err) = mochi("check", text);
    assert!(code == Some(0) && err.contains("warning[T067]"), "{err}");
    let (code, err) = mochi("run", text);
    assert!(code == Some(1) && err.contains("error[T067]"), "{err}");
    let (code, err) = mochi("check", &text.replace("shapes", "./shapes"));
    assert!(code == Some(1) && err.contains("error[T067]"), "{err}");
}

#[test]
fn shells_complete_what_there_is() {
    for (shell, sign) in [
        ("bash", "complete -F _mochi"),
        ("zsh", "#compdef mochi"),
        ("fish", "complete -c mochi"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let done = run(&["completions", shell], "");
        let script = String::from_utf8_lossy(&done.stdout);
        assert_eq!(done.status.code(), Some(0), "{shell}");
        for word in [sign, "disasm", "edition"] {
            assert!(script.contains(word), "{shell}: `{word}` is not in it:\n{script}");
        }
    }
    check(&["completions", "sh"], "", 2, "", "invalid value 'sh' for '<SHELL>'");
    // The one for the shell that is sure to be here is read by it.
    let script = run(&["completions", "bash"], "").stdout;
    let line = "COMP_WORDS=(mochi run --eng); COMP_CWORD=2; _mochi mochi --eng run; echo \"${COMPREPLY[@]}\"";
    let text = format!("{}\n{line}\n", String::from_utf8_lossy(&script));
    let Ok(done) = Command::new("bash").args(["-c", &text]).output() else { return };
    assert_eq!(String::from_utf8_lossy(&done.stdout), "--engine\n");
}

#[test]
fn manual_pages_are_written_for_each_command() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let pages = folder.path().join("share/man1");
    let path = pages.to_str().expect("the path is text");
    check(&["man", path], "", 0, "", "");
    for (page, words) in [
        ("mochi.1", "runs, checks and builds programs"),
        ("mochi-run.1", "engine"),
        ("mochi-test.1", "filter"),
        ("mochi-completions.1", "powershell"),
    ] {
        let text = std::fs::read_to_string(pages.join(page)).expect("the page is there");
        assert!(text.starts_with(".ie") && text.contains(words), "{page}: {text}");
    }
    let file = pages.join("mochi.1/below");
    let below = file.to_str().expect("the path is text");
    check(&["man", below], "", 1, "", "Not a directory");
}
