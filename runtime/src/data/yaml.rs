//! YAML: read whole, because an anchor can be used anywhere behind it.

use std::fmt;
use std::io::Read;
use std::vec;

use mochi_abi::layout::Context;
use mochi_abi::trap::TrapKind;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::context::ContextFields;
use crate::data::decode::{Decode, Job};
use crate::data::{DEEPEST, read_all, too_deep};
use crate::memory::{Held, out_of_memory};
use crate::rows::Reader;
use crate::rust_memory::try_reserve;
use crate::trap::raise_message;

/// So much may be made of aliases, whatever the file says.
const MOST_REPLAYED: usize = 1_000_000;

/// Rows that have been read.
pub(super) struct Rows(vec::IntoIter<Held>);

impl Reader for Rows {
    fn next(&mut self, _: *mut Context) -> Option<u64> {
        self.0.next().map(Held::take)
    }
}

/// Reads the rows of a text: the items of a list, or one value that is no list. None and a trap when that cannot be.
pub(super) fn read(
    context: *mut Context,
    name: &str,
    read: Box<dyn Read>,
    ty: u32,
) -> Option<Rows> {
    let bytes = read_all(context, name, read)?;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = &bytes[..error.valid_up_to()];
            let line = memchr::memchr_iter(b'\n', valid).count() + 1;
            raise_message(
                context,
                TrapKind::Data,
                format!("{name}, line {line}: this is not UTF-8"),
            );
            return None;
        }
    };
    if text.trim_ascii().is_empty() {
        return Some(Rows(Vec::new().into_iter()));
    }
    let job = Job::new(context, true);
    let row = std::cell::Cell::new(0);
    let decoded = serde_saphyr::with_deserializer_from_str_with_options(
        text,
        limits(text.len()),
        |deserializer| {
            deserializer.deserialize_any(Whole { each: Decode { job: &job, ty }, row: &row })
        },
    );
    let error = match decoded {
        Ok(rows) if !context.trapped() => return Some(Rows(rows.into_iter())),
        Ok(_) => return None,
        Err(error) => error,
    };
    let location = error.location();
    let message = words(&error);
    let place = match location {
        Some(place) if row.get() > 0 => {
            format!(", row {} (line {}, column {})", row.get(), place.line(), place.column())
        }
        Some(place) => format!(", line {}, column {}", place.line(), place.column()),
        None => String::new(),
    };
    let field = job.place().map_or(String::new(), |field| format!("field `{field}`: "));
    raise_message(context, TrapKind::Data, format!("{name}{place}: {field}{message}"));
    None
}

/// An error in words, without its place.
fn words(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::budget::BudgetBreach;
    match error.without_snippet() {
        serde_saphyr::Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            return too_deep();
        }
        serde_saphyr::Error::AliasError { error, .. } => return words(error),
        serde_saphyr::Error::Budget { .. } => {
            return "aliases or anchors make more of this text than can be read".to_owned();
        }
        _ => {}
    }
    let text = error.without_snippet().to_string();
    let Some(place) = error.location() else { return text };
    let place = format!(" at line {}, column {}", place.line(), place.column());
    text.replace(&place, "")
}

/// What a file may ask for: as much as it has bytes, and no deeper than other formats.
fn limits(len: usize) -> serde_saphyr::Options {
    let most = len.saturating_add(MOST_REPLAYED);
    let mut budget = serde_saphyr::Budget::default();
    budget.max_depth = DEEPEST;
    budget.max_events = most;
    budget.max_nodes = most;
    budget.max_total_scalar_bytes = most;
    budget.max_documents = 1;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.alias_limits.max_total_replayed_events = MOST_REPLAYED;
    options.strict_booleans = true;
    options.non_finite_float_policy = serde_saphyr::NonFiniteFloatPolicy::PassThrough;
    options.with_snippet = false;
    options
}

/// The whole text.
struct Whole<'j> {
    each: Decode<'j>,
    /// The row being read.
    row: &'j std::cell::Cell<u64>,
}

impl Whole<'_> {
    fn one(self, value: Held) -> Vec<Held> {
        vec![value]
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = Vec<Held>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Held>, A::Error> {
        let mut rows = Vec::new();
        self.row.set(1);
        while let Some(row) = items.next_element_seed(self.each)? {
            if rows.len() == rows.capacity() && !try_reserve(&mut rows, self.row.get() as usize) {
                out_of_memory(self.each.job.context());
                return Err(A::Error::custom("out of memory"));
            }
            rows.push(row);
            self.row.set(rows.len() as u64 + 1);
        }
        Ok(rows)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Vec<Held>, A::Error> {
        let value = self.each.deserialize(MapAccessDeserializer::new(entries))?;
        Ok(self.one(value))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Vec<Held>, E> {
        let value = self.each.visit_bool(value)?;
        Ok(self.one(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Vec<Held>, E> {
        let value = self.each.visit_i64(value)?;
        Ok(self.one(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Vec<Held>, E> {
        let value = self.each.visit_u64(value)?;
        Ok(self.one(value))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Vec<Held>, E> {
        let value = self.each.visit_f64(value)?;
        Ok(self.one(value))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Vec<Held>, E> {
        let value = self.each.visit_str(value)?;
        Ok(self.one(value))
    }
    fn visit_unit<E: Error>(self) -> Result<Vec<Held>, E> {
        // A text of comments only.
        Ok(Vec::new())
    }
}
