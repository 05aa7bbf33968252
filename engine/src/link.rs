//! C text and the runtime's archive in, an executable out, by whatever C compiler there is.
//!
//! - Commands are started with their arguments as they are: no shell sees a name.
//! - All files are written in a new folder that nobody else may enter, beside the output; the output appears complete, by
//!   a rename, or not at all.
//! - What is missing is an error that says how to get it.

use mochi_emit::EmitError;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The name of the archive that `mochi-aot` builds.
const ARCHIVE: &str = "libmochi_aot.a";
/// Compilers that are tried when `CC` names none.
const COMPILERS: [&str; 3] = ["cc", "gcc", "clang"];

/// The C compiler and the archive.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// The compiler and arguments that come first.
    compiler: Vec<OsString>,
    archive: PathBuf,
}

/// How hard the C compiler tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimisation {
    /// Compiles as fast as it can.
    None,
    /// A little, for many programs at once.
    Some,
    /// What programs are built with.
    Full,
}

impl Optimisation {
    const fn flag(self) -> &'static str {
        match self {
            Optimisation::None => "-O0",
            Optimisation::Some => "-O1",
            Optimisation::Full => "-O2",
        }
    }
}

/// What Mochi's arithmetic asks of every C compiler, and what the emitted text asks: all ints wrap, no product is fused
/// with a sum, and the square root of a negative number is just NaN.
const MEANING: [&str; 4] = ["-std=gnu11", "-fwrapv", "-ffp-contract=off", "-fno-math-errno"];
/// Leaves out of the executable what the program does not use.
const SIZE: [&str; 5] =
    ["-fvisibility=hidden", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-s"];
/// The system's libraries that the runtime uses.
const LIBRARIES: [&str; 3] = ["-lpthread", "-ldl", "-lm"];

impl Toolchain {
    /// The compiler that `CC` names, or else `cc`, `gcc` or `clang` from the path; the archive that `MOCHI_ARCHIVE` names,
    /// or else the one beside this executable.
    pub fn find() -> Result<Toolchain, EmitError> {
        Ok(Toolchain { compiler: find_compiler()?, archive: find_archive()? })
    }

    /// With a compiler of the caller's choice, which is looked for in the path.
    pub fn with_compiler(command: &str) -> Result<Toolchain, EmitError> {
        Ok(Toolchain { compiler: named_compiler(command)?, archive: find_archive()? })
    }

    /// Compiles `text` and links it as `output`.
    pub fn build(
        &self,
        text: &str,
        output: &Path,
        optimisation: Optimisation,
    ) -> Result<(), EmitError> {
        let folder = match output.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let file_error = |what: &str, path: &Path, error: std::io::Error| EmitError::Tool {
            command: format!("{what} {}", path.display()),
            output: error.to_string(),
        };
        if output.is_dir() {
            let output = String::from("a folder has this name");
            return Err(EmitError::Tool { command: format!("write {}", folder.display()), output });
        }
        let work = tempfile::Builder::new()
            .prefix(".mochi-build-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(folder)
            .map_err(|error| file_error("write in", folder, error))?;
        let (source, built) = (work.path().join("program.c"), work.path().join("program"));
        std::fs::write(&source, text).map_err(|error| file_error("write", &source, error))?;
        self.compile(&source, &built, optimisation)?;
        std::fs::rename(&built, output).map_err(|error| file_error("write", output, error))
    }

    fn compile(
        &self,
        source: &Path,
        built: &Path,
        optimisation: Optimisation,
    ) -> Result<(), EmitError> {
        if self.is_tcc() {
            // It compiles, but its own linker does not understand all that is in the archive.
            let object = source.with_extension("o");
            self.run(self.command().arg("-c").arg(source).arg("-o").arg(&object))?;
            let linker = Toolchain { compiler: default_compiler()?, archive: self.archive.clone() };
            return linker.run(
                linker
                    .command()
                    .args(SIZE)
                    .arg("-Wl,-z,noexecstack")
                    .arg(&object)
                    .arg("-o")
                    .arg(built)
                    .arg(&self.archive)
                    .args(LIBRARIES),
            );
        }
        let mut command = self.command();
        command.arg(optimisation.flag()).args(MEANING).args(SIZE);
        self.run(command.arg(source).arg("-o").arg(built).arg(&self.archive).args(LIBRARIES))
    }

    fn is_tcc(&self) -> bool {
        Path::new(&self.compiler[0])
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains("tcc"))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.compiler[0]);
        command.args(&self.compiler[1..]);
        command
    }

    fn run(&self, command: &mut Command) -> Result<(), EmitError> {
        let name = self.compiler[0].to_string_lossy().into_owned();
        let failed = |output: String| Err(EmitError::Tool { command: name.clone(), output });
        match command.stdin(Stdio::null()).output() {
            Ok(done) if done.status.success() => Ok(()),
            Ok(done) => {
                failed(format!("{}\n{}", done.status, String::from_utf8_lossy(&done.stderr)))
            }
            Err(error) => failed(error.to_string()),
        }
    }
}

fn find_compiler() -> Result<Vec<OsString>, EmitError> {
    match env::var("CC") {
        Ok(command) if !command.trim().is_empty() => named_compiler(&command),
        _ => default_compiler(),
    }
}

/// A command as `CC` has it: words, of which the first is the program.
fn named_compiler(command: &str) -> Result<Vec<OsString>, EmitError> {
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default();
    let Some(path) = in_path(OsStr::new(program)) else {
        return Err(missing(
            program,
            "it is not in the path; CC should name a C compiler, such as `gcc`",
        ));
    };
    Ok(std::iter::once(path.into_os_string()).chain(words.map(OsString::from)).collect())
}

fn default_compiler() -> Result<Vec<OsString>, EmitError> {
    let found = COMPILERS.iter().find_map(|name| in_path(OsStr::new(name)));
    let path = found.ok_or_else(|| {
        missing("cc", "no C compiler was found; install one (`apt-get install gcc`, `dnf install gcc`, `xcode-select --install`), or name one in CC")
    })?;
    Ok(vec![path.into_os_string()])
}

fn missing(command: &str, output: &str) -> EmitError {
    EmitError::Tool { command: command.to_owned(), output: output.to_owned() }
}

/// Where a program is: itself when it is a path, else looked for along `PATH`.
fn in_path(program: &OsStr) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    if Path::new(program).components().count() > 1 {
        return Some(PathBuf::from(program)).filter(is_program);
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(is_program)
}

fn find_archive() -> Result<PathBuf, EmitError> {
    if let Some(named) = env::var_os("MOCHI_ARCHIVE") {
        let path = PathBuf::from(named);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(missing(&path.display().to_string(), "MOCHI_ARCHIVE names no file"))
        };
    }
    // Tests lie a folder below the executables.
    let executable = env::current_exe().ok();
    let beside = executable
        .iter()
        .flat_map(|path| path.ancestors().skip(1).take(2))
        .map(|folder| folder.join(ARCHIVE));
    beside.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        missing(ARCHIVE, "the runtime's archive does not lie beside this executable; `cargo build` makes it, or name it in MOCHI_ARCHIVE")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_words_not_a_shell_line() {
        let found =
            named_compiler("sh -c ;touch$IFS/nowhere").expect("there is a `sh` in every path");
        assert!(Path::new(&found[0]).is_absolute());
        assert_eq!(found[1..], ["-c", ";touch$IFS/nowhere"]);
    }

    #[test]
    fn a_missing_compiler_says_what_to_do() {
        let error = named_compiler("no-such-compiler -O2").expect_err("it does not exist");
        assert!(error.to_string().contains("no-such-compiler"), "{error}");
        assert!(error.to_string().contains("CC"), "{error}");
    }

    fn toolchain(program: &str) -> Toolchain {
        Toolchain {
            compiler: named_compiler(program).expect("it is in every path"),
            archive: PathBuf::from("none.a"),
        }
    }

    #[test]
    fn a_failed_compiler_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let output = folder.path().join("-o;x\n@y");
        std::fs::write(&output, "before").expect("the folder is writable");
        let error = toolchain("false")
            .build("int x;", &output, Optimisation::None)
            .expect_err("`false` fails");
        assert!(matches!(error, EmitError::Tool { .. }));
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).expect("the folder can be read").collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(std::fs::read_to_string(&output).expect("it is still there"), "before");
    }

    #[test]
    fn a_compiler_that_writes_nothing_is_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        assert!(
            toolchain("true")
                .build("int x;", &folder.path().join("x"), Optimisation::None)
                .is_err()
        );
    }
}
