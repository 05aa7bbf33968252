//! What the functions of a program share while they are written: names, prototypes, and what was used of the runtime.
//!
//! Names are made of numbers only, so that no name of the program can clash with C or with the runtime; comments say
//! which function is meant.

use super::facts::Facts;
use super::literal;
use super::types::{c_type, from_word, result_type, to_word};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_ir::program::{Function, FunctionId, GlobalId, Program, StrId};
use mochi_ir::sites::Sites;
use mochi_runtime::ProgramData;
use std::collections::BTreeSet;
use std::fmt::Write;

/// A function with at most so many instructions is offered for inlining: with the checks, small functions are over the
/// limit that C compilers have for those that do not say `inline`.
const SMALL: usize = 60;

/// See the file's header.
#[derive(Debug)]
pub(super) struct Module {
    /// What all names begin with.
    prefix: String,
    pub facts: Facts,
    pub sites: Sites,
    /// Where each line of the source begins.
    line_starts: Vec<u32>,
    /// Where each file of the source begins.
    file_starts: Vec<u32>,
    /// The runtime functions that are called, by number.
    pub runtime: Vec<bool>,
    /// The functions that are called by bouncing.
    tail_entries: BTreeSet<u32>,
    /// Whether closures are called by bouncing.
    closures_bounce: bool,
    /// The most arguments of a bounce.
    tail_arguments: usize,
}

/// Appends a line.
fn push(text: &mut String, line: std::fmt::Arguments) {
    writeln!(text, "{line}").expect("writing to a string does not fail");
}

impl Module {
    pub(super) fn new(prefix: String, program: &Program, data: &ProgramData) -> Module {
        let newlines = data.source.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Module {
            prefix,
            facts: Facts::of(program),
            sites: Sites::new(program),
            line_starts: std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect(),
            file_starts: data.files.iter().map(|&(_, start)| start).collect(),
            runtime: vec![false; RuntimeFunction::ALL.len()],
            tail_entries: BTreeSet::new(),
            closures_bounce: false,
            tail_arguments: 0,
        }
    }

    pub(super) fn uses_runtime(&mut self, function: RuntimeFunction) {
        self.runtime[function as usize] = true;
    }

    /// The line of its file, from 1, that a byte of the source is in.
    pub(super) fn line_of(&self, byte: u32) -> u32 {
        let lines = |byte: u32| self.line_starts.partition_point(|&start| start <= byte);
        let file = self.file_starts.partition_point(|&start| start <= byte);
        let before = file.checked_sub(1).map_or(0, |file| lines(self.file_starts[file]) - 1);
        (lines(byte) - before) as u32
    }

    // -- names ----------------------------------------------------------------------------

    pub(super) fn name(&self, what: &str) -> String {
        format!("{}{what}", self.prefix)
    }
    /// What callers call.
    pub(super) fn function_name(&self, function: FunctionId) -> String {
        format!("{}f{}", self.prefix, function.0)
    }
    /// What holds the function's code: itself, unless its tail calls bounce.
    pub(super) fn body_name(&self, function: FunctionId) -> String {
        let body = if self.facts.bounces[function.index()] { "body_" } else { "" };
        format!("{}{body}f{}", self.prefix, function.0)
    }
    pub(super) fn string(&self, string: StrId) -> String {
        format!("{}strings[{}]", self.prefix, string.0)
    }
    pub(super) fn global(&self, global: GlobalId, rep: Rep) -> String {
        let member = match rep {
            Rep::I64 => "i",
            Rep::F64 => "f",
            Rep::Bool | Rep::Any => "w",
            Rep::Ref => "p",
        };
        format!("{}globals[{}].{member}", self.prefix, global.0)
    }
    pub(super) fn functions_table(&self) -> String {
        self.name("functions")
    }
    pub(super) fn tail_entries_table(&mut self) -> String {
        self.closures_bounce = true;
        self.name("tail_entries")
    }
    /// The entry of a function that is called by bouncing.
    pub(super) fn tail_entry_name(&mut self, function: FunctionId) -> String {
        self.tail_entries.insert(function.0);
        format!("(mochi_entry){}", self.tail_entry(function))
    }
    fn tail_entry(&self, function: FunctionId) -> String {
        format!("{}tail_f{}", self.prefix, function.0)
    }
    fn word_entry(&self, function: FunctionId) -> String {
        format!("{}words_f{}", self.prefix, function.0)
    }
    /// The buffer for the arguments of a bounce with so many.
    pub(super) fn tail_arguments(&mut self, count: usize) -> String {
        self.tail_arguments = self.tail_arguments.max(count);
        self.name("tail_arguments")
    }
    /// Holds the callee of a bounce, 0 when there is none.
    pub(super) fn tail_next(&self) -> String {
        self.name("tail_next")
    }

    // -- functions --------------------------------------------------------------------------

    pub(super) fn signature_comment(&self, text: &mut String, program: &Program, id: FunctionId) {
        let function = &program.functions[id.index()];
        push(
            text,
            format_args!(
                "/* {}, line {} */",
                literal::comment(&function.name),
                self.line_of(function.span.start)
            ),
        );
    }

    /// The head of a function with this name.
    pub(super) fn prototype(&self, function: &Function, name: &str) -> String {
        let mut parameters = String::new();
        for (param, value) in
            function.params.iter().zip(function.block_params(mochi_ir::program::Block(0)))
        {
            write!(parameters, ", {}", declaration(c_type(param.ty), &value.to_string()))
                .expect("writing to a string does not fail");
        }
        let inline = if function.insts.len() <= SMALL { "inline " } else { "" };
        let head = declaration(result_type(function.result), name);
        format!("static {inline}{head}(mochi_context *ctx{parameters})")
    }

    /// The function's own name for a body that bounces: the loop that makes the calls which the body leaves to it.
    pub(super) fn wrappers(&self, text: &mut String, program: &Program, id: FunctionId) {
        if !self.facts.bounces[id.index()] {
            return;
        }
        let function = &program.functions[id.index()];
        let next = self.tail_next();
        let arguments: String = function
            .block_params(mochi_ir::program::Block(0))
            .iter()
            .map(|value| format!(", {value}"))
            .collect();
        let result = result_type(function.result);
        push(text, format_args!("{} {{", self.prototype(function, &self.function_name(id))));
        let assign = if function.result.is_some() { "result = " } else { "" };
        if function.result.is_some() {
            push(text, format_args!("    {};", declaration(result, "result")));
        }
        push(text, format_args!("    {assign}{}(ctx{arguments});", self.body_name(id)));
        push(text, format_args!("    while ({next}) {{"));
        push(text, format_args!("        mochi_entry next = {next};"));
        push(text, format_args!("        {next} = 0;"));
        push(text, format_args!("        {assign}(({result} (*)(mochi_context *))next)(ctx);"));
        text.push_str("    }\n");
        if function.result.is_some() {
            text.push_str("    return result;\n");
        }
        text.push_str("}\n");
    }

    // -- the program's own tables of functions --------------------------------------------------

    /// What stands before the functions: their prototypes, and the tables that they use.
    pub(super) fn declarations(&self, program: &Program) -> String {
        let mut text = String::new();
        for (id, function) in self.used(program) {
            let bounces = self.facts.bounces[id.index()];
            // A function that bounces may be called in no other way.
            let unused = if bounces { "MOCHI_UNUSED " } else { "" };
            push(
                &mut text,
                format_args!("{unused}{};", self.prototype(function, &self.function_name(id))),
            );
            if bounces {
                push(&mut text, format_args!("{};", self.prototype(function, &self.body_name(id))));
            }
        }
        push(
            &mut text,
            format_args!(
                "static mochi_word {}[{}];",
                self.name("globals"),
                program.globals.len().max(1)
            ),
        );
        push(
            &mut text,
            format_args!(
                "static mochi_str *{}[{}];",
                self.name("strings"),
                program.strings.len().max(1)
            ),
        );
        self.table(&mut text, program, "mochi_entry", &self.functions_table(), |id| {
            format!("(mochi_entry){}", self.function_name(id))
        });
        if self.bounces() {
            push(&mut text, format_args!("static mochi_entry {};", self.tail_next()));
            push(
                &mut text,
                format_args!(
                    "static uint64_t {}[{}];",
                    self.name("tail_arguments"),
                    self.tail_arguments.max(1)
                ),
            );
            for id in self.entered(program) {
                let result = result_type(program.functions[id.index()].result);
                push(
                    &mut text,
                    format_args!(
                        "static {}(mochi_context *ctx);",
                        declaration(result, &self.tail_entry(id))
                    ),
                );
            }
        }
        if self.closures_bounce {
            self.table(&mut text, program, "mochi_entry", &self.name("tail_entries"), |id| {
                format!("(mochi_entry){}", self.tail_entry(id))
            });
        }
        text
    }

    /// What stands after the functions: other ways into them.
    pub(super) fn entries(&self, program: &Program) -> String {
        let mut text = String::new();
        for id in self.entered(program) {
            let function = &program.functions[id.index()];
            let buffer = self.name("tail_arguments");
            let arguments = words_as_arguments(function, 0, &buffer);
            let call = format!("{}(ctx{arguments});", self.body_name(id));
            push(
                &mut text,
                format_args!(
                    "static {}(mochi_context *ctx) {{",
                    declaration(result_type(function.result), &self.tail_entry(id))
                ),
            );
            push(
                &mut text,
                format_args!(
                    "    {}{call}",
                    if function.result.is_some() { "return " } else { "" }
                ),
            );
            text.push_str("}\n");
        }
        self.door(&mut text, program);
        text
    }

    /// `call_closure`: calls a closure with words for arguments.
    fn door(&self, text: &mut String, program: &Program) {
        let parameters = "mochi_context *ctx, mochi_closure *closure, const uint64_t *words";
        let closures: Vec<(FunctionId, &Function)> =
            self.used(program).filter(|(_, f)| f.captures.is_some()).collect();
        for &(id, function) in &closures {
            let arguments = words_as_arguments(function, 1, "words");
            let call = format!("{}(ctx, closure{arguments})", self.function_name(id));
            push(text, format_args!("static uint64_t {}({parameters}) {{", self.word_entry(id)));
            if function.params.len() == 1 {
                text.push_str("    (void)words;\n");
            }
            match function.result {
                Some(ty) => push(text, format_args!("    return {};", to_word(ty, &call))),
                None => push(text, format_args!("    {call};\n    return 0;")),
            }
            text.push_str("}\n");
        }
        if !closures.is_empty() {
            let entry = format!("uint64_t (*const {}[])({parameters})", self.name("word_entries"));
            self.table_of(text, program, &entry, |id| self.word_entry(id));
        }
        push(
            text,
            format_args!(
                "static uint64_t {}({parameters}, size_t count) {{",
                self.name("call_closure")
            ),
        );
        text.push_str("    (void)count;\n");
        match closures.is_empty() {
            true => text.push_str("    (void)ctx, (void)closure, (void)words;\n    return 0;\n"),
            false => push(
                text,
                format_args!(
                    "    return {}[closure->function](ctx, closure, words);",
                    self.name("word_entries")
                ),
            ),
        }
        text.push_str("}\n");
    }

    /// A table by function number of something that only functions of closures have.
    fn table(
        &self,
        text: &mut String,
        program: &Program,
        ty: &str,
        name: &str,
        entry: impl Fn(FunctionId) -> String,
    ) {
        self.table_of(text, program, &format!("const {ty} {name}[]"), entry);
    }

    fn table_of(
        &self,
        text: &mut String,
        program: &Program,
        head: &str,
        entry: impl Fn(FunctionId) -> String,
    ) {
        push(text, format_args!("static {head} = {{"));
        let mut last = 0;
        for (id, function) in self.used(program) {
            if function.captures.is_some() {
                push(text, format_args!("    [{}] = {},", id.0, entry(id)));
                last = id.0;
            }
        }
        if last == 0 {
            text.push_str("    0\n");
        }
        text.push_str("};\n");
    }

    /// The functions that are written, in order.
    pub(super) fn used<'p>(
        &'p self,
        program: &'p Program,
    ) -> impl Iterator<Item = (FunctionId, &'p Function)> {
        let numbered = program.functions.iter().enumerate();
        numbered
            .filter(|(number, _)| self.facts.used[*number])
            .map(|(number, function)| (FunctionId(number as u32), function))
    }

    fn bounces(&self) -> bool {
        self.closures_bounce || !self.tail_entries.is_empty()
    }

    /// The functions that need an entry for bouncing calls.
    fn entered<'p>(&'p self, program: &'p Program) -> impl Iterator<Item = FunctionId> {
        self.used(program)
            .filter(|(id, function)| {
                self.tail_entries.contains(&id.0)
                    || self.closures_bounce && function.captures.is_some()
            })
            .map(|(id, _)| id)
    }
}

/// A type before a name.
fn declaration(ty: &str, name: &str) -> String {
    let space = if ty.ends_with('*') { "" } else { " " };
    format!("{ty}{space}{name}")
}

/// A function's parameters after the first `skip`, read from an array of words.
fn words_as_arguments(function: &Function, skip: usize, words: &str) -> String {
    let params = function.params.iter().skip(skip).enumerate();
    params
        .map(|(i, param)| format!(", {}", from_word(param.ty, &format!("{words}[{i}]"))))
        .collect()
}
