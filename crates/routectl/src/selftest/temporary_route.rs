//! A route without a lease.

use ipforward::{Device, Error, Lifetime, Route};

/// The valid lifetime of a route without a lease, in seconds: the stack removes it if routectl is killed.
pub(super) const LIFETIME: u32 = 60;

/// A route without a lease, valid for a minute. Dropping it deletes the route.
#[derive(Debug)]
pub(super) struct TemporaryRoute<'a> {
    device: &'a Device,
    route: Route,
}

impl<'a> TemporaryRoute<'a> {
    /// Creates the route.
    pub(super) fn create(device: &'a Device, route: &Route) -> Result<Self, Error> {
        let route = route.valid_for(Lifetime::Seconds(LIFETIME));
        device.create_route(&route)?;
        Ok(Self { device, route })
    }

    pub(super) const fn route(&self) -> &Route {
        &self.route
    }
}

impl Drop for TemporaryRoute<'_> {
    fn drop(&mut self) {
        // The case may have deleted it; what is left fails the case.
        let _ = self.device.delete_route(&self.route.key());
    }
}
