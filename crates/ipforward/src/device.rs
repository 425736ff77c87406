//! The open driver.

use std::fmt;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abi::operation::call;
use abi::version::ABI_VERSION;
use abi::{
    AddressFamily, MibIpForwardRow2, MibIpInterfaceRow, Operation, Statistics, Version,
    WatchRequest,
};
use zerocopy::FromBytes;

use self::batch_buffers::SpareBuffers;
use self::calls::malformed_length;
use crate::best_route::{BestRoute, Destination};
use crate::error::{Error, RefusedRoute};
use crate::interface::IpInterface;
use crate::metrics::{Metrics, RouteWithMetric};
use crate::route::{Interface, InvalidRow, Route, RouteKey};
use crate::transport::Transport;

mod apply;
mod batch_buffers;
mod best_route;
mod calls;
mod cancel_handle;
mod explain;
mod interface;
#[cfg(any(windows, test))]
mod ip_helper;
mod lease;
mod leases;
mod names;
mod options;
mod table;
mod watch;

#[cfg(feature = "async")]
pub(crate) use cancel_handle::CancelFlag;
pub use cancel_handle::CancelHandle;
pub use lease::Lease;
pub use options::DeviceOptions;
pub use watch::Watch;

/// An open handle to the IpForward device.
///
/// Threads can share a device; several of their calls can be in flight at once. Clones, leases and
/// watches of a device share its handle. Dropping the last of them closes the handle, and the driver
/// removes the routes that it leased, and puts back the settings of interfaces: see
/// [`apply`](Self::apply) and [`lease_interface`](Self::lease_interface).
#[derive(Clone)]
pub struct Device(Arc<OpenDevice>);

/// What the clones of a device share.
struct OpenDevice {
    transport: Box<dyn Transport>,
    /// Held while a table is read page by page: a handle has one snapshot of each table.
    snapshot: Mutex<()>,
    /// Held while the pages of a declared set are sent: the pages of two sets must not mix.
    declaration: Mutex<()>,
    batch_buffers: SpareBuffers,
    /// The filters of the watches: the driver has one event queue for each filter of a handle.
    watched: Mutex<Vec<WatchRequest>>,
    /// Cancellations of watches so far. Each ends the waiting calls of all watches.
    cancellations: AtomicU64,
}

impl Device {
    /// Opens the device at `path` for reading and changing. See [`DeviceOptions::open`].
    ///
    /// # Errors
    ///
    /// As [`DeviceOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::options().open(path)
    }

    /// Opens the device at [`default_path`](crate::default_path) for reading and changing.
    ///
    /// # Errors
    ///
    /// As [`DeviceOptions::open`].
    pub fn open_default() -> Result<Self, Error> {
        Self::options().open_default()
    }

    /// Options for opening a device, such as its access.
    pub fn options() -> DeviceOptions {
        DeviceOptions::default()
    }

    /// Opens a device over a transport of the caller's, for example a fake driver.
    ///
    /// # Errors
    ///
    /// [`Error::VersionMismatch`] if the driver is built for another version of the contract;
    /// the error of `QUERY_VERSION`.
    pub fn with_transport(transport: impl Transport + 'static) -> Result<Self, Error> {
        let device = Self::over_transport(transport);
        device.check_version()?;
        Ok(device)
    }

    /// A device over a transport whose version is known.
    pub(crate) fn over_transport(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(OpenDevice {
            transport: Box::new(transport),
            snapshot: Mutex::new(()),
            declaration: Mutex::new(()),
            batch_buffers: SpareBuffers::default(),
            watched: Mutex::default(),
            cancellations: AtomicU64::new(0),
        }))
    }

    /// Fails if the driver is built for another version of the contract.
    ///
    /// The answer of another version may have another length, but starts with the version number.
    fn check_version(&self) -> Result<(), Error> {
        const ROOM: usize = 4096;
        let operation = Operation::QueryVersion;
        let mut output = [0; ROOM];
        let length = self.exchange(operation, &[], &mut output)?;
        let (driver, _) = u32::read_from_prefix(&output[..length])
            .map_err(|_| malformed_length(operation, size_of::<u32>(), length))?;
        if driver == ABI_VERSION {
            Ok(())
        } else {
            Err(Error::VersionMismatch {
                driver,
                client: ABI_VERSION,
            })
        }
    }

    /// The driver's versions, capabilities and limits (`QUERY_VERSION`).
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn version(&self) -> Result<Version, Error> {
        self.call::<call::QueryVersion>(&())
    }

    /// The driver's counters, for this handle and for all handles (`QUERY_STATISTICS`).
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn statistics(&self) -> Result<Statistics, Error> {
        self.call::<call::QueryStatistics>(&())
    }

    /// A row with the defaults of `InitializeIpForwardEntry` (`INITIALIZE_ROUTE`), sentinels
    /// included. It is not a valid route, so this returns the row.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the driver's status.
    pub fn initialize_route(&self) -> Result<MibIpForwardRow2, Error> {
        self.call::<call::InitializeRoute>(&())
    }

    /// Adds a route (`CREATE_ROUTE`), as `CreateIpForwardEntry2` does.
    ///
    /// If it is refused, the client asks the driver for the rule that the route breaks
    /// (`EXPLAIN_ROUTE`); the error has it, here and for [`set_route`](Self::set_route) and
    /// [`delete_route`](Self::delete_route).
    ///
    /// ```no_run
    /// # use ipforward::{Device, Interface, Route};
    /// # let device = Device::open_default()?;
    /// let route = Route::new("10.20.0.1/16".parse()?, Interface::Index(7));
    /// if let Err(error) = device.create_route(&route) {
    ///     // CREATE_ROUTE was refused for 10.20.0.1/16 dev 7: bits are set behind the prefix length of
    ///     // 16, expected 10.20.0.0/16; STATUS_INVALID_PARAMETER (0xC000000D, …)
    ///     eprintln!("{error}");
    ///     println!("{:?}", error.refused_route().and_then(|refused| refused.diagnosis));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the stack: `STATUS_INVALID_PARAMETER`,
    /// `STATUS_NOT_FOUND` (no such interface), `STATUS_NOT_SUPPORTED` (no stack for that family),
    /// a duplicate (see [`Error::is_duplicate`]), `STATUS_ACCESS_DENIED` on a read-only device.
    pub fn create_route(&self, route: &Route) -> Result<(), Error> {
        self.call::<call::CreateRoute>(&(&self.resolve_route(route)?).into())
            .map_err(|error| self.explain_error(error, route))
    }

    /// Changes everything but the keys of a route (`SET_ROUTE`), as `SetIpForwardEntry2` does.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the stack: `STATUS_NOT_FOUND` (no such route or
    /// interface), `STATUS_INVALID_PARAMETER`, `STATUS_NOT_SUPPORTED`, `STATUS_ACCESS_DENIED` on
    /// a read-only device.
    pub fn set_route(&self, route: &Route) -> Result<(), Error> {
        self.call::<call::SetRoute>(&(&self.resolve_route(route)?).into())
            .map_err(|error| self.explain_error(error, route))
    }

    /// Deletes a route (`DELETE_ROUTE`), as `DeleteIpForwardEntry2` does.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the stack: `STATUS_NOT_FOUND` (no such route or
    /// interface), `STATUS_INVALID_PARAMETER`, `STATUS_NOT_SUPPORTED`, `STATUS_ACCESS_DENIED` on
    /// a read-only device.
    pub fn delete_route(&self, key: &RouteKey) -> Result<(), Error> {
        self.call::<call::DeleteRoute>(&(&self.resolve_key(key)?).into())
            .map_err(|error| self.explain_error(error, &key.into()))
    }

    /// The route with these keys (`GET_ROUTE`), as `GetIpForwardEntry2` finds it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the stack: `STATUS_NOT_FOUND` (no such route or
    /// interface), `STATUS_INVALID_PARAMETER`, `STATUS_NOT_SUPPORTED`.
    pub fn get_route(&self, key: &RouteKey) -> Result<Route, Error> {
        let row = self
            .call::<call::GetRoute>(&(&self.resolve_key(key)?).into())
            .map_err(|error| error.for_route(RefusedRoute::new(key.into(), None)))?;
        parse_row(Operation::GetRoute, Route::try_from(&row))
    }

    /// All routes of a family, or of both for [`AddressFamily::UNSPECIFIED`] (`GET_TABLE`): one
    /// snapshot, in the order of the stack.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the stack: `STATUS_INVALID_PARAMETER` (another
    /// family), `STATUS_NOT_SUPPORTED` (no stack for it). A family without routes is not an error.
    pub fn routes(&self, family: AddressFamily) -> Result<Vec<Route>, Error> {
        self.routes_with_sequence(family).map(|(routes, _)| routes)
    }

    /// All routes of a family, as [`routes`](Self::routes) returns them, and the number of the last
    /// event before the snapshot: a [`Watch`] that continues from there misses no event. `None` if
    /// the stack reports an empty table as an error.
    ///
    /// # Errors
    ///
    /// As [`routes`](Self::routes).
    pub fn routes_with_sequence(
        &self,
        family: AddressFamily,
    ) -> Result<(Vec<Route>, Option<u64>), Error> {
        let _alone = self.alone_with_tables();
        table::read::<call::GetTable, _>(self, family, |row| {
            parse_row(Operation::GetTable, Route::try_from(row))
        })
    }

    /// Hands all routes of a family to `visit`, page by page, in the order of the stack, each time with
    /// the number of routes of the whole snapshot: for tables of which a program keeps only a part, or
    /// shows how much of them it has read. Returns what
    /// [`routes_with_sequence`](Self::routes_with_sequence) returns beside the routes.
    ///
    /// The device has one snapshot: until this call ends, other calls that read tables of this device wait.
    /// So `visit` must not make one.
    ///
    /// # Errors
    ///
    /// As [`routes`](Self::routes). [`Reason::OutOfSequence`](crate::Reason::OutOfSequence) if another
    /// process that has the same handle reads a table meanwhile.
    pub fn visit_routes(
        &self,
        family: AddressFamily,
        mut visit: impl FnMut(&[Route], u32),
    ) -> Result<Option<u64>, Error> {
        let _alone = self.alone_with_tables();
        table::visit::<call::GetTable>(self, family, &mut |rows, total| {
            visit(&parse_rows(Operation::GetTable, rows)?, total);
            Ok(())
        })
    }

    /// All routes of a family, as [`routes`](Self::routes) returns them, each with the metric of
    /// its interface.
    ///
    /// The interfaces are read after the routes. A metric is unknown if its interface went away in
    /// between, or if the stack refuses to list interfaces.
    ///
    /// # Errors
    ///
    /// As [`routes`](Self::routes).
    pub fn routes_with_metrics(
        &self,
        family: AddressFamily,
    ) -> Result<Vec<RouteWithMetric>, Error> {
        let routes = self.routes(family)?;
        let metrics = if_not_refused(self.metrics(family))?.unwrap_or_default();
        Ok(routes
            .into_iter()
            .map(|route| metrics.with_metric(route))
            .collect())
    }

    /// The route with the current metric of its interface; unknown if there is no such interface.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away.
    pub fn with_metric(&self, route: Route) -> Result<RouteWithMetric, Error> {
        let interface = if_not_refused(self.interface(route.family(), route.interface))?;
        let metric = interface.map(|interface| interface.metric);
        Ok(RouteWithMetric::new(route, metric))
    }

    /// The route that a packet would take, and its source address (`GET_BEST_ROUTE`), as
    /// `GetBestRoute2` finds them. An address alone is a [`Destination`] too.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the stack. Microsoft does not document the status for
    /// "no route": it is [`Reason::Unreachable`] or [`Reason::NotFound`], and the second also means
    /// "no such interface".
    ///
    /// [`Reason::Unreachable`]: crate::Reason::Unreachable
    /// [`Reason::NotFound`]: crate::Reason::NotFound
    pub fn best_route(&self, destination: impl Into<Destination>) -> Result<BestRoute, Error> {
        let mut destination = destination.into();
        if let Some(interface) = destination.interface {
            destination.interface = Some(self.resolve(interface)?);
        }
        let answer = self.call::<call::GetBestRoute>(&destination.into())?;
        parse_row(Operation::GetBestRoute, BestRoute::try_from(&answer))
    }

    /// The route that a packet would take by any interface.
    ///
    /// Microsoft documents for kernel callers that `GetBestRoute2` without an interface fails with
    /// `STATUS_INVALID_PARAMETER`. So the client searches on each connected interface and takes the
    /// best result: the longest prefix, then the lowest complete metric. If the stack lists no
    /// interface, the client lets it choose.
    ///
    /// # Errors
    ///
    /// As [`best_route`](Self::best_route). If no interface has a route, the error of the first.
    pub fn find_best_route(&self, destination: impl Into<Destination>) -> Result<BestRoute, Error> {
        best_route::find(self, destination.into())
    }

    /// One family on one interface (`GET_INTERFACE`), as `GetIpInterfaceEntry` finds it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with the status of the stack: `STATUS_NOT_FOUND` (no such interface, or
    /// not for this family), `STATUS_INVALID_PARAMETER`, `STATUS_NOT_SUPPORTED`.
    pub fn interface(
        &self,
        family: AddressFamily,
        interface: Interface,
    ) -> Result<IpInterface, Error> {
        let interface = self.resolve(interface)?;
        let row = self.call::<call::GetInterface>(&MibIpInterfaceRow {
            family: family.0,
            interface_luid: interface.luid().unwrap_or(0),
            interface_index: interface.index().unwrap_or(0),
            ..MibIpInterfaceRow::default()
        })?;
        parse_row(Operation::GetInterface, IpInterface::try_from(&row))
    }

    /// All interfaces that have a family, or all of both families for
    /// [`AddressFamily::UNSPECIFIED`] (`GET_INTERFACE_TABLE`): one snapshot, in the order of the
    /// stack.
    ///
    /// # Errors
    ///
    /// As [`routes`](Self::routes). A family without interfaces is not an error.
    pub fn interfaces(&self, family: AddressFamily) -> Result<Vec<IpInterface>, Error> {
        let _alone = self.alone_with_tables();
        let (interfaces, _) = table::read::<call::GetInterfaceTable, _>(self, family, |row| {
            parse_row(Operation::GetInterfaceTable, IpInterface::try_from(row))
        })?;
        Ok(interfaces)
    }

    /// The metrics of all interfaces that have a family, or of both for
    /// [`AddressFamily::UNSPECIFIED`].
    ///
    /// # Errors
    ///
    /// As [`interfaces`](Self::interfaces).
    pub fn metrics(&self, family: AddressFamily) -> Result<Metrics, Error> {
        Ok(self.interfaces(family)?.iter().collect())
    }

    /// Keeps other threads from reading tables: another snapshot would replace the one that is read.
    fn alone_with_tables(&self) -> MutexGuard<'_, ()> {
        let snapshot = &self.0.snapshot;
        snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Device").finish_non_exhaustive()
    }
}

/// The value of a row in an answer.
fn parse_row<T>(operation: Operation, value: Result<T, InvalidRow>) -> Result<T, Error> {
    value.map_err(|invalid| Error::Malformed {
        operation,
        cause: invalid.into(),
    })
}

/// The values of the rows in an answer.
fn parse_rows<'a, Row, T>(operation: Operation, rows: &'a [Row]) -> Result<Vec<T>, Error>
where
    T: TryFrom<&'a Row, Error = InvalidRow>,
{
    parse_row(operation, rows.iter().map(T::try_from).collect())
}

/// `None` if the stack refused the call; other errors stay.
fn if_not_refused<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
