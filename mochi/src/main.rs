//! mochi.
fn main() {}
