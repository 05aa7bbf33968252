//! Emitted functions compiled by every C compiler that is there and run against [`mochi_ir::sem`]: all scalar ops over
//! boundary values, as variables and as constants; tail calls without optimisation; texts with anything in them.
//!
//! The runtime is a few lines of C here: what these functions need is to raise a trap.

use super::*;
use mochi_abi::trap::TrapKind;
use mochi_base::Span;
use mochi_ir::builder::FunctionBuilder;
use mochi_ir::op::{Condition, Op, Outcome};
use mochi_ir::program::Value;
use mochi_ir::sem;
use mochi_ir::types::Type;
use std::path::Path;
use std::process::Command;

/// The compilers that are looked for, and how each is asked to compile.
const COMPILERS: [(&str, &[&str]); 5] =
    [("gcc", &["-O0"]), ("gcc", &["-O2"]), ("cc", &["-O1"]), ("clang-19", &["-O2"]), ("tcc", &[])];

/// Runtime functions for functions that only compute.
const RUNTIME: &str = r#"
#include <stdio.h>
#include <stdlib.h>
void mochi_raise(mochi_context *ctx, int64_t kind, int64_t a, int64_t b) {
    if (ctx->trap) return;
    ctx->trap = (uint32_t)kind;
    ctx->saved_stack = (uintptr_t)a * 31 + (uintptr_t)b;
}
void mochi_trace(mochi_context *ctx, int64_t site) { (void)ctx, (void)site; }
void mochi_raise_text(mochi_context *ctx, int64_t kind, mochi_str *text) { (void)text; mochi_raise(ctx, kind, 0, 0); }
mochi_str *mochi_str_from_float(mochi_context *ctx, double value) { (void)ctx, (void)value; return 0; }
void mochi_ref_free(mochi_context *ctx, void *object) { (void)ctx, (void)object; abort(); }
uint64_t mochi_any_from_int(mochi_context *ctx, int64_t value) { (void)ctx, (void)value; return UINT64_MAX; }
void mochi_print_int(mochi_context *ctx, int64_t value) { (void)ctx; printf("%lld\n", (long long)value); }
"#;

fn data(source: &str) -> ProgramData {
    ProgramData { source: source.to_owned(), ..ProgramData::default() }
}

/// The text of all functions of a program, used or not, with the runtime above and this `main`.
fn whole(program: &Program, data: &ProgramData, main: &str) -> String {
    let mut emitter = C::new(program, data);
    emitter.module.facts.used.fill(true);
    emitter.functions(program).expect("C declines nothing");
    let own = emitter.own_text(program);
    let mut used = emitter.module.runtime.clone();
    used[RuntimeFunction::PrintInt as usize] = true;
    let use_all = "const mochi_built_program *mochi_used = &mochi_program;\n";
    [&prelude::text(&used), RUNTIME, &own, use_all, main].concat()
}

/// A program whose `main` calls so many functions without parameters, which are to follow.
fn program_with_main(calls: u32) -> Program {
    let mut program = Program::default();
    let (mut builder, _) = FunctionBuilder::new("main", &[], None, Span::default());
    for number in 1..=calls {
        builder.call(FunctionId(number), &[], None);
    }
    builder.ret(None);
    program.functions.push(builder.finish());
    program
}

/// Compiles the text with every compiler, without warnings, and gives what each executable prints.
fn run(text: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let source = folder.path().join("test.c");
    std::fs::write(&source, text).expect("the folder is writable");
    let mut outputs = Vec::new();
    for (compiler, flags) in COMPILERS {
        let executable = folder.path().join(format!("{compiler}{}", flags.concat()));
        let mut command = Command::new(compiler);
        command.args(flags).args([
            "-std=gnu11",
            "-Wall",
            "-fwrapv",
            "-ffp-contract=off",
            "-fno-math-errno",
        ]);
        command.arg(&source).arg("-o").arg(&executable).arg("-lm");
        // A compiler that is not there is a point missing.
        let Ok(done) = command.output() else { continue };
        let messages = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() && messages.is_empty(), "{compiler} {flags:?}: {messages}");
        outputs.push((format!("{compiler} {flags:?}"), output(&executable)));
    }
    assert!(!outputs.is_empty(), "there is no C compiler");
    outputs
}

fn output(executable: &Path) -> String {
    let done = Command::new(executable).output().expect("what was linked can be run");
    assert!(done.status.success(), "{}: {}", executable.display(), done.status);
    String::from_utf8(done.stdout).expect("it prints ASCII")
}

const INTS: [i64; 12] =
    [0, 1, -1, 2, -2, 7, 1 << 31, -(1 << 32), i64::MAX, i64::MAX - 1, i64::MIN, i64::MIN + 1];
const FLOATS: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.1,
    3e9,
    9007199254740993.0,
    9223372036854774784.0,
    9223372036854775808.0,
    -9223372036854775808.0,
    5e-324,
    f64::MAX,
    f64::INFINITY,
    f64::NAN,
];

/// The boundary values of a type, as words.
fn boundary(ty: Type) -> Vec<u64> {
    match ty {
        Type::I64 => INTS.iter().map(|&value| value as u64).collect(),
        Type::F64 => FLOATS.iter().map(|value| value.to_bits()).collect(),
        _ => vec![0, 1],
    }
}

fn constant(builder: &mut FunctionBuilder, ty: Type, word: u64) -> Value {
    match ty {
        Type::I64 => builder.i64(word as i64),
        Type::F64 => builder.f64(f64::from_bits(word)),
        _ => builder.bool(word != 0),
    }
}

/// An op with operands of which some are constants.
struct Case {
    op: Op,
    imm: u64,
    operands: Vec<Type>,
    result: Type,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |op: Op, imm: u64, operands: &[Type], result: Type| {
        cases.push(Case { op, imm, operands: operands.to_vec(), result })
    };
    let (int, float, bool) = (Type::I64, Type::F64, Type::Bool);
    for op in [
        Op::I64Add,
        Op::I64Sub,
        Op::I64Mul,
        Op::I64Div,
        Op::I64Rem,
        Op::I64AddProved,
        Op::I64SubProved,
        Op::I64MulProved,
        Op::IndexCheck,
    ] {
        case(op, 0, &[int, int], int);
    }
    for op in [Op::F64Add, Op::F64Sub, Op::F64Mul, Op::F64Div] {
        case(op, 0, &[float, float], float);
    }
    for condition in Condition::ALL {
        case(Op::I64Cmp, condition as u64, &[int, int], bool);
        case(Op::F64Cmp, condition as u64, &[float, float], bool);
    }
    case(Op::I64Neg, 0, &[int], int);
    case(Op::I64ToF64, 0, &[int], float);
    case(Op::F64Neg, 0, &[float], float);
    case(Op::F64Sqrt, 0, &[float], float);
    case(Op::F64ToI64, 0, &[float], int);
    case(Op::BoolNot, 0, &[bool], bool);
    case(Op::BoolEq, 0, &[bool, bool], bool);
    case(Op::Select, 0, &[bool, int, int], int);
    cases
}

/// All tuples of boundary values.
fn tuples(operands: &[Type]) -> Vec<Vec<u64>> {
    operands.iter().fold(vec![Vec::new()], |tuples, &ty| {
        let longer = |tuple: Vec<u64>| {
            boundary(ty)
                .into_iter()
                .map(move |word| tuple.iter().copied().chain([word]).collect())
                .collect::<Vec<Vec<u64>>>()
        };
        tuples.into_iter().flat_map(longer).collect()
    })
}

/// A function that takes the operands and computes the op, with the operands in `fixed` as constants instead.
fn function(case: &Case, fixed: &[Option<u64>]) -> mochi_ir::program::Function {
    let (mut builder, params) =
        FunctionBuilder::new("f", &case.operands, Some(case.result), Span::default());
    builder.set_folding(false);
    let operands: Vec<Value> = params
        .iter()
        .zip(fixed)
        .map(|(&param, fixed)| {
            let ty = builder.ty(param);
            fixed.map_or(param, |word| constant(&mut builder, ty, word))
        })
        .collect();
    let result = builder.emit(case.op, &operands, case.imm, case.result);
    builder.ret(Some(result));
    builder.finish()
}

/// A C expression that calls function `number` with these words and prints what comes out as bits.
fn call(program: &Program, number: usize, tuple: &[u64]) -> String {
    let function = &program.functions[number];
    let arguments: String = function
        .params
        .iter()
        .zip(tuple)
        .map(|(param, word)| {
            format!(", {}", types::from_word(param.ty, &format!("UINT64_C({word:#x})")))
        })
        .collect();
    let call = format!("mochi_f{number}(&ctx{arguments})");
    let word = types::to_word(function.result.expect("all give a result"), &call);
    format!("    ctx.trap = 0; word = {word}; show(ctx.trap, word);\n")
}

const SHOW: &str = r#"
static void show(uint32_t trap, uint64_t word) {
    if (trap) printf("trap %u\n", trap);
    else printf("%llx\n", (unsigned long long)word);
}
"#;

#[test]
fn scalar_ops_mean_what_they_mean_in_ir() {
    let mut program = program_with_main(0);
    let (mut calls, mut expected, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for case in cases() {
        let variables = program.functions.len();
        program.functions.push(function(&case, &vec![None; case.operands.len()]));
        for (i, tuple) in tuples(&case.operands).into_iter().enumerate() {
            // A length is never negative.
            if case.op == Op::IndexCheck && (tuple[1] as i64) < 0 {
                continue;
            }
            let mut numbers = vec![variables];
            // Some forms with constants: all would be too many functions for a test.
            if i % 5 == 0 {
                for mask in 1..1 << case.operands.len() {
                    let fixed: Vec<Option<u64>> = tuple
                        .iter()
                        .enumerate()
                        .map(|(place, &word)| (mask >> place & 1 == 1).then_some(word))
                        .collect();
                    numbers.push(program.functions.len());
                    program.functions.push(function(&case, &fixed));
                }
            }
            let meaning = sem::scalar(case.op, case.imm, &tuple).expect("it is a scalar op");
            for number in numbers {
                calls.push((number, tuple.clone()));
                expected.push(match meaning {
                    Ok(word) if case.result == Type::F64 && f64::from_bits(word).is_nan() => None,
                    Ok(word) => Some(format!("{word:x}")),
                    Err(trap) => Some(format!("trap {}", trap.kind as u32)),
                });
                labels.push(format!("{} {:?} function {number}", case.op.row().name, tuple));
            }
        }
    }
    let mut main = String::from(SHOW);
    for (number, chunk) in calls.chunks(200).enumerate() {
        main.push_str(&format!("static void part{number}(void) {{\n    mochi_context ctx = {{ 0 }};\n    uint64_t word;\n"));
        for (number, tuple) in chunk {
            main.push_str(&call(&program, *number, tuple));
        }
        main.push_str("}\n");
    }
    main.push_str("int main(void) {\n");
    for number in 0..calls.chunks(200).len() {
        main.push_str(&format!("    part{number}();\n"));
    }
    main.push_str("    return 0;\n}\n");
    for (compiler, output) in run(&whole(&program, &data(""), &main)) {
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{compiler}");
        for ((line, expected), label) in lines.iter().zip(&expected).zip(&labels) {
            match expected {
                Some(expected) => assert_eq!(line, expected, "{compiler}: {label}"),
                // A NaN's bits are not promised.
                None => {
                    let bits = u64::from_str_radix(line, 16).expect("it is in hexadecimal");
                    assert!(f64::from_bits(bits).is_nan(), "{compiler}: {label}: {line}");
                }
            }
        }
    }
}

#[test]
fn every_scalar_op_is_in_the_table() {
    let listed: Vec<Op> = cases().iter().map(|case| case.op).collect();
    let elsewhere = [
        Op::I64DivProved,
        Op::I64RemProved,
        Op::F64DivProved,
        Op::I64Const,
        Op::F64Const,
        Op::BoolConst,
        Op::None,
    ];
    // Of what is counted.
    let objects = [Op::IsNone, Op::CheckSome, Op::RefSame];
    for &op in Op::ALL {
        let is_scalar =
            op.row().result != Outcome::Nothing && sem::scalar(op, 1, &[0, 1, 2]).is_some();
        assert!(
            !is_scalar || listed.contains(&op) || elsewhere.contains(&op) || objects.contains(&op),
            "{}",
            op.row().name
        );
    }
}

/// Runs `main` of a program in text form with each compiler and holds what it prints against `expected`.
fn prints(program: &str, expected: &str) {
    let program = mochi_ir::text::read(program).expect("the text is right");
    let start = "int main(void) { mochi_context ctx = { 0 }; mochi_f0(&ctx); printf(\"trap %u\\n\", ctx.trap); return 0; }\n";
    for (compiler, output) in run(&whole(&program, &data(""), start)) {
        assert_eq!(output, expected, "{compiler}");
    }
}

#[test]
fn tail_calls_need_no_stack() {
    prints(
        "main @main\n\
         function main() {\nb0:\n\
         v0 = i64.const 10000001\nv1 = i64.const 5\nv2 = f64.const 0.5\n\
         v3: i64 = call @even(v0, v1)\ncall.runtime print_int(v3)\n\
         v4: i64 = call @count(v0, v1)\ncall.runtime print_int(v4)\nreturn\n}\n\
         function even(v0: i64, v1: i64) -> i64 {\nb0(v0: i64, v1: i64):\n\
         v2 = i64.const 0\nv3 = i64.cmp.eq v0, v2\nbranch v3, b1, b2\n\
         b1:\nreturn v2\n\
         b2:\nv4 = i64.const 1\nv5 = i64.sub v0, v4\nv6 = f64.const 1.5\ntail.call @odd(v6, v5)\n}\n\
         function odd(v0: f64, v1: i64) -> i64 {\nb0(v0: f64, v1: i64):\n\
         v2 = i64.const 0\nv3 = i64.cmp.eq v1, v2\nbranch v3, b1, b2\n\
         b1:\nv4 = f64.to.i64 v0\nreturn v4\n\
         b2:\nv5 = i64.const 1\nv6 = i64.sub v1, v5\ntail.call @even(v6, v5)\n}\n\
         function count(v0: i64, v1: i64) -> i64 {\nb0(v0: i64, v1: i64):\n\
         v2 = i64.const 0\nv3 = i64.cmp.eq v0, v2\nbranch v3, b1, b2\n\
         b1:\nreturn v1\n\
         b2:\nv4 = i64.const 1\nv5 = i64.sub v0, v4\ntail.call @count(v5, v0)\n}\n",
        "1\n1\ntrap 0\n",
    );
}

#[test]
fn parameters_change_places_at_once() {
    prints(
        "main @main\n\
         function main() {\nb0:\n\
         v0 = i64.const 1\nv1 = i64.const 2\nv2 = i64.const 3\nv3 = i64.const 4\njump b1(v0, v1, v2, v3)\n\
         b1(v4: i64, v5: i64, v6: i64, v7: i64):\n\
         v8 = i64.const 100\nv9 = i64.cmp.ge v7, v8\nbranch v9, b2, b3\n\
         b2:\ncall.runtime print_int(v4)\ncall.runtime print_int(v5)\ncall.runtime print_int(v6)\nreturn\n\
         b3:\nv10 = i64.const 1\nv11 = i64.add v7, v10\njump b1(v5, v6, v4, v11)\n}\n",
        "1\n2\n3\ntrap 0\n",
    );
}

#[test]
fn a_trap_leaves_all_calls() {
    prints(
        "main @main\n\
         function main() {\nb0:\nv0 = i64.const 3\nv1: i64 = call @down(v0)\ncall.runtime print_int(v1)\nreturn\n}\n\
         function down(v0: i64) -> i64 {\nb0(v0: i64):\n\
         v1 = i64.const 1\nv2 = i64.div v1, v0\nv3 = i64.sub v0, v1\nv4: i64 = call @down(v3)\ncall.runtime print_int(v0)\nreturn v4\n}\n",
        &format!("trap {}\n", TrapKind::DivideByZero as u32),
    );
}

#[test]
fn ints_and_floats_go_through_any() {
    let mut program = program_with_main(0);
    let mut calls = String::new();
    let mut expected = String::new();
    for ty in [Type::I64, Type::F64, Type::Bool] {
        let (mut builder, params) = FunctionBuilder::new("f", &[ty], Some(ty), Span::default());
        let any = builder.emit(Op::AnyFrom, &params, 0, Type::Any);
        let back = builder.emit(Op::AnyTo, &[any], 0, ty);
        builder.ret(Some(back));
        program.functions.push(builder.finish());
        let values = boundary(ty).into_iter().chain(if ty == Type::I64 {
            vec![(1 << 48) - 1, -(1i64 << 48) as u64]
        } else {
            Vec::new()
        });
        for word in values {
            // What needs a box is the runtime's.
            if ty == Type::I64 && mochi_abi::layout::any::from_int(word as i64).is_none() {
                continue;
            }
            calls.push_str(&call(&program, program.functions.len() - 1, &[word]));
            let word = if ty == Type::F64 && f64::from_bits(word).is_nan() {
                mochi_abi::layout::any::CANONICAL_NAN
            } else {
                word
            };
            expected.push_str(&format!("{word:x}\n"));
        }
    }
    let runtime = "int64_t mochi_any_to_int(mochi_context *ctx, uint64_t w) { (void)ctx, (void)w; abort(); return 0; }\n\
         double mochi_any_to_float(mochi_context *ctx, uint64_t w) { (void)ctx, (void)w; abort(); return 0; }\n\
         uint64_t mochi_any_to_bool(mochi_context *ctx, uint64_t w) { (void)ctx, (void)w; abort(); return 0; }\n";
    let main = format!(
        "{runtime}{SHOW}int main(void) {{\n    mochi_context ctx = {{ 0 }};\n    uint64_t word;\n{calls}    return 0;\n}}\n"
    );
    for (compiler, output) in run(&whole(&program, &data(""), &main)) {
        assert_eq!(output, expected, "{compiler}");
    }
}

#[test]
fn texts_hold_anything() {
    let source: String = (0..=0x250)
        .filter_map(char::from_u32)
        .chain("*/ ??/\n??' \\ \" %s 🦀\r\n".chars())
        .collect();
    let mut program = program_with_main(4);
    for name in ["*/ int x;", "a\\\nb", "??/", "\u{202e}🦀"] {
        let (mut builder, _) = FunctionBuilder::new(name, &[], None, Span::default());
        builder.ret(None);
        program.functions.push(builder.finish());
    }
    let main = "int main(void) {\n    const unsigned char *text = mochi_info.source.items;\n    (void)mochi_program;\n    \
         for (size_t i = 0; i < mochi_info.source.len; i++) printf(\"%02x\", text[i]);\n    return 0;\n}\n";
    let expected: String = source.bytes().map(|byte| format!("{byte:02x}")).collect();
    for (compiler, output) in run(&whole(&program, &data(&source), main)) {
        assert_eq!(output, expected, "{compiler}");
    }
}

#[test]
fn the_same_program_gives_the_same_text() {
    let program = mochi_ir::random::program(7, mochi_ir::random::Options::default());
    let data = data("");
    assert_eq!(emit(&program, &data), emit(&program.clone(), &data));
}
