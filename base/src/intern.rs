//! Names as small integers: every distinct text of a program gets one `Symbol`, so that comparing
//! names compares integers and nodes stay small.
//!
//! The names in [`known`] have the same symbol in every interner; keywords come first among them, so
//! that a lexer recognises a keyword by comparing its symbol with a number.

use std::fmt;
use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// An interned text. Two symbols of one interner are equal exactly if their texts are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol({})", self.0)
    }
}

/// All texts of a program, each stored once.
pub struct Interner {
    /// The texts one behind the other.
    text: String,
    /// Where in `text` each symbol ends; it starts where its predecessor ends.
    ends: Vec<u32>,
    table: HashTable<Entry>,
}

/// What the table knows of a symbol, so that looking one up touches the table and the text only.
#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    start: u32,
    symbol: Symbol,
}

impl Interner {
    /// An interner that holds the [`known`] names.
    pub fn new() -> Interner {
        let mut interner =
            Interner { text: String::new(), ends: Vec::new(), table: HashTable::new() };
        for (index, name) in known::NAMES.iter().enumerate() {
            let symbol = interner.intern(name);
            debug_assert_eq!(symbol.0 as usize, index, "a known name stands twice in its table");
        }
        interner
    }

    /// The symbol of `text`, a new one if it was never seen.
    #[inline]
    pub fn intern(&mut self, text: &str) -> Symbol {
        let hash = hash_of(text);
        match self.find(hash, text) {
            Some(symbol) => symbol,
            None => self.insert(hash, text),
        }
    }

    /// Two texts of one hash are told apart by their bytes, and by their length where one begins
    /// with the other.
    #[inline]
    fn find(&self, hash: u64, text: &str) -> Option<Symbol> {
        let same = |entry: &Entry| {
            let start = entry.start as usize;
            entry.hash == hash
                && self.text.as_bytes()[start..].starts_with(text.as_bytes())
                && self.ends[entry.symbol.0 as usize] as usize == start + text.len()
        };
        self.table.find(hash, same).map(|entry| entry.symbol)
    }

    #[cold]
    fn insert(&mut self, hash: u64, text: &str) -> Symbol {
        let symbol = Symbol(
            u32::try_from(self.ends.len())
                .expect("sources of 4 GiB are refused before they are lexed"),
        );
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.ends.push(
            u32::try_from(self.text.len())
                .expect("sources of 4 GiB are refused before they are lexed"),
        );
        self.table.insert_unique(hash, Entry { hash, start, symbol }, |entry| entry.hash);
        symbol
    }

    /// The symbol of `text` if it was interned.
    pub fn get(&self, text: &str) -> Option<Symbol> {
        self.find(hash_of(text), text)
    }

    /// The text of `symbol`.
    #[inline]
    pub fn resolve(&self, symbol: Symbol) -> &str {
        let index = symbol.0 as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.text[start..self.ends[index] as usize]
    }

    /// How many symbols there are; every symbol is below it.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no symbol; never so, because of the known names.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl Default for Interner {
    fn default() -> Self {
        Interner::new()
    }
}

impl std::ops::Index<Symbol> for Interner {
    type Output = str;
    fn index(&self, symbol: Symbol) -> &str {
        self.resolve(symbol)
    }
}

#[inline]
fn hash_of(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

macro_rules! known_names {
    (keywords { $($keyword:ident $keyword_text:literal)* } names { $($name:ident $text:literal)* }) => {
        /// Names with a fixed symbol: the keywords, then words that only some places of the grammar
        /// know, then names of built-in types.
        pub mod known {
            use super::Symbol;

            #[expect(
                clippy::upper_case_acronyms,
                reason = "the variants number the constants below and carry their names"
            )]
            enum Position { $($keyword,)* $($name,)* }

            $(#[doc = concat!("`", $keyword_text, "`")] pub const $keyword: Symbol = Symbol(Position::$keyword as u32);)*
            $(#[doc = concat!("`", $text, "`")] pub const $name: Symbol = Symbol(Position::$name as u32);)*

            /// The texts of the known names in the order of their symbols.
            pub const NAMES: &[&str] = &[$($keyword_text,)* $($text,)*];

            /// Symbols below this one are keywords.
            pub const KEYWORD_COUNT: u32 = [$($keyword_text,)*].len() as u32;
        }
    };
}

known_names! {
    keywords {
        TEST "test" EXPECT "expect" AGENT "agent" INTENT "intent" ON "on" STREAM "stream" EMIT "emit" TYPE "type"
        FUN "fun" EXTERN "extern" IMPORT "import" RETURN "return" BREAK "break" CONTINUE "continue" LET "let" VAR "var"
        IF "if" ELSE "else" THEN "then" FOR "for" WHILE "while" IN "in" GENERATE "generate" MATCH "match" FETCH "fetch"
        LOAD "load" SAVE "save" PACKAGE "package" EXPORT "export" FACT "fact" RULE "rule" ALL "all" NONE "none"
        TRUE "true" FALSE "false"
    }
    names {
        UNDERSCORE "_" AS "as" BENCH "bench" MODEL "model" UPDATE "update" SET "set" WHERE "where" INTO "into" WITH "with"
        TO "to" AUTO "auto" OBJECT "object" FROM "from" QUERY "query" JOIN "join" LEFT "left" RIGHT "right" OUTER "outer"
        GROUP "group" BY "by" HAVING "having" SORT "sort" ORDER "order" SKIP "skip" TAKE "take" SELECT "select"
        DISTINCT "distinct" UNION "union" EXCEPT "except" INTERSECT "intersect" NULL "null" NIL "nil" EMPTY ""
        INT "int" INT64 "int64" FLOAT "float" BIGINT "bigint" BIGRAT "bigrat" BOOL "bool" STRING "string" UNIT "unit"
        VOID "void" ANY "any" LIST "list" MAP "map" TEXT "text" EMBEDDING "embedding" SELF "self" MAIN "main"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_symbol_and_gives_itself_back() {
        let mut interner = Interner::new();
        let (a, b) = (interner.intern("größe"), interner.intern("🍣"));
        assert_ne!(a, b);
        assert_eq!(interner.intern("größe"), a);
        assert_eq!((interner.resolve(a), interner.resolve(b)), ("größe", "🍣"));
        assert_eq!(interner.get("never seen"), None);
    }

    #[test]
    fn known_names_have_the_symbols_of_their_constants() {
        let mut interner = Interner::new();
        assert_eq!(interner.len(), known::NAMES.len());
        assert_eq!(interner.intern("test"), known::TEST);
        assert_eq!(interner.intern("where"), known::WHERE);
        assert_eq!(interner.intern(""), known::EMPTY);
        assert_eq!(known::FALSE.0 + 1, known::KEYWORD_COUNT);
    }
}
