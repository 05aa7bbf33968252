//! Types as they are written, and type declarations.

use mochi_base::Code;

use super::{Failed, Parsed, Parser};
use crate::ast::{
    FieldDecl, FunctionId, List, Name, StmtKind, TypeDecl, TypeDeclKind, TypeExpr, TypeId,
    TypeKind, Variant,
};
use crate::token::TokenKind;

impl Parser<'_> {
    /// `T`, `list<T>`, `fun(A): B`, `{name: T}`, each maybe with `?`.
    pub(super) fn type_expr(&mut self) -> Parsed<TypeId> {
        self.deeper(|parser| parser.type_at_depth(true))
    }

    /// The type behind `as`, where `<` may also compare.
    pub(super) fn cast_type(&mut self) -> Parsed<TypeId> {
        self.deeper(|parser| {
            let generic = parser.ahead(1).kind == TokenKind::Less && {
                let (first, second) = (parser.ahead(2).kind, parser.ahead(3).kind);
                use TokenKind::*;
                matches!(first, Fun | LeftBrace)
                    || first == Ident
                        && matches!(second, Greater | GreaterEqual | Comma | Less | Question)
            };
            parser.type_at_depth(generic)
        })
    }

    fn type_at_depth(&mut self, may_be_generic: bool) -> Parsed<TypeId> {
        let start = self.token().span.start;
        let kind = match self.kind() {
            TokenKind::Fun => self.function_type()?,
            TokenKind::LeftBrace => {
                let open = self.bump().span;
                TypeKind::Struct(self.brace_list(open, Self::field_decl)?)
            }
            // The declaration around it is whole but for the type.
            TokenKind::Equal | TokenKind::Comma | TokenKind::RightParen | TokenKind::Greater => {
                self.expected(Code::P999, "a type");
                TypeKind::Error
            }
            _ => {
                let name = self.name(Code::P999, "a type")?;
                let name = self.qualified(name, "a type")?;
                if may_be_generic && self.is(TokenKind::Less) {
                    let args = self.type_args()?;
                    TypeKind::Apply { name, args }
                } else {
                    TypeKind::Name(name.symbol)
                }
            }
        };
        let mut ty = self.push_type(kind, start);
        if self.eat(TokenKind::Question) {
            ty = self.push_type(TypeKind::Optional(ty), start);
        }
        Ok(ty)
    }

    fn push_type(&mut self, kind: TypeKind, start: u32) -> TypeId {
        let span = self.span_from(start);
        self.ast.types.push(TypeExpr { kind, span })
    }

    fn type_args(&mut self) -> Parsed<List<TypeId>> {
        self.bump();
        self.collect(|parser| {
            loop {
                let arg = parser.type_expr()?;
                parser.item(arg);
                if !parser.eat(TokenKind::Comma) {
                    break;
                }
            }
            parser.close_type_args()
        })
    }

    /// Takes `>`; of `>=`, as in `list<int>= []`, only the first half.
    fn close_type_args(&mut self) -> Parsed<()> {
        if self.is(TokenKind::GreaterEqual) {
            let token = &mut self.lexer.tokens.tokens[self.at];
            token.kind = TokenKind::Equal;
            token.span.start += 1;
            return Ok(());
        }
        self.expect(TokenKind::Greater).map(|_| ())
    }

    fn function_type(&mut self) -> Parsed<TypeKind> {
        self.bump();
        let open = self.expect(TokenKind::LeftParen)?.span;
        let params = self.comma_list(open, TokenKind::RightParen, Self::type_expr)?;
        let result = self.optional_result()?;
        Ok(TypeKind::Fun { params, result })
    }

    /// `: T`, if it is there.
    pub(super) fn optional_result(&mut self) -> Parsed<Option<TypeId>> {
        if self.eat(TokenKind::Colon) { self.type_expr().map(Some) } else { Ok(None) }
    }

    /// `name: T`.
    pub(super) fn field_decl(&mut self) -> Parsed<FieldDecl> {
        let name = self.member_name(Code::P030, "the name of a field")?;
        self.expect(TokenKind::Colon)?;
        let ty = self.type_expr()?;
        Ok(FieldDecl { name, ty })
    }

    /// `type Name …`.
    pub(super) fn type_declaration(&mut self) -> Parsed<StmtKind> {
        let first = self.at;
        let start = self.bump().span.start;
        let name = self.name(Code::P030, "the name of the type")?;
        let kind = self.type_shape().unwrap_or_else(|Failed| {
            self.recover(first);
            TypeDeclKind::Error
        });
        let span = self.span_from(start);
        Ok(StmtKind::Type(self.ast.type_decls.push(TypeDecl { name, kind, span })))
    }

    fn type_shape(&mut self) -> Parsed<TypeDeclKind> {
        let equals = self.eat(TokenKind::Equal);
        Ok(match self.kind() {
            TokenKind::LeftBrace => self.struct_members()?,
            TokenKind::Pipe if equals => self.union()?,
            TokenKind::Ident if equals => {
                use TokenKind::*;
                match self.ahead(1).kind {
                    Pipe | LeftParen | LeftBrace => self.union()?,
                    _ => TypeDeclKind::Alias(self.type_expr()?),
                }
            }
            _ if equals => TypeDeclKind::Alias(self.type_expr()?),
            _ => return Err(self.expected(Code::P001, "`{` or `=`")),
        })
    }

    fn struct_members(&mut self) -> Parsed<TypeDeclKind> {
        let open = self.bump().span;
        let mut methods = List::EMPTY;
        let fields = self.collect::<FieldDecl>(|parser| {
            methods = parser.collect::<FunctionId>(|parser| {
                while !parser.eat(TokenKind::RightBrace) {
                    if parser.is(TokenKind::End) {
                        return Err(parser.not_closed(open));
                    }
                    let declares_method =
                        parser.is(TokenKind::Fun) && parser.ahead(1).kind != TokenKind::Colon;
                    if declares_method {
                        let method = parser.named_function()?;
                        parser.item(method);
                    } else {
                        let field = parser.field_decl()?;
                        parser.item(field);
                    }
                    parser.eat(TokenKind::Comma);
                }
                Ok(())
            })?;
            Ok(())
        })?;
        Ok(TypeDeclKind::Struct { fields, methods })
    }

    fn union(&mut self) -> Parsed<TypeDeclKind> {
        self.eat(TokenKind::Pipe);
        let variants = self.collect(|parser| {
            loop {
                let variant = parser.variant()?;
                parser.item(variant);
                if !parser.eat(TokenKind::Pipe) {
                    return Ok(());
                }
            }
        })?;
        Ok(TypeDeclKind::Union(variants))
    }

    fn variant(&mut self) -> Parsed<Variant> {
        let name = self.name(Code::P030, "the name of a variant")?;
        let fields = match self.kind() {
            TokenKind::LeftParen => {
                let open = self.bump().span;
                self.comma_list(open, TokenKind::RightParen, Self::field_decl)?
            }
            TokenKind::LeftBrace => {
                let open = self.bump().span;
                self.brace_list(open, Self::field_decl)?
            }
            _ => List::EMPTY,
        };
        Ok(Variant { name, fields, span: self.span_from(name.span.start) })
    }

    /// `<T, U>`, if it is there.
    pub(super) fn type_params(&mut self) -> Parsed<List<Name>> {
        if !self.eat(TokenKind::Less) {
            return Ok(List::EMPTY);
        }
        self.collect(|parser| {
            loop {
                let name = parser.name(Code::P030, "the name of a type parameter")?;
                parser.item(name);
                if !parser.eat(TokenKind::Comma) {
                    break;
                }
            }
            parser.close_type_args()
        })
    }

    /// `! io, fs`, if it is there.
    pub(super) fn effects(&mut self) -> Parsed<List<Name>> {
        if !self.eat(TokenKind::Bang) {
            return Ok(List::EMPTY);
        }
        self.collect(|parser| {
            loop {
                let name = parser.name(Code::P030, "the name of an effect")?;
                parser.item(name);
                if !parser.eat(TokenKind::Comma) {
                    return Ok(());
                }
            }
        })
    }
}
