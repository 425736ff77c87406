//! The interfaces as they were read last, and how they differ from what is read now.
//!
//! An event of an interface says only which one it is, so that a command finds out what happened by
//! comparing.

use std::collections::BTreeMap;
use std::fmt;

use ipforward::{AddressFamily, Interface, IpInterface};

use crate::output::{MemberChange, family_name};

/// One family on an interface: its LUID, or its index if only that is known.
type FamilyId = (Result<u64, Option<u32>>, u16);

/// The families on interfaces as they were read last.
#[derive(Debug, Default)]
pub(super) struct InterfaceStates(BTreeMap<FamilyId, IpInterface>);

/// How one family on an interface differs from what was read before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InterfaceDifference {
    /// The interface as it is now, or as it was before it was removed.
    pub(super) interface: IpInterface,
    pub(super) kind: DifferenceKind,
}

/// What happened to an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DifferenceKind {
    Added,
    Removed,
    Connected,
    Disconnected,
    /// Other members have changed.
    Changed(Vec<MemberChange>),
}

impl InterfaceStates {
    pub(super) fn new(interfaces: &[IpInterface]) -> Self {
        let mut states = Self::default();
        states.update(interfaces);
        states
    }

    /// Takes in all interfaces as they are now. Returns the differences from those before.
    pub(super) fn update(&mut self, interfaces: &[IpInterface]) -> Vec<InterfaceDifference> {
        let now = interfaces.iter().map(|row| (id(row), *row));
        let before = std::mem::replace(&mut self.0, now.collect());
        let is_gone = |(id, _): &(&FamilyId, &IpInterface)| !self.0.contains_key(*id);
        let removed = before.iter().filter(is_gone);
        let removed = removed.map(|(_, row)| InterfaceDifference {
            interface: *row,
            kind: DifferenceKind::Removed,
        });
        let mut differences: Vec<_> = removed.collect();
        for (id, row) in &self.0 {
            let kinds = match before.get(id) {
                None => vec![DifferenceKind::Added],
                Some(old) => kinds(old, row),
            };
            differences.extend(kinds.into_iter().map(|kind| InterfaceDifference {
                interface: *row,
                kind,
            }));
        }
        differences
    }

    /// True if the stack uses no route of this family on the interface: the interface has no link.
    pub(super) fn is_disconnected(&self, interface: Interface, family: AddressFamily) -> bool {
        let row = self.0.get(&(identity(interface), family.0));
        row.is_some_and(|row| !row.is_connected())
    }
}

fn id(row: &IpInterface) -> FamilyId {
    (identity(row.interface), row.family.0)
}

fn identity(interface: Interface) -> Result<u64, Option<u32>> {
    interface.luid().ok_or(interface.index())
}

/// What happened to an interface that existed before.
fn kinds(old: &IpInterface, new: &IpInterface) -> Vec<DifferenceKind> {
    let link = match (old.is_connected(), new.is_connected()) {
        (false, true) => Some(DifferenceKind::Connected),
        (true, false) => Some(DifferenceKind::Disconnected),
        _ => None,
    };
    let differing: Vec<_> = members(old)
        .into_iter()
        .zip(members(new))
        .filter(|(old, new)| old != new)
        .map(|((member, old), (_, new))| MemberChange { member, old, new })
        .collect();
    let changed = (!differing.is_empty()).then_some(DifferenceKind::Changed(differing));
    link.into_iter().chain(changed).collect()
}

/// The members that routes depend on, besides the link.
fn members(row: &IpInterface) -> [(&'static str, String); 4] {
    let yes_or_no = |yes| if yes { "yes" } else { "no" }.to_owned();
    [
        ("metric", row.metric.to_string()),
        ("automatic_metric", yes_or_no(row.has_automatic_metric())),
        ("default_routes", yes_or_no(row.uses_default_routes())),
        ("mtu", row.mtu.to_string()),
    ]
}

impl InterfaceDifference {
    /// The name of the event: `interface_connected`.
    pub(super) const fn name(&self) -> &'static str {
        match self.kind {
            DifferenceKind::Added => "interface_added",
            DifferenceKind::Removed => "interface_removed",
            DifferenceKind::Connected => "interface_connected",
            DifferenceKind::Disconnected => "interface_disconnected",
            DifferenceKind::Changed(_) => "interface_changed",
        }
    }

    /// The members that have changed, if that is the event.
    pub(super) fn changes(&self) -> &[MemberChange] {
        match &self.kind {
            DifferenceKind::Changed(changes) => changes,
            _ => &[],
        }
    }
}

impl fmt::Display for InterfaceDifference {
    /// Formats what follows the name of the event: `dev 7 IPv4 metric 25 → 5`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = &self.interface;
        let family = family_name(row.family);
        write!(formatter, "dev {} {family}", row.interface)?;
        if self.kind == DifferenceKind::Added {
            let link = if row.is_connected() {
                ""
            } else {
                " disconnected"
            };
            write!(formatter, " metric {}{link}", row.metric)?;
        }
        for MemberChange { member, old, new } in self.changes() {
            let member = member.replace('_', " ");
            write!(formatter, " {member} {old} → {new}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ipforward::InterfaceFlags;
    use ipforward::abi::MibIpInterfaceRow;

    use super::*;

    fn row(luid: u64, family: AddressFamily, metric: u32) -> IpInterface {
        let row = MibIpInterfaceRow {
            family: family.0,
            interface_luid: luid,
            interface_index: 7,
            metric,
            connected: 1,
            use_automatic_metric: 1,
            nl_mtu: 1500,
            ..MibIpInterfaceRow::default()
        };
        IpInterface::try_from(&row).unwrap()
    }

    fn with(row: IpInterface, flag: InterfaceFlags, is_set: bool) -> IpInterface {
        let mut changed = row;
        changed.flags.set(flag, is_set);
        changed
    }

    /// The differences as lines.
    fn lines(states: &mut InterfaceStates, rows: &[IpInterface]) -> Vec<String> {
        let differences = states.update(rows);
        let line = |it: &InterfaceDifference| format!("{} {it}", it.name());
        differences.iter().map(line).collect()
    }

    #[test]
    fn each_family_is_compared_with_what_was_read_before() {
        let [ipv4, ipv6] = [AddressFamily::IPV4, AddressFamily::IPV6].map(|it| row(1, it, 25));
        let mut states = InterfaceStates::new(&[ipv4]);
        assert_eq!(lines(&mut states, &[ipv4]), [""; 0]);
        let added = lines(&mut states, &[ipv4, ipv6]);
        assert_eq!(added, ["interface_added dev 7 IPv6 metric 25"]);
        let down = with(ipv4, InterfaceFlags::CONNECTED, false);
        let disconnected = lines(&mut states, &[down, ipv6]);
        assert_eq!(disconnected, ["interface_disconnected dev 7 IPv4"]);
        assert!(states.is_disconnected(ipv4.interface, AddressFamily::IPV4));
        assert!(!states.is_disconnected(ipv4.interface, AddressFamily::IPV6));
        let removed = lines(&mut states, &[down]);
        assert_eq!(removed, ["interface_removed dev 7 IPv6"]);
        let other = with(
            row(2, AddressFamily::IPV6, 5),
            InterfaceFlags::CONNECTED,
            false,
        );
        let both = lines(&mut states, &[ipv4, other]);
        let expected = [
            "interface_connected dev 7 IPv4",
            "interface_added dev 7 IPv6 metric 5 disconnected",
        ];
        assert_eq!(both, expected);
    }

    #[test]
    fn members_that_changed_are_named_with_both_values() {
        let before = row(1, AddressFamily::IPV4, 25);
        let mut states = InterfaceStates::new(&[before]);
        let manual = with(
            row(1, AddressFamily::IPV4, 5),
            InterfaceFlags::AUTOMATIC_METRIC,
            false,
        );
        let manual = with(manual, InterfaceFlags::DISABLE_DEFAULT_ROUTES, true);
        let changed = "interface_changed dev 7 IPv4 metric 25 → 5 automatic metric yes → no \
                       default routes yes → no";
        assert_eq!(lines(&mut states, &[manual]), [changed]);
        let back = with(before, InterfaceFlags::CONNECTED, false);
        let lines = lines(&mut states, &[back]);
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}
