//! Any text in: the lexer and the parser give something with its places in the text, and never panic.

use mochi_base::{Interner, Span};
use mochi_syntax::ast::Ast;
use proptest::prelude::*;

/// Parses `source` and checks what must hold for every source.
fn check(source: &str) {
    let mut interner = Interner::new();
    let (tokens, _) = mochi_syntax::lex(source, &mut interner);
    let mut end = 0;
    for token in &tokens.tokens {
        assert!(end <= token.span.start, "tokens overlap in {source:?}");
        inside(source, token.span);
        end = token.span.end;
    }
    mochi_syntax::dump_tokens(source, &tokens);
    let (ast, diagnostics) = mochi_syntax::parse(source, &mut interner);
    for diagnostic in diagnostics.iter().chain(&mochi_syntax::validate_2026(source, &ast)) {
        inside(source, diagnostic.span);
        diagnostic.secondary.iter().for_each(|label| inside(source, label.span));
        assert!(!diagnostic.message.is_empty() && !diagnostic.message.ends_with('.'));
    }
    spans(&ast).for_each(|span| inside(source, span));
    mochi_syntax::dump_ast(&ast, &interner);
}

fn inside(source: &str, span: Span) {
    assert!(span.start <= span.end && span.end as usize <= source.len(), "{span:?} in {source:?}");
    assert!(source.get(span.range()).is_some(), "{span:?} splits a character of {source:?}");
}

fn spans(ast: &Ast) -> impl Iterator<Item = Span> {
    let exprs = ast.exprs.iter().map(|node| node.span);
    let stmts = ast.stmts.iter().map(|node| node.span);
    let blocks = ast.blocks.iter().map(|node| node.span);
    let types = ast.types.iter().map(|node| node.span);
    let patterns = ast.patterns.iter().map(|node| node.span);
    let functions = ast.functions.iter().map(|node| node.span);
    let comments = ast.comments.iter().map(|comment| comment.span);
    exprs.chain(stmts).chain(blocks).chain(types).chain(patterns).chain(functions).chain(comments)
}

/// Pieces of source, so that random texts get past the first token.
const PIECES: &[&str] = &[
    "test ",
    "expect ",
    "agent ",
    "intent ",
    "on ",
    "stream ",
    "emit ",
    "type ",
    "fun ",
    "extern ",
    "import ",
    "return ",
    "break ",
    "continue ",
    "let ",
    "var ",
    "if ",
    "else ",
    "then ",
    "for ",
    "while ",
    "in ",
    "generate ",
    "match ",
    "fetch ",
    "load ",
    "save ",
    "package ",
    "export ",
    "fact ",
    "rule ",
    "all ",
    "none ",
    "true ",
    "false ",
    "as ",
    "bench ",
    "model ",
    "update ",
    "set ",
    "where ",
    "into ",
    "with ",
    "to ",
    "from ",
    "query ",
    "join ",
    "left ",
    "group by ",
    "having ",
    "sort by ",
    "skip ",
    "take ",
    "select ",
    "distinct ",
    "union ",
    "except ",
    "==",
    "!=",
    "<=",
    ">=",
    "&&",
    "||",
    "=>",
    "..",
    "??",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "<",
    ">",
    "!",
    "|",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ".",
    ":",
    "?",
    ":-",
    "x ",
    "y ",
    "T ",
    "_ ",
    "1 ",
    "2.5 ",
    "0x",
    "1e",
    "9223372036854775808 ",
    "99999999999999999999 ",
    "\"s\"",
    "\"\\q\"",
    "\"",
    "\\",
    "/*",
    "*/",
    "//",
    "#",
    "\n",
    "\n  ",
    ";",
    "\r\n",
    "ö",
    "🍣",
    "‘",
    "\u{feff}",
    "&",
    "^",
    "@",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

/// A program that uses most of the grammar, to be cut and patched.
const PROGRAM: &str = r#"package demo
import python "math" as m auto
type Tree = Leaf | Node(left: Tree, value: int, right: Tree)
type P { x: int, fun norm(): float { return m.sqrt(x * x) } }
fun sum(t: Tree, f: fun(int): int): int ! io {
  return match t { Leaf => 0 Node(l, v, r) => { print(v) sum(l, f) + f(v) } _ => if true then 1 else { 2 } }
}
let xs: list<int?> = [1, -2, xs[1:2:3], s[:], a?.b?[c] ?? d]
for i in 0..10 { if i % 2 == 0 { continue } else if i > 5 { break } else { xs[i].y = {a: 1, "b": P { x: 2 }} } }
let q = from x in xs left join y in ys on x.id == y.id where x in zs group by x.k into g having g.n > 1 sort by -g.n
  skip 1 take 2 select distinct {k: g.key, n: count(g)}
agent A { var n = 0 on S as e { n = n + 1 } intent get(): int { return n } }
fact p("a", 1) rule g(x, z) :- p(x, y), p(y, z), x != z
test "t" { expect fun(x) => x * 2 == load "f.csv" as P with {format: "csv"} }
update ps set {x: 1} where x > 0 fetch "u" into r with {m: 1}
"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_tokens(source in soup()) {
        check(&source);
    }

    #[test]
    fn any_damage(cut in 0..PROGRAM.len(), len in 0..40usize, patch in soup()) {
        let (before, rest) = PROGRAM.split_at(cut);
        check(&format!("{before}{patch}{}", &rest[len.min(rest.len())..]));
    }
}

#[test]
fn the_program_that_is_damaged_is_whole() {
    let (_, diagnostics) = mochi_syntax::parse(PROGRAM, &mut Interner::new());
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    check(PROGRAM);
}
