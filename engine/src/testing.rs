//! The `test` blocks of a program, each run by itself: a checked program goes in, out comes what became of each block.
//!
//! A block runs in a program of its own: the statements of the file before it, without the other `test` and `bench`
//! blocks, then the block, then nothing more. So no block sees what another did, and one that stops its program stops
//! nothing else.

use crate::link::Optimisation;
use crate::native::{self, Maker};
use crate::pipeline::{self, Checked};
use crate::run::{Ended, build_batch, interpret};
use crate::timing::Timings;
use mochi_base::{Diagnostic, Format, Sources, Span};
use mochi_emit::EmitError;
use mochi_hir::hir::{StmtId, StmtKind};
use mochi_ir::program::Program;
use mochi_runtime::Runtime;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A `test` block of the main file.
#[derive(Debug, Clone)]
pub struct TestBlock {
    pub name: String,
    pub span: Span,
    statement: StmtId,
}

/// What became of a block.
#[derive(Debug, Clone)]
pub struct TestResult {
    pub passed: bool,
    pub duration: Duration,
    /// What it printed.
    pub output: String,
    /// Why it failed, as text; empty if it did not.
    pub report: String,
}

/// What blocks run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Bytecode,
    /// Interpreted where there is no executable memory.
    Template,
    Stencil,
    C,
}

/// The blocks of one file, ready to run on one engine.
#[derive(Debug)]
pub struct Ready<'a> {
    sources: &'a Sources,
    programs: Vec<Program>,
    /// With the C engine: the executable of all, and the folder that it goes with.
    built: Option<(PathBuf, TempDir)>,
    engine: Engine,
    format: Format,
}

/// The blocks at the top level of the main file, in order.
pub fn blocks(checked: &Checked) -> Vec<TestBlock> {
    let Some(hir) = &checked.hir else { return Vec::new() };
    let block = |&id: &StmtId| {
        let statement = &hir[id];
        let StmtKind::Test { name, .. } = &statement.kind else { return None };
        let name = checked.interner.resolve(*name).to_owned();
        Some(TestBlock { name, span: statement.span, statement: id })
    };
    hir.main.iter().filter_map(block).collect()
}

/// The program that runs one block.
pub fn compile(checked: &mut Checked, block: &TestBlock) -> Result<Program, Vec<Diagnostic>> {
    let hir = checked.hir.as_mut().expect("only checked programs have blocks");
    let whole = hir.main.clone();
    let end =
        whole.iter().position(|&id| id == block.statement).expect("the block is of this file");
    let is_block =
        |id: &StmtId| matches!(hir[*id].kind, StmtKind::Test { .. } | StmtKind::Bench { .. });
    let mut main: Vec<StmtId> = whole[..end].iter().copied().filter(|id| !is_block(id)).collect();
    main.push(block.statement);
    hir.main = main;
    let program = pipeline::compile(checked, &mut Timings::default());
    checked.hir.as_mut().expect("it was there above").main = whole;
    program
}

/// Prepares programs for an engine; reports are written in this format.
pub fn prepare(
    checked: &Checked,
    programs: Vec<Program>,
    engine: Engine,
    format: Format,
) -> Result<Ready<'_>, EmitError> {
    let sources = &checked.sources;
    let built = match engine {
        Engine::Bytecode | Engine::Template | Engine::Stencil => None,
        Engine::C => {
            let failed = |error: std::io::Error| EmitError::Tool {
                command: String::from("temporary folder"),
                output: error.to_string(),
            };
            let folder =
                tempfile::Builder::new().prefix("mochi-test-").tempdir().map_err(failed)?;
            let path = folder.path().join("tests");
            let all: Vec<_> = programs.iter().map(|program| (sources, program)).collect();
            build_batch(&all, &path, Optimisation::Some)?;
            Some((path, folder))
        }
    };
    Ok(Ready { sources, programs, built, engine, format })
}

impl Ready<'_> {
    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.programs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.programs.is_empty()
    }

    /// Runs the block with this number among the programs.
    pub fn run(&self, number: usize) -> TestResult {
        let start = Instant::now();
        let (passed, output, report) = match &self.built {
            Some((path, _)) => self.run_built(path, number),
            None => self.run_here(number),
        };
        TestResult { passed, duration: start.elapsed(), output, report }
    }

    fn run_here(&self, number: usize) -> (bool, String, String) {
        let program = &self.programs[number];
        let mut timings = Timings::default();
        let prepare = |runtime: &mut Runtime| {
            runtime.set_input(b"");
            runtime.set_arguments([self.sources.main_path().to_owned()]);
            runtime.capture_output();
            // This process goes on after a block that stopped: its memory and its open files must not stay.
            runtime.track_objects();
        };
        let printed = |runtime: &mut Runtime| {
            runtime.sweep(&[]);
            String::from_utf8_lossy(&runtime.take_output()).into_owned()
        };
        let maker = match self.engine {
            Engine::Template => Some(Maker::Template),
            Engine::Stencil => Some(Maker::Stencil),
            Engine::Bytecode | Engine::C => None,
        };
        let native = maker.and_then(|maker| {
            let options = native::Options::default();
            native::run(self.sources, program, maker, options, &mut timings, prepare, printed).ok()
        });
        let ended = match native {
            Some(ended) => Ok(ended),
            None => interpret(self.sources, program, &mut timings, prepare, printed),
        };
        match ended {
            Ok((Ended::Exit(0), output)) => (true, output, String::new()),
            Ok((Ended::Exit(code), output)) => (false, output, ended_with(code)),
            Ok((Ended::Stopped(stop), output)) => {
                (false, output, stop.render(self.sources, self.format))
            }
            Err(error) => (false, String::new(), format!("error: {error}\n")),
        }
    }

    fn run_built(&self, path: &Path, number: usize) -> (bool, String, String) {
        let done = Command::new(path)
            .arg(number.to_string())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output();
        match done {
            Ok(done) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let mut report = text(&done.stderr);
                if !done.status.success() && report.is_empty() {
                    report = match done.status.code().and_then(|code| u8::try_from(code).ok()) {
                        Some(code) => ended_with(code),
                        None => format!("error: the test ended by {}\n", done.status),
                    };
                }
                (done.status.success(), text(&done.stdout), report)
            }
            Err(error) => (false, String::new(), format!("error: {}: {error}\n", path.display())),
        }
    }
}

fn ended_with(code: u8) -> String {
    format!("error: the test ended the program with exit code {code}\n")
}
