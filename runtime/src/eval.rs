//! `eval`: a text goes out to the compiler that the engine has set, and the value that comes back is copied to the caller's
//! heap.
//!
//! The text is a program of its own, with a context of its own; it shares with its caller what is outside of both: output,
//! input, arguments and the clock. Structs come back as maps, because the caller has no type for them: a cast makes a
//! struct of one. A function cannot come back, for its code goes with the text's program.

use std::collections::HashMap;

use mochi_abi::layout::{Context, Header, List, Map, Record, Rep, Str, any};
use mochi_abi::program::ShapeKind;
use mochi_abi::trap::TrapKind;

use crate::big::{self, NumberObject};
use crate::cast::convert_word;
use crate::context::{ContextFields, Runtime, text};
use crate::cycles;
use crate::list;
use crate::map;
use crate::memory::{Held, drop_word, dup_word};
use crate::object::{ListFields, MapFields, Object, StrFields, Words, read_word};
use crate::str;
use crate::trap::{TrapReport, raise_message, raise_words, stack_is_short};
use crate::words::Value;

/// Compiles a text in an edition, by its year, and runs it for a caller. The error is a phrase for the user.
pub type Compiler = fn(text: &str, edition: i64, caller: &mut Caller) -> Result<(), String>;

/// A text in a text in a text … may go on for so long.
const DEEPEST: u32 = 100;

/// What a context knows of `eval`.
#[derive(Debug, Default)]
pub(crate) struct Eval {
    compiler: Option<Compiler>,
    /// How many callers wait for this program.
    level: u32,
    /// The value that the program gives.
    result: u64,
}

/// The program that waits for a text's value.
#[derive(Debug)]
pub struct Caller {
    context: *mut Context,
    result: Option<u64>,
}

impl Runtime {
    /// Makes `eval` possible.
    pub fn set_compiler(&mut self, compiler: Compiler) {
        self.context().state().eval.compiler = Some(compiler);
    }
}

/// Gives the value of the program, which was a text.
pub(crate) fn eval_result(context: *mut Context, value: u64) {
    let old = std::mem::replace(&mut context.state().eval.result, value);
    drop_word(context, old, Rep::Any);
}

/// Drops the value that nobody has taken.
pub(crate) fn release(context: *mut Context) {
    eval_result(context, any::NONE);
}

pub(crate) fn eval(context: *mut Context, text: *mut Str, edition: i64) -> u64 {
    if stack_is_short(context) {
        return any::NONE;
    }
    let Eval { compiler, level, .. } = context.state().eval;
    let Some(compiler) = compiler else {
        let words = "a built program has no compiler for it; run the program with `mochi run`";
        raise_message(context, TrapKind::Eval, words);
        return any::NONE;
    };
    if level == DEEPEST {
        let words = format!("a text inside a text goes {DEEPEST} levels deep");
        raise_message(context, TrapKind::Eval, words);
        return any::NONE;
    }
    let mut caller = Caller { context, result: None };
    if let Err(words) = compiler(text.text(), edition, &mut caller) {
        raise_message(context, TrapKind::Eval, words);
    }
    caller.result.unwrap_or(any::NONE)
}

impl Caller {
    /// Runs a text's program, whose runtime this is, and takes its value over. What the program stopped with, unless
    /// that stops the caller in the same way.
    pub fn run(
        &mut self,
        mut inner: Runtime,
        run: impl FnOnce(&mut Runtime),
    ) -> Option<TrapReport> {
        let (outer, context) = (self.context, inner.context());
        let tracked = outer.heap().tracked.is_on();
        if tracked {
            inner.track_objects();
        }
        inner.set_stack_limit(outer.fields().stack_limit);
        let (waiting, state) = (outer.state(), context.state());
        state.models = waiting.models.clone();
        state.eval.compiler = waiting.eval.compiler;
        state.eval.level = waiting.eval.level + 1;
        state.arguments = waiting.arguments.clone();
        exchange(outer, context);
        run(&mut inner);
        exchange(outer, context);
        let report = inner.take_trap();
        if let Some(report) = report {
            inner.sweep(&[]);
            let words = (report.a, report.b);
            return match report.kind {
                TrapKind::Exit
                | TrapKind::OutOfMemory
                | TrapKind::StackOverflow
                | TrapKind::Interrupted => {
                    raise_words(outer, report.kind, words.0, words.1);
                    None
                }
                _ => Some(report),
            };
        }
        let value = Value::of_any(context.state().eval.result);
        let mut copy = Copy { inner: context, outer, made: HashMap::new(), held: Vec::new() };
        self.result = copy.value(value);
        copy.finish();
        None
    }
}

/// Lets the other of two programs have what is outside of both.
fn exchange(a: *mut Context, b: *mut Context) {
    let (a, b) = (a.state(), b.state());
    std::mem::swap(&mut a.output, &mut b.output);
    std::mem::swap(&mut a.input, &mut b.input);
    std::mem::swap(&mut a.now_seed, &mut b.now_seed);
}

/// Copies values from one heap to another.
struct Copy {
    inner: *mut Context,
    outer: *mut Context,
    /// The containers that have been copied, and their copies.
    made: HashMap<*mut Header, u64>,
    /// The copies, each held once, in the order in which they were made.
    held: Vec<u64>,
}

impl Copy {
    /// A copy in an any, owned by the caller; none when a trap was raised.
    fn value(&mut self, value: Value) -> Option<u64> {
        let outer = self.outer;
        let container = match value {
            Value::None | Value::Unit => return Some(any::NONE),
            Value::Int(int) => return convert_word(outer, int as u64, Rep::I64, Rep::Any),
            Value::Float(float) => return Some(any::from_float(float)),
            Value::Bool(bool) => return Some(any::from_bool(bool)),
            Value::Str(string) => {
                let copy = str::from_bytes(outer, string.bytes());
                return (!copy.is_none()).then(|| copy.word());
            }
            Value::BigInt(number) => {
                return self.number(big::object(outer, number.number().clone()));
            }
            Value::BigRat(number) => {
                return self.number(big::object(outer, number.number().clone()));
            }
            Value::Closure(_) => return self.refuse("a function"),
            Value::List(list) => list.header(),
            Value::Map(map) => map.header(),
            Value::Record(record) => record.header(),
        };
        if let Some(&word) = self.made.get(&container) {
            dup_word(word, Rep::Any);
            return Some(word);
        }
        if stack_is_short(outer) {
            return None;
        }
        match value {
            Value::List(list) => self.list(list),
            Value::Map(map) => self.map(map),
            Value::Record(record) => self.record(record),
            _ => None,
        }
    }

    fn number(&self, copy: *mut Header) -> Option<u64> {
        (!copy.is_none()).then(|| copy.word())
    }

    fn refuse(&self, what: &str) -> Option<u64> {
        let words =
            format!("the value is or contains {what}, which cannot leave the text's program");
        raise_message(self.outer, TrapKind::Eval, words);
        None
    }

    /// Holds a new container until the end, and gives its word once more for its place.
    fn remember(&mut self, from: *mut Header, copy: *mut Header) -> Option<u64> {
        if copy.is_none() {
            return None;
        }
        cycles::ref_watch(self.outer, copy);
        self.made.insert(from, copy.word());
        self.held.push(copy.word());
        dup_word(copy.word(), Rep::Any);
        Some(copy.word())
    }

    fn list(&mut self, list: *mut List) -> Option<u64> {
        let rep = list.rep();
        let rep = if rep.is_counted() { Rep::Any } else { rep };
        let copy = list::with_capacity(self.outer, rep, list.len());
        let owned = Held::new(self.outer, self.remember(list.header(), copy.header())?, Rep::Any);
        for i in 0..list.len() {
            let word = list.get(i);
            let word =
                if rep == Rep::Any { self.value(Value::of(word, list.rep()))? } else { word };
            list::push_own(self.outer, copy, word);
            if self.outer.trapped() {
                return None;
            }
        }
        Some(owned.take())
    }

    fn map(&mut self, map: *mut Map) -> Option<u64> {
        let texts = map::places(map).all(|place| {
            matches!(Value::of(map::entry(map, place).0, map.key_rep()), Value::Str(_))
        });
        let key_rep = match map.key_rep() {
            Rep::Ref | Rep::Any if texts => Rep::Ref,
            Rep::Ref | Rep::Any => Rep::Any,
            rep => rep,
        };
        let copy = self.new_map(key_rep, map.entries());
        let owned = Held::new(self.outer, self.remember(map.header(), copy.header())?, Rep::Any);
        for place in map::places(map) {
            let (key, item) = map::entry(map, place);
            let key = match key_rep {
                Rep::Ref | Rep::Any => self.value(Value::of(key, map.key_rep()))?,
                Rep::I64 | Rep::F64 | Rep::Bool => key,
            };
            self.set(copy, key, key_rep, Value::of(item, map.item_rep()))?;
        }
        Some(owned.take())
    }

    fn record(&mut self, record: *mut Record) -> Option<u64> {
        let shape = self.inner.shape(record.detail());
        let fields = self.inner.shape_fields(record.detail());
        match shape.kind {
            ShapeKind::Agent => return self.refuse("an agent"),
            ShapeKind::Cell => {
                return self.value(Value::of(read_word(record.words(), 0), fields[0].rep));
            }
            ShapeKind::Struct | ShapeKind::Variant | ShapeKind::Captures => {}
        }
        let copy = self.new_map(Rep::Ref, fields.len() + 1);
        let owned = Held::new(self.outer, self.remember(record.header(), copy.header())?, Rep::Any);
        if shape.kind == ShapeKind::Variant {
            // As data says which variant it is.
            let (key, name) = (self.text("__name")?, self.text(text(shape.name))?);
            map::map_set(self.outer, copy, key, name);
        }
        for (i, field) in fields.iter().enumerate() {
            let key = self.text(text(field.name))?;
            let item = Value::of(read_word(record.words(), i), field.rep);
            self.set(copy, key, Rep::Ref, item)?;
        }
        Some(owned.take())
    }

    fn text(&self, text: &str) -> Option<u64> {
        let copy = str::new(self.outer, text);
        (!copy.is_none()).then(|| copy.word())
    }

    fn new_map(&self, key: Rep, entries: usize) -> *mut Map {
        map::map_new(self.outer, key as i64, Rep::Any as i64, entries as i64)
    }

    /// Sets an entry of a copy; the key is consumed.
    fn set(&mut self, copy: *mut Map, key: u64, key_rep: Rep, item: Value) -> Option<()> {
        let key = Held::new(self.outer, key, key_rep);
        let item = self.value(item)?;
        map::map_set(self.outer, copy, key.take(), item);
        (!self.outer.trapped()).then_some(())
    }

    fn finish(self) {
        for word in self.held {
            drop_word(self.outer, word, Rep::Any);
        }
    }
}
