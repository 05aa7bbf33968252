//! `mochi check`: what is wrong with programs, without running them.

use crate::input::plural;
use crate::options::{Check, FormatName};
use crate::output::Output;
use crate::{ExitCode, FAILED, USAGE};
use mochi_base::render::Format;
use mochi_engine::pipeline::{self, Libraries};
use mochi_engine::source::Source;
use mochi_engine::timing::Timings;
use std::path::{Path, PathBuf};

pub(crate) fn check(mut options: Check, output: &Output) -> ExitCode {
    if options.json {
        options.format = FormatName::Json;
    }
    let files = match files(&options.paths) {
        Ok(files) => files,
        Err(message) => {
            output.error(&message);
            return ExitCode::from(USAGE);
        }
    };
    let format = match options.format {
        FormatName::Human => output.human(),
        FormatName::Json => Format::Json,
        FormatName::Github => Format::Github,
        FormatName::Line => Format::Line,
    };
    let (mut errors, mut unreadable) = (0, false);
    for file in &files {
        let source = match Source::read(file) {
            Ok(source) => source,
            Err(message) => {
                output.error(&message);
                unreadable = true;
                continue;
            }
        };
        let mut timings = Timings::default();
        let checked = if options.syntax_only {
            pipeline::parse(&source, options.edition.into(), &mut timings)
        } else {
            pipeline::check(&source, options.edition.into(), Libraries::Optional, &mut timings)
        };
        errors += checked.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        let report = timings
            .time("render", || mochi_base::render(&checked.sources, &checked.diagnostics, format));
        // For people and workflows the findings go where messages go; JSON is the result that was asked for.
        if options.format == FormatName::Json {
            if !output.result(&report) {
                return ExitCode::from(FAILED);
            }
        } else {
            output.write(&report);
        }
        if options.time_passes {
            output.write(&timings.report(source.text.lines().count()));
        }
    }
    if errors > 0 && options.format == FormatName::Human {
        output.write(&format!("{} in {}\n", plural(errors, "error"), plural(files.len(), "file")));
    }
    match (unreadable, errors) {
        (true, _) => ExitCode::from(USAGE),
        (false, 0) => ExitCode::SUCCESS,
        (false, _) => ExitCode::from(FAILED),
    }
}

/// The files themselves, and the programs below the folders, in order of their names.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            below(path, &mut files).map_err(|error| format!("{}: {error}", path.display()))?;
            if files.len() == before {
                return Err(format!(
                    "{}: there is no .mochi file below this folder",
                    path.display()
                ));
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !path.is_symlink() && !hidden {
            below(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "mochi") {
            files.push(path);
        }
    }
    Ok(())
}
