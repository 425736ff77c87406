//! `routectl apply`

use std::io::{self, Write};

use ipforward::{Access, Batch, Did, Entry, EntryOutcome, Outcome, Verdict, WeighedRoute};
use serde::Serialize;

use crate::arguments::{ApplyArguments, Arguments};
use crate::child;
use crate::exit::Exit;
use crate::failure::{Failure, JsonFailure};
use crate::output::{self, Answer, JsonKey, JsonRoute, Silent, write_json};
use crate::route_file;

/// What became of the entries of a file.
#[derive(Debug)]
struct Applied {
    entries: Vec<Entry>,
    outcome: Outcome,
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct JsonApplied {
    verdict: &'static str,
    applied: usize,
    /// The first entry that failed, from 0.
    failed_index: Option<usize>,
    undo_failures: usize,
    entries: Vec<JsonEntry>,
}

#[derive(Debug, Serialize)]
struct JsonEntry {
    #[serde(flatten)]
    key: JsonKey,
    metric: u32,
    /// What was done, or would be.
    did: &'static str,
    lease: bool,
    /// Why it failed.
    failure: Option<JsonFailure>,
    /// Why it could not be undone.
    undo_failure: Option<String>,
    /// The route that was there before.
    old: Option<JsonRoute>,
}

pub(super) fn run(
    arguments: &Arguments,
    apply: &ApplyArguments,
) -> Result<Box<dyn Answer>, Failure> {
    let entries = route_file::read(&apply.file, apply.hold)?;
    let device = super::open(arguments, Access::ReadWrite)?;
    let mut batch: Batch = entries.iter().copied().collect();
    if apply.atomic {
        batch = batch.atomic();
    }
    if apply.dry_run {
        batch = batch.dry_run();
    }
    let applied = Applied {
        outcome: device.apply(&batch)?,
        entries,
        dry_run: apply.dry_run,
    };
    if !apply.hold || !applied.outcome.is_success() {
        return Ok(Box::new(applied));
    }
    output::print(&applied, arguments.json).map_err(Failure::Output)?;
    // The device stays open, and leases with it, until the command ends.
    child::run(&apply.command).map(|exit| Box::new(Silent(exit)) as Box<dyn Answer>)
}

impl Applied {
    fn each(&self) -> impl Iterator<Item = (&Entry, &EntryOutcome)> {
        self.entries.iter().zip(&self.outcome.entries)
    }
}

impl Answer for Applied {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        for (entry, done) in self.each() {
            let route = entry.route();
            if let Some(failure) = &done.failure {
                Failure::of_entry(failure, &route).write_text(out)?;
                continue;
            }
            let would = if self.dry_run { "would be " } else { "" };
            write!(out, "{would}{} {route}", did(done.did))?;
            match (&done.old, &done.undo_failure) {
                (_, Some(refusal)) => writeln!(out, ": {refusal}")?,
                (Some(old), None) if done.did != Did::Same => {
                    writeln!(out, " (was metric {})", old.metric)?;
                }
                _ => writeln!(out)?,
            }
        }
        let count = self.entries.len();
        let applied = self.outcome.applied;
        match self.outcome.verdict {
            Verdict::Done => writeln!(out, "done: all {count}"),
            Verdict::Failed => writeln!(out, "failed: {applied} of {count} done"),
            Verdict::Undone => writeln!(out, "undone: the table is as it was"),
            Verdict::UndonePartly => writeln!(
                out,
                "undone in part: {} of {count} could not be undone",
                self.outcome.undo_failures
            ),
            Verdict::Cancelled => writeln!(out, "cancelled: {applied} of {count} done"),
            Verdict::WouldSucceed => writeln!(out, "all {count} would succeed"),
            Verdict::WouldFail => writeln!(out, "{applied} of {count} would succeed"),
            other => writeln!(out, "{other:?}"),
        }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let applied = JsonApplied {
            verdict: verdict(self.outcome.verdict),
            applied: self.outcome.applied,
            failed_index: self.outcome.failed_index,
            undo_failures: self.outcome.undo_failures,
            entries: self.each().map(json).collect(),
        };
        write_json(out, &applied)
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
    JsonEntry {
        key: JsonKey::from(&route.key()),
        metric: route.metric,
        did: did(done.did),
        lease: entry.is_leased(),
        failure: failure.as_ref().map(JsonFailure::from),
        undo_failure: done.undo_failure.map(|refusal| refusal.to_string()),
        old: done
            .old
            .map(|old| JsonRoute::from(&WeighedRoute::new(old, None))),
    }
}

const fn did(did: Did) -> &'static str {
    match did {
        Did::Nothing => "nothing",
        Did::Created => "created",
        Did::Replaced => "replaced",
        Did::Same => "same",
        Did::Deleted => "deleted",
        Did::Changed => "changed",
        Did::Undone => "undone",
        Did::UndoFailed => "undo_failed",
        _ => "other",
    }
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Done => "done",
        Verdict::Failed => "failed",
        Verdict::Undone => "undone",
        Verdict::UndonePartly => "undone_partly",
        Verdict::Cancelled => "cancelled",
        Verdict::WouldSucceed => "would_succeed",
        Verdict::WouldFail => "would_fail",
        _ => "other",
    }
}
