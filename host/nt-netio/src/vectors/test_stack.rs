//! A network stack under test, with what a vector does to it besides calling it.

use std::time::Duration;

use ipnet::IpNet;
use nt_types::AddressFamily;

use crate::NetworkStack;

/// The LUIDs that a stack gives the interfaces of the vectors' network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceLuids {
    /// The loopback.
    pub if1: u64,
    /// The network card with index 7.
    pub if7: u64,
    /// The network card with index 9.
    pub if9: u64,
}

impl InterfaceLuids {
    /// The LUID of that name in a vector.
    pub(super) fn named(self, name: &str) -> u64 {
        match name {
            "none" => 0,
            "unknown" => 0x0006_FFFF_FF00_0000,
            "IF1" => self.if1,
            "IF7" => self.if7,
            "IF9" => self.if9,
            _ => panic!("no interface is called `{name}`"),
        }
    }

    /// The name in a vector of the interface with this LUID.
    pub(super) fn name_of(self, luid: u64) -> &'static str {
        ["IF1", "IF7", "IF9"]
            .into_iter()
            .find(|name| self.named(name) == luid)
            .unwrap_or("unknown")
    }
}

/// A network stack that has the network of [`NetworkDescription`](crate::NetworkDescription)'s
/// default, and a clock that stands still.
pub trait TestStack {
    /// The stack.
    fn stack(&self) -> &dyn NetworkStack;

    /// The LUIDs of its interfaces.
    fn luids(&self) -> InterfaceLuids;

    /// Gives the interface with this index its link, or takes it away.
    fn set_connected(&self, index: u32, connected: bool);

    /// Adds an address of the interface, or removes it.
    fn change_address(&self, index: u32, address: IpNet, present: bool);

    /// From now on the interface carries no routes.
    fn carry_no_routes(&self, index: u32);

    /// Removes the interface.
    fn remove_interface(&self, index: u32);

    /// Removes the stack of a family.
    fn remove_stack(&self, family: AddressFamily);

    /// Advances the clock.
    fn advance(&self, time: Duration);
}
