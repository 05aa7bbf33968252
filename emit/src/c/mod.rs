//! The C emitter: a program in the IR in, one C file out that any C compiler makes an executable of, linked with the
//! runtime's archive.
//!
//! - The file **must not** depend on undefined behaviour: overflow, aliasing, order of evaluation, and what the C compiler
//!   does with tail calls. It compiles without warnings.
//! - A trap leaves by returning: whoever calls something that can trap looks at `ctx->trap` afterwards. So any C compiler
//!   will do, no frame is skipped, and a call stack is exact however much was inlined.
//! - The same program gives the same text.
#![forbid(unsafe_code)]

mod control;
mod facts;
mod fast;
mod function;
mod literal;
mod loops;
mod memory;
mod module;
mod moves;
mod ops;
mod prelude;
mod scalar;
mod tables;
#[cfg(test)]
mod tests;
mod types;

pub use ops::cover;

use crate::{EmitError, Emitter};
use function::FunctionWriter;
use mochi_abi::functions::RuntimeFunction;
use mochi_ir::op::{Cover, Op};
use mochi_ir::program::{FunctionId, Program};
use mochi_runtime::ProgramData;
use module::Module;

/// The emitter of one program.
#[derive(Debug)]
pub struct C<'a> {
    module: Module,
    data: &'a ProgramData,
    functions: String,
}

impl<'a> C<'a> {
    /// For a program that brings along this data.
    pub fn new(program: &Program, data: &'a ProgramData) -> C<'a> {
        C::with_prefix(String::from("mochi_"), program, data)
    }

    fn with_prefix(prefix: String, program: &Program, data: &'a ProgramData) -> C<'a> {
        C { module: Module::new(prefix, program, data), data, functions: String::new() }
    }

    /// All that belongs to this program only.
    fn own_text(&self, program: &Program) -> String {
        [
            self.module.declarations(program),
            String::from("\n"),
            self.functions.clone(),
            self.module.entries(program),
            tables::text(&self.module, program, self.data),
        ]
        .concat()
    }
}

impl Emitter for C<'_> {
    type Output = String;

    fn cover(op: Op) -> Cover {
        cover(op)
    }

    fn function(&mut self, program: &Program, function: FunctionId) -> Result<(), EmitError> {
        if self.module.facts.used[function.index()] {
            self.functions.push_str(&FunctionWriter::write(&mut self.module, program, function)?);
            self.functions.push('\n');
        }
        Ok(())
    }

    fn finish(self, program: &Program) -> Result<String, EmitError> {
        let start = "\nint main(int argc, char **argv) { return mochi_start(argc, argv, &mochi_program); }\n";
        Ok([
            &prelude::text(&self.module.runtime),
            "\n/* The program. */\n",
            &self.own_text(program),
            start,
        ]
        .concat())
    }
}

/// The C text of a program.
pub fn emit(program: &Program, data: &ProgramData) -> Result<String, EmitError> {
    let mut emitter = C::new(program, data);
    emitter.functions(program)?;
    emitter.finish(program)
}

/// The C text of an executable that holds several programs: its first argument is the number of the one to run, and what
/// follows are that program's arguments. So many programs are tested with few runs of the C compiler.
pub fn emit_batch(programs: &[(&Program, &ProgramData)]) -> Result<String, EmitError> {
    let mut used = vec![false; RuntimeFunction::ALL.len()];
    let mut texts = String::new();
    let mut table =
        String::from("\nstatic const mochi_built_program *const mochi_programs[] = {\n");
    for (number, &(program, data)) in programs.iter().enumerate() {
        let mut emitter = C::with_prefix(format!("mochi_p{number}_"), program, data);
        emitter.functions(program)?;
        for (used, here) in used.iter_mut().zip(&emitter.module.runtime) {
            *used |= here;
        }
        texts.push_str(&format!("\n/* Program {number}. */\n"));
        texts.push_str(&emitter.own_text(program));
        table.push_str(&format!("    &mochi_p{number}_program,\n"));
    }
    table.push_str("};\n");
    Ok([&prelude::text(&used), texts.as_str(), table.as_str(), BATCH_MAIN].concat())
}

impl C<'_> {
    fn functions(&mut self, program: &Program) -> Result<(), EmitError> {
        (0..program.functions.len() as u32)
            .try_for_each(|number| self.function(program, FunctionId(number)))
    }
}

const BATCH_MAIN: &str = r#"
int main(int argc, char **argv) {
    size_t count = sizeof mochi_programs / sizeof *mochi_programs, number = 0;
    const char *digit = argc > 1 ? argv[1] : "";
    if (!*digit) return 2;
    for (; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || number > count) return 2;
        number = number * 10 + (size_t)(*digit - '0');
    }
    if (number >= count) return 2;
    argv[1] = argv[0];
    return mochi_start(argc - 1, argv + 1, mochi_programs[number]);
}
"#;
