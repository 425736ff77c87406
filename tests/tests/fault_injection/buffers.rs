//! Requests with buffers or codes that break the contract: each is refused, unless a call fails
//! before the driver has checked them.

use abi::operation::{Description, OPERATIONS};
use abi::{ControlCode, NtStatus, Operation, TableRequest};
use ipforward::{Device, Error};
use tests::{Profile, Scenario, ScenarioContext, status, valid_row};
use zerocopy::IntoBytes;

use crate::refusals::driver_error;

/// Room for any answer.
const ROOM: usize = 1 << 12;

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("inputs of another length", |context| {
            let answer = NtStatus::INVALID_BUFFER_SIZE;
            all_are_answered(&context.device()?, wrong_inputs(), answer)
        })
        .expects(NtStatus::INVALID_BUFFER_SIZE)
        .claims(),
        Scenario::new("outputs that are too small", |context| {
            let answer = NtStatus::BUFFER_TOO_SMALL;
            all_are_answered(&context.device()?, small_outputs(), answer)
        })
        .expects(NtStatus::BUFFER_TOO_SMALL)
        .claims(),
        Scenario::new("reserved bytes that are not zero", |context| {
            let answer = NtStatus::INVALID_USER_BUFFER;
            all_are_answered(&context.device()?, reserved_bytes(), answer)
        })
        .expects(NtStatus::INVALID_USER_BUFFER)
        .claims(),
        Scenario::new("codes of no operation", |context| {
            let answer = NtStatus::INVALID_DEVICE_REQUEST;
            all_are_answered(&context.device()?, unknown_codes(), answer)
        })
        .expects(NtStatus::INVALID_DEVICE_REQUEST)
        .claims(),
        Scenario::new("unknown cursors", |context| {
            let answer = NtStatus::REQUEST_OUT_OF_SEQUENCE;
            all_are_answered(&context.device()?, unknown_cursors(), answer)
        })
        .expects(NtStatus::REQUEST_OUT_OF_SEQUENCE)
        .claims(),
        Scenario::new("more room than the answer needs", more_room),
        Scenario::new("unused bytes of an address", spare_bytes)
            .expects(Profile::of_this_run().duplicate()),
    ]
}

/// A code, an input, and how much room there is for the output.
type Request = (ControlCode, Vec<u8>, usize);

/// Sends requests that are all answered alike; the result is that answer, or another one.
fn all_are_answered(
    device: &Device,
    requests: impl IntoIterator<Item = Request>,
    answer: NtStatus,
) -> Result<(), Error> {
    for (code, input, room) in requests {
        let status = status(device, code, &input, room);
        if status != answer {
            return Err(driver_error(Operation::QueryVersion, status));
        }
    }
    Err(driver_error(Operation::QueryVersion, answer))
}

/// A byte too little and one too much for each operation.
fn wrong_inputs() -> impl Iterator<Item = Request> {
    OPERATIONS.iter().flat_map(|operation| {
        let length = operation.input_length;
        let wrong = length.checked_sub(1).into_iter().chain([length + 1]);
        wrong.map(|length| (operation.code, vec![0; length], ROOM))
    })
}

/// No byte, and one byte too little, for each operation with an output.
fn small_outputs() -> impl Iterator<Item = Request> {
    let answering = |operation: &&Description| operation.output_length > 0;
    OPERATIONS.iter().filter(answering).flat_map(|operation| {
        let input = match operation.input_length {
            104 => valid_row().as_bytes().to_vec(),
            length => vec![0; length],
        };
        [0, operation.output_length - 1].map(|room| (operation.code, input.clone(), room))
    })
}

fn reserved_bytes() -> impl Iterator<Item = Request> {
    let create = [41, 75].map(|byte| {
        let mut row = valid_row().as_bytes().to_vec();
        row[byte] = 1;
        (Operation::CreateRoute.description().code, row, 0)
    });
    let request = TableRequest {
        reserved: [0, 0, 0, 0, 0, 1],
        ..TableRequest::default()
    };
    let page = Operation::GetTable.description().code;
    create
        .into_iter()
        .chain([(page, request.as_bytes().to_vec(), ROOM)])
}

fn unknown_codes() -> impl Iterator<Item = Request> {
    let create = Operation::CreateRoute.description().code.0;
    // No function, one with other access, and one with another method.
    let codes = [create ^ 1 << 12, create ^ 1 << 14, create ^ 1];
    codes
        .map(|code| (ControlCode(code), vec![0; 104], 104))
        .into_iter()
}

fn unknown_cursors() -> impl Iterator<Item = Request> {
    let page = Operation::GetTable.description().code;
    [1, 1 << 32, u64::MAX].into_iter().map(move |cursor| {
        let request = TableRequest {
            cursor,
            ..TableRequest::default()
        };
        (page, request.as_bytes().to_vec(), ROOM)
    })
}

fn more_room(context: &ScenarioContext) -> Result<(), Error> {
    let operation = Operation::QueryVersion.description();
    let answer = context
        .device()?
        .raw_device_control(operation.code, &[], ROOM)
        .map_err(|failure| Error::from_transport(Operation::QueryVersion, failure))?;
    let is_whole = answer.len() == operation.output_length;
    context.require("there is no more than the answer", is_whole);
    Ok(())
}

/// They change no key: the second row is the first one.
fn spare_bytes(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let create = Operation::CreateRoute.description().code;
    let mut spare = valid_row();
    spare.next_hop.ipv6 = [0xA5; 16];
    spare.destination_prefix.prefix.scope_id = 9;
    for row in [valid_row(), spare] {
        match status(&device, create, row.as_bytes(), 0) {
            NtStatus::SUCCESS => context.table_is_changed(true),
            status => return Err(driver_error(Operation::CreateRoute, status)),
        }
    }
    Ok(())
}
