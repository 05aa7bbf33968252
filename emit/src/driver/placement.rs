//! Gives every value one place: a plan goes in, a register or a slot of the frame per value comes out.
//!
//! Linear scan (Poletto and Sarkar, 1999) over stretches, with weights: where registers are short, the value with the least uses,
//! each counted by its loops, lives in memory for all of its stretch; so nothing is ever moved but on edges and for calls.
//!
//! - A value whose stretch contains a call gets a register that calls keep, or a slot.
//! - Two values in one place are never live at the same time. A result may be where an operand was whose last use it is.
//! - A register of a loop's parameter can be lent while the parameter is not needed ([`Hole`]).
//! - A value prefers the place of what it becomes: the parameter that it is passed for, the register of an argument, the
//!   first operand of an instruction.

use super::plan::{Facts, Hole, NONE, Plan};
use mochi_ir::program::{Block, Function, Value};
use mochi_ir::types::Type;

/// Where a value lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nobody uses it, or it is a constant.
    Nowhere,
    Int(u8),
    Float(u8),
    /// A word of the frame.
    Slot(u32),
}

/// The registers that an emitter has for values, as sets of numbers.
#[derive(Debug, Clone, Copy)]
pub struct Registers {
    pub ints: u32,
    /// Those of `ints` that calls keep.
    pub kept_ints: u32,
    pub floats: u32,
}

/// A value that is used so often is worth saving a register for, which costs a store and a load.
const WORTH_A_KEPT_REGISTER: u32 = 3;

/// See the file's header.
#[derive(Debug, Default)]
pub struct Placement {
    pub places: Vec<Place>,
    /// How many slots there are.
    pub slots: u32,
    /// The kept registers that are in use.
    pub used_kept: u32,
    scan: Scan,
    /// Values that live in slots, in the order of their stretches.
    in_slots: Vec<u32>,
    /// When each slot is free again, with its number.
    busy_slots: std::collections::BinaryHeap<std::cmp::Reverse<(u32, u32)>>,
}

/// What the registers hold while the scan goes on.
#[derive(Debug)]
struct Scan {
    ints: Held,
    floats: Held,
}

/// Registers of one kind, by number.
#[derive(Debug)]
struct Held {
    /// The value that each got last.
    values: [u32; KIND],
    /// From which turn on each is free.
    until: [u32; KIND],
    /// Those that were ever in use.
    busy: u32,
    /// Those of them whose last value has a hole, in which they can be lent.
    holed: u32,
    /// From which turn on each can be lent, up to which position, and from which turn on it is free to be lent again.
    lent_from: [u32; KIND],
    lent_to: [u32; KIND],
    lent_until: [u32; KIND],
}

/// How many registers of a kind a machine may have.
const KIND: usize = 32;

const NOTHING: Held = Held {
    values: [NONE; KIND],
    until: [0; KIND],
    busy: 0,
    holed: 0,
    lent_from: [0; KIND],
    lent_to: [0; KIND],
    lent_until: [0; KIND],
};

impl Default for Scan {
    fn default() -> Scan {
        Scan { ints: NOTHING, floats: NOTHING }
    }
}

impl Held {
    /// All are free.
    fn clear(&mut self) {
        self.busy = 0;
        self.holed = 0;
    }

    #[inline]
    fn is_free(&self, number: u8, turn: u32) -> bool {
        self.busy >> (number as usize % KIND) & 1 == 0
            || self.until[usize::from(number) % KIND] <= turn
    }

    /// Whether a register is one of the set and free in a turn, or can be lent to a value that ends at this position.
    #[inline]
    fn is_usable(&self, set: u32, number: u8, turn: u32, end: u32) -> bool {
        usize::from(number) < KIND
            && set >> number & 1 == 1
            && (self.is_free(number, turn) || self.is_lendable(number, turn, end))
    }

    /// Whether a register that is not free can be lent from a turn on to a value that ends at this position.
    fn is_lendable(&self, number: u8, turn: u32, end: u32) -> bool {
        let at = usize::from(number) % KIND;
        self.holed >> at & 1 == 1
            && self.lent_from[at] <= turn
            && end <= self.lent_to[at]
            && self.lent_until[at] <= turn
    }

    /// The first one of a set that is free in a turn.
    #[inline]
    fn first_free(&self, set: u32, turn: u32) -> Option<u8> {
        numbers(set).find(|&number| self.is_free(number, turn))
    }

    fn first_lendable(&self, set: u32, turn: u32, end: u32) -> Option<u8> {
        numbers(set & self.holed).find(|&number| self.is_lendable(number, turn, end))
    }

    /// Those that are in use in a turn and not lent.
    fn taken(&self, turn: u32) -> u32 {
        let is_lent = |number: u8| {
            self.holed >> number & 1 == 1 && self.lent_until[usize::from(number) % KIND] > turn
        };
        numbers(self.busy)
            .filter(|&number| !self.is_free(number, turn) && !is_lent(number))
            .fold(0, |set, number| set | 1 << number)
    }

    #[inline]
    fn hold(&mut self, number: u8, value: Value, until: u32, hole: Option<&Hole>) {
        let at = usize::from(number) % KIND;
        self.values[at] = value.0;
        self.until[at] = until;
        self.busy |= 1 << number;
        self.holed &= !(1 << number);
        if let Some(hole) = hole {
            self.holed |= 1 << number;
            self.lent_from[at] = hole.start / 2 + 1;
            self.lent_to[at] = hole.end;
            self.lent_until[at] = 0;
        }
    }
}

impl Placement {
    /// Places the values of a function. Parameters prefer the registers that `params` gives; what is returned as soon as it is
    /// there is in `result`, a register for the op at hand.
    ///
    /// The turn of instruction `i` is `i + 1`, that of a block's parameters is its first instruction's number. A stretch that ends
    /// at position `p` leaves its register to the turns from `p / 2 + 1` on: a use at `2 i + 1` to the result of `i`.
    pub fn make(
        &mut self,
        function: &Function,
        plan: &Plan,
        registers: Registers,
        params: impl Fn(usize) -> Option<u8>,
        result: u8,
    ) {
        self.places.clear();
        self.places.resize(function.values.len(), Place::Nowhere);
        self.slots = 0;
        self.used_kept = 0;
        self.scan.ints.clear();
        self.scan.floats.clear();
        self.in_slots.clear();
        for block in function.block_ids() {
            let start = function.blocks[block.index()].insts.start;
            for (number, &param) in function.block_params(block).iter().enumerate() {
                let near = if block == Block(0) { params(number) } else { None };
                self.assign(function, plan, registers, param, start, near);
            }
            let skipped = plan.skipped_of(function, block);
            for ((id, inst), &is_skipped) in function.block_insts(block).zip(skipped) {
                if is_skipped {
                    continue;
                }
                let Some(value) = inst.result else { continue };
                if plan.is_returned_next(function, id, value) && function.ty(value) != Type::F64 {
                    self.places[value.index()] = Place::Int(result);
                    continue;
                }
                let first = function.args(inst).first().map(|arg| self.places[arg.index()]);
                let near = match first {
                    Some(Place::Int(number) | Place::Float(number)) => Some(number),
                    _ => None,
                };
                self.assign(function, plan, registers, value, id.0 + 1, near);
            }
        }
        if !self.in_slots.is_empty() {
            self.assign_slots(plan);
        }
    }

    /// Shares slots among values that are never live together.
    fn assign_slots(&mut self, plan: &Plan) {
        self.in_slots.sort_unstable_by_key(|&value| plan.of(Value(value)).start);
        self.busy_slots.clear();
        for &value in &self.in_slots {
            let &Facts { start, end, .. } = plan.of(Value(value));
            let slot = match self.busy_slots.peek() {
                Some(&std::cmp::Reverse((end, slot))) if end < start => {
                    self.busy_slots.pop();
                    slot
                }
                _ => {
                    self.slots += 1;
                    self.slots - 1
                }
            };
            self.busy_slots.push(std::cmp::Reverse((end, slot)));
            self.places[value as usize] = Place::Slot(slot);
        }
    }

    /// Gives a value its place, in the register `near` if that is free and nothing is better.
    fn assign(
        &mut self,
        function: &Function,
        plan: &Plan,
        registers: Registers,
        value: Value,
        turn: u32,
        near: Option<u8>,
    ) {
        let facts = plan.of(value);
        if facts.uses == 0 {
            // A result that nobody wants, of an instruction that has an effect.
            return;
        }
        let is_float = function.ty(value) == Type::F64;
        let (kept, all, held) = if is_float {
            (0, registers.floats, &mut self.scan.floats)
        } else {
            (registers.kept_ints, registers.ints, &mut self.scan.ints)
        };
        let allowed = if facts.crosses_call() { all & kept } else { all };
        // A register that is kept is not worth to be saved for few uses.
        let is_scarce = facts.weight < WORTH_A_KEPT_REGISTER;
        let usable = if is_scarce { allowed & (!kept | self.used_kept) } else { allowed };
        let partner = match self.places.get(facts.partner() as usize) {
            Some(&(Place::Int(number) | Place::Float(number))) => number,
            _ => u8::MAX,
        };
        let wishes = [partner, facts.wish, near.unwrap_or(u8::MAX)];
        let found = wishes
            .into_iter()
            .find(|&number| held.is_usable(usable, number, turn, facts.end))
            .or_else(|| held.first_free(usable & !kept, turn))
            .or_else(|| held.first_free(usable & self.used_kept, turn))
            .or_else(|| held.first_free(usable & kept, turn))
            .or_else(|| held.first_lendable(usable, turn, facts.end));
        let number = match found {
            Some(number) => number,
            None => match lightest(plan, held, allowed & held.taken(turn)) {
                Some((number, holder)) if plan.of(holder).weight < facts.weight => {
                    self.places[holder.index()] = Place::Slot(0);
                    self.in_slots.push(holder.0);
                    // What it lent goes with it.
                    held.until[usize::from(number) % KIND] = 0;
                    number
                }
                _ => {
                    self.places[value.index()] = Place::Slot(0);
                    self.in_slots.push(value.0);
                    return;
                }
            },
        };
        let until = facts.end / 2 + 1;
        if held.is_free(number, turn) {
            let hole =
                if facts.hole == NONE { None } else { plan.holes().get(facts.hole as usize) };
            held.hold(number, value, until, hole);
        } else {
            held.lent_until[usize::from(number) % KIND] = until;
        }
        self.places[value.index()] = if is_float {
            Place::Float(number)
        } else {
            self.used_kept |= kept & 1 << number;
            Place::Int(number)
        };
    }
}

/// Of a set of registers the one whose value has the least weight.
fn lightest(plan: &Plan, held: &Held, registers: u32) -> Option<(u8, Value)> {
    numbers(registers)
        .map(|number| (number, Value(held.values[usize::from(number) % KIND])))
        .min_by_key(|&(_, holder)| plan.of(holder).weight)
}

/// The numbers of the registers in a set, in order.
#[inline]
fn numbers(mut set: u32) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let number = (set != 0).then(|| set.trailing_zeros() as u8);
        set &= set.wrapping_sub(1);
        number
    })
}
