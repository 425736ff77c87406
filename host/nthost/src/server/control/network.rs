//! Test control of the network stack: adapters, links and addresses.

use ipnet::IpNet;
use nt_netio::{Adapter, AdvertisedRoute};
use nt_types::NtStatus;
use nthost_protocol::CallHeader;
use nthost_protocol::control::ControlKind;

use super::super::call::Answer;

/// [`ControlKind::Plug`].
pub(super) fn plug(header: &CallHeader) -> Answer {
    let adapter = match header.argument.get() {
        0 => Adapter::None,
        1 => Adapter::Described,
        2 => Adapter::Recreated,
        3 => Adapter::Another,
        _ => return Answer::status(NtStatus::INVALID_PARAMETER),
    };
    let index = u32::try_from(header.target.get()).map_err(|_too_large| NtStatus::NOT_FOUND);
    answer(index.and_then(|index| nt_netio::stack().plug(index, adapter)))
}

/// [`ControlKind::Link`] and [`ControlKind::Address`].
pub(super) fn change(kind: ControlKind, header: &CallHeader, payload: &[u8]) -> Answer {
    let present = match header.argument.get() {
        0 => false,
        1 => true,
        _ => return Answer::status(NtStatus::INVALID_PARAMETER),
    };
    let text = String::from_utf8_lossy(payload);
    let done = match (kind, text.split_once(' ')) {
        (ControlKind::Link, None) => {
            index_of(&text).and_then(|index| nt_netio::stack().set_link(index, present))
        }
        (ControlKind::Address, Some((interface, address))) => {
            change_address(interface, address, present)
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    };
    answer(done)
}

fn change_address(interface: &str, address: &str, present: bool) -> Result<(), NtStatus> {
    let address: IpNet = address
        .parse()
        .map_err(|_malformed| NtStatus::INVALID_PARAMETER)?;
    nt_netio::stack().change_address(index_of(interface)?, address, present)
}

/// [`ControlKind::Advertise`].
pub(super) fn advertise(payload: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(payload);
    let words: Vec<&str> = text.split(' ').collect();
    let done = match words[..] {
        [interface, prefix, next_hop, seconds] => advertised(prefix, next_hop, seconds)
            .and_then(|route| nt_netio::stack().advertise(index_of(interface)?, route)),
        _ => Err(NtStatus::INVALID_PARAMETER),
    };
    answer(done)
}

fn advertised(prefix: &str, next_hop: &str, seconds: &str) -> Result<AdvertisedRoute, NtStatus> {
    let route = || {
        Some(AdvertisedRoute {
            prefix: prefix.parse().ok()?,
            next_hop: next_hop.parse().ok()?,
            seconds: seconds.parse().ok()?,
        })
    };
    let has_one_family =
        |route: &AdvertisedRoute| route.prefix.addr().is_ipv4() == route.next_hop.is_ipv4();
    route()
        .filter(has_one_family)
        .ok_or(NtStatus::INVALID_PARAMETER)
}

/// The index of the interface that a text names by index or alias.
fn index_of(interface: &str) -> Result<u32, NtStatus> {
    if let Ok(index) = interface.parse() {
        return Ok(index);
    }
    let stack = nt_netio::stack();
    let luid = stack.alias_to_luid(interface);
    luid.and_then(|luid| stack.luid_to_index(luid))
        .map_err(|_unknown| NtStatus::NOT_FOUND)
}

fn answer(done: Result<(), NtStatus>) -> Answer {
    Answer::status(done.err().unwrap_or(NtStatus::SUCCESS))
}
