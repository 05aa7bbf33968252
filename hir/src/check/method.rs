//! Method calls: of structs, and of lists, maps and strings, whose methods are builtins with the
//! receiver in front.

use mochi_base::Span;
use mochi_syntax::ast;

use super::coerce::Site;
use super::{Checker, Shape};
use crate::hir::{BinaryOp, Builtin, ExprId, ExprKind};
use crate::types::TypeId;

impl Checker<'_> {
    /// `object.name(args)`; the object has been checked.
    pub(super) fn method_call(
        &mut self,
        object: ExprId,
        name: ast::Name,
        args: &[ast::ExprId],
        span: Span,
        callee: ast::ExprId,
    ) -> ExprId {
        let found = self.ty(object);
        match self.shape(found) {
            Shape::Struct(id) => {
                if let Some(&method) = self.methods.get(&(id, name.symbol))
                    && !self.fields.contains_key(&(id, name.symbol))
                {
                    return self.call_function(method, Some(object), args, span, name.symbol);
                }
            }
            Shape::List(_) | Shape::Map(..) | Shape::String | Shape::Group(..) => {
                if let Some(value) = self.builtin_method(object, name, args, span) {
                    return value;
                }
            }
            Shape::Option(_) if self.rules.options_unwrap => {
                let object = self.unwrapped(object);
                return self.method_call(object, name, args, span, callee);
            }
            Shape::Any
                if self.rules.methods_on_builtins
                    && self.name(name.symbol) == "len"
                    && args.is_empty() =>
            {
                let kind =
                    ExprKind::CallBuiltin { builtin: Builtin::Len, args: Box::new([object]) };
                return self.push(kind, TypeId::INT, span);
            }
            // A text, list or map, whichever it is when it runs.
            Shape::Any if self.name(name.symbol) == "contains" && args.len() == 1 => {
                let item = self.expr(args[0], None);
                let item = self.converted(item, TypeId::ANY);
                let kind = ExprKind::Binary(BinaryOp::InAny, item, object);
                return self.push(kind, TypeId::BOOL, span);
            }
            _ => {}
        }
        let place = self.ast[callee].span;
        let label = self
            .storage_name(callee)
            .and_then(|text| text.rsplit_once('.').map(|(object, _)| object.to_owned()));
        let value = self.field(object, name, place, label.as_deref());
        self.call_value(value, args, span, place.end, Some(name.symbol))
    }

    /// A method of a list, map or string; `None` if there is none of that name here.
    fn builtin_method(
        &mut self,
        object: ExprId,
        name: ast::Name,
        args: &[ast::ExprId],
        span: Span,
    ) -> Option<ExprId> {
        let shape = self.shape(self.ty(object));
        let text = self.name(name.symbol).to_owned();
        let strict = matches!(
            (shape, text.as_str()),
            (Shape::String, "contains" | "padStart") | (Shape::Map(..), "keys" | "get")
        );
        if !self.rules.methods_on_builtins && !strict {
            return None;
        }
        match (shape, text.as_str(), args.len()) {
            (Shape::Map(key, value), "get", 1 | 2) => {
                let key = self.expr_as(args[0], key, Site::Slot);
                let Some(&default) = args.get(1) else {
                    let ty = self.hir.types.option(value);
                    return Some(self.push(ExprKind::MapGet(object, key), ty, span));
                };
                let default = self.expr_as(default, value, Site::Slot);
                let args = Box::new([object, key, default]);
                Some(self.push(
                    ExprKind::CallBuiltin { builtin: Builtin::MapGetOr, args },
                    value,
                    span,
                ))
            }
            (Shape::Map(key, _), "has" | "contains" | "containsKey" | "contains_key", 1) => {
                let key = self.expr_as(args[0], key, Site::Slot);
                Some(self.push(ExprKind::Binary(BinaryOp::InMap, key, object), TypeId::BOOL, span))
            }
            (Shape::List(item), "contains" | "has" | "includes", 1) => {
                let item = self.expr_as(args[0], item, Site::Slot);
                Some(self.push(
                    ExprKind::Binary(BinaryOp::InList, item, object),
                    TypeId::BOOL,
                    span,
                ))
            }
            _ => {
                let builtin = match (shape, text.as_str()) {
                    (_, "len" | "length" | "size") => Builtin::Len,
                    (Shape::Map(..), "keys") => Builtin::Keys,
                    (Shape::Map(..), "values") => Builtin::Values,
                    (Shape::List(_), "append") => Builtin::Append,
                    (Shape::List(_), "push") => Builtin::Push,
                    (Shape::List(_) | Shape::String, "reverse") => Builtin::Reverse,
                    (Shape::List(_), "first") => Builtin::First,
                    (Shape::List(_), "join") => Builtin::Join,
                    (Shape::List(_) | Shape::Group(..), "sum") => Builtin::Sum,
                    (Shape::List(_) | Shape::Group(..), "avg") => Builtin::Avg,
                    (Shape::List(_) | Shape::Group(..), "min") => Builtin::Min,
                    (Shape::List(_) | Shape::Group(..), "max") => Builtin::Max,
                    (Shape::List(_), "sort") => Builtin::Sort,
                    (Shape::List(_), "map") => Builtin::Map,
                    (Shape::List(_), "filter") => Builtin::Filter,
                    (Shape::List(_), "reduce") => Builtin::Reduce,
                    (Shape::List(_), "concat") => Builtin::Concat,
                    (Shape::List(_), "distinct") => Builtin::Distinct,
                    (Shape::List(_), "slice") => Builtin::Slice,
                    (Shape::List(_) | Shape::Group(..), "count") => Builtin::Count,
                    (Shape::String, "contains") => Builtin::Contains,
                    (Shape::String, "padStart") => Builtin::PadStart,
                    (Shape::String, "split") => Builtin::Split,
                    (Shape::String, "upper" | "toUpper" | "to_upper") => Builtin::Upper,
                    (Shape::String, "lower" | "toLower" | "to_lower") => Builtin::Lower,
                    (Shape::String, "trim") => Builtin::Trim,
                    (Shape::String, "substring" | "slice") => Builtin::Substring,
                    (Shape::String, "indexOf" | "index_of") => Builtin::IndexOf,
                    (Shape::String, "repeat") => Builtin::Repeat,
                    (Shape::String, "replace") => Builtin::Replace,
                    (Shape::String, "startsWith" | "starts_with") => Builtin::StartsWith,
                    (Shape::String, "endsWith" | "ends_with") => Builtin::EndsWith,
                    _ => return None,
                };
                Some(self.call_builtin_on(builtin, name.symbol, object, args, span))
            }
        }
    }

    /// `m.keys` or `s.contains` without a call, as a function value.
    pub(super) fn builtin_method_value(
        &mut self,
        object: ExprId,
        name: ast::Name,
        span: Span,
    ) -> Option<ExprId> {
        let shape = self.shape(self.ty(object));
        let builtin = match (shape, self.name(name.symbol)) {
            (Shape::String, "contains") => Builtin::Contains,
            (Shape::String, "padStart") => Builtin::PadStart,
            _ => return None,
        };
        let whole = self.builtin_value(builtin, name.symbol, span);
        let (params, result) = self.function_parts(self.ty(whole))?;
        let rest = self.hir.types.function(&params[1..], result);
        Some(self.push(ExprKind::Partial { callee: whole, args: Box::new([object]) }, rest, span))
    }
}
