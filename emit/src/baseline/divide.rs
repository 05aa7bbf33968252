//! Division by constants without dividing: shifts for powers of two, else a multiplication by a rounded reciprocal (Granlund and
//! Montgomery, "Division by invariant integers using multiplication", 1994; the numbers as in Warren, "Hacker's Delight").
//! Which instructions these are depends on the number, so there are no stencils of them: they are written for both emitters.

use super::values::Operand;
use super::{At, Baseline, Bodies};
use crate::macro_assembler::{Alu, MacroAssembler, Reg, Shift};

/// The reciprocal of a divisor: the upper half of a product with `factor`, shifted right, is the quotient or one less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reciprocal {
    factor: i64,
    shift: u8,
}

impl Reciprocal {
    /// Of a divisor that is not 0, 1, -1 or a power of two or the negative of one.
    fn of(divisor: i64) -> Reciprocal {
        const TWO_63: u128 = 1 << 63;
        let size = u128::from(divisor.unsigned_abs());
        // The largest dividend of the divisor's sign that leaves size - 1.
        let sign = u128::from(divisor < 0);
        let limit = TWO_63 + sign - 1 - (TWO_63 + sign) % size;
        // The least power with which the reciprocal is exact enough for all dividends.
        let mut power = 64;
        loop {
            let rest = (1u128 << power) % size;
            if (1u128 << power) > limit * (size - rest) {
                let factor = ((1u128 << power) + size - rest) / size;
                let factor = factor as u64 as i64;
                let factor = if divisor < 0 { factor.wrapping_neg() } else { factor };
                return Reciprocal { factor, shift: power - 64 };
            }
            power += 1;
        }
    }
}

impl<B: Bodies> Baseline<'_, B> {
    /// Divides by a constant that is neither 0 nor -1.
    pub(crate) fn divide_by_constant(&mut self, at: At, divisor: i64, is_quotient: bool) {
        let size = divisor.unsigned_abs();
        if size.is_power_of_two() && size <= 1 << 31 {
            self.divide_by_power(at, divisor, is_quotient);
            return;
        }
        if divisor == i64::MIN {
            // Too large to be shifted by; nobody divides by it.
            self.load(at.function, at.arg(0), Self::ACC);
            let by = self.pool_word(divisor as u64);
            self.asm.divide_m(by, is_quotient);
            self.define(at.result(), if is_quotient { Self::ACC } else { Self::AUX });
            return;
        }
        self.divide_by_product(at, divisor);
        if is_quotient {
            return self.define(at.result(), Self::AUX);
        }
        match i32::try_from(divisor) {
            Ok(divisor) => self.asm.mul_rri(Self::AUX, Self::AUX, divisor, false),
            Err(_) => {
                self.asm.mov_ri(Self::ACC, divisor as u64);
                self.asm.mul_rr(Self::AUX, Self::ACC, false);
            }
        }
        self.load(at.function, at.arg(0), Self::ACC);
        self.asm.alu_rr(Alu::Sub, Self::ACC, Self::AUX);
        self.define(at.result(), Self::ACC);
    }

    /// Divides by plus or minus a power of two up to 2^31.
    fn divide_by_power(&mut self, at: At, divisor: i64, is_quotient: bool) {
        let size = divisor.unsigned_abs();
        let power = size.trailing_zeros() as u8;
        self.load(at.function, at.arg(0), Self::ACC);
        if power == 0 {
            if !is_quotient {
                self.asm.zero(Self::ACC);
            }
            return self.define(at.result(), Self::ACC);
        }
        // What makes a shift round toward zero: size - 1 for a negative dividend.
        self.asm.mov_rr(Self::AUX, Self::ACC);
        self.asm.shift_ri(Shift::Arithmetic, Self::AUX, 63);
        self.asm.shift_ri(Shift::Logical, Self::AUX, 64 - power);
        self.asm.alu_rr(Alu::Add, Self::ACC, Self::AUX);
        if is_quotient {
            self.asm.shift_ri(Shift::Arithmetic, Self::ACC, power);
            if divisor < 0 {
                self.asm.neg(Self::ACC);
            }
        } else {
            self.asm.alu_ri(Alu::And, Self::ACC, (size - 1) as i32);
            self.asm.alu_rr(Alu::Sub, Self::ACC, Self::AUX);
        }
        self.define(at.result(), Self::ACC);
    }

    /// Leaves the quotient in `AUX`.
    fn divide_by_product(&mut self, at: At, divisor: i64) {
        let Reciprocal { factor, shift } = Reciprocal::of(divisor);
        let dividend = match self.operand(at.function, at.arg(0)) {
            Operand::Reg(dividend) => Some(dividend),
            Operand::Mem(_) | Operand::Imm(_) => None,
        };
        match dividend {
            Some(dividend) => {
                self.asm.mov_ri(Self::ACC, factor as u64);
                self.asm.mul_high(dividend);
            }
            None => {
                self.load(at.function, at.arg(0), Self::ACC);
                self.asm.mov_ri(Self::AUX, factor as u64);
                self.asm.mul_high(Self::AUX);
            }
        }
        // A factor that needs 65 bits has wrapped.
        let correction = match (divisor > 0, factor > 0) {
            (true, false) => Some(Alu::Add),
            (false, true) => Some(Alu::Sub),
            _ => None,
        };
        if let Some(op) = correction {
            let dividend = dividend.unwrap_or(Self::ACC);
            if dividend == Self::ACC {
                self.load(at.function, at.arg(0), Self::ACC);
            }
            self.asm.alu_rr(op, Self::AUX, dividend);
        }
        if shift > 0 {
            self.asm.shift_ri(Shift::Arithmetic, Self::AUX, shift);
        }
        self.add_sign(Self::AUX, Self::ACC);
    }

    /// Adds one to a negative number, so that it is rounded toward zero.
    fn add_sign(&mut self, number: Reg, scratch: Reg) {
        self.asm.mov_rr(scratch, number);
        self.asm.shift_ri(Shift::Logical, scratch, 63);
        self.asm.alu_rr(Alu::Add, number, scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mochi_ir::random::Random;

    fn divide(a: i64, divisor: i64) -> i64 {
        let Reciprocal { factor, shift } = Reciprocal::of(divisor);
        let mut upper = ((i128::from(a) * i128::from(factor)) >> 64) as i64;
        if divisor > 0 && factor < 0 {
            upper = upper.wrapping_add(a);
        } else if divisor < 0 && factor > 0 {
            upper = upper.wrapping_sub(a);
        }
        let shifted = upper >> shift;
        shifted + (shifted as u64 >> 63) as i64
    }

    #[test]
    fn known_reciprocals() {
        // Of 7 and 10, as the literature has them.
        assert_eq!(Reciprocal::of(7), Reciprocal { factor: 0x4924_9249_2492_4925, shift: 1 });
        assert_eq!(Reciprocal::of(10), Reciprocal { factor: 0x6666_6666_6666_6667, shift: 2 });
    }

    #[test]
    fn quotients_are_those_of_division() {
        let mut random = Random::new(5);
        let edges = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
        for round in 0..200_000 {
            let divisor = random.bits() as i64 >> (round % 62);
            if divisor == i64::MIN || divisor.unsigned_abs().is_power_of_two() || divisor == 0 {
                continue;
            }
            let near = divisor.wrapping_mul(random.bits() as i64 >> (random.below(63)));
            let dividends =
                edges.into_iter().chain([random.bits() as i64, near, near.wrapping_sub(1)]);
            for a in dividends {
                assert_eq!(divide(a, divisor), a.wrapping_div(divisor), "{a} / {divisor}");
            }
        }
    }
}
