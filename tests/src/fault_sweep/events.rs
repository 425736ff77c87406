//! What happens to the machine in a scenario, beside what programs do.

use std::net::IpAddr;

use abi::NtStatus;

use super::ScenarioContext;
use crate::control::NetioCall;
use crate::process::Process;
use crate::removal::Unloaded;

impl ScenarioContext {
    /// Takes an interface out of the machine, and settles.
    pub fn unplug(&self, index: u32) {
        self.control.borrow_mut().unplug(index);
        self.quiesce();
    }

    /// Puts an interface back that was taken out, and settles.
    pub fn plug(&self, index: u32) {
        self.control.borrow_mut().plug(index);
        self.quiesce();
    }

    /// Runs `work`, and tells each call of NETIO meanwhile; after each the host asks for the way to
    /// `destination`.
    pub fn trace<R>(
        &self,
        destination: Option<IpAddr>,
        work: impl FnOnce() -> R,
    ) -> (R, Vec<NetioCall>) {
        Process::start(self.socket()).trace(destination, work)
    }

    /// Holds the driver's call of `function` that has this number, from 0 now.
    pub fn pause_at(&self, function: &str, number: u64) {
        self.control.borrow_mut().pause_at(function, number);
    }

    /// Whether a call is held now.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.control.borrow_mut().is_paused()
    }

    /// Lets go of the call that is held, and holds none any more.
    pub fn resume(&self) {
        self.control.borrow_mut().resume();
    }

    /// Removes the device in order.
    pub fn remove_device(&self) -> NtStatus {
        self.control.borrow_mut().remove_device()
    }

    /// Pulls the device out.
    pub fn surprise_remove(&self) -> NtStatus {
        self.control.borrow_mut().surprise_remove()
    }

    /// Ends all client processes with open handles and unloads the driver.
    ///
    /// # Errors
    ///
    /// The status, if the driver is still there.
    pub fn unload(&self) -> Result<Unloaded, NtStatus> {
        self.control.borrow_mut().unload()
    }
}
