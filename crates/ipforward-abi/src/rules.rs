//! The documented rules that a row must keep, as far as the row alone shows.
//!
//! These checks never replace the network stack's own: they name the rule behind a refusal. The
//! driver, the client and the tests share them.

use core::net::IpAddr;

use nt_types::AddressFamily;
use nt_types::route::{METRIC_MAX, MibIpForwardRow2, SITE_PREFIX_UNSPECIFIED, UNSPECIFIED};

use crate::diagnosis::{Cause, Diagnosis};

/// A rule that a row breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowViolation {
    /// The rule.
    pub cause: Cause,
    /// The largest value that the rule allows, if it has one; else 0.
    pub limit: u32,
}

impl RowViolation {
    /// A violation of a rule without a limit.
    const fn new(cause: Cause) -> Self {
        Self { cause, limit: 0 }
    }
}

impl From<RowViolation> for Diagnosis {
    fn from(violation: RowViolation) -> Self {
        Self {
            cause: violation.cause.0,
            limit: violation.limit,
            ..Self::default()
        }
    }
}

/// Whether a row may keep the sentinels that `InitializeIpForwardEntry` writes. The documentation
/// forbids them; the stack is known to accept them as "not specified".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentinels {
    /// They are "not specified".
    Accepted,
    /// They are checked like any other value.
    Refused,
}

/// Checks every rule, in the order in which the stack is believed to check them.
///
/// # Errors
///
/// The first rule that the row breaks.
pub fn check_row(row: &MibIpForwardRow2, sentinels: Sentinels) -> Result<(), RowViolation> {
    check_prefix(row)?;
    check_next_hop(row, sentinels)?;
    check_interface_specified(row)?;
    check_lifetimes(row)?;
    check_site_prefix_length(row, sentinels)?;
    check_metric(row, sentinels)
}

/// Checks a row that the stack refused with `STATUS_INVALID_PARAMETER`: a sentinel is named only
/// if the row breaks no other rule.
///
/// # Errors
///
/// The rule that most likely made the stack refuse the row.
pub fn check_refused_row(row: &MibIpForwardRow2) -> Result<(), RowViolation> {
    check_row(row, Sentinels::Accepted)?;
    check_row(row, Sentinels::Refused)
}

/// Checks that the row names an interface, by LUID or by index.
///
/// # Errors
///
/// [`Cause::INTERFACE_UNSPECIFIED`].
pub fn check_interface_specified(row: &MibIpForwardRow2) -> Result<(), RowViolation> {
    if row.interface_luid == 0 && row.interface_index == 0 {
        return Err(RowViolation::new(Cause::INTERFACE_UNSPECIFIED));
    }
    Ok(())
}

/// Family, length and host bits of the destination prefix.
fn check_prefix(row: &MibIpForwardRow2) -> Result<(), RowViolation> {
    let prefix = &row.destination_prefix;
    let bits = prefix
        .prefix
        .family()
        .address_bits()
        .ok_or(RowViolation::new(Cause::PREFIX_FAMILY))?;
    if prefix.prefix_length > bits {
        return Err(RowViolation {
            cause: Cause::PREFIX_LENGTH,
            limit: bits.into(),
        });
    }
    if has_host_bits(row) {
        return Err(RowViolation::new(Cause::HOST_BITS));
    }
    Ok(())
}

/// Whether the destination address has bits set behind the prefix length.
fn has_host_bits(row: &MibIpForwardRow2) -> bool {
    let length = u32::from(row.destination_prefix.prefix_length);
    match row.destination_prefix.prefix.address() {
        Some(IpAddr::V4(address)) => address.to_bits().checked_shl(length).unwrap_or(0) != 0,
        Some(IpAddr::V6(address)) => address.to_bits().checked_shl(length).unwrap_or(0) != 0,
        None => false,
    }
}

fn check_next_hop(row: &MibIpForwardRow2, sentinels: Sentinels) -> Result<(), RowViolation> {
    match row.next_hop.family() {
        AddressFamily::UNSPECIFIED if sentinels == Sentinels::Accepted => Ok(()),
        AddressFamily::UNSPECIFIED => Err(RowViolation::new(Cause::NEXT_HOP_UNSPECIFIED)),
        family if family == row.destination_prefix.prefix.family() => Ok(()),
        _ => Err(RowViolation::new(Cause::NEXT_HOP_FAMILY)),
    }
}

fn check_lifetimes(row: &MibIpForwardRow2) -> Result<(), RowViolation> {
    if row.preferred_lifetime > row.valid_lifetime {
        return Err(RowViolation {
            cause: Cause::LIFETIMES,
            limit: row.valid_lifetime,
        });
    }
    Ok(())
}

fn check_site_prefix_length(
    row: &MibIpForwardRow2,
    sentinels: Sentinels,
) -> Result<(), RowViolation> {
    let accepted =
        sentinels == Sentinels::Accepted && row.site_prefix_length == SITE_PREFIX_UNSPECIFIED;
    if !accepted && row.site_prefix_length > row.destination_prefix.prefix_length {
        return Err(RowViolation {
            cause: Cause::SITE_PREFIX_LENGTH,
            limit: row.destination_prefix.prefix_length.into(),
        });
    }
    Ok(())
}

fn check_metric(row: &MibIpForwardRow2, sentinels: Sentinels) -> Result<(), RowViolation> {
    let accepted = sentinels == Sentinels::Accepted && row.metric == UNSPECIFIED;
    if !accepted && row.metric > METRIC_MAX {
        return Err(RowViolation {
            cause: Cause::METRIC,
            limit: METRIC_MAX,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use nt_types::address::IpAddressPrefix;

    use super::*;

    fn sound() -> MibIpForwardRow2 {
        MibIpForwardRow2 {
            interface_index: 7,
            destination_prefix: IpAddressPrefix::new(IpAddr::from([10, 20, 0, 0]), 16),
            next_hop: IpAddr::from([192, 0, 2, 254]).into(),
            ..MibIpForwardRow2::default()
        }
    }

    fn changed(change: impl FnOnce(&mut MibIpForwardRow2)) -> MibIpForwardRow2 {
        let mut row = sound();
        change(&mut row);
        row
    }

    fn violation(cause: Cause, limit: u32) -> Result<(), RowViolation> {
        Err(RowViolation { cause, limit })
    }

    #[test]
    fn a_sound_row_breaks_no_rule() {
        assert_eq!(check_refused_row(&sound()), Ok(()));
    }

    #[test]
    fn each_rule_is_named_with_its_limit() {
        let check = |change: fn(&mut MibIpForwardRow2)| {
            let row = changed(change);
            assert_eq!(
                check_refused_row(&row),
                check_row(&row, Sentinels::Accepted)
            );
            check_row(&row, Sentinels::Accepted)
        };
        assert_eq!(
            check(|row| row.destination_prefix.prefix.family = 99),
            violation(Cause::PREFIX_FAMILY, 0)
        );
        assert_eq!(
            check(|row| row.destination_prefix.prefix_length = 33),
            violation(Cause::PREFIX_LENGTH, 32)
        );
        assert_eq!(
            check(|row| row.destination_prefix.prefix.ipv4_or_flow[3] = 1),
            violation(Cause::HOST_BITS, 0)
        );
        assert_eq!(
            check(|row| row.next_hop.family = AddressFamily::IPV6.0),
            violation(Cause::NEXT_HOP_FAMILY, 0)
        );
        assert_eq!(
            check(|row| row.interface_index = 0),
            violation(Cause::INTERFACE_UNSPECIFIED, 0)
        );
        assert_eq!(
            check(|row| row.preferred_lifetime = 1),
            violation(Cause::LIFETIMES, 0)
        );
        assert_eq!(
            check(|row| row.site_prefix_length = 17),
            violation(Cause::SITE_PREFIX_LENGTH, 16)
        );
        assert_eq!(
            check(|row| row.metric = METRIC_MAX + 1),
            violation(Cause::METRIC, METRIC_MAX)
        );
    }

    #[test]
    fn a_default_route_with_an_address_has_host_bits() {
        let row = changed(|row| {
            row.destination_prefix = IpAddressPrefix::new(IpAddr::from([0, 0, 0, 1]), 0);
        });
        let broken = check_row(&row, Sentinels::Accepted);
        assert_eq!(broken, violation(Cause::HOST_BITS, 0));
    }

    #[test]
    fn a_full_length_prefix_has_no_host_bits() {
        for address in [IpAddr::from([255; 4]), IpAddr::from([255; 16])] {
            let row = changed(|row| {
                row.destination_prefix = IpAddressPrefix::new(address, 32);
                row.destination_prefix.prefix_length =
                    AddressFamily(row.destination_prefix.prefix.family)
                        .address_bits()
                        .unwrap();
                row.next_hop = address.into();
            });
            assert_eq!(check_refused_row(&row), Ok(()));
        }
    }

    #[test]
    fn sentinels_break_a_rule_only_where_they_are_refused() {
        let cases = [
            (
                changed(|row| row.next_hop.family = AddressFamily::UNSPECIFIED.0),
                violation(Cause::NEXT_HOP_UNSPECIFIED, 0),
            ),
            (
                changed(|row| row.site_prefix_length = SITE_PREFIX_UNSPECIFIED),
                violation(Cause::SITE_PREFIX_LENGTH, 16),
            ),
            (
                changed(|row| row.metric = UNSPECIFIED),
                violation(Cause::METRIC, METRIC_MAX),
            ),
        ];
        for (row, broken) in cases {
            assert_eq!(check_row(&row, Sentinels::Accepted), Ok(()));
            assert_eq!(check_row(&row, Sentinels::Refused), broken);
            assert_eq!(check_refused_row(&row), broken);
        }
    }
}
