//! The machine that vectors run on: a network stack, and hands at its cables.

use std::time::Duration;

use nt_types::AddressFamily;
use nthost::netio::NetworkStack;

/// What a vector does to a machine besides calling its stack. Every backend has one of these.
pub(crate) trait Machine {
    fn stack(&self) -> &dyn NetworkStack;
    fn set_connected(&self, index: u32, connected: bool);
    fn carry_no_routes(&self, index: u32);
    fn remove_interface(&self, index: u32);
    fn remove_stack(&self, family: AddressFamily);
    fn advance(&self, time: Duration);
}
