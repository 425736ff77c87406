//! At which IRQL callbacks run, and which of them exclude each other.

/// The IRQL of an object's callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExecutionLevel {
    /// At `PASSIVE_LEVEL`, on a system thread if necessary.
    Passive,
    /// At up to `DISPATCH_LEVEL`.
    Dispatch,
}

/// Which callbacks exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of a device.
    Device,
    /// All of a queue.
    Queue,
    /// None.
    None,
}
