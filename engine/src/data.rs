//! An IR program → the tables that the runtime keeps of it.

use mochi_abi::program::NO_TYPE;
use mochi_base::Sources;
use mochi_ir::program::Program;
use mochi_ir::sites::Sites;
use mochi_runtime::{FieldData, FunctionData, ProgramData, ShapeData, SignatureData};

/// What the runtime wants to know of `program`, whose sites these are.
pub(crate) fn of(sources: &Sources, program: &Program, sites: Sites) -> ProgramData {
    ProgramData {
        files: sources.files().iter().map(|file| (file.path.clone(), file.start)).collect(),
        source: sources.text().to_owned(),
        types: program.types.clone(),
        signatures: program
            .signatures
            .iter()
            .map(|signature| SignatureData {
                params: signature.params.to_vec(),
                result: signature.result,
            })
            .collect(),
        shapes: program
            .shapes
            .iter()
            .map(|shape| ShapeData {
                name: shape.name.to_string(),
                kind: shape.kind,
                union: shape.union,
                cyclic: shape.cyclic,
                fields: shape
                    .fields
                    .iter()
                    .map(|field| FieldData {
                        name: field.name.to_string(),
                        rep: field.rep,
                        ty: field.ty,
                    })
                    .collect(),
            })
            .collect(),
        functions: program
            .functions
            .iter()
            .map(|function| FunctionData {
                name: function.name.to_string(),
                // The closure itself is not among the arguments.
                arity: function.params.len() as u32 - u32::from(function.captures.is_some()),
                captures: function.captures.map_or(u32::MAX, |shape| shape.0),
                signature: function.signature,
            })
            .chain(program.inlined_names.iter().map(|name| FunctionData {
                name: name.to_string(),
                arity: 0,
                captures: u32::MAX,
                signature: NO_TYPE,
            }))
            .collect(),
        sites: sites.table,
        globals: program.globals.iter().map(|global| global.ty.rep()).collect(),
        strings: program.strings.iter().map(|text| text.to_string()).collect(),
    }
}
