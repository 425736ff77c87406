//! Events of the system during a scenario: interfaces, pause points, removal.

use std::net::IpAddr;

use abi::NtStatus;
use nthost_testkit::{NetioCall, Sleep, Unloaded};

use super::ScenarioContext;

impl ScenarioContext {
    /// Removes a network interface, and waits as [`quiesce`](Self::quiesce) does.
    pub fn unplug(&self, index: u32) {
        self.control.process().unplug(index);
        self.quiesce();
    }

    /// Adds the interface again, and waits as [`quiesce`](Self::quiesce) does.
    pub fn plug(&self, index: u32) {
        self.control.process().plug(index);
        self.quiesce();
    }

    /// Puts another adapter in the place of the interface, and waits as [`quiesce`](Self::quiesce)
    /// does.
    pub fn plug_another(&self, index: u32) {
        self.control.process().plug_another(index);
        self.quiesce();
    }

    /// Adds the interface again with another LUID, and waits as [`quiesce`](Self::quiesce) does.
    pub fn plug_recreated(&self, index: u32) {
        self.control.process().plug_recreated(index);
        self.quiesce();
    }

    /// Takes the link of an interface down, or up again, and waits as [`quiesce`](Self::quiesce)
    /// does.
    pub fn set_link(&self, index: u32, up: bool) {
        self.control.process().set_link(index, up);
        self.quiesce();
    }

    /// Takes an address off an interface and gives it back, and waits as
    /// [`quiesce`](Self::quiesce) does each time.
    pub fn change_address(&self, index: u32, address: &str) {
        self.control.process().remove_address(index, address);
        self.quiesce();
        self.control.process().add_address(index, address);
        self.quiesce();
    }

    /// Has a router tell the stack a route, or tell it again: then only its lifetimes change. Waits
    /// as [`quiesce`](Self::quiesce) does.
    pub fn advertise(&self, index: u32, prefix: &str, router: &str, seconds: u32) {
        let mut control = self.control.process();
        control.advertise(index, prefix, router, seconds);
        drop(control);
        self.quiesce();
    }

    /// Puts the system to sleep, in which the stack loses the routes of programs; and waits as
    /// [`quiesce`](Self::quiesce) does.
    ///
    /// # Panics
    ///
    /// If the system sleeps already, or a device does not leave D0.
    pub fn sleep_and_lose_routes(&self) {
        let how = Sleep {
            lose_routes: true,
            ..Sleep::default()
        };
        let slept = self.control.process().sleep(how);
        assert_eq!(slept, NtStatus::SUCCESS, "the system sleeps");
        self.quiesce();
    }

    /// Resumes the system, and waits as [`quiesce`](Self::quiesce) does.
    ///
    /// # Panics
    ///
    /// If the system does not sleep, or a device does not return to D0.
    pub fn wake(&self) {
        let woken = self.control.process().wake();
        assert_eq!(woken, NtStatus::SUCCESS, "the system resumes");
        self.quiesce();
    }

    /// Runs `work` and records each call of NETIO meanwhile; after each call the host looks up the
    /// best route to `destination`.
    pub fn trace<R>(
        &self,
        destination: Option<IpAddr>,
        work: impl FnOnce() -> R,
    ) -> (R, Vec<NetioCall>) {
        self.control.connect().trace(destination, work)
    }

    /// Pauses the driver's call of `function` with this number, counted from 0 from now on.
    pub fn pause_at(&self, function: &str, number: u64) {
        self.control.process().pause_at(function, number);
    }

    /// True while a call is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.control.process().is_paused()
    }

    /// Resumes the paused call and removes the pause point.
    pub fn resume(&self) {
        self.control.process().resume();
    }

    /// Removes the device as the device manager does.
    pub fn remove_device(&self) -> NtStatus {
        self.control.process().remove_device()
    }

    /// Removes the device by surprise.
    pub fn surprise_remove(&self) -> NtStatus {
        self.control.process().surprise_remove()
    }

    /// Ends all client processes that have open handles, and unloads the driver.
    ///
    /// # Errors
    ///
    /// The status, if the driver is still loaded.
    pub fn unload(&self) -> Result<Unloaded, NtStatus> {
        self.control.process().unload()
    }
}
