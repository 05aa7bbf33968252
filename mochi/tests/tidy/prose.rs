//! Prose names what exists.

use crate::{read, root};

/// Every path in backquotes or links of these pages must exist.
const PAGES: &[&str] = &["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"];

#[test]
fn paths_in_prose_exist() {
    let mut missing = Vec::new();
    for page in PAGES {
        let text = read(&root().join(page));
        let quoted = text.split('`').skip(1).step_by(2);
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for path in quoted.chain(linked) {
            if looks_like_a_path(path) && !root().join(path.trim_end_matches('/')).exists() {
                missing.push(format!("{page}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "these paths do not exist: {missing:#?}");
}

/// Our own paths: a slash inside or a known ending, nothing that only shells or patterns write.
fn looks_like_a_path(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let has_ending = [".rs", ".md", ".toml", ".mochi"]
        .iter()
        .any(|ending| text.ends_with(ending) && text.len() > ending.len());
    // `ops.rs` alone names a file of many folders.
    plain
        && (text.contains('/') || !text.ends_with(".rs"))
        && !text.starts_with('/')
        && !text.starts_with("target/")
        && !text.starts_with("http")
        && (has_ending || (text.contains('/') && text.split('/').next().is_some_and(is_a_folder)))
}

fn is_a_folder(name: &str) -> bool {
    root().join(name).is_dir()
}
