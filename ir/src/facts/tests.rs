//! Every transfer function against all numbers of small intervals, and at the ends of the ints.

use super::*;
use crate::sem;

/// Intervals around 0 and at both ends of the ints.
fn intervals() -> Vec<(i64, i64)> {
    let mut all = Vec::new();
    for base in [-4i64, i64::MIN, i64::MAX - 4] {
        for lo in 0..5 {
            for hi in lo..5 {
                all.push((base + lo, base + hi));
            }
        }
    }
    all.extend([(i64::MIN, i64::MAX), (-1, i64::MAX), (i64::MIN, 2)]);
    all
}

/// Some numbers of an interval: its ends, those next to them, and 0 and its neighbours.
fn samples((lo, hi): (i64, i64)) -> Vec<i64> {
    let near = [0i64, 1, 2, 3, 4]
        .into_iter()
        .flat_map(|step| [lo.checked_add(step), hi.checked_sub(step), Some(step), Some(-step)]);
    near.flatten().filter(|&value| value >= lo && value <= hi).collect()
}

fn fact((lo, hi): (i64, i64)) -> Fact {
    Fact::Ints { lo, hi }
}

fn contains(fact: Fact, value: i64) -> bool {
    let (lo, hi) = fact.range();
    lo <= value && value <= hi
}

#[test]
fn results_lie_in_their_intervals_and_proved_ops_do_not_trap() {
    let ops = [Op::I64Add, Op::I64Sub, Op::I64Mul, Op::I64Div, Op::I64Rem, Op::I64Neg];
    let mut proved = 0;
    for a in intervals() {
        for b in intervals() {
            for op in ops {
                let (chosen, known) = arithmetic(op, fact(a), fact(b));
                proved += usize::from(chosen != op);
                for x in samples(a) {
                    for y in samples(b) {
                        let args = [x as u64, y as u64];
                        match sem::scalar(op, 0, &args).expect("the op is scalar") {
                            Ok(word) => {
                                assert!(
                                    contains(known, word as i64),
                                    "{} {x}, {y} of {a:?}, {b:?} is not in {known:?}",
                                    op.row().name
                                );
                            }
                            Err(_) => assert_eq!(chosen, op, "{x}, {y} of {a:?}, {b:?}"),
                        }
                    }
                }
            }
        }
    }
    assert!(proved > 1000, "{proved}");
}

#[test]
fn decided_comparisons_and_relations_are_right() {
    for a in intervals() {
        for b in intervals() {
            for condition in Condition::ALL {
                let decided = comparison(condition, fact(a), fact(b));
                let relation = Relation::given(condition, fact(a), fact(b));
                for x in samples(a) {
                    for y in samples(b) {
                        let holds = sem::i64_cmp(condition, x, y);
                        assert!(decided.is_none_or(|known| known == holds));
                        if holds {
                            assert!(contains(relation.a, x), "{x} {condition:?} {y}");
                            assert!(contains(relation.b, y), "{x} {condition:?} {y}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn intervals_are_as_narrow_as_they_should_be() {
    let ints = |lo, hi| Fact::Ints { lo, hi };
    let index = Relation::given(Condition::Lt, ints(0, i64::MAX), Fact::ANY_INT).a;
    assert_eq!(index, ints(0, i64::MAX - 1));
    assert_eq!(arithmetic(Op::I64Add, index, Fact::int(1)).0, Op::I64AddProved);
    assert_eq!(arithmetic(Op::I64Add, Fact::ANY_INT, Fact::int(1)).0, Op::I64Add);
    assert_eq!(arithmetic(Op::I64Rem, ints(0, 99), Fact::int(10)), (Op::I64RemProved, ints(0, 9)));
    assert_eq!(
        arithmetic(Op::I64Rem, Fact::ANY_INT, Fact::int(10)),
        (Op::I64RemProved, ints(-9, 9))
    );
    assert_eq!(arithmetic(Op::I64Div, ints(-7, 8), Fact::int(2)), (Op::I64DivProved, ints(-3, 4)));
    assert_eq!(arithmetic(Op::I64Div, ints(3, 8), Fact::int(-1)).0, Op::I64Div);
    assert_eq!(
        arithmetic(Op::I64Mul, ints(-1000, 1000), ints(-1000, 1000)),
        (Op::I64MulProved, ints(-1_000_000, 1_000_000))
    );
    assert_eq!(comparison(Condition::Lt, ints(0, 3), ints(4, 9)), Some(true));
    assert_eq!(Fact::Object.or(Fact::Nothing), Fact::Unknown);
    assert_eq!(Fact::int(3).or(Fact::int(5)), ints(3, 5));
    assert_eq!(Relation::given(Condition::Ne, ints(0, 9), Fact::int(0)).a, ints(1, 9));
}
