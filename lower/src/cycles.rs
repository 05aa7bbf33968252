//! Which types have objects that can refer to one another in a circle, for the cycle collector: only those are watched.
//!
//! What an object is made with is older than the object. So a circle needs a reference that was put there later, by an
//! assignment to a field, to an item, or to a variable that functions share. A type is *cyclic* when it is part of a circle
//! of the type graph that has such a reference. What an `any` holds and what a function has captured is not in the types;
//! through them, a circle is possible as soon as anything that can hold one is assigned anywhere.
//!
//! A type that is wrongly taken for cyclic costs a little time; one that wrongly is not could leak. So in doubt it is.

use mochi_base::Symbol;
use mochi_hir::hir::{AgentStep, Builtin, ExprKind, Hir, Place, StmtKind, Storage};
use mochi_hir::types::{StructId, TypeId, TypeKind, Types};
use rustc_hash::{FxHashMap, FxHashSet};

/// What the program assigns, as far as it makes circles possible.
#[derive(Debug, Default)]
pub(crate) struct Cycles {
    /// Fields by their names: structs with the same fields can stand for one another.
    fields: FxHashSet<Symbol>,
    /// Lists and maps an item of which is assigned.
    containers: FxHashSet<TypeId>,
    /// Such an assignment is in generic code or goes through `any`.
    all_containers: bool,
    all_fields: bool,
    /// Something is assigned that can hold an `any` or a function.
    open: bool,
    known: FxHashMap<TypeId, bool>,
}

/// A type on the way through the type graph, and whether the way to it has a reference that is assigned.
type Step = (TypeNode, bool);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum TypeNode {
    Type(TypeId),
    Struct(StructId),
}

impl Cycles {
    pub(crate) fn new(hir: &Hir) -> Cycles {
        let mut cycles = Cycles::default();
        for stmt in &hir.stmts {
            let StmtKind::Assign(place, _) = &stmt.kind else { continue };
            match *place {
                // Variables that functions share are found below.
                Place::Local(_) => {}
                Place::Field(base, field) => cycles.assigned_field(hir, hir[base].ty, field),
                Place::AnyField(..) => (cycles.all_fields, cycles.open) = (true, true),
                Place::Index(base, _) => cycles.assigned_item(&hir.types, hir[base].ty),
            }
        }
        for expr in &hir.exprs {
            if let ExprKind::CallBuiltin { builtin: Builtin::Push, args } = &expr.kind {
                cycles.assigned_item(&hir.types, hir[args[0]].ty);
            }
        }
        // An agent's fields get their first values when the agent is there already.
        for agent in &hir.agents {
            let fields = &hir.types.struct_type(agent.state).fields;
            for step in &agent.steps {
                if let AgentStep::Field(field, _) = *step {
                    cycles.fields.insert(fields[field as usize].name);
                }
            }
        }
        cycles.open = cycles.open || cycles.holds_open(hir);
        cycles
    }

    fn assigned_field(&mut self, hir: &Hir, base: TypeId, field: u32) {
        match *hir.types.kind(without_option(&hir.types, base)) {
            TypeKind::Struct(id) => {
                self.fields.insert(hir.types.struct_type(id).fields[field as usize].name);
            }
            _ => self.all_fields = true,
        }
    }

    fn assigned_item(&mut self, types: &Types, base: TypeId) {
        let base = without_option(types, base);
        match types.kind(base) {
            TypeKind::List(_) | TypeKind::Map(..) if !types.has_param(base) => {
                self.containers.insert(base);
            }
            TypeKind::List(_) | TypeKind::Map(..) => self.all_containers = true,
            _ => (self.all_containers, self.all_fields, self.open) = (true, true, true),
        }
    }

    /// Whether something that is assigned can hold an `any` or a function.
    fn holds_open(&self, hir: &Hir) -> bool {
        let types = &hir.types;
        let is_open = |ty: TypeId| self.reaches(types, TypeNode::Type(ty), |_, _| false, true);
        let cells = hir.locals.iter().filter(|local| local.storage == Storage::Cell);
        let fields = types.structs.iter().flat_map(|declared| &declared.fields);
        let fields = fields.filter(|field| self.all_fields || self.fields.contains(&field.name));
        cells.map(|local| local.ty).any(is_open)
            || fields.map(|field| field.ty).any(is_open)
            || self.containers.iter().copied().any(is_open)
            || self.all_containers
    }

    /// Whether values of this type can be part of a circle; no function or cell is asked for here.
    pub(crate) fn is_cyclic(&mut self, types: &Types, ty: TypeId) -> bool {
        let ty = without_option(types, ty);
        if let Some(&known) = self.known.get(&ty) {
            return known;
        }
        let start = match *types.kind(ty) {
            TypeKind::Struct(id) => TypeNode::Struct(id),
            _ => TypeNode::Type(ty),
        };
        let is_start = |node: TypeNode, assigned: bool| {
            assigned
                && match (node, start) {
                    (TypeNode::Struct(a), TypeNode::Struct(b)) => same_fields(types, a, b),
                    (a, b) => a == b,
                }
        };
        let found = self.reaches(types, start, is_start, self.open);
        self.known.insert(ty, found);
        found
    }

    /// Whether a cell or closure that holds a value of this type can be part of a circle: whether a function can be reached
    /// from it.
    pub(crate) fn reaches_function(&self, types: &Types, ty: TypeId) -> bool {
        self.open && self.reaches(types, TypeNode::Type(ty), |_, _| false, true)
    }

    /// The same of a closure that holds a function.
    pub(crate) fn reaches_any_function(&self) -> bool {
        self.open
    }

    /// Whether a way leads from a type to one where `found` says so; or, when `open` counts, to an `any` or a function.
    fn reaches(
        &self,
        types: &Types,
        start: TypeNode,
        found: impl Fn(TypeNode, bool) -> bool,
        open: bool,
    ) -> bool {
        let mut seen: FxHashSet<Step> = FxHashSet::default();
        let mut work: Vec<Step> = vec![(start, false)];
        while let Some((node, assigned)) = work.pop() {
            if found(node, assigned) {
                return true;
            }
            let mut next = |ty: TypeId, here: bool| {
                let node = match *types.kind(ty) {
                    TypeKind::Struct(id) => TypeNode::Struct(id),
                    _ => TypeNode::Type(ty),
                };
                let step = (node, assigned || here);
                if seen.insert(step) {
                    work.push(step);
                }
            };
            match node {
                TypeNode::Struct(id) => {
                    for field in &types.struct_type(id).fields {
                        next(field.ty, self.all_fields || self.fields.contains(&field.name));
                    }
                }
                TypeNode::Type(ty) => match types.kind(ty) {
                    TypeKind::List(item) => next(*item, self.is_assigned(ty)),
                    TypeKind::Map(key, item) => {
                        next(*key, self.is_assigned(ty));
                        next(*item, self.is_assigned(ty));
                    }
                    TypeKind::Group(key, item) => {
                        next(*key, false);
                        next(*item, false);
                    }
                    TypeKind::Option(inner) => next(*inner, false),
                    TypeKind::Union(id) => {
                        for &variant in &types.union_type(*id).variants {
                            let step = (TypeNode::Struct(variant), assigned);
                            if seen.insert(step) {
                                work.push(step);
                            }
                        }
                    }
                    TypeKind::Any
                    | TypeKind::Fun(..)
                    | TypeKind::Error
                    | TypeKind::None
                    | TypeKind::Param(..)
                    | TypeKind::Var(_) => {
                        if open {
                            return true;
                        }
                    }
                    TypeKind::Int
                    | TypeKind::Float
                    | TypeKind::BigInt
                    | TypeKind::BigRat
                    | TypeKind::Bool
                    | TypeKind::String
                    | TypeKind::Unit
                    | TypeKind::Struct(_) => {}
                },
            }
        }
        false
    }

    fn is_assigned(&self, container: TypeId) -> bool {
        self.all_containers || self.containers.contains(&container)
    }
}

fn without_option(types: &Types, ty: TypeId) -> TypeId {
    match *types.kind(ty) {
        TypeKind::Option(inner) => inner,
        _ => ty,
    }
}

/// Whether values of one struct can stand for values of the other.
fn same_fields(types: &Types, a: StructId, b: StructId) -> bool {
    let fields = |id| &types.struct_type(id).fields;
    a == b
        || (fields(a).len() == fields(b).len()
            && fields(a).iter().zip(fields(b)).all(|(a, b)| a.name == b.name && a.ty == b.ty))
}
