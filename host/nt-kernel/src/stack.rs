//! The driver's part of a thread's stack, as offsets into its image.
//!
//! The host's own frames carry DWARF, the driver's carry the unwind data of its image, and neither
//! kind of unwinder steps over the other. So the stack is searched for the youngest return address
//! into an image, from there the image's unwind data lead on, and where the driver was called by
//! the host the search begins again.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use nt_image::{loaded, symbols, unwind};

use crate::callback_stack;

/// Frames that are kept, the youngest first.
const FRAMES_MAX: usize = 24;
/// Length of the stack that is searched, in bytes.
const SEARCH_MAX: usize = 256 << 10;
/// Size of a slot of the stack.
const SLOT: usize = size_of::<usize>();

static KEEPING: AtomicBool = AtomicBool::new(true);

/// Keeps the stacks of what is handed out from now on (the default) or none of them. Without,
/// leaks are still found, but reports lack their origin, and all calls are much faster.
pub fn set_keeping(keep: bool) {
    KEEPING.store(keep, Ordering::Relaxed);
}

/// Where in the driver a thread was, from the innermost call outwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack(Vec<usize>);

impl Stack {
    /// The driver's frames on the calling thread's stack.
    #[must_use]
    pub fn capture() -> Self {
        let mut stack = Self::default();
        if KEEPING.load(Ordering::Relaxed) && loaded::any() {
            stack.extend_from(pointer(), false);
        }
        stack
    }

    /// The driver's frames of the calling thread that had come to `instruction` with its stack at
    /// `pointer`.
    #[must_use]
    pub fn at(instruction: usize, pointer: usize) -> Self {
        let mut stack = Self::default();
        match unwind::caller_slot(instruction, pointer) {
            Some(slot) => {
                stack.0.push(instruction);
                stack.follow(slot);
            }
            None => stack.extend_from(pointer, false),
        }
        stack
    }

    /// Whether the driver is on the stack at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Searches upwards from `pointer`, a frame of the host's, for a return address into an image, and
    /// follows it. With `from_driver`, the driver's frames below this one have been found.
    fn extend_from(&mut self, pointer: usize, from_driver: bool) {
        let mut next = callback_stack::search_range(pointer, from_driver);
        while let Some(range) = next {
            let bounds = search_bounds(range.start);
            for slot in (bounds.start..bounds.end.min(range.end)).step_by(SLOT) {
                let address = read(slot);
                if loaded::is_near(address) && unwind::is_return_address(address) {
                    self.follow(slot);
                    return;
                }
            }
            next = callback_stack::search_range(range.end, true);
        }
    }

    /// Unwinds from the return address in `slot` as far as the unwind data reach.
    fn follow(&mut self, mut slot: usize) {
        while self.0.len() < FRAMES_MAX && search_bounds(slot).contains(&slot) {
            let address = read(slot);
            let pointer = slot + SLOT;
            match unwind::caller_slot(address, pointer) {
                Some(next) => {
                    self.0.push(address);
                    slot = next;
                }
                None => return self.extend_from(pointer, true),
            }
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
    /// The names of all frames; without a loaded image, none.
    fn names(&self) -> Vec<Vec<String>> {
        let Some(image) = self.0.first().and_then(|address| loaded::find(*address)) else {
            return vec![Vec::new(); self.0.len()];
        };
        // A return address belongs to the call before it, which may be the last of a function.
        let offset = |address: &usize| {
            let offset = address.wrapping_sub(image.range.start + 1);
            u32::try_from(offset).unwrap_or(u32::MAX)
        };
        let offsets: Vec<u32> = self.0.iter().map(offset).collect();
        symbols::name(&image, &offsets)
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

/// The slots from `pointer` on that belong to this thread's stack.
fn search_bounds(pointer: usize) -> Range<usize> {
    let own = thread_stack();
    let first = pointer.next_multiple_of(SLOT);
    if own.contains(&first) {
        first..own.end.min(first + SEARCH_MAX)
    } else {
        0..0
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

fn read(slot: usize) -> usize {
    let slot = std::ptr::with_exposed_provenance::<usize>(slot);
    // SAFETY: callers read aligned slots between a stack pointer of this thread and the oldest
    // address of its stack, which stay mapped while it runs.
    unsafe { slot.read_volatile() }
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
        assert!(Stack::at(pointer(), pointer()).is_empty());
    }
}
