//! Looks through a function before it is encoded and decides for each value where it goes: its home slot, the window of
//! the call that is its only use, or nowhere, because it is encoded into the instruction that uses it.
//!
//! One pass over the instructions and one over the values.
//! - A *constant* goes into its users where they have an immediate for it. What is left is set once, at the
//!   function's start, when a use is in a loop (*hoisted*), else where it is used first in each block (*lazy*).
//! - A *comparison* whose only use is the branch after it, a *product* whose only use is the sum after it, and a list
//!   got from a list only to get or set its item, become part of that. Nothing between the two **must** write a slot, because the operands' slots may be given away there.
//! - An *argument* made for a call and nothing else is made in the call's window, when no other call is in between.

use mochi_abi::functions::CALLS;
use mochi_abi::layout::Rep;
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, Inst, InstId, Value};
use mochi_ir::types::Type;

/// How a value comes to its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In its place.
    Slot,
    /// In its place, from the function's start.
    Hoisted,
    /// A constant that is put in its place where a block first needs it there.
    Lazy,
    /// In the instruction that uses it.
    Fused,
}

/// A constant: the word itself, or a string by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constant {
    Word(u64),
    Text(u32),
}

/// Beyond so many, a constant is no longer hoisted: they cost a slot in each frame and an instruction in each call.
const MAX_HOISTED: usize = 48;

const NO_INST: u32 = u32::MAX;
const NO_PLACE: u32 = u32::MAX;

/// What is known of a function's values. Reused from function to function.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) way: Vec<Way>,
    /// The slot, unless the way is `Fused`.
    pub(super) place: Vec<u32>,
    /// The instruction that defines it, [`NO_INST`] for parameters.
    def: Vec<u32>,
    uses: Vec<u8>,
    /// The place in a window, for values that may be made there.
    window: Vec<u32>,
    /// What the function's start sets.
    pub(super) hoisted: Vec<(Constant, u32)>,
    /// Slots of a frame, hoisted constants included.
    pub(super) frame: u32,
    /// The most arguments of a call, tail calls included.
    pub(super) arguments: u32,
}

/// What the instruction defines, when it is a constant.
pub(super) fn constant(inst: &Inst) -> Option<Constant> {
    match inst.op {
        Op::I64Const | Op::F64Const | Op::BoolConst => Some(Constant::Word(inst.imm)),
        Op::None => Some(Constant::Word(0)),
        Op::StrConst => Some(Constant::Text(inst.imm as u32)),
        _ => None,
    }
}

/// The constant as a 16-bit immediate.
pub(super) fn immediate(constant: Constant) -> Option<i16> {
    match constant {
        Constant::Word(bits) => i16::try_from(bits as i64).ok(),
        Constant::Text(_) => None,
    }
}

impl Plan {
    /// Plans a function whose values have these home slots.
    pub(super) fn make(
        &mut self,
        function: &Function,
        homes: impl Fn(Value) -> u32,
        slots: u32,
        wide: bool,
    ) {
        let values = function.values.len();
        self.way.clear();
        self.way.resize(values, Way::Slot);
        self.uses.clear();
        self.uses.resize(values, 0);
        self.def.clear();
        self.def.resize(values, NO_INST);
        self.window.clear();
        self.window.resize(values, NO_PLACE);
        self.hoisted.clear();
        self.arguments = 0;
        for block in function.block_ids() {
            self.block(function, block);
        }
        self.frame = slots;
        self.place.clear();
        for value in 0..values {
            let place = self.placed(function, Value(value as u32), &homes, wide);
            self.place.push(place);
        }
    }

    /// The constant that a value is.
    pub(super) fn constant_of(&self, function: &Function, value: Value) -> Option<Constant> {
        match self.def[value.index()] {
            NO_INST => None,
            def => constant(&function.insts[def as usize]),
        }
    }

    /// The instruction that was fused into its user.
    pub(super) fn fused<'f>(&self, function: &'f Function, value: Value) -> Option<&'f Inst> {
        let inst = function.insts.get(self.def[value.index()] as usize)?;
        (self.way[value.index()] == Way::Fused && constant(inst).is_none()).then_some(inst)
    }

    /// The number of the instruction that defines a value which is no parameter.
    pub(super) fn definition(&self, value: Value) -> InstId {
        InstId(self.def[value.index()])
    }

    /// The operand as an immediate of the instruction, when it is one.
    pub(super) fn immediate(
        &self,
        function: &Function,
        inst: &Inst,
        position: usize,
    ) -> Option<i16> {
        let constant = self.constant_of(function, function.args(inst)[position])?;
        immediate(constant).filter(|_| self.folds(function, inst, position, constant))
    }

    /// Whether the instruction has an immediate for this constant in this operand.
    fn folds(&self, function: &Function, inst: &Inst, position: usize, constant: Constant) -> bool {
        let small = immediate(constant);
        match inst.op {
            // The message of the trap shows the operands in their order.
            Op::I64Add | Op::I64Mul => small.is_some() && position == 1,
            Op::I64AddProved | Op::I64MulProved | Op::I64Cmp => {
                let other = function.args(inst)[1 - position];
                small.is_some() && (position == 1 || self.constant_of(function, other).is_none())
            }
            Op::I64Sub | Op::I64SubProved => small.is_some() && position == 1,
            Op::I64Div | Op::I64DivProved | Op::I64Rem | Op::I64RemProved => {
                position == 1 && small.is_some_and(|divisor| !matches!(divisor, 0 | -1))
            }
            Op::ListGet | Op::ListLoad => {
                let bytes = matches!(function.ty(function.args(inst)[0]), Type::ListBool);
                position == 1 && !bytes && small.is_some_and(|index| index >= 0)
            }
            Op::Return => {
                matches!(constant, Constant::Word(bits) if i32::try_from(bits as i64).is_ok())
            }
            // Moved into the window like any other argument.
            Op::Call | Op::TailCall | Op::CallClosure | Op::TailCallClosure => true,
            _ => false,
        }
    }

    fn block(&mut self, function: &Function, block: Block) {
        let in_loop = function.blocks[block.index()].loop_depth > 0;
        let start = function.blocks[block.index()].insts.start;
        // Values defined from here on can be made in the next call's window.
        let mut window_free = start;
        // The last instruction that wrote a slot.
        let mut last_write = NO_INST;
        // The last one that is there for its effect, and may have changed what was read before.
        let mut last_effect = None;
        for (id, inst) in function.block_insts(block) {
            let args = function.args(inst);
            for (position, &arg) in args.iter().enumerate() {
                let uses = &mut self.uses[arg.index()];
                *uses = uses.saturating_add(1);
                let def = self.def[arg.index()];
                if def == NO_INST {
                    continue;
                }
                if let Some(constant) = constant(&function.insts[def as usize])
                    && !self.folds(function, inst, position, constant)
                {
                    let way = &mut self.way[arg.index()];
                    if in_loop {
                        *way = Way::Hoisted;
                    } else if *way != Way::Hoisted {
                        *way = Way::Lazy;
                    }
                }
            }
            match inst.op {
                Op::Branch if self.fits_branch(function, args[0], start, last_write) => {
                    self.way[args[0].index()] = Way::Fused;
                }
                Op::F64Add | Op::F64Sub => {
                    // Adjacent, so nothing can have written a slot since; the later one of two products is the fused one.
                    if let Some(&product) = args
                        .iter()
                        .find(|arg| last_write != NO_INST && self.def[arg.index()] == last_write)
                        && function.insts[last_write as usize].op == Op::F64Mul
                        && last_write >= start
                        && args[0] != args[1]
                    {
                        self.way[product.index()] = Way::Fused;
                    }
                }
                Op::ListGet | Op::ListSet
                    if last_effect < Some(last_write)
                        && self.fits_nested(function, inst, start, last_write) =>
                {
                    self.way[args[0].index()] = Way::Fused;
                }
                Op::Call | Op::CallClosure => {
                    self.arguments = self.arguments.max(args.len() as u32);
                    for (position, &arg) in args.iter().enumerate() {
                        let def = self.def[arg.index()];
                        if def != NO_INST
                            && def >= window_free
                            && constant(&function.insts[def as usize]).is_none()
                        {
                            self.window[arg.index()] = position as u32;
                        }
                    }
                    // Its own result comes when its window is free again.
                    window_free = id.0;
                }
                Op::TailCall | Op::TailCallClosure => {
                    self.arguments = self.arguments.max(args.len() as u32)
                }
                // What it calls back may use the stack from the window on.
                Op::CallRuntime if inst.runtime().row().effects & CALLS != 0 => window_free = id.0,
                _ => {}
            }
            if inst.result.is_none() {
                last_effect = Some(id.0);
            }
            if let Some(result) = inst.result {
                self.def[result.index()] = id.0;
                if constant(inst).is_none() {
                    last_write = id.0;
                } else {
                    self.way[result.index()] = Way::Fused;
                    // In a loop it gets a slot of its own, else it may be lazy, in a slot given away by whoever might be fused.
                    if !in_loop {
                        last_write = NO_INST;
                    }
                }
            }
        }
        for target in function.block_targets(block) {
            for &arg in function.target_args(target) {
                let uses = &mut self.uses[arg.index()];
                *uses = uses.saturating_add(1);
            }
        }
    }

    /// Whether the branch on `condition` can make the comparison itself.
    fn fits_branch(
        &self,
        function: &Function,
        condition: Value,
        start: u32,
        last_write: u32,
    ) -> bool {
        let def = self.def[condition.index()];
        def != NO_INST
            && def == last_write
            && def >= start
            && matches!(
                function.insts[def as usize].op,
                Op::I64Cmp | Op::F64Cmp | Op::BoolEq | Op::RefSame | Op::IsNone | Op::BoolNot
            )
    }

    /// Whether the list that is read or written can be read from another by the same instruction: `a[i][j]`.
    fn fits_nested(&self, function: &Function, inst: &Inst, start: u32, last_write: u32) -> bool {
        let list = function.args(inst)[0];
        let def = self.def[list.index()];
        if def == NO_INST || def != last_write || def < start {
            return false;
        }
        let outer = &function.insts[def as usize];
        let is_counted = function.ty(list).item_rep().is_some_and(Rep::is_counted);
        let is_plain = |inst: &Inst| self.constant_of(function, function.args(inst)[1]).is_none();
        outer.op == Op::ListGet
            && self.way[function.args(outer)[0].index()] != Way::Fused
            && is_plain(outer)
            && is_plain(inst)
            && (inst.op == Op::ListGet || !is_counted)
    }

    fn placed(
        &mut self,
        function: &Function,
        value: Value,
        homes: &impl Fn(Value) -> u32,
        wide: bool,
    ) -> u32 {
        let i = value.index();
        match self.way[i] {
            Way::Hoisted => {
                let constant =
                    self.constant_of(function, value).expect("only constants are hoisted");
                if let Some((_, slot)) = self.hoisted.iter().find(|(other, _)| *other == constant) {
                    return *slot;
                }
                if self.hoisted.len() == MAX_HOISTED {
                    self.way[i] = Way::Lazy;
                } else {
                    self.hoisted.push((constant, self.frame));
                }
                self.frame += 1;
                self.frame - 1
            }
            Way::Fused if self.uses[i] == 1 || self.constant_of(function, value).is_some() => {
                NO_PLACE
            }
            // Used elsewhere as well, so it has to be somewhere.
            Way::Fused => {
                self.way[i] = Way::Slot;
                homes(value)
            }
            Way::Slot if self.uses[i] == 1 && self.window[i] != NO_PLACE && !wide => {
                self.window[i] | IN_WINDOW
            }
            Way::Slot | Way::Lazy => homes(value),
        }
    }
}

/// Marks a place as one in the window, whose start is known when all slots are.
pub(super) const IN_WINDOW: u32 = 1 << 31;
