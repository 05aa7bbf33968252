//! The runtime's archive, for tests that build programs.

use std::process::Command;
use std::sync::OnceLock;

/// Makes the runtime's archive, which `cargo test` by itself does not leave where programs are linked from.
pub(crate) fn make() -> Result<(), String> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            if std::env::var_os("MOCHI_ARCHIVE").is_some() {
                return Ok(());
            }
            let mut command = Command::new(env!("CARGO"));
            command
                .args(["build", "--quiet", "--locked", "-p", "mochi-aot"])
                .current_dir(env!("CARGO_MANIFEST_DIR"));
            if !cfg!(debug_assertions) {
                command.arg("--release");
            }
            let done = command.output().map_err(|error| error.to_string())?;
            if done.status.success() {
                Ok(())
            } else {
                Err(String::from_utf8_lossy(&done.stderr).into_owned())
            }
        })
        .clone()
}
