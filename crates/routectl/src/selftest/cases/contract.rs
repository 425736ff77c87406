//! The contract: its version, its operations, and the access that a handle needs.

use ipforward::abi::operation::{OPERATIONS, call};
use ipforward::abi::version::{ABI_VERSION, LEASES_PER_HANDLE_MAX};
use ipforward::abi::watch::WATCH_NO_WAIT;
use ipforward::abi::{ControlCode, Operation, WatchRequest};
use ipforward::{Access, Batch, Device, Entry, Error, Lifetime, Reason};

use crate::selftest::case::NamedCase;
use crate::selftest::context::CaseContext;
use crate::selftest::not_passed::{CaseResult, expect, expect_equal, expect_refused};
use crate::selftest::temporary_route::LIFETIME;

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::once(
        "version",
        "the driver has the contract and the limits of this routectl",
        version,
    ),
    NamedCase::once(
        "operations-served",
        "the driver serves every operation of the contract",
        operations_served,
    ),
    NamedCase::once(
        "unknown-codes-refused",
        "a code of no operation is refused",
        unknown_codes_refused,
    ),
    NamedCase::once(
        "read-only-handle",
        "a handle without write access reads, and changes nothing",
        read_only_handle,
    ),
    NamedCase::once(
        "requests-counted",
        "the requests of a handle are counted, and those that are refused",
        requests_counted,
    ),
];

/// A control code for reading, of function 0 and type 0x12.
const FIRST_CODE: u32 = 0x0012_6000;

/// The function codes that a driver may define end here.
const FUNCTIONS: u32 = 0x800;

/// The answer to a request of any code and length.
pub(super) fn raw(
    device: &Device,
    operation: Operation,
    input_length: usize,
    room: usize,
) -> Result<Vec<u8>, Error> {
    let code = operation.description().code;
    device
        .raw_device_control(code, &vec![0; input_length], room)
        .map_err(|error| Error::from_transport(operation, error))
}

fn version(context: &CaseContext<'_>) -> CaseResult {
    let version = context.open()?.version()?;
    expect_equal("contract", &version.abi_version, &ABI_VERSION)?;
    let limits = (version.batch_entries_max, version.leases_per_handle_max);
    let expected = (Batch::ENTRIES_MAX, LEASES_PER_HANDLE_MAX);
    expect_equal("entries of a batch, leases of a handle", &limits, &expected)
}

fn operations_served(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    for operation in OPERATIONS {
        let answer = match operation.operation {
            Operation::Watch => {
                let request = WatchRequest {
                    flags: WATCH_NO_WAIT,
                    ..WatchRequest::from(&context.filter())
                };
                device.call_for_rows::<call::Watch>(&request, 1).map(drop)
            }
            // Refused for its content, since all is zero, or answered.
            other => raw(
                &device,
                other,
                operation.input_length,
                operation.output_length + operation.row_length,
            )
            .map(drop),
        };
        let reason = answer.err().and_then(|error| error.reason());
        expect(reason != Some(Reason::UnknownCall), || {
            format!("{} is not served", operation.name)
        })?;
    }
    Ok(())
}

fn unknown_codes_refused(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    for function in 0..FUNCTIONS {
        let code = ControlCode(FIRST_CODE | function << 2);
        if Operation::from_code(code).is_some() {
            continue;
        }
        let answer = device
            .raw_device_control(code, &[0; 104], 104)
            .map_err(|error| Error::from_transport(Operation::QueryVersion, error));
        let what = format!("code {:#010x}", code.0);
        expect_refused(&what, answer, Reason::UnknownCall)?;
    }
    Ok(())
}

fn read_only_handle(context: &CaseContext<'_>) -> CaseResult {
    let device = context.computer.open(Access::ReadOnly)?;
    device.routes(context.family)?;
    let route = context.route(0)?.valid_for(Lifetime::Seconds(LIFETIME));
    let refused = |what, answer| expect_refused(what, answer, Reason::AccessDenied);
    refused("CREATE_ROUTE", device.create_route(&route))?;
    refused("SET_ROUTE", device.set_route(&route))?;
    refused("DELETE_ROUTE", device.delete_route(&route.key()))?;
    let batch = Batch::new().with(Entry::create(&route).lease());
    refused("APPLY", device.apply(&batch).map(drop))?;
    Ok(())
}

fn requests_counted(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let before = device.statistics()?.handle;
    let absent = device.get_route(&context.route(0)?.key());
    expect_refused("GET_ROUTE", absent, Reason::NotFound)?;
    let lease = device.lease(&context.route(0)?)?;
    lease.release()?;
    let after = device.statistics()?.handle;
    let counted = [
        after.requests - before.requests,
        after.refused - before.refused,
        after.routes_created - before.routes_created,
        after.routes_deleted - before.routes_deleted,
    ];
    // The refused request, two batches, and the second query.
    let what = "requests, refused, created, deleted";
    expect_equal(what, &counted, &[4, 1, 1, 1])
}
