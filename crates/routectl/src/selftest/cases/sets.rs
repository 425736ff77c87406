//! Declared sets of routes.

use ipforward::{EntryResult, Route, RouteSet, Watch};

use crate::selftest::case::NamedCase;
use crate::selftest::context::{CaseContext, OwnPart};
use crate::selftest::not_passed::{CaseResult, NotPassed, expect_equal};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::of_family(
        "set-writes-differences",
        "a declared set writes only what differs from the set before",
        set_writes_differences,
    ),
    NamedCase::of_family(
        "equal-set-writes-nothing",
        "a set that is declared again writes nothing",
        equal_set_writes_nothing,
    ),
];

fn set(context: &CaseContext<'_>, numbers: &[usize]) -> Result<RouteSet, NotPassed> {
    let routes = numbers.iter().map(|number| context.route(*number));
    let routes = routes.collect::<Result<Vec<Route>, NotPassed>>()?;
    Ok(routes.into_iter().collect())
}

/// Declares a set; its results and the number of leases that it ended.
fn declare(
    device: &ipforward::Device,
    set: &RouteSet,
) -> Result<(Vec<EntryResult>, usize), NotPassed> {
    let outcome = device.declare(set)?.into_result()?;
    let results = outcome.entries.iter().map(|entry| entry.result);
    Ok((results.collect(), outcome.ended))
}

/// An event as a name and a prefix.
fn event(name: &str, route: &Route) -> String {
    format!("{name} {}", route.destination)
}

/// Waits for these events, in any order, and fails if there are others.
fn expect_events(
    context: &CaseContext<'_>,
    watch: &mut Watch,
    mut expected: Vec<String>,
) -> CaseResult {
    let mut events = Vec::new();
    context.wait_for(&expected.join(", "), || {
        for event in watch.poll()? {
            let key = event.kind.key();
            let to = key.map_or_else(String::new, |key| format!(" {}", key.destination));
            events.push(format!("{}{to}", event.kind.name()));
        }
        let are_all_there = expected.iter().all(|event| events.contains(event));
        Ok(are_all_there.then_some(()))
    })?;
    events.sort();
    expected.sort();
    expect_equal("events", &events, &expected)
}

fn set_writes_differences(context: &CaseContext<'_>) -> CaseResult {
    let context = &context.part(OwnPart::SetWritesDifferences)?;
    let (owner, other) = (context.open()?, context.open()?);
    let [first, second, third] = [context.route(0)?, context.route(1)?, context.route(2)?];
    let mut watch = other.watch(&context.filter())?;
    let begun = declare(&owner, &set(context, &[0, 1])?)?;
    expect_equal("first set", &begun, &(vec![EntryResult::Created; 2], 0))?;
    let added = vec![event("added", &first), event("added", &second)];
    expect_events(context, &mut watch, added)?;
    let results = declare(&owner, &set(context, &[1, 2])?)?;
    let expected = (vec![EntryResult::Unchanged, EntryResult::Created], 1);
    expect_equal("second set", &results, &expected)?;
    let differences = vec![event("added", &third), event("removed", &first)];
    expect_events(context, &mut watch, differences)
}

fn equal_set_writes_nothing(context: &CaseContext<'_>) -> CaseResult {
    let context = &context.part(OwnPart::EqualSet)?;
    let (owner, other) = (context.open()?, context.open()?);
    let mut watch = other.watch(&context.filter())?;
    let routes = set(context, &[0, 1])?;
    declare(&owner, &routes)?;
    let added = [context.route(0)?, context.route(1)?].map(|route| event("added", &route));
    expect_events(context, &mut watch, added.to_vec())?;
    let again = declare(&owner, &routes)?;
    expect_equal("set again", &again, &(vec![EntryResult::Unchanged; 2], 0))?;
    // An event of the set would come before the event of this route.
    let marker = context.route(3)?;
    let _lease = other.lease(&marker)?;
    expect_events(context, &mut watch, vec![event("added", &marker)])
}
