//! Tokens: what the lexer makes of the text and the parser reads.

use mochi_base::{Span, known};

/// One token. Sixteen bytes, because there are some six of them on a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// For `Ident` and `Str` the number of a symbol, for `Int` and `Float` an index into
    /// [`Tokens::numbers`], else nothing.
    pub payload: u32,
    /// Where it stands.
    pub span: Span,
}

/// The tokens of a file, with comments beside them.
#[derive(Clone, Default, Debug)]
pub struct Tokens {
    /// All tokens in order; the last ones are [`Tokens::LOOKAHEAD`] times `End`.
    pub tokens: Vec<Token>,
    /// The values of number tokens: an unsigned integer, or the bits of a float.
    pub numbers: Vec<u64>,
    /// All comments in order.
    pub comments: Vec<crate::ast::Comment>,
}

impl Tokens {
    /// How many tokens a reader may look at from any place before the end.
    pub const LOOKAHEAD: usize = 6;
}

impl TokenKind {
    /// Whether the keyword only begins a declaration or joins clauses, and is a name elsewhere.
    pub const fn is_soft_keyword(self) -> bool {
        use TokenKind::*;
        matches!(
            self,
            Test | Agent | Stream | Intent | Emit | On | Type | Fact | Rule | Package | All
        )
    }
}

macro_rules! token_kinds {
    (
        classes { $($class:ident $class_text:literal)* }
        keywords { $($keyword:ident $known:ident $keyword_text:literal)* }
        punctuation { $($mark:ident $mark_text:literal)* }
    ) => {
        /// What a token is.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum TokenKind {
            $(#[doc = concat!("`", $keyword_text, "`")] $keyword,)*
            $(#[doc = $class_text] $class,)*
            $(#[doc = concat!("`", $mark_text, "`")] $mark,)*
        }

        impl TokenKind {
            /// The keywords in the order of their symbols.
            pub(crate) const KEYWORDS: &[TokenKind] = &[$(TokenKind::$keyword,)*];

            /// How the token is called in a message.
            pub const fn describe(self) -> &'static str {
                match self {
                    $(TokenKind::$class => $class_text,)*
                    $(TokenKind::$keyword => concat!("`", $keyword_text, "`"),)*
                    $(TokenKind::$mark => concat!("`", $mark_text, "`"),)*
                }
            }

            /// The name of the kind in a token dump.
            pub const fn name(self) -> &'static str {
                match self {
                    $(TokenKind::$class => stringify!($class),)*
                    $(TokenKind::$keyword => "Keyword",)*
                    $(TokenKind::$mark => "Mark",)*
                }
            }

            /// Whether it is a keyword.
            pub const fn is_keyword(self) -> bool {
                (self as u8) < Self::KEYWORDS.len() as u8
            }
        }

        // The lexer finds a keyword's kind at the place of its symbol.
        const _: () = {
            let symbols = [$(known::$known,)*];
            assert!(symbols.len() == known::KEYWORD_COUNT as usize);
            let mut index = 0;
            while index < symbols.len() {
                assert!(symbols[index].0 as usize == index);
                index += 1;
            }
        };
    };
}

token_kinds! {
    classes {
        End "the end of the file"
        Ident "a name"
        Int "an integer"
        Float "a float"
        Str "a string"
        Unknown "unreadable text"
    }
    keywords {
        Test TEST "test" Expect EXPECT "expect" Agent AGENT "agent" Intent INTENT "intent" On ON "on"
        Stream STREAM "stream" Emit EMIT "emit" Type TYPE "type" Fun FUN "fun" Extern EXTERN "extern"
        Import IMPORT "import" Return RETURN "return" Break BREAK "break" Continue CONTINUE "continue"
        Let LET "let" Var VAR "var" If IF "if" Else ELSE "else" Then THEN "then" For FOR "for"
        While WHILE "while" In IN "in" Generate GENERATE "generate" Match MATCH "match"
        Fetch FETCH "fetch" Load LOAD "load" Save SAVE "save" Package PACKAGE "package"
        Export EXPORT "export" Fact FACT "fact" Rule RULE "rule" All ALL "all" None NONE "none"
        True TRUE "true" False FALSE "false"
    }
    punctuation {
        EqualEqual "==" NotEqual "!=" LessEqual "<=" GreaterEqual ">=" AndAnd "&&" OrOr "||"
        FatArrow "=>" DotDot ".." QuestionQuestion "??" Plus "+" Minus "-" Star "*" Slash "/"
        Percent "%" Equal "=" Less "<" Greater ">" Bang "!" Pipe "|" LeftBrace "{" RightBrace "}"
        LeftBracket "[" RightBracket "]" LeftParen "(" RightParen ")" Comma "," Dot "." Colon ":"
        Question "?"
    }
}
