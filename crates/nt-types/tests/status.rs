//! The contract's status values and their Win32 error codes have the numbers of windows-sys, which
//! is generated from Microsoft's own metadata. (Which Win32 error a status maps to is checked
//! against Windows in a test of the client library.)

use nt_types::status::STATUSES;
use windows_sys::Win32::Foundation;

macro_rules! named {
    ($($name:ident,)*) => {
        &[$((stringify!($name), Foundation::$name)),*]
    };
}

const NT: &[(&str, i32)] = named![
    STATUS_SUCCESS,
    STATUS_PENDING,
    STATUS_UNSUCCESSFUL,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_NO_MEMORY,
    STATUS_ACCESS_DENIED,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_SHARING_VIOLATION,
    STATUS_QUOTA_EXCEEDED,
    STATUS_REVISION_MISMATCH,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_NOT_SUPPORTED,
    STATUS_INVALID_USER_BUFFER,
    STATUS_CANCELLED,
    STATUS_INVALID_DEVICE_STATE,
    STATUS_INVALID_BUFFER_SIZE,
    STATUS_NOT_FOUND,
    STATUS_DUPLICATE_OBJECTID,
    STATUS_OBJECTID_EXISTS,
    STATUS_NETWORK_UNREACHABLE,
    STATUS_HOST_UNREACHABLE,
    STATUS_REQUEST_OUT_OF_SEQUENCE,
];

const WIN32: &[(&str, u32)] = named![
    ERROR_ACCESS_DENIED,
    ERROR_ALREADY_EXISTS,
    ERROR_BAD_COMMAND,
    ERROR_FILE_NOT_FOUND,
    ERROR_GEN_FAILURE,
    ERROR_HOST_UNREACHABLE,
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_INVALID_FUNCTION,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_NAME,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_USER_BUFFER,
    ERROR_IO_PENDING,
    ERROR_NETWORK_UNREACHABLE,
    ERROR_NOT_ENOUGH_MEMORY,
    ERROR_NOT_ENOUGH_QUOTA,
    ERROR_NOT_FOUND,
    ERROR_NOT_SUPPORTED,
    ERROR_NO_SYSTEM_RESOURCES,
    ERROR_OBJECT_ALREADY_EXISTS,
    ERROR_OPERATION_ABORTED,
    ERROR_REQUEST_OUT_OF_SEQUENCE,
    ERROR_REVISION_MISMATCH,
    ERROR_SHARING_VIOLATION,
    ERROR_SUCCESS,
];

fn number<T: Copy>(list: &[(&str, T)], name: &str) -> Option<T> {
    let found = list.iter().find(|(other, _)| *other == name);
    found.map(|(_, number)| *number)
}

#[test]
fn every_status_has_the_number_that_its_name_has() {
    for names in STATUSES {
        assert_eq!(
            number(NT, names.name),
            Some(names.status.0),
            "{}",
            names.name
        );
    }
}

#[test]
fn every_twin_has_the_number_that_its_name_has() {
    for names in STATUSES {
        let number = number(WIN32, names.win32_name);
        assert_eq!(number, Some(names.win32), "{}", names.win32_name);
    }
}
