//! Buffers that are not as the contract wants them are refused.

use ipforward::abi::apply::APPLY_DRY_RUN;
use ipforward::abi::operation::{OPERATIONS, call};
use ipforward::abi::{ApplyEntry, ApplyHeader, Operation, TableRequest};
use ipforward::{Batch, Entry, Reason};

use super::contract::raw;
use crate::selftest::case::NamedCase;
use crate::selftest::context::CaseContext;
use crate::selftest::not_passed::{CaseResult, expect_equal, expect_refused};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::once(
        "input-of-another-length",
        "an input that is too short or too long is refused",
        input_of_another_length,
    ),
    NamedCase::once(
        "output-too-small",
        "an output without room for the answer is refused",
        output_too_small,
    ),
    NamedCase::once(
        "output-too-large",
        "an output with more room gets the answer and no more",
        output_too_large,
    ),
    NamedCase::once(
        "reserved-bytes",
        "a reserved byte that is not zero is refused",
        reserved_bytes,
    ),
    NamedCase::once(
        "unknown-cursor",
        "a table is not read on from an unknown place",
        unknown_cursor,
    ),
    NamedCase::once(
        "batch-too-large",
        "a batch with more entries than the limit is refused",
        batch_too_large,
    ),
];

fn input_of_another_length(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    for operation in OPERATIONS {
        let right = operation.input_length;
        let wrong = [right.checked_sub(1), Some(right + 1), Some(1 << 16)];
        for length in wrong.into_iter().flatten() {
            let room = operation.output_length + operation.row_length;
            let answer = raw(&device, operation.operation, length, room);
            let what = format!("{} with {length} bytes", operation.name);
            expect_refused(&what, answer, Reason::Buffers)?;
        }
    }
    Ok(())
}

fn output_too_small(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    for operation in OPERATIONS {
        let Some(room) = operation.output_length.checked_sub(1) else {
            continue;
        };
        let answer = raw(&device, operation.operation, operation.input_length, room);
        let what = format!("{} with room for {room} bytes", operation.name);
        expect_refused(&what, answer, Reason::Buffers)?;
    }
    Ok(())
}

fn output_too_large(context: &CaseContext<'_>) -> CaseResult {
    let operation = Operation::QueryVersion;
    let answer = raw(&context.open()?, operation, 0, 1 << 16)?;
    let expected = operation.description().output_length;
    expect_equal("length of the answer", &answer.len(), &expected)
}

fn reserved_bytes(context: &CaseContext<'_>) -> CaseResult {
    let request = TableRequest {
        reserved: [0, 0, 0, 0, 0, 1],
        ..TableRequest::default()
    };
    let answer = context.open()?.call_for_rows::<call::GetTable>(&request, 1);
    expect_refused("GET_TABLE", answer, Reason::Buffers)?;
    Ok(())
}

fn unknown_cursor(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    for cursor in [1, 1 << 32, u64::MAX] {
        let request = TableRequest {
            cursor,
            ..TableRequest::default()
        };
        let answer = device.call_for_rows::<call::GetTable>(&request, 1);
        expect_refused("GET_TABLE", answer, Reason::OutOfSequence)?;
    }
    Ok(())
}

fn batch_too_large(context: &CaseContext<'_>) -> CaseResult {
    let count = Batch::ENTRIES_MAX + 1;
    let header = ApplyHeader {
        flags: APPLY_DRY_RUN,
        count,
        reserved: 0,
    };
    let entry = ApplyEntry::from(&Entry::create(&context.route(0)?).lease());
    let entries = vec![entry; count as usize];
    let device = context.open()?;
    let answer = device.call_with_elements::<call::Apply>(&header, &entries, count);
    expect_refused("APPLY", answer, Reason::InvalidParameter)?;
    Ok(())
}
