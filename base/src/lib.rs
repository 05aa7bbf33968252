//! What every station of the pipeline shares: places in the source, interned names, typed ids and
//! diagnostics with their only renderer. Nothing here knows the language.

#![forbid(unsafe_code)]

pub mod diagnostic;
pub mod id;
pub mod intern;
pub mod render;
pub mod source;
pub mod span;
pub mod stop;

pub use diagnostic::{Code, Diagnostic, Label, Severity};
pub use id::{Id, IndexVec};
pub use intern::{Interner, Symbol, known};
pub use render::{ColorChoice, Format, render};
pub use source::{SourceFile, Sources, line_column};
pub use span::Span;
pub use stop::{Frame, Stop};
