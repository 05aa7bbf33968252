//! Puts the bodies of small functions in the place of calls to them: a program goes in, one with fewer calls comes out,
//! without the functions that nobody calls any more.
//!
//! - Callees come first (bottom-up over the call graph), so a body is settled before it is copied. Calls inside a strongly
//!   connected component stay, but for a small function that calls itself: one turn of the recursion is put
//!   into it, which saves half of the calls.
//! - What is copied is small, and less where it runs once, so that code grows by a constant for each call.
//! - A closure that is called in the function that makes it is a known function. This is how the closures go that
//!   are passed to a function that is itself inlined; their captures are the operands that they were made of.
//! - Each copied instruction remembers the call that it came by ([`Origin`](mochi_ir::program::Origin)), so that the report of
//!   an error shows the same call stack.
//!
//! Runs after `tail_calls`, so that a tail call is not mistaken for one that stays in the call stack; a function with a tail call
//! that is left is not copied, since in the middle of another function that would not be one. Runs before counts
//! are placed, so that a reference need not be owned only because it was passed.

mod splice;

use crate::graph::Graph;
use crate::simplify::simplify;
use mochi_ir::op::{Immediate, Op};
use mochi_ir::program::{Function, FunctionId, Inst, InstId, Program, Value};
use splice::{Splice, splice};

/// What a loop weighs besides: next to its turns, the call is nothing.
const LOOP: u32 = 20;
/// How much a body may weigh that is copied into a loop: about what fits between the savings of a call and the cost of
/// more code.
const IN_LOOP: u32 = 45;
/// The same outside of loops, where only what is no larger than the call itself is worth it.
const ONCE: u32 = 14;
/// The same when the call passes a closure that is made in the caller and may become known.
const WITH_CLOSURE: u32 = 80;
/// The same when there is no other call, so that the code does not grow.
const ONLY_CALL: u32 = 60;
/// The same for a function that calls itself and is copied into itself.
const OWN_TURN: u32 = 30;
/// How often such a function may call itself: each call is a copy.
const OWN_CALLS: usize = 3;
/// How many instructions a function may come to have: some steps of the emitters are not linear in a function.
const MOST_INSTS: usize = 4000;
/// How many calls may have come one inside the other: each copy writes down the whole chain.
const MOST_NESTED: u32 = 6;
/// How often a function is looked at again because closures have become known.
const ROUNDS: u32 = 3;

/// Inlines calls in all functions, and leaves out the functions that are not called any more.
pub fn inline_calls(program: &mut Program) {
    let calls = Calls::find(program);
    let reachable = reachable_from(program, [program.main]);
    let mut state = State {
        bodies: vec![Body::default(); program.functions.len()],
        names: splice::Names::new(program.functions.len()),
        calls,
    };
    let mut changed = false;
    for number in state.calls.callees_first() {
        changed |= state.function(program, number);
    }
    if changed {
        drop_uncalled(program, &reachable);
    }
}

/// What the decision to copy a function depends on.
#[derive(Debug, Clone, Copy, Default)]
struct Body {
    /// It can be copied at all.
    is_copyable: bool,
    weight: u32,
    /// How many calls have come one inside the other here.
    nested: u32,
}

impl Body {
    fn of(function: &Function, nested: u32) -> Body {
        let mut body = Body { is_copyable: nested < MOST_NESTED, weight: 0, nested };
        let mut returns = false;
        for inst in &function.insts {
            body.weight += weight(inst.op);
            returns |= inst.op == Op::Return;
            body.is_copyable &= !matches!(inst.op, Op::TailCall | Op::TailCallClosure);
        }
        if function.blocks.iter().any(|block| block.is_loop_header) {
            body.weight += LOOP;
        }
        body.is_copyable &= returns;
        body
    }
}

/// About how much code an op is.
fn weight(op: Op) -> u32 {
    match op {
        Op::I64Const | Op::F64Const | Op::BoolConst | Op::StrConst | Op::None | Op::Jump => 0,
        Op::CallRuntime | Op::Call | Op::CallClosure | Op::ListNew | Op::ListOf => 4,
        Op::ListGet | Op::ListSet | Op::ListTake | Op::ListPush | Op::AnyTo => 3,
        Op::RecordNew | Op::ClosureMake => 6,
        Op::Return | Op::CaptureGet => 0,
        _ => 1,
    }
}

/// Who calls whom.
struct Calls {
    /// By function the component of the call graph it is in; callees have lower numbers.
    component: Vec<u32>,
    /// By function how many calls of it there are; making a closure of it counts as several.
    count: Vec<u32>,
}

impl Calls {
    fn find(program: &Program) -> Calls {
        let mut edges = Vec::new();
        let mut count = vec![0; program.functions.len()];
        for (number, function) in program.functions.iter().enumerate() {
            for inst in function.insts.iter().filter(|inst| names_function(inst)) {
                let callee = inst.function();
                edges.push((number as u32, callee.0));
                count[callee.index()] += if inst.op == Op::Call { 1 } else { 2 };
            }
        }
        Calls { component: Graph::new(program.functions.len(), &edges).components(), count }
    }

    fn callees_first(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.component.len() as u32).collect();
        order.sort_by_key(|&number| self.component[number as usize]);
        order
    }
}

struct State {
    /// By function, when it is settled.
    bodies: Vec<Body>,
    names: splice::Names,
    calls: Calls,
}

/// A call, and the function to put in its place.
#[derive(Debug, Clone, Copy)]
struct Copied {
    inst: InstId,
    callee: FunctionId,
    /// The instruction that made the closure which is called.
    made: Option<InstId>,
}

impl State {
    /// Settles a function; whether anything was copied into it.
    fn function(&mut self, program: &mut Program, number: u32) -> bool {
        let mut nested = 0;
        let mut changed = false;
        for round in 0..ROUNDS {
            let copied = self.choose(program, number, round > 0);
            if copied.is_empty() {
                break;
            }
            let deepest = copied.iter().map(|copied| self.bodies[copied.callee.index()].nested);
            nested += 1 + deepest.max().unwrap_or(0);
            self.copy(program, number, &copied);
            changed = true;
            if nested >= MOST_NESTED {
                break;
            }
        }
        let mut body = Body::of(&program.functions[number as usize], nested);
        let own = own_calls(program, number);
        if !own.is_empty() {
            if body.is_copyable && body.weight <= OWN_TURN && own.len() <= OWN_CALLS {
                self.copy(program, number, &own);
                changed = true;
            }
            // Elsewhere it would save one call of many.
            body.is_copyable = false;
        }
        self.bodies[number as usize] = body;
        changed
    }

    fn copy(&mut self, program: &mut Program, number: u32, copied: &[Copied]) {
        let Program { functions, inlined, inlined_names, .. } = program;
        let mut spliced = splice(Splice {
            functions,
            inlined,
            inlined_names,
            names: &mut self.names,
            caller: FunctionId(number),
            copied,
        });
        simplify(&mut spliced);
        functions[number as usize] = spliced;
    }

    /// The calls in a function whose callees are put in their place.
    fn choose(&self, program: &Program, number: u32, only_closures: bool) -> Vec<Copied> {
        let function = &program.functions[number as usize];
        let mut chosen = Vec::new();
        if !function.insts.iter().any(|inst| matches!(inst.op, Op::Call | Op::CallClosure)) {
            return chosen;
        }
        let made = made_closures(function);
        let mut insts = function.insts.len();
        for block in function.block_ids() {
            let depth = function.blocks[block.index()].loop_depth;
            for (id, inst) in function.block_insts(block) {
                let (callee, closure) = match inst.op {
                    Op::Call if !only_closures => (inst.function(), None),
                    Op::CallClosure => {
                        let Some(make) = find_made(&made, function.args(inst)[0]) else { continue };
                        (function.insts[make.index()].function(), Some(make))
                    }
                    _ => continue,
                };
                let data = &program.functions[callee.index()];
                let passes_closure = || {
                    let args = &function.args(inst)[usize::from(closure.is_some())..];
                    args.iter().any(|&arg| find_made(&made, arg).is_some())
                };
                if self.calls.component[callee.index()] == self.calls.component[number as usize]
                    || !self.is_worth_it(callee, depth > 0, closure.is_some(), passes_closure)
                    || !agrees(function, inst, data)
                    || insts + data.insts.len() > MOST_INSTS
                {
                    continue;
                }
                insts += data.insts.len();
                chosen.push(Copied { inst: id, callee, made: closure });
            }
        }
        chosen
    }

    fn is_worth_it(
        &self,
        callee: FunctionId,
        in_loop: bool,
        is_closure: bool,
        passes_closure: impl FnOnce() -> bool,
    ) -> bool {
        let body = self.bodies[callee.index()];
        let limit = match (in_loop, self.calls.count[callee.index()] == 1) {
            // What makes the closure goes as well.
            _ if is_closure => WITH_CLOSURE,
            (true, true) => ONLY_CALL,
            (true, false) => IN_LOOP,
            (false, _) => ONCE,
        };
        body.is_copyable
            && (body.weight <= limit || body.weight <= WITH_CLOSURE && passes_closure())
    }
}

/// The calls of a function that go to itself.
fn own_calls(program: &Program, number: u32) -> Vec<Copied> {
    let callee = FunctionId(number);
    let function = &program.functions[callee.index()];
    let insts = function.insts.iter().enumerate();
    insts
        .filter(|(_, inst)| inst.op == Op::Call && inst.function() == callee)
        .map(|(at, _)| Copied { inst: InstId(at as u32), callee, made: None })
        .collect()
}

/// The closures that a function makes, in the order of their values.
fn made_closures(function: &Function) -> Vec<(Value, InstId)> {
    let mut made: Vec<(Value, InstId)> = function
        .insts
        .iter()
        .enumerate()
        .filter(|(_, inst)| inst.op == Op::ClosureMake)
        .filter_map(|(at, inst)| Some((inst.result?, InstId(at as u32))))
        .collect();
    made.sort_unstable_by_key(|&(value, _)| value);
    made
}

fn find_made(made: &[(Value, InstId)], value: Value) -> Option<InstId> {
    let at = made.binary_search_by_key(&value, |&(value, _)| value).ok()?;
    Some(made[at].1)
}

/// Whether a call passes and expects what its callee takes and gives.
fn agrees(caller: &Function, call: &Inst, callee: &Function) -> bool {
    let args = caller.args(call);
    args.len() == callee.params.len()
        && args.iter().zip(&callee.params).all(|(&arg, param)| caller.ty(arg) == param.ty)
        && call.result.map(|result| caller.ty(result)) == callee.result
}

fn names_function(inst: &Inst) -> bool {
    inst.op.row().immediate == Immediate::Function
}

/// By function whether these lead to it.
fn reachable_from(program: &Program, roots: impl IntoIterator<Item = FunctionId>) -> Vec<bool> {
    let mut reachable = vec![false; program.functions.len()];
    let mut work: Vec<FunctionId> = roots.into_iter().collect();
    while let Some(function) = work.pop() {
        if !std::mem::replace(&mut reachable[function.index()], true) {
            let insts = program.functions[function.index()].insts.iter();
            work.extend(insts.filter(|inst| names_function(inst)).map(Inst::function));
        }
    }
    reachable
}

/// Leaves out the functions that `main` came to before and does not come to now. What nobody called in the first place
/// stays, for whoever looks at the code of a function that is not used yet.
fn drop_uncalled(program: &mut Program, before: &[bool]) {
    let unused = (0..before.len() as u32).map(FunctionId).filter(|f| !before[f.index()]);
    let kept = reachable_from(program, unused.chain([program.main]));
    let mut next = 0;
    let numbers: Vec<u64> = kept
        .iter()
        .map(|&kept| {
            next += u64::from(kept);
            next - u64::from(kept)
        })
        .collect();
    let mut at = kept.iter();
    program.functions.retain(|_| at.next().is_some_and(|&kept| kept));
    for function in &mut program.functions {
        for inst in function.insts.iter_mut().filter(|inst| names_function(inst)) {
            inst.imm = numbers[inst.imm as usize];
        }
    }
    program.main = FunctionId(numbers[program.main.index()] as u32);
}
