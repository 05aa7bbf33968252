//! Data in and out: `load` and `save`, and loops that read the rows of a file one by one.

use crate::function::FunctionLowering;
use mochi_abi::functions::RuntimeFunction;
use mochi_base::Symbol;
use mochi_hir::hir::{ExprId, ExprKind};
use mochi_hir::types::{TypeId, TypeKind};
use mochi_ir::program::Value;
use mochi_ir::types::Type;

/// Rows that are read one by one.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    /// The object that reads them; it owns the open file.
    object: Value,
    /// The representation of a row.
    item: Type,
}

impl FunctionLowering<'_, '_> {
    /// `load`: the list of all rows.
    pub(crate) fn load_all(&mut self, id: ExprId) -> Option<Value> {
        let (args, item) = self.load_arguments(id)?;
        Some(self.runtime(RuntimeFunction::Load, &args, Type::list_of(item.rep())))
    }

    /// The rows of a `load`, opened; `None` in the inner option when the expression is something else.
    pub(crate) fn open_rows(&mut self, source: ExprId) -> Option<Option<Rows>> {
        if !matches!(self.hir[source].kind, ExprKind::Load { .. }) {
            return Some(None);
        }
        let (args, item) = self.load_arguments(source)?;
        let object = self.runtime(RuntimeFunction::RowsOpen, &args, Type::Any);
        Some(Some(Rows { object, item }))
    }

    /// Reads the next row: whether there is one.
    pub(crate) fn next_row(&mut self, rows: Rows) -> Value {
        self.runtime(RuntimeFunction::RowsNext, &[rows.object], Type::Bool)
    }

    /// The row that was read.
    pub(crate) fn take_row(&mut self, rows: Rows) -> Value {
        self.runtime(RuntimeFunction::RowsTake, &[rows.object], rows.item)
    }

    /// Path, type and options of a `load`, and the representation of its rows.
    fn load_arguments(&mut self, id: ExprId) -> Option<([Value; 3], Type)> {
        let hir = self.hir;
        let ExprKind::Load { path, options } = &hir[id].kind else {
            unreachable!("the caller has looked");
        };
        let options = self.options(*options)?;
        self.at(hir[id].span);
        let ty = self.type_of(id);
        let TypeKind::List(item) = *self.kind(ty) else {
            unreachable!("the checker gives every load a list type");
        };
        let number = self.type_argument(item);
        let path = self.path(*path);
        let item = self.repr(item);
        Some(([path, number, options], item))
    }

    /// `save`.
    pub(crate) fn save(&mut self, id: ExprId) -> Option<Value> {
        let hir = self.hir;
        let ExprKind::Save { source, path, options } = &hir[id].kind else {
            unreachable!("the caller has looked");
        };
        let rows = self.any_operand(*source)?;
        let options = self.options(*options)?;
        self.at(hir[id].span);
        let path = self.path(*path);
        self.runtime_effect(RuntimeFunction::Save, &[rows, path, options]);
        Some(self.none(Type::Any))
    }

    fn options(&mut self, options: Option<ExprId>) -> Option<Value> {
        match options {
            Some(options) => self.any_operand(options),
            None => Some(self.none(Type::Any)),
        }
    }

    /// A type as its number in the program's types.
    pub(crate) fn type_argument(&mut self, ty: TypeId) -> Value {
        let number = self.cx.type_number(ty);
        self.builder.i64(i64::from(number))
    }

    /// Without a path, standard input or output.
    fn path(&mut self, path: Option<Symbol>) -> Value {
        match path {
            Some(path) => self.symbol(path),
            None => self.string("-"),
        }
    }
}
