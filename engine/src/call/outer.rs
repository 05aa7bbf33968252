//! Calls of compiled functions by the platform's C ABI, as code of other emitters makes them: tests that the entries are what
//! `emit/src/baseline/outer.rs` promises.
//!
//! Part of an unsafe room. A C function may be given more arguments than it takes: they are in registers and words that it does not
//! look at, and the caller removes them. So one type of function serves for all that take the first of its arguments.

use super::*;
use crate::data;
use crate::native::{Maker, Options};
use mochi_emit::baseline::Interpreted;
use mochi_ir::sites::Sites;
use mochi_runtime::stack::present_limit;
use std::fmt::Write;

/// As many arguments of each kind as are tried.
const MOST: usize = 12;

/// In which order ints and floats come.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Order {
    IntsFirst,
    FloatsFirst,
    /// A float, an int, and so on.
    Mixed,
}

impl Order {
    const ALL: [Order; 3] = [Order::IntsFirst, Order::FloatsFirst, Order::Mixed];

    /// Whether the argument with this number is an int, and its number among those of its kind.
    fn argument(self, number: usize) -> (bool, usize) {
        match self {
            Order::IntsFirst => (number < MOST, number % MOST),
            Order::FloatsFirst => (number >= MOST, number % MOST),
            Order::Mixed => (!number.is_multiple_of(2), number / 2),
        }
    }
}

/// What a function gives back.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Gives {
    Int,
    Float,
    Bool,
    Str,
    Nothing,
}

const GIVES: [Gives; 5] = [Gives::Int, Gives::Float, Gives::Bool, Gives::Str, Gives::Nothing];

/// A function that takes the first `count` arguments in an order and adds them up, each times 3 more than the one before. The last int is also
/// what a sum is divided by.
fn function(name: &str, order: Order, count: usize, gives: Gives) -> String {
    let (mut params, mut body, mut next) = (Vec::new(), String::new(), count);
    let mut line = |text: String| {
        writeln!(body, "v{next} = {text} at 1..2").expect("writing to a string does not fail");
        next += 1;
        next - 1
    };
    let mut int = line(String::from("i64.const 1"));
    let mut float = line(format!("f64.const {:?}", 0.5));
    let three = line(String::from("i64.const 3"));
    let (mut three_float, mut last) = (None, None);
    for number in 0..count {
        let (is_int, _) = order.argument(number);
        params.push(format!("v{number}: {}", if is_int { "i64" } else { "f64" }));
        if is_int {
            int = line(format!("i64.mul v{int}, v{three}"));
            int = line(format!("i64.add v{int}, v{number}"));
            last = Some(number);
        } else {
            let factor = *three_float.get_or_insert_with(|| line(String::from("f64.const 3.0")));
            float = line(format!("f64.mul v{float}, v{factor}"));
            float = line(format!("f64.add v{float}, v{number}"));
        }
    }
    if let Some(last) = last {
        int = line(format!("i64.div v{int}, v{last}"));
    }
    let converted = line(format!("i64.to.f64 v{int}"));
    let sum = line(format!("f64.add v{converted}, v{float}"));
    let (ty, end) = match gives {
        Gives::Int => (" -> i64", format!("return v{}", line(format!("f64.to.i64 v{sum}")))),
        Gives::Float => (" -> f64", format!("return v{sum}")),
        Gives::Bool => {
            let none = line(String::from("f64.const 100.0"));
            (" -> bool", format!("return v{}", line(format!("f64.cmp.lt v{none}, v{sum}"))))
        }
        Gives::Str => {
            let text = line(String::from("str.const s0"));
            (" -> str", format!("dup v{text}\nreturn v{text}"))
        }
        Gives::Nothing => {
            let whole = line(format!("f64.to.i64 v{sum}"));
            ("", format!("call.runtime print_int(v{whole})\nreturn"))
        }
    };
    let params = params.join(", ");
    let block = if params.is_empty() { String::new() } else { format!("({params})") };
    format!("function {name}({params}){ty} {{\nb0{block}:\n{body}{end}\n}}\n")
}

/// The arguments: ints and floats.
type Arguments = ([i64; MOST], [f64; MOST]);

fn arguments() -> Arguments {
    (std::array::from_fn(|i| i as i64 * 7 + 2), std::array::from_fn(|i| i as f64 * 1.25 - 3.0))
}

/// What the sum must be.
fn expected(order: Order, count: usize, (ints, floats): Arguments) -> f64 {
    let (mut int, mut float, mut last) = (1, 0.5, None);
    for number in 0..count {
        let (is_int, place) = order.argument(number);
        if is_int {
            int = int * 3 + ints[place];
            last = Some(ints[place]);
        } else {
            float = float * 3.0 + floats[place];
        }
    }
    last.map_or(int, |last| int / last) as f64 + float
}

/// A function of C with all arguments in an order.
macro_rules! called {
    ($address:expr, $context:expr, $result:ty, $order:expr, $arguments:expr) => {{
        let (i, f) = $arguments;
        let address = std::ptr::with_exposed_provenance::<()>($address);
        match $order {
            Order::IntsFirst => called!(@ address, $context, $result, (i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64),
                (i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], i[8], i[9], i[10], i[11], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], f[11])),
            Order::FloatsFirst => called!(@ address, $context, $result, (f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64),
                (f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], f[11], i[0], i[1], i[2], i[3], i[4], i[5], i[6], i[7], i[8], i[9], i[10], i[11])),
            Order::Mixed => called!(@ address, $context, $result, (f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64),
                (f[0], i[0], f[1], i[1], f[2], i[2], f[3], i[3], f[4], i[4], f[5], i[5], f[6], i[6], f[7], i[7], f[8], i[8], f[9], i[9], f[10], i[10], f[11], i[11])),
        }
    }};
    (@ $address:expr, $context:expr, $result:ty, ($($ty:ty)*), ($($argument:expr),*)) => {{
        // SAFETY: the address is of an entry by the C ABI whose function takes the first of these arguments and gives this result.
        let function = unsafe {
            std::mem::transmute::<*const (), extern "C" fn(*mut Context, $($ty),*) -> $result>($address)
        };
        function($context, $($argument),*)
    }};
}

#[test]
fn every_function_can_be_called_by_the_c_abi() {
    let Some(way) = way() else { panic!("these tests are for machines where code runs") };
    let shapes =
        || Order::ALL.into_iter().flat_map(|order| (0..=2 * MOST).map(move |count| (order, count)));
    let mut text = String::from("s0 = \"text\"\nmain @main\nfunction main() {\nb0:\nreturn\n}\n");
    for (number, gives) in GIVES.into_iter().enumerate() {
        for (order, count) in shapes() {
            text += &function(&format!("f{number}_{order:?}_{count}"), order, count, gives);
        }
    }
    let program = mochi_ir::text::read(&text).unwrap_or_else(|error| panic!("{error}"));
    let which = [Interpreted::Declined, Interpreted::Odd];
    let ways = Maker::ALL.iter().flat_map(|&maker| which.map(|which| (maker, which)));
    for (maker, interpreted) in ways {
        let sources = Sources::one("outer.mir", "");
        let sites = Sites::new(&program);
        let options = Options { outer: true, interpreted, poison: true, ..Options::default() };
        let code = maker.compile(&program, &sites, options).expect("all is covered");
        let beside = crate::native::interpreted(&program, &sites, &code).expect("all is covered");
        let mut runtime = Runtime::new(data::of(&sources, &program, sites));
        runtime.set_stack_limit(present_limit());
        runtime.capture_output();
        let loaded =
            Loaded::load(&program, code, beside, None, &runtime, way).expect("there is room");
        let context = runtime.context();
        let done = loaded.during(&mut runtime, |runtime| {
            let mut number = 0;
            for gives in GIVES {
                for (order, count) in shapes() {
                    number += 1;
                    let at = loaded.outer(FunctionId(number)).expect("it was asked for");
                    let arguments = arguments();
                    let sum = expected(order, count, arguments);
                    let shown =
                        format!("{maker:?}, {interpreted:?}, {gives:?}, {order:?}, {count}");
                    match gives {
                        Gives::Int => assert_eq!(
                            called!(at, context, i64, order, arguments),
                            sum as i64,
                            "{shown}"
                        ),
                        Gives::Float => {
                            assert_eq!(called!(at, context, f64, order, arguments), sum, "{shown}")
                        }
                        Gives::Bool => {
                            assert_eq!(
                                called!(at, context, u64, order, arguments),
                                u64::from(sum > 100.0),
                                "{shown}"
                            );
                        }
                        Gives::Str => {
                            assert_eq!(
                                called!(at, context, usize, order, arguments),
                                string_address(context, 0),
                                "{shown}"
                            );
                        }
                        Gives::Nothing => called!(at, context, (), order, arguments),
                    }
                    assert!(!trapped(context), "{shown}");
                    // With its last int 0 it stops.
                    let ints = (0..count).filter(|&number| order.argument(number).0).count();
                    if ints > 0 {
                        let mut zero = arguments;
                        zero.0[ints - 1] = 0;
                        called!(at, context, (), order, zero);
                        let stop = runtime.take_trap().expect("it divides by zero");
                        assert_eq!((stop.kind, stop.frames.len()), (TrapKind::DivideByZero, 1));
                    }
                }
            }
        });
        assert!(done.is_some());
        let printed = String::from_utf8(runtime.take_output()).expect("it is text");
        let sum = |(order, count)| (expected(order, count, arguments()) as i64).to_string();
        assert_eq!(printed, shapes().map(sum).collect::<String>());
    }
}

fn trapped(context: *mut Context) -> bool {
    // SAFETY: the context of a runtime that is alive.
    unsafe { (*context).trap != 0 }
}
