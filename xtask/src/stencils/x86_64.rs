//! x86-64: a function's code as a list of instructions, and the list as bytes again, its jumps as short as they can be.

use super::object_file::{Form, Function};
use super::shorten::{self, Item, To, What};
use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};
use mochi_emit::stencil::table::Made;

/// The stencil of a function: bytes and holes.
pub(crate) fn stencil(function: &Function) -> Result<Made, String> {
    let mut items = parse(function)?;
    // The numbers of opposite conditions are neighbours.
    shorten::shorten(&mut items, |condition| condition ^ 1);
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
            match reference.form {
                Form::Branch => to = Some(To::of(reference)?),
                _ => {
                    let at = (reference.at - places[number]) as u8;
                    holes.push((shorten::number_hole(reference)?, at));
                }
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
                    What::JumpIf(condition(bytes).into(), to)
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

/// The bytes of the list. Jumps within are short, which stencils of up to 127 bytes allow; holes are long.
fn layout(items: &[Item]) -> Made {
    let (starts, end) = shorten::starts(items, |item| match &item.what {
        What::Plain(bytes, _) => bytes.len(),
        What::Jump(To::Hole(_)) => 5,
        What::JumpIf(_, To::Hole(_)) => 6,
        What::Jump(_) | What::JumpIf(..) => 2,
    });
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
                let condition = match item.what {
                    What::JumpIf(condition, _) => Some(condition as u8),
                    _ => None,
                };
                if let To::Hole(hole) = to {
                    match condition {
                        Some(condition) => bytes.extend_from_slice(&[0x0f, 0x80 | condition]),
                        None => bytes.push(0xe9),
                    }
                    holes.push((*hole, bytes.len() as u8));
                    bytes.extend_from_slice(&[0; 4]);
                } else {
                    let place = shorten::place(items, &starts, end, *to);
                    bytes.push(condition.map_or(0xeb, |condition| 0x70 | condition));
                    bytes.push((place as i64 - (here as i64 + 2)) as i8 as u8);
                }
            }
        }
    }
    (bytes, holes)
}
