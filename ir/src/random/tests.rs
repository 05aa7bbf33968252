//! Random programs are right, read back as they were printed, keep their values apart in slots, and are the same for the
//! same number; most of them do something before they stop.

use super::*;
use crate::eval::{Evaluator, Host, Stops};
use crate::program::{GlobalId, StrId};
use crate::text::{print, read};
use crate::verify::verify;

const PROGRAMS: u64 = 400;

fn checked(seed: u64, options: Options) -> Program {
    let program = program(seed, options);
    if let Err(error) = verify(&program) {
        panic!("seed {seed}: {error}\n{}", print(&program, false));
    }
    program
}

/// Prints into a text, and holds the globals.
pub(crate) struct Printer {
    pub(crate) text: String,
    pub(crate) trap: Option<(TrapKind, [i64; 2], Vec<Span>)>,
    globals: Vec<u64>,
    spans: Vec<Span>,
}

impl Host for Printer {
    fn runtime(&mut self, _: &Evaluator, function: RuntimeFunction, args: &[u64]) -> Stops<u64> {
        let line = match function {
            RuntimeFunction::PrintInt => format!("{}", args[0] as i64),
            RuntimeFunction::PrintBool => format!("{}", args[0] != 0),
            RuntimeFunction::PrintFloat => {
                let value = f64::from_bits(args[0]);
                // The sign of a NaN is nobody's business.
                if value.is_nan() { "NaN".to_owned() } else { format!("{value:?}") }
            }
            RuntimeFunction::PrintEnd => "\n".to_owned(),
            RuntimeFunction::StrFromFloat | RuntimeFunction::RefDrop => String::new(),
            RuntimeFunction::Raise | RuntimeFunction::RaiseText => {
                let kind = TrapKind::from_code(args[0] as u32).expect("a kind");
                let b = args.get(2).map_or(0, |&word| word as i64);
                self.trap = Some((kind, [args[1] as i64, b], Vec::new()));
                return Err(kind);
            }
            RuntimeFunction::Trace => {
                let span = self.spans[args[0] as usize];
                if let Some((_, _, trace)) = &mut self.trap {
                    trace.push(span);
                }
                String::new()
            }
            other => panic!("{} is not there", other.row().name),
        };
        self.text += &line;
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
    fn closure_function(&mut self, _: u64) -> FunctionId {
        panic!("there are no closures")
    }
}

pub(crate) fn run(program: &Program) -> Printer {
    let sites = crate::sites::Sites::new(program);
    let spans = sites.table.iter().map(|site| Span::new(site.start, site.end)).collect();
    let mut host =
        Printer { text: String::new(), trap: None, globals: vec![0; program.globals.len()], spans };
    let evaluator = Evaluator::new(program, 10_000);
    let result = evaluator.call(&mut host, program.main, &[]);
    assert_eq!(result.err(), host.trap.as_ref().map(|&(kind, _, _)| kind));
    host
}

#[test]
fn random_programs_read_back_as_they_were_printed() {
    for seed in 0..PROGRAMS {
        let program = checked(seed, Options::default());
        let text = print(&program, true);
        let again = read(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        assert_eq!(print(&again, true), text, "seed {seed}");
        for (a, b) in program.functions.iter().zip(&again.functions) {
            assert_eq!(a.origins, b.origins);
            assert_eq!(a.insts.len(), b.insts.len());
            for (a, b) in a.insts.iter().zip(&b.insts) {
                assert_eq!((a.op, a.imm, a.result), (b.op, b.imm, b.result));
            }
        }
    }
}

#[test]
fn slots_keep_values_apart_in_random_programs() {
    for seed in 0..PROGRAMS {
        let program = checked(seed, Options { statements: 60, ..Options::default() });
        for function in &program.functions {
            crate::slots::tests::check(&program, function);
        }
    }
}

#[test]
fn random_programs_do_something_and_come_to_an_end() {
    let (mut printed, mut returned, mut kinds) = (0, 0, std::collections::BTreeSet::new());
    for seed in 0..PROGRAMS {
        let program = checked(seed, Options::default());
        let outcome = run(&program);
        let again = run(&super::program(seed, Options::default()));
        assert_eq!(outcome.text, again.text, "seed {seed}");
        printed += usize::from(outcome.text.lines().count() > 3);
        returned += usize::from(outcome.trap.is_none());
        kinds.extend(outcome.trap.map(|(kind, _, _)| kind.name()));
    }
    let summary = format!("{printed} print, {returned} return, stopped by {kinds:?}");
    assert!(printed > PROGRAMS as usize / 3, "{summary}");
    assert!(returned > PROGRAMS as usize / 10, "{summary}");
    assert!(kinds.len() >= 6, "{summary}");
}
