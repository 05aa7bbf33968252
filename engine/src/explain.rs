//! What a program's queries will do, as text: for each the place of it, and its steps in the order in which they are taken.

use crate::pipeline::Checked;
use mochi_base::Diagnostic;
use mochi_runtime::stack::on_big_stack;

/// The plans of all queries that the program can reach.
pub fn queries(checked: &Checked) -> Result<String, Vec<Diagnostic>> {
    let hir = checked.hir.as_ref().expect("only a checked program is explained");
    let plans = on_big_stack(|_| mochi_lower::explain(hir, &checked.interner))?;
    let mut text = String::new();
    for plan in plans {
        let place = checked.sources.place(plan.span.start);
        text.push_str(&format!("{}:{}:{}: query\n", place.path, place.line, place.column));
        for step in plan.steps(checked.sources.text()) {
            text.push_str(&format!("  {step}\n"));
        }
    }
    Ok(text)
}
