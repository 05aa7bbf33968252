//! How the binary is linked: at a fixed address, where the system lets us say so.
//!
//! A binary that can be loaded anywhere has 20,000 pointers to put right before it starts (tables of texts, of functions, of
//! methods), which touches and copies a hundred pages: a third of the time of a short program. The code stays as it is, so that
//! the archive which built programs link still goes into executables of either kind.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
