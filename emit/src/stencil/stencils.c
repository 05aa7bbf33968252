/* What each stencil does: the bodies of the families of catalogue.rs, one macro each, which the generator
   instantiates for every variant and clang compiles.

   All registers of the machine that the convention `preserve_none` passes are arguments, and each stencil ends by passing
   them on: so operands are where the variant says, and the rest stays where it is. What follows is a hole:
   CONT is the code behind the stencil, TARGET and COLD are places in the function, IMM and OFF are numbers. A family's
   macro must change no register but those that its comment in the catalogue names.

   The generator defines the layout (LIST_LEN and so on) from the crate that has it. */

typedef unsigned long long u64;
typedef long long i64;
typedef unsigned u32;
typedef unsigned char u8;

/* By machine: INTS lists the registers in the order of the convention, of which `acc`, `second` and `facc` are scratch. */
#ifdef __x86_64__
#define INTS(is) is r12, is r13, is r14, is r15, is rdi, is rsi, is rdx, is rcx, is r8, is r9, is r11, is rax
#define acc rax
#define second rdx
#else
#define INTS(is)                                                                                                     \
    is x20, is x21, is x22, is x23, is x24, is x25, is x26, is x27, is x28, is x0, is x1, is x2, is x3, is x4,       \
        is x5, is x6, is x7, is x10, is x11, is x12, is x13, is x14, is x9
#define acc x0
#define second x9
#endif
#define FLOATS(is) is f0, is f1, is f2, is f3, is f4, is f5, is f6, is f7
#define facc f7

#define REGISTERS INTS(u64), FLOATS(double)
#define STENCIL __attribute__((preserve_none))
#define GO(place) __attribute__((musttail)) return place(INTS(), FLOATS())

extern STENCIL void CONT(REGISTERS);
extern STENCIL void TARGET(REGISTERS);
extern STENCIL void COLD(REGISTERS);
/* Their addresses are the numbers. */
extern char IMM[], OFF[];
#define imm ((i64)IMM)
#define off ((i64)OFF)

#define RARE(condition) __builtin_expect_with_probability(!!(condition), 0, 1.0)
#define COLD_IF(condition) if (RARE(condition)) GO(COLD)

/* What C has no words for, or compilers no sense, by machine.
   EQUAL and IS_ZERO: of a comparison in C the compiler learns that both are the same, and makes one a copy of the other.
   MUL_IMM: `overflows` and `result`; compilers do not take an address for the number that the instruction can have.
   CUT: the nearest int toward zero. IS_CUT: whether the float was surely one. LOST: what a division changes besides. */
#ifdef __x86_64__
#define EQUAL(a, b)                                          \
    ({                                                       \
        int equal;                                           \
        __asm__("cmpq %2, %1" : "=@cce"(equal) : "r"(a), "ri"(b)); \
        equal;                                               \
    })
#define IS_ZERO(a)                                           \
    ({                                                       \
        int is_zero;                                         \
        __asm__("testq %1, %1" : "=@cce"(is_zero) : "r"(a));  \
        is_zero;                                             \
    })
#define MUL_IMM(result, overflows, a) \
    __asm__("imulq %3, %2, %0" : "=r"(result), "=@cco"(overflows) : "r"(a), "i"(IMM))
#define MUL_PROVED_IMM(a) __asm__("imulq %2, %1, %0" : "=r"(a) : "r"(a), "i"(IMM) : "cc")
typedef double pair __attribute__((vector_size(16)));
#define CUT(a) __builtin_ia32_cvttsd2si64((pair){a, 0.0})
/* The instruction gives the smallest int for what is none. */
#define IS_CUT(a, cut) (cut != (i64)(1ull << 63))
/* Whatever is in the register may stay there. */
#define LOST __asm__("" : "=r"(second))
#else
#define WHETHER(instructions, ...)                                      \
    ({                                                                  \
        __label__ yes, done;                                            \
        int holds = 0;                                                  \
        __asm__ goto(instructions : : __VA_ARGS__ : "cc" : yes);        \
        goto done;                                                      \
    yes:                                                                \
        holds = 1;                                                      \
    done:                                                               \
        holds;                                                          \
    })
#define EQUAL(a, b) WHETHER("cmp %0, %1\n\tb.eq %l2", "r"(a), "r"(b))
#define IS_ZERO(a) WHETHER("cbz %0, %l1", "r"(a))
#define MUL_IMM(result, overflows, a) overflows = __builtin_mul_overflow((i64)a, imm, (i64 *)&result)
#define MUL_PROVED_IMM(a) a *= (u64)imm
#define CUT(a)                                      \
    ({                                              \
        i64 nearest;                                \
        __asm__("fcvtzs %0, %d1" : "=r"(nearest) : "w"(a)); \
        nearest;                                    \
    })
/* The instruction gives an end of the range for what is beyond, and 0 for what is no number. */
#define IS_CUT(a, cut) ((cut ^ cut >> 63) != (i64)(~0ull >> 1) && a == a)
#define LOST
#endif
#define BITS(type, value)              \
    ({                                 \
        __typeof__(value) from = value; \
        type to;                       \
        __builtin_memcpy(&to, &from, 8); \
        to;                            \
    })

/* -- ints ---------------------------------------------------------------------------------------------------- */

#define OVERFLOWING(operation, a, b)                              \
    i64 result;                                                   \
    int overflows = operation((i64)(a), (i64)(b), &result);       \
    a = (u64)result;                                              \
    COLD_IF(overflows);
#define add(a, b) OVERFLOWING(__builtin_add_overflow, a, b)
#define add_imm(a) OVERFLOWING(__builtin_add_overflow, a, imm)
#define sub(a, b) OVERFLOWING(__builtin_sub_overflow, a, b)
#define sub_imm(a) OVERFLOWING(__builtin_sub_overflow, a, imm)
#define mul(a, b) OVERFLOWING(__builtin_mul_overflow, a, b)
#define mul_imm(a)                        \
    u64 result;                           \
    int overflows;                        \
    MUL_IMM(result, overflows, a);        \
    a = result;                           \
    COLD_IF(overflows);
#define neg(a)                                                    \
    i64 result;                                                   \
    int overflows = __builtin_sub_overflow((i64)0, (i64)a, &result); \
    a = (u64)result;                                              \
    COLD_IF(overflows);
#define add_proved(a, b) a += b;
#define add_proved_imm(a) a += (u64)imm;
#define sub_proved(a, b) a -= b;
#define sub_proved_imm(a) a -= (u64)imm;
#define mul_proved(a, b) a *= b;
#define mul_proved_imm(a) MUL_PROVED_IMM(a);

#define DIVIDING(a, b, operation, checks) \
    checks                                \
    u64 result = (u64)((i64)a operation (i64)b); \
    acc = result;                         \
    LOST;
#define UNLIKE(b) COLD_IF(b + 1 <= 1)
#define div(a, b) DIVIDING(a, b, /, UNLIKE(b);)
#define rem(a, b) DIVIDING(a, b, %, UNLIKE(b);)
#define div_proved(a, b) DIVIDING(a, b, /, )
#define rem_proved(a, b) DIVIDING(a, b, %, )

#define eq(a, b) acc = a == b;
#define ne(a, b) acc = a != b;
#define lt(a, b) acc = (i64)a < (i64)b;
#define le(a, b) acc = (i64)a <= (i64)b;
#define eq_imm(a) acc = (i64)a == imm;
#define ne_imm(a) acc = (i64)a != imm;
#define lt_imm(a) acc = (i64)a < imm;
#define le_imm(a) acc = (i64)a <= imm;
#define gt_imm(a) acc = (i64)a > imm;
#define ge_imm(a) acc = (i64)a >= imm;
#define BRANCH(condition) if (condition) GO(TARGET);
#define branch_eq(a, b) BRANCH(EQUAL(a, b))
#define branch_ne(a, b) BRANCH(!EQUAL(a, b))
#define branch_lt(a, b) BRANCH((i64)a < (i64)b)
#define branch_le(a, b) BRANCH((i64)a <= (i64)b)
#define branch_eq_imm(a) BRANCH(EQUAL(a, IMM))
#define branch_ne_imm(a) BRANCH(!EQUAL(a, IMM))
#define branch_lt_imm(a) BRANCH((i64)a < imm)
#define branch_le_imm(a) BRANCH((i64)a <= imm)
#define branch_gt_imm(a) BRANCH((i64)a > imm)
#define branch_ge_imm(a) BRANCH((i64)a >= imm)
#define branch_zero(a) BRANCH(IS_ZERO(a))
#define branch_not_zero(a) BRANCH(!IS_ZERO(a))
#define zero(a) acc = a == 0;
#define not_zero(a) acc = a != 0;
#define select(a) acc = second ? a : acc;
#define index_check(a, b)                      \
    u64 index = (i64)a < 0 ? a + b : a;        \
    COLD_IF(index >= b);                       \
    acc = index;

/* -- floats --------------------------------------------------------------------------------------------------- */

#define add_float(a, b) a += b;
#define sub_float(a, b) a -= b;
#define mul_float(a, b) a *= b;
#define div_float(a, b) COLD_IF(b == 0.0); a /= b;
#define div_float_proved(a, b) a /= b;
#define sqrt_float(a, b) a = __builtin_sqrt(b);
#define eq_float(a, b) acc = a == b;
#define ne_float(a, b) acc = a != b;
#define lt_float(a, b) acc = a < b;
#define le_float(a, b) acc = a <= b;
#define branch_eq_float(a, b) BRANCH(a == b)
#define branch_ne_float(a, b) BRANCH(a != b)
#define branch_lt_float(a, b) BRANCH(a < b)
#define branch_le_float(a, b) BRANCH(a <= b)
#define branch_not_lt_float(a, b) BRANCH(!(a < b))
#define branch_not_le_float(a, b) BRANCH(!(a <= b))
#define float_from_int(a, b) a = (double)(i64)b;
#define int_from_float(a) \
    i64 cut = CUT(a);     \
    acc = (u64)cut;       \
    COLD_IF(!IS_CUT(a, cut));

/* -- any ------------------------------------------------------------------------------------------------------- */

#define INT_SHIFT __builtin_clzll(~ANY_INT_TAG)
#define any_from_int(a)                                             \
    COLD_IF((i64)(a << INT_SHIFT) >> INT_SHIFT != (i64)a);          \
    acc = a | ANY_INT_TAG;
#define any_from_float(a) acc = (a == a ? BITS(u64, a) : ANY_CANONICAL_NAN) + ANY_FLOAT_OFFSET;
#define any_from_bool(a) acc = a + ANY_FALSE;
#define int_from_any(a) COLD_IF(a < ANY_INT_TAG); acc = (u64)((i64)(a << INT_SHIFT) >> INT_SHIFT);
#define float_from_any(a)                                               \
    u64 bits = a - ANY_FLOAT_OFFSET;                                    \
    COLD_IF(bits >= ANY_INT_TAG - ANY_FLOAT_OFFSET);                    \
    facc = BITS(double, bits);
#define bool_from_any(a) u64 value = a - ANY_FALSE; COLD_IF(value > 1); acc = value;
#define IS_OBJECT(a) (a < ANY_FLOAT_OFFSET && a > ANY_UNIT)
#define META(object) *(u32 *)(object + HEADER_META)
#define object_from_any(a) COLD_IF(!IS_OBJECT(a)); COLD_IF((META(a) & (u32)imm) != (u32)off);
#define check_some(a) COLD_IF(IS_ZERO(a));

/* -- memory ---------------------------------------------------------------------------------------------------- */

#define load(a, b) a = *(u64 *)(b + off);
#define load_float(a, b) a = *(double *)(b + off);
#define store(a, b) *(u64 *)(a + off) = b;
#define store_float(a, b) *(double *)(a + off) = b;
#define store_imm(a) *(u64 *)(a + off) = (u64)imm;
#define shape(a) acc = META(a) >> META_DETAIL;

#define LEN(list) *(u64 *)(list + LIST_LEN)
#define ITEMS(list, type) (*(type **)(list + LIST_ITEMS))
#define INSIDE(list, index) COLD_IF(index >= LEN(list));
#define get_word(a, b) INSIDE(a, b) acc = ITEMS(a, u64)[b];
#define get_float(a, b) INSIDE(a, b) facc = ITEMS(a, double)[b];
#define get_byte(a, b) INSIDE(a, b) acc = ITEMS(a, u8)[b];
#define load_word(a, b) acc = ITEMS(a, u64)[b];
#define load_item_float(a, b) facc = ITEMS(a, double)[b];
#define load_byte(a, b) acc = ITEMS(a, u8)[b];
#define set_word(a, b) INSIDE(a, b) ITEMS(a, u64)[b] = acc;
#define set_float(a, b) INSIDE(a, b) ITEMS(a, double)[b] = facc;
#define set_byte(a, b) INSIDE(a, b) ITEMS(a, u8)[b] = (u8)acc;
#define store_word(a, b) ITEMS(a, u64)[b] = acc;
#define store_item_float(a, b) ITEMS(a, double)[b] = facc;
#define store_byte(a, b) ITEMS(a, u8)[b] = (u8)acc;
#define address_word(a, b) INSIDE(a, b) acc = (u64)&ITEMS(a, u64)[b];
#define address_word_proved(a, b) acc = (u64)&ITEMS(a, u64)[b];
#define TAKE(a, b, type) INSIDE(a, b) type *item = &ITEMS(a, type)[b]; u64 taken = *item; *item = 0; acc = taken;
#define take_word(a, b) TAKE(a, b, u64)
#define take_byte(a, b) TAKE(a, b, u8)
#define PUSH(a, type, value)                                                                      \
    u64 length = LEN(a);                                                                          \
    COLD_IF((COUNT_OF(a) & ~(u32)WATCHED) != 1);                                                  \
    COLD_IF(length >= *(u64 *)(a + LIST_CAPACITY));                                               \
    LEN(a) = length + 1;                                                                          \
    ITEMS(a, type)[length] = (type)value;
#define push_word(a) PUSH(a, u64, acc)
#define push_float(a) PUSH(a, double, facc)
#define push_byte(a) PUSH(a, u8, acc)

/* -- reference counts ------------------------------------------------------------------------------------------- */

#define COUNT_OF(object) *(u32 *)(object + HEADER_COUNT)
#define dup_ref(a) if (a != 0) COUNT_OF(a) += 1;
#define dup_any(a) if (IS_OBJECT(a)) COUNT_OF(a) += 1;
#define drop_ref(a) if (a != 0) { COLD_IF((int)--COUNT_OF(a) <= 0); }
#define drop_any(a) if (IS_OBJECT(a)) { COLD_IF((int)--COUNT_OF(a) <= 0); }
