//! The builtin functions: of which types the arguments of each are, and what it gives. Names and numbers of arguments
//! are in [`table`]. What they do is for the lowering; what types their arguments have there is said at [`Builtin`].

mod table;

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;

use self::table::ANY_NUMBER;
use super::argument::Arg;
use super::{Checker, Shape};
use crate::hir::{BinaryOp, Body, Builtin, ExprId, ExprKind, Function};
use crate::types::TypeId;

pub(super) use self::table::is_of_2025;

impl Checker<'_> {
    pub(super) fn call_builtin(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        args: &[ast::ExprId],
        span: Span,
    ) -> ExprId {
        let args: Vec<_> = args.iter().map(|&arg| Arg::Written(arg)).collect();
        self.builtin_call(builtin, name, args, span, 0)
    }

    /// A builtin called as a method.
    pub(super) fn call_builtin_on(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        receiver: ExprId,
        args: &[ast::ExprId],
        span: Span,
    ) -> ExprId {
        let mut all = vec![Arg::Checked(receiver)];
        all.extend(args.iter().map(|&arg| Arg::Written(arg)));
        self.builtin_call(builtin, name, all, span, 1)
    }

    fn builtin_call(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        args: Vec<Arg>,
        span: Span,
        hidden: usize,
    ) -> ExprId {
        let (least, most) = self.builtin_arity(builtin);
        if args.len() < least || args.len() > most {
            let (text, given) = (self.name(name).to_owned(), args.len() - hidden);
            let (least, most) = (least - hidden.min(least), most - hidden.min(most));
            let takes = match (least, most) {
                (least, most) if least == most => count_words(least),
                (least, ANY_NUMBER) => format!("at least {}", count_words(least)),
                (least, most) => format!("{least} to {}", count_words(most)),
            };
            let diagnostic =
                Diagnostic::new(Code::T039, span, format!("`{text}` takes {takes}, found {given}"))
                    .with_label("wrong number of arguments")
                    .with_help(format!("call `{text}` with {takes}"));
            return self.fail(diagnostic);
        }
        self.builtin_typed(builtin, name, &args, span)
    }

    // ── Types ──────────────────────────────────────────────────────────────────────────────────

    fn builtin_typed(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        args: &[Arg],
        span: Span,
    ) -> ExprId {
        match builtin {
            Builtin::Print => {
                let values = args.iter().map(|&arg| self.arg(arg, None)).collect();
                self.builtin_expr(builtin, values, TypeId::UNIT, span)
            }
            Builtin::Str | Builtin::ToJson | Builtin::Lower => {
                let value = self.arg(args[0], None);
                self.builtin_expr(builtin, vec![value], TypeId::STRING, span)
            }
            Builtin::Json => {
                let value = self.arg(args[0], None);
                self.builtin_expr(builtin, vec![value], TypeId::UNIT, span)
            }
            Builtin::Len => {
                let value = self.arg(args[0], None);
                let value = self.unwrapped(value);
                let found = self.ty(value);
                match self.shape(found) {
                    Shape::List(_)
                    | Shape::Map(..)
                    | Shape::String
                    | Shape::Any
                    | Shape::Group(..)
                    | Shape::Error => {}
                    Shape::Var => {
                        self.unify(found, TypeId::ANY);
                    }
                    _ => {
                        let takes = "a list, a map or a string";
                        return self.wrong_argument_as(
                            Code::T036,
                            name,
                            takes,
                            found,
                            args[0],
                            span,
                        );
                    }
                }
                self.builtin_expr(builtin, vec![value], TypeId::INT, span)
            }
            Builtin::Append | Builtin::Push => self.append(builtin, name, args, span),
            Builtin::Concat => self.concat(args, name, span),
            Builtin::First | Builtin::Distinct | Builtin::Collect | Builtin::Sort => {
                match self.list_arg(args[0], None) {
                    Ok((value, item)) => {
                        let ty = if builtin == Builtin::First {
                            self.hir.types.option(item)
                        } else {
                            self.hir.types.list(item)
                        };
                        self.builtin_expr(builtin, vec![value], ty, span)
                    }
                    Err(found) => self.wrong_argument(name, "a list", found, args[0], span),
                }
            }
            Builtin::Reverse => {
                let value = self.arg(args[0], None);
                let value = self.unwrapped(value);
                let found = self.ty(value);
                match self.shape(found) {
                    Shape::String | Shape::List(_) | Shape::Any | Shape::Error => {
                        self.builtin_expr(builtin, vec![value], found, span)
                    }
                    _ => match self.as_list(value) {
                        Ok((value, item)) => {
                            let ty = self.hir.types.list(item);
                            self.builtin_expr(builtin, vec![value], ty, span)
                        }
                        Err(found) => {
                            self.wrong_argument(name, "a list or a string", found, args[0], span)
                        }
                    },
                }
            }
            Builtin::Keys | Builtin::Values => self.keys_or_values(builtin, name, args[0], span),
            Builtin::Range => {
                let values = args.iter().map(|&arg| self.int_arg(arg, span)).collect();
                let ty = self.hir.types.list(TypeId::INT);
                self.builtin_expr(builtin, values, ty, span)
            }
            Builtin::Now | Builtin::Mem => {
                self.builtin_expr(builtin, Vec::new(), TypeId::INT, span)
            }
            Builtin::Input => self.builtin_expr(builtin, Vec::new(), TypeId::STRING, span),
            Builtin::Args => self.builtin_expr(builtin, Vec::new(), TypeId::STRINGS, span),
            Builtin::Exit => {
                let code = match args.first() {
                    Some(&code) => self.int_arg(code, span),
                    None => self.push(ExprKind::Int(0), TypeId::INT, span),
                };
                self.builtin_expr(builtin, vec![code], TypeId::UNIT, span)
            }
            Builtin::Int | Builtin::Float | Builtin::Bool | Builtin::BigInt | Builtin::BigRat => {
                self.number_builtin(builtin, name, args, span)
            }
            Builtin::ParseIntStr => {
                let text = self.arg_as(args[0], TypeId::STRING, span);
                let base = match args.get(1) {
                    Some(&base) => self.int_arg(base, span),
                    None => self.push(ExprKind::Int(10), TypeId::INT, span),
                };
                self.builtin_expr(builtin, vec![text, base], TypeId::INT, span)
            }
            Builtin::Upper | Builtin::Trim => {
                let text = self.arg_as(args[0], TypeId::STRING, span);
                self.builtin_expr(builtin, vec![text], TypeId::STRING, span)
            }
            Builtin::Contains => self.contains(args, span),
            Builtin::Split => {
                let (text, separator) = (
                    self.arg_as(args[0], TypeId::STRING, span),
                    self.arg_as(args[1], TypeId::STRING, span),
                );
                let ty = self.hir.types.list(TypeId::STRING);
                self.builtin_expr(builtin, vec![text, separator], ty, span)
            }
            Builtin::Join => {
                let strings = self.hir.types.list(TypeId::STRING);
                let (list, separator) = (
                    self.arg_as(args[0], strings, span),
                    self.arg_as(args[1], TypeId::STRING, span),
                );
                self.builtin_expr(builtin, vec![list, separator], TypeId::STRING, span)
            }
            Builtin::Substring | Builtin::Slice => self.part(builtin, name, args, span),
            Builtin::PadStart => {
                let text = self.arg_as(args[0], TypeId::STRING, span);
                let width = self.int_arg(args[1], span);
                let fill = self.arg_as(args[2], TypeId::STRING, span);
                self.builtin_expr(builtin, vec![text, width, fill], TypeId::STRING, span)
            }
            Builtin::IndexOf => {
                let (text, part) = (
                    self.arg_as(args[0], TypeId::STRING, span),
                    self.arg_as(args[1], TypeId::STRING, span),
                );
                self.builtin_expr(builtin, vec![text, part], TypeId::INT, span)
            }
            Builtin::Repeat => {
                let text = self.arg_as(args[0], TypeId::STRING, span);
                let count = self.int_arg(args[1], span);
                self.builtin_expr(builtin, vec![text, count], TypeId::STRING, span)
            }
            Builtin::Replace => {
                let values =
                    args.iter().map(|&arg| self.arg_as(arg, TypeId::STRING, span)).collect();
                self.builtin_expr(builtin, values, TypeId::STRING, span)
            }
            Builtin::StartsWith | Builtin::EndsWith => {
                let values =
                    args.iter().map(|&arg| self.arg_as(arg, TypeId::STRING, span)).collect();
                self.builtin_expr(builtin, values, TypeId::BOOL, span)
            }
            Builtin::Sha256 => {
                let value = self.arg(args[0], None);
                let found = self.ty(value);
                let value = match self.shape(found) {
                    Shape::String | Shape::Any | Shape::Error => value,
                    Shape::List(_) => {
                        let bytes = self.hir.types.list(TypeId::INT);
                        self.fit_arg(args[0], value, bytes, span)
                    }
                    _ => {
                        return self.wrong_argument(
                            name,
                            "a string or a list of bytes",
                            found,
                            args[0],
                            span,
                        );
                    }
                };
                let ty = self.hir.types.list(TypeId::INT);
                self.builtin_expr(builtin, vec![value], ty, span)
            }
            Builtin::Num | Builtin::Denom => {
                let value = self.arg(args[0], None);
                let found = self.ty(value);
                if !self.shape(found).is_numeric()
                    && !matches!(self.shape(found), Shape::Any | Shape::Error)
                {
                    return self.wrong_argument(name, "a number", found, args[0], span);
                }
                let value = self.converted(value, TypeId::BIGRAT);
                self.builtin_expr(builtin, vec![value], TypeId::BIGINT, span)
            }
            Builtin::Count => {
                let value = self.arg(args[0], None);
                let value = self.unwrapped(value);
                let found = self.ty(value);
                match self.shape(found) {
                    Shape::List(_) | Shape::Group(..) | Shape::Any | Shape::Error => {}
                    Shape::Map(..) | Shape::String if self.rules.extra_names => {}
                    Shape::Var => {
                        self.unify(found, TypeId::ANY);
                    }
                    _ => {
                        return self.wrong_argument_as(
                            Code::T037,
                            name,
                            "a list or a group",
                            found,
                            args[0],
                            span,
                        );
                    }
                }
                self.builtin_expr(builtin, vec![value], TypeId::INT, span)
            }
            Builtin::Exists => {
                let value = self.arg(args[0], None);
                let found = self.ty(value);
                match self.shape(found) {
                    Shape::List(_)
                    | Shape::Map(..)
                    | Shape::String
                    | Shape::Group(..)
                    | Shape::Any
                    | Shape::Error => {}
                    _ => {
                        let takes = "a list, a group, a map or a string";
                        return self.wrong_argument(name, takes, found, args[0], span);
                    }
                }
                self.builtin_expr(builtin, vec![value], TypeId::BOOL, span)
            }
            Builtin::Avg | Builtin::Sum | Builtin::Min | Builtin::Max => {
                self.aggregate(builtin, name, args, span)
            }
            Builtin::Abs => {
                let value = self.arg(args[0], None);
                let value = self.unwrapped(value);
                let found = self.ty(value);
                match self.shape(found) {
                    Shape::Var => {
                        self.unify(found, TypeId::ANY);
                    }
                    shape if shape.is_numeric() || matches!(shape, Shape::Any | Shape::Error) => {}
                    _ => return self.wrong_argument(name, "a number", found, args[0], span),
                }
                self.builtin_expr(builtin, vec![value], found, span)
            }
            Builtin::Ceil | Builtin::Floor | Builtin::Sqrt => {
                let value = self.float_arg(args[0], name, span);
                self.builtin_expr(builtin, vec![value], TypeId::FLOAT, span)
            }
            Builtin::Round => {
                let value = self.float_arg(args[0], name, span);
                let digits = match args.get(1) {
                    Some(&digits) => self.int_arg(digits, span),
                    None => self.push(ExprKind::Int(0), TypeId::INT, span),
                };
                self.builtin_expr(builtin, vec![value, digits], TypeId::FLOAT, span)
            }
            Builtin::Pow => {
                let base = self.arg(args[0], None);
                let exponent = self.arg(args[1], None);
                if self.ty(base) == TypeId::INT && self.ty(exponent) == TypeId::INT {
                    return self.builtin_expr(builtin, vec![base, exponent], TypeId::INT, span);
                }
                let ty = self.ty(base);
                if matches!(self.shape(ty), Shape::BigInt | Shape::BigRat)
                    && matches!(self.shape(self.ty(exponent)), Shape::Int | Shape::BigInt)
                {
                    let exponent = self.converted(exponent, TypeId::INT);
                    return self.builtin_expr(builtin, vec![base, exponent], ty, span);
                }
                let base = self.float_arg(Arg::Checked(base), name, span);
                let exponent = self.float_arg(Arg::Checked(exponent), name, span);
                self.builtin_expr(builtin, vec![base, exponent], TypeId::FLOAT, span)
            }
            Builtin::Reduce => self.reduce(name, args, span),
            Builtin::Map | Builtin::Filter => self.map_or_filter(builtin, name, args, span),
            Builtin::Eval => {
                let text = self.arg_as(args[0], TypeId::STRING, span);
                let edition = if self.rules.evaluates_2025 { 2025 } else { 2026 };
                let edition = self.push(ExprKind::Int(edition), TypeId::INT, span);
                self.builtin_expr(builtin, vec![text, edition], TypeId::ANY, span)
            }
            Builtin::Panic => {
                let value = self.arg(args[0], None);
                let value = self.converted(value, TypeId::ANY);
                // It never returns, so it may stand where any value is wanted.
                let ty = self.fresh();
                self.builtin_expr(builtin, vec![value], ty, span)
            }
            Builtin::MapGetOr
            | Builtin::Fetch
            | Builtin::Generate
            | Builtin::Model
            | Builtin::Shim(_) => self.error_expr(span),
        }
    }

    fn number_builtin(
        &mut self,
        builtin: Builtin,
        name: Symbol,
        args: &[Arg],
        span: Span,
    ) -> ExprId {
        let value = self.arg(args[0], None);
        let value = self.unwrapped(value);
        let found = self.ty(value);
        match self.shape(found) {
            Shape::Int
            | Shape::Float
            | Shape::BigInt
            | Shape::BigRat
            | Shape::String
            | Shape::Any
            | Shape::Bool
            | Shape::Error => {}
            Shape::Var => {
                self.unify(found, TypeId::ANY);
            }
            _ => return self.wrong_argument(name, "a number or a string", found, args[0], span),
        }
        let ty = match builtin {
            Builtin::Int => TypeId::INT,
            Builtin::Float => TypeId::FLOAT,
            Builtin::Bool => TypeId::BOOL,
            Builtin::BigInt => TypeId::BIGINT,
            _ => TypeId::BIGRAT,
        };
        if let Some(&denominator) = args.get(1) {
            let numerator = self.converted(value, TypeId::BIGRAT);
            let denominator = self.arg_as(denominator, TypeId::BIGRAT, span);
            return self.push(
                ExprKind::Binary(BinaryOp::Div, numerator, denominator),
                TypeId::BIGRAT,
                span,
            );
        }
        if found == ty {
            return value;
        }
        self.builtin_expr(builtin, vec![value], ty, span)
    }

    fn contains(&mut self, args: &[Arg], span: Span) -> ExprId {
        let object = self.arg(args[0], None);
        let object = self.unwrapped(object);
        let found = self.ty(object);
        match self.shape(found) {
            Shape::List(item) if self.rules.extra_names => {
                let item = self.arg_as(args[1], item, span);
                return self.push(
                    ExprKind::Binary(BinaryOp::InList, item, object),
                    TypeId::BOOL,
                    span,
                );
            }
            Shape::Map(key, _) if self.rules.extra_names => {
                let key = self.arg_as(args[1], key, span);
                return self.push(
                    ExprKind::Binary(BinaryOp::InMap, key, object),
                    TypeId::BOOL,
                    span,
                );
            }
            Shape::List(_) | Shape::Map(..) => {
                let text = self.show(found);
                let diagnostic = Diagnostic::new(
                    Code::T008,
                    self.arg_span(args[0]),
                    format!("expected `string`, found `{text}`"),
                )
                .with_label(format!("this is `{text}`"))
                .with_help("`contains` looks into a text; ask `value in list` or `key in map`");
                return self.fail(diagnostic);
            }
            _ => {}
        }
        let text = self.fit_arg(args[0], object, TypeId::STRING, span);
        let part = self.arg_as(args[1], TypeId::STRING, span);
        self.builtin_expr(Builtin::Contains, vec![text, part], TypeId::BOOL, span)
    }

    /// `substring(s, i, j)` and `slice(xs, i, j)`.
    fn part(&mut self, builtin: Builtin, name: Symbol, args: &[Arg], span: Span) -> ExprId {
        let object = self.arg(args[0], None);
        let object = self.unwrapped(object);
        let found = self.ty(object);
        let object = match self.shape(found) {
            Shape::List(_) if builtin == Builtin::Slice || self.rules.extra_names => object,
            Shape::Any if builtin == Builtin::Slice => object,
            Shape::String | Shape::Error => object,
            _ if builtin == Builtin::Slice => {
                return self.wrong_argument(name, "a list or a string", found, args[0], span);
            }
            _ => self.fit_arg(args[0], object, TypeId::STRING, span),
        };
        let ty = self.ty(object);
        let start = self.int_arg(args[1], span);
        let end = args.get(2).map(|&end| self.int_arg(end, span));
        if let (Builtin::Substring, Some(end), true) = (builtin, end, ty == TypeId::STRING) {
            return self.builtin_expr(builtin, vec![object, start, end], ty, span);
        }
        self.push(ExprKind::Slice { base: object, start: Some(start), end, step: None }, ty, span)
    }

    // ── As values ──────────────────────────────────────────────────────────────────────────────

    /// A builtin as a function value: a literal that calls it.
    pub(super) fn builtin_value(&mut self, builtin: Builtin, name: Symbol, span: Span) -> ExprId {
        let (least, _) = self.builtin_arity(builtin);
        let text = TypeId::STRING;
        let params: Vec<TypeId> = match builtin {
            Builtin::Upper | Builtin::Trim | Builtin::Eval => vec![text],
            Builtin::Contains
            | Builtin::Split
            | Builtin::IndexOf
            | Builtin::StartsWith
            | Builtin::EndsWith => {
                vec![text; 2]
            }
            Builtin::Replace => vec![text; 3],
            Builtin::PadStart => vec![text, TypeId::INT, text],
            Builtin::Substring => vec![text, TypeId::INT, TypeId::INT],
            Builtin::Repeat | Builtin::ParseIntStr => vec![text, TypeId::INT],
            Builtin::Ceil | Builtin::Floor | Builtin::Sqrt => vec![TypeId::FLOAT],
            Builtin::Round => vec![TypeId::FLOAT, TypeId::INT],
            Builtin::Print => vec![TypeId::ANY],
            _ => vec![TypeId::ANY; least],
        };
        let result = self.fresh();
        let mark = self.open_function(false, result);
        let locals: Vec<_> =
            params.iter().map(|&ty| self.new_local(known::EMPTY, ty, false, span)).collect();
        let args: Vec<_> = locals
            .iter()
            .map(|&local| {
                let ty = self.hir[local].ty;
                Arg::Checked(self.push(ExprKind::Local(local), ty, span))
            })
            .collect();
        let body = self.builtin_typed(builtin, name, &args, span);
        let result = self.ty(body);
        self.close_function(mark);
        let function = Function {
            name,
            params: locals,
            type_params: 0,
            first_type_param: 0,
            result,
            body: Body::Expr(body),
            captures: Vec::new(),
            span,
        };
        let id = self.add_function(function, params.clone().into());
        let ty = self.hir.types.function(&params, result);
        self.push(ExprKind::Closure(id), ty, span)
    }
}

fn count_words(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        _ => format!("{count} arguments"),
    }
}
