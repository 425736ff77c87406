//! The driver's part of a thread's stack.
//!
//! The host's own frames carry DWARF, the driver's carry the unwind data of its image, and neither
//! kind of unwinder steps over the other. So each call of an export records where the driver made
//! it. From there the image's unwind data lead to the host, which called the driver back within an
//! earlier export: the next frames are the caller's of that one.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nt_image::loaded::{self, LoadedImage};
use nt_image::symbols;
use nt_image::unwind::UnwindFrame;

use crate::export_call::ExportCall;
use crate::{callback_stack, processor_block};

/// Frames that are kept, the youngest first.
const FRAMES_MAX: usize = 24;
/// Size of a slot of the stack.
const SLOT: usize = size_of::<usize>();

static KEEPING: AtomicBool = AtomicBool::new(true);

/// Keeps the stacks of what is handed out from now on (the default) or none of them. Without,
/// leaks are still found, but reports lack their origin, and all calls are much faster.
pub fn set_keeping(keep: bool) {
    KEEPING.store(keep, Ordering::Relaxed);
}

/// Whether stacks are kept.
pub(crate) fn keeping() -> bool {
    KEEPING.load(Ordering::Relaxed)
}

/// Where in the driver a thread was, from the innermost call outwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack(Vec<usize>);

impl Stack {
    /// The return addresses, the innermost first.
    pub(crate) fn addresses(&self) -> &[usize] {
        &self.0
    }

    /// The driver's frames on the calling thread's stack.
    #[must_use]
    pub fn capture() -> Self {
        let mut stack = Self::default();
        if keeping() && loaded::any() {
            stack.follow_call(processor_block::call_at(pointer()));
            stack.follow_callbacks();
        }
        stack
    }

    /// The driver's frames of the calling thread, which came to a fault with these registers.
    #[must_use]
    pub(crate) fn at(fault: &UnwindFrame) -> Self {
        let mut stack = Self::default();
        if loaded::find(fault.instruction).is_some() {
            stack.follow(Some(*fault));
        } else {
            stack.follow_call(processor_block::call_at(fault.stack_pointer()));
        }
        stack.follow_callbacks();
        stack
    }

    /// Whether the driver is on the stack at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The frames outside of the innermost callback.
    fn follow_callbacks(&mut self) {
        for call in callback_stack::export_calls() {
            self.follow_call(Some(call));
        }
    }

    /// The frames that led to the call of an export.
    fn follow_call(&mut self, call: Option<ExportCall>) {
        let frame =
            call.and_then(|call| UnwindFrame::returned_to(call.slot, call.frame_pointer, read));
        self.follow(frame);
    }

    /// The frames from `frame` outwards, as far as they are an image's.
    fn follow(&mut self, mut frame: Option<UnwindFrame>) {
        while let Some(current) = frame
            && self.0.len() < FRAMES_MAX
            && loaded::find(current.instruction).is_some()
        {
            self.0.push(current.instruction);
            frame = current.caller(read);
        }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(formatter, "  driver: not on this stack");
        }
        writeln!(formatter, "  driver stack:")?;
        for (address, names) in self.0.iter().zip(self.names()) {
            writeln!(formatter, "    {}", loaded::describe(*address))?;
            for name in names {
                writeln!(formatter, "      {name}")?;
            }
        }
        Ok(())
    }
}

impl Stack {
    /// The names of all frames; none for a frame outside of the loaded images.
    fn names(&self) -> Vec<Vec<String>> {
        let mut frames: BTreeMap<usize, (Arc<LoadedImage>, Vec<usize>)> = BTreeMap::new();
        for (index, address) in self.0.iter().enumerate() {
            if let Some(image) = loaded::find(*address) {
                let of_image = frames.entry(image.range.start);
                of_image
                    .or_insert_with(|| (image, Vec::new()))
                    .1
                    .push(index);
            }
        }
        let mut names = vec![Vec::new(); self.0.len()];
        // The database of an image is read once, for all of its frames.
        for (image, own) in frames.values() {
            // A return address belongs to the call before it, which may be the last of a function.
            let offset = |index: &usize| {
                let offset = self.0[*index].wrapping_sub(image.range.start + 1);
                u32::try_from(offset).unwrap_or(u32::MAX)
            };
            let offsets: Vec<u32> = own.iter().map(offset).collect();
            for (index, of_frame) in own.iter().zip(symbols::name(image, &offsets)) {
                names[*index] = of_frame;
            }
        }
        names
    }
}

/// The function of a driver's that begins at `address`, by its name if that is known.
#[must_use]
pub fn describe_function(address: usize) -> String {
    let place = loaded::describe(address);
    let names = loaded::find(address).and_then(|image| {
        let offset = u32::try_from(address - image.range.start).ok()?;
        symbols::name(&image, &[offset]).pop()
    });
    // The last one is the function itself, those before it were put into it.
    match names.and_then(|mut names| names.pop()) {
        Some(name) => format!("{place}\n      {name}"),
        None => place,
    }
}

thread_local! {
    static BOUNDS: OnceCell<Range<usize>> = const { OnceCell::new() };
}

/// This thread's whole stack.
#[must_use]
pub fn thread_stack() -> Range<usize> {
    BOUNDS.with(|bounds| bounds.get_or_init(find_thread_stack).clone())
}

fn find_thread_stack() -> Range<usize> {
    let mut attributes = std::mem::MaybeUninit::<nix::libc::pthread_attr_t>::uninit();
    // SAFETY: takes no argument, gives the caller's own id.
    let me = unsafe { nix::libc::pthread_self() };
    // SAFETY: `attributes` has room for what the call initialises.
    if unsafe { nix::libc::pthread_getattr_np(me, attributes.as_mut_ptr()) } != 0 {
        return 0..0;
    }
    let mut start = std::ptr::null_mut();
    let mut size = 0;
    // SAFETY: initialised by the call above, which succeeded.
    unsafe { nix::libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut start, &raw mut size) };
    // SAFETY: initialised above and not used again.
    unsafe { nix::libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    start.addr()..start.addr() + size
}

/// The slot of this thread's stack at `slot`.
pub(crate) fn read(slot: usize) -> Option<usize> {
    let is_own = thread_stack().contains(&slot) && slot.is_multiple_of(SLOT);
    let slot = std::ptr::with_exposed_provenance::<usize>(slot);
    // SAFETY: an aligned slot of this thread's stack, which stays mapped while it runs.
    is_own.then(|| unsafe { slot.read_volatile() })
}

/// The stack pointer of the function that calls this.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the stack pointer is that of the caller"
)]
pub(crate) fn pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads a register.
    unsafe {
        std::arch::asm!("mov {}, rsp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_knows_its_own_stack() {
        let here = pointer();
        assert!(thread_stack().contains(&here));
    }

    #[test]
    fn without_an_image_there_are_no_frames() {
        let frame = UnwindFrame::new(pointer(), pointer(), 0);
        assert!(Stack::at(&frame).is_empty());
    }
}
