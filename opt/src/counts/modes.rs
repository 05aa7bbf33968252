//! Decides for each reference of a function whether it is owned or lent, and who holds it.
//!
//! An op whose row says `borrow` gives a reference that somebody else owns. It stays lent when, from its definition to its
//! last use, nothing can write to the slot it was found in, and what it was found in is not taken over. Uses of what is lent
//! from it in turn count as its own, so a chain `a[i][j]` costs no counts as long as the whole chain is untouched.
//! References are looked at from the last definition to the first, so that what is lent further is decided before. The
//! part of the function that lies between definition and uses is walked backwards from each use, block by block, as
//! long as nothing has been found.

use super::is_same_reference;
use crate::slots::{self, Slots};
use mochi_ir::cfg::Cfg;
use mochi_ir::op::{Op, Outcome};
use mochi_ir::program::{Block, Function, Program, Value};
use mochi_ir::types::Type;
use mochi_ir::verify::counts::takes_over;

/// A reference that is reached through more lent ones than this is owned, so that no use is looked at more often.
const MAX_CHAIN: u8 = 8;

/// Stands for no value and no use.
const NONE: u32 = u32::MAX;

/// How a value takes part in counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Not at all.
    Uncounted,
    /// It owns; the number is its reference's place in [`Modes::owned`].
    Owned(u32),
    /// It is lent, and held by the owned reference with this number.
    Held(u32),
    /// It is lent by the caller or the program.
    Lent,
}

/// A use of a reference or of what is lent from it.
#[derive(Debug, Clone, Copy)]
struct Use {
    block: Block,
    inst: u32,
    /// The reference is needed while the instruction runs, not only by a `dup` before it or by being taken over.
    during: bool,
    next: u32,
}

/// A reference that owns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owned {
    /// The value that defines it.
    pub(super) value: Value,
    /// Where that is defined.
    pub(super) block: Block,
    first_use: u32,
}

/// What has been decided.
#[derive(Debug)]
pub(super) struct Modes {
    modes: Vec<Mode>,
    /// The references that own, in the order of their definitions.
    pub(super) owned: Vec<Owned>,
    uses: Vec<Use>,
    /// By value: it was found in a slot, and is owned because of a `dup` after that.
    taken: Vec<bool>,
}

impl Modes {
    pub(super) fn of(&self, value: Value) -> Mode {
        self.modes[value.index()]
    }

    /// Whether a `dup` after the definition of this value makes it owned.
    pub(super) fn needs_dup(&self, value: Value) -> bool {
        self.taken[value.index()]
    }

    /// The blocks in which an owned reference is used.
    pub(super) fn use_blocks(&self, owned: &Owned) -> impl Iterator<Item = Block> {
        let mut at = owned.first_use;
        std::iter::from_fn(move || {
            let found = self.uses.get(at as usize)?;
            at = found.next;
            Some(found.block)
        })
    }
}

/// Decides for a whole function.
pub(super) fn decide(
    program: &Program,
    function: &Function,
    cfg: &Cfg,
    written: &[Slots],
) -> Modes {
    let mut references = References::find(function);
    references.find_uses(program, function);
    if !references.found.is_empty() {
        let mut decision = Decision::new(function, cfg, written, &references);
        for at in (0..references.found.len()).rev() {
            let found = references.found[at];
            let lent = decision.can_be_lent(&references, &found);
            references.settle(&found, lent);
        }
    }
    references.finish(function)
}

/// What a reference is before it is decided who owns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Uncounted,
    Owned,
    Lent,
    /// Found in a slot; to be decided. The number is its place in [`References::found`].
    Found(u32),
}

/// A reference that was found in a slot.
#[derive(Debug, Clone, Copy)]
struct Found {
    value: Value,
    block: Block,
    inst: u32,
    /// The reference to what holds the slot, unless that is a global.
    owner: Option<Value>,
    slots: Slots,
    lent: bool,
}

/// The references of a function. A reference is named by the value that defines it.
struct References {
    /// By value: the reference it is.
    root: Vec<Value>,
    /// By reference.
    kind: Vec<Kind>,
    block: Vec<Block>,
    found: Vec<Found>,
    uses: Vec<Use>,
    /// By reference: its uses, as a list from the first to the last number in `uses`.
    first_use: Vec<u32>,
    last_use: Vec<u32>,
    /// By reference that owns from the start: the instructions that take it over, in order.
    taken_over: Vec<(Value, u32)>,
}

impl References {
    fn find(function: &Function) -> References {
        let count = function.values.len();
        let mut this = References {
            root: (0..count as u32).map(Value).collect(),
            kind: vec![Kind::Uncounted; count],
            block: vec![Block(0); count],
            found: Vec::new(),
            uses: Vec::new(),
            first_use: vec![NONE; count],
            last_use: vec![NONE; count],
            taken_over: Vec::new(),
        };
        let mut depth = Vec::new();
        for block in function.block_ids() {
            for (place, &param) in function.block_params(block).iter().enumerate() {
                if function.ty(param).rep().is_counted() {
                    let owns = block != Block(0) || function.params[place].own;
                    this.kind[param.index()] = if owns { Kind::Owned } else { Kind::Lent };
                    this.block[param.index()] = block;
                }
            }
            for (id, inst) in function.block_insts(block) {
                let Some(result) = inst.result else { continue };
                if !function.ty(result).rep().is_counted() {
                    continue;
                }
                this.block[result.index()] = block;
                if is_same_reference(function, inst) {
                    this.root[result.index()] = this.root[function.args(inst)[0].index()];
                    continue;
                }
                this.kind[result.index()] = match inst.op {
                    Op::None => Kind::Uncounted,
                    Op::StrConst => Kind::Lent,
                    // A bool or a float is never an object.
                    Op::AnyFrom if function.ty(function.args(inst)[0]) != Type::I64 => {
                        Kind::Uncounted
                    }
                    op if op.row().borrows => {
                        let owner = function.args(inst).first().map(|arg| this.root[arg.index()]);
                        let below = match owner.map(|owner| this.kind[owner.index()]) {
                            Some(Kind::Found(found)) => depth[found as usize],
                            _ => 0,
                        };
                        if below == MAX_CHAIN {
                            Kind::Owned
                        } else {
                            depth.push(below + 1);
                            this.found.push(Found {
                                value: result,
                                block,
                                inst: id.0,
                                owner,
                                slots: slots::source(function, inst),
                                lent: false,
                            });
                            Kind::Found(this.found.len() as u32 - 1)
                        }
                    }
                    op => {
                        debug_assert!(op.row().result != Outcome::Nothing);
                        Kind::Owned
                    }
                };
            }
        }
        this
    }

    fn find_uses(&mut self, program: &Program, function: &Function) {
        for block in function.block_ids() {
            for (id, inst) in function.block_insts(block) {
                for (place, &arg) in function.args(inst).iter().enumerate() {
                    let taken_over =
                        self.kind_of(arg) != Kind::Uncounted && takes_over(program, inst, place);
                    self.add_use(arg, block, id.0, taken_over);
                }
            }
            let last = function.blocks[block.index()].insts.end - 1;
            for target in function.block_targets(block) {
                for &arg in function.target_args(target) {
                    self.add_use(arg, block, last, true);
                }
            }
        }
        self.taken_over.sort_unstable();
    }

    fn kind_of(&self, value: Value) -> Kind {
        self.kind[self.root[value.index()].index()]
    }

    fn add_use(&mut self, value: Value, block: Block, inst: u32, taken_over: bool) {
        let root = self.root[value.index()];
        let kind = self.kind[root.index()];
        if matches!(kind, Kind::Uncounted | Kind::Lent) {
            return;
        }
        if kind == Kind::Owned && taken_over {
            self.taken_over.push((root, inst));
        }
        let number = self.uses.len() as u32;
        self.uses.push(Use { block, inst, during: !taken_over, next: NONE });
        self.append(root, number, number);
    }

    fn append(&mut self, root: Value, first: u32, last: u32) {
        match self.last_use[root.index()] {
            NONE => self.first_use[root.index()] = first,
            before => self.uses[before as usize].next = first,
        }
        self.last_use[root.index()] = last;
    }

    /// Notes what was decided. The uses of what is lent are uses of what it was found in.
    fn settle(&mut self, found: &Found, lent: bool) {
        let at = found.value.index();
        if let Kind::Found(number) = self.kind[at] {
            self.found[number as usize].lent = lent;
        }
        if let (true, Some(owner)) = (lent, found.owner)
            && self.first_use[at] != NONE
            && self.kind[owner.index()] != Kind::Lent
        {
            self.append(owner, self.first_use[at], self.last_use[at]);
        }
    }

    fn finish(self, function: &Function) -> Modes {
        let count = self.root.len();
        let mut owned = Vec::new();
        let mut modes = vec![Mode::Uncounted; count];
        let mut taken = vec![false; count];
        let mut define = |value: Value, modes: &mut Vec<Mode>| {
            let at = value.index();
            if self.root[at] != value {
                modes[at] = modes[self.root[at].index()];
                return;
            }
            modes[at] = match self.kind[at] {
                Kind::Uncounted => Mode::Uncounted,
                Kind::Lent => Mode::Lent,
                Kind::Found(number) if self.found[number as usize].lent => {
                    match self.found[number as usize].owner.map(|owner| modes[owner.index()]) {
                        Some(Mode::Owned(holder) | Mode::Held(holder)) => Mode::Held(holder),
                        _ => Mode::Lent,
                    }
                }
                kind => {
                    taken[at] = matches!(kind, Kind::Found(_));
                    owned.push(Owned {
                        value,
                        block: self.block[at],
                        first_use: self.first_use[at],
                    });
                    Mode::Owned(owned.len() as u32 - 1)
                }
            };
        };
        for block in function.block_ids() {
            for &param in function.block_params(block) {
                define(param, &mut modes);
            }
            for (_, inst) in function.block_insts(block) {
                if let Some(result) = inst.result {
                    define(result, &mut modes);
                }
            }
        }
        Modes { modes, owned, uses: self.uses, taken }
    }
}

/// What is needed to decide whether a reference can stay lent.
struct Decision<'f> {
    function: &'f Function,
    cfg: &'f Cfg,
    written: &'f [Slots],
    /// By kind of slot: the instructions that can write to it, in order.
    writers: Vec<Vec<u32>>,
    /// By block: what its instructions can write to.
    block_writes: Vec<Slots>,
    /// By block: the last reference that was found to leave it alive.
    walked: Vec<Value>,
    work: Vec<Block>,
}

impl<'f> Decision<'f> {
    fn new(
        function: &'f Function,
        cfg: &'f Cfg,
        written: &'f [Slots],
        references: &References,
    ) -> Decision<'f> {
        let asked = references.found.iter().fold(0, |slots, found| slots | found.slots);
        let mut writers = vec![Vec::new(); slots::KINDS];
        let mut block_writes = vec![0; function.blocks.len()];
        for block in function.block_ids() {
            for (id, inst) in function.block_insts(block) {
                let mut writes = slots::writes(function, inst, written) & asked;
                block_writes[block.index()] |= writes;
                while writes != 0 {
                    writers[writes.trailing_zeros() as usize].push(id.0);
                    writes &= writes - 1;
                }
            }
        }
        Decision {
            function,
            cfg,
            written,
            writers,
            block_writes,
            walked: vec![Value(NONE); function.blocks.len()],
            work: Vec::new(),
        }
    }

    fn can_be_lent(&mut self, references: &References, found: &Found) -> bool {
        let ends = self.taking_over(references, found);
        if ends.is_empty() && found.slots == 0 {
            return true;
        }
        let data = |block: Block| &self.function.blocks[block.index()].insts;
        let mut at = references.first_use[found.value.index()];
        while let Some(user) = references.uses.get(at as usize) {
            at = user.next;
            if user.during && self.is_disturbed_during(user.inst, found, ends) {
                return false;
            }
            let start = if user.block == found.block {
                found.inst + 1
            } else {
                self.work.extend_from_slice(self.cfg.preds(user.block));
                data(user.block).start
            };
            if self.is_disturbed(start, user.inst, found, ends) {
                self.work.clear();
                return false;
            }
            while let Some(block) = self.work.pop() {
                if std::mem::replace(&mut self.walked[block.index()], found.value) == found.value {
                    continue;
                }
                let insts = data(block);
                let disturbed = if block == found.block {
                    self.is_disturbed(found.inst + 1, insts.end, found, ends)
                } else {
                    self.work.extend_from_slice(self.cfg.preds(block));
                    self.block_writes[block.index()] & found.slots != 0
                        || contains(ends, insts.start, insts.end, |&(_, inst)| inst)
                };
                if disturbed {
                    self.work.clear();
                    return false;
                }
            }
        }
        true
    }

    /// The instructions that take over what the reference was found in, when that owns.
    fn taking_over<'r>(&self, references: &'r References, found: &Found) -> &'r [(Value, u32)] {
        match found.owner {
            Some(owner) if references.kind[owner.index()] == Kind::Owned => {
                let all = &references.taken_over;
                let start = all.partition_point(|&(value, _)| value < owner);
                let end = all.partition_point(|&(value, _)| value <= owner);
                &all[start..end]
            }
            _ => &[],
        }
    }

    /// Whether something between two instructions, the second not included, ends what the reference relies on.
    fn is_disturbed(&self, start: u32, end: u32, found: &Found, ends: &[(Value, u32)]) -> bool {
        let mut slots = found.slots;
        while slots != 0 {
            if contains(&self.writers[slots.trailing_zeros() as usize], start, end, |&inst| inst) {
                return true;
            }
            slots &= slots - 1;
        }
        contains(ends, start, end, |&(_, inst)| inst)
    }

    fn is_disturbed_during(&self, inst: u32, found: &Found, ends: &[(Value, u32)]) -> bool {
        let data = &self.function.insts[inst as usize];
        let writes = slots::writes(self.function, data, self.written);
        slots::writes_early(data) && writes & found.slots != 0
            || contains(ends, inst, inst + 1, |&(_, inst)| inst)
    }
}

/// Whether a sorted list has a number from `start` to `end`, the latter not included.
fn contains<T>(sorted: &[T], start: u32, end: u32, number: impl Fn(&T) -> u32) -> bool {
    let at = sorted.partition_point(|item| number(item) < start);
    sorted.get(at).is_some_and(|item| number(item) < end)
}
