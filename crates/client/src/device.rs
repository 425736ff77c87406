//! The open driver.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use abi::operation::call;
use abi::version::ABI_VERSION;
use abi::{AddressFamily, Call, ControlCode, MibIpForwardRow2, Operation, Version};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use crate::error::{Error, Malformed};
use crate::options::DeviceOptions;
use crate::route::{Route, RouteKey};
use crate::transport::{Failure, Transport};

mod table;

/// An open handle to the IpForward device.
///
/// A device can be shared by threads, and several of their calls can be in flight at once.
/// Dropping it closes the handle.
pub struct Device {
    transport: Box<dyn Transport>,
    /// A handle has one table snapshot: whoever pages through it does so alone.
    snapshot: Mutex<()>,
}

impl Device {
    /// Opens the device at `path` to read and to change. See [`DeviceOptions::open`].
    ///
    /// # Errors
    ///
    /// As [`DeviceOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::options().open(path)
    }

    /// Opens the device at [`default_path`](crate::default_path) to read and to change.
    ///
    /// # Errors
    ///
    /// As [`DeviceOptions::open`].
    pub fn open_default() -> Result<Self, Error> {
        Self::options().open_default()
    }

    /// The options of opening: what for.
    pub fn options() -> DeviceOptions {
        DeviceOptions::default()
    }

    /// The device at the end of another way than the system's own, for example of a fake.
    ///
    /// # Errors
    ///
    /// [`Error::VersionMismatch`] if the driver is built for another version of the contract;
    /// what `QUERY_VERSION` answers otherwise.
    pub fn with_transport(transport: impl Transport + 'static) -> Result<Self, Error> {
        let device = Self {
            transport: Box::new(transport),
            snapshot: Mutex::new(()),
        };
        device.check_version()?;
        Ok(device)
    }

    /// Stops if the driver is built for another version of the contract.
    ///
    /// Another version may answer at another length, but always with its number first.
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

    /// A row with the defaults of `InitializeIpForwardEntry` (`INITIALIZE_ROUTE`), sentinels
    /// included: it is no route yet, so it stays a row.
    ///
    /// # Errors
    ///
    /// What the driver answers.
    pub fn initialize_route(&self) -> Result<MibIpForwardRow2, Error> {
        self.call::<call::InitializeRoute>(&())
    }

    /// Adds a route (`CREATE_ROUTE`), as `CreateIpForwardEntry2` does.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with what the stack answers: `STATUS_INVALID_PARAMETER`,
    /// `STATUS_NOT_FOUND` (no such interface), `STATUS_NOT_SUPPORTED` (no stack for that family),
    /// a duplicate (see [`Error::is_duplicate`]), `STATUS_ACCESS_DENIED` on a read-only device.
    pub fn create_route(&self, route: &Route) -> Result<(), Error> {
        self.call::<call::CreateRoute>(&route.into())
    }

    /// Changes everything but the keys of a route (`SET_ROUTE`), as `SetIpForwardEntry2` does.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with what the stack answers: `STATUS_NOT_FOUND` (no such route or
    /// interface), `STATUS_INVALID_PARAMETER`, `STATUS_NOT_SUPPORTED`, `STATUS_ACCESS_DENIED` on
    /// a read-only device.
    pub fn set_route(&self, route: &Route) -> Result<(), Error> {
        self.call::<call::SetRoute>(&route.into())
    }

    /// Deletes a route (`DELETE_ROUTE`), as `DeleteIpForwardEntry2` does.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with what the stack answers: `STATUS_NOT_FOUND` (no such route or
    /// interface), `STATUS_INVALID_PARAMETER`, `STATUS_NOT_SUPPORTED`, `STATUS_ACCESS_DENIED` on
    /// a read-only device.
    pub fn delete_route(&self, key: &RouteKey) -> Result<(), Error> {
        self.call::<call::DeleteRoute>(&key.into())
    }

    /// The route with these keys (`GET_ROUTE`), as `GetIpForwardEntry2` finds it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with what the stack answers: `STATUS_NOT_FOUND` (no such route or
    /// interface), `STATUS_INVALID_PARAMETER`, `STATUS_NOT_SUPPORTED`.
    pub fn get_route(&self, key: &RouteKey) -> Result<Route, Error> {
        let row = self.call::<call::GetRoute>(&key.into())?;
        route_of(Operation::GetRoute, &row)
    }

    /// All routes of a family, or of both for [`AddressFamily::UNSPECIFIED`] (`GET_TABLE`): one
    /// snapshot, in the order of the stack.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with what the stack answers: `STATUS_INVALID_PARAMETER` (another
    /// family), `STATUS_NOT_SUPPORTED` (no stack for it). A family without routes is no error.
    pub fn routes(&self, family: AddressFamily) -> Result<Vec<Route>, Error> {
        let _alone = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        table::read(self, family)?
            .iter()
            .map(|row| route_of(Operation::GetTable, row))
            .collect()
    }

    /// Makes one call of the operation table. Of an operation that answers rows, only the fixed
    /// part comes back.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::HostGone`] or [`Error::Malformed`].
    pub fn call<C: Call>(&self, input: &C::Input) -> Result<C::Output, Error> {
        let mut output = C::Output::new_zeroed();
        let length = self.exchange(C::OPERATION, input.as_bytes(), output.as_mut_bytes())?;
        expect_length(
            C::OPERATION,
            C::OPERATION.description().output_length,
            length,
        )?;
        Ok(output)
    }

    /// Makes one call of an operation that answers rows, with room for `rows_max` of them.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call); [`Error::Malformed`] too if the answer ends within a row.
    pub fn call_for_rows<C: Call>(
        &self,
        input: &C::Input,
        rows_max: u32,
    ) -> Result<(C::Output, Vec<C::Row>), Error> {
        let description = C::OPERATION.description();
        let (fixed, row) = (description.output_length, description.row_length);
        let mut output = vec![0; fixed + rows_max as usize * row];
        let length = self.exchange(C::OPERATION, input.as_bytes(), &mut output)?;
        let (header, rest) = C::Output::read_from_prefix(&output[..length])
            .map_err(|_| malformed_length(C::OPERATION, fixed, length))?;
        let count = rest.len().checked_div(row).unwrap_or(0);
        expect_length(C::OPERATION, fixed + count * row, length)?;
        let mut rows = vec![C::Row::new_zeroed(); count];
        rows.as_mut_slice().as_mut_bytes().copy_from_slice(rest);
        Ok((header, rows))
    }

    /// Sends any code with any input, with room for `output_length` bytes of answer, and checks
    /// nothing: for tests and fuzzing. Returns the answer.
    ///
    /// # Errors
    ///
    /// The [`Failure`], as the way to the driver reports it.
    pub fn raw_device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output_length: usize,
    ) -> Result<Vec<u8>, Failure> {
        let mut output = vec![0; output_length];
        let length = self.transport.device_control(code, input, &mut output)?;
        output.truncate(length);
        Ok(output)
    }

    fn exchange(
        &self,
        operation: Operation,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, Error> {
        self.transport
            .device_control(operation.description().code, input, output)
            .map_err(|failure| Error::from_failure(operation, failure))
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Device").finish_non_exhaustive()
    }
}

fn route_of(operation: Operation, row: &MibIpForwardRow2) -> Result<Route, Error> {
    Route::try_from(row).map_err(|invalid| Error::Malformed {
        operation,
        cause: invalid.into(),
    })
}

fn expect_length(operation: Operation, expected: usize, actual: usize) -> Result<(), Error> {
    if actual == expected {
        Ok(())
    } else {
        Err(malformed_length(operation, expected, actual))
    }
}

fn malformed_length(operation: Operation, expected: usize, actual: usize) -> Error {
    Error::Malformed {
        operation,
        cause: Malformed::Length { expected, actual },
    }
}

#[cfg(test)]
mod tests;
