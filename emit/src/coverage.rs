//! What each emitter does with each op, as a page of Markdown: read off the emitters' tables, never written by hand.

use crate::EMITTERS;
use mochi_ir::op::{Cover, Op};
use std::fmt::Write;

/// The page `docs/coverage.md`.
pub fn matrix() -> String {
    let mut page = String::from(
        "# What each emitter covers\n\n\
         Made from the emitters' tables; `MOCHI_BLESS=1 cargo test -p mochi-emit coverage` writes it anew.\n\
         `emit`: a method of its own. `expand`: rewritten into thinner ops first. `–`: declined, and why below.\n\n",
    );
    let mut reasons = String::new();
    let write = |page: &mut String, cell: std::fmt::Arguments| {
        page.write_fmt(cell).expect("writing to a string cannot fail");
    };
    write(&mut page, format_args!("| op |"));
    for emitter in EMITTERS {
        write(&mut page, format_args!(" `{}` |", emitter.name));
    }
    write(&mut page, format_args!("\n|---|"));
    for _ in EMITTERS {
        write(&mut page, format_args!("---|"));
    }
    for &op in Op::ALL {
        let name = op.row().name;
        write(&mut page, format_args!("\n| `{name}` |"));
        for emitter in EMITTERS {
            let cell = match (emitter.cover)(op) {
                Cover::Emit => "emit",
                Cover::Expand => "expand",
                Cover::Decline(why) => {
                    write(
                        &mut reasons,
                        format_args!("- `{}` declines `{name}`: {why}\n", emitter.name),
                    );
                    "–"
                }
            };
            write(&mut page, format_args!(" {cell} |"));
        }
    }
    page.push('\n');
    if !reasons.is_empty() {
        page.push('\n');
        page.push_str(&reasons);
    }
    page
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn coverage_page_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/coverage.md");
        let made = super::matrix();
        if std::env::var_os("MOCHI_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().expect("the page lies in a folder"))
                .and_then(|()| std::fs::write(&path, &made))
                .expect("docs/coverage.md can be written");
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            made == checked_in,
            "docs/coverage.md is stale: MOCHI_BLESS=1 cargo test -p mochi-emit coverage"
        );
    }
}
