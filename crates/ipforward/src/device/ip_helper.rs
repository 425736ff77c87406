//! A device without the driver.

use super::Device;
#[cfg(windows)]
use crate::transport::IpHelperApi;
use crate::transport::{IpHelper, RouteApi};

impl Device {
    /// The routes and interfaces of this system through the IP Helper API of user mode, without the
    /// driver. On Windows only.
    ///
    /// It reads and changes routes: [`create_route`](Self::create_route),
    /// [`set_route`](Self::set_route), [`delete_route`](Self::delete_route),
    /// [`get_route`](Self::get_route), [`routes`](Self::routes), [`best_route`](Self::best_route),
    /// [`find_best_route`](Self::find_best_route), [`interfaces`](Self::interfaces) and what builds on
    /// them. Changes need an elevated process.
    ///
    /// [`apply`](Self::apply) takes a plain batch: the entries are calls of their own, one after the
    /// other, and other programs may change routes in between. [`watch`](Self::watch) reports the
    /// notifications of the system, which does not say which program made a change:
    /// [`made_by_me`](crate::Event::made_by_me) is never set.
    ///
    /// What user mode cannot promise is refused with [`Error::NeedsDriver`](crate::Error::NeedsDriver),
    /// which names the operation: atomic batches, dry runs, entries that compare, leases, guards,
    /// declared sets, owners, events of guards, diagnoses and counters.
    ///
    /// ```no_run
    /// use ipforward::{AddressFamily, Device, Error};
    ///
    /// // With the driver if it is installed.
    /// let device = match Device::open_default() {
    ///     Err(Error::DeviceNotFound { .. }) => Device::ip_helper(),
    ///     opened => opened?,
    /// };
    /// println!("{} routes", device.routes(AddressFamily::UNSPECIFIED)?.len());
    /// # Ok::<(), Error>(())
    /// ```
    #[cfg(windows)]
    #[must_use]
    pub fn ip_helper() -> Self {
        Self::with_route_api(IpHelperApi)
    }

    /// A device over the functions of an IP Helper API.
    pub(crate) fn with_route_api(api: impl RouteApi + 'static) -> Self {
        Self::over_transport(IpHelper::new(api))
    }
}
