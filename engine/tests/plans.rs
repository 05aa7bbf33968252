//! Query plans: every program under `tests/plan` says in `// plan:` lines what `mochi explain --query` prints for it.

use libtest_mimic::{Arguments, Failed, Trial};
use mochi_engine::explain;
use mochi_engine::pipeline::{self, EditionChoice, Libraries};
use mochi_engine::suite::Case;
use mochi_engine::timing::Timings;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/plan");
    let trials = Case::below(&folder)
        .into_iter()
        .map(|case| Trial::test(case.name.clone(), move || check(&case)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(case: &Case) -> Result<(), Failed> {
    let mut timings = Timings::default();
    let checked =
        pipeline::check(&case.source, EditionChoice::Auto, Libraries::Needed, &mut timings);
    if !checked.is_correct() {
        return Err(format!("it is not a correct program: {:#?}", checked.diagnostics).into());
    }
    let plans = explain::queries(&checked)
        .map_err(|diagnostics| format!("it cannot be run: {diagnostics:#?}"))?;
    let expected: String = case
        .source
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("// plan: "))
        .flat_map(|line| [line, "\n"])
        .collect();
    if expected == plans {
        Ok(())
    } else {
        Err(format!("expected plans:\n{expected}actual plans:\n{plans}").into())
    }
}
