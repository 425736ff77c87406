//! The IP Helper API of this system in place of the driver.
//!
//! Answers the operations for which user mode has a function with the same rows; all others need the
//! driver. The functions themselves are behind [`RouteApi`], so that the rest runs in tests on any
//! system.

mod batch;
mod change_log;
#[cfg(windows)]
mod system;
mod table_pages;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::{Arc, Mutex, PoisonError};

use abi::{
    AddressFamily, BestRoute, BestRouteRequest, ControlCode, Guid, MibIpForwardRow2,
    MibIpInterfaceRow, NtStatus, Operation, Wire,
};

use change_log::ChangeLog;
#[cfg(windows)]
pub(crate) use system::IpHelperApi;

use self::table_pages::TablePages;
use super::Transport;
use crate::driver_error::DriverError;
use crate::error::TransportError;

/// The Win32 error of a function, not 0.
pub(crate) type Win32 = u32;

/// The functions of the IP Helper API for routes and interfaces.
pub(crate) trait RouteApi: Send + Sync {
    /// `InitializeIpForwardEntry`.
    fn initial_route(&self) -> MibIpForwardRow2;
    /// `CreateIpForwardEntry2`.
    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32>;
    /// `SetIpForwardEntry2`.
    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32>;
    /// `DeleteIpForwardEntry2`.
    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32>;
    /// `GetIpForwardEntry2`.
    fn route(&self, key: &MibIpForwardRow2) -> Result<MibIpForwardRow2, Win32>;
    /// `GetIpForwardTable2`.
    fn routes(&self, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, Win32>;
    /// `GetBestRoute2`.
    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, Win32>;
    /// `GetIpInterfaceEntry`.
    fn interface(&self, key: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, Win32>;
    /// `GetIpInterfaceTable`.
    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, Win32>;
    /// `NotifyRouteChange2`, `NotifyIpInterfaceChange` and `NotifyUnicastIpAddressChange`, into the log,
    /// until the registration is dropped.
    fn notify(&self, log: &Arc<ChangeLog>) -> Result<SystemRegistration, Win32>;
    /// `ConvertInterfaceAliasToLuid`.
    fn luid_of_alias(&self, alias: &str) -> Option<u64>;
    /// `ConvertInterfaceGuidToLuid`.
    fn luid_of_guid(&self, guid: Guid) -> Option<u64>;
    /// `ConvertInterfaceLuidToAlias`.
    fn alias_of_luid(&self, luid: u64) -> Option<String>;
}

/// The registrations for notifications. Dropping it ends them and waits for a callback that runs.
pub(crate) type SystemRegistration = Box<dyn Send + Sync>;

/// A transport whose operations are functions of the IP Helper API.
pub(crate) struct IpHelper<A> {
    api: A,
    routes: TablePages<MibIpForwardRow2>,
    interfaces: TablePages<MibIpInterfaceRow>,
    /// `None` until the first `WATCH`. It is dropped before the log.
    registration: Mutex<Option<SystemRegistration>>,
    log: Arc<ChangeLog>,
}

impl<A: RouteApi> IpHelper<A> {
    pub(crate) fn new(api: A) -> Self {
        Self {
            api,
            routes: TablePages::default(),
            interfaces: TablePages::default(),
            registration: Mutex::default(),
            log: Arc::default(),
        }
    }

    /// Registers for notifications, unless a call before has done it.
    fn begin_to_watch(&self) -> Result<(), TransportError> {
        let mut registration = self
            .registration
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if registration.is_none() {
            *registration = Some(self.api.notify(&self.log).map_err(of_win32)?);
        }
        Ok(())
    }
}

impl<A: RouteApi> Transport for IpHelper<A> {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        let api = &self.api;
        let Some(operation) = Operation::from_code(code) else {
            return Err(refused(NtStatus::INVALID_DEVICE_REQUEST));
        };
        match operation {
            Operation::InitializeRoute => write(&api.initial_route(), output),
            Operation::CreateRoute => done(api.create_route(&read(input)?)),
            Operation::SetRoute => done(api.set_route(&read(input)?)),
            Operation::DeleteRoute => done(api.delete_route(&read(input)?)),
            Operation::GetRoute => answer(api.route(&read(input)?), output),
            Operation::GetBestRoute => answer(api.best_route(&read(input)?), output),
            Operation::GetInterface => answer(api.interface(&read(input)?), output),
            Operation::GetTable => {
                self.routes
                    .page(&read(input)?, output, self.log.sequence(), |family| {
                        api.routes(family)
                    })
            }
            Operation::GetInterfaceTable => {
                self.interfaces
                    .page(&read(input)?, output, self.log.sequence(), |family| {
                        api.interfaces(family)
                    })
            }
            Operation::Apply => batch::apply(api, input, output),
            Operation::Watch => {
                let request = read(input)?;
                watch::check(&request)?;
                self.begin_to_watch()?;
                watch::answer(api, &self.log, &request, output)
            }
            _ => Err(TransportError::NeedsDriver),
        }
    }

    fn cancel(&self, code: ControlCode) {
        if Operation::from_code(code) == Some(Operation::Watch) {
            self.log.cancel();
        }
    }

    fn luid_of_alias(&self, alias: &str) -> Result<Option<u64>, TransportError> {
        Ok(self.api.luid_of_alias(alias))
    }

    fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, TransportError> {
        Ok(self.api.luid_of_guid(guid))
    }

    fn alias_of_luid(&self, luid: u64) -> Result<Option<String>, TransportError> {
        Ok(self.api.alias_of_luid(luid))
    }
}

/// The input of a call, which has exactly this length.
fn read<T: Wire>(input: &[u8]) -> Result<T, TransportError> {
    T::read_from_bytes(input).map_err(|_| refused(NtStatus::INVALID_BUFFER_SIZE))
}

/// Writes an answer to the start of `output`; returns its length.
fn write<T: Wire>(value: &T, output: &mut [u8]) -> Result<usize, TransportError> {
    value
        .write_to_prefix(output)
        .map_err(|_| refused(NtStatus::BUFFER_TOO_SMALL))?;
    Ok(size_of::<T>())
}

fn done(result: Result<(), Win32>) -> Result<usize, TransportError> {
    result.map(|()| 0).map_err(of_win32)
}

fn answer<T: Wire>(result: Result<T, Win32>, output: &mut [u8]) -> Result<usize, TransportError> {
    write(&result.map_err(of_win32)?, output)
}

fn of_win32(error: Win32) -> TransportError {
    TransportError::Refused(DriverError::from_win32(error))
}

fn refused(status: NtStatus) -> TransportError {
    TransportError::Refused(DriverError::from_status(status))
}
