//! Floats as text: shortest digits that read back as the same float (zmij), laid out in the three ways that Mochi shows
//! floats.

/// The shortest decimal digits of a finite float: `0.d₁d₂…dₙ × 10^point`.
struct Decimal {
    negative: bool,
    digits: [u8; 17],
    count: usize,
    point: i32,
}

impl Decimal {
    fn new(value: f64) -> Decimal {
        let mut decimal =
            Decimal { negative: value.is_sign_negative(), digits: [b'0'; 17], count: 0, point: 0 };
        if value == 0.0 {
            return Decimal { count: 1, point: 1, ..decimal };
        }
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut after_point = None;
        for byte in mantissa.bytes() {
            if byte == b'.' {
                after_point = Some(0);
                continue;
            }
            if let Some(places) = &mut after_point {
                *places += 1;
            }
            // Zeros before the first digit only move the point.
            if decimal.count > 0 || byte != b'0' {
                if decimal.count < decimal.digits.len() {
                    decimal.digits[decimal.count] = byte;
                    decimal.count += 1;
                }
                decimal.point += 1;
            }
        }
        let exponent: i32 = exponent.parse().unwrap_or_default();
        decimal.point += exponent - after_point.unwrap_or(0);
        while decimal.count > 1 && decimal.digits[decimal.count - 1] == b'0' {
            decimal.count -= 1;
        }
        decimal
    }

    fn digits(&self) -> &[u8] {
        &self.digits[..self.count]
    }
}

/// A float written into its own buffer: the largest takes 309 digits, a sign and `.0`; the smallest 324 places.
pub(crate) struct FloatText {
    bytes: [u8; 352],
    len: usize,
}

impl FloatText {
    fn empty() -> FloatText {
        FloatText { bytes: [0; 352], len: 0 }
    }
    fn of(text: &str) -> FloatText {
        let mut written = FloatText::empty();
        written.push(text.as_bytes());
        written
    }
    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
    fn zeros(&mut self, count: usize) {
        self.bytes[self.len..self.len + count].fill(b'0');
        self.len += count;
    }
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("only ASCII is pushed")
    }

    /// All digits before and after the point; no point when there is no fraction.
    fn fixed(&mut self, decimal: &Decimal) {
        let digits = decimal.digits();
        if decimal.point <= 0 {
            self.push(b"0.");
            self.zeros((-decimal.point) as usize);
            self.push(digits);
        } else if decimal.point as usize >= digits.len() {
            self.push(digits);
            self.zeros(decimal.point as usize - digits.len());
        } else {
            let (whole, fraction) = digits.split_at(decimal.point as usize);
            self.push(whole);
            self.push(b".");
            self.push(fraction);
        }
    }

    /// One digit before the point and an exponent of at least `places` digits.
    fn exponent(&mut self, decimal: &Decimal, places: usize) {
        let digits = decimal.digits();
        self.push(&digits[..1]);
        if digits.len() > 1 {
            self.push(b".");
            self.push(&digits[1..]);
        }
        let exponent = decimal.point - 1;
        self.push(if exponent < 0 { b"e-" } else { b"e+" });
        let exponent = exponent.unsigned_abs();
        if exponent < 10 {
            self.zeros(places - 1);
        }
        let mut text = IntText::new();
        self.push(text.write(i64::from(exponent)));
    }
}

fn special(value: f64) -> Option<FloatText> {
    if value.is_nan() {
        Some(FloatText::of("NaN"))
    } else if value.is_infinite() {
        Some(FloatText::of(if value > 0.0 { "+Inf" } else { "-Inf" }))
    } else {
        None
    }
}

fn signed(decimal: &Decimal) -> FloatText {
    FloatText::of(if decimal.negative { "-" } else { "" })
}

/// As `print` and `str` show a float that stands alone: an exponent from 1e6 on and below 1e-4.
pub(crate) fn alone(value: f64) -> FloatText {
    if let Some(text) = special(value) {
        return text;
    }
    let decimal = Decimal::new(value);
    let mut text = signed(&decimal);
    if (-4..6).contains(&(decimal.point - 1)) {
        text.fixed(&decimal);
    } else {
        text.exponent(&decimal, 2);
    }
    text
}

/// As a list or map shows a float: never an exponent, at least `.0`.
pub(crate) fn inside(value: f64) -> FloatText {
    if let Some(text) = special(value) {
        return text;
    }
    let decimal = Decimal::new(value);
    let mut text = signed(&decimal);
    text.fixed(&decimal);
    if !text.as_bytes().contains(&b'.') {
        text.push(b".0");
    }
    text
}

/// As JSON shows a float: an exponent only below 1e-6 and from 1e21 on. JSON has no text for NaN and the infinities.
pub(crate) fn json(value: f64) -> Option<FloatText> {
    if !value.is_finite() {
        return None;
    }
    let decimal = Decimal::new(value);
    let mut text = signed(&decimal);
    if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) {
        text.exponent(&decimal, 1);
    } else {
        text.fixed(&decimal);
    }
    Some(text)
}

/// An int in decimal, written into its own buffer.
pub(crate) struct IntText {
    bytes: [u8; 20],
}

const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut i = 0;
    while i < 100 {
        pairs[2 * i] = b'0' + (i / 10) as u8;
        pairs[2 * i + 1] = b'0' + (i % 10) as u8;
        i += 1;
    }
    pairs
};

impl IntText {
    pub(crate) fn new() -> IntText {
        IntText { bytes: [0; 20] }
    }

    /// The digits, from the end of the buffer backwards, two at a time.
    pub(crate) fn write(&mut self, value: i64) -> &[u8] {
        let mut rest = value.unsigned_abs();
        let mut start = self.bytes.len();
        while rest >= 100 {
            let pair = (rest % 100) as usize * 2;
            rest /= 100;
            start -= 2;
            self.bytes[start..start + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        }
        if rest >= 10 {
            let pair = rest as usize * 2;
            start -= 2;
            self.bytes[start..start + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        } else {
            start -= 1;
            self.bytes[start] = b'0' + rest as u8;
        }
        if value < 0 {
            start -= 1;
            self.bytes[start] = b'-';
        }
        &self.bytes[start..]
    }
}
