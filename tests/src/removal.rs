//! What a person can do to the driver while it works: remove its device, pull it out, unload it.

use abi::{MibIpForwardRow2, NtStatus};
use ipforward::Route;
use nthost_protocol::{CallKind, PAYLOAD_MAX};
use zerocopy::FromBytes;

use crate::host::Host;
use crate::process::{Process, Reply};
use crate::table::without_age;

/// What is left of a driver that has been unloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloaded {
    /// How many things it has not given back.
    pub left: u64,
    /// What they are.
    pub list: String,
}

impl Host {
    /// As [`Process::remove_device`].
    pub fn remove_device(&self) -> NtStatus {
        Process::start(&self.socket()).remove_device()
    }

    /// As [`Process::surprise_remove`].
    pub fn surprise_remove(&self) -> NtStatus {
        Process::start(&self.socket()).surprise_remove()
    }

    /// As [`Process::unload`].
    ///
    /// # Errors
    ///
    /// The status, if the driver is still there.
    pub fn unload(&self) -> Result<Unloaded, NtStatus> {
        Process::start(&self.socket()).unload()
    }

    /// As [`Process::routes`].
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        Process::start(&self.socket()).routes()
    }
}

impl Process {
    /// Removes the device in order, as the device manager does. `STATUS_PLUGPLAY_QUERY_VETOED` while
    /// a handle is open. With its device the driver is unloaded.
    pub fn remove_device(&mut self) -> NtStatus {
        self.order_removal(CallKind::Remove, 0).status
    }

    /// Pulls the device out. Handles stay open, and their requests end; when the last handle is
    /// closed, the removal goes on by itself, to the unload of the driver.
    pub fn surprise_remove(&mut self) -> NtStatus {
        self.order_removal(CallKind::Remove, 1).status
    }

    /// Ends all other client processes with open handles, removes the device in order and unloads
    /// the driver, if that has not happened by itself. The host goes on without it.
    ///
    /// # Errors
    ///
    /// The status, if the driver is still there.
    pub fn unload(&mut self) -> Result<Unloaded, NtStatus> {
        let reply = self.order_removal(CallKind::Unload, 0);
        reply.status.into_result().map(|()| Unloaded {
            left: reply.information,
            list: String::from_utf8_lossy(&reply.output).into_owned(),
        })
    }

    fn order_removal(&mut self, what: CallKind, argument: u32) -> Reply {
        self.call(what, 0, argument, &[], PAYLOAD_MAX)
    }

    /// The routes of the host's network without their ages, also when the driver is gone.
    ///
    /// # Panics
    ///
    /// If the host does not tell, or what it tells is no table.
    #[must_use]
    pub fn routes(&mut self) -> Vec<Route> {
        let reply = self.call(CallKind::Routes, 0, 0, &[], PAYLOAD_MAX);
        assert_eq!(reply.status, NtStatus::SUCCESS, "the host tells its routes");
        let rows = reply.output.chunks_exact(size_of::<MibIpForwardRow2>());
        let route = |row| {
            let row = MibIpForwardRow2::read_from_bytes(row).expect("a whole row");
            without_age(Route::try_from(&row).expect("a route"))
        };
        rows.map(route).collect()
    }
}
