//! scratch: corpus programs, C against bytecode
use mochi_engine::link::Optimisation;
use mochi_engine::pipeline::{self, EditionChoice};
use mochi_engine::run::{Ended, build_batch, interpret};
use mochi_engine::source::Source;
use mochi_engine::timing::Timings;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;
fn main() {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    files.sort();
    let mut programs = Vec::new();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let source = Source { path: file.clone(), text };
        let got = std::panic::catch_unwind(|| {
            let mut t = Timings::default();
            let checked = pipeline::check(&source, EditionChoice::Auto, &mut t);
            if !checked.is_correct() {
                return None;
            }
            pipeline::compile(&checked, &mut t).ok()
        });
        match got {
            Ok(Some(p)) => programs.push((source, p)),
            Ok(None) => eprintln!("NOCOMPILE {file}"),
            Err(_) => eprintln!("PANIC {file}"),
        }
    }
    if std::env::var_os("DUMP").is_some() {
        for (s, p) in &programs {
            print!(
                "{}\n{}",
                mochi_ir::text::print(p, false),
                mochi_engine::run::c_text(s, p).expect("c")
            );
        }
        return;
    }
    let (mut same, mut diff) = (0, 0);
    for chunk in programs.chunks(60) {
        let list: Vec<_> = chunk.iter().map(|(s, p)| (s, p)).collect();
        let out = std::path::PathBuf::from(format!("/tmp/cw/corpus-batch-{}", std::process::id()));
        if let Err(e) = build_batch(&list, &out, Optimisation::Some) {
            eprintln!("CC {e}");
            continue;
        }
        for (n, (source, program)) in chunk.iter().enumerate() {
            let input = std::fs::read(std::path::Path::new(&source.path).with_extension("in"))
                .unwrap_or_default();
            let me = std::env::current_exe().expect("me");
            let _ = me;
            let mut t = Timings::default();
            let i2 = input.clone();
            let (src, prog) = (source.clone(), program.clone());
            let (tx, rx) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let r = interpret(
                    &src,
                    &prog,
                    &mut t,
                    |rt| {
                        rt.set_input(&i2);
                        rt.capture_output();
                    },
                    |rt| rt.take_output(),
                );
                let _ = tx.send(r.map(|(e, o)| {
                    (
                        match e {
                            Ended::Exit(c) => (c, String::new()),
                            Ended::Stopped(s) => (1, s.message.clone()),
                        },
                        o,
                    )
                }));
            });
            let Ok(Ok(((code, message), output))) = rx.recv_timeout(Duration::from_secs(10)) else {
                eprintln!("SLOW {}", source.path);
                continue;
            };
            let mut child = Command::new("timeout")
                .arg("10")
                .arg(&out)
                .arg(n.to_string())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("run");
            let mut i = child.stdin.take().expect("in");
            let _ = i.write_all(&input);
            drop(i);
            let done = child.wait_with_output().expect("out");
            let err = String::from_utf8_lossy(&done.stderr).into_owned();
            let c = done.status.code().unwrap_or(-1);
            if c == i32::from(code)
                && done.stdout == output
                && (message.is_empty() || err.contains(&message))
            {
                same += 1;
            } else {
                diff += 1;
                println!(
                    "DIFF {} c={c} i={code} {:?} || {} | out same {}",
                    source.path,
                    message,
                    err.lines().take(3).collect::<Vec<_>>().join(" / "),
                    done.stdout == output
                );
            }
        }
    }
    println!("same {same} diff {diff}");
}
