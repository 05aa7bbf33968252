//! A function in, out comes which lists' lengths and items are read once before a loop instead of in each turn.
//!
//! A C compiler may not move such a load before the loop by itself: it does not know that the pointer is good before the
//! checks in the loop have passed. Here it is known: a list that the loop uses is alive when the loop begins, and what is
//! null has no items.
//!
//! - The length and the place of the items change only when items are added or by code that is called; a loop that does
//!   neither *keeps lists*.
//! - A loop is a stretch of the block order, from its header to the last block with a back edge to it; what leaves the
//!   loop in between counts as part of it.

use mochi_abi::functions::{AbiType, CALLS, WRITES};
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, Inst, Value};
use std::collections::{BTreeMap, HashMap};

/// What is read of a list before a loop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reads {
    pub len: bool,
    pub items: bool,
}

/// See the file's header.
#[derive(Debug, Default)]
pub(super) struct LoopReads {
    /// By header: the last block of the loop, and what is read before it.
    loops: BTreeMap<u32, (Block, BTreeMap<u32, Reads>)>,
    /// By the block of the use and the list: the header of the loop before which it is read.
    headers: HashMap<(Block, Value), Block>,
}

impl LoopReads {
    /// `keeps` says of each function whether a call of it keeps lists.
    pub(super) fn of(function: &Function, keeps: &[bool]) -> LoopReads {
        let mut reads = LoopReads::default();
        let loops: Vec<(Block, Block)> = loops_that_keep_lists(function, keeps);
        if loops.is_empty() {
            return reads;
        }
        let home = homes(function);
        for block in function.block_ids() {
            for (_, inst) in function.block_insts(block) {
                let Some(wanted) = wanted(inst.op) else { continue };
                let list = function.args(inst)[0];
                // The outermost loop, which comes first.
                let around = loops.iter().find(|&&(header, last)| {
                    let inside = |block: Block| header <= block && block <= last;
                    inside(block) && !inside(home[list.index()])
                });
                if let Some(&(header, last)) = around {
                    let (_, lists) =
                        reads.loops.entry(header.0).or_insert_with(|| (last, BTreeMap::new()));
                    let read = lists.entry(list.0).or_default();
                    read.len |= wanted.len;
                    read.items |= wanted.items;
                    reads.headers.insert((block, list), header);
                }
            }
        }
        reads
    }

    /// What is read on an edge from `source` to `target`.
    pub(super) fn on_edge(&self, source: Block, target: Block) -> Vec<(Value, Reads)> {
        match self.loops.get(&target.0) {
            Some((last, lists)) if !(target <= source && source <= *last) => {
                lists.iter().map(|(&list, &reads)| (Value(list), reads)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The loop before which the length and items of `list` have been read, for a use in `block`.
    pub(super) fn header(&self, block: Block, list: Value) -> Option<Block> {
        self.headers.get(&(block, list)).copied()
    }

    /// All that is read, by loop.
    pub(super) fn all(&self) -> impl Iterator<Item = (Block, Value, Reads)> {
        self.loops.iter().flat_map(|(&header, (_, lists))| {
            lists.iter().map(move |(&list, &reads)| (Block(header), Value(list), reads))
        })
    }
}

/// What an op reads of its first operand, when that is a list.
fn wanted(op: Op) -> Option<Reads> {
    match op {
        Op::ListLen => Some(Reads { len: true, items: false }),
        Op::ListGet | Op::ListSet | Op::ListTake => Some(Reads { len: true, items: true }),
        Op::ListLoad | Op::ListStore => Some(Reads { len: false, items: true }),
        _ => None,
    }
}

/// Header and last block of each loop that keeps lists, outer ones first. The entry is never one: no edge leads there.
fn loops_that_keep_lists(function: &Function, calls_keep: &[bool]) -> Vec<(Block, Block)> {
    let mut last = vec![None; function.blocks.len()];
    for block in function.block_ids() {
        for target in function.block_targets(block) {
            if target.block <= block {
                last[target.block.index()] = Some(block);
            }
        }
    }
    let keeps_lists = |inst: &Inst| match inst.op {
        Op::Call => calls_keep[inst.function().index()],
        _ => keeps_lists(inst),
    };
    let keeps: Vec<bool> = function
        .block_ids()
        .map(|block| function.block_insts(block).all(|(_, inst)| keeps_lists(inst)))
        .collect();
    let loops =
        function.block_ids().skip(1).filter_map(|header| Some((header, last[header.index()]?)));
    loops
        .filter(|(header, last)| keeps[header.index()..=last.index()].iter().all(|&keeps| keeps))
        .collect()
}

/// Whether no list has another length or place for its items afterwards. What the program's own functions do is not looked
/// at here.
pub(super) fn keeps_lists(inst: &Inst) -> bool {
    match inst.op {
        Op::ListPush | Op::CallClosure | Op::TailCallClosure => false,
        Op::CallRuntime => {
            let row = inst.runtime().row();
            let takes_lists = row
                .args
                .iter()
                .any(|arg| matches!(arg.ty, AbiType::List | AbiType::Any | AbiType::Ref));
            row.effects & CALLS == 0 && (row.effects & WRITES == 0 || !takes_lists)
        }
        _ => true,
    }
}

/// The block in which each value is defined.
fn homes(function: &Function) -> Vec<Block> {
    let mut home = vec![Block(0); function.values.len()];
    for block in function.block_ids() {
        let params = function.block_params(block).iter().copied();
        let results = function.block_insts(block).filter_map(|(_, inst)| inst.result);
        for value in params.chain(results) {
            home[value.index()] = block;
        }
    }
    home
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(body: &str) -> LoopReads {
        let text = format!(
            "main @f\nfunction f(v0: list.i64, v1: i64) {{\nb0(v0: list.i64, v1: i64):\njump b1(v1, v0)\n\
             b1(v2: i64, v3: list.i64):\nv4 = i64.cmp.lt v2, v1\nbranch v4, b2, b3\n\
             b2:\n{body}\n\
             b3:\nreturn\n}}\n"
        );
        let program = mochi_ir::text::read(&text).expect("the text is right");
        LoopReads::of(&program.functions[0], &[true])
    }

    #[test]
    fn a_list_from_outside_is_read_before_the_loop() {
        let reads = reads("v5: i64 = list.get v0, v2\nv6: i64 = list.get v3, v2\njump b1(v5, v3)");
        assert_eq!(reads.header(Block(2), Value(0)), Some(Block(1)));
        // It changes from turn to turn.
        assert_eq!(reads.header(Block(2), Value(3)), None);
        assert_eq!(
            reads.on_edge(Block(0), Block(1)),
            [(Value(0), Reads { len: true, items: true })]
        );
        assert_eq!(reads.on_edge(Block(2), Block(1)), []);
    }

    #[test]
    fn a_loop_that_adds_items_reads_in_each_turn() {
        let reads =
            reads("v5: i64 = list.get v0, v2\nv6: list.i64 = list.push v3, v5\njump b1(v5, v6)");
        assert_eq!(reads.all().count(), 0);
    }

    #[test]
    fn a_call_may_add_items() {
        let text = "main @f\nfunction f(v0: list.i64, v1: i64) {\nb0(v0: list.i64, v1: i64):\njump b1(v1)\n\
             b1(v2: i64):\nv3 = i64.cmp.lt v2, v1\nbranch v3, b2, b3\n\
             b2:\ncall @f(v0, v1)\nv4: i64 = list.get v0, v2\njump b1(v4)\n\
             b3:\nreturn\n}\n";
        let program = mochi_ir::text::read(text).expect("the text is right");
        let header =
            |keeps| LoopReads::of(&program.functions[0], &[keeps]).header(Block(2), Value(0));
        assert_eq!(header(true), Some(Block(1)));
        assert_eq!(header(false), None);
    }
}
