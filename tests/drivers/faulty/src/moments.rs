//! Faults that wait for their moment.

use core::sync::atomic::{AtomicUsize, Ordering};

/// When a fault can happen, other than within its request.
#[derive(Clone, Copy)]
pub(crate) enum Moment {
    /// The last handle of a file is closed.
    FileCleanup,
    /// A file is closed.
    FileClose,
    /// The device loses power, because it is removed.
    PowerDown,
    /// The driver is unloaded.
    Unload,
}

/// What happens then.
pub(crate) type Deed = unsafe fn();

static DEEDS: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

/// Has `deed` happen when `moment` comes.
pub(crate) fn arm(moment: Moment, deed: Deed) {
    DEEDS[moment as usize].store(deed as usize, Ordering::SeqCst);
}

/// The moment has come.
pub(crate) fn come(moment: Moment) {
    let deed = DEEDS[moment as usize].swap(0, Ordering::SeqCst);
    if deed != 0 {
        // SAFETY: `arm` put a function of this type there. What it does is not safe, on purpose.
        unsafe { core::mem::transmute::<usize, Deed>(deed)() };
    }
}
