//! Leasing one route.

use std::fmt;

use super::Device;
use crate::batch::{Batch, Entry};
use crate::error::{Error, RefusedRoute};
use crate::lease::LeaseTerms;
use crate::route::{Route, RouteKey};

/// A route that exists for as long as this value does. See [`Device::lease`].
///
/// Dropping it ends the lease: the driver removes the route, or restores the row that it displaced.
/// [`release`](Self::release) does the same and reports the result. If the process is killed, the
/// driver ends the lease. A lease shares the handle of its device, which stays open at least as long;
/// a structure can have both.
#[must_use = "the lease ends when this is dropped"]
pub struct Lease {
    device: Device,
    route: Route,
    /// The key of the leased route: the interface of an alias may have another one when the lease
    /// ends.
    key: RouteKey,
    /// True if dropping the lease has nothing left to do.
    is_ended: bool,
}

impl Device {
    /// Creates a route that exists for as long as the [`Lease`], and no longer than its process. If
    /// a route with the same keys exists already, the driver changes it and restores it at the end.
    ///
    /// A device holds one lease of a route: of two leases of the same route, the first that ends
    /// removes it.
    ///
    /// ```no_run
    /// use ipforward::{Device, Interface, Lease, Route};
    ///
    /// struct Tunnel {
    ///     device: Device,
    ///     lease: Lease,
    /// }
    ///
    /// let device = Device::open_default()?;
    /// let route = Route::new("10.20.0.0/16".parse()?, Interface::Index(7)).via([192, 0, 2, 254]);
    /// let lease = device.lease(&route)?;
    /// let tunnel = Tunnel { device, lease };
    /// println!("{}", tunnel.device.get_route(&route.key())?);
    /// tunnel.lease.release()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the driver or the stack: the errors of
    /// [`create_route`](Self::create_route), [`Reason::Held`](crate::Reason::Held) if another
    /// handle holds the route, or [`Reason::Quota`](crate::Reason::Quota) if this one has no lease
    /// left. The error names the route and the broken rule.
    pub fn lease(&self, route: &Route) -> Result<Lease, Error> {
        self.lease_on(route, LeaseTerms::empty())
    }

    /// Leases a route as [`lease`](Self::lease) does, shared or guarded.
    ///
    /// # Errors
    ///
    /// As [`lease`](Self::lease).
    pub fn lease_on(&self, route: &Route, terms: LeaseTerms) -> Result<Lease, Error> {
        let sent = self.resolve_route(route)?;
        let mut entry = Entry::upsert(&sent).lease();
        if terms.contains(LeaseTerms::SHARED) {
            entry = entry.share();
        }
        if terms.contains(LeaseTerms::GUARDED) {
            entry = entry.guard();
        }
        self.apply_one(entry)?;
        Ok(Lease {
            device: self.clone(),
            route: *route,
            key: sent.key(),
            is_ended: false,
        })
    }

    /// Applies one entry; its failure becomes an error.
    fn apply_one(&self, entry: Entry) -> Result<(), Error> {
        let outcome = self.apply(&Batch::new().with(entry))?;
        let entry = outcome.entries.first();
        match entry.and_then(|entry| entry.failure.as_ref()) {
            None => Ok(()),
            Some(failure) => Err(failure
                .into_error()
                .for_route(RefusedRoute::new(failure.route, Some(failure.diagnosis)))),
        }
    }
}

impl Lease {
    /// The route as it was requested.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }

    /// Ends the lease now.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the driver or the stack, for example if the device
    /// does not hold the route any more. [`Error::HostGone`] if the host went away.
    pub fn release(self) -> Result<(), Error> {
        let mut lease = self;
        lease.is_ended = true;
        lease.end()
    }

    fn end(&self) -> Result<(), Error> {
        let entry = Entry::delete(&self.key).lease();
        self.device.apply_one(entry)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_ended {
            // `release` reports errors. If this fails, the driver ends the lease when the device
            // closes.
            let _ = self.end();
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Lease").field(&self.route).finish()
    }
}
