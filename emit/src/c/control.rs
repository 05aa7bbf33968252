//! Calls, tail calls and the ends of blocks as C.
//!
//! - A function is called under its name; through a closure by its entry in the table of functions, cast to the types of
//!   the call, which are those of the function.
//! - A tail call of the function itself assigns its parameters and jumps. One that can come back some other way leaves
//!   its arguments in the program's buffer, names its callee there and returns; see [`super::facts`].

use super::function::{FunctionWriter, line};
use super::types::{abi_type, to_word};
use crate::EmitError;
use mochi_abi::functions::{AbiType, RuntimeFunction, TRAPS};
use mochi_ir::program::{Block, Inst, InstId, Value};
use std::fmt::Write;

type Result = std::result::Result<(), EmitError>;

impl FunctionWriter<'_> {
    // -- calls --------------------------------------------------------------------------

    pub(super) fn call(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let callee = inst.function();
        let arguments = self.arguments(self.function.args(inst));
        let call = format!(
            "{}(ctx{arguments}) /* {} */",
            self.module.function_name(callee),
            self.name_comment(callee)
        );
        self.define_call(inst.result, &call);
        if self.module.facts.can_trap[callee.index()] {
            self.check_trap(id);
        }
        Ok(())
    }

    pub(super) fn call_closure(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let result = inst.result.map_or("void", |result| self.variable_type(result));
        let call = self.closure_call(self.function.args(inst), result);
        self.define_call(inst.result, &call);
        self.check_trap(id);
        Ok(())
    }

    /// The call of a closure, its first argument; `result` is the C type of what it gives back.
    fn closure_call(&mut self, args: &[Value], result: &str) -> String {
        let mut types = String::from("mochi_context *");
        for &arg in args {
            write!(types, ", {}", self.variable_type(arg))
                .expect("writing to a string does not fail");
        }
        let functions = self.module.functions_table();
        let callee = self.value(args[0]);
        format!(
            "(({result} (*)({types})){functions}[{callee}->function])(ctx{})",
            self.arguments(args)
        )
    }

    /// The arguments after `ctx`.
    fn arguments(&self, args: &[Value]) -> String {
        args.iter().fold(String::new(), |mut text, &arg| {
            write!(text, ", {}", self.value(arg)).expect("writing to a string does not fail");
            text
        })
    }

    fn define_call(&mut self, result: Option<Value>, call: &str) {
        match result {
            Some(result) if self.is_used(result) => self.define(result, call),
            _ => line!(self, "{call};"),
        }
    }

    pub(super) fn call_runtime(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let callee = inst.runtime();
        let row = callee.row();
        self.module.uses_runtime(callee);
        let args = self.function.args(inst);
        let arguments =
            args.iter().zip(row.args).fold(String::new(), |mut text, (&arg, parameter)| {
                let value = self.value(arg);
                let value = if parameter.ty == AbiType::Word {
                    to_word(self.function.ty(arg), &value)
                } else {
                    value
                };
                write!(text, ", {value}").expect("writing to a string does not fail");
                text
            });
        let call = format!("{}(ctx{arguments})", super::fast::name(callee));
        match inst.result {
            Some(result) if self.is_used(result) => {
                let ty = self.function.ty(result);
                let expression = match row.result {
                    AbiType::Word => Self::of_word(ty, &call),
                    // The instruction may know better what the pointer is.
                    _ if abi_type(row.result) != self.variable_type(result) => {
                        format!("({}){call}", self.variable_type(result))
                    }
                    _ => call,
                };
                self.define(result, &expression);
            }
            _ => line!(self, "{call};"),
        }
        if row.effects & TRAPS != 0 {
            self.check_trap(id);
        }
        Ok(())
    }

    pub(super) fn poll(&mut self, id: InstId, _: &Inst, _: Block) -> Result {
        self.module.uses_runtime(RuntimeFunction::Poll);
        line!(self, "if (MOCHI_UNLIKELY(ctx->poll)) {{");
        line!(self, "    mochi_poll(ctx);");
        self.text.push_str("    ");
        self.check_trap(id);
        line!(self, "}}");
        Ok(())
    }

    // -- tail calls -----------------------------------------------------------------------

    pub(super) fn tail_call(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let callee = inst.function();
        let args = self.function.args(inst);
        if callee == self.id {
            for statement in self.assignments(self.function.block_params(Block(0)), args) {
                line!(self, "{statement}");
            }
            let jump = self.go_to(Block(0));
            line!(self, "{jump}");
        } else if self.module.facts.tail_call_bounces(self.id, callee) {
            let entry = self.module.tail_entry_name(callee);
            self.bounce(args, &entry);
        } else {
            let arguments = self.arguments(args);
            let call = format!("{}(ctx{arguments})", self.module.function_name(callee));
            self.return_call(&call);
        }
        Ok(())
    }

    pub(super) fn tail_call_closure(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let args = self.function.args(inst);
        if self.module.facts.closure_tail_call_bounces(self.id) {
            let entry =
                format!("{}[{}->function]", self.module.tail_entries_table(), self.value(args[0]));
            self.bounce(args, &entry);
        } else {
            let call = self.closure_call(args, self.own_result_type());
            self.return_call(&call);
        }
        Ok(())
    }

    /// A call whose result is the function's. The frame is gone for the call stack, as where it bounces.
    fn return_call(&mut self, call: &str) {
        match self.function.result {
            Some(_) => line!(self, "return {call};"),
            None => {
                line!(self, "{call};");
                line!(self, "return;");
            }
        }
    }

    /// Returns to the wrapper's loop with a call for it to make.
    fn bounce(&mut self, args: &[Value], entry: &str) {
        let (buffer, next) = (self.module.tail_arguments(args.len()), self.module.tail_next());
        // The callee is read first: it may be found through one of the arguments.
        line!(self, "{next} = {entry};");
        for (i, &arg) in args.iter().enumerate() {
            let word = to_word(self.function.ty(arg), &self.value(arg));
            line!(self, "{buffer}[{i}] = {word};");
        }
        let fail = self.fail_return();
        line!(self, "{fail}");
    }

    // -- ends of blocks ---------------------------------------------------------------------

    pub(super) fn jump(&mut self, _: InstId, _: &Inst, block: Block) -> Result {
        let target = &self.function.block_targets(block)[0];
        self.edge(target, true);
        Ok(())
    }

    pub(super) fn branch(&mut self, _: InstId, inst: &Inst, block: Block) -> Result {
        let condition = self.arg(inst, 0);
        let [then, otherwise] = self.function.block_targets(block) else {
            unreachable!("a branch has two targets, by the verifier");
        };
        // The one that follows comes last, so that it needs no `goto`.
        let (condition, first, last) = if self.follows(then.block) && !self.follows(otherwise.block)
        {
            (format!("!({condition})"), otherwise, then)
        } else {
            (condition, then, otherwise)
        };
        let statements = self.edge_statements(first, false);
        self.guarded(&format!("if ({condition})"), &statements);
        self.edge(last, true);
        Ok(())
    }

    fn guarded(&mut self, head: &str, statements: &[String]) {
        match statements {
            [only] => line!(self, "{head} {only}"),
            _ => {
                line!(self, "{head} {{");
                for statement in statements {
                    line!(self, "    {statement}");
                }
                line!(self, "}}");
            }
        }
    }

    pub(super) fn switch(&mut self, _: InstId, inst: &Inst, block: Block) -> Result {
        let value = self.arg(inst, 0);
        let (last, cases) = self
            .function
            .block_targets(block)
            .split_last()
            .expect("a switch has a default, by the verifier");
        line!(self, "switch ((uint64_t){value} - UINT64_C({})) {{", inst.imm);
        for (i, target) in cases.iter().enumerate() {
            let statements = self.edge_statements(target, false);
            self.guarded(&format!("case {i}:"), &statements);
        }
        line!(self, "default: break;");
        line!(self, "}}");
        self.edge(last, true);
        Ok(())
    }

    pub(super) fn ret(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        match self.function.args(inst).first() {
            Some(&value) => {
                let value = self.value(value);
                line!(self, "return {value};");
            }
            None => line!(self, "return;"),
        }
        Ok(())
    }

    pub(super) fn trap(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let args = self.function.args(inst);
        let word = |place: usize| args.get(place).map_or(String::from("0"), |&arg| self.value(arg));
        let (a, b) = (word(0), word(1));
        let (site, fail) = (self.site(id), self.fail_return());
        line!(self, "mochi_fail(ctx, {}, {a}, {b}, {site});", inst.imm);
        line!(self, "{fail}");
        Ok(())
    }
}
