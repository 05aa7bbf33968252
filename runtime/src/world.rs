//! The world outside: input, the clock, and failed expectations.

use mochi_abi::layout::{Context, Rep, Str};

use crate::context::ContextFields;
use crate::format::{Style, write};
use crate::object::StrFields;
use crate::text::Text;
use crate::{output, str};

pub(crate) fn input(context: *mut Context) -> *mut Str {
    let line = output::read_line(context).unwrap_or_default();
    str::new(context, &String::from_utf8_lossy(&line))
}

pub(crate) fn environment(context: *mut Context, name: *mut Str) -> *mut Str {
    let name = String::from_utf8_lossy(name.bytes());
    // The system has no variable of a name with these in it, and asking for one is refused.
    if name.is_empty() || name.contains(['=', '\0']) {
        return str::new(context, "");
    }
    let value = std::env::var_os(&*name).unwrap_or_default();
    str::new(context, &value.to_string_lossy())
}

/// The seed that `MOCHI_NOW_SEED` gives to the sequence of `now`.
pub(crate) fn seed_from_environment() -> Option<i64> {
    std::env::var("MOCHI_NOW_SEED").ok()?.trim().parse().ok()
}

pub(crate) fn now(context: *mut Context) -> i64 {
    let state = context.state();
    if let Some(seed) = state.now_seed {
        let next = (i128::from(seed) * 1_664_525 + 1_013_904_223) % 2_147_483_647;
        state.now_seed = Some(next as i64);
        return next as i64;
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as i64)
}

pub(crate) fn expect_sides(
    context: *mut Context,
    left: u64,
    operator: *mut Str,
    right: u64,
) -> *mut Str {
    let mut text = Text::default();
    write(context, &mut text, left, Rep::Any, Style::Inside);
    text.push(b" ");
    text.push(operator.bytes());
    text.push(b" ");
    write(context, &mut text, right, Rep::Any, Style::Inside);
    text.into_str(context)
}
