//! What every source file looks like.

use crate::{files_below, read, root, shown};

/// Where unsafe code may stand (STYLE.md).
const UNSAFE_ROOMS: &[&str] = &[
    "runtime/",
    "emit/src/code_memory.rs",
    "emit/src/bytecode/dispatch/",
    "engine/src/call.rs",
    "engine/src/call/",
];

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = files_below(&root(), ".rs")
        .into_iter()
        .filter(|path| !read(path).starts_with("//!"))
        .map(|path| shown(&path))
        .collect();
    assert!(silent.is_empty(), "these files do not open with `//!`: {silent:#?}");
}

#[test]
fn unsafe_code_stays_in_its_rooms() {
    let mut outside = Vec::new();
    for path in files_below(&root(), ".rs") {
        let name = shown(&path);
        if UNSAFE_ROOMS.iter().any(|room| name.starts_with(room)) {
            continue;
        }
        for (index, line) in read(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            // In two pieces, so that this file does not find itself.
            if code.contains(concat!("unsafe", " {")) || code.contains(concat!("unsafe", " fn")) {
                outside.push(format!("{name}:{}", index + 1));
            }
        }
    }
    assert!(outside.is_empty(), "unsafe code outside its rooms: {outside:#?}");
}

#[test]
fn comments_speak_of_what_is() {
    // In two pieces, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut found = Vec::new();
    for path in files_below(&root(), ".rs") {
        for (index, line) in read(&path).lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}", shown(&path), index + 1));
            }
        }
    }
    assert!(found.is_empty(), "comments about what is not there: {found:#?}");
}
