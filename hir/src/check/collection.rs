//! Builtins whose types depend on the items of a list or map: what they take and give.

use mochi_base::{Code, Diagnostic, Span, Symbol};

use super::argument::Arg;
use super::coerce::Site;
use super::{Checker, Shape};
use crate::hir::{Builtin, ExprId, ExprKind};
use crate::types::TypeId;

impl Checker<'_> {
    pub(super) fn append(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        args: &[Arg],
        span: Span,
    ) -> ExprId {
        let (list, item) = match self.list_arg(args[0], None) {
            Ok(found) => found,
            Err(found) => return self.wrong_argument(name, "a list", found, args[0], span),
        };
        let added = self.arg(args[1], Some(item));
        let found = self.ty(added);
        let ty = self.hir.types.list(item);
        if let Some(added) = self.convert(added, item, Site::Slot) {
            return self.builtin_expr(builtin, vec![list, added], ty, span);
        }
        if self.rules.mixed_lists {
            let joined = self.join(item, found).unwrap_or(TypeId::ANY);
            let ty = self.hir.types.list(joined);
            let list = self.converted(list, ty);
            let added = self.converted(added, joined);
            return self.builtin_expr(builtin, vec![list, added], ty, span);
        }
        let (name, list_text, found_text) =
            (self.name(name).to_owned(), self.show(ty), self.show(found));
        let place = self.arg_span(args[1]);
        let diagnostic = Diagnostic::new(
            Code::T047,
            span,
            format!("`{name}` cannot add a `{found_text}` to a `{list_text}`"),
        )
        .with_secondary(place, format!("this is `{found_text}`"))
        .with_help("all items of a list have one type");
        self.fail(diagnostic)
    }

    pub(super) fn concat(&mut self, args: &[Arg], name: Symbol, span: Span) -> ExprId {
        let mut values = Vec::with_capacity(args.len());
        let mut item: Option<TypeId> = None;
        for &arg in args {
            let (value, found) = match self.list_arg(arg, None) {
                Ok(found) => found,
                Err(found) => return self.wrong_argument(name, "lists", found, arg, span),
            };
            values.push(value);
            item = Some(match item {
                None => found,
                Some(item) => match self
                    .join(item, found)
                    .or(self.rules.mixed_lists.then_some(TypeId::ANY))
                {
                    Some(joined) => joined,
                    None => {
                        let (first, other) = (self.show(item), self.show(found));
                        let place = self.arg_span(arg);
                        let diagnostic = Diagnostic::new(
                            Code::T047,
                            span,
                            format!("`concat` cannot join a `list<{first}>` and a `list<{other}>`"),
                        )
                        .with_secondary(place, format!("this is `list<{other}>`"))
                        .with_help("all items of a list have one type");
                        return self.fail(diagnostic);
                    }
                },
            });
        }
        let item = item.unwrap_or(TypeId::ANY);
        let ty = self.hir.types.list(item);
        let values = values.into_iter().map(|value| self.converted(value, ty)).collect();
        self.builtin_expr(Builtin::Concat, values, ty, span)
    }

    pub(super) fn keys_or_values(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        arg: Arg,
        span: Span,
    ) -> ExprId {
        let value = self.arg(arg, None);
        let mut value = self.unwrapped(value);
        let found = self.ty(value);
        if self.shape(found) == Shape::Any {
            let map = self.hir.types.map(TypeId::ANY, TypeId::ANY);
            value = self.converted(value, map);
        }
        let item = match self.shape(self.ty(value)) {
            Shape::Map(key, item) => {
                if builtin == Builtin::Keys {
                    key
                } else {
                    item
                }
            }
            Shape::Var => {
                let (key, item) = (self.fresh(), self.fresh());
                let map = self.hir.types.map(key, item);
                self.unify(found, map);
                if builtin == Builtin::Keys { key } else { item }
            }
            Shape::Error => return self.error_expr(span),
            _ => return self.wrong_argument(name, "a map", found, arg, span),
        };
        let ty = self.hir.types.list(item);
        self.builtin_expr(builtin, vec![value], ty, span)
    }

    /// `sum`, `avg`, `min`, `max` over a list or group.
    pub(super) fn aggregate(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        args: &[Arg],
        span: Span,
    ) -> ExprId {
        let code = match builtin {
            Builtin::Avg => Code::T038,
            Builtin::Sum => Code::T041,
            _ => Code::T007,
        };
        if args.len() > 1 {
            return self.extreme_of_values(builtin, args, span);
        }
        let value = self.arg(args[0], None);
        let value = self.unwrapped(value);
        let found = self.ty(value);
        let takes = "a list or a group of numbers";
        let item = match self.shape(found) {
            Shape::List(item) | Shape::Group(_, item) => item,
            Shape::Any | Shape::Error => found,
            Shape::Var => {
                let item = self.fresh();
                let list = self.hir.types.list(item);
                self.unify(found, list);
                item
            }
            _ => return self.wrong_argument_as(code, name, takes, found, args[0], span),
        };
        // Items that are none are passed over.
        let item = match self.shape(item) {
            Shape::Option(inner) if self.rules.options_unwrap => inner,
            _ => item,
        };
        let fits = match self.shape(item) {
            Shape::Any | Shape::Error => true,
            Shape::Var => self.unify(item, TypeId::ANY),
            Shape::String => matches!(builtin, Builtin::Min | Builtin::Max),
            Shape::Bool => true,
            Shape::List(_) => matches!(builtin, Builtin::Min | Builtin::Max),
            shape => shape.is_numeric(),
        };
        if !fits {
            return self.wrong_argument_as(code, name, takes, found, args[0], span);
        }
        let ty = match builtin {
            Builtin::Avg => TypeId::FLOAT,
            Builtin::Sum if self.shape(item) == Shape::Bool => TypeId::INT,
            _ => self.resolved(item),
        };
        self.builtin_expr(builtin, vec![value], ty, span)
    }

    /// `min(a, b)`: as of the list of them.
    fn extreme_of_values(&mut self, builtin: Builtin, args: &[Arg], span: Span) -> ExprId {
        let values: Vec<_> = args
            .iter()
            .map(|&arg| {
                let value = self.arg(arg, None);
                self.unwrapped(value)
            })
            .collect();
        let item = self.common_type(&values, None).unwrap_or(TypeId::ANY);
        let values: Vec<_> = values.into_iter().map(|value| self.converted(value, item)).collect();
        let ty = self.hir.types.list(item);
        let list = self.push(ExprKind::List(values.into()), ty, span);
        self.builtin_expr(builtin, vec![list], item, span)
    }

    pub(super) fn reduce(&mut self, name: Symbol, args: &[Arg], span: Span) -> ExprId {
        let (list, item) = match self.list_arg(args[0], None) {
            Ok(found) => found,
            Err(found) => return self.wrong_argument(name, "a list", found, args[0], span),
        };
        // The first value says what is accumulated; a function with types of its own says it better.
        let start = self.arg(args[2], None);
        let found = self.ty(start);
        let hint = self.hir.types.function(&[found, item], found);
        let step = self.arg(args[1], Some(hint));
        let ty = match self.function_parts(self.ty(step)) {
            Some((params, result))
                if params.len() == 2 && self.convertible(found, result, Site::Slot) =>
            {
                result
            }
            _ => found,
        };
        let ty = self.infer.deep(&mut self.hir.types, ty);
        let wanted = self.hir.types.function(&[ty, item], ty);
        let step = self.fit_arg(args[1], step, wanted, span);
        let start = self.fit_arg(args[2], start, ty, span);
        self.builtin_expr(Builtin::Reduce, vec![list, step, start], ty, span)
    }

    pub(super) fn map_or_filter(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        args: &[Arg],
        span: Span,
    ) -> ExprId {
        let (list, item) = match self.list_arg(args[0], None) {
            Ok(found) => found,
            Err(found) => return self.wrong_argument(name, "a list", found, args[0], span),
        };
        let result = if builtin == Builtin::Filter { TypeId::BOOL } else { self.fresh() };
        let wanted = self.hir.types.function(&[item], result);
        let function = self.arg(args[1], Some(wanted));
        let function = self.fit_arg(args[1], function, wanted, span);
        let item = if builtin == Builtin::Filter { item } else { self.resolved(result) };
        let ty = self.hir.types.list(item);
        self.builtin_expr(builtin, vec![list, function], ty, span)
    }
}
