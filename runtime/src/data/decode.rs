//! From serde's data model to words: what JSON or YAML holds becomes a value of a type of the program, without a tree
//! between. Ints become floats where a float is wanted, and floats without a fraction ints; everything else **must** be
//! what the type says. Fields that a struct does not have are passed over.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use mochi_abi::layout::{Context, List, Map, Rep, any};
use mochi_abi::program::{NO_TYPE, Shape, TypeInfo, TypeKind};
use mochi_abi::trap::TrapKind;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::any::any_from_int;
use crate::big::any_parse_big;
use crate::cast::{cast, convert_word, type_info, type_rep, watch};
use crate::context::{ContextFields, text};
use crate::data::{in_option, json, type_words};
use crate::equality::float_as_int;
use crate::list::{push_own, with_capacity};
use crate::map::{map_new, map_set};
use crate::memory::Held;
use crate::object::Object;
use crate::record::{record_new, record_set};
use crate::str;

/// What is the same for all parts of a value.
pub(crate) struct Job {
    context: *mut Context,
    /// Text is asked for where text is wanted: in YAML `12` could be either.
    pub(crate) asks: bool,
    /// Where in the value we are; after an error, where it is.
    path: RefCell<String>,
}

impl Job {
    pub(crate) fn new(context: *mut Context, asks: bool) -> Job {
        Job { context, asks, path: RefCell::default() }
    }

    pub(crate) fn context(&self) -> *mut Context {
        self.context
    }

    /// The field that an error is in, for its message.
    pub(crate) fn place(&self) -> Option<String> {
        /// A message shows no more of it.
        const SHOWN: usize = 60;
        let path = self.path.borrow();
        let path = path.trim_start_matches('.');
        match path.char_indices().nth(SHOWN) {
            Some((end, _)) => Some(format!("{}…", &path[..end])),
            None if path.is_empty() => None,
            None => Some(path.to_owned()),
        }
    }

    /// Decodes a part of the value; its step stays in the path when that fails.
    fn within<T, E>(
        &self,
        step: fmt::Arguments,
        decode: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let before = self.path.borrow().len();
        let _ = fmt::Write::write_fmt(&mut *self.path.borrow_mut(), step);
        let decoded = decode()?;
        self.path.borrow_mut().truncate(before);
        Ok(decoded)
    }

    fn held(&self, word: u64, rep: Rep) -> Held {
        Held::new(self.context, word, rep)
    }

    /// The trap in flight as the error that it is a reason for.
    fn trap<E: Error>(&self) -> E {
        E::custom(refusal(self.context).unwrap_or_default())
    }
}

/// Takes the trap of a cast that was refused, as its message; every other trap stays.
pub(crate) fn refusal(context: *mut Context) -> Option<String> {
    let refused = [TrapKind::Cast, TrapKind::NoneValue].map(|kind| kind as u32);
    if !refused.contains(&context.fields().trap) {
        return None;
    }
    crate::trap::take_report(context).map(|report| report.message)
}

/// Decodes a value of the type with this number; without a type, whatever there is.
#[derive(Clone, Copy)]
pub(crate) struct Decode<'j> {
    pub(crate) job: &'j Job,
    pub(crate) ty: u32,
}

impl<'j> Decode<'j> {
    fn of(self, ty: u32) -> Decode<'j> {
        Decode { job: self.job, ty }
    }

    fn info(self) -> TypeInfo {
        let any = TypeInfo { kind: TypeKind::Any, a: 0, b: 0 };
        type_info(self.job.context, self.ty).unwrap_or(any)
    }

    fn rep(self) -> Rep {
        if self.ty == NO_TYPE { Rep::Any } else { type_rep(self.job.context, self.ty) }
    }

    fn mismatch<E: Error>(self, found: impl fmt::Display) -> E {
        let wanted = type_words(self.job.context, self.ty);
        E::custom(format_args!("expected {wanted}, found {found}"))
    }

    /// A word with the rep of this type.
    fn word<E: Error>(self, word: u64) -> Result<Held, E> {
        if self.job.context.trapped() {
            return Err(self.job.trap());
        }
        Ok(self.job.held(word, self.rep()))
    }

    /// The value that is there as what `T?` has in it.
    fn some<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Held, D::Error> {
        let (inner, rep) = in_option(self.job.context, self.ty);
        let value = self.of(inner).deserialize(deserializer)?;
        if rep == self.rep() {
            return Ok(value);
        }
        match convert_word(self.job.context, value.word(), rep, self.rep()) {
            Some(word) => self.word(word),
            None => Err(self.job.trap()),
        }
    }

    /// Whatever there is, and then cast to the type.
    fn by_cast<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Held, D::Error> {
        let value = self.of(NO_TYPE).deserialize(deserializer)?;
        match cast(self.job.context, value.word(), self.ty, self.rep()) {
            Some(word) => self.word(word),
            None => Err(self.job.trap()),
        }
    }

    /// A number of any size, by its text.
    fn big<'de, D: Deserializer<'de>>(
        self,
        fraction: bool,
        deserializer: D,
    ) -> Result<Held, D::Error> {
        let text = if self.job.asks {
            Cow::Owned(Name.deserialize(deserializer)?)
        } else {
            let raw = <&RawValue>::deserialize(deserializer)?.get();
            serde_json::from_str(raw).map_or(Cow::Borrowed(raw), Cow::Owned)
        };
        let string = str::new(self.job.context, &text);
        let string = self.job.held(string.word(), Rep::Ref);
        let number = any_parse_big(self.job.context, string.word(), u64::from(fraction));
        self.word(number.word())
    }

    /// A variant, of which `__name` says which one it is, as `save` writes it. In JSON it may stand anywhere.
    fn union<'de, A: MapAccess<'de>>(self, union: u32, mut map: A) -> Result<Held, A::Error> {
        let context = self.job.context;
        let mut early = Vec::new();
        loop {
            match map.next_key_seed(Name)? {
                Some(name) if name == VARIANT_NAME => break,
                Some(_) if self.job.asks => {
                    return Err(self.mismatch("a map that does not begin with `__name`"));
                }
                Some(name) => early.push((name, map.next_value::<Box<RawValue>>()?)),
                None => return Err(self.mismatch("a map without `__name`")),
            }
        }
        let shape = self.job.within(format_args!(".{VARIANT_NAME}"), || {
            let name = map.next_value_seed(Name)?;
            match variant(context, union, &name) {
                Some(shape) => Ok(shape),
                None => Err(self.mismatch(format_args!("{:?}", Short(&name)))),
            }
        });
        self.fields(shape?, early, map)
    }

    fn record<'de, A: MapAccess<'de>>(self, shape: u32, map: A) -> Result<Held, A::Error> {
        self.fields(shape, Vec::new(), map)
    }

    /// A record of a shape; the texts of its first fields may have been read already.
    fn fields<'de, A: MapAccess<'de>>(
        self,
        shape: u32,
        early: Vec<(String, Box<RawValue>)>,
        mut map: A,
    ) -> Result<Held, A::Error> {
        let context = self.job.context;
        let fields = context.shape_fields(shape);
        let record = record_new(context, i64::from(shape));
        let held = self.word(record.word())?;
        let mut seen = vec![false; fields.len()];
        let mut next = 0;
        for (name, json) in early {
            let named = fields.iter().position(|field| text(field.name) == name);
            let Some(i) = named else { continue };
            let value = self.job.within(format_args!(".{name}"), || {
                let mut json = serde_json::Deserializer::from_str(json.get());
                let value = self.of(fields[i].ty).deserialize(&mut json);
                value.map_err(|error| A::Error::custom(json::message(&error)))
            })?;
            record_set(context, record, i as i64, value.take());
            seen[i] = true;
        }
        while let Some(field) = map.next_key_seed(FieldName { context, shape, next })? {
            let Some(i) = field else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let (name, ty) = (text(fields[i].name), fields[i].ty);
            let value =
                self.job.within(format_args!(".{name}"), || map.next_value_seed(self.of(ty)))?;
            record_set(context, record, i as i64, value.take());
            seen[i] = true;
            next = i + 1;
        }
        for (field, seen) in fields.iter().zip(seen) {
            if !seen && !is_optional(context, field.ty) {
                return Err(missing(context, shape, text(field.name)));
            }
        }
        Ok(held)
    }

    fn map<'de, A: MapAccess<'de>>(
        self,
        key: u32,
        item: u32,
        mut entries: A,
    ) -> Result<Held, A::Error> {
        let context = self.job.context;
        let (key, item) = (self.of(key), self.of(item));
        let map: *mut Map = map_new(context, key.rep() as i64, item.rep() as i64, 0);
        watch(context, map.header(), item.ty);
        let held = self.word(map.word())?;
        while let Some((name, word)) = entries.next_key_seed(Key(key))? {
            let value =
                self.job.within(format_args!(".{name}"), || entries.next_value_seed(item))?;
            map_set(context, map, word.take(), value.take());
            if context.trapped() {
                return Err(self.job.trap());
            }
        }
        Ok(held)
    }
}

/// What the field is called that says which variant of a union it is.
pub(crate) const VARIANT_NAME: &str = "__name";

/// The shape of a union's variant with this name.
pub(crate) fn variant(context: *mut Context, union: u32, name: &str) -> Option<u32> {
    let is_it = |shape: &Shape| shape.union == union && text(shape.name) == name;
    context.shapes().iter().position(is_it).map(|shape| shape as u32)
}

/// Whether a field that is not there is none.
pub(crate) fn is_optional(context: *mut Context, ty: u32) -> bool {
    type_info(context, ty).is_some_and(|info| matches!(info.kind, TypeKind::Any | TypeKind::Option))
}

fn missing<E: Error>(context: *mut Context, shape: u32, field: &str) -> E {
    match text(context.shape(shape).name) {
        "" => E::custom(format_args!("the field `{field}` is missing")),
        name => E::custom(format_args!("the field `{field}` of {name} is missing")),
    }
}

impl<'de> DeserializeSeed<'de> for Decode<'_> {
    type Value = Held;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Held, D::Error> {
        if crate::trap::stack_is_short(self.job.context) {
            return Err(self.job.trap());
        }
        match self.info().kind {
            TypeKind::Option => deserializer.deserialize_option(self),
            TypeKind::Str if self.job.asks => deserializer.deserialize_str(self),
            TypeKind::BigInt => self.big(false, deserializer),
            TypeKind::BigRat => self.big(true, deserializer),
            TypeKind::Function => self.by_cast(deserializer),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Decode<'_> {
    type Value = Held;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(&type_words(self.job.context, self.ty))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Held, E> {
        match self.info().kind {
            TypeKind::Bool => self.word(u64::from(value)),
            TypeKind::Any => self.word(any::from_bool(value)),
            _ => Err(self.mismatch(value)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Held, E> {
        match self.info().kind {
            TypeKind::Int => self.word(value as u64),
            TypeKind::Float => self.word((value as f64).to_bits()),
            TypeKind::Any => self.word(any_from_int(self.job.context, value)),
            _ => Err(self.mismatch(value)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Held, E> {
        match (i64::try_from(value), self.info().kind) {
            (Ok(value), _) => self.visit_i64(value),
            (Err(_), TypeKind::Int) => {
                Err(E::custom(format_args!("{value} does not fit in an int of 64 bits")))
            }
            (Err(_), _) => self.visit_f64(value as f64),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Held, E> {
        match self.info().kind {
            TypeKind::Float => self.word(value.to_bits()),
            TypeKind::Any => self.word(any::from_float(value)),
            TypeKind::Int => match float_as_int(value) {
                Some(int) => self.word(int as u64),
                None => Err(self.mismatch(value)),
            },
            _ => Err(self.mismatch(value)),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Held, E> {
        match self.info().kind {
            TypeKind::Str | TypeKind::Any => self.word(str::new(self.job.context, value).word()),
            _ => Err(self.mismatch(format_args!("{:?}", Short(value)))),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Held, E> {
        match self.info().kind {
            TypeKind::Any | TypeKind::Option | TypeKind::Unit => self.word(any::NONE),
            _ => Err(self.mismatch("null")),
        }
    }

    fn visit_none<E: Error>(self) -> Result<Held, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Held, D::Error> {
        match self.info().kind {
            TypeKind::Option => self.some(deserializer),
            _ => self.deserialize(deserializer),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Held, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Held, A::Error> {
        let info = self.info();
        let item = match info.kind {
            TypeKind::List => self.of(info.a),
            TypeKind::Any => self.of(NO_TYPE),
            _ => return Err(self.mismatch("a list")),
        };
        let list: *mut List = with_capacity(self.job.context, item.rep(), 0);
        watch(self.job.context, list.header(), item.ty);
        let held = self.word(list.word())?;
        let mut i = 0;
        while let Some(value) =
            self.job.within(format_args!("[{i}]"), || items.next_element_seed(item))?
        {
            push_own(self.job.context, list, value.take());
            i += 1;
        }
        if self.job.context.trapped() { Err(self.job.trap()) } else { Ok(held) }
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Held, A::Error> {
        let info = self.info();
        match info.kind {
            TypeKind::Record => self.record(info.a, entries),
            TypeKind::Union => self.union(info.a, entries),
            TypeKind::Map => self.map(info.a, info.b, entries),
            TypeKind::Any => {
                let context = self.job.context;
                let map: *mut Map = map_new(context, Rep::Ref as i64, Rep::Any as i64, 0);
                watch(context, map.header(), NO_TYPE);
                let held = self.word(map.word())?;
                let mut entries = entries;
                while let Some(name) = entries.next_key_seed(Name)? {
                    let item = self.of(NO_TYPE);
                    let value = self
                        .job
                        .within(format_args!(".{name}"), || entries.next_value_seed(item))?;
                    let key = str::new(context, &name);
                    if key.is_none() {
                        return Err(self.job.trap());
                    }
                    map_set(context, map, key.word(), value.take());
                    if context.trapped() {
                        return Err(self.job.trap());
                    }
                }
                Ok(held)
            }
            _ => Err(self.mismatch("a map")),
        }
    }
}

/// A text that a message can show.
pub(crate) struct Short<'a>(pub(crate) &'a str);

impl fmt::Debug for Short<'_> {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        const SHOWN: usize = 40;
        match self.0.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(out, "{:?}…", &self.0[..end]),
            None => write!(out, "{:?}", self.0),
        }
    }
}

// -- keys ----------------------------------------------------------------------------

/// The text of a key.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = String;
    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a name")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<String, E> {
        Ok(name.to_owned())
    }
}

/// The key of a map whose keys have a type: its text and its word.
struct Key<'j>(Decode<'j>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = (String, Held);
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let name = Name.deserialize(deserializer)?;
        let key = self.0;
        let refused = || key.mismatch::<D::Error>(format_args!("the key {:?}", Short(&name)));
        let word = match key.info().kind {
            TypeKind::Str | TypeKind::Any => str::new(key.job.context, &name).word(),
            TypeKind::Int => name.parse::<i64>().map_err(|_| refused())? as u64,
            TypeKind::Float => name.parse::<f64>().map_err(|_| refused())?.to_bits(),
            TypeKind::Bool => u64::from(name.parse::<bool>().map_err(|_| refused())?),
            _ => return Err(refused()),
        };
        let held = key.word(word)?;
        Ok((name, held))
    }
}

/// Which field of a shape a key names: mostly the one behind the last.
struct FieldName {
    context: *mut Context,
    shape: u32,
    next: usize,
}

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Option<usize>;
    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("the name of a field")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        let fields = self.context.shape_fields(self.shape);
        if fields.get(self.next).is_some_and(|field| text(field.name) == name) {
            return Ok(Some(self.next));
        }
        Ok(fields.iter().position(|field| text(field.name) == name))
    }
}
