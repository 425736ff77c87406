//! The driver's frames, from an exception outwards.

use super::context::ThreadRegisters;
use super::frame::DriverFrame;
use super::termination;

/// Frames in which a handler is looked for.
const FRAMES_MAX: usize = 1024;

/// The driver's frames, the innermost first.
pub(super) fn frames(registers: &ThreadRegisters) -> impl Iterator<Item = DriverFrame> {
    let first = DriverFrame::new(registers);
    std::iter::successors(Some(first), outer).take(FRAMES_MAX)
}

/// The next frame outwards. From a `__finally` handler that the host has called, it is the one whose scope
/// that handler belongs to: the exception that led there is over.
fn outer(frame: &DriverFrame) -> Option<DriverFrame> {
    let caller = frame.caller()?;
    Some(termination::frame_at(caller.unwind.stack_pointer()).unwrap_or(caller))
}
