//! Places `dup` and `drop`: a program without them goes in, one comes out that frees every object when nobody
//! needs it any more. After Perceus (Reinking, Xie, de Moura, Leijen, PLDI 2021), with borrowed
//! parameters after Ullrich and de Moura (IFL 2019).
//!
//! What holds afterwards, of every path through a function:
//!
//! - An object's count is the number of its *owners*: slots of other objects, globals, constants of the program, and
//!   values of running functions that own it. A value owns one count from its definition to its end, or
//!   none at all.
//! - `any.from` of an object, `any.to` and `check.some` change no bit: their result is the *same reference* as their
//!   operand, under another type. Counts are kept for the reference, whichever of its values an instruction names;
//!   these three ops neither consume nor produce one.
//! - A reference that is owned is consumed exactly once: by the last instruction that
//!   takes it over, or by a `drop` after its last use. Where it is taken over and needed afterwards, a `dup` stands before.
//! - A reference that is *lent* owns nothing: a borrowed parameter, a constant, or what an op whose row says `borrow` found
//!   in a slot. Where something takes it over, a `dup` stands before. Its *holder*, the owned reference through which it was
//!   reached, lives at least as long; and between its definition and its last use no instruction can write
//!   to the slot it was found in. Where this cannot be shown, a `dup` stands after the definition and the reference is owned.
//! - Block parameters are owned. Arguments are taken over on the edge.
//! - What cannot be an object (`none`, a bool or float as `any`) is not counted.
//! - A block that ends in `trap` need not be left with everything consumed, nor need the edge to it: what a stopped program
//!   owned is swept.
//!
//! [`ownership`] decides which parameters own, [`crate::slots`] which slots an instruction can write to, [`modes`] which references are
//! lent, [`place`] where `dup` and `drop` go.

mod modes;
mod ownership;
mod place;

use mochi_ir::cfg::Cfg;
use mochi_ir::op::Op;
use mochi_ir::program::{Function, Inst, Program};

/// Places `dup` and `drop` in all functions, and decides which parameters own what they are given.
pub fn place_counts(program: &mut Program) {
    ownership::infer(program);
    let writes = crate::slots::written(program);
    for number in 0..program.functions.len() {
        let function = &program.functions[number];
        if !function.values.iter().any(|ty| ty.rep().is_counted()) {
            continue;
        }
        let cfg = Cfg::new(function);
        let modes = modes::decide(program, function, &cfg, &writes);
        let placed = place::place(program, function, &cfg, &modes);
        program.functions[number] = placed;
    }
}

/// Whether the result of an instruction is the same reference as its operand.
fn is_same_reference(function: &Function, inst: &Inst) -> bool {
    let counted = |value| function.ty(value).rep().is_counted();
    match inst.op {
        Op::AnyFrom => counted(function.args(inst)[0]),
        Op::AnyTo => inst.result.is_some_and(counted),
        Op::CheckSome => true,
        _ => false,
    }
}
