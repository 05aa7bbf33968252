//! Bytecode as text, for people: what `mochi dump --stage bytecode` prints.

use super::code::Code;
use super::instruction::{Form, Opcode, Word};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_ir::program::Program;
use std::fmt::{self, Display, Write};

/// The code of a program as text. Positions are in words from the start of the code; jumps name the position they go to.
pub fn disassemble(code: &Code, program: &Program) -> String {
    let mut text = String::new();
    for (number, function) in program.functions.iter().enumerate() {
        let entry = code.entries[number] as usize;
        // Each function ends where the next one's function word is.
        let end = code.entries.get(number + 1).map_or(code.words.len(), |&next| next as usize - 1);
        let extent = code.words[entry - 1].low();
        write_line(&mut text, format_args!("{}: # f{number}, {extent} words", function.name));
        let mut at = entry;
        while at < end {
            let instruction = Instruction { code, program, at };
            write_line(&mut text, format_args!("{at:6}  {instruction}"));
            at += instruction.len();
        }
    }
    text
}

fn write_line(text: &mut String, line: fmt::Arguments) {
    text.write_fmt(format_args!("{line}\n")).expect("writing to a string cannot fail");
}

/// An instruction in the code.
struct Instruction<'a> {
    code: &'a Code,
    program: &'a Program,
    at: usize,
}

impl Instruction<'_> {
    fn word(&self, after: usize) -> Word {
        self.code.words[self.at + after]
    }

    fn opcode(&self) -> Opcode {
        Opcode::ALL[usize::from(self.word(0).op)]
    }

    /// In words.
    fn len(&self) -> usize {
        let word = self.word(0);
        match self.opcode().form() {
            Form::Plain
            | Form::A
            | Form::Ab
            | Form::Abc
            | Form::AbImmediate
            | Form::AbNumber
            | Form::AImmediate
            | Form::ANumber
            | Form::Jump
            | Form::AJump
            | Form::AbJump
            | Form::AImmediateJump
            | Form::Trap => 1,
            Form::Abcd
            | Form::MoveTwo
            | Form::Select
            | Form::AWord
            | Form::AbWord
            | Form::Call0
            | Form::Call1
            | Form::Call2
            | Form::Call3
            | Form::CallFar
            | Form::CallClosure
            | Form::TailCall
            | Form::Runtime0
            | Form::Runtime1
            | Form::Runtime2
            | Form::Runtime3
            | Form::Runtime4 => 2,
            Form::Runtime5 | Form::Runtime6 => 3,
            Form::Slots => 1 + usize::from(word.c).div_ceil(4),
            Form::NumberedSlots => 2 + usize::from(word.c).div_ceil(4),
            Form::Switch => 3 + word.high() as usize,
        }
    }

    /// The function that a call goes to.
    fn callee(&self) -> &str {
        let entry = self.to(self.word(1).low() as i32) as u32;
        let number = self.code.entries.binary_search(&entry);
        number.map_or("?", |number| &self.program.functions[number].name)
    }

    fn to(&self, distance: i32) -> i64 {
        self.at as i64 + i64::from(distance)
    }

    /// The slots from the word after the first `skip` on.
    fn slots(&self, skip: usize) -> impl Iterator<Item = u16> {
        let words = (0..).map(move |i| self.word(skip + i));
        words.flat_map(|word| [word.op, word.a, word.b, word.c]).take(usize::from(self.word(0).c))
    }
}

impl Display for Instruction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let word = self.word(0);
        let Word { a, b, c, .. } = word;
        write!(f, "{:30} ", self.opcode().name())?;
        match self.opcode().form() {
            Form::Plain => Ok(()),
            Form::A => write!(f, "{a}"),
            Form::Ab => write!(f, "{a} {b}"),
            Form::Abc => write!(f, "{a} {b} {c}"),
            Form::Abcd => write!(f, "{a} {b} {c} {}", self.word(1).a),
            Form::MoveTwo => write!(f, "{a} {b}, {c} {}", self.word(1).a),
            Form::Select => write!(f, "{a} {} ? {b} : {c}", self.word(1).a),
            Form::AbImmediate => write!(f, "{a} {b} #{}", c as i16),
            Form::AbNumber => write!(f, "{a} {b} @{c}"),
            Form::AImmediate => write!(f, "{a} #{}", word.high() as i32),
            Form::ANumber => write!(f, "{a} @{}", word.high()),
            Form::AWord => write!(f, "{a} #{:#x}", self.word(1).bits()),
            Form::AbWord => write!(f, "{a} {b} #{:#x}", self.word(1).bits()),
            Form::Slots => {
                write!(f, "{a} @{b}")?;
                self.slots(1).try_for_each(|slot| write!(f, " {slot}"))
            }
            Form::NumberedSlots => {
                write!(f, "{a} @{} @{}", self.word(1).low(), self.word(1).high())?;
                self.slots(2).try_for_each(|slot| write!(f, " {slot}"))
            }
            Form::Call0 => write!(f, "{} window {a} -> {}", self.callee(), self.word(1).b),
            Form::Call1 => write!(f, "{} window {a} ({b}) -> {}", self.callee(), self.word(1).b),
            Form::Call2 => {
                write!(f, "{} window {a} ({b} {c}) -> {}", self.callee(), self.word(1).b)
            }
            Form::Call3 => {
                write!(
                    f,
                    "{} window {a} ({b} {c} {}) -> {}",
                    self.callee(),
                    self.word(1).c,
                    self.word(1).b
                )
            }
            Form::CallFar => {
                write!(f, "{} window {} -> {}", self.callee(), word.high(), self.word(1).b)
            }
            Form::CallClosure => write!(f, "window {a} -> {}", self.word(1).b),
            Form::TailCall => write!(f, "{}", self.callee()),
            Form::Runtime0 => self.runtime(f, &[]),
            Form::Runtime1 => self.runtime(f, &[b]),
            Form::Runtime2 => self.runtime(f, &[b, c]),
            Form::Runtime3 => self.runtime(f, &[b, c, self.word(1).b]),
            Form::Runtime4 => self.runtime(f, &[b, c, self.word(1).b, self.word(1).c]),
            Form::Runtime5 => {
                self.runtime(f, &[b, c, self.word(1).b, self.word(1).c, self.word(2).a])
            }
            Form::Runtime6 => self.runtime(
                f,
                &[b, c, self.word(1).b, self.word(1).c, self.word(2).a, self.word(2).b],
            ),
            Form::Jump => write!(f, "-> {}", self.to(word.high() as i32)),
            Form::AJump => write!(f, "{a} -> {}", self.to(word.high() as i32)),
            Form::AbJump => write!(f, "{a} {b} -> {}", self.to(i32::from(c as i16))),
            Form::AImmediateJump => {
                write!(f, "{a} #{} -> {}", b as i16, self.to(i32::from(c as i16)))
            }
            Form::Switch => {
                write!(f, "{a} from {}", self.word(1).bits() as i64)?;
                (0..=word.high() as usize).try_for_each(|entry| {
                    write!(f, " -> {}", self.to(self.word(2 + entry).low() as i32))
                })
            }
            Form::Trap => {
                write!(f, "{} {b} {c}", TrapKind::from_code(a.into()).map_or("?", TrapKind::name))
            }
        }
    }
}

impl Instruction<'_> {
    fn runtime(&self, f: &mut fmt::Formatter, slots: &[u16]) -> fmt::Result {
        let call = self.word(1);
        write!(f, "{}", RuntimeFunction::ALL[usize::from(call.a)].row().name)?;
        slots.iter().try_for_each(|slot| write!(f, " {slot}"))?;
        if call.op != 0 { write!(f, " -> {}", self.word(0).a) } else { Ok(()) }
    }
}
