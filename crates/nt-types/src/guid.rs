//! `GUID`: identifies a device interface class, a device setup class or an adapter.

use core::fmt;

/// A `GUID` with its documented members `Data1` to `Data4`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Guid {
    /// `Data1`.
    pub data1: u32,
    /// `Data2`.
    pub data2: u16,
    /// `Data3`.
    pub data3: u16,
    /// `Data4`.
    pub data4: [u8; 8],
}

const _: () = {
    assert!(size_of::<Guid>() == 16);
    assert!(align_of::<Guid>() == 4);
};

/// The form of the registry: lower-case hexadecimal in braces.
impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, node @ ..] = self.data4;
        write!(
            formatter,
            "{{{:08x}-{:04x}-{:04x}-{first:02x}{second:02x}-",
            self.data1, self.data2, self.data3
        )?;
        for byte in node {
            write!(formatter, "{byte:02x}")?;
        }
        formatter.write_str("}")
    }
}
