//! How a program stops.

use mochi_abi::trap::TrapKind;

use super::Machine;
use crate::context::ContextFields;
use crate::{KEPT_SITES, TrapFrame};

#[test]
fn raise_keeps_the_first_trap() {
    let m = Machine::new();
    assert_eq!(
        m.trap("raise", &[TrapKind::AddOverflow as u64, 5, -6i64 as u64]),
        "integer overflow: 5 + -6 does not fit in 64 bits"
    );
    m.raw("raise", &[TrapKind::DivideByZero as u64, 0, 0]);
    m.raw("raise", &[TrapKind::StackOverflow as u64, 0, 0]);
    assert_eq!(m.take_trap("raise").kind, TrapKind::DivideByZero);
    assert!(!m.context().trapped());
    assert_eq!(m.trap("raise", &[999, 0, 0]), "");
    let exit = m.trap("raise", &[TrapKind::Exit as u64, 7, 0]);
    assert_eq!(exit, "the program ended with exit code 7");
}

#[test]
fn raise_text_shows_the_text_as_it_is() {
    let m = Machine::new();
    assert_eq!(
        m.trap("raise_text", &[TrapKind::Panic as u64, m.str("{a} {text} é")]),
        "{a} {text} é"
    );
    assert_eq!(
        m.trap("raise_text", &[TrapKind::MissingKey as u64, m.str("k")]),
        "key not found in map: k"
    );
    assert_eq!(m.trap("raise_text", &[TrapKind::Panic as u64, 0]), "");
}

#[test]
fn expect_failed_shows_sides_where_there_are_some() {
    let m = Machine::new();
    assert_eq!(m.trap("expect_failed", &[m.str("1 == 2")]), "expectation failed: 1 == 2");
    assert_eq!(m.trap("expect_failed", &[m.str("")]), "expectation failed");
}

/// The report after `count` calls were left.
fn traced(m: &Machine, count: u64) -> crate::TrapReport {
    m.raw("raise", &[TrapKind::DivideByZero as u64, 0, 0]);
    for site in 0..count {
        m.raw("trace", &[site]);
    }
    m.take_trap("trace")
}

#[test]
fn trace_keeps_both_ends_of_the_call_stack() {
    let m = Machine::new();
    let starts =
        |count| traced(&m, count).frames.iter().map(|frame| frame.start).collect::<Vec<_>>();
    assert_eq!(starts(0), Vec::<u32>::new());
    assert_eq!(starts(3), [0, 1, 2]);
    assert_eq!(starts(20), (0..20).collect::<Vec<_>>());
    assert_eq!(starts(23), (0..10).chain(13..23).collect::<Vec<_>>());
    assert_eq!(traced(&m, 20).skipped, 0);
    assert_eq!(traced(&m, 23).skipped, 3);
    assert_eq!(traced(&m, 15).frames.len(), 15);
    assert_eq!(KEPT_SITES, 10);
    let first = TrapFrame { function: "addCapture".to_owned(), start: 0, end: 1 };
    assert_eq!(traced(&m, 1).frames, [first]);
    // A site that is not in the table is left out.
    m.raw("raise", &[TrapKind::DivideByZero as u64, 0, 0]);
    m.raw("trace", &[12_345]);
    assert_eq!(m.take_trap("trace").frames, []);
}

#[test]
fn poll_stops_the_program_when_somebody_asked() {
    let m = Machine::new();
    m.context().fields().poll = 1;
    m.call("poll", &[]);
    assert_eq!(m.context().fields().poll, 0);
    m.runtime.interrupt().store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(m.trap("poll", &[]), "interrupted");
    m.call("poll", &[]);
}

#[test]
fn without_a_door_a_call_is_an_error() {
    let mut runtime = crate::Runtime::new(crate::ProgramData::default());
    let thunk = |name: &str, words: &[u64]| {
        let function = mochi_abi::functions::RuntimeFunction::by_name(name).expect("it is a row");
        crate::THUNKS[function as usize](runtime.context(), words)
    };
    let list = thunk("list_range", &[0, 3, 1]);
    let closure = thunk("closure_new", &[0, 0]);
    thunk("list_map", &[list, closure, 0]);
    thunk("ref_drop", &[list]);
    thunk("ref_drop", &[closure]);
    assert_eq!(runtime.take_trap().map(|trap| trap.kind), Some(TrapKind::Operand));
    assert_eq!(runtime.live_objects(), 0);
}
