//! What the builder writes for what it knows, as text; and random programs, which do the same with and without.

use super::*;
use crate::program::Program;
use crate::random::{self, Options};
use crate::text::{print, print_function};

/// The text of a function whose body `build` writes.
fn built(
    params: &[Type],
    result: Option<Type>,
    build: impl FnOnce(&mut FunctionBuilder, &[Value]) -> Option<Value>,
) -> String {
    let (mut builder, values) = FunctionBuilder::new("f", params, result, Span::at(0));
    let returned = build(&mut builder, &values);
    if builder.is_open() {
        builder.ret(returned);
    }
    let mut program = Program::default();
    program.functions.push(builder.finish());
    print_function(&program, FunctionId(0), false)
}

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn constants_are_folded_and_traps_stay() {
    let text = built(&[], Some(Type::I64), |b, _| {
        let (two, three) = (b.i64(2), b.i64(3));
        let product = b.emit(Op::I64Mul, &[two, three], 0, Type::I64);
        let zero = b.i64(0);
        let trap = b.emit(Op::I64Div, &[product, zero], 0, Type::I64);
        Some(trap)
    });
    assert_has(&text, &["= i64.const 6", "= i64.div v2, v3"]);
    assert!(!text.contains("i64.mul"), "{text}");
}

#[test]
fn a_bounded_index_is_counted_up_without_a_check() {
    let text = built(&[Type::I64], None, |b, params| {
        let zero = b.i64(0);
        let header = b.loop_header();
        let index = b.param(header, Type::I64);
        b.jump(header, &[zero]);
        b.go_to(header);
        b.assume_range(index, 0, i64::MAX);
        let inside = b.compare(Op::I64Cmp, Condition::Lt, index, params[0]);
        let (body, exit) = (b.block(), b.block());
        b.branch(inside, (body, &[]), (exit, &[]));
        b.go_to(body);
        let ten = b.i64(10);
        let digit = b.emit(Op::I64Rem, &[index, ten], 0, Type::I64);
        let is_negative = b.compare(Op::I64Cmp, Condition::Lt, digit, zero);
        b.runtime(RuntimeFunction::PrintBool, &[is_negative], None);
        let one = b.i64(1);
        let next = b.emit(Op::I64Add, &[index, one], 0, Type::I64);
        b.jump(header, &[next]);
        b.go_to(exit);
        // Behind the loop nothing is known of the index but where it began.
        b.emit(Op::I64Add, &[index, one], 0, Type::I64);
        None
    });
    assert_has(&text, &["= i64.rem.proved", "= bool.const 0", "= i64.add.proved", "= i64.add v"]);
}

#[test]
fn what_a_branch_tells_is_forgotten_behind_the_join() {
    let text = built(&[Type::Str], Some(Type::Bool), |b, params| {
        let test = b.emit(Op::IsNone, &[params[0]], 0, Type::Bool);
        let (then, otherwise, join) = (b.block(), b.block(), b.block());
        b.branch(test, (then, &[]), (otherwise, &[]));
        b.go_to(then);
        b.jump(join, &[]);
        b.go_to(otherwise);
        let again = b.emit(Op::IsNone, &[params[0]], 0, Type::Bool);
        b.runtime(RuntimeFunction::PrintBool, &[again], None);
        b.jump(join, &[]);
        b.go_to(join);
        Some(b.emit(Op::IsNone, &[params[0]], 0, Type::Bool))
    });
    assert_eq!(text.matches("is.none").count(), 2, "{text}");
    assert_has(&text, &["b2:\n  v2 = bool.const 0\n"]);
}

#[test]
fn a_join_knows_what_comes_to_it() {
    let text = built(&[Type::Bool], Some(Type::I64), |b, params| {
        let (then, otherwise, join) = (b.block(), b.block(), b.block());
        let (three, five) = (b.i64(3), b.i64(5));
        let first = b.terminate_open(Op::Branch, params, 0, &[then, otherwise]);
        assert_eq!(first, 0);
        b.go_to(then);
        let one = b.terminate_open(Op::Jump, &[], 0, &[join]);
        b.go_to(otherwise);
        let two = b.terminate_open(Op::Jump, &[], 0, &[join]);
        let joined = b.param(join, Type::I64);
        b.set_target_args(one, &[three]);
        b.set_target_args(two, &[five]);
        b.go_to(join);
        assert_eq!(b.fact(joined), Fact::Ints { lo: 3, hi: 5 });
        Some(b.emit(Op::I64Mul, &[joined, joined], 0, Type::I64))
    });
    assert_has(&text, &["= i64.mul.proved"]);
}

#[test]
fn neutral_operands_and_known_objects_leave_nothing() {
    let text = built(&[Type::I64, Type::Bool], Some(Type::I64), |b, params| {
        let (zero, one) = (b.i64(0), b.i64(1));
        let mut value = b.emit(Op::I64Add, &[params[0], zero], 0, Type::I64);
        value = b.emit(Op::I64Mul, &[one, value], 0, Type::I64);
        value = b.emit(Op::I64Div, &[value, one], 0, Type::I64);
        let list = b.emit(Op::ListOf, &[value], 0, Type::ListI64);
        let list = b.emit(Op::CheckSome, &[list], 0, Type::ListI64);
        let length = b.emit(Op::ListLen, &[list], 0, Type::I64);
        let more = b.emit(Op::I64Add, &[length, one], 0, Type::I64);
        Some(b.emit(Op::Select, &[params[1], more, more], 0, Type::I64))
    });
    assert_has(&text, &["list.of v0", "i64.add.proved", "return v6"]);
    assert!(!text.contains("check.some") && !text.contains("select"), "{text}");
}

#[test]
fn a_switch_knows_its_number() {
    let text = built(&[Type::I64], Some(Type::I64), |b, params| {
        let (one, other) = (b.block(), b.block());
        b.terminate(Op::Switch, params, 7, &[(one, &[]), (other, &[])]);
        b.go_to(one);
        let sum = b.emit(Op::I64Add, &[params[0], params[0]], 0, Type::I64);
        b.ret(Some(sum));
        b.go_to(other);
        Some(b.emit(Op::I64Add, &[params[0], params[0]], 0, Type::I64))
    });
    assert_has(&text, &["i64.const 14", "i64.add v0, v0"]);
}

#[test]
fn random_programs_do_the_same_without_folding() {
    let (mut proved, mut fewer) = (0, 0);
    for seed in 0..600 {
        let folded = random::program(seed, Options::default());
        let plain = random::program(seed, Options { fold: false, ..Options::default() });
        let count = |program: &Program| -> usize {
            program.functions.iter().map(|function| function.insts.len()).sum()
        };
        let traps = |program: &Program| -> usize {
            let insts = program.functions.iter().flat_map(|function| &function.insts);
            insts.filter(|inst| inst.op.has(crate::op::TRAPS)).count()
        };
        proved += traps(&plain) - traps(&folded);
        fewer += count(&plain).saturating_sub(count(&folded));
        for program in [&folded, &plain] {
            if let Err(error) = crate::verify::verify(program) {
                panic!("seed {seed}: {error}\n{}", print(program, false));
            }
        }
        let (a, b) = (random::tests::run(&folded), random::tests::run(&plain));
        assert!(
            a.text == b.text && a.trap == b.trap,
            "seed {seed}: {:?} {:?}\n{}\n{}",
            a.trap,
            b.trap,
            print(&folded, true),
            print(&plain, true)
        );
    }
    assert!(proved > 1000 && fewer > 100, "{proved} proved, {fewer} fewer");
}
