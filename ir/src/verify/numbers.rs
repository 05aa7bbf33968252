//! The tables of a program: numbers in them stand for something, and the heads of functions are right.

use super::{Result, Subject, VerifyError};
use crate::program::{NOT_INLINED, Program};
use crate::types::Type;
use mochi_abi::program::{NO_TYPE, ShapeKind, TypeKind};

fn wrong(message: String) -> Result {
    Err(Box::new(VerifyError { function: None, block: None, inst: None, message }))
}

/// Checks the tables and the heads of all functions.
pub(super) fn verify(program: &Program) -> Result {
    let types = program.types.len();
    let is_type = |number: u32| (number as usize) < types;
    for (number, ty) in program.types.iter().enumerate() {
        let is_known = match ty.kind {
            TypeKind::List | TypeKind::Option => is_type(ty.a),
            TypeKind::Map => is_type(ty.a) && is_type(ty.b),
            TypeKind::Record => (ty.a as usize) < program.shapes.len(),
            TypeKind::Function => (ty.a as usize) < program.signatures.len(),
            TypeKind::Union
            | TypeKind::Any
            | TypeKind::Unit
            | TypeKind::Int
            | TypeKind::Float
            | TypeKind::Bool
            | TypeKind::Str
            | TypeKind::BigInt
            | TypeKind::BigRat => true,
        };
        if !is_known {
            return wrong(format!("type{number} is made of something that is not there"));
        }
    }
    for (number, signature) in program.signatures.iter().enumerate() {
        if !signature.params.iter().all(|&ty| is_type(ty)) || !is_type(signature.result) {
            return wrong(format!("sig{number} has a type that is not there"));
        }
    }
    for (number, shape) in program.shapes.iter().enumerate() {
        for field in &shape.fields {
            if field.ty != NO_TYPE && !is_type(field.ty) {
                return wrong(format!("shape{number} has a field of a type that is not there"));
            }
        }
        if shape.kind == ShapeKind::Cell && shape.fields.len() != 1 {
            return wrong(format!("shape{number} is a cell and has not one field"));
        }
    }
    let is_name = |number: u32| (number as usize) < program.inlined_names.len();
    for (number, call) in program.inlined.iter().enumerate() {
        let comes_first = call.outer == NOT_INLINED || call.outer.index() < number;
        if !is_name(call.callee) || !is_name(call.caller) || !comes_first {
            return wrong(format!("inlined{number} is made of something that is not there"));
        }
    }
    match program.functions.get(program.main.index()) {
        None => return wrong("there is no main function".to_owned()),
        Some(main) if !main.params.is_empty() || main.result.is_some() => {
            return wrong("the main function takes or returns something".to_owned());
        }
        Some(_) => {}
    }
    program.functions.iter().try_for_each(|function| verify_head(Subject { program, function }))
}

fn verify_head(subject: Subject) -> Result {
    let Subject { program, function } = subject;
    if let Some(shape) = function.captures {
        match program.shapes.get(shape.index()) {
            None => return subject.at_function(format!("{shape} is not there")),
            Some(data) if data.kind != ShapeKind::Captures => {
                return subject.at_function(format!("{shape} is no shape of captures"));
            }
            Some(_) => {}
        }
        if function.params.first().map(|param| param.ty) != Some(Type::Closure) {
            return subject.at_function("its first parameter is not the closure".to_owned());
        }
    }
    if function.signature != NO_TYPE && function.signature as usize >= program.signatures.len() {
        return subject.at_function(format!("sig{} is not there", function.signature));
    }
    for (place, param) in function.params.iter().enumerate() {
        if param.own && !param.ty.rep().is_counted() {
            return subject.at_function(format!(
                "parameter {place} owns, and `{}` is not counted",
                param.ty.name()
            ));
        }
    }
    Ok(())
}
