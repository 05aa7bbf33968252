//! A program's data as plain Rust values in, the `repr(C)` tables out that a context points to.

use mochi_abi::layout::{Rep, Str};
use mochi_abi::program::{
    FunctionInfo, ProgramInfo, Shape, ShapeField, ShapeKind, Signature, Site, Slice, SourceFile,
    Text, TypeInfo,
};

/// What a program brings along. Numbers (of shapes, functions, sites, strings, types…) are places in these lists.
#[derive(Debug, Clone, Default)]
pub struct ProgramData {
    /// The path of each file as messages show it, and where its text begins in `source`.
    pub files: Vec<(String, u32)>,
    pub source: String,
    pub types: Vec<TypeInfo>,
    pub signatures: Vec<SignatureData>,
    pub shapes: Vec<ShapeData>,
    pub functions: Vec<FunctionData>,
    pub sites: Vec<Site>,
    /// Rep of each global.
    pub globals: Vec<Rep>,
    pub strings: Vec<String>,
}

/// See [`Signature`].
#[derive(Debug, Clone)]
pub struct SignatureData {
    pub params: Vec<u32>,
    pub result: u32,
}

/// See [`Shape`].
#[derive(Debug, Clone)]
pub struct ShapeData {
    pub name: String,
    pub kind: ShapeKind,
    pub union: u32,
    pub cyclic: bool,
    pub fields: Vec<FieldData>,
}

/// See [`ShapeField`].
#[derive(Debug, Clone)]
pub struct FieldData {
    pub name: String,
    pub rep: Rep,
    pub ty: u32,
}

/// See [`FunctionInfo`].
#[derive(Debug, Clone)]
pub struct FunctionData {
    pub name: String,
    pub arity: u32,
    pub captures: u32,
    pub signature: u32,
}

/// The tables and all that they point to. Nothing here moves once it is made.
#[derive(Debug)]
pub(crate) struct Tables {
    info: Box<ProgramInfo>,
    globals: Box<[u64]>,
    strings: Box<[*mut Str]>,
    /// Owns what the tables point to.
    _backing: Backing,
}

#[derive(Debug)]
struct Backing {
    _data: Box<ProgramData>,
    _files: Box<[SourceFile]>,
    _fields: Box<[Box<[ShapeField]>]>,
    _shapes: Box<[Shape]>,
    _functions: Box<[FunctionInfo]>,
    _signatures: Box<[Signature]>,
    _texts: Box<[Text]>,
}

fn view<T>(items: &[T]) -> Slice<T> {
    Slice { items: items.as_ptr(), len: items.len() }
}

impl Tables {
    pub(crate) fn new(data: ProgramData) -> Tables {
        let data = Box::new(data);
        let field = |field: &FieldData| ShapeField {
            name: view(field.name.as_bytes()),
            rep: field.rep,
            ty: field.ty,
        };
        let fields: Box<[Box<[ShapeField]>]> =
            data.shapes.iter().map(|shape| shape.fields.iter().map(field).collect()).collect();
        let shape = |(shape, fields): (&ShapeData, &[ShapeField])| Shape {
            name: view(shape.name.as_bytes()),
            kind: shape.kind,
            union: shape.union,
            cyclic: shape.cyclic,
            fields: view(fields),
        };
        let shapes: Box<[Shape]> =
            data.shapes.iter().zip(fields.iter().map(AsRef::as_ref)).map(shape).collect();
        let function = |function: &FunctionData| FunctionInfo {
            name: view(function.name.as_bytes()),
            arity: function.arity,
            captures: function.captures,
            signature: function.signature,
        };
        let functions: Box<[FunctionInfo]> = data.functions.iter().map(function).collect();
        let signature = |signature: &SignatureData| Signature {
            params: view(&signature.params),
            result: signature.result,
        };
        let signatures: Box<[Signature]> = data.signatures.iter().map(signature).collect();
        let texts: Box<[Text]> = data.strings.iter().map(|text| view(text.as_bytes())).collect();
        let file = |(path, start): &(String, u32)| SourceFile {
            path: view(path.as_bytes()),
            start: *start as usize,
        };
        let files: Box<[SourceFile]> = data.files.iter().map(file).collect();
        let info = Box::new(ProgramInfo {
            files: view(&files),
            source: view(data.source.as_bytes()),
            types: view(&data.types),
            signatures: view(&signatures),
            shapes: view(&shapes),
            functions: view(&functions),
            sites: view(&data.sites),
            globals: view(&data.globals),
            strings: view(&texts),
        });
        let globals = vec![0; data.globals.len()].into_boxed_slice();
        let strings = vec![std::ptr::null_mut(); data.strings.len()].into_boxed_slice();
        let backing = Backing {
            _data: data,
            _files: files,
            _fields: fields,
            _shapes: shapes,
            _functions: functions,
            _signatures: signatures,
            _texts: texts,
        };
        Tables { info, globals, strings, _backing: backing }
    }

    pub(crate) fn info(&self) -> *const ProgramInfo {
        &*self.info
    }
    pub(crate) fn globals(&mut self) -> *mut u64 {
        self.globals.as_mut_ptr()
    }
    pub(crate) fn strings(&mut self) -> *mut *mut Str {
        self.strings.as_mut_ptr()
    }
}
