//! Tests that are files: a text of functions with lines that say what calls of them give goes in, one program per line
//! comes out, whose main function makes the call and prints `true` when the result is the expected one. So whatever
//! can run a program can run these tests.
//!
//! ```text
//! ; run: add(1, 2) == 3
//! ; run: half(-0.0) == -0.0
//! ; run: nothing()
//! ; trap: add(9223372036854775807, 1) == AddOverflow(9223372036854775807, 1)
//! ; trap: cut(inf) == FloatToInt
//! ```
//!
//! Arguments and results are ints, floats or bools. Floats are compared by their bits, but that all NaN are one. A trap's words
//! are compared when they are given.

use crate::builder::FunctionBuilder;
use crate::op::{Condition, Immediate, Op};
use crate::program::{FunctionId, Inst, Program, Value};
use crate::text::read;
use crate::types::Type;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::trap::TrapKind;
use mochi_base::Span;
use std::path::{Path, PathBuf};

/// One call and what comes of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// File and line.
    pub place: String,
    pub program: Program,
    /// None when the program prints `true` and ends.
    pub trap: Option<ExpectedTrap>,
}

/// How a program stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedTrap {
    pub kind: TrapKind,
    pub words: Option<[i64; 2]>,
}

/// What a program does that does what its line says.
pub const EXPECTED_OUTPUT: &str = "true\n";

/// The cases of all `.mir` files below a folder, in the order of their names.
pub fn below(folder: &Path) -> Result<Vec<Case>, String> {
    let mut files = Vec::new();
    collect(folder, &mut files).map_err(|error| format!("{}: {error}", folder.display()))?;
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
        cases.extend(parse(&name, &text)?);
    }
    Ok(cases)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "mir") {
            files.push(path);
        }
    }
    Ok(())
}

/// The cases of a file.
pub fn parse(name: &str, text: &str) -> Result<Vec<Case>, String> {
    let program = read(text).map_err(|error| format!("{name}:{error}"))?;
    let mut cases = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", number + 1);
        let case = if let Some(call) = line.strip_prefix("; run: ") {
            run_case(&program, call)
        } else if let Some(call) = line.strip_prefix("; trap: ") {
            trap_case(&program, call)
        } else {
            continue;
        };
        let (program, trap) = case.map_err(|message| format!("{place}: {message}"))?;
        crate::verify::verify(&program).map_err(|error| format!("{place}: {error}"))?;
        cases.push(Case { place, program, trap });
    }
    if cases.is_empty() {
        return Err(format!("{name}: it has no line that runs anything"));
    }
    Ok(cases)
}

fn run_case(program: &Program, line: &str) -> Result<(Program, Option<ExpectedTrap>), String> {
    let (call, expected) = match line.split_once(" == ") {
        Some((call, expected)) => (call, Some(expected.trim())),
        None => (line, None),
    };
    Ok((with_main(program, call, expected)?, None))
}

fn trap_case(program: &Program, line: &str) -> Result<(Program, Option<ExpectedTrap>), String> {
    let (call, expected) = line.split_once(" == ").ok_or("which trap?")?;
    let (name, words) = match expected.trim().split_once('(') {
        Some((name, rest)) => {
            let mut words = [0; 2];
            for (word, text) in words.iter_mut().zip(rest.trim_end_matches(')').split(',')) {
                *word = text.trim().parse().map_err(|_| format!("`{text}` is no int"))?;
            }
            (name, Some(words))
        }
        None => (expected.trim(), None),
    };
    let kind = TrapKind::ALL.iter().find(|kind| kind.name() == name);
    let kind = *kind.ok_or_else(|| format!("there is no trap `{name}`"))?;
    Ok((with_main(program, call, None)?, Some(ExpectedTrap { kind, words })))
}

/// The program with a main function that makes the call.
fn with_main(program: &Program, call: &str, expected: Option<&str>) -> Result<Program, String> {
    let (name, args) = call.trim().split_once('(').ok_or("a call has parentheses")?;
    let args = args.strip_suffix(')').ok_or("a call has parentheses")?;
    let number = program.functions.iter().position(|function| &*function.name == name);
    let number = number.ok_or_else(|| format!("there is no function `{name}`"))?;
    let callee = &program.functions[number];
    let texts: Vec<&str> = args.split(',').map(str::trim).filter(|arg| !arg.is_empty()).collect();
    if texts.len() != callee.params.len() {
        return Err(format!("`{name}` takes {} arguments", callee.params.len()));
    }
    let (mut main, _) = FunctionBuilder::new("main", &[], None, Span::at(0));
    main.set_folding(false);
    let mut values = Vec::new();
    for (text, param) in texts.iter().zip(&callee.params) {
        values.push(literal(&mut main, text, param.ty)?);
    }
    let result = main.call(FunctionId(number as u32), &values, callee.result);
    let is_right = match (result, expected, callee.result) {
        (Some(found), Some(expected), Some(ty)) => compare(&mut main, found, expected, ty)?,
        (_, None, _) => main.bool(true),
        _ => return Err(format!("`{name}` returns nothing")),
    };
    let (right, wrong) = (main.block(), main.block());
    main.branch(is_right, (right, &[]), (wrong, &[]));
    main.go_to(right);
    main.runtime(RuntimeFunction::PrintBool, &[is_right], None);
    end_line(&mut main);
    main.go_to(wrong);
    if let (Some(found), Some(ty)) = (result, callee.result) {
        let function = match ty {
            Type::F64 => RuntimeFunction::PrintFloat,
            Type::Bool => RuntimeFunction::PrintBool,
            _ => RuntimeFunction::PrintInt,
        };
        main.runtime(function, &[found], None);
    }
    end_line(&mut main);
    let mut program = program.clone();
    program.main = FunctionId(program.functions.len() as u32);
    program.functions.push(main.finish());
    keep_called(&mut program);
    Ok(program)
}

/// Leaves out the functions that the main one, which is the last, does not come to.
fn keep_called(program: &mut Program) {
    let mut is_called = vec![false; program.functions.len()];
    let mut open = vec![program.main];
    while let Some(function) = open.pop() {
        if !std::mem::replace(&mut is_called[function.index()], true) {
            let insts = program.functions[function.index()].insts.iter();
            open.extend(insts.filter(|inst| names_function(inst)).map(Inst::function));
        }
    }
    let mut numbers = Vec::new();
    let mut next = 0;
    for &called in &is_called {
        numbers.push(next);
        next += u64::from(called);
    }
    let mut called = is_called.iter();
    program.functions.retain(|_| called.next().is_some_and(|&called| called));
    for inst in program.functions.iter_mut().flat_map(|function| &mut function.insts) {
        if names_function(inst) {
            inst.imm = numbers[inst.imm as usize];
        }
    }
    program.main = FunctionId(next as u32 - 1);
}

fn names_function(inst: &Inst) -> bool {
    inst.op.row().immediate == Immediate::Function
}

fn end_line(main: &mut FunctionBuilder) {
    let trim = main.bool(false);
    main.runtime(RuntimeFunction::PrintEnd, &[trim], None);
    main.ret(None);
}

fn literal(main: &mut FunctionBuilder, text: &str, ty: Type) -> Result<Value, String> {
    let wrong = || format!("`{text}` is no {}", ty.name());
    match ty {
        Type::I64 => Ok(main.i64(text.parse().map_err(|_| wrong())?)),
        Type::F64 => Ok(main.f64(text.parse().map_err(|_| wrong())?)),
        Type::Bool => Ok(main.bool(text.parse().map_err(|_| wrong())?)),
        _ => Err(format!("a {} cannot be written here", ty.name())),
    }
}

/// Whether the result is the expected one, as a bool of the program.
fn compare(
    main: &mut FunctionBuilder,
    found: Value,
    expected: &str,
    ty: Type,
) -> Result<Value, String> {
    let wanted = literal(main, expected, ty)?;
    Ok(match ty {
        Type::I64 => main.compare(Op::I64Cmp, Condition::Eq, found, wanted),
        Type::F64 => {
            // As words of any kind zeros differ, and all NaN are one.
            let found = main.emit(Op::AnyFrom, &[found], 0, Type::Any);
            let wanted = main.emit(Op::AnyFrom, &[wanted], 0, Type::Any);
            main.emit(Op::RefSame, &[found, wanted], 0, Type::Bool)
        }
        _ => main.emit(Op::BoolEq, &[found, wanted], 0, Type::Bool),
    })
}

#[cfg(test)]
mod tests;
