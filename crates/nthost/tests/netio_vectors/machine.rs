//! The machine that vectors run on: a network stack, and hands at its cables.

use std::sync::Arc;
use std::time::Duration;

use abi::AddressFamily;
use nthost::netio::clock::ManualClock;
use nthost::netio::{self, Knobs, Memory, NetworkStack};

/// What a vector does to a machine besides calling its stack. Every backend has one of these.
pub(crate) trait Machine {
    fn stack(&self) -> &dyn NetworkStack;
    fn set_connected(&self, index: u32, connected: bool);
    fn carry_no_routes(&self, index: u32);
    fn remove_interface(&self, index: u32);
    fn remove_stack(&self, family: AddressFamily);
    fn advance(&self, time: Duration);
}

/// The memory backend with the fixture and a clock that stands still.
pub(crate) struct InMemory {
    clock: Arc<ManualClock>,
    stack: Memory,
}

impl InMemory {
    pub(crate) fn new(knobs: Knobs) -> Self {
        let clock = Arc::new(ManualClock::default());
        let shared: Arc<ManualClock> = Arc::clone(&clock);
        Self {
            stack: Memory::with_clock(&netio::Machine::default(), knobs, shared),
            clock,
        }
    }
}

impl Machine for InMemory {
    fn stack(&self) -> &dyn NetworkStack {
        &self.stack
    }

    fn set_connected(&self, index: u32, connected: bool) {
        self.stack.set_connected(index, connected);
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
