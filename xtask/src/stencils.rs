//! C source in, the table of stencils out: compile, take each function's code apart, shorten its jumps, write.

mod object_file;
mod shorten;

use mochi_emit::stencil::catalogue::COUNT;
use mochi_emit::stencil::{source, table};
use std::process::Command;

/// A table, and a sentence on it.
pub(crate) struct Made {
    pub(crate) table: Vec<u8>,
    pub(crate) summary: String,
}

/// Makes the table.
pub(crate) fn make(clang: &str) -> Result<Made, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (text, output) = (folder.path().join("stencils.c"), folder.path().join("stencils.o"));
    std::fs::write(&text, source::text()).map_err(|error| error.to_string())?;
    let done = Command::new(clang)
        .args(source::FLAGS)
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
        stencils.push(shorten::stencil(function).map_err(|error| format!("{symbol}: {error}"))?);
    }
    let code: usize = stencils.iter().map(|(bytes, _)| bytes.len()).sum();
    let summary = format!("{COUNT} stencils, {code} bytes of code");
    Ok(Made { table: table::write(source::digest(), &stencils), summary })
}
