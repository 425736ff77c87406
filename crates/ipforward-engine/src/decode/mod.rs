//! From a caller's bytes to a command. Numbers of the contract become types here.

pub(crate) mod batch;
mod best_route;
mod interface;
mod page;
pub(crate) mod watch;

use abi::operation::call;
use abi::{
    ControlCode, MibIpForwardRow2, MibIpInterfaceRow, NtStatus, Operation, TypedOperation, Wire,
};
use zerocopy::FromBytes;

use crate::events::filter::WatchCommand;
use crate::interface_settings::SettingsChange;
use crate::leases::listing::LeasePage;
use crate::memory::BatchMemory;
use crate::network_stack::RouteLookup;
use crate::snapshots::TablePage;
use crate::transaction::batch::EntryBatch;

/// A request whose bytes have been checked.
#[derive(Debug)]
pub(crate) enum Command<'a> {
    /// Return versions, capabilities and limits.
    QueryVersion,
    /// Return the counters.
    QueryStatistics,
    /// Return a row with the stack's defaults.
    InitializeRoute,
    /// Create this route.
    CreateRoute(MibIpForwardRow2),
    /// Change the route with these keys.
    SetRoute(MibIpForwardRow2),
    /// Delete the route with these keys.
    DeleteRoute(MibIpForwardRow2),
    /// Return the whole row of the route with these keys.
    GetRoute(MibIpForwardRow2),
    /// Return the rule that `row` breaks, and for which the stack refused it with `refusal`.
    ExplainRoute {
        row: MibIpForwardRow2,
        /// `None` if the stack was not asked.
        refusal: Option<NtStatus>,
    },
    /// Return a page of the route table.
    GetTable(TablePage),
    /// Return the best route to an address.
    GetBestRoute(RouteLookup),
    /// Return the whole row of the interface with these keys.
    GetInterface(MibIpInterfaceRow),
    /// Return a page of the interface table.
    GetInterfaceTable(TablePage),
    /// Change the settings of an interface.
    SetInterface(SettingsChange),
    /// Make many changes.
    Apply(EntryBatch<'a>),
    /// Return a page of the leases of settings of interfaces.
    GetInterfaceLeases(LeasePage),
    /// Return a page of the leases of routes.
    GetLeases(LeasePage),
    /// Wait for events.
    Watch(WatchCommand),
}

/// Decodes a request: its code, its input, and the length of its output buffer. If it is a batch, its
/// entries are in `memory`.
///
/// # Errors
///
/// - `STATUS_INVALID_DEVICE_REQUEST`: no operation has this code.
/// - `STATUS_INVALID_BUFFER_SIZE`: the input is shorter or longer than the operation's structure.
/// - `STATUS_BUFFER_TOO_SMALL`: the answer would not fit.
/// - `STATUS_INVALID_USER_BUFFER`: a reserved byte is not zero.
/// - `STATUS_INVALID_PARAMETER`: a value of a batch, a filter or a change of an interface is unknown
///   or out of range.
/// - `STATUS_REQUEST_OUT_OF_SEQUENCE`: a cursor that the driver gives no caller.
/// - `STATUS_QUOTA_EXCEEDED`: batches have too much memory.
pub(crate) fn decode<'a>(
    code: ControlCode,
    input: &[u8],
    output_length: usize,
    memory: BatchMemory<'a>,
) -> Result<Command<'a>, NtStatus> {
    let operation = Operation::from_code(code).ok_or(NtStatus::INVALID_DEVICE_REQUEST)?;
    if output_length < operation.description().output_length {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    Ok(match operation {
        Operation::QueryVersion => {
            read::<call::QueryVersion>(input)?;
            Command::QueryVersion
        }
        Operation::QueryStatistics => {
            read::<call::QueryStatistics>(input)?;
            Command::QueryStatistics
        }
        Operation::InitializeRoute => {
            read::<call::InitializeRoute>(input)?;
            Command::InitializeRoute
        }
        Operation::CreateRoute => Command::CreateRoute(read::<call::CreateRoute>(input)?),
        Operation::SetRoute => Command::SetRoute(read::<call::SetRoute>(input)?),
        Operation::DeleteRoute => Command::DeleteRoute(read::<call::DeleteRoute>(input)?),
        Operation::GetRoute => Command::GetRoute(read::<call::GetRoute>(input)?),
        Operation::ExplainRoute => {
            let request = read::<call::ExplainRoute>(input)?;
            Command::ExplainRoute {
                row: request.row,
                refusal: Some(NtStatus::new(request.status)).filter(|it| *it != NtStatus::SUCCESS),
            }
        }
        Operation::GetTable => Command::GetTable(page::of_table(&read::<call::GetTable>(input)?)?),
        Operation::GetBestRoute => {
            Command::GetBestRoute(best_route::decode(&read::<call::GetBestRoute>(input)?))
        }
        Operation::GetInterface => Command::GetInterface(read::<call::GetInterface>(input)?),
        Operation::GetInterfaceTable => {
            Command::GetInterfaceTable(page::of_table(&read::<call::GetInterfaceTable>(input)?)?)
        }
        Operation::SetInterface => {
            Command::SetInterface(interface::decode(&read::<call::SetInterface>(input)?)?)
        }
        Operation::GetInterfaceLeases => {
            Command::GetInterfaceLeases(page::of_leases(&read::<call::GetInterfaceLeases>(input)?))
        }
        Operation::Apply => Command::Apply(batch::read(input, output_length, memory)?),
        Operation::GetLeases => {
            Command::GetLeases(page::of_leases(&read::<call::GetLeases>(input)?))
        }
        Operation::Watch => Command::Watch(watch::decode(&read::<call::Watch>(input)?)?),
    })
}

/// The input of a call. It has exactly the length of its structure, and its reserved bytes are zero.
/// Bytes without a meaning are cleared.
///
/// It is not inlined: the structures would be taken apart and put together again for the command.
#[inline(never)]
fn read<C: TypedOperation>(input: &[u8]) -> Result<C::Input, NtStatus> {
    let value = C::Input::read_from_bytes(input).map_err(|_| NtStatus::INVALID_BUFFER_SIZE)?;
    if value.reserved_is_zero() {
        Ok(value.canonical())
    } else {
        Err(NtStatus::INVALID_USER_BUFFER)
    }
}

#[cfg(test)]
mod tests {
    use abi::operation::OPERATIONS;

    use super::*;

    /// Bytes that are aligned as the input of a request is.
    #[repr(align(8))]
    struct Aligned([u8; 256]);

    const ZEROS: &[u8; 256] = &Aligned([0; 256]).0;

    fn decode(
        code: ControlCode,
        input: &[u8],
        output_length: usize,
    ) -> Result<Command<'static>, NtStatus> {
        super::decode(code, input, output_length, BatchMemory::default())
    }

    fn refusal(code: ControlCode, input: &[u8], output_length: usize) -> Option<NtStatus> {
        decode(code, input, output_length).err()
    }

    #[test]
    fn every_operation_decodes_with_buffers_of_its_sizes() {
        for row in OPERATIONS {
            let decoded = decode(row.code, &ZEROS[..row.input_length], row.output_length);
            // A change of an interface that changes nothing is refused.
            let refused = row.operation == Operation::SetInterface;
            let expected = refused.then_some(NtStatus::INVALID_PARAMETER);
            assert_eq!(decoded.err(), expected, "{}", row.name);
        }
    }

    #[test]
    fn an_input_one_byte_short_or_long_is_refused() {
        for row in OPERATIONS {
            let long = refusal(row.code, &ZEROS[..=row.input_length], row.output_length);
            assert_eq!(long, Some(NtStatus::INVALID_BUFFER_SIZE), "{}", row.name);
            if let Some(short) = row.input_length.checked_sub(1) {
                let short = refusal(row.code, &ZEROS[..short], row.output_length);
                assert_eq!(short, Some(NtStatus::INVALID_BUFFER_SIZE), "{}", row.name);
            }
        }
    }

    #[test]
    fn an_output_one_byte_short_is_refused() {
        for row in OPERATIONS.iter().filter(|row| row.output_length > 0) {
            let decoded = refusal(row.code, &ZEROS[..row.input_length], row.output_length - 1);
            assert_eq!(decoded, Some(NtStatus::BUFFER_TOO_SMALL), "{}", row.name);
        }
    }

    #[test]
    fn reserved_bytes_must_be_zero() {
        let row = Operation::CreateRoute.description();
        for reserved in [41, 42, 43, 73, 74, 75] {
            let mut input = [0; 104];
            input[reserved] = 1;
            let decoded = refusal(row.code, &input, row.output_length);
            assert_eq!(
                decoded,
                Some(NtStatus::INVALID_USER_BUFFER),
                "byte {reserved}"
            );
        }
    }

    #[test]
    fn an_unknown_code_is_no_device_request() {
        let decoded = refusal(ControlCode(0x0012_6FFC), &[], 4096);
        assert_eq!(decoded, Some(NtStatus::INVALID_DEVICE_REQUEST));
    }

    #[test]
    fn bytes_that_an_address_does_not_use_are_cleared() {
        let row = Operation::CreateRoute.description();
        let mut input = [0; 104];
        input[12] = 2;
        input[24] = 0xA5;
        let Ok(Command::CreateRoute(route)) = decode(row.code, &input, 0) else {
            panic!("a row with spare bytes in an IPv4 address is a row");
        };
        assert_eq!(route.destination_prefix.prefix.ipv6, [0; 16]);
    }
}
