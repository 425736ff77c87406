//! The settings of the interface. Its metric keeps its value, so that no route gets better or worse.

use ipforward::abi::AddressFamily;
use ipforward::{Device, Error, InterfaceChange, IpInterface, Reason};

use crate::selftest::case::NamedCase;
use crate::selftest::context::CaseContext;
use crate::selftest::not_passed::{CaseResult, NotPassed, expect_equal, expect_refused};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::of_family(
        "interface-listed",
        "the table of interfaces and the single interface agree",
        interface_listed,
    ),
    NamedCase::of_family(
        "interface-lease",
        "leased settings of an interface are put back when the handle is closed",
        interface_lease,
    ),
];

fn settings(context: &CaseContext<'_>, device: &Device) -> Result<IpInterface, Error> {
    device.interface(context.family, context.interface())
}

fn interface_listed(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    // Another program may change it between the two reads.
    context.wait_for("the table and the interface agree", || {
        let single = settings(context, &device)?;
        let all = device.interfaces(AddressFamily::UNSPECIFIED)?;
        Ok(all.contains(&single).then_some(()))
    })
}

fn interface_lease(context: &CaseContext<'_>) -> CaseResult {
    let (holder, other) = (context.open()?, context.open()?);
    let before = settings(context, &other)?;
    if !before.has_automatic_metric() {
        let text = "the metric of the interface is set by hand".to_owned();
        return Err(NotPassed::Skipped(text));
    }
    if !other.interface_leases()?.is_empty() {
        let text = "another program leases settings of an interface".to_owned();
        return Err(NotPassed::Skipped(text));
    }
    let change = InterfaceChange::new().metric(before.metric);
    let lease =
        |device: &Device| device.lease_interface(context.family, context.interface(), change);
    lease(&holder)?;
    let held = settings(context, &other)?;
    let found = (held.metric, held.has_automatic_metric());
    expect_equal("metric, automatic", &found, &(before.metric, false))?;
    let leases = other.interface_leases()?;
    let listed: Vec<_> = leases
        .iter()
        .map(|lease| (lease.family, lease.owner.is_me))
        .collect();
    expect_equal("leases", &listed, &vec![(context.family, false)])?;
    expect_refused("a second lease", lease(&other), Reason::Held)?;
    drop(holder);
    context.wait_for("the automatic metric is put back", || {
        let after = settings(context, &other)?;
        Ok(after.has_automatic_metric().then_some(()))
    })
}
