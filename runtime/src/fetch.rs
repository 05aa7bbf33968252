//! `fetch`: an address in, the answer as a value of the type that is wanted out. Servers are asked through
//! [`crate::http`]; an address that begins with `file://`, or with nothing of that kind, names a file.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use mochi_abi::layout::{Context, Str};
use mochi_abi::program::TypeKind;
use mochi_abi::trap::TrapKind;

use crate::cast::type_info;
use crate::context::ContextFields;
use crate::data::encode::json_text;
use crate::data::{json, reason, settings};
use crate::format::{Style, write_value};
use crate::http::{self, LONGEST_BODY, Request, USUAL_TIMEOUT, decode, encode};
use crate::object::{Object, StrFields};
use crate::str;
use crate::text::Text;
use crate::trap::raise_message;
use crate::words::Value;

/// Why there is no answer.
enum Failure {
    /// An option is wrong.
    Option(String),
    Answer(String),
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure::Answer(message)
    }
}

pub(crate) fn fetch(context: *mut Context, url: *mut Str, ty: i64, options: u64) -> u64 {
    let address = url.text();
    // What was printed is seen before somebody waits.
    crate::output::flush(context);
    match answer(context, address, ty as u32, options) {
        Ok(word) => word,
        Err(Failure::Option(message)) => {
            raise_message(context, TrapKind::Argument, message);
            0
        }
        Err(Failure::Answer(message)) => {
            raise_message(context, TrapKind::Data, format!("cannot fetch {address}: {message}"));
            0
        }
    }
}

fn answer(context: *mut Context, url: &str, ty: u32, options: u64) -> Result<u64, Failure> {
    let mut request = Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
        timeout: USUAL_TIMEOUT,
    };
    fill(context, &mut request, options).map_err(Failure::Option)?;
    let body = match url.split_once("://") {
        None => read(PathBuf::from(url))?,
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => {
            let path = rest.strip_prefix("localhost").unwrap_or(rest);
            read(PathBuf::from(std::ffi::OsString::from_vec(decode(path))))?
        }
        Some((scheme, _))
            if ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) =>
        {
            let answer = http::send(&request)?;
            match answer.refusal() {
                Some(message) => return Err(message.into()),
                None => answer.body,
            }
        }
        Some((scheme, _)) => {
            return Err(format!("there are `http`, `https` and `file`, and no `{scheme}`").into());
        }
    };
    Ok(decoded(context, &body, ty)?)
}

fn read(path: PathBuf) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    let file = File::open(path).map_err(|error| reason(&error))?;
    file.take(LONGEST_BODY + 1).read_to_end(&mut body).map_err(|error| reason(&error))?;
    if body.len() as u64 > LONGEST_BODY {
        return Err(format!("the file is longer than {} MiB", LONGEST_BODY >> 20));
    }
    Ok(body)
}

/// A text as an owned word of a type: JSON, but a string is the text itself, and so is an any that is no JSON.
pub(crate) fn decoded(context: *mut Context, body: &[u8], ty: u32) -> Result<u64, String> {
    let kind = type_info(context, ty).map_or(TypeKind::Any, |info| info.kind);
    let text = || std::str::from_utf8(body).map_err(|_| "the answer is not UTF-8".to_owned());
    if kind == TypeKind::Str {
        return Ok(str::new(context, text()?).word());
    }
    match json::decode(context, body, ty) {
        Ok(value) => Ok(value.take()),
        Err(_) if kind == TypeKind::Any && !context.trapped() => {
            Ok(str::new(context, text()?).word())
        }
        Err(refused) => Err(refused.phrase()),
    }
}

/// Takes what the options say.
fn fill(context: *mut Context, request: &mut Request, options: u64) -> Result<(), String> {
    let named = settings(context, options)
        .ok_or("the options of a fetch must be a map of names to values")?;
    let mut query = Vec::new();
    let mut body = None;
    for (name, value) in named {
        match (name.as_str(), value) {
            (_, Value::None) => {}
            ("method", Value::Str(method)) => request.method = method.text().to_uppercase(),
            ("headers", value) => request.headers = texts(context, "headers", value)?,
            ("query", value) => query = texts(context, "query", value)?,
            ("body", value) => body = Some(value),
            ("timeout", value) => request.timeout = seconds(value)?,
            ("method", other) => {
                let found = other.type_name();
                return Err(format!("the option `method` must be a string, found {found}"));
            }
            _ => {
                return Err(format!(
                    "a fetch has no option `{name}`: it has `method`, `headers`, `body`, `query` and `timeout`"
                ));
            }
        }
    }
    if !query.is_empty() {
        add_query(&mut request.url, &query);
    }
    if let Some(body) = body {
        add_body(context, request, body)?;
    }
    Ok(())
}

/// The entries of a map, as text.
fn texts(context: *mut Context, name: &str, value: Value) -> Result<Vec<(String, String)>, String> {
    let word = match value {
        Value::Map(map) => map.word(),
        Value::Record(record) => record.word(),
        other => {
            return Err(format!("the option `{name}` must be a map, found {}", other.type_name()));
        }
    };
    let entries = settings(context, word)
        .ok_or_else(|| format!("the option `{name}` must be a map from strings"))?;
    let shown = |value| {
        let mut text = Text::default();
        write_value(context, &mut text, value, Style::Print);
        text.into_string()
    };
    Ok(entries.into_iter().map(|(key, value)| (key, shown(value))).collect())
}

/// A time in seconds that has a meaning as a limit.
pub(crate) fn seconds(value: Value) -> Result<Duration, String> {
    let seconds = match value {
        Value::Int(int) => int as f64,
        Value::Float(float) => float,
        other => {
            return Err(format!(
                "the option `timeout` must be a number, found {}",
                other.type_name()
            ));
        }
    };
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "the option `timeout` must be a number of seconds above 0".to_owned())
}

fn add_query(url: &mut String, query: &[(String, String)]) {
    let fragment = url.find('#').map(|at| url.split_off(at));
    for (name, value) in query {
        url.push(if url.contains('?') { '&' } else { '?' });
        encode(name, url);
        url.push('=');
        encode(value, url);
    }
    url.push_str(&fragment.unwrap_or_default());
}

/// A body is JSON, unless it is a string and a header says what it is.
fn add_body(context: *mut Context, request: &mut Request, body: Value) -> Result<(), String> {
    let content = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
    let said = request.headers.iter().find(content).map(|(_, value)| value.to_lowercase());
    request.body = Some(match (&said, body) {
        (Some(said), Value::Str(text)) if !said.contains("json") => text.bytes().to_vec(),
        _ => {
            json_text(context, body).map_err(|message| format!("the body of a fetch: {message}"))?
        }
    });
    if said.is_none() {
        request.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    Ok(())
}
