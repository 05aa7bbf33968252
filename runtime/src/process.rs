//! The program as a process: what it was started with, how it ends, files that it reads as a whole.

use std::path::Path;

use mochi_abi::layout::{Context, List, Rep, Str};
use mochi_abi::trap::TrapKind;

use crate::context::{ContextFields, text};
use crate::object::{Object, StrFields, slice};
use crate::trap::{raise_message, raise_words};
use crate::{list, str};

/// The words that the program was started with, from the one with this number on.
pub(crate) fn arguments(context: *mut Context, first: i64) -> *mut List {
    let words = list::list_new(context, Rep::Ref as i64, 0);
    if words.is_none() {
        return words;
    }
    let first = usize::try_from(first).unwrap_or(0);
    for word in context.state().arguments.clone().iter().skip(first) {
        let word = str::new(context, word);
        list::push_own(context, words, word.word());
        if context.trapped() {
            break;
        }
    }
    words
}

/// The system keeps eight bits of an exit code.
pub(crate) fn exit(context: *mut Context, code: i64) {
    raise_words(context, TrapKind::Exit, code & 0xff, 0);
}

/// A relative path that leads nowhere from the working directory is looked for beside the program's main file.
pub(crate) fn read_file(context: *mut Context, path: *mut Str) -> *mut Str {
    let name = path.text();
    let files = context.program().files;
    let beside = slice(files.items, files.len).first().and_then(|main| {
        let folder = Path::new(text(main.path)).parent()?;
        std::fs::read(folder.join(name)).ok()
    });
    match std::fs::read(name) {
        Ok(bytes) => str::new(context, &String::from_utf8_lossy(&bytes)),
        Err(_) if let Some(bytes) = beside => str::new(context, &String::from_utf8_lossy(&bytes)),
        Err(error) => {
            raise_message(context, TrapKind::Data, format!("cannot read {name}: {error}"));
            str::new(context, "")
        }
    }
}
