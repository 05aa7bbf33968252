//! Random programs of scalars do the same before and after the passes: what they print, how they stop, and where.

use mochi_abi::functions::RuntimeFunction;
use mochi_abi::program::NO_SITE;
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
    /// The calls that the trap left, innermost first: the function's name, and where in its source.
    frames: Vec<(Box<str>, u32, u32)>,
}

struct World<'p> {
    program: &'p Program,
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
                let mut number = args[0] as u32;
                while number != NO_SITE {
                    let site = self.sites.table[number as usize];
                    let name = self.name(site.function as usize);
                    self.outcome.frames.push((name, site.start, site.end));
                    number = site.caller;
                }
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

impl World<'_> {
    /// Behind the functions come the names of inlined ones.
    fn name(&self, number: usize) -> Box<str> {
        let functions = &self.program.functions;
        let inlined = || &self.program.inlined_names[number - functions.len()];
        functions.get(number).map_or_else(inlined, |function| &function.name).clone()
    }
}

fn run(program: &Program) -> Outcome {
    let sites = Sites::new(program);
    let globals = vec![0; program.globals.len()];
    let mut world = World { program, globals, sites: &sites, outcome: Outcome::default() };
    // How it stopped is in the outcome.
    let _ = Evaluator::new(program, FRAMES).call(&mut world, program.main, &[]);
    world.outcome
}

/// A program whose functions are small for half of the seeds, so that they are inlined.
fn program(seed: u64) -> Program {
    let statements =
        if seed % 4 < 2 { Options::default().statements } else { 1 + seed as usize % 7 };
    random::program(
        seed,
        Options { fold: seed.is_multiple_of(2), statements, ..Options::default() },
    )
}

fn assert_same(seed: u64, programs: [&Program; 2], outcomes: [&Outcome; 2]) {
    assert!(
        outcomes[0] == outcomes[1],
        "seed {seed}: {:?}\nafterwards {:?}\n{}\n; ----\n{}",
        outcomes[0],
        outcomes[1],
        mochi_ir::text::print(programs[0], true),
        mochi_ir::text::print(programs[1], true)
    );
}

#[test]
fn random_programs_do_the_same_afterwards() {
    for seed in 0..PROGRAMS {
        let program = program(seed);
        let mut optimised = program.clone();
        mochi_opt::optimise(&mut optimised);
        let (mut before, mut after) = (run(&program), run(&optimised));
        // Tail calls leave no frame.
        before.frames.truncate(1);
        after.frames.truncate(1);
        assert_same(seed, [&program, &optimised], [&before, &after]);
    }
}

#[test]
fn inlined_calls_stay_in_the_call_stack() {
    let mut inlined = 0;
    for seed in 0..4 * PROGRAMS {
        let mut plain = program(seed);
        let mut optimised = plain.clone();
        for pass in mochi_opt::PASSES {
            mochi_opt::run(pass, &mut optimised);
            if pass.name != "inline" {
                mochi_opt::run(pass, &mut plain);
            }
        }
        let (before, after) = (run(&plain), run(&optimised));
        assert_same(seed, [&plain, &optimised], [&before, &after]);
        inlined += usize::from(after.frames.len() > 1 && !optimised.inlined.is_empty());
    }
    assert!(inlined > 20, "{inlined} programs trap below calls, with some calls inlined");
}
