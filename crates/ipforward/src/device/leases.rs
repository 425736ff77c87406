//! Reading leases page by page.

use std::collections::HashMap;

use abi::lease::LEASE_ROWS_MAX;
use abi::operation::call;
use abi::{AddressFamily, LeaseHeader, LeaseRequest, TypedOperation};

use super::{Device, if_not_refused};
use crate::error::{Error, Malformed};
use crate::lease::{InterfaceLease, LeaseInfo};
use crate::route::{Interface, RouteKey};

/// How often the client reads the leases again because they changed between two pages.
const ATTEMPTS: u32 = 4;

impl Device {
    /// The leases of routes by all handles, in no order (`GET_LEASES`). The routes are as their owners requested
    /// them; [`routes`](Self::routes) reads their current state.
    ///
    /// Many leases take several pages. If they change in between, the client reads them again, a few
    /// times. In any case the list has each lease that exists from the first page to the last.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn leases(&self) -> Result<Vec<LeaseInfo>, Error> {
        self.leases_of(|_| true)
    }

    /// As [`leases`](Self::leases), but keeps only those of the routes that `is_wanted` selects: all
    /// leases are read, page by page, and take no more memory than a page. The interface of a key is its
    /// LUID.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn leases_of(
        &self,
        is_wanted: impl Fn(&RouteKey) -> bool,
    ) -> Result<Vec<LeaseInfo>, Error> {
        let mut leases = self.lease_list::<call::GetLeases, _>(|row| {
            let lease = LeaseInfo::read(row)?;
            Ok(Some(lease).filter(|lease| is_wanted(&lease.route.key())))
        })?;
        if !leases.is_empty() {
            let known = self.known_interfaces()?;
            for lease in &mut leases {
                known.name(&mut lease.route.interface);
                if let Some(displaced) = &mut lease.displaced {
                    known.name(&mut displaced.interface);
                }
            }
        }
        Ok(leases)
    }

    /// The leases of settings of interfaces by all handles, in no order (`GET_INTERFACE_LEASES`): see
    /// [`lease_interface`](Self::lease_interface).
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn interface_leases(&self) -> Result<Vec<InterfaceLease>, Error> {
        let mut leases = self.lease_list::<call::GetInterfaceLeases, _>(|row| {
            let lease = InterfaceLease::read(row)?;
            Ok(Some(lease))
        })?;
        if !leases.is_empty() {
            let known = self.known_interfaces()?;
            for lease in &mut leases {
                known.name(&mut lease.interface);
            }
        }
        Ok(leases)
    }

    /// What `read` makes of the rows of all pages, of one state of the table if it does not change all
    /// the time.
    fn lease_list<C, T>(
        &self,
        read: impl Fn(&C::Row) -> Result<Option<T>, Malformed>,
    ) -> Result<Vec<T>, Error>
    where
        C: TypedOperation<Input = LeaseRequest, Output = LeaseHeader>,
    {
        let mut list = self.lease_pages::<C, T>(&read)?;
        for _ in 1..ATTEMPTS {
            if list.is_consistent {
                break;
            }
            list = self.lease_pages::<C, T>(&read)?;
        }
        Ok(list.leases)
    }

    fn lease_pages<C, T>(
        &self,
        read: impl Fn(&C::Row) -> Result<Option<T>, Malformed>,
    ) -> Result<LeasePages<T>, Error>
    where
        C: TypedOperation<Input = LeaseRequest, Output = LeaseHeader>,
    {
        let malformed = |cause| Error::Malformed {
            operation: C::OPERATION,
            cause,
        };
        let mut request = LeaseRequest::default();
        let mut generation = None;
        let mut all = LeasePages {
            leases: Vec::new(),
            is_consistent: true,
        };
        loop {
            let (header, rows) = self.call_for_rows::<C>(&request, LEASE_ROWS_MAX)?;
            all.is_consistent &= *generation.get_or_insert(header.generation) == header.generation;
            for row in &rows {
                all.leases.extend(read(row).map_err(malformed)?);
            }
            if header.next_cursor == 0 {
                return Ok(all);
            }
            if header.next_cursor <= request.cursor {
                return Err(malformed(Malformed::Endless {
                    total: header.total,
                }));
            }
            request.cursor = header.next_cursor;
        }
    }

    /// The interfaces that the stack lists; none if it refuses.
    fn known_interfaces(&self) -> Result<KnownInterfaces, Error> {
        let interfaces = if_not_refused(self.interfaces(AddressFamily::UNSPECIFIED))?;
        let rows = interfaces.iter().flatten();
        let by_luid = rows.filter_map(|row| Some((row.interface.luid()?, row.interface)));
        Ok(KnownInterfaces(by_luid.collect()))
    }
}

/// Interfaces by their LUIDs.
struct KnownInterfaces(HashMap<u64, Interface>);

impl KnownInterfaces {
    /// Adds the index to an interface, if it is known.
    fn name(&self, interface: &mut Interface) {
        let known = interface.luid().and_then(|luid| self.0.get(&luid));
        *interface = known.copied().unwrap_or(*interface);
    }
}

/// The leases of all pages, and whether all pages show the same state.
struct LeasePages<T> {
    leases: Vec<T>,
    is_consistent: bool,
}
