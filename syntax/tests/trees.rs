//! Source in, tree out, as the dump shows it.

use mochi_base::Interner;

/// Parses `source`, which must be free of errors, and compares its dump.
fn check(source: &str, expected: &str) {
    let mut interner = Interner::new();
    let (ast, diagnostics) = mochi_syntax::parse(source, &mut interner);
    assert!(diagnostics.is_empty(), "{source}\n{diagnostics:#?}");
    assert_eq!(mochi_syntax::dump_ast(&ast, &interner).trim_end(), expected, "{source}");
}

/// Compares the dump of the expression `source`.
fn check_expr(source: &str, expected: &str) {
    check(&format!("let it = {source}"), &format!("(let it {expected})"));
}

#[test]
fn operators_bind_by_precedence_and_to_the_left() {
    for (source, expected) in [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("1 - 2 - 3", "(- (- 1 2) 3)"),
        ("a || b && c == d < e + f * -g", "(|| a (&& b (== c (< d (+ e (* f (neg g)))))))"),
        ("a ?? b ?? c || d", "(?? (?? a b) (|| c d))"),
        ("x in xs && !done", "(&& (in x xs) (not done))"),
        ("a == b != c", "(!= (== a b) c)"),
        ("a union b union all c except d", "(except (union all (union a b) c) d)"),
        ("a intersect b ?? c", "(intersect a (?? b c))"),
        ("(1 + 2) * 3", "(* (paren (+ 1 2)) 3)"),
        ("-x.y[0]", "(neg (index (. x y) 0))"),
        ("!-a as int", "(not (neg (as a int)))"),
        ("1 + x as float * 2", "(+ 1 (* (as x float) 2))"),
        ("a % b / c", "(/ (% a b) c)"),
    ] {
        check_expr(source, expected);
    }
}

#[test]
fn postfix_operators_chain() {
    for (source, expected) in [
        ("f(1, g(2),)", "(call f 1 (call g 2))"),
        ("a.b.c(d)[e].f", "(. (index (call (. (. a b) c) d) e) f)"),
        ("a?.b?[c]?.d", "(?. (?index (?. a b) c) d)"),
        ("s[-3:-1]", "(slice s (neg 3) (neg 1) _)"),
        ("s[:]", "(slice s _ _ _)"),
        ("s[1:]", "(slice s 1 _ _)"),
        ("s[:2]", "(slice s _ 2 _)"),
        ("s[::2]", "(slice s _ _ 2)"),
        ("s[a:b:c]", "(slice s a b c)"),
        ("f()()", "(call (call f))"),
        ("x as list<map<string, int>> as any", "(as (as x list<map<string, int>>) any)"),
        ("x as int < 3", "(< (as x int) 3)"),
        ("x as T?", "(as x T?)"),
        ("r.type.match", "(. (. r type) match)"),
    ] {
        check_expr(source, expected);
    }
}

#[test]
fn literals_are_what_they_mean() {
    for (source, expected) in [
        ("0xff + 0b101 + 0o17 + 007", "(+ (+ (+ 255 5) 15) 7)"),
        ("1.5 + 1e9 + 1.5e-3", "(+ (+ 1.5 1000000000.0) 0.0015)"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        (r#""a\tb\n\"\\\x41\u00e9\U0001F363\101""#, "\"a\\tb\\n\\\"\\\\Aé🍣A\""),
        (r#""\xe2\x82\xac""#, "\"€\""),
        ("[true, false, none, null]", "(list true false none null)"),
        ("[1, [2,], []]", "(list 1 (list 2) (list))"),
        ("{a: 1, \"b\": 2, c + d: 3, type: 4,}", "(map (a 1) (\"b\" 2) ((+ c d) 3) (type 4))"),
        ("{a:-1}", "(map (a (neg 1)))"),
        ("Point { x: 1, y: Point {} }", "(new Point (x 1) (y (new Point)))"),
        ("größe + 🍣2 + x1y + _", "(+ (+ (+ größe 🍣2) x1y) _)"),
    ] {
        check_expr(source, expected);
    }
}

#[test]
fn choices_and_functions_are_expressions() {
    for (source, expected) in [
        ("if a then b else c", "(if a then b else c)"),
        ("if a { b } else if c { d } else { e }", "(if a then b c then d else e)"),
        ("if a then {b: 1} else {}", "(if a then (map (b 1)) else (map))"),
        ("if p == Point { x: 1 } then 1 else 2", "(if (== p (new Point (x 1))) then 1 else 2)"),
        (
            "match x { 1 => \"a\" -1 => \"b\" _ => \"c\" }",
            "(match x (1 => \"a\") (-1 => \"b\") (_ => \"c\"))",
        ),
        ("match x { 1 => a\n -1 => b, none => c }", "(match x (1 => a) (-1 => b) (none => c))"),
        (
            "match t { Leaf => 0 Node(l, Node(_, true), \"x\") => l }",
            "(match t (Leaf => 0) (Node(l, Node(_, true), \"x\") => l))",
        ),
        (
            "match x { 1 => {} 2 => {a: 1} 3 => {\"a\": 1} }",
            "(match x (1 => (map)) (2 => (map (a 1))) (3 => (map (\"a\" 1))))",
        ),
        (
            "match f(x) { a => {\n f(a)\n b } }",
            "(match (call f x) (a => {\n  (do (call f a))\n  (do b)\n}))",
        ),
        ("match x { a => {\n return 1 } }", "(match x (a => {\n  (return 1)\n}))"),
        ("match x { a => { b = 1 } }", "(match x (a => {\n  (set b 1)\n}))"),
        ("fun(x: int): int => x * x", "(fun(x: int): int => (* x x))"),
        ("fun<T>(x, y: list<T>) { return }", "(fun<T>(x, y: list<T>) {\n  (return)\n})"),
        ("fun(): int ! io, fs => f()", "(fun(): int ! io, fs => (call f))"),
    ] {
        check_expr(source, expected);
    }
}

#[test]
fn queries_have_their_clauses() {
    for (source, expected) in [
        ("from x in xs select x", "(select (from x xs) x)"),
        (
            "from o in os join from c in cs on o.c == c.id left join x in xs on true where a group by b, c into g having d \
             sort by -e skip 1 take 2 select distinct f",
            "(select (from o os) (join c cs on (== (. o c) (. c id))) (left join x xs on true) where a group by b c into g \
             having d sort by (neg e) skip 1 take 2 distinct f)",
        ),
        (
            "from a in as_ from b in bs right join c in cs on x outer join d in ds on y order by [a, -b] select {a: a}",
            "(select (from a as_) (from b bs) (right join c cs on x) (outer join d ds on y) sort by (list a (neg b)) (map (a a)))",
        ),
        ("query parent(x, \"Bob\", 3)", "(query (parent x \"Bob\" 3))"),
        ("from + query(a)", "(+ from (call query a))"),
    ] {
        check_expr(source, expected);
    }
}

#[test]
fn data_goes_in_and_out() {
    for (source, expected) in [
        (
            "load \"a.csv\" as Row with {format: \"csv\"}",
            "(load \"a.csv\" as Row with (map (format \"csv\")))",
        ),
        ("load as list<Row>", "(load as list<Row>)"),
        ("save xs to \"b.json\" with {a: 1}", "(save xs to \"b.json\" with (map (a 1)))"),
        ("fetch url with {m: 1} ", "(fetch url with (map (m 1)))"),
        ("fetch \"u\" as Todo", "(as (fetch \"u\") Todo)"),
        ("generate text { prompt: \"p\", n: 1 }", "(generate text (prompt \"p\") (n 1))"),
    ] {
        check_expr(source, expected);
    }
}

#[test]
fn statements_of_every_kind() {
    for (source, expected) in [
        ("package p\nlet a: int = 1; var b", "(package p)\n(let a: int 1)\n(var b)"),
        ("xs[0][1].f = v", "(set (. (index (index xs 0) 1) f) v)"),
        ("xs[0].f[1] = v", "(set (index (. (index xs 0) f) 1) v)"),
        (
            "export fun f<T, U>(a: T, b: fun(T): U): U ! io { return b(a) }",
            "(export fun f<T, U>(a: T, b: fun(T): U): U ! io {\n  (return (call b a))\n})",
        ),
        ("fun sq(x: int): int => x * x", "(fun sq(x: int): int => (* x x))"),
        (
            "if a { f() } else if b {} else { g() }",
            "(if a {\n  (do (call f))\n} b {\n} else {\n  (do (call g))\n})",
        ),
        ("if a then f() else g()", "(do (if a then (call f) else (call g)))"),
        (
            "while x {} for i in 0..n {} for x in xs {}",
            "(while x {\n})\n(for i 0 .. n {\n})\n(for x xs {\n})",
        ),
        ("for x in P {} {}", "(for x (new P) {\n})"),
        ("while a { break continue }", "(while a {\n  (break)\n  (continue)\n})"),
        (
            "test \"t\" { expect 1 == 1 } bench \"b\" { f() }",
            "(test \"t\" {\n  (expect (== 1 1))\n})\n(bench \"b\" {\n  (do (call f))\n})",
        ),
        (
            "type P { x: int, y: int\n fun f(): int { return x } }",
            "(type P {x: int, y: int} (fun f(): int {\n  (return x)\n}))",
        ),
        (
            "type T = Leaf | Node(l: T, v: int) | C { a: int b: int }",
            "(type T Leaf | Node{l: T, v: int} | C{a: int, b: int})",
        ),
        (
            "type S = One(a: int) type A = list<S>? type B = {x: int}",
            "(type S One{a: int})\n(type A = list<S>?)\n(type B {x: int})",
        ),
        (
            "import python \"math\" as m auto import \"x/y\"",
            "(import python \"math\" as m auto)\n(import \"x/y\")",
        ),
        (
            "extern type T extern var a.b: int extern let c: T extern fun f.g(x: int): T extern object O",
            "(extern type T)\n(extern var a.b: int)\n(extern var c: T)\n(extern fun f.g(x: int): T)\n(extern object O)",
        ),
        (
            "stream S { a: int b: string } emit S { a: 1 }",
            "(stream S {a: int, b: string})\n(emit S (a 1))",
        ),
        ("on S as e { f(e) }", "(on S as e {\n  (do (call f e))\n})"),
        (
            "agent A { let a = 1 var b: int = 2 b = 3 on S as e { } intent hi(x: int): string { return \"\" } }",
            "(agent A {\n  (let a 1)\n  (var b: int 2)\n  (set b 3)\n  (on S as e {\n  })\n  (intent fun hi(x: int): string {\n    (return \"\")\n  })\n})",
        ),
        ("model m { provider: \"p\" name: \"n\" }", "(model m (provider \"p\") (name \"n\"))"),
        (
            "fact p(\"a\", 1) rule g(x, z) :- p(x, y), p(y, z), x != z",
            "(fact (p \"a\" 1))\n(rule (g x z) (p x y) (p y z) (!= x z))",
        ),
        ("fetch \"u\" into x with {a: 1}", "(fetch into x \"u\" with (map (a 1)))"),
        ("update ps set {a: 1} where b", "(update ps (a 1) where b)"),
        ("return\nif a { }", "(return)\n(if a {\n})"),
        ("let xs: list<int>= []", "(let xs: list<int> (list))"),
    ] {
        check(source, expected);
    }
}

#[test]
fn words_are_names_where_they_mean_nothing_else() {
    check(
        "var fact = 1 var rule = fact * 2 let type = rule let update = 1 let model = update let bench = model",
        "(var fact 1)\n(var rule (* fact 2))\n(let type rule)\n(let update 1)\n(let model update)\n(let bench model)",
    );
    check(
        "fact = fact + 1 union = from test(1) on.x = all",
        "(set fact (+ fact 1))\n(set union from)\n(do (call test 1))\n(set (. on x) all)",
    );
}

#[test]
fn comments_and_marks_are_not_in_the_tree() {
    let source = "#!/usr/bin/env mochi\n// a\nlet x = /* b */ 1 # c\r\n";
    let mut interner = Interner::new();
    let (ast, _) = mochi_syntax::parse(source, &mut interner);
    let comments: Vec<_> =
        ast.comments.iter().map(|comment| &source[comment.span.range()]).collect();
    assert_eq!(comments, ["#!/usr/bin/env mochi", "// a", "/* b */", "# c"]);
    check(source, "(let x 1)");
    check("\u{feff}let x = 1", "(let x 1)");
}

#[test]
fn spans_reach_from_the_first_to_the_last_token() {
    let source = "let x = (a + b) * f(c)[0]";
    let mut interner = Interner::new();
    let (ast, _) = mochi_syntax::parse(source, &mut interner);
    let texts: Vec<_> = ast.exprs.iter().map(|expr| &source[expr.span.range()]).collect();
    assert_eq!(
        texts,
        ["a", "b", "a + b", "(a + b)", "f", "c", "f(c)", "0", "f(c)[0]", "(a + b) * f(c)[0]"]
    );
}

#[test]
fn tokens_are_listed_with_their_places() {
    let mut interner = Interner::new();
    let source = "let ö = \"a\"\n  x";
    let (tokens, _) = mochi_syntax::lex(source, &mut interner);
    let expected =
        "1:1 Keyword let\n1:5 Ident ö\n1:7 Mark =\n1:9 Str \"a\"\n2:3 Ident x\n2:4 End \n";
    assert_eq!(mochi_syntax::dump_tokens(source, &tokens), expected);
}

#[test]
fn long_source_is_not_deep() {
    let chain = format!("let x = {}1", "1 + ".repeat(200_000));
    let postfix = format!("let x = a{}", ".b".repeat(200_000));
    let else_if = format!("if a {{}} {}", "else if b {} ".repeat(50_000));
    let values = format!("let x = if a then 1 {} else 2", "else if b then 1 ".repeat(50_000));
    for source in [chain, postfix, else_if, values] {
        let mut interner = Interner::new();
        let (ast, diagnostics) = mochi_syntax::parse(&source, &mut interner);
        assert!(diagnostics.is_empty());
        assert!(mochi_syntax::dump_ast(&ast, &interner).len() > source.len() / 3);
    }
}
