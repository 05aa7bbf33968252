//! Function values: literals with what they capture, named functions, partial applications.

use crate::function::FunctionLowering;
use crate::program::{Lowering, Origin, TypeArgs};
use mochi_abi::layout::Rep;
use mochi_base::Span;
use mochi_hir::hir::{self, ExprId, LocalId, Storage};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::builder::FunctionBuilder;
use mochi_ir::op::Op;
use mochi_ir::program::{Function, Value};
use mochi_ir::types::Type;

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// A function literal: what it captures is taken now, cells as they are.
    pub(crate) fn closure(&mut self, id: hir::FunctionId) -> Value {
        let captures = self.cx.lifted.captures(self.hir, id);
        let captures: Vec<Value> = captures.into_iter().map(|local| self.current(local)).collect();
        let function = self.cx.of_origin(Origin::Literal(id, self.args.clone()));
        self.builder.emit(Op::ClosureMake, &captures, u64::from(function.0), Type::Closure)
    }

    /// At the start of a literal's function: its captures become variables.
    pub(crate) fn open_environment(&mut self, id: hir::FunctionId) {
        let environment = self.environment.expect("a literal's function has its closure");
        let captures = self.cx.lifted.captures(self.hir, id);
        let types: Vec<Type> = captures.iter().map(|&local| self.capture_type(local)).collect();
        let reps: Vec<Rep> = types.iter().map(|ty| ty.rep()).collect();
        let cyclic = captures.iter().any(|&local| {
            let ty = self.type_of_local(local);
            self.cx.cycles.reaches_function(&self.cx.types, ty)
        });
        let shape = self.cx.captures_shape(&reps, cyclic);
        self.builder.set_captures(shape);
        for (place, (&local, ty)) in captures.iter().zip(types).enumerate() {
            let value = self.builder.emit(Op::CaptureGet, &[environment], place as u64, ty);
            self.declare(local, value);
        }
    }

    fn capture_type(&mut self, local: LocalId) -> Type {
        match self.hir[local].storage {
            Storage::Cell => Type::Record,
            Storage::Value | Storage::Global => {
                let ty = self.type_of_local(local);
                self.repr(ty)
            }
        }
    }

    /// A named function as a value.
    pub(crate) fn function_value(
        &mut self,
        id: hir::FunctionId,
        args: &[TypeId],
        span: Span,
    ) -> Option<Value> {
        let args = self.type_args(args);
        if self.cx.function(id, &args, span).is_none() {
            return self.stop();
        }
        let wrapper = self.cx.of_origin(Origin::Wrapper(id, args));
        Some(self.builder.emit(Op::ClosureMake, &[], u64::from(wrapper.0), Type::Closure))
    }

    /// The function of a named function's closure: passes everything on.
    pub(crate) fn wrapper(
        cx: &'l mut Lowering<'a>,
        id: hir::FunctionId,
        args: TypeArgs,
    ) -> Function {
        let callee = &cx.hir[id];
        let types: Vec<TypeId> =
            callee.params.iter().map(|&param| cx.substitute(cx.hir[param].ty, &args)).collect();
        let result_type = cx.substitute(callee.result, &args);
        let result = cx.result_repr(result_type);
        let mut params = vec![Type::Closure];
        params.extend(types.iter().map(|&ty| cx.repr(ty)));
        let signature = cx.signature(&types, result_type);
        let function =
            cx.function(id, &args, callee.span).expect("the function value has asked for it");
        let name = cx.interner.resolve(callee.name);
        // Without a place in the source it is not in a call stack: its callee is there.
        let (mut builder, values) = FunctionBuilder::new(name, &params, result, Span::default());
        builder.set_captures(cx.captures_shape(&[], false));
        builder.set_signature(signature);
        let result = builder.call(function, &values[1..], result);
        builder.ret(result);
        builder.finish()
    }

    /// Fewer arguments than parameters: a closure of the callee and the arguments, for the rest.
    pub(crate) fn partial_application(
        &mut self,
        callee: ExprId,
        args: &[ExprId],
        span: Span,
    ) -> Option<Value> {
        let ty = self.type_of(callee);
        let callee = self.operand(callee)?;
        let TypeKind::Fun(params, result) = self.kind(ty).clone() else {
            return self.unsupported(span, "a partial application of this value");
        };
        let mut captures = vec![callee];
        captures.extend(self.exprs(args)?);
        self.at(span);
        let signature = self.cx.signature(&params[args.len()..], result);
        let origin = Origin::Partial {
            params: params.iter().map(|&param| self.repr(param)).collect(),
            result: self.cx.result_repr(result),
            given: args.len(),
            signature,
        };
        let function = self.cx.of_origin(origin);
        Some(self.builder.emit(Op::ClosureMake, &captures, u64::from(function.0), Type::Closure))
    }

    /// The function of a partial application: calls the captured callee with the captured arguments before its own.
    pub(crate) fn partial(
        cx: &'l mut Lowering<'a>,
        params: &[Type],
        result: Option<Type>,
        given: usize,
        signature: u32,
    ) -> Function {
        let (bound, rest) = params.split_at(given);
        let own: Vec<Type> = std::iter::once(Type::Closure).chain(rest.iter().copied()).collect();
        let captures: Vec<Type> =
            std::iter::once(Type::Closure).chain(bound.iter().copied()).collect();
        let reps: Vec<Rep> = captures.iter().map(|ty| ty.rep()).collect();
        let (mut builder, values) =
            FunctionBuilder::new("<partial>", &own, result, Span::default());
        // The callee is a function itself.
        let cyclic = cx.cycles.reaches_any_function();
        builder.set_captures(cx.captures_shape(&reps, cyclic));
        builder.set_signature(signature);
        let mut operands: Vec<Value> = captures
            .iter()
            .enumerate()
            .map(|(place, &ty)| builder.emit(Op::CaptureGet, &[values[0]], place as u64, ty))
            .collect();
        operands.extend_from_slice(&values[1..]);
        let result = builder.call_closure(&operands, result);
        builder.ret(result);
        builder.finish()
    }
}
