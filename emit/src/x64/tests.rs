//! Every instruction form with every kind of operand, decoded by an independent disassembler.

use super::*;
use crate::macro_assembler::Base;
use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};

const REGS: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];
const REGS32: [&str; 16] = [
    "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d",
    "r13d", "r14d", "r15d",
];
const REGS8: [&str; 16] = [
    "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
    "r13b", "r14b", "r15b",
];
const IMMEDIATES: [i32; 8] = [0, 1, -1, 127, -128, 128, -129, i32::MIN];
const DISPLACEMENTS: [i32; 7] = [0, 1, -1, 127, -128, 128, i32::MAX];

fn regs() -> impl Iterator<Item = Reg> + Clone {
    (0..16).map(Reg)
}

fn xmms() -> impl Iterator<Item = Xmm> + Clone {
    (0..16).map(Xmm)
}

/// Places in memory with all bases, and all indices with some bases.
fn memories() -> Vec<Mem> {
    let mut found = Vec::new();
    for base in regs() {
        for disp in DISPLACEMENTS {
            found.push(Mem::at(base, disp));
        }
        for index in regs().filter(|&index| index != RSP) {
            let scale = [Scale::Bytes, Scale::Twos, Scale::Fours, Scale::Words];
            let disp = DISPLACEMENTS[(base.0 + index.0) as usize % DISPLACEMENTS.len()];
            found.push(Mem::indexed(base, index, scale[(base.0 ^ index.0) as usize % 4], disp));
        }
    }
    found
}

fn number(value: i64) -> String {
    if value < 0 { format!("-{}", value.unsigned_abs()) } else { value.to_string() }
}

fn memory(size: &str, mem: Mem) -> String {
    let Base::Reg(base) = mem.base else { panic!("labels have a test of their own") };
    let mut text = format!("{size}[{}", REGS[base.0 as usize]);
    if let Some((index, scale)) = mem.index {
        text.push_str(&format!("+{}", REGS[index.0 as usize]));
        if scale != Scale::Bytes {
            text.push_str(&format!("*{}", 1 << scale as u8));
        }
    }
    if mem.disp != 0 {
        let sign = if mem.disp < 0 { '-' } else { '+' };
        text.push_str(&format!("{sign}{}", mem.disp.unsigned_abs()));
    }
    text.push(']');
    text
}

fn decode(bytes: &[u8]) -> Vec<String> {
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_number_base(iced_x86::NumberBase::Decimal);
    options.set_memory_size_options(iced_x86::MemorySizeOptions::Never);
    options.set_signed_immediate_operands(true);
    options.set_rip_relative_addresses(true);
    options.set_scale_before_index(false);
    options.set_always_show_scale(false);
    options.set_branch_leading_zeros(false);
    options.set_show_branch_size(false);
    let mut decoder = Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    let mut lines = Vec::new();
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        let mut line = String::new();
        formatter.format(&instruction, &mut line);
        lines.push(line);
    }
    lines
}

/// Instructions and what they must be decoded as.
#[derive(Default)]
struct Check {
    asm: Assembler,
    expected: Vec<String>,
}

impl Check {
    fn one(&mut self, expected: String, write: impl FnOnce(&mut Assembler)) {
        write(&mut self.asm);
        self.expected.push(expected);
    }

    fn done(mut self) {
        self.asm.finish();
        let found = decode(self.asm.bytes());
        assert!(self.expected.len() > 1);
        for (i, (found, expected)) in found.iter().zip(&self.expected).enumerate() {
            assert_eq!(found, expected, "instruction {i}");
        }
        assert_eq!(found.len(), self.expected.len());
    }
}

const ALUS: [(Alu, &str); 6] = [
    (Alu::Add, "add"),
    (Alu::Or, "or"),
    (Alu::And, "and"),
    (Alu::Sub, "sub"),
    (Alu::Xor, "xor"),
    (Alu::Cmp, "cmp"),
];

const CONDITIONS: [&str; 16] =
    ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];

#[test]
fn pairs_of_registers() {
    let mut check = Check::default();
    for a in regs() {
        for b in regs() {
            let (x, y) = (REGS[a.0 as usize], REGS[b.0 as usize]);
            let (x32, y32) = (REGS32[a.0 as usize], REGS32[b.0 as usize]);
            check.one(format!("mov {x},{y}"), |asm| asm.mov_rr(a, b));
            check.one(format!("mov {x32},{y32}"), |asm| asm.mov32_rr(a, b));
            check.one(format!("test {x},{y}"), |asm| asm.test_rr(a, b));
            check.one(format!("imul {x},{y}"), |asm| asm.imul_rr(a, b));
            check.one(format!("movzx {x32},{}", REGS8[b.0 as usize]), |asm| asm.movzx8_rr(a, b));
            for (op, name) in ALUS {
                check.one(format!("{name} {x},{y}"), |asm| asm.alu_rr(op, a, b));
                check.one(format!("{name} {x32},{y32}"), |asm| asm.alu32_rr(op, a, b));
            }
            for cond in Cond::ALL {
                let name = CONDITIONS[cond as usize];
                check.one(format!("cmov{name} {x},{y}"), |asm| asm.cmov(cond, a, b));
            }
            for value in IMMEDIATES {
                // The disassembler leaves out a source that is the destination.
                let operands = if a == b { x.to_owned() } else { format!("{x},{y}") };
                check.one(format!("imul {operands},{value}"), |asm| asm.imul_rri(a, b, value));
            }
        }
    }
    check.done();
}

#[test]
fn one_register() {
    let mut check = Check::default();
    let wide = [
        0,
        1,
        u64::from(u32::MAX),
        1 << 31,
        1 << 32,
        -1i64 as u64,
        i64::MIN as u64,
        i64::from(i32::MIN) as u64,
        i64::MAX as u64,
    ];
    for a in regs() {
        let x = REGS[a.0 as usize];
        let x32 = REGS32[a.0 as usize];
        for value in wide {
            let short = u32::try_from(value).is_ok();
            let shown = if short { number(i64::from(value as i32)) } else { number(value as i64) };
            let name = if short { x32 } else { x };
            check.one(format!("mov {name},{shown}"), |asm| asm.mov_ri(a, value));
        }
        for value in IMMEDIATES {
            for (op, name) in ALUS {
                check.one(format!("{name} {x},{value}"), |asm| asm.alu_ri(op, a, value));
                check.one(format!("{name} {x32},{value}"), |asm| asm.alu32_ri(op, a, value));
            }
        }
        check.one(format!("neg {x}"), |asm| asm.neg(a));
        check.one(format!("imul {x}"), |asm| asm.imul_wide(a));
        check.one(format!("idiv {x}"), |asm| asm.idiv_r(a));
        check.one(format!("div {x32}"), |asm| asm.div32_r(a));
        check.one(format!("push {x}"), |asm| asm.push(a));
        check.one(format!("pop {x}"), |asm| asm.pop(a));
        check.one(format!("call {x}"), |asm| asm.call_r(a));
        check.one(format!("jmp {x}"), |asm| asm.jmp_r(a));
        for by in [1, 31, 63] {
            check.one(format!("shl {x},{by}"), |asm| asm.shift_ri(Shift::Left, a, by));
            check.one(format!("shr {x},{by}"), |asm| asm.shift_ri(Shift::Logical, a, by));
            check.one(format!("sar {x},{by}"), |asm| asm.shift_ri(Shift::Arithmetic, a, by));
        }
        for cond in Cond::ALL {
            let name = CONDITIONS[cond as usize];
            check.one(format!("set{name} {}", REGS8[a.0 as usize]), |asm| asm.setcc(cond, a));
        }
    }
    check.one("ret".into(), Assembler::ret);
    check.one("leave".into(), Assembler::leave);
    check.one("int3".into(), Assembler::int3);
    check.one("cqo".into(), Assembler::cqo);
    check.done();
}

#[test]
fn memory_and_registers() {
    let mut check = Check::default();
    for (i, mem) in memories().into_iter().enumerate() {
        let at = memory("", mem);
        let a = Reg(i as u8 % 16);
        let (x, x32) = (REGS[a.0 as usize], REGS32[a.0 as usize]);
        check.one(format!("mov {x},{at}"), |asm| asm.mov_rm(a, mem));
        check.one(format!("mov {at},{x}"), |asm| asm.mov_mr(mem, a));
        check.one(format!("mov {x32},{at}"), |asm| asm.mov32_rm(a, mem));
        check.one(format!("movzx {x32},{at}"), |asm| asm.movzx8_rm(a, mem));
        check.one(format!("mov {at},{}", REGS8[a.0 as usize]), |asm| asm.mov8_mr(mem, a));
        check.one(format!("movsxd {x},{at}"), |asm| asm.movsxd_rm(a, mem));
        check.one(format!("lea {x},{at}"), |asm| asm.lea(a, mem));
        check.one(format!("imul {x},{at}"), |asm| asm.imul_rm(a, mem));
        check.one(format!("idiv {at}"), |asm| asm.idiv_m(mem));
        check.one(format!("push {at}"), |asm| asm.push_m(mem));
        check.one(format!("pop {at}"), |asm| asm.pop_m(mem));
        check.one(format!("call {at}"), |asm| asm.call_m(mem));
        check.one(format!("jmp {at}"), |asm| asm.jmp_m(mem));
        check.one(format!("inc {at}"), |asm| asm.inc32_m(mem));
        check.one(format!("dec {at}"), |asm| asm.dec32_m(mem));
        check.one(format!("inc {at}"), |asm| asm.inc_m(mem));
        for (op, name) in ALUS {
            check.one(format!("{name} {x},{at}"), |asm| asm.alu_rm(op, a, mem));
            check.one(format!("{name} {at},{x}"), |asm| asm.alu_mr(op, mem, a));
        }
        for value in IMMEDIATES {
            check.one(format!("mov {at},{value}"), |asm| asm.mov_mi(mem, value));
            check.one(format!("mov {at},{value}"), |asm| asm.mov32_mi(mem, value));
            for (op, name) in ALUS {
                check.one(format!("{name} {at},{value}"), |asm| asm.alu_mi(op, mem, value));
                check.one(format!("{name} {at},{value}"), |asm| asm.alu32_mi(op, mem, value));
            }
        }
        check.one(format!("mov {at},1"), |asm| asm.mov8_mi(mem, 1));
        check.one(format!("test {at},1"), |asm| asm.test8_mi(mem, 1));
        let f = Xmm(a.0);
        check.one(format!("movsd xmm{},{at}", a.0), |asm| asm.movsd_xm(f, mem));
        check.one(format!("movsd {at},xmm{}", a.0), |asm| asm.movsd_mx(mem, f));
        check.one(format!("ucomisd xmm{},{at}", a.0), |asm| asm.ucomisd_xm(f, mem));
        check.one(format!("cvtsi2sd xmm{},{at}", a.0), |asm| asm.cvtsi2sd_xm(f, mem));
        for (op, name) in SSES {
            check.one(format!("{name} xmm{},{at}", a.0), |asm| asm.sse_xm(op, f, mem));
        }
    }
    check.done();
}

const SSES: [(FloatOp, &str); 5] = [
    (FloatOp::Sqrt, "sqrtsd"),
    (FloatOp::Add, "addsd"),
    (FloatOp::Mul, "mulsd"),
    (FloatOp::Sub, "subsd"),
    (FloatOp::Div, "divsd"),
];

#[test]
fn floats() {
    let mut check = Check::default();
    for a in xmms() {
        for b in xmms() {
            let (x, y) = (format!("xmm{}", a.0), format!("xmm{}", b.0));
            let (r, s) = (Reg(b.0), REGS[b.0 as usize]);
            check.one(format!("movaps {x},{y}"), |asm| asm.movaps(a, b));
            check.one(format!("xorps {x},{y}"), |asm| asm.xorps(a, b));
            check.one(format!("ucomisd {x},{y}"), |asm| asm.ucomisd_xx(a, b));
            check.one(format!("movq {x},{s}"), |asm| asm.movq_xr(a, r));
            check.one(format!("movq {s},{x}"), |asm| asm.movq_rx(r, a));
            check.one(format!("cvtsi2sd {x},{s}"), |asm| asm.cvtsi2sd_xr(a, r));
            check.one(format!("cvttsd2si {s},{x}"), |asm| asm.cvttsd2si(r, a));
            for (op, name) in SSES {
                check.one(format!("{name} {x},{y}"), |asm| asm.sse_xx(op, a, b));
            }
            for (how, number) in [(Round::Down, 9), (Round::Up, 10), (Round::Zero, 11)] {
                check.one(format!("roundsd {x},{y},{number}"), |asm| asm.roundsd(a, b, how));
            }
        }
    }
    check.done();
}

#[test]
fn sizes_of_what_lies_in_memory() {
    let mem = Mem::at(RBX, 0);
    let sizes = |write: fn(&mut Assembler, Mem)| {
        let mut asm = Assembler::default();
        write(&mut asm, mem);
        asm.finish();
        let instruction = Decoder::new(64, asm.bytes(), DecoderOptions::NONE).decode();
        instruction.memory_size().size()
    };
    assert_eq!(sizes(|asm, mem| asm.alu32_mi(Alu::Cmp, mem, 1)), 4);
    assert_eq!(sizes(|asm, mem| asm.alu_mi(Alu::Cmp, mem, 1)), 8);
    assert_eq!(sizes(|asm, mem| asm.mov32_mi(mem, 1)), 4);
    assert_eq!(sizes(|asm, mem| asm.mov_mi(mem, 1)), 8);
    assert_eq!(sizes(|asm, mem| asm.mov8_mi(mem, 1)), 1);
    assert_eq!(sizes(|asm, mem| asm.test8_mi(mem, 1)), 1);
    assert_eq!(sizes(|asm, mem| asm.inc32_m(mem)), 4);
    assert_eq!(sizes(|asm, mem| asm.dec32_m(mem)), 4);
    assert_eq!(sizes(|asm, mem| asm.inc_m(mem)), 8);
    assert_eq!(sizes(|asm, mem| asm.movzx8_rm(RAX, mem)), 1);
    assert_eq!(sizes(|asm, mem| asm.mov8_mr(mem, RSI)), 1);
    assert_eq!(sizes(|asm, mem| asm.cvtsi2sd_xm(Xmm(0), mem)), 8);
}

/// The targets of all jumps and calls, and of what is addressed by a label.
fn targets(bytes: &[u8]) -> Vec<u64> {
    let decoder = Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE);
    let target = |instruction: Instruction| {
        if instruction.is_ip_rel_memory_operand() {
            Some(instruction.ip_rel_memory_address())
        } else if instruction.near_branch_target() != 0 || instruction.is_call_near() {
            Some(instruction.near_branch_target())
        } else {
            None
        }
    };
    decoder.into_iter().filter_map(target).collect()
}

#[test]
fn labels_reach_forward_backward_and_into_the_cold_section() {
    let mut asm = Assembler::default();
    let [back, forward, cold, data] = std::array::from_fn(|_| asm.label());
    asm.int3();
    asm.bind(back);
    asm.jmp(forward);
    asm.jcc(Cond::Equal, cold);
    asm.movsd_xm(Xmm(9), Mem::label(data));
    asm.enter_cold();
    asm.bind(cold);
    let here = asm.label();
    asm.bind(here);
    asm.call(forward);
    asm.jmp(here);
    asm.jmp(back);
    asm.leave_cold();
    asm.jmp(back);
    let skip = asm.skip(Cond::Above);
    asm.bind_skip(skip);
    let behind_skip = asm.label();
    asm.bind(behind_skip);
    asm.bind(forward);
    for _ in 0..200 {
        asm.int3();
    }
    asm.jcc(Cond::Less, back);
    let shift = asm.append_cold();
    assert_eq!(asm.place(cold) as usize, shift);
    asm.align(8);
    asm.bind(data);
    asm.finish();
    let places = [forward, cold, data, back, behind_skip, back, forward, here, back]
        .map(|label| asm.place(label));
    assert_eq!(targets(asm.bytes()), places.map(u64::from));
    let short = decode(asm.bytes()).iter().filter(|line| line.starts_with("int3")).count();
    assert!(short > 200);
}

#[test]
fn labels_are_found_before_an_immediate() {
    let mut asm = Assembler::default();
    let data = asm.label();
    let mem = Mem::label(data);
    asm.alu_mi(Alu::Cmp, mem, 1);
    asm.alu_mi(Alu::Cmp, mem, 1000);
    asm.alu32_mi(Alu::Cmp, mem, 1);
    asm.mov_mi(mem, 1);
    asm.mov32_mi(mem, 1);
    asm.mov8_mi(mem, 1);
    asm.bind(data);
    asm.finish();
    assert_eq!(targets(asm.bytes()), [u64::from(asm.place(data)); 6]);
}

#[test]
fn tables_hold_distances() {
    let mut asm = Assembler::default();
    let [start, table] = std::array::from_fn(|_| asm.label());
    asm.bind(start);
    asm.word(u64::MAX);
    asm.bind(table);
    asm.distance(start, table);
    asm.finish();
    assert_eq!(asm.bytes()[8..], (-8i32).to_le_bytes());
}
