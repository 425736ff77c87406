//! A route in words, with those that say how it is held.

use ipforward::{Entry, Route};

use super::WordsError;
use crate::arguments::RouteArguments;
use crate::names::Names;

/// A route that is to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) route: Route,
    pub(crate) share: bool,
    pub(crate) guard: bool,
}

impl Held {
    /// The entry that makes it.
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
pub(crate) fn held(arguments: &RouteArguments, names: &Names) -> Result<Held, WordsError> {
    let mut words = arguments.words.iter().cloned();
    let mut route: Vec<_> = words.next().into_iter().collect();
    let (mut share, mut guard) = (false, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "share" => share = true,
            "guard" => guard = true,
            _ => {
                route.push(word);
                route.extend(words.next());
            }
        }
    }
    let arguments = RouteArguments {
        words: route,
        family: arguments.family,
    };
    let route = super::route(&arguments, names)?;
    Ok(Held {
        route,
        share,
        guard,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Result<Held, WordsError> {
        let arguments = RouteArguments {
            words: line.split_whitespace().map(str::to_owned).collect(),
            family: None,
        };
        held(&arguments, &Names::default())
    }

    #[test]
    fn share_and_guard_stand_anywhere_between_the_pairs() {
        let plain = said("10.20.0.0/16 via 192.0.2.254 dev 7").unwrap();
        assert!(!plain.share && !plain.guard);
        for line in [
            "10.20.0.0/16 guard via 192.0.2.254 share dev 7",
            "10.20.0.0/16 via 192.0.2.254 dev 7 share guard",
        ] {
            let held = said(line).unwrap();
            assert_eq!(held.route, plain.route);
            assert!(held.share && held.guard, "{line}");
            assert!(held.entry().is_leased());
        }
    }

    #[test]
    fn a_value_is_no_flag() {
        let error = said("10.20.0.0/16 dev guard").unwrap_err();
        assert!(matches!(error, WordsError::Value(..)), "{error}");
    }
}
