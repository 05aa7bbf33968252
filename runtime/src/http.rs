//! HTTP: a request in, the answer out. The only place that knows the library behind it; a program that asks no server
//! does not link it.

use std::sync::LazyLock;
use std::time::Duration;

use ureq::http;
use ureq::{Agent, Error};

/// A question to a server.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
    /// For all of it: finding the server, connecting, asking, reading.
    pub(crate) timeout: Duration,
}

/// What a server said.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// As 404.
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// What is wrong with it, when the server says that it is an error.
    pub(crate) fn refusal(&self) -> Option<String> {
        /// A page of an error can be long.
        const SHOWN: usize = 200;
        if self.status < 400 {
            return None;
        }
        let status = http::StatusCode::from_u16(self.status).ok();
        let reason = status.and_then(|status| status.canonical_reason()).unwrap_or("error");
        let text = String::from_utf8_lossy(&self.body);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: String = line.chars().take(SHOWN).collect();
        Some(match shown.as_str() {
            "" => format!("the server answered {} {reason}", self.status),
            shown => format!("the server answered {} {reason}: {shown}", self.status),
        })
    }
}

/// How long all of a request may take, unless it says so itself.
pub(crate) const USUAL_TIMEOUT: Duration = Duration::from_secs(30);
/// An answer longer than that is refused.
pub(crate) const LONGEST_BODY: u64 = 64 << 20;
/// So often a server may send us elsewhere.
const MOST_REDIRECTS: u32 = 5;

/// Keeps connections for the next request to the same server.
static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    Agent::config_builder()
        .max_redirects(MOST_REDIRECTS)
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .user_agent("mochi")
        .build()
        .into()
});

/// Asks. The error is a phrase.
pub(crate) fn send(request: &Request) -> Result<Answer, String> {
    let mut parts = http::Request::builder().method(request.method.as_str()).uri(&request.url);
    for (name, value) in &request.headers {
        parts = parts.header(name, value);
    }
    let asked = match &request.body {
        Some(body) => {
            let asked = parts.body(body.as_slice()).map_err(|error| error.to_string())?;
            let configured = AGENT.configure_request(asked).timeout_global(Some(request.timeout));
            AGENT.run(configured.build())
        }
        None => {
            let asked = parts.body(()).map_err(|error| error.to_string())?;
            AGENT.run(AGENT.configure_request(asked).timeout_global(Some(request.timeout)).build())
        }
    };
    let phrase = |error: Error| phrase(error, request.timeout);
    let mut answer = asked.map_err(phrase)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(LONGEST_BODY).read_to_vec();
    Ok(Answer { status, body: body.map_err(phrase)? })
}

fn phrase(error: Error, timeout: Duration) -> String {
    match error {
        Error::Timeout(_) => format!("no answer within {} s", timeout.as_secs_f64()),
        Error::HostNotFound => "there is no such server".to_owned(),
        Error::ConnectionFailed => "cannot connect to the server".to_owned(),
        Error::TooManyRedirects => format!("more than {MOST_REDIRECTS} redirects"),
        Error::BodyExceedsLimit(limit) => {
            format!("the answer is longer than {} MiB", limit >> 20)
        }
        Error::Io(error) => crate::data::reason(&error),
        other => other.to_string(),
    }
}

/// A text as it stands in a query of an address.
pub(crate) fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

/// A path of a `file://` address as the system writes it.
pub(crate) fn decode(path: &str) -> Vec<u8> {
    let mut bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    while let Some((&first, rest)) = bytes.split_first() {
        let hex = rest.first_chunk::<2>().and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                out.push(byte);
                bytes = &rest[2..];
            }
            _ => {
                out.push(first);
                bytes = rest;
            }
        }
    }
    out
}
