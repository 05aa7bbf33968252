//! Random programs of scalars do the same before and after the passes: what they print, how they stop, and where.

use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_ir::eval::{Evaluator, Host, Stops};
use mochi_ir::program::{FunctionId, GlobalId, Program, StrId};
use mochi_ir::random::{self, Options};
use mochi_ir::sites::Sites;

/// How many programs; a seed is its number.
const PROGRAMS: u64 = 400;
/// More calls than a program has fuel for.
const FRAMES: usize = 10_000;

/// What a program did.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// Which runtime functions it called, with what.
    calls: Vec<(RuntimeFunction, Vec<u64>)>,
    trap: Option<TrapKind>,
    /// The source of the innermost frame that the trap left.
    span: Option<(u32, u32)>,
}

struct World<'p> {
    globals: Vec<u64>,
    sites: &'p Sites,
    outcome: Outcome,
}

impl Host for World<'_> {
    fn runtime(&mut self, _: &Evaluator, function: RuntimeFunction, args: &[u64]) -> Stops<u64> {
        match function {
            RuntimeFunction::Raise | RuntimeFunction::RaiseText => {
                let code = args[0] as u32;
                let kind = TrapKind::from_code(code).expect("a trap has a kind");
                self.outcome.trap = Some(kind);
                return Err(kind);
            }
            RuntimeFunction::Trace => {
                let site = self.sites.table[args[0] as usize];
                self.outcome.span.get_or_insert((site.start, site.end));
            }
            function => self.outcome.calls.push((function, args.to_vec())),
        }
        Ok(0)
    }
    fn string(&mut self, _: StrId) -> u64 {
        0
    }
    fn global(&mut self, global: GlobalId) -> u64 {
        self.globals[global.index()]
    }
    fn set_global(&mut self, global: GlobalId, word: u64) {
        self.globals[global.index()] = word;
    }
    fn closure_function(&mut self, closure: u64) -> FunctionId {
        FunctionId(closure as u32)
    }
}

fn run(program: &Program) -> Outcome {
    let sites = Sites::new(program);
    let globals = vec![0; program.globals.len()];
    let mut world = World { globals, sites: &sites, outcome: Outcome::default() };
    // How it stopped is in the outcome.
    let _ = Evaluator::new(program, FRAMES).call(&mut world, program.main, &[]);
    world.outcome
}

#[test]
fn random_programs_do_the_same_afterwards() {
    for seed in 0..PROGRAMS {
        let options = Options { fold: seed % 2 == 0, ..Options::default() };
        let program = random::program(seed, options);
        let mut optimised = program.clone();
        mochi_opt::optimise(&mut optimised);
        let (before, after) = (run(&program), run(&optimised));
        assert!(
            before == after,
            "seed {seed}: {before:?}\nafterwards {after:?}\n{}\n; ----\n{}",
            mochi_ir::text::print(&program, false),
            mochi_ir::text::print(&optimised, false)
        );
    }
}
