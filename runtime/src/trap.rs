//! The trap in flight: why the program stops and through which calls it leaves, until the engine takes the report.
//!
//! The first trap wins: what is raised while one is in flight is its consequence. Of the call stack the innermost and the
//! outermost sites are kept, because a recursion of a million calls is told by its ends.

use std::borrow::Cow;

use mochi_abi::layout::{Context, Str};
use mochi_abi::program::{NO_SITE, Site};
use mochi_abi::trap::TrapKind;

use crate::context::{ContextFields, site, text};
use crate::object::StrFields;

/// How many sites are kept at each end of the call stack.
pub const KEPT_SITES: usize = 10;

/// See the file's header.
#[derive(Debug, Default)]
pub(crate) struct TrapInFlight {
    a: i64,
    b: i64,
    text: Option<Cow<'static, str>>,
    innermost: [u32; KEPT_SITES],
    /// A ring: the site with ordinal `n` (from `KEPT_SITES` on) is at `n % KEPT_SITES`.
    outermost: [u32; KEPT_SITES],
    count: u64,
}

/// Why and where a program stopped, as plain data for the diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrapReport {
    pub kind: TrapKind,
    /// One phrase.
    pub message: String,
    /// What the message shows of the program.
    pub text: String,
    /// The kind's words; `a` is the exit code of [`TrapKind::Exit`].
    pub a: i64,
    pub b: i64,
    /// The calls it left, innermost first: the first is where it happened. When `skipped` is not 0, that many are missing
    /// after the first [`KEPT_SITES`].
    pub frames: Vec<TrapFrame>,
    pub skipped: u64,
}

/// A call that a trap left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrapFrame {
    pub function: String,
    /// Bytes from the start of the source.
    pub start: u32,
    pub end: u32,
}

/// Raises a trap that needs no words.
#[cold]
pub(crate) fn raise_kind(context: *mut Context, kind: TrapKind) {
    raise_words(context, kind, 0, 0);
}

/// Raises a trap with words.
#[cold]
pub(crate) fn raise_words(context: *mut Context, kind: TrapKind, a: i64, b: i64) {
    raise_trap(context, kind, a, b, None);
}

/// Raises a trap with a text.
#[cold]
pub(crate) fn raise_message(
    context: *mut Context,
    kind: TrapKind,
    text: impl Into<Cow<'static, str>>,
) {
    raise_trap(context, kind, 0, 0, Some(text.into()));
}

fn raise_trap(
    context: *mut Context,
    kind: TrapKind,
    a: i64,
    b: i64,
    text: Option<Cow<'static, str>>,
) {
    if context.trapped() {
        return;
    }
    // Ctrl-C has moved the limits of the stacks.
    let interrupted = kind == TrapKind::StackOverflow && crate::interrupt::requested();
    let kind = if interrupted { TrapKind::Interrupted } else { kind };
    context.fields().trap = kind as u32;
    context.state().trap = TrapInFlight { a, b, text, ..TrapInFlight::default() };
}

pub(crate) fn raise(context: *mut Context, code: i64, a: i64, b: i64) {
    raise_words(context, kind_of(code), a, b);
}

pub(crate) fn raise_text(context: *mut Context, code: i64, text: *mut Str) {
    raise_message(context, kind_of(code), text.text().to_owned());
}

/// The kind with this number; an unknown number is told as a panic would be.
fn kind_of(code: i64) -> TrapKind {
    u32::try_from(code).ok().and_then(TrapKind::from_code).unwrap_or(TrapKind::Panic)
}

/// Notes a call that the trap leaves, and after it the calls that its function came by when it is inlined. A site that is
/// nowhere in the source is in a function that nobody wrote, and in no call stack.
#[cold]
pub(crate) fn trace(context: *mut Context, site: i64) {
    let mut number = site as u32;
    loop {
        let data = crate::context::site(context, number);
        if data.is_none_or(|site| site.start != site.end) {
            note(context, number);
        }
        match data {
            Some(Site { caller, .. }) if caller != NO_SITE => number = caller,
            _ => return,
        }
    }
}

fn note(context: *mut Context, site: u32) {
    let trap = &mut context.state().trap;
    let ordinal = trap.count as usize;
    let kept = if ordinal < KEPT_SITES { &mut trap.innermost } else { &mut trap.outermost };
    kept[ordinal % KEPT_SITES] = site;
    trap.count += 1;
}

pub(crate) fn poll(context: *mut Context) {
    context.fields().poll = 0;
    let asked = context.state().interrupt.swap(false, std::sync::atomic::Ordering::Relaxed);
    if asked || crate::interrupt::requested() {
        raise_kind(context, TrapKind::Interrupted);
    }
}

pub(crate) fn expect_failed(context: *mut Context, text: *mut Str) {
    let sides = text.text();
    let message = if sides.is_empty() { String::new() } else { format!(": {sides}") };
    raise_message(context, TrapKind::Expect, message);
}

/// Raises `StackOverflow` when a runtime function that recurses has used up the stack.
#[inline]
pub(crate) fn stack_is_short(context: *mut Context) -> bool {
    let here = 0u8;
    let short = (&raw const here).addr() < context.fields().stack_limit;
    if short {
        raise_kind(context, TrapKind::StackOverflow);
    }
    short
}

/// Takes the trap in flight as a report, so that the context can be used again.
pub(crate) fn take_report(context: *mut Context) -> Option<TrapReport> {
    let kind = TrapKind::from_code(context.fields().trap)?;
    context.fields().trap = 0;
    crate::events::abandon(context);
    let trap = std::mem::take(&mut context.state().trap);
    let shown = trap.text.as_deref().unwrap_or_default();
    // The text comes last: it may contain anything.
    let message =
        kind.message().replace("{a}", &trap.a.to_string()).replace("{b}", &trap.b.to_string());
    let message = message.replace("{text}", shown);
    let count = trap.count as usize;
    let first_outer = count.saturating_sub(KEPT_SITES).max(KEPT_SITES);
    let inner = trap.innermost.iter().copied().take(count);
    let outer = (first_outer..count).map(|ordinal| trap.outermost[ordinal % KEPT_SITES]);
    Some(TrapReport {
        kind,
        message,
        text: shown.to_owned(),
        a: trap.a,
        b: trap.b,
        frames: inner.chain(outer).filter_map(|number| frame(context, number)).collect(),
        skipped: first_outer.min(count).saturating_sub(KEPT_SITES) as u64,
    })
}

fn frame(context: *mut Context, number: u32) -> Option<TrapFrame> {
    let site = site(context, number)?;
    let function =
        context.functions().get(site.function as usize).map_or("", |function| text(function.name));
    Some(TrapFrame { function: function.to_owned(), start: site.start, end: site.end })
}
