//! What the turns of a loop do to the parameters of its header: the header goes in; which parameters only grow or only
//! shrink, and the differences that follow, come out.
//!
//! An addition that goes on has not overflowed, so a parameter that every turn adds to is never below what it began
//! with. Of a list that every turn adds one item to, and an int that every turn adds one to, the difference stays.

use super::known::{Known, Quantity};
use mochi_ir::cfg::Cfg;
use mochi_ir::facts::Fact;
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, Value};

/// How many ops are followed from an argument back to the parameter.
const LONGEST_CHAIN: usize = 4;

/// What happens to a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    /// Each turn adds something between these; a list gets so many items.
    least: i64,
    most: i64,
}

/// See the file's header.
#[derive(Debug)]
pub(super) struct Turns {
    /// By place of the parameter; none when a turn can do anything.
    changes: Vec<Option<Change>>,
    /// `.0 <= .1 + .2` in the whole loop.
    pub(super) differences: Vec<(Quantity, Quantity, i64)>,
}

/// Looks at the edges to a header.
pub(super) fn find(function: &Function, cfg: &Cfg, known: &Known, header: Block) -> Turns {
    let params = function.block_params(header);
    let mut changes: Vec<Option<Change>> = vec![None; params.len()];
    let mut initial: Vec<Option<Value>> = vec![None; params.len()];
    let (mut forward, mut back) = (0, 0);
    let mut last = None;
    for &source in cfg.preds(header) {
        // A block with several edges to the header stands there for each of them.
        if last.replace(source) == Some(source) {
            continue;
        }
        for target in function.block_targets(source).iter().filter(|target| target.block == header)
        {
            let args = function.target_args(target);
            if source < header {
                forward += 1;
                initial = args.iter().map(|&arg| Some(arg)).collect();
                continue;
            }
            back += 1;
            for (place, (&param, &arg)) in params.iter().zip(args).enumerate() {
                let change = change(function, known, param, arg);
                changes[place] = match (changes[place], change) {
                    (_, change) if back == 1 => change,
                    (Some(a), Some(b)) => {
                        Some(Change { least: a.least.min(b.least), most: a.most.max(b.most) })
                    }
                    _ => None,
                };
            }
        }
    }
    let mut turns = Turns { changes, differences: Vec::new() };
    if forward == 1 && back > 0 {
        for (place, &param) in params.iter().enumerate() {
            if let (Some(change), Some(initial)) = (turns.changes[place], initial[place]) {
                turns.beside_initial(function, known, param, initial, change);
            }
        }
        if back == 1 {
            turns.beside_lists(function, known, params, &initial);
        }
    }
    turns
}

/// What the way from a parameter to an argument for it adds.
fn change(function: &Function, known: &Known, param: Value, arg: Value) -> Option<Change> {
    let mut change = Change { least: 0, most: 0 };
    let mut at = arg;
    for _ in 0..LONGEST_CHAIN {
        if at == param {
            return Some(change);
        }
        let inst = known.definition(at)?;
        let args = function.args(inst);
        let (next, least, most) = match (inst.op, args) {
            (Op::ListPush, &[list, _]) => (list, 1, 1),
            // Facts of operands in the loop are not there before its first walk; constants are.
            (Op::I64Add | Op::I64AddProved, &[a, b]) => {
                match (constant(function, known, a), constant(function, known, b)) {
                    (_, Some(step)) => (a, step, step),
                    (Some(step), _) => (b, step, step),
                    _ => return None,
                }
            }
            (Op::I64Sub | Op::I64SubProved, &[a, b]) => {
                let step = constant(function, known, b)?.checked_neg()?;
                (a, step, step)
            }
            _ => return None,
        };
        at = next;
        change.least = change.least.checked_add(least)?;
        change.most = change.most.checked_add(most)?;
    }
    None
}

fn constant(function: &Function, known: &Known, value: Value) -> Option<i64> {
    let inst = known.definition(value).filter(|inst| inst.op == Op::I64Const)?;
    debug_assert!(function.args(inst).is_empty());
    Some(inst.imm as i64)
}

impl Turns {
    /// What a parameter lies in that comes in as `forward` says; `any` is what is known of its type.
    pub(super) fn bound(&self, place: usize, forward: Fact, any: Fact) -> Fact {
        let (Some(change), Fact::Ints { lo, hi }) = (self.changes[place], forward) else {
            return any;
        };
        let (any_lo, any_hi) = any.range();
        Fact::Ints {
            lo: if change.least >= 0 { lo } else { any_lo },
            hi: if change.most <= 0 { hi } else { any_hi },
        }
    }

    fn beside_initial(
        &mut self,
        function: &Function,
        known: &Known,
        param: Value,
        initial: Value,
        change: Change,
    ) {
        let quantities = if function.ty(param).item_rep().is_some() {
            known.length(param).zip(known.length(initial))
        } else {
            Some((known.quantity(param), known.quantity(initial)))
        };
        let Some((param, initial)) = quantities else { return };
        if change.least >= 0 {
            self.differences.push((initial, param, 0));
        }
        if change.most <= 0 {
            self.differences.push((param, initial, 0));
        }
    }

    /// Ints and lists that change by the same amount each turn keep their difference.
    fn beside_lists(
        &mut self,
        function: &Function,
        known: &Known,
        params: &[Value],
        initial: &[Option<Value>],
    ) {
        let steady = |place: usize| {
            self.changes[place].filter(|change| change.least == change.most && change.least == 1)
        };
        let places = |of_lists: bool| {
            let steady = &steady;
            (0..params.len()).filter(move |&place| {
                (function.ty(params[place]).item_rep().is_some() == of_lists)
                    && steady(place).is_some()
            })
        };
        let mut found = Vec::new();
        for list in places(true) {
            for int in places(false).take(2) {
                let (Some(list_begins), Some(int_begins)) = (initial[list], initial[int]) else {
                    continue;
                };
                let items = known.length_fact(list_begins).constant();
                let begins = known.fact(int_begins).constant();
                let (Some(items), Some(begins), Some(length)) =
                    (items, begins, known.length(params[list]))
                else {
                    continue;
                };
                // length - int is what it was.
                let Some(more) = (items as i64).checked_sub(begins as i64) else { continue };
                let Some(less) = more.checked_neg() else { continue };
                let int = known.quantity(params[int]);
                found.push((length, int, more));
                found.push((int, length, less));
            }
        }
        self.differences.extend(found);
    }
}
