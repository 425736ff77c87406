//! At which IRQL callbacks run, and which of them exclude each other.

/// At which IRQL an object's callbacks come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExecutionLevel {
    /// At `PASSIVE_LEVEL`, whatever it takes.
    Passive,
    /// At up to `DISPATCH_LEVEL`.
    Dispatch,
}

/// Which callbacks keep out of each other's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of a device.
    Device,
    /// All of a queue.
    Queue,
    /// None.
    None,
}
