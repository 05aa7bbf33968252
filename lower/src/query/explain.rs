//! Plans as text: what `mochi explain --query` shows of each query, as it is lowered.

use super::Running;
use super::fold::Folds;
use super::once::Once;
use super::plan::Source;
use crate::function::FunctionLowering;
use mochi_base::Span;
use mochi_hir::hir::{ExprId, ExprKind, Hir, JoinKind};

/// The plan of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPlan {
    pub span: Span,
    pub lines: Vec<Line>,
}

/// A step: what is gone through or done, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub what: Vec<Part>,
    pub how: Vec<Part>,
}

/// Text of ours, or a part of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(&'static str),
    Source(Span),
}

/// What is wider does not push the column beside it further to the right.
const WIDEST: usize = 40;

impl QueryPlan {
    /// The steps as text, one a line; `source` is the program.
    pub fn steps(&self, source: &str) -> Vec<String> {
        let text = |parts: &[Part]| -> String {
            let parts = parts.iter().map(|part| match part {
                Part::Text(text) => (*text).to_owned(),
                Part::Source(span) => {
                    let text = source.get(span.start as usize..span.end as usize).unwrap_or("…");
                    text.split_whitespace().collect::<Vec<_>>().join(" ")
                }
            });
            parts.collect()
        };
        let lines: Vec<_> =
            self.lines.iter().map(|line| (text(&line.what), text(&line.how))).collect();
        let widths = lines.iter().map(|(what, _)| what.chars().count());
        let width = widths.filter(|&width| width <= WIDEST).max().unwrap_or(0);
        lines
            .iter()
            .map(|(what, how)| {
                let gap = " ".repeat(width.saturating_sub(what.chars().count()));
                format!("{what}{gap}  {how}").trim_end().to_owned()
            })
            .collect()
    }
}

impl<'a> FunctionLowering<'_, 'a> {
    /// Notes the plan of a query, when plans are asked for; `end` says what becomes of its rows.
    pub(super) fn explain(&mut self, running: &Running<'a>, end: &'static str) {
        let hir = self.hir;
        let plan = &running.plan;
        let Some(plans) = &mut self.cx.plans else { return };
        let mut lines = Vec::new();
        for (at, source) in plan.sources.iter().enumerate() {
            of_source(hir, at, source, &mut lines);
        }
        let list = |exprs: &mut dyn Iterator<Item = ExprId>, between| {
            let mut parts = Vec::new();
            for expr in exprs {
                if !parts.is_empty() {
                    parts.push(Part::Text(between));
                }
                parts.push(Part::Source(hir[expr].span));
            }
            parts
        };
        if let Some(group) = &plan.group {
            let mut what = vec![Part::Text("group by ")];
            what.extend(list(&mut group.keys.iter().copied(), ", "));
            let mut how = vec![Part::Text("hash groups")];
            if let Some(having) = group.having {
                how.extend([Part::Text(" having "), Part::Source(hir[having].span)]);
            }
            if group.folds.is_some() {
                how.push(Part::Text(", no rows kept"));
            }
            lines.push(Line { what, how });
            for (site, name) in group.folds.iter().flat_map(Folds::told) {
                let what = vec![Part::Source(hir[site].span)];
                lines.push(Line { what, how: vec![Part::Text(name)] });
            }
        }
        if !plan.sort.is_empty() {
            let mut what = vec![Part::Text("sort by ")];
            for (at, key) in plan.sort.iter().enumerate() {
                let before = if at > 0 { ", " } else { "" };
                what.push(Part::Text(before));
                what.push(Part::Text(if key.descending { "-" } else { "" }));
                what.push(Part::Source(hir[key.key].span));
            }
            let mut how = Vec::new();
            match plan.take {
                Some(take) if plan.is_top => {
                    how.extend([Part::Text("top "), Part::Source(hir[take].span)]);
                    if let Some(skip) = plan.skip {
                        how.extend([Part::Text(" behind "), Part::Source(hir[skip].span)]);
                    }
                }
                _ => how.push(Part::Text("all rows sorted")),
            }
            lines.push(Line { what, how });
        }
        let mut what =
            vec![Part::Text(if plan.query.distinct { "select distinct " } else { "select " })];
        what.push(Part::Source(hir[plan.query.select].span));
        let mut how = vec![Part::Text(end)];
        if plan.query.distinct {
            how.insert(0, Part::Text("repeats left out by hash, "));
        }
        lines.push(Line { what, how });
        for &(expr, once) in &running.sharing.once {
            let how = match once {
                Once::Value => "evaluated once for all rows",
                Once::Set => "looked up in a set, made once for all rows",
            };
            let what = vec![Part::Source(hir[expr].span)];
            lines.push(Line { what, how: vec![Part::Text(how)] });
        }
        let plan = QueryPlan { span: plan.query.span, lines };
        // A generic function has a copy for each list of type arguments.
        if !plans.contains(&plan) {
            plans.push(plan);
        }
    }
}

fn of_source(hir: &Hir, at: usize, source: &Source<'_>, lines: &mut Vec<Line>) {
    let place = |expr: ExprId| Part::Source(hir[expr].span);
    let what = vec![
        Part::Text(match source.kind {
            JoinKind::Inner if at == 0 => "from ",
            JoinKind::Inner => "join ",
            JoinKind::Left => "left join ",
            JoinKind::Right => "right join ",
            JoinKind::Outer => "outer join ",
        }),
        Part::Source(hir[source.var].span),
        Part::Text(" in "),
        match source.streamed {
            Some(_) => Part::Text("(a query)"),
            None => place(source.source),
        },
    ];
    let mut how = Vec::new();
    let conditions = |exprs: &[ExprId], before, how: &mut Vec<Part>| {
        for (at, &expr) in exprs.iter().enumerate() {
            how.push(Part::Text(if at == 0 { before } else { " && " }));
            how.push(place(expr));
        }
    };
    if source.keys.is_empty() {
        let is_file = matches!(hir[source.source].kind, ExprKind::Load { .. });
        how.push(Part::Text(match (at, source.streamed, source.is_dependent) {
            (0, None, _) if is_file => "each row of the file, as it is read",
            (_, Some(_), _) => "its rows as they come",
            (0, None, _) => "each row",
            (_, None, true) => "each row, made for each row before",
            (_, None, false) => "each row, for each row before",
        }));
    } else {
        how.push(Part::Text("hash "));
        for (at, &(one, other)) in source.keys.iter().enumerate() {
            how.push(Part::Text(if at == 0 { "" } else { ", " }));
            how.extend([place(one), Part::Text(" == "), place(other)]);
        }
        how.push(Part::Text(match (source.is_shared, source.kind) {
            (true, _) => "; table filled once for all rows around",
            (false, JoinKind::Right) => "; table of the rows before",
            (false, _) => "; table filled once",
        }));
        conditions(&source.own, ", where ", &mut how);
    }
    conditions(&source.on, "; on ", &mut how);
    conditions(&source.filter, "; filter ", &mut how);
    lines.push(Line { what, how });
}
