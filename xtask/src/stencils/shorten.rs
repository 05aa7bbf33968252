//! A function's code in, a stencil out: what comes behind it is fallen into, and no jump goes to another jump.
//!
//! Compilers end every way through a stencil with a jump, since for them the code that goes on is another function. Here a
//! function becomes a list of instructions whose branches have targets by name; a few rules are used until none fits; then
//! the list becomes bytes again, its jumps as short as they can be.

use super::object_file::Function;
use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};
use mochi_emit::stencil::table::{Hole, Made};

/// Where a branch goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    /// The instruction with this number.
    Here(usize),
    /// What comes behind the stencil.
    Next,
    Hole(Hole),
}

#[derive(Debug, Clone)]
struct Item {
    /// Numbers stay with their instructions when others are removed.
    number: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// Anything that is no branch, with its holes.
    Plain(Vec<u8>, Vec<(Hole, u8)>),
    Jump(To),
    /// A conditional jump, with the machine's number of the condition.
    JumpIf(u8, To),
}

/// The stencil of a function: bytes and holes.
pub(crate) fn stencil(function: &Function) -> Result<Made, String> {
    let mut items = parse(function)?;
    while improve(&mut items) {}
    Ok(layout(&items))
}

fn parse(function: &Function) -> Result<Vec<Item>, String> {
    let mut decoder = Decoder::with_ip(64, &function.bytes, 0, DecoderOptions::NONE);
    let mut places = Vec::new();
    let mut instructions = Vec::new();
    while decoder.can_decode() {
        places.push(decoder.position());
        let instruction = decoder.decode();
        if instruction.is_invalid() {
            return Err("it has bytes that are no instruction".to_owned());
        }
        refuse(&instruction)?;
        instructions.push(instruction);
    }
    places.push(function.bytes.len());
    let mut items = Vec::new();
    for (number, instruction) in instructions.iter().enumerate() {
        let bytes = &function.bytes[places[number]..places[number + 1]];
        let references = function
            .references
            .iter()
            .filter(|reference| (places[number]..places[number + 1]).contains(&reference.at));
        let mut holes = Vec::new();
        let mut to = None;
        for reference in references {
            match (reference.symbol.as_str(), reference.is_relative) {
                ("CONT", true) => to = Some(To::Next),
                ("TARGET", true) => to = Some(To::Hole(Hole::Target)),
                ("COLD", true) => to = Some(To::Hole(Hole::Cold)),
                ("IMM", false) => holes.push((Hole::Imm, (reference.at - places[number]) as u8)),
                ("OFF", false) => holes.push((Hole::Off, (reference.at - places[number]) as u8)),
                (symbol, _) => return Err(format!("it refers to `{symbol}`")),
            }
        }
        let what = match instruction.flow_control() {
            FlowControl::Next => What::Plain(bytes.to_vec(), holes),
            flow @ (FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch) => {
                let to = match to {
                    Some(to) => to,
                    None => {
                        let place = instruction.near_branch64() as usize;
                        let target = places.iter().position(|&start| start == place);
                        To::Here(target.ok_or("it jumps into an instruction")?)
                    }
                };
                if flow == FlowControl::UnconditionalBranch {
                    What::Jump(to)
                } else {
                    What::JumpIf(condition(bytes), to)
                }
            }
            _ => return Err(format!("it has `{instruction}`, which is no plain jump")),
        };
        items.push(Item { number, what });
    }
    Ok(items)
}

/// A stencil has no frame, and the frame of the function that it is part of is not its own.
fn refuse(instruction: &Instruction) -> Result<(), String> {
    let is_frame =
        |register: Register| matches!(register.full_register(), Register::RSP | Register::RBP);
    let is_context = |register: Register| register.full_register() == Register::R15;
    for operand in 0..instruction.op_count() {
        match instruction.op_kind(operand) {
            OpKind::Register if is_frame(instruction.op_register(operand)) => {
                return Err(format!("`{instruction}` uses the frame"));
            }
            OpKind::Register if operand == 0 && is_context(instruction.op_register(0)) => {
                return Err(format!("`{instruction}` may change the context"));
            }
            OpKind::Memory if is_frame(instruction.memory_base()) => {
                return Err(format!("`{instruction}` uses the frame"));
            }
            OpKind::Memory if instruction.is_ip_rel_memory_operand() => {
                return Err(format!("`{instruction}` uses data beside the code"));
            }
            _ => {}
        }
    }
    match instruction.mnemonic() {
        Mnemonic::Push | Mnemonic::Pop | Mnemonic::Call | Mnemonic::Ret => {
            Err(format!("`{instruction}` uses the stack"))
        }
        _ => Ok(()),
    }
}

/// The condition in a jump's last opcode byte, short or long.
fn condition(bytes: &[u8]) -> u8 {
    if bytes[0] == 0x0f { bytes[1] & 15 } else { bytes[0] & 15 }
}

/// Uses one rule at one place; whether any did fit.
fn improve(items: &mut Vec<Item>) -> bool {
    let index = |items: &[Item], number: usize| items.iter().position(|item| item.number == number);
    for i in 0..items.len() {
        let next = items.get(i + 1).map(|item| item.number);
        let last = i + 1 == items.len();
        match items[i].what {
            // Nothing but a jump comes here.
            What::Jump(to) => {
                if last && to == To::Next
                    || matches!((to, next), (To::Here(target), Some(next)) if target == next)
                {
                    // Who jumped here falls behind as well.
                    let number = items[i].number;
                    items.remove(i);
                    retarget(items, number, next.map_or(To::Next, To::Here));
                    return true;
                }
                let is_reached =
                    |number: usize| items.iter().any(|item| target(item) == Some(To::Here(number)));
                if let Some(next) = next
                    && !is_reached(next)
                {
                    items.remove(i + 1);
                    return true;
                }
            }
            What::JumpIf(condition, to) => {
                // Over a jump: the other way round.
                if let Some(What::Jump(over)) = items.get(i + 1).map(|item| &item.what) {
                    let behind = items.get(i + 2).map_or(To::Next, |item| To::Here(item.number));
                    if to == behind && *over != To::Next {
                        items[i].what = What::JumpIf(condition ^ 1, *over);
                        items[i + 1].what = What::Jump(behind);
                        return true;
                    }
                }
            }
            What::Plain(..) => {}
        }
        // To a jump: where that goes.
        if let Some(To::Here(number)) = target(&items[i])
            && let Some(place) = index(items, number)
            && let What::Jump(further) = items[place].what
            && further != To::Here(number)
        {
            match &mut items[i].what {
                What::Jump(to) | What::JumpIf(_, to) => *to = further,
                What::Plain(..) => {}
            }
            return true;
        }
    }
    false
}

fn target(item: &Item) -> Option<To> {
    match item.what {
        What::Jump(to) | What::JumpIf(_, to) => Some(to),
        What::Plain(..) => None,
    }
}

fn retarget(items: &mut [Item], from: usize, to: To) {
    for item in items {
        match &mut item.what {
            What::Jump(old) | What::JumpIf(_, old) if *old == To::Here(from) => *old = to,
            _ => {}
        }
    }
}

/// The bytes of the list. Jumps within are short, which stencils of up to 127 bytes allow; holes are long.
fn layout(items: &[Item]) -> Made {
    let size = |item: &Item| match &item.what {
        What::Plain(bytes, _) => bytes.len(),
        What::Jump(To::Hole(_)) => 5,
        What::JumpIf(_, To::Hole(_)) => 6,
        What::Jump(_) | What::JumpIf(..) => 2,
    };
    let mut starts = Vec::new();
    let mut end = 0;
    for item in items {
        starts.push(end);
        end += size(item);
    }
    assert!(end < 128, "a stencil of {end} bytes is too long for short jumps");
    let mut bytes = Vec::new();
    let mut holes = Vec::new();
    for item in items {
        let here = bytes.len();
        match &item.what {
            What::Plain(plain, inner) => {
                bytes.extend_from_slice(plain);
                holes.extend(inner.iter().map(|&(hole, at)| (hole, here as u8 + at)));
            }
            What::Jump(to) | What::JumpIf(_, to) => {
                let condition =
                    if let What::JumpIf(condition, _) = item.what { Some(condition) } else { None };
                match to {
                    To::Hole(hole) => {
                        match condition {
                            Some(condition) => bytes.extend_from_slice(&[0x0f, 0x80 | condition]),
                            None => bytes.push(0xe9),
                        }
                        holes.push((*hole, bytes.len() as u8));
                        bytes.extend_from_slice(&[0; 4]);
                    }
                    To::Here(_) | To::Next => {
                        let place = match to {
                            To::Here(number) => {
                                let at = items.iter().position(|item| item.number == *number);
                                starts[at.expect("nothing that is jumped to is removed")]
                            }
                            _ => end,
                        };
                        bytes.push(condition.map_or(0xeb, |condition| 0x70 | condition));
                        bytes.push((place as i64 - (here as i64 + 2)) as i8 as u8);
                    }
                }
            }
        }
    }
    (bytes, holes)
}
