//! Runtime functions whose common case is written out where they are called: each has a C function that handles that case
//! and calls the runtime for all others.
//!
//! It **must** do what the runtime's own function does, and reads and writes only what [`mochi_abi::layout`] promises.

use mochi_abi::functions::RuntimeFunction;

/// A runtime function and the C text of its common case, named `mochi_fast_` and the function's name.
type Fast = (RuntimeFunction, &'static str);

const FAST: [Fast; 4] = [
    (
        RuntimeFunction::StrConcat,
        "/* In place: `a` is unique, with room, and both are ASCII. */
MOCHI_HELPER mochi_str *mochi_fast_str_concat(mochi_context *ctx, mochi_str *a, mochi_str *b) {
    if (MOCHI_LIKELY(a && b && a->header.count == 1 && (a->header.meta & b->header.meta & MOCHI_ASCII) && a->capacity - a->len >= b->len)) {
        char *end = (char *)(a + 1) + a->len;
        if (b->len == 1) *end = *(char *)(b + 1);
        else memcpy(end, b + 1, b->len);
        a->len += b->len;
        a->hash = 0;
        return a;
    }
    return mochi_str_concat(ctx, a, b);
}
",
    ),
    (
        RuntimeFunction::StrLen,
        "MOCHI_HELPER int64_t mochi_fast_str_len(mochi_context *ctx, mochi_str *s) {
    return MOCHI_LIKELY(s && (s->header.meta & MOCHI_ASCII)) ? (int64_t)s->len : mochi_str_len(ctx, s);
}
",
    ),
    (
        RuntimeFunction::StrEq,
        "MOCHI_HELPER uint64_t mochi_fast_str_eq(mochi_context *ctx, mochi_str *a, mochi_str *b) {
    (void)ctx;
    return a == b || (a && b && a->len == b->len && memcmp(a + 1, b + 1, a->len) == 0);
}
",
    ),
    (
        RuntimeFunction::FloatAbs,
        "MOCHI_HELPER double mochi_fast_float_abs(mochi_context *ctx, double a) {
    (void)ctx;
    return mochi_float_of_bits(mochi_bits_of_float(a) & INT64_MAX);
}
",
    ),
];

/// What is called for a runtime function.
pub(super) fn name(function: RuntimeFunction) -> String {
    let row = function.row();
    match FAST.iter().any(|&(fast, _)| fast == function) {
        true => format!("mochi_fast_{}", row.name),
        false => String::from(row.symbol),
    }
}

/// The C functions for those of the runtime functions in `used` (by number) that have one.
pub(super) fn text(used: &[bool]) -> String {
    FAST.iter().filter(|(function, _)| used[*function as usize]).map(|&(_, text)| text).collect()
}
