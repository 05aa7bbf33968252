//! The page to read first: from source text to something that runs, station by station.
//!
//! ```text
//! text ─parse─▶ AST ─check─▶ HIR ─lower─▶ IR ─optimise─▶ IR ─emit─▶ code
//! ```
//! Each function here is one step further along that line and calls the one before it. What is wrong with the program
//! comes back as diagnostics; nothing here prints. The last step, what is made of the IR, is [`crate::run`].

pub use crate::load::Libraries;
use crate::load::load_imports;
use crate::source::Source;
use crate::timing::Timings;
use mochi_base::{Diagnostic, Interner, Sources};
use mochi_hir::Edition;
use mochi_hir::hir::Hir;
use mochi_ir::program::Program;
pub use mochi_opt::Calls;
use mochi_runtime::stack::on_big_stack;
use mochi_syntax::Ast;
use mochi_syntax::ast::StmtKind;

/// Which edition to check against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditionChoice {
    /// What the first line asks for; else 2026, or 2025 where only that accepts the program.
    Auto,
    Fixed(Edition),
}

/// A program that has been parsed and, unless the parser found errors, checked.
pub struct Checked {
    /// All its files.
    pub sources: Sources,
    pub ast: Ast,
    pub interner: Interner,
    /// Absent when the parser found errors, or when it was not asked for.
    pub hir: Option<Hir>,
    /// The edition it was checked against.
    pub edition: Edition,
    /// How many findings of edition 2026 made `Auto` go on as 2025; 0 when it did not.
    pub stricter_findings: usize,
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether nothing stands in the way of running it.
    pub fn is_correct(&self) -> bool {
        self.hir.is_some() && !has_errors(&self.diagnostics)
    }
}

/// Whether the main file has `test` blocks at its top level.
pub fn has_tests(parsed: &Checked) -> bool {
    let ast = &parsed.ast;
    ast.files.first().is_some_and(|file| {
        ast[file.body].iter().any(|&statement| matches!(ast[statement].kind, StmtKind::Test { .. }))
    })
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// Text → AST of the main file alone, with what the edition says of the syntax.
pub fn parse(source: &Source, choice: EditionChoice, timings: &mut Timings) -> Checked {
    let mut interner = Interner::default();
    let (ast, mut diagnostics) =
        timings.time("parse", || mochi_syntax::parse(&source.text, &mut interner));
    if choice == EditionChoice::Fixed(Edition::E2026) && diagnostics.is_empty() {
        diagnostics = mochi_syntax::validate_2026(&source.text, &ast);
    }
    let sources = Sources::one(&*source.path, &*source.text);
    let edition = Edition::E2026;
    Checked { sources, ast, interner, hir: None, edition, stricter_findings: 0, diagnostics }
}

/// Text → typed HIR, with all that the program imports.
pub fn check(
    source: &Source,
    choice: EditionChoice,
    libraries: Libraries,
    timings: &mut Timings,
) -> Checked {
    let choice = match choice {
        EditionChoice::Auto => {
            Edition::from_comment(&source.text).map_or(EditionChoice::Auto, EditionChoice::Fixed)
        }
        EditionChoice::Fixed(_) => choice,
    };
    check_parsed(source, parse(source, choice, timings), choice, libraries, timings)
}

/// A text for `eval` → typed HIR: its last statement may be a value.
pub(crate) fn check_text(source: &Source, edition: Edition) -> Checked {
    let mut timings = Timings::default();
    let mut parsed = parse(source, EditionChoice::Auto, &mut timings);
    if let Some(&last) = parsed.ast.files.first().and_then(|file| parsed.ast[file.body].last())
        && matches!(parsed.ast[last].kind, StmtKind::Expr(_))
    {
        parsed.ast.value = Some(last);
    }
    let choice = EditionChoice::Fixed(edition);
    if edition == Edition::E2026 && parsed.diagnostics.is_empty() {
        parsed.diagnostics = mochi_syntax::validate_2026(&source.text, &parsed.ast);
    }
    check_parsed(source, parsed, choice, Libraries::Needed, &mut timings)
}

/// AST of the main file → typed HIR.
fn check_parsed(
    source: &Source,
    mut checked: Checked,
    choice: EditionChoice,
    libraries: Libraries,
    timings: &mut Timings,
) -> Checked {
    if has_errors(&checked.diagnostics) {
        return checked;
    }
    if !checked.ast.imports.is_empty() {
        let Checked { sources, ast, interner, .. } = &mut checked;
        let found =
            timings.time("load", || load_imports(source, sources, ast, interner, libraries));
        // A package that is not there can be anything: the rest is checked all the same.
        let syntax = found.iter().any(|diagnostic| diagnostic.code.name().starts_with('P'));
        if choice == EditionChoice::Fixed(Edition::E2026) && !syntax {
            checked.diagnostics = mochi_syntax::validate_2026(checked.sources.text(), &checked.ast);
        }
        checked.diagnostics.extend(found);
        if syntax {
            return checked;
        }
    }
    checked.edition = match choice {
        EditionChoice::Fixed(edition) => edition,
        EditionChoice::Auto => Edition::E2026,
    };
    let (mut hir, mut found) = timings
        .time("check", || mochi_hir::check(&checked.ast, &mut checked.interner, checked.edition));
    if choice == EditionChoice::Auto {
        found.extend(mochi_syntax::validate_2026(checked.sources.text(), &checked.ast));
        if has_errors(&found) {
            let (relaxed_hir, relaxed) = timings.time("check 2025", || {
                mochi_hir::check(&checked.ast, &mut checked.interner, Edition::E2025)
            });
            // Where neither accepts the program, the strict findings are the ones to show.
            if !has_errors(&relaxed) {
                checked.stricter_findings =
                    found.iter().filter(|diagnostic| diagnostic.is_error()).count();
                checked.edition = Edition::E2025;
                (hir, found) = (relaxed_hir, relaxed);
            }
        }
    }
    checked.diagnostics.extend(found);
    checked.hir = Some(hir);
    checked
}

/// Typed HIR → IR as the emitters get it: lowered, optimised, reference counts in place.
pub fn compile(checked: &Checked, timings: &mut Timings) -> Result<Program, Vec<Diagnostic>> {
    compile_with(checked, Calls::Inlined, timings)
}

/// The same, with a choice of what becomes of calls.
pub fn compile_with(
    checked: &Checked,
    calls: Calls,
    timings: &mut Timings,
) -> Result<Program, Vec<Diagnostic>> {
    let hir = checked.hir.as_ref().expect("only a checked program is compiled");
    // An expression can lean as deep as it is long.
    let lower =
        if checked.ast.value.is_some() { mochi_lower::lower_text } else { mochi_lower::lower };
    let mut program = timings.time("lower", || on_big_stack(|_| lower(hir, &checked.interner)))?;
    #[cfg(debug_assertions)]
    if let Err(errors) = mochi_ir::verify::verify(&program) {
        panic!("the lowering made a program that is not valid: {errors:?}");
    }
    timings.time("optimise", || mochi_opt::optimise_with(&mut program, calls));
    Ok(program)
}
