//! Changing interfaces.

use abi::interface_request::INTERFACE_LEASE;
use abi::operation::call;
use abi::{AddressFamily, InterfaceRequest};

use super::Device;
use crate::error::Error;
use crate::interface_change::InterfaceChange;
use crate::route::Interface;

impl Device {
    /// Changes settings of one family on an interface (`SET_INTERFACE`), as `SetIpInterfaceEntry`
    /// does. They stay when the device is closed.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the stack: `STATUS_NOT_FOUND` (no such interface, or
    /// not for this family), `STATUS_INVALID_PARAMETER`, `STATUS_NOT_SUPPORTED`,
    /// `STATUS_ACCESS_DENIED` on a read-only device.
    pub fn set_interface(
        &self,
        family: AddressFamily,
        interface: Interface,
        change: InterfaceChange,
    ) -> Result<(), Error> {
        self.change_interface(family, interface, change, 0)
    }

    /// Changes settings of one family on an interface until the device is closed, or its process
    /// ends: then the driver puts back the values before, unless another program has changed them
    /// meanwhile.
    ///
    /// ```no_run
    /// use ipforward::{AddressFamily, Device, Interface, InterfaceChange};
    ///
    /// let device = Device::open_default()?;
    /// let change = InterfaceChange::new().metric(5);
    /// device.lease_interface(AddressFamily::IPV4, Interface::Index(7), change)?;
    /// # Ok::<(), ipforward::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`set_interface`](Self::set_interface), and [`Reason::Held`](crate::Reason::Held) if
    /// another handle leases settings of this family on the interface.
    pub fn lease_interface(
        &self,
        family: AddressFamily,
        interface: Interface,
        change: InterfaceChange,
    ) -> Result<(), Error> {
        self.change_interface(family, interface, change, INTERFACE_LEASE)
    }

    fn change_interface(
        &self,
        family: AddressFamily,
        interface: Interface,
        change: InterfaceChange,
        lease: u32,
    ) -> Result<(), Error> {
        let interface = self.resolve(interface)?;
        let (flags, metric) = change.request();
        self.call::<call::SetInterface>(&InterfaceRequest {
            interface_luid: interface.luid().unwrap_or(0),
            interface_index: interface.index().unwrap_or(0),
            family: family.0,
            reserved: 0,
            flags: flags | lease,
            metric,
        })
    }
}
