//! A function's instructions in, those of a stencil out: what comes behind it is fallen into, and no jump goes to another jump.
//!
//! Compilers end every way through a stencil with a jump, since for them the code that goes on is another function. Here a
//! function is a list of instructions whose branches have targets by name; a few rules are used until none fits.

use super::object_file::{Form, Reference};
use mochi_emit::stencil::table::Hole;

/// Where a branch goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// The instruction with this number.
    Here(usize),
    /// What comes behind the stencil.
    Next,
    Hole(Hole),
}

impl To {
    /// The place that a branch refers to.
    pub(crate) fn of(reference: &Reference) -> Result<To, String> {
        match (reference.symbol.as_str(), reference.form) {
            ("CONT", Form::Branch) => Ok(To::Next),
            ("TARGET", Form::Branch) => Ok(To::Hole(Hole::Target)),
            ("COLD", Form::Branch) => Ok(To::Hole(Hole::Cold)),
            (symbol, form) => Err(format!("it refers to `{symbol}` by a {form:?}")),
        }
    }
}

/// The number that an instruction refers to.
pub(crate) fn number_hole(reference: &Reference) -> Result<Hole, String> {
    match (reference.symbol.as_str(), reference.form) {
        ("IMM", Form::Number | Form::Page | Form::InPage) => Ok(Hole::Imm),
        ("OFF", Form::Number | Form::Page | Form::InPage) => Ok(Hole::Off),
        (symbol, form) => Err(format!("it refers to `{symbol}` by a {form:?}")),
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Numbers stay with their instructions when others are removed.
    pub(crate) number: usize,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    /// Anything that is no branch, with its holes.
    Plain(Vec<u8>, Vec<(Hole, u8)>),
    Jump(To),
    /// A conditional jump, with what the machine has for its condition.
    JumpIf(u32, To),
}

/// Uses the rules until none fits. `inverted` gives the condition that holds exactly when another does not.
pub(crate) fn shorten(items: &mut Vec<Item>, inverted: fn(u32) -> u32) {
    while improve(items, inverted) {}
}

/// Uses one rule at one place; whether any did fit.
fn improve(items: &mut Vec<Item>, inverted: fn(u32) -> u32) -> bool {
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
                        items[i].what = What::JumpIf(inverted(condition), *over);
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

/// Where an instruction may go, if it is a branch.
pub(crate) fn target(item: &Item) -> Option<To> {
    match item.what {
        What::Jump(to) | What::JumpIf(_, to) => Some(to),
        What::Plain(..) => None,
    }
}

pub(crate) fn retarget(items: &mut [Item], from: usize, to: To) {
    for item in items {
        match &mut item.what {
            What::Jump(old) | What::JumpIf(_, old) if *old == To::Here(from) => *old = to,
            _ => {}
        }
    }
}

/// Where each instruction of the list begins when each has its size, and where the list ends.
pub(crate) fn starts(items: &[Item], size: impl Fn(&Item) -> usize) -> (Vec<usize>, usize) {
    let mut starts = Vec::new();
    let mut end = 0;
    for item in items {
        starts.push(end);
        end += size(item);
    }
    (starts, end)
}

/// Where a branch within the stencil goes.
pub(crate) fn place(items: &[Item], starts: &[usize], end: usize, to: To) -> usize {
    match to {
        To::Here(number) => {
            let at = items.iter().position(|item| item.number == number);
            starts[at.expect("nothing that is jumped to is removed")]
        }
        To::Next | To::Hole(_) => end,
    }
}
