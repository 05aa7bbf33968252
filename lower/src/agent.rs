//! Agents: an instance is a record, made by a function that gives it its first state and lets its handlers listen.
//!
//! There is one such function for each set of fields that a literal gives, with a parameter for each of them. What the
//! literal does not give is computed inside, where the agent is declared, not where the literal stands.

use crate::function::FunctionLowering;
use crate::program::{Lowering, Origin};
use mochi_hir::hir::{AgentId, AgentStep, ExprId};
use mochi_ir::builder::FunctionBuilder;
use mochi_ir::op::Op;
use mochi_ir::program::{Function, Value};
use mochi_ir::types::Type;
use std::rc::Rc;

impl<'l, 'a> FunctionLowering<'l, 'a> {
    /// `A {…}`, with the fields that it gives.
    pub(crate) fn agent(
        &mut self,
        agent: AgentId,
        given: &[(u32, ExprId)],
        id: ExprId,
    ) -> Option<Value> {
        let mut values = Vec::with_capacity(given.len());
        for &(field, value) in given {
            values.push((field, self.expr(value)?));
        }
        // A field that is given twice has its last value.
        values.reverse();
        values.sort_by_key(|&(field, _)| field);
        values.dedup_by_key(|&mut (field, _)| field);
        let (fields, values): (Vec<u32>, Vec<Value>) = values.into_iter().unzip();
        self.at(self.hir[id].span);
        let function = self.cx.of_origin(Origin::Agent(agent, fields.into()));
        Some(self.builder.call(function, &values, Some(Type::Record)).expect("it has a result"))
    }

    /// The function that makes an agent's instances when these fields are given.
    pub(crate) fn instance(cx: &'l mut Lowering<'a>, id: AgentId, given: &[u32]) -> Function {
        let agent = &cx.hir[id];
        let state = cx.types.struct_type(agent.state);
        let fields: Vec<Type> = state.fields.iter().map(|field| cx.repr(field.ty)).collect();
        let name = cx.interner.resolve(state.name);
        let shape = cx.struct_shape(agent.state);
        let params: Vec<Type> = given.iter().map(|&field| fields[field as usize]).collect();
        let (builder, values) = FunctionBuilder::new(name, &params, Some(Type::Record), agent.span);
        let mut this = FunctionLowering::new(cx, builder, Rc::default(), Some(Type::Record));
        let empty: Vec<Value> = fields.iter().map(|&field| this.nothing(field)).collect();
        let instance = this.builder.emit(Op::RecordNew, &empty, u64::from(shape.0), Type::Record);
        this.bind(agent.receiver, instance);
        let mut made = Some(());
        for &step in &agent.steps {
            made = match step {
                AgentStep::Field(field, value) => {
                    let value = match given.iter().position(|&other| other == field) {
                        Some(place) => Some(values[place]),
                        None => this.expr(value),
                    };
                    value.map(|value| {
                        this.builder.effect(Op::FieldSet, &[instance, value], u64::from(field));
                    })
                }
                AgentStep::Stmt(stmt) => this.stmt(stmt),
            };
            if made.is_none() {
                break;
            }
        }
        if made.is_some() {
            this.builder.ret(Some(instance));
        }
        this.finish()
    }
}
