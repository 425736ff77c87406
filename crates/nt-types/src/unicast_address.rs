//! `MIB_UNICASTIPADDRESS_ROW`: one unicast address of an interface.

use core::mem::{offset_of, size_of};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{AddressFamily, SockaddrInet};

/// `IpDadStateInvalid` of `NL_DAD_STATE`: the address may not be used.
pub const DAD_STATE_INVALID: u32 = 0;

/// `IpDadStateDuplicate` of `NL_DAD_STATE`: another computer has the address.
pub const DAD_STATE_DUPLICATE: u32 = 2;

/// `IpDadStatePreferred` of `NL_DAD_STATE`: the address may be used.
pub const DAD_STATE_PREFERRED: u32 = 4;

/// `MIB_UNICASTIPADDRESS_ROW`: 80 bytes, aligned to 8, byte for byte what `netioapi.h` declares.
///
/// The keys are the address and the interface.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct MibUnicastIpAddressRow {
    /// `Address`.
    pub address: SockaddrInet,
    /// Padding of the Windows structure; must be zero.
    pub reserved: [u8; 4],
    /// `InterfaceLuid`.
    pub interface_luid: u64,
    /// `InterfaceIndex`.
    pub interface_index: u32,
    /// `PrefixOrigin`, an `NL_PREFIX_ORIGIN`.
    pub prefix_origin: u32,
    /// `SuffixOrigin`, an `NL_SUFFIX_ORIGIN`.
    pub suffix_origin: u32,
    /// `ValidLifetime`, in seconds.
    pub valid_lifetime: u32,
    /// `PreferredLifetime`, in seconds.
    pub preferred_lifetime: u32,
    /// `OnLinkPrefixLength`, in bits.
    pub on_link_prefix_length: u8,
    /// `SkipAsSource`, a `BOOLEAN`.
    pub skip_as_source: u8,
    /// Padding of the Windows structure; must be zero.
    pub reserved_2: [u8; 2],
    /// `DadState`, an `NL_DAD_STATE`.
    pub dad_state: u32,
    /// `ScopeId`.
    pub scope_id: u32,
    /// `CreationTimeStamp`, in units of 100 ns.
    pub creation_time_stamp: i64,
}

const _: () = {
    assert!(size_of::<MibUnicastIpAddressRow>() == 80);
    assert!(align_of::<MibUnicastIpAddressRow>() == 8);
    assert!(offset_of!(MibUnicastIpAddressRow, interface_luid) == 32);
    assert!(offset_of!(MibUnicastIpAddressRow, prefix_origin) == 44);
    assert!(offset_of!(MibUnicastIpAddressRow, on_link_prefix_length) == 60);
    assert!(offset_of!(MibUnicastIpAddressRow, dad_state) == 64);
    assert!(offset_of!(MibUnicastIpAddressRow, creation_time_stamp) == 72);
};

impl MibUnicastIpAddressRow {
    /// The address family.
    #[must_use]
    pub const fn family(&self) -> AddressFamily {
        self.address.family()
    }

    /// Whether the interface may use the address, now or after duplicate address detection.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        !matches!(self.dad_state, DAD_STATE_INVALID | DAD_STATE_DUPLICATE)
    }
}
