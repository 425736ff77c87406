//! The host's network stack, for drivers that call NETIO.

use std::net::IpAddr;

use nt_types::{MibIpForwardRow2, NtStatus, SockaddrInet};
use nthost_protocol::PAYLOAD_MAX;
use nthost_protocol::control::ControlKind;
use zerocopy::{FromBytes, IntoBytes};

use crate::process::Process;

/// One call of NETIO that a driver has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetioCall {
    /// The function.
    pub function: String,
    /// The status that it returned.
    pub status: NtStatus,
    /// The prefix of the best route to the traced destination after the call, as in
    /// `10.20.0.0/16`; `-` if the destination is unreachable.
    pub prefix: String,
    /// The next hop of that route.
    pub next_hop: String,
}

impl NetioCall {
    /// True for a call that changes the route table.
    #[must_use]
    pub fn writes(&self) -> bool {
        ["Create", "Set", "Delete"]
            .iter()
            .any(|verb| self.function.starts_with(verb))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ').map(str::to_owned);
        let function = words.next()?;
        let status = u32::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
        Some(Self {
            function,
            status: NtStatus::new(status),
            prefix: words.next()?,
            next_hop: words.next()?,
        })
    }
}

impl Process {
    /// Removes a network interface, with its routes.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn unplug(&mut self, index: u32) {
        self.control(ControlKind::Plug, 0, index.into(), &[], 0);
    }

    /// Adds a network interface again that [`unplug`](Self::unplug) removed.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn plug(&mut self, index: u32) {
        self.control(ControlKind::Plug, 1, index.into(), &[], 0);
    }

    /// Adds a network interface again that [`unplug`](Self::unplug) removed, with the same GUID and
    /// another LUID.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn plug_recreated(&mut self, index: u32) {
        self.control(ControlKind::Plug, 2, index.into(), &[], 0);
    }

    /// Puts another adapter in the place of a network interface: with the same LUID and index, and
    /// another GUID.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn plug_another(&mut self, index: u32) {
        self.control(ControlKind::Plug, 3, index.into(), &[], 0);
    }

    /// Puts this process into a network compartment: its later calls are made there, those for the
    /// network too.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user, or no interface of its network is in the compartment.
    pub fn set_compartment(&mut self, compartment: u32) {
        self.control(ControlKind::SetCompartment, compartment, 0, &[], 0);
    }

    /// Takes the link of a network interface down, or up again.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user, or has no such interface.
    pub fn set_link(&mut self, index: u32, up: bool) {
        let interface = index.to_string();
        self.control(ControlKind::Link, up.into(), 0, interface.as_bytes(), 0);
    }

    /// Takes an address off a network interface, such as 192.0.2.10/24.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user, or the interface does not have the address.
    pub fn remove_address(&mut self, index: u32, address: &str) {
        let payload = format!("{index} {address}");
        self.control(ControlKind::Address, 0, 0, payload.as_bytes(), 0);
    }

    /// Gives a network interface an address.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user, or the interface has the address.
    pub fn add_address(&mut self, index: u32, address: &str) {
        let payload = format!("{index} {address}");
        self.control(ControlKind::Address, 1, 0, payload.as_bytes(), 0);
    }

    /// Has a router, or for IPv4 DHCP, tell the stack a route at a network interface, or tell it
    /// again: then only its lifetimes change.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user, has no such interface, or is not in memory.
    pub fn advertise(&mut self, index: u32, prefix: &str, next_hop: &str, seconds: u32) {
        let payload = format!("{index} {prefix} {next_hop} {seconds}");
        self.control(ControlKind::Advertise, 0, 0, payload.as_bytes(), 0);
    }

    /// Runs `work` and records each call of NETIO that the driver makes meanwhile. After each call
    /// the host looks up the best route to `destination`.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn trace<R>(
        &mut self,
        destination: Option<IpAddr>,
        work: impl FnOnce() -> R,
    ) -> (R, Vec<NetioCall>) {
        let destination = destination.map(SockaddrInet::from);
        let destination = destination.as_ref().map(IntoBytes::as_bytes);
        let payload = destination.unwrap_or_default();
        self.control(ControlKind::Trace, 1, 0, payload, 0);
        let result = work();
        let reply = self.control(ControlKind::Trace, 0, 0, &[], 0);
        let text = String::from_utf8(reply.output).expect("the host writes UTF-8");
        let calls = text.lines().map(|line| {
            NetioCall::parse(line).unwrap_or_else(|| panic!("not a recorded call: {line}"))
        });
        (result, calls.collect())
    }

    /// The rows of the host's route table, also after the driver has been unloaded.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    #[must_use]
    pub fn route_rows(&mut self) -> Vec<MibIpForwardRow2> {
        let reply = self.control(ControlKind::Routes, 0, 0, &[], PAYLOAD_MAX);
        let rows = reply.output.chunks_exact(size_of::<MibIpForwardRow2>());
        rows.map(|row| MibIpForwardRow2::read_from_bytes(row).expect("a whole row"))
            .collect()
    }
}
