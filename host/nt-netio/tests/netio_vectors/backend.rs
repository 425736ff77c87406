//! The memory backend.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use nt_netio::clock::ManualClock;
use nt_netio::{Behaviours, Memory, NetworkStack};
use nt_types::AddressFamily;

use crate::test_stack::TestStack;

/// A fresh stack.
pub(crate) fn fresh(behaviours: Behaviours) -> Box<dyn TestStack> {
    Box::new(InMemory::new(behaviours))
}

/// The LUID of an interface of the default network.
pub(crate) fn luid(interface: &str) -> u64 {
    match interface {
        "IF1" => 0x0018_0000_0000_0000,
        "IF7" => 0x0006_0080_0100_0000,
        "IF9" => 0x0006_0080_0200_0000,
        _ => panic!("no interface is called `{interface}`"),
    }
}

/// The memory backend with the fixture and a clock that stands still.
struct InMemory {
    clock: Arc<ManualClock>,
    stack: Memory,
}

impl InMemory {
    fn new(behaviours: Behaviours) -> Self {
        let clock = Arc::new(ManualClock::default());
        let shared: Arc<ManualClock> = Arc::clone(&clock);
        Self {
            stack: Memory::with_clock(&nt_netio::NetworkDescription::default(), behaviours, shared),
            clock,
        }
    }
}

impl TestStack for InMemory {
    fn stack(&self) -> &dyn NetworkStack {
        &self.stack
    }

    fn set_connected(&self, index: u32, connected: bool) {
        self.stack
            .set_link(index, connected)
            .expect("an interface of the network");
    }

    fn change_address(&self, index: u32, address: IpNet, present: bool) {
        self.stack
            .change_address(index, address, present)
            .expect("an address of the network");
    }

    fn carry_no_routes(&self, index: u32) {
        self.stack.set_carries_routes(index, false);
    }

    fn remove_interface(&self, index: u32) {
        self.stack.remove_interface(index);
    }

    fn remove_stack(&self, family: AddressFamily) {
        self.stack.remove_stack(family);
    }

    fn advance(&self, time: Duration) {
        self.clock.advance(time);
        self.stack.tick();
    }
}
