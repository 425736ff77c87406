//! Structured exception handling: `__try`, `__except` and `__finally` of a driver in C.
//!
//! An exception begins with the registers of the driver at the fault, or at the call of an export that
//! raises it. The unwind data of the image lead outwards; each function with `__C_specific_handler` has
//! a table of its scopes. The first filter that takes the exception decides: the inner `__finally`
//! handlers run, and the thread goes on in the `__except` block. Nothing is taken across the host's own
//! frames: a callback that does not handle its exception stops the machine, as on Windows.

mod context;
mod raise;
mod resume;

use nt_image::unwind::{ExceptionHandler, TryScope, UnwindFrame};

use crate::{crt, processor_block, stack};
pub(crate) use context::ThreadRegisters;
use context::{ContextRecord, Record, VectorRegister};
pub(crate) use raise::{READ, WRITE, exports, raise, raise_access_violation, registers_at_call};
pub(crate) use resume::take_resumed;

/// The number of rax among the general registers.
const RAX: usize = 0;
/// Frames in which a handler is looked for.
const FRAMES_MAX: usize = 1024;

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
type Termination = extern "win64" fn(abnormal: u8, frame: usize);

/// A frame, and the vector registers in it.
#[derive(Clone, Copy)]
struct Frame {
    unwind: UnwindFrame,
    vectors: [VectorRegister; 16],
}

/// The `__except` block that takes an exception.
struct Target {
    frame: Frame,
    /// What the functions of the driver call the frame.
    establisher: usize,
    /// How many scopes of that function are within.
    inner: usize,
    handler: usize,
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
    match search(&exception.registers, &mut pointers) {
        Found::Nothing => {
            processor_block::replace_call(call);
        }
        Found::Continue => resume::with(&context.registers()),
        Found::Handler(target) => {
            unwind(&exception.registers, &target);
            let mut registers = ThreadRegisters::at(&target.frame.unwind, target.frame.vectors);
            registers.instruction = target.handler as u64;
            registers.general[RAX] = exception.code.into();
            // What follows runs no destructors.
            drop(target);
            resume::with(&registers)
        }
    }
}

enum Found {
    Nothing,
    /// A filter has repaired what was wrong: the instruction runs again.
    Continue,
    Handler(Box<Target>),
}

/// Asks the filters, from the innermost frame outwards.
fn search(registers: &ThreadRegisters, pointers: &mut Pointers) -> Found {
    for frame in frames(registers) {
        let Some(handler) = handler_of(&frame) else {
            continue;
        };
        for (inner, scope) in handler.scopes().into_iter().enumerate() {
            let TryScope::Except {
                filter,
                handler: block,
            } = scope
            else {
                continue;
            };
            let disposition = filter.map_or(1, |filter| {
                let filter = std::ptr::with_exposed_provenance::<()>(filter);
                // SAFETY: the scope table of the driver names a filter, which has this type.
                let filter = unsafe { std::mem::transmute::<*const (), Filter>(filter) };
                filter(pointers, handler.frame)
            });
            match disposition {
                0 => {}
                1.. => {
                    return Found::Handler(Box::new(Target {
                        frame,
                        establisher: handler.frame,
                        inner,
                        handler: block,
                    }));
                }
                _ => return Found::Continue,
            }
        }
    }
    Found::Nothing
}

/// Runs the `__finally` handlers between the exception and the block that takes it.
fn unwind(registers: &ThreadRegisters, target: &Target) {
    for frame in frames(registers) {
        let Some(handler) = handler_of(&frame) else {
            continue;
        };
        let is_target = handler.frame == target.establisher;
        let count = if is_target { target.inner } else { usize::MAX };
        for scope in handler.scopes().into_iter().take(count) {
            if let TryScope::Finally { handler: block } = scope {
                let block = std::ptr::with_exposed_provenance::<()>(block);
                // SAFETY: the scope table of the driver names a termination handler, of this type.
                let block = unsafe { std::mem::transmute::<*const (), Termination>(block) };
                block(1, handler.frame);
            }
        }
        if is_target {
            return;
        }
    }
}

/// The handler of the frame's function, if it is that of C.
fn handler_of(frame: &Frame) -> Option<ExceptionHandler> {
    let handler = frame.unwind.exception_handler()?;
    crt::is_c_specific_handler(handler.routine).then_some(handler)
}

/// The driver's frames, the innermost first.
fn frames(registers: &ThreadRegisters) -> impl Iterator<Item = Frame> {
    let first = Frame {
        unwind: registers.frame(),
        vectors: registers.vectors,
    };
    std::iter::successors(Some(first), caller).take(FRAMES_MAX)
}

fn caller(frame: &Frame) -> Option<Frame> {
    let mut vectors = frame.vectors;
    let unwind = frame
        .unwind
        .caller_and_vectors(stack::read, |register, address| {
            let halves = [address, address + 8].map(stack::read);
            if let ([Some(low), Some(high)], Some(vector)) = (halves, vectors.get_mut(register)) {
                *vector = [low, low >> 32, high, high >> 32].map(half);
            }
        })?;
    Some(Frame { unwind, vectors })
}

/// The lower half of a slot.
fn half(value: usize) -> u32 {
    let [first, second, third, fourth, ..] = value.to_le_bytes();
    u32::from_le_bytes([first, second, third, fourth])
}
