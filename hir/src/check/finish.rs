//! What is known only when everything has been checked: the types that stood in for others, and
//! where each variable lives.

use mochi_base::Diagnostic;

use super::Checker;
use crate::hir::{Convert, ExprKind, Hir, Storage};

impl Checker<'_> {
    pub(super) fn finish(mut self) -> (Hir, Vec<Diagnostic>) {
        self.finish_types();
        self.finish_storage();
        // In the order of the source; what two passes found at one place is said once.
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
        self.diagnostics.dedup_by(|one, other| one.code == other.code && one.span == other.span);
        (self.hir, self.diagnostics)
    }

    fn finish_types(&mut self) {
        for id in std::mem::take(&mut self.unfinished) {
            let expr = &mut self.hir.exprs[id.index()];
            expr.ty = self.infer.final_type(&mut self.hir.types, expr.ty);
            if let ExprKind::Call { type_args, .. }
            | ExprKind::CallNested { type_args, .. }
            | ExprKind::Function(_, type_args) = &mut expr.kind
            {
                for arg in type_args.iter_mut() {
                    *arg = self.infer.final_type(&mut self.hir.types, *arg);
                }
            }
        }
        for id in std::mem::take(&mut self.unfinished_locals) {
            let local = &mut self.hir.locals[id.index()];
            local.ty = self.infer.final_type(&mut self.hir.types, local.ty);
        }
        for agent in &self.hir.agents {
            for index in 0..self.hir.types.struct_type(agent.state).fields.len() {
                let ty = self.hir.types.struct_type(agent.state).fields[index].ty;
                let ty = self.infer.final_type(&mut self.hir.types, ty);
                self.hir.types.structs[agent.state.0 as usize].fields[index].ty = ty;
            }
        }
        for id in std::mem::take(&mut self.unfinished_functions) {
            let function = &mut self.hir.functions[id.index()];
            function.result = self.infer.final_type(&mut self.hir.types, function.result);
        }
    }

    fn finish_storage(&mut self) {
        for (local, facts) in self.hir.locals.iter_mut().zip(&self.local_facts) {
            if local.storage == Storage::Value && facts.captured && local.assigned {
                local.storage = Storage::Cell;
            }
        }
        // A call in the same expression can assign what functions share, behind the test that narrowed
        // it: such a read is checked again when the program runs.
        for (read, local) in std::mem::take(&mut self.narrowed_reads) {
            let local = &self.hir.locals[local.index()];
            if local.assigned
                && local.storage != Storage::Value
                && let ExprKind::Convert(convert, _) = &mut self.hir.exprs[read.index()].kind
            {
                *convert = Convert::Unwrap;
            }
        }
        let locals = &self.hir.locals;
        for function in &mut self.hir.functions {
            function.captures.retain(|local| locals[local.index()].storage != Storage::Global);
        }
    }
}
