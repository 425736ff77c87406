//! `GUID`: identifies a device interface class, a device setup class or an adapter.

use core::fmt;
use core::str::FromStr;

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

/// The text is no GUID in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidGuid;

impl fmt::Display for InvalidGuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("invalid GUID: expected {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}")
    }
}

impl core::error::Error for InvalidGuid {}

/// Reads the form of the registry; letters in any case.
impl FromStr for Guid {
    type Err = InvalidGuid;

    fn from_str(text: &str) -> Result<Self, InvalidGuid> {
        let inner = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        let mut groups = inner.ok_or(InvalidGuid)?.split('-');
        let data1 = hexadecimal(groups.next(), 8)?;
        let data2 = hexadecimal(groups.next(), 4)?;
        let data3 = hexadecimal(groups.next(), 4)?;
        let clock = hexadecimal(groups.next(), 4)?;
        let node = hexadecimal(groups.next(), 12)?;
        if groups.next().is_some() {
            return Err(InvalidGuid);
        }
        Ok(Self {
            data1: u32::try_from(data1).map_err(|_| InvalidGuid)?,
            data2: u16::try_from(data2).map_err(|_| InvalidGuid)?,
            data3: u16::try_from(data3).map_err(|_| InvalidGuid)?,
            data4: (clock << 48 | node).to_be_bytes(),
        })
    }
}

/// The number of a group with this many digits.
fn hexadecimal(group: Option<&str>, length: usize) -> Result<u64, InvalidGuid> {
    let group = group
        .filter(|group| group.len() == length)
        .ok_or(InvalidGuid)?;
    if !group.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(InvalidGuid);
    }
    u64::from_str_radix(group, 16).map_err(|_| InvalidGuid)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    const TEXT: &str = "{4e455449-0001-0203-0006-008001000000}";

    #[test]
    fn a_guid_is_read_as_it_is_written() {
        let guid: Guid = TEXT.parse().unwrap();
        assert_eq!(
            (guid.data1, guid.data2, guid.data3),
            (0x4E45_5449, 1, 0x203)
        );
        assert_eq!(guid.data4, 0x0006_0080_0100_0000_u64.to_be_bytes());
        assert_eq!(guid.to_string(), TEXT);
        assert_eq!(TEXT.to_uppercase().parse(), Ok(guid));
    }

    #[test]
    fn other_text_is_no_guid() {
        for text in [
            "",
            "{}",
            "4e455449-0001-0203-0006-008001000000",
            "{4e455449-0001-0203-0006-00800100000}",
            "{4e455449-0001-0203-0006-0080010000000}",
            "{4e455449-0001-0203-0006-008001000000-1}",
            "{4e45544+-0001-0203-0006-008001000000}",
            "{4e455449000102030006008001000000}",
        ] {
            assert_eq!(text.parse::<Guid>(), Err(InvalidGuid), "{text}");
        }
    }
}
