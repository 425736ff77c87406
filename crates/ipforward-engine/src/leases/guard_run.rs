//! What one run of the guards works with.

use crate::network_stack::NetworkStack;
use crate::time::KernelTime;

/// The network stack, the time of the run, and the taker of the guards' events.
pub(super) struct GuardRun<'a, Stack, Sink> {
    pub(super) stack: &'a mut Stack,
    pub(super) now: KernelTime,
    pub(super) sink: &'a mut Sink,
}

impl<'a, Stack: NetworkStack, Sink> GuardRun<'a, Stack, Sink> {
    pub(super) const fn new(stack: &'a mut Stack, now: KernelTime, sink: &'a mut Sink) -> Self {
        Self { stack, now, sink }
    }
}
