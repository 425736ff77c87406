//! Reading leases page by page.

use std::collections::HashMap;

use abi::lease::LEASE_ROWS_MAX;
use abi::operation::call;
use abi::{AddressFamily, LeaseRequest, LeaseRow, Operation};

use super::{Device, if_not_refused};
use crate::error::{Error, Malformed};
use crate::lease::LeaseInfo;
use crate::route::{Interface, Route};

/// How often the client reads the leases again because they changed between two pages.
const ATTEMPTS: u32 = 4;

impl Device {
    /// The leases of all handles, in no order (`GET_LEASES`). The routes are as their owners requested
    /// them; [`routes`](Self::routes) reads their current state.
    ///
    /// Many leases take several pages. If they change in between, the client reads them again, a few
    /// times. In any case the list has each lease that exists from the first page to the last.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn leases(&self) -> Result<Vec<LeaseInfo>, Error> {
        let mut rows = self.lease_rows()?;
        for _ in 1..ATTEMPTS {
            if rows.is_consistent {
                break;
            }
            rows = self.lease_rows()?;
        }
        let mut leases = read(&rows.rows)?;
        if !leases.is_empty() {
            self.name_interfaces(&mut leases)?;
        }
        Ok(leases)
    }

    fn lease_rows(&self) -> Result<LeaseRows, Error> {
        let mut request = LeaseRequest::default();
        let (first, rows) = self.call_for_rows::<call::GetLeases>(&request, LEASE_ROWS_MAX)?;
        let mut all = LeaseRows {
            rows,
            is_consistent: true,
        };
        let mut header = first;
        while header.next_cursor != 0 {
            if header.next_cursor <= request.cursor {
                return Err(malformed(Malformed::Endless {
                    total: header.total,
                }));
            }
            request.cursor = header.next_cursor;
            let rows;
            (header, rows) = self.call_for_rows::<call::GetLeases>(&request, LEASE_ROWS_MAX)?;
            all.rows.extend(rows);
            all.is_consistent &= header.generation == first.generation;
        }
        Ok(all)
    }

    /// Adds the indices to the interfaces of the leases, if the stack lists them.
    fn name_interfaces(&self, leases: &mut [LeaseInfo]) -> Result<(), Error> {
        let interfaces = if_not_refused(self.interfaces(AddressFamily::UNSPECIFIED))?;
        let known: HashMap<u64, Interface> = interfaces
            .iter()
            .flatten()
            .filter_map(|row| Some((row.interface.luid()?, row.interface)))
            .collect();
        let name = |route: &mut Route| {
            let interface = route.interface.luid().and_then(|luid| known.get(&luid));
            route.interface = interface.copied().unwrap_or(route.interface);
        };
        for lease in leases {
            name(&mut lease.route);
            lease.displaced.iter_mut().for_each(name);
        }
        Ok(())
    }
}

/// The leases of all pages, and whether all pages show the same state.
struct LeaseRows {
    rows: Vec<LeaseRow>,
    is_consistent: bool,
}

fn read(rows: &[LeaseRow]) -> Result<Vec<LeaseInfo>, Error> {
    let leases: Result<_, _> = rows.iter().map(LeaseInfo::read).collect();
    leases.map_err(malformed)
}

const fn malformed(cause: Malformed) -> Error {
    Error::Malformed {
        operation: Operation::GetLeases,
        cause,
    }
}
