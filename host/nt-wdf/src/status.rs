//! The statuses of the framework and the I/O manager that the driver's contract does not know.

use nt_types::status::NtStatus;

macro_rules! statuses {
    ($($name:ident = $value:literal;)*) => {
        $(#[doc = concat!("`STATUS_", stringify!($name), "`.")]
        pub(crate) const $name: NtStatus = NtStatus::new($value);)*
    };
}

statuses! {
    TIMEOUT = 0x0000_0102;
    OBJECT_NAME_EXISTS = 0x4000_0000;
    DEVICE_BUSY = 0x8000_0011;
    BUFFER_OVERFLOW = 0x8000_0005;
    NO_MORE_ENTRIES = 0x8000_001A;
    INFO_LENGTH_MISMATCH = 0xC000_0004;
    NO_SUCH_DEVICE = 0xC000_000E;
    ACCESS_VIOLATION = 0xC000_0005;
    OBJECT_TYPE_MISMATCH = 0xC000_0024;
    OBJECT_NAME_INVALID = 0xC000_0033;
    DELETE_PENDING = 0xC000_0056;
    RESOURCE_DATA_NOT_FOUND = 0xC000_0089;
    INVALID_SECURITY_DESCR = 0xC000_0079;
    ARRAY_BOUNDS_EXCEEDED = 0xC000_008C;
    INTEGER_OVERFLOW = 0xC000_0095;
    IO_TIMEOUT = 0xC000_00B5;
    CANNOT_DELETE = 0xC000_0121;
    REQUEST_NOT_ACCEPTED = 0xC000_00D0;
    INTERNAL_ERROR = 0xC000_00E5;
    INVALID_USER_BUFFER = 0xC000_00E8;
    INVALID_PARAMETER_2 = 0xC000_00F0;
    INVALID_PARAMETER_4 = 0xC000_00F2;
    POWER_STATE_INVALID = 0xC000_02D3;
    DRIVER_INTERNAL_ERROR = 0xC000_0183;
    WDF_PAUSED = 0xC020_0203;
    WDF_BUSY = 0xC020_0204;
    WDF_REQUEST_INVALID_STATE = 0xC020_0208;
    WDF_OBJECT_ATTRIBUTES_INVALID = 0xC020_0209;
    WDF_NO_CALLBACK = 0xC020_020B;
    WDF_INCOMPATIBLE_EXECUTION_LEVEL = 0xC020_020C;
    WDF_PARENT_ALREADY_ASSIGNED = 0xC020_020D;
    WDF_PARENT_IS_SELF = 0xC020_020E;
    WDF_PARENT_ASSIGNMENT_NOT_ALLOWED = 0xC020_020F;
    WDF_SYNCHRONIZATION_SCOPE_INVALID = 0xC020_0210;
    WDF_EXECUTION_LEVEL_INVALID = 0xC020_0211;
    WDF_PARENT_NOT_SPECIFIED = 0xC020_0212;
}

/// The status that the caller of a request receives. The framework's own statuses are replaced.
pub(crate) fn for_callers(status: NtStatus) -> NtStatus {
    const FACILITY: u32 = 0x0FFF_0000;
    const WDF: u32 = 0x0020_0000;
    if status.bits() & FACILITY != WDF || status.is_success() {
        return status;
    }
    match status.bits() {
        0xC020_0203 | 0xC020_0204 => DEVICE_BUSY,
        0xC020_0201 => INTERNAL_ERROR,
        0xC020_0214 => NtStatus::INSUFFICIENT_RESOURCES,
        _ => NtStatus::INVALID_DEVICE_REQUEST,
    }
}

/// A C answer as a status.
pub(crate) fn from_result(result: Result<(), NtStatus>) -> NtStatus {
    result.err().unwrap_or(NtStatus::SUCCESS)
}
