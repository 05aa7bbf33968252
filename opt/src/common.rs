//! Takes out instructions that compute again what is known: a function goes in, and of equal computations the first one
//! that dominates the others is left (value numbering over the dominator tree, after Alpern, Wegman and Zadeck, 1988).
//!
//! - An op without effects, or whose only effect is a trap, is the same wherever its operands are: where the first one did
//!   not trap, the second does not.
//! - What is read from memory is the same as long as nothing can have written there: from one block to the blocks that
//!   only it leads to, by [`crate::slots`].
//! - A constant is not worth keeping for another block, and a comparison not for another branch: emitters put them into the
//!   instruction that uses them. Equal constants of one block become one.
//! - What owns is never taken out.
//! - Where a map is set at a key that was just looked for, and nothing in between can have changed a map, the place that was found
//!   is handed on: `m[k] = (m[k] ?? 0) + 1` looks once.

use crate::slots::{self, Slots};
use mochi_abi::functions::{self as runtime, RuntimeFunction};
use mochi_ir::cfg::Cfg;
use mochi_ir::op::{self, Op};
use mochi_ir::program::{Block, Function, Inst, Program, Value};
use mochi_ir::types::Type;

/// Ops of more operands are not looked at.
const MAX_OPERANDS: usize = 3;

/// Takes out what is computed again, in all functions.
pub fn share_common(program: &mut Program) {
    let written = slots::written(program);
    for function in &mut program.functions {
        Sharing::new(function, &written).run();
    }
}

/// What an instruction computes: equal keys, equal results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    op: Op,
    ty: Type,
    imm: u64,
    operands: [u32; MAX_OPERANDS],
}

impl Key {
    /// The multiplication spreads each word over the high bits (Fibonacci hashing).
    fn hash(&self) -> u64 {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let head = (self.op as u64) << 8 | self.ty as u64;
        let [a, b, c] = self.operands;
        [head, self.imm, u64::from(a) << 32 | u64::from(b), u64::from(c)]
            .into_iter()
            .fold(0, |hash: u64, word| (hash.rotate_left(5) ^ word).wrapping_mul(SPREAD))
    }
}

/// A computation that has been seen.
#[derive(Debug, Clone, Copy)]
struct Seen {
    key: Key,
    value: Value,
    block: Block,
    /// The place of the instruction in the function as it was.
    at: u32,
}

/// How far the result of an instruction can be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Nowhere.
    No,
    /// In its block.
    Block,
    /// Wherever it dominates.
    Dominated,
    /// Where nothing can have written to these slots.
    Unwritten(Slots),
}

struct Sharing<'f> {
    function: &'f mut Function,
    cfg: Cfg,
    written: &'f [Slots],
    /// By value: the one that stands for it.
    leader: Vec<Value>,
    /// By value: equal numbers, equal values.
    number: Vec<u32>,
    seen: Vec<Seen>,
    /// Places in `seen` by hash, with linear probing; 0 is empty.
    table: Vec<u32>,
    /// By kind of slot: the last instruction that can have written to one.
    last_write: [u32; slots::KINDS],
    /// By block: the first of the blocks that lead to it alone.
    chain: Vec<Block>,
    /// The places in maps that still hold, since a loop began or a map was changed.
    found: Vec<FoundPlace>,
}

/// A place that `map_find` has given.
#[derive(Debug, Clone, Copy)]
struct FoundPlace {
    /// The numbers of map and key.
    of: [u32; 2],
    place: Value,
    block: Block,
}

impl<'f> Sharing<'f> {
    fn new(function: &'f mut Function, written: &'f [Slots]) -> Sharing<'f> {
        let count = function.values.len() as u32;
        let room = (function.insts.len() * 2).next_power_of_two();
        Sharing {
            cfg: Cfg::new(function),
            written,
            leader: (0..count).map(Value).collect(),
            number: (0..count).collect(),
            seen: Vec::new(),
            table: vec![0; room],
            last_write: [0; slots::KINDS],
            chain: Vec::with_capacity(function.blocks.len()),
            found: Vec::new(),
            function,
        }
    }

    /// Goes through the function in order, which meets a definition before its uses, and moves what is left together.
    fn run(mut self) {
        let mut kept = 0u32;
        for block in self.function.block_ids() {
            let chain = match self.cfg.preds(block) {
                &[only] if only < block => self.chain[only.index()],
                _ => block,
            };
            self.chain.push(chain);
            if self.function.blocks[block.index()].is_loop_header {
                self.found.clear();
            }
            let range = self.function.blocks[block.index()].insts.clone();
            let start = kept;
            for at in range {
                let mut inst = self.function.insts[at as usize];
                for place in inst.args..inst.args + inst.arg_count {
                    self.replace_in_pool(place);
                }
                if self.is_known(block, at, &inst) {
                    continue;
                }
                self.follow_maps(block, &mut inst);
                // Numbered from 1, so that 0 is before all.
                let mut writes = slots::writes(self.function, &inst, self.written);
                while writes != 0 {
                    self.last_write[writes.trailing_zeros() as usize] = at + 1;
                    writes &= writes - 1;
                }
                self.function.insts[kept as usize] = inst;
                self.function.origins[kept as usize] = self.function.origins[at as usize];
                kept += 1;
            }
            self.function.blocks[block.index()].insts = start..kept;
            for target in self.function.blocks[block.index()].targets.clone() {
                for place in self.function.targets[target as usize].args.clone() {
                    self.replace_in_pool(place);
                }
            }
        }
        self.function.insts.truncate(kept as usize);
        self.function.origins.truncate(kept as usize);
    }

    fn replace_in_pool(&mut self, place: u32) {
        let value = &mut self.function.pool[place as usize];
        *value = self.leader[value.index()];
    }

    /// Whether the result of an instruction is known already; if so it has a leader.
    fn is_known(&mut self, block: Block, at: u32, inst: &Inst) -> bool {
        let reach = self.reach(inst);
        let (Some(value), true) = (inst.result, reach != Reach::No) else {
            return false;
        };
        let key = self.key(inst, value);
        let mask = self.table.len() - 1;
        let mut probe = (key.hash() >> 32) as usize & mask;
        while let Some(found) = (self.table[probe] as usize).checked_sub(1) {
            let seen = self.seen[found];
            if seen.key != key {
                probe = (probe + 1) & mask;
                continue;
            }
            let usable = match reach {
                Reach::No => false,
                Reach::Block => seen.block == block,
                Reach::Dominated => self.cfg.dominates(seen.block, block),
                Reach::Unwritten(slots) => self.is_unwritten_since(&seen, block, slots),
            };
            if usable {
                self.leader[value.index()] = seen.value;
                return true;
            }
            if !matches!(reach, Reach::Unwritten(_)) {
                self.number[value.index()] = self.number[seen.value.index()];
            }
            self.seen[found] = Seen { key, value, block, at };
            return false;
        }
        self.seen.push(Seen { key, value, block, at });
        self.table[probe] = self.seen.len() as u32;
        false
    }

    /// Hands the place of a key on to who sets it. Blocks come in reverse post-order, so what is between the two on any way
    /// that does not look again is between them in the order too.
    fn follow_maps(&mut self, block: Block, inst: &mut Inst) {
        match inst.op {
            Op::Call | Op::CallClosure => return self.found.clear(),
            Op::CallRuntime => {}
            _ => return,
        }
        let function = inst.runtime();
        let args = self.function.args(inst);
        match (function, args, inst.result) {
            // A list or record can be another key by then.
            (RuntimeFunction::MapFind, &[map, key], Some(place)) if self.is_constant(key) => {
                let of = [map, key].map(|value| self.number[value.index()]);
                self.found.push(FoundPlace { of, place, block });
            }
            (RuntimeFunction::MapSet, &[map, key, item], _) => {
                let of = [map, key].map(|value| self.number[value.index()]);
                let holds =
                    |found: &&FoundPlace| found.of == of && self.cfg.dominates(found.block, block);
                if let Some(found) = self.found.iter().rev().find(holds) {
                    let args = [map, found.place, key, item];
                    inst.imm = RuntimeFunction::MapSetAt as u64;
                    inst.args = self.function.pool.len() as u32;
                    inst.arg_count = args.len() as u32;
                    self.function.pool.extend(args);
                }
                self.found.clear();
            }
            _ if function.row().effects & (runtime::WRITES | runtime::CALLS) != 0 => {
                self.found.clear();
            }
            _ => {}
        }
    }

    /// Whether it is the same for ever: a string that somebody can name does not change.
    fn is_constant(&self, value: Value) -> bool {
        let ty = self.function.ty(value);
        ty == Type::Str || !ty.rep().is_counted()
    }

    fn is_unwritten_since(&self, seen: &Seen, block: Block, slots: Slots) -> bool {
        let mut slots = slots;
        while slots != 0 {
            if self.last_write[slots.trailing_zeros() as usize] > seen.at {
                return false;
            }
            slots &= slots - 1;
        }
        self.chain[seen.block.index()] == self.chain[block.index()]
            && self.cfg.dominates(seen.block, block)
    }

    fn key(&self, inst: &Inst, value: Value) -> Key {
        let mut operands = [u32::MAX; MAX_OPERANDS];
        for (place, arg) in self.function.args(inst).iter().enumerate() {
            operands[place] = self.number[arg.index()];
        }
        if inst.op.has(op::COMMUTES) {
            operands[..2].sort_unstable();
        }
        Key { op: inst.op, ty: self.function.ty(value), imm: inst.imm, operands }
    }

    fn reach(&self, inst: &Inst) -> Reach {
        let Some(result) = inst.result.filter(|_| inst.arg_count as usize <= MAX_OPERANDS) else {
            return Reach::No;
        };
        match inst.op {
            Op::I64Const | Op::F64Const | Op::BoolConst | Op::StrConst | Op::None => Reach::Block,
            Op::I64Cmp | Op::F64Cmp | Op::IsNone | Op::RefSame | Op::BoolNot => Reach::Block,
            Op::CallRuntime => {
                let effects = inst.runtime().row().effects;
                let constant = self.function.args(inst).iter().all(|&arg| self.is_constant(arg));
                let reads = if constant { runtime::READS } else { 0 };
                let owns = self.function.ty(result).rep().is_counted();
                if owns || effects & !(runtime::TRAPS | reads) != 0 {
                    Reach::No
                } else {
                    Reach::Dominated
                }
            }
            op if op.has(op::WRITES | op::ALLOCATES | op::CALLS | op::COUNTS) => Reach::No,
            op if op.has(op::READS) => Reach::Unwritten(slots::reads(self.function, inst)),
            _ => Reach::Dominated,
        }
    }
}
