# What must pass before pushing.
ready:
    bash .ci/run

# Run the tests whose name contains WORDS.
test *WORDS:
    cargo test --workspace --locked -- {{WORDS}}

# Time our emitters against other languages.
bench *ARGS:
    cargo build --release --locked
    cargo run --release --locked -p mochi-bench -- run {{ARGS}}

# Time each station of the compiler on a large program, in ns per line and per op of the IR.
stations *ARGS:
    cargo build --release --locked
    cargo run --release --locked -p mochi-bench -- stations {{ARGS}}

# Run the programs below PATHS on the interpreter and on an engine, and report where they differ.
corpus ENGINE *PATHS:
    cargo build --release --locked
    ENGINE={{ENGINE}} bash .ci/corpus {{PATHS}}

# Run the tests of the compilers on AArch64, by an emulator; with WORDS only those programs of the language suite.
arm *WORDS:
    bash .ci/arm {{WORDS}}

# Run the programs that measure their own memory for long.
soak:
    cargo build --release --locked
    for engine in bytecode template c; do \
        for name in events cycles; do \
            target/release/mochi run --engine $engine tests/soak/$name.mochi -- 10000000 || exit 1; \
        done; \
    done
    target/release/mochi run tests/soak/texts.mochi -- 200000

# Compile, run and forget a program 100,000 times with each emitter; memory must stay as it is.
rounds ROUNDS="100000":
    MOCHI_ROUNDS={{ROUNDS}} cargo test --locked -p mochi-engine --test rounds

# Run random programs on every emitter for so many seconds, from a seed on.
random SECONDS="60" SEED="0":
    MOCHI_RANDOM_SECONDS={{SECONDS}} MOCHI_RANDOM_SEED={{SEED}} cargo test --locked -p mochi-engine --test ir -- "random programs"
