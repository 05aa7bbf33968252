//! `mochi disasm`: a program's machine code, as text on stdout.

use crate::options::{Disasm, Input, MakerName};
use crate::output::Output;
use crate::{ExitCode, FAILED, USAGE};
use mochi_engine::disassemble::{Shown, disassemble};
use mochi_engine::native::Maker;
use mochi_engine::pipeline::Calls;
use mochi_engine::timing::Timings;

pub(crate) fn disasm(options: Disasm, output: &Output) -> ExitCode {
    let input = Input {
        file: Some(options.file),
        code: None,
        edition: options.edition,
        time_passes: false,
    };
    let source = match input.source(output) {
        Ok(source) => source,
        Err(code) => return code,
    };
    let (sources, program) =
        match input.compiled(&source, Calls::Inlined, output, &mut Timings::default()) {
            Ok(compiled) => compiled,
            Err(code) => return code,
        };
    if let Some(name) = &options.function
        && !program.functions.iter().any(|function| *function.name == **name)
    {
        let is_inlined = program.inlined_names.iter().any(|inlined| **inlined == **name);
        output.error(&if is_inlined {
            format!("`{name}` has no code of its own: all calls of it are inlined")
        } else {
            format!("{} has no function `{name}`", source.path)
        });
        return ExitCode::from(USAGE);
    }
    let shown = Shown {
        function: options.function.as_deref(),
        bytes: options.bytes,
        source: options.source,
    };
    let maker = match options.engine {
        MakerName::Template => Maker::Template,
        MakerName::Stencil => Maker::Stencil,
    };
    match disassemble(&sources, &program, maker, shown) {
        Ok(text) if output.result(&text) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(FAILED),
        Err(error) => {
            output.error(&error.to_string());
            ExitCode::from(USAGE)
        }
    }
}
