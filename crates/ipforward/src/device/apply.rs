//! Batches and declared sets.

use std::sync::PoisonError;

use abi::Operation;
use abi::apply::{APPLY_ATOMIC, APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_DRY_RUN, APPLY_MORE};
use abi::operation::call;

use super::Device;
use super::batch_buffers::BatchBuffers;
use crate::batch::{Batch, Entry, EntryOutcome, Outcome, RouteSet, Verdict, to_wire};
use crate::error::Error;

/// The maximum number of entries in one call.
const PAGE: usize = Batch::ENTRIES_MAX as usize;

impl Device {
    /// Makes many changes in one call (`APPLY`). A failed entry is not an error: the [`Outcome`]
    /// has a result for each entry.
    ///
    /// The device leases the routes of entries with [`Entry::lease`]: the driver removes them when
    /// the device is dropped or the process ends. [`cancel`](Self::cancel) from another thread ends
    /// the call between two entries ([`Verdict::Cancelled`]); if it comes before the first entry,
    /// the call fails with [`Reason::NotDone`](crate::Reason::NotDone).
    ///
    /// ```no_run
    /// # use ipforward::{Batch, Device, Entry, Route};
    /// # fn hold(device: &Device, route: &Route) -> Result<(), ipforward::Error> {
    /// let outcome = device.apply(&Batch::new().with(Entry::upsert(route).lease()))?;
    /// assert!(outcome.is_success());
    /// // The route exists until `device` is dropped.
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::TooManyEntries`] if there are more than [`Batch::ENTRIES_MAX`], and
    /// [`Error::UnknownInterface`] if an alias is unknown; the client sends nothing then.
    /// [`Error::Refused`] if the driver refuses the whole batch; it changes nothing then.
    /// [`Error::HostGone`] if the host went away.
    pub fn apply(&self, batch: &Batch) -> Result<Outcome, Error> {
        let sent = self.resolve_entries(batch.entries())?;
        self.apply_entries(&sent, batch.entries(), batch.flags())
    }

    /// Makes any number of changes, page by page: each page is one [`apply`](Self::apply) of at most
    /// [`Batch::ENTRIES_MAX`] entries.
    ///
    /// Calls `take` with the entries of each page and their outcomes, so that the client keeps the
    /// outcomes of one page only: the [`entries`](Outcome::entries) of the returned outcome are empty.
    ///
    /// In an [atomic](Batch::atomic) batch each *page* is atomic. The first page that fails ends the
    /// batch: the changes of earlier pages remain, later entries are not attempted
    /// ([`Reason::NotDone`](crate::Reason::NotDone)).
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply), for any number of entries. If the driver refuses a whole page, the
    /// changes of earlier pages remain.
    pub fn apply_pages(
        &self,
        batch: &Batch,
        take: impl FnMut(&[Entry], &[EntryOutcome]),
    ) -> Result<Outcome, Error> {
        self.pages(batch.entries(), batch.flags(), take)
    }

    /// The expected outcome of each change, page by page, also of those behind one that would fail: a
    /// [dry run](Batch::dry_run) of [`apply_pages`](Self::apply_pages) in which no change is undone,
    /// also if the batch is atomic.
    ///
    /// # Errors
    ///
    /// As [`apply_pages`](Self::apply_pages).
    pub fn dry_run_pages(
        &self,
        batch: &Batch,
        take: impl FnMut(&[Entry], &[EntryOutcome]),
    ) -> Result<Outcome, Error> {
        self.pages(batch.entries(), APPLY_DRY_RUN, take)
    }

    fn pages(
        &self,
        entries: &[Entry],
        flags: u32,
        mut take: impl FnMut(&[Entry], &[EntryOutcome]),
    ) -> Result<Outcome, Error> {
        let is_atomic = flags & APPLY_ATOMIC != 0;
        let sent = self.resolve_entries(entries)?;
        let mut whole: Option<Outcome> = None;
        let mut rest = entries;
        for sent in sent.chunks(PAGE) {
            let done = entries.len() - rest.len();
            let page;
            (page, rest) = rest.split_at(sent.len());
            let mut outcome = self.apply_entries(sent, page, flags)?.behind(done);
            take(page, &outcome.entries);
            outcome.entries = Vec::new();
            let ends = outcome.verdict == Verdict::Cancelled || is_atomic && !outcome.is_success();
            whole = Some(match whole {
                Some(before) => before.and(outcome),
                None => outcome,
            });
            if ends {
                break;
            }
        }
        let done = entries.len() - rest.len();
        for (page, first) in rest.chunks(PAGE).zip((done..).step_by(PAGE)) {
            let numbered = (first..).zip(page);
            let outcomes: Vec<_> = numbered
                .map(|(index, entry)| EntryOutcome::not_attempted(index, entry))
                .collect();
            take(page, &outcomes);
        }
        match whole {
            Some(outcome) => Ok(outcome),
            None => self.apply_entries(&[], &[], flags),
        }
    }

    /// Makes this device hold exactly the routes of the set (`APPLY` of a declared set): the driver
    /// adds or changes the missing routes first, and then, if no entry failed, ends its other
    /// leases. If nothing differs, it writes nothing. A large set takes several calls; each entry
    /// succeeds or fails alone.
    ///
    /// If the driver refuses one of several calls, or the host process ends, part of the set may be
    /// done and no lease has ended. The next declared set starts again.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply), for a set of any size.
    pub fn declare(&self, set: &RouteSet) -> Result<Outcome, Error> {
        // The pages of two sets must not mix.
        let _one_at_a_time = self
            .0
            .declaration
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let entries = &*self.resolve_entries(set.entries())?;
        let (first, mut rest) = entries.split_at(entries.len().min(PAGE));
        let mut outcome = self.declare_page(first, 0, rest)?;
        while !rest.is_empty() && outcome.verdict != Verdict::Cancelled {
            let (page, others) = rest.split_at(rest.len().min(PAGE));
            let done = outcome.entries.len();
            let next = self.declare_page(page, APPLY_CONTINUES, others)?;
            outcome = outcome.and(next.behind(done));
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
        self.apply_entries(page, page, APPLY_DECLARED_SET | continues | more)
    }

    /// Sends entries without aliases; the outcome has the routes of `entries`, as they were given.
    fn apply_entries(
        &self,
        sent: &[Entry],
        entries: &[Entry],
        flags: u32,
    ) -> Result<Outcome, Error> {
        self.0.batch_buffers.with(|BatchBuffers { input, output }| {
            let count = to_wire(sent, flags, input)?;
            let (answer, rows) = self.call_with_bytes::<call::Apply>(input, count, output)?;
            Outcome::read(&answer, &rows, entries).map_err(|cause| Error::Malformed {
                operation: Operation::Apply,
                cause,
            })
        })
    }
}
