//! `fetch` and `generate` against a server of our own: what is asked, what becomes of the answer, and what goes wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

/// A request as the server saw it.
struct Seen {
    /// Method and address.
    line: String,
    /// Header lines, names in small letters.
    headers: Vec<String>,
    body: String,
}

/// A server that answers each request with what `answer` says, as a whole HTTP answer; gives its address.
fn serve(answer: fn(&Seen) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that has gone away is no failure of the server.
            let _ = talk(stream, answer);
        }
    });
    format!("http://{address}")
}

fn talk(mut stream: TcpStream, answer: fn(&Seen) -> String) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut seen =
        Seen { line: line.trim_end().to_owned(), headers: Vec::new(), body: String::new() };
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim_end();
        let Some((name, value)) = header.split_once(':') else { break };
        let name = name.to_lowercase();
        if name == "content-length" {
            length = value.trim().parse().expect("a length is a number");
        }
        seen.headers.push(format!("{name}: {}", value.trim()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    seen.body = String::from_utf8_lossy(&body).into_owned();
    stream.write_all(answer(&seen).as_bytes())
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// Runs a program, in which `URL` stands for the address, on every engine.
fn check(
    url: &str,
    environment: &[(&str, &str)],
    program: &str,
    code: i32,
    stdout: &str,
    stderr: &str,
) {
    let program = program.replace("URL", url);
    for engine in ["bytecode", "eval"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mochi"));
        command.args(["run", "--engine", engine, "-e", &program]).stdin(Stdio::null());
        // The machine's own settings say nothing here.
        for name in [
            "http_proxy",
            "HTTP_PROXY",
            "all_proxy",
            "ALL_PROXY",
            "OPENAI_API_KEY",
            "OPENAI_BASE_URL",
            "LLM_PROVIDER",
            "LLM_MODEL",
        ] {
            command.env_remove(name);
        }
        let done = command.envs(environment.iter().copied()).output().expect("the binary starts");
        let (out, err) =
            (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        let shown = format!("{engine}: {program}\nstdout:\n{out}stderr:\n{err}");
        assert_eq!(done.status.code(), Some(code), "{shown}");
        assert_eq!(out, stdout, "{shown}");
        assert!(err.contains(stderr), "`{stderr}` is not in it: {shown}");
    }
}

/// Says back what was asked.
fn mirror(seen: &Seen) -> String {
    let wanted = |header: &&String| {
        ["content-type:", "x-", "authorization:"].iter().any(|name| header.starts_with(name))
    };
    let mut headers: Vec<&String> = seen.headers.iter().filter(wanted).collect();
    headers.sort();
    let text = format!("{}|{:?}|{}", seen.line, headers, seen.body);
    ok(&text)
}

#[test]
fn the_answer_is_read_as_what_is_wanted() {
    let url = serve(|_| ok("{\"id\": 7, \"title\": \"a\", \"done\": false}"));
    let program = "type T { id: int, title: string, done: bool }\n\
                   let t: T = fetch \"URL/x\"\nprint(t.id, t.title, t.done)\n\
                   print((fetch \"URL\") as T)\nprint(fetch \"URL\")\n\
                   let text: string = fetch \"URL\"\nprint(text)";
    let output = "7 a false\n{\"__name\": \"T\", \"done\": false, \"id\": 7, \"title\": \"a\"}\n\
                  {\"done\": false, \"id\": 7, \"title\": \"a\"}\n{\"id\": 7, \"title\": \"a\", \"done\": false}\n";
    check(&url, &[], program, 0, output, "");
    let program = "type T { id: string }\nlet t: T = fetch \"URL/x\"\nprint(t)";
    check(
        &url,
        &[],
        program,
        1,
        "",
        &format!("cannot fetch {url}/x: field `id`: expected string, found 7"),
    );
}

#[test]
fn options_say_how_to_ask() {
    let url = serve(mirror);
    let program = "let s: string = fetch \"URL/p?a=1#f\" with { method: \"post\", headers: { \"X-One\": \"1\" }, \
                   query: { \"q\": \"ä &\" }, body: { x: [1, 2.5, none] }, timeout: 5.0 }\nprint(s)\n\
                   let plain: string = fetch \"URL/\" with { method: \"PUT\", headers: { \"Content-Type\": \"text/plain\" }, body: \"hi\" }\n\
                   print(plain)";
    let output = "POST /p?a=1&q=%C3%A4%20%26 HTTP/1.1|[\"content-type: application/json\", \"x-one: 1\"]|{\"x\": [1, 2.5, null]}\n\
                  PUT / HTTP/1.1|[\"content-type: text/plain\"]|hi\n";
    check(&url, &[], program, 0, output, "");
}

#[test]
fn an_error_of_the_server_is_an_error_of_the_program() {
    let url = serve(|_| {
        "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\nConnection: close\r\n\r\nno\nsuch"
            .to_owned()
    });
    check(
        &url,
        &[],
        "print(1)\nprint(fetch \"URL/y\")",
        1,
        "1\n",
        &format!("error[R014]: cannot fetch {url}/y: the server answered 404 Not Found: no such"),
    );
}

#[test]
fn redirects_end() {
    let url = serve(|_| {
        "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .to_owned()
    });
    check(&url, &[], "print(fetch \"URL\")", 1, "", "more than 5 redirects");
}

#[test]
fn a_server_that_says_nothing_is_waited_for_as_long_as_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    // Connections wait in the queue; nobody takes them.
    let url = format!("http://{address}");
    check(&url, &[], "print(fetch \"URL\" with { timeout: 0.2 })", 1, "", "no answer within 0.2 s");
}

#[test]
fn an_answer_that_is_too_long_is_refused() {
    let url = serve(|_| ok(&" ".repeat((64 << 20) + 1)));
    check(&url, &[], "print(fetch \"URL\")", 1, "", "the answer is longer than 64 MiB");
}

#[test]
fn an_answer_that_breaks_off_is_an_error() {
    let url = serve(|_| {
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n[1,".to_owned()
    });
    check(&url, &[], "print(fetch \"URL\")", 1, "", "error[R014]: cannot fetch");
    let url = serve(|_| "what?\r\n\r\n".to_owned());
    check(&url, &[], "print(fetch \"URL\")", 1, "", "error[R014]: cannot fetch");
}

/// A language model that says what it was asked.
fn language_model(seen: &Seen) -> String {
    let quoted = |text: &str| format!("{text:?}");
    if seen.line.starts_with("POST /v1/embeddings ") {
        return ok("{\"data\": [{\"embedding\": [3, 4.0]}]}");
    }
    let key = seen.headers.iter().find(|header| header.starts_with("authorization:"));
    let said = if seen.body.contains("response_format") {
        assert!(seen.body.contains("\"required\":[\"name\",\"age\"]"), "{}", seen.body);
        "{\"name\": \"Ann\", \"age\": 30}".to_owned()
    } else {
        format!("{} {} {}", seen.line, key.map_or("no key", String::as_str), seen.body)
    };
    ok(&format!("{{\"choices\": [{{\"message\": {{\"content\": {}}}}}]}}", quoted(&said)))
}

#[test]
fn models_are_asked_over_http() {
    let url = serve(language_model);
    let program = "model m { provider: \"openai\", name: \"n\", base_url: \"URL/v1/\", api_key: \"k\", temperature: 0.5, maxTokens: 9 }\n\
                   print(generate text { model: \"m\", system: \"s\", prompt: \"hi\", temperature: 1.0 })";
    let output = "POST /v1/chat/completions HTTP/1.1 authorization: Bearer k \
                  {\"max_tokens\":9,\"messages\":[{\"content\":\"s\",\"role\":\"system\"},{\"content\":\"hi\",\"role\":\"user\"}],\
                  \"model\":\"n\",\"temperature\":1}\n";
    check(&url, &[], program, 0, output, "");
    let base = format!("{url}/v1");
    let environment = [("MOCHI_LLM_BASE_URL", base.as_str()), ("MOCHI_LLM_MODEL", "other")];
    let program = "type P { name: string, age: int }\nlet p = generate P { prompt: \"who\" }\nprint(p.name, p.age)\n\
                   print(generate embedding { text: \"x\" }, generate embedding { text: \"x\", normalize: true })";
    check(&url, &environment, program, 0, "Ann 30\n[3.0, 4.0] [0.6, 0.8]\n", "");
}

#[test]
fn a_model_that_cannot_be_asked_says_why() {
    let url = serve(|_| {
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\nConnection: close\r\n\r\nbad key"
            .to_owned()
    });
    let environment = [("MOCHI_LLM_BASE_URL", url.as_str())];
    check(
        &url,
        &environment,
        "print(generate text { prompt: \"x\" })",
        1,
        "",
        "the server answered 401 Unauthorized: bad key",
    );
    check(
        &url,
        &[("MOCHI_LLM_PROVIDER", "openai")],
        "print(generate text { prompt: \"x\" })",
        1,
        "",
        "needs a key: put it into OPENAI_API_KEY",
    );
    let url = serve(|_| ok("{}"));
    let environment = [("MOCHI_LLM_BASE_URL", url.as_str())];
    check(
        &url,
        &environment,
        "print(generate text { prompt: \"x\" })",
        1,
        "",
        "the answer has no /choices/0/message/content",
    );
}
