//! The stop codes of the rules.

/// Any first parameter, because it is an address.
pub(crate) const ANY: u64 = u64::MAX;

/// A stop code, and the name that the report has for it.
#[derive(Clone, Copy)]
pub(crate) struct StopCode {
    pub(crate) number: u32,
    /// None if a driver has chosen the code.
    pub(crate) name: Option<&'static str>,
}

macro_rules! stop_codes {
    ($($name:ident = $number:literal;)*) => {
        $(pub(crate) const $name: StopCode = StopCode {
            number: $number,
            name: Some(stringify!($name)),
        };)*
    };
}

stop_codes! {
    APC_INDEX_MISMATCH = 0x1;
    IRQL_NOT_LESS_OR_EQUAL = 0xA;
    SPIN_LOCK_ALREADY_OWNED = 0xF;
    SPIN_LOCK_NOT_OWNED = 0x10;
    KMODE_EXCEPTION_NOT_HANDLED = 0x1E;
    SYSTEM_SERVICE_EXCEPTION = 0x3B;
    MULTIPLE_IRP_COMPLETE_REQUESTS = 0x44;
    PAGE_FAULT_IN_NONPAGED_AREA = 0x50;
    UNEXPECTED_KERNEL_MODE_TRAP = 0x7F;
    DRIVER_POWER_STATE_FAILURE = 0x9F;
    ATTEMPTED_WRITE_TO_READONLY_MEMORY = 0xBE;
    SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION = 0xC1;
    BAD_POOL_CALLER = 0xC2;
    DRIVER_VERIFIER_DETECTED_VIOLATION = 0xC4;
    IRQL_UNEXPECTED_VALUE = 0xC8;
    DRIVER_VERIFIER_IOMANAGER_VIOLATION = 0xC9;
    DRIVER_IRQL_NOT_LESS_OR_EQUAL = 0xD1;
    ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY = 0xFC;
    WDF_VIOLATION = 0x10D;
    KERNEL_SECURITY_CHECK_FAILURE = 0x139;
    RUST_PANIC = 0x5250_4E43;
}

/// The bugcheck code that the faulty driver chooses.
pub(crate) const OF_THE_DRIVER: StopCode = StopCode {
    number: 0xE2,
    name: None,
};

/// First parameters of `DRIVER_VERIFIER_DETECTED_VIOLATION`.
pub(crate) mod verifier {
    /// A wait without a timeout at `DISPATCH_LEVEL`.
    pub(crate) const WAIT: u64 = 0x121;
    /// A critical region is entered above `APC_LEVEL`.
    pub(crate) const ENTER_CRITICAL_REGION: u64 = 0x11A;
    /// A rule of DDI compliance checking: functions that may be called up to `APC_LEVEL`.
    pub(crate) const IRQL_KE_APC_LTE_1: u64 = 0x2_000F;
    /// The host's own: a rule for which Driver Verifier has no number.
    pub(crate) const UNNUMBERED: u64 = 0x44_4449;
    /// The host's own: a network compartment is not left.
    pub(crate) const COMPARTMENT: u64 = 0x43_4D50;
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
    pub(crate) const API_UNAVAILABLE: u64 = 16;
}
