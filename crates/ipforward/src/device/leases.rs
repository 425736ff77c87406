//! Reading leases page by page.

use std::collections::HashMap;

use abi::lease::LEASE_ROWS_MAX;
use abi::operation::call;
use abi::{AddressFamily, LeaseHeader, LeaseRequest, Operation, TypedOperation};

use super::{Device, if_not_refused};
use crate::error::{Error, Malformed};
use crate::lease::{InterfaceLease, LeaseInfo};
use crate::route::Interface;

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
        let rows = self.lease_rows::<call::GetLeases>()?;
        let mut leases = read(Operation::GetLeases, &rows, LeaseInfo::read)?;
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
        let rows = self.lease_rows::<call::GetInterfaceLeases>()?;
        let operation = Operation::GetInterfaceLeases;
        let mut leases = read(operation, &rows, InterfaceLease::read)?;
        if !leases.is_empty() {
            let known = self.known_interfaces()?;
            for lease in &mut leases {
                known.name(&mut lease.interface);
            }
        }
        Ok(leases)
    }

    /// The rows of all pages, of one state of the table if it does not change all the time.
    fn lease_rows<C>(&self) -> Result<Vec<C::Row>, Error>
    where
        C: TypedOperation<Input = LeaseRequest, Output = LeaseHeader>,
    {
        let mut rows = self.lease_pages::<C>()?;
        for _ in 1..ATTEMPTS {
            if rows.is_consistent {
                break;
            }
            rows = self.lease_pages::<C>()?;
        }
        Ok(rows.rows)
    }

    fn lease_pages<C>(&self) -> Result<LeasePages<C::Row>, Error>
    where
        C: TypedOperation<Input = LeaseRequest, Output = LeaseHeader>,
    {
        let mut request = LeaseRequest::default();
        let (first, rows) = self.call_for_rows::<C>(&request, LEASE_ROWS_MAX)?;
        let mut all = LeasePages {
            rows,
            is_consistent: true,
        };
        let mut header = first;
        while header.next_cursor != 0 {
            if header.next_cursor <= request.cursor {
                return Err(Error::Malformed {
                    operation: C::OPERATION,
                    cause: Malformed::Endless {
                        total: header.total,
                    },
                });
            }
            request.cursor = header.next_cursor;
            let rows;
            (header, rows) = self.call_for_rows::<C>(&request, LEASE_ROWS_MAX)?;
            all.rows.extend(rows);
            all.is_consistent &= header.generation == first.generation;
        }
        Ok(all)
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
struct LeasePages<Row> {
    rows: Vec<Row>,
    is_consistent: bool,
}

fn read<Row, T>(
    operation: Operation,
    rows: &[Row],
    read: impl Fn(&Row) -> Result<T, Malformed>,
) -> Result<Vec<T>, Error> {
    let leases: Result<_, _> = rows.iter().map(read).collect();
    leases.map_err(|cause| Error::Malformed { operation, cause })
}
