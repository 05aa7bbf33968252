//! Values and texts of the program as C writes them: numbers, strings and comments, safe whatever they hold.
//!
//! - A string **must not** end early, join with what follows, or change on the way through the preprocessor: everything
//!   but plain ASCII is octal of three digits, and so is `?`, which could begin a trigraph.
//! - A comment **must not** end early: a name in it keeps its plain letters, and the rest is spelled as code points.

use std::fmt::Write;

/// An int, as an expression of type `int64_t` or `int` with this value.
pub(super) fn int(value: i64) -> String {
    match value {
        // There is no literal for it: `-9223372036854775808` is a minus before a number that does not fit.
        i64::MIN => String::from("INT64_MIN"),
        0..=0x7fff_ffff => value.to_string(),
        -0x7fff_ffff..0 => format!("({value})"),
        _ if value < 0 => format!("(-INT64_C({}))", value.unsigned_abs()),
        _ => format!("INT64_C({value})"),
    }
}

/// A float, bit by bit.
pub(super) fn float(bits: u64) -> String {
    let value = f64::from_bits(bits);
    if !value.is_finite() {
        return format!("mochi_float_of_bits(UINT64_C({bits:#x}))");
    }
    // Decimal where it is exact, so that no C compiler's rounding matters; hexadecimal elsewhere.
    let magnitude = if value.trunc() == value && value.abs() < 1e15 {
        format!("{:.1}", value.abs())
    } else {
        hexadecimal(bits)
    };
    if value.is_sign_negative() { format!("(-{magnitude})") } else { magnitude }
}

/// The magnitude of a finite float in C's hexadecimal form.
fn hexadecimal(bits: u64) -> String {
    let fraction = bits & ((1 << 52) - 1);
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let (lead, power) = if exponent == 0 { (0, -1022) } else { (1, exponent - 1023) };
    let point = if digits.is_empty() { "" } else { "." };
    format!("0x{lead}{point}{digits}p{power:+}")
}

/// The bytes as a C string literal. Long ones go over several lines, a line of the text each where there are lines.
pub(super) fn string(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for (i, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => {
                text.push_str("\\n");
                if i + 1 < bytes.len() {
                    text.push_str("\"\n    \"");
                }
            }
            b'\\' => text.push_str("\\\\"),
            b'"' => text.push_str("\\\""),
            b' '..=b'~' if byte != b'?' => text.push(char::from(byte)),
            _ => write!(text, "\\{byte:03o}").expect("writing to a string does not fail"),
        }
    }
    text.push('"');
    text
}

/// A name, for a comment.
pub(super) fn comment(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'a'..='z'
            | 'A'..='Z'
            | '0'..='9'
            | '_'
            | '.'
            | ' '
            | '<'
            | '>'
            | ','
            | '('
            | ')'
            | ':' => text.push(c),
            _ => {
                write!(text, "U+{:04X} ", u32::from(c)).expect("writing to a string does not fail")
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_have_no_overflow_in_their_spelling() {
        assert_eq!(int(0), "0");
        assert_eq!(int(-1), "(-1)");
        assert_eq!(int(i64::MIN), "INT64_MIN");
        assert_eq!(int(i64::MIN + 1), "(-INT64_C(9223372036854775807))");
        assert_eq!(int(1 << 31), "INT64_C(2147483648)");
    }

    #[test]
    fn floats_are_exact() {
        assert_eq!(float(1.5f64.to_bits()), "0x1.8p+0");
        assert_eq!(float(3f64.to_bits()), "3.0");
        assert_eq!(float((-0f64).to_bits()), "(-0.0)");
        assert_eq!(float(0.1f64.to_bits()), "0x1.999999999999ap-4");
        assert_eq!(float(1), "0x0.0000000000001p-1022");
        assert_eq!(float(f64::MAX.to_bits()), "0x1.fffffffffffffp+1023");
        assert_eq!(
            float(f64::INFINITY.to_bits()),
            "mochi_float_of_bits(UINT64_C(0x7ff0000000000000))"
        );
    }

    #[test]
    fn strings_hold_anything() {
        assert_eq!(string(b"a\"\\\0\x01z"), r#""a\"\\\000\001z""#);
        assert_eq!(string("??/ é".as_bytes()), r#""\077\077/ \303\251""#);
        assert_eq!(string(b"a\nb\n"), "\"a\\n\"\n    \"b\\n\"");
    }

    #[test]
    fn comments_do_not_end_early() {
        assert_eq!(comment("*/ int"), "U+002A U+002F  int");
        assert_eq!(comment("a\nb\\"), "aU+000A bU+005C ");
    }
}
