//! A process's call on a file, and the request to the driver that follows from it.

use nt_types::NtStatus;

use crate::device::IoType;
use crate::major_function;

/// A process's call on a file.
#[derive(Clone, Debug)]
pub enum Call {
    /// `DeviceIoControl`.
    DeviceControl {
        /// The control code.
        code: u32,
        /// The input.
        input: Vec<u8>,
        /// Bytes of room for the output.
        output_length: u32,
    },
    /// `ReadFile`.
    Read {
        /// Bytes of room.
        length: u32,
    },
    /// `WriteFile`.
    Write {
        /// What is to be written.
        data: Vec<u8>,
    },
}

impl Call {
    /// True if the driver accesses the caller's own buffer, through a memory descriptor list.
    pub(crate) fn is_direct(&self, io_type: IoType) -> bool {
        match self {
            Self::DeviceControl { code, .. } => matches!(method(*code), 1 | 2),
            Self::Read { .. } | Self::Write { .. } => io_type == IoType::Direct,
        }
    }

    pub(crate) fn into_input(self) -> Vec<u8> {
        match self {
            Self::DeviceControl { input, .. } => input,
            Self::Write { data } => data,
            Self::Read { .. } => Vec::new(),
        }
    }
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// `IO_STATUS_BLOCK.Status`.
    pub status: NtStatus,
    /// `IO_STATUS_BLOCK.Information`.
    pub information: u64,
    /// What was copied to the caller.
    pub output: Vec<u8>,
}

/// What a driver is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `IRP_MJ_CREATE`.
    Create,
    /// `IRP_MJ_READ`.
    Read {
        /// Bytes of room.
        length: usize,
    },
    /// `IRP_MJ_WRITE`.
    Write {
        /// Bytes to be written.
        length: usize,
    },
    /// `IRP_MJ_DEVICE_CONTROL`, or `IRP_MJ_INTERNAL_DEVICE_CONTROL`.
    DeviceControl {
        /// The control code.
        code: u32,
        /// Whether it is one between drivers.
        is_internal: bool,
        /// Bytes of input.
        input_length: usize,
        /// Bytes of room for output.
        output_length: usize,
    },
}

impl From<&Call> for Request {
    fn from(call: &Call) -> Self {
        match call {
            Call::DeviceControl {
                code,
                input,
                output_length,
            } => Self::DeviceControl {
                code: *code,
                is_internal: false,
                input_length: input.len(),
                output_length: *output_length as usize,
            },
            Call::Read { length } => Self::Read {
                length: *length as usize,
            },
            Call::Write { data } => Self::Write { length: data.len() },
        }
    }
}

impl Request {
    /// Bytes of input that the caller declared.
    #[must_use]
    pub fn input_length(self) -> usize {
        match self {
            Self::Create | Self::Read { .. } => 0,
            Self::Write { length } => length,
            Self::DeviceControl { input_length, .. } => input_length,
        }
    }

    /// Bytes of room for output that the caller declared.
    #[must_use]
    pub fn output_length(self) -> usize {
        match self {
            Self::Create | Self::Write { .. } => 0,
            Self::Read { length } => length,
            Self::DeviceControl { output_length, .. } => output_length,
        }
    }

    /// Bytes of the caller's own buffer, if the driver is given a description of it.
    pub(crate) fn direct_length(self) -> usize {
        match self {
            Self::Write { length } => length,
            other => other.output_length(),
        }
    }

    /// The `IRP_MJ_` number.
    #[must_use]
    pub fn major_function(self) -> u8 {
        match self {
            Self::Create => major_function::CREATE,
            Self::Read { .. } => major_function::READ,
            Self::Write { .. } => major_function::WRITE,
            Self::DeviceControl {
                is_internal: true, ..
            } => major_function::INTERNAL_DEVICE_CONTROL,
            Self::DeviceControl { .. } => major_function::DEVICE_CONTROL,
        }
    }
}

/// `METHOD_BUFFERED`.
pub(crate) const METHOD_BUFFERED: u32 = 0;
/// `METHOD_NEITHER`.
pub(crate) const METHOD_NEITHER: u32 = 3;

/// The transfer method of a control code.
pub(crate) fn method(code: u32) -> u32 {
    code & 3
}

/// The access that a control code asks of the handle: bit 0 reading, bit 1 writing.
pub(crate) fn access_bits(code: u32) -> u32 {
    code >> 14 & 3
}
