//! Types as the user writes them, for messages: `list<int>`, `map<string, Point>`, `int?`.

use crate::types::{TypeId, TypeKind, Types};
use mochi_base::Interner;

impl Types {
    /// `ty` in the language's own notation.
    pub fn show(&self, ty: TypeId, interner: &Interner) -> String {
        let mut text = String::new();
        self.write(ty, interner, &mut text, 0);
        text
    }

    fn write(&self, ty: TypeId, interner: &Interner, out: &mut String, depth: u32) {
        // Deeper than this nobody reads, and a cycle of inline structs must end.
        const DEEPEST: u32 = 6;
        if depth > DEEPEST {
            out.push('…');
            return;
        }
        match self.kind(ty) {
            TypeKind::Error => out.push_str("unknown"),
            TypeKind::Int => out.push_str("int"),
            TypeKind::Float => out.push_str("float"),
            TypeKind::BigInt => out.push_str("bigint"),
            TypeKind::BigRat => out.push_str("bigrat"),
            TypeKind::Bool => out.push_str("bool"),
            TypeKind::String => out.push_str("string"),
            TypeKind::Unit => out.push_str("unit"),
            TypeKind::Any | TypeKind::Var(_) => out.push_str("any"),
            TypeKind::None => out.push_str("none"),
            TypeKind::List(item) => {
                out.push_str("list<");
                self.write(*item, interner, out, depth + 1);
                out.push('>');
            }
            TypeKind::Map(key, value) => {
                out.push_str("map<");
                self.write(*key, interner, out, depth + 1);
                out.push_str(", ");
                self.write(*value, interner, out, depth + 1);
                out.push('>');
            }
            TypeKind::Option(inner) => {
                self.write(*inner, interner, out, depth + 1);
                out.push('?');
            }
            TypeKind::Fun(params, result) => {
                out.push_str("fun(");
                for (index, &param) in params.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    self.write(param, interner, out, depth + 1);
                }
                out.push(')');
                if *result != TypeId::UNIT {
                    out.push_str(": ");
                    self.write(*result, interner, out, depth + 1);
                }
            }
            TypeKind::Struct(id) => {
                let declared = &self.structs[id.0 as usize];
                let name = interner.resolve(declared.name);
                if !name.is_empty() {
                    out.push_str(name);
                    return;
                }
                out.push_str("{ ");
                for (index, field) in declared.fields.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(interner.resolve(field.name));
                    out.push_str(": ");
                    self.write(field.ty, interner, out, depth + 1);
                }
                out.push_str(" }");
            }
            TypeKind::Union(id) => out.push_str(interner.resolve(self.unions[id.0 as usize].name)),
            TypeKind::Group(key, item) => {
                out.push_str("group<");
                self.write(*key, interner, out, depth + 1);
                out.push_str(", ");
                self.write(*item, interner, out, depth + 1);
                out.push('>');
            }
            TypeKind::Param(name, _) => out.push_str(interner.resolve(*name)),
        }
    }
}
