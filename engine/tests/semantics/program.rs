//! Programs in the IR that apply an op to many operands and print what it gives, a line each.
//!
//! Where the operands stand is the *form*: an emitter has other code for a constant than for a register, and for either
//! than for a value that it had to put on the stack.

use crate::model::{Row, Scalar};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_base::Span;
use mochi_ir::builder::FunctionBuilder;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Function, FunctionId, Program, Value};
use mochi_ir::types::Type;

/// Where the operands stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Both are parameters.
    Variables,
    /// The second one is a constant.
    ConstantRight,
    /// The first one is a constant.
    ConstantLeft,
    Constants,
    /// Both are parameters, and more values are alive than any machine has registers.
    Spilled,
    /// As [`Form::Variables`], the result deciding a branch.
    Branched,
}

impl Form {
    pub(crate) const ALL: [Form; 6] = [
        Form::Variables,
        Form::ConstantRight,
        Form::ConstantLeft,
        Form::Constants,
        Form::Spilled,
        Form::Branched,
    ];

    /// Whether the form makes sense for an op.
    pub(crate) fn suits(self, row: &Row) -> bool {
        match self {
            Form::ConstantRight => row.operands.len() == 2,
            Form::Branched => row.result == Type::Bool,
            _ => true,
        }
    }

    fn is_constant(self, place: usize) -> bool {
        match self {
            Form::Constants => true,
            Form::ConstantLeft => place == 0,
            Form::ConstantRight => place == 1,
            Form::Variables | Form::Spilled | Form::Branched => false,
        }
    }
}

/// How many ints, and floats too, are alive across a spilled op: more than any target has registers of a kind.
const CROWD: usize = 33;

/// So many results are printed by one function: C compilers take long over long ones.
const PART: usize = 50;

/// A program that applies the op to each of these operands in turn.
pub(crate) fn program(row: &Row, form: Form, operands: &[Vec<Scalar>]) -> Program {
    let mut functions = Vec::new();
    let (mut main, _) = unfolded("main", &[], None);
    // Operands that share their constants lie side by side, so that neighbours can share a function.
    let mut last: Option<(Vec<u64>, FunctionId)> = None;
    for part in operands.chunks(PART) {
        let (mut printing, _) = unfolded("part", &[], None);
        for given in part {
            let constants: Vec<u64> = (0..given.len())
                .filter(|&place| form.is_constant(place))
                .map(|place| bits(given[place]))
                .collect();
            let function = match &last {
                Some((same, function)) if *same == constants => *function,
                _ => push(&mut functions, applying(row, form, given)),
            };
            last = Some((constants, function));
            let args: Vec<Value> = (0..given.len())
                .filter(|&place| !form.is_constant(place))
                .map(|place| constant(&mut printing, given[place]))
                .collect();
            let result = printing.call(function, &args, Some(row.result)).expect("it has a result");
            print(&mut printing, row.result, result);
        }
        printing.ret(None);
        let part = push(&mut functions, printing.finish());
        main.call(part, &[], None);
    }
    main.ret(None);
    let main = push(&mut functions, main.finish());
    Program { functions, main, ..Program::default() }
}

fn unfolded(name: &str, params: &[Type], result: Option<Type>) -> (FunctionBuilder, Vec<Value>) {
    let (mut builder, values) = FunctionBuilder::new(name, params, result, Span::at(0));
    builder.set_folding(false);
    (builder, values)
}

fn push(functions: &mut Vec<Function>, function: Function) -> FunctionId {
    functions.push(function);
    FunctionId(functions.len() as u32 - 1)
}

/// The function that applies the op, to parameters and constants as the form says.
fn applying(row: &Row, form: Form, given: &[Scalar]) -> Function {
    let params: Vec<Type> = (0..given.len())
        .filter(|&place| !form.is_constant(place))
        .map(|place| row.operands[place])
        .collect();
    let (mut builder, values) = unfolded("apply", &params, Some(row.result));
    let crowd = (form == Form::Spilled).then(|| Crowd::gather(&mut builder));
    let mut variables = values.into_iter();
    let args: Vec<Value> = (0..given.len())
        .map(|place| {
            if form.is_constant(place) {
                constant(&mut builder, given[place])
            } else {
                variables.next().expect("a parameter for each variable")
            }
        })
        .collect();
    let result = builder.emit(row.op, &args, row.imm, row.result);
    if let Some(crowd) = crowd {
        crowd.disperse(&mut builder);
    }
    if form == Form::Branched {
        let (yes, no) = (builder.block(), builder.block());
        builder.branch(result, (yes, &[]), (no, &[]));
        for (block, answer) in [(yes, true), (no, false)] {
            builder.go_to(block);
            let answer = builder.bool(answer);
            builder.ret(Some(answer));
        }
    } else {
        builder.ret(Some(result));
    }
    builder.finish()
}

/// Values that no emitter can fold or forget, because the runtime makes them and they are summed up afterwards.
struct Crowd {
    ints: Vec<Value>,
    floats: Vec<Value>,
}

impl Crowd {
    fn gather(builder: &mut FunctionBuilder) -> Crowd {
        let mut crowd = Crowd { ints: Vec::new(), floats: Vec::new() };
        for number in 0..CROWD {
            let number = builder.i64(number as i64);
            // The absolute value of an int from 0 to the crowd's size: itself.
            let int = builder
                .runtime(RuntimeFunction::IntAbs, &[number], Some(Type::I64))
                .expect("it has a result");
            let float = builder.emit(Op::I64ToF64, &[int], 0, Type::F64);
            crowd.ints.push(int);
            crowd.floats.push(float);
        }
        crowd
    }

    /// Stops the program unless the sums are those of what was gathered.
    fn disperse(self, builder: &mut FunctionBuilder) {
        let (mut ints, mut floats) = (builder.i64(0), builder.f64(0.0));
        for (&int, &float) in self.ints.iter().zip(&self.floats) {
            ints = builder.emit(Op::I64Add, &[ints, int], 0, Type::I64);
            floats = builder.emit(Op::F64Add, &[floats, float], 0, Type::F64);
        }
        let sum = (CROWD * (CROWD - 1) / 2) as i64;
        let (expected_int, expected_float) = (builder.i64(sum), builder.f64(sum as f64));
        let ints = builder.compare(Op::I64Cmp, Condition::Eq, ints, expected_int);
        let floats = builder.compare(Op::F64Cmp, Condition::Eq, floats, expected_float);
        for is_right in [ints, floats] {
            let (goes_on, lost) = (builder.block(), builder.block());
            builder.branch(is_right, (goes_on, &[]), (lost, &[]));
            builder.go_to(lost);
            builder.terminate(Op::Trap, &[], TrapKind::NoneValue as u64, &[]);
            builder.go_to(goes_on);
        }
    }
}

fn constant(builder: &mut FunctionBuilder, value: Scalar) -> Value {
    match value {
        Scalar::Int(value) => builder.i64(value),
        Scalar::Float(value) => builder.f64(value),
        Scalar::Bool(value) => builder.bool(value),
    }
}

fn bits(value: Scalar) -> u64 {
    match value {
        Scalar::Int(value) => value as u64,
        Scalar::Float(value) => value.to_bits(),
        Scalar::Bool(value) => u64::from(value),
    }
}

fn print(main: &mut FunctionBuilder, ty: Type, value: Value) {
    let function = match ty {
        Type::I64 => RuntimeFunction::PrintInt,
        Type::F64 => RuntimeFunction::PrintFloat,
        _ => RuntimeFunction::PrintBool,
    };
    main.runtime(function, &[value], None);
    let trim = main.bool(false);
    main.runtime(RuntimeFunction::PrintEnd, &[trim], None);
}
