//! Where a program comes from: a file, standard input or the command line → its text.

use std::io::Read;
use std::path::{Path, PathBuf};

/// A program's text, and the name that messages give it.
#[derive(Debug, Clone)]
pub struct Source {
    /// As the user wrote it; `<stdin>` or `<command line>` where there is no file.
    pub path: String,
    pub text: String,
    /// Where the paths of its imports begin.
    pub folder: PathBuf,
}

/// The longest source there is: spans are 32 bits wide.
const MAX_BYTES: u64 = u32::MAX as u64;

impl Source {
    /// The file at `path`, or standard input for `-`. The error is a message for the user that names the path.
    pub fn read(path: &Path) -> Result<Source, String> {
        let mut bytes = Vec::new();
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let name = if path.as_os_str() == "-" {
            std::io::stdin()
                .lock()
                .take(MAX_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| format!("<stdin>: {error}"))?;
            String::from("<stdin>")
        } else {
            let name = path.display().to_string();
            let file =
                std::fs::File::open(path).map_err(|error| format!("{name}: {}", plain(&error)))?;
            file.take(MAX_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| format!("{name}: {}", plain(&error)))?;
            name
        };
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!(
                "{name}: the file is larger than 4 GiB, the most that a program can have"
            ));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source { path: name, text, folder }),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let line =
                    error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count() + 1;
                Err(format!("{name}:{line}: the file is not UTF-8 from byte {valid} on"))
            }
        }
    }

    /// A program given on the command line.
    pub fn from_command_line(code: String) -> Source {
        Source { path: String::from("<command line>"), text: code, folder: PathBuf::new() }
    }

    /// A text for `eval`.
    pub(crate) fn for_eval(text: &str) -> Source {
        Source { path: String::from("<eval>"), text: text.to_owned(), folder: PathBuf::new() }
    }

    /// The file that it was read from, if there is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let name = Path::new(&self.path).file_name()?;
        Some(self.folder.join(name)).filter(|file| file.is_file())
    }
}

/// The error in the user's words, without the number of the system's error.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => String::from("there is no such file"),
        std::io::ErrorKind::PermissionDenied => String::from("it may not be read"),
        std::io::ErrorKind::IsADirectory => String::from("it is a folder; name a file in it"),
        _ => error.to_string(),
    }
}
