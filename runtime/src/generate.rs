//! `generate`: what a language model makes of a prompt, as text, as an embedding, or as a value of a type.
//!
//! Two providers: `echo` gives the prompt back, without a server; all others speak the protocol of OpenAI's servers, at
//! the address that `base_url` or the environment names. What is asked is put together from the settings of the model
//! that `model:` names, if the program declares one, and then from the fields of `generate` itself.

use std::env;
use std::time::Duration;

use mochi_abi::layout::{Context, Rep, Str};
use mochi_abi::program::TypeKind;
use mochi_abi::trap::TrapKind;
use serde_json::{Map, Value as Json, json};

use crate::cast::type_info;
use crate::context::{ContextFields, Settings, text};
use crate::data::encode::json_text;
use crate::data::settings;
use crate::fetch::{decoded, seconds};
use crate::http::{self, Request, USUAL_TIMEOUT};
use crate::list::{push_own, unless_trapped, with_capacity};
use crate::object::{Object, StrFields};
use crate::trap::raise_message;
use crate::words::Value;

/// Why nothing was generated.
enum Failure {
    /// A field or setting is wrong or missing.
    Field(String),
    Answer(String),
}

pub(crate) fn model(context: *mut Context, name: *mut Str, fields: u64) {
    let name = name.text().to_owned();
    match as_json(context, fields) {
        Ok(settings) => {
            let models = &mut context.state().models;
            models.retain(|(other, _)| *other != name);
            models.push((name, settings));
        }
        Err(message) => {
            raise_message(context, TrapKind::Argument, format!("the model `{name}`: {message}"));
        }
    }
}

pub(crate) fn generate(context: *mut Context, ty: i64, fields: u64) -> u64 {
    crate::output::flush(context);
    match generated(context, ty as u32, fields) {
        Ok(word) => word,
        Err(Failure::Field(message)) => {
            raise_message(context, TrapKind::Argument, format!("generate: {message}"));
            0
        }
        Err(Failure::Answer(message)) => {
            raise_message(context, TrapKind::Data, format!("generate: {message}"));
            0
        }
    }
}

/// The entries of a map, each as JSON.
fn as_json(context: *mut Context, fields: u64) -> Result<Settings, String> {
    let entries =
        settings(context, fields).ok_or("the settings must be a map of names to values")?;
    let mut settings = Settings::new();
    for (name, value) in entries {
        let written =
            json_text(context, value).map_err(|message| format!("`{name}`: {message}"))?;
        settings.push((name, String::from_utf8_lossy(&written).into_owned()));
    }
    Ok(settings)
}

/// What is asked of whom.
#[derive(Debug, Default)]
struct Question {
    provider: Option<String>,
    /// The model's name, as its provider calls it.
    model: Option<String>,
    base_url: Option<String>,
    api_key: Option<String>,
    timeout: Option<Duration>,
    prompt: Option<String>,
    system: Option<String>,
    text: Option<String>,
    normalize: bool,
    /// What the provider is told besides.
    parameters: Map<String, Json>,
}

impl Question {
    /// The question that a generate asks.
    fn new(context: *mut Context, fields: u64) -> Result<Question, String> {
        let fields = as_json(context, fields)?;
        let mut question = Question::default();
        let model = fields.iter().find(|(name, _)| name == "model");
        if let Some((_, model)) = model {
            let name: String = serde_json::from_str(model).unwrap_or_default();
            let declared = context.state().models.iter().find(|(other, _)| *other == name);
            match declared.cloned() {
                Some((_, settings)) => question.fill(&settings)?,
                None => question.model = Some(name),
            }
        }
        question.fill(&fields)?;
        Ok(question)
    }

    fn fill(&mut self, settings: &Settings) -> Result<(), String> {
        for (name, written) in settings {
            let value: Json = serde_json::from_str(written).unwrap_or_default();
            let text = || match &value {
                Json::String(text) => Ok(Some(text.clone())),
                other => Err(format!("`{name}` must be a string, found {other}")),
            };
            match name.as_str() {
                _ if value.is_null() => {}
                "model" => {}
                "provider" => self.provider = text()?,
                "name" => self.model = text()?,
                "base_url" => self.base_url = text()?,
                "api_key" => self.api_key = text()?,
                "prompt" => self.prompt = text()?,
                "system" => self.system = text()?,
                "text" => self.text = text()?,
                "normalize" => self.normalize = value == Json::Bool(true),
                "timeout" => {
                    let time = value.as_f64().map_or(Value::None, Value::Float);
                    self.timeout = Some(seconds(time)?);
                }
                "maxTokens" => drop(self.parameters.insert("max_tokens".into(), value)),
                _ => drop(self.parameters.insert(name.clone(), value)),
            }
        }
        Ok(())
    }

    /// Who is asked, when it is not said: an address in the environment means a server.
    fn provider(&self) -> String {
        let named =
            self.provider.clone().or_else(|| variable(&["MOCHI_LLM_PROVIDER", "LLM_PROVIDER"]));
        named.unwrap_or_else(|| {
            let server = self.base_url.is_some() || variable(&["MOCHI_LLM_BASE_URL"]).is_some();
            if server { "openai" } else { "echo" }.to_owned()
        })
    }

    /// Sends JSON to the provider's server and takes the part of its answer that a pointer names.
    fn ask(&self, provider: &str, path: &str, body: &Json, part: &str) -> Result<Json, Failure> {
        let named =
            self.base_url.clone().or_else(|| variable(&["MOCHI_LLM_BASE_URL", "OPENAI_BASE_URL"]));
        let key =
            self.api_key.clone().or_else(|| variable(&["MOCHI_LLM_API_KEY", "OPENAI_API_KEY"]));
        let base = match (named, provider) {
            (Some(base), _) => base,
            (None, "openai") if key.is_none() => {
                return Err(Failure::Field(
                    "the provider `openai` needs a key: put it into OPENAI_API_KEY, or name a server in MOCHI_LLM_BASE_URL, \
                     or use the provider `echo`"
                        .into(),
                ));
            }
            (None, "openai") => "https://api.openai.com/v1".to_owned(),
            (None, other) => {
                return Err(Failure::Field(format!(
                    "no address is known for the provider `{other}`: name it with `base_url` or MOCHI_LLM_BASE_URL; \
                     known are `openai` and `echo`"
                )));
            }
        };
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        headers.extend(key.map(|key| ("Authorization".to_owned(), format!("Bearer {key}"))));
        let request = Request {
            method: "POST".to_owned(),
            url,
            headers,
            body: Some(body.to_string().into_bytes()),
            timeout: self.timeout.unwrap_or(USUAL_TIMEOUT),
        };
        let failed = |message: String| Failure::Answer(format!("{}: {message}", request.url));
        let answer = http::send(&request).map_err(failed)?;
        if let Some(message) = answer.refusal() {
            return Err(failed(message));
        }
        let answer: Json = serde_json::from_slice(&answer.body)
            .map_err(|error| failed(format!("the answer is no JSON: {error}")))?;
        match answer.pointer(part) {
            Some(found) => Ok(found.clone()),
            None => Err(failed(format!("the answer has no {part}"))),
        }
    }

    fn model_name(&self, usual: &str) -> String {
        let named = self.model.clone().or_else(|| variable(&["MOCHI_LLM_MODEL", "LLM_MODEL"]));
        named.unwrap_or_else(|| usual.to_owned())
    }

    /// What the model says to the prompt; as JSON of a schema, when there is one.
    fn text(&self, schema: Option<Json>) -> Result<String, Failure> {
        let Some(prompt) = self.prompt.as_ref().or(self.text.as_ref()) else {
            return Err(Failure::Field("there is no `prompt`".into()));
        };
        let provider = self.provider();
        if provider == "echo" {
            return Ok(prompt.clone());
        }
        let mut messages = Vec::new();
        if let Some(system) = &self.system {
            messages.push(json!({ "role": "system", "content": system }));
        }
        messages.push(json!({ "role": "user", "content": prompt }));
        let mut body = self.parameters.clone();
        body.insert("model".into(), self.model_name("gpt-4o-mini").into());
        body.insert("messages".into(), messages.into());
        if let Some(schema) = schema {
            let format = json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": schema } });
            body.insert("response_format".into(), format);
        }
        let part = "/choices/0/message/content";
        match self.ask(&provider, "/chat/completions", &body.into(), part)? {
            Json::String(text) => Ok(text),
            _ => Err(Failure::Answer("the answer has no text".into())),
        }
    }

    fn embedding(&self) -> Result<Vec<f64>, Failure> {
        let Some(text) = self.text.as_ref().or(self.prompt.as_ref()) else {
            return Err(Failure::Field("there is no `text`".into()));
        };
        let provider = self.provider();
        let mut vector: Vec<f64> = if provider == "echo" {
            text.bytes().map(f64::from).collect()
        } else {
            let mut body = self.parameters.clone();
            body.insert("model".into(), self.model_name("text-embedding-3-small").into());
            body.insert("input".into(), text.clone().into());
            let found = self.ask(&provider, "/embeddings", &body.into(), "/data/0/embedding")?;
            let numbers =
                found.as_array().and_then(|items| items.iter().map(Json::as_f64).collect());
            numbers.ok_or_else(|| Failure::Answer("the answer has no list of numbers".into()))?
        };
        let length = vector.iter().map(|number| number * number).sum::<f64>().sqrt();
        if self.normalize && length > 0.0 {
            vector.iter_mut().for_each(|number| *number /= length);
        }
        Ok(vector)
    }
}

fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

fn generated(context: *mut Context, ty: u32, fields: u64) -> Result<u64, Failure> {
    let question = Question::new(context, fields).map_err(Failure::Field)?;
    let kind = type_info(context, ty).map_or(TypeKind::Any, |info| info.kind);
    match kind {
        TypeKind::List => {
            let vector = question.embedding()?;
            let list = with_capacity(context, Rep::F64, vector.len());
            for number in vector {
                push_own(context, list, number.to_bits());
            }
            Ok(unless_trapped(context, list).word())
        }
        TypeKind::Str => {
            let said = question.text(None)?;
            Ok(crate::str::new(context, &said).word())
        }
        _ => {
            let said = question.text(Some(schema(context, ty, 0)))?;
            decoded(context, bare(&said).as_bytes(), ty).map_err(|message| {
                Failure::Answer(format!("the answer is not what was asked for: {message}"))
            })
        }
    }
}

/// JSON without the fence of Markdown that models like to put around it.
fn bare(text: &str) -> &str {
    let trimmed = text.trim();
    let inside = trimmed.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    inside.map_or(trimmed, |inside| inside.strip_prefix("json").unwrap_or(inside))
}

/// A type as JSON Schema. What refers to itself is anything from some depth on.
fn schema(context: *mut Context, ty: u32, depth: usize) -> Json {
    const DEEPEST: usize = 8;
    let Some(info) = type_info(context, ty).filter(|_| depth < DEEPEST) else { return json!({}) };
    let of = |ty| schema(context, ty, depth + 1);
    match info.kind {
        TypeKind::Int | TypeKind::BigInt => json!({ "type": "integer" }),
        TypeKind::Float => json!({ "type": "number" }),
        TypeKind::Bool => json!({ "type": "boolean" }),
        TypeKind::Str => json!({ "type": "string" }),
        TypeKind::List => json!({ "type": "array", "items": of(info.a) }),
        TypeKind::Map => json!({ "type": "object", "additionalProperties": of(info.b) }),
        TypeKind::Option => json!({ "anyOf": [of(info.a), { "type": "null" }] }),
        TypeKind::Record => {
            let fields = context.shape_fields(info.a);
            let properties: Map<String, Json> =
                fields.iter().map(|field| (text(field.name).to_owned(), of(field.ty))).collect();
            let required: Vec<&str> = fields.iter().map(|field| text(field.name)).collect();
            json!({
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": false,
            })
        }
        TypeKind::Any
        | TypeKind::Unit
        | TypeKind::BigRat
        | TypeKind::Union
        | TypeKind::Function => {
            json!({})
        }
    }
}
