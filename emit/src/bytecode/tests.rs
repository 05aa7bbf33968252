//! Small programs in the IR's text form, run on the interpreter: what they print, or the trap that ends them.

use super::{Bytecode, Code, LIMITS, Limits, compile, disassemble, run};
use crate::Emitter;
use mochi_ir::program::{FunctionId, Program};
use mochi_ir::sites::Sites;
use mochi_ir::text::read;
use mochi_runtime::{
    FieldData, FunctionData, ProgramData, Runtime, ShapeData, SignatureData, TrapReport,
};

mod calls;
mod encoding;
mod limits;

/// What a program did.
#[derive(Debug, PartialEq)]
struct Outcome {
    output: String,
    trap: Option<TrapReport>,
    /// Objects that nobody dropped, after a program that ran to its end.
    leaked: usize,
}

fn program(text: &str) -> Program {
    read(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn code(program: &Program) -> Code {
    compile(program, &Sites::new(program)).expect("the interpreter declines nothing")
}

/// The code of a program under other limits.
fn narrow_code(program: &Program, limits: Limits) -> Code {
    let sites = Sites::new(program);
    let mut emitter = Bytecode::with_limits(program, &sites, limits);
    for number in 0..program.functions.len() {
        emitter
            .function(program, FunctionId(number as u32))
            .expect("the interpreter declines nothing");
    }
    emitter.finish(program).expect("the interpreter declines nothing")
}

fn runtime(program: &Program) -> Runtime {
    Runtime::new(ProgramData {
        files: vec![("test.mochi".into(), 0)],
        source: String::new(),
        types: program.types.clone(),
        signatures: program
            .signatures
            .iter()
            .map(|signature| SignatureData {
                params: signature.params.to_vec(),
                result: signature.result,
            })
            .collect(),
        shapes: program
            .shapes
            .iter()
            .map(|shape| ShapeData {
                cyclic: shape.cyclic,
                name: shape.name.to_string(),
                kind: shape.kind,
                union: shape.union,
                fields: shape
                    .fields
                    .iter()
                    .map(|field| FieldData {
                        name: field.name.to_string(),
                        rep: field.rep,
                        ty: field.ty,
                    })
                    .collect(),
            })
            .collect(),
        functions: program
            .functions
            .iter()
            .map(|function| FunctionData {
                name: function.name.to_string(),
                arity: function.params.len() as u32 - u32::from(function.captures.is_some()),
                captures: function.captures.map_or(u32::MAX, |shape| shape.0),
                signature: u32::MAX,
            })
            .collect(),
        sites: Sites::new(program).table,
        globals: program.globals.iter().map(|global| global.ty.rep()).collect(),
        strings: program.strings.iter().map(|text| text.to_string()).collect(),
    })
}

fn run_program(program: &Program) -> Outcome {
    run_code(program, &code(program))
}

fn run_code(program: &Program, code: &Code) -> Outcome {
    let mut runtime = runtime(program);
    runtime.capture_output();
    let result = run(code, &mut runtime);
    let trap = runtime.take_trap();
    assert_eq!(result.is_err(), trap.is_some(), "a trap is reported");
    runtime.flush();
    runtime.release_globals();
    let output = String::from_utf8(runtime.take_output()).expect("programs print UTF-8");
    Outcome { output, trap, leaked: runtime.live_objects() }
}

fn run_text(text: &str) -> Outcome {
    run_program(&program(text))
}

/// Runs to the end and drops all; what it printed.
#[track_caller]
fn output(text: &str) -> String {
    let outcome = run_text(text);
    assert_eq!(outcome.trap, None, "{}", disassemble(&code(&program(text)), &program(text)));
    assert_eq!(outcome.leaked, 0, "objects are left over");
    outcome.output
}

/// The message of the trap that ends it.
#[track_caller]
fn trap(text: &str) -> String {
    run_text(text).trap.expect("the program traps").message
}

const FIB: &str = "
main @main
function main() {
b0:
  v0 = i64.const 20
  v1: i64 = call @fib(v0)
  call.runtime print_int(v1)
  v2 = bool.const 0
  call.runtime print_end(v2)
  return
}
function fib(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 2
  v2 = i64.cmp.lt v0, v1
  branch v2, b1, b2
b1:
  return v0
b2:
  v3 = i64.const 1
  v4 = i64.sub v0, v3
  v5: i64 = call @fib(v4)
  v6 = i64.const 2
  v7 = i64.sub v0, v6
  v8: i64 = call @fib(v7)
  v9 = i64.add v5, v8
  return v9
}
";

#[test]
fn fibonacci() {
    assert_eq!(output(FIB), "6765\n");
}
