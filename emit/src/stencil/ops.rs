//! What the stencil emitter does with each op: it has a method for all of them.

use super::Stencils;
use super::machine::Machine;
use crate::EmitError;
use crate::baseline::At;

mochi_ir::emitter_ops! { [M: Machine] Stencils<'_, M> as "stencil", (at: At<'_>) -> EmitError;
    emit {
        I64Const | F64Const | BoolConst | StrConst | None => constant;
        I64Add | I64Sub => checked_sum;
        I64Mul => checked_product;
        I64Neg => checked_negation;
        I64Div | I64Rem | I64DivProved | I64RemProved => division;
        I64AddProved | I64SubProved => proved_sum;
        I64MulProved => proved_product;
        I64Cmp | F64Cmp | BoolNot | BoolEq | IsNone | RefSame => comparison;
        I64ToF64 => int_to_float;
        F64Add | F64Sub | F64Mul | F64DivProved => float_arithmetic;
        F64Div => float_division;
        F64Neg => float_negation;
        F64Sqrt => float_root;
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
        Drop => drop_op;
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
