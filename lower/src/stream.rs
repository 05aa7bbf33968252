//! Streams: a handler is a closure that the runtime keeps, and whoever emits calls those that it gives out.
//!
//! The calls are made where the event is emitted, so that a trap in a handler has a call stack that leads there, and no
//! emitter needs to know of events.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_hir::hir::ExprId;
use mochi_hir::types::StructId;
use mochi_ir::op::Op;
use mochi_ir::program::Value;
use mochi_ir::types::Type;

impl FunctionLowering<'_, '_> {
    /// `on S as x {…}`.
    pub(crate) fn listen(&mut self, stream: StructId, handler: ExprId) -> Option<()> {
        let span = self.builder.span;
        let handler = self.expr(handler)?;
        self.at(span);
        let stream = self.stream_number(stream);
        self.runtime_effect(RuntimeFunction::EventListen, &[stream, handler]);
        Some(())
    }

    /// `emit S {…}`: the event is put in line; unless that happens while one is handled, all in line are handled now.
    pub(crate) fn emit_event(&mut self, stream: StructId, event: ExprId) -> Option<()> {
        let span = self.builder.span;
        let event = self.expr(event)?;
        self.at(span);
        let stream = self.stream_number(stream);
        let due = self.runtime(RuntimeFunction::EventEmit, &[stream, event], Type::Bool);
        let mut after = self.join();
        let mut start = self.join();
        self.branch(due, &mut start, &mut after);
        self.enter(start)?;
        let mut around = self.new_loop(Vec::new(), None);
        let handler = self.runtime(RuntimeFunction::EventHandler, &[], Type::Closure);
        let none = self.builder.emit(Op::IsNone, &[handler], 0, Type::Bool);
        let mut call = self.join();
        self.branch(none, &mut around.exit, &mut call);
        self.enter(call)?;
        let event = self.runtime(RuntimeFunction::EventCurrent, &[], Type::Record);
        self.builder.call_closure(&[handler, event], None);
        self.back_edge(&around);
        self.builder.loop_depth -= 1;
        self.enter(around.exit)?;
        self.leave(&mut after, None);
        self.enter(after).map(|_| ())
    }

    /// The number by which the runtime knows a stream.
    fn stream_number(&mut self, stream: StructId) -> Value {
        let next = self.cx.streams.len() as u32;
        let number = *self.cx.streams.entry(stream).or_insert(next);
        self.builder.i64(i64::from(number))
    }
}
