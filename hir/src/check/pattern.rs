//! `match`: patterns against the type of what is matched, arms that cannot be reached, variants
//! that no arm covers.

use mochi_base::{Code, Diagnostic, Span, Symbol, known};
use mochi_syntax::ast;
use rustc_hash::FxHashSet;

use super::coerce::Site;
use super::literal::list_words;
use super::scope::Binding;
use super::{Checker, Shape};
use crate::hir::{Arm, ExprId, ExprKind, Pattern};
use crate::types::{StructId, TypeId, TypeKind};

/// The literal `none`, in [`Covered::literals`].
const NONE: &str = "none";

/// What the arms so far have covered.
#[derive(Debug, Default)]
struct Covered {
    everything: bool,
    variants: FxHashSet<StructId>,
    /// Literals, as text with the kind in front.
    literals: FxHashSet<String>,
}

impl Checker<'_> {
    pub(super) fn match_expr(
        &mut self,
        subject: ast::ExprId,
        arms: &[ast::MatchArm],
        span: Span,
        expected: Option<TypeId>,
    ) -> ExprId {
        let ast = self.ast;
        let scrutinee = self.expr(subject, None);
        let mut found = self.ty(scrutinee);
        if self.shape(found) == Shape::Var {
            self.unify(found, TypeId::ANY);
            found = TypeId::ANY;
        }
        let named = self.local_named_by(subject);
        let mut covered = Covered::default();
        let mut patterns = Vec::with_capacity(arms.len());
        let mut bodies = Vec::with_capacity(arms.len());
        for arm in arms {
            let mark = self.open_scope();
            if covered.everything {
                let diagnostic = self.unreachable(arm.span, "an earlier arm matches everything");
                self.report(diagnostic);
            }
            let pattern = self.arm_pattern(arm.pattern, found, arm.span, &mut covered);
            let is_none = matches!(ast[arm.pattern].kind, ast::PatternKind::None);
            if let (Some(local), false, Shape::Option(inner)) = (named, is_none, self.shape(found))
            {
                self.narrow(local, inner);
            }
            let body = match arm.body {
                ast::ArmBody::Expr(expr) => self.expr(expr, expected),
                ast::ArmBody::Block(block) => self.arm_block(block),
            };
            self.close_scope(mark);
            patterns.push((pattern, arm.span));
            bodies.push(body);
        }
        self.check_coverage(found, &covered, span);

        if let Some(index) = self.misfit(&bodies, expected) {
            let wanted = expected.unwrap_or(TypeId::ERROR);
            let found = self.ty(bodies[index]);
            let diagnostic = self.mismatch(arm_value_span(ast, &arms[index]), wanted, found);
            return self.fail(diagnostic);
        }
        let ty = match self.common_type(&bodies, expected) {
            Ok(ty) => ty,
            Err(_) if self.rules.mixed_arms => TypeId::ANY,
            Err(index) => {
                let (first, other) = (self.ty(bodies[0]), self.ty(bodies[index]));
                let diagnostic = self
                    .mismatch(arms[index].span, first, other)
                    .with_secondary(arms[0].span, "the first arm says what the match gives");
                self.fail(diagnostic);
                TypeId::ERROR
            }
        };
        let arms: Vec<Arm> = patterns
            .into_iter()
            .zip(bodies)
            .map(|((pattern, span), body)| Arm { pattern, body: self.converted(body, ty), span })
            .collect();
        self.push(ExprKind::Match { scrutinee, arms: arms.into() }, ty, span)
    }

    /// `{ statements }` as the body of an arm: its value is that of its last expression.
    fn arm_block(&mut self, block: ast::BlockId) -> ExprId {
        let ast = self.ast;
        let node = &ast[block];
        let statements = &ast[node.statements];
        let mark = self.open_scope();
        let (init, last) = match statements.split_last() {
            Some((&last, init)) if matches!(ast[last].kind, ast::StmtKind::Expr(_)) => {
                (init, Some(last))
            }
            _ => (statements, None),
        };
        let (failed, init) = (self.failed, self.statements(init));
        let value = match last.map(|last| ast[last].kind) {
            Some(ast::StmtKind::Expr(expr)) => {
                self.failed = false;
                self.expr(expr, None)
            }
            _ if statements
                .last()
                .is_some_and(|&last| matches!(ast[last].kind, ast::StmtKind::Return(_))) =>
            {
                // Control never gets here, so the value may be of any type.
                let ty = self.fresh();
                self.push(ExprKind::Unreachable, ty, node.span)
            }
            _ => self.push(ExprKind::Unit, TypeId::UNIT, node.span),
        };
        self.failed |= failed;
        self.close_scope(mark);
        let ty = self.ty(value);
        self.push(ExprKind::Block(init.into(), value), ty, node.span)
    }

    fn unreachable(&self, span: Span, why: &str) -> Diagnostic {
        Diagnostic::new(Code::T054, span, "this arm can never be reached")
            .with_label(why.to_owned())
            .with_help("remove the arm, or move it up")
    }

    fn arm_pattern(
        &mut self,
        id: ast::PatternId,
        found: TypeId,
        arm: Span,
        covered: &mut Covered,
    ) -> Pattern {
        let node = self.ast[id];
        match node.kind {
            ast::PatternKind::Wildcard => {
                covered.everything = true;
                Pattern::Wildcard
            }
            ast::PatternKind::Error => {
                self.failed = true;
                covered.everything = true;
                Pattern::Wildcard
            }
            ast::PatternKind::Int(value) => {
                let key = format!("int {value}");
                self.literal_pattern(
                    ExprKind::Int(value),
                    TypeId::INT,
                    key,
                    node.span,
                    found,
                    arm,
                    covered,
                )
            }
            ast::PatternKind::Float(value) => {
                let key = format!("float {}", value.to_bits());
                self.literal_pattern(
                    ExprKind::Float(value),
                    TypeId::FLOAT,
                    key,
                    node.span,
                    found,
                    arm,
                    covered,
                )
            }
            ast::PatternKind::Bool(value) => {
                let key = format!("bool {value}");
                self.literal_pattern(
                    ExprKind::Bool(value),
                    TypeId::BOOL,
                    key,
                    node.span,
                    found,
                    arm,
                    covered,
                )
            }
            ast::PatternKind::Str(text) => {
                let key = format!("string {}", self.name(text));
                self.literal_pattern(
                    ExprKind::Str(text),
                    TypeId::STRING,
                    key,
                    node.span,
                    found,
                    arm,
                    covered,
                )
            }
            ast::PatternKind::None => {
                let key = NONE.to_owned();
                self.literal_pattern(
                    ExprKind::None,
                    TypeId::NONE,
                    key,
                    node.span,
                    found,
                    arm,
                    covered,
                )
            }
            ast::PatternKind::Ident(name) => {
                self.name_pattern(name, node.span, found, arm, covered)
            }
            ast::PatternKind::Variant { name, args } => {
                self.variant_pattern(name, &self.ast[args], found, arm, covered)
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one literal and the place it stands in"
    )]
    fn literal_pattern(
        &mut self,
        kind: ExprKind,
        ty: TypeId,
        key: String,
        span: Span,
        found: TypeId,
        arm: Span,
        covered: &mut Covered,
    ) -> Pattern {
        let value = self.push(kind, ty, span);
        let value = self.pattern_value(value, found, arm);
        if !covered.literals.insert(key) {
            let diagnostic = self.unreachable(arm, "an earlier arm has the same pattern");
            self.report(diagnostic);
        }
        Pattern::Value(value)
    }

    /// A literal as a value of what is matched.
    fn pattern_value(&mut self, value: ExprId, found: TypeId, arm: Span) -> ExprId {
        let ty = self.ty(value);
        let (literal, subject) = (self.shape(ty), self.shape(found));
        if literal == Shape::Int && subject == Shape::Float {
            return self.convert_expr(crate::hir::Convert::IntToFloat, value, found);
        }
        let none_of_plain = literal == Shape::None
            && !matches!(subject, Shape::Option(_) | Shape::Any | Shape::Error);
        if none_of_plain && self.rules.none_anywhere {
            return self.converted(value, TypeId::ANY);
        }
        match (none_of_plain, self.convert(value, found, Site::Slot)) {
            (false, Some(value)) => value,
            _ => {
                let diagnostic = self.pattern_mismatch(arm, found, ty);
                self.fail(diagnostic)
            }
        }
    }

    fn pattern_mismatch(&mut self, arm: Span, found: TypeId, pattern: TypeId) -> Diagnostic {
        let (subject, pattern) = (self.show(found), self.show(pattern));
        Diagnostic::new(
            Code::T008,
            arm,
            format!("the value that is matched is a `{subject}`, this pattern is a `{pattern}`"),
        )
        .with_label(format!("never matches a `{subject}`"))
        .with_help(format!("match it with patterns of type `{subject}`"))
    }

    /// A bare name: a variant without fields if there is one, or else a new variable.
    fn name_pattern(
        &mut self,
        name: Symbol,
        span: Span,
        found: TypeId,
        arm: Span,
        covered: &mut Covered,
    ) -> Pattern {
        if name == known::UNDERSCORE {
            covered.everything = true;
            return Pattern::Wildcard;
        }
        if let Some(variant) = self.variant_named(name, found) {
            return self.variant_arm(variant, None, found, arm, covered);
        }
        if self.is_none_name(name) {
            let value = self.push(ExprKind::None, TypeId::NONE, span);
            return Pattern::Value(self.pattern_value(value, found, arm));
        }
        if let Some(diagnostic) = self.unknown_member_type(name, span)
            && self.lookup(name) == Binding::Unknown
        {
            self.report(diagnostic);
            covered.everything = true;
            return Pattern::Wildcard;
        }
        // A name that is in scope is compared with, as the language has it for literals.
        if let Binding::Local(_) | Binding::ReceiverField(_) = self.lookup(name) {
            let value = self.ident(name, span);
            let value = self.pattern_value(value, found, arm);
            return Pattern::Value(value);
        }
        covered.everything = true;
        // Behind an arm for `none` it is the value that an option holds.
        let ty = match self.shape(found) {
            Shape::Option(inner) if covered.literals.contains(NONE) => inner,
            _ => found,
        };
        let local = self.declare_local(ast::Name { symbol: name, span }, ty, true);
        Pattern::Bind(local)
    }

    /// The variant of that name: of the union that is matched first, then of any.
    fn variant_named(&self, name: Symbol, found: TypeId) -> Option<StructId> {
        self.variant_named_in(name, found).or_else(|| self.variants.get(&name).copied())
    }

    fn variant_pattern(
        &mut self,
        name: ast::Name,
        args: &[ast::PatternId],
        found: TypeId,
        arm: Span,
        covered: &mut Covered,
    ) -> Pattern {
        match self.variant_named(name.symbol, found) {
            Some(variant) => self.variant_arm(variant, Some(args), found, arm, covered),
            None => match self.struct_named(name.symbol) {
                Some(id) => self.variant_arm(id, Some(args), found, arm, covered),
                None => {
                    let diagnostic = match self.unknown_member_type(name.symbol, name.span) {
                        Some(diagnostic) => diagnostic,
                        None => self
                            .unknown_name(Code::T003, "variant", name.symbol, arm)
                            .with_help("patterns with parentheses name variants of a union"),
                    };
                    self.report(diagnostic);
                    covered.everything = true;
                    Pattern::Wildcard
                }
            },
        }
    }

    fn variant_arm(
        &mut self,
        variant: StructId,
        args: Option<&[ast::PatternId]>,
        found: TypeId,
        arm: Span,
        covered: &mut Covered,
    ) -> Pattern {
        let declared = self.hir.types.struct_type(variant);
        let (count, place, name) = (declared.fields.len(), declared.span, declared.name);
        let ty = self.hir.types.intern(TypeKind::Struct(variant));
        let subject = match self.shape(found) {
            Shape::Option(inner) => self.shape(inner),
            shape => shape,
        };
        let belongs = match subject {
            Shape::Union(union) => self.hir.types.struct_type(variant).variant_of == Some(union),
            Shape::Struct(id) => id == variant,
            Shape::Any | Shape::Error => true,
            _ => false,
        };
        if !belongs {
            let diagnostic = self.pattern_mismatch(arm, found, ty);
            self.report(diagnostic);
            return Pattern::Wildcard;
        }
        if let Some(args) = args
            && args.len() != count
        {
            let text = self.name(name).to_owned();
            let fields = if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
            let diagnostic = Diagnostic::new(
                Code::T008,
                arm,
                format!("`{text}` has {fields}, this pattern names {}", args.len()),
            )
            .with_label("wrong number of fields")
            .with_secondary(place, "declared here")
            .with_help("name every field, or write `_` for those that do not matter");
            self.report(diagnostic);
            return Pattern::Wildcard;
        }
        let mut complete = true;
        let mut patterns = Vec::with_capacity(count);
        for index in 0..count {
            let field = self.hir.types.struct_type(variant).fields[index].ty;
            patterns.push(match args {
                Some(args) => {
                    let (pattern, whole) = self.field_pattern(args[index], field, arm);
                    complete &= whole;
                    pattern
                }
                None => Pattern::Wildcard,
            });
        }
        if complete && !covered.variants.insert(variant) {
            let text = self.name(name).to_owned();
            let diagnostic =
                self.unreachable(arm, &format!("an earlier arm matches every `{text}`"));
            self.report(diagnostic);
        }
        if complete && matches!(subject, Shape::Struct(_)) && subject == self.shape(found) {
            covered.everything = true;
        }
        Pattern::Struct(variant, patterns.into())
    }

    /// The pattern of a field, and whether it matches everything.
    fn field_pattern(&mut self, id: ast::PatternId, field: TypeId, arm: Span) -> (Pattern, bool) {
        let node = self.ast[id];
        match node.kind {
            ast::PatternKind::Ident(name)
                if name != known::UNDERSCORE && self.variant_named_in(name, field).is_none() =>
            {
                let local =
                    self.declare_local(ast::Name { symbol: name, span: node.span }, field, true);
                (Pattern::Bind(local), true)
            }
            _ => {
                let mut covered = Covered::default();
                let pattern = self.arm_pattern(id, field, arm, &mut covered);
                (pattern, covered.everything)
            }
        }
    }

    fn variant_named_in(&self, name: Symbol, ty: TypeId) -> Option<StructId> {
        let Shape::Union(union) = self.shape(ty) else { return None };
        // The last variant declared with a name is nearly always the one: names are rarely shared. Those of another
        // package need not be named with it where the union is known.
        if let Some(&last) = self.variants.get(&name)
            && self.hir.types.struct_type(last).variant_of == Some(union)
        {
            return Some(last);
        }
        let variants = &self.hir.types.union_type(union).variants;
        variants.iter().copied().find(|&variant| self.hir.types.struct_type(variant).name == name)
    }

    fn check_coverage(&mut self, found: TypeId, covered: &Covered, span: Span) {
        let Shape::Union(union) = self.shape(found) else { return };
        if covered.everything || self.rules.partial_matches {
            return;
        }
        let missing: Vec<String> = self
            .hir
            .types
            .union_type(union)
            .variants
            .iter()
            .filter(|variant| !covered.variants.contains(variant))
            .map(|&variant| format!("`{}`", self.name(self.hir.types.struct_type(variant).name)))
            .collect();
        if missing.is_empty() {
            return;
        }
        let (text, place) = (self.show(found), self.hir.types.union_type(union).span);
        let diagnostic = Diagnostic::new(
            Code::T050,
            span,
            format!("this match on `{text}` does not cover {}", list_words(&missing)),
        )
        .with_label("not all variants are covered")
        .with_secondary(place, format!("`{text}` is declared here"))
        .with_help("add an arm for each of them, or an arm `_ => …` for the rest");
        self.report(diagnostic);
    }
}

fn arm_value_span(ast: &ast::Ast, arm: &ast::MatchArm) -> Span {
    match arm.body {
        ast::ArmBody::Expr(expr) => ast[expr].span,
        ast::ArmBody::Block(block) => ast[block].span,
    }
}
