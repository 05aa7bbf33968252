//! The runners: how each language's version of a program is prepared (compiled, unmeasured) and run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program: a folder with one source file per language.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

/// One way to run a program.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) name: &'static str,
    /// The file in the program's folder.
    source: &'static str,
    /// Compiler and its arguments before and after the source and `-o OUT`; `None` runs the source itself.
    prepare: Option<Vec<String>>,
    /// Interpreter and arguments before the source; empty runs what was prepared.
    run: Vec<String>,
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Every runner there is, whether installed or not.
fn all(mochi: &Path) -> Vec<Runner> {
    let mochi = mochi.display().to_string();
    let compiled = |name, source, prepare: &str| Runner {
        name,
        source,
        prepare: Some(words(prepare)),
        run: Vec::new(),
    };
    let interpreted =
        |name, source, run: &str| Runner { name, source, prepare: None, run: words(run) };
    let engine = |name: &'static str| Runner {
        name,
        source: "main.mochi",
        prepare: None,
        run: vec![mochi.clone(), "run".into(), "--engine".into(), name.into()],
    };
    vec![
        compiled("gcc", "main.c", "gcc -O2"),
        compiled("clang", "main.c", "clang -O3"),
        compiled("tcc", "main.c", "tcc"),
        Runner {
            name: "c",
            source: "main.mochi",
            prepare: Some(vec![mochi.clone(), "build".into()]),
            run: Vec::new(),
        },
        engine("template"),
        engine("stencil"),
        engine("bytecode"),
        interpreted("lua", "main.lua", "lua5.4"),
        interpreted("luajit", "main.lua", "luajit"),
        interpreted("python", "main.py", "python3"),
        interpreted("node", "main.js", "node"),
        compiled("go", "main.go", "go build"),
    ]
}

/// The runners with these names whose tools are here; the others are named on stderr.
pub(crate) fn installed(names: &[String], mochi: &Path) -> Vec<Runner> {
    let mut known = all(mochi);
    let mut chosen = Vec::new();
    let mut missing = Vec::new();
    for name in names {
        let Some(at) = known.iter().position(|runner| runner.name == name.as_str()) else {
            missing.push(format!("{name} (no such runner)"));
            continue;
        };
        let runner = known.swap_remove(at);
        let tool =
            runner.prepare.iter().flatten().chain(&runner.run).next().expect("a runner has a tool");
        if is_here(tool) {
            chosen.push(runner);
        } else {
            missing.push(format!("{name} ({tool} is not installed)"));
        }
    }
    if !missing.is_empty() {
        crate::table::say(&format!("left out: {}", missing.join(", ")));
    }
    chosen
}

fn is_here(tool: &str) -> bool {
    if tool.contains('/') {
        return Path::new(tool).exists();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

/// The programs under `directory` whose name contains one of `filters`.
pub(crate) fn programs(directory: &Path, filters: &[String]) -> Result<Vec<Program>, String> {
    let entries = std::fs::read_dir(directory)
        .map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut programs: Vec<Program> = entries
        .filter_map(Result::ok)
        .map(|entry| Program {
            name: entry.file_name().to_string_lossy().into_owned(),
            folder: entry.path(),
        })
        .filter(|program| {
            filters.is_empty()
                || filters.iter().any(|filter| program.name.contains(filter.as_str()))
        })
        .filter(|program| program.folder.is_dir())
        .collect();
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    if programs.is_empty() {
        return Err(format!("no program in {} matches {filters:?}", directory.display()));
    }
    Ok(programs)
}

impl Runner {
    /// The command that runs `program`, compiled into `scratch` first where the language wants that. `None` when the
    /// program is not written in this runner's language; `Err` says what the compiler said.
    pub(crate) fn prepare(
        &self,
        program: &Program,
        scratch: &Path,
    ) -> Option<Result<Vec<String>, String>> {
        let source = program.folder.join(self.source);
        if !source.exists() {
            return None;
        }
        let source = source.display().to_string();
        let Some(prepare) = &self.prepare else {
            return Some(Ok(self.run.iter().cloned().chain([source]).collect()));
        };
        let output = scratch.join(format!("{}-{}", program.name, self.name)).display().to_string();
        let done = Command::new(&prepare[0])
            .args(&prepare[1..])
            .args(["-o", &output, &source])
            .args(if self.source == "main.c" { &["-lm"][..] } else { &[] })
            .stdin(Stdio::null())
            .output();
        Some(match done {
            Ok(done) if done.status.success() => Ok(vec![output]),
            Ok(done) => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        })
    }
}
