//! `mochi run`: a program from its source text to its exit code.

mod compare;

use crate::options::{EngineName, Run};
use crate::output::Output;
use crate::{ExitCode, FAILED, INTERRUPTED, USAGE};
use mochi_base::Sources;
use mochi_engine::native::{self, Maker, NotRun, Settings};
use mochi_engine::pipeline::Calls;
use mochi_engine::run::{self, Ended};
use mochi_engine::source::Source;
use mochi_engine::timing::Timings;
use mochi_engine::{Program, Runtime, evaluate, interrupt, leave};
use std::convert::Infallible;

pub(crate) fn run(mut options: Run, output: &Output) -> ExitCode {
    interrupt::listen(mochi_base::stop::interrupted());
    // With `-e CODE` there is no file, so the first word is the program's.
    if options.input.code.is_some()
        && let Some(word) = options.input.file.take()
    {
        options.args.insert(0, word.display().to_string());
    }
    let is_native = matches!(options.engine, EngineName::Template | EngineName::Stencil);
    for (asked, option) in [(options.debugger, "--debugger"), (options.perf_map, "--perf-map")] {
        if asked && !is_native {
            output.error(&format!(
                "`{option}` is for machine code in memory: use `--engine template` or `--engine stencil`"
            ));
            return ExitCode::from(USAGE);
        }
    }
    if options.check && options.engine == EngineName::Eval {
        output.error("`--check` holds another engine against the reference evaluator: choose one with `--engine`");
        return ExitCode::from(USAGE);
    }
    let source = match options.input.source(output) {
        Ok(source) => source,
        Err(code) => return code,
    };
    let mut timings = Timings::default();
    let calls = if options.debugger { Calls::Kept } else { Calls::Inlined };
    let (sources, program) = match options.input.compiled(&source, calls, output, &mut timings) {
        Ok(program) => program,
        Err(code) => return code,
    };
    if options.check {
        return compare::compare(&options, &source, &sources, &program, output, &mut timings);
    }
    let words: Vec<String> =
        std::iter::once(source.path.clone()).chain(options.args.iter().cloned()).collect();
    let prepare = |runtime: &mut Runtime| {
        runtime.set_arguments(words.iter().cloned());
        runtime.stop_on_interrupt();
        runtime.end_the_process();
    };
    if options.engine == EngineName::C {
        let missing = run::not_in_a_built_program(&program);
        if !missing.is_empty() {
            output.diagnostics(&sources, &missing);
            return ExitCode::from(FAILED);
        }
    }
    let ended = match options.engine {
        EngineName::Bytecode => interpreted(&sources, &program, &mut timings, &prepare),
        EngineName::Template => {
            baseline(Maker::Template, &options, &sources, &program, output, &mut timings, &prepare)
        }
        EngineName::Stencil => {
            baseline(Maker::Stencil, &options, &sources, &program, output, &mut timings, &prepare)
        }
        EngineName::Eval => {
            Ok(timings.time("run", || evaluate::evaluate(&sources, &program, prepare, |_| ()).0))
        }
        EngineName::C => compiled(&options, &source, &sources, &program, output, &mut timings)
            .map(|never| match never {}),
    };
    options.input.report(&source, output, &timings);
    match ended {
        Ok(ended) => exit(ended, &sources, output),
        Err(_) if interrupt::requested() => ExitCode::from(INTERRUPTED),
        Err(error) => {
            output.error(&error);
            ExitCode::from(USAGE)
        }
    }
}

/// Says with which error a program stopped. Ends here, for taking the program and its code apart again is work too.
fn exit(ended: Ended, sources: &Sources, output: &Output) -> ! {
    leave(match ended {
        Ended::Exit(code) => code,
        Ended::Stopped(stop) => {
            output.write(&stop.render(sources, output.human()));
            if stop.code == "R016" { INTERRUPTED } else { FAILED }
        }
    })
}

fn interpreted(
    sources: &Sources,
    program: &Program,
    timings: &mut Timings,
    prepare: &(dyn Fn(&mut Runtime) + Sync),
) -> Result<Ended, String> {
    let done = run::interpret(sources, program, timings, prepare, |_| ());
    done.map(|(ended, ())| ended).map_err(|error| error.to_string())
}

/// Runs the program as machine code of a baseline compiler; interprets it where that cannot be.
fn baseline(
    maker: Maker,
    options: &Run,
    sources: &Sources,
    program: &Program,
    output: &Output,
    timings: &mut Timings,
    prepare: &(dyn Fn(&mut Runtime) + Sync),
) -> Result<Ended, String> {
    if options.no_jit {
        output.detail("interpreted, as `--no-jit` asks");
        return interpreted(sources, program, timings, prepare);
    }
    let settings =
        Settings { debugger: options.debugger, perf_map: options.perf_map, ..Settings::default() };
    match native::run(sources, program, maker, settings, timings, prepare, |_| ()) {
        Ok((ended, ())) => Ok(ended),
        Err(NotRun::PerfMap(why)) => Err(NotRun::PerfMap(why).to_string()),
        Err(reason) => {
            let said = format!("interpreted: {reason}");
            if options.debugger || options.perf_map {
                output.note(&said);
            } else {
                output.detail(&said);
            }
            interpreted(sources, program, timings, prepare)
        }
    }
}

/// Builds the program and becomes it; comes back only with an error.
fn compiled(
    options: &Run,
    source: &Source,
    sources: &Sources,
    program: &Program,
    output: &Output,
    timings: &mut Timings,
) -> Result<Infallible, String> {
    let executable = run::build_unnamed(sources, program, timings);
    let executable = executable.map_err(|error| error.to_string())?;
    options.input.report(source, output, timings);
    Err(executable.become_it(&options.args).to_string())
}
