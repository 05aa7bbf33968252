//! Numbers the places that a running program can stop at or be called from: a program goes in, a
//! table comes out that gives each of its *sites* a number and each number its function and span.
//!
//! Every emitter passes the same numbers to the runtime, so that an error names the same line on each of them.
//! A site is an instruction that can trap, call or allocate (and so run out of memory). Sites are numbered in the
//! order of the program: by function, then by instruction. Behind them come the inlined calls, which no instruction is left
//! of; the sites that came by one name it as their caller, so that whoever reports a call stack finds it there.

use crate::op::{ALLOCATES, CALLS, TRAPS};
use crate::program::{FunctionId, InstId, NOT_INLINED, Origin, Program};
use mochi_abi::program::Site;
use mochi_base::Span;

/// The sites of a program.
#[derive(Debug, Clone, Default)]
pub struct Sites {
    /// By number.
    pub table: Vec<Site>,
    /// Per function, where its instructions begin in `numbers`.
    starts: Vec<u32>,
    /// Per instruction of the program, how many sites come before it.
    numbers: Vec<u32>,
}

impl Sites {
    /// Numbers the sites of a program. Functions are numbered as in the program, and behind them the names of inlined ones
    /// ([`Program::inlined_names`]).
    pub fn new(program: &Program) -> Sites {
        let insts = program.functions.iter().map(|f| f.insts.len()).sum();
        let mut sites = Sites {
            table: Vec::new(),
            starts: Vec::with_capacity(program.functions.len()),
            numbers: Vec::with_capacity(insts),
        };
        let names = program.functions.len() as u32;
        for (number, function) in program.functions.iter().enumerate() {
            sites.starts.push(sites.numbers.len() as u32);
            for (inst, origin) in function.insts.iter().zip(&function.origins) {
                sites.numbers.push(sites.table.len() as u32);
                if inst.op.has(TRAPS | CALLS | ALLOCATES) {
                    let &Origin { span, inlined } = origin;
                    let name = match program.inlined.get(inlined.index()) {
                        Some(call) => names + call.callee,
                        None => number as u32,
                    };
                    // Where the inlined calls begin is not known yet.
                    sites.push(name, span, inlined.0);
                }
            }
        }
        let calls = sites.table.len() as u32;
        for call in &program.inlined {
            sites.push(names + call.caller, call.span, call.outer.0);
        }
        for site in sites.table.iter_mut().filter(|site| site.caller != NOT_INLINED.0) {
            site.caller += calls;
        }
        sites
    }

    fn push(&mut self, function: u32, span: Span, caller: u32) {
        self.table.push(Site { function, start: span.start, end: span.end, caller });
    }

    /// The number of an instruction that is a site.
    pub fn number(&self, function: FunctionId, inst: InstId) -> u32 {
        self.numbers[self.starts[function.index()] as usize + inst.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read;
    use mochi_abi::program::NO_SITE;

    #[test]
    fn sites_are_numbered_through_the_program() {
        let program = read(
            "main @main\n\
             function main() {\n\
             b0:\n\
             v0 = i64.const 1 at 3..4\n\
             v1 = i64.add v0, v0 at 5..6\n\
             call @other() at 7..9\n\
             return\n\
             }\n\
             function other() {\n\
             b0:\n\
             poll at 20..25\n\
             return\n\
             }\n",
        )
        .expect("the text is right");
        let sites = Sites::new(&program);
        let site = |function, start, end| Site { function, start, end, caller: NO_SITE };
        assert_eq!(sites.table, [site(0, 5, 6), site(0, 7, 9), site(1, 20, 25)]);
        assert_eq!(sites.number(FunctionId(0), InstId(1)), 0);
        assert_eq!(sites.number(FunctionId(0), InstId(2)), 1);
        assert_eq!(sites.number(FunctionId(1), InstId(0)), 2);
    }

    #[test]
    fn inlined_calls_are_the_callers_of_what_they_brought() {
        let program = read(
            "name0 = main\n\
             name1 = outer\n\
             name2 = inner\n\
             inlined0 = name1 in name0 at 7..9\n\
             inlined1 = name2 in name1 at 20..25 inlined0\n\
             main @main\n\
             function main() {\n\
             b0:\n\
             poll at 3..4\n\
             poll at 40..41 inlined1\n\
             return\n\
             }\n",
        )
        .expect("the text is right");
        let sites = Sites::new(&program);
        let site = |function, start, end, caller| Site { function, start, end, caller };
        let expected = [
            site(0, 3, 4, NO_SITE),
            site(3, 40, 41, 3),
            site(1, 7, 9, NO_SITE),
            site(2, 20, 25, 2),
        ];
        assert_eq!(sites.table, expected);
    }
}
