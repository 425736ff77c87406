//! Commands for the host itself, instead of a driver.

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use nt_types::MibIpForwardRow2;
use nthost_protocol::control::{ControlKind, SLEEP_FAST_STARTUP, SLEEP_LOSE_ROUTES};
use nthost_protocol::{CallHeader, PAYLOAD_MAX};
use zerocopy::FromBytes;
use zerocopy::little_endian::{U32, U64};

/// A command to the host, or a query, instead of a call of the device.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own; the group lets only one be given"
)]
#[derive(Args, Debug)]
#[group(id = "command", multiple = false, conflicts_with = "call")]
pub(super) struct HostCommand {
    /// Have the `PnP` manager find one more device for the driver. The information is its number.
    #[arg(long)]
    add_device: bool,
    /// Remove the device in order, as the device manager does; an open file vetoes it. With its last
    /// device the driver is unloaded.
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, default_missing_value = "0")]
    remove: Option<u64>,
    /// Remove the device by surprise. The driver is notified at once; the rest of the removal follows
    /// the close of the last file.
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, default_missing_value = "0")]
    surprise_remove: Option<u64>,
    /// End all processes that have open files, remove all devices in order, and unload the driver.
    /// The host continues without it until it is interrupted.
    #[arg(long)]
    unload: bool,
    /// Put the system to sleep: every device leaves D0. With `lose-routes` the network stack loses the
    /// routes that it has not made itself; with `fast-startup` all user sessions are logged off first.
    #[arg(long, value_name = "HOW", num_args = 0..=2, value_enum)]
    sleep: Option<Vec<SleepOption>>,
    /// Resume the system: every device returns to D0.
    #[arg(long)]
    resume: bool,
    /// List the names by which the driver's devices can be opened: device interfaces and symbolic
    /// links.
    #[arg(long)]
    interfaces: bool,
    /// List the requests that the driver has not completed.
    #[arg(long)]
    in_flight: bool,
    /// List the resources that the driver holds.
    #[arg(long)]
    outstanding: bool,
    /// List the routes of the host's network, also without a driver.
    #[arg(long)]
    routes: bool,
    /// Take the link of an interface down, or up again. The interface is given by index or alias.
    #[arg(long, num_args = 2, value_names = ["IFACE", "down|up"])]
    link: Option<Vec<String>>,
    /// Take an address off an interface, such as 192.0.2.10/24.
    #[arg(long, num_args = 2, value_names = ["IFACE", "ADDRESS/LENGTH"])]
    remove_address: Option<Vec<String>>,
    /// Give an interface an address.
    #[arg(long, num_args = 2, value_names = ["IFACE", "ADDRESS/LENGTH"])]
    add_address: Option<Vec<String>>,
    /// Have a router, or for IPv4 DHCP, tell the stack a route, or tell it again, which refreshes its
    /// lifetimes.
    #[arg(long, num_args = 4, value_names = ["IFACE", "PREFIX", "NEXT_HOP", "SECONDS"])]
    advertise: Option<Vec<String>>,
    /// Take the adapter of an interface away, or put one in its place: the same one again, the same
    /// one recreated with another LUID, or another one, which gets the LUID.
    #[arg(long, num_args = 2, value_names = ["INDEX", "gone|back|recreated|another"])]
    adapter: Option<Vec<String>>,
}

/// How the system goes to sleep.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SleepOption {
    /// The routes of programs are lost.
    LoseRoutes,
    /// All user sessions are logged off first, as for the shutdown that precedes a fast startup.
    FastStartup,
}

impl SleepOption {
    fn bit(self) -> u64 {
        match self {
            Self::LoseRoutes => SLEEP_LOSE_ROUTES,
            Self::FastStartup => SLEEP_FAST_STARTUP,
        }
    }
}

impl HostCommand {
    /// The call, if a command is given.
    ///
    /// # Errors
    ///
    /// A word of the command is not one that it takes.
    pub(super) fn header(&self) -> Result<Option<CallHeader>> {
        let (kind, argument, target) = match self {
            Self {
                add_device: true, ..
            } => (ControlKind::AddDevice, 0, 0),
            Self {
                remove: Some(device),
                ..
            } => (ControlKind::Remove, 0, *device),
            Self {
                surprise_remove: Some(device),
                ..
            } => (ControlKind::Remove, 1, *device),
            Self {
                sleep: Some(how), ..
            } => (
                ControlKind::Sleep,
                0,
                how.iter().fold(0, |bits, how| bits | how.bit()),
            ),
            Self { resume: true, .. } => (ControlKind::Resume, 0, 0),
            Self { unload: true, .. } => (ControlKind::Unload, 0, 0),
            Self {
                interfaces: true, ..
            } => (ControlKind::DeviceNames, 0, 0),
            Self {
                in_flight: true, ..
            } => (ControlKind::InFlight, 0, 0),
            Self {
                outstanding: true, ..
            } => (ControlKind::Outstanding, 0, 0),
            Self { routes: true, .. } => (ControlKind::Routes, 0, 0),
            Self {
                link: Some(link), ..
            } => (ControlKind::Link, place_among(&LINK, link.get(1))?, 0),
            Self {
                remove_address: Some(_),
                ..
            } => (ControlKind::Address, 0, 0),
            Self {
                add_address: Some(_),
                ..
            } => (ControlKind::Address, 1, 0),
            Self {
                advertise: Some(_), ..
            } => (ControlKind::Advertise, 0, 0),
            Self {
                adapter: Some(adapter),
                ..
            } => (
                ControlKind::Plug,
                place_among(&ADAPTER, adapter.get(1))?,
                index(adapter.first())?,
            ),
            Self { .. } => return Ok(None),
        };
        Ok(Some(CallHeader {
            id: U64::new(1),
            kind: U32::new(kind as u32),
            argument: U32::new(argument),
            target: U64::new(target),
            output_length: U32::new(PAYLOAD_MAX),
            ..CallHeader::default()
        }))
    }

    /// The input of the call.
    pub(super) fn payload(&self) -> String {
        if let Some(link) = &self.link {
            return link.first().cloned().unwrap_or_default();
        }
        let words = [&self.remove_address, &self.add_address, &self.advertise];
        let words = words.into_iter().flatten().next();
        words.map(|words| words.join(" ")).unwrap_or_default()
    }

    /// The answer to a query, in words.
    pub(super) fn words(&self, output: &[u8]) -> String {
        if self.routes {
            let rows = output.chunks_exact(size_of::<MibIpForwardRow2>());
            let rows = rows.filter_map(|row| MibIpForwardRow2::read_from_bytes(row).ok());
            return rows.map(|row| line(&row)).collect();
        }
        let mut text = String::from_utf8_lossy(output).into_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }
}

/// What a link becomes, by the numbers of the protocol.
const LINK: [&str; 2] = ["down", "up"];

/// What is put in the place of an adapter, by the numbers of the protocol.
const ADAPTER: [&str; 4] = ["gone", "back", "recreated", "another"];

/// The number of a word.
fn place_among(words: &[&str], word: Option<&String>) -> Result<u32> {
    let word = word.map_or("", String::as_str);
    match (0..).zip(words).find(|(_, other)| **other == word) {
        Some((place, _)) => Ok(place),
        None => bail!("invalid word `{word}`: expected {}", words.join(", ")),
    }
}

/// The index of an interface.
fn index(word: Option<&String>) -> Result<u64> {
    let word = word.map_or("", String::as_str);
    word.parse()
        .with_context(|| format!("invalid interface `{word}`: expected its index"))
}

fn line(row: &MibIpForwardRow2) -> String {
    let address = |address: Option<std::net::IpAddr>| {
        address.map_or_else(|| "?".to_owned(), |address| address.to_string())
    };
    format!(
        "{}/{} via {} dev {} metric {}\n",
        address(row.destination_prefix.prefix.address()),
        row.destination_prefix.prefix_length,
        address(row.next_hop.address()),
        row.interface_index,
        row.metric
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_command_does_not_take_is_named() {
        let [up, sideways] = ["up", "sideways"].map(str::to_owned);
        assert_eq!(place_among(&LINK, Some(&up)).unwrap(), 1);
        let error = place_among(&LINK, Some(&sideways)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid word `sideways`: expected down, up"
        );
        let error = index(Some(&sideways)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid interface `sideways`: expected its index"
        );
    }
}
