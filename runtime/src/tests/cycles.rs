//! The cycle collector: what it frees, and what it leaves as it was.

use mochi_abi::layout::{Header, META_COLORS, Rep};

use super::{Machine, NODE, int};
use crate::object::Object;

/// Nodes each of which holds the next one on its left, the last one the first. The last one is owned by the caller.
fn ring(m: &Machine, size: usize) -> u64 {
    let first = m.raw("record_new", &[NODE as u64]);
    let mut last = first;
    for _ in 1..size {
        let node = m.raw("record_new", &[NODE as u64]);
        m.raw("record_set", &[node, 0, last]);
        last = node;
    }
    m.raw("ref_dup", &[last]);
    m.raw("record_set", &[first, 0, last]);
    last
}

fn owners(word: u64) -> u32 {
    (word as *mut Header).head().owners()
}

#[test]
fn rings_of_any_length_are_freed() {
    let mut m = Machine::new();
    for size in [1, 2, 3, 1000, if cfg!(miri) { 10_000 } else { 1_000_000 }] {
        let ring = ring(&m, size);
        m.raw("ref_drop", &[ring]);
        assert_eq!(m.runtime.live_objects(), size);
        assert_eq!(m.runtime.collect_cycles(), size);
        assert_eq!(m.runtime.live_objects(), 0);
    }
    assert_eq!(m.runtime.collect_cycles(), 0);
}

#[test]
fn what_a_ring_holds_goes_with_it() {
    let mut m = Machine::new();
    let ring = ring(&m, 3);
    let next = m.raw("record_get", &[ring, 0]);
    m.raw("record_set", &[next, 1, m.anys(&[int(1), m.str("an item of a list"), m.map(&[])])]);
    m.raw("record_set", &[ring, 2, m.raw("record_new", &[NODE as u64])]);
    m.raw("ref_drop", &[next]);
    m.raw("ref_drop", &[ring]);
    assert_eq!(m.runtime.collect_cycles(), 7);
}

#[test]
fn a_ring_that_somebody_holds_stays_as_it_is() {
    let mut m = Machine::new();
    let held = ring(&m, 5);
    let inside = m.raw("record_get", &[held, 0]);
    let dead = ring(&m, 4);
    // The dead one refers to the live one, but not the other way round.
    m.raw("ref_dup", &[held]);
    m.raw("record_set", &[dead, 2, held]);
    m.raw("ref_dup", &[held]);
    m.raw("ref_drop", &[held]);
    m.raw("ref_drop", &[dead]);
    assert_eq!((owners(held), owners(inside)), (3, 2));
    assert_eq!(m.runtime.collect_cycles(), 4);
    assert_eq!((owners(held), owners(inside)), (2, 2));
    for word in [held, inside] {
        assert_eq!((word as *mut Header).head().meta & META_COLORS, 0);
    }
    m.raw("ref_drop", &[inside]);
    assert_eq!(m.runtime.collect_cycles(), 0);
    m.raw("ref_drop", &[held]);
    assert_eq!(m.runtime.collect_cycles(), 5);
}

#[test]
fn candidates_may_be_freed_before_the_collection() {
    let mut m = Machine::new();
    let nodes: Vec<u64> = (0..100)
        .map(|_| {
            let node = m.raw("record_new", &[NODE as u64]);
            m.raw("record_set", &[node, 1, m.str("text of a node")]);
            m.raw("ref_dup", &[node]);
            m.raw("ref_drop", &[node]);
            node
        })
        .collect();
    assert_eq!(m.runtime.live_objects(), 200);
    for node in nodes {
        m.raw("ref_drop", &[node]);
    }
    // Only the bare records can be left.
    assert!(m.runtime.live_objects() < 100);
    m.runtime.collect_cycles();
    assert_eq!(m.runtime.live_objects(), 0);
}

#[test]
fn rings_are_collected_while_the_program_runs() {
    let m = Machine::new();
    let count = if cfg!(miri) { 6_000 } else { 100_000 };
    let mut most = 0;
    for _ in 0..count {
        m.raw("ref_drop", &[ring(&m, 3)]);
        most = most.max(m.runtime.live_objects());
    }
    assert!(most < 10_000, "{most} objects were alive at once");
}

#[test]
fn ref_watch_makes_lists_and_maps_candidates() {
    let mut m = Machine::new();
    let list = m.anys(&[]);
    let map = m.map(&[]);
    for container in [list, map, list] {
        m.raw("ref_watch", &[container]);
    }
    m.raw("ref_watch", &[0]);
    m.raw("ref_dup", &[map]);
    m.raw("list_append_shared", &[list, map]);
    m.raw("ref_dup", &[list]);
    m.raw("map_set", &[map, m.str("list"), list]);
    // A copy is watched like the original.
    let copy = m.raw("list_slice", &[list, 0, 1]);
    m.raw("ref_dup", &[copy]);
    m.raw("list_append_shared", &[copy, copy]);
    for container in [list, map, copy] {
        m.raw("ref_drop", &[container]);
    }
    assert_eq!(m.runtime.collect_cycles(), 4);
}

#[test]
fn many_bytes_bring_a_collection_too() {
    if cfg!(miri) {
        return;
    }
    let m = Machine::new();
    for _ in 0..100 {
        let ring = ring(&m, 2);
        let text = m.call("str_repeat", &[m.str("0123456789"), 400_000]);
        m.raw("record_set", &[ring, 1, text]);
        m.raw("ref_drop", &[ring]);
    }
    assert!(m.runtime.live_objects() < 3 * 40, "{}", m.runtime.live_objects());
}

#[test]
fn a_drop_of_a_held_ring_costs_one_candidate() {
    let mut m = Machine::new();
    let ring = ring(&m, 2);
    for _ in 0..1000 {
        m.raw("ref_dup", &[ring]);
        m.raw("ref_drop", &[ring]);
    }
    m.drop(ring, Rep::Ref);
    assert_eq!(m.runtime.collect_cycles(), 2);
}
