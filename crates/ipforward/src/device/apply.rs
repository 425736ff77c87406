//! Batches and declared sets.

use std::sync::PoisonError;

use abi::apply::{APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_MORE};
use abi::operation::call;
use abi::{ApplyHeader, Operation};

use super::Device;
use crate::batch::{Batch, Entry, EntryOutcome, Outcome, RouteSet, Verdict, written};
use crate::error::Error;

/// Entries of one call at most.
const PAGE: usize = Batch::ENTRIES_MAX as usize;

impl Device {
    /// Makes many changes in one call (`APPLY`). That an entry fails is no error: the [`Outcome`]
    /// says what became of each.
    ///
    /// Routes of entries with [`Entry::lease`] belong to this device, and go when it is dropped or
    /// the process ends. Whoever holds the device holds them. [`cancel`](Self::cancel) from another
    /// thread ends the call between two entries ([`Verdict::Cancelled`]), or before it began: then
    /// it is refused with [`Reason::NotDone`](crate::Reason::NotDone).
    ///
    /// ```no_run
    /// # use ipforward::{Batch, Device, Entry, Route};
    /// # fn hold(device: &Device, route: &Route) -> Result<(), ipforward::Error> {
    /// let outcome = device.apply(&Batch::new().with(Entry::upsert(route).lease()))?;
    /// assert!(outcome.is_success());
    /// // The route stays until `device` is dropped.
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::TooManyEntries`] if there are more than [`Batch::ENTRIES_MAX`]; then nothing was
    /// sent. [`Error::Refused`] with what the driver answers to the batch as a whole: nothing was
    /// done. [`Error::HostGone`] if the host went away.
    pub fn apply(&self, batch: &Batch) -> Result<Outcome, Error> {
        self.apply_entries(batch.entries(), batch.flags())
    }

    /// Makes changes of any number, page by page: each page is one [`apply`](Self::apply) of at most
    /// [`Batch::ENTRIES_MAX`] entries. `after_page` is told how many entries are through so far.
    ///
    /// Of an [atomic](Batch::atomic) batch each *page* happens wholly or not at all. The first page
    /// that does not succeed ends it: the pages before stand, the entries behind were not done
    /// ([`Reason::NotDone`](crate::Reason::NotDone)).
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply), but there can be any number of entries. Pages before the one that
    /// was refused as a whole stand.
    pub fn apply_pages(
        &self,
        batch: &Batch,
        mut after_page: impl FnMut(usize),
    ) -> Result<Outcome, Error> {
        let mut whole: Option<Outcome> = None;
        for page in batch.entries().chunks(PAGE) {
            let outcome = self.apply_entries(page, batch.flags())?;
            let ends =
                outcome.verdict == Verdict::Cancelled || batch.is_atomic() && !outcome.is_success();
            let outcome = match whole.take() {
                Some(before) => before.and(outcome),
                None => outcome,
            };
            after_page(outcome.entries.len());
            whole = Some(outcome);
            if ends {
                break;
            }
        }
        let mut outcome = match whole {
            Some(outcome) => outcome,
            None => self.apply_entries(&[], batch.flags())?,
        };
        let done = outcome.entries.len();
        let rest = batch.entries().iter().skip(done);
        outcome.entries.extend(rest.map(|_| EntryOutcome::NOT_DONE));
        Ok(outcome)
    }

    /// Makes the set all that this device holds (`APPLY` of a declared set): what is missing is
    /// added or changed first, and then what it holds beside ends, if nothing failed. An equal set
    /// writes nothing. A large set goes in several calls; each entry stands alone.
    ///
    /// If a call of several is refused as a whole, or the host goes away, some of the set may be
    /// done, and nothing ended. The next set that is declared begins anew.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply), but a set can be of any size.
    pub fn declare(&self, set: &RouteSet) -> Result<Outcome, Error> {
        const PAGE: usize = Batch::ENTRIES_MAX as usize;
        // The pages of two sets must not mix.
        let _one_at_a_time = self
            .declaration
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let entries = set.entries();
        let (first, mut rest) = entries.split_at(entries.len().min(PAGE));
        let mut outcome = self.declare_page(first, 0, rest)?;
        while !rest.is_empty() && outcome.verdict != Verdict::Cancelled {
            let (page, others) = rest.split_at(rest.len().min(PAGE));
            outcome = outcome.and(self.declare_page(page, APPLY_CONTINUES, others)?);
            rest = others;
        }
        Ok(outcome)
    }

    fn declare_page(
        &self,
        page: &[Entry],
        continues: u32,
        rest: &[Entry],
    ) -> Result<Outcome, Error> {
        let more = if rest.is_empty() { 0 } else { APPLY_MORE };
        self.apply_entries(page, APPLY_DECLARED_SET | continues | more)
    }

    fn apply_entries(&self, entries: &[Entry], flags: u32) -> Result<Outcome, Error> {
        let (count, rows) = written(entries)?;
        let header = ApplyHeader {
            flags,
            count,
            reserved: 0,
        };
        let (answer, answers) = self.call_with_elements::<call::Apply>(&header, &rows, count)?;
        Outcome::read(&answer, &answers, entries).map_err(|cause| Error::Malformed {
            operation: Operation::Apply,
            cause,
        })
    }
}
