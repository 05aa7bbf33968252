//! Instructions of AArch64 as text.
//!
//! A place is named where an instruction goes there; one of data, which takes two instructions, behind the second.

use std::collections::BTreeMap;
use yaxpeax_arch::{Arch, Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::ARMv8;

/// See the file's header.
pub(super) struct Decoder {
    names: BTreeMap<u64, String>,
    /// What the instruction before has made: the register's name and the page.
    page: Option<(String, i64)>,
}

impl Decoder {
    pub(super) fn new(names: BTreeMap<u64, String>) -> Decoder {
        Decoder { names, page: None }
    }

    /// The first instruction of some code at a place: how many bytes it has, and its text.
    pub(super) fn next(&mut self, code: &[u8], at: u32) -> (usize, String) {
        const SIZE: usize = size_of::<u32>();
        let bytes = &code[..code.len().min(SIZE)];
        let decoder = <ARMv8 as Arch>::Decoder::default();
        let Ok(instruction) = decoder.decode(&mut U8Reader::new(bytes)) else {
            self.page = None;
            let mut word = [0; SIZE];
            word[..bytes.len()].copy_from_slice(bytes);
            return (bytes.len(), format!("{:<8}{:#010x}", ".word", u32::from_le_bytes(word)));
        };
        let text = instruction.to_string();
        let (name, operands) = text.split_once(' ').unwrap_or((&text, ""));
        (
            SIZE,
            format!("{name:<8}{}", self.resolved(name, operands, at.into())).trim_end().to_owned(),
        )
    }

    /// The operands, with places instead of distances.
    fn resolved(&mut self, name: &str, operands: &str, at: i64) -> String {
        let page = self.page.take();
        if let Some(before) = operands.find('$') {
            let (rest, distance) = operands.split_at(before);
            let Some(distance) = number(&distance[1..]) else { return operands.to_owned() };
            if name == "adrp" {
                let page = (at & !0xfff) + distance;
                let register = rest.trim_end_matches(", ").to_owned();
                self.page = Some((register, page));
                return format!("{rest}{page:#x}");
            }
            let place = at + distance;
            return match u64::try_from(place).ok().and_then(|place| self.names.get(&place)) {
                Some(name) => format!("{rest}{name}"),
                None => format!("{rest}{place:#x}"),
            };
        }
        let Some((register, page)) = page else { return operands.to_owned() };
        let is_used = operands.split([',', ' ', '[', ']']).any(|word| word == register);
        let offset = operands.split('#').nth(1).map(|text| text.trim_end_matches(']'));
        let offset = offset.map_or(Some(0), number);
        let place = offset.and_then(|offset| u64::try_from(page + offset).ok());
        match place.and_then(|place| self.names.get(&place)) {
            Some(name) if is_used => format!("{operands}  ; {name}"),
            _ => operands.to_owned(),
        }
    }
}

/// A number in hexadecimal with its sign.
fn number(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.trim_start_matches('+')),
    };
    let value = i64::from_str_radix(digits.strip_prefix("0x")?, 16).ok()?;
    Some(sign * value)
}
