//! How the `StartIo` routine of a device is called, and how often it runs.

use std::collections::VecDeque;

use crate::device_queue::Next;

/// A device's.
#[derive(Default)]
pub(crate) struct StartIoState {
    /// `DeferredStartIo`.
    pub(crate) is_deferred: bool,
    /// `NonCancelable`.
    pub(crate) is_non_cancelable: bool,
    /// How many calls of the routine have not returned, or are about to be made.
    pub(crate) running: usize,
    /// The calls of `IoStartNextPacket` that wait for the routine's return.
    pub(crate) deferred: VecDeque<NextPacket>,
}

/// A call of `IoStartNextPacket`.
#[derive(Clone, Copy)]
pub(crate) struct NextPacket {
    pub(crate) function: &'static str,
    /// Whether the IRPs in the queue have cancel routines.
    pub(crate) is_cancelable: bool,
    /// Which entry of the queue.
    pub(crate) entry: Next,
}
