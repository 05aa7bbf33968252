//! Numbers the places that a running program can stop at or be called from: a program goes in, a
//! table comes out that gives each of its *sites* a number and each number its function and span.
//!
//! Every emitter passes the same numbers to the runtime, so that an error names the same line on each of them.
//! A site is an instruction that can trap, call or allocate (and so run out of memory). Sites are numbered in the
//! order of the program: by function, then by instruction.

use crate::op::{ALLOCATES, CALLS, TRAPS};
use crate::program::{FunctionId, InstId, Program};
use mochi_abi::program::Site;

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
    /// Numbers the sites of a program.
    pub fn new(program: &Program) -> Sites {
        let insts = program.functions.iter().map(|f| f.insts.len()).sum();
        let mut sites = Sites {
            table: Vec::new(),
            starts: Vec::with_capacity(program.functions.len()),
            numbers: Vec::with_capacity(insts),
        };
        for (number, function) in program.functions.iter().enumerate() {
            sites.starts.push(sites.numbers.len() as u32);
            for (inst, span) in function.insts.iter().zip(&function.spans) {
                sites.numbers.push(sites.table.len() as u32);
                if inst.op.has(TRAPS | CALLS | ALLOCATES) {
                    sites.table.push(Site {
                        function: number as u32,
                        start: span.start,
                        end: span.end,
                    });
                }
            }
        }
        sites
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
        let site = |function, start, end| Site { function, start, end };
        assert_eq!(sites.table, [site(0, 5, 6), site(0, 7, 9), site(1, 20, 25)]);
        assert_eq!(sites.number(FunctionId(0), InstId(1)), 0);
        assert_eq!(sites.number(FunctionId(0), InstId(2)), 1);
        assert_eq!(sites.number(FunctionId(1), InstId(0)), 2);
    }
}
