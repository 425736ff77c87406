//! A host whose clock stands still until the test advances it.

use std::time::Duration;

use ipforward::{Device, Entry, Route};
use nthost_testkit::{Host, Process};

use crate::hosts::start_host_with;

/// A host, and what a test of guards does to it.
pub struct ManualClockHost {
    /// The host.
    pub host: Host,
    /// Advances the clock, and changes interfaces.
    pub control: Process,
    /// The handle of another client, without leases.
    pub other: Device,
}

impl ManualClockHost {
    /// As [`start_host_with`]; then the clock stands still.
    ///
    /// # Panics
    ///
    /// If the driver does not start, or its device cannot be opened.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let host = start_host_with(arguments);
        let mut control = host.connect();
        control.pass_time(Duration::ZERO);
        let other = open(&host);
        Self {
            host,
            control,
            other,
        }
    }

    /// A new handle.
    ///
    /// # Panics
    ///
    /// If the device cannot be opened.
    #[must_use]
    pub fn open(&self) -> Device {
        open(&self.host)
    }

    /// A new handle that has applied these entries.
    ///
    /// # Panics
    ///
    /// If an entry fails.
    #[must_use]
    pub fn open_with(&self, entries: impl IntoIterator<Item = Entry>) -> Device {
        let owner = self.open();
        let batch = entries.into_iter().collect();
        let outcome = owner.apply(&batch).expect("the driver takes the batch");
        assert!(outcome.is_success(), "{outcome:?}");
        owner
    }

    /// A new handle that guards this route.
    ///
    /// # Panics
    ///
    /// If the route cannot be created.
    #[must_use]
    pub fn open_with_guard(&self, route: &Route) -> Device {
        self.open_with([Entry::create(route).guard()])
    }

    /// Whether the route exists.
    #[must_use]
    pub fn has(&self, route: &Route) -> bool {
        self.other.get_route(&route.key()).is_ok()
    }
}

fn open(host: &Host) -> Device {
    Device::open(host.socket()).expect("the device can be opened")
}
