//! Wrong source in, findings out: their codes and places, and that there are no others.

use std::fmt::Write as _;
use std::path::Path;

use mochi_base::{Interner, line_column};

/// Everything the edition of 2026 finds in `source`, as `CODE LINE:COLUMN` lines.
fn found(source: &str) -> Vec<String> {
    let mut interner = Interner::new();
    let (ast, mut diagnostics) = mochi_syntax::parse(source, &mut interner);
    if diagnostics.is_empty() {
        diagnostics = mochi_syntax::validate_2026(source, &ast);
    }
    let lines = diagnostics.iter().map(|diagnostic| {
        let (line, column) = line_column(source, diagnostic.span.start);
        format!("{} {line}:{column}", diagnostic.code.name())
    });
    lines.collect()
}

fn check(source: &str, expected: &[&str]) {
    assert_eq!(found(source), expected, "{source}");
}

#[test]
fn one_finding_a_mistake() {
    check("x := 3\ny += 1\nlet z = 1", &["P054 1:3", "P999 2:4"]);
    check("let a = (1 + 2\nlet b = 3\nlet c = 4]\n", &["P052 2:1", "P999 3:10"]);
    check("fun f(a: int {\n  return a\n}\nlet x = 1 +\n", &["P052 1:14", "P999 5:1"]);
    check("fun f(: int) { return 1 }\nfun g() { return * }\nprint(1)", &["P030 1:7", "P999 2:18"]);
    check("let m = { a: 1, b 2 }\nlet n = 5 5.5.5", &["P999 1:19", "P055 2:15"]);
    check("let x = 'a'\nprint(x)", &["P999 1:9"]);
    check("print(\"\"\"\nTask\n\"\"\")\n", &["P040 1:9", "P040 3:3"]);
    check("type T { a int }\nlet x = T { a: 1 }", &["P999 1:12"]);
    check("if x = 3 { print(x) }\nprint(1)", &["P001 1:6"]);
    check("let x: = 3\nfun f(a: , b: int) { }", &["P999 1:8", "P999 2:10"]);
}

#[test]
fn a_block_that_is_never_closed_is_told_once() {
    check("fun f() {\n  if true {\n    print(1)\n}\n\nfun g() { }\n", &["P001 7:1"]);
    check("test \"t\" {\n", &["P001 2:1"]);
}

#[test]
fn going_on_after_a_mistake_finds_the_next_one() {
    let mut source = String::new();
    let mut expected = Vec::new();
    for line in 1..=20 {
        if line % 2 == 0 {
            writeln!(source, "let x{line} = ]").expect("writing to a string cannot fail");
            expected.push(format!("P999 {line}:{}", if line < 10 { 10 } else { 11 }));
        } else {
            writeln!(source, "print(x{line})").expect("writing to a string cannot fail");
        }
    }
    assert_eq!(found(&source), expected);
}

#[test]
fn findings_are_bounded() {
    assert_eq!(found(&"let = 1\n".repeat(1000)).len(), mochi_syntax::MAX_ERRORS);
    assert_eq!(found(&"let x = @1 + \n".repeat(1000)).len(), mochi_syntax::MAX_ERRORS);
}

#[test]
fn nesting_is_bounded_in_every_direction() {
    let deep = 100_000;
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("-", "1", ""),
        ("!", "a", ""),
        ("{a:", "1", "}"),
        ("f(", "1", ")"),
        ("a[", "1", "]"),
        ("if a then ", "1", " else 2"),
        ("fun() => ", "1", ""),
        ("fun() { return ", "1", "}"),
        ("match a { b => ", "1", "}"),
        ("match a { b => { ", "c()", "}}"),
        ("P { a: ", "1", "}"),
        ("from x in ", "1", " select x"),
        ("fetch ", "1", ""),
        ("a + ", "b", "* c"),
    ] {
        let source =
            format!("let x = {}{middle}{}\nlet y = )", open.repeat(deep), close.repeat(deep));
        let found = found(&source);
        if open == "a + " {
            assert_ne!(found.len(), 0);
        } else {
            assert_eq!(found.len(), 1, "{open}: {found:?}");
            assert!(found[0].starts_with("P066 1:"), "{open}: {found:?}");
        }
    }
    for (open, close) in [
        ("if a {\n", "}"),
        ("fun f() { ", "}"),
        ("while a { ", "}"),
        ("let x: list<", ">"),
        ("let x: fun(", ")"),
    ] {
        let body = if open.contains(':') {
            format!("let x: {}int", &open[7..].repeat(deep))
        } else {
            open.repeat(deep)
        };
        let found = found(&format!("{body}{}", close.repeat(deep)));
        assert_eq!(found.len(), 1, "{open}: {found:?}");
        assert!(found[0].starts_with("P066"), "{open}: {found:?}");
    }
}

/// Every `tests/diag/P*.mochi` says in comments `// expect-error: CODE LINE:COLUMN` what is found.
#[test]
fn fixtures_are_found_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/diag");
    let mut codes = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("the folder of fixtures is part of the project")
    {
        let path = entry.expect("a folder that opens can be listed").path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_string();
        if !name.starts_with('P') || path.extension().is_none_or(|extension| extension != "mochi") {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("fixtures are UTF-8");
        let expected: Vec<_> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("// expect-error: "))
            .map(str::trim)
            .collect();
        assert!(!expected.is_empty(), "{name} expects nothing");
        assert_eq!(found(&source), expected, "{name}");
        codes.extend(expected.iter().map(|line| line[..4].to_string()));
    }
    for code in
        mochi_base::Code::ALL.iter().map(|code| code.name()).filter(|code| code.starts_with('P'))
    {
        assert!(codes.iter().any(|found| found == code), "no fixture in tests/diag for {code}");
    }
}
