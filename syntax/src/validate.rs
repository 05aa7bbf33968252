//! What the edition of 2026 demands of the shape of a program, beyond the grammar of all editions:
//! checked over the arenas of the finished tree, without walking it.

use mochi_base::{Code, Diagnostic, Span, Symbol};

use crate::MAX_ERRORS;
use crate::ast::{ArmBody, Ast, ExprId, ExprKind, StmtKind};

/// What only the edition of 2026 demands: a statement does something, a slice says something about
/// its bounds. Of a tree with errors it would say what follows from them, so it **must** not be asked.
pub fn validate_2026(source: &str, ast: &Ast) -> Vec<Diagnostic> {
    let slices = ast.exprs.iter().filter_map(|expr| match expr.kind {
        ExprKind::Slice { start: None, end: None, step: None, open, .. } => {
            Some((open, expr.span.end))
        }
        _ => None,
    });
    let mut diagnostics: Vec<_> = slices
        .map(|(open, end)| {
            Diagnostic::new(
                Code::P060,
                Span::new(open, end),
                "this slice has neither bounds nor a step",
            )
            .with_help("write at least one of them, as in `xs[0:]`")
        })
        .collect();
    useless_statements(source, ast, &mut diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.truncate(MAX_ERRORS);
    diagnostics
}

fn useless_statements(source: &str, ast: &Ast, diagnostics: &mut Vec<Diagnostic>) {
    // The last statement of a block behind `=>` is the value of the arm.
    let mut values: Vec<_> = ast
        .lists
        .match_arms
        .iter()
        .filter_map(|arm| match arm.body {
            ArmBody::Block(block) => ast[ast[block].statements].last().copied(),
            ArmBody::Expr(_) => None,
        })
        .collect();
    values.sort_unstable();
    let mut previous_end = None;
    for (id, stmt) in ast.stmts.iter_with_ids() {
        let StmtKind::Expr(expr) = stmt.kind else { continue };
        if acts(ast, expr) || values.binary_search(&id).is_ok() || ast.value == Some(id) {
            continue;
        }
        // One finding a line: `foo bar baz` is one mistake.
        let same_line = previous_end.is_some_and(|end: u32| {
            end <= stmt.span.start
                && !source.as_bytes()[end as usize..stmt.span.start as usize].contains(&b'\n')
        });
        previous_end = Some(stmt.span.end);
        if !same_line {
            diagnostics.push(
                Diagnostic::new(Code::P065, stmt.span, "this value is not used")
                    .with_help("call a function with it, give it a name with `let`, or remove it"),
            );
        }
    }
}

fn is_agent(ast: &Ast, name: Symbol) -> bool {
    ast.stmts.iter().any(
        |stmt| matches!(stmt.kind, StmtKind::Agent { name: agent, .. } if agent.symbol == name),
    )
}

/// Whether evaluating the expression can do anything but give a value.
fn acts(ast: &Ast, expr: ExprId) -> bool {
    let mut pending = vec![expr];
    while let Some(expr) = pending.pop() {
        match ast[expr].kind {
            ExprKind::Error
            | ExprKind::Call { .. }
            | ExprKind::Fetch { .. }
            | ExprKind::Load { .. }
            | ExprKind::Save { .. }
            | ExprKind::Generate { .. } => return true,
            ExprKind::Paren(inner) => pending.push(inner),
            ExprKind::Unary { operand, .. } => pending.push(operand),
            ExprKind::Binary { left, right, .. } => pending.extend([left, right]),
            ExprKind::Index { object, index, .. } | ExprKind::SafeIndex { object, index, .. } => {
                pending.extend([object, index])
            }
            ExprKind::Slice { object, start, end, step, .. } => {
                pending.push(object);
                pending.extend([start, end, step].into_iter().flatten());
            }
            ExprKind::Field { object, .. } | ExprKind::SafeField { object, .. } => {
                pending.push(object)
            }
            ExprKind::Cast { value, .. } => pending.push(value),
            ExprKind::List(items) => pending.extend_from_slice(&ast[items]),
            ExprKind::Map(entries) => {
                pending.extend(ast[entries].iter().flat_map(|entry| [entry.key, entry.value]))
            }
            // An agent that nobody names listens all the same.
            ExprKind::Struct { name, .. } if is_agent(ast, name.symbol) => return true,
            ExprKind::Struct { fields, .. } => {
                pending.extend(ast[fields].iter().map(|field| field.value))
            }
            ExprKind::If { branches, otherwise } => {
                pending.extend(
                    ast[branches].iter().flat_map(|branch| [branch.condition, branch.value]),
                );
                pending.extend(otherwise);
            }
            ExprKind::Match { subject, arms } => {
                pending.push(subject);
                for arm in &ast[arms] {
                    match arm.body {
                        ArmBody::Expr(expr) => pending.push(expr),
                        ArmBody::Block(block) => {
                            for stmt in &ast[ast[block].statements] {
                                match ast[*stmt].kind {
                                    StmtKind::Expr(expr) => pending.push(expr),
                                    _ => return true,
                                }
                            }
                        }
                    }
                }
            }
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::None
            | ExprKind::Ident(_)
            | ExprKind::Fun(_)
            | ExprKind::Query(_)
            | ExprKind::LogicQuery(_) => {}
        }
    }
    false
}
