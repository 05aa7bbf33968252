//! Standard output and input of a program: lines are collected and written in large pieces; input is read by lines.
//!
//! Output is written out when much has gathered, at the end of each line on a terminal, before waiting for input, and at
//! the end. A closed pipe ends the program quietly (the trap `Exit` with code 0); any other failure is an error.

use std::sync::atomic::{Ordering, compiler_fence};

use mochi_abi::layout::Context;
use mochi_abi::trap::TrapKind;

use crate::context::ContextFields;
use crate::rust_memory::try_reserve;
use crate::trap::{raise_kind, raise_message, raise_words};

/// So much is gathered before it is written.
const FULL: usize = 32 << 10;

/// What has been printed and not yet written.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) buffer: Vec<u8>,
    /// Where the line being printed begins in the buffer.
    line_start: usize,
    target: Target,
    /// The buffer is being changed or written: a handler of a signal must not look at it.
    busy: bool,
    /// Memory has run out.
    failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Standard output, before anybody has looked what it is.
    Unknown,
    /// Each line is written at once.
    Terminal,
    File,
    /// Kept for `Runtime::take_output`.
    Captured,
    /// Nobody reads any more.
    Closed,
}

impl Output {
    pub(crate) fn new() -> Output {
        Output {
            buffer: Vec::new(),
            line_start: 0,
            target: Target::Unknown,
            busy: false,
            failed: false,
        }
    }

    pub(crate) fn capture(&mut self) {
        self.target = Target::Captured;
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.line_start = 0;
        std::mem::take(&mut self.buffer)
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy
    }

    pub(crate) fn is_captured(&self) -> bool {
        self.target == Target::Captured
    }

    #[inline(always)]
    fn set_busy(&mut self, busy: bool) {
        // The compiler keeps the changes of the buffer between the two calls, which is all that a handler on this thread
        // needs.
        compiler_fence(Ordering::SeqCst);
        self.busy = busy;
        compiler_fence(Ordering::SeqCst);
    }

    /// Adds to the line. What there is no memory for is not written, and the line's end tells.
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.set_busy(true);
        let more = bytes.len().max(self.buffer.len()).max(FULL);
        if self.buffer.capacity() - self.buffer.len() >= bytes.len()
            || try_reserve(&mut self.buffer, more)
        {
            self.buffer.extend_from_slice(bytes);
        } else {
            self.failed = true;
        }
        self.set_busy(false);
    }

    /// Cuts white space at both ends of the line being printed.
    fn trim_line(&mut self) {
        let line = &self.buffer[self.line_start..];
        // The line is UTF-8: only strings are printed. What is not would be kept whole.
        let text = std::str::from_utf8(line).unwrap_or_default();
        let (len, trimmed) = (line.len(), text.trim());
        if trimmed.len() == len || (trimmed.is_empty() && text.is_empty()) {
            return;
        }
        let leading = len - text.trim_start().len();
        let kept = trimmed.len();
        self.buffer.copy_within(
            self.line_start + leading..self.line_start + leading + kept,
            self.line_start,
        );
        self.buffer.truncate(self.line_start + kept);
    }
}

/// Ends the line and writes it out when it is time.
pub(crate) fn end_line(context: *mut Context, trim: bool) {
    let output = &mut context.state().output;
    if trim {
        output.set_busy(true);
        output.trim_line();
        output.set_busy(false);
    }
    output.push(b"\n");
    line_done(context);
}

/// What has been pushed ends with a whole line: writes it out when it is time.
pub(crate) fn line_done(context: *mut Context) {
    let output = &mut context.state().output;
    if std::mem::take(&mut output.failed) {
        raise_kind(context, TrapKind::OutOfMemory);
    }
    output.line_start = output.buffer.len();
    if output.target == Target::Unknown {
        // SAFETY: `isatty` only looks at the descriptor.
        let terminal = unsafe { libc::isatty(libc::STDOUT_FILENO) } == 1;
        output.target = if terminal { Target::Terminal } else { Target::File };
    }
    let due = output.buffer.len() >= FULL && output.target != Target::Captured;
    if due || matches!(output.target, Target::Terminal | Target::Closed) {
        flush(context);
    }
}

/// Bytes that come by themselves, as a file does: written out whenever much has gathered.
pub(crate) fn push_piece(context: *mut Context, bytes: &[u8]) {
    let output = &mut context.state().output;
    output.push(bytes);
    if output.buffer.len() >= FULL && output.target != Target::Captured {
        flush(context);
    }
}

/// Writes out what has gathered.
pub(crate) fn flush(context: *mut Context) {
    let output = &mut context.state().output;
    if output.target == Target::Captured {
        return;
    }
    output.set_busy(true);
    let mut rest = output.buffer.as_slice();
    let mut failure = None;
    while !rest.is_empty() && output.target != Target::Closed {
        // SAFETY: the pointer and length are those of a live slice.
        let written = unsafe { libc::write(libc::STDOUT_FILENO, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(written) {
            Ok(written) => rest = &rest[written..],
            Err(_) => {
                let error = std::io::Error::last_os_error();
                if error.kind() != std::io::ErrorKind::Interrupted {
                    output.target = Target::Closed;
                    failure = Some(error);
                }
            }
        }
    }
    output.buffer.clear();
    output.line_start = 0;
    output.set_busy(false);
    match failure {
        None => {}
        Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            raise_words(context, TrapKind::Exit, 0, 0)
        }
        Some(error) => raise_message(
            context,
            TrapKind::Data,
            format!("cannot write to standard output: {error}"),
        ),
    }
}

/// Standard input, by lines.
#[derive(Debug)]
pub(crate) struct Input {
    buffer: Vec<u8>,
    /// Where the unread part of the buffer begins.
    start: usize,
    ended: bool,
}

impl Input {
    pub(crate) fn new() -> Input {
        Input { buffer: Vec::new(), start: 0, ended: false }
    }

    pub(crate) fn from_text(text: &[u8]) -> Input {
        Input { buffer: text.to_vec(), start: 0, ended: true }
    }
}

/// The next line without its end; none at the end of input, or when a trap was raised.
pub(crate) fn read_line(context: *mut Context) -> Option<Vec<u8>> {
    let mut scanned = 0;
    loop {
        let input = &mut context.state().input;
        let unread = &input.buffer[input.start..];
        if let Some(at) = memchr::memchr(b'\n', &unread[scanned..]) {
            let line = &unread[..scanned + at];
            let taken = line.len() + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
            input.start += taken;
            return Some(line);
        }
        if input.ended {
            let line = unread.to_vec();
            input.start = input.buffer.len();
            return if line.is_empty() { None } else { Some(line) };
        }
        scanned = unread.len();
        refill(context);
        if context.trapped() {
            return None;
        }
    }
}

/// Reads some bytes of what is left; 0 at the end, or when a trap was raised.
pub(crate) fn read(context: *mut Context, bytes: &mut [u8]) -> usize {
    let is_empty = |input: &Input| input.start == input.buffer.len() && !input.ended;
    while is_empty(&context.state().input) && !context.trapped() {
        refill(context);
    }
    let input = &mut context.state().input;
    let unread = &input.buffer[input.start..];
    let count = unread.len().min(bytes.len());
    bytes[..count].copy_from_slice(&unread[..count]);
    input.start += count;
    count
}

/// Reads more after the unread part. What was printed is shown first: somebody may be asked for an answer.
fn refill(context: *mut Context) {
    flush(context);
    let input = &mut context.state().input;
    input.buffer.drain(..input.start);
    input.start = 0;
    let len = input.buffer.len();
    input.buffer.resize(len + FULL, 0);
    let room = &mut input.buffer[len..];
    // SAFETY: the pointer and length are those of a live slice.
    let count = unsafe { libc::read(libc::STDIN_FILENO, room.as_mut_ptr().cast(), room.len()) };
    let error = std::io::Error::last_os_error();
    input.buffer.truncate(len + usize::try_from(count).unwrap_or(0));
    if count == 0 {
        input.ended = true;
    } else if count < 0 && crate::interrupt::requested() {
        raise_words(context, TrapKind::Interrupted, 0, 0);
    } else if count < 0 && error.kind() != std::io::ErrorKind::Interrupted {
        input.ended = true;
        raise_message(context, TrapKind::Data, format!("cannot read standard input: {error}"));
    }
}
