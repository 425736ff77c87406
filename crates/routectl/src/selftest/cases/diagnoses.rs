//! The driver names the rule that a row breaks, the member, and the largest valid value.

use ipforward::abi::apply::{APPLY_DRY_RUN, ENTRY_CREATE};
use ipforward::abi::operation::call;
use ipforward::abi::route::METRIC_MAX;
use ipforward::abi::{
    AddressFamily, ApplyEntry, ApplyHeader, Cause, IpAddressPrefix, MibIpForwardRow2,
};
use ipforward::{Lifetime, Route};

use crate::selftest::case::NamedCase;
use crate::selftest::context::CaseContext;
use crate::selftest::not_passed::{CaseResult, NotPassed, expect_equal};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::of_family(
        "row-diagnosed",
        "a row that breaks a rule is explained: the rule, the member and the limit",
        row_diagnosed,
    ),
    NamedCase::of_family(
        "entry-diagnosed",
        "an entry of a batch that breaks a rule is answered with the same rule",
        entry_diagnosed,
    ),
    NamedCase::of_family(
        "sound-row-not-diagnosed",
        "the driver finds no fault in a route that it accepts",
        sound_row_not_diagnosed,
    ),
];

/// No interface has this LUID: there is no such type of interfaces.
const NO_LUID: u64 = 0xFFFF_0000_0000_0000;

/// A row with one fault, and the expected diagnosis.
struct Fault {
    row: MibIpForwardRow2,
    cause: Cause,
    member: &'static str,
    limit: u32,
}

/// A change of a sound row that breaks one rule.
type Spoil = fn(&mut MibIpForwardRow2);

/// The rules whose limits do not depend on the route. A next hop without a family is not among them:
/// not every stack refuses it.
const RULES: [(Cause, &str, u32, Spoil); 6] = [
    (
        Cause::PREFIX_FAMILY,
        "DestinationPrefix.Prefix.si_family",
        0,
        |row| row.destination_prefix = IpAddressPrefix::default(),
    ),
    (Cause::NEXT_HOP_FAMILY, "NextHop", 0, |row| {
        row.next_hop.family = match AddressFamily(row.next_hop.family) {
            AddressFamily::IPV4 => AddressFamily::IPV6.0,
            _ => AddressFamily::IPV4.0,
        };
    }),
    (Cause::INTERFACE_UNSPECIFIED, "InterfaceLuid", 0, |row| {
        row.interface_luid = 0;
        row.interface_index = 0;
    }),
    (Cause::INTERFACE_UNKNOWN, "InterfaceLuid", 0, |row| {
        row.interface_luid = NO_LUID;
    }),
    (Cause::LIFETIMES, "PreferredLifetime", 60, |row| {
        row.valid_lifetime = 60;
        row.preferred_lifetime = 61;
    }),
    (Cause::METRIC, "Metric", METRIC_MAX, |row| {
        row.metric = METRIC_MAX + 1;
    }),
];

fn faults(context: &CaseContext<'_>) -> Result<Vec<Fault>, NotPassed> {
    let route = context.route(0)?;
    let sound = MibIpForwardRow2::from(&route);
    let fault = |cause, member, limit, spoil: &dyn Fn(&mut MibIpForwardRow2)| {
        let mut row = sound;
        spoil(&mut row);
        Fault {
            row,
            cause,
            member,
            limit,
        }
    };
    let mut faults: Vec<_> = RULES
        .iter()
        .map(|(cause, member, limit, spoil)| fault(*cause, *member, *limit, spoil))
        .collect();
    let length = route.destination.prefix_len();
    let bits = route.destination.max_prefix_len();
    faults.push(fault(
        Cause::PREFIX_LENGTH,
        "DestinationPrefix.PrefixLength",
        bits.into(),
        &|row| row.destination_prefix.prefix_length = bits + 1,
    ));
    faults.push(fault(
        Cause::HOST_BITS,
        "DestinationPrefix.Prefix",
        0,
        &|row| row.destination_prefix.prefix_length = 1,
    ));
    faults.push(fault(
        Cause::SITE_PREFIX_LENGTH,
        "SitePrefixLength",
        length.into(),
        &|row| row.site_prefix_length = length + 1,
    ));
    Ok(faults)
}

fn row_diagnosed(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    for fault in faults(context)? {
        let found = device.explain_row(&fault.row, None)?;
        let (member, limit) = (found.member(), found.limit().unwrap_or(0));
        expect_equal(
            &format!("member and limit of {:?}", fault.cause),
            &(member, limit),
            &(Some(fault.member), fault.limit),
        )?;
    }
    Ok(())
}

fn entry_diagnosed(context: &CaseContext<'_>) -> CaseResult {
    let faults = faults(context)?;
    let entries: Vec<_> = faults
        .iter()
        .map(|fault| ApplyEntry {
            operation: ENTRY_CREATE,
            row: fault.row,
            ..ApplyEntry::default()
        })
        .collect();
    let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let header = ApplyHeader {
        flags: APPLY_DRY_RUN,
        count,
        reserved: 0,
    };
    let device = context.open()?;
    let (_, answers) = device.call_with_elements::<call::Apply>(&header, &entries, count)?;
    expect_equal("answers", &answers.len(), &faults.len())?;
    for (fault, answer) in faults.iter().zip(&answers) {
        let (found, expected) = (
            (Cause(answer.cause), answer.limit),
            (fault.cause, fault.limit),
        );
        expect_equal("cause and limit", &found, &expected)?;
    }
    Ok(())
}

fn sound_row_not_diagnosed(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let route = context.route(0)?;
    let short = route.valid_for(Lifetime::Seconds(60));
    let sited = route.site_prefix_length(route.destination.prefix_len());
    for sound in [route, short, sited, route.metric(Route::METRIC_MAX)] {
        let found = device.explain_route(&sound, None)?;
        let what = format!("{sound:#}");
        expect_equal(&what, &found.is_fault(), &false)?;
    }
    Ok(())
}
