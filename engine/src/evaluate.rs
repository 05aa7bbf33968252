//! Runs a program on the reference evaluator, with the runtime behind it: what every emitter is held against.

use crate::data;
use crate::run::{Ended, end};
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Sources;
use mochi_ir::eval::{Evaluator, Host, Stops};
use mochi_ir::program::{FunctionId, GlobalId, Program, StrId};
use mochi_ir::sites::Sites;
use mochi_runtime::stack::on_big_stack;
use mochi_runtime::{Access, Callee, Runtime};

/// As deep as the other emitters let a small function go, and somewhat more.
const FRAME_LIMIT: usize = 4_000_000;

/// Evaluates a program; see [`crate::run::interpret`].
pub fn evaluate<R: Send>(
    sources: &Sources,
    program: &Program,
    prepare: impl FnOnce(&mut Runtime) + Send,
    after: impl FnOnce(&mut Runtime) -> R + Send,
) -> (Ended, R) {
    let data = data::of(sources, program, Sites::new(program));
    on_big_stack(move |limit| {
        let mut runtime = Runtime::new(data);
        runtime.set_stack_limit(limit);
        runtime.set_compiler(crate::eval::evaluate_text);
        prepare(&mut runtime);
        let evaluator = Evaluator::new(program, FRAME_LIMIT);
        runtime.with_callee(&Evaluated(&evaluator), |access| {
            // A trap stays in the runtime until it is taken below.
            let _ = evaluator.call(&mut Words(access), program.main, &[]);
        });
        let ended = end(&mut runtime);
        (ended, after(&mut runtime))
    })
}

/// The runtime as the evaluator sees it.
struct Words(Access);

impl Host for Words {
    fn runtime(&mut self, _: &Evaluator, function: RuntimeFunction, args: &[u64]) -> Stops<u64> {
        self.0.call(function, args)
    }
    fn string(&mut self, string: StrId) -> u64 {
        self.0.string(string.index())
    }
    fn global(&mut self, global: GlobalId) -> u64 {
        self.0.global(global.index())
    }
    fn set_global(&mut self, global: GlobalId, word: u64) {
        self.0.set_global(global.index(), word);
    }
    fn closure_function(&mut self, closure: u64) -> FunctionId {
        FunctionId(self.0.closure_function(closure))
    }
}

/// The evaluator as the runtime sees it.
struct Evaluated<'e>(&'e Evaluator<'e>);

impl Callee for Evaluated<'_> {
    fn call(&self, access: Access, closure: u64, args: &[u64]) -> u64 {
        // The runtime looks for the trap itself.
        self.0.call_closure(&mut Words(access), closure, args).unwrap_or(0)
    }
}
