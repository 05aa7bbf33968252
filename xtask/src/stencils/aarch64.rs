//! AArch64: a function's code as a list of instructions, and the list as bytes again.
//!
//! For a compiler a hole is an address, which it makes in a register: that of a page, and what is added to it. Here it is a number,
//! which becomes part of the sum, the comparison, the load or the store that uses the register, if nothing else does; else one
//! instruction puts it there. So sums have holes of 12 bits, places in memory of 12 bits that count words, and registers of 16.

use super::object_file::{Form, Function};
use super::shorten::{self, Item, To, What};
use mochi_emit::a64::encoding::{self, Wide};
use mochi_emit::macro_assembler::Reg;
use mochi_emit::stencil::table::{Hole, Made};
use yaxpeax_arch::{Arch, Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{ARMv8, Instruction, Opcode, Operand};

/// The platform's, the context, the frame, the return address and the stack pointer.
const NOT_OURS: [u16; 5] = [18, 28, 29, 30, 31];
const CONTEXT: u16 = 28;
const ZERO: u32 = 31;

/// Registers that no operand is in and that hold no values: compilers use them in between.
const BETWEEN: [u32; 4] = [8, 15, 16, 17];

/// The stencil of a function: bytes and holes.
pub(crate) fn stencil(function: &Function) -> Result<Made, String> {
    let mut items = parse(function)?;
    fold_numbers(&mut items);
    shorten::shorten(&mut items, inverted);
    layout(&items)
}

fn parse(function: &Function) -> Result<Vec<Item>, String> {
    let (words, rest) = function.bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err("it has bytes that are no instruction".to_owned());
    }
    let mut items = Vec::new();
    // The register that has the page of a hole's address.
    let mut page = None;
    for (number, &bytes) in words.iter().enumerate() {
        let word = u32::from_le_bytes(bytes);
        let instruction = decode(word).ok_or("it has bytes that are no instruction")?;
        let mut references =
            function.references.iter().filter(|reference| reference.at == 4 * number);
        let reference = references.next();
        let branch = branch(word);
        let what = match (branch, reference) {
            (None, Some(reference)) => {
                let hole = shorten::number_hole(reference)?;
                let register = word & 31;
                match (reference.form, page) {
                    (Form::Page, None) => {
                        page = Some((hole, register));
                        continue;
                    }
                    (Form::InPage, Some(begun))
                        if begun == (hole, register) && word >> 5 & 31 == register =>
                    {
                        page = None;
                        let to = Reg(register as u8);
                        let word = encoding::mov_wide(Wide::Zero, to, 0, 0);
                        What::Plain(word.to_le_bytes().to_vec(), vec![(hole, 0)])
                    }
                    _ => return Err(format!("`{instruction}` makes half of an address")),
                }
            }
            (None, None) => {
                refuse(&instruction)?;
                What::Plain(bytes.to_vec(), Vec::new())
            }
            (Some(Branch { condition, steps }), reference) => {
                let to = match reference {
                    Some(reference) => To::of(reference)?,
                    None => {
                        let target = number as i64 + i64::from(steps);
                        let is_ahead = target > number as i64 && target < words.len() as i64;
                        To::Here(is_ahead.then_some(target as usize).ok_or("it has a loop")?)
                    }
                };
                condition.map_or(What::Jump(to), |condition| What::JumpIf(condition, to))
            }
        };
        if page.is_some() {
            return Err(format!("`{instruction}` stands between the halves of an address"));
        }
        items.push(Item { number, what });
    }
    // What went to the first half of an address goes to what is left of both.
    for i in 0..items.len() {
        if let What::Jump(To::Here(number)) | What::JumpIf(_, To::Here(number)) = items[i].what {
            let found = items.iter().map(|item| item.number).find(|&other| other >= number);
            let to = To::Here(found.ok_or("it jumps behind its end")?);
            match &mut items[i].what {
                What::Jump(old) | What::JumpIf(_, old) => *old = to,
                What::Plain(..) => {}
            }
        }
    }
    Ok(items)
}

fn decode(word: u32) -> Option<Instruction> {
    let bytes = word.to_le_bytes();
    <ARMv8 as Arch>::Decoder::default().decode(&mut U8Reader::new(&bytes)).ok()
}

/// A jump: its word without a distance if it has a condition, and how many instructions it goes on.
struct Branch {
    condition: Option<u32>,
    steps: i32,
}

fn branch(word: u32) -> Option<Branch> {
    let signed = |from: u32, bits: u32| ((word << (32 - from - bits)) as i32) >> (32 - bits);
    if word & 0xfc00_0000 == 0x1400_0000 {
        return Some(Branch { condition: None, steps: signed(0, 26) });
    }
    let bits = if is_by_flags(word) || word & 0x7e00_0000 == 0x3400_0000 {
        19
    } else if is_by_bit(word) {
        14
    } else {
        return None;
    };
    let condition = Some(word & !(((1 << bits) - 1) << 5));
    Some(Branch { condition, steps: signed(5, bits) })
}

fn is_by_flags(word: u32) -> bool {
    word & 0xff00_0010 == 0x5400_0000
}

/// By one bit of a register: these reach 32 KiB, the others 1 MiB, which is what functions are limited to.
fn is_by_bit(word: u32) -> bool {
    word & 0x7e00_0000 == 0x3600_0000
}

fn inverted(condition: u32) -> u32 {
    condition ^ if is_by_flags(condition) { 1 } else { 1 << 24 }
}

/// A stencil has no frame, and the frame of the function that it is part of is not its own.
fn refuse(instruction: &Instruction) -> Result<(), String> {
    let refused = |why: &str| Err(format!("`{instruction}` {why}"));
    match instruction.opcode {
        Opcode::BL | Opcode::BLR | Opcode::BR | Opcode::RET => return refused("is no plain jump"),
        Opcode::ADR | Opcode::ADRP => return refused("uses data beside the code"),
        _ => {}
    }
    for (place, operand) in instruction.operands.iter().enumerate() {
        match *operand {
            Operand::PCOffset(_) => return refused("uses data beside the code"),
            Operand::Register(_, number)
            | Operand::RegisterPair(_, number)
            | Operand::RegShift(_, _, _, number)
                if NOT_OURS.contains(&number) && u32::from(number) != ZERO =>
            {
                return refused("uses what is not its own");
            }
            Operand::RegisterOrSP(_, number) if NOT_OURS.contains(&number) => {
                return refused("uses what is not its own");
            }
            // The context is read, as memory's base.
            Operand::RegRegOffset(base, index, ..)
                if NOT_OURS.contains(&base) && base != CONTEXT || NOT_OURS.contains(&index) =>
            {
                return refused("uses what is not its own");
            }
            Operand::RegPreIndex(base, _, writes)
                if NOT_OURS.contains(&base) && (base != CONTEXT || writes) =>
            {
                return refused("uses what is not its own");
            }
            Operand::RegPostIndex(..) | Operand::RegPostIndexReg(..) if place > 0 => {
                return refused("moves its base");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Numbers become part of the instructions that use them.
fn fold_numbers(items: &mut Vec<Item>) {
    let mut i = 0;
    while i < items.len() {
        if let Some((user, word)) = folded(items, i) {
            let What::Plain(_, holes) = items[i].what.clone() else {
                unreachable!("what is folded is a plain instruction")
            };
            items[user].what = What::Plain(word.to_le_bytes().to_vec(), holes);
            let number = items[i].number;
            let behind = items[i + 1].number;
            items.remove(i);
            shorten::retarget(items, number, To::Here(behind));
        } else {
            i += 1;
        }
    }
}

/// The instruction that takes the place of the one that uses the number put into a register at `i`, if it has room for a number and
/// is the only one.
fn folded(items: &[Item], i: usize) -> Option<(usize, u32)> {
    let register = put_number(&items[i].what)?;
    if !BETWEEN.contains(&register) {
        return None;
    }
    let is_reached =
        |item: &Item| items.iter().any(|from| shorten::target(from) == Some(To::Here(item.number)));
    let is_straight = |item: &Item| matches!(item.what, What::Plain(..)) && !is_reached(item);
    let mut user = None;
    for (at, item) in items.iter().enumerate().skip(i + 1) {
        let is_used = mentions(&item.what, register);
        match user {
            None if !is_straight(item) => return None,
            None if is_used => {
                let What::Plain(bytes, holes) = &item.what else { return None };
                if !holes.is_empty() {
                    return None;
                }
                let word = u32::from_le_bytes(bytes[..].try_into().ok()?);
                user = Some((at, with_number(word, register)?));
            }
            None => {}
            // What it held is overwritten.
            Some(_) if is_straight(item) && put_number(&item.what) == Some(register) => {
                return user;
            }
            Some(_) if !is_straight(item) => {
                let is_used = |item: &Item| mentions(&item.what, register);
                return if items[at..].iter().any(is_used) { None } else { user };
            }
            Some(_) if is_used => return None,
            Some(_) => {}
        }
    }
    user
}

/// The register that an instruction puts a hole's number into.
fn put_number(what: &What) -> Option<u32> {
    let What::Plain(bytes, holes) = what else { return None };
    let word = u32::from_le_bytes(bytes[..].try_into().ok()?);
    let is_put = word & !31 == encoding::mov_wide(Wide::Zero, Reg(0), 0, 0);
    (is_put && !holes.is_empty()).then_some(word & 31)
}

/// Whether an instruction may read or write a register.
fn mentions(what: &What, register: u32) -> bool {
    let word = match what {
        What::Plain(bytes, _) => bytes[..].try_into().map(u32::from_le_bytes),
        What::JumpIf(condition, _) if is_by_flags(*condition) => return false,
        What::JumpIf(condition, _) => Ok(*condition),
        What::Jump(_) => return false,
    };
    // The four fields in which any instruction has registers. Some have other things there: that is on the safe side.
    word.map_or(true, |word| [0, 5, 10, 16].iter().any(|shift| word >> shift & 31 == register))
}

/// The same instruction with a number, 0, in the place of a register that it reads once.
fn with_number(word: u32, register: u32) -> Option<u32> {
    let (rd, rn, rm) = (word & 31, word >> 5 & 31, word >> 16 & 31);
    let sum = [encoding::ADD, encoding::ADDS, encoding::SUB, encoding::SUBS];
    for op in sum {
        let is_it = word == op.of(Reg(rd as u8), Reg(rn as u8), Reg(rm as u8));
        // Number 31 is the stack pointer beside a number.
        let is_plain = rn != register && rn != ZERO && (rd != ZERO || is_comparison(word));
        if is_it && rm == register && is_plain {
            return Some(op.imm12(Reg(rd as u8), Reg(rn as u8), 0));
        }
    }
    use encoding::{LOAD, LOAD_FLOAT, STORE, STORE_FLOAT};
    for access in [LOAD, STORE, LOAD_FLOAT, STORE_FLOAT] {
        let (rt, rn, rm) = (rd as u8, Reg(rn as u8), Reg(rm as u8));
        let is_float = access == LOAD_FLOAT || access == STORE_FLOAT;
        let is_stored = access == STORE && rd == register;
        if word != access.indexed(rt, rn, rm, false) || is_stored && !is_float {
            continue;
        }
        // Without a shift both are alike.
        let number = Reg(register as u8);
        return match (rn == number, rm == number) {
            (false, true) => Some(access.scaled(rt, rn, 0)),
            (true, false) => Some(access.scaled(rt, rm, 0)),
            _ => None,
        };
    }
    None
}

/// Whether a sum or difference is there for the flags.
fn is_comparison(word: u32) -> bool {
    word >> 29 & 1 == 1
}

/// The bytes of the list.
fn layout(items: &[Item]) -> Result<Made, String> {
    let (starts, end) = shorten::starts(items, |_| 4);
    let mut bytes: Vec<u8> = Vec::new();
    let mut holes: Vec<(Hole, u8)> = Vec::new();
    for item in items {
        let here = bytes.len();
        let at = u8::try_from(here).map_err(|_| "it is too long")?;
        let word = match &item.what {
            What::Plain(plain, inner) => {
                holes.extend(inner.iter().map(|&(hole, _)| (hole, at)));
                u32::from_le_bytes(plain[..].try_into().map_err(|_| "it has half an instruction")?)
            }
            What::Jump(To::Hole(hole)) => {
                holes.push((*hole, at));
                encoding::b(0)
            }
            What::JumpIf(condition, To::Hole(_)) if is_by_bit(*condition) => {
                return Err("it leaves by a jump that does not reach".to_owned());
            }
            What::JumpIf(condition, To::Hole(hole)) => {
                holes.push((*hole, at));
                *condition
            }
            What::Jump(to) | What::JumpIf(_, to) => {
                let steps = ((shorten::place(items, &starts, end, *to) - here) / 4) as u32;
                match item.what {
                    What::JumpIf(condition, _) => condition | steps << 5,
                    _ => encoding::b(steps as i32),
                }
            }
        };
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    Ok((bytes, holes))
}

#[cfg(test)]
mod tests {
    use super::super::object_file::Reference;
    use super::*;

    const ADD_IMM: u32 = 0x9100_0000;
    const B_VS: u32 = 0x5400_0006;
    const NEXT: &str = "CONT";

    /// A word, and the symbol that it refers to.
    type Word<'a> = (u32, Option<(&'a str, Form)>);

    /// The words and the holes of the stencil of these words.
    type Words = Result<(Vec<u32>, Vec<(Hole, u8)>), String>;

    fn made(code: &[Word]) -> Words {
        let bytes = code.iter().flat_map(|(word, _)| word.to_le_bytes()).collect();
        let references = code.iter().enumerate().filter_map(|(number, (_, to))| {
            let (symbol, form) = (*to)?;
            Some(Reference { at: 4 * number, symbol: symbol.to_owned(), form })
        });
        let (bytes, holes) = stencil(&Function { bytes, references: references.collect() })?;
        let (words, _) = bytes.as_chunks::<4>();
        Ok((words.iter().map(|&word| u32::from_le_bytes(word)).collect(), holes))
    }

    /// Puts a hole's address into a register, as compilers do.
    fn address(register: u8, symbol: &str) -> [Word<'_>; 2] {
        let to = Reg(register);
        [
            (encoding::adrp(to, 0), Some((symbol, Form::Page))),
            (encoding::ADD.imm12(to, to, 0), Some((symbol, Form::InPage))),
        ]
    }

    const fn jump(symbol: &str) -> Word<'_> {
        (encoding::b(0), Some((symbol, Form::Branch)))
    }

    #[test]
    fn a_number_becomes_part_of_what_uses_it() {
        let [page, low] = address(8, "IMM");
        let sum = encoding::ADDS.of(Reg(1), Reg(1), Reg(8));
        let code = [page, low, (sum, None), (B_VS | 2 << 5, None), jump(NEXT), jump("COLD")];
        let folded = vec![encoding::ADDS.imm12(Reg(1), Reg(1), 0), B_VS];
        assert_eq!(made(&code), Ok((folded, vec![(Hole::Imm, 0), (Hole::Cold, 4)])));

        let [page, low] = address(15, "OFF");
        let load = encoding::LOAD.indexed(1, Reg(2), Reg(15), false);
        let folded = vec![encoding::LOAD.scaled(1, Reg(2), 0)];
        let found = made(&[page, low, (load, None), jump(NEXT)]);
        assert_eq!(found, Ok((folded, vec![(Hole::Off, 0)])));
    }

    /// A product has no room; nor is there any when the register is read again, or holds an operand of whoever comes behind.
    #[test]
    fn a_number_that_is_needed_elsewhere_stays_in_its_register() {
        let user = |register: u8| encoding::ADD.of(Reg(1), Reg(1), Reg(register));
        let product = encoding::MUL.of(Reg(1), Reg(1), Reg(8));
        for (register, users) in
            [(8, vec![product]), (8, vec![user(8), product]), (3, vec![user(3)])]
        {
            let mut code = address(register, "IMM").to_vec();
            code.extend(users.iter().map(|&word| (word, None)));
            code.push(jump(NEXT));
            let mut words = vec![encoding::mov_wide(Wide::Zero, Reg(register), 0, 0)];
            words.extend(users);
            assert_eq!(made(&code), Ok((words, vec![(Hole::Imm, 0)])));
        }
    }

    #[test]
    fn what_is_wrong_in_the_middle_of_a_function_is_refused() {
        let [page, low] = address(8, "IMM");
        let none = |word| vec![(word, None), jump(NEXT)];
        let refused = [
            none(encoding::RET),
            none(encoding::bl(0)),
            none(encoding::br(Reg(1))),
            none(encoding::adrp(Reg(1), 0)),
            // The stack, the frame, the context.
            none(ADD_IMM | 31 << 5 | 1),
            none(encoding::STORE.scaled(1, Reg(31), 8)),
            none(encoding::LOAD.scaled(1, Reg(29), 8)),
            none(encoding::mov(Reg(28), Reg(1))),
            // A loop, and a place that is none.
            none(encoding::b(0)),
            none(encoding::b(7)),
            // Half of an address, or one of something else.
            vec![page, jump(NEXT)],
            vec![low, jump(NEXT)],
            vec![page, (encoding::mov(Reg(1), Reg(2)), None), low, jump(NEXT)],
            vec![jump("elsewhere")],
            // A jump on one bit, out of the stencil.
            vec![(0x3600_0041, None), jump(NEXT), jump("COLD")],
        ];
        for code in refused {
            assert!(made(&code).is_err(), "{code:x?}: {:x?}", made(&code));
        }
        // The context's words are what it is for.
        assert!(made(&none(encoding::LOAD.scaled(1, Reg(28), 8))).is_ok());
    }

    /// A jump over one instruction may well be on one bit.
    #[test]
    fn jumps_within_are_kept() {
        let code = [(0x3600_0041, None), (encoding::mov(Reg(1), Reg(2)), None), jump(NEXT)];
        let words = code[..2].iter().map(|&(word, _)| word).collect();
        assert_eq!(made(&code), Ok((words, Vec::new())));
    }
}
