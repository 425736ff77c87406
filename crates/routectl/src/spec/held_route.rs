//! The route of `hold`, with its lease keywords.

use ipforward::{Entry, Route};

use super::arguments::RouteArguments;
use super::error::SpecError;
use super::interface_names::InterfaceNames;
use super::pairs::is_on_link;

/// The word for a lease that other handles can have too.
pub(crate) const SHARE: &str = "share";

/// The word for a lease with a guard.
pub(crate) const GUARD: &str = "guard";

/// A route to be leased while a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeldRoute {
    pub(crate) route: Route,
    pub(crate) share: bool,
    pub(crate) guard: bool,
}

impl HeldRoute {
    /// The entry that leases it.
    pub(crate) const fn entry(&self) -> Entry {
        let mut entry = Entry::upsert(&self.route).lease();
        if self.share {
            entry = entry.share();
        }
        if self.guard {
            entry = entry.guard();
        }
        entry
    }
}

/// The route of `hold`: that of `route add`, with `share` and `guard` anywhere between the pairs.
pub(crate) fn held_route(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<HeldRoute, SpecError> {
    let mut rest = arguments.spec.iter().cloned();
    let mut spec: Vec<_> = rest.next().into_iter().collect();
    let (mut share, mut guard) = (false, false);
    while let Some(keyword) = rest.next() {
        match keyword.as_str() {
            SHARE => share = true,
            GUARD => guard = true,
            word if is_on_link(word) => spec.push(keyword),
            _ => {
                spec.push(keyword);
                spec.extend(rest.next());
            }
        }
    }
    let arguments = RouteArguments {
        spec,
        family: arguments.family,
    };
    let route = super::route(&arguments, names)?;
    Ok(HeldRoute {
        route,
        share,
        guard,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<HeldRoute, SpecError> {
        let arguments = RouteArguments {
            spec: line.split_whitespace().map(str::to_owned).collect(),
            family: None,
        };
        held_route(&arguments, &InterfaceNames::default())
    }

    #[test]
    fn share_and_guard_stand_anywhere_between_the_pairs() {
        let plain = parse("10.20.0.0/16 via 192.0.2.254 dev 7").unwrap();
        assert!(!plain.share && !plain.guard);
        for line in [
            "10.20.0.0/16 guard via 192.0.2.254 share dev 7",
            "10.20.0.0/16 via 192.0.2.254 dev 7 share guard",
        ] {
            let held = parse(line).unwrap();
            assert_eq!(held.route, plain.route);
            assert!(held.share && held.guard, "{line}");
            assert!(held.entry().is_leased());
        }
    }

    #[test]
    fn a_value_is_not_a_flag() {
        let error = parse("10.20.0.0/16 dev guard").unwrap_err();
        assert_eq!(error.to_string(), "no such interface `guard`");
    }
}
