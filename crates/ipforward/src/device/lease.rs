//! Leasing one route.

use super::Device;
use crate::error::Error;
use crate::lease::{Lease, LeaseTerms};
use crate::route::Route;

impl Device {
    /// Has a route for as long as the [`Lease`] lives, and no longer than this device does. A route
    /// with the same keys that is there already is changed, and put back at the end.
    ///
    /// A device holds a route once: of two leases of the same one, the first that ends ends it.
    ///
    /// ```no_run
    /// use ipforward::{Device, Interface, IpNet, Route};
    ///
    /// let device = Device::open_default()?;
    /// let destination: IpNet = "10.20.0.0/16".parse()?;
    /// let route = Route::new(destination, Interface::Index(7)).via([192, 0, 2, 254]);
    /// let lease = device.lease(&route)?;
    /// // The route is there …
    /// lease.release()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with what the driver or the stack answers: what
    /// [`create_route`](Self::create_route) may be answered, that another handle holds the route
    /// ([`Reason::Held`](crate::Reason::Held)), or that this one holds as many as it may
    /// ([`Reason::Quota`](crate::Reason::Quota)). [`diagnose`](Self::diagnose) says more.
    pub fn lease(&self, route: &Route) -> Result<Lease<'_>, Error> {
        self.lease_on(route, LeaseTerms::empty())
    }

    /// Has a route as [`lease`](Self::lease) does, shared or guarded.
    ///
    /// # Errors
    ///
    /// As [`lease`](Self::lease).
    pub fn lease_on(&self, route: &Route, terms: LeaseTerms) -> Result<Lease<'_>, Error> {
        Lease::take(self, route, terms)
    }
}
