//! The report after many changes.

use std::io::{self, Write};

use ipforward::{Batch, Entry, EntryOutcome, EntryResult, RouteWithMetric, Verdict};
use serde::Serialize;

use super::PAGE;
use super::effect::{Effect, Summary};
use super::failures::Failures;
use super::kept_outcomes::KeptOutcomes;
use super::pages::AppliedBatch;
use crate::error::{CommandError, JsonError};
use crate::exit::Exit;
use crate::import::Note;
use crate::output::{
    CommandOutput, JsonKey, JsonList, JsonMembers, JsonRoute, MemberChange, write_json,
};

/// The outcome of many changes, expected or real.
#[derive(Debug)]
pub(super) struct BatchReport {
    pub(super) batch: Batch,
    pub(super) applied: AppliedBatch,
    /// The outcomes of the entries, for JSON and for Markdown.
    pub(super) outcomes: KeptOutcomes,
    /// What failed, for text.
    pub(super) failures: Failures,
    pub(super) notes: Vec<Note>,
    pub(super) left_out: usize,
    pub(super) left_out_exit: Exit,
}

#[derive(Debug, Serialize)]
struct JsonReport<'a, Entries> {
    verdict: &'static str,
    summary: Summary,
    applied: usize,
    /// Index of the first entry that failed.
    failed_index: Option<usize>,
    rollback_failures: usize,
    /// The number of calls. Atomicity applies to each call, not to all of them together.
    calls: usize,
    /// The number of lines of the file that were left out.
    left_out: usize,
    notes: &'a [Note],
    entries: Entries,
}

#[derive(Debug, Serialize)]
struct JsonEntry {
    #[serde(flatten)]
    key: JsonKey,
    #[serde(flatten)]
    members: JsonMembers,
    /// The result in the contract's words.
    result: &'static str,
    lease: bool,
    /// The members that changed.
    changes: Vec<MemberChange>,
    /// Why it failed.
    failure: Option<JsonError>,
    /// Why rolling it back failed.
    rollback_failure: Option<String>,
    /// The previous route.
    old: Option<JsonRoute>,
}

impl BatchReport {
    /// The entries with their outcomes.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Entry, EntryOutcome)> + Clone {
        self.batch.entries().iter().zip(self.outcomes.iter())
    }

    /// Writes the last line: what became of the changes, or would become of them.
    pub(super) fn write_verdict(&self, out: &mut dyn Write) -> io::Result<()> {
        let AppliedBatch { outcome, summary } = &self.applied;
        let (verdict, count) = (outcome.verdict, summary.routes());
        match (verdict, self.remaining()) {
            (Verdict::Done, _) => writeln!(out, "done: {summary}"),
            (Verdict::Failed, _) => writeln!(out, "partially failed: {summary}"),
            (Verdict::RolledBack, None) => writeln!(out, "rolled back: no route was changed"),
            (Verdict::RolledBack | Verdict::Cancelled, Some((pages, applied))) => writeln!(
                out,
                "partially applied: the {applied} routes of the first {} remain, the rest was not applied",
                if pages == 1 {
                    "call".to_owned()
                } else {
                    format!("{pages} calls")
                },
            ),
            (Verdict::PartiallyRolledBack, _) => writeln!(
                out,
                "partially rolled back: {} of {count} changes could not be rolled back",
                outcome.undo_failures
            ),
            (Verdict::Cancelled, None) => writeln!(out, "cancelled: {summary}"),
            (Verdict::WouldSucceed, _) => writeln!(out, "would succeed: {summary}"),
            (Verdict::WouldFail, _) if self.batch.is_atomic() => {
                writeln!(out, "would fail: no route would be changed")
            }
            (Verdict::WouldFail, _) => writeln!(out, "would partially fail: {summary}"),
            (other, _) => writeln!(out, "{other:?}: {summary}"),
        }
    }

    /// For an atomic batch of several pages: the number of pages and of routes that remain.
    fn remaining(&self) -> Option<(usize, usize)> {
        let applied = self.applied.outcome.applied;
        let failed = self.applied.outcome.failed_index?;
        (self.batch.is_atomic() && applied > 0).then_some((failed / PAGE, applied))
    }
}

impl CommandOutput for BatchReport {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write_verdict(out)
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let AppliedBatch { outcome, summary } = &self.applied;
        let report = JsonReport {
            verdict: verdict(outcome.verdict),
            summary: *summary,
            applied: outcome.applied,
            failed_index: outcome.failed_index,
            rollback_failures: outcome.undo_failures,
            calls: self.batch.entries().len().div_ceil(PAGE),
            left_out: self.left_out,
            notes: &self.notes,
            entries: JsonList(self.each().map(json)),
        };
        write_json(out, &report)
    }

    fn write_failures(&self, out: &mut dyn Write) -> io::Result<()> {
        self.failures.write(out)
    }

    fn exit(&self) -> Exit {
        if self.applied.outcome.is_success() && self.left_out > 0 {
            self.left_out_exit
        } else if self.applied.outcome.is_success() {
            Exit::Success
        } else {
            Exit::Refused
        }
    }
}

fn json((entry, outcome): (&Entry, EntryOutcome)) -> JsonEntry {
    let route = entry.route();
    let failure = outcome
        .failure
        .as_ref()
        .map(|failure| CommandError::of_entry(failure, &route));
    let old = outcome
        .old
        .filter(|_| Effect::of(&outcome) == Effect::Changed);
    JsonEntry {
        key: JsonKey::from(&route.key()),
        members: JsonMembers::from(&route),
        result: entry_result(outcome.result),
        lease: entry.is_leased(),
        changes: old
            .map(|old| old.differences(&route))
            .unwrap_or_default()
            .into_iter()
            .map(|(old, new)| MemberChange {
                member: old.keyword,
                old: old.value,
                new: new.value,
            })
            .collect(),
        failure: failure.as_ref().map(JsonError::from),
        rollback_failure: outcome
            .undo_failure
            .map(|driver_error| driver_error.to_string()),
        old: outcome
            .old
            .map(|old| JsonRoute::from(&RouteWithMetric::new(old, None))),
    }
}

const fn entry_result(result: EntryResult) -> &'static str {
    match result {
        EntryResult::None => "none",
        EntryResult::Created => "created",
        EntryResult::Replaced => "replaced",
        EntryResult::Unchanged => "unchanged",
        EntryResult::Deleted => "deleted",
        EntryResult::Changed => "changed",
        EntryResult::RolledBack => "rolled_back",
        EntryResult::RollbackFailed => "rollback_failed",
        _ => "other",
    }
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Failed => "failed",
        Verdict::RolledBack => "rolled_back",
        Verdict::PartiallyRolledBack => "partially_rolled_back",
        Verdict::Cancelled => "cancelled",
        Verdict::WouldSucceed => "would_succeed",
        Verdict::WouldFail => "would_fail",
        _ => "other",
    }
}
