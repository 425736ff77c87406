//! `WDF_REQUEST_PARAMETERS`: what a request asks for.

use super::RequestBody;

/// Enumerators of `WDF_REQUEST_TYPE`.
pub(crate) mod request_type {
    pub(crate) const CREATE: i32 = 0;
    pub(crate) const READ: i32 = 3;
    pub(crate) const WRITE: i32 = 4;
    pub(crate) const DEVICE_CONTROL: i32 = 14;
    pub(crate) const INTERNAL_DEVICE_CONTROL: i32 = 15;
    pub(crate) const OTHER: i32 = 28;
}

/// `WDF_REQUEST_PARAMETERS` as it lies in memory; the union by the places of its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct RequestParameters {
    pub(crate) size: u16,
    pub(crate) minor_function: u8,
    pub(crate) request_type: i32,
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) third: usize,
    pub(crate) fourth: usize,
}

const _: () = {
    assert!(size_of::<RequestParameters>() == 40);
    assert!(core::mem::offset_of!(RequestParameters, third) == 24);
};

/// The size that the driver has to announce.
const PARAMETERS_SIZE: u16 = 40;

impl RequestParameters {
    /// Those of a request.
    pub(crate) fn of(request: &RequestBody) -> Self {
        let irp = request.irp();
        let asked = irp.request();
        let [argument1, argument2, argument3, argument4] = irp.parameters();
        let (first, second, third, fourth) = match asked {
            nt_io::Request::Create => (0, 0, 0, 0),
            nt_io::Request::Read { length } | nt_io::Request::Write { length } => {
                let key = argument2 & 0xFFFF_FFFF;
                (length, key, argument3, 0)
            }
            // The two drivers may have agreed on other arguments than lengths.
            nt_io::Request::DeviceControl {
                code,
                is_internal: true,
                ..
            } => (argument1, argument2, code as usize, argument4),
            nt_io::Request::DeviceControl {
                code,
                input_length,
                output_length,
                ..
            } => (output_length, input_length, code as usize, argument4),
        };
        Self {
            size: PARAMETERS_SIZE,
            minor_function: 0,
            request_type: type_of(asked),
            first,
            second,
            third,
            fourth,
        }
    }

    /// Whether the driver announced the right size.
    pub(crate) fn has_right_size(&self) -> bool {
        self.size == PARAMETERS_SIZE
    }
}

/// The `WDF_REQUEST_TYPE` of a request.
pub(crate) fn type_of(request: nt_io::Request) -> i32 {
    match request {
        nt_io::Request::Create => request_type::CREATE,
        nt_io::Request::Read { .. } => request_type::READ,
        nt_io::Request::Write { .. } => request_type::WRITE,
        nt_io::Request::DeviceControl {
            is_internal: true, ..
        } => request_type::INTERNAL_DEVICE_CONTROL,
        nt_io::Request::DeviceControl { .. } => request_type::DEVICE_CONTROL,
    }
}
