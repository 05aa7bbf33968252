//! `mochi test`: the `test` blocks of files and folders, each by itself.

mod report;

use crate::check::files;
use crate::options::{Test, TestEngine, TestFormat};
use crate::output::Output;
use crate::{ExitCode, FAILED, USAGE};
use mochi_base::{ColorChoice, Format};
use mochi_engine::pipeline::{self, Checked, EditionChoice, Libraries};
use mochi_engine::source::Source;
use mochi_engine::testing::{self, Engine, TestBlock, TestResult};
use mochi_engine::timing::Timings;
use regex_lite::Regex;
use report::{Done, Reporter};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

/// A file with blocks that were asked for.
struct File {
    source: Source,
    checked: Checked,
    blocks: Vec<TestBlock>,
}

pub(crate) fn test(options: Test, output: &Output) -> ExitCode {
    let usage = |message: &str| {
        output.error(message);
        ExitCode::from(USAGE)
    };
    let filter = match options.filter.as_deref().map(Regex::new).transpose() {
        Ok(filter) => filter,
        Err(error) => return usage(&format!("--filter: {error}")),
    };
    let paths: Vec<PathBuf> = options.paths.iter().map(|path| without_dots(path)).collect();
    let files = match files(&paths) {
        Ok(files) => files,
        Err(message) => return usage(&message),
    };
    let format = match (options.json, options.format) {
        (true, _) => TestFormat::Json,
        (false, format) => format,
    };
    let start = Instant::now();
    let mut reporter = Reporter::new(format, output);
    let mut selected = Vec::new();
    let mut unreadable = false;
    for file in files {
        let source = match Source::read(&file) {
            Ok(source) => source,
            Err(message) => {
                output.error(&message);
                unreadable = true;
                continue;
            }
        };
        match read(source, options.edition.into(), filter.as_ref()) {
            Read::Blocks(file) => selected.push(file),
            Read::Nothing => {}
            Read::Wrong(source, checked) => {
                let found =
                    mochi_base::render(&checked.sources, &checked.diagnostics, output.human());
                reporter.refused(&source.path, &found);
            }
        }
    }
    let count: usize = selected.iter().map(|file| file.blocks.len()).sum();
    if options.list {
        return list(&selected, output);
    }
    if count == 0 && reporter.failed() == 0 {
        let what = if filter.is_some() {
            "no test has a name that --filter matches"
        } else {
            "there is no `test` block in these files"
        };
        return usage(what);
    }
    let seed = options.shuffle.map(|seed| seed.unwrap_or_else(fresh_seed));
    if let Some(seed) = seed {
        shuffle(&mut selected, seed);
        reporter.note(&format!("the order is that of --shuffle={seed}"));
    }
    let engines: &[Engine] = match options.engine {
        TestEngine::Bytecode => &[Engine::Bytecode],
        TestEngine::Template => &[Engine::Template],
        TestEngine::Stencil => &[Engine::Stencil],
        TestEngine::C => &[Engine::C],
        TestEngine::All => &[Engine::Bytecode, Engine::Template, Engine::Stencil, Engine::C],
    };
    reporter.expect(count * engines.len());
    for file in &mut selected {
        for &engine in engines {
            if !run_file(file, engine, engines.len() > 1, &options, &mut reporter, output) {
                return ExitCode::from(USAGE);
            }
        }
        if options.fail_fast && reporter.failed() > 0 {
            break;
        }
    }
    let written = reporter.finish(start.elapsed());
    match (unreadable, reporter.failed() > 0 || !written) {
        (true, _) => ExitCode::from(USAGE),
        (false, true) => ExitCode::from(FAILED),
        (false, false) => ExitCode::SUCCESS,
    }
}

/// What a file has to give.
enum Read {
    Blocks(File),
    Nothing,
    /// It has blocks, and it is wrong.
    Wrong(Source, Checked),
}

fn read(source: Source, edition: EditionChoice, filter: Option<&Regex>) -> Read {
    let mut timings = Timings::default();
    let parsed = pipeline::parse(&source, edition, &mut timings);
    if !pipeline::has_tests(&parsed) {
        return Read::Nothing;
    }
    let checked = pipeline::check(&source, edition, Libraries::Needed, &mut timings);
    if !checked.is_correct() {
        return Read::Wrong(source, checked);
    }
    let mut blocks = testing::blocks(&checked);
    blocks.retain(|block| filter.is_none_or(|filter| filter.is_match(&block.name)));
    if blocks.is_empty() { Read::Nothing } else { Read::Blocks(File { source, checked, blocks }) }
}

fn list(files: &[File], output: &Output) -> ExitCode {
    let mut text = String::new();
    for file in files {
        for block in &file.blocks {
            let line = file.checked.sources.place(block.span.start).line;
            text.push_str(&format!("{}:{line}: {}\n", file.source.path, block.name));
        }
    }
    if text.is_empty() {
        output.error("there is no such test");
        return ExitCode::from(USAGE);
    }
    if output.result(&text) { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

/// Runs the blocks of a file; false when the engine cannot be had.
fn run_file(
    file: &mut File,
    engine: Engine,
    named: bool,
    options: &Test,
    reporter: &mut Reporter,
    output: &Output,
) -> bool {
    let mut programs = Vec::new();
    let mut blocks = Vec::new();
    for block in &file.blocks {
        match testing::compile(&mut file.checked, block) {
            Ok(program) => {
                programs.push(program);
                blocks.push(block.clone());
            }
            Err(diagnostics) => {
                let report =
                    mochi_base::render(&file.checked.sources, &diagnostics, output.human());
                reporter.refused(&format!("{}: {}", file.source.path, block.name), &report);
            }
        }
    }
    // What is kept for a machine has no colours in it.
    let format = match options.format {
        TestFormat::Human if !options.json => output.human(),
        _ => Format::Human(ColorChoice::Never),
    };
    let ready = match testing::prepare(&file.checked, programs, engine, format) {
        Ok(ready) => ready,
        Err(error) => {
            output.error(&error.to_string());
            return false;
        }
    };
    let sources = &file.checked.sources;
    let mut show = |number: usize, result: TestResult| {
        let block = &blocks[number];
        reporter.done(&Done {
            path: &file.source.path,
            name: &block.name,
            line: sources.place(block.span.start).line,
            engine: named.then_some(match engine {
                Engine::Bytecode => "bytecode",
                Engine::Template => "template",
                Engine::Stencil => "stencil",
                Engine::C => "c",
            }),
            result: &result,
        });
        result.passed
    };
    let next = AtomicUsize::new(0);
    let enough = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = options.jobs.unwrap_or_else(processors);
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(blocks.len()) {
            let (sender, next, enough, ready) = (sender.clone(), &next, &enough, &ready);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= ready.len() || enough.load(Ordering::Relaxed) {
                        return;
                    }
                    // Nobody listens any more after --fail-fast.
                    let _ = sender.send((number, ready.run(number)));
                }
            });
        }
        drop(sender);
        // Shown in order, whichever is done first.
        let mut waiting = std::collections::BTreeMap::new();
        let mut shown = 0;
        for (number, result) in receiver {
            waiting.insert(number, result);
            while let Some(result) = waiting.remove(&shown) {
                if enough.load(Ordering::Relaxed) {
                    return;
                }
                if !show(shown, result) && options.fail_fast {
                    enough.store(true, Ordering::Relaxed);
                }
                shown += 1;
            }
        }
    });
    true
}

/// `./...` as other tools write it is the folder.
fn without_dots(path: &std::path::Path) -> PathBuf {
    match path.file_name() {
        Some(name) if name == "..." => {
            let parent = path.parent().unwrap_or(path);
            if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() }
        }
        _ => path.to_owned(),
    }
}

fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |since| u64::from(since.subsec_nanos()) ^ since.as_secs()) % 1_000_000
}

/// Shuffles files and the blocks in them (Fisher and Yates), the same way for the same seed.
fn shuffle(files: &mut [File], seed: u64) {
    // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    let mut state = seed;
    let mut random = |below: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % below as u64) as usize
    };
    for i in (1..files.len()).rev() {
        files.swap(i, random(i + 1));
    }
    for file in files {
        for i in (1..file.blocks.len()).rev() {
            file.blocks.swap(i, random(i + 1));
        }
    }
}
