//! Events: handlers begin to listen, events are put in line, and whoever emits the first one calls the handlers that this
//! file gives out until none is left.
//!
//! Events are handled one after the other in the order in which they were emitted, each by the handlers that listen when
//! its turn comes, in the order in which they began to. What a handler emits waits at the end of the line.

use std::collections::VecDeque;

use mochi_abi::layout::{Closure, Context, Header, Record, Rep};

use crate::context::ContextFields;
use crate::memory::{drop_object, drop_word, dup};
use crate::object::Object;

/// What a context knows of its streams.
#[derive(Debug)]
pub(crate) struct Events {
    /// Of each stream, by its number, who listens.
    listeners: Vec<Vec<*mut Closure>>,
    waiting: VecDeque<(usize, *mut Record)>,
    /// The event being handled; null between two.
    event: *mut Record,
    stream: usize,
    /// The handler that is next for it, and how many listened when its turn came.
    next: usize,
    end: usize,
    /// Somebody is calling the handlers that are due.
    running: bool,
}

impl Events {
    pub(crate) fn new() -> Events {
        Events {
            listeners: Vec::new(),
            waiting: VecDeque::new(),
            event: std::ptr::null_mut(),
            stream: 0,
            next: 0,
            end: 0,
            running: false,
        }
    }

    fn listeners_of(&self, stream: usize) -> usize {
        self.listeners.get(stream).map_or(0, Vec::len)
    }
}

pub(crate) fn event_listen(context: *mut Context, stream: i64, handler: *mut Closure) {
    let events = &mut context.state().events;
    let stream = stream as usize;
    if stream >= events.listeners.len() {
        events.listeners.resize_with(stream + 1, Vec::new);
    }
    events.listeners[stream].push(handler);
}

pub(crate) fn event_emit(context: *mut Context, stream: i64, event: *mut Record) -> u64 {
    let events = &mut context.state().events;
    let stream = stream as usize;
    if !events.running && events.listeners_of(stream) == 0 {
        drop_object(context, event.header());
        return 0;
    }
    events.waiting.push_back((stream, event));
    u64::from(!std::mem::replace(&mut events.running, true))
}

pub(crate) fn event_handler(context: *mut Context) -> *mut Closure {
    let events = &mut context.state().events;
    while events.next == events.end {
        let done = std::mem::replace(&mut events.event, std::ptr::null_mut());
        drop_object(context, done.header());
        let Some((stream, event)) = events.waiting.pop_front() else {
            events.running = false;
            return std::ptr::null_mut();
        };
        (events.stream, events.event) = (stream, event);
        (events.next, events.end) = (0, events.listeners_of(stream));
    }
    let handler = events.listeners[events.stream][events.next];
    events.next += 1;
    dup(handler.header());
    handler
}

pub(crate) fn event_current(context: *mut Context) -> *mut Record {
    let event = context.state().events.event;
    dup(event.header());
    event
}

/// Goes over the objects that the context's streams own.
pub(crate) fn for_each_held(context: *mut Context, mut f: impl FnMut(*mut Header)) {
    let events = &context.state().events;
    for handler in events.listeners.iter().flatten() {
        f(handler.header());
    }
    for (_, event) in &events.waiting {
        f(event.header());
    }
    if !events.event.is_none() {
        f(events.event.header());
    }
}

/// Forgets the events that are still to be handled, as a program does that stops.
pub(crate) fn abandon(context: *mut Context) {
    let events = &mut context.state().events;
    events.running = false;
    (events.next, events.end) = (0, 0);
    let event = std::mem::replace(&mut events.event, std::ptr::null_mut());
    let waiting = std::mem::take(&mut events.waiting);
    drop_object(context, event.header());
    for (_, event) in waiting {
        drop_object(context, event.header());
    }
}

/// Lets go of everything.
pub(crate) fn release(context: *mut Context) {
    abandon(context);
    for handler in std::mem::take(&mut context.state().events.listeners).into_iter().flatten() {
        drop_word(context, handler.word(), Rep::Ref);
    }
}
