//! The runtime functions, one row each: meaning, variant, name, signature, effects.
//!
//! The runtime implements each row as `extern "C" fn mochi_<name>(context, arguments…)`; the IR calls it through the
//! op `call.runtime`; emitters link `mochi_<name>` or go through [`RuntimeTable`]. A new row needs a function in `runtime`
//! and a test; no emitter changes. Reading a row:
//! - `own` before an argument's type: the function consumes that reference; otherwise it borrows it. A result that can own an
//!   object is always owned by the caller.
//! - `Any` is a NaN-boxed word; `Word` is a word of whatever type the call instruction gives it (a map's value, an item);
//!   `Ref` is any object or null; `List` is a list of any item rep.

#![allow(
    clippy::too_many_arguments,
    reason = "a row may have as many arguments as its function needs"
)]

use crate::layout::Context;

/// The type of an argument or result in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AbiType {
    I64,
    F64,
    Bool,
    Str,
    List,
    Map,
    Record,
    Closure,
    /// A big integer or fraction.
    Big,
    Any,
    Word,
    Ref,
    Unit,
}

/// Allocates, so it can run out of memory.
pub const ALLOCATES: u8 = 1;
/// Can stop the program.
pub const TRAPS: u8 = 2;
/// Depends on memory that can change.
pub const READS: u8 = 4;
/// Changes memory or the world.
pub const WRITES: u8 = 8;
/// Calls back into the program.
pub const CALLS: u8 = 16;
/// None of these: same arguments, same result.
pub const PURE: u8 = 0;

/// The Rust type of an [`AbiType`].
#[macro_export]
macro_rules! abi_type {
    (own $ty:ident) => { $crate::abi_type!($ty) };
    (I64) => { i64 };
    (F64) => { f64 };
    // 0 or 1 in a full register, so that no emitter has to widen it.
    (Bool) => { u64 };
    (Str) => { *mut $crate::layout::Str };
    (List) => { *mut $crate::layout::List };
    (Map) => { *mut $crate::layout::Map };
    (Record) => { *mut $crate::layout::Record };
    (Closure) => { *mut $crate::layout::Closure };
    (Big) => { *mut $crate::layout::Header };
    (Any) => { u64 };
    (Word) => { u64 };
    (Ref) => { *mut $crate::layout::Header };
    (Unit) => { () };
}

/// Hands the table to the macro `$m`.
#[macro_export]
macro_rules! for_each_runtime_function {
    ($m:ident) => { $m! {
        // -- memory ------------------------------------------------------------
        /// One more owner of the object, if there is one.
        RefDup ref_dup (value: Ref) -> Unit [WRITES];
        /// One owner less; the last one frees the object and drops what it holds, without recursion.
        RefDrop ref_drop (value: own Ref) -> Unit [WRITES];
        /// As `ref_dup`, when the word is an object.
        AnyDup any_dup (value: Any) -> Unit [WRITES];
        /// As `ref_drop`, when the word is an object.
        AnyDrop any_drop (value: own Any) -> Unit [WRITES];
        /// The slow half of an inlined drop, when the count is 0 or less as a signed number: frees the object, or tells the
        /// cycle collector of it.
        RefFree ref_free (value: Ref) -> Unit [WRITES];
        /// From now on the cycle collector watches this list or map, which the caller owns and has just made.
        RefWatch ref_watch (value: Ref) -> Unit [WRITES];

        // -- traps --------------------------------------------------------------
        /// Raises the trap with this code and words.
        Raise raise (code: I64, a: I64, b: I64) -> Unit [WRITES | TRAPS];
        /// Raises the trap with this code and text.
        RaiseText raise_text (code: I64, text: Str) -> Unit [WRITES | TRAPS];
        /// Adds a site to the call stack of the trap in flight.
        Trace trace (site: I64) -> Unit [WRITES];
        /// Asked for by a nonzero `poll`: interrupts the program when there is a reason.
        Poll poll () -> Unit [WRITES | TRAPS];

        // -- any ----------------------------------------------------------------
        /// An int as `any`.
        AnyFromInt any_from_int (value: I64) -> Any [ALLOCATES];
        /// `any` as an int; traps unless it is one.
        AnyToInt any_to_int (value: Any) -> I64 [TRAPS];
        /// `any` as a float; an int is widened; traps unless it is a number.
        AnyToFloat any_to_float (value: Any) -> F64 [TRAPS];
        /// `any` as a bool; traps unless it is one.
        AnyToBool any_to_bool (value: Any) -> Bool [TRAPS];
        /// `any` as an object of the kind with this number; traps when it is another kind or none.
        AnyToRef any_to_ref (value: Any, kind: I64) -> Ref [TRAPS];
        /// `any` as a list whose items have the rep with this number: itself when they have, else a converted copy; traps.
        AnyToList any_to_list (value: Any, rep: I64) -> List [TRAPS | ALLOCATES];
        /// `any` as a map whose keys and values have these reps: itself or a converted copy; traps.
        AnyToMap any_to_map (value: Any, key: I64, item: I64) -> Map [TRAPS | ALLOCATES];
        /// `any` as a record of this shape: itself, or made from a map with string keys; traps.
        AnyToRecord any_to_record (value: Any, shape: I64) -> Record [TRAPS | ALLOCATES];
        /// `any` as a value of the union with this number; traps.
        AnyToUnion any_to_union (value: Any, union: I64) -> Record [TRAPS];
        /// `any` as a value of the type with this number in the program's types, at any depth: numbers are widened,
        /// containers with other reps copied, maps made records; traps. The word has the type's rep.
        AnyToType any_to_type (value: Any, ty: I64) -> Word [TRAPS | ALLOCATES];
        /// The number of a record's shape; -1 for everything else.
        AnyShape any_shape (value: Any) -> I64 [READS];
        /// A number as an int, cut toward zero; a bool as 0 or 1; text as `str_to_int` reads it; traps for others.
        AnyParseInt any_parse_int (value: Any) -> I64 [TRAPS];
        /// A number as a float; a bool as 0 or 1; text as `str_to_float` reads it; traps for others.
        AnyParseFloat any_parse_float (value: Any) -> F64 [TRAPS];
        /// Truth of a value as a condition: false, 0, "", none and empty containers are false.
        AnyTruthy any_truthy (value: Any) -> Bool [READS];
        /// `a + b` by what they are: numbers, strings, lists.
        AnyAdd any_add (a: Any, b: Any) -> Any [TRAPS | ALLOCATES];
        /// `a - b`, numbers.
        AnySub any_sub (a: Any, b: Any) -> Any [TRAPS | ALLOCATES];
        /// `a * b`, numbers.
        AnyMul any_mul (a: Any, b: Any) -> Any [TRAPS | ALLOCATES];
        /// `a / b`, numbers.
        AnyDiv any_div (a: Any, b: Any) -> Any [TRAPS | ALLOCATES];
        /// `a % b`, numbers.
        AnyRem any_rem (a: Any, b: Any) -> Any [TRAPS | ALLOCATES];
        /// `-a`, a number.
        AnyNeg any_neg (a: Any) -> Any [TRAPS | ALLOCATES];
        /// Structural equality; `1 == 1.0`.
        AnyEq any_eq (a: Any, b: Any) -> Bool [READS];
        /// Order of two numbers or two strings: -1, 0, 1, or 2 when a NaN is among them; traps for others.
        AnyCompare any_compare (a: Any, b: Any) -> I64 [TRAPS | READS];
        /// `a[i]` by what `a` is; a map's missing key is none.
        AnyIndex any_index (value: Any, index: Any) -> Any [TRAPS | ALLOCATES];
        /// `a[i] = v` by what `a` is.
        AnySetIndex any_set_index (value: Any, index: Any, item: own Any) -> Unit [TRAPS | WRITES];
        /// `a.name` of a record or map.
        AnyField any_field (value: Any, name: Str) -> Any [TRAPS | ALLOCATES];
        /// `a.name = v` of a record or map.
        AnySetField any_set_field (value: Any, name: Str, item: own Any) -> Unit [TRAPS | WRITES];
        /// `a[start:end:step]` of a list or string; none stands for a bound left out.
        AnySlice any_slice (value: Any, start: Any, end: Any, step: Any) -> Any [TRAPS | ALLOCATES];
        /// How many items, entries or characters.
        AnyLen any_len (value: Any) -> I64 [TRAPS | READS];
        /// Whether it has items, entries or characters; false for what cannot have any.
        AnyExists any_exists (value: Any) -> Bool [READS];
        /// `a in b` by what `b` is.
        AnyIn any_in (item: Any, container: Any) -> Bool [TRAPS | READS];
        /// What `for` goes over, as a list of `any`: the items of a list, a string's characters, a map's keys.
        AnyItems any_items (value: Any) -> List [TRAPS | ALLOCATES];
        /// A string or a list backwards, a new one.
        AnyReverse any_reverse (value: Any) -> Any [TRAPS | ALLOCATES];
        /// Calls a function value with a list of arguments; each is cast to its parameter's type by the function's
        /// signature, and the result made `any`.
        AnyCall any_call (callee: Any, arguments: List) -> Any [TRAPS | CALLS | WRITES | ALLOCATES];

        // -- strings ------------------------------------------------------------
        /// `a` followed by `b`; in place when `a` is unique and has room.
        StrConcat str_concat (a: own Str, b: Str) -> Str [ALLOCATES | TRAPS];
        /// Same text.
        StrEq str_eq (a: Str, b: Str) -> Bool [READS];
        /// Bytewise order: -1, 0, 1.
        StrCompare str_compare (a: Str, b: Str) -> I64 [READS];
        /// How many characters.
        StrLen str_len (s: Str) -> I64 [READS];
        /// Character `i`, from the end when negative; traps when outside.
        StrIndex str_index (s: Str, i: I64) -> Str [TRAPS | READS];
        /// The code point of character `i`; otherwise as `str_index`.
        StrCode str_code (s: Str, i: I64) -> I64 [TRAPS | READS];
        /// Characters `start..end`, clamped, each from the end when negative.
        StrSlice str_slice (s: Str, start: I64, end: I64) -> Str [TRAPS | ALLOCATES];
        /// Whether `part` occurs in `s`.
        StrContains str_contains (s: Str, part: Str) -> Bool [READS];
        /// The characters, each a string.
        StrChars str_chars (s: Str) -> List [ALLOCATES | TRAPS];
        /// An int in decimal.
        StrFromInt str_from_int (value: I64) -> Str [ALLOCATES | TRAPS];
        /// A float as `str` writes it.
        StrFromFloat str_from_float (value: F64) -> Str [ALLOCATES | TRAPS];
        /// `true` or `false`.
        StrFromBool str_from_bool (value: Bool) -> Str [ALLOCATES | TRAPS];
        /// Any value as `str` writes it.
        StrFromAny str_from_any (value: Any) -> Str [ALLOCATES | TRAPS];
        /// Text to int, traps when it is none.
        StrToInt str_to_int (s: Str) -> I64 [TRAPS];
        /// Text to float, traps when it is none.
        StrToFloat str_to_float (s: Str) -> F64 [TRAPS];
        /// In capitals.
        StrUpper str_upper (s: Str) -> Str [ALLOCATES | TRAPS];
        /// In small letters.
        StrLower str_lower (s: Str) -> Str [ALLOCATES | TRAPS];
        /// Without white space at both ends.
        StrTrim str_trim (s: Str) -> Str [ALLOCATES | TRAPS];
        /// The parts between occurrences of `separator`; each character when it is empty.
        StrSplit str_split (s: Str, separator: Str) -> List [ALLOCATES | TRAPS];
        /// The strings of a list with `separator` between them.
        StrJoin str_join (parts: List, separator: Str) -> Str [ALLOCATES | TRAPS];
        /// `s`, `count` times over.
        StrRepeat str_repeat (s: Str, count: I64) -> Str [ALLOCATES | TRAPS];
        /// Where `part` first begins, in characters; -1 when nowhere.
        StrIndexOf str_index_of (s: Str, part: Str) -> I64 [READS];
        /// Every `from` replaced by `to`.
        StrReplace str_replace (s: Str, from: Str, to: Str) -> Str [ALLOCATES | TRAPS];
        /// Whether `s` begins with `part`.
        StrStartsWith str_starts_with (s: Str, part: Str) -> Bool [READS];
        /// Whether `s` ends with `part`.
        StrEndsWith str_ends_with (s: Str, part: Str) -> Bool [READS];
        /// The parts between runs of white space.
        StrFields str_fields (s: Str) -> List [ALLOCATES | TRAPS];
        /// Where `part` last begins, in characters; -1 when nowhere.
        StrLastIndexOf str_last_index_of (s: Str, part: Str) -> I64 [READS];
        /// How often `part` occurs, without overlaps.
        StrCount str_count (s: Str, part: Str) -> I64 [READS];
        /// Without characters of `cut` at its ends: bit 1 of `ends` is the start, bit 2 the end.
        StrTrimOf str_trim_of (s: Str, cut: Str, ends: I64) -> Str [ALLOCATES | TRAPS];
        /// Without `part` at the start.
        StrWithoutPrefix str_without_prefix (s: Str, part: Str) -> Str [ALLOCATES | TRAPS];
        /// Without `part` at the end.
        StrWithoutSuffix str_without_suffix (s: Str, part: Str) -> Str [ALLOCATES | TRAPS];
        /// The first `count` times `from` replaced by `to`; a negative `count` is all.
        StrReplaceSome str_replace_some (s: Str, from: Str, to: Str, count: I64) -> Str [ALLOCATES | TRAPS];
        /// Whether they are equal but for the case of letters.
        StrEqualFold str_equal_fold (a: Str, b: Str) -> Bool [READS];
        /// With a capital at the start of each word.
        StrTitle str_title (s: Str) -> Str [ALLOCATES | TRAPS];
        /// The MD5 digest in hexadecimal.
        StrMd5 str_md5 (s: Str) -> Str [ALLOCATES | TRAPS];
        /// Filled from the left with `fill` to `width` characters.
        StrPadStart str_pad_start (s: Str, width: I64, fill: Str) -> Str [ALLOCATES | TRAPS];
        /// Characters backwards.
        StrReverse str_reverse (s: Str) -> Str [ALLOCATES | TRAPS];
        /// Text in base `base` to int; traps when it is none.
        StrParseInt str_parse_int (s: Str, base: I64) -> I64 [TRAPS];
        /// SHA-256 of the bytes, in hexadecimal.
        StrSha256 str_sha256 (s: Str) -> Str [ALLOCATES | TRAPS];

        /// SHA-256 of a string's bytes, or of a list of ints that are bytes: a list of 32 ints; traps for others.
        Sha256Bytes sha256_bytes (value: Any) -> List [ALLOCATES | TRAPS];

        // -- lists --------------------------------------------------------------
        /// An empty list of items with this rep and room for `capacity`.
        ListNew list_new (rep: I64, capacity: I64) -> List [ALLOCATES | TRAPS];
        /// Item `i` as a word, owned; from the end when negative; traps when outside.
        ListGet list_get (list: List, i: I64) -> Word [TRAPS | READS];
        /// Replaces item `i`; traps when outside.
        ListSet list_set (list: List, i: I64, item: own Word) -> Unit [TRAPS | WRITES];
        /// Moves item `i` out, leaving 0 in its place; traps when outside.
        ListTake list_take (list: List, i: I64) -> Word [TRAPS | WRITES];
        /// The list with `item` at its end: in place when unique, else a copy.
        ListPush list_push (list: own List, item: own Word) -> List [ALLOCATES | TRAPS | WRITES];
        /// Makes room for one more item in a list that is known to be unique (the slow half of an inlined push).
        ListGrow list_grow (list: List) -> Unit [ALLOCATES | TRAPS | WRITES];
        /// Adds `item` to the list itself, seen by everybody who has it.
        ListAppendShared list_append_shared (list: List, item: own Word) -> Unit [ALLOCATES | TRAPS | WRITES];
        /// `a` then `b`: in place when `a` is unique.
        ListConcat list_concat (a: own List, b: List) -> List [ALLOCATES | TRAPS | WRITES];
        /// Items `start..end`, clamped, each from the end when negative.
        ListSlice list_slice (list: List, start: I64, end: I64) -> List [ALLOCATES | TRAPS];
        /// Every `step`th item of `start..end`.
        ListSliceStep list_slice_step (list: List, start: Any, end: Any, step: I64) -> List [ALLOCATES | TRAPS];
        /// Backwards, a new list.
        ListReverse list_reverse (list: List) -> List [ALLOCATES | TRAPS];
        /// Without repeats, first ones kept.
        ListDistinct list_distinct (list: List) -> List [ALLOCATES | TRAPS];
        /// Structural equality.
        ListEq list_eq (a: List, b: List) -> Bool [READS];
        /// Whether an equal item is in the list.
        ListContains list_contains (list: List, item: Any) -> Bool [READS];
        /// Where the first equal item is; -1 when nowhere.
        ListIndexOf list_index_of (list: List, item: Any) -> I64 [READS];
        /// Items of both, without repeats.
        ListUnion list_union (a: List, b: List) -> List [ALLOCATES | TRAPS];
        /// Items of `a` that are not in `b`, without repeats.
        ListExcept list_except (a: List, b: List) -> List [ALLOCATES | TRAPS];
        /// Items of `a` that are in `b`, without repeats.
        ListIntersect list_intersect (a: List, b: List) -> List [ALLOCATES | TRAPS];
        /// `start`, `start + step`, … before `end`.
        ListRange list_range (start: I64, end: I64, step: I64) -> List [ALLOCATES | TRAPS];
        /// Items with another rep (numbers widened, boxed or checked): a copy.
        ListConvert list_convert (list: List, rep: I64) -> List [ALLOCATES | TRAPS];
        /// Sorted upwards (numbers or strings), stable, a new list.
        ListSort list_sort (list: List) -> List [ALLOCATES | TRAPS];
        /// The numbers of the rows of a table in sorted order, stable; the columns are lists of one length, the first one
        /// decides first, and one goes downwards where `descending` (a list of bools) says so.
        ListRowOrder list_row_order (columns: List, descending: List) -> List [ALLOCATES | TRAPS | READS];
        /// The items at the first `count` places in a list of places: a new list.
        ListPick list_pick (list: List, places: List, count: I64) -> List [ALLOCATES | TRAPS | READS];
        /// Rows by their places, of which there are `count`: a list of two, of which the second has the rows place by place,
        /// each place's in their order, and the first says where they begin: 0, then 0 for place 0 and so on, then the end.
        /// Row `i` has the place that `places` has there, and is number `i` or, unless that list is empty, what `numbers` says.
        ListPartRows list_part_rows (places: List, numbers: List, count: I64) -> List [ALLOCATES | TRAPS | READS];
        /// Sum of ints; traps on overflow.
        ListSumInt list_sum_int (list: List) -> I64 [TRAPS | READS];
        /// Sum of floats.
        ListSumFloat list_sum_float (list: List) -> F64 [READS];
        /// Sum of whatever numbers they are.
        ListSumAny list_sum_any (list: List) -> Any [TRAPS | READS | ALLOCATES];
        /// Mean; 0 when empty.
        ListAvg list_avg (list: List) -> F64 [TRAPS | READS];
        /// Smallest item as a word of the list's rep, owned; 0 (none, "") when empty.
        ListMin list_min (list: List) -> Word [TRAPS | READS];
        /// Largest item.
        ListMax list_max (list: List) -> Word [TRAPS | READS];
        /// `f` of each item; the result's items have the rep with this number.
        ListMap list_map (list: List, f: Closure, rep: I64) -> List [CALLS | TRAPS | WRITES | ALLOCATES];
        /// The items for which `f` is true.
        ListFilter list_filter (list: List, f: Closure) -> List [CALLS | TRAPS | WRITES | ALLOCATES];
        /// `f(…f(f(initial, item), item)…)`, all with words of the closure's own types.
        ListReduce list_reduce (list: List, f: Closure, initial: own Word) -> Word [CALLS | TRAPS | WRITES | ALLOCATES];
        /// Sorted by a closure of two items that says whether the first comes before (bool) or how they compare (int).
        ListSortBy list_sort_by (list: List, f: Closure, compares: Bool) -> List [CALLS | TRAPS | WRITES | ALLOCATES];

        // -- maps ---------------------------------------------------------------
        /// An empty map with these reps of keys and values.
        MapNew map_new (key: I64, item: I64, capacity: I64) -> Map [ALLOCATES | TRAPS];
        /// How many entries.
        MapLen map_len (map: Map) -> I64 [READS];
        /// The place of the entry for `key`, to be used at once; -1 when absent.
        MapFind map_find (map: Map, key: Word) -> I64 [READS];
        /// The value at a place that `map_find` gave, owned.
        MapItem map_item (map: Map, place: I64) -> Word [READS];
        /// The place of the entry for `key`, which is added, with the value 0, when it is absent. In a map that nothing is
        /// removed from, places count the entries in the order in which they were added.
        MapPlace map_place (map: Map, key: own Word) -> I64 [ALLOCATES | TRAPS | WRITES];
        /// The value for `key`, owned; traps when absent.
        MapGet map_get (map: Map, key: Word) -> Word [TRAPS | READS];
        /// Adds or replaces an entry.
        MapSet map_set (map: Map, key: own Word, item: own Word) -> Unit [ALLOCATES | TRAPS | WRITES];
        /// The same, where `map_find` has just given this place for the key, and nothing has changed the map since.
        MapSetAt map_set_at (map: Map, place: I64, key: own Word, item: own Word) -> Unit [ALLOCATES | TRAPS | WRITES];
        /// Moves a value out, leaving 0 in its place; traps when absent.
        MapTake map_take (map: Map, key: Word) -> Word [TRAPS | WRITES];
        /// Whether there is an entry.
        MapHas map_has (map: Map, key: Word) -> Bool [READS];
        /// Removes an entry, if it is there.
        MapRemove map_remove (map: Map, key: Word) -> Unit [WRITES];
        /// The keys in the order of their printed form, a list with the keys' rep.
        MapKeys map_keys (map: Map) -> List [ALLOCATES | TRAPS];
        /// The values in that order.
        MapValues map_values (map: Map) -> List [ALLOCATES | TRAPS];
        /// Structural equality.
        MapEq map_eq (a: Map, b: Map) -> Bool [READS];
        /// With other reps (widened, boxed or checked): a copy.
        MapConvert map_convert (map: Map, key: I64, item: I64) -> Map [ALLOCATES | TRAPS];

        // -- records and closures ----------------------------------------------
        /// A record of this shape with all fields 0.
        RecordNew record_new (shape: I64) -> Record [ALLOCATES | TRAPS];
        /// Field `i` as a word, owned.
        RecordGet record_get (record: Record, i: I64) -> Word [READS];
        /// Replaces field `i`.
        RecordSet record_set (record: Record, i: I64, item: own Word) -> Unit [WRITES];
        /// Moves field `i` out, leaving 0.
        RecordTake record_take (record: Record, i: I64) -> Word [WRITES];
        /// The number of its shape.
        RecordShape record_shape (record: Record) -> I64 [READS];
        /// A map from its field names.
        RecordToMap record_to_map (record: Record) -> Map [ALLOCATES | TRAPS];
        /// A closure of this function with all captures 0.
        ClosureNew closure_new (function: I64, shape: I64) -> Closure [ALLOCATES | TRAPS];
        /// Capture `i` as a word, owned.
        ClosureGet closure_get (closure: Closure, i: I64) -> Word [READS];
        /// Sets capture `i` of a new closure.
        ClosureSet closure_set (closure: Closure, i: I64, item: own Word) -> Unit [WRITES];

        // -- objects ------------------------------------------------------------
        /// Structural equality of two objects or nones.
        RefEq ref_eq (a: Ref, b: Ref) -> Bool [READS];

        // -- events -------------------------------------------------------------
        /// From now on the handler hears what the stream with this number emits.
        EventListen event_listen (stream: I64, handler: own Closure) -> Unit [WRITES];
        /// Puts an event in line. Whether the caller is to call the handlers that `event_handler` gives out, until it gives
        /// none: nobody else is doing so.
        EventEmit event_emit (stream: I64, event: own Record) -> Bool [WRITES];
        /// The next handler that is due; none when all events are handled.
        EventHandler event_handler () -> Closure [WRITES];
        /// The event that the last handler given out is for.
        EventCurrent event_current () -> Record [READS];

        // -- logic --------------------------------------------------------------
        /// States that the predicate with this number holds of these terms, `any`s.
        LogicFact logic_fact (predicate: I64, terms: List) -> Unit [WRITES | TRAPS];
        /// Adds a rule, as `lower` writes it, with the values in it.
        LogicRule logic_rule (code: List, values: List) -> Unit [WRITES | TRAPS];
        /// The answers to an atom with these values in it: maps from the names of its first variables to what they are, which
        /// the cycle collector watches if `watched`.
        LogicQuery logic_query (code: List, values: List, names: List, watched: Bool) -> List [WRITES | ALLOCATES | TRAPS];

        // -- numbers ------------------------------------------------------------
        /// `a % b` of floats, with the dividend's sign.
        FloatRem float_rem (a: F64, b: F64) -> F64 [PURE];
        /// `a` to the power `b`.
        FloatPow float_pow (a: F64, b: F64) -> F64 [PURE];
        /// `a` to the power `b`, traps on overflow and for a negative power.
        IntPow int_pow (a: I64, b: I64) -> I64 [TRAPS];
        /// Toward minus infinity.
        FloatFloor float_floor (a: F64) -> F64 [PURE];
        /// Toward plus infinity.
        FloatCeil float_ceil (a: F64) -> F64 [PURE];
        /// To the nearest, halves away from zero.
        FloatRound float_round (a: F64) -> F64 [PURE];
        /// The same to so many digits behind the point, or before it.
        FloatRoundTo float_round_to (a: F64, digits: I64) -> F64 [PURE];
        /// Without its sign.
        FloatAbs float_abs (a: F64) -> F64 [PURE];
        /// Without its sign; traps for the smallest int.
        IntAbs int_abs (a: I64) -> I64 [TRAPS];
        /// Sine, of radians.
        FloatSin float_sin (a: F64) -> F64 [PURE];
        /// Cosine.
        FloatCos float_cos (a: F64) -> F64 [PURE];
        /// Tangent.
        FloatTan float_tan (a: F64) -> F64 [PURE];
        /// Arc tangent.
        FloatAtan float_atan (a: F64) -> F64 [PURE];
        /// Angle of the point (b, a).
        FloatAtan2 float_atan2 (a: F64, b: F64) -> F64 [PURE];
        /// Arc sine.
        FloatAsin float_asin (a: F64) -> F64 [PURE];
        /// Arc cosine.
        FloatAcos float_acos (a: F64) -> F64 [PURE];
        /// e to the power.
        FloatExp float_exp (a: F64) -> F64 [PURE];
        /// Natural logarithm.
        FloatLog float_log (a: F64) -> F64 [PURE];
        /// Logarithm to base 2.
        FloatLog2 float_log2 (a: F64) -> F64 [PURE];
        /// Logarithm to base 10.
        FloatLog10 float_log10 (a: F64) -> F64 [PURE];

        /// Cube root.
        FloatCbrt float_cbrt (a: F64) -> F64 [PURE];
        /// Hyperbolic sine.
        FloatSinh float_sinh (a: F64) -> F64 [PURE];
        /// Hyperbolic cosine.
        FloatCosh float_cosh (a: F64) -> F64 [PURE];
        /// Hyperbolic tangent.
        FloatTanh float_tanh (a: F64) -> F64 [PURE];
        /// Toward zero.
        FloatTrunc float_trunc (a: F64) -> F64 [PURE];
        /// Length of the vector (a, b).
        FloatHypot float_hypot (a: F64, b: F64) -> F64 [PURE];
        /// The number whose hyperbolic sine it is.
        FloatAsinh float_asinh (a: F64) -> F64 [PURE];
        /// The number whose hyperbolic cosine it is.
        FloatAcosh float_acosh (a: F64) -> F64 [PURE];
        /// The number whose hyperbolic tangent it is.
        FloatAtanh float_atanh (a: F64) -> F64 [PURE];
        /// Natural logarithm of 1 + a.
        FloatLogPlusOne float_log_plus_one (a: F64) -> F64 [PURE];
        /// e to the power, less 1.
        FloatExpMinusOne float_exp_minus_one (a: F64) -> F64 [PURE];
        /// 2 to the power.
        FloatExpTwo float_exp_two (a: F64) -> F64 [PURE];
        /// Radians as degrees.
        FloatDegrees float_degrees (a: F64) -> F64 [PURE];
        /// Degrees as radians.
        FloatRadians float_radians (a: F64) -> F64 [PURE];
        /// The size of `a` with the sign of `b`.
        FloatCopySign float_copy_sign (a: F64, b: F64) -> F64 [PURE];
        /// Whether it is no number.
        FloatIsNan float_is_nan (a: F64) -> Bool [PURE];
        /// Whether it is infinite: with a positive `sign` upwards, with a negative one downwards, with 0 either.
        FloatIsInfinite float_is_infinite (a: F64, sign: I64) -> Bool [PURE];
        /// Infinity, downwards for a negative `sign`.
        FloatInfinity float_infinity (sign: I64) -> F64 [PURE];
        /// Least common multiple, without a sign; traps when it does not fit.
        IntLcm int_lcm (a: I64, b: I64) -> I64 [TRAPS];
        /// The whole part of the square root; traps for a negative number.
        IntSqrt int_sqrt (a: I64) -> I64 [TRAPS];
        /// In how many ways `b` of `a` things can be chosen; traps for negative numbers and when it does not fit.
        IntChoose int_choose (a: I64, b: I64) -> I64 [TRAPS];
        /// Greatest common divisor, without a sign; traps when it does not fit.
        IntGcd int_gcd (a: I64, b: I64) -> I64 [TRAPS];
        /// 1 · 2 · … · a; traps for a negative number and on overflow.
        IntFactorial int_factorial (a: I64) -> I64 [TRAPS];

        // -- numbers of any size: two bigints or two bigrats; a bigrat where `fraction` is true ---------------------------------
        /// An int as a bigint or bigrat.
        BigFromInt big_from_int (value: I64, fraction: Bool) -> Big [ALLOCATES | TRAPS];
        /// A float as a bigint, cut toward zero, or as the bigrat that it is exactly; traps when it is not finite.
        BigFromFloat big_from_float (value: F64, fraction: Bool) -> Big [ALLOCATES | TRAPS];
        /// A number as a bigint, cut toward zero, or as a bigrat; a bool as 0 or 1; text by what is written; traps for others.
        AnyParseBig any_parse_big (value: Any, fraction: Bool) -> Big [ALLOCATES | TRAPS];
        /// As an int, cut toward zero; traps when it does not fit.
        BigToInt big_to_int (value: Big) -> I64 [TRAPS];
        /// The nearest float.
        BigToFloat big_to_float (value: Big) -> F64 [TRAPS];
        /// `a + b`; in place when `a` is unique, as are the next ones.
        BigAdd big_add (a: own Big, b: Big) -> Big [ALLOCATES | TRAPS];
        /// `a - b`.
        BigSub big_sub (a: own Big, b: Big) -> Big [ALLOCATES | TRAPS];
        /// `a * b`.
        BigMul big_mul (a: own Big, b: Big) -> Big [ALLOCATES | TRAPS];
        /// `a / b`, of bigints cut toward zero; traps when `b` is 0.
        BigDiv big_div (a: own Big, b: Big) -> Big [ALLOCATES | TRAPS];
        /// `a % b` with the dividend's sign; traps when `b` is 0.
        BigRem big_rem (a: own Big, b: Big) -> Big [ALLOCATES | TRAPS];
        /// `a + b`.
        BigAddInt big_add_int (a: own Big, b: I64) -> Big [ALLOCATES | TRAPS];
        /// `a - b`.
        BigSubInt big_sub_int (a: own Big, b: I64) -> Big [ALLOCATES | TRAPS];
        /// `a * b`.
        BigMulInt big_mul_int (a: own Big, b: I64) -> Big [ALLOCATES | TRAPS];
        /// `a / b`, of a bigint cut toward zero; traps when `b` is 0.
        BigDivInt big_div_int (a: own Big, b: I64) -> Big [ALLOCATES | TRAPS];
        /// `a % b` with the dividend's sign; traps when `b` is 0.
        BigRemInt big_rem_int (a: own Big, b: I64) -> Big [ALLOCATES | TRAPS];
        /// `-a`.
        BigNeg big_neg (a: own Big) -> Big [ALLOCATES | TRAPS];
        /// Without its sign.
        BigAbs big_abs (a: own Big) -> Big [ALLOCATES | TRAPS];
        /// `base` to the power `exponent`; traps for a negative power of a bigint or of 0.
        BigPow big_pow (base: Big, exponent: I64) -> Big [ALLOCATES | TRAPS];
        /// Order: -1, 0, 1.
        BigCompare big_compare (a: Big, b: Big) -> I64 [TRAPS];
        /// Order of a number and an int: -1, 0, 1.
        BigCompareInt big_compare_int (a: Big, b: I64) -> I64 [TRAPS];
        /// What is above the line of a fraction in lowest terms, a bigint.
        BigNumerator big_numerator (value: Big) -> Big [ALLOCATES | TRAPS];
        /// What is below it, positive.
        BigDenominator big_denominator (value: Big) -> Big [ALLOCATES | TRAPS];
        /// Sum of a list of numbers of any size.
        ListSumBig list_sum_big (list: List, fraction: Bool) -> Big [ALLOCATES | TRAPS];

        // -- data ---------------------------------------------------------------
        /// All rows of a file (`-`: of standard input), each of the type with this number; the options are a map or none.
        Load load (path: Str, ty: I64, options: Any) -> List [READS | WRITES | ALLOCATES | TRAPS];
        /// As `load`, but to be read row by row with `rows_next` and `rows_take`; the file is closed when it is dropped.
        RowsOpen rows_open (path: Str, ty: I64, options: Any) -> Any [READS | WRITES | ALLOCATES | TRAPS];
        /// Reads one row; false when there is none any more.
        RowsNext rows_next (rows: Any) -> Bool [READS | WRITES | ALLOCATES | TRAPS];
        /// Moves out the row that `rows_next` has read, a word of the rows' type.
        RowsTake rows_take (rows: Any) -> Word [WRITES];
        /// Writes rows to a file (`-`: to standard output), as a whole or not at all.
        Save save (rows: Any, path: Str, options: Any) -> Unit [READS | WRITES | ALLOCATES | TRAPS];

        /// Asks the server at an address and reads its answer as a value of the type with this number: JSON, but a string is
        /// the text, and an `any` the text where it is no JSON. The options are a map or none.
        Fetch fetch (url: Str, ty: I64, options: Any) -> Word [READS | WRITES | ALLOCATES | TRAPS];
        /// Keeps the settings of a language model, a map, under a name.
        Model model (name: Str, settings: Any) -> Unit [READS | WRITES | TRAPS];
        /// What a language model answers: text for a string, an embedding for a list of floats, else JSON of the type with
        /// this number. The settings are a map.
        Generate generate (ty: I64, settings: Any) -> Word [READS | WRITES | ALLOCATES | TRAPS];

        // -- the world ----------------------------------------------------------
        /// The words that the program was started with, the program itself first, from number `first` on.
        Arguments arguments (first: I64) -> List [READS | ALLOCATES | TRAPS];
        /// Ends the program with this exit code.
        Exit exit (code: I64) -> Unit [WRITES | TRAPS];
        /// The text of a file; traps when it cannot be read.
        ReadFile read_file (path: Str) -> Str [READS | ALLOCATES | TRAPS];
        /// The variable of the environment with this name; empty when there is none.
        Environment environment (name: Str) -> Str [READS | ALLOCATES | TRAPS];
        /// Writes an int to the line being printed.
        PrintInt print_int (value: I64) -> Unit [WRITES];
        /// Writes a float as `print` does.
        PrintFloat print_float (value: F64) -> Unit [WRITES];
        /// Writes `true` or `false`.
        PrintBool print_bool (value: Bool) -> Unit [WRITES];
        /// Writes a string, bare.
        PrintStr print_str (value: Str) -> Unit [WRITES];
        /// Writes any value as `print` does at top level.
        PrintAny print_any (value: Any) -> Unit [WRITES | TRAPS];
        /// Writes one space.
        PrintSpace print_space () -> Unit [WRITES];
        /// Ends the line; with `trim`, cuts white space at both its ends first.
        PrintEnd print_end (trim: Bool) -> Unit [WRITES | TRAPS];
        /// Prints a value as indented JSON.
        PrintJson print_json (value: Any) -> Unit [WRITES | TRAPS];
        /// A value as compact JSON text.
        JsonText json_text (value: Any) -> Str [ALLOCATES | TRAPS];
        /// The value of a text of Mochi, compiled in the edition with this year and run; traps when it is wrong or stops.
        Eval eval (text: Str, edition: I64) -> Any [ALLOCATES | TRAPS | READS | WRITES | CALLS];
        /// Gives the value of the program, which is a text for `eval`.
        EvalResult eval_result (value: own Any) -> Unit [WRITES];
        /// The next line of standard input without its end; empty at the end of input.
        Input input () -> Str [WRITES | ALLOCATES | TRAPS];
        /// Nanoseconds, or the next of the seeded sequence.
        Now now () -> I64 [WRITES];
        /// Bytes of memory that the program's objects take.
        Mem mem () -> I64 [READS];
        /// `expect` of something false; the text shows both sides, or is empty.
        ExpectFailed expect_failed (text: Str) -> Unit [WRITES | TRAPS];
        /// Both sides of a failed comparison, as a text for `expect_failed`; `operator` is between them.
        ExpectSides expect_sides (left: Any, operator: Str, right: Any) -> Str [ALLOCATES | TRAPS];
    }};
}

macro_rules! is_owned {
    (own $ty:ident) => {
        true
    };
    ($ty:ident) => {
        false
    };
}
macro_rules! tag {
    (own $ty:ident) => {
        AbiType::$ty
    };
    ($ty:ident) => {
        AbiType::$ty
    };
}

macro_rules! define_functions {
    ($( $(#[$doc:meta])* $variant:ident $name:ident ($($arg:ident : $($ty:ident)+),*) -> $result:ident [$($effect:ident)|+]; )*) => {
        /// A runtime function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum RuntimeFunction { $( $(#[$doc])* $variant ),* }

        /// What a row says.
        #[derive(Debug)]
        pub struct FunctionRow {
            /// As the text form of the IR writes it; the symbol is this after `mochi_`.
            pub name: &'static str,
            /// Symbol for the linker.
            pub symbol: &'static str,
            pub args: &'static [Arg],
            pub result: AbiType,
            /// [`ALLOCATES`] and its neighbours.
            pub effects: u8,
        }

        /// An argument of a row.
        #[derive(Debug, Clone, Copy)]
        pub struct Arg {
            pub ty: AbiType,
            /// The function consumes the reference.
            pub own: bool,
        }

        impl RuntimeFunction {
            /// Every function, in the order of its number.
            pub const ALL: &'static [RuntimeFunction] = &[$(RuntimeFunction::$variant),*];

            /// Its row.
            pub const fn row(self) -> &'static FunctionRow {
                const ROWS: &[FunctionRow] = &[$(FunctionRow {
                    name: stringify!($name),
                    symbol: concat!("mochi_", stringify!($name)),
                    args: &[$(Arg { ty: tag!($($ty)+), own: is_owned!($($ty)+) }),*],
                    result: AbiType::$result,
                    effects: $($effect)|+,
                }),*];
                &ROWS[self as usize]
            }

            /// The function with this name.
            pub fn by_name(name: &str) -> Option<RuntimeFunction> {
                RuntimeFunction::ALL.iter().copied().find(|function| function.row().name == name)
            }
        }

        /// Where each runtime function is, for code that is called in this process; the field's place is the function's number.
        #[derive(Debug)]
        #[repr(C)]
        pub struct RuntimeTable {
            $( pub $name: extern "C" fn(*mut Context $(, abi_type!($($ty)+))*) -> abi_type!($result) ),*
        }
    };
}
for_each_runtime_function!(define_functions);

// Laws of the table, checked when it is compiled.
const _: () = {
    let mut i = 0;
    while i < RuntimeFunction::ALL.len() {
        let row = RuntimeFunction::ALL[i].row();
        assert!(
            row.args.len() <= 6,
            "arguments beyond the integer registers of the C ABI are not worth their cost"
        );
        assert!(
            row.effects & (CALLS) == 0 || row.effects & TRAPS != 0,
            "what calls back into the program can trap"
        );
        i += 1;
    }
    assert!(
        size_of::<RuntimeTable>() == RuntimeFunction::ALL.len() * size_of::<usize>(),
        "one pointer per function"
    );
};
