//! Structured exception handling: `__try`, `__except` and `__finally` of a driver in C.
//!
//! An exception begins with the registers of the driver at the fault, or at the call of an export that
//! raises it. The unwind data of the image lead outwards; each function with `__C_specific_handler` has
//! a table of its scopes. The first filter that takes the exception decides: the inner `__finally`
//! handlers run, and the thread goes on in the `__except` block. Nothing is taken across the host's own
//! frames, but for those that have called a `__finally` handler: a callback that does not handle its
//! exception stops the machine, as on Windows.

mod context;
mod frame;
mod frames;
mod language_handler;
mod raise;
mod resume;
mod termination;

use nt_image::unwind::TryScope;

use crate::exports::Export;
use crate::processor_block;
pub(crate) use context::ThreadRegisters;
use context::{ContextRecord, Record};
use frame::DriverFrame;
use frames::frames;
use language_handler::Departure;
pub(crate) use raise::{READ, WRITE, raise, raise_access_violation, registers_at_call};
pub(crate) use resume::take_resumed;

pub(crate) fn exports() -> Vec<Export> {
    [raise::exports(), language_handler::exports()].concat()
}

/// The number of rax among the general registers.
const RAX: usize = 0;

/// An exception.
pub(crate) struct RaisedException<'a> {
    /// Its status.
    pub(crate) code: u32,
    /// What its documentation says of it: for an access violation, how and where.
    pub(crate) information: &'a [u64],
    /// The driver's registers at the fault, or at the call that raised it.
    pub(crate) registers: ThreadRegisters,
}

/// What `EXCEPTION_POINTERS` point to.
#[repr(C)]
struct Pointers {
    record: *mut Record,
    context: *mut ContextRecord,
}

type Filter = extern "win64" fn(pointers: *mut Pointers, frame: usize) -> i32;

/// What a frame does with an exception.
#[derive(Clone, Copy)]
enum Answer {
    /// Nothing: its caller is asked.
    Search,
    /// A filter has repaired what was wrong: the instruction runs again.
    Continue,
    /// An `__except` block takes it.
    Take(Block),
}

/// An `__except` block.
#[derive(Clone, Copy)]
struct Block {
    /// What the functions of the driver call the frame.
    establisher: usize,
    /// How many scopes of that function are within.
    inner: usize,
    address: usize,
}

/// Gives the exception to the driver's handlers. Does not return if one takes it. Runs on the thread's
/// own stack, below the driver's frames.
pub(crate) fn dispatch(exception: &RaisedException) {
    let mut record = Record::new(
        exception.code,
        exception.registers.instruction,
        exception.information,
    );
    let mut context = ContextRecord::new(&exception.registers);
    let mut pointers = Pointers {
        record: &raw mut record,
        context: &raw mut context,
    };
    // The filters may call exports; what is reported then is the call that raised the exception.
    let call = processor_block::last_call();
    for frame in frames(&exception.registers) {
        match ask(&frame, &mut pointers) {
            Answer::Search => {}
            Answer::Continue => resume::with(&context.registers()),
            Answer::Take(block) => {
                unwind(&exception.registers, &mut pointers, block);
                let mut registers = frame.registers();
                registers.instruction = block.address as u64;
                registers.general[RAX] = exception.code.into();
                resume::with(&registers)
            }
        }
    }
    processor_block::replace_call(call);
}

/// Asks the frame's handler, if it has one, whether it takes the exception.
fn ask(frame: &DriverFrame, pointers: &mut Pointers) -> Answer {
    match frame.unwind.exception_handler() {
        None => Answer::Search,
        Some(handler) if language_handler::is_kernels(&handler) => ask_filters(frame, pointers),
        Some(handler) => language_handler::ask(frame, &handler, pointers),
    }
}

/// Asks the filters of the scopes that the frame is in.
fn ask_filters(frame: &DriverFrame, pointers: &mut Pointers) -> Answer {
    let mut number = frame.left;
    while let Some((establisher, scope)) = scope(frame, number) {
        if let TryScope::Except { filter, handler } = scope {
            let disposition = filter.map_or(1, |filter| {
                let filter = std::ptr::with_exposed_provenance::<()>(filter);
                // SAFETY: the scope table of the driver names a filter, which has this type.
                let filter = unsafe { std::mem::transmute::<*const (), Filter>(filter) };
                filter(pointers, establisher)
            });
            match disposition {
                0 => {}
                1.. => {
                    return Answer::Take(Block {
                        establisher,
                        inner: number,
                        address: handler,
                    });
                }
                _ => return Answer::Continue,
            }
        }
        number += 1;
    }
    Answer::Search
}

/// Leaves the frames, and the scopes, between the exception and the block that takes it. An exception out of
/// a `__finally` handler ends this: nothing here has to be dropped.
fn unwind(registers: &ThreadRegisters, pointers: &mut Pointers, block: Block) {
    for frame in frames(registers) {
        let Some((establisher, is_kernels)) = establisher(&frame) else {
            continue;
        };
        let is_target = establisher == block.establisher;
        let count = if is_target { block.inner } else { usize::MAX };
        if is_kernels {
            run_terminations(&frame, count);
        } else {
            let target = block.address;
            let departure = Departure {
                count,
                target,
                is_target,
            };
            language_handler::leave(&frame, pointers, departure);
        }
        if is_target {
            return;
        }
    }
}

/// What the handler of the frame's function gets as its frame, and whether it is the kernel's own.
fn establisher(frame: &DriverFrame) -> Option<(usize, bool)> {
    let handler = frame.unwind.exception_handler()?;
    Some((handler.frame, language_handler::is_kernels(&handler)))
}

/// Runs the `__finally` handlers of the innermost `count` scopes that the frame is in.
fn run_terminations(frame: &DriverFrame, count: usize) {
    for number in frame.left..count {
        match scope(frame, number) {
            None => return,
            Some((establisher, TryScope::Finally { handler })) => {
                termination::run(handler, establisher, &frame.outside(number));
            }
            Some(_) => {}
        }
    }
}

/// The scope with this number, counted from the innermost one, that the frame is in, and what its handlers
/// get as the frame.
fn scope(frame: &DriverFrame, number: usize) -> Option<(usize, TryScope)> {
    let handler = frame.unwind.exception_handler()?;
    let scope = handler.scopes().get(number).copied()?;
    Some((handler.frame, scope))
}
