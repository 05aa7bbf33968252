//! A program in, what the emitter wants to know of each function out: whether it is used at all, whether it can trap,
//! whether it must look at the stack, and which of its tail calls need help to run in constant stack.
//!
//! - A call through a closure, or by a runtime function that was given one, may go to every function that has captures.
//! - Emitted code **must not** trust the C compiler to make a jump of a call: at `-O0`, and in some compilers always, a
//!   call in tail position keeps its frame. A tail call that can come back to its own function therefore *bounces*: the
//!   function returns to a loop in its wrapper, which makes the call. All other tail calls are ordinary ones, since their
//!   chain ends after at most as many frames as there are functions.

use super::loops::keeps_lists;
use mochi_abi::functions::{CALLS as RUNTIME_CALLS, TRAPS as RUNTIME_TRAPS};
use mochi_ir::cfg::Cfg;
use mochi_ir::op::{ALLOCATES, Op, TRAPS};
use mochi_ir::program::{Block, Function, FunctionId, Inst, Program};

/// So many calls may nest before one looks at the stack: the room below the limit is for them and the runtime.
const UNCHECKED_NESTING: u32 = 8;
/// A function with more values than that may have a large frame and looks at the stack itself.
const UNCHECKED_VALUES: usize = 100;

/// Where a function looks at the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StackCheck {
    /// Its frame fits in the room below the limit, whoever calls it.
    Nowhere,
    /// Before its first call: a recursion that ends without one more call pays nothing.
    BeforeCalls,
    /// At once: its frame may be large.
    Entry,
}

/// See the file's header. All lists are by function number.
#[derive(Debug)]
pub(super) struct Facts {
    /// Can be reached from `main`.
    pub used: Vec<bool>,
    pub can_trap: Vec<bool>,
    /// No list has another length after a call of it: see [`super::loops`].
    pub keeps_lists: Vec<bool>,
    pub stack_check: Vec<StackCheck>,
    /// The circle of tail calls that it is in, if it makes one that bounces.
    pub bounces: Vec<bool>,
    /// The number of the circle of tail calls that it is in.
    circle: Vec<u32>,
    /// The circle that all calls of closures in tail position are in.
    closure_circle: u32,
}

impl Facts {
    pub(super) fn of(program: &Program) -> Facts {
        let count = program.functions.len();
        // One node more than functions: whatever a closure may call.
        let any_closure = count;
        let mut calls = vec![Vec::new(); count + 1];
        let mut tail_calls = vec![Vec::new(); count + 1];
        let mut makes = vec![Vec::new(); count];
        for (number, function) in program.functions.iter().enumerate() {
            if function.captures.is_some() {
                calls[any_closure].push(number);
                tail_calls[any_closure].push(number);
            }
            for inst in &function.insts {
                match inst.op {
                    Op::Call => calls[number].push(inst.function().index()),
                    // A tail call of itself is a jump.
                    Op::TailCall if inst.function().index() == number => {}
                    Op::TailCall => {
                        calls[number].push(inst.function().index());
                        tail_calls[number].push(inst.function().index());
                    }
                    Op::CallClosure => calls[number].push(any_closure),
                    Op::TailCallClosure => {
                        calls[number].push(any_closure);
                        tail_calls[number].push(any_closure);
                    }
                    Op::CallRuntime if inst.runtime().row().effects & RUNTIME_CALLS != 0 => {
                        calls[number].push(any_closure)
                    }
                    Op::ClosureMake => makes[number].push(inst.function().index()),
                    _ => {}
                }
            }
        }
        let circle = circles(&tail_calls);
        let mut facts = Facts {
            used: used(program, &calls, &makes),
            can_trap: Vec::new(),
            keeps_lists: Vec::new(),
            stack_check: Vec::new(),
            bounces: Vec::new(),
            closure_circle: circle[any_closure],
            circle,
        };
        facts.bounces = (0..count)
            .map(|number| {
                program.functions[number].insts.iter().any(|inst| match inst.op {
                    Op::TailCall => {
                        facts.tail_call_bounces(FunctionId(number as u32), inst.function())
                    }
                    Op::TailCallClosure => {
                        facts.closure_tail_call_bounces(FunctionId(number as u32))
                    }
                    _ => false,
                })
            })
            .collect();
        facts.stack_check = stack_checks(program, &calls);
        facts.can_trap = can_trap(program, &calls, &facts.stack_check);
        let changes = |function: &Function| function.insts.iter().any(|inst| !keeps_lists(inst));
        let changing = (0..count).filter(|&number| changes(&program.functions[number])).collect();
        facts.keeps_lists = reaching(&calls, changing).iter().map(|&reaches| !reaches).collect();
        facts
    }

    /// Whether `caller`'s tail call of `callee` bounces. One of itself is a jump instead.
    pub(super) fn tail_call_bounces(&self, caller: FunctionId, callee: FunctionId) -> bool {
        caller != callee && self.circle[caller.index()] == self.circle[callee.index()]
    }

    /// Whether `caller`'s tail calls of closures bounce.
    pub(super) fn closure_tail_call_bounces(&self, caller: FunctionId) -> bool {
        self.circle[caller.index()] == self.closure_circle
    }
}

/// What can be reached from `main` by calls and through the closures that are made on the way.
fn used(program: &Program, calls: &[Vec<usize>], makes: &[Vec<usize>]) -> Vec<bool> {
    let count = program.functions.len();
    let mut used = vec![false; count];
    let mut pending = vec![program.main.index()];
    while let Some(number) = pending.pop() {
        if !used[number] {
            used[number] = true;
            let callees = calls[number].iter().chain(&makes[number]);
            // The node of all closures is not followed: one that is never made is never called.
            pending.extend(callees.copied().filter(|&callee| callee < count));
        }
    }
    used
}

/// A function need not look at the stack when it is in no circle of calls, has a small frame, and few calls nest below it.
fn stack_checks(program: &Program, calls: &[Vec<usize>]) -> Vec<StackCheck> {
    let components = Components::of(calls);
    let mut nesting = vec![0; calls.len()];
    let mut checks = vec![StackCheck::Nowhere; calls.len()];
    // A component's number is greater than those of all that it calls.
    for component in &components.members {
        let (first, others) = component.split_first().expect("a component has members");
        let recursive = !others.is_empty() || calls[*first].contains(first);
        for &node in component {
            let unchecked =
                calls[node].iter().filter(|&&callee| checks[callee] == StackCheck::Nowhere);
            nesting[node] = unchecked.map(|&callee| nesting[callee] + 1).max().unwrap_or(0);
            // The node of all closures has no frame; it passes on how deep they nest.
            if let Some(function) = program.functions.get(node) {
                checks[node] = if function.values.len() > UNCHECKED_VALUES {
                    StackCheck::Entry
                } else if recursive || nesting[node] > UNCHECKED_NESTING {
                    StackCheck::BeforeCalls
                } else {
                    StackCheck::Nowhere
                };
            }
        }
    }
    checks.truncate(program.functions.len());
    checks
}

fn can_trap(program: &Program, calls: &[Vec<usize>], stack_checks: &[StackCheck]) -> Vec<bool> {
    let count = program.functions.len();
    let itself = |function: &Function| {
        function.insts.iter().any(|inst| match inst.op {
            Op::CallRuntime => inst.runtime().row().effects & RUNTIME_TRAPS != 0,
            Op::CallClosure | Op::TailCallClosure => true,
            op => op.has(TRAPS | ALLOCATES),
        })
    };
    let first = |number: &usize| {
        stack_checks[*number] != StackCheck::Nowhere || itself(&program.functions[*number])
    };
    let mut can = reaching(calls, (0..count).filter(first).collect());
    can.truncate(count);
    can
}

/// The nodes from which a path of calls leads to one of `goals`, themselves included.
fn reaching(calls: &[Vec<usize>], goals: Vec<usize>) -> Vec<bool> {
    let mut callers = vec![Vec::new(); calls.len()];
    for (caller, callees) in calls.iter().enumerate() {
        for &callee in callees {
            callers[callee].push(caller);
        }
    }
    let mut reaches = vec![false; calls.len()];
    let mut pending = goals;
    while let Some(node) = pending.pop() {
        if !reaches[node] {
            reaches[node] = true;
            pending.extend(&callers[node]);
        }
    }
    reaches
}

/// The block that looks at the stack for a function that does so before its calls: the last one outside of loops that all
/// of them lie behind.
pub(super) fn stack_check_block(
    function: &Function,
    bounces: impl Fn(&Inst) -> bool,
) -> Option<Block> {
    let nests = |inst: &Inst| match inst.op {
        Op::Call | Op::CallClosure => true,
        Op::TailCall | Op::TailCallClosure => !bounces(inst),
        Op::CallRuntime => inst.runtime().row().effects & RUNTIME_CALLS != 0,
        _ => false,
    };
    let flow = Cfg::new(function);
    let mut found: Option<Block> = None;
    for block in function.block_ids() {
        if function.block_insts(block).any(|(_, inst)| nests(inst)) {
            let mut common = found.unwrap_or(block);
            while !flow.dominates(common, block) {
                common = flow.immediate_dominator(common)?;
            }
            found = Some(common);
        }
    }
    let mut block = found?;
    while function.blocks[block.index()].loop_depth > 0 {
        block = flow.immediate_dominator(block)?;
    }
    Some(block)
}

/// The number of each node's strongly connected component.
fn circles(edges: &[Vec<usize>]) -> Vec<u32> {
    let components = Components::of(edges);
    let mut circle = vec![0; edges.len()];
    for (number, members) in components.members.iter().enumerate() {
        for &node in members {
            circle[node] = number as u32;
        }
    }
    circle
}

/// Strongly connected components, callees first: Tarjan's algorithm with a stack of its own, because a program may have
/// a chain of calls as long as it has functions.
struct Components {
    members: Vec<Vec<usize>>,
}

impl Components {
    fn of(edges: &[Vec<usize>]) -> Components {
        const UNSEEN: usize = usize::MAX;
        let mut members = Vec::new();
        let mut order = vec![UNSEEN; edges.len()];
        let mut low = vec![0; edges.len()];
        let mut open = vec![false; edges.len()];
        let (mut stack, mut path) = (Vec::new(), Vec::new());
        let mut seen = 0;
        for root in 0..edges.len() {
            if order[root] == UNSEEN {
                path.push((root, 0));
            }
            while let Some((node, next)) = path.pop() {
                if next == 0 {
                    order[node] = seen;
                    low[node] = seen;
                    seen += 1;
                    stack.push(node);
                    open[node] = true;
                } else {
                    let child = edges[node][next - 1];
                    low[node] = low[node].min(low[child]);
                }
                let mut next = next;
                while let Some(&child) = edges[node].get(next) {
                    next += 1;
                    if order[child] == UNSEEN {
                        path.push((node, next));
                        path.push((child, 0));
                        break;
                    }
                    if open[child] {
                        low[node] = low[node].min(order[child]);
                    }
                }
                let descended = path.last().is_some_and(|&(top, at)| at == 0 && top != node);
                if descended {
                    continue;
                }
                if low[node] == order[node] {
                    let start = stack
                        .iter()
                        .rposition(|&member| member == node)
                        .expect("an open node is on the stack");
                    let component = stack.split_off(start);
                    for &member in &component {
                        open[member] = false;
                    }
                    members.push(component);
                }
            }
        }
        Components { members }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_come_callees_first() {
        let edges = vec![vec![1], vec![2, 4], vec![1, 3], vec![], vec![4]];
        let mut members = Components::of(&edges).members;
        for component in &mut members {
            component.sort_unstable();
        }
        assert_eq!(members, [vec![3], vec![4], vec![1, 2], vec![0]]);
    }

    #[test]
    fn a_long_chain_needs_no_deep_recursion() {
        let edges: Vec<Vec<usize>> =
            (0..200_000).map(|i| if i + 1 < 200_000 { vec![i + 1] } else { vec![0] }).collect();
        assert_eq!(Components::of(&edges).members.len(), 1);
    }

    fn facts(text: &str) -> Facts {
        Facts::of(&mochi_ir::text::read(text).expect("the text is right"))
    }

    #[test]
    fn what_cannot_trap_is_seen() {
        let facts = facts(
            "main @main\n\
             function main() {\nb0:\nv0 = f64.const 1.0\nv1: f64 = call @twice(v0)\nreturn\n}\n\
             function twice(v0: f64) -> f64 {\nb0(v0: f64):\nv1 = f64.add v0, v0\nreturn v1\n}\n\
             function unused() {\nb0:\ncall @unused()\nreturn\n}\n",
        );
        assert_eq!(facts.used, [true, true, false]);
        assert_eq!(facts.can_trap, [false, false, true]);
        assert_eq!(
            facts.stack_check,
            [StackCheck::Nowhere, StackCheck::Nowhere, StackCheck::BeforeCalls]
        );
    }

    #[test]
    fn only_tail_calls_in_a_circle_bounce() {
        let facts = facts(
            "main @main\n\
             function main() {\nb0:\ntail.call @even()\n}\n\
             function even() {\nb0:\ntail.call @odd()\n}\n\
             function odd() {\nb0:\ntail.call @even()\n}\n\
             function itself() {\nb0:\ntail.call @itself()\n}\n",
        );
        assert_eq!(facts.bounces, [false, true, true, false]);
    }
}
