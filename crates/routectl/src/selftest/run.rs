//! Runs the selected cases, one after another.

use std::time::{Instant, SystemTime};

use ipforward::{Access, AddressFamily, Error, IpNet};

use super::case::CaseScope;
use super::context::CaseContext;
use super::not_passed::{CaseResult, NotPassed};
use super::report::{CaseReport, SelftestReport};
use super::selection::{SelectedCase, Selection};
use super::tested_computer::TestedComputer;

/// A family, and the prefix of its routes, or why it has none.
#[derive(Debug)]
struct Place {
    family: AddressFamily,
    prefix: Result<IpNet, String>,
}

/// Runs the cases. Calls `before_case` with the name of each.
///
/// # Errors
///
/// Those of opening the device and of reading its tables. What a case finds is in the report.
pub(crate) fn run(
    computer: &TestedComputer,
    selection: &Selection,
    mut before_case: impl FnMut(&'static str),
) -> Result<SelftestReport, Error> {
    let version = computer.open(Access::ReadWrite)?.version()?;
    let begun = SystemTime::now();
    let places = selection.families.iter().map(|family| {
        let prefix = computer.prefix(*family)?;
        let family = *family;
        Ok(Place { family, prefix })
    });
    let places = places.collect::<Result<Vec<_>, Error>>()?;
    let mut cases = Vec::new();
    for selected in &selection.cases {
        let of_case = match selected.case.scope {
            CaseScope::EachFamily => places.as_slice(),
            CaseScope::Once => any_place(&places),
        };
        for place in of_case {
            before_case(selected.case.name);
            cases.push(run_case(computer, selected, place));
        }
    }
    Ok(SelftestReport {
        begun,
        version,
        interface: computer.interface,
        prefixes: places
            .into_iter()
            .filter_map(|place| place.prefix.ok())
            .collect(),
        cases,
    })
}

/// The first place with a prefix; if there is none, the first place.
fn any_place(places: &[Place]) -> &[Place] {
    let usable = places.iter().position(|place| place.prefix.is_ok());
    let first = usable.unwrap_or(0);
    places
        .get(first..)
        .and_then(|rest| rest.get(..1))
        .unwrap_or_default()
}

fn run_case(computer: &TestedComputer, selected: &SelectedCase, place: &Place) -> CaseReport {
    let begun = Instant::now();
    let result = match &place.prefix {
        Err(reason) => Err(NotPassed::Skipped(reason.clone())),
        Ok(prefix) => {
            let context = CaseContext {
                computer,
                family: place.family,
                prefix: *prefix,
            };
            let result = selected.case.run(&context);
            with_left(result, nothing_is_left(&context))
        }
    };
    let family = (selected.case.scope == CaseScope::EachFamily).then_some(place.family);
    CaseReport::new(
        selected.group,
        selected.case.name,
        family,
        result,
        begun.elapsed(),
    )
}

/// Fails if routes of the case are left: it has closed its handles, and so their leases end.
fn nothing_is_left(context: &CaseContext<'_>) -> CaseResult {
    let mut left = Vec::new();
    let gone = context.wait_for("the routes of the case are removed", || {
        left = context.routes_left()?;
        Ok(left.is_empty().then_some(()))
    });
    gone.map_err(|not_passed| {
        let left: Vec<_> = left.iter().map(ToString::to_string).collect();
        match not_passed {
            NotPassed::Failed(text) if !left.is_empty() => {
                NotPassed::Failed(format!("{text}; left: {}", left.join(", ")))
            }
            other => other,
        }
    })
}

/// The result of a case and of the look at what it left.
fn with_left(result: CaseResult, left: CaseResult) -> CaseResult {
    match (result, left) {
        (Err(NotPassed::Failed(text)), Err(NotPassed::Failed(left))) => {
            Err(NotPassed::Failed(format!("{text}; {left}")))
        }
        (Ok(()) | Err(NotPassed::Skipped(_)), Err(left)) => Err(left),
        (result, _) => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(text: &str) -> CaseResult {
        Err(NotPassed::Failed(text.to_owned()))
    }

    #[test]
    fn a_case_that_leaves_a_route_fails() {
        let skipped = || Err(NotPassed::Skipped("no link".to_owned()));
        assert_eq!(with_left(Ok(()), Ok(())), Ok(()));
        assert_eq!(with_left(skipped(), Ok(())), skipped());
        for result in [Ok(()), skipped()] {
            assert_eq!(with_left(result, failed("left")), failed("left"));
        }
        assert_eq!(with_left(failed("a"), Ok(())), failed("a"));
        assert_eq!(with_left(failed("a"), failed("left")), failed("a; left"));
    }

    #[test]
    fn a_case_without_family_takes_the_first_place_with_a_prefix() {
        let place = |family, prefix: Result<&str, &str>| Place {
            family,
            prefix: prefix
                .map(|text| text.parse().unwrap())
                .map_err(str::to_owned),
        };
        let ipv4 = || place(AddressFamily::IPV4, Err("in use"));
        let places = [ipv4(), place(AddressFamily::IPV6, Ok("2001:db8::/32"))];
        let [taken] = any_place(&places) else {
            panic!("{places:?}");
        };
        assert_eq!(taken.family, AddressFamily::IPV6);
        assert_eq!(any_place(&[ipv4()]).len(), 1);
        assert!(any_place(&[]).is_empty());
    }
}
