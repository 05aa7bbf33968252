//! Files as `load` and `save` leave and find them: whole or not at all, with their permissions, under `MOCHI_ROOT`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Runs a program in a folder on every engine: exit code, standard output, and what stands somewhere on standard error.
fn check(folder: &Path, program: &str, code: i32, stdout: &str, stderr: &str) {
    check_with(folder, &[], program, code, stdout, stderr);
}

fn check_with(
    folder: &Path,
    environment: &[(&str, &str)],
    program: &str,
    code: i32,
    stdout: &str,
    stderr: &str,
) {
    for engine in ["bytecode", "eval"] {
        let done = Command::new(env!("CARGO_BIN_EXE_mochi"))
            .args(["run", "--engine", engine, "-e", program])
            .current_dir(folder)
            .env_remove("MOCHI_ROOT")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("the binary starts");
        let (out, err) =
            (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        let shown = format!("{engine}: {program}\nstdout:\n{out}stderr:\n{err}");
        assert_eq!(done.status.code(), Some(code), "{shown}");
        assert_eq!(out, stdout, "{shown}");
        assert!(err.contains(stderr), "`{stderr}` is not in it: {shown}");
    }
}

fn folder() -> TempDir {
    TempDir::new().expect("there is a temporary folder")
}

fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::write(path, text).expect("the folder can be written to");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file is there")
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> =
        entries.map(|entry| name(entry.expect("a listed entry can be read"))).collect();
    names.sort();
    names
}

#[test]
fn the_ending_tells_the_format_both_ways() {
    for ending in ["csv", "tsv", "json", "jsonl", "ndjson", "yaml", "yml", "CSV"] {
        let folder = folder();
        let program = format!(
            "type P {{ name: string, age: int, share: float, nick: string? }}\n\
             save [P {{ name: \"A, \\\"b\\\"\\n\", age: -1, share: 0.5, nick: none }}, \
             P {{ name: \"12\", age: 2, share: 1.0, nick: \"x\" }}] to \"f.{ending}\"\n\
             for p in load \"f.{ending}\" as P {{ print(p.name, p.age, p.share, p.nick ?? \"-\") }}"
        );
        check(folder.path(), &program, 0, "A, \"b\"\n -1 0.5 -\n12 2 1 x\n", "");
        assert_eq!(names(folder.path()).len(), 1);
    }
}

#[test]
fn a_file_that_cannot_be_written_whole_stays_as_it_was() {
    let folder = folder();
    let path = folder.path().join("f.jsonl");
    write(&path, "before\n");
    let program = "save [{ x: 1.0 }, { x: float(\"inf\") }] to \"f.jsonl\"";
    check(folder.path(), program, 1, "", "cannot write f.jsonl: row 2: JSON has no number +Inf");
    assert_eq!(read(&path), "before\n");
    assert_eq!(names(folder.path()), ["f.jsonl"]);
}

#[test]
fn permissions_and_links_are_kept() {
    let folder = folder();
    let (path, link) = (folder.path().join("f.csv"), folder.path().join("link.csv"));
    write(&path, "old");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is our file");
    symlink("f.csv", &link).expect("a link can be made");
    check(folder.path(), "save [{ x: 1 }] to \"link.csv\"", 0, "", "");
    assert_eq!(read(&path), "x\n1\n");
    assert!(link.symlink_metadata().expect("it is there").is_symlink());
    assert_eq!(path.metadata().expect("it is there").permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_full_disk_is_an_error_of_the_program() {
    let folder = folder();
    let many = "var xs: list<string> = []\nfor i in 0..200000 { xs = append(xs, \"some text\") }\n";
    let program = format!("{many}save xs to \"/dev/full\" with {{ format: \"jsonl\" }}");
    check(folder.path(), &program, 1, "", "cannot write /dev/full: No space left on device");
}

#[test]
fn a_missing_folder_is_an_error_of_the_program() {
    let folder = folder();
    let program = "save [{ x: 1 }] to \"sub/f.csv\"";
    check(folder.path(), program, 1, "", "error[R014]: cannot write sub/f.csv: No such file");
    check(
        folder.path(),
        "save [1] to \".\" with { format: \"json\" }",
        1,
        "",
        "error[R014]: cannot write .: ",
    );
}

#[test]
fn files_are_looked_for_under_the_root_too() {
    let folder = folder();
    fs::create_dir(folder.path().join("sub")).expect("the folder can be written to");
    write(&folder.path().join("sub/f.jsonl"), "1\n2\n");
    let root = folder.path().to_str().expect("the path is UTF-8");
    let elsewhere = TempDir::new().expect("there is a temporary folder");
    let program = "print(load \"../../sub/f.jsonl\" as int)\nsave [3] to \"../sub/g.jsonl\"";
    check_with(elsewhere.path(), &[("MOCHI_ROOT", root)], program, 0, "[1, 2]\n", "");
    assert_eq!(read(&folder.path().join("sub/g.jsonl")), "3\n");
    check(elsewhere.path(), program, 1, "", "cannot read ../../sub/f.jsonl: No such file");
}

#[test]
fn bad_bytes_are_told_with_their_place() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    write(&at("f.csv"), b"a,b\n1,2\n3,\xff\n");
    check(
        folder.path(),
        "print(load \"f.csv\" as any)",
        1,
        "",
        "f.csv, row 2 (line 3), column 2 `b`: this is not UTF-8",
    );
    write(&at("f.jsonl"), b"\"ok\"\n\"\xff\"\n");
    check(
        folder.path(),
        "print(load \"f.jsonl\" as any)",
        1,
        "",
        "f.jsonl, row 2 (line 2, column ",
    );
    write(&at("f.yaml"), b"- a\n- \xff\n");
    check(
        folder.path(),
        "print(load \"f.yaml\" as any)",
        1,
        "",
        "f.yaml, line 2: this is not UTF-8",
    );
    write(&at("f.json"), b"[1, \xff]");
    check(folder.path(), "print(load \"f.json\" as any)", 1, "", "f.json, row 2 (line 1, column ");
    for name in ["f.csv", "f.jsonl", "f.yaml", "f.json"] {
        write(&at(name), (0..=255).cycle().take(4096).collect::<Vec<u8>>());
        check(folder.path(), &format!("print(load \"{name}\" as int)"), 1, "", "error[R014]: f.");
    }
}

#[test]
fn marks_and_carriage_returns_are_no_data() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    write(&at("f.csv"), b"\xef\xbb\xbfa,b\r\n1,x\r\n\r\n2,y\r\n");
    check(
        folder.path(),
        "print(load \"f.csv\" as any)",
        0,
        "[{\"a\": 1, \"b\": \"x\"}, {\"a\": 2, \"b\": \"y\"}]\n",
        "",
    );
    write(&at("f.jsonl"), b"\xef\xbb\xbf1\r\n\r\n2");
    check(folder.path(), "print(load \"f.jsonl\" as int)", 0, "[1, 2]\n", "");
    write(&at("f.json"), b"\xef\xbb\xbf[1]");
    check(folder.path(), "print(load \"f.json\" as int)", 0, "[1]\n", "");
    write(&at("f.yaml"), b"\xef\xbb\xbf- 1\r\n- 2\r\n");
    check(folder.path(), "print(load \"f.yaml\" as int)", 0, "[1, 2]\n", "");
}

#[test]
fn a_file_is_read_while_it_is_replaced() {
    let folder = folder();
    let program = "save [1, 2, 3] to \"f.jsonl\"\n\
                   for x in load \"f.jsonl\" as int { save [x * 10] to \"f.jsonl\" }\n\
                   print(load \"f.jsonl\" as int)";
    check(folder.path(), program, 0, "[30]\n", "");
}

#[test]
fn rows_are_closed_when_a_loop_is_left() {
    let folder = folder();
    write(&folder.path().join("f.jsonl"), "1\n2\n");
    // More than a process may have open.
    let program = "fun first(): int { for x in load \"f.jsonl\" as int { return x } return 0 }\n\
                   var n = 0\nfor i in 0..5000 { n = n + first() + len(from x in load \"f.jsonl\" as int take 1 select x) }\nprint(n)";
    check(folder.path(), program, 0, "10000\n", "");
}

#[test]
fn a_query_over_a_file_keeps_no_rows() {
    let folder = folder();
    let rows: String = (0..200_000).map(|n| format!("{n},word {n}\n")).collect();
    write(&folder.path().join("f.csv"), format!("n,word\n{rows}"));
    let program = "type Memory { size: int, resident: int, shared: int, code: int, libraries: int, data: int, dirty: int }
fun resident(): int {
  let rows = load \"/proc/self/statm\" as Memory with { format: \"csv\", header: false, delimiter: \" \" }
  return rows[0].resident
}
type Row { n: int, word: string }
var seen = 0
fun note(row: Row) { seen = seen + len(row.word) }
let early = resident()
var grown = 0
for r in from r in load \"f.csv\" as Row where r.n * 2 >= 20 select r {
  note(r)
  if r.n == 199999 { grown = resident() - early }
}
print(seen, grown < 1000)
let counted = count(from r in load \"f.csv\" as Row where r.n * 2 < 10 select r.n * 2)
let any = exists(from r in load \"f.csv\" as Row where r.n * 2 == 399998 select r)
print(counted, any, resident() - early < 1000)";
    check(folder.path(), program, 0, "2088830 true\n5 true true\n", "");
}

#[test]
fn rows_of_a_query_over_a_file_come_as_they_are_read() {
    let folder = folder();
    write(&folder.path().join("f.jsonl"), "1\n2\n\"three\"\n");
    let query = "from x in load \"f.jsonl\" as int where x + 1 > 1 select x * 10";
    let program = format!("for x in {query} {{ print(x) }}");
    check(folder.path(), &program, 1, "10\n20\n", "error[R014]: f.jsonl, row 3");
    check(folder.path(), &format!("print(exists({query}))"), 0, "true\n", "");
    check(folder.path(), &format!("print(count({query}))"), 1, "", "error[R014]: f.jsonl, row 3");
    // The body changes what the query reads, so all of it is evaluated before.
    let program = "var limit = 0\nfun raise() { limit = 9 }\n                   for x in from x in load \"g.jsonl\" as int where x > limit select x { raise() print(x) }";
    write(&folder.path().join("g.jsonl"), "1\n2\n");
    check(folder.path(), program, 0, "1\n2\n", "");
}

#[test]
fn variants_come_back_as_they_were_saved() {
    let folder = folder();
    for ending in ["json", "jsonl", "yaml", "csv"] {
        let program = format!(
            "type Shape = Circle {{ r: float, size: bigint }} | Group {{ name: string?, parts: list<Shape> }} | Nothing {{ }}
let big: bigint = bigint(\"123456789012345678901234567890\")
let shapes: list<Shape> = [
  Circle {{ r: 0.1, size: big }},
  Group {{ name: none, parts: [Circle {{ r: 2.0, size: big * big }}, Nothing {{ }}] }},
  Nothing {{ }},
]
save shapes to \"f.{ending}\"
let back = load \"f.{ending}\" as Shape
print(back == shapes, len(back))
save back to \"g.{ending}\""
        );
        check(folder.path(), &program, 0, "true 3\n", "");
        assert_eq!(
            read(&folder.path().join(format!("f.{ending}"))),
            read(&folder.path().join(format!("g.{ending}"))),
            "{ending}"
        );
    }
}
