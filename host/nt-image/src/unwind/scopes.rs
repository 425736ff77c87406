//! The exception handler of a frame's function, and the scopes of `__try` that `__C_specific_handler`
//! reads.

use std::sync::Arc;

use super::{CHAIN_MAX, CHAINED, Function, UnwindFrame, UnwindInfo, bytes};
use crate::loaded::LoadedImage;

/// The flag that a handler for exceptions follows the codes.
const FOR_EXCEPTIONS: u8 = 1;
/// The flag that it is one for unwinding.
const FOR_UNWINDING: u8 = 2;
/// Size of a 32-bit offset into the image.
const OFFSET_SIZE: usize = 4;
/// Offsets of a scope.
const SCOPE_OFFSETS: usize = 4;
/// No sound function has more scopes.
const SCOPES_MAX: usize = 4096;
/// In place of a filter: the handler takes each exception.
const ALWAYS: u32 = 1;

/// The exception handler of a function.
pub struct ExceptionHandler {
    image: Arc<LoadedImage>,
    /// The address of the routine.
    pub routine: usize,
    /// What the handler and its filters get as the function's frame.
    pub frame: usize,
    /// True if it is called when a handler of an exception is looked for.
    pub is_for_exceptions: bool,
    /// True if it is called when the frame is left.
    pub is_for_unwinding: bool,
    /// The address of its data, behind the unwind data.
    pub data: usize,
    /// The address of the entry for the frame's instruction in the table of functions.
    pub function: usize,
    /// The offset of the instruction that the frame has come to, or returns to.
    control: u32,
}

/// A `__try` that the frame is in. The addresses are those of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryScope {
    /// `__except`, with its filter; without one, it handles each exception.
    Except {
        /// The filter.
        filter: Option<usize>,
        /// Where the handler begins.
        handler: usize,
    },
    /// `__finally`.
    Finally {
        /// The handler.
        handler: usize,
    },
}

impl UnwindFrame {
    /// The exception handler of the frame's function, if it has one.
    #[must_use]
    pub fn exception_handler(&self) -> Option<ExceptionHandler> {
        let (image, offset) = self.place()?;
        let control = u32::try_from(self.instruction - image.range.start).ok()?;
        let entry = Function::entry_around(&image, offset)?;
        let mut function = Function::at(&image, entry)?;
        let mut progress = usize::try_from(offset - function.begin).ok()?;
        for _ in 0..CHAIN_MAX {
            let info = UnwindInfo::of(&image, function)?;
            let at = info.end;
            if info.flags & CHAINED != 0 {
                function = Function::at(&image, at)?;
                progress = usize::MAX;
                continue;
            }
            if info.flags & (FOR_EXCEPTIONS | FOR_UNWINDING) == 0 {
                return None;
            }
            let frame = info.prologue.base(self, progress);
            return Some(ExceptionHandler {
                routine: address(&image, offset_at(&image, at)?),
                frame,
                is_for_exceptions: info.flags & FOR_EXCEPTIONS != 0,
                is_for_unwinding: info.flags & FOR_UNWINDING != 0,
                data: at + OFFSET_SIZE,
                function: entry,
                control,
                image,
            });
        }
        None
    }
}

impl ExceptionHandler {
    /// Where the image begins.
    #[must_use]
    pub fn image_base(&self) -> usize {
        self.image.range.start
    }

    /// The scopes that the frame is in, the innermost first, if the data are those of
    /// `__C_specific_handler`.
    #[must_use]
    pub fn scopes(&self) -> Vec<TryScope> {
        let count = offset_at(&self.image, self.data).and_then(|count| usize::try_from(count).ok());
        let scopes = (0..count.unwrap_or(0).min(SCOPES_MAX)).map_while(|index| {
            let at = self.data + OFFSET_SIZE + index * SCOPE_OFFSETS * OFFSET_SIZE;
            let offset = |number: usize| offset_at(&self.image, at + number * OFFSET_SIZE);
            Some([offset(0)?, offset(1)?, offset(2)?, offset(3)?])
        });
        let around = scopes.filter(|[begin, end, ..]| (*begin..*end).contains(&self.control));
        around.map(|scope| self.scope(scope)).collect()
    }

    fn scope(&self, [_, _, handler, target]: [u32; SCOPE_OFFSETS]) -> TryScope {
        if target == 0 {
            return TryScope::Finally {
                handler: address(&self.image, handler),
            };
        }
        TryScope::Except {
            filter: (handler != ALWAYS).then(|| address(&self.image, handler)),
            handler: address(&self.image, target),
        }
    }
}

fn address(image: &LoadedImage, offset: u32) -> usize {
    image.range.start + offset as usize
}

fn offset_at(image: &LoadedImage, address: usize) -> Option<u32> {
    let bytes = bytes(image, address..address + OFFSET_SIZE)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}
