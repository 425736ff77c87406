//! The snapshot: a line for each fact that callers depend on, so that a test notices a change.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use abi::device::INTERFACE_CLASS;
use abi::operation::OPERATIONS;
use abi::status::STATUSES;
use abi::version::ABI_VERSION;

use crate::{Contract, Shape};

/// Before the number of the version.
const VERSION: &str = "ABI version ";

/// Before the number of the last released version.
const RELEASED: &str = "last released ABI version ";

/// How the current contract differs from the stored snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotChange {
    /// Nothing changed.
    Same,
    /// It changed in a version that is not released: write the snapshot again.
    Unreleased,
    /// It changed in a version that is released.
    Broken {
        /// Lines of the stored snapshot only.
        gone: Vec<String>,
        /// Lines of the current contract only.
        new: Vec<String>,
    },
}

/// The snapshot of a contract. The first two lines are its version and the last released one; each
/// other line is an independent fact.
#[must_use]
pub fn render(contract: &Contract, released: u32) -> String {
    let mut text = format!("{VERSION}{ABI_VERSION}\n{RELEASED}{released}\n");
    for lines in [
        operations(),
        structures(contract),
        constants(contract),
        statuses(),
    ] {
        text.push('\n');
        for line in lines {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// Compares the stored snapshot with the current one.
#[must_use]
pub fn compare(stored: &str, now: &str) -> SnapshotChange {
    let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
    let (before, after) = (lines(stored), lines(now));
    if before == after {
        return SnapshotChange::Same;
    }
    match (released(stored), number_after(VERSION, now)) {
        (Some(released), Some(new)) if new > released => SnapshotChange::Unreleased,
        _ => SnapshotChange::Broken {
            gone: before.difference(&after).cloned().collect(),
            new: after.difference(&before).cloned().collect(),
        },
    }
}

/// The last released version, from a snapshot.
#[must_use]
pub fn released(snapshot: &str) -> Option<u32> {
    number_after(RELEASED, snapshot)
}

fn number_after(words: &str, snapshot: &str) -> Option<u32> {
    let mut lines = snapshot.lines();
    lines.find_map(|line| line.strip_prefix(words)?.parse().ok())
}

fn operations() -> Vec<String> {
    OPERATIONS
        .iter()
        .map(|row| {
            format!(
                "operation {} = 0x{:08X}, {:?}, input {} {}, elements {} {}, output {} {}, rows {} {}, {}",
                row.name,
                row.code.0,
                row.access,
                row.input_length,
                row.input,
                row.element_length,
                row.element,
                row.output_length,
                row.output,
                row.row_length,
                row.row,
                if row.idempotent {
                    "idempotent"
                } else {
                    "not idempotent"
                }
            )
        })
        .collect()
}

fn structures(contract: &Contract) -> Vec<String> {
    let mut lines = Vec::new();
    for structure in &contract.structures {
        let name = structure.c_name();
        lines.push(format!(
            "structure {name}: {} bytes, aligned to {}",
            structure.size, structure.alignment
        ));
        lines.extend(structure.members.iter().map(|member| {
            format!(
                "member {name} + {}: {}, {}",
                member.offset,
                member.name,
                describe(&member.shape)
            )
        }));
    }
    lines
}

fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Integer(size) => format!("{} bits", size * 8),
        Shape::Array { size, count } => format!("{count} of {} bits", size * 8),
        Shape::Structure(name) => crate::names::structure(name),
    }
}

fn constants(contract: &Contract) -> Vec<String> {
    let constant = |kind: &str, constant: &crate::Constant| {
        format!("{kind} {} = {}", constant.name, constant.value)
    };
    let mut lines: Vec<String> = contract
        .constants
        .iter()
        .map(|number| constant("constant", number))
        .collect();
    lines.push(format!("constant INTERFACE_CLASS = {INTERFACE_CLASS:x?}"));
    lines.extend(contract.causes.iter().map(|cause| constant("cause", cause)));
    lines
}

fn statuses() -> Vec<String> {
    STATUSES
        .iter()
        .map(|names| {
            format!(
                "status {} = 0x{:08X}, Win32 {} {}",
                names.name,
                names.status.bits(),
                names.win32,
                names.win32_name
            )
        })
        .collect()
}
