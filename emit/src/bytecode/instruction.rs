//! The bytecode's instructions, one row each: meaning, variant, name, operands. The opcode's enum, the disassembler and
//! the dispatch loop (whose `match` has no default arm) come from this table.
//!
//! An instruction is a [`Word`]: a 16-bit opcode and three 16-bit operands `a`, `b`, `c`; some are followed by more
//! words. Slots are numbers of words from the frame's base. A jump's distance is in words, from its instruction.

/// Hands the table to the macro `$m`.
macro_rules! for_each_instruction {
    ($m:ident) => {
        $m! {
            // -- moves and constants --------------------------------------------------
            /// `a = b`.
            Move                "move"                 Ab;
            /// `a = b`, then `c = ` the next word's `a`.
            MoveTwo             "move.two"             MoveTwo;
            /// `a` and `b` change places.
            Swap                "swap"                 Ab;
            /// `a` = the 32-bit immediate, sign extended.
            Constant            "constant"             AImmediate;
            /// `a` = the next word.
            ConstantWord        "constant.word"        AWord;
            /// `a` = the constant string with this number.
            Text                "text"                 ANumber;
            /// `a` = the slot with this 32-bit number.
            FarLoad             "far.load"             ANumber;
            /// The slot with this 32-bit number = `a`.
            FarStore            "far.store"            ANumber;
            /// `a = b +` the next word, as addresses.
            Offset              "offset"               AbWord;
            /// `a = b` when the next word's `a` is true, else `c`.
            Select              "select"               Select;

            // -- ints -----------------------------------------------------------------
            /// `a = b + c`; traps when it does not fit.
            Add                 "add"                  Abc;
            Subtract            "subtract"             Abc;
            Multiply            "multiply"             Abc;
            Divide              "divide"               Abc;
            Remainder           "remainder"            Abc;
            /// `a = b +` the immediate `c`.
            AddImmediate        "add.immediate"        AbImmediate;
            SubtractImmediate   "subtract.immediate"   AbImmediate;
            MultiplyImmediate   "multiply.immediate"   AbImmediate;
            /// The immediate is neither 0 nor -1.
            DivideImmediate     "divide.immediate"     AbImmediate;
            RemainderImmediate  "remainder.immediate"  AbImmediate;
            Negate              "negate"               Ab;
            /// `a` = whether `b == c`, as words.
            Equal               "equal"                Abc;
            NotEqual            "not.equal"            Abc;
            Less                "less"                 Abc;
            LessEqual           "less.equal"           Abc;
            EqualImmediate      "equal.immediate"      AbImmediate;
            NotEqualImmediate   "not.equal.immediate"  AbImmediate;
            LessImmediate       "less.immediate"       AbImmediate;
            LessEqualImmediate  "less.equal.immediate" AbImmediate;
            GreaterImmediate    "greater.immediate"    AbImmediate;
            GreaterEqualImmediate "greater.equal.immediate" AbImmediate;
            IntToFloat          "int.to.float"         Ab;

            // -- floats and bools -------------------------------------------------------
            FloatAdd            "float.add"            Abc;
            FloatSubtract       "float.subtract"       Abc;
            FloatMultiply       "float.multiply"       Abc;
            /// Traps when `c` is 0.
            FloatDivide         "float.divide"         Abc;
            FloatDivideProved   "float.divide.proved"  Abc;
            /// `a = b * c +` the next word's `a`, rounded twice.
            FloatMultiplyAdd    "float.multiply.add"   Abcd;
            /// `a` = the next word's `a`, plus `b * c`, rounded twice.
            FloatAddMultiply    "float.add.multiply"   Abcd;
            /// `a` = the next word's `a`, less `b * c`, rounded twice.
            FloatSubtractMultiply "float.subtract.multiply" Abcd;
            /// `a = b * c -` the next word's `a`, rounded twice.
            FloatMultiplySubtract "float.multiply.subtract" Abcd;
            FloatNegate         "float.negate"         Ab;
            FloatSqrt           "float.sqrt"           Ab;
            FloatToInt          "float.to.int"         Ab;
            FloatEqual          "float.equal"          Abc;
            FloatNotEqual       "float.not.equal"      Abc;
            FloatLess           "float.less"           Abc;
            FloatLessEqual      "float.less.equal"     Abc;
            Not                 "not"                  Ab;

            // -- any and none -------------------------------------------------------------
            AnyFromInt          "any.from.int"         Ab;
            AnyFromFloat        "any.from.float"       Ab;
            AnyFromBool         "any.from.bool"        Ab;
            AnyToInt            "any.to.int"           Ab;
            AnyToFloat          "any.to.float"         Ab;
            AnyToBool           "any.to.bool"          Ab;
            /// `a = b`, which must be an object of the kind with number `c`.
            AnyToObject         "any.to.object"        AbNumber;
            /// `a = b`, which must be a list whose items have the rep with number `c`.
            AnyToList           "any.to.list"          AbNumber;
            IsNone              "is.none"              Ab;
            CheckSome           "check.some"           Ab;

            // -- lists ----------------------------------------------------------------
            /// `a` = an empty list of items with rep `c` and room for `b`.
            ListNew             "list.new"             AbNumber;
            /// `a` = a list of items with rep `b`: the `c` slots that follow, four to a word.
            ListOf              "list.of"              Slots;
            ListLength          "list.length"          Ab;
            /// `a = b[c]`, items of a word; then of a byte.
            ListGet             "list.get"             Abc;
            ListGetByte         "list.get.byte"        Abc;
            /// `b[c]` with an immediate index that is not negative.
            ListGetAt           "list.get.at"          AbImmediate;
            /// `a[b] = c` of items that are not counted; of a byte; of objects; of `any`.
            ListSet             "list.set"             Abc;
            ListSetByte         "list.set.byte"        Abc;
            ListSetObject       "list.set.object"      Abc;
            ListSetAny          "list.set.any"         Abc;
            /// `a = b[c][`the next word's `a]`, items of a word; then of a byte.
        ListGetNested       "list.get.nested"      Abcd;
        ListGetNestedByte   "list.get.nested.byte" Abcd;
        /// `a[b][c] =` the next word's `a`, items that are not counted; then bytes.
        ListSetNested       "list.set.nested"      Abcd;
        ListSetNestedByte   "list.set.nested.byte" Abcd;
        /// `a = b[c]`, and that becomes 0.
            ListTake            "list.take"            Abc;
            ListTakeByte        "list.take.byte"       Abc;
            /// `a` = the list `b` with `c` at its end.
            ListPush            "list.push"            Abc;
            ListPushByte        "list.push.byte"       Abc;
            /// `a` = the index `b` into a list of length `c`.
            CheckIndex          "check.index"          Abc;
            /// As their namesakes, the index being inside.
            ListLoad            "list.load"            Abc;
            ListLoadByte        "list.load.byte"       Abc;
            ListStore           "list.store"           Abc;
            ListStoreByte       "list.store.byte"      Abc;
            ListStoreObject     "list.store.object"    Abc;
            ListStoreAny        "list.store.any"       Abc;

            // -- records, closures, globals -----------------------------------------------
            /// `a` = a record of the shape in the next word, its fields the `c` slots that follow.
            RecordNew           "record.new"           NumberedSlots;
            /// `a` = a closure of the function and shape in the next word, its captures the `c` slots that follow.
            ClosureNew          "closure.new"          NumberedSlots;
            /// `a` = field `c` of `b`.
            FieldGet            "field.get"            AbNumber;
            /// Field `c` of `a` = `b`, not counted; objects; `any`.
            FieldSet            "field.set"            AbNumber;
            FieldSetObject      "field.set.object"     AbNumber;
            FieldSetAny         "field.set.any"        AbNumber;
            FieldTake           "field.take"           AbNumber;
            RecordShape         "record.shape"         Ab;
            GlobalGet           "global.get"           ANumber;
            GlobalSet           "global.set"           ANumber;
            GlobalSetObject     "global.set.object"    ANumber;
            GlobalSetAny        "global.set.any"       ANumber;
            GlobalTake          "global.take"          ANumber;

            // -- reference counts ---------------------------------------------------------
            Dup                 "dup"                  A;
            DupAny              "dup.any"              A;
            Drop                "drop"                 A;
            DropTwo             "drop.two"             Ab;
            DropThree           "drop.three"           Abc;
            DropAny             "drop.any"             A;

            // -- calls ------------------------------------------------------------------
            // The window of a call is where the callee's frame begins, `a` words from the base; the two words before it hold
            // the way back. The word after the instruction is a [`CallWord`].
            /// Calls with all arguments in the window.
            Call                "call"                 Call0;
            /// Moves `b` into the window first; then also `c`; then also the call word's extra slot.
            CallOne             "call.one"             Call1;
            CallTwo             "call.two"             Call2;
            CallThree           "call.three"           Call3;
            /// The window is 32 bits wide.
            CallFar             "call.far"             CallFar;
            /// Calls the closure that is the window's first word.
            CallClosure         "call.closure"         CallClosure;
            CallClosureFar      "call.closure.far"     CallFar;
            /// Goes to a function whose arguments are in the first slots.
            TailCall            "tail.call"            TailCall;
            TailCallClosure     "tail.call.closure"    Plain;
            /// Leaves with `a`.
            Return              "return"               A;
            ReturnNothing       "return.nothing"       Plain;
            /// Leaves with the immediate.
            ReturnImmediate     "return.immediate"     AImmediate;
            /// Calls the function with this number, which runs elsewhere, with the arguments in the first slots, and leaves with its
            /// result. As the outermost frame's it leaves the interpreter instead, so that the call takes no room.
            Outside             "outside"              ANumber;
            /// Leaves the interpreter; the way back of the frame it was entered with.
            Halt                "halt"                 Plain;

            // -- runtime functions ----------------------------------------------------------
            /// Callbacks of the next runtime function may use the stack from this slot on.
            Window              "window"               ANumber;
            /// `a` = the runtime function that the next word's `a` numbers; arguments `b`, `c`, and on in the next words.
            Runtime0            "runtime.0"            Runtime0;
            Runtime1            "runtime.1"            Runtime1;
            Runtime2            "runtime.2"            Runtime2;
            Runtime3            "runtime.3"            Runtime3;
            Runtime4            "runtime.4"            Runtime4;
            Runtime5            "runtime.5"            Runtime5;
            Runtime6            "runtime.6"            Runtime6;
            /// `a` = `b` followed by `c`, `b` consumed.
            StrConcat           "str.concat"           Abc;

            // -- control ------------------------------------------------------------------
            Poll                "poll"                 Plain;
            Jump                "jump"                 Jump;
            /// `poll`, then a jump.
            Loop                "loop"                 Jump;
            BranchTrue          "branch.true"          AJump;
            BranchFalse         "branch.false"         AJump;
            BranchEqual         "branch.equal"         AbJump;
            BranchNotEqual      "branch.not.equal"     AbJump;
            BranchLess          "branch.less"          AbJump;
            BranchLessEqual     "branch.less.equal"    AbJump;
            BranchEqualImmediate     "branch.equal.immediate"      AImmediateJump;
            BranchNotEqualImmediate  "branch.not.equal.immediate"  AImmediateJump;
            BranchLessImmediate      "branch.less.immediate"       AImmediateJump;
            BranchLessEqualImmediate "branch.less.equal.immediate" AImmediateJump;
            BranchGreaterImmediate   "branch.greater.immediate"    AImmediateJump;
            BranchGreaterEqualImmediate "branch.greater.equal.immediate" AImmediateJump;
            BranchFloatEqual         "branch.float.equal"          AbJump;
            BranchFloatNotEqual      "branch.float.not.equal"      AbJump;
            BranchFloatLess          "branch.float.less"           AbJump;
            BranchFloatLessEqual     "branch.float.less.equal"     AbJump;
            BranchFloatNotLess       "branch.float.not.less"       AbJump;
            BranchFloatNotLessEqual  "branch.float.not.less.equal" AbJump;
            /// `poll`, then the branch, which goes back.
            LoopTrue            "loop.true"            AJump;
            LoopFalse           "loop.false"           AJump;
            LoopNotEqual        "loop.not.equal"       AbJump;
            LoopLess            "loop.less"            AbJump;
            LoopLessEqual       "loop.less.equal"      AbJump;
            LoopNotEqualImmediate  "loop.not.equal.immediate"  AImmediateJump;
            LoopLessImmediate      "loop.less.immediate"       AImmediateJump;
            LoopLessEqualImmediate "loop.less.equal.immediate" AImmediateJump;
            LoopGreaterImmediate   "loop.greater.immediate"    AImmediateJump;
            LoopGreaterEqualImmediate "loop.greater.equal.immediate" AImmediateJump;
            /// `a = a + 1`, then a jump when `a < b`.
        NextLess            "next.less"            AbJump;
        NextLessEqual       "next.less.equal"      AbJump;
        NextLessImmediate   "next.less.immediate"  AImmediateJump;
        NextLessEqualImmediate "next.less.equal.immediate" AImmediateJump;
        /// `poll`, then the same.
            LoopNextLess        "loop.next.less"       AbJump;
            LoopNextLessEqual   "loop.next.less.equal" AbJump;
            LoopNextLessImmediate "loop.next.less.immediate" AImmediateJump;
        LoopNextLessEqualImmediate "loop.next.less.equal.immediate" AImmediateJump;
            /// Jumps by what the table says that begins in the word after the next: entry `a - ` the next word, of `b, c` entries
            /// and a last one for all others.
            Switch              "switch"               Switch;
            /// Stops the program with the kind of number `a` and the words `b` and `c`.
            Trap                "trap"                 Trap;
        }
    };
}

/// What the operands of an instruction are, and the words after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    A,
    Ab,
    Abc,
    /// A fourth slot in the next word's `a`.
    Abcd,
    MoveTwo,
    Select,
    /// `c` is a signed immediate.
    AbImmediate,
    /// `c` is a number.
    AbNumber,
    /// `b` and `c` are a signed immediate.
    AImmediate,
    /// `b` and `c` are a number.
    ANumber,
    AWord,
    AbWord,
    Slots,
    NumberedSlots,
    Call0,
    Call1,
    Call2,
    Call3,
    CallFar,
    CallClosure,
    TailCall,
    Runtime0,
    Runtime1,
    Runtime2,
    Runtime3,
    Runtime4,
    Runtime5,
    Runtime6,
    /// `b` and `c` are a distance.
    Jump,
    AJump,
    /// `c` is a distance.
    AbJump,
    AImmediateJump,
    Switch,
    Trap,
}

macro_rules! define_instructions {
    ($( $(#[$doc:meta])* $opcode:ident $name:literal $form:ident; )*) => {
        /// What an instruction does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u16)]
        pub(super) enum Opcode { $( $(#[$doc])* $opcode ),* }

        impl Opcode {
            /// Every opcode, in the order of its number.
            pub(super) const ALL: &'static [Opcode] = &[$(Opcode::$opcode),*];

            /// As the disassembly writes it.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Opcode::$opcode => $name),* }
            }
            /// Its operands.
            pub(super) const fn form(self) -> Form {
                match self { $(Opcode::$opcode => Form::$form),* }
            }
        }
    };
}
for_each_instruction!(define_instructions);

/// The head of an instruction, or 64 bits of data after one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(8))]
pub(super) struct Word {
    pub op: u16,
    pub a: u16,
    pub b: u16,
    pub c: u16,
}

impl Word {
    pub(super) const fn new(opcode: Opcode, a: u16, b: u16, c: u16) -> Word {
        Word { op: opcode as u16, a, b, c }
    }
    /// With a 32-bit operand in `b` and `c`.
    pub(super) const fn wide(opcode: Opcode, a: u16, number: u32) -> Word {
        Word { op: opcode as u16, a, b: number as u16, c: (number >> 16) as u16 }
    }
    /// Data.
    pub(super) const fn data(bits: u64) -> Word {
        Word {
            op: bits as u16,
            a: (bits >> 16) as u16,
            b: (bits >> 32) as u16,
            c: (bits >> 48) as u16,
        }
    }
    /// Two 32-bit halves as data.
    pub(super) const fn halves(low: u32, high: u32) -> Word {
        Word::data(low as u64 | (high as u64) << 32)
    }
    /// As data.
    #[inline(always)]
    pub(super) const fn bits(self) -> u64 {
        self.op as u64 | (self.a as u64) << 16 | (self.b as u64) << 32 | (self.c as u64) << 48
    }
    /// The lower half as data.
    #[inline(always)]
    pub(super) const fn low(self) -> u32 {
        self.op as u32 | (self.a as u32) << 16
    }
    /// The upper half as data: the 32-bit operand.
    #[inline(always)]
    pub(super) const fn high(self) -> u32 {
        self.b as u32 | (self.c as u32) << 16
    }
}

/// The word after a call: how far the callee is from the call, where its result goes, and one argument more.
/// The frame's way back points behind this word, so a return finds the result's slot at a fixed place.
pub(super) const fn call_word(distance: i32, result: u16, extra: u16) -> Word {
    let bits = distance as u32;
    Word { op: bits as u16, a: (bits >> 16) as u16, b: result, c: extra }
}

/// The word before a function's first instruction: the words that its frame needs, windows included, and its number.
pub(super) const fn function_word(extent: u32, function: u32) -> Word {
    Word::halves(extent, function)
}

/// Words between a frame's end and a window's first slot: the caller's base and the way back.
pub(super) const FRAME_HEAD: u32 = 2;
