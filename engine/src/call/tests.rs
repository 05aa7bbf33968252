//! Code is run, or is not, with what systems refuse; calls of what is compiled later or not at all.

use super::*;
use crate::native::{self, Maker, NotRun, Options};
use crate::timing::Timings;
use mochi_emit::code_memory::LIMIT;
use std::process::Command;

/// Names what a child process is to do without.
const WITHOUT: &str = "MOCHI_TEST_WITHOUT";

/// Runs the test with this name again, in a process that does without something. What is taken away from a process never
/// comes back, and other tests run in this one.
fn in_a_process(test: &str, without: &str, check: fn()) {
    if std::env::var_os(WITHOUT).is_some() {
        return check();
    }
    let program = std::env::current_exe().expect("a test has a file");
    let mut child = Command::new(program);
    child.args(["--exact", &format!("call::tests::{test}"), "--test-threads=1"]);
    let done = child.env(WITHOUT, without).output().expect("the test runs again");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

fn run() -> Result<Vec<u8>, NotRun> {
    let program = mochi_ir::text::read(
        "main @main\nfunction main() {\nb0:\nv0 = i64.const 7\ncall.runtime print_int(v0)\nreturn\n}\n",
    )
    .expect("the text is right");
    let (prepare, after) = (Runtime::capture_output, Runtime::take_output);
    let sources = Sources::one("a.mir", "");
    let (options, mut timings) = (Options::default(), Timings::default());
    native::run(&sources, &program, Maker::Template, options, &mut timings, prepare, after)
        .map(|(_, output)| output)
}

#[test]
fn code_runs_where_memory_may_not_become_executable() {
    in_a_process("code_runs_where_memory_may_not_become_executable", "gain", || {
        /// `prctl` numbers of Linux 6.3.
        const SET_MDWE: libc::c_int = 65;
        const REFUSE_EXEC_GAIN: libc::c_ulong = 1;
        let none: libc::c_ulong = 0;
        // SAFETY: changes only what this process may do from now on.
        let done = unsafe { libc::prctl(SET_MDWE, REFUSE_EXEC_GAIN, none, none, none) };
        // An older system does not know it.
        if done == 0 {
            assert!(CodeBuffer::new(vec![0xc3]).publish(Way::Sealed).is_err());
            assert_eq!(way(), Some(Way::MappedTwice));
        }
        assert_eq!(run(), Ok(b"7".to_vec()));
    });
}

#[test]
fn without_executable_memory_nothing_is_run() {
    in_a_process("without_executable_memory_nothing_is_run", "execution", || {
        forbid_executable_mappings();
        assert_eq!(way(), None);
        let said = run().expect_err("it does not run").to_string();
        assert!(said.starts_with("no executable memory: the system, or this machine"), "{said}");
    });
}

#[test]
fn without_room_for_code_nothing_is_run() {
    in_a_process("without_room_for_code_nothing_is_run", "room", || {
        assert_eq!(run(), Ok(b"7".to_vec()));
        let way = way().expect("it has just run");
        let all = CodeBuffer::new(vec![0; LIMIT]).publish(way).expect("there is room for it");
        assert!(matches!(run(), Err(NotRun::Memory(_))));
        drop(all);
        assert_eq!(run(), Ok(b"7".to_vec()));
    });
}

/// Functions that call one another, by tail calls as well; the last one divides by what it gets.
const CALLS: &str = "\
main @main
function main() {
b0:
  v0 = i64.const 3
  v1: i64 = call @first(v0) at 1..2
  call.runtime print_int(v1)
  v2 = i64.const 0
  v3: i64 = call @first(v2) at 3..4
  return
}
function first(v0: i64) -> i64 {
b0(v0: i64):
  v1 = i64.const 7
  v2: i64 = call @second(v1, v0) at 5..6
  v3 = i64.const 1
  v4 = i64.add v2, v3
  return v4
}
function second(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
  tail.call @last(v0, v1) at 7..8
}
function last(v0: i64, v1: i64) -> i64 {
b0(v0: i64, v1: i64):
  v2 = i64.div v0, v1 at 9..10
  return v2
}
";

/// What it prints, and the calls that it leaves.
fn run_calls(maker: Maker, prepare: impl FnOnce(&mut Runtime) + Send) -> String {
    let program = mochi_ir::text::read(CALLS).unwrap_or_else(|error| panic!("{error}"));
    let sources = Sources::one("a.mir", "\n".repeat(20));
    let settings = native::Settings { pace: native::Pace::OneByOne, ..Default::default() };
    let prepare = |runtime: &mut Runtime| {
        runtime.capture_output();
        prepare(runtime);
    };
    let mut timings = Timings::default();
    let after = Runtime::take_output;
    let done = native::run(&sources, &program, maker, settings, &mut timings, prepare, after);
    let (ended, output) = done.expect("it runs");
    let crate::run::Ended::Stopped(stop) = ended else { panic!("it divides by zero") };
    let calls: Vec<_> =
        stop.frames.iter().map(|frame| (&*frame.function, frame.span.start)).collect();
    format!("{} {calls:?}", String::from_utf8_lossy(&output))
}

#[test]
fn functions_that_find_no_room_later_are_interpreted() {
    in_a_process("functions_that_find_no_room_later_are_interpreted", "room later", || {
        let way = way().expect("tests may make executable memory");
        for &maker in Maker::ALL {
            let expected = run_calls(maker, |_| {});
            assert_eq!(expected, "3 [(\"last\", 9), (\"first\", 5), (\"main\", 3)]");
            // So many batches find room when the program has begun.
            for left in 0..3 {
                let mut all = None;
                let found = run_calls(maker, |_| {
                    let rest = LIMIT - mochi_emit::code_memory::used() - left * 4096;
                    all = CodeBuffer::new(vec![0; rest]).publish(way).ok();
                });
                assert!(all.is_some());
                assert_eq!(found, expected, "{left}");
            }
        }
    });
}

/// A function with more values at a time than a frame may have words.
fn with_a_large_function(values: usize) -> mochi_ir::program::Program {
    let names: Vec<String> = (0..values).map(|i| format!("v{i}")).collect();
    let params: Vec<String> = names.iter().map(|name| format!("{name}: i64")).collect();
    let params = params.join(", ");
    let mut text = String::from("main @main\nfunction main() {\nb0:\nv0 = i64.const 2\n");
    let args = vec!["v0"; values].join(", ");
    text +=
        &format!("v1: i64 = call @large({args}) at 7..8\ncall.runtime print_int(v1)\nreturn\n}}\n");
    text += &format!("function large({params}) -> i64 {{\nb0({params}):\n");
    // From behind, so that all live until then.
    let mut sum = names[values - 1].clone();
    for i in (0..values - 1).rev() {
        let next = format!("v{}", 2 * values - 2 - i);
        text += &format!("{next} = i64.add {sum}, v{i}\n");
        sum = next;
    }
    text += &format!("v{} = i64.sub {sum}, {sum}\n", 2 * values - 1);
    text += &format!("v{} = i64.div {sum}, v{} at 3..4\n", 2 * values, 2 * values - 1);
    text += &format!("v{}: i64 = call @last(v{})\n", 2 * values + 1, 2 * values);
    text += &format!("return v{}\n}}\n", 2 * values + 1);
    text += "function last(v0: i64) -> i64 {\nb0(v0: i64):\nreturn v0\n}\n";
    mochi_ir::text::read(&text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_function_that_cannot_be_encoded_is_interpreted_alone() {
    let program = with_a_large_function((1 << 13) + 100);
    let sites = mochi_ir::sites::Sites::new(&program);
    for &maker in Maker::ALL {
        let code = maker.compile(&program, &sites, Options::default()).expect("it is made");
        assert_eq!(code.interpreted, [FunctionId(1)]);
        let (prepare, after) = (Runtime::capture_output, Runtime::take_output);
        let sources = Sources::one("a.mir", "\n".repeat(9));
        let (options, mut timings) = (Options::default(), Timings::default());
        let done = native::run(&sources, &program, maker, options, &mut timings, prepare, after);
        let (ended, _) = done.expect("it runs");
        let crate::run::Ended::Stopped(stop) = ended else { panic!("it divides by zero") };
        assert_eq!(stop.code, "R002");
        let calls: Vec<_> =
            stop.frames.iter().map(|frame| (&*frame.function, frame.span.start)).collect();
        assert_eq!(calls, [("large", 3), ("main", 7)]);
    }
}

/// Makes `mmap` and `mprotect` fail when they are asked for execution: a filter of system calls.
fn forbid_executable_mappings() {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const ANY_BIT: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    // In `seccomp_data` the call's number comes first, its third argument at byte 32.
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut steps = [
        step(LOAD, 0, 0, 0),
        step(EQUAL, 2, 0, libc::SYS_mmap as u32),
        step(EQUAL, 1, 0, libc::SYS_mprotect as u32),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
        step(LOAD, 0, 0, 32),
        step(ANY_BIT, 0, 1, libc::PROT_EXEC as u32),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let filter = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: changes only what this process may do from now on.
    let done = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(done, 0);
    // SAFETY: the filter is complete, and the system copies it.
    let done =
        unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) };
    assert_eq!(done, 0);
}
