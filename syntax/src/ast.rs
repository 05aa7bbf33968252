//! The syntax tree of a program of one or more files, for the whole grammar.
//!
//! Nodes stand in flat arenas, one per category, and name each other by typed ids; lists are ranges
//! of side arrays (`&ast[list]`); names are interned; every node has a span. So the tree is a few
//! dozen vectors: small to walk, cheap to build, dropped without recursion.
//!
//! **Invariants**
//! - Children are pushed before their parents: the id of an operand is below the id of its operator.
//! - Long source makes long lists, not deep trees, with two exceptions: a chain of left-associative
//!   operators (`a + b + …`) and a chain of postfix operators (`a.b(c)[d]…`) lean left as deep as
//!   they are long. Whoever walks expressions **must** walk these spines by a loop; see
//!   [`Ast::left_operand`]. All other nesting is bounded by [`crate::MAX_DEPTH`].
//! - `Error` nodes stand where the parser has reported something; later stations say nothing about
//!   them.
//! - A string, whether literal or name, is the text it means: quotes are off and escapes are done.

mod expr;
mod query;
mod stmt;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;

use mochi_base::{IndexVec, Span, Symbol, define_id};

pub use expr::*;
pub use query::*;
pub use stmt::*;

define_id! {
    /// Names an [`Expr`].
    pub struct ExprId;
    /// Names a [`Stmt`].
    pub struct StmtId;
    /// Names a [`Block`].
    pub struct BlockId;
    /// Names a [`TypeExpr`].
    pub struct TypeId;
    /// Names a [`Pattern`].
    pub struct PatternId;
    /// Names a [`Function`].
    pub struct FunctionId;
    /// Names a [`TypeDecl`].
    pub struct TypeDeclId;
    /// Names a [`Query`].
    pub struct QueryId;
    /// Names a [`LogicAtom`].
    pub struct LogicAtomId;
    /// Names an [`Import`].
    pub struct ImportId;
}

/// A list of `T`: a range of a side array of the [`Ast`]. Read it with `&ast[list]`.
pub struct List<T> {
    start: u32,
    len: u32,
    items: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    /// The list without elements.
    pub const EMPTY: List<T> = List { start: 0, len: 0, items: PhantomData };

    /// How many elements there are.
    #[inline]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}; {}]", self.start, self.len)
    }
}

/// A name at its place.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// The text.
    pub symbol: Symbol,
    /// Where it stands.
    pub span: Span,
}

/// A file of a program.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// `package name`, if the file begins with it.
    pub package: Option<Name>,
    /// The statements in order.
    pub body: List<StmtId>,
}

/// Files that share their names.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Indices in `Ast::files`.
    pub files: Vec<u32>,
}

/// A comment, kept beside the tree for whoever needs it.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// How it is written.
    pub kind: CommentKind,
    /// With its delimiters, without the newline.
    pub span: Span,
}

/// The ways to write a comment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommentKind {
    /// `// …`
    Line,
    /// `# …`, also a shebang line.
    Hash,
    /// `/* … */`
    Block,
}

macro_rules! ast {
    (
        arenas { $($arena:ident: $id:ident => $node:ident,)* }
        lists { $($list:ident: $item:ty,)* }
    ) => {
        /// The syntax tree of a program. `ast[id]` is a node, `&ast[list]` a slice.
        #[derive(Clone, Default, Debug)]
        pub struct Ast {
            /// The files in the order in which they were parsed; the first is the one the program starts from.
            pub files: Vec<File>,
            /// The packages in the order in which they are initialised: each behind all that it imports, the
            /// program itself last.
            pub packages: Vec<Package>,
            /// The statements that `export` stands before, in order.
            pub exports: Vec<StmtId>,
            /// The statement whose value the program gives, when it is a text for `eval`.
            pub value: Option<StmtId>,
            /// All comments in order.
            pub comments: Vec<Comment>,
            $(#[doc = concat!("Every [`", stringify!($node), "`].")] pub $arena: IndexVec<$id, $node>,)*
            pub(crate) lists: Lists,
        }

        /// The side arrays of lists, one for each type of element.
        #[derive(Clone, Default, Debug)]
        pub struct Lists {
            $(pub(crate) $list: Vec<$item>,)*
        }

        $(impl Index<$id> for Ast {
            type Output = $node;
            #[inline]
            fn index(&self, id: $id) -> &$node {
                &self.$arena[id]
            }
        })*

        $(impl Index<List<$item>> for Ast {
            type Output = [$item];
            #[inline]
            fn index(&self, list: List<$item>) -> &[$item] {
                &self.lists.$list[list.start as usize..(list.start + list.len) as usize]
            }
        }

        impl ListItem for $item {
            #[inline]
            fn of(lists: &mut Lists) -> &mut Vec<$item> {
                &mut lists.$list
            }
        })*
    };
}

/// What a [`List`] can hold.
pub trait ListItem: Copy {
    /// The side array for elements of this type.
    fn of(lists: &mut Lists) -> &mut Vec<Self>;
}

ast! {
    arenas {
        exprs: ExprId => Expr,
        stmts: StmtId => Stmt,
        blocks: BlockId => Block,
        types: TypeId => TypeExpr,
        patterns: PatternId => Pattern,
        functions: FunctionId => Function,
        type_decls: TypeDeclId => TypeDecl,
        queries: QueryId => Query,
        logic_atoms: LogicAtomId => LogicAtom,
        imports: ImportId => Import,
    }
    lists {
        expr_lists: ExprId,
        stmt_lists: StmtId,
        type_lists: TypeId,
        pattern_lists: PatternId,
        function_lists: FunctionId,
        names: Name,
        params: Param,
        field_decls: FieldDecl,
        field_inits: FieldInit,
        map_entries: MapEntry,
        expr_branches: ExprBranch,
        stmt_branches: StmtBranch,
        match_arms: MatchArm,
        variants: Variant,
        query_sources: QuerySource,
        logic_terms: LogicTerm,
        logic_conditions: LogicCondition,
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List::EMPTY
    }
}

impl Ast {
    /// Stores `items` as a list.
    pub fn list<T: ListItem>(&mut self, items: &[T]) -> List<T> {
        let store = T::of(&mut self.lists);
        let list = List { start: store.len() as u32, len: items.len() as u32, items: PhantomData };
        store.extend_from_slice(items);
        list
    }

    /// The operand at the left end of a binary or postfix expression, `None` for all others. Walking
    /// it in a loop visits a left-leaning spine without recursion.
    pub fn left_operand(&self, expr: ExprId) -> Option<ExprId> {
        match self[expr].kind {
            ExprKind::Binary { left, .. } => Some(left),
            ExprKind::Call { callee, .. } => Some(callee),
            ExprKind::Index { object, .. }
            | ExprKind::Slice { object, .. }
            | ExprKind::Field { object, .. }
            | ExprKind::SafeField { object, .. }
            | ExprKind::SafeIndex { object, .. } => Some(object),
            ExprKind::Cast { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The statements of the files of a package, one list for each file.
    pub fn bodies(&self, package: &Package) -> impl Iterator<Item = List<StmtId>> {
        package.files.iter().map(|&file| self.files[file as usize].body)
    }

    /// Whether `export` stands before the statement.
    pub fn is_exported(&self, statement: StmtId) -> bool {
        self.exports.binary_search(&statement).is_ok()
    }

    /// `expr` without parentheses around it.
    pub fn without_parens(&self, mut expr: ExprId) -> ExprId {
        while let ExprKind::Paren(inner) = self[expr].kind {
            expr = inner;
        }
        expr
    }
}

// Nodes stay small: a file of a million lines has some ten million of them.
const _: () =
    assert!(size_of::<Expr>() == 32 && size_of::<Stmt>() <= 40 && size_of::<TypeExpr>() <= 32);
