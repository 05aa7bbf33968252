//! Operands, results and immediates against the rows of the tables.

use super::{Result, Subject};
use crate::op::{Immediate, Op, Operand, Outcome};
use crate::program::{Block, Inst, InstId, Shape, Value};
use crate::types::Type;
use mochi_abi::functions::{AbiType, RuntimeFunction};
use mochi_abi::layout::Rep;
use mochi_abi::program::ShapeKind;
use mochi_abi::trap::TrapKind;

/// What is wrong with an instruction, in a sentence.
type Check<T = ()> = std::result::Result<T, String>;

/// Checks all instructions and target arguments of a function.
pub(super) fn verify(subject: Subject) -> Result {
    let function = subject.function;
    for block in function.block_ids() {
        for (id, inst) in function.block_insts(block) {
            if let Err(message) = check(subject, inst) {
                return subject.at_inst(block, id, message);
            }
        }
        verify_targets(subject, block)?;
    }
    Ok(())
}

fn verify_targets(subject: Subject, block: Block) -> Result {
    let function = subject.function;
    for target in function.block_targets(block) {
        let params = function.block_params(target.block);
        let args = function.target_args(target);
        let last = InstId(function.blocks[block.index()].insts.end - 1);
        if params.len() != args.len() {
            return subject.at_inst(
                block,
                last,
                format!(
                    "{} has {} parameters and gets {} arguments",
                    target.block,
                    params.len(),
                    args.len()
                ),
            );
        }
        for (&param, &arg) in params.iter().zip(args) {
            let (wanted, found) = (function.ty(param), function.ty(arg));
            if wanted != found {
                return subject.at_inst(
                    block,
                    last,
                    format!(
                        "{param} of {} is {}, {arg} is {}",
                        target.block,
                        wanted.name(),
                        found.name()
                    ),
                );
            }
        }
    }
    Ok(())
}

fn check(subject: Subject, inst: &Inst) -> Check {
    check_immediate(subject, inst)?;
    let result = check_result(subject, inst)?;
    let args = check_operands(subject, inst, result)?;
    match inst.op {
        Op::None if !result.is_some_and(|ty| ty.rep().is_counted()) => {
            Err("the result is a pointer or `any`".to_owned())
        }
        Op::Select if result.is_some_and(|ty| ty.rep().is_counted()) => {
            Err("what is selected is not counted".to_owned())
        }
        Op::ListNew => item_rep(result).map(|_| ()),
        Op::ListOf => {
            let rep = item_rep(result)?;
            args.iter().try_for_each(|&arg| check_rep("an item", arg, rep))
        }
        Op::ListGet | Op::ListLoad | Op::ListTake => {
            check_rep("the item", declared(result)?, item_rep(args.first().copied())?)
        }
        Op::ListPush if result != args.first().copied() => {
            Err("the result has the type of the list".to_owned())
        }
        Op::RecordNew => {
            let shape = &subject.program.shapes[inst.shape().index()];
            if shape.kind == ShapeKind::Captures {
                return Err("a record is not made of captures".to_owned());
            }
            check_fields(shape, &args)
        }
        Op::FieldGet | Op::FieldTake | Op::FieldSet => check_place(inst),
        Op::CaptureGet => check_capture(subject, inst, declared(result)?),
        Op::ClosureMake => {
            let callee = &subject.program.functions[inst.function().index()];
            match callee.captures {
                None => Err(format!("`{}` is not called through closures", callee.name)),
                Some(shape) => check_fields(&subject.program.shapes[shape.index()], &args),
            }
        }
        Op::GlobalGet | Op::GlobalTake => check_global(subject, inst, declared(result)?),
        Op::GlobalSet => check_global(subject, inst, args[0]),
        Op::Call => {
            check_arguments(subject, inst, &args)?;
            let callee = &subject.program.functions[inst.function().index()];
            check_outcome("the callee", callee.result, result)
        }
        Op::TailCall => {
            check_arguments(subject, inst, &args)?;
            let callee = &subject.program.functions[inst.function().index()];
            check_outcome("the callee", callee.result, subject.function.result)
        }
        Op::CallRuntime => check_runtime(inst.runtime(), &args, result),
        Op::Return => match (subject.function.result, args.as_slice()) {
            (None, []) => Ok(()),
            (Some(wanted), &[found]) if wanted == found => Ok(()),
            (wanted, _) => Err(format!("the function returns {}", name(wanted))),
        },
        Op::Trap => {
            if args.len() > 2 || args.iter().any(|&ty| ty != Type::I64) {
                return Err("a trap has up to two words, each i64".to_owned());
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The result's type, when the row allows it.
fn check_result(subject: Subject, inst: &Inst) -> Check<Option<Type>> {
    let Some(value) = inst.result else {
        // What is called may return nothing.
        let is_call = matches!(inst.op, Op::Call | Op::CallClosure | Op::CallRuntime);
        return if inst.op.row().result == Outcome::Nothing || is_call {
            Ok(None)
        } else {
            Err("it has no result".to_owned())
        };
    };
    let found = subject.function.ty(value);
    let wanted = match inst.op.row().result {
        Outcome::I64 => Type::I64,
        Outcome::F64 => Type::F64,
        Outcome::Bool => Type::Bool,
        Outcome::Str => Type::Str,
        Outcome::Record => Type::Record,
        Outcome::Closure => Type::Closure,
        Outcome::Any => Type::Any,
        Outcome::Same => match subject.function.args(inst).first() {
            Some(&first) => subject.function.ty(first),
            None => return Ok(Some(found)),
        },
        Outcome::Declared => found,
        Outcome::Nothing => return Err("it has a result".to_owned()),
    };
    if wanted == found {
        Ok(Some(found))
    } else {
        Err(format!("the result is {}, not {}", wanted.name(), found.name()))
    }
}

/// The operands' types, when the row allows them.
fn check_operands(subject: Subject, inst: &Inst, result: Option<Type>) -> Check<Vec<Type>> {
    let row = inst.op.row();
    let types: Vec<Type> = subject
        .function
        .args(inst)
        .iter()
        .map(|&value: &Value| subject.function.ty(value))
        .collect();
    let wanted = row.operands.len();
    if types.len() < wanted || (types.len() > wanted && !row.rest) {
        let more = if row.rest { " or more" } else { "" };
        return Err(format!("it has {} operands, not {wanted}{more}", types.len()));
    }
    for (place, (&(operand, _), &ty)) in row.operands.iter().zip(&types).enumerate() {
        let fits = match operand {
            Operand::I64 => ty == Type::I64,
            Operand::F64 => ty == Type::F64,
            Operand::Bool => ty == Type::Bool,
            Operand::Str => ty == Type::Str,
            Operand::Record => ty == Type::Record,
            Operand::Closure => ty == Type::Closure,
            Operand::Any => ty == Type::Any,
            Operand::List => ty.item_rep().is_some(),
            Operand::Item => types[0].item_rep() == Some(ty.rep()),
            Operand::Counted => ty.rep().is_counted(),
            Operand::Value => true,
            Operand::Same => Some(ty) == result,
        };
        if !fits {
            let wanted = match operand {
                Operand::I64 => "i64",
                Operand::F64 => "f64",
                Operand::Bool => "bool",
                Operand::Str => "str",
                Operand::Record => "record",
                Operand::Closure => "closure",
                Operand::Any => "any",
                Operand::List => "a list",
                Operand::Item => "an item of the list",
                Operand::Counted => "a pointer or `any`",
                Operand::Value => "a value",
                Operand::Same => "of the result's type",
            };
            return Err(format!("operand {place} is {wanted}, not {}", ty.name()));
        }
    }
    Ok(types)
}

fn check_immediate(subject: Subject, inst: &Inst) -> Check {
    let program = subject.program;
    let (count, what) = match inst.op.row().immediate {
        Immediate::None => (1, "immediate"),
        Immediate::Int if inst.op == Op::BoolConst => (2, "bool"),
        Immediate::Int | Immediate::Float => return Ok(()),
        Immediate::Str => (program.strings.len(), "string"),
        Immediate::Condition => (crate::op::Condition::ALL.len(), "condition"),
        Immediate::Shape => (program.shapes.len(), "shape"),
        Immediate::Function => (program.functions.len(), "function"),
        Immediate::Runtime => (RuntimeFunction::ALL.len(), "runtime function"),
        Immediate::Global => (program.globals.len(), "global"),
        Immediate::Trap => {
            let code = u32::try_from(inst.imm).ok().and_then(TrapKind::from_code);
            return code.map(|_| ()).ok_or_else(|| format!("there is no trap {}", inst.imm));
        }
    };
    if inst.imm < count as u64 { Ok(()) } else { Err(format!("there is no {what} {}", inst.imm)) }
}

fn name(ty: Option<Type>) -> &'static str {
    ty.map_or("nothing", Type::name)
}

fn declared(result: Option<Type>) -> Check<Type> {
    result.ok_or_else(|| "it has no result".to_owned())
}

fn item_rep(list: Option<Type>) -> Check<Rep> {
    list.and_then(Type::item_rep).ok_or_else(|| format!("the result is a list, not {}", name(list)))
}

fn check_rep(what: &str, ty: Type, rep: Rep) -> Check {
    if ty.rep() == rep {
        Ok(())
    } else {
        Err(format!("{what} is {}, not {}", crate::text::rep_name(rep), ty.name()))
    }
}

/// The values of a record or closure against the fields of its shape.
fn check_fields(shape: &Shape, args: &[Type]) -> Check {
    if shape.fields.len() != args.len() {
        return Err(format!("the shape has {} fields, not {}", shape.fields.len(), args.len()));
    }
    for (field, &arg) in shape.fields.iter().zip(args) {
        check_rep(&format!("field `{}`", field.name), arg, field.rep)?;
    }
    Ok(())
}

/// No record or closure has more fields, so a greater place is no place.
const MOST_FIELDS: u64 = 1 << 16;

fn check_place(inst: &Inst) -> Check {
    if inst.imm < MOST_FIELDS {
        Ok(())
    } else {
        Err(format!("there is no field {}", inst.imm as i64))
    }
}

/// The captures of the function's own closure are known.
fn check_capture(subject: Subject, inst: &Inst, ty: Type) -> Check {
    let function = subject.function;
    let is_own = function.args(inst).first() == function.block_params(Block(0)).first();
    match function.captures {
        Some(shape) if is_own => {
            let fields = &subject.program.shapes[shape.index()].fields;
            match usize::try_from(inst.imm).ok().and_then(|place| fields.get(place)) {
                Some(field) => check_rep("the capture", ty, field.rep),
                None => Err(format!("there is no capture {}", inst.imm)),
            }
        }
        _ => check_place(inst),
    }
}

fn check_global(subject: Subject, inst: &Inst, ty: Type) -> Check {
    let wanted = subject.program.globals[inst.global().index()].ty;
    if wanted == ty {
        Ok(())
    } else {
        Err(format!("the global is {}, not {}", wanted.name(), ty.name()))
    }
}

fn check_arguments(subject: Subject, inst: &Inst, args: &[Type]) -> Check {
    let callee = &subject.program.functions[inst.function().index()];
    if callee.params.len() != args.len() {
        return Err(format!(
            "the callee has {} parameters, not {}",
            callee.params.len(),
            args.len()
        ));
    }
    for (place, (param, &found)) in callee.params.iter().zip(args).enumerate() {
        if param.ty != found {
            return Err(format!("parameter {place} is {}, not {}", param.ty.name(), found.name()));
        }
    }
    Ok(())
}

fn check_outcome(who: &str, wanted: Option<Type>, found: Option<Type>) -> Check {
    if wanted == found {
        Ok(())
    } else {
        Err(format!("{who} returns {}, not {}", name(wanted), name(found)))
    }
}

fn check_runtime(callee: RuntimeFunction, args: &[Type], result: Option<Type>) -> Check {
    let row = callee.row();
    if row.args.len() != args.len() {
        return Err(format!(
            "`{}` takes {} arguments, not {}",
            row.name,
            row.args.len(),
            args.len()
        ));
    }
    for (place, (arg, &found)) in row.args.iter().zip(args).enumerate() {
        if !found.fits(arg.ty) {
            return Err(format!("argument {place} is {:?}, not {}", arg.ty, found.name()));
        }
    }
    let fits = match result {
        None => row.result == AbiType::Unit,
        Some(ty) => ty.fits(row.result),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("`{}` returns {:?}, not {}", row.name, row.result, name(result)))
    }
}
