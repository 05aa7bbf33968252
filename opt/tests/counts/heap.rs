//! A small interpreter for the ops that random programs use, over a heap that checks each access and each count.
//!
//! It never traps: an index is taken modulo the length, and what is asked of null gives null.

use mochi_ir::op::Op;
use mochi_ir::program::{Block, Function, FunctionId, Inst, Program, Value};
use mochi_ir::types::Type;

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Int(i64),
    Ref(usize),
    Null,
}

#[derive(Debug, Clone)]
struct Object {
    count: u32,
    items: Vec<Word>,
    /// The function of a closure.
    function: u64,
}

/// More instructions than any program should need.
const FUEL: u64 = 200_000;

struct Heap<'p> {
    program: &'p Program,
    /// Whether counts are in the program; without, nothing is freed and nothing is changed in place by `list.push`.
    counted: bool,
    objects: Vec<Object>,
    strings: Vec<Word>,
    globals: Vec<Word>,
    output: Vec<i64>,
    fuel: u64,
}

/// Runs a program and gives what it printed.
pub(crate) fn run(program: &Program, counted: bool) -> Result<Vec<i64>, String> {
    let mut heap = Heap {
        program,
        counted,
        objects: Vec::new(),
        strings: Vec::new(),
        globals: vec![Word::Null; program.globals.len()],
        output: Vec::new(),
        fuel: FUEL,
    };
    for _ in &program.strings {
        let constant = heap.make(Vec::new(), 0);
        heap.strings.push(constant);
    }
    heap.call(program.main, Vec::new())?;
    if counted {
        heap.check_counts()?;
    }
    Ok(heap.output)
}

impl Heap<'_> {
    fn make(&mut self, items: Vec<Word>, function: u64) -> Word {
        self.objects.push(Object { count: 1, items, function });
        Word::Ref(self.objects.len() - 1)
    }

    fn object(&mut self, word: Word) -> Result<Option<&mut Object>, String> {
        let Word::Ref(at) = word else { return Ok(None) };
        let object = &mut self.objects[at];
        if object.count == 0 {
            return Err("something freed is used".into());
        }
        Ok(Some(object))
    }

    fn dup(&mut self, word: Word) -> Result<(), String> {
        if let Some(object) = self.object(word)? {
            object.count += 1;
        }
        Ok(())
    }

    fn drop(&mut self, word: Word) -> Result<(), String> {
        if !self.counted {
            return Ok(());
        }
        let mut work = vec![word];
        while let Some(word) = work.pop() {
            if let Some(object) = self.object(word)? {
                object.count -= 1;
                if object.count == 0 {
                    work.append(&mut object.items);
                }
            }
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), String> {
        let mut owners = vec![0; self.objects.len()];
        let live = self.objects.iter().filter(|object| object.count > 0);
        let held = live.flat_map(|object| &object.items);
        for word in held.chain(&self.globals).chain(&self.strings) {
            if let Word::Ref(at) = word {
                owners[*at] += 1;
            }
        }
        for (object, owners) in self.objects.iter().zip(owners) {
            if object.count != owners {
                return Err(format!("a count is {}, and there are {owners} owners", object.count));
            }
        }
        Ok(())
    }

    fn call(&mut self, function: FunctionId, args: Vec<Word>) -> Result<Word, String> {
        let (mut id, mut args) = (function, args);
        loop {
            let function = &self.program.functions[id.index()];
            match self.body(function, &args)? {
                Leaving::Return(word) => return Ok(word),
                Leaving::Tail(next, next_args) => (id, args) = (next, next_args),
            }
        }
    }

    fn body(&mut self, function: &Function, args: &[Word]) -> Result<Leaving, String> {
        let mut values = vec![Word::Null; function.values.len()];
        let mut block = Block(0);
        let mut incoming = args.to_vec();
        loop {
            for (param, word) in function.block_params(block).iter().zip(&incoming) {
                values[param.index()] = *word;
            }
            let mut last = None;
            for (_, inst) in function.block_insts(block) {
                self.fuel = self.fuel.checked_sub(1).ok_or("it does not end")?;
                last = Some(inst);
                if !inst.op.has(mochi_ir::op::TERMINATES) {
                    let word = self.step(function, inst, &values)?;
                    if let Some(result) = inst.result {
                        values[result.index()] = word;
                    }
                }
            }
            let inst = last.ok_or("a block is not empty")?;
            let arg = |place: usize| values[function.args(inst)[place].index()];
            let all = || function.args(inst).iter().map(|arg| values[arg.index()]).collect();
            let next = match inst.op {
                Op::Jump => 0,
                Op::Branch => usize::from(arg(0) == Word::Int(0)),
                Op::Return => {
                    let value = function.args(inst).first();
                    return Ok(Leaving::Return(value.map_or(Word::Null, |v| values[v.index()])));
                }
                Op::TailCall => return Ok(Leaving::Tail(inst.function(), all())),
                Op::TailCallClosure => {
                    let callee = self.callee(arg(0))?;
                    return Ok(Leaving::Tail(callee, all()));
                }
                op => return Err(format!("{op:?} is not known here")),
            };
            let target = &function.block_targets(block)[next];
            incoming = function.target_args(target).iter().map(|arg| values[arg.index()]).collect();
            block = target.block;
        }
    }

    fn callee(&mut self, closure: Word) -> Result<FunctionId, String> {
        let object = self.object(closure)?.ok_or("null is called")?;
        Ok(FunctionId(object.function as u32))
    }

    fn at(&mut self, word: Word, index: Word) -> Result<Option<&mut Word>, String> {
        let Word::Int(index) = index else { return Err("an index is an int".into()) };
        let Some(object) = self.object(word)? else { return Ok(None) };
        let len = object.items.len();
        if len == 0 {
            return Ok(None);
        }
        Ok(Some(&mut object.items[index.unsigned_abs() as usize % len]))
    }

    fn get(&mut self, word: Word, index: Word) -> Result<Word, String> {
        Ok(self.at(word, index)?.map_or(Word::Null, |item| *item))
    }

    fn set(&mut self, word: Word, index: Word, item: Word) -> Result<Word, String> {
        let old = match self.at(word, index)? {
            Some(place) => std::mem::replace(place, item),
            None => item,
        };
        self.drop(old)?;
        Ok(Word::Null)
    }

    fn take(&mut self, word: Word, index: Word) -> Result<Word, String> {
        Ok(self.at(word, index)?.map_or(Word::Null, |item| std::mem::replace(item, Word::Null)))
    }

    fn push(&mut self, list: Word, item: Word) -> Result<Word, String> {
        let counted = self.counted;
        let Some(object) = self.object(list)? else { return Ok(self.make(vec![item], 0)) };
        if counted && object.count == 1 {
            object.items.push(item);
            return Ok(list);
        }
        let mut items = object.items.clone();
        for &item in &items {
            self.dup(item)?;
        }
        items.push(item);
        self.drop(list)?;
        Ok(self.make(items, 0))
    }

    fn step(&mut self, function: &Function, inst: &Inst, values: &[Word]) -> Result<Word, String> {
        let args: Vec<Word> =
            function.args(inst).iter().map(|arg: &Value| values[arg.index()]).collect();
        let imm = Word::Int(inst.imm as i64);
        let int = |place: usize| match args[place] {
            Word::Int(int) => int,
            Word::Ref(_) | Word::Null => 0,
        };
        Ok(match inst.op {
            Op::I64Const | Op::BoolConst => imm,
            Op::StrConst => self.strings[inst.imm as usize],
            Op::None => Word::Null,
            Op::I64AddProved => Word::Int(int(0).wrapping_add(int(1))),
            Op::I64SubProved => Word::Int(int(0).wrapping_sub(int(1))),
            Op::I64Cmp => Word::Int((int(0) > int(1)).into()),
            Op::IsNone => Word::Int((args[0] == Word::Null).into()),
            // An int may need a box, by its value.
            Op::AnyFrom if function.ty(function.args(inst)[0]) == Type::I64 => {
                if int(0) % 2 == 0 {
                    args[0]
                } else {
                    self.make(Vec::new(), 0)
                }
            }
            Op::AnyFrom => args[0],
            Op::AnyTo => {
                self.object(args[0])?;
                match args[0] {
                    Word::Int(_) => Word::Null,
                    word => word,
                }
            }
            Op::CheckSome => args[0],
            Op::ListOf | Op::RecordNew => self.make(args, 0),
            Op::ClosureMake => self.make(args, inst.imm),
            Op::ListLen => {
                Word::Int(self.object(args[0])?.map_or(0, |object| object.items.len() as i64))
            }
            Op::ListGet | Op::ListLoad => self.get(args[0], args[1])?,
            Op::ListSet | Op::ListStore => self.set(args[0], args[1], args[2])?,
            Op::ListTake => self.take(args[0], args[1])?,
            Op::ListPush => self.push(args[0], args[1])?,
            Op::FieldGet | Op::CaptureGet => self.get(args[0], imm)?,
            Op::FieldSet => self.set(args[0], imm, args[1])?,
            Op::FieldTake => self.take(args[0], imm)?,
            Op::GlobalGet => self.globals[inst.imm as usize],
            Op::GlobalSet => {
                let old = std::mem::replace(&mut self.globals[inst.imm as usize], args[0]);
                self.drop(old)?;
                Word::Null
            }
            Op::GlobalTake => std::mem::replace(&mut self.globals[inst.imm as usize], Word::Null),
            Op::Call => self.call(inst.function(), args)?,
            Op::CallClosure => {
                let callee = self.callee(args[0])?;
                self.call(callee, args)?
            }
            Op::CallRuntime => {
                self.output.push(int(0));
                Word::Null
            }
            Op::Dup => {
                self.dup(args[0])?;
                Word::Null
            }
            Op::Drop => {
                self.drop(args[0])?;
                Word::Null
            }
            Op::Poll => Word::Null,
            op => return Err(format!("{op:?} is not known here")),
        })
    }
}

/// How a function is left.
enum Leaving {
    Return(Word),
    Tail(FunctionId, Vec<Word>),
}
