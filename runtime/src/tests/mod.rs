//! Tests of every runtime function, called by its row as everybody else calls it. Each test ends by asking whether all
//! objects are gone: a reference too many or too few fails the test that lost it.

mod anys;
mod casts;
mod cycles;
mod eval;
mod lists;
mod logic;
mod maps;
mod memory;
mod numbers;
mod printing;
mod records;
mod strings;
mod sweep;
mod traps;

use mochi_abi::functions::{AbiType, RuntimeFunction};
use mochi_abi::layout::{Context, Map, Rep, any};
use mochi_abi::program::{NO_TYPE, ShapeKind, Site, TypeInfo, TypeKind};

use crate::context::ContextFields;
use crate::format::{Style, shown};
use crate::memory::drop_word;
use crate::object::MapFields;
use crate::{
    FieldData, FunctionData, ProgramData, Runtime, ShapeData, SignatureData, THUNKS, TrapReport,
    stack, str,
};

/// A runtime for one test.
pub(super) struct Machine {
    pub(super) runtime: Runtime,
}

impl Drop for Machine {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.runtime.release_globals();
            self.runtime.collect_cycles();
            assert_eq!(self.runtime.live_objects(), 0, "objects were left over");
        }
    }
}

/// Numbers of the shapes that the tests' program has.
pub(super) const POINT: i64 = 0;
pub(super) const LEAF: i64 = 1;
pub(super) const NODE: i64 = 2;
pub(super) const NAMELESS: i64 = 3;
pub(super) const CAPTURES: i64 = 4;
pub(super) const CELL: i64 = 5;
pub(super) const EMPTY: i64 = 6;
pub(super) const WIDE: i64 = 7;
/// The union of `Leaf` and `Node`.
pub(super) const TREE: i64 = 1;

/// Numbers of the types that the tests' program has.
pub(super) mod types {
    pub(crate) const ANY: i64 = 0;
    pub(crate) const INT: i64 = 1;
    pub(crate) const FLOAT: i64 = 2;
    pub(crate) const BOOL: i64 = 3;
    pub(crate) const STR: i64 = 4;
    pub(crate) const LIST_INT: i64 = 5;
    pub(crate) const LIST_LIST_INT: i64 = 6;
    pub(crate) const MAP_STR_FLOAT: i64 = 7;
    pub(crate) const POINT: i64 = 8;
    pub(crate) const TREE: i64 = 9;
    pub(crate) const OPTION_INT: i64 = 10;
    pub(crate) const OPTION_STR: i64 = 11;
    pub(crate) const FUNCTION: i64 = 12;
    pub(crate) const LIST_STR: i64 = 13;
    pub(crate) const LIST_ANY: i64 = 14;
    pub(crate) const UNIT: i64 = 15;
    pub(crate) const OTHER_FUNCTION: i64 = 16;
    pub(crate) const LIST_OPTION_INT: i64 = 17;
}

/// Numbers of the functions that the tests' closures have; what they do is in [`door`].
pub(super) mod functions {
    pub(crate) const ADD_CAPTURE: i64 = 0;
    pub(crate) const ADD: i64 = 1;
    pub(crate) const IS_EVEN: i64 = 2;
    pub(crate) const BEFORE: i64 = 3;
    pub(crate) const COMPARE: i64 = 4;
    pub(crate) const FAIL: i64 = 5;
    pub(crate) const TEXT: i64 = 6;
    pub(crate) const CONFUSED: i64 = 7;
}

fn program() -> ProgramData {
    let field = |name: &str, rep, ty: i64| FieldData { name: name.to_owned(), rep, ty: ty as u32 };
    let shape = |name: &str, kind, union, fields| {
        // Nodes can be given to one another.
        let cyclic = name == "Node";
        ShapeData { name: name.to_owned(), kind, union, cyclic, fields }
    };
    let ty = |kind, a: i64, b: i64| TypeInfo { kind, a: a as u32, b: b as u32 };
    let function = |name: &str, arity, signature| FunctionData {
        name: name.to_owned(),
        arity,
        captures: CAPTURES as u32,
        signature,
    };
    let no_type = i64::from(NO_TYPE);
    ProgramData {
        files: vec![("test.mochi".to_owned(), 0)],
        source: "let a = 1\nlet b = a / 0\n".to_owned(),
        types: vec![
            ty(TypeKind::Any, 0, 0),
            ty(TypeKind::Int, 0, 0),
            ty(TypeKind::Float, 0, 0),
            ty(TypeKind::Bool, 0, 0),
            ty(TypeKind::Str, 0, 0),
            ty(TypeKind::List, types::INT, 0),
            ty(TypeKind::List, types::LIST_INT, 0),
            ty(TypeKind::Map, types::STR, types::FLOAT),
            ty(TypeKind::Record, POINT, 0),
            ty(TypeKind::Union, TREE, 0),
            ty(TypeKind::Option, types::INT, 0),
            ty(TypeKind::Option, types::STR, 0),
            ty(TypeKind::Function, 0, 0),
            ty(TypeKind::List, types::STR, 0),
            ty(TypeKind::List, types::ANY, 0),
            ty(TypeKind::Unit, 0, 0),
            ty(TypeKind::Function, 1, 0),
            ty(TypeKind::List, types::OPTION_INT, 0),
        ],
        signatures: vec![
            SignatureData { params: vec![types::INT as u32], result: types::INT as u32 },
            SignatureData {
                params: vec![types::INT as u32, types::INT as u32],
                result: types::INT as u32,
            },
            SignatureData { params: vec![types::STR as u32], result: types::STR as u32 },
        ],
        shapes: vec![
            shape(
                "Point",
                ShapeKind::Struct,
                0,
                vec![field("y", Rep::F64, types::FLOAT), field("x", Rep::I64, types::INT)],
            ),
            shape("Leaf", ShapeKind::Variant, TREE as u32, vec![]),
            shape(
                "Node",
                ShapeKind::Variant,
                TREE as u32,
                vec![
                    field("left", Rep::Ref, types::TREE),
                    field("value", Rep::Any, types::ANY),
                    field("right", Rep::Ref, types::TREE),
                ],
            ),
            shape(
                "",
                ShapeKind::Struct,
                0,
                vec![
                    field("name", Rep::Ref, types::OPTION_STR),
                    field("ok", Rep::Bool, types::BOOL),
                ],
            ),
            shape(
                "",
                ShapeKind::Captures,
                0,
                vec![field("n", Rep::I64, no_type), field("s", Rep::Ref, no_type)],
            ),
            shape("", ShapeKind::Cell, 0, vec![field("value", Rep::Any, no_type)]),
            shape("Empty", ShapeKind::Struct, 0, vec![]),
            shape(
                "Wide",
                ShapeKind::Struct,
                0,
                (0..70).map(|i| field(&format!("f{i}"), Rep::Ref, no_type)).collect(),
            ),
        ],
        functions: vec![
            function("addCapture", 1, 0),
            function("add", 2, 1),
            function("isEven", 1, NO_TYPE),
            function("before", 2, NO_TYPE),
            function("compare", 2, NO_TYPE),
            function("fail", 1, 0),
            function("text", 1, 2),
            function("", 2, NO_TYPE),
        ],
        sites: (0..30)
            .map(|i| Site {
                function: i % 2,
                start: i,
                end: i + 1,
                caller: mochi_abi::program::NO_SITE,
            })
            .collect(),
        globals: vec![Rep::I64, Rep::Ref, Rep::Any],
        strings: vec!["a constant".to_owned(), "c".to_owned(), String::new()],
    }
}

/// The tests' functions: what the program would do when a runtime function calls back.
fn door(context: *mut Context, closure: *mut mochi_abi::layout::Closure, args: &[u64]) -> u64 {
    let result = match (crate::object::closure_function(closure) as i64, args) {
        (functions::ADD_CAPTURE, &[a]) => {
            a.wrapping_add(crate::record::closure_get(context, closure, 0))
        }
        (functions::ADD, &[a, b]) => a.wrapping_add(b),
        (functions::IS_EVEN, &[a]) => u64::from(a % 2 == 0),
        (functions::BEFORE, &[a, b]) => u64::from((a as i64) < b as i64),
        (functions::COMPARE, &[a, b]) => {
            let order = str::str_compare(context, a as *mut _, b as *mut _);
            drop_word(context, a, Rep::Ref);
            drop_word(context, b, Rep::Ref);
            order as u64
        }
        (functions::FAIL, &[a]) => {
            if a == 3 {
                crate::trap::raise_kind(context, mochi_abi::trap::TrapKind::DivideByZero);
            }
            a
        }
        (functions::TEXT, &[a]) => str::str_concat(context, a as *mut _, a as *mut _) as u64,
        (functions::CONFUSED, _) => 1,
        (function, args) => panic!("function {function} called with {} words", args.len()),
    };
    drop_word(context, closure as u64, Rep::Ref);
    result
}

impl Machine {
    pub(super) fn new() -> Machine {
        let mut runtime = Runtime::new(program());
        runtime.capture_output();
        runtime.set_door(door);
        runtime.set_stack_limit(stack::present_limit());
        Machine { runtime }
    }

    pub(super) fn context(&self) -> *mut Context {
        self.runtime.context()
    }

    /// Calls a row as it is: what it borrows stays the test's.
    pub(super) fn raw(&self, name: &str, words: &[u64]) -> u64 {
        let function = RuntimeFunction::by_name(name).expect("the row is in the table");
        THUNKS[function as usize](self.context(), words)
    }

    /// Calls a row and then drops what it only borrowed, so that the test has given all its words away.
    fn consume(&self, name: &str, words: &[u64]) -> u64 {
        let function = RuntimeFunction::by_name(name).expect("the row is in the table");
        let reps: Vec<Rep> = function
            .row()
            .args
            .iter()
            .zip(words)
            .map(|(arg, _)| self.rep_of(arg.ty, words))
            .collect();
        let result = THUNKS[function as usize](self.context(), words);
        for ((arg, &word), rep) in function.row().args.iter().zip(words).zip(reps) {
            if !arg.own {
                drop_word(self.context(), word, rep);
            }
        }
        result
    }

    /// The rep of an argument; a borrowed word is a key of the map in front of it.
    fn rep_of(&self, ty: AbiType, words: &[u64]) -> Rep {
        match ty {
            AbiType::I64 | AbiType::Unit => Rep::I64,
            AbiType::F64 => Rep::F64,
            AbiType::Bool => Rep::Bool,
            AbiType::Any => Rep::Any,
            AbiType::Word if words[0] > 0xffff => (words[0] as *mut Map).key_rep(),
            AbiType::Word => Rep::I64,
            AbiType::Str
            | AbiType::List
            | AbiType::Map
            | AbiType::Record
            | AbiType::Closure
            | AbiType::Big
            | AbiType::Ref => Rep::Ref,
        }
    }

    /// Calls a row that succeeds.
    pub(super) fn call(&self, name: &str, words: &[u64]) -> u64 {
        let result = self.consume(name, words);
        assert!(
            !self.context().trapped(),
            "{name} raised {:?}",
            crate::trap::take_report(self.context())
        );
        result
    }

    /// Calls a row that raises a trap, and gives its message.
    pub(super) fn trap(&self, name: &str, words: &[u64]) -> String {
        self.consume(name, words);
        self.take_trap(name).message
    }

    pub(super) fn take_trap(&self, name: &str) -> TrapReport {
        crate::trap::take_report(self.context()).unwrap_or_else(|| panic!("{name} raised nothing"))
    }

    /// A new string.
    pub(super) fn str(&self, text: &str) -> u64 {
        str::new(self.context(), text) as u64
    }

    fn list(&self, rep: Rep, words: impl Iterator<Item = u64>) -> u64 {
        words.fold(self.call("list_new", &[rep as u64, 0]), |list, word| {
            self.call("list_push", &[list, word])
        })
    }
    pub(super) fn ints(&self, items: &[i64]) -> u64 {
        self.list(Rep::I64, items.iter().map(|&item| item as u64))
    }
    pub(super) fn floats(&self, items: &[f64]) -> u64 {
        self.list(Rep::F64, items.iter().map(|item| item.to_bits()))
    }
    pub(super) fn bools(&self, items: &[bool]) -> u64 {
        self.list(Rep::Bool, items.iter().map(|&item| u64::from(item)))
    }
    pub(super) fn strs(&self, items: &[&str]) -> u64 {
        self.list(Rep::Ref, items.iter().map(|item| self.str(item)))
    }
    pub(super) fn refs(&self, items: &[u64]) -> u64 {
        self.list(Rep::Ref, items.iter().copied())
    }
    pub(super) fn anys(&self, items: &[u64]) -> u64 {
        self.list(Rep::Any, items.iter().copied())
    }
    /// A map from strings to any.
    pub(super) fn map(&self, entries: &[(&str, u64)]) -> u64 {
        let map = self.call("map_new", &[Rep::Ref as u64, Rep::Any as u64, 0]);
        for &(key, item) in entries {
            self.raw("map_set", &[map, self.str(key), item]);
        }
        map
    }
    pub(super) fn point(&self, x: i64, y: f64) -> u64 {
        let point = self.call("record_new", &[POINT as u64]);
        self.raw("record_set", &[point, 1, x as u64]);
        self.raw("record_set", &[point, 0, y.to_bits()]);
        point
    }
    pub(super) fn closure(&self, function: i64) -> u64 {
        self.call("closure_new", &[function as u64, CAPTURES as u64])
    }

    /// Drops a word.
    pub(super) fn drop(&self, word: u64, rep: Rep) {
        drop_word(self.context(), word, rep);
    }

    /// An object or none as containers show it; drops it.
    pub(super) fn show(&self, word: u64) -> String {
        let text = shown(self.context(), word, Rep::Ref, Style::Inside);
        self.drop(word, Rep::Ref);
        text
    }

    /// An any as containers show it; drops it.
    pub(super) fn show_any(&self, word: u64) -> String {
        let text = shown(self.context(), word, Rep::Any, Style::Inside);
        self.drop(word, Rep::Any);
        text
    }

    /// What was printed since the last time.
    pub(super) fn printed(&mut self) -> String {
        String::from_utf8(self.runtime.take_output()).expect("only UTF-8 is printed")
    }
}

/// An int that fits, as any.
pub(super) fn int(value: i64) -> u64 {
    any::from_int(value).expect("the test's int fits")
}

/// A float as any.
pub(super) fn float(value: f64) -> u64 {
    any::from_float(value)
}
