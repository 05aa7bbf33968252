//! The sweep after a trap: what it frees, and that what stays can be used as before.

use mochi_abi::layout::{Header, Rep};

use super::{Machine, NODE, int};
use crate::context::ContextFields;
use crate::object::{Object, write_word};

fn tracking() -> Machine {
    let mut m = Machine::new();
    m.runtime.track_objects();
    m
}

#[test]
fn what_no_global_reaches_goes_and_counts_are_repaired() {
    let mut m = tracking();
    let globals = m.context().fields().globals;
    let kept = m.map(&[("list", m.anys(&[int(1), m.str("an item that stays")]))]);
    m.raw("ref_dup", &[kept]);
    // Frames that are dead owned the map twice over, and more of their own.
    m.raw("ref_dup", &[kept]);
    write_word(globals, 2, kept);
    m.strs(&["left", "over", "c"]);
    let first = m.raw("record_new", &[NODE as u64]);
    m.raw("ref_dup", &[first]);
    m.raw("record_set", &[first, 0, first]);
    let alive = m.runtime.live_objects();
    assert!(m.runtime.sweep(&[]));
    assert_eq!(alive - m.runtime.live_objects(), 4);
    assert_eq!((kept as *mut Header).head().owners(), 1);
    m.raw("ref_dup", &[kept]);
    assert_eq!(m.show(kept), r#"{"list": [1, "an item that stays"]}"#);
    m.runtime.release_globals();
    assert_eq!(m.runtime.live_objects(), 0);
}

#[test]
fn what_the_host_holds_stays() {
    let mut m = tracking();
    let held = m.anys(&[m.str("held by the host"), int(2)]);
    let left = m.str("not held by anybody");
    m.raw("list_append_shared", &[held, left]);
    m.raw("ref_dup", &[left]);
    assert!(m.runtime.sweep(&[(held, Rep::Ref), (int(1), Rep::Any), (0, Rep::Ref)]));
    assert_eq!(m.runtime.live_objects(), 3);
    assert_eq!(m.show(held), r#"["held by the host", 2, "not held by anybody"]"#);
}

#[test]
fn candidates_that_were_freed_are_not_met_again() {
    let mut m = tracking();
    let nodes: Vec<u64> = (0..20).map(|_| m.raw("record_new", &[NODE as u64])).collect();
    for &node in &nodes {
        m.raw("ref_dup", &[node]);
        m.raw("ref_drop", &[node]);
    }
    for &node in &nodes[..15] {
        m.raw("ref_drop", &[node]);
    }
    assert!(m.runtime.sweep(&[(nodes[19], Rep::Ref)]));
    assert_eq!(m.runtime.live_objects(), 1);
    // It is watched anew.
    m.raw("ref_dup", &[nodes[19]]);
    m.raw("record_set", &[nodes[19], 0, nodes[19]]);
    m.raw("ref_drop", &[nodes[19]]);
    assert_eq!(m.runtime.collect_cycles(), 1);
}

#[test]
fn tracked_objects_grow_and_go_like_all_others() {
    let mut m = tracking();
    let before = m.raw("mem", &[]);
    let mut text = m.str("");
    let part = m.str("a part of a text");
    for _ in 0..1000 {
        text = m.raw("str_concat", &[text, part]);
    }
    assert_eq!(m.call("str_len", &[part]), 16);
    assert_eq!(m.raw("str_len", &[text]), 16_000);
    m.drop(text, Rep::Ref);
    assert_eq!(m.raw("mem", &[]), before);
    assert!(m.runtime.sweep(&[]));
}

#[test]
fn without_tracking_there_is_no_sweep() {
    let mut m = Machine::new();
    assert!(!m.runtime.sweep(&[]));
}
