//! The shapes of records: structs, the variants of unions, cells, and the captures of closures.
//!
//! The variants of a union lie together in the order of their declaration, so that a match can switch on them.

use crate::program::Lowering;
use mochi_abi::layout::Rep;
use mochi_abi::program::{NO_TYPE, ShapeKind};
use mochi_hir::types::{StructId, TypeId, TypeKind, UnionId};
use mochi_ir::program::{Field, Shape, ShapeId};

impl Lowering<'_> {
    /// The shape of a struct or variant.
    pub(crate) fn struct_shape(&mut self, id: StructId) -> ShapeId {
        if let Some(shape) = self.struct_shapes[id.0 as usize] {
            return shape;
        }
        match self.types.struct_type(id).variant_of {
            Some(union) => {
                self.union_shapes(union);
                self.struct_shapes[id.0 as usize].expect("a union's shapes are its variants'")
            }
            None if self.hir.agents.iter().any(|agent| agent.state == id) => {
                self.add_struct(id, ShapeKind::Agent, 0)
            }
            None => self.add_struct(id, ShapeKind::Struct, 0),
        }
    }

    /// The shape of a union's first variant; those of the others follow.
    pub(crate) fn union_shapes(&mut self, id: UnionId) -> ShapeId {
        let variants = self.types.union_type(id).variants.clone();
        for &variant in &variants {
            if self.struct_shapes[variant.0 as usize].is_none() {
                self.add_struct(variant, ShapeKind::Variant, id.0 + 1);
            }
        }
        variants
            .first()
            .and_then(|variant| self.struct_shapes[variant.0 as usize])
            .expect("a union has variants, and they have just got shapes")
    }

    fn add_struct(&mut self, id: StructId, kind: ShapeKind, union: u32) -> ShapeId {
        let declared = self.types.struct_type(id);
        let name = self.interner.resolve(declared.name).into();
        let fields = declared
            .fields
            .iter()
            .map(|field| Field {
                name: self.interner.resolve(field.name).into(),
                rep: self.repr(field.ty).rep(),
                ty: NO_TYPE,
            })
            .collect();
        let cyclic = self.struct_is_cyclic(id);
        let shape = self.add_shape(Shape { name, kind, union, cyclic, fields });
        self.struct_shapes[id.0 as usize] = Some(shape);
        shape
    }

    fn add_shape(&mut self, shape: Shape) -> ShapeId {
        self.program.shapes.push(shape);
        ShapeId(self.program.shapes.len() as u32 - 1)
    }

    /// The shape of a group: its key, its items.
    pub(crate) fn group_shape(&mut self, key: TypeId, item: TypeId) -> ShapeId {
        if let Some(&shape) = self.group_shapes.get(&(key, item)) {
            return shape;
        }
        let items = self.types.list(item);
        let fields = [("key", key), ("items", items)]
            .map(|(name, ty)| Field { name: name.into(), rep: self.repr(ty).rep(), ty: NO_TYPE })
            .into();
        let group = self.types.intern(TypeKind::Group(key, item));
        let cyclic = self.cycles.is_cyclic(&self.types, group);
        let shape = Shape { name: "".into(), kind: ShapeKind::Struct, union: 0, cyclic, fields };
        let shape = self.add_shape(shape);
        self.group_shapes.insert((key, item), shape);
        shape
    }

    fn struct_is_cyclic(&mut self, id: StructId) -> bool {
        let ty = self.types.intern(TypeKind::Struct(id));
        self.cycles.is_cyclic(&self.types, ty)
    }

    /// The shape of a cell for a variable with this representation.
    pub(crate) fn cell_shape(&mut self, rep: Rep, cyclic: bool) -> ShapeId {
        self.unnamed_shape(ShapeKind::Cell, &[rep], cyclic)
    }

    /// The shape of captures with these representations.
    pub(crate) fn captures_shape(&mut self, reps: &[Rep], cyclic: bool) -> ShapeId {
        self.unnamed_shape(ShapeKind::Captures, reps, cyclic)
    }

    /// The shape of a group's key and of what is known of its items; no value of the program refers to such a record.
    pub(crate) fn folds_shape(&mut self, reps: &[Rep]) -> ShapeId {
        self.unnamed_shape(ShapeKind::Struct, reps, false)
    }

    fn unnamed_shape(&mut self, kind: ShapeKind, reps: &[Rep], cyclic: bool) -> ShapeId {
        if let Some(&shape) = self.unnamed_shapes.get(&(kind, reps.into(), cyclic)) {
            return shape;
        }
        let fields = reps.iter().map(|&rep| Field { name: "".into(), rep, ty: NO_TYPE }).collect();
        let shape = self.add_shape(Shape { name: "".into(), kind, union: 0, cyclic, fields });
        self.unnamed_shapes.insert((kind, reps.into(), cyclic), shape);
        shape
    }

    /// Fills in the types of fields, when anything is cast at all. A field's type can bring new shapes with it.
    pub(crate) fn type_fields(&mut self) {
        if self.program.types.is_empty() {
            return;
        }
        let mut done = vec![false; self.struct_shapes.len()];
        loop {
            let mut grew = false;
            for (index, done) in done.iter_mut().enumerate() {
                let Some(shape) = self.struct_shapes[index].filter(|_| !*done) else { continue };
                let fields = self.types.structs[index].fields.clone();
                for (place, field) in fields.iter().enumerate() {
                    self.program.shapes[shape.index()].fields[place].ty =
                        self.type_number(field.ty);
                }
                *done = true;
                grew = true;
            }
            if !grew {
                return;
            }
        }
    }
}
