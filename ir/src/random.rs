//! Makes random programs that are right and come to an end, from a number: what the tests of the text form, the
//! slots, the folder and every emitter run. Equal numbers give equal programs.
//!
//! The programs are of scalars: arithmetic at boundary values, comparisons, joins, loops, switches, calls, recursion,
//! tail calls, globals, printing and traps. They come to an end because a function and each turn of a loop takes one from a
//! global of *fuel*, and stops the program when there is none. Ops called *proved* are made only of operands that
//! are small by the way they were made.

use crate::builder::FunctionBuilder;
use crate::op::{Condition, Op};
use crate::program::{Function, FunctionId, Global, Program, Value};
use crate::types::Type;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_base::Span;

/// A generator of numbers: SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence that belongs to this number.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// What a random program is made with.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many functions there are beside the main one.
    pub functions: usize,
    /// About how many statements a function has.
    pub statements: usize,
    /// How many calls and turns of loops a run may take.
    pub fuel: i64,
    /// Whether the builder folds constants and proves ops.
    pub fold: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { functions: 4, statements: 25, fuel: 2000, fold: true }
    }
}

/// The global of fuel; the others follow it.
const FUEL: u64 = 0;

const TYPES: [Type; 3] = [Type::I64, Type::F64, Type::Bool];

/// What small ints are below, by amount: products of two and sums of many fit.
const SMALL: i64 = 1000;

const INTS: [i64; 14] = [
    0,
    1,
    -1,
    2,
    3,
    7,
    100,
    -1000,
    1 << 31,
    1 << 53,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
];

const FLOATS: [f64; 12] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.1,
    1e10,
    9.3e18,
    -1e300,
    5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// Makes the program that belongs to `seed`.
pub fn program(seed: u64, options: Options) -> Program {
    let mut random = Random::new(seed);
    let signatures: Vec<(Vec<Type>, Option<Type>)> = (0..=options.functions)
        .map(|number| {
            if number == 0 {
                return (Vec::new(), None);
            }
            let params = (0..random.below(5)).map(|_| random.pick(&TYPES)).collect();
            let result = if random.once_in(5) { None } else { Some(random.pick(&TYPES)) };
            (params, result)
        })
        .collect();
    let mut program = Program::default();
    let globals = [("fuel", Type::I64), ("i", Type::I64), ("f", Type::F64), ("b", Type::Bool)];
    for (name, ty) in globals {
        program.globals.push(Global { name: name.into(), ty });
    }
    for number in 0..signatures.len() {
        let function = Maker::new(&mut random, &signatures, number, options).run();
        program.functions.push(function);
    }
    program
}

/// Makes one function.
struct Maker<'m> {
    random: &'m mut Random,
    signatures: &'m [(Vec<Type>, Option<Type>)],
    number: usize,
    options: Options,
    builder: FunctionBuilder,
    /// Values that may be used here, by type as in [`TYPES`].
    values: [Vec<Value>; 3],
    /// Ints below [`SMALL`] that may be used here.
    small: Vec<Value>,
    statements_left: usize,
    depth: usize,
    /// Counts the source positions.
    position: u32,
}

fn kind(ty: Type) -> usize {
    TYPES.iter().position(|&other| other == ty).expect("programs are of scalars")
}

impl<'m> Maker<'m> {
    fn new(
        random: &'m mut Random,
        signatures: &'m [(Vec<Type>, Option<Type>)],
        number: usize,
        options: Options,
    ) -> Maker<'m> {
        let (params, result) = &signatures[number];
        let name = if number == 0 { "main".to_owned() } else { format!("f{number}") };
        let span = Span::at(number as u32 * 10_000);
        let (mut builder, args) = FunctionBuilder::new(&name, params, *result, span);
        builder.set_folding(options.fold);
        let mut values: [Vec<Value>; 3] = Default::default();
        for (&ty, value) in params.iter().zip(args) {
            values[kind(ty)].push(value);
        }
        let statements_left = options.statements / 2 + random.below(options.statements.max(1));
        Maker {
            random,
            signatures,
            number,
            options,
            builder,
            values,
            small: Vec::new(),
            statements_left,
            depth: 0,
            position: span.start,
        }
    }

    fn run(mut self) -> Function {
        if self.number == 0 {
            let fuel = self.builder.i64(self.options.fuel);
            self.builder.effect(Op::GlobalSet, &[fuel], FUEL);
        } else {
            self.burn();
        }
        self.statements();
        while self.builder.is_open() && self.statements_left > 0 {
            self.statements();
        }
        if self.builder.is_open() {
            for _ in 0..3 {
                self.print();
            }
            self.end();
        }
        self.builder.finish()
    }

    /// Takes one from the fuel, or stops the program.
    fn burn(&mut self) {
        let fuel = self.builder.emit(Op::GlobalGet, &[], FUEL, Type::I64);
        let one = self.builder.i64(1);
        let less = self.builder.emit(Op::I64Sub, &[fuel, one], 0, Type::I64);
        self.builder.effect(Op::GlobalSet, &[less], FUEL);
        let is_empty = self.builder.compare(Op::I64Cmp, Condition::Lt, less, one);
        let (stop, go_on) = (self.builder.block(), self.builder.block());
        self.builder.branch(is_empty, (stop, &[]), (go_on, &[]));
        self.builder.go_to(stop);
        self.builder.terminate(Op::Trap, &[less], TrapKind::Interrupted as u64, &[]);
        self.builder.go_to(go_on);
    }

    /// Some statements of a block.
    fn statements(&mut self) {
        for _ in 0..2 + self.random.below(6) {
            if self.statements_left == 0 || !self.builder.is_open() {
                return;
            }
            self.statements_left -= 1;
            self.position += 3;
            self.builder.span = Span::new(self.position, self.position + 2);
            self.statement();
        }
    }

    fn statement(&mut self) {
        match self.random.below(24) {
            0..=9 => {
                let ty = self.random.pick(&TYPES);
                let value = self.operation(ty);
                self.values[kind(ty)].push(value);
            }
            10 | 11 => self.small_operation(),
            12 | 13 => self.print(),
            14..=16 if self.depth < 4 => self.branch(),
            17 | 18 if self.depth < 3 => self.counted_loop(),
            19 if self.depth < 4 => self.switch(),
            20 | 21 => self.call(),
            22 => self.global(),
            23 if self.depth > 0 && self.random.once_in(6) => self.end(),
            _ => self.print(),
        }
    }

    /// A value of a type: one that is there, or a constant.
    fn value(&mut self, ty: Type) -> Value {
        let known = self.values[kind(ty)].len();
        if known > 0 && !self.random.once_in(4) {
            // Mostly a recent one.
            let back = if self.random.once_in(3) { known } else { known.min(4) };
            return self.values[kind(ty)][known - 1 - self.random.below(back)];
        }
        match ty {
            Type::F64 => {
                let value = self.random.pick(&FLOATS);
                self.builder.f64(value)
            }
            Type::Bool => {
                let value = self.random.once_in(2);
                self.builder.bool(value)
            }
            _ => {
                let value =
                    if self.random.once_in(3) { self.random.pick(&INTS) } else { self.small_int() };
                self.builder.i64(value)
            }
        }
    }

    fn small_int(&mut self) -> i64 {
        self.random.below(2 * SMALL as usize - 1) as i64 - SMALL + 1
    }

    fn small_value(&mut self) -> Value {
        if !self.small.is_empty() && !self.random.once_in(3) {
            return self.random.pick(&self.small);
        }
        let value = self.small_int();
        self.builder.i64(value)
    }

    /// An op with a result of this type, whatever comes of it.
    fn operation(&mut self, ty: Type) -> Value {
        let ops: &[Op] = match ty {
            Type::I64 => &[
                Op::I64Add,
                Op::I64Add,
                Op::I64Sub,
                Op::I64Sub,
                Op::I64Mul,
                Op::I64Div,
                Op::I64Rem,
                Op::I64Neg,
                Op::F64ToI64,
                Op::IndexCheck,
                Op::Select,
            ],
            Type::F64 => &[
                Op::F64Add,
                Op::F64Sub,
                Op::F64Mul,
                Op::F64Div,
                Op::F64Neg,
                Op::F64Sqrt,
                Op::I64ToF64,
                Op::Select,
            ],
            _ => &[Op::I64Cmp, Op::I64Cmp, Op::F64Cmp, Op::BoolNot, Op::BoolEq, Op::Select],
        };
        let op = self.random.pick(ops);
        let imm = match op {
            Op::I64Cmp | Op::F64Cmp => self.random.pick(&Condition::ALL) as u64,
            _ => 0,
        };
        let mut args: Vec<Value> = Vec::new();
        match op {
            Op::Select => {
                args.push(self.value(Type::Bool));
                args.push(self.value(ty));
                args.push(self.value(ty));
            }
            // An index and a length that mostly agree.
            Op::IndexCheck => {
                let index = self.random.below(9) as i64 - 4;
                args.push(self.builder.i64(index));
                let length = 4 + self.random.below(9) as i64;
                args.push(self.builder.i64(length));
            }
            // The divisor is mostly right, or programs would be short.
            Op::I64Div | Op::I64Rem if !self.random.once_in(12) => {
                args.push(self.value(ty));
                let divisor = self.random.pick(&[2, -1, 10, 3, -7, 1 << 31, i64::MAX, i64::MIN]);
                args.push(self.builder.i64(divisor));
            }
            Op::F64Div if !self.random.once_in(8) => {
                args.push(self.value(ty));
                let divisor = self.random.pick(&[2.0, -0.1, 1e300, f64::INFINITY, f64::NAN]);
                args.push(self.builder.f64(divisor));
            }
            Op::F64ToI64 if !self.random.once_in(16) => {
                let int = self.small_value();
                args.push(self.builder.emit(Op::I64ToF64, &[int], 0, Type::F64));
            }
            Op::I64Add | Op::I64Sub | Op::I64Mul if !self.random.once_in(8) => {
                args.push(self.small_value());
                args.push(self.small_value());
            }
            _ => {
                for &(operand, _) in op.row().operands {
                    let ty = match operand {
                        crate::op::Operand::F64 => Type::F64,
                        crate::op::Operand::Bool => Type::Bool,
                        _ => Type::I64,
                    };
                    args.push(self.value(ty));
                }
            }
        }
        self.builder.emit(op, &args, imm, ty)
    }

    /// An op that cannot trap, of small ints, and a small int of its result.
    fn small_operation(&mut self) {
        let (a, b) = (self.small_value(), self.small_value());
        let op = self.random.pick(&[
            Op::I64AddProved,
            Op::I64SubProved,
            Op::I64MulProved,
            Op::I64DivProved,
            Op::I64RemProved,
            Op::F64DivProved,
        ]);
        let divisor = self.random.pick(&[2, 3, -7, 999]);
        let result = match op {
            Op::I64DivProved | Op::I64RemProved => {
                let divisor = self.builder.i64(divisor);
                self.builder.emit(op, &[a, divisor], 0, Type::I64)
            }
            Op::F64DivProved => {
                let a = self.value(Type::F64);
                let divisor = self.builder.f64(divisor as f64);
                let quotient = self.builder.emit(op, &[a, divisor], 0, Type::F64);
                self.values[kind(Type::F64)].push(quotient);
                return;
            }
            _ => self.builder.emit(op, &[a, b], 0, Type::I64),
        };
        self.values[kind(Type::I64)].push(result);
        let limit = self.builder.i64(SMALL);
        let small = self.builder.emit(Op::I64Rem, &[result, limit], 0, Type::I64);
        self.small.push(small);
    }

    fn print(&mut self) {
        let ty = self.random.pick(&TYPES);
        let value = self.value(ty);
        let function = match ty {
            Type::F64 => RuntimeFunction::PrintFloat,
            Type::Bool => RuntimeFunction::PrintBool,
            _ => RuntimeFunction::PrintInt,
        };
        self.builder.runtime(function, &[value], None);
        let trim = self.builder.bool(false);
        self.builder.runtime(RuntimeFunction::PrintEnd, &[trim], None);
    }

    /// Makes a block's statements with what can be used at its start, and forgets what it defines.
    fn inner(&mut self) {
        let known: Vec<usize> = self.values.iter().map(Vec::len).collect();
        let small = self.small.len();
        self.depth += 1;
        self.statements();
        self.depth -= 1;
        if self.builder.is_open() {
            return;
        }
        self.forget(&known, small);
    }

    fn forget(&mut self, known: &[usize], small: usize) {
        for (values, &known) in self.values.iter_mut().zip(known) {
            values.truncate(known);
        }
        self.small.truncate(small);
    }

    fn known(&self) -> (Vec<usize>, usize) {
        (self.values.iter().map(Vec::len).collect(), self.small.len())
    }

    /// `if`, `if else`, with values that come out of both.
    fn branch(&mut self) {
        let condition = self.value(Type::Bool);
        let (then, otherwise) = (self.builder.block(), self.builder.block());
        self.builder.branch(condition, (then, &[]), (otherwise, &[]));
        self.arms(&[then, otherwise]);
    }

    /// A `switch` on a small number.
    fn switch(&mut self) {
        let value = self.value(Type::I64);
        let limit = self.builder.i64(5);
        let number = self.builder.emit(Op::I64Rem, &[value, limit], 0, Type::I64);
        let arms: Vec<_> = (0..2 + self.random.below(4)).map(|_| self.builder.block()).collect();
        let first = self.random.below(4) as i64 - 2;
        let targets: Vec<(_, &[Value])> = arms.iter().map(|&arm| (arm, &[][..])).collect();
        self.builder.terminate(Op::Switch, &[number], first as u64, &targets);
        self.arms(&arms);
    }

    /// The blocks that a branch goes to, and the join behind them.
    fn arms(&mut self, arms: &[crate::program::Block]) {
        let types: Vec<Type> =
            (0..self.random.below(4)).map(|_| self.random.pick(&TYPES)).collect();
        let join = self.builder.block();
        let joined: Vec<Value> = types.iter().map(|&ty| self.builder.param(join, ty)).collect();
        let (known, small) = self.known();
        let mut is_joined = false;
        for &arm in arms {
            self.builder.go_to(arm);
            self.inner();
            if self.builder.is_open() {
                let args: Vec<Value> = types.iter().map(|&ty| self.value(ty)).collect();
                self.builder.jump(join, &args);
                is_joined = true;
            }
            self.forget(&known, small);
        }
        if !is_joined {
            // Nothing comes out of the branch.
            return;
        }
        self.builder.go_to(join);
        for (&ty, value) in types.iter().zip(joined) {
            self.values[kind(ty)].push(value);
        }
    }

    /// A loop with a counter and variables, sometimes with a `break`.
    fn counted_loop(&mut self) {
        let types: Vec<Type> =
            (0..self.random.below(4)).map(|_| self.random.pick(&TYPES)).collect();
        let turns = self.random.below(7) as i64;
        let turns = self.builder.i64(turns);
        let mut start = vec![self.builder.i64(0)];
        start.extend(types.iter().map(|&ty| self.value(ty)).collect::<Vec<_>>());
        let header = self.builder.loop_header();
        let counter = self.builder.param(header, Type::I64);
        let variables: Vec<Value> =
            types.iter().map(|&ty| self.builder.param(header, ty)).collect();
        self.builder.jump(header, &start);
        self.builder.go_to(header);
        let (known, small) = self.known();
        for (&ty, &variable) in types.iter().zip(&variables) {
            self.values[kind(ty)].push(variable);
        }
        let goes_on = self.builder.compare(Op::I64Cmp, Condition::Lt, counter, turns);
        self.builder.loop_depth += 1;
        let body = self.builder.block();
        self.builder.loop_depth -= 1;
        let exit = self.builder.block();
        self.builder.branch(goes_on, (body, &[]), (exit, &[]));
        self.builder.loop_depth += 1;
        self.builder.go_to(body);
        self.burn();
        self.values[kind(Type::I64)].push(counter);
        self.small.push(counter);
        self.inner();
        if self.builder.is_open() && self.random.once_in(3) {
            let condition = self.value(Type::Bool);
            let goes_on = self.builder.block();
            self.builder.branch(condition, (exit, &[]), (goes_on, &[]));
            self.builder.go_to(goes_on);
            self.inner();
        }
        if self.builder.is_open() {
            let one = self.builder.i64(1);
            let mut next = vec![self.builder.emit(Op::I64Add, &[counter, one], 0, Type::I64)];
            next.extend(types.iter().map(|&ty| self.value(ty)).collect::<Vec<_>>());
            self.builder.jump(header, &next);
        }
        self.builder.loop_depth -= 1;
        self.builder.go_to(exit);
        self.forget(&known, small);
        for (&ty, variable) in types.iter().zip(variables) {
            self.values[kind(ty)].push(variable);
        }
    }

    /// A call of any function but the main one; a recursion burns fuel.
    fn call(&mut self) {
        if self.signatures.len() < 2 {
            return;
        }
        let callee = 1 + self.random.below(self.signatures.len() - 1);
        let (params, result) = self.signatures[callee].clone();
        let args: Vec<Value> = params.iter().map(|&ty| self.value(ty)).collect();
        if let Some(value) = self.builder.call(FunctionId(callee as u32), &args, result) {
            let ty = self.builder.ty(value);
            self.values[kind(ty)].push(value);
        }
    }

    fn global(&mut self) {
        let place = self.random.below(3);
        let (global, ty) = (1 + place as u64, TYPES[place]);
        if self.random.once_in(2) {
            let value = self.value(ty);
            self.builder.effect(Op::GlobalSet, &[value], global);
        } else {
            let value = self.builder.emit(Op::GlobalGet, &[], global, ty);
            self.values[place].push(value);
        }
    }

    /// Leaves the function.
    fn end(&mut self) {
        let result = self.signatures[self.number].1;
        if self.random.once_in(12) {
            let kind = self.random.pick(&[TrapKind::ListIndex, TrapKind::NoneValue]);
            let args = [self.value(Type::I64), self.value(Type::I64)];
            let count = self.random.below(3);
            return self.builder.terminate(Op::Trap, &args[..count], kind as u64, &[]);
        }
        let same: Vec<usize> =
            (1..self.signatures.len()).filter(|&f| self.signatures[f].1 == result).collect();
        if self.number != 0 && !same.is_empty() && self.random.once_in(6) {
            let callee = self.random.pick(&same);
            let params = self.signatures[callee].0.clone();
            let args: Vec<Value> = params.iter().map(|&ty| self.value(ty)).collect();
            return self.builder.terminate(Op::TailCall, &args, callee as u64, &[]);
        }
        let value = result.map(|ty| self.value(ty));
        self.builder.ret(value);
    }
}

#[cfg(test)]
pub(crate) mod tests;
