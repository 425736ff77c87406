//! Exception handlers that are code of the driver's image, such as `__GSHandlerCheck_SEH`: it is called as
//! on Windows, checks the frame's cookie, and calls the kernel's `__C_specific_handler`.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::cell::RefCell;

use nt_image::loaded;
use nt_image::unwind::ExceptionHandler;

use super::context::{ContextRecord, Record};
use super::frame::DriverFrame;
use super::{Answer, Pointers, ask_filters, run_terminations};
use crate::bugcheck::{self, BugCheck, KMODE_EXCEPTION_NOT_HANDLED};
use crate::exports::{Export, ntoskrnl};
use crate::{crt, irql};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![__C_specific_handler]
}

/// `STATUS_INVALID_DISPOSITION`.
const INVALID_DISPOSITION: u64 = 0xC000_0026;
/// `ExceptionContinueExecution`.
const CONTINUE_EXECUTION: i32 = 0;
/// `ExceptionContinueSearch`.
const CONTINUE_SEARCH: i32 = 1;
/// `EXCEPTION_UNWINDING`.
const UNWINDING: u32 = 2;
/// `EXCEPTION_TARGET_UNWIND`.
const TARGET_UNWIND: u32 = 0x20;

/// `DISPATCHER_CONTEXT`.
#[repr(C)]
struct DispatcherContext {
    control: usize,
    image_base: usize,
    function: usize,
    establisher: usize,
    /// Where the thread goes on after the unwinding.
    target: usize,
    /// The registers of the caller.
    context: *mut ContextRecord,
    handler: usize,
    data: usize,
    history: usize,
    scope: u32,
    fill: u32,
}

const _: () = assert!(size_of::<DispatcherContext>() == 0x50);

/// The `__except` block that takes an exception, and which scopes of `frame` are left for it.
#[derive(Clone, Copy)]
pub(super) struct Departure {
    /// How many scopes are within.
    pub(super) count: usize,
    pub(super) target: usize,
    /// True if the block is one of this frame.
    pub(super) is_target: bool,
}

type LanguageHandler = unsafe extern "win64" fn(
    record: *mut Record,
    establisher: usize,
    context: *mut ContextRecord,
    dispatcher: *mut DispatcherContext,
) -> i32;

/// A call of a handler, which has not returned.
#[derive(Clone, Copy)]
struct Call {
    /// The address of its dispatcher context.
    dispatcher: usize,
    frame: DriverFrame,
    pointers: *mut Pointers,
    /// `None` while a handler of the exception is looked for.
    departure: Option<Departure>,
    /// What `__C_specific_handler` has found.
    answer: Answer,
}

thread_local! {
    /// The innermost last.
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// Whether the handler is the kernel's own.
pub(super) fn is_kernels(handler: &ExceptionHandler) -> bool {
    crt::is_import_of(handler.routine, __C_specific_handler as *const () as usize)
}

/// Asks the handler whether it takes the exception.
pub(super) fn ask(
    frame: &DriverFrame,
    handler: &ExceptionHandler,
    pointers: &mut Pointers,
) -> Answer {
    if !handler.is_for_exceptions {
        return Answer::Search;
    }
    let mut dispatcher = dispatcher(frame, handler, 0);
    let (disposition, answer) = call(frame, &mut dispatcher, pointers, None);
    match disposition {
        CONTINUE_EXECUTION => Answer::Continue,
        CONTINUE_SEARCH => answer,
        _ => stop(handler.routine, disposition),
    }
}

/// Tells the handler that its frame is left. An exception may end the call: it owns nothing.
pub(super) fn leave(frame: &DriverFrame, pointers: &mut Pointers, departure: Departure) {
    let Some(mut dispatcher) = leaving(frame, departure.target) else {
        return;
    };
    let routine = dispatcher.handler;
    let (disposition, _) = call(frame, &mut dispatcher, pointers, Some(departure));
    if disposition != CONTINUE_SEARCH {
        stop(routine, disposition);
    }
}

fn leaving(frame: &DriverFrame, target: usize) -> Option<DispatcherContext> {
    let handler = frame.unwind.exception_handler()?;
    handler
        .is_for_unwinding
        .then(|| dispatcher(frame, &handler, target))
}

/// The context record is missing yet.
fn dispatcher(frame: &DriverFrame, handler: &ExceptionHandler, target: usize) -> DispatcherContext {
    DispatcherContext {
        control: frame.unwind.instruction,
        image_base: handler.image_base(),
        function: handler.function,
        establisher: handler.frame,
        target,
        context: std::ptr::null_mut(),
        handler: handler.routine,
        data: handler.data,
        history: 0,
        scope: 0,
        fill: 0,
    }
}

/// Calls the handler. Its disposition, and what it has found by `__C_specific_handler`.
fn call(
    frame: &DriverFrame,
    dispatcher: &mut DispatcherContext,
    pointers: &mut Pointers,
    departure: Option<Departure>,
) -> (i32, Answer) {
    let mut own = frame.context();
    let mut callers = frame.caller().as_ref().unwrap_or(frame).context();
    dispatcher.context = &raw mut callers;
    // SAFETY: the record of the exception that is being dispatched.
    let record = unsafe { &mut *pointers.record };
    let (context, flags) = match departure {
        None => (pointers.context, 0),
        Some(Departure {
            is_target: true, ..
        }) => (&raw mut own, UNWINDING | TARGET_UNWIND),
        Some(_) => (&raw mut own, UNWINDING),
    };
    record.flags = record.flags & !(UNWINDING | TARGET_UNWIND) | flags;
    let establisher = dispatcher.establisher;
    let routine = std::ptr::with_exposed_provenance::<()>(dispatcher.handler);
    // SAFETY: the unwind data of the driver name a language's handler, which has this type.
    let routine = unsafe { std::mem::transmute::<*const (), LanguageHandler>(routine) };
    let dispatcher = &raw mut *dispatcher;
    CALLS.with_borrow_mut(|calls| {
        calls.push(Call {
            dispatcher: dispatcher.addr(),
            frame: *frame,
            pointers,
            departure,
            answer: Answer::Search,
        });
    });
    // SAFETY: called with what it is for.
    let disposition = unsafe { routine(record, establisher, context, dispatcher) };
    let call = CALLS.with_borrow_mut(Vec::pop);
    let answer = call.map_or(Answer::Search, |call| call.answer);
    (disposition, answer)
}

/// The handler of functions in C. A handler of the image calls it with what it got itself. Where Windows
/// does not return because a filter takes the exception, this returns: the host goes on then.
extern "win64" fn __C_specific_handler(
    _record: usize,
    _establisher: usize,
    _context: usize,
    dispatcher: usize,
) -> i32 {
    let call = CALLS.with_borrow(|calls| calls.last().copied());
    let Some(call) = call.filter(|call| call.dispatcher == dispatcher) else {
        irql::stop_for_rule(
            "__C_specific_handler was called with what no exception handler of the driver has got",
        );
    };
    if let Some(departure) = call.departure {
        run_terminations(&call.frame, departure.count);
        return CONTINUE_SEARCH;
    }
    // SAFETY: the pointers that the search has for the handler, which is being called.
    let pointers = unsafe { &mut *call.pointers };
    let answer = ask_filters(&call.frame, pointers);
    CALLS.with_borrow_mut(|calls| {
        if let Some(call) = calls.last_mut() {
            call.answer = answer;
        }
    });
    match answer {
        Answer::Continue => CONTINUE_EXECUTION,
        _ => CONTINUE_SEARCH,
    }
}

/// The thread goes on at this stack pointer: the handlers that were called below do not return.
pub(super) fn leave_below(stack_pointer: usize) {
    CALLS.with_borrow_mut(|calls| calls.retain(|call| call.dispatcher >= stack_pointer));
}

fn stop(routine: usize, disposition: i32) -> ! {
    let name = loaded::describe(routine);
    bugcheck::stop(BugCheck {
        code: KMODE_EXCEPTION_NOT_HANDLED,
        parameters: [INVALID_DISPOSITION, routine as u64, 0, 0],
        rule: format!(
            "the exception handler {name} returned {disposition}, which is no disposition here"
        ),
    })
}
