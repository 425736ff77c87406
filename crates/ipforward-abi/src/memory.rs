//! How much memory the driver allocates for its callers at most. Leases and batches have limits of
//! their own: a handle with as many leases as it may have can still send the batch that ends them. No
//! handle can have all that there is for all handles together.

/// Largest number of bytes of the leases of one handle: more than a million. A shared lease counts for
/// each of its handles.
pub const LEASE_BYTES_PER_HANDLE_MAX: u32 = 256 << 20;

/// Largest number of bytes of the leases of all handles together: more than two million.
pub const LEASE_BYTES_MAX: u32 = 512 << 20;

/// Largest number of bytes of the batches of one handle that the driver executes at the same time, or
/// that wait to be executed.
pub const BATCH_BYTES_PER_HANDLE_MAX: u32 = 32 << 20;

/// Largest number of bytes of the batches of all handles together.
pub const BATCH_BYTES_MAX: u32 = 256 << 20;
