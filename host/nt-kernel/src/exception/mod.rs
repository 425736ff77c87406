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
mod raise;
mod resume;
mod termination;

use nt_image::unwind::{ExceptionHandler, TryScope};

use crate::{crt, processor_block};
pub(crate) use context::ThreadRegisters;
use context::{ContextRecord, Record};
use frame::DriverFrame;
use frames::frames;
pub(crate) use raise::{READ, WRITE, exports, raise, raise_access_violation, registers_at_call};
pub(crate) use resume::take_resumed;

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
        match ask_filters(&frame, &mut pointers) {
            Answer::Search => {}
            Answer::Continue => resume::with(&context.registers()),
            Answer::Take(block) => {
                unwind(&exception.registers, block);
                let mut registers = frame.registers();
                registers.instruction = block.address as u64;
                registers.general[RAX] = exception.code.into();
                resume::with(&registers)
            }
        }
    }
    processor_block::replace_call(call);
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
fn unwind(registers: &ThreadRegisters, block: Block) {
    for frame in frames(registers) {
        let Some(establisher) = establisher(&frame) else {
            continue;
        };
        let is_target = establisher == block.establisher;
        let count = if is_target { block.inner } else { usize::MAX };
        run_terminations(&frame, count);
        if is_target {
            return;
        }
    }
}

/// What the handler of the frame's function gets as its frame, if it is that of C.
fn establisher(frame: &DriverFrame) -> Option<usize> {
    Some(handler_of(frame)?.frame)
}

/// The handler of the frame's function, if it is that of C.
fn handler_of(frame: &DriverFrame) -> Option<ExceptionHandler> {
    let handler = frame.unwind.exception_handler()?;
    crt::is_c_specific_handler(handler.routine).then_some(handler)
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
    let handler = handler_of(frame)?;
    let scope = handler.scopes().get(number).copied()?;
    Some((handler.frame, scope))
}
