//! The C emitter: IR to one C file, for any C compiler.
#![forbid(unsafe_code)]

use crate::EmitError;

/// The emitter.
#[derive(Debug, Default)]
pub struct C;

mochi_ir::emitter_ops! { C as "c", () -> EmitError;
    emit { }
    expand { }
    decline {
        I64Const | F64Const | BoolConst | StrConst | None | I64Add | I64Sub | I64Mul | I64Div | I64Rem | I64Neg | I64AddProved | I64SubProved | I64MulProved | I64DivProved | I64RemProved | I64Cmp | I64ToF64 | F64Add | F64Sub | F64Mul | F64Div | F64DivProved | F64Neg | F64Sqrt | F64Cmp | F64ToI64 | BoolNot | BoolEq | Select | AnyFrom | AnyTo | IsNone | CheckSome | RefSame | ListNew | ListOf | ListLen | ListGet | ListSet | ListTake | ListPush | IndexCheck | ListLoad | ListStore | RecordNew | FieldGet | FieldSet | FieldTake | RecordShape | ClosureMake | CaptureGet | GlobalGet | GlobalSet | GlobalTake | Call | CallClosure | CallRuntime | Dup | Drop | Poll | Jump | Branch | Switch | Return | TailCall | TailCallClosure | Trap => "not written in C yet";
    }
}
