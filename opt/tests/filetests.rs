//! Runs the passes on the programs in `tests/ir/opt` and compares with what the files expect.
//!
//! A file begins with `; passes: simplify counts` (`expand` expands all that can be); after the line `; ----` it has what comes out, with
//! the sources of instructions where a line `; spans` asks for them. With `MOCHI_BLESS=1` in the
//! environment the second half is written anew.

use mochi_ir::op::{Cover, Op};
use mochi_ir::text::{print, read};
use mochi_opt::expand::is_expandable;
use std::path::Path;

#[test]
fn passes_write_what_the_files_expect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ir/opt");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of the tests is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mir"))
        .collect();
    paths.sort();
    let mut wrong = String::new();
    for path in &paths {
        if let Err(message) = check(path) {
            wrong += &format!("== {}\n{message}\n", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(!paths.is_empty());
}

fn check(path: &Path) -> Result<(), String> {
    const SEPARATOR: &str = "; ----\n";
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let (input, expected) = text.split_once(SEPARATOR).unwrap_or((&text, ""));
    let passes = input
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("; passes: "))
        .ok_or("the first line names the passes")?;
    let mut program = read(input).map_err(|error| format!("{error:?}"))?;
    mochi_ir::verify::verify(&program).map_err(|error| error.to_string())?;
    for name in passes.split_whitespace() {
        if name == "expand" {
            mochi_opt::expand::expand(&mut program, expand_all);
            mochi_ir::verify::verify(&program).map_err(|error| error.to_string())?;
            mochi_ir::verify::verify_counts(&program).map_err(|error| error.to_string())?;
            continue;
        }
        let pass = mochi_opt::PASSES
            .iter()
            .find(|pass| pass.name == name)
            .ok_or_else(|| format!("there is no pass `{name}`"))?;
        mochi_opt::run(pass, &mut program);
    }
    let found = print(&program, input.lines().any(|line| line == "; spans"));
    if found == expected {
        return Ok(());
    }
    if std::env::var_os("MOCHI_BLESS").is_some() {
        let end = if input.ends_with('\n') { "" } else { "\n" };
        return std::fs::write(path, format!("{input}{end}{SEPARATOR}{found}"))
            .map_err(|error| error.to_string());
    }
    Err(format!("found:\n{found}\nexpected:\n{expected}"))
}

fn expand_all(op: Op) -> Cover {
    if is_expandable(op) { Cover::Expand } else { Cover::Emit }
}
