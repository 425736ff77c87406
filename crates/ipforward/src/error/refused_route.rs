//! The route of a refused call.

use std::fmt;

use crate::diagnosis::Diagnosis;
use crate::reason::Reason;
use crate::route::Route;

/// The route that a refused call was for, and the rule that it breaks.
///
/// Its text is the place in the batch, if there is one, and the key: `entry 3, 10.20.0.0/16 dev 7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedRoute {
    /// The route. If the call took a key, the other members are those of a [new](Route::new) route.
    pub route: Route,
    /// The rule that the route breaks, as the driver found it; [`Diagnosis::NothingFound`] if it
    /// found none, `None` if it was not asked or cannot explain.
    pub diagnosis: Option<Diagnosis>,
    /// Index of the entry in its batch, if the route is that of an entry.
    pub entry: Option<usize>,
}

impl RefusedRoute {
    /// The route of a call for one route.
    pub(crate) const fn new(route: Route, diagnosis: Option<Diagnosis>) -> Self {
        Self {
            route,
            diagnosis,
            entry: None,
        }
    }

    /// What was wrong and what would be right, if it is known for a refusal with this reason.
    pub(super) fn cause(&self, reason: Reason) -> Option<String> {
        let diagnosis = match self.diagnosis {
            None if reason == Reason::InvalidParameter => Diagnosis::of_refused_route(&self.route),
            diagnosis => diagnosis.unwrap_or(Diagnosis::NothingFound),
        };
        if !diagnosis.is_fault() {
            return (reason != Reason::Other).then(|| reason.to_string());
        }
        let rule = diagnosis.rule(&self.route);
        Some(match diagnosis.expected(&self.route) {
            Some(expected) => format!("{rule}, expected {expected}"),
            None => rule,
        })
    }
}

impl fmt::Display for RefusedRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(entry) = self.entry {
            write!(formatter, "entry {entry}, ")?;
        }
        self.route.key().fmt(formatter)
    }
}
