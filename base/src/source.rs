//! The source text of a whole program: all its files in one text, one behind the other, so that a place anywhere in the
//! program is an offset of 32 bits. Who shows a place asks here for the file it is in.
//!
//! **Invariants**
//! - The file that the program was started from is the first; files stay where they are once they are added.
//! - Between two files stands a newline that belongs to neither, so that the end of a file is no place of the next one.

use std::ops::Range;

/// All files of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    text: String,
    files: Vec<SourceFile>,
}

/// A file of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// As messages show it.
    pub path: String,
    /// Where it begins in the text of the program.
    pub start: u32,
}

/// A place as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub path: &'a str,
    /// From one.
    pub line: u32,
    /// From one, in characters.
    pub column: u32,
}

impl Sources {
    /// A program of one file.
    pub fn one(path: impl Into<String>, text: impl Into<String>) -> Sources {
        Sources { text: text.into(), files: vec![SourceFile { path: path.into(), start: 0 }] }
    }

    /// Files whose texts already stand one behind the other.
    pub fn from_parts(files: Vec<SourceFile>, text: impl Into<String>) -> Sources {
        Sources { text: text.into(), files }
    }

    /// Adds a file; gives where its text stands, or nothing when offsets would no longer fit into 32 bits.
    pub fn add(&mut self, path: impl Into<String>, text: &str) -> Option<Range<usize>> {
        if !self.files.is_empty() {
            self.text.push('\n');
        }
        let start = self.text.len();
        let end = start.checked_add(text.len()).filter(|&end| u32::try_from(end).is_ok())?;
        self.text.push_str(text);
        self.files.push(SourceFile { path: path.into(), start: start as u32 });
        Some(start..end)
    }

    /// The text of all files, as offsets count it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The files in the order of their texts.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The path of the file that the program was started from.
    pub fn main_path(&self) -> &str {
        self.files.first().map_or("", |file| &file.path)
    }

    /// The file that the byte at `offset` is in, and its text. Without any file, one without a name.
    pub fn file_at(&self, offset: u32) -> (&SourceFile, &str) {
        static NOTHING: SourceFile = SourceFile { path: String::new(), start: 0 };
        let behind = self.files.partition_point(|file| file.start <= offset);
        let end = self.files.get(behind).map_or(self.text.len(), |next| next.start as usize - 1);
        match behind.checked_sub(1) {
            Some(index) => {
                let file = &self.files[index];
                (file, &self.text[file.start as usize..end])
            }
            None => (&NOTHING, &self.text[..end]),
        }
    }

    /// Where the byte at `offset` is.
    pub fn place(&self, offset: u32) -> Place<'_> {
        let (file, text) = self.file_at(offset);
        let (line, column) = line_column(text, offset - file.start);
        Place { path: &file.path, line, column }
    }
}

/// Line and column of the byte at `offset`, both counted from one, columns in characters. A byte
/// order mark at the start of the source has no column.
pub fn line_column(source: &str, offset: u32) -> (u32, u32) {
    let mut offset = (offset as usize).min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &source.as_bytes()[..offset];
    let line = before.iter().filter(|&&byte| byte == b'\n').count();
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let text = &source[line_start..offset];
    let text = if line_start == 0 { text.trim_start_matches('\u{feff}') } else { text };
    (line as u32 + 1, text.chars().count() as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Sources {
        let mut sources = Sources::one("a.mochi", "x\nyy");
        assert_eq!(sources.add("empty.mochi", ""), Some(5..5));
        assert_eq!(sources.add("ö.mochi", "\u{feff}ö\n"), Some(6..12));
        sources
    }

    #[test]
    fn every_offset_is_in_one_file() {
        let sources = three();
        let place = |offset| {
            let place = sources.place(offset);
            format!("{}:{}:{}", place.path, place.line, place.column)
        };
        assert_eq!(place(0), "a.mochi:1:1");
        assert_eq!(place(3), "a.mochi:2:2");
        assert_eq!(place(4), "a.mochi:2:3");
        assert_eq!(place(5), "empty.mochi:1:1");
        assert_eq!(place(9), "ö.mochi:1:1");
        assert_eq!(place(12), "ö.mochi:2:1");
        assert_eq!(place(u32::MAX), "ö.mochi:2:1");
        assert_eq!(Sources::default().place(3), Place { path: "", line: 1, column: 1 });
    }

    #[test]
    fn columns_count_characters_and_not_the_byte_order_mark() {
        let source = "\u{feff}ab\nö🍣x";
        assert_eq!(line_column(source, 3), (1, 1));
        assert_eq!(line_column(source, source.len() as u32 - 1), (2, 3));
        assert_eq!(line_column(source, u32::MAX), (2, 4));
    }

    #[test]
    fn a_file_knows_its_own_text_only() {
        let sources = three();
        assert_eq!(sources.file_at(2).1, "x\nyy");
        assert_eq!(sources.file_at(5).1, "");
        assert_eq!(sources.file_at(7).1, "\u{feff}ö\n");
        assert_eq!(sources.main_path(), "a.mochi");
    }
}
