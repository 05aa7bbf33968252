//! What commands say: diagnostics and notes on stderr, results on stdout, colours where they are wanted.

use crate::options::{Global, When};
use anstream::ColorChoice as Choice;
use mochi_base::render::{ColorChoice, Format};
use mochi_base::{Diagnostic, Sources};
use std::io::Write;

/// How much to say and how.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) color: ColorChoice,
    quiet: bool,
    verbose: u8,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Output {
        match global.color {
            When::Auto => Choice::Auto,
            When::Always => Choice::Always,
            When::Never => Choice::Never,
        }
        .write_global();
        let choice = anstream::AutoStream::choice(&std::io::stderr());
        let color = if choice == Choice::Never { ColorChoice::Never } else { ColorChoice::Always };
        Output { color, quiet: global.quiet, verbose: global.verbose }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// For people.
    pub(crate) fn human(&self) -> Format {
        Format::Human(self.color)
    }

    /// Diagnostics of a program, on stderr.
    pub(crate) fn diagnostics(&self, sources: &Sources, diagnostics: &[Diagnostic]) {
        self.write(&mochi_base::render(sources, diagnostics, self.human()));
    }

    /// A remark that `--quiet` silences.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.write(&format!("note: {text}\n"));
        }
    }

    /// A remark for `--verbose`.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.write(&format!("note: {text}\n"));
        }
    }

    /// Something that ends the command.
    pub(crate) fn error(&self, text: &str) {
        self.write(&format!("error: {text}\n"));
    }

    /// Text for stderr as it is. That nobody reads it is no reason to fail.
    pub(crate) fn write(&self, text: &str) {
        let _ = anstream::stderr().lock().write_all(text.as_bytes());
    }

    /// The command's result, on stdout; false when it could not be written for another reason than a closed pipe.
    pub(crate) fn result(&self, text: &str) -> bool {
        self.result_bytes(text.as_bytes())
    }

    /// As [`Output::result`], for what need not be text.
    pub(crate) fn result_bytes(&self, bytes: &[u8]) -> bool {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => true,
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => true,
            Err(error) => {
                self.error(&format!("standard output: {error}"));
                false
            }
        }
    }
}
