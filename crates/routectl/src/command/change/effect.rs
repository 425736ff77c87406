//! What entries do to their routes, and how many do what.

use std::fmt;

use ipforward::{EntryOutcome, EntryResult, Reason};

/// The effect of an entry on its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Added,
    Changed,
    Removed,
    Equal,
    Refused,
    /// The entry was not attempted, or was rolled back.
    None,
}

impl Effect {
    pub(super) fn of(outcome: &EntryOutcome) -> Self {
        match (&outcome.failure, outcome.result) {
            (Some(failure), _) if failure.driver_error.reason() == Reason::NotDone => Self::None,
            (Some(_), _) => Self::Refused,
            (None, EntryResult::Created) => Self::Added,
            (None, EntryResult::Replaced | EntryResult::Changed) => Self::Changed,
            (None, EntryResult::Deleted) => Self::Removed,
            (None, EntryResult::Unchanged) => Self::Equal,
            (None, _) => Self::None,
        }
    }
}

/// The numbers of routes by effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Summary {
    added: usize,
    changed: usize,
    removed: usize,
    equal: usize,
    refused: usize,
    #[serde(skip)]
    without_effect: usize,
}

impl Summary {
    /// Counts one more route.
    pub(super) fn count(&mut self, outcome: &EntryOutcome) {
        let number = match Effect::of(outcome) {
            Effect::Added => &mut self.added,
            Effect::Changed => &mut self.changed,
            Effect::Removed => &mut self.removed,
            Effect::Equal => &mut self.equal,
            Effect::Refused => &mut self.refused,
            Effect::None => &mut self.without_effect,
        };
        *number += 1;
    }

    /// The number of routes.
    pub(super) const fn routes(&self) -> usize {
        self.added + self.changed + self.removed + self.equal + self.refused + self.without_effect
    }

    /// True if existing routes would change, or an atomic batch would fail.
    pub(super) const fn is_risky(&self, atomic: bool) -> bool {
        self.changed + self.removed > 0 || (atomic && self.refused > 0)
    }

    /// The sentences before the question.
    pub(super) fn question(&self) -> String {
        let sentence = |count, effect| match count {
            0 => None,
            1 => Some(format!("1 route would be {effect}.")),
            _ => Some(format!("{count} routes would be {effect}.")),
        };
        let sentences = [
            sentence(self.changed, "changed"),
            sentence(self.removed, "removed"),
            sentence(self.refused, "refused"),
        ];
        sentences
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            added,
            changed,
            removed,
            equal,
            refused,
            without_effect: _,
        } = self;
        write!(
            formatter,
            "{added} added, {changed} changed, {removed} removed, {equal} equal"
        )?;
        match refused {
            0 => Ok(()),
            _ => write!(formatter, ", {refused} refused"),
        }
    }
}
