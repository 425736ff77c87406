//! The stop codes that rules have.

/// A first parameter that is an address, of whatever value.
pub(crate) const ANY: u64 = u64::MAX;

pub(crate) const IRQL_NOT_LESS_OR_EQUAL: u32 = 0xA;
pub(crate) const SPIN_LOCK_ALREADY_OWNED: u32 = 0xF;
pub(crate) const SPIN_LOCK_NOT_OWNED: u32 = 0x10;
pub(crate) const KMODE_EXCEPTION_NOT_HANDLED: u32 = 0x1E;
pub(crate) const MULTIPLE_IRP_COMPLETE_REQUESTS: u32 = 0x44;
pub(crate) const PAGE_FAULT_IN_NONPAGED_AREA: u32 = 0x50;
pub(crate) const UNEXPECTED_KERNEL_MODE_TRAP: u32 = 0x7F;
pub(crate) const ATTEMPTED_WRITE_TO_READONLY_MEMORY: u32 = 0xBE;
pub(crate) const SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION: u32 = 0xC1;
pub(crate) const BAD_POOL_CALLER: u32 = 0xC2;
pub(crate) const DRIVER_VERIFIER_DETECTED_VIOLATION: u32 = 0xC4;
pub(crate) const IRQL_UNEXPECTED_VALUE: u32 = 0xC8;
pub(crate) const DRIVER_IRQL_NOT_LESS_OR_EQUAL: u32 = 0xD1;
pub(crate) const ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY: u32 = 0xFC;
pub(crate) const WDF_VIOLATION: u32 = 0x10D;
pub(crate) const KERNEL_SECURITY_CHECK_FAILURE: u32 = 0x139;
pub(crate) const RUST_PANIC: u32 = 0x5250_4E43;

/// First parameters of `DRIVER_VERIFIER_DETECTED_VIOLATION`.
pub(crate) mod verifier {
    /// A function was called above its highest IRQL.
    pub(crate) const DDI_RULE: u64 = 0x2_0002;
    /// The host's own: a rule of NETIO.
    pub(crate) const NETIO: u64 = 0x4E_4554;
    /// The host's own: a function that it does not have.
    pub(crate) const NOT_IMPLEMENTED: u64 = 0x4E_4F54;
    /// The host's own: output that the driver never wrote.
    pub(crate) const OUTPUT: u64 = 0x4F_5554;
    /// The host's own: something that does not end.
    pub(crate) const HANG: u64 = 0x48_414E;
    /// The host's own: a lock is not given back.
    pub(crate) const HELD_LOCK: u64 = 0x4C_434B;
    /// Locks are taken in two orders.
    pub(crate) const LOCK_HIERARCHY: u64 = 0x1001;
}

/// First parameters of `WDF_VIOLATION`.
pub(crate) mod wdf {
    pub(crate) const RECURSIVE_LOCK: u64 = 2;
    pub(crate) const VERIFIER_FATAL_ERROR: u64 = 3;
    pub(crate) const REQUIRED_PARAMETER_IS_NULL: u64 = 4;
    pub(crate) const INVALID_HANDLE: u64 = 5;
    pub(crate) const REQUEST_FATAL_ERROR: u64 = 6;
    pub(crate) const OBJECT_ERROR: u64 = 7;
    pub(crate) const QUEUE_FATAL_ERROR: u64 = 10;
    pub(crate) const INVALID_LOCK_OPERATION: u64 = 11;
    pub(crate) const IRQL_MISMATCH: u64 = 14;
    pub(crate) const CRITICAL_REGION_MISMATCH: u64 = 15;
}
