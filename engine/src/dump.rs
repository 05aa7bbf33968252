//! What comes out of each station, as text.

use crate::pipeline::Checked;
use crate::run;
use crate::source::Source;
use mochi_base::{Interner, Sources};
use mochi_emit::{EmitError, bytecode};
use mochi_ir::program::Program;
use mochi_ir::sites::Sites;

/// The tokens, one a line.
pub fn tokens(source: &Source) -> String {
    let (tokens, _) = mochi_syntax::lex(&source.text, &mut Interner::default());
    mochi_syntax::dump_tokens(&source.text, &tokens)
}

/// The syntax tree.
pub fn ast(checked: &Checked) -> String {
    mochi_syntax::dump_ast(&checked.ast, &checked.interner)
}

/// The typed program.
pub fn hir(checked: &Checked) -> String {
    let hir = checked.hir.as_ref().expect("only a checked program has HIR");
    mochi_hir::dump(hir, &checked.interner)
}

/// The IR in its text form.
pub fn ir(program: &Program) -> String {
    mochi_ir::text::print(program, false)
}

/// The bytecode, disassembled.
pub fn bytecode(program: &Program) -> Result<String, EmitError> {
    let code = bytecode::compile(program, &Sites::new(program))?;
    Ok(bytecode::disassemble(&code, program))
}

/// The program in C.
pub fn c(sources: &Sources, program: &Program) -> Result<String, EmitError> {
    run::c_text(sources, program)
}
