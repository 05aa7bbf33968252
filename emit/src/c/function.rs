//! A function of the IR in, a C function out: blocks become labels, values become variables, edges become assignments and
//! a `goto`.
//!
//! - Constants and comparisons that only a branch reads are written where they are used; every other value that is used
//!   is a variable of its own, declared in its block, or at the top when other blocks read it.
//! - A parameter of a block is assigned on each edge to it, all at once ([`super::moves`]).
//! - Who traps calls the runtime, adds its site and returns any value; who called it sees `ctx->trap` and does the same.

use super::facts::{StackCheck, stack_check_block};
use super::literal;
use super::loops::LoopReads;
use super::module::Module;
use super::moves::{Move, Step, sequence};
use super::types::{c_type, item_type, result_type};
use crate::EmitError;
use mochi_abi::trap::TrapKind;
use mochi_ir::op::{ALLOCATES, CALLS, COUNTS, Op, TERMINATES, TRAPS, WRITES};
use mochi_ir::program::{Block, Function, FunctionId, Inst, InstId, Program, Target, Value};
use mochi_ir::types::Type;
use std::collections::HashMap;
use std::fmt::Write;

/// How a value is written where it is used.
#[derive(Debug, Clone)]
enum Name {
    /// Nobody uses it.
    Unused,
    /// A variable, `v` and its number.
    Variable,
    /// An expression without effects, in parentheses where needed.
    Expression(String),
}

/// Writes one function.
pub(super) struct FunctionWriter<'a> {
    pub module: &'a mut Module,
    pub program: &'a Program,
    pub function: &'a Function,
    pub id: FunctionId,
    /// The block's text so far.
    pub text: String,
    /// The constants met so far, by what defines them.
    pub constants: HashMap<Value, Inst>,
    names: Vec<Name>,
    /// Uses by instructions and targets.
    uses: Vec<u32>,
    /// Declared at the top of the function.
    shared: Vec<bool>,
    /// Blocks that some `goto` names.
    labels: Vec<bool>,
    /// What is read of lists before loops.
    pub loops: LoopReads,
    /// The block being written.
    pub current: Block,
    /// The block that follows the one being written.
    next: Option<Block>,
    /// The source line of the last comment.
    line: u32,
}

/// Writes a line of the current block.
macro_rules! line {
    ($writer:expr, $($format:tt)+) => {
        $writer.line(format_args!($($format)+))
    };
}
pub(super) use line;

impl<'a> FunctionWriter<'a> {
    /// The C text of a function, its helpers included.
    pub(super) fn write(
        module: &'a mut Module,
        program: &'a Program,
        id: FunctionId,
    ) -> Result<String, EmitError> {
        let function = &program.functions[id.index()];
        let loops = LoopReads::of(function, &module.facts.keeps_lists);
        let mut writer = FunctionWriter {
            module,
            program,
            function,
            id,
            text: String::new(),
            constants: HashMap::new(),
            names: vec![Name::Unused; function.values.len()],
            uses: vec![0; function.values.len()],
            shared: vec![false; function.values.len()],
            labels: vec![false; function.blocks.len()],
            loops,
            current: Block(0),
            next: None,
            line: 0,
        };
        writer.count_uses();
        let mut blocks = Vec::with_capacity(function.blocks.len());
        for block in function.block_ids() {
            writer.block(block)?;
            blocks.push(std::mem::take(&mut writer.text));
        }
        Ok(writer.assemble(&blocks))
    }

    fn count_uses(&mut self) {
        let function = self.function;
        let mut home = vec![Block(u32::MAX); function.values.len()];
        for block in function.block_ids() {
            for &param in function.block_params(block) {
                home[param.index()] = Block(u32::MAX);
            }
            for (_, inst) in function.block_insts(block) {
                if let Some(result) = inst.result {
                    home[result.index()] = block;
                }
            }
        }
        for block in function.block_ids() {
            let in_block = function.block_insts(block).flat_map(|(_, inst)| function.args(inst));
            let on_edges = function
                .block_targets(block)
                .iter()
                .flat_map(|target| function.target_args(target));
            for &value in in_block.chain(on_edges) {
                self.uses[value.index()] += 1;
                if home[value.index()] != block {
                    self.shared[value.index()] = true;
                }
            }
        }
        for block in function.block_ids() {
            for &param in function.block_params(block) {
                if block.0 == 0 || self.uses[param.index()] > 0 {
                    self.names[param.index()] = Name::Variable;
                }
            }
        }
    }

    /// Puts the blocks' texts behind their labels and the declarations before them.
    fn assemble(&self, blocks: &[String]) -> String {
        let mut text = String::new();
        self.module.signature_comment(&mut text, self.program, self.id);
        let inner = self.module.body_name(self.id);
        writeln!(text, "{} {{", self.module.prototype(self.function, &inner))
            .expect("writing to a string does not fail");
        for ty in Type::ALL {
            let mut variables = Vec::new();
            for (i, &shared) in self.shared.iter().enumerate() {
                let value = Value(i as u32);
                let is_parameter = self.function.block_params(Block(0)).contains(&value);
                if shared
                    && !is_parameter
                    && self.function.ty(value) == ty
                    && matches!(self.names[i], Name::Variable)
                {
                    variables.push(value);
                }
            }
            for chunk in variables.chunks(12) {
                let c_type = c_type(ty);
                let star = if c_type.ends_with('*') { "*" } else { "" };
                let base = c_type.trim_end_matches(" *");
                let list: Vec<String> =
                    chunk.iter().map(|value| format!("{star}{value}")).collect();
                writeln!(text, "    {base} {};", list.join(", "))
                    .expect("writing to a string does not fail");
            }
        }
        for (header, list, reads) in self.loops.all() {
            if reads.len {
                writeln!(text, "    uint64_t {};", len_before(list, header))
                    .expect("writing to a string does not fail");
            }
            if reads.items {
                let ty = item_type(self.function.ty(list).item_rep().expect("it is a list"));
                writeln!(text, "    {ty} *{};", items_before(list, header))
                    .expect("writing to a string does not fail");
            }
        }
        let check = self.stack_check();
        for (i, block) in blocks.iter().enumerate() {
            if self.labels[i] {
                writeln!(text, "b{i}: {{").expect("writing to a string does not fail");
            } else {
                text.push_str("{\n");
            }
            if check == Some(Block(i as u32)) {
                let (kind, fail) = (TrapKind::StackOverflow as u32, self.fail_return());
                writeln!(
                    text,
                    "    if (MOCHI_STACK_IS_LOW(ctx)) {{ mochi_raise(ctx, {kind}, 0, 0); {fail} }}"
                )
                .expect("writing to a string does not fail");
            }
            text.push_str(block);
            text.push_str("}\n");
        }
        text.push_str("}\n");
        self.module.wrappers(&mut text, self.program, self.id);
        text
    }

    /// The block that begins with a look at the stack.
    fn stack_check(&self) -> Option<Block> {
        let facts = &self.module.facts;
        match facts.stack_check[self.id.index()] {
            StackCheck::Nowhere => None,
            StackCheck::Entry => Some(Block(0)),
            // What is only reached in a way that the flow does not show is looked at from the start.
            StackCheck::BeforeCalls => Some(
                stack_check_block(self.function, |inst| match inst.op {
                    Op::TailCall => {
                        inst.function() == self.id
                            || facts.tail_call_bounces(self.id, inst.function())
                    }
                    _ => facts.closure_tail_call_bounces(self.id),
                })
                .unwrap_or(Block(0)),
            ),
        }
    }

    fn block(&mut self, block: Block) -> Result<(), EmitError> {
        self.current = block;
        let next = Block(block.0 + 1);
        self.next = (next.index() < self.function.blocks.len()).then_some(next);
        for (id, inst) in self.function.block_insts(block) {
            if self.is_dead(inst) {
                continue;
            }
            if inst.op.has(TRAPS | CALLS | ALLOCATES | WRITES) {
                self.line_comment(id);
            }
            self.op(inst.op, id, inst, block)?;
        }
        Ok(())
    }

    /// Whether an instruction has no result that anybody uses and no effect.
    fn is_dead(&self, inst: &Inst) -> bool {
        !inst.op.has(TRAPS | CALLS | ALLOCATES | WRITES | COUNTS | TERMINATES)
            && inst.result.is_none_or(|result| self.uses[result.index()] == 0)
    }

    fn line_comment(&mut self, id: InstId) {
        let line = self.module.line_of(self.function.origins[id.index()].span.start);
        if line != self.line {
            self.line = line;
            line!(self, "/* line {line} */");
        }
    }

    pub(super) fn line(&mut self, line: std::fmt::Arguments) {
        writeln!(self.text, "    {line}").expect("writing to a string does not fail");
    }

    // -- values ---------------------------------------------------------------------

    /// An operand, as an expression.
    pub(super) fn value(&self, value: Value) -> String {
        match &self.names[value.index()] {
            Name::Expression(expression) => expression.clone(),
            Name::Variable => value.to_string(),
            Name::Unused => unreachable!("{value} is used before it is defined"),
        }
    }

    /// The operand with this place.
    pub(super) fn arg(&self, inst: &Inst, place: usize) -> String {
        self.value(self.function.args(inst)[place])
    }

    pub(super) fn arg_type(&self, inst: &Inst, place: usize) -> Type {
        self.function.ty(self.function.args(inst)[place])
    }

    /// The result of an instruction that has one.
    pub(super) fn result(inst: &Inst) -> Value {
        inst.result.expect("the op has a result, by the verifier")
    }

    pub(super) fn is_used(&self, value: Value) -> bool {
        self.uses[value.index()] > 0
    }

    /// Writes the value as this expression wherever it is used.
    pub(super) fn inline(&mut self, value: Value, expression: String) {
        self.names[value.index()] = Name::Expression(expression);
    }

    /// Writes the value in its only use when that is the branch that ends the block, else defines it.
    pub(super) fn inline_or_define(&mut self, value: Value, block: Block, expression: String) {
        let terminator = self.function.block_insts(block).next_back();
        let only_branch = terminator
            .is_some_and(|(_, last)| last.op == Op::Branch && self.function.args(last) == [value]);
        if only_branch && self.uses[value.index()] == 1 {
            self.inline(value, expression);
        } else {
            self.define(value, &expression);
        }
    }

    /// Defines a value; its expression may have effects.
    pub(super) fn define(&mut self, value: Value, expression: &str) {
        if self.is_used(value) {
            let declaration = self.declaration(value);
            line!(self, "{declaration} = {expression};");
        } else {
            line!(self, "(void)({expression});");
        }
    }

    /// Declares a value that is going to be assigned, used or not; returns its name.
    pub(super) fn declare(&mut self, value: Value) -> String {
        let declaration = self.declaration(value);
        if declaration != value.to_string() {
            line!(self, "{declaration};");
        }
        value.to_string()
    }

    /// What stands before the `=` of a value's first assignment.
    fn declaration(&mut self, value: Value) -> String {
        self.names[value.index()] = Name::Variable;
        if self.shared[value.index()] {
            return value.to_string();
        }
        let c_type = c_type(self.function.ty(value));
        let space = if c_type.ends_with('*') { "" } else { " " };
        format!("{c_type}{space}{value}")
    }

    // -- traps ------------------------------------------------------------------------

    /// Leaves the function when a trap is in flight.
    pub(super) fn fail_return(&self) -> &'static str {
        match self.function.result {
            Some(_) => "return 0;",
            None => "return;",
        }
    }

    pub(super) fn site(&self, id: InstId) -> u32 {
        self.module.sites.number(self.id, id)
    }

    /// After something that can trap.
    pub(super) fn check_trap(&mut self, id: InstId) {
        let (site, fail) = (self.site(id), self.fail_return());
        line!(self, "if (MOCHI_UNLIKELY(ctx->trap)) {{ mochi_trace(ctx, {site}); {fail} }}");
    }

    // -- edges ------------------------------------------------------------------------

    /// Goes to a target from the end of a block, where `text` is wanted on lines of their own.
    pub(super) fn edge(&mut self, target: &Target, may_fall: bool) {
        for statement in self.edge_statements(target, may_fall) {
            line!(self, "{statement}");
        }
    }

    /// The statements that go to a target: assignments to its parameters and a `goto`, unless it follows.
    pub(super) fn edge_statements(&mut self, target: &Target, may_fall: bool) -> Vec<String> {
        let params = self.function.block_params(target.block);
        let args = self.function.target_args(target);
        let mut statements = self.assignments(params, args);
        for (list, reads) in self.loops.on_edge(self.current, target.block) {
            let name = self.value(list);
            if reads.len {
                statements.push(format!(
                    "{} = {name} ? {name}->len : 0;",
                    len_before(list, target.block)
                ));
            }
            if reads.items {
                statements.push(format!(
                    "{} = {name} ? {name}->items : 0;",
                    items_before(list, target.block)
                ));
            }
        }
        if !(may_fall && self.next == Some(target.block)) {
            statements.push(self.go_to(target.block));
        }
        statements
    }

    pub(super) fn go_to(&mut self, block: Block) -> String {
        self.labels[block.index()] = true;
        format!("goto b{};", block.0)
    }

    pub(super) fn follows(&self, block: Block) -> bool {
        self.next == Some(block)
    }

    /// Assigns all parameters at once.
    pub(super) fn assignments(&self, params: &[Value], args: &[Value]) -> Vec<String> {
        let moves: Vec<Move> = params
            .iter()
            .zip(args)
            .map(|(&to, &from)| Move { to, from })
            .filter(|m| matches!(self.names[m.to.index()], Name::Variable))
            .collect();
        sequence(&moves)
            .into_iter()
            .map(|step| match step {
                Step::Assign(m) => format!("{} = {};", m.to, self.value(m.from)),
                Step::Save(value, number) => {
                    let c_type = c_type(self.function.ty(value));
                    let space = if c_type.ends_with('*') { "" } else { " " };
                    format!("{c_type}{space}saved{number} = {value};")
                }
                Step::Restore(to, number) => format!("{to} = saved{number};"),
            })
            .collect()
    }

    /// The type in which the function gives back its result.
    pub(super) fn own_result_type(&self) -> &'static str {
        result_type(self.function.result)
    }

    /// A name, for a comment.
    pub(super) fn name_comment(&self, function: FunctionId) -> String {
        literal::comment(&self.program.functions[function.index()].name)
    }
}

/// The variable for a list's length, read before the loop with this header.
pub(super) fn len_before(list: Value, header: Block) -> String {
    format!("len{}_b{}", list.0, header.0)
}

/// The same for its items.
pub(super) fn items_before(list: Value, header: Block) -> String {
    format!("items{}_b{}", list.0, header.0)
}
