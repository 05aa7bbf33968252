//! Large programs of a given shape → text, for measuring how the compiler's time grows with the program.

use std::fmt::Write as _;

/// What the large program is made of.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Many small functions that call one another.
    Functions,
    /// One function with all the lines.
    OneFunction,
    /// One list literal, an item a line.
    Literal,
    /// One chain of additions, a term a line.
    Chain,
}

/// A correct program of about `lines` lines.
pub(crate) fn program(shape: Shape, lines: usize) -> String {
    let mut text = String::with_capacity(lines * 20);
    let written = match shape {
        Shape::Functions => functions(&mut text, lines),
        Shape::OneFunction => one_function(&mut text, lines),
        Shape::Literal => literal(&mut text, lines),
        Shape::Chain => chain(&mut text, lines),
    };
    written.expect("writing to a string cannot fail");
    text
}

/// Ten lines a function: parameters, a loop, a condition, a call of the function before it.
fn functions(text: &mut String, lines: usize) -> std::fmt::Result {
    writeln!(text, "fun step0(n: int): int {{ return n }}")?;
    let count = lines / 10;
    for i in 1..=count {
        writeln!(text, "fun step{i}(n: int): int {{")?;
        writeln!(text, "  var total = n * {}", i % 7 + 1)?;
        writeln!(text, "  let limit = n % 5 + 1")?;
        writeln!(text, "  for k in 0..limit {{")?;
        writeln!(text, "    if k % 2 == 0 {{ total = total + k }}")?;
        writeln!(text, "    else {{ total = total - 1 }}")?;
        writeln!(text, "  }}")?;
        writeln!(text, "  if total > 1000 {{ total = 1000 }}")?;
        writeln!(text, "  return step{}(total % 100)", i - 1)?;
        writeln!(text, "}}")?;
    }
    writeln!(text, "print(step{}(3))", count.min(1000))
}

fn one_function(text: &mut String, lines: usize) -> std::fmt::Result {
    writeln!(text, "fun long(n: int): int {{\n  var x = n")?;
    for i in 0..lines {
        match i % 4 {
            0 => writeln!(text, "  let a{i} = x % {} + 1", i % 90 + 10)?,
            1 => writeln!(text, "  x = a{} * 2 - x % 3", i - 1)?,
            2 => writeln!(text, "  if x > {} {{ x = x % 97 }}", i % 1000)?,
            _ => writeln!(text, "  x = x + {}", i % 10)?,
        }
    }
    writeln!(text, "  return x\n}}\nprint(long(1))")
}

fn literal(text: &mut String, lines: usize) -> std::fmt::Result {
    writeln!(text, "let xs = [")?;
    for i in 0..lines {
        writeln!(text, "  {},", i * 7 % 1000)?;
    }
    writeln!(text, "  0]\nprint(len(xs))")
}

fn chain(text: &mut String, lines: usize) -> std::fmt::Result {
    writeln!(text, "fun term(n: int): int {{ return n }}\nlet total = term(1)")?;
    for i in 0..lines {
        writeln!(text, "  + {}", i % 10)?;
    }
    writeln!(text, "print(total)")
}
