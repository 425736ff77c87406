//! The computer that is tested: its device, the interface of the routes, and the free prefixes.

use std::path::PathBuf;
use std::time::Duration;

use ipforward::{Access, AddressFamily, Device, Error, Interface, IpInterface, IpNet};

use super::free_prefix::free_prefix;
use crate::output::family_name;

/// The type of loopback interfaces in the upper 16 bits of a LUID: `IF_TYPE_SOFTWARE_LOOPBACK`.
const LOOPBACK: u64 = 24;

/// The families, in the order of the report.
pub(super) const FAMILIES: [AddressFamily; 2] = [AddressFamily::IPV4, AddressFamily::IPV6];

/// The computer that is tested.
#[derive(Debug)]
pub(crate) struct TestedComputer {
    /// The device, or the socket of its host.
    pub(crate) device: PathBuf,
    /// The interface of the routes.
    pub(crate) interface: Interface,
    /// How long a case waits for what the driver does later: an event, a guard, the end of a lease.
    pub(crate) wait: Duration,
}

impl TestedComputer {
    /// Opens the device.
    pub(super) fn open(&self, access: Access) -> Result<Device, Error> {
        Device::options().access(access).open(&self.device)
    }

    /// The interface of the routes has this family, and a prefix of it is free; else what is missing.
    pub(super) fn prefix(&self, family: AddressFamily) -> Result<Result<IpNet, String>, Error> {
        let device = self.open(Access::ReadOnly)?;
        let interfaces = device.interfaces(AddressFamily::UNSPECIFIED)?;
        let mut rows = interfaces.iter().filter(|row| row.family == family);
        let Some(row) = rows.find(|row| row.interface.is_same(self.interface)) else {
            let family = family_name(family);
            return Ok(Err(format!("interface {} has no {family}", self.interface)));
        };
        if !row.is_connected() {
            return Ok(Err(format!("interface {} has no link", self.interface)));
        }
        Ok(free_prefix(family, &device.routes(family)?))
    }
}

/// The first loopback interface.
pub(crate) fn loopback(interfaces: &[IpInterface]) -> Option<Interface> {
    let is_loopback =
        |interface: &Interface| interface.luid().map(|luid| luid >> 48) == Some(LOOPBACK);
    interfaces.iter().map(|row| row.interface).find(is_loopback)
}
