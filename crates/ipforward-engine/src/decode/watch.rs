//! A `WATCH` as the contract has it.

use abi::watch::{
    WATCH_ALL_GUARDS, WATCH_INTERFACES, WATCH_NO_WAIT, WATCH_NOT_MINE, WATCH_ONLY_GUARDS,
};
use abi::{AddressFamily, IpAddressPrefix, NtStatus, WatchRequest};

use crate::events::filter::{EventFilter, WatchCommand};

/// The flags that a request may have.
const FLAGS: u32 =
    WATCH_NOT_MINE | WATCH_NO_WAIT | WATCH_ONLY_GUARDS | WATCH_ALL_GUARDS | WATCH_INTERFACES;

/// Decodes a `WATCH`.
///
/// # Errors
///
/// `STATUS_INVALID_PARAMETER`: an unknown flag or family, or a prefix that is too long.
pub(crate) fn decode(request: &WatchRequest) -> Result<WatchCommand, NtStatus> {
    if request.flags & !FLAGS != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(WatchCommand {
        filter: EventFilter {
            family: decode_family(AddressFamily(request.family))?,
            luid: Some(request.interface_luid).filter(|luid| *luid != 0),
            prefix: decode_prefix(&request.prefix)?,
            not_mine: request.flags & WATCH_NOT_MINE != 0,
            only_guards: request.flags & WATCH_ONLY_GUARDS != 0,
            all_guards: request.flags & WATCH_ALL_GUARDS != 0,
            interfaces: request.flags & WATCH_INTERFACES != 0,
        },
        after: request.after_sequence,
        no_wait: request.flags & WATCH_NO_WAIT != 0,
    })
}

fn decode_family(family: AddressFamily) -> Result<Option<AddressFamily>, NtStatus> {
    match family {
        AddressFamily::UNSPECIFIED => Ok(None),
        family if family.address_bits().is_some() => Ok(Some(family)),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

fn decode_prefix(prefix: &IpAddressPrefix) -> Result<Option<IpAddressPrefix>, NtStatus> {
    match prefix.prefix.family().address_bits() {
        Some(bits) if prefix.prefix_length <= bits => Ok(Some(*prefix)),
        None if *prefix == IpAddressPrefix::default() => Ok(None),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}
