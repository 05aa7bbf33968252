//! The text form of the IR: a program goes in, text comes out that a person reads and [`read`] reads
//! back to the same program. Dumps and tests are in this form.
//!
//! ```text
//! type0 = int
//! type1 = list type0
//! sig0 = (type0, type1) -> type0
//! shape0 = struct Point { x: f64, y: i64 type0 }
//! s0 = "hello\n"
//! g0 = count: i64
//! main @main
//!
//! function fib(v0: i64) -> i64 {
//! b0(v0: i64):
//!   v1 = i64.const 2
//!   v2 = i64.cmp.lt v0, v1
//!   branch v2, b1(v0), b2
//! …
//! b3(v7: i64) loop depth 1:
//!   v8: list.i64 = call @other(v7) at 40..49
//!   v9: str = field.get v3, 1
//! }
//! ```
//!
//! - A line is a declaration, a block's head or an instruction; `;` begins a comment.
//! - A result has its type written where the op's row leaves it to the instruction.
//! - A function is named `@name`, or `f3` by its place when its name is not the only one.
//! - `at` gives the bytes of the source, when spans are printed; then also which inlined call an instruction came by:
//!   `at 40..49 inlined1`, where `inlined1 = name0 in name1 at 7..12 inlined0` is a call of the function with the first
//!   name that stands in the one with the second, which itself came by `inlined0`.
//! - A name that is no plain word stands in quotes.

use crate::op::{Immediate, Outcome};
use crate::program::{
    Block, BlockData, Function, FunctionId, InlineId, Inst, InstId, NOT_INLINED, Program, Target,
    Value,
};
use mochi_abi::layout::Rep;
use mochi_abi::program::{NO_TYPE, ShapeKind, TypeKind};
use mochi_base::Span;
use std::collections::HashMap;
use std::fmt::{self, Display, Formatter, Write};

mod reader;
#[cfg(test)]
mod tests;

pub use reader::{TextError, read};

/// Prints a whole program.
pub fn print(program: &Program, spans: bool) -> String {
    let mut text = String::new();
    Printer::new(program, spans).program(&mut text).expect("writing to a string does not fail");
    text
}

/// Prints one function of a program.
pub fn print_function(program: &Program, function: FunctionId, spans: bool) -> String {
    let mut text = String::new();
    Printer::new(program, spans)
        .function(&mut text, &program.functions[function.index()])
        .expect("writing to a string does not fail");
    text
}

/// Prints one instruction of a function, as messages about it show it.
pub fn print_inst(program: &Program, function: &Function, inst: InstId) -> String {
    let mut text = String::new();
    let inst_data = &function.insts[inst.index()];
    let targets = function
        .blocks
        .iter()
        .find(|block| block.insts.end == inst.0 + 1)
        .map_or(&[][..], |block| targets_of(function, block));
    Printer::new(program, false)
        .inst(&mut text, function, inst_data, targets)
        .expect("writing to a string does not fail");
    text
}

/// The targets of a block, none when its range is wrong (messages about wrong programs print them too).
fn targets_of<'f>(function: &'f Function, block: &BlockData) -> &'f [Target] {
    function.targets.get(block.targets.start as usize..block.targets.end as usize).unwrap_or(&[])
}

/// As the text form writes a representation.
pub(crate) const fn rep_name(rep: Rep) -> &'static str {
    match rep {
        Rep::I64 => "i64",
        Rep::F64 => "f64",
        Rep::Bool => "bool",
        Rep::Ref => "ref",
        Rep::Any => "any",
    }
}

/// As the text form writes the kind of a shape.
pub(crate) const fn shape_kind_name(kind: ShapeKind) -> &'static str {
    match kind {
        ShapeKind::Struct => "struct",
        ShapeKind::Variant => "variant",
        ShapeKind::Cell => "cell",
        ShapeKind::Captures => "captures",
        ShapeKind::Agent => "agent",
    }
}

/// As the text form writes the kind of a type.
pub(crate) const fn type_kind_name(kind: TypeKind) -> &'static str {
    match kind {
        TypeKind::Any => "any",
        TypeKind::Unit => "unit",
        TypeKind::Int => "int",
        TypeKind::Float => "float",
        TypeKind::Bool => "bool",
        TypeKind::Str => "str",
        TypeKind::BigInt => "bigint",
        TypeKind::BigRat => "bigrat",
        TypeKind::List => "list",
        TypeKind::Map => "map",
        TypeKind::Record => "record",
        TypeKind::Union => "union",
        TypeKind::Function => "function",
        TypeKind::Option => "option",
    }
}

/// What the text form writes before the numbers that belong to a type of this kind.
pub(crate) const fn type_operands(kind: TypeKind) -> &'static [&'static str] {
    match kind {
        TypeKind::List | TypeKind::Option => &["type"],
        TypeKind::Map => &["type", "type"],
        TypeKind::Record => &["shape"],
        TypeKind::Union => &[""],
        TypeKind::Function => &["sig"],
        TypeKind::Any
        | TypeKind::Unit
        | TypeKind::Int
        | TypeKind::Float
        | TypeKind::Bool
        | TypeKind::Str
        | TypeKind::BigInt
        | TypeKind::BigRat => &[],
    }
}

/// A name, in quotes when it is no plain word.
struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let mut chars = self.0.chars();
        let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        if plain { f.write_str(self.0) } else { Quoted(self.0).fmt(f) }
    }
}

/// A text in quotes.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                c if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// A float that reads back to the same bits.
struct Float(u64);

impl Display for Float {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let value = f64::from_bits(self.0);
        if value.is_nan() {
            write!(f, "nan:{:#x}", self.0)
        } else {
            // The shortest text that reads back to the same float, with `.0` or an exponent.
            write!(f, "{value:?}")
        }
    }
}

struct Printer<'p> {
    program: &'p Program,
    spans: bool,
    /// Functions that share their name with another one, and so are named by their place.
    ambiguous: Vec<bool>,
}

impl<'p> Printer<'p> {
    fn new(program: &'p Program, spans: bool) -> Printer<'p> {
        let mut first: HashMap<&str, usize> = HashMap::with_capacity(program.functions.len());
        let mut ambiguous = vec![false; program.functions.len()];
        for (number, function) in program.functions.iter().enumerate() {
            let other = *first.entry(&function.name).or_insert(number);
            if other != number {
                ambiguous[other] = true;
                ambiguous[number] = true;
            }
        }
        Printer { program, spans, ambiguous }
    }

    fn program(&self, out: &mut String) -> fmt::Result {
        let program = self.program;
        for (number, ty) in program.types.iter().enumerate() {
            write!(out, "type{number} = {}", type_kind_name(ty.kind))?;
            let operands = type_operands(ty.kind);
            if let Some(prefix) = operands.first() {
                write!(out, " {prefix}{}", ty.a)?;
            }
            if let Some(prefix) = operands.get(1) {
                write!(out, ", {prefix}{}", ty.b)?;
            }
            out.write_char('\n')?;
        }
        for (number, signature) in program.signatures.iter().enumerate() {
            write!(out, "sig{number} = (")?;
            for (place, ty) in signature.params.iter().enumerate() {
                let comma = if place == 0 { "" } else { ", " };
                write!(out, "{comma}type{ty}")?;
            }
            writeln!(out, ") -> type{}", signature.result)?;
        }
        for (number, shape) in program.shapes.iter().enumerate() {
            write!(out, "shape{number} = {} {}", shape_kind_name(shape.kind), Name(&shape.name))?;
            if shape.union != 0 {
                write!(out, " union {}", shape.union)?;
            }
            if shape.cyclic {
                out.write_str(" cyclic")?;
            }
            out.write_str(" {")?;
            for (place, field) in shape.fields.iter().enumerate() {
                let comma = if place == 0 { "" } else { "," };
                write!(out, "{comma} {}: {}", Name(&field.name), rep_name(field.rep))?;
                if field.ty != NO_TYPE {
                    write!(out, " type{}", field.ty)?;
                }
            }
            out.write_str(" }\n")?;
        }
        for (number, string) in program.strings.iter().enumerate() {
            writeln!(out, "s{number} = {}", Quoted(string))?;
        }
        for (number, global) in program.globals.iter().enumerate() {
            writeln!(out, "g{number} = {}: {}", Name(&global.name), global.ty.name())?;
        }
        if self.spans {
            for (number, name) in program.inlined_names.iter().enumerate() {
                writeln!(out, "name{number} = {}", Name(name))?;
            }
            for (number, call) in program.inlined.iter().enumerate() {
                write!(out, "inlined{number} = name{} in name{}", call.callee, call.caller)?;
                self.origin(out, call.span, call.outer)?;
                out.write_char('\n')?;
            }
        }
        if !program.functions.is_empty() {
            out.write_str("main ")?;
            self.function_name(out, program.main)?;
            out.write_char('\n')?;
        }
        for function in &program.functions {
            out.write_char('\n')?;
            self.function(out, function)?;
        }
        Ok(())
    }

    fn function_name(&self, out: &mut String, function: FunctionId) -> fmt::Result {
        match self.program.functions.get(function.index()) {
            Some(data) if !self.ambiguous[function.index()] => {
                write!(out, "@{}", Name(&data.name))
            }
            _ => write!(out, "{function}"),
        }
    }

    fn span(&self, out: &mut String, span: Span) -> fmt::Result {
        if self.spans {
            write!(out, " at {}..{}", span.start, span.end)?;
        }
        Ok(())
    }

    fn origin(&self, out: &mut String, span: Span, inlined: InlineId) -> fmt::Result {
        self.span(out, span)?;
        if self.spans && inlined != NOT_INLINED {
            write!(out, " {inlined}")?;
        }
        Ok(())
    }

    fn function(&self, out: &mut String, function: &Function) -> fmt::Result {
        write!(out, "function {}(", Name(&function.name))?;
        let entry: &[Value] =
            if function.blocks.is_empty() { &[] } else { function.block_params(Block(0)) };
        for (place, param) in function.params.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let own = if param.own { "own " } else { "" };
            match entry.get(place) {
                Some(value) => write!(out, "{comma}{own}{value}: {}", param.ty.name())?,
                None => write!(out, "{comma}{own}{}", param.ty.name())?,
            }
        }
        out.write_char(')')?;
        if let Some(result) = function.result {
            write!(out, " -> {}", result.name())?;
        }
        if let Some(shape) = function.captures {
            write!(out, " captures {shape}")?;
        }
        if function.signature != NO_TYPE {
            write!(out, " signature sig{}", function.signature)?;
        }
        self.span(out, function.span)?;
        out.write_str(" {\n")?;
        for block in function.block_ids() {
            let data = &function.blocks[block.index()];
            write!(out, "{block}")?;
            let params = function.block_params(block);
            for (place, &param) in params.iter().enumerate() {
                let open = if place == 0 { "(" } else { ", " };
                write!(out, "{open}{param}: {}", function.ty(param).name())?;
            }
            if !params.is_empty() {
                out.write_char(')')?;
            }
            if data.is_loop_header {
                out.write_str(" loop")?;
            }
            if data.loop_depth != 0 {
                write!(out, " depth {}", data.loop_depth)?;
            }
            out.write_str(":\n")?;
            for (id, inst) in function.block_insts(block) {
                out.write_str("  ")?;
                let targets =
                    if id.0 + 1 == data.insts.end { targets_of(function, data) } else { &[] };
                self.inst(out, function, inst, targets)?;
                let origin = function.origins[id.index()];
                self.origin(out, origin.span, origin.inlined)?;
                out.write_char('\n')?;
            }
        }
        out.write_str("}\n")
    }

    fn inst(
        &self,
        out: &mut String,
        function: &Function,
        inst: &Inst,
        targets: &[Target],
    ) -> fmt::Result {
        let row = inst.op.row();
        if let Some(result) = inst.result {
            write!(out, "{result}")?;
            if row.result == Outcome::Declared || row.result == Outcome::Same {
                // Messages about wrong programs print values without a type, too.
                let ty = function.values.get(result.index());
                write!(out, ": {}", ty.map_or("?", |ty| ty.name()))?;
            }
            out.write_str(" = ")?;
        }
        out.write_str(row.name)?;
        let args = function.args(inst);
        let mut list = List { out, separator: " " };
        match row.immediate {
            Immediate::None => list.values(args)?,
            Immediate::Int => {
                list.values(args)?;
                list.item(inst.imm as i64)?;
            }
            Immediate::Float => {
                list.values(args)?;
                list.item(Float(inst.imm))?;
            }
            Immediate::Condition => {
                match crate::op::Condition::ALL.get(inst.imm as usize) {
                    Some(condition) => write!(list.out, ".{}", condition.name())?,
                    None => write!(list.out, ".{}", inst.imm)?,
                }
                list.values(args)?;
            }
            Immediate::Str => {
                list.item(inst.string())?;
                list.values(args)?;
            }
            Immediate::Global => {
                list.item(inst.global())?;
                list.values(args)?;
            }
            Immediate::Shape => {
                write!(list.out, " {}", inst.shape())?;
                return parenthesized(out, args);
            }
            Immediate::Function => {
                list.out.write_char(' ')?;
                self.function_name(list.out, inst.function())?;
                return parenthesized(out, args);
            }
            Immediate::Runtime => {
                match mochi_abi::functions::RuntimeFunction::ALL.get(inst.imm as usize) {
                    Some(callee) => write!(list.out, " {}", callee.row().name)?,
                    None => write!(list.out, " {}", inst.imm)?,
                }
                return parenthesized(out, args);
            }
            Immediate::Trap => {
                match mochi_abi::trap::TrapKind::from_code(inst.imm as u32) {
                    Some(kind) => write!(list.out, " {}", kind.name())?,
                    None => write!(list.out, " {}", inst.imm)?,
                }
                return parenthesized(out, args);
            }
        }
        for target in targets {
            list.item(target.block)?;
            let args = function.target_args(target);
            if !args.is_empty() {
                parenthesized(list.out, args)?;
            }
        }
        // What a constant string says, for the reader of a dump.
        if row.immediate == Immediate::Str
            && let Some(string) = self.program.strings.get(inst.imm as usize)
            && string.len() <= 60
            && !self.spans
        {
            write!(out, " ; {}", Quoted(string))?;
        }
        Ok(())
    }
}

fn parenthesized(out: &mut String, values: &[Value]) -> fmt::Result {
    out.write_char('(')?;
    for (place, value) in values.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        write!(out, "{comma}{value}")?;
    }
    out.write_char(')')
}

/// Items with commas between them.
struct List<'o> {
    out: &'o mut String,
    separator: &'static str,
}

impl List<'_> {
    fn item(&mut self, item: impl Display) -> fmt::Result {
        write!(self.out, "{}{item}", self.separator)?;
        self.separator = ", ";
        Ok(())
    }
    fn values(&mut self, values: &[Value]) -> fmt::Result {
        values.iter().try_for_each(|value| self.item(value))
    }
}
