//! Ops on lists, records, closures and globals, and on reference counts, as C: fast paths inline, the rest by the runtime.

use super::function::{FunctionWriter, items_before, len_before, line};
use super::types::{c_type, from_word, item_type, place_type, to_word};
use crate::EmitError;
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::Rep;
use mochi_abi::trap::TrapKind;
use mochi_ir::op::Op;
use mochi_ir::program::{Block, Inst, InstId, Value};
use mochi_ir::types::Type;

type Result = std::result::Result<(), EmitError>;

/// A list literal with at least so many items, all constants, is copied from an array.
const CONSTANT_LIST: usize = 8;

impl FunctionWriter<'_> {
    // -- lists --------------------------------------------------------------------------

    pub(super) fn list_new(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let capacity = self.arg(inst, 0);
        self.make_list(id, Self::result(inst), &capacity);
        Ok(())
    }

    fn make_list(&mut self, id: InstId, list: Value, capacity: &str) {
        self.module.uses_runtime(RuntimeFunction::ListNew);
        let rep = self.item_rep(list) as u32;
        self.define(list, &format!("mochi_list_new(ctx, {rep}, {capacity})"));
        self.check_trap(id);
    }

    pub(super) fn list_of(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let list = Self::result(inst);
        let items = self.function.args(inst);
        self.make_list(id, list, &items.len().to_string());
        if items.is_empty() || !self.is_used(list) {
            return Ok(());
        }
        let rep = self.item_rep(list);
        let item_type = item_type(rep);
        let constants = items.len() >= CONSTANT_LIST
            && !rep.is_counted()
            && items.iter().all(|&item| self.is_number_constant(item));
        if constants {
            let written: Vec<String> = items.iter().map(|&item| self.value(item)).collect();
            line!(self, "{{");
            line!(self, "    static const {item_type} items[] = {{");
            for chunk in written.chunks(16) {
                line!(self, "        {},", chunk.join(", "));
            }
            line!(self, "    }};");
            line!(self, "    memcpy({list}->items, items, sizeof items);");
            line!(self, "}}");
        } else {
            let separator = if item_type.ends_with('*') { "" } else { " " };
            line!(self, "{{");
            line!(self, "    {item_type}{separator}*items = {list}->items;");
            for (i, &item) in items.iter().enumerate() {
                let item = self.value(item);
                line!(self, "    items[{i}] = {item};");
            }
            line!(self, "}}");
        }
        line!(self, "{list}->len = {};", items.len());
        Ok(())
    }

    /// Whether a value is a literal that may stand in a static initialiser.
    fn is_number_constant(&self, value: Value) -> bool {
        self.constants.get(&value).is_some_and(|inst| match inst.op {
            Op::F64Const => inst.float().is_finite(),
            op => matches!(op, Op::I64Const | Op::BoolConst),
        })
    }

    fn item_rep(&self, list: Value) -> Rep {
        self.function.ty(list).item_rep().expect("the operand is a list, by the verifier")
    }

    pub(super) fn list_len(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let len = self.len(self.function.args(inst)[0]);
        self.define(Self::result(inst), &format!("(int64_t){len}"));
        Ok(())
    }

    /// A list's length, which may have been read before the loop.
    fn len(&self, list: Value) -> String {
        match self.loops.header(self.current, list) {
            Some(header) => len_before(list, header),
            None => format!("{}->len", self.value(list)),
        }
    }

    /// The item's place, as an lvalue.
    fn item(&self, list: Value, index: &str) -> String {
        if let Some(header) = self.loops.header(self.current, list) {
            return format!("{}[{index}]", items_before(list, header));
        }
        let item_type = item_type(self.item_rep(list));
        let separator = if item_type.ends_with('*') { "" } else { " " };
        format!("(({item_type}{separator}*){}->items)[{index}]", self.value(list))
    }

    /// The index of the second operand, checked unless the op's operand is proved to be inside.
    fn checked_index(&mut self, id: InstId, inst: &Inst) -> String {
        let index = self.arg(inst, 1);
        if matches!(inst.op, Op::ListLoad | Op::ListStore) {
            return index;
        }
        let name = format!("at{}", id.0);
        let len = self.len(self.function.args(inst)[0]);
        self.index_within(id, &name, &index, &len);
        name
    }

    /// Declares `name` as the index counted from the start, after making sure that it is inside.
    fn index_within(&mut self, id: InstId, name: &str, index: &str, len: &str) {
        line!(self, "uint64_t {name} = (uint64_t){index};");
        self.trap_if(
            id,
            &format!("MOCHI_OUTSIDE({name}, {len})"),
            TrapKind::ListIndex,
            [index.to_owned(), format!("(int64_t){len}")],
        );
    }

    pub(super) fn list_get(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let index = self.checked_index(id, inst);
        let item = self.item(self.function.args(inst)[0], &index);
        self.define(Self::result(inst), &item);
        Ok(())
    }

    pub(super) fn list_set(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let index = self.checked_index(id, inst);
        let list = self.function.args(inst)[0];
        let place = self.item(list, &index);
        let rep = self.item_rep(list);
        let value = self.arg(inst, 2);
        self.replace(id, rep, item_type(rep), &place, &value);
        Ok(())
    }

    /// Assigns a place and drops what was there.
    fn replace(&mut self, id: InstId, rep: Rep, ty: &str, place: &str, value: &str) {
        if !rep.is_counted() {
            line!(self, "{place} = {value};");
            return;
        }
        let separator = if ty.ends_with('*') { "" } else { " " };
        let old = format!("old{}", id.0);
        line!(self, "{ty}{separator}{old} = {place};");
        line!(self, "{place} = {value};");
        self.drop_value(rep, &old);
    }

    pub(super) fn list_take(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let index = self.checked_index(id, inst);
        let place = self.item(self.function.args(inst)[0], &index);
        self.define(Self::result(inst), &place);
        line!(self, "{place} = 0;");
        Ok(())
    }

    pub(super) fn list_push(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        self.module.uses_runtime(RuntimeFunction::ListPush);
        let list = self.arg(inst, 0);
        let item_ty = self.arg_type(inst, 1);
        let item = self.arg(inst, 1);
        let place = self.item(self.function.args(inst)[0], &format!("{list}->len++"));
        let word = to_word(item_ty, &item);
        let result = Self::result(inst);
        let declared = if self.is_used(result) { Some(self.declare(result)) } else { None };
        let assign = |value: &str| {
            declared.as_ref().map_or(format!("{value};"), |name| format!("{name} = {value};"))
        };
        // Lists of other items are never watched.
        let unique = if item_ty.rep().is_counted() {
            format!("mochi_is_unique({list})")
        } else {
            format!("{list}->header.count == 1")
        };
        line!(self, "if (MOCHI_LIKELY({unique} && {list}->len < {list}->capacity)) {{");
        line!(self, "    {place} = {item};");
        if declared.is_some() {
            line!(self, "    {}", assign(&list));
        }
        line!(self, "}} else {{");
        line!(self, "    {}", assign(&format!("mochi_list_push(ctx, {list}, {word})")));
        self.text.push_str("    ");
        self.check_trap(id);
        line!(self, "}}");
        Ok(())
    }

    pub(super) fn index_check(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let (index, len) = (self.arg(inst, 0), self.arg(inst, 1));
        let name = format!("at{}", id.0);
        self.index_within(id, &name, &index, &format!("(uint64_t){len}"));
        if self.is_used(Self::result(inst)) {
            self.define(Self::result(inst), &format!("(int64_t){name}"));
        }
        Ok(())
    }

    // -- records and closures ---------------------------------------------------------------

    pub(super) fn record_new(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        self.module.uses_runtime(RuntimeFunction::RecordNew);
        let shape = inst.shape().0;
        let record = Self::result(inst);
        self.define(record, &format!("mochi_record_new(ctx, {shape})"));
        self.check_trap(id);
        if self.is_used(record) {
            for (i, &value) in self.function.args(inst).iter().enumerate() {
                let rep = self.function.ty(value).rep();
                let value = self.value(value);
                line!(self, "MOCHI_FIELD({record}, {}, {i}) = {value};", place_type(rep));
            }
        }
        Ok(())
    }

    pub(super) fn record_shape(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let record = self.arg(inst, 0);
        self.define(
            Self::result(inst),
            &format!("(int64_t)({record}->header.meta >> MOCHI_DETAIL)"),
        );
        Ok(())
    }

    pub(super) fn closure_make(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        self.module.uses_runtime(RuntimeFunction::ClosureNew);
        let function = inst.function();
        let name = self.name_comment(function);
        let shape = self.program.functions[function.index()].captures.map_or(0, |shape| shape.0);
        let closure = Self::result(inst);
        self.define(
            closure,
            &format!("mochi_closure_new(ctx, {}, {shape}) /* {name} */", function.0),
        );
        self.check_trap(id);
        if self.is_used(closure) {
            for (i, &value) in self.function.args(inst).iter().enumerate() {
                let rep = self.function.ty(value).rep();
                let value = self.value(value);
                line!(self, "MOCHI_CAPTURE({closure}, {}, {i}) = {value};", place_type(rep));
            }
        }
        Ok(())
    }

    // -- fields, captures, globals --------------------------------------------------------------

    /// The place that an op reads or writes, as an lvalue of the rep's type.
    fn place(&self, inst: &Inst, rep: Rep) -> String {
        let ty = place_type(rep);
        match inst.op {
            Op::FieldGet | Op::FieldSet | Op::FieldTake => {
                format!("MOCHI_FIELD({}, {ty}, {})", self.arg(inst, 0), inst.imm)
            }
            Op::CaptureGet => format!("MOCHI_CAPTURE({}, {ty}, {})", self.arg(inst, 0), inst.imm),
            _ => self.module.global(inst.global(), rep),
        }
    }

    pub(super) fn place_get(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let result = Self::result(inst);
        let place = self.place(inst, self.function.ty(result).rep());
        self.define(result, &place);
        Ok(())
    }

    pub(super) fn place_set(&mut self, id: InstId, inst: &Inst, _: Block) -> Result {
        let &value = self.function.args(inst).last().expect("the new value is the last operand");
        let rep = self.function.ty(value).rep();
        let place = self.place(inst, rep);
        let value = self.value(value);
        self.replace(id, rep, place_type(rep), &place, &value);
        Ok(())
    }

    pub(super) fn place_take(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let result = Self::result(inst);
        let place = self.place(inst, self.function.ty(result).rep());
        self.define(result, &place);
        line!(self, "{place} = 0;");
        Ok(())
    }

    // -- reference counts -----------------------------------------------------------------------

    pub(super) fn dup(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let value = self.arg(inst, 0);
        match self.arg_type(inst, 0).rep() {
            Rep::Ref => line!(self, "mochi_dup({value});"),
            Rep::Any => line!(self, "mochi_dup_any({value});"),
            Rep::I64 | Rep::F64 | Rep::Bool => {}
        }
        Ok(())
    }

    pub(super) fn drop(&mut self, _: InstId, inst: &Inst, _: Block) -> Result {
        let value = self.arg(inst, 0);
        self.drop_value(self.arg_type(inst, 0).rep(), &value);
        Ok(())
    }

    fn drop_value(&mut self, rep: Rep, value: &str) {
        match rep {
            Rep::Ref => line!(self, "mochi_drop(ctx, {value});"),
            Rep::Any => line!(self, "mochi_drop_any(ctx, {value});"),
            Rep::I64 | Rep::F64 | Rep::Bool => {}
        }
    }

    /// A word from the runtime as a value of this type.
    pub(super) fn of_word(ty: Type, word: &str) -> String {
        from_word(ty, word)
    }

    /// The type of a value's variable.
    pub(super) fn variable_type(&self, value: Value) -> &'static str {
        c_type(self.function.ty(value))
    }
}
