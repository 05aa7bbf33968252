//! From `any` to a type: checks what a value is, widens numbers, and converts containers whose items have another rep.
//!
//! A container that already has the wanted type is the result itself, so that changes to it are seen by all who have it;
//! only where an item must change its form is the result a copy.

use mochi_abi::layout::{Context, Header, Kind, List, Map, Record, Rep, any};
use mochi_abi::program::{ShapeKind, TypeInfo, TypeKind};
use mochi_abi::trap::TrapKind;

use crate::any::any_from_int;
use crate::big;
use crate::context::{ContextFields, text};
use crate::cycles::ref_watch;
use crate::equality::float_as_int;
use crate::list::{list_convert, push_own, with_capacity};
use crate::map::{entry, find_value, map_convert, map_new, map_set, places};
use crate::memory::{drop_object, drop_word, dup, dup_word};
use crate::object::{ListFields, MapFields, Object, Words, closure_function, read_word};
use crate::record::{record_new, record_set};
use crate::trap::{raise_kind, raise_message, stack_is_short};
use crate::words::Value;
use crate::{float_text, str};

/// What a value is, in the words of messages: a struct by its name.
pub(crate) fn describe(context: *mut Context, value: Value) -> String {
    if let Value::Record(record) = value {
        let name = text(context.shape(record.detail()).name);
        if !name.is_empty() {
            return format!("`{name}`");
        }
    }
    value.type_name().to_owned()
}

/// Raises that a value is not what it must be. None stands apart: a value was expected.
#[cold]
pub(crate) fn mismatch(context: *mut Context, wanted: &str, value: Value) {
    if matches!(value, Value::None) {
        return raise_kind(context, TrapKind::NoneValue);
    }
    let found = describe(context, value);
    raise_message(context, TrapKind::Cast, format!("expected {wanted}, found {found}"));
}

// -- by rep --------------------------------------------------------------------------

/// A borrowed word of one rep as an owned word of another; none and a trap when it cannot be.
pub(crate) fn convert_word(context: *mut Context, word: u64, from: Rep, to: Rep) -> Option<u64> {
    if from == to {
        dup_word(word, from);
        return Some(word);
    }
    let value = Value::of(word, from);
    match to {
        Rep::Any => match value {
            Value::Int(int) => Some(any_from_int(context, int)).filter(|_| !context.trapped()),
            Value::Float(float) => Some(any::from_float(float)),
            Value::Bool(bool) => Some(any::from_bool(bool)),
            _ => {
                dup_word(word, from);
                Some(word)
            }
        },
        Rep::I64 => int(context, value).map(|int| int as u64),
        Rep::F64 => float(context, value).map(f64::to_bits),
        Rep::Bool => bool(context, value).map(u64::from),
        Rep::Ref => {
            if matches!(value, Value::None) {
                return Some(0);
            }
            if !any::is_ref(word) || matches!(value, Value::Int(_)) {
                mismatch(context, "a string, container, struct or function", value);
                return None;
            }
            dup_word(word, Rep::Ref);
            Some(word)
        }
    }
}

fn int(context: *mut Context, value: Value) -> Option<i64> {
    match value {
        Value::Int(int) => Some(int),
        // Data from outside has all its numbers as floats.
        Value::Float(float) if float_as_int(float).is_some() => float_as_int(float),
        Value::BigInt(_) => big::int(context, value).filter(|_| !context.trapped()),
        other => {
            mismatch(context, "int", other);
            None
        }
    }
}

fn float(context: *mut Context, value: Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(int as f64),
        Value::Float(float) => Some(float),
        Value::BigInt(_) | Value::BigRat(_) => big::float(value),
        other => {
            mismatch(context, "float", other);
            None
        }
    }
}

fn bool(context: *mut Context, value: Value) -> Option<bool> {
    match value {
        Value::Bool(bool) => Some(bool),
        other => {
            mismatch(context, "bool", other);
            None
        }
    }
}

pub(crate) fn any_to_int(context: *mut Context, value: u64) -> i64 {
    match Value::of_any(value) {
        Value::Int(int) => int,
        number @ Value::BigInt(_) => big::int(context, number).unwrap_or(0),
        other => {
            mismatch(context, "int", other);
            0
        }
    }
}

pub(crate) fn any_to_float(context: *mut Context, value: u64) -> f64 {
    float(context, Value::of_any(value)).unwrap_or(0.0)
}

pub(crate) fn any_to_bool(context: *mut Context, value: u64) -> u64 {
    bool(context, Value::of_any(value)).map_or(0, u64::from)
}

pub(crate) fn any_shape(_: *mut Context, value: u64) -> i64 {
    match Value::of_any(value) {
        Value::Record(record) => i64::from(record.detail()),
        _ => -1,
    }
}

pub(crate) fn any_parse_int(context: *mut Context, value: u64) -> i64 {
    match Value::of_any(value) {
        Value::Int(int) => int,
        Value::Float(float) => float_as_int(float.trunc()).unwrap_or_else(|| {
            raise_message(
                context,
                TrapKind::FloatToInt,
                float_text::alone(float).as_str().to_owned(),
            );
            0
        }),
        Value::Bool(bool) => i64::from(bool),
        Value::Str(string) => str::str_to_int(context, string),
        number @ (Value::BigInt(_) | Value::BigRat(_)) => big::int(context, number).unwrap_or(0),
        other => {
            mismatch(context, "int", other);
            0
        }
    }
}

pub(crate) fn any_parse_float(context: *mut Context, value: u64) -> f64 {
    match Value::of_any(value) {
        Value::Int(int) => int as f64,
        Value::Float(float) => float,
        Value::Bool(bool) => f64::from(u8::from(bool)),
        Value::Str(string) => str::str_to_float(context, string),
        number @ (Value::BigInt(_) | Value::BigRat(_)) => big::float(number).unwrap_or(0.0),
        other => {
            mismatch(context, "float", other);
            0.0
        }
    }
}

pub(crate) fn any_to_ref(context: *mut Context, value: u64, kind: i64) -> *mut Header {
    let wanted = Kind::ALL[kind as usize];
    let object = value as *mut Header;
    // Numbers of any size have one type in the IR.
    let number = wanted == Kind::BigInt && Value::of_any(value).is_big();
    if any::is_ref(value) && (object.kind() == wanted || number) {
        dup(object);
        return object;
    }
    let wanted = match wanted {
        Kind::Str => "string",
        Kind::List => "list",
        Kind::Map => "map",
        Kind::Record => "struct",
        Kind::Closure => "function",
        Kind::BigInt => "bigint",
        Kind::BigRat => "bigrat",
        Kind::BoxedInt => "int",
        Kind::Rows => "rows",
    };
    mismatch(context, wanted, Value::of_any(value));
    std::ptr::null_mut()
}

pub(crate) fn any_to_list(context: *mut Context, value: u64, rep: i64) -> *mut List {
    match Value::of_any(value) {
        Value::List(list) if list.rep() as i64 == rep => {
            dup(list.header());
            list
        }
        Value::List(list) => list_convert(context, list, rep),
        other => {
            mismatch(context, "list", other);
            std::ptr::null_mut()
        }
    }
}

pub(crate) fn any_to_map(context: *mut Context, value: u64, key: i64, item: i64) -> *mut Map {
    match Value::of_any(value) {
        Value::Map(map) if map.key_rep() as i64 == key && map.item_rep() as i64 == item => {
            dup(map.header());
            map
        }
        Value::Map(map) => map_convert(context, map, key, item),
        other => {
            mismatch(context, "map", other);
            std::ptr::null_mut()
        }
    }
}

// -- by type -------------------------------------------------------------------------

pub(crate) fn type_info(context: *mut Context, ty: u32) -> Option<TypeInfo> {
    context.types().get(ty as usize).copied()
}

/// The rep of a type's words.
pub(crate) fn type_rep(context: *mut Context, ty: u32) -> Rep {
    let Some(info) = type_info(context, ty) else { return Rep::Any };
    match info.kind {
        TypeKind::Any | TypeKind::Unit => Rep::Any,
        TypeKind::Int => Rep::I64,
        TypeKind::Float => Rep::F64,
        TypeKind::Bool => Rep::Bool,
        TypeKind::Option => match type_rep(context, info.a) {
            Rep::Ref => Rep::Ref,
            Rep::I64 | Rep::F64 | Rep::Bool | Rep::Any => Rep::Any,
        },
        TypeKind::Str
        | TypeKind::BigInt
        | TypeKind::BigRat
        | TypeKind::List
        | TypeKind::Map
        | TypeKind::Record
        | TypeKind::Union
        | TypeKind::Function => Rep::Ref,
    }
}

pub(crate) fn any_to_type(context: *mut Context, value: u64, ty: i64) -> u64 {
    let ty = ty as u32;
    cast(context, value, ty, type_rep(context, ty)).unwrap_or(0)
}

pub(crate) fn any_to_record(context: *mut Context, value: u64, shape: i64) -> *mut Record {
    to_record(context, Value::of_any(value), shape as u32)
        .map_or(std::ptr::null_mut(), |word| word as *mut Record)
}

pub(crate) fn any_to_union(context: *mut Context, value: u64, union: i64) -> *mut Record {
    to_union(context, Value::of_any(value), union as u32)
        .map_or(std::ptr::null_mut(), |word| word as *mut Record)
}

/// A borrowed any as an owned word of a type, which has this rep; none and a trap when it is no value of the type.
pub(crate) fn cast(context: *mut Context, word: u64, ty: u32, rep: Rep) -> Option<u64> {
    let value = Value::of_any(word);
    let Some(info) = type_info(context, ty) else {
        // Without a type an object could be any object; only what needs no check passes.
        if rep == Rep::Ref && !matches!(value, Value::None) {
            mismatch(context, "a value of a type that is known here", value);
            return None;
        }
        return convert_word(context, word, Rep::Any, rep);
    };
    if stack_is_short(context) {
        return None;
    }
    match info.kind {
        TypeKind::Any | TypeKind::Unit => convert_word(context, word, Rep::Any, Rep::Any),
        TypeKind::Int | TypeKind::Float | TypeKind::Bool => {
            convert_word(context, word, Rep::Any, rep)
        }
        TypeKind::Str => to_str(context, value),
        TypeKind::BigInt => to_big(context, value, false),
        TypeKind::BigRat => to_big(context, value, true),
        TypeKind::List => to_list(context, value, info),
        TypeKind::Map => to_map(context, value, info),
        TypeKind::Record => to_record(context, value, info.a),
        TypeKind::Union => to_union(context, value, info.a),
        TypeKind::Function => to_function(context, value, info.a),
        TypeKind::Option if matches!(value, Value::None) => Some(any::NONE),
        TypeKind::Option => {
            let inner_rep = type_rep(context, info.a);
            let inner = cast(context, word, info.a, inner_rep)?;
            if inner_rep.is_counted() {
                return Some(inner);
            }
            convert_word(context, inner, inner_rep, Rep::Any)
        }
    }
}

/// Whether a word of some rep is a value of a type, with the type's own rep at every depth.
fn is_of_type(context: *mut Context, word: u64, rep: Rep, ty: u32) -> bool {
    let Some(info) = type_info(context, ty) else { return false };
    if rep != type_rep(context, ty) || stack_is_short(context) {
        return false;
    }
    match (info.kind, Value::of(word, rep)) {
        (TypeKind::Any | TypeKind::Unit | TypeKind::Int | TypeKind::Float | TypeKind::Bool, _) => {
            true
        }
        (TypeKind::Str, Value::Str(_))
        | (TypeKind::BigInt, Value::BigInt(_))
        | (TypeKind::BigRat, Value::BigRat(_))
        | (TypeKind::Option, Value::None) => true,
        (TypeKind::Option, value) => {
            match (type_info(context, info.a).map(|inner| inner.kind), value) {
                (Some(TypeKind::Any), _) | (Some(TypeKind::Int), Value::Int(_)) => true,
                (Some(TypeKind::Float), Value::Float(_))
                | (Some(TypeKind::Bool), Value::Bool(_)) => true,
                _ => rep == Rep::Ref && is_of_type(context, word, rep, info.a),
            }
        }
        (TypeKind::List, Value::List(list)) => has_type(context, list, info.a),
        (TypeKind::Map, Value::Map(map)) => has_types(context, map, info),
        (TypeKind::Record, Value::Record(record)) => record.detail() == info.a,
        (TypeKind::Union, Value::Record(record)) => context.shape(record.detail()).union == info.a,
        (TypeKind::Function, Value::Closure(closure)) => {
            context.functions()[closure_function(closure)].signature == info.a
        }
        _ => false,
    }
}

/// Whether what a container with this rep holds can only be of the type.
fn rep_says_all(context: *mut Context, rep: Rep, ty: u32) -> bool {
    rep == type_rep(context, ty)
        && (rep != Rep::Ref && rep != Rep::Any
            || type_info(context, ty).is_some_and(|info| info.kind == TypeKind::Any))
}

fn has_type(context: *mut Context, list: *mut List, item: u32) -> bool {
    let rep = list.rep();
    rep_says_all(context, rep, item)
        || (rep == type_rep(context, item)
            && (0..list.len()).all(|i| is_of_type(context, list.get(i), rep, item)))
}

fn has_types(context: *mut Context, map: *mut Map, info: TypeInfo) -> bool {
    let (key_rep, item_rep) = (map.key_rep(), map.item_rep());
    if key_rep != type_rep(context, info.a) || item_rep != type_rep(context, info.b) {
        return false;
    }
    (rep_says_all(context, key_rep, info.a) && rep_says_all(context, item_rep, info.b))
        || places(map).all(|place| {
            let (key, item) = entry(map, place);
            is_of_type(context, key, key_rep, info.a) && is_of_type(context, item, item_rep, info.b)
        })
}

/// Makes the cycle collector watch a new container of items of this type, if there is reason to.
pub(crate) fn watch(context: *mut Context, container: *mut Header, item: u32) {
    if is_cyclic(context, item) {
        ref_watch(context, container);
    }
}

/// Whether values of a type can be part of a circle of references, as far as is known here.
fn is_cyclic(context: *mut Context, mut ty: u32) -> bool {
    while let Some(info) = type_info(context, ty) {
        match info.kind {
            TypeKind::List | TypeKind::Option => ty = info.a,
            TypeKind::Map => ty = info.b,
            TypeKind::Record => return context.shape(info.a).cyclic,
            TypeKind::Any | TypeKind::Union | TypeKind::Function => return true,
            TypeKind::Unit
            | TypeKind::Int
            | TypeKind::Float
            | TypeKind::Bool
            | TypeKind::Str
            | TypeKind::BigInt
            | TypeKind::BigRat => return false,
        }
    }
    // What has no type is an any.
    true
}

fn to_str(context: *mut Context, value: Value) -> Option<u64> {
    let Value::Str(string) = value else {
        mismatch(context, "string", value);
        return None;
    };
    dup(string.header());
    Some(string.word())
}

/// A number of any size: itself, or a narrower number widened.
fn to_big(context: *mut Context, value: Value, fraction: bool) -> Option<u64> {
    match big::as_kind(context, value, fraction) {
        Some(number) => (!context.trapped()).then(|| number.word()),
        None => {
            mismatch(context, if fraction { "bigrat" } else { "bigint" }, value);
            None
        }
    }
}

/// Converts a word of some rep to a type: through any.
fn cast_word(context: *mut Context, word: u64, rep: Rep, ty: u32) -> Option<u64> {
    let boxed = convert_word(context, word, rep, Rep::Any)?;
    let result = cast(context, boxed, ty, type_rep(context, ty));
    drop_word(context, boxed, Rep::Any);
    result
}

fn to_list(context: *mut Context, value: Value, info: TypeInfo) -> Option<u64> {
    let Value::List(list) = value else {
        mismatch(context, "list", value);
        return None;
    };
    if has_type(context, list, info.a) {
        dup(list.header());
        return Some(list.word());
    }
    let result = with_capacity(context, type_rep(context, info.a), list.len());
    if result.is_none() {
        return None;
    }
    watch(context, result.header(), info.a);
    for i in 0..list.len() {
        match cast_word(context, list.get(i), list.rep(), info.a) {
            Some(word) => push_own(context, result, word),
            None => {
                drop_object(context, result.header());
                return None;
            }
        }
    }
    (!context.trapped()).then(|| result.word())
}

fn to_map(context: *mut Context, value: Value, info: TypeInfo) -> Option<u64> {
    let Value::Map(map) = value else {
        mismatch(context, "map", value);
        return None;
    };
    if has_types(context, map, info) {
        dup(map.header());
        return Some(map.word());
    }
    let (key_rep, item_rep) = (type_rep(context, info.a), type_rep(context, info.b));
    let result = map_new(context, key_rep as i64, item_rep as i64, map.entries() as i64);
    if result.is_none() {
        return None;
    }
    watch(context, result.header(), info.b);
    for place in places(map) {
        let (key, item) = entry(map, place);
        let Some(key) = cast_word(context, key, map.key_rep(), info.a) else { break };
        match cast_word(context, item, map.item_rep(), info.b) {
            Some(item) => map_set(context, result, key, item),
            None => drop_word(context, key, key_rep),
        }
        if context.trapped() {
            break;
        }
    }
    if context.trapped() {
        drop_object(context, result.header());
        return None;
    }
    Some(result.word())
}

/// A record of the shape as it is; one of another shape or a map by the fields' names.
fn to_record(context: *mut Context, value: Value, shape: u32) -> Option<u64> {
    match value {
        Value::Record(record) if record.detail() == shape => {
            dup(record.header());
            return Some(record.word());
        }
        Value::Record(_) | Value::Map(_) if context.shape(shape).kind != ShapeKind::Agent => {}
        other => {
            let wanted = format!("`{}`", text(context.shape(shape).name));
            mismatch(context, &wanted, other);
            return None;
        }
    }
    let result = record_new(context, i64::from(shape));
    if result.is_none() {
        return None;
    }
    for (i, field) in context.shape_fields(shape).iter().enumerate() {
        let name = str::new(context, text(field.name));
        let found = named(context, value, name);
        drop_object(context, name.header());
        let word = match found {
            Some((word, rep)) => {
                let boxed = convert_word(context, word, rep, Rep::Any);
                let word = boxed.and_then(|boxed| cast(context, boxed, field.ty, field.rep));
                drop_word(context, boxed.unwrap_or(any::NONE), Rep::Any);
                word
            }
            None => absent(context, shape, field.ty, text(field.name)),
        };
        match word {
            Some(word) => record_set(context, result, i as i64, word),
            None => {
                drop_object(context, result.header());
                return None;
            }
        }
    }
    Some(result.word())
}

/// The word that a record or map has under a name.
fn named(
    context: *mut Context,
    value: Value,
    name: *mut mochi_abi::layout::Str,
) -> Option<(u64, Rep)> {
    match value {
        Value::Record(record) => {
            let i = crate::record::field_named(context, record, name)?;
            Some((read_word(record.words(), i), context.shape_fields(record.detail())[i].rep))
        }
        Value::Map(map) => find_value(context, map, Value::Str(name))
            .map(|place| (entry(map, place).1, map.item_rep())),
        _ => None,
    }
}

/// What stands for a field that is not there: none, where the type has one.
fn absent(context: *mut Context, shape: u32, ty: u32, field: &str) -> Option<u64> {
    if type_info(context, ty)
        .is_some_and(|info| matches!(info.kind, TypeKind::Any | TypeKind::Option))
    {
        return Some(any::NONE);
    }
    let name = text(context.shape(shape).name);
    raise_message(
        context,
        TrapKind::Cast,
        format!("a value for the field `{field}` of `{name}` is missing"),
    );
    None
}

fn to_union(context: *mut Context, value: Value, union: u32) -> Option<u64> {
    if let Value::Record(record) = value
        && context.shape(record.detail()).union == union
    {
        dup(record.header());
        return Some(record.word());
    }
    let variants = context
        .shapes()
        .iter()
        .filter(|shape| shape.union == union)
        .map(|shape| format!("`{}`", text(shape.name)));
    let wanted = variants.collect::<Vec<_>>().join(" or ");
    mismatch(context, &wanted, value);
    None
}

fn to_function(context: *mut Context, value: Value, signature: u32) -> Option<u64> {
    match value {
        Value::Closure(closure)
            if context.functions()[closure_function(closure)].signature == signature =>
        {
            dup(closure.header());
            Some(closure.word())
        }
        Value::Closure(_) => {
            raise_message(
                context,
                TrapKind::Cast,
                "this function takes or returns other types than it is needed to here",
            );
            None
        }
        other => {
            mismatch(context, "function", other);
            None
        }
    }
}
