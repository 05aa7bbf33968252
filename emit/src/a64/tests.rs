//! Every instruction form with every register, and what the assembler makes of places and numbers, decoded by an independent
//! disassembler; and programs, of which all must be instructions.

use super::encoding::*;
use super::*;
use crate::baseline::Options;
use crate::macro_assembler::{Alu, Cond, MacroAssembler, Mem, Scale};
use crate::{stencil, template};
use mochi_ir::random::{self, Random};
use mochi_ir::sites::Sites;
use yaxpeax_arch::{Arch, Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::ARMv8;

fn decode(word: u32) -> Option<String> {
    let decoder = <ARMv8 as Arch>::Decoder::default();
    let bytes = word.to_le_bytes();
    let found = decoder.decode(&mut U8Reader::new(&bytes)).ok()?;
    Some(found.to_string())
}

#[track_caller]
fn check(word: u32, expected: &str) {
    assert_eq!(decode(word).as_deref(), Some(expected), "{word:#010x}");
}

/// What a method of the assembler writes.
fn written(write: impl FnOnce(&mut Assembler)) -> Vec<String> {
    let mut asm = Assembler::default();
    write(&mut asm);
    asm.words().iter().map(|&word| decode(word).unwrap_or_default()).collect()
}

/// Those that are not the stack pointer or zero, by whether the instruction takes number 31 for the one or the other.
fn regs() -> impl Iterator<Item = Reg> {
    (0..31).map(Reg)
}

/// Three registers, each of which runs through all.
fn triples() -> impl Iterator<Item = (Reg, Reg, Reg)> {
    (0..31).map(|i| (Reg(i), Reg((i * 7 + 3) % 31), Reg((i * 5 + 6) % 31)))
}

const CONDITIONS: [&str; 16] = [
    "vs", "vc", "lo", "hs", "eq", "ne", "ls", "hi", "mi", "pl", "vs", "vc", "lt", "ge", "le", "gt",
];

const THREES: [(Three, &str); 11] = [
    (ADD, "add"),
    (ADDS, "adds"),
    (SUB, "sub"),
    (SUBS, "subs"),
    (AND, "and"),
    (ANDS, "ands"),
    (ORR, "orr"),
    (EOR, "eor"),
    (SMULH, "smulh"),
    (MUL, "mul"),
    (SDIV, "sdiv"),
];

#[test]
fn operations_on_registers() {
    for (Reg(a), Reg(b), Reg(c)) in triples() {
        let (rd, rn, rm) = (Reg(a), Reg(b), Reg(c));
        for (op, name) in THREES {
            check(op.of(rd, rn, rm), &format!("{name} x{a}, x{b}, x{c}"));
            if op != SMULH {
                check(op.narrow().of(rd, rn, rm), &format!("{name} w{a}, w{b}, w{c}"));
            }
        }
        for (op, name) in &THREES[..8] {
            let shifts =
                [(Shifted::Left, "lsl"), (Shifted::Logical, "lsr"), (Shifted::Arithmetic, "asr")];
            for (shift, shown) in shifts {
                let word = op.shifted(rd, rn, rm, shift, a + 1);
                check(word, &format!("{name} x{a}, x{b}, x{c}, {shown} #{}", a + 1));
            }
        }
        check(msub(rd, rn, rm, Reg(a)), &format!("msub x{a}, x{b}, x{c}, x{a}"));
        check(cmp_sp(rm), &format!("cmp sp, x{c}"));
        check(SUBS.of(ZERO, rn, rm), &format!("cmp x{b}, x{c}"));
        check(ANDS.of(ZERO, rn, rm), &format!("tst x{b}, x{c}"));
        check(SUBS.of(rd, ZERO, rm), &format!("negs x{a}, x{c}"));
        check(mov(rd, rm), &format!("mov x{a}, x{c}"));
        check(uxtb(rd, rn), &format!("uxtb w{a}, w{b}"));
        for by in [1, 31, 63] {
            check(shift(Shifted::Left, rd, rn, by), &format!("lsl x{a}, x{b}, #{by:#x}"));
            check(shift(Shifted::Logical, rd, rn, by), &format!("lsr x{a}, x{b}, #{by:#x}"));
            check(shift(Shifted::Arithmetic, rd, rn, by), &format!("asr x{a}, x{b}, #{by:#x}"));
        }
        for cond in Cond::ALL {
            let shown = CONDITIONS[cond as usize];
            check(csel(rd, rn, rm, cond), &format!("csel x{a}, x{b}, x{c}, {shown}"));
            check(cset(rd, cond), &format!("cset x{a}, {shown}"));
            check(ccmn(rn, 1, 5, cond), &format!("ccmn x{b}, #0x1, #0x5, {shown}"));
        }
    }
}

#[test]
fn numbers_in_operations() {
    for Reg(a) in regs() {
        let (rd, rn) = (Reg(a), Reg((a * 7 + 3) % 31));
        let b = rn.0;
        for (op, name) in &THREES[..4] {
            for value in [0, 1, 4095] {
                check(op.imm12(rd, rn, value), &format!("{name} x{a}, x{b}, #{value:#x}"));
                let narrow = op.narrow().imm12(rd, rn, value);
                check(narrow, &format!("{name} w{a}, w{b}, #{value:#x}"));
            }
            for value in [0x1000, 0xfff000] {
                let shown = format!("#{:#x}, lsl #12", value >> 12);
                check(op.imm12(rd, rn, value), &format!("{name} x{a}, x{b}, {shown}"));
            }
        }
        for part in 0..4u32 {
            let value = 0x1234u64 << (16 * part);
            check(mov_wide(Wide::Zero, rd, 0x1234, part), &format!("mov x{a}, #{value:#x}"));
            check(mov_wide(Wide::Not, rd, 0x1234, part), &format!("mov x{a}, #{:#x}", !value));
            let shown = if part == 0 { String::new() } else { format!(", lsl #{}", 16 * part) };
            check(mov_wide(Wide::Keep, rd, 0x1234, part), &format!("movk x{a}, #0x1234{shown}"));
        }
    }
    assert!(is_imm12(4095) && is_imm12(0xfff000) && !is_imm12(4097) && !is_imm12(1 << 24));
}

/// Each run of ones, at each rotation, in elements of each size; and what is none.
#[test]
fn patterns_of_bits() {
    let mut found = 0;
    for size in [2u32, 4, 8, 16, 32, 64] {
        for ones in 1..size {
            for rotation in 0..size {
                let run = (1u64 << ones) - 1;
                let mask = u64::MAX >> (64 - size);
                let rotated =
                    (run >> rotation | run.checked_shl(size - rotation).unwrap_or(0)) & mask;
                let mut pattern = rotated;
                let mut width = size;
                while width < 64 {
                    pattern |= pattern << width;
                    width *= 2;
                }
                let encoded = bits(pattern).unwrap_or_else(|| panic!("{pattern:#x} is a pattern"));
                let word = EOR.bits(X1, X2, encoded);
                check(word, &format!("eor x1, x2, #{pattern:#x}"));
                found += 1;
            }
        }
    }
    // As the manual counts them.
    assert_eq!(found, 5334);
    for value in [0, u64::MAX, 5, 0x1234, 0xf0f0_f0f1, i64::MIN as u64 | 4] {
        assert_eq!(bits(value), None, "{value:#x}");
    }
}

const ACCESSES: [(Access, &str, &str); 9] = [
    (LOAD, "ldr", "x"),
    (STORE, "str", "x"),
    (LOAD_32, "ldr", "w"),
    (STORE_32, "str", "w"),
    (LOAD_SIGNED_32, "ldrsw", "x"),
    (LOAD_8, "ldrb", "w"),
    (STORE_8, "strb", "w"),
    (LOAD_FLOAT, "ldr", "d"),
    (STORE_FLOAT, "str", "d"),
];

#[test]
fn memory() {
    for (Reg(a), Reg(b), Reg(c)) in triples() {
        let (rn, rm) = (Reg(b), Reg(c));
        for (access, name, kind) in ACCESSES {
            let size = access.size();
            check(access.scaled(a, rn, 0), &format!("{name} {kind}{a}, [x{b}]"));
            let far = 4095 << size;
            check(access.scaled(a, rn, far), &format!("{name} {kind}{a}, [x{b}, #{far:#x}]"));
            check(access.scaled(a, SP, 8), &format!("{name} {kind}{a}, [sp, #0x8]"));
            // "ldur" for "ldr".
            let near = format!("{}u{}", &name[..2], &name[2..]);
            check(access.unscaled(a, rn, -256), &format!("{near} {kind}{a}, [x{b}, #-0x100]"));
            check(access.unscaled(a, rn, 255), &format!("{near} {kind}{a}, [x{b}, #0xff]"));
            check(access.indexed(a, rn, rm, false), &format!("{name} {kind}{a}, [x{b}, x{c}]"));
            if size > 0 {
                let word = access.indexed(a, rn, rm, true);
                check(word, &format!("{name} {kind}{a}, [x{b}, x{c}, lsl #{size}]"));
            }
        }
        let shown = |offset: i32| match offset {
            0 => String::new(),
            _ if offset < 0 => format!(", #-{:#x}", -offset),
            _ => format!(", #{offset:#x}"),
        };
        for offset in [-512, 0, 504] {
            let at = format!("[x{c}{}]", shown(offset));
            check(STORE_PAIR.at(a, b, rm, offset), &format!("stp x{a}, x{b}, {at}"));
            check(STORE_FLOATS.at(a, b, rm, offset), &format!("stp d{a}, d{b}, {at}"));
            if a != b {
                check(LOAD_PAIR.at(a, b, rm, offset), &format!("ldp x{a}, x{b}, {at}"));
                check(LOAD_FLOATS.at(a, b, rm, offset), &format!("ldp d{a}, d{b}, {at}"));
            }
        }
        check(STORE_PAIR_BEFORE.at(a, b, SP, -16), &format!("stp x{a}, x{b}, [sp, #-0x10]!"));
        if a != b {
            check(LOAD_PAIR_AFTER.at(a, b, SP, 16), &format!("ldp x{a}, x{b}, [sp], #0x10"));
        }
    }
}

#[test]
fn control() {
    for cond in Cond::ALL {
        let shown = CONDITIONS[cond as usize];
        check(b_cond(cond, 3), &format!("b.{shown} $+0xc"));
        check(b_cond(cond, -(1 << 18)), &format!("b.{shown} $-0x100000"));
        assert_eq!(condition(cond.inverted()), condition(cond) ^ 1);
    }
    check(b(5), "b $+0x14");
    check(b(-(1 << 25)), "b $-0x8000000");
    check(bl(-1), "bl $-0x4");
    for Reg(a) in regs() {
        check(br(Reg(a)), &format!("br x{a}"));
        check(blr(Reg(a)), &format!("blr x{a}"));
        check(adrp(Reg(a), -1), &format!("adrp x{a}, $-0x1000"));
        check(adrp(Reg(a), 0x1_2345), &format!("adrp x{a}, $+0x12345000"));
    }
    check(RET, "ret");
    check(BRK, "brk #0x0");
}

#[test]
fn floats() {
    for a in 0..32 {
        let (b, c) = ((a * 7 + 3) % 32, (a * 5 + 6) % 32);
        let (rd, rn, rm) = (FloatReg(a), FloatReg(b), FloatReg(c));
        for (op, name) in [(FADD, "fadd"), (FSUB, "fsub"), (FMUL, "fmul"), (FDIV, "fdiv")] {
            check(op.of(rd, rn, rm), &format!("{name} d{a}, d{b}, d{c}"));
        }
        check(FEOR.of(rd, rn, rm), &format!("eor v{a}.8b, v{b}.8b, v{c}.8b"));
        check(fmov(rd, rn), &format!("fmov d{a}, d{b}"));
        check(fsqrt(rd, rn), &format!("fsqrt d{a}, d{b}"));
        check(fcmp(rn, rm), &format!("fcmp d{b}, d{c}"));
        check(fcmp_zero(rn), &format!("fcmp d{b}, #0.0"));
        if a < 31 {
            check(fmov_from_bits(rd, Reg(a)), &format!("fmov d{a}, x{a}"));
            check(fmov_to_bits(Reg(a), rn), &format!("fmov x{a}, d{b}"));
            check(scvtf(rn, Reg(a)), &format!("scvtf d{b}, x{a}"));
            check(fcvtzs(Reg(a), rn), &format!("fcvtzs x{a}, d{b}"));
        }
    }
}

/// What a sequence of moves puts into `x1`, by its text.
fn value_of(lines: &[String]) -> u64 {
    let number = |text: &str| {
        u64::from_str_radix(text.trim_start_matches("#0x"), 16).expect("it is a number")
    };
    let mut value = 0;
    for line in lines {
        let operands: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        match operands[..] {
            ["mov", "x1", put] => value = number(put),
            ["orr", "x1", "xzr", put] => value = number(put),
            ["movk", "x1", put] => value = value & !0xffff | number(put),
            ["movk", "x1", put, "lsl", by] => {
                let by: u32 = by[1..].parse().expect("it is a distance");
                value = value & !(0xffff << by) | number(put) << by;
            }
            _ => panic!("{line}"),
        }
    }
    value
}

#[test]
fn any_number_gets_into_a_register() {
    let mut random = Random::new(3);
    let edges = [0, 1, 0xffff, 0x1_0000, 0xffff_ffff, u64::MAX, i64::MIN as u64, i64::MAX as u64];
    let near = edges.into_iter().flat_map(|edge| [edge, !edge, edge.wrapping_add(1)]);
    let others = (0..2000).map(|i| random.bits() >> (i % 64));
    for value in near.chain(others) {
        let lines = written(|asm| asm.number(X1, value));
        assert!(lines.len() <= 4, "{lines:?}");
        assert_eq!(value_of(&lines), value, "{lines:?}");
    }
    assert_eq!(written(|asm| asm.number(X1, 0x5555_5555_5555_5555)).len(), 1);
}

#[test]
fn places_that_no_instruction_reaches_take_several() {
    let load = |mem| written(|asm| asm.mov_rm(X1, mem));
    assert_eq!(load(Mem::at(X2, 32760)), ["ldr x1, [x2, #0x7ff8]"]);
    assert_eq!(load(Mem::at(X2, -8)), ["ldur x1, [x2, #-0x8]"]);
    assert_eq!(load(Mem::at(X2, 32768)), ["add x17, x2, #0x8, lsl #12", "ldr x1, [x17]"]);
    let lines = ["sub x17, x2, #0xc", "sub x17, x17, #0x8, lsl #12", "ldr x1, [x17]"];
    assert_eq!(load(Mem::at(X2, -0x800c)), lines);
    let lines = ["mov x17, #0x7fffffff", "add x17, x2, x17", "ldr x1, [x17]"];
    assert_eq!(load(Mem::at(X2, i32::MAX)).last().map(String::as_str), Some(lines[2]));
    let by = |scale, disp| Mem::indexed(X2, X3, scale, disp);
    assert_eq!(load(by(Scale::Words, 0)), ["ldr x1, [x2, x3, lsl #3]"]);
    assert_eq!(load(by(Scale::Fours, 0)), ["add x17, x2, x3, lsl #2", "ldr x1, [x17]"]);
    assert_eq!(load(by(Scale::Bytes, 8)), ["add x17, x2, x3", "ldr x1, [x17, #0x8]"]);
    assert_eq!(load(by(Scale::Bytes, 0)), ["ldr x1, [x2, x3]"]);
    let lea = written(|asm| asm.lea(X2, by(Scale::Words, 8)));
    assert_eq!(lea, ["add x2, x2, x3, lsl #3", "add x2, x2, #0x8"]);
}

#[test]
fn numbers_that_no_instruction_has_room_for_take_several() {
    let alu = |op, value| written(|asm| asm.alu_ri(op, X1, value));
    assert_eq!(alu(Alu::Add, 4095), ["adds x1, x1, #0xfff"]);
    assert_eq!(alu(Alu::Add, -1), ["subs x1, x1, #0x1"]);
    assert_eq!(alu(Alu::Cmp, -4096), ["cmn x1, #0x1, lsl #12"]);
    assert_eq!(alu(Alu::Sub, 4097), ["mov x17, #0x1001", "subs x1, x1, x17"]);
    assert_eq!(alu(Alu::And, 0xff), ["and x1, x1, #0xff"]);
    assert_eq!(alu(Alu::Or, 5), ["mov x17, #0x5", "orr x1, x1, x17"]);
    let narrow = written(|asm| asm.alu32_ri(Alu::And, X1, i32::MAX));
    assert_eq!(narrow, ["and w1, w1, #0x7fffffff"]);
    let memory = written(|asm| asm.alu_mi(Alu::Cmp, Mem::at(X2, 8), 7));
    assert_eq!(memory, ["ldr x16, [x2, #0x8]", "cmp x16, #0x7"]);
}

#[test]
fn neighbours_are_moved_together() {
    let load = |rt, rn, offset| LOAD.scaled(rt, rn, offset);
    let both = pair(load(1, X2, 16), load(3, X2, 24));
    assert_eq!(both.and_then(decode).as_deref(), Some("ldp x1, x3, [x2, #0x10]"));
    let both = pair(STORE.scaled(31, SP, 0), STORE.scaled(3, SP, 8));
    assert_eq!(both.and_then(decode).as_deref(), Some("stp xzr, x3, [sp]"));
    let both = pair(STORE_FLOAT.scaled(1, X2, 504), STORE_FLOAT.scaled(1, X2, 512));
    assert_eq!(both.and_then(decode).as_deref(), Some("stp d1, d1, [x2, #0x1f8]"));
    let both = pair(LOAD_FLOAT.scaled(2, X2, 0), LOAD_FLOAT.scaled(1, X2, 8));
    assert_eq!(both.and_then(decode).as_deref(), Some("ldp d2, d1, [x2]"));
    // The second reads where the first has loaded from elsewhere; the same register twice; other places, ways, sizes.
    let apart = [
        (load(2, X2, 0), load(3, X2, 8)),
        (load(1, X2, 0), load(1, X2, 8)),
        (load(1, X2, 0), load(3, X2, 16)),
        (load(1, X2, 8), load(3, X2, 0)),
        (load(1, X2, 512), load(3, X2, 520)),
        (load(1, X2, 0), load(3, X3, 8)),
        (load(1, X2, 0), STORE.scaled(3, X2, 8)),
        (load(1, X2, 0), LOAD_FLOAT.scaled(3, X2, 8)),
        (LOAD_32.scaled(1, X2, 0), LOAD_32.scaled(3, X2, 4)),
        (RET, load(3, X2, 8)),
    ];
    for (first, second) in apart {
        assert_eq!(pair(first, second), None, "{:?}, {:?}", decode(first), decode(second));
    }
    // Whoever comes from elsewhere comes to the second alone.
    let mut asm = Assembler::default();
    let back = asm.label();
    asm.mov_rm(X1, Mem::at(X2, 0));
    Assembler::bind(&mut asm, back);
    asm.mov_rm(X3, Mem::at(X2, 8));
    assert_eq!(asm.words().len(), 2);
    let skip = Assembler::skip(&mut asm, Cond::Equal);
    asm.mov_mr(Mem::at(X2, 0), X1);
    Assembler::bind_skip(&mut asm, skip);
    asm.mov_mr(Mem::at(X2, 8), X3);
    assert_eq!(asm.words().len(), 5);
    asm.mov_mr(Mem::at(X2, 16), X3);
    assert_eq!(asm.words().len(), 5);
}

#[test]
fn operations_on_two_registers_need_no_move() {
    let sum = written(|asm| asm.alu_rrr(Alu::Sub, X1, X2, X3));
    assert_eq!(sum, ["subs x1, x2, x3"]);
    assert_eq!(written(|asm| asm.alu_rri(Alu::Add, X1, X2, -3)), ["subs x1, x2, #0x3"]);
    assert_eq!(written(|asm| asm.mul_rrr(X1, X2, X3, false)), ["mul x1, x2, x3"]);
    let product = ["smulh x17, x2, x3", "mul x1, x2, x3", "cmp x17, x1, asr #63"];
    assert_eq!(written(|asm| asm.mul_rrr(X1, X2, X3, true)), product);
}

#[test]
fn labels_and_cold_code() {
    let mut asm = Assembler::default();
    let (cold, data) = (asm.label(), asm.label());
    let start = asm.label();
    asm.bind(start);
    asm.jump_if(Cond::Equal, cold);
    asm.mov_rm(X1, Mem::label(data));
    asm.address(X2, data);
    let skip = Assembler::skip(&mut asm, Cond::Less);
    Assembler::call(&mut asm, start);
    Assembler::bind_skip(&mut asm, skip);
    Assembler::enter_cold(&mut asm);
    Assembler::bind(&mut asm, cold);
    asm.jump(start);
    Assembler::leave_cold(&mut asm);
    assert_eq!(Assembler::append_cold(&mut asm), 28);
    // On another page.
    while asm.words().len() < 1026 {
        asm.put(RET);
    }
    Assembler::bind(&mut asm, data);
    Assembler::word(&mut asm, 7);
    Assembler::finish(&mut asm);
    let lines: Vec<String> =
        asm.words()[..8].iter().map(|&word| decode(word).unwrap_or_default()).collect();
    assert_eq!(
        lines,
        [
            "b.eq $+0x1c",
            "adrp x17, $+0x1000",
            "ldr x1, [x17, #0x8]",
            "adrp x2, $+0x1000",
            "add x2, x2, #0x8",
            "b.lt $+0x8",
            "bl $-0x18",
            "b $-0x1c",
        ]
    );
}

#[test]
fn numbers_get_into_empty_fields() {
    for (Reg(a), Reg(b), _) in triples() {
        let (rd, rn) = (Reg(a), Reg(b));
        for value in [0, 1, 4095] {
            assert_eq!(with_number(SUBS.imm12(rd, rn, 0), value), SUBS.imm12(rd, rn, value));
            assert_eq!(with_number(ADD.imm12(rd, rn, 0), value), ADD.imm12(rd, rn, value));
            for (access, name, _) in ACCESSES {
                let offset = value << access.size();
                let filled = with_number(access.scaled(a, rn, 0), offset);
                assert_eq!(filled, access.scaled(a, rn, offset), "{name}");
            }
        }
        for value in [0, 1, u16::MAX] {
            let filled = with_number(mov_wide(Wide::Zero, rd, 0, 0), value.into());
            assert_eq!(filled, mov_wide(Wide::Zero, rd, value, 0));
        }
    }
}

#[test]
fn stencils_are_instructions() {
    for number in 0..stencil::catalogue::COUNT {
        let stencil = stencil::table::AARCH64.get(number);
        let (words, rest) = stencil.bytes.as_chunks::<4>();
        assert!(rest.is_empty(), "stencil {number} has half an instruction");
        for &word in words {
            let word = u32::from_le_bytes(word);
            assert!(decode(word).is_some(), "stencil {number}: {word:#010x}");
        }
    }
}

/// Jumps that test one bit reach 32 KiB, those with another condition 1 MiB.
#[test]
fn jumps_reach_through_long_functions() {
    let statements = 6000;
    let program = random::program(1, random::Options { statements, ..Default::default() });
    let sites = Sites::new(&program);
    for code in [
        template::compile_for::<Assembler>(&program, &sites, Options::default()),
        stencil::compile_for::<Assembler>(&program, &sites, Options::default()),
    ] {
        let code = code.expect("it is short enough");
        let lengths = code.entries.iter().zip(&code.ends).map(|(start, end)| end - start);
        let longest = lengths.max().expect("there are functions");
        assert!(longest > 3 << 15, "{longest} bytes prove nothing");
    }
}

/// All code of programs is instructions; what it does is seen where the machine, or an emulator, runs it.
#[test]
fn programs_are_instructions() {
    for seed in 0..60 {
        let program =
            random::program(seed, random::Options { statements: 60, ..Default::default() });
        let sites = Sites::new(&program);
        for registers in [None, Some(0), Some(3)] {
            let options = Options { registers, poison: seed % 2 == 0, ..Options::default() };
            let code = if seed % 4 < 2 {
                template::compile_for::<Assembler>(&program, &sites, options)
            } else {
                stencil::compile_for::<Assembler>(&program, &sites, options)
            };
            let code = code.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let end = code.addresses.first().map_or(code.bytes.len(), |&(at, _)| at as usize);
            // Between functions there may be tables of switches.
            let starts = code.entries.iter().chain(code.stubs.first().map(|(at, _)| at));
            let ends = code.ends.iter().copied().chain([end as u32]);
            for (&start, end) in starts.zip(ends) {
                let (words, _) = code.bytes[start as usize..end as usize].as_chunks::<4>();
                for &word in words {
                    let word = u32::from_le_bytes(word);
                    assert!(decode(word).is_some(), "seed {seed}: {word:#010x}");
                }
            }
        }
    }
}
