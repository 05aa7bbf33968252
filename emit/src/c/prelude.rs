//! The beginning of every C file: the layouts of [`mochi_abi::layout`] as C structs, with the numbers that Rust computed
//! asserted by the C compiler; the small operations that are written out in every program; and the runtime functions
//! that the program calls.
//!
//! - The lengths in the headers of objects are `unsigned long long`, items and fields `long` or another type: a store to
//!   an item cannot change a length, and C compilers that know the rule of effective types keep lengths in registers.
//! - Everything works without GNU extensions, in a slower way: compilers are asked what they have.

use super::types::{abi_type, item_type};
use mochi_abi::functions::RuntimeFunction;
use mochi_abi::layout::{
    self, CLOSURE_CAPTURES, Closure, Context, Header, Kind, List, META_ASCII, META_DETAIL,
    RECORD_FIELDS, Rep, STR_BYTES, Str, WATCHED, any,
};
use mochi_abi::program::{
    BuiltProgram, FunctionInfo, ProgramInfo, Shape, ShapeField, Signature, Site, Slice, SourceFile,
    TypeInfo,
};
use std::fmt::Write;
use std::mem::offset_of;

/// The runtime functions that the prelude itself or every function calls.
const ALWAYS: [RuntimeFunction; 4] = [
    RuntimeFunction::Raise,
    RuntimeFunction::Trace,
    RuntimeFunction::RefFree,
    RuntimeFunction::AnyFromInt,
];

/// The prelude of a file that calls the runtime functions marked in `used` (by number).
pub(super) fn text(used: &[bool]) -> String {
    let mut text = String::from(TYPES);
    asserts(&mut text);
    constants(&mut text);
    text.push_str("\n/* The runtime. */\n");
    for (number, function) in RuntimeFunction::ALL.iter().enumerate() {
        if used[number] || ALWAYS.contains(function) {
            let row = function.row();
            let arguments: String =
                row.args.iter().map(|arg| format!(", {}", abi_type(arg.ty))).collect();
            // Whoever gets there is about to stop.
            let cold = if matches!(function, RuntimeFunction::Raise | RuntimeFunction::Trace) {
                "MOCHI_COLD "
            } else {
                ""
            };
            push(
                &mut text,
                format_args!(
                    "{cold}{} {}(mochi_context *{arguments});",
                    abi_type(row.result),
                    row.symbol
                ),
            );
        }
    }
    text.push_str("int mochi_start(int, char **, const mochi_built_program *);\n");
    text.push_str(OPERATIONS);
    text.push_str(&super::fast::text(used));
    text
}

fn push(text: &mut String, line: std::fmt::Arguments) {
    writeln!(text, "{line}").expect("writing to a string does not fail");
}

macro_rules! assert_layout {
    ($text:expr, $name:literal, $ty:ty { $($field:ident)* }) => {
        push($text, format_args!("_Static_assert(sizeof({}) == {}, \"\");", $name, size_of::<$ty>()));
        $( push($text, format_args!("_Static_assert(offsetof({}, {}) == {}, \"\");", $name, stringify!($field), offset_of!($ty, $field))); )*
    };
}

fn asserts(text: &mut String) {
    assert_layout!(text, "mochi_header", Header { count meta });
    assert_layout!(text, "mochi_str", Str { header len capacity hash });
    assert_layout!(text, "mochi_list", List { header len capacity items });
    assert_layout!(text, "mochi_closure", Closure { header function });
    push(text, format_args!("_Static_assert(sizeof(mochi_str) == {STR_BYTES}, \"\");"));
    push(text, format_args!("_Static_assert(sizeof(mochi_record) == {RECORD_FIELDS}, \"\");"));
    push(text, format_args!("_Static_assert(sizeof(mochi_closure) == {CLOSURE_CAPTURES}, \"\");"));
    assert_layout!(text, "mochi_context", Context { stack_limit poll trap saved_stack functions runtime globals strings program state });
    assert_layout!(text, "mochi_slice", Slice<u8> { items len });
    assert_layout!(text, "mochi_shape_field", ShapeField { name rep ty });
    assert_layout!(text, "mochi_shape", Shape { name kind cyclic fields });
    assert_layout!(text, "mochi_type", TypeInfo { kind a b });
    assert_layout!(text, "mochi_signature", Signature { params result });
    assert_layout!(text, "mochi_function", FunctionInfo { name arity captures signature });
    assert_layout!(text, "mochi_source_file", SourceFile { path start });
    assert_layout!(text, "mochi_site", Site { function start end caller });
    assert_layout!(text, "mochi_program_info", ProgramInfo { files source types signatures shapes functions sites globals strings });
    assert_layout!(text, "mochi_built_program", BuiltProgram { info functions globals strings main call_closure });
    for rep in Rep::ALL {
        let size = if rep == Rep::Bool { 1 } else { size_of::<u64>() };
        push(text, format_args!("_Static_assert(sizeof({}) == {size}, \"\");", item_type(rep)));
    }
}

fn constants(text: &mut String) {
    let constants: [(&str, u64); 10] = [
        ("NONE", any::NONE),
        ("FALSE", any::FALSE),
        ("UNIT", any::UNIT),
        ("FLOAT_OFFSET", any::FLOAT_OFFSET),
        ("INT_TAG", any::INT_TAG),
        ("CANONICAL_NAN", any::CANONICAL_NAN),
        ("INT_BITS", u64::from(any::INT_TAG.trailing_zeros())),
        ("LIST", Kind::List as u64),
        ("ASCII", u64::from(META_ASCII)),
        ("WATCHED", u64::from(WATCHED)),
    ];
    for (name, value) in constants {
        push(text, format_args!("#define MOCHI_{name} UINT64_C({value:#x})"));
    }
    push(text, format_args!("#define MOCHI_DETAIL {META_DETAIL}"));
    push(
        text,
        format_args!("#define MOCHI_STACK_LIMIT {}", offset_of!(layout::Context, stack_limit)),
    );
}

const TYPES: &str = r#"#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__TINYC__)
#define MOCHI_GNU 1
#pragma GCC diagnostic ignored "-Wtautological-compare"
#define MOCHI_LIKELY(x) __builtin_expect(!!(x), 1)
#define MOCHI_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define MOCHI_COLD __attribute__((cold))
#define MOCHI_UNUSED __attribute__((unused))
#define MOCHI_NOINLINE __attribute__((noinline))
#else
#define MOCHI_GNU 0
#define MOCHI_LIKELY(x) (x)
#define MOCHI_UNLIKELY(x) (x)
#define MOCHI_COLD
#define MOCHI_UNUSED
#define MOCHI_NOINLINE
#endif
#define MOCHI_HELPER MOCHI_UNUSED static inline

/* Memory. */
typedef struct { uint32_t count, meta; } mochi_header;
typedef struct { mochi_header header; unsigned long long len, capacity, hash; void *index; } mochi_str;
typedef struct { mochi_header header; unsigned long long len, capacity; void *items; } mochi_list;
typedef struct mochi_map mochi_map;
typedef struct { mochi_header header; } mochi_record;
typedef struct { mochi_header header; unsigned long long function; } mochi_closure;
typedef union { int64_t i; double f; uint64_t w; void *p; } mochi_word;
typedef struct {
    uintptr_t stack_limit;
    uint32_t poll, trap;
    uintptr_t saved_stack;
    const void *functions, *runtime;
    void *globals;
    const void *strings, *program;
    void *state;
} mochi_context;

/* What the program brings along. */
typedef void (*mochi_entry)(void);
typedef struct { const void *items; size_t len; } mochi_slice;
typedef struct { mochi_slice name; uint8_t rep; uint32_t ty; } mochi_shape_field;
typedef struct { mochi_slice name; uint32_t kind, union_number; uint8_t cyclic; mochi_slice fields; } mochi_shape;
typedef struct { uint32_t kind, a, b; } mochi_type;
typedef struct { mochi_slice params; uint32_t result; } mochi_signature;
typedef struct { mochi_slice name; uint32_t arity, captures, signature; } mochi_function;
typedef struct { mochi_slice path; size_t start; } mochi_source_file;
typedef struct { uint32_t function, start, end, caller; } mochi_site;
typedef struct { mochi_slice files, source, types, signatures, shapes, functions, sites, globals, strings; } mochi_program_info;
typedef struct {
    const mochi_program_info *info;
    const mochi_entry *functions;
    mochi_word *globals;
    mochi_str **strings;
    void (*main)(mochi_context *);
    uint64_t (*call_closure)(mochi_context *, mochi_closure *, const uint64_t *, size_t);
} mochi_built_program;
"#;

const OPERATIONS: &str = r#"
#define MOCHI_FIELD(record, type, i) (((type *)((mochi_record *)(record) + 1))[i])
#define MOCHI_CAPTURE(closure, type, i) (((type *)((mochi_closure *)(closure) + 1))[i])

/* Whether an index is outside a list of that length; counts it from the start when it is negative. */
#define MOCHI_OUTSIDE(index, len) ((index) >= (len) && ((index) += (len)) >= (len))

#if MOCHI_GNU && defined(__x86_64__) && defined(__GCC_ASM_FLAG_OUTPUTS__)
/* The limit stays the same as long as the program runs, so the compiler may look once for a function and what it inlines. */
MOCHI_HELPER int mochi_stack_is_low(mochi_context *ctx) {
    int low;
    __asm__("cmpq %c[limit](%[ctx]), %%rsp" : "=@ccb"(low) : [ctx] "r"(ctx), [limit] "i"(MOCHI_STACK_LIMIT));
    return low;
}
#define MOCHI_STACK_IS_LOW(ctx) MOCHI_UNLIKELY(mochi_stack_is_low(ctx))
#elif MOCHI_GNU
#define MOCHI_STACK_IS_LOW(ctx) MOCHI_UNLIKELY((uintptr_t)__builtin_frame_address(0) < (ctx)->stack_limit)
#else
MOCHI_HELPER int mochi_stack_is_low(mochi_context *ctx) {
    char here;
    return (uintptr_t)&here < ctx->stack_limit;
}
#define MOCHI_STACK_IS_LOW(ctx) mochi_stack_is_low(ctx)
#endif

MOCHI_COLD MOCHI_NOINLINE MOCHI_UNUSED static void mochi_fail(mochi_context *ctx, int64_t kind, int64_t a, int64_t b, int64_t site) {
    mochi_raise(ctx, kind, a, b);
    mochi_trace(ctx, site);
}

#if MOCHI_GNU
#define mochi_add_overflow(a, b, result) __builtin_add_overflow((int64_t)(a), (int64_t)(b), result)
#define mochi_sub_overflow(a, b, result) __builtin_sub_overflow((int64_t)(a), (int64_t)(b), result)
#define mochi_mul_overflow(a, b, result) __builtin_mul_overflow((int64_t)(a), (int64_t)(b), result)
#define mochi_sqrt(a) __builtin_sqrt(a)
#else
double sqrt(double);
#define mochi_sqrt(a) sqrt(a)
MOCHI_HELPER int mochi_add_overflow(int64_t a, int64_t b, int64_t *result) {
    uint64_t sum = (uint64_t)a + (uint64_t)b;
    *result = (int64_t)sum;
    return (((uint64_t)a ^ sum) & ((uint64_t)b ^ sum)) >> 63;
}
MOCHI_HELPER int mochi_sub_overflow(int64_t a, int64_t b, int64_t *result) {
    uint64_t difference = (uint64_t)a - (uint64_t)b;
    *result = (int64_t)difference;
    return (((uint64_t)a ^ (uint64_t)b) & ((uint64_t)a ^ difference)) >> 63;
}
MOCHI_HELPER int mochi_mul_overflow(int64_t a, int64_t b, int64_t *result) {
    uint64_t product = (uint64_t)a * (uint64_t)b;
    *result = (int64_t)product;
    if ((a == -1 && b == INT64_MIN) || (b == -1 && a == INT64_MIN)) return 1;
    return b != 0 && b != -1 && (int64_t)product / b != a;
}
#endif

MOCHI_HELPER int64_t mochi_div(int64_t a, int64_t b) { return a / b; }
MOCHI_HELPER int64_t mochi_rem(int64_t a, int64_t b) { return a % b; }

MOCHI_HELPER uint64_t mochi_bits_of_float(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
MOCHI_HELPER double mochi_float_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
MOCHI_HELPER double mochi_float(double value) { return value; }

/* Values as `any`. */
MOCHI_HELPER uint64_t mochi_any_of_int(mochi_context *ctx, int64_t value) {
    uint64_t low = (uint64_t)value & ((UINT64_C(1) << MOCHI_INT_BITS) - 1);
    uint64_t half = UINT64_C(1) << (MOCHI_INT_BITS - 1);
    return MOCHI_LIKELY((low ^ half) - half == (uint64_t)value) ? MOCHI_INT_TAG | low : mochi_any_from_int(ctx, value);
}
MOCHI_HELPER uint64_t mochi_any_of_float(double value) {
    return (value == value ? mochi_bits_of_float(value) : MOCHI_CANONICAL_NAN) + MOCHI_FLOAT_OFFSET;
}
MOCHI_HELPER int mochi_is_int(uint64_t word) { return word >= MOCHI_INT_TAG; }
MOCHI_HELPER int mochi_is_float(uint64_t word) { return word - MOCHI_FLOAT_OFFSET < MOCHI_INT_TAG - MOCHI_FLOAT_OFFSET; }
MOCHI_HELPER int mochi_is_ref(uint64_t word) { return word > MOCHI_UNIT && word < MOCHI_FLOAT_OFFSET; }
MOCHI_HELPER int64_t mochi_int_of_any(uint64_t word) {
    uint64_t half = UINT64_C(1) << (MOCHI_INT_BITS - 1);
    return (int64_t)(((word - MOCHI_INT_TAG) ^ half) - half);
}
MOCHI_HELPER double mochi_float_of_any(uint64_t word) { return mochi_float_of_bits(word - MOCHI_FLOAT_OFFSET); }
MOCHI_HELPER int mochi_is_object(uint64_t word, uint32_t kind) {
    return mochi_is_ref(word) && (((mochi_header *)(uintptr_t)word)->meta & 0xff) == kind;
}
MOCHI_HELPER int mochi_is_list(uint64_t word, uint32_t rep) {
    return mochi_is_object(word, MOCHI_LIST) && ((mochi_header *)(uintptr_t)word)->meta >> MOCHI_DETAIL == rep;
}

/* Reference counts. */
MOCHI_HELPER void mochi_dup(void *object) {
    if (object) ((mochi_header *)object)->count++;
}
#if MOCHI_GNU && defined(__x86_64__) && defined(__GCC_ASM_FLAG_OUTPUTS__)
/* One instruction, whose flags say all: the compiler would look at the result again. */
MOCHI_HELPER int mochi_release(void *object) {
    int low;
    __asm__("subl $1, %[count]" : [count] "+m"(((mochi_header *)object)->count), "=@ccle"(low));
    return low;
}
#else
MOCHI_HELPER int mochi_release(void *object) {
    return (int32_t)--((mochi_header *)object)->count <= 0;
}
#endif
MOCHI_HELPER void mochi_drop(mochi_context *ctx, void *object) {
    if (object && mochi_release(object)) mochi_ref_free(ctx, object);
}
MOCHI_HELPER int mochi_is_unique(const void *object) {
    return (((const mochi_header *)object)->count & ~MOCHI_WATCHED) == 1;
}
MOCHI_HELPER void mochi_dup_any(uint64_t word) {
    if (mochi_is_ref(word)) mochi_dup((void *)(uintptr_t)word);
}
MOCHI_HELPER void mochi_drop_any(mochi_context *ctx, uint64_t word) {
    if (mochi_is_ref(word)) mochi_drop(ctx, (void *)(uintptr_t)word);
}
"#;
