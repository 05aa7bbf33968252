//! Random programs over lists, records, closures, globals and `any` run on a heap that watches its counts: what is freed
//! is never touched again, what is left at the end is counted exactly, and the program says the same as without counts, where
//! nothing is ever changed that somebody else could see.

#[path = "counts/generate.rs"]
mod generate;
#[path = "counts/heap.rs"]
mod heap;

use mochi_ir::program::Program;
use mochi_ir::text::print;
use mochi_ir::verify::verify_counts;

/// How many programs; a seed is its number.
const PROGRAMS: u64 = 1200;

#[test]
fn random_programs_keep_their_counts() {
    let mut counts = 0;
    for seed in 0..PROGRAMS {
        let program = generate::program(seed);
        let expected = heap::run(&program, false).expect("a program without counts runs");
        let mut counted = program.clone();
        mochi_opt::optimise(&mut counted);
        check(seed, &program, &counted, &expected);
        counts += counted.functions.iter().map(|function| function.insts.len()).sum::<usize>();
    }
    assert!(counts > 0);
}

/// Without the passes before it as well: control flow is then as the builder left it.
#[test]
fn counts_need_no_other_pass() {
    for seed in 0..PROGRAMS / 4 {
        let program = generate::program(seed);
        let expected = heap::run(&program, false).expect("a program without counts runs");
        let mut counted = program.clone();
        mochi_opt::counts::place_counts(&mut counted);
        check(seed, &program, &counted, &expected);
    }
}

fn check(seed: u64, program: &Program, counted: &Program, expected: &[i64]) {
    let before = || print(program, false);
    let after = || print(counted, false);
    if let Err(error) = verify_counts(counted) {
        panic!("seed {seed}: {error}\n{}\n; ----\n{}", before(), after());
    }
    match heap::run(counted, true) {
        Ok(found) => assert!(
            found == expected,
            "seed {seed}: {found:?}, expected {expected:?}\n{}\n; ----\n{}",
            before(),
            after()
        ),
        Err(error) => panic!("seed {seed}: {error}\n{}\n; ----\n{}", before(), after()),
    }
}
