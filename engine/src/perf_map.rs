//! Which addresses are code of which function, in the file that `perf` looks for: a line `START LENGTH NAME` per function, the
//! numbers in hexadecimal.
//!
//! The file stays when the program has ended, because `perf report` reads it then. It lies in a folder that all users write to,
//! so it **must** be made anew: what is there under its name could be a link to something else.

use crate::placed::Placed;
use std::fmt::Write as _;
use std::fs::{OpenOptions, remove_file};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Where `perf` looks for the functions of a process.
pub fn path() -> PathBuf {
    PathBuf::from(format!("/tmp/perf-{}.map", std::process::id()))
}

/// Writes the file for code where it lies; what hinders that comes back as text.
pub(crate) fn write(placed: &Placed, path: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    match remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text(placed).as_bytes()).map_err(failed)
}

/// The lines of the file. A function's name is followed by its place, for names are not unique.
fn text(placed: &Placed) -> String {
    let mut text = String::new();
    for extent in placed.extents() {
        let (start, len, name) = (placed.address(extent.start), extent.len(), &extent.name);
        write!(text, "{start:x} {len:x} {name}").expect("writing to a string does not fail");
        match extent.byte {
            Some(byte) => {
                let place = placed.sources.place(byte);
                write!(text, " {}:{}", place.path, place.line)
            }
            None => write!(text, " mochi"),
        }
        .expect("writing to a string does not fail");
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::Maker;
    use mochi_base::Sources;
    use mochi_emit::baseline::Options;
    use mochi_ir::sites::Sites;
    use std::fs::{read_to_string, write as write_file};

    #[test]
    fn each_stretch_of_code_has_a_line_and_links_are_not_followed() {
        let program = mochi_ir::text::read(
            "main @main\nfunction main() {\nb0:\ncall @a()\nreturn\n}\nfunction a() {\nb0:\nreturn\n}\n",
        )
        .expect("the text is right");
        let code = Maker::Template
            .compile(&program, &Sites::new(&program), Options::default())
            .expect("all is covered");
        let sources = Sources::one("a.mochi", "");
        let len = code.bytes.len();
        let placed =
            Placed { sources: &sources, program: &program, code: &code, start: 0x1000, len };
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let (map, other) = (folder.path().join("map"), folder.path().join("other"));
        write_file(&other, "kept").expect("the folder can be written to");
        std::os::unix::fs::symlink(&other, &map).expect("the folder can be written to");
        write(&placed, &map).expect("the folder can be written to");
        assert_eq!(read_to_string(&other).expect("it is there"), "kept");
        let text = read_to_string(&map).expect("it is there");
        let mut end = 0x1000;
        let mut names = Vec::new();
        for line in text.lines() {
            let mut words = line.splitn(3, ' ');
            let mut number = || {
                let word = words.next().expect("a line has three words");
                u64::from_str_radix(word, 16).expect("it is a number")
            };
            let (start, len) = (number(), number());
            assert!(start >= end && len > 0, "{text}");
            end = start + len;
            names.push(words.next().expect("a line has three words"));
        }
        assert!(end <= 0x1000 + len as u64, "{text}");
        assert_eq!(names[..3], ["main a.mochi:1", "a a.mochi:1", "<door> mochi"], "{text}");
        let missing = write(&placed, &folder.path().join("missing/map"));
        assert!(missing.is_err_and(|why| why.contains("missing/map: ")));
    }
}
