//! The data that a program brings along ([`ProgramInfo`](mochi_abi::program::ProgramInfo)) as C tables.

use super::literal;
use super::module::Module;
use mochi_ir::program::Program;
use mochi_runtime::ProgramData;
use std::fmt::Write;

/// The tables, and the program's structure that points to all of them.
pub(super) fn text(module: &Module, program: &Program, data: &ProgramData) -> String {
    let mut writer = Writer { module, text: String::new() };
    writer.info(data);
    let name = |what| module.name(what);
    writer.line(format_args!(
        "static const mochi_built_program {} = {{ &{}, {}, {}, {}, {}, {} }};",
        name("program"),
        name("info"),
        name("functions"),
        name("globals"),
        name("strings"),
        module.function_name(program.main),
        name("call_closure"),
    ));
    writer.text
}

struct Writer<'a> {
    module: &'a Module,
    text: String,
}

/// A text as an initialiser of a slice.
fn text_slice(text: &str) -> String {
    if text.is_empty() {
        String::from("{ 0, 0 }")
    } else {
        format!("{{ {}, {} }}", literal::string(text.as_bytes()), text.len())
    }
}

impl Writer<'_> {
    fn line(&mut self, line: std::fmt::Arguments) {
        writeln!(self.text, "{line}").expect("writing to a string does not fail");
    }

    /// An array of these items; the initialiser of a slice of it.
    fn array(&mut self, ty: &str, what: &str, items: impl Iterator<Item = String>) -> String {
        let items: Vec<String> = items.collect();
        if items.is_empty() {
            return String::from("{ 0, 0 }");
        }
        let name = self.module.name(what);
        self.line(format_args!("static const {ty} {name}[] = {{"));
        for item in &items {
            self.line(format_args!("    {item},"));
        }
        self.line(format_args!("}};"));
        format!("{{ {name}, {} }}", items.len())
    }

    fn info(&mut self, data: &ProgramData) {
        let types =
            data.types.iter().map(|ty| format!("{{ {}, {}, {} }}", ty.kind as u32, ty.a, ty.b));
        let types = self.array("mochi_type", "types", types);
        let signatures: Vec<String> = data
            .signatures
            .iter()
            .enumerate()
            .map(|(i, signature)| {
                let params = self.array(
                    "uint32_t",
                    &format!("signature{i}"),
                    signature.params.iter().map(u32::to_string),
                );
                format!("{{ {params}, {} }}", signature.result)
            })
            .collect();
        let signatures = self.array("mochi_signature", "signatures", signatures.into_iter());
        let shapes: Vec<String> = data
            .shapes
            .iter()
            .enumerate()
            .map(|(i, shape)| {
                let fields = shape.fields.iter().map(|field| {
                    format!("{{ {}, {}, {} }}", text_slice(&field.name), field.rep as u32, field.ty)
                });
                let fields = self.array("mochi_shape_field", &format!("shape{i}"), fields);
                format!(
                    "{{ {}, {}, {}, {}, {fields} }}",
                    text_slice(&shape.name),
                    shape.kind as u32,
                    shape.union,
                    u32::from(shape.cyclic)
                )
            })
            .collect();
        let shapes = self.array("mochi_shape", "shapes", shapes.into_iter());
        let functions = data.functions.iter().enumerate().map(|(i, function)| {
            // The names of functions that were not written are not needed in a call stack.
            let name = if self.module.facts.used.get(i).is_none_or(|&used| used) {
                text_slice(&function.name)
            } else {
                text_slice("")
            };
            format!(
                "{{ {name}, {}, {}, {} }}",
                function.arity, function.captures, function.signature
            )
        });
        let functions: Vec<String> = functions.collect();
        let functions = self.array("mochi_function", "function_infos", functions.into_iter());
        let sites = data.sites.iter().map(|site| {
            format!("{{ {}, {}, {}, {}u }}", site.function, site.start, site.end, site.caller)
        });
        let sites = self.array("mochi_site", "sites", sites);
        let globals = self.array(
            "uint8_t",
            "global_reps",
            data.globals.iter().map(|&rep| (rep as u32).to_string()),
        );
        let strings =
            self.array("mochi_slice", "texts", data.strings.iter().map(|text| text_slice(text)));
        let files =
            data.files.iter().map(|(path, start)| format!("{{ {}, {start} }}", text_slice(path)));
        let files = self.array("mochi_source_file", "files", files);
        let name = self.module.name("info");
        self.line(format_args!("static const mochi_program_info {name} = {{"));
        for part in [
            files,
            text_slice(&data.source),
            types,
            signatures,
            shapes,
            functions,
            sites,
            globals,
            strings,
        ] {
            self.line(format_args!("    {part},"));
        }
        self.line(format_args!("}};"));
    }
}
