//! The imports of a program's main file → all the files and packages of the program, in one syntax tree.
//!
//! A path names a file, with or without its ending, or a folder, all of whose `.mochi` files are one package. It is looked
//! for from the folder of the importing file on; one that does not begin with `./` or `../` also below `MOCHI_ROOT`.
//!
//! - Packages come out in the order of their initialisation: each behind all that it imports, and once, however often it
//!   is imported.
//! - What cannot be found, and packages that import each other in a circle, are diagnostics at the import.

use crate::source::Source;
use mochi_base::{Code, Diagnostic, Interner, Severity, Sources, Span};
use mochi_syntax::ast::{Ast, Import, ImportId, Package};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// What becomes of an import from a library that is not here: of a path that does not begin with `./` or `../` and is found
/// nowhere, when nobody has said where libraries are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Libraries {
    /// An error, since the program is to run.
    Needed,
    /// A warning: what the library exports can be anything, and the rest of the program can be checked.
    Optional,
}

/// The packages of a program while they are loaded.
struct Loader<'a> {
    libraries: Libraries,
    ast: &'a mut Ast,
    interner: &'a mut Interner,
    sources: &'a mut Sources,
    diagnostics: Vec<Diagnostic>,
    /// The packages that have been met, by the path of their file or folder.
    states: HashMap<PathBuf, State>,
    /// Which package each file belongs to.
    owners: HashMap<PathBuf, PathBuf>,
    /// The packages that are being loaded, the program first, as messages name them.
    open: Vec<String>,
    /// In the order of initialisation.
    packages: Vec<Package>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Being loaded; its place in [`Loader::open`].
    Open(usize),
    /// Its place in [`Loader::packages`].
    Done(u32),
}

/// A folder, as it is read from and as messages name it.
#[derive(Debug, Clone)]
struct Folder {
    real: PathBuf,
    shown: PathBuf,
}

/// What a path was found to be.
enum Found {
    File(Folder),
    Folder(Folder, Vec<String>),
}

/// Adds what the main file imports, and what that imports, to `sources` and `ast`, which have the main file already.
pub(crate) fn load_imports(
    main: &Source,
    sources: &mut Sources,
    ast: &mut Ast,
    interner: &mut Interner,
    libraries: Libraries,
) -> Vec<Diagnostic> {
    if ast.imports.is_empty() {
        return Vec::new();
    }
    let shown = Path::new(&main.path).parent().map(Path::to_path_buf).unwrap_or_default();
    let folder = Folder { real: main.folder.clone(), shown };
    let mut loader = Loader {
        libraries,
        ast,
        interner,
        sources,
        diagnostics: Vec::new(),
        states: HashMap::new(),
        owners: HashMap::new(),
        open: vec![main.path.clone()],
        packages: Vec::new(),
    };
    if let Some(file) = main.file() {
        let key = canonical(&file);
        loader.states.insert(key.clone(), State::Open(0));
        loader.owners.insert(key.clone(), key);
    }
    loader.imports_from(0, &folder);
    loader.packages.push(Package { files: vec![0] });
    let Loader { packages, diagnostics, .. } = loader;
    ast.packages = packages;
    diagnostics
}

impl Loader<'_> {
    /// Loads what the imports from this one on import; they stand in a file of this folder.
    fn imports_from(&mut self, first: usize, folder: &Folder) {
        // Loading adds imports of other files behind them.
        let ids: Vec<ImportId> = self.ast.imports.ids().skip(first).collect();
        for id in ids {
            if self.ast[id].language.is_none() {
                self.ast.imports[id].package = self.import(self.ast[id], folder);
            }
        }
    }

    fn import(&mut self, import: Import, folder: &Folder) -> Option<u32> {
        let path = self.interner.resolve(import.path.symbol).to_owned();
        let span = import.path.span;
        let found = match find(&path, folder) {
            Ok(found) => found,
            Err(help) => {
                let message = format!("there is no package \"{path}\"");
                let mut diagnostic = Diagnostic::new(Code::T067, span, message)
                    .with_label("neither a file nor a folder")
                    .with_help(help);
                if self.libraries == Libraries::Optional && is_of_library(&path) && root().is_none()
                {
                    diagnostic.severity = Severity::Warning;
                }
                return self.report(diagnostic);
            }
        };
        let (place, files) = match found {
            Found::File(file) => (file.clone(), vec![file]),
            Found::Folder(folder, names) => {
                let file = |name: &String| Folder {
                    real: folder.real.join(name),
                    shown: folder.shown.join(name),
                };
                let files = names.iter().map(file).collect();
                (folder, files)
            }
        };
        let key = canonical(&place.real);
        match self.states.get(&key) {
            Some(&State::Done(package)) => return Some(package),
            Some(&State::Open(start)) => return self.circle(start, span),
            None => {}
        }
        if files.is_empty() {
            let message = format!("the folder \"{path}\" has no package in it");
            return self.report(
                Diagnostic::new(Code::T067, span, message)
                    .with_label("there is no .mochi file")
                    .with_help(format!("put a .mochi file into {}", place.shown.display())),
            );
        }
        self.states.insert(key.clone(), State::Open(self.open.len()));
        self.open.push(place.shown.display().to_string());
        let mut package = Package::default();
        for file in &files {
            if !self.file(file, &key, span, &mut package) {
                break;
            }
        }
        self.open.pop();
        self.one_name(&package);
        let index = self.packages.len() as u32;
        self.packages.push(package);
        self.states.insert(key, State::Done(index));
        Some(index)
    }

    /// Loads a file of a package, for the import at `span`; false when that is not possible.
    fn file(&mut self, file: &Folder, key: &Path, span: Span, package: &mut Package) -> bool {
        let shown = file.shown.display().to_string();
        let owner = self.owners.entry(canonical(&file.real)).or_insert_with(|| key.to_path_buf());
        if owner != key {
            let message = format!("{shown} would belong to two packages of this program");
            self.report(
                Diagnostic::new(Code::T067, span, message)
                    .with_label("another import has it as part of another package")
                    .with_help("import the folder everywhere, or the file everywhere"),
            );
            return false;
        }
        let source = match Source::read(&file.real) {
            Ok(source) => source,
            Err(error) => {
                let message = format!("{shown} cannot be imported");
                self.report(
                    Diagnostic::new(Code::T067, span, message)
                        .with_label(error)
                        .with_help("an import needs a file of UTF-8 text that may be read"),
                );
                return false;
            }
        };
        let Some(range) = self.sources.add(shown, &source.text) else {
            let message = "the files of the program are larger than 4 GiB together";
            self.report(
                Diagnostic::new(Code::T067, span, message)
                    .with_label("with this import")
                    .with_help("4 GiB of source is the most that a program can have"),
            );
            return false;
        };
        package.files.push(self.ast.files.len() as u32);
        let first = self.ast.imports.len();
        let text = &self.sources.text()[..range.end];
        self.diagnostics.extend(mochi_syntax::parse_more(
            text,
            range.start,
            self.ast,
            self.interner,
        ));
        let parent = |path: &Path| path.parent().map(Path::to_path_buf).unwrap_or_default();
        let folder = Folder { real: parent(&file.real), shown: parent(&file.shown) };
        self.imports_from(first, &folder);
        true
    }

    /// Reports files of a folder that say they are of different packages.
    fn one_name(&mut self, package: &Package) {
        let mut names =
            package.files.iter().filter_map(|&file| self.ast.files[file as usize].package);
        let Some(first) = names.next() else { return };
        let Some(other) = names.find(|name| name.symbol != first.symbol) else { return };
        let (first_text, other_text) =
            (self.interner.resolve(first.symbol), self.interner.resolve(other.symbol));
        let message = format!("one folder, two packages: `{first_text}` and `{other_text}`");
        let diagnostic = Diagnostic::new(Code::T067, other.span, message)
            .with_label("another name than in the other files of the folder")
            .with_secondary(first.span, "the package is named here")
            .with_help("all .mochi files of a folder are one package: give them one name, or move one file");
        self.report(diagnostic);
    }

    fn circle(&mut self, start: usize, span: Span) -> Option<u32> {
        let circle = &self.open[start..];
        let names = circle.iter().chain(circle.first()).map(String::as_str);
        let message = format!(
            "packages import each other in a circle: {}",
            names.collect::<Vec<_>>().join(" → ")
        );
        self.report(
            Diagnostic::new(Code::T068, span, message)
                .with_label("this import closes the circle")
                .with_help("move what both need into a package of its own"),
        )
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Option<u32> {
        self.diagnostics.push(diagnostic);
        None
    }
}

/// What the path means in a file of this folder; else where it was looked for.
fn find(path: &str, folder: &Folder) -> Result<Found, String> {
    let mut bases = vec![folder.clone()];
    let root = root();
    if let Some(root) = root.clone().filter(|_| is_of_library(path)) {
        bases.push(Folder { real: root.clone(), shown: root });
    }
    let mut tried = Vec::new();
    for base in &bases {
        let place = Folder { real: base.real.join(path), shown: plain(&base.shown.join(path)) };
        let with_ending = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(".mochi");
            PathBuf::from(name)
        };
        let named = path.ends_with(".mochi");
        let file = if named {
            place.clone()
        } else {
            Folder { real: with_ending(&plain(&place.real)), shown: with_ending(&place.shown) }
        };
        if file.real.is_file() {
            return Ok(Found::File(file));
        }
        if place.real.is_dir() {
            let names = programs_in(&place.real);
            return Ok(Found::Folder(place, names));
        }
        tried.push(file.shown.display().to_string());
        if !named {
            tried.push(format!("{}/", place.shown.display()));
        }
    }
    let mut help = format!("looked for {}", tried.join(" and "));
    if root.is_none() && is_of_library(path) {
        help.push_str("; MOCHI_ROOT can name a folder to look in as well");
    }
    Err(help)
}

/// Whether a path is looked for below `MOCHI_ROOT` too.
fn is_of_library(path: &str) -> bool {
    let is_relative =
        path.starts_with("./") || path.starts_with("../") || matches!(path, "." | "..");
    !is_relative && !Path::new(path).is_absolute()
}

/// Where libraries are, if anybody has said so.
fn root() -> Option<PathBuf> {
    std::env::var_os("MOCHI_ROOT").filter(|root| !root.is_empty()).map(PathBuf::from)
}

/// The names of the `.mochi` files of a folder, in order.
fn programs_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| name.ends_with(".mochi") && !name.starts_with('.'))
        .filter(|name| folder.join(name).is_file())
        .collect();
    names.sort();
    names
}

/// The path without `.` and, where the text alone tells what that is, `..`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// One name for each file, whatever path leads to it.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| plain(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_paths_are_plain() {
        let check = |path: &str, expected: &str| {
            assert_eq!(plain(Path::new(path)), Path::new(expected), "{path}");
        };
        check("./lib/x", "lib/x");
        check("a/./b/../c", "a/c");
        check("../x", "../x");
        check("a/../../x", "../x");
        check("/a/../b", "/b");
        check("", "");
    }
}
