//! What makes a route this one and no other: compartment, interface, prefix and next hop.

use core::net::IpAddr;

use abi::{AddressFamily, IpAddressPrefix, MibIpForwardRow2, SockaddrInet};

use crate::compartment::CompartmentId;

/// The keys of a route, with its interface by LUID. Scope ids are left out: the interface decides
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RouteKey {
    luid: u64,
    prefix: [u64; 2],
    next_hop: [u64; 2],
    family: u16,
    prefix_length: u8,
    compartment: CompartmentId,
}

/// An address as two numbers; an IPv4 address is in the first. Bytes without a meaning are ignored.
fn words(address: &SockaddrInet) -> [u64; 2] {
    match address.address() {
        Some(IpAddr::V4(address)) => [u64::from(address.to_bits()), 0],
        Some(IpAddr::V6(address)) => {
            let (high, low) = halves(address.to_bits());
            [high, low]
        }
        None => [0, 0],
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each half is a half")]
const fn halves(bits: u128) -> (u64, u64) {
    ((bits >> 64) as u64, bits as u64)
}

fn address(family: u16, [first, second]: [u64; 2]) -> SockaddrInet {
    let mut address = SockaddrInet::unspecified(AddressFamily(family));
    match AddressFamily(family) {
        AddressFamily::IPV4 => {
            let [.., a, b, c, d] = first.to_be_bytes();
            address.ipv4_or_flow = [a, b, c, d];
        }
        _ => address.ipv6 = zerocopy::transmute!([first.to_be_bytes(), second.to_be_bytes()]),
    }
    address
}

impl RouteKey {
    /// The keys of a row, on the interface with this LUID, in the default compartment.
    pub(crate) fn on(luid: u64, row: &MibIpForwardRow2) -> Self {
        Self {
            luid,
            prefix: words(&row.destination_prefix.prefix),
            // A next hop without a family means on-link, as one that is all zero does.
            next_hop: words(&row.next_hop),
            family: row.destination_prefix.prefix.family,
            prefix_length: row.destination_prefix.prefix_length,
            compartment: CompartmentId::DEFAULT,
        }
    }

    /// The keys of a row that says its LUID, in the default compartment.
    pub(crate) fn of(row: &MibIpForwardRow2) -> Self {
        Self::on(row.interface_luid, row)
    }

    /// The compartment, which the row does not say.
    pub(crate) const fn compartment(&self) -> CompartmentId {
        self.compartment
    }

    /// The interface.
    pub(crate) const fn luid(&self) -> u64 {
        self.luid
    }

    /// The family.
    pub(crate) const fn family(&self) -> AddressFamily {
        AddressFamily(self.family)
    }

    /// A row with these keys; all other members are zero.
    pub(crate) fn row(&self) -> MibIpForwardRow2 {
        MibIpForwardRow2 {
            interface_luid: self.luid,
            destination_prefix: IpAddressPrefix {
                prefix: address(self.family, self.prefix),
                prefix_length: self.prefix_length,
                reserved: [0; 3],
            },
            next_hop: address(self.family, self.next_hop),
            ..MibIpForwardRow2::default()
        }
    }

    /// The same route in another compartment.
    pub(crate) const fn with_compartment(self, compartment: CompartmentId) -> Self {
        Self {
            compartment,
            ..self
        }
    }

    /// The same route on another interface.
    pub(crate) const fn with_luid(self, luid: u64) -> Self {
        Self { luid, ..self }
    }

    /// The same route, whatever its interface in the compartment.
    pub(crate) const fn anywhere(self) -> Self {
        Self { luid: 0, ..self }
    }

    /// Whether the prefix lies in `outer`, which is a prefix of the same family.
    pub(crate) fn lies_in(&self, outer: &IpAddressPrefix) -> bool {
        let length = outer.prefix_length;
        let same = |bits: u32, ours: u128, theirs: u128| {
            let behind = bits.saturating_sub(length.into());
            ours.checked_shr(behind).unwrap_or(0) == theirs.checked_shr(behind).unwrap_or(0)
        };
        let [ours, theirs] = [self.prefix, words(&outer.prefix)]
            .map(|[first, second]| u128::from(first) << 64 | u128::from(second));
        self.family == outer.prefix.family
            && self.prefix_length >= length
            && match self.family() {
                AddressFamily::IPV4 => same(32, ours >> 64, theirs >> 64),
                _ => same(128, ours, theirs),
            }
    }

    /// A hash of the keys but the interface, without a seed: callers can make keys that collide.
    pub(crate) fn spread(&self) -> u64 {
        // Odd numbers whose bits are as good as random: those of pi.
        let [p0, p1] = self.prefix;
        let [n0, n1] = self.next_hop;
        let words = p0.wrapping_mul(0x243F_6A88_85A3_08D3)
            ^ p1.wrapping_mul(0x1319_8A2E_0370_7345)
            ^ n0.wrapping_mul(0xA409_3822_299F_31D1)
            ^ n1.wrapping_mul(0x082E_FA98_EC4E_6C89)
            ^ u64::from(self.prefix_length);
        let (low, high) = words.carrying_mul(0x4528_21E6_38D0_1377, 0);
        low ^ high
    }

    /// SipHash-1-3 of the keys. The addresses of IPv4 are one word together, which spares half of the
    /// work.
    pub(crate) fn hash(&self, seed: u64) -> u64 {
        let [p0, p1] = self.prefix;
        let [n0, n1] = self.next_hop;
        let rest = u64::from(self.compartment.number()) << 24
            | u64::from(self.family) << 8
            | u64::from(self.prefix_length);
        match self.family() {
            AddressFamily::IPV4 => crate::hash::sip(seed, &[self.luid, p0 << 32 | n0], rest),
            _ => crate::hash::sip(seed, &[self.luid, p0, p1, n0, n1], rest),
        }
    }
}

#[cfg(test)]
impl RouteKey {
    /// The keys of one of many routes, for tests.
    pub(crate) fn numbered(number: u64) -> Self {
        Self {
            luid: 7,
            prefix: [number, 0],
            family: 2,
            prefix_length: 32,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(prefix: &str, length: u8, next_hop: &str) -> MibIpForwardRow2 {
        MibIpForwardRow2 {
            interface_luid: 7,
            destination_prefix: IpAddressPrefix::new(prefix.parse().unwrap(), length),
            next_hop: SockaddrInet::from(next_hop.parse::<IpAddr>().unwrap()),
            ..MibIpForwardRow2::default()
        }
    }

    #[test]
    fn a_key_gives_the_keys_of_its_row() {
        for row in [
            row("10.20.0.0", 16, "192.0.2.254"),
            row("2001:db8:20::", 48, "2001:db8::1"),
            row("0.0.0.0", 0, "0.0.0.0"),
        ] {
            assert_eq!(RouteKey::of(&row).row(), row);
        }
    }

    #[test]
    fn a_next_hop_without_a_family_means_on_link() {
        let on_link = row("10.0.0.0", 8, "0.0.0.0");
        let mut bare = on_link;
        bare.next_hop = SockaddrInet::default();
        assert_eq!(RouteKey::of(&bare), RouteKey::of(&on_link));
    }

    #[test]
    fn a_scope_does_not_make_another_route() {
        let mut scoped = row("2001:db8::", 32, "fe80::1");
        let plain = RouteKey::of(&scoped);
        scoped.next_hop.scope_id = 7;
        assert_eq!(RouteKey::of(&scoped), plain);
    }

    #[test]
    fn a_prefix_lies_in_itself_and_in_shorter_ones_only() {
        let outer = |prefix: &str, length| IpAddressPrefix::new(prefix.parse().unwrap(), length);
        let key = RouteKey::of(&row("10.20.0.0", 16, "0.0.0.0"));
        assert!(key.lies_in(&outer("10.20.0.0", 16)));
        assert!(key.lies_in(&outer("10.0.0.0", 8)));
        assert!(key.lies_in(&outer("0.0.0.0", 0)));
        assert!(!key.lies_in(&outer("10.20.0.0", 17)));
        assert!(!key.lies_in(&outer("11.0.0.0", 8)));
        assert!(!key.lies_in(&outer("::", 0)));
        let six = RouteKey::of(&row("2001:db8:20::", 48, "::"));
        assert!(six.lies_in(&outer("2001:db8::", 32)) && six.lies_in(&outer("::", 0)));
        assert!(!six.lies_in(&outer("2001:db9::", 32)));
    }
}
