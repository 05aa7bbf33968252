//! A station never knows the stations after it.

use crate::root;
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::BTreeMap;

/// Which of our crates each crate may use. ARCHITECTURE.md tells why.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("syntax", &["base"]),
    ("hir", &["base", "syntax"]),
    ("abi", &[]),
    ("ir", &["base", "abi"]),
    ("lower", &["base", "hir", "ir", "abi"]),
    ("opt", &["base", "ir", "abi"]),
    ("runtime", &["abi"]),
    ("emit", &["base", "ir", "abi", "runtime"]),
    ("aot", &["base", "abi", "runtime"]),
    ("engine", &["base", "syntax", "hir", "abi", "ir", "lower", "opt", "runtime", "emit", "aot"]),
    ("mochi", &["base", "engine", "aot"]),
    ("bench", &["engine"]),
    ("xtask", &["emit"]),
];

#[test]
fn crates_use_only_what_comes_before_them() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec![String::from("--offline")])
        .exec()
        .expect("cargo describes the workspace");
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = package.name.strip_prefix("mochi-").unwrap_or(&package.name);
        let Some(uses) = allowed.get(name) else {
            wrong.push(format!("`{name}` has no row in ARROWS"));
            continue;
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
        {
            let Some(used) = dependency.name.strip_prefix("mochi-") else { continue };
            if !uses.contains(&used) {
                wrong.push(format!("`{name}` must not use `{used}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(metadata.packages.len(), ARROWS.len(), "every row of ARROWS is a crate");
}
