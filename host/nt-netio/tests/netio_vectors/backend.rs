//! The memory backend.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use nt_netio::clock::ManualClock;
use nt_netio::vectors::{self, InterfaceLuids, TestStack};
use nt_netio::{Behaviours, Memory, NetworkStack};
use nt_types::{AddressFamily, MibIpForwardRow2};

/// The LUIDs of the default network.
pub(crate) const LUIDS: InterfaceLuids = InterfaceLuids {
    if1: 0x0018_0000_0000_0000,
    if7: 0x0006_0080_0100_0000,
    if9: 0x0006_0080_0200_0000,
};

/// A fresh stack.
pub(crate) fn start(behaviours: Behaviours) -> Box<dyn TestStack> {
    Box::new(InMemory::new(behaviours))
}

/// A row of the vectors.
pub(crate) fn row(name: &str) -> MibIpForwardRow2 {
    vectors::row(name, LUIDS)
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

    fn luids(&self) -> InterfaceLuids {
        LUIDS
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
