//! aot.
