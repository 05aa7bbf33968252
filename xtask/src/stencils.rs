//! C source in, the table of stencils out: compile, take each function's code apart, shorten its jumps, write.

mod aarch64;
mod object_file;
mod shorten;
mod x86_64;

use mochi_emit::stencil::catalogue::COUNT;
use mochi_emit::stencil::source::{self, Source};
use mochi_emit::stencil::table;
use std::process::Command;

/// A table, and a sentence on it.
pub(crate) struct Made {
    pub(crate) table: Vec<u8>,
    pub(crate) summary: String,
}

/// Makes the table of a machine.
pub(crate) fn make(source: &Source, clang: &str) -> Result<Made, String> {
    let stencil = match source.machine {
        "x86_64" => x86_64::stencil,
        "aarch64" => aarch64::stencil,
        other => return Err(format!("how code for {other} is taken apart is not known")),
    };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (text, output) = (folder.path().join("stencils.c"), folder.path().join("stencils.o"));
    std::fs::write(&text, source.text()).map_err(|error| error.to_string())?;
    let done = Command::new(clang)
        .args(source.flags())
        .arg("-c")
        .arg(&text)
        .arg("-o")
        .arg(&output)
        .output()
        .map_err(|error| format!("{clang}: {error}; it is Debian's package clang-19"))?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    let bytes = std::fs::read(&output).map_err(|error| error.to_string())?;
    let functions = object_file::functions(&bytes)?;
    let mut stencils = Vec::with_capacity(COUNT);
    for number in 0..COUNT {
        let symbol = source::symbol(number);
        let function = functions
            .get(&symbol)
            .ok_or_else(|| format!("`{symbol}` is not in the object file"))?;
        stencils.push(stencil(function).map_err(|error| format!("{symbol}: {error}"))?);
    }
    let code: usize = stencils.iter().map(|(bytes, _)| bytes.len()).sum();
    let summary = format!("{}: {COUNT} stencils, {code} bytes of code", source.machine);
    Ok(Made { table: table::write(source.digest(), &stencils), summary })
}
