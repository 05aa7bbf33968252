//! Programs that nobody would write: the files of `tests/diag` with words removed, repeated and
//! swapped. The checker must survive each of them in both editions, and what it accepts must be
//! well typed.

use std::path::PathBuf;

use mochi_base::Interner;
use mochi_hir::{Edition, check, verify};

/// Marsaglia's xorshift: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// Words and single other characters, which give the source back when they are joined.
fn words(source: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in source.chars() {
        let of_word = c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(last) if of_word && in_word => last.push(c),
            _ => words.push(c.to_string()),
        }
        in_word = of_word;
    }
    words
}

const INSERTED: &[&str] = &[
    "none",
    "1",
    "1.5",
    "\"s\"",
    "[]",
    "{}",
    "true",
    "any",
    "int?",
    "float",
    "fun(x) => x",
    "len",
    "panic(1)",
    "match 1 { _ => 1 }",
    "return",
    "==",
    "??",
    "+",
    "?.",
    "as",
    "!",
    "m[0]",
    "if true then 1 else none",
];

fn mutated(source: &str, random: &mut Random) -> String {
    let mut words = words(source);
    let places: Vec<usize> =
        (0..words.len()).filter(|&place| !words[place].trim().is_empty()).collect();
    for _ in 0..=random.below(3) {
        let (place, other) =
            (places[random.below(places.len())], places[random.below(places.len())]);
        match random.below(4) {
            0 => words[place].clear(),
            1 => words[place] = words[other].clone(),
            2 => words[place] = INSERTED[random.below(INSERTED.len())].to_owned(),
            _ => words.swap(place, other),
        }
    }
    words.concat()
}

#[test]
fn mutated_programs_are_survived_and_what_is_accepted_is_well_typed() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/diag");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is part of the repository")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mochi"))
        .collect();
    paths.sort();
    let sources: Vec<String> = paths
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("the file can be read"))
        .collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut accepted = 0;
    for _ in 0..4000 {
        let source = mutated(&sources[random.below(sources.len())], &mut random);
        let mut interner = Interner::new();
        let (ast, syntax) = mochi_syntax::parse(&source, &mut interner);
        for edition in [Edition::E2026, Edition::E2025] {
            let (hir, found) = check(&ast, &mut interner, edition);
            if syntax.is_empty() && found.is_empty() {
                accepted += 1;
                if let Err(problems) = verify::verify(&hir) {
                    panic!(
                        "accepted in {} and not well typed:\n{problems}\n{source}",
                        edition.name()
                    );
                }
            }
        }
    }
    assert!(
        accepted > 100,
        "only {accepted} of the mutated programs are accepted, too few to tell"
    );
}
