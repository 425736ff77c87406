//! The keys of a route: destination prefix, next hop, interface; and the checks of a row.

use std::net::IpAddr;

use ipnet::IpNet;
use nt_types::{MibIpForwardRow2, NtStatus, SockaddrInet};

use crate::behaviours::Behaviours;
use crate::initial::{METRIC_NOT_GIVEN, SITE_PREFIX_NOT_GIVEN};

/// The largest metric of a route: with an interface metric of the same size it fits 32 bits.
pub const METRIC_MAX: u32 = 0x7FFF_FFFF;

/// Which interface a caller means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The one with this LUID, whatever the index says.
    Luid(u64),
    /// The one with this index, since no LUID is given.
    Index(u32),
}

impl Selector {
    /// The interface that LUID and index select, or `None` if both are zero.
    #[must_use]
    pub const fn new(luid: u64, index: u32) -> Option<Self> {
        match (luid, index) {
            (0, 0) => None,
            (0, index) => Some(Self::Index(index)),
            (luid, _) => Some(Self::Luid(luid)),
        }
    }
}

/// What a next hop without a family means to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNextHop {
    /// The on-link route (create, set, delete).
    OnLink,
    /// Any route to that prefix through that interface (get).
    Any,
}

/// The keys of a row, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteKeys {
    /// The destination.
    pub prefix: IpNet,
    /// The next hop, or `None` for any.
    pub next_hop: Option<SockaddrInet>,
    /// The interface.
    pub interface: Selector,
}

impl RouteKeys {
    /// Reads and checks the keys of `row`: family, prefix length, host bits, next hop, interface,
    /// in this order.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER`, or what the behaviours say.
    pub fn read(
        row: &MibIpForwardRow2,
        no_next_hop: NoNextHop,
        behaviours: &Behaviours,
    ) -> Result<Self, NtStatus> {
        let prefix = prefix(row)?;
        let next_hop = next_hop(row, prefix, no_next_hop, behaviours)?;
        let interface = Selector::new(row.interface_luid, row.interface_index)
            .ok_or_else(|| behaviours.no_interface_given())?;
        Ok(Self {
            prefix,
            next_hop,
            interface,
        })
    }
}

fn prefix(row: &MibIpForwardRow2) -> Result<IpNet, NtStatus> {
    let destination = &row.destination_prefix;
    let address = destination
        .prefix
        .address()
        .ok_or(NtStatus::INVALID_PARAMETER)?;
    let prefix = IpNet::new(address, destination.prefix_length)
        .map_err(|_too_long| NtStatus::INVALID_PARAMETER)?;
    if prefix.trunc() == prefix {
        Ok(prefix)
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    }
}

fn next_hop(
    row: &MibIpForwardRow2,
    prefix: IpNet,
    no_next_hop: NoNextHop,
    behaviours: &Behaviours,
) -> Result<Option<SockaddrInet>, NtStatus> {
    if row.next_hop == SockaddrInet::default() {
        return match no_next_hop {
            NoNextHop::OnLink if behaviours.accepts_next_hop_without_family() => {
                Ok(Some(unspecified_like(prefix)))
            }
            NoNextHop::Any if behaviours.gets_first_match() => Ok(None),
            _ => Err(NtStatus::INVALID_PARAMETER),
        };
    }
    match (row.next_hop.address(), prefix) {
        (Some(IpAddr::V4(_)), IpNet::V4(_)) | (Some(IpAddr::V6(_)), IpNet::V6(_)) => {
            Ok(Some(row.next_hop.canonical()))
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

fn unspecified_like(prefix: IpNet) -> SockaddrInet {
    match prefix {
        IpNet::V4(_) => SockaddrInet::unspecified(nt_types::AddressFamily::IPV4),
        IpNet::V6(_) => SockaddrInet::unspecified(nt_types::AddressFamily::IPV6),
    }
}

/// Checks the members of a row that are not keys: lifetimes, site prefix length, metric.
///
/// # Errors
///
/// `STATUS_INVALID_PARAMETER`.
pub fn check_members(
    row: &MibIpForwardRow2,
    prefix: IpNet,
    behaviours: &Behaviours,
) -> Result<(), NtStatus> {
    let lifetime_known = row.valid_lifetime != 0 || behaviours.accepts_no_lifetime();
    let metric_in_range =
        !behaviours.checks_metric() || row.metric <= METRIC_MAX || row.metric == METRIC_NOT_GIVEN;
    let sound = lifetimes_agree(row)
        && site_is_in_prefix(row, prefix, behaviours)
        && lifetime_known
        && metric_in_range;
    if sound {
        Ok(())
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    }
}

/// Checks the lifetimes and the site prefix length alone, for a get that looks at them.
///
/// # Errors
///
/// `STATUS_INVALID_PARAMETER`.
pub fn check_lifetimes_and_site(
    row: &MibIpForwardRow2,
    prefix: IpNet,
    behaviours: &Behaviours,
) -> Result<(), NtStatus> {
    if lifetimes_agree(row) && site_is_in_prefix(row, prefix, behaviours) {
        Ok(())
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    }
}

const fn lifetimes_agree(row: &MibIpForwardRow2) -> bool {
    row.preferred_lifetime <= row.valid_lifetime
}

fn site_is_in_prefix(row: &MibIpForwardRow2, prefix: IpNet, behaviours: &Behaviours) -> bool {
    row.site_prefix_length <= prefix.prefix_len()
        || row.site_prefix_length == SITE_PREFIX_NOT_GIVEN && behaviours.accepts_fresh_site_prefix()
}
