//! Rows of figures as text: a line per program, the geometric means below.

use crate::measure::Row;
use crate::runner::Runner;
use std::collections::BTreeMap;
use std::time::Duration;

/// A remark, on stderr.
pub(crate) fn say(text: &str) {
    anstream::eprintln!("{text}");
}

/// One line when a program is done, on stderr.
pub(crate) fn progress(row: &Row, base: &str) {
    let base_seconds = seconds_of(row, base);
    let figures: Vec<String> = row
        .seconds
        .iter()
        .map(|(name, seconds)| match (seconds, base_seconds) {
            (Some(seconds), Some(base)) => format!("{name} {:.2}", seconds / base),
            (Some(seconds), None) => format!("{name} {seconds:.3} s"),
            (None, _) => format!("{name} –"),
        })
        .collect();
    say(&format!("{}: {}", row.program, figures.join(", ")));
    for disagreement in &row.disagreements {
        say(&format!("  error: {disagreement}"));
    }
}

/// The table, as Markdown: each runner's time over the base's; the base's own column is in milliseconds.
pub(crate) fn print(rows: &[Row], runners: &[Runner], base: &str) {
    let names: Vec<&str> = runners.iter().map(|runner| runner.name).collect();
    let mut header = format!("| program | {base}, ms |");
    let mut rule = String::from("|---|--:|");
    for name in names.iter().filter(|name| **name != base) {
        header.push_str(&format!(" {name} |"));
        rule.push_str("--:|");
    }
    anstream::println!("{header}\n{rule}");
    for row in rows {
        let base_seconds = seconds_of(row, base);
        let mut line =
            format!("| {} | {} |", row.program, cell(base_seconds.map(|seconds| seconds * 1e3), 1));
        for name in names.iter().filter(|name| **name != base) {
            line.push_str(&format!(" {} |", cell(ratio(row, name, base), 2)));
        }
        anstream::println!("{line}");
    }
    let mut line = String::from("| **geometric mean** | |");
    for name in names.iter().filter(|name| **name != base) {
        line.push_str(&format!(
            " {} |",
            cell(mean(rows.iter().filter_map(|row| ratio(row, name, base))), 2)
        ));
    }
    anstream::println!("{line}");
}

/// A line per station: its time, by line of the source, and by op of the IR.
pub(crate) fn stations(times: &BTreeMap<String, Duration>, lines: usize, ops: usize) {
    anstream::println!("{lines} lines, {ops} ops");
    anstream::println!("| station | ms | ns per line | ns per op |\n|---|--:|--:|--:|");
    for (name, time) in times {
        let nanoseconds = time.as_secs_f64() * 1e9;
        anstream::println!(
            "| {name} | {:.3} | {:.1} | {:.1} |",
            nanoseconds / 1e6,
            nanoseconds / lines.max(1) as f64,
            nanoseconds / ops.max(1) as f64
        );
    }
}

fn cell(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| String::from("–"), |figure| format!("{figure:.digits$}"))
}

fn seconds_of(row: &Row, name: &str) -> Option<f64> {
    row.seconds.iter().find(|(other, _)| *other == name).and_then(|(_, seconds)| *seconds)
}

fn ratio(row: &Row, name: &str, base: &str) -> Option<f64> {
    Some(seconds_of(row, name)? / seconds_of(row, base)?)
}

/// The geometric mean; `None` of nothing.
fn mean(ratios: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) =
        ratios.fold((0.0, 0u32), |(sum, count), ratio| (sum + ratio.ln(), count + 1));
    (count > 0).then(|| (sum / f64::from(count)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_geometric() {
        assert_eq!(mean([2.0, 8.0].into_iter()).map(f64::round), Some(4.0));
        assert_eq!(mean(std::iter::empty()), None);
    }
}
