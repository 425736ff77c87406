//! The machine of a network namespace, with the settings of the vectors' machine.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use nt_netio::clock::ManualClock;
use nt_netio::vectors::{InterfaceLuids, TestStack};
use nt_netio::{Behaviours, NetworkStack};
use nt_netio_rtnetlink::Rtnetlink;
use nt_types::{AddressFamily, MibIpInterfaceRow};

use crate::namespace::Namespace;

/// How long the kernel may take to notice that a cable was plugged in or out.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The LUIDs of the interfaces: made of their types and indexes.
const LUIDS: InterfaceLuids = InterfaceLuids {
    if1: 0x0018_0000_0100_0000,
    if7: 0x0006_0000_0700_0000,
    if9: 0x0006_0000_0900_0000,
};

/// A stack with a fresh namespace.
pub(crate) fn start(behaviours: Behaviours) -> Box<dyn TestStack> {
    Box::new(InNamespace::new(behaviours))
}

struct InNamespace {
    clock: Arc<ManualClock>,
    stack: Arc<Rtnetlink>,
    namespace: Namespace,
}

impl InNamespace {
    fn new(behaviours: Behaviours) -> Self {
        let namespace = Namespace::new().expect("a namespace");
        let clock = Arc::new(ManualClock::default());
        let shared: Arc<ManualClock> = Arc::clone(&clock);
        let stack = Rtnetlink::open_with_clock(namespace.name(), behaviours, shared);
        let stack = Arc::new(stack.expect("a stack for the namespace"));
        stack.follow_in_background().expect("a thread");
        let machine = Self {
            clock,
            stack,
            namespace,
        };
        machine.give_metric(9, 10);
        machine.wait_for(7, true);
        machine.wait_for(9, true);
        machine
    }

    /// An automatic metric of Linux is the same for all interfaces.
    fn give_metric(&self, index: u32, metric: u32) {
        let row = MibIpInterfaceRow {
            site_prefix_length: 0,
            use_automatic_metric: 0,
            metric,
            ..self.row(index)
        };
        self.stack
            .set_interface(&row)
            .expect("a metric of one's own");
    }

    fn row(&self, index: u32) -> MibIpInterfaceRow {
        let keys = MibIpInterfaceRow {
            family: AddressFamily::IPV4.0,
            interface_index: index,
            ..MibIpInterfaceRow::default()
        };
        self.stack.interface(&keys).expect("an interface")
    }

    fn wait_for(&self, index: u32, connected: bool) {
        let end = Instant::now() + TIMEOUT;
        while self.row(index).connected != u8::from(connected) {
            assert!(Instant::now() < end, "the cable of {index} is not noticed");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl TestStack for InNamespace {
    fn stack(&self) -> &dyn NetworkStack {
        &*self.stack
    }

    fn luids(&self) -> InterfaceLuids {
        LUIDS
    }

    fn set_connected(&self, index: u32, connected: bool) {
        self.namespace
            .set_connected(&format!("IF{index}"), connected);
        self.wait_for(index, connected);
    }

    fn change_address(&self, index: u32, address: IpNet, present: bool) {
        let verb = if present { "add" } else { "del" };
        let command = format!("addr {verb} {address} dev IF{index}");
        let _ = self.namespace.ip(&command);
    }

    fn carry_no_routes(&self, _index: u32) {}

    fn remove_interface(&self, index: u32) {
        // The loopback cannot be removed, and is called otherwise.
        if index != 1 {
            let _ = self.namespace.ip(&format!("link delete IF{index}"));
        }
    }

    fn remove_stack(&self, family: AddressFamily) {
        assert_eq!(family, AddressFamily::IPV6, "Linux always has IPv4");
        self.namespace.disable_ipv6("all");
    }

    fn advance(&self, time: Duration) {
        self.clock.advance(time);
        self.stack.tick();
    }
}
