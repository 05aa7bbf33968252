//! Reads functions: their heads, blocks and instructions.

use super::lexer::{Place, Token};
use super::{NamedCall, Reader, Result, numbered};
use crate::op::{Condition, Immediate, Op, Outcome};
use crate::program::{
    Block, BlockData, Function, FunctionId, Inst, Origin, Param, ShapeId, Target, Value,
};
use crate::types::Type;
use mochi_abi::program::NO_TYPE;
use mochi_abi::trap::TrapKind;
use mochi_base::Span;

impl Reader<'_> {
    /// What follows the word `function`.
    pub(super) fn function(&mut self) -> Result<()> {
        let name = self.name()?.into();
        let mut draft = Draft {
            function: Function {
                name,
                params: Vec::new(),
                result: None,
                captures: None,
                signature: NO_TYPE,
                span: Span::default(),
                blocks: Vec::new(),
                insts: Vec::new(),
                origins: Vec::new(),
                values: Vec::new(),
                pool: Vec::new(),
                targets: Vec::new(),
            },
            most_values: self.most_values,
        };
        self.expect(Token::Open)?;
        while self.lexer.token != Token::Close {
            if !draft.function.params.is_empty() {
                self.expect(Token::Comma)?;
            }
            let own = self.take_word("own")?;
            if let Token::Word(word) = &self.lexer.token
                && numbered(word, "v").is_some()
            {
                // The entry block says it again.
                self.lexer.advance()?;
                self.expect(Token::Colon)?;
            }
            let ty = self.ty()?;
            draft.function.params.push(Param { ty, own });
        }
        self.lexer.advance()?;
        if self.take(Token::Arrow)? {
            draft.function.result = Some(self.ty()?);
        }
        if self.take_word("captures")? {
            draft.function.captures = Some(ShapeId(self.numbered_word("shape")?));
        }
        if self.take_word("signature")? {
            draft.function.signature = self.numbered_word("sig")?;
        }
        draft.function.span = self.span()?;
        self.expect(Token::OpenBrace)?;
        self.end_of_line()?;
        loop {
            self.skip_lines()?;
            if self.take(Token::CloseBrace)? {
                break;
            }
            if let Token::Word(word) = &self.lexer.token
                && let Some(number) = numbered(word, "b")
            {
                self.in_order(self.lexer.place, "block", number, draft.function.blocks.len())?;
                self.lexer.advance()?;
                self.block_head(&mut draft)?;
            } else {
                self.inst(&mut draft)?;
            }
            self.end_of_line()?;
        }
        self.program.functions.push(draft.function);
        Ok(())
    }

    /// What follows the number of a block.
    fn block_head(&mut self, draft: &mut Draft) -> Result<()> {
        let start = draft.function.pool.len() as u32;
        if self.take(Token::Open)? {
            loop {
                let place = self.lexer.place;
                let value = Value(self.numbered_word("v")?);
                self.expect(Token::Colon)?;
                let ty = self.ty()?;
                draft.define(place, value, ty)?;
                draft.function.pool.push(value);
                if !self.take(Token::Comma)? {
                    break;
                }
            }
            self.expect(Token::Close)?;
        }
        let is_loop_header = self.take_word("loop")?;
        let mut loop_depth = 0;
        if self.take_word("depth")? {
            let place = self.lexer.place;
            let depth = self.number()?;
            loop_depth = match u16::try_from(depth) {
                Ok(depth) => depth,
                Err(_) => return place.error(format!("a loop depth of {depth} is too large")),
            };
        }
        self.expect(Token::Colon)?;
        let inst = draft.function.insts.len() as u32;
        let target = draft.function.targets.len() as u32;
        draft.function.blocks.push(BlockData {
            params: start..draft.function.pool.len() as u32,
            insts: inst..inst,
            targets: target..target,
            loop_depth,
            is_loop_header,
        });
        Ok(())
    }

    fn inst(&mut self, draft: &mut Draft) -> Result<()> {
        let start = self.lexer.place;
        if draft.function.blocks.is_empty() {
            return start.error("an instruction stands outside of a block".into());
        }
        let mut result = None;
        let mut written_type = None;
        let mut place = start;
        let mut word = self.word()?;
        if let Some(number) = numbered(&word, "v") {
            result = Some(Value(number));
            if self.take(Token::Colon)? {
                written_type = Some(self.ty()?);
            }
            self.expect(Token::Equals)?;
            place = self.lexer.place;
            word = self.word()?;
        }
        let (op, condition) = self.op(place, &word)?;
        let row = op.row();
        if let Some(value) = result {
            let ty = match (written_type, row.result) {
                (Some(ty), _) => ty,
                (None, Outcome::I64) => Type::I64,
                (None, Outcome::F64) => Type::F64,
                (None, Outcome::Bool) => Type::Bool,
                (None, Outcome::Str) => Type::Str,
                (None, Outcome::Record) => Type::Record,
                (None, Outcome::Closure) => Type::Closure,
                (None, Outcome::Any) => Type::Any,
                (None, Outcome::Same | Outcome::Declared | Outcome::Nothing) => {
                    return start.error(format!(
                        "the result of `{}` has its type written: `{value}: type`",
                        row.name
                    ));
                }
            };
            draft.define(start, value, ty)?;
        } else if row.result != Outcome::Nothing && row.result != Outcome::Declared {
            return start.error(format!("`{}` has a result", row.name));
        }
        let mut operands = Operands { imm: condition, ..Operands::default() };
        let user = (self.program.functions.len(), draft.function.insts.len());
        match row.immediate {
            Immediate::Function => {
                if let Some(function) = self.function_name(Some(user))? {
                    operands.imm = Some(u64::from(function.0));
                } else {
                    operands.imm = Some(0);
                }
                operands.args = self.parenthesized()?;
            }
            Immediate::Runtime => {
                operands.imm =
                    Some(self.numbered_name(|reader, name| {
                        reader.functions.get(name).map(|&f| f as u64)
                    })?);
                operands.args = self.parenthesized()?;
            }
            Immediate::Trap => {
                operands.imm = Some(self.numbered_name(|_, name| {
                    TrapKind::ALL.iter().find(|kind| kind.name() == name).map(|&kind| kind as u64)
                })?);
                operands.args = self.parenthesized()?;
            }
            Immediate::Shape => {
                operands.imm = Some(u64::from(self.numbered_word("shape")?));
                operands.args = self.parenthesized()?;
            }
            Immediate::None
            | Immediate::Int
            | Immediate::Float
            | Immediate::Condition
            | Immediate::Str
            | Immediate::Global => self.operands(row.immediate, &mut operands)?,
        }
        if operands.imm.is_none() && row.immediate != Immediate::None {
            return start.error(format!("`{}` lacks its immediate", row.name));
        }
        let span = self.span()?;
        let inlined = self.inlined()?;
        draft.push(op, result, operands, Origin { span, inlined });
        Ok(())
    }

    /// The op with this name; the condition is the last part of the name of a comparison.
    fn op(&self, place: Place, word: &str) -> Result<(Op, Option<u64>)> {
        if let Some(&op) = self.ops.get(word)
            && op.row().immediate != Immediate::Condition
        {
            return Ok((op, None));
        }
        if let Some((name, condition)) = word.rsplit_once('.')
            && let Some(&op) = self.ops.get(name)
            && op.row().immediate == Immediate::Condition
        {
            let number = Condition::ALL.iter().find(|c| c.name() == condition).map(|&c| c as u64);
            if let Some(number) = number.or_else(|| condition.parse().ok()) {
                return Ok((op, Some(number)));
            }
        }
        place.error(format!("there is no op `{word}`"))
    }

    /// Values, an immediate and targets with commas between them.
    fn operands(&mut self, immediate: Immediate, operands: &mut Operands) -> Result<()> {
        let is_end = |token: &Token| {
            *token == Token::Newline
                || *token == Token::End
                || *token == Token::Word("at".to_owned())
        };
        if is_end(&self.lexer.token) {
            return Ok(());
        }
        loop {
            let place = self.lexer.place;
            match (self.lexer.token.clone(), immediate) {
                (Token::Int(number), Immediate::Int) => operands.imm = Some(number as u64),
                (Token::Float(bits), Immediate::Float) => operands.imm = Some(bits),
                (Token::Word(word), Immediate::Float) if word == "inf" => {
                    operands.imm = Some(f64::INFINITY.to_bits());
                }
                (Token::Word(word), _) => {
                    if let Some(number) = numbered(&word, "v") {
                        operands.args.push(Value(number));
                    } else if let Some(number) = numbered(&word, "b") {
                        self.lexer.advance()?;
                        let args = if self.lexer.token == Token::Open {
                            self.parenthesized()?
                        } else {
                            Vec::new()
                        };
                        operands.targets.push((Block(number), args));
                        if !self.take(Token::Comma)? {
                            return Ok(());
                        }
                        continue;
                    } else if let (Some(number), Immediate::Str) = (numbered(&word, "s"), immediate)
                    {
                        operands.imm = Some(u64::from(number));
                    } else if let (Some(number), Immediate::Global) =
                        (numbered(&word, "g"), immediate)
                    {
                        operands.imm = Some(u64::from(number));
                    } else {
                        return place.error(format!("`{word}` is no operand of this op"));
                    }
                }
                _ => return self.lexer.expected("an operand"),
            }
            self.lexer.advance()?;
            if !self.take(Token::Comma)? {
                return Ok(());
            }
        }
    }

    fn parenthesized(&mut self) -> Result<Vec<Value>> {
        self.expect(Token::Open)?;
        let mut values = Vec::new();
        while self.lexer.token != Token::Close {
            if !values.is_empty() {
                self.expect(Token::Comma)?;
            }
            values.push(Value(self.numbered_word("v")?));
        }
        self.lexer.advance()?;
        Ok(values)
    }

    /// `@name`, to be looked up at the end, or `f3`.
    pub(super) fn function_name(
        &mut self,
        user: Option<(usize, usize)>,
    ) -> Result<Option<FunctionId>> {
        let place = self.lexer.place;
        if self.take(Token::At)? {
            let name = self.name()?;
            self.calls.push(NamedCall { place, name, user });
            Ok(None)
        } else {
            Ok(Some(FunctionId(self.numbered_word("f")?)))
        }
    }
}

#[derive(Default)]
struct Operands {
    args: Vec<Value>,
    imm: Option<u64>,
    targets: Vec<(Block, Vec<Value>)>,
}

/// A function while it is read.
struct Draft {
    function: Function,
    most_values: usize,
}

impl Draft {
    fn define(&mut self, place: Place, value: Value, ty: Type) -> Result<()> {
        if value.index() >= self.most_values {
            return place.error(format!("{value} is too large a number for a value"));
        }
        if value.index() >= self.function.values.len() {
            self.function.values.resize(value.index() + 1, Type::I64);
        }
        self.function.values[value.index()] = ty;
        Ok(())
    }

    fn push(&mut self, op: Op, result: Option<Value>, operands: Operands, origin: Origin) {
        let function = &mut self.function;
        let args = function.pool.len() as u32;
        function.pool.extend_from_slice(&operands.args);
        function.insts.push(Inst {
            op,
            args,
            arg_count: operands.args.len() as u32,
            result,
            imm: operands.imm.unwrap_or(0),
        });
        function.origins.push(origin);
        let block = function.blocks.last_mut().expect("the caller has seen a block");
        block.insts.end = function.insts.len() as u32;
        block.targets.start = function.targets.len() as u32;
        for (target, args) in operands.targets {
            let start = function.pool.len() as u32;
            function.pool.extend_from_slice(&args);
            function
                .targets
                .push(Target { block: target, args: start..function.pool.len() as u32 });
        }
        block.targets.end = function.targets.len() as u32;
    }
}
