//! Adding a device, removing the device, removing it by surprise, and unloading the driver.

use nt_types::NtStatus;
use nthost_protocol::PAYLOAD_MAX;
use nthost_protocol::control::ControlKind;

use crate::host::Host;
use crate::process::Process;

/// The leak report of a driver that has been unloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloaded {
    /// How many resources the driver has not released.
    pub left: u64,
    /// The resources, each with the stack that took it.
    pub list: String,
}

impl Host {
    /// As [`Process::add_device`].
    ///
    /// # Errors
    ///
    /// The status with which the device did not start.
    pub fn add_device(&self) -> Result<u64, NtStatus> {
        self.connect().add_device()
    }

    /// As [`Process::remove_device`].
    pub fn remove_device(&self) -> NtStatus {
        self.connect().remove_device()
    }

    /// As [`Process::surprise_remove`].
    pub fn surprise_remove(&self) -> NtStatus {
        self.connect().surprise_remove()
    }

    /// As [`Process::unload`].
    ///
    /// # Errors
    ///
    /// The status, if the driver is still loaded.
    pub fn unload(&self) -> Result<Unloaded, NtStatus> {
        self.connect().unload()
    }
}

impl Process {
    /// Has the `PnP` manager find one more device for the driver. The result is its number.
    ///
    /// # Errors
    ///
    /// The status with which the device did not start.
    pub fn add_device(&mut self) -> Result<u64, NtStatus> {
        let reply = self.request(ControlKind::AddDevice, 0, 0, &[], 0);
        reply.status.into_result().map(|()| reply.information)
    }

    /// Gives the process a token with these SIDs, in the form `S-1-5-18`, for all later opens.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    pub fn set_token(&mut self, sids: &[&str]) {
        self.control(ControlKind::SetToken, 0, 0, sids.join("\n").as_bytes(), 0);
    }

    /// Removes the device as the device manager does. Fails with `STATUS_PLUGPLAY_QUERY_VETOED`
    /// while a handle is open. With its last device the driver is unloaded.
    pub fn remove_device(&mut self) -> NtStatus {
        self.request(ControlKind::Remove, 0, 0, &[], 0).status
    }

    /// Removes the device by surprise. Handles stay open, and their requests are completed; the
    /// removal ends, with the unload of the driver, when the last handle is closed.
    pub fn surprise_remove(&mut self) -> NtStatus {
        self.request(ControlKind::Remove, 1, 0, &[], 0).status
    }

    /// Ends all other client processes that have open handles, removes the device and unloads the
    /// driver. The host continues without a driver.
    ///
    /// # Errors
    ///
    /// The status, if the driver is still loaded.
    pub fn unload(&mut self) -> Result<Unloaded, NtStatus> {
        let reply = self.request(ControlKind::Unload, 0, 0, &[], PAYLOAD_MAX);
        reply.status.into_result().map(|()| Unloaded {
            left: reply.information,
            list: String::from_utf8_lossy(&reply.output).into_owned(),
        })
    }
}
