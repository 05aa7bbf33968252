//! Random programs over lists, records, closures, globals and `any`, structured as source is: assignments, branches, loops,
//! calls, some of them in tail position.

use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_abi::program::{NO_TYPE, ShapeKind};
use mochi_base::Span;
use mochi_ir::builder::FunctionBuilder;
use mochi_ir::op::{Condition, Op};
use mochi_ir::program::{Field, FunctionId, Global, Program, Shape, ShapeId, Value};
use mochi_ir::types::Type;

/// Counted types that variables have.
const TYPES: [Type; 4] = [Type::ListRef, Type::Record, Type::Any, Type::Str];
const GLOBALS: [Type; 3] = [Type::ListRef, Type::Record, Type::Any];
const RECORD: ShapeId = ShapeId(0);
const RECORD_FIELDS: [Type; 3] = [Type::ListRef, Type::Record, Type::Str];
const CAPTURES: ShapeId = ShapeId(1);
const CAPTURE_TYPES: [Type; 2] = [Type::ListRef, Type::Record];
/// What a closure's function takes after the closure.
const CLOSURE_PARAMS: [Type; 2] = [Type::I64, Type::ListRef];

/// A small generator of random numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

/// What a function of the program looks like from outside.
#[derive(Clone)]
struct Head {
    /// The first one is fuel, after the closure if there is one: a call passes less.
    params: Vec<Type>,
    result: Option<Type>,
    is_closure: bool,
}

/// The program with this number.
pub(crate) fn program(seed: u64) -> Program {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut heads = vec![Head { params: Vec::new(), result: None, is_closure: false }];
    for _ in 0..2 + random.below(3) {
        let mut params = vec![Type::I64];
        for _ in 0..random.below(4) {
            params.push(random.of(&TYPES));
        }
        let result = (!random.one_in(4)).then(|| random.of(&TYPES));
        heads.push(Head { params, result, is_closure: false });
    }
    for _ in 0..2 {
        let params = [&[Type::Closure][..], &CLOSURE_PARAMS].concat();
        heads.push(Head { params, result: Some(Type::ListRef), is_closure: true });
    }
    let functions = (0..heads.len()).map(|at| Body::function(&heads, at, &mut random)).collect();
    let field = |ty: &Type| {
        let rep = if *ty == Type::I64 { Rep::I64 } else { ty.rep() };
        Field { name: "f".into(), rep, ty: NO_TYPE }
    };
    let shape = |kind, fields: &[Type]| Shape {
        name: "shape".into(),
        kind,
        union: 0,
        cyclic: true,
        fields: fields.iter().map(field).collect(),
    };
    Program {
        functions,
        shapes: vec![
            shape(ShapeKind::Struct, &RECORD_FIELDS),
            shape(ShapeKind::Captures, &CAPTURE_TYPES),
        ],
        strings: vec!["a".into(), "b".into()],
        globals: GLOBALS.iter().map(|&ty| Global { name: "g".into(), ty }).collect(),
        main: FunctionId(0),
        ..Program::default()
    }
}

struct Body<'r> {
    builder: FunctionBuilder,
    heads: &'r [Head],
    head: &'r Head,
    random: &'r mut Random,
    /// Variables: type and the value at this point.
    variables: Vec<(Type, Value)>,
    closure: Option<Value>,
    fuel: Option<Value>,
    budget: u32,
}

impl Body<'_> {
    fn function(heads: &[Head], at: usize, random: &mut Random) -> mochi_ir::program::Function {
        let head = &heads[at];
        let name = format!("f{at}");
        let (mut builder, params) =
            FunctionBuilder::new(&name, &head.params, head.result, Span::new(0, 0));
        if head.is_closure {
            builder.set_captures(CAPTURES);
        }
        let counted: Vec<(Type, Value)> = head
            .params
            .iter()
            .copied()
            .zip(params.iter().copied())
            .filter(|&(ty, _)| TYPES.contains(&ty))
            .collect();
        let mut body = Body {
            builder,
            heads,
            head,
            closure: head.is_closure.then(|| params[0]),
            fuel: params.get(usize::from(head.is_closure)).copied(),
            budget: 5 + random.below(30) as u32,
            random,
            variables: counted,
        };
        for ty in TYPES {
            let value = body.fresh(ty);
            body.variables.push((ty, value));
        }
        if at == 0 {
            for (place, ty) in GLOBALS.into_iter().enumerate() {
                let value = body.fresh(ty);
                body.builder.effect(Op::GlobalSet, &[value], place as u64);
            }
        }
        body.statements(3);
        if body.builder.is_open() {
            let value = head.result.map(|ty| body.pick(ty));
            body.builder.ret(value);
        }
        body.builder.finish()
    }

    fn pick(&mut self, ty: Type) -> Value {
        let of_type: Vec<Value> =
            self.variables.iter().filter(|variable| variable.0 == ty).map(|v| v.1).collect();
        self.random.of(&of_type)
    }

    fn int(&mut self) -> Value {
        let int = self.random.below(5) as i64;
        self.builder.i64(int)
    }

    fn fresh(&mut self, ty: Type) -> Value {
        match ty {
            Type::ListRef => {
                let items = [(); 2].map(|()| self.builder.emit(Op::ListOf, &[], 0, ty));
                self.builder.emit(Op::ListOf, &items, 0, ty)
            }
            Type::Record => {
                let list = self.fresh(Type::ListRef);
                let record = self.builder.emit(Op::None, &[], 0, ty);
                let text = self.fresh(Type::Str);
                self.builder.emit(Op::RecordNew, &[list, record, text], RECORD.0.into(), ty)
            }
            Type::Str => {
                let imm = self.random.below(2);
                self.builder.emit(Op::StrConst, &[], imm, ty)
            }
            _ => self.builder.emit(Op::None, &[], 0, ty),
        }
    }

    /// A new value of a type, from the variables.
    fn value(&mut self, ty: Type) -> Value {
        let choice = self.random.below(8);
        match (ty, choice) {
            (_, 0) => self.fresh(ty),
            (_, 1 | 2) => {
                let list = self.pick(Type::ListRef);
                let index = self.int();
                if ty == Type::ListRef || ty == Type::Record {
                    let op = if choice == 1 { Op::ListGet } else { Op::ListTake };
                    let op = if self.random.one_in(3) { op } else { Op::ListGet };
                    return self.builder.emit(op, &[list, index], 0, ty);
                }
                self.pick(ty)
            }
            (Type::Any, 3) => {
                let int = self.int();
                self.builder.emit(Op::AnyFrom, &[int], 0, ty)
            }
            (Type::Any, _) => {
                let from = self.random.of(&[Type::ListRef, Type::Record, Type::Str]);
                let from = self.pick(from);
                self.builder.emit(Op::AnyFrom, &[from], 0, ty)
            }
            (Type::ListRef, 3) => {
                let items = [self.pick(ty), self.pick(Type::Record), self.pick(ty)];
                let count = self.random.below(4) as usize;
                self.builder.emit(Op::ListOf, &items[..count], 0, ty)
            }
            (Type::ListRef, 5) if self.random.one_in(2) => {
                let (list, item) = (self.pick(ty), self.pick(ty));
                self.builder.emit(Op::ListPush, &[list, item], 0, ty)
            }
            (Type::Record, 3) => {
                let fields =
                    [self.pick(Type::ListRef), self.pick(Type::Record), self.pick(Type::Str)];
                self.builder.emit(Op::RecordNew, &fields, RECORD.0.into(), ty)
            }
            (Type::Record | Type::Str | Type::ListRef, 4 | 5) => {
                let record = self.pick(Type::Record);
                let place = RECORD_FIELDS.iter().position(|&field| field == ty);
                let place = place.expect("each of these types is a field's") as u64;
                let op = if self.random.one_in(4) { Op::FieldTake } else { Op::FieldGet };
                self.builder.emit(op, &[record], place, ty)
            }
            (Type::Record | Type::ListRef, 6) if self.closure.is_some() => {
                let closure = self.closure.expect("it has just been asked for");
                let place = u64::from(ty == Type::Record);
                self.builder.emit(Op::CaptureGet, &[closure], place, ty)
            }
            (Type::Record | Type::ListRef, 6) => {
                let place = u64::from(ty == Type::Record);
                let op = if self.random.one_in(4) { Op::GlobalTake } else { Op::GlobalGet };
                self.builder.emit(op, &[], place, ty)
            }
            (_, 7) => {
                let value = self.pick(ty);
                self.builder.emit(Op::CheckSome, &[value], 0, ty)
            }
            _ => self.pick(ty),
        }
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..1 + self.random.below(8) {
            if !self.builder.is_open() || self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        match self.random.below(12) {
            0..5 => {
                let at = self.random.below(self.variables.len() as u64) as usize;
                let value = self.value(self.variables[at].0);
                self.variables[at].1 = value;
            }
            5 => {
                let (list, index) = (self.pick(Type::ListRef), self.int());
                let item = self.value(Type::ListRef);
                self.builder.effect(Op::ListSet, &[list, index, item], 0);
            }
            6 => {
                let record = self.pick(Type::Record);
                let place = self.random.below(3);
                let item = self.value(RECORD_FIELDS[place as usize]);
                self.builder.effect(Op::FieldSet, &[record, item], place);
            }
            7 => {
                let place = self.random.below(GLOBALS.len() as u64);
                let value = self.value(GLOBALS[place as usize]);
                self.builder.effect(Op::GlobalSet, &[value], place);
            }
            8 => {
                let list = self.value(Type::ListRef);
                self.print(list);
                let list = self.pick(Type::ListRef);
                self.print(list);
                let record = self.pick(Type::Record);
                let list = self.builder.emit(Op::FieldGet, &[record], 0, Type::ListRef);
                self.print(list);
            }
            9 => self.call(depth),
            10 if depth > 0 => self.branch(depth),
            _ if depth > 0 => self.repeat(depth),
            _ => {}
        }
    }

    fn print(&mut self, list: Value) {
        let len = self.builder.emit(Op::ListLen, &[list], 0, Type::I64);
        self.builder.runtime(RuntimeFunction::PrintInt, &[len], None);
    }

    fn branch(&mut self, depth: u32) {
        let ty = self.random.of(&TYPES);
        let value = self.pick(ty);
        let condition = self.builder.emit(Op::IsNone, &[value], 0, Type::Bool);
        let arms = [self.builder.block(), self.builder.block()];
        let join = self.builder.block();
        self.builder.branch(condition, (arms[0], &[]), (arms[1], &[]));
        let types: Vec<Type> = self.variables.iter().map(|variable| variable.0).collect();
        let params: Vec<Value> = types.iter().map(|&ty| self.builder.param(join, ty)).collect();
        let before = self.variables.clone();
        let mut joined = false;
        for arm in arms {
            self.builder.go_to(arm);
            self.variables.clone_from(&before);
            self.statements(depth - 1);
            if self.builder.is_open() && self.random.one_in(8) && joined {
                let value = self.head.result.map(|ty| self.pick(ty));
                self.builder.ret(value);
            }
            if self.builder.is_open() {
                let args: Vec<Value> = self.variables.iter().map(|variable| variable.1).collect();
                self.builder.jump(join, &args);
                joined = true;
            }
        }
        // When both arms have returned, nothing comes to the join.
        self.builder.go_to(join);
        self.variables = types.into_iter().zip(params).collect();
    }

    fn repeat(&mut self, depth: u32) {
        let turns = self.random.below(3) as i64;
        let turns = self.builder.i64(turns);
        let header = self.builder.loop_header();
        let exit = self.builder.block();
        self.builder.loop_depth += 1;
        let body = self.builder.block();
        let types: Vec<Type> = self.variables.iter().map(|variable| variable.0).collect();
        let counter = self.builder.param(header, Type::I64);
        let params: Vec<Value> = types.iter().map(|&ty| self.builder.param(header, ty)).collect();
        let mut args = vec![turns];
        args.extend(self.variables.iter().map(|variable| variable.1));
        self.builder.jump(header, &args);
        self.builder.go_to(header);
        self.variables = types.iter().copied().zip(params).collect();
        let zero = self.builder.i64(0);
        let more = self.builder.compare(Op::I64Cmp, Condition::Gt, counter, zero);
        self.builder.branch(more, (body, &[]), (exit, &[]));
        let at_header = self.variables.clone();
        self.builder.go_to(body);
        self.statements(depth - 1);
        if self.builder.is_open() {
            let one = self.builder.i64(1);
            let less = self.builder.emit(Op::I64SubProved, &[counter, one], 0, Type::I64);
            let mut args = vec![less];
            args.extend(self.variables.iter().map(|variable| variable.1));
            self.builder.jump(header, &args);
        }
        self.builder.loop_depth -= 1;
        self.builder.go_to(exit);
        self.variables = at_header;
    }

    /// A call with less fuel, only when there is some; at times in tail position.
    fn call(&mut self, depth: u32) {
        let callee = 1 + self.random.below(self.heads.len() as u64 - 1) as usize;
        let head = &self.heads[callee];
        let fuel = match self.fuel {
            Some(fuel) => fuel,
            None => self.builder.i64(3),
        };
        let zero = self.builder.i64(0);
        let more = self.builder.compare(Op::I64Cmp, Condition::Gt, fuel, zero);
        let (then, join) = (self.builder.block(), self.builder.block());
        self.builder.branch(more, (then, &[]), (join, &[]));
        self.builder.go_to(then);
        let one = self.builder.i64(1);
        let less = self.builder.emit(Op::I64SubProved, &[fuel, one], 0, Type::I64);
        let mut args = Vec::new();
        for &ty in &head.params {
            args.push(match ty {
                Type::I64 => less,
                Type::Closure => {
                    let captures = CAPTURE_TYPES.map(|ty| self.pick(ty));
                    self.builder.emit(Op::ClosureMake, &captures, callee as u64, Type::Closure)
                }
                ty => self.value(ty),
            });
        }
        let result = if head.is_closure && self.random.one_in(2) {
            self.builder.call_closure(&args, head.result)
        } else {
            self.builder.call(FunctionId(callee as u32), &args, head.result)
        };
        if head.result == self.head.result && depth < 3 && self.random.one_in(2) {
            self.builder.ret(result);
        } else {
            if let (Some(result), Some(ty)) = (result, head.result) {
                let place = u64::from(ty == Type::Record);
                if ty == Type::ListRef || ty == Type::Record {
                    self.builder.effect(Op::GlobalSet, &[result], place);
                }
            }
            self.builder.jump(join, &[]);
        }
        self.builder.go_to(join);
    }
}
