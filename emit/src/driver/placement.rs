//! Gives every value one place: a plan goes in, a register or a slot of the frame per value comes out.
//!
//! Linear scan (Poletto and Sarkar, 1999) over stretches, with weights: where registers are short, the value with the least uses,
//! each counted by its loops, lives in memory for all of its stretch; so nothing is ever moved but on edges and for calls.
//!
//! - A value whose stretch contains a call gets a register that calls keep, or a slot.
//! - Two values in one place are never live at the same time. A result may be where an operand was whose last use it is.
//! - A value prefers the place of what it becomes: the parameter that it is passed for, the register of an argument, the
//!   first operand of an instruction.

use super::plan::{NONE, Plan};
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
    /// What each register holds while the scan goes on: integers, then floats.
    held: Vec<u32>,
    free_ints: u32,
    free_floats: u32,
    /// Per instruction the first value that ends there, and per value the next one.
    first_end: Vec<u32>,
    next_end: Vec<u32>,
    /// Values that live in slots, in the order of their stretches.
    in_slots: Vec<u32>,
    /// When each slot is free again, with its number.
    busy_slots: std::collections::BinaryHeap<std::cmp::Reverse<(u32, u32)>>,
}

const FLOATS: usize = 32;

impl Placement {
    /// Places the values of a function. Parameters prefer the registers that `params` gives.
    pub fn make(
        &mut self,
        function: &Function,
        plan: &Plan,
        registers: Registers,
        params: impl Fn(usize) -> Option<u8>,
    ) {
        self.places.clear();
        self.places.resize(function.values.len(), Place::Nowhere);
        self.slots = 0;
        self.used_kept = 0;
        self.held.clear();
        self.held.resize(2 * FLOATS, NONE);
        self.free_ints = registers.ints;
        self.free_floats = registers.floats;
        self.first_end.clear();
        self.first_end.resize(function.insts.len() + 2, NONE);
        self.next_end.clear();
        self.next_end.resize(function.values.len(), NONE);
        self.in_slots.clear();
        let mut scan = Scan { function, plan, registers, placement: self };
        for (number, &param) in function.block_params(Block(0)).iter().enumerate() {
            scan.assign(param, params(number));
        }
        for block in function.block_ids() {
            if block != Block(0) {
                for &param in function.block_params(block) {
                    scan.assign(param, None);
                }
            }
            for (id, inst) in function.block_insts(block) {
                scan.release(id.0);
                if let Some(result) = inst.result
                    && !plan.is_skipped(inst)
                {
                    let first =
                        function.args(inst).first().map(|arg| scan.placement.places[arg.index()]);
                    let near = match first {
                        Some(Place::Int(number) | Place::Float(number)) => Some(number),
                        _ => None,
                    };
                    scan.assign(result, near);
                }
            }
        }
        self.assign_slots(plan);
    }

    /// Shares slots among values that are never live together.
    fn assign_slots(&mut self, plan: &Plan) {
        self.in_slots.sort_unstable_by_key(|&value| plan.start[value as usize]);
        self.busy_slots.clear();
        for &value in &self.in_slots {
            let start = plan.start[value as usize];
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
            self.busy_slots.push(std::cmp::Reverse((plan.end[value as usize], slot)));
            self.places[value as usize] = Place::Slot(slot);
        }
    }
}

struct Scan<'a> {
    function: &'a Function,
    plan: &'a Plan,
    registers: Registers,
    placement: &'a mut Placement,
}

impl Scan<'_> {
    /// Frees the registers of values that end before the result of instruction `inst` is there. A stretch that ends at position
    /// p is listed at p / 2: one that ends with a use at 2 i + 1 at i, one that ends at 2 i + 2 at i + 1.
    fn release(&mut self, inst: u32) {
        let placement = &mut *self.placement;
        let mut value = placement.first_end[inst as usize];
        while value != NONE {
            match placement.places[value as usize] {
                Place::Int(number) if placement.held[usize::from(number)] == value => {
                    placement.held[usize::from(number)] = NONE;
                    placement.free_ints |= 1 << number;
                }
                Place::Float(number) if placement.held[FLOATS + usize::from(number)] == value => {
                    placement.held[FLOATS + usize::from(number)] = NONE;
                    placement.free_floats |= 1 << number;
                }
                _ => {}
            }
            value = placement.next_end[value as usize];
        }
        placement.first_end[inst as usize] = NONE;
    }

    /// Gives a value its place, in the register `near` if that is free and nothing is better.
    fn assign(&mut self, value: Value, near: Option<u8>) {
        let at = value.index();
        if self.plan.uses[at] == 0 {
            // A result that nobody wants, of an instruction that has an effect.
            return;
        }
        let is_float = self.function.ty(value) == Type::F64;
        let crosses = self.plan.crosses_call(value);
        let kept = if is_float { 0 } else { self.registers.kept_ints };
        let all = if is_float { self.registers.floats } else { self.registers.ints };
        let allowed = if crosses { all & kept } else { all };
        let free = if is_float { self.placement.free_floats } else { self.placement.free_ints };
        let weight = self.plan.weight[at];
        let mut candidates = allowed & free;
        if weight < WORTH_A_KEPT_REGISTER {
            candidates &= !kept | self.placement.used_kept;
        }
        let found = self
            .wanted(value, near, candidates)
            .or_else(|| lowest(candidates & !kept))
            .or_else(|| lowest(candidates & self.placement.used_kept))
            .or_else(|| lowest(candidates));
        let number = match found {
            Some(number) => number,
            None => match self.lightest(allowed & !free, is_float) {
                Some((number, holder)) if self.plan.weight[holder as usize] < weight => {
                    self.placement.places[holder as usize] = Place::Slot(0);
                    self.placement.in_slots.push(holder);
                    number
                }
                _ => {
                    self.placement.places[at] = Place::Slot(0);
                    self.placement.in_slots.push(value.0);
                    return;
                }
            },
        };
        self.settle(value, is_float, number);
    }

    fn settle(&mut self, value: Value, is_float: bool, number: u8) {
        let placement = &mut *self.placement;
        if is_float {
            placement.places[value.index()] = Place::Float(number);
            placement.held[FLOATS + usize::from(number)] = value.0;
            placement.free_floats &= !(1 << number);
        } else {
            placement.places[value.index()] = Place::Int(number);
            placement.held[usize::from(number)] = value.0;
            placement.free_ints &= !(1 << number);
            placement.used_kept |= self.registers.kept_ints & 1 << number;
        }
        let end = self.plan.end[value.index()] / 2;
        placement.next_end[value.index()] = placement.first_end[end as usize];
        placement.first_end[end as usize] = value.0;
    }

    /// The first of its wishes that can be had.
    fn wanted(&self, value: Value, near: Option<u8>, candidates: u32) -> Option<u8> {
        let is_free = |number: &u8| candidates >> *number & 1 == 1;
        let wish = Some(self.plan.wish[value.index()]).filter(|&number| number != u8::MAX);
        let partner = self.plan.partner[value.index()];
        let partners = match self.placement.places.get(partner as usize) {
            Some(Place::Int(number) | Place::Float(number)) => Some(*number),
            _ => None,
        };
        partners.filter(is_free).or(wish.filter(is_free)).or(near.filter(is_free))
    }

    /// The register whose value has the least weight.
    fn lightest(&self, registers: u32, is_float: bool) -> Option<(u8, u32)> {
        let base = if is_float { FLOATS } else { 0 };
        let mut found = None;
        let mut least = u32::MAX;
        let mut left = registers;
        while left != 0 {
            let number = left.trailing_zeros() as u8;
            left &= left - 1;
            let holder = self.placement.held[base + usize::from(number)];
            if holder != NONE && self.plan.weight[holder as usize] < least {
                least = self.plan.weight[holder as usize];
                found = Some((number, holder));
            }
        }
        found
    }
}

fn lowest(set: u32) -> Option<u8> {
    (set != 0).then(|| set.trailing_zeros() as u8)
}
