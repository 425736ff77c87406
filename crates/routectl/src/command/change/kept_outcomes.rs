//! The outcomes of all entries of a batch, for a report that has them all.

use ipforward::{EntryOutcome, EntryResult, Route};

/// The outcome of each entry, in order. Most entries have neither a failure nor an old route, and take
/// the memory of two words.
#[derive(Debug, Default)]
pub(super) struct KeptOutcomes(Vec<KeptOutcome>);

#[derive(Debug)]
enum KeptOutcome {
    Result(EntryResult),
    WithOld(EntryResult, Box<Route>),
    Whole(Box<EntryOutcome>),
}

impl KeptOutcomes {
    pub(super) fn extend(&mut self, outcomes: &[EntryOutcome]) {
        self.0.extend(outcomes.iter().map(KeptOutcome::from));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = EntryOutcome> + Clone {
        self.0.iter().map(EntryOutcome::from)
    }
}

impl From<&EntryOutcome> for KeptOutcome {
    fn from(outcome: &EntryOutcome) -> Self {
        match outcome {
            EntryOutcome {
                result,
                failure: None,
                undo_failure: None,
                old,
            } => match old {
                None => Self::Result(*result),
                Some(old) => Self::WithOld(*result, Box::new(*old)),
            },
            whole => Self::Whole(Box::new(whole.clone())),
        }
    }
}

impl From<&KeptOutcome> for EntryOutcome {
    fn from(kept: &KeptOutcome) -> Self {
        let (result, old) = match kept {
            KeptOutcome::Result(result) => (*result, None),
            KeptOutcome::WithOld(result, old) => (*result, Some(**old)),
            KeptOutcome::Whole(outcome) => return (**outcome).clone(),
        };
        Self {
            result,
            failure: None,
            undo_failure: None,
            old,
        }
    }
}
