//! One route that belongs to a value, and what is known of the leases of all.

mod info;

use std::fmt;

use abi::Operation;

use crate::batch::{Batch, Entry};
use crate::device::Device;
use crate::error::Error;
use crate::route::Route;

pub use info::{Guard, GuardState, LeaseInfo, LeaseOwner};

bitflags::bitflags! {
    /// The terms on which a route is leased.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct LeaseTerms: u8 {
        /// Other devices may hold the route too, if they say so as well. It goes with the last.
        const SHARED = 1 << 0;
        /// The route is put back if somebody else removes or changes it.
        const GUARDED = 1 << 1;
    }
}

/// A route that is there for as long as this value is. See [`Device::lease`].
///
/// Dropping it ends the lease: the route is removed, or a row that it displaced is put back.
/// [`release`](Self::release) does the same and reports how that went. If the process is killed, the
/// driver does it.
#[must_use = "the lease ends when this is dropped"]
pub struct Lease<'a> {
    device: &'a Device,
    route: Route,
}

impl<'a> Lease<'a> {
    pub(crate) fn take(
        device: &'a Device,
        route: &Route,
        terms: LeaseTerms,
    ) -> Result<Self, Error> {
        let mut entry = Entry::upsert(route).lease();
        if terms.contains(LeaseTerms::SHARED) {
            entry = entry.share();
        }
        if terms.contains(LeaseTerms::GUARDED) {
            entry = entry.guard();
        }
        one(device, entry)?;
        Ok(Self {
            device,
            route: *route,
        })
    }

    /// The route as it was wanted.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }

    /// Ends the lease now.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with what the driver or the stack answers: among others that the device
    /// does not hold the route any more. [`Error::HostGone`] if the host went away.
    pub fn release(self) -> Result<(), Error> {
        let ended = self.end();
        std::mem::forget(self);
        ended
    }

    fn end(&self) -> Result<(), Error> {
        one(self.device, Entry::delete(&self.route.key()).lease())
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // Who wants to know says `release`. What fails here, the driver does when the device closes.
        let _ = self.end();
    }
}

impl fmt::Debug for Lease<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Lease").field(&self.route).finish()
    }
}

/// Does one entry; that it fails is an error.
fn one(device: &Device, entry: Entry) -> Result<(), Error> {
    let outcome = device.apply(&Batch::new().with(entry))?;
    match outcome.entries.first().and_then(|done| done.failure) {
        None => Ok(()),
        Some(failure) => Err(Error::Refused {
            operation: Operation::Apply,
            driver_error: failure.driver_error,
        }),
    }
}
