//! System calls: what any client process may ask.

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CallKind {
    /// Open the object named by the payload (UTF-8, `\\.\Name` or `\Device\Name`, with what
    /// follows the device's name passed on). `argument` is the desired access: bit 0
    /// `FILE_READ_DATA`, bit 1 `FILE_WRITE_DATA`. The reply's `information` is the handle.
    Open = 1,
    /// Close `handle`.
    Close = 2,
    /// `DeviceIoControl` on `handle` with the code `argument`, the payload as input, and room for
    /// `output_length` bytes.
    DeviceControl = 3,
    /// Read up to `output_length` bytes from `handle`.
    Read = 4,
    /// Write the payload to `handle`.
    Write = 5,
    /// Cancel the call in flight whose id is `target`. The reply says whether it was found; the
    /// cancelled call is still answered by its own reply.
    Cancel = 6,
    /// Ask the `PnP` manager, not the driver: the enabled device interfaces of a class, as
    /// `CM_Get_Device_Interface_List` does, which any process may. The payload is the class, in
    /// braces. The reply's `information` is their number, its payload as many of their paths as
    /// there is room for, a line each; a path is what [`Open`](Self::Open) takes.
    Interfaces = 18,
    /// Make another handle to the file of `handle`, for the same process (`DuplicateHandle`). The
    /// reply's `information` is the handle. The file is closed with its last handle.
    Duplicate = 19,
    /// Ask the IP helper, not the driver, which any process may, about the names of an interface. `argument` 0: the payload is an alias, and the reply's `information` the
    /// interface's LUID (`ConvertInterfaceAliasToLuid`). 1: `target` is a LUID, and the reply's
    /// payload the alias (`ConvertInterfaceLuidToAlias`). 2: the payload is the text of a GUID, and
    /// the reply's `information` the LUID (`ConvertInterfaceGuidToLuid`).
    /// `STATUS_INVALID_PARAMETER` for what no interface has.
    Alias = 20,
}

impl CallKind {
    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        [
            Self::Open,
            Self::Close,
            Self::DeviceControl,
            Self::Read,
            Self::Write,
            Self::Cancel,
            Self::Interfaces,
            Self::Duplicate,
            Self::Alias,
        ]
        .into_iter()
        .find(|kind| *kind as u32 == number)
    }
}

impl From<CallKind> for u32 {
    fn from(kind: CallKind) -> Self {
        kind as Self
    }
}
