//! What the lines of several events need besides the events, read at most once for all of them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use ipforward::{AddressFamily, Device, Error, IpInterface, LeaseOwner, Route, RouteKey};

use crate::command::route_id::RouteId;

/// Reads leases and interfaces when a line needs them first: one burst of events costs as much as one
/// event. Of the leases it keeps those of the burst's routes.
#[derive(Debug)]
pub(super) struct SharedReads {
    device: Device,
    routes: BTreeSet<RouteId>,
    owners: OnceCell<BTreeMap<RouteId, Vec<LeaseOwner>>>,
    interfaces: OnceCell<Vec<IpInterface>>,
}

impl SharedReads {
    /// The reads for lines about these routes.
    pub(super) fn new(device: &Device, routes: impl IntoIterator<Item = RouteId>) -> Self {
        Self {
            device: device.clone(),
            routes: routes.into_iter().collect(),
            owners: OnceCell::new(),
            interfaces: OnceCell::new(),
        }
    }

    /// The handles that lease one of the routes. A driver that lists no leases shows none.
    pub(super) fn owners(&self, route: &Route) -> &[LeaseOwner] {
        let owners = self.owners.get_or_init(|| {
            let mut owners = BTreeMap::<_, Vec<_>>::new();
            let is_wanted = |key: &RouteKey| self.routes.contains(&RouteId::from(key));
            for lease in self.device.leases_of(is_wanted).unwrap_or_default() {
                let id = RouteId::from(&lease.route);
                owners.entry(id).or_default().push(lease.owner);
            }
            owners
        });
        owners.get(&RouteId::from(route)).map_or(&[], Vec::as_slice)
    }

    /// The interfaces that have a family.
    pub(super) fn interfaces(&self, family: AddressFamily) -> Result<&[IpInterface], Error> {
        if let Some(interfaces) = self.interfaces.get() {
            return Ok(interfaces);
        }
        let interfaces = self.device.interfaces(family)?;
        Ok(self.interfaces.get_or_init(|| interfaces))
    }
}
