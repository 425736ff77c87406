//! The network stack that vectors run on, with what a vector does to it from outside.

use std::time::Duration;

use ipnet::IpNet;
use nt_netio::NetworkStack;
use nt_types::AddressFamily;

/// What a vector does to a stack besides calling it. Every backend has one of these.
pub(crate) trait TestStack {
    fn stack(&self) -> &dyn NetworkStack;
    fn set_connected(&self, index: u32, connected: bool);
    fn change_address(&self, index: u32, address: IpNet, present: bool);
    fn carry_no_routes(&self, index: u32);
    fn remove_interface(&self, index: u32);
    fn remove_stack(&self, family: AddressFamily);
    fn advance(&self, time: Duration);
}
