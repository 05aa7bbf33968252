//! Gives every value a home slot: a function goes in, a slot number per value comes out.
//!
//! Slots are assigned in one walk over the function, as linear scan does (Poletto and Sarkar, 1999), by the stretches of
//! [`crate::liveness::Intervals`]: a slot is taken where a value is defined and free again after its last use.
//!
//! A block parameter and the arguments that come to it prefer the same slot, so most jumps move nothing. The stretch of a
//! loop's variable covers the whole loop when the variable is used after it, though the variable is dead between its last
//! use in the loop and the back edge. A value that wants the slot may have it there as a *guest*: when no value that
//! holds the slot is live where the guest is defined. In SSA form two values are live together only if one of them is live
//! at the definition of the other, and all holders are defined before the guest.
//!
//! - The function's parameters **must** be in slots `0..n`, in order.
//! - Two values in one slot are never live at the same time.
//! - A result may share the slot of an operand whose last use it is: whoever executes the instruction **must** read
//!   its operands before it writes its result.
//! - The arguments of a jump are moved all at once, on the edge: a slot can be the source of one and the destination of
//!   another move.

use crate::liveness::Intervals;
use crate::liveness::query::LiveQuery;
use crate::program::{Block, Function, Value};

const NONE: u32 = u32::MAX;

/// Through how many joins a value is followed to the variable that it becomes; deeper nests cost a move.
const NESTED_JOINS: usize = 6;

/// The slots of a function.
#[derive(Debug, Clone)]
pub struct Slots {
    /// By value; `u32::MAX` for a value without definition.
    pub slot: Vec<u32>,
    /// How many slots there are.
    pub count: u32,
}

impl Slots {
    /// Assigns slots. The instructions **must** lie in the order of their blocks.
    pub fn new(function: &Function) -> Slots {
        let mut scan = Scan {
            function,
            intervals: Intervals::new(function),
            query: None,
            partner: partners(function),
            preferred: vec![NONE; function.values.len()],
            slot: vec![NONE; function.values.len()],
            free: FreeSlots::default(),
            holders: Vec::new(),
            next_holder: vec![NONE; function.values.len()],
            ends: Ends::new(function.insts.len() + 1, function.values.len()),
        };
        for &param in function.block_params(Block(0)) {
            let slot = scan.free.next_new();
            scan.settle(param, slot);
        }
        for block in function.block_ids() {
            if block != Block(0) {
                for &param in function.block_params(block) {
                    scan.assign(param, Definition::Param(block));
                }
            }
            for (id, inst) in function.block_insts(block) {
                scan.release(id.0);
                if let Some(result) = inst.result {
                    scan.assign(result, Definition::Result(block, id.0));
                }
            }
        }
        Slots { count: scan.free.count, slot: scan.slot }
    }
}

/// Per value the block parameter that it is passed for; that of the deepest loop when there are several.
fn partners(function: &Function) -> Vec<u32> {
    let mut partner = vec![NONE; function.values.len()];
    let mut depth = vec![0; function.values.len()];
    for block in function.block_ids() {
        for target in function.block_targets(block) {
            let target_depth = function.blocks[target.block.index()].loop_depth;
            let params = function.block_params(target.block);
            for (&arg, &param) in function.target_args(target).iter().zip(params) {
                let at = arg.index();
                if arg != param && (partner[at] == NONE || target_depth > depth[at]) {
                    partner[at] = param.0;
                    depth[at] = target_depth;
                }
            }
        }
    }
    partner
}

/// Where a value is defined.
#[derive(Clone, Copy)]
enum Definition {
    Param(Block),
    Result(Block, u32),
}

struct Scan<'f> {
    function: &'f Function,
    intervals: Intervals,
    /// Made at its first use.
    query: Option<LiveQuery>,
    partner: Vec<u32>,
    /// Per block parameter the slot that it or one of its arguments got first.
    preferred: Vec<u32>,
    slot: Vec<u32>,
    free: FreeSlots,
    /// Per slot how many values hold it, and the last one of the list of those that hold or held it.
    holders: Vec<(u32, u32)>,
    /// Per value the one before it in that list.
    next_holder: Vec<u32>,
    ends: Ends,
}

impl Scan<'_> {
    /// Gives `value` a slot.
    fn assign(&mut self, value: Value, definition: Definition) {
        // The value's own wish, then that of the parameter it is passed for, and so on through nested joins.
        let mut wisher = value.0;
        for _ in 0..NESTED_JOINS {
            let slot = self.preferred[wisher as usize];
            if slot != NONE && (self.free.contains(slot) || self.takes_guest(slot, definition)) {
                return self.settle(value, slot);
            }
            wisher = self.partner[wisher as usize];
            if wisher == NONE {
                break;
            }
        }
        let slot = self.free.lowest();
        self.settle(value, slot);
    }

    /// Whether no holder of the slot is live where a new value is defined.
    fn takes_guest(&mut self, slot: u32, definition: Definition) -> bool {
        let query =
            self.query.get_or_insert_with(|| LiveQuery::new(self.function, &self.intervals));
        let mut holder = self.holders[slot as usize].1;
        while holder != NONE {
            let value = Value(holder);
            let (is_live, here) = match definition {
                Definition::Param(block) => {
                    let here = 2 * self.function.blocks[block.index()].insts.start;
                    let is_past = self.intervals.end[value.index()] < here;
                    (!is_past && query.is_live_at_start(value, block), here)
                }
                Definition::Result(block, inst) => {
                    let here = 2 * inst + 2;
                    let is_past = self.intervals.end[value.index()] < here;
                    (!is_past && query.is_live_after(value, block, inst), here)
                }
            };
            if is_live {
                return false;
            }
            // Holders whose stretch is over leave the list.
            let mut next = self.next_holder[value.index()];
            while next != NONE && self.intervals.end[next as usize] < here {
                next = self.next_holder[next as usize];
            }
            self.next_holder[value.index()] = next;
            holder = next;
        }
        true
    }

    fn settle(&mut self, value: Value, slot: u32) {
        self.free.take(slot);
        if self.holders.len() <= slot as usize {
            self.holders.resize(slot as usize + 1, (0, NONE));
        }
        let (count, last) = &mut self.holders[slot as usize];
        *count += 1;
        self.next_holder[value.index()] = *last;
        *last = value.0;
        self.slot[value.index()] = slot;
        self.ends.add(self.intervals.end[value.index()], value);
        self.preferred[value.index()] = slot;
        let partner = self.partner[value.index()];
        if partner != NONE && self.preferred[partner as usize] == NONE {
            self.preferred[partner as usize] = slot;
        }
    }

    /// Ends the stretches of the values whose last use is the instruction with this number.
    fn release(&mut self, inst: u32) {
        let mut value = self.ends.first[inst as usize];
        while value != NONE {
            let slot = self.slot[value as usize];
            let (count, last) = &mut self.holders[slot as usize];
            *count -= 1;
            if *count == 0 {
                *last = NONE;
                self.free.put(slot);
            }
            value = self.ends.next[value as usize];
        }
    }
}

/// The values that end at each instruction, as linked lists.
struct Ends {
    first: Vec<u32>,
    next: Vec<u32>,
}

impl Ends {
    fn new(insts: usize, values: usize) -> Ends {
        Ends { first: vec![NONE; insts], next: vec![NONE; values] }
    }

    /// A use at `2 * i + 1` ends at instruction `i`, a result that is never used right after its own.
    fn add(&mut self, end: u32, value: Value) {
        let first = &mut self.first[(end / 2) as usize];
        self.next[value.index()] = *first;
        *first = value.0;
    }
}

/// A set of slots, in which the lowest one is found by looking at one word per 4096 slots.
#[derive(Default)]
struct FreeSlots {
    words: Vec<u64>,
    /// A bit for each word that is not 0.
    summary: Vec<u64>,
    count: u32,
}

impl FreeSlots {
    fn contains(&self, slot: u32) -> bool {
        self.words[slot as usize / 64] >> (slot % 64) & 1 != 0
    }

    /// A slot that has not been there before.
    fn next_new(&mut self) -> u32 {
        let slot = self.count;
        self.count += 1;
        if slot.is_multiple_of(64) {
            self.words.push(0);
        }
        if slot.is_multiple_of(4096) {
            self.summary.push(0);
        }
        self.put(slot);
        slot
    }

    fn lowest(&mut self) -> u32 {
        for (place, &summary) in self.summary.iter().enumerate() {
            if summary != 0 {
                let word = place * 64 + summary.trailing_zeros() as usize;
                return word as u32 * 64 + self.words[word].trailing_zeros();
            }
        }
        self.next_new()
    }

    fn take(&mut self, slot: u32) {
        let word = slot as usize / 64;
        self.words[word] &= !(1 << (slot % 64));
        if self.words[word] == 0 {
            self.summary[word / 64] &= !(1 << (word % 64));
        }
    }

    fn put(&mut self, slot: u32) {
        let word = slot as usize / 64;
        self.words[word] |= 1 << (slot % 64);
        self.summary[word / 64] |= 1 << (word % 64);
    }
}

#[cfg(test)]
pub(crate) mod tests;
