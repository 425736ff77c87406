//! I/O control codes, as the `CTL_CODE` macro makes them.

/// `FILE_DEVICE_NETWORK`, the device type of every code of this driver.
pub const FILE_DEVICE_NETWORK: u32 = 0x12;

/// `METHOD_BUFFERED`: input and output share one system buffer.
const METHOD_BUFFERED: u32 = 0;

/// Access that the caller's handle must have. The I/O manager checks it before the driver runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredAccess {
    /// `FILE_READ_ACCESS`: the operation reads.
    Read,
    /// `FILE_WRITE_ACCESS`: the operation changes something.
    Write,
}

impl RequiredAccess {
    /// The value of the access field of a control code.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
        }
    }
}

/// An I/O control code, as `DeviceIoControl` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlCode(pub u32);

impl ControlCode {
    /// `CTL_CODE(FILE_DEVICE_NETWORK, function, METHOD_BUFFERED, access)`.
    ///
    /// `function` has 12 bits; higher bits are dropped. Microsoft leaves values from 0x800 to vendors.
    #[must_use]
    pub const fn buffered(function: u32, access: RequiredAccess) -> Self {
        Self(
            FILE_DEVICE_NETWORK << 16
                | access.bits() << 14
                | (function & 0xFFF) << 2
                | METHOD_BUFFERED,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_packs_as_ctl_code_does() {
        assert_eq!(
            ControlCode::buffered(0x800, RequiredAccess::Read).0,
            0x0012_6000
        );
        assert_eq!(
            ControlCode::buffered(0x80B, RequiredAccess::Write).0,
            0x0012_A02C
        );
    }
}
