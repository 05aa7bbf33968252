//! Calls of named functions, of function values, and of builtins.

use crate::function::FunctionLowering;
use crate::program::{Origin, TypeArgs};
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Span;
use mochi_hir::hir::{self, ExprId, ExprKind, LocalId};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::op::Op;
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl FunctionLowering<'_, '_> {
    /// A call of any kind, with its value if it has one.
    pub(crate) fn any_call(&mut self, id: ExprId) -> Option<Option<Value>> {
        let hir = self.hir;
        let span = hir[id].span;
        match &hir[id].kind {
            ExprKind::Call { function, type_args, args } => {
                self.call(*function, type_args, args, span)
            }
            ExprKind::CallValue { callee, args } => self.call_value(*callee, args, span),
            ExprKind::CallNested { local, type_args, args } => {
                self.call_nested(*local, type_args, args, span)
            }
            ExprKind::CallBuiltin { builtin, args } => self.builtin(*builtin, args, id),
            _ => self.expr(id).map(Some),
        }
    }

    /// The type arguments of a call, with this function's own in them.
    pub(crate) fn type_args(&mut self, args: &[TypeId]) -> TypeArgs {
        args.iter().map(|&arg| self.substitute(arg)).collect()
    }

    fn call(
        &mut self,
        callee: hir::FunctionId,
        type_args: &[TypeId],
        args: &[ExprId],
        span: Span,
    ) -> Option<Option<Value>> {
        let args = self.exprs(args)?;
        self.at(span);
        let type_args = self.type_args(type_args);
        let Some(function) = self.cx.function(callee, &type_args, span) else { return self.stop() };
        let result = self.cx.substitute(self.hir[callee].result, &type_args);
        Some(self.builder.call(function, &args, self.cx.result_repr(result)))
    }

    /// A call of a generic nested function, which has been lifted: its type arguments come behind those of the functions
    /// around it, and what it captures behind its arguments.
    fn call_nested(
        &mut self,
        local: LocalId,
        type_args: &[TypeId],
        args: &[ExprId],
        span: Span,
    ) -> Option<Option<Value>> {
        let lifted = self.cx.lifted.get(local).expect("what is only called is lifted").clone();
        let mut operands = self.exprs(args)?;
        operands.extend(lifted.extras.iter().map(|&extra| self.current(extra)));
        self.at(span);
        let outer = self.hir[lifted.id].first_type_param as usize;
        let own = self.type_args(type_args);
        let all: TypeArgs = self.args[..outer].iter().chain(own.iter()).copied().collect();
        if self.cx.grows(lifted.id, &all, span) {
            return self.stop();
        }
        let result = self.cx.substitute(self.hir[lifted.id].result, &all);
        let function = self.cx.of_origin(Origin::Lifted(local, all));
        Some(self.builder.call(function, &operands, self.cx.result_repr(result)))
    }

    fn call_value(&mut self, callee: ExprId, args: &[ExprId], span: Span) -> Option<Option<Value>> {
        if let ExprKind::Local(local) = self.hir[callee].kind
            && let Some(lifted) = self.cx.lifted.get(local)
        {
            let lifted = lifted.clone();
            let mut operands = self.exprs(args)?;
            operands.extend(lifted.extras.iter().map(|&extra| self.current(extra)));
            self.at(span);
            let result = self.substitute(self.hir[lifted.id].result);
            let function = self.cx.of_origin(Origin::Lifted(local, self.args.clone()));
            return Some(self.builder.call(function, &operands, self.cx.result_repr(result)));
        }
        let ty = self.type_of(callee);
        let callee = self.operand(callee)?;
        if let TypeKind::Fun(_, result) = *self.kind(ty) {
            let mut operands = vec![callee];
            operands.extend(self.exprs(args)?);
            self.at(span);
            return Some(self.builder.call_closure(&operands, self.cx.result_repr(result)));
        }
        let callee = self.any_of(callee);
        let mut items = Vec::with_capacity(args.len());
        for &arg in args {
            items.push(self.any_operand(arg)?);
        }
        self.at(span);
        let items = self.builder.emit(Op::ListOf, &items, 0, Type::ListAny);
        Some(Some(self.runtime(RuntimeFunction::AnyCall, &[callee, items], Type::Any)))
    }
}
