//! The names of interfaces, as the IP Helper API converts them.

use abi::Guid;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    ConvertInterfaceAliasToLuid, ConvertInterfaceGuidToLuid, ConvertInterfaceLuidToAlias,
};
use windows_sys::Win32::NetworkManagement::Ndis::{IF_MAX_STRING_SIZE, NET_LUID_LH};
use windows_sys::core::GUID;

/// The LUID of the interface with this alias.
pub(crate) fn luid_of_alias(alias: &str) -> Option<u64> {
    let alias: Vec<u16> = alias.encode_utf16().chain([0]).collect();
    let mut luid = NET_LUID_LH { Value: 0 };
    // SAFETY: the alias ends with a zero, and the LUID can be written.
    let status = unsafe { ConvertInterfaceAliasToLuid(alias.as_ptr(), &raw mut luid) };
    // SAFETY: the union is one number, and it was initialised.
    let luid = unsafe { luid.Value };
    (status == 0).then_some(luid)
}

/// The LUID of the interface whose adapter has this GUID.
pub(crate) fn luid_of_guid(guid: Guid) -> Option<u64> {
    let guid = GUID {
        data1: guid.data1,
        data2: guid.data2,
        data3: guid.data3,
        data4: guid.data4,
    };
    let mut luid = NET_LUID_LH { Value: 0 };
    // SAFETY: the GUID can be read, and the LUID can be written.
    let status = unsafe { ConvertInterfaceGuidToLuid(&raw const guid, &raw mut luid) };
    // SAFETY: the union is one number, and it was initialised.
    let luid = unsafe { luid.Value };
    (status == 0).then_some(luid)
}

/// The alias of the interface with this LUID.
pub(crate) fn alias_of_luid(luid: u64) -> Option<String> {
    let luid = NET_LUID_LH { Value: luid };
    let mut alias = [0_u16; IF_MAX_STRING_SIZE as usize + 1];
    // SAFETY: the LUID can be read, and the buffer has the given length.
    let status =
        unsafe { ConvertInterfaceLuidToAlias(&raw const luid, alias.as_mut_ptr(), alias.len()) };
    let alias = alias.split(|unit| *unit == 0).next().unwrap_or_default();
    (status == 0).then(|| String::from_utf16_lossy(alias))
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::NetworkManagement::IpHelper::ConvertInterfaceIndexToLuid;

    use super::*;

    fn luid_of_index(index: u32) -> Option<u64> {
        let mut luid = NET_LUID_LH { Value: 0 };
        // SAFETY: the LUID can be written.
        let status = unsafe { ConvertInterfaceIndexToLuid(index, &raw mut luid) };
        // SAFETY: the union is one number, and it was initialised.
        let luid = unsafe { luid.Value };
        (status == 0).then_some(luid)
    }

    #[test]
    fn an_alias_names_its_interface() {
        let luids: Vec<_> = (1..100).filter_map(luid_of_index).collect();
        assert!(!luids.is_empty(), "the loopback interface exists");
        for luid in luids {
            let alias = alias_of_luid(luid).expect("it has an alias");
            assert!(!alias.is_empty());
            assert_eq!(luid_of_alias(&alias), Some(luid), "{alias}");
        }
    }

    #[test]
    fn an_unknown_alias_or_luid_is_none() {
        assert_eq!(luid_of_alias("no interface of that name"), None);
        assert_eq!(alias_of_luid(0xDEAD), None);
    }
}
