//! Finds out in which range ints lie and which of them are less than others or than the length of a list: a function goes
//! in, the same one comes out with *proved* ops where nothing can overflow or be outside, and with constants where
//! only one value is left.
//!
//! What is known ([`known`]) is an interval for each int, by the rules of [`mochi_ir::facts`], and a few differences
//! `a <= b + c` between ints and lengths, as in the graph of ABCD (Bodik, Gupta and Sarkar, PLDI 2000). The builder
//! knows the intervals already when it writes a function; this pass knows them through calls that are inlined, around loops, and
//! with lengths.
//!
//! - The walk is over the dominator tree, in the order of blocks, so that all forward edges to a block are seen before it. What a
//!   branch tells holds in what its edge dominates, and is taken back behind it; a value cannot
//!   have been defined anew since, for its definition dominates the place.
//! - A parameter of a loop that every turn only adds to, or only takes from, is bounded by what it begins with ([`turns`]). A list
//!   that grows by one item a turn, beside an int that grows by one, keeps its distance from that.
//! - A second walk knows more of such parameters: they are what comes in or what the first walk has found for the back edges. What
//!   the first walk found is true, so what follows from it is, too.
//! - The length of a list is that of the *value*: an op that changes a list takes it over and gives another value. The one
//!   exception, `list_append_shared`, makes lists with that representation of items unknown in the whole program.
//!
//! Both walks are linear: a proof takes a limited number of steps.

mod known;
mod turns;

use known::Known;
use mochi_abi::functions::RuntimeFunction;
use mochi_ir::cfg::Cfg;
use mochi_ir::facts::{self, Fact};
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, Inst, Program, Value};
use mochi_ir::sem;
use mochi_ir::types::Type;

/// More operands than any op has whose meaning is [`sem::scalar`].
const MOST_OPERANDS: usize = 3;

/// Proves what can be proved in all functions.
pub fn prove(program: &mut Program) {
    let growing = growing(program);
    for function in &mut program.functions {
        if function.insts.iter().any(|inst| is_improvable(inst.op)) {
            prove_function(function, &growing);
        }
    }
}

/// By type of list whether one can grow while somebody else holds it.
fn growing(program: &Program) -> [bool; Type::ALL.len()] {
    let mut growing = [false; Type::ALL.len()];
    for function in &program.functions {
        for inst in &function.insts {
            if inst.op == Op::CallRuntime && inst.runtime() == RuntimeFunction::ListAppendShared {
                growing[function.ty(function.args(inst)[0]) as usize] = true;
            }
        }
    }
    growing
}

/// Whether more can be known of an op than its row says.
const fn is_improvable(op: Op) -> bool {
    matches!(
        op,
        Op::I64Add
            | Op::I64Sub
            | Op::I64Mul
            | Op::I64Div
            | Op::I64Rem
            | Op::I64Cmp
            | Op::F64Div
            | Op::ListGet
            | Op::ListSet
    )
}

/// What becomes of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    /// What it was.
    Same,
    /// This op on the same operands.
    Op(Op),
    /// The constant with this word.
    Constant(u64),
    /// This op, and its result is this operand.
    Operand(Op, Value),
}

fn prove_function(function: &mut Function, growing: &[bool]) {
    let cfg = Cfg::new(function);
    let has_loops = function.blocks.iter().any(|block| block.is_loop_header);
    let mut walk = Walk::new(function, &cfg, growing);
    walk.run();
    if has_loops {
        walk.begin_again();
        walk.run();
    }
    let better = walk.better;
    rewrite(function, &better);
}

fn rewrite(function: &mut Function, better: &[(u32, Better)]) {
    let mut operands: Vec<(Value, Value)> = Vec::new();
    for &(at, better) in better {
        let inst = &mut function.insts[at as usize];
        match better {
            Better::Same => {}
            Better::Op(op) => inst.op = op,
            Better::Operand(op, value) => {
                inst.op = op;
                operands.extend(inst.result.map(|result| (result, value)));
            }
            Better::Constant(word) => {
                let ty = inst.result.map(|result| function.values[result.index()]);
                inst.op = match ty {
                    Some(Type::F64) => Op::F64Const,
                    Some(Type::Bool) => Op::BoolConst,
                    _ => Op::I64Const,
                };
                inst.arg_count = 0;
                inst.imm = word;
            }
        }
    }
    if operands.is_empty() {
        return;
    }
    // An operand stands before what it stands for, so one step finds the end of a chain.
    let mut stands_for: Vec<Value> = (0..function.values.len() as u32).map(Value).collect();
    operands.sort_unstable();
    for (result, value) in operands {
        stands_for[result.index()] = stands_for[value.index()];
    }
    let params: Vec<_> = function.blocks.iter().map(|block| block.params.clone()).collect();
    debug_assert!(params.iter().flat_map(Clone::clone).all(|place| {
        let param = function.pool[place as usize];
        stands_for[param.index()] == param
    }));
    for value in &mut function.pool {
        *value = stands_for[value.index()];
    }
}

/// A walk over a function.
struct Walk<'f> {
    function: &'f Function,
    cfg: &'f Cfg,
    known: Known<'f>,
    /// By value, of the parameters of blocks: what has come in by forward edges so far.
    forward: Vec<Option<Fact>>,
    /// The same by back edges, as the first walk finds it.
    back: Vec<Option<Fact>>,
    is_second: bool,
    /// The blocks that each block dominates at once, as lists from the last to the first.
    child: Vec<u32>,
    sibling: Vec<u32>,
    better: Vec<(u32, Better)>,
}

const NONE: u32 = u32::MAX;

/// What the walk does next.
enum Step {
    Enter(Block),
    /// Takes back what is known behind a mark.
    Leave(usize),
}

impl<'f> Walk<'f> {
    fn new(function: &'f Function, cfg: &'f Cfg, growing: &[bool]) -> Walk<'f> {
        let mut child = vec![NONE; function.blocks.len()];
        let mut sibling = vec![NONE; function.blocks.len()];
        for block in function.block_ids() {
            if let Some(parent) = cfg.immediate_dominator(block) {
                sibling[block.index()] = child[parent.index()];
                child[parent.index()] = block.0;
            }
        }
        Walk {
            function,
            cfg,
            known: Known::new(function, growing),
            forward: vec![None; function.values.len()],
            back: vec![None; function.values.len()],
            is_second: false,
            child,
            sibling,
            better: Vec::new(),
        }
    }

    fn begin_again(&mut self) {
        self.forward.fill(None);
        self.known.forget();
        self.better.clear();
        self.is_second = true;
    }

    fn run(&mut self) {
        let mut steps = vec![Step::Enter(Block(0))];
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave(mark) => self.known.take_back(mark),
                Step::Enter(block) => {
                    steps.push(Step::Leave(self.known.mark()));
                    self.block(block);
                    // The list is backwards, and so is the stack: the first block comes first.
                    let mut child = self.child[block.index()];
                    while child != NONE {
                        steps.push(Step::Enter(Block(child)));
                        child = self.sibling[child as usize];
                    }
                }
            }
        }
    }

    fn block(&mut self, block: Block) {
        if let &[only] = self.cfg.preds(block) {
            let targets = self.function.block_targets(only);
            let place = targets.iter().position(|target| target.block == block);
            self.learn_edge(only, place.expect("a predecessor has an edge to its block"));
        }
        self.learn_params(block);
        for (id, inst) in self.function.block_insts(block) {
            let better = self.learn(inst);
            if better != Better::Same {
                self.better.push((id.0, better));
            }
        }
        for (place, target) in self.function.block_targets(block).iter().enumerate() {
            let is_back = target.block <= block;
            if is_back && self.is_second {
                continue;
            }
            let mark = self.known.mark();
            self.learn_edge(block, place);
            let params = self.function.block_params(target.block);
            for (&param, &arg) in params.iter().zip(self.function.target_args(target)) {
                let fact = self.known.fact(arg);
                let joined = if is_back { &mut self.back } else { &mut self.forward };
                let before = &mut joined[param.index()];
                *before = Some(before.map_or(fact, |before| before.or(fact)));
            }
            self.known.take_back(mark);
        }
    }

    /// What the parameters of a block are, from the edges to it.
    fn learn_params(&mut self, block: Block) {
        let data = &self.function.blocks[block.index()];
        let is_header = data.is_loop_header;
        let turns = is_header.then(|| turns::find(self.function, self.cfg, &self.known, block));
        for (place, &param) in self.function.block_params(block).iter().enumerate() {
            let any = Fact::of(self.function.ty(param));
            let Some(forward) = self.forward[param.index()] else {
                self.known.define(param, any);
                continue;
            };
            let fact = match &turns {
                None => forward,
                Some(turns) => {
                    let bounded = turns.bound(place, forward, any);
                    match self.back[param.index()] {
                        Some(back) if self.is_second => forward.or(back).and(bounded),
                        None if self.is_second => forward,
                        _ => bounded,
                    }
                }
            };
            self.known.define(param, fact);
        }
        for &(a, b, by) in turns.iter().flat_map(|turns| &turns.differences) {
            self.known.at_most(a, b, by);
        }
    }

    /// What the end of a block tells by going to its target at this place.
    fn learn_edge(&mut self, block: Block, place: usize) {
        let end = self.function.blocks[block.index()].insts.end as usize - 1;
        let inst = &self.function.insts[end];
        let Some(&value) = self.function.args(inst).first() else { return };
        match inst.op {
            Op::Branch => self.known.learn_condition(value, place == 0),
            Op::Switch if place + 1 != self.function.block_targets(block).len() => {
                let word = (inst.imm as i64).wrapping_add(place as i64);
                self.known.refine(value, Fact::int(word));
            }
            _ => {}
        }
    }

    /// What is known of the result of an instruction and behind it, and what can stand in its place.
    fn learn(&mut self, inst: &Inst) -> Better {
        let args = self.function.args(inst);
        if let (Op::ListGet | Op::ListSet | Op::ListTake, &[list, index, ..]) = (inst.op, args) {
            return self.learn_item(inst, list, index);
        }
        let Some(result) = inst.result else { return Better::Same };
        let ty = self.function.ty(result);
        if let Some(word) = self.constant(inst, args) {
            let fact = if ty == Type::F64 { Fact::Float(word) } else { Fact::int(word as i64) };
            self.known.define(result, fact);
            return Better::Constant(word);
        }
        let (better, fact) = match (inst.op, args) {
            (Op::I64Const | Op::BoolConst, _) => (Better::Same, Fact::int(inst.imm as i64)),
            (Op::F64Const, _) => (Better::Same, Fact::Float(inst.imm)),
            (
                Op::I64Add
                | Op::I64Sub
                | Op::I64Mul
                | Op::I64Div
                | Op::I64Rem
                | Op::I64AddProved
                | Op::I64SubProved
                | Op::I64MulProved
                | Op::I64DivProved
                | Op::I64RemProved,
                &[a, b],
            ) => self.arithmetic(inst.op, a, b),
            (Op::I64Neg, &[a]) => {
                (Better::Same, facts::arithmetic(Op::I64Neg, self.known.fact(a), Fact::int(0)).1)
            }
            (Op::I64Cmp, &[a, b]) => match self.known.decide(inst.condition(), a, b) {
                Some(holds) => (Better::Constant(u64::from(holds)), Fact::int(i64::from(holds))),
                None => (Better::Same, Fact::of(ty)),
            },
            (Op::F64Div, &[_, b]) if self.is_never_zero(b) => {
                (Better::Op(Op::F64DivProved), Fact::Unknown)
            }
            (Op::Select, &[_, a, b]) => (Better::Same, self.known.fact(a).or(self.known.fact(b))),
            (Op::ListLen, _) => (Better::Same, self.known.fact(result)),
            (Op::RecordShape, _) => (Better::Same, Fact::Ints { lo: 0, hi: i64::from(u32::MAX) }),
            (Op::ListOf, _) => {
                self.known.define_length(result, Fact::int(args.len() as i64));
                return Better::Same;
            }
            (Op::ListNew, _) => {
                self.known.define_length(result, Fact::int(0));
                return Better::Same;
            }
            (Op::ListPush, &[list, _]) => {
                let longer =
                    facts::arithmetic(Op::I64Add, self.known.length_fact(list), Fact::int(1));
                self.known.define_length(result, longer.1);
                return Better::Same;
            }
            (Op::CallRuntime, _) => match inst.runtime() {
                RuntimeFunction::StrLen | RuntimeFunction::AnyLen | RuntimeFunction::MapLen => {
                    (Better::Same, self.known.fact(result).and(Fact::LENGTH))
                }
                _ => (Better::Same, Fact::of(ty)),
            },
            _ => (Better::Same, Fact::of(ty)),
        };
        self.known.define(result, fact);
        better
    }

    /// The word of a result whose operands are constants, when the op does not trap for them.
    fn constant(&self, inst: &Inst, args: &[Value]) -> Option<u64> {
        if args.is_empty() || args.len() > MOST_OPERANDS {
            return None;
        }
        let ty = self.function.ty(inst.result?);
        if !matches!(ty, Type::I64 | Type::F64 | Type::Bool) {
            return None;
        }
        let mut words = [0; MOST_OPERANDS];
        for (word, &arg) in words.iter_mut().zip(args) {
            *word = self.known.fact(arg).constant()?;
        }
        sem::scalar(inst.op, inst.imm, &words[..args.len()])?.ok()
    }

    fn arithmetic(&mut self, op: Op, a: Value, b: Value) -> (Better, Fact) {
        let (fa, fb) = (self.known.fact(a), self.known.fact(b));
        let (proved, mut fact) = facts::arithmetic(op, fa, fb);
        if a == b && matches!(op, Op::I64Mul | Op::I64MulProved) {
            fact = fact.and(Fact::Ints { lo: 0, hi: i64::MAX });
        }
        let better = match facts::unchanged(op, fa, fb) {
            Some(place) => Better::Operand(proved, [a, b][place]),
            None => match (proved.has(mochi_ir::op::TRAPS), fact.constant()) {
                (false, Some(word)) => Better::Constant(word),
                _ if proved != op => Better::Op(proved),
                _ => Better::Same,
            },
        };
        (better, fact)
    }

    /// An int that is not 0 is a float that is not.
    fn is_never_zero(&self, value: Value) -> bool {
        if let Fact::Float(bits) = self.known.fact(value) {
            return f64::from_bits(bits) != 0.0;
        }
        match self.known.definition(value) {
            Some(inst) if inst.op == Op::I64ToF64 => {
                let (lo, hi) = self.known.fact(self.function.args(inst)[0]).range();
                lo > 0 || hi < 0
            }
            _ => false,
        }
    }

    /// An access to an item: inside, when the index is neither negative nor as large as the length. Behind one that is checked, it
    /// is not as large.
    fn learn_item(&mut self, inst: &Inst, list: Value, index: Value) -> Better {
        let inside =
            self.known.fact(index).range().0 >= 0 && self.known.is_below_length(index, list);
        self.known.below_length(index, list);
        if let Some(result) = inst.result {
            self.known.define(result, Fact::of(self.function.ty(result)));
        }
        match inst.op {
            Op::ListGet if inside => Better::Op(Op::ListLoad),
            Op::ListSet if inside => Better::Op(Op::ListStore),
            _ => Better::Same,
        }
    }
}
