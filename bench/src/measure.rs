//! Runs one program on each runner in turn and keeps the fastest processor time of each.

use crate::runner::{Program, Runner};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::path::Path;
use std::process::{Command, Stdio};

/// What came out of one program.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) program: String,
    /// Seconds of processor time per runner, in the runners' order; `None` where it did not run.
    pub(crate) seconds: Vec<(&'static str, Option<f64>)>,
    /// Who printed something else than the first runner, or failed, and what is to be said about it.
    pub(crate) disagreements: Vec<String>,
}

/// Times `program` on every runner: `rounds` rounds, in each of which every runner has one turn.
pub(crate) fn program(program: &Program, runners: &[Runner], rounds: u32, scratch: &Path) -> Row {
    let mut disagreements = Vec::new();
    let mut commands = Vec::new();
    for runner in runners {
        match runner.prepare(program, scratch) {
            Some(Ok(command)) => commands.push(Some(command)),
            Some(Err(message)) => {
                disagreements.push(format!(
                    "{} cannot be compiled by {}: {}",
                    program.name,
                    runner.name,
                    message.trim()
                ));
                commands.push(None);
            }
            None => commands.push(None),
        }
    }
    let mut best: Vec<Option<f64>> = vec![None; runners.len()];
    let mut expected: Option<(Vec<u8>, &str)> = None;
    for _ in 0..rounds {
        for (index, command) in commands.iter_mut().enumerate() {
            let Some(words) = command else { continue };
            let name = runners[index].name;
            let (seconds, output) = match timed(words) {
                Ok(result) => result,
                Err(message) => {
                    disagreements.push(format!("{} failed on {name}: {message}", program.name));
                    *command = None;
                    best[index] = None;
                    continue;
                }
            };
            let (first_output, first_name) = expected.get_or_insert_with(|| (output.clone(), name));
            if *first_output != output {
                disagreements.push(format!(
                    "{} prints something else on {name} than on {first_name}",
                    program.name
                ));
                *command = None;
                best[index] = None;
                continue;
            }
            best[index] = Some(best[index].map_or(seconds, |before| before.min(seconds)));
        }
    }
    let seconds = runners.iter().map(|runner| runner.name).zip(best).collect();
    Row { program: program.name.clone(), seconds, disagreements }
}

/// Processor seconds and standard output of a command.
pub(crate) fn timed(words: &[String]) -> Result<(f64, Vec<u8>), String> {
    let before = children_seconds();
    let done = Command::new(&words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| error.to_string())?;
    let seconds = children_seconds() - before;
    if done.status.success() {
        Ok((seconds, done.stdout))
    } else {
        Err(format!("{}: {}", done.status, String::from_utf8_lossy(&done.stderr).trim()))
    }
}

/// Processor time of all children that have been waited for.
fn children_seconds() -> f64 {
    let usage =
        getrusage(UsageWho::RUSAGE_CHILDREN).expect("asking for the children's usage cannot fail");
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6
}
