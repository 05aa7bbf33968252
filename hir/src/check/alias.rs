//! Expressions that name live storage (`xs`, `rows[0]`, `p.items`): giving it a second name with
//! other item types would let a write through one name break what the other promises.

use mochi_base::{Code, Diagnostic, Span};
use mochi_syntax::ast;

use super::Checker;
use crate::types::TypeId;

impl Checker<'_> {
    /// How the storage that the expression names is called in messages; `None` if it is a new value.
    pub(super) fn storage_name(&self, expr: ast::ExprId) -> Option<String> {
        let mut parts = Vec::new();
        let mut expr = self.ast.without_parens(expr);
        loop {
            match self.ast[expr].kind {
                ast::ExprKind::Ident(name) => {
                    parts.push(self.name(name).to_owned());
                    break;
                }
                ast::ExprKind::Index { object, .. } | ast::ExprKind::Slice { object, .. } => {
                    parts.push("[…]".to_owned());
                    expr = object;
                }
                ast::ExprKind::Field { object, name, .. } => {
                    parts.push(format!(".{}", self.name(name.symbol)));
                    expr = object;
                }
                _ => return None,
            }
        }
        parts.reverse();
        Some(parts.concat())
    }

    pub(super) fn widening_alias(
        &mut self,
        span: Span,
        name: &str,
        found: TypeId,
        wanted: TypeId,
    ) -> Diagnostic {
        let (found, wanted) = (self.show(found), self.show(wanted));
        Diagnostic::new(
            Code::T052,
            span,
            format!("`{name}` is a `{found}` and cannot get a second name of type `{wanted}`"),
        )
        .with_label(format!(
            "both names would share one value, and `{wanted}` allows writes that `{found}` forbids"
        ))
        .with_help(format!(
            "declare the target as `{found}`, or copy the items into a new `{wanted}`"
        ))
    }
}
