//! Calls: of functions by name, of variants, of function values; type arguments and partial
//! application.

use mochi_base::{Code, Diagnostic, Span, Symbol};
use mochi_syntax::ast;

use super::coerce::Site;
use super::scope::Binding;
use super::{Checker, Generic, Shape};
use crate::hir::{Body, ExprId, ExprKind, Function, FunctionId, LocalId};
use crate::types::{StructId, TypeId, TypeKind};

impl Checker<'_> {
    /// `name(args)` or `a.b.name(args)`.
    pub(super) fn call_by_name(
        &mut self,
        call: ast::ExprId,
        callee: ast::ExprId,
        args: &[ast::ExprId],
    ) -> ExprId {
        let ast = self.ast;
        let span = ast[call].span;
        let name = match ast[callee].kind {
            ast::ExprKind::Ident(name) => name,
            ast::ExprKind::Field { object, name, .. } => {
                return self.call_path(object, name, callee, args, span);
            }
            _ => return self.error_expr(span),
        };
        self.call_named(name, ast[callee].span, args, span)
    }

    /// A call of whatever the name stands for.
    fn call_named(
        &mut self,
        name: Symbol,
        place: Span,
        args: &[ast::ExprId],
        span: Span,
    ) -> ExprId {
        match self.lookup(name) {
            Binding::Function(function) => self.call_function(function, None, args, span, name),
            Binding::Builtin(builtin) => self.call_builtin(builtin, name, args, span),
            Binding::Variant(variant) => self.call_variant(variant, args, span),
            Binding::ReceiverMethod(method) => match self.receiver(span) {
                Some((receiver, _)) => self.call_function(method, Some(receiver), args, span, name),
                None => self.error_expr(span),
            },
            Binding::Local(local) if let Some(generic) = self.nested_generics.get(&local) => {
                let generic = generic.clone();
                self.call_nested(local, &generic, args, span, name)
            }
            Binding::Local(_)
            | Binding::GroupKeyPart(_)
            | Binding::ReceiverField(_)
            | Binding::Module(_) => {
                let value = self.ident(name, place);
                self.call_value(value, args, span, span.start, Some(name))
            }
            Binding::External => self.call_external_name(name, args, span),
            Binding::Unknown
                if self.rules.extra_names && args.len() == 1 && self.name(name) == "not" =>
            {
                self.unary(ast::UnaryOp::Not, args[0], span, None)
            }
            Binding::Unknown => {
                let diagnostic = self.unknown_name(Code::T003, "function", name, place);
                self.report(diagnostic);
                self.error_expr(span)
            }
        }
    }

    /// `object.name(args)` where the object is a name or names with dots.
    fn call_path(
        &mut self,
        object: ast::ExprId,
        name: ast::Name,
        callee: ast::ExprId,
        args: &[ast::ExprId],
        span: Span,
    ) -> ExprId {
        let ast = self.ast;
        let mut root = object;
        while let ast::ExprKind::Field { object, .. } = ast[root].kind {
            root = object;
        }
        if let ast::ExprKind::Ident(first) = ast[root].kind {
            let package = self.package_named(first);
            if let Some(module) = package
                && root == object
            {
                let what = (Code::T003, "function");
                let place = ast[callee].span;
                return match self.member_of_package(module, first, name, what, place) {
                    Ok(member) => self.call_named(member, place, args, span),
                    Err(diagnostic) => self.fail(diagnostic),
                };
            }
            let external = match self.lookup(first) {
                _ if package.is_some() => false,
                Binding::Module(_) => true,
                Binding::Unknown => {
                    self.is_external_root(first)
                        // The older library has a few of them without a declaration.
                        || self.rules.extra_names && self.name(first) == "stdout"
                }
                Binding::External => self.is_external_root(first),
                _ => false,
            };
            if external {
                return self.call_member(callee, args, span);
            }
        }
        let value = match ast[object].kind {
            ast::ExprKind::Field { .. } => self.path(object),
            _ => self.expr(object, None),
        };
        self.method_call(value, name, args, span, callee)
    }

    /// Arguments of a call that cannot be checked against anything.
    pub(super) fn check_args_alone(&mut self, args: &[ast::ExprId]) {
        for &arg in args {
            self.expr(arg, None);
        }
    }

    /// A call of a function of the program; `receiver` is the first argument of a method.
    pub(super) fn call_function(
        &mut self,
        function: FunctionId,
        receiver: Option<ExprId>,
        args: &[ast::ExprId],
        span: Span,
        name: Symbol,
    ) -> ExprId {
        let signature = &self.signatures[function.index()];
        let (count, type_param_count, result) =
            (signature.params.len(), signature.type_params.len(), signature.result);
        let given = args.len() + usize::from(receiver.is_some());
        if given > count {
            let hidden = usize::from(receiver.is_some());
            let diagnostic = self.too_many_args(count - hidden, args.len(), span, Some(function));
            return self.fail(diagnostic);
        }
        let type_args = self.fresh_type_args(type_param_count);
        let mut values = Vec::with_capacity(given);
        values.extend(receiver);
        for &arg in args {
            let declared = self.signatures[function.index()].params[values.len()];
            let value = if type_args.is_empty() {
                self.expr_as(arg, declared, Site::Argument(span))
            } else {
                let wanted = self.substitute(declared, &type_args);
                self.generic_arg(arg, declared, wanted, span)
            };
            values.push(value);
        }
        if given < count {
            return self.partial_of_function(function, values, &type_args, span);
        }
        let result = self.substitute(result, &type_args);
        if !type_args.is_empty() {
            let generic = self.generic_of(function);
            self.check_determined(&generic, result, &type_args, span, name);
        }
        let kind = ExprKind::Call { function, type_args: type_args.into(), args: values.into() };
        let id = self.push(kind, result, span);
        if type_param_count > 0 {
            self.unfinished.push(id);
        }
        id
    }

    /// A function of the top level as a generic one.
    fn generic_of(&mut self, function: FunctionId) -> Generic {
        let signature = self.signatures[function.index()].clone();
        let type_params: Vec<TypeId> = (0u32..)
            .zip(&signature.type_params)
            .map(|(index, &param)| self.hir.types.intern(TypeKind::Param(param, index)))
            .collect();
        let own = type_params.len();
        Generic { type_params, own, params: signature.params, result: signature.result }
    }

    /// An argument of a generic function: it may say what a type parameter is.
    fn generic_arg(
        &mut self,
        arg: ast::ExprId,
        declared: TypeId,
        wanted: TypeId,
        span: Span,
    ) -> ExprId {
        let value = self.expr(arg, Some(wanted));
        let found = self.ty(value);
        if self.unify(found, wanted) {
            return value;
        }
        if let Some(value) = self.convert(value, wanted, Site::Argument(span)) {
            return value;
        }
        let (wanted_text, found_text) = (self.show(wanted), self.show(found));
        let param = self.first_param(declared);
        let diagnostic = match param {
            Some(param) => {
                let param = self.name(param).to_owned();
                Diagnostic::new(
                    Code::T047,
                    span,
                    format!("the type parameter `{param}` would have to be two types at once"),
                )
                .with_secondary(
                    self.ast[arg].span,
                    format!(
                        "an earlier argument asks for `{wanted_text}` here, this is `{found_text}`"
                    ),
                )
                .with_help(format!("give all arguments of type `{param}` the same type"))
            }
            None => self.mismatch(self.ast[arg].span, wanted, found),
        };
        self.fail(diagnostic)
    }

    /// The first type parameter in a type.
    fn first_param(&self, ty: TypeId) -> Option<Symbol> {
        if !self.hir.types.has_param(ty) {
            return None;
        }
        match self.hir.types.kind(ty) {
            TypeKind::Param(name, _) => Some(*name),
            TypeKind::List(item) | TypeKind::Option(item) => self.first_param(*item),
            TypeKind::Map(key, value) => {
                self.first_param(*key).or_else(|| self.first_param(*value))
            }
            TypeKind::Fun(params, result) => params
                .iter()
                .find_map(|&param| self.first_param(param))
                .or_else(|| self.first_param(*result)),
            _ => None,
        }
    }

    /// Reports a result that mentions a type parameter of which the arguments say nothing.
    fn check_determined(
        &mut self,
        generic: &Generic,
        result: TypeId,
        type_args: &[TypeId],
        span: Span,
        name: Symbol,
    ) {
        if !self.hir.types.has_param(generic.result) {
            return;
        }
        let own = &generic.type_params[generic.type_params.len() - generic.own..];
        for (&param, &arg) in own.iter().zip(type_args) {
            let in_result = self.hir.types.mentions(generic.result, param);
            let in_params = generic.params.iter().any(|&ty| self.hir.types.mentions(ty, param));
            let unsolved = self.shape(arg) == Shape::Var;
            if in_result && unsolved && !in_params {
                let (param, name) = (self.show(param), self.name(name).to_owned());
                let text = self.show(result);
                let diagnostic = Diagnostic::new(
                    Code::T048,
                    span,
                    format!(
                        "nothing in this call says what the type parameter `{param}` of `{name}` is"
                    ),
                )
                .with_label(format!("the result would be `{text}`"))
                .with_help(format!("let a parameter of `{name}` mention `{param}`"));
                self.report(diagnostic);
                return;
            }
        }
    }

    /// A call of a generic nested function, with as many arguments as it has parameters.
    fn call_nested(
        &mut self,
        local: LocalId,
        generic: &Generic,
        args: &[ast::ExprId],
        span: Span,
        name: Symbol,
    ) -> ExprId {
        self.capture(local);
        let type_args = self.fresh_type_args(generic.own);
        let outer = generic.type_params.len() - generic.own;
        let all: Vec<TypeId> =
            generic.type_params[..outer].iter().chain(&type_args).copied().collect();
        let mut values = Vec::with_capacity(args.len());
        for (&arg, &declared) in args.iter().zip(&generic.params) {
            let wanted = self.substitute(declared, &all);
            values.push(self.generic_arg(arg, declared, wanted, span));
        }
        let result = self.substitute(generic.result, &all);
        self.check_determined(generic, result, &type_args, span, name);
        let kind = ExprKind::CallNested { local, type_args: type_args.into(), args: values.into() };
        let id = self.push(kind, result, span);
        self.unfinished.push(id);
        id
    }

    fn too_many_args(
        &mut self,
        count: usize,
        given: usize,
        span: Span,
        function: Option<FunctionId>,
    ) -> Diagnostic {
        let plural = if count == 1 { "" } else { "s" };
        let diagnostic = Diagnostic::new(
            Code::T006,
            span,
            format!("expected at most {count} argument{plural}, found {given}"),
        )
        .with_label("too many arguments");
        let diagnostic = match function {
            Some(function) => {
                diagnostic.with_secondary(self.signatures[function.index()].head, "defined here")
            }
            None => diagnostic,
        };
        diagnostic.with_help("remove the extra arguments")
    }

    fn partial_of_function(
        &mut self,
        function: FunctionId,
        args: Vec<ExprId>,
        type_args: &[TypeId],
        span: Span,
    ) -> ExprId {
        let signature = self.signatures[function.index()].clone();
        let params: Vec<_> =
            signature.params.iter().map(|&ty| self.substitute(ty, type_args)).collect();
        let result = self.substitute(signature.result, type_args);
        let whole = self.hir.types.function(&params, result);
        let callee = self.push(ExprKind::Function(function, type_args.into()), whole, span);
        if args.is_empty() && !params.is_empty() {
            return callee;
        }
        let rest = self.hir.types.function(&params[args.len()..], result);
        self.push(ExprKind::Partial { callee, args: args.into() }, rest, span)
    }

    /// A call of whatever a value is. `name` is what the value is called, if it is a name.
    pub(super) fn call_value(
        &mut self,
        callee: ExprId,
        args: &[ast::ExprId],
        span: Span,
        open: u32,
        name: Option<Symbol>,
    ) -> ExprId {
        let callee = self.unwrapped(callee);
        let found = self.ty(callee);
        match self.shape(found) {
            Shape::Fun => {
                let Some((params, result)) = self.function_parts(found) else {
                    return self.error_expr(span);
                };
                if args.len() > params.len() {
                    let place =
                        if name.is_some() { span } else { Span::new(open, span.end.max(open)) };
                    let diagnostic = self.too_many_args(params.len(), args.len(), place, None);
                    return self.fail(diagnostic);
                }
                let mut values = Vec::with_capacity(args.len());
                for (&arg, &param) in args.iter().zip(&params) {
                    values.push(self.expr_as(arg, param, Site::Argument(span)));
                }
                if values.len() < params.len() {
                    if values.is_empty() {
                        return callee;
                    }
                    let rest = self.hir.types.function(&params[values.len()..], result);
                    return self.push(
                        ExprKind::Partial { callee, args: values.into() },
                        rest,
                        span,
                    );
                }
                self.push(ExprKind::CallValue { callee, args: values.into() }, result, span)
            }
            Shape::Any | Shape::Var => {
                if self.shape(found) == Shape::Var {
                    self.unify(found, TypeId::ANY);
                }
                let values: Vec<_> =
                    args.iter().map(|&arg| self.expr_as(arg, TypeId::ANY, Site::Slot)).collect();
                self.push(ExprKind::CallValue { callee, args: values.into() }, TypeId::ANY, span)
            }
            Shape::Error => {
                self.check_args_alone(args);
                self.error_expr(span)
            }
            _ => {
                let text = self.show(found);
                let what = match name {
                    Some(name) => format!("`{}`", self.name(name)),
                    None => "this value".to_owned(),
                };
                let place = if name.is_some() { span } else { Span::new(open, span.end.max(open)) };
                let diagnostic = Diagnostic::new(
                    Code::T004,
                    place,
                    format!("{what} is not a function but a `{text}`"),
                )
                .with_label(format!("`{text}` cannot be called"))
                .with_help("only functions can be called");
                self.fail(diagnostic)
            }
        }
    }

    /// `Variant(args)`: a value of the union.
    fn call_variant(&mut self, variant: StructId, args: &[ast::ExprId], span: Span) -> ExprId {
        let declared = self.hir.types.struct_type(variant);
        let Some(union) = declared.variant_of else { return self.error_expr(span) };
        let (count, place) = (declared.fields.len(), declared.span);
        let ty = self.hir.types.intern(TypeKind::Union(union));
        if args.len() > count {
            let diagnostic = self
                .too_many_args(count, args.len(), span, None)
                .with_secondary(place, "declared here");
            return self.fail(diagnostic);
        }
        let mut values = Vec::with_capacity(count);
        for (index, &arg) in args.iter().enumerate() {
            let field = self.hir.types.struct_type(variant).fields[index].ty;
            values.push(self.expr_as(arg, field, Site::Argument(span)));
        }
        if values.len() < count {
            let constructor = self.constructor(variant, ty, span);
            if values.is_empty() {
                return constructor;
            }
            let Some((params, result)) = self.function_parts(self.ty(constructor)) else {
                return self.error_expr(span);
            };
            let rest = self.hir.types.function(&params[values.len()..], result);
            return self.push(
                ExprKind::Partial { callee: constructor, args: values.into() },
                rest,
                span,
            );
        }
        self.push(ExprKind::Struct(variant, values.into()), ty, span)
    }

    /// A variant's constructor as a function value.
    pub(super) fn constructor(&mut self, variant: StructId, ty: TypeId, span: Span) -> ExprId {
        let fields: Vec<_> = self
            .hir
            .types
            .struct_type(variant)
            .fields
            .iter()
            .map(|field| (field.name, field.ty))
            .collect();
        let params: Vec<_> = fields.iter().map(|&(_, ty)| ty).collect();
        let mark = self.open_function(false, ty);
        let locals: Vec<_> =
            fields.iter().map(|&(name, ty)| self.new_local(name, ty, false, span)).collect();
        let values: Vec<_> = locals
            .iter()
            .map(|&local| {
                let ty = self.hir[local].ty;
                self.push(ExprKind::Local(local), ty, span)
            })
            .collect();
        let body = self.push(ExprKind::Struct(variant, values.into()), ty, span);
        self.close_function(mark);
        let name = self.hir.types.struct_type(variant).name;
        let function = Function {
            name,
            params: locals,
            type_params: 0,
            first_type_param: 0,
            result: ty,
            body: Body::Expr(body),
            captures: Vec::new(),
            span,
        };
        let id = self.add_function(function, params.clone().into());
        let function_type = self.hir.types.function(&params, ty);
        self.push(ExprKind::Closure(id), function_type, span)
    }

    /// `object.method` without a call: the method with its receiver.
    pub(super) fn bound_method(
        &mut self,
        receiver: ExprId,
        method: FunctionId,
        span: Span,
    ) -> ExprId {
        self.partial_of_function(method, vec![receiver], &[], span)
    }
}
