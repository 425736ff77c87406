//! What became of many changes.

use std::io::{self, Write};

use ipforward::{Batch, Entry, EntryOutcome, EntryResult, Outcome, RouteWithMetric, Verdict};
use serde::Serialize;

use super::preview::{Effect, Summary, write_line, write_notes};
use super::{PAGE, each};
use crate::exit::Exit;
use crate::failure::{Failure, JsonFailure};
use crate::import::Note;
use crate::output::{Answer, JsonKey, JsonMembers, JsonRoute, write_json};

/// What became of many changes, or would.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) batch: Batch,
    pub(super) outcome: Outcome,
    pub(super) notes: Vec<Note>,
    pub(super) dry_run: bool,
}

#[derive(Debug, Serialize)]
struct JsonReport<'a> {
    verdict: &'static str,
    summary: Summary,
    applied: usize,
    /// The first entry that failed, from 0.
    failed_index: Option<usize>,
    undo_failures: usize,
    /// How many calls it took, each of which stands alone.
    calls: usize,
    notes: &'a [Note],
    entries: Vec<JsonEntry>,
}

#[derive(Debug, Serialize)]
struct JsonEntry {
    #[serde(flatten)]
    key: JsonKey,
    #[serde(flatten)]
    members: JsonMembers,
    /// What was done, or would be.
    result: &'static str,
    lease: bool,
    /// The members that are otherwise than before.
    changes: Vec<JsonChange>,
    /// Why it failed.
    failure: Option<JsonFailure>,
    /// Why it could not be undone.
    undo_failure: Option<String>,
    /// The route that was there before.
    old: Option<JsonRoute>,
}

#[derive(Debug, Serialize)]
struct JsonChange {
    member: &'static str,
    old: String,
    new: String,
}

impl Report {
    fn summary(&self) -> Summary {
        Summary::of(&self.outcome)
    }

    /// What is left to say of an entry after the preview: that it was refused, or not undone.
    fn write_failure(out: &mut dyn Write, entry: &Entry, done: &EntryOutcome) -> io::Result<()> {
        let route = entry.route();
        if let (Some(failure), Effect::Refused) = (&done.failure, Effect::of(done)) {
            Failure::of_entry(failure, &route).write_text(out)?;
        }
        match done.undo_failure {
            Some(driver_error) => writeln!(out, "not undone: {}: {driver_error}", route.key()),
            None => Ok(()),
        }
    }

    /// Of an atomic batch in several pages, how many entries are in pages that stand.
    fn standing(&self) -> Option<(usize, usize)> {
        let applied = self.outcome.applied;
        let failed = self.outcome.failed_index?;
        (self.batch.is_atomic() && applied > 0).then_some((failed / PAGE, applied))
    }
}

impl Answer for Report {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.dry_run {
            write_notes(out, &self.notes)?;
        }
        for (entry, done) in each(&self.batch, &self.outcome) {
            if self.dry_run && Effect::of(done) != Effect::Refused {
                write_line(out, entry, done)?;
            }
            Self::write_failure(out, entry, done)?;
        }
        let (summary, count) = (self.summary(), self.outcome.entries.len());
        let verdict = self.outcome.verdict;
        match (verdict, self.standing()) {
            (Verdict::Done, _) => writeln!(out, "done: {summary}"),
            (Verdict::Failed, _) => writeln!(out, "failed in part: {summary}"),
            (Verdict::RolledBack, None) => writeln!(out, "undone: the table is as it was"),
            (Verdict::RolledBack | Verdict::Cancelled, Some((pages, applied))) => writeln!(
                out,
                "undone in part: the {applied} routes of the first {} stand, the rest was not done",
                if pages == 1 {
                    "call".to_owned()
                } else {
                    format!("{pages} calls")
                },
            ),
            (Verdict::PartiallyRolledBack, _) => writeln!(
                out,
                "undone in part: {} of {count} could not be undone",
                self.outcome.undo_failures
            ),
            (Verdict::Cancelled, None) => writeln!(out, "cancelled: {summary}"),
            (Verdict::WouldSucceed, _) => writeln!(out, "would succeed: {summary}"),
            (Verdict::WouldFail, _) if self.batch.is_atomic() => {
                writeln!(out, "would fail: nothing would be changed")
            }
            (Verdict::WouldFail, _) => writeln!(out, "would fail in part: {summary}"),
            (other, _) => writeln!(out, "{other:?}: {summary}"),
        }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = JsonReport {
            verdict: verdict(self.outcome.verdict),
            summary: self.summary(),
            applied: self.outcome.applied,
            failed_index: self.outcome.failed_index,
            undo_failures: self.outcome.undo_failures,
            calls: self.outcome.entries.len().div_ceil(PAGE),
            notes: &self.notes,
            entries: each(&self.batch, &self.outcome).map(json).collect(),
        };
        write_json(out, &report)
    }

    fn exit(&self) -> Exit {
        if self.outcome.is_success() {
            Exit::Success
        } else {
            Exit::Refused
        }
    }
}

fn json((entry, done): (&Entry, &EntryOutcome)) -> JsonEntry {
    let route = entry.route();
    let failure = done
        .failure
        .map(|failure| Failure::of_entry(&failure, &route));
    let old = done.old.filter(|_| Effect::of(done) == Effect::Changed);
    JsonEntry {
        key: JsonKey::from(&route.key()),
        members: JsonMembers::from(&route),
        result: entry_result(done.result),
        lease: entry.is_leased(),
        changes: old
            .map(|old| old.differences(&route))
            .unwrap_or_default()
            .into_iter()
            .map(|(old, new)| JsonChange {
                member: old.keyword,
                old: old.value,
                new: new.value,
            })
            .collect(),
        failure: failure.as_ref().map(JsonFailure::from),
        undo_failure: done
            .undo_failure
            .map(|driver_error| driver_error.to_string()),
        old: done
            .old
            .map(|old| JsonRoute::from(&RouteWithMetric::new(old, None))),
    }
}

const fn entry_result(result: EntryResult) -> &'static str {
    match result {
        EntryResult::None => "nothing",
        EntryResult::Created => "created",
        EntryResult::Replaced => "replaced",
        EntryResult::Unchanged => "same",
        EntryResult::Deleted => "deleted",
        EntryResult::Changed => "changed",
        EntryResult::RolledBack => "undone",
        EntryResult::RollbackFailed => "undo_failed",
        _ => "other",
    }
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Failed => "failed",
        Verdict::RolledBack => "undone",
        Verdict::PartiallyRolledBack => "undone_partly",
        Verdict::Cancelled => "cancelled",
        Verdict::WouldSucceed => "would_succeed",
        Verdict::WouldFail => "would_fail",
        _ => "other",
    }
}
