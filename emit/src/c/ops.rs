//! What the C emitter does with each op: it has a method for all of them.

use super::function::FunctionWriter;
use crate::EmitError;
use mochi_ir::program::{Block, Inst, InstId};

mochi_ir::emitter_ops! { FunctionWriter<'_> as "c", (id: InstId, inst: &Inst, block: Block) -> EmitError;
    emit {
        I64Const | F64Const | BoolConst | StrConst | None => constant;
        I64Add | I64Sub | I64Mul | I64Neg => checked_int;
        I64Div | I64Rem => checked_division;
        I64AddProved | I64SubProved | I64MulProved | I64DivProved | I64RemProved => proved_int;
        I64Cmp | F64Cmp | BoolEq | RefSame => compare;
        I64ToF64 | F64Neg | F64Sqrt | BoolNot | IsNone => unary;
        F64Add | F64Sub | F64Mul | F64DivProved => float;
        F64Div => checked_float_division;
        F64ToI64 => float_to_int;
        Select => select;
        AnyFrom => any_from;
        AnyTo => any_to;
        CheckSome => check_some;
        ListNew => list_new;
        ListOf => list_of;
        ListLen => list_len;
        ListGet | ListLoad => list_get;
        ListSet | ListStore => list_set;
        ListTake => list_take;
        ListPush => list_push;
        IndexCheck => index_check;
        RecordNew => record_new;
        RecordShape => record_shape;
        ClosureMake => closure_make;
        FieldGet | CaptureGet | GlobalGet => place_get;
        FieldSet | GlobalSet => place_set;
        FieldTake | GlobalTake => place_take;
        Call => call;
        CallClosure => call_closure;
        CallRuntime => call_runtime;
        Dup => dup;
        Drop => drop;
        Poll => poll;
        Jump => jump;
        Branch => branch;
        Switch => switch;
        Return => ret;
        TailCall => tail_call;
        TailCallClosure => tail_call_closure;
        Trap => trap;
    }
    expand {}
    decline {}
}
