//! A framework library: the image behind WDFLDR.SYS that the driver binds to, in the place of the host's
//! own framework.

use std::path::Path;

use nt_image::LoadError;
use nt_kernel::exports::Export;
use nt_kernel::watchdog;
use nt_types::NtStatus;
use nt_wdf::library::{self, RegistrationError};

use crate::driver_entry::{LoadedDriver, service_path};

/// The service of KMDF's library.
const SERVICE: &str = "Wdf01000";

/// Why the library cannot serve a driver.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameworkError {
    /// The file cannot be loaded.
    #[error("cannot load it")]
    Load(#[from] LoadError),
    /// Its entry point failed.
    #[error("its entry point returned {0}")]
    Entry(NtStatus),
    /// Its entry point failed after the registration.
    #[error(
        "its entry point returned {0} after WdfRegisterLibrary had succeeded, and must succeed then"
    )]
    EntryAfterRegistration(NtStatus),
    /// It did not register itself.
    #[error(
        "its entry point succeeded, but WdfRegisterLibrary did not: it is no framework library"
    )]
    NotRegistered,
}

/// A library that clients can bind to, until it is unloaded.
pub(crate) struct FrameworkLibrary(LoadedDriver);

impl FrameworkLibrary {
    /// Loads the library at `path` and lets it register itself.
    ///
    /// # Errors
    ///
    /// See [`FrameworkError`].
    pub(crate) fn start(path: &Path, exports: &[Export]) -> Result<Self, FrameworkError> {
        nt_io::acquire_never_fails();
        library::expect(service_path(SERVICE));
        let loaded = LoadedDriver::load(path, SERVICE, exports)?;
        let status = loaded.enter(SERVICE);
        let registered = library::require_registered(status);
        if let Err(error) = registered {
            if status.is_success() {
                nt_io::unload_driver(loaded.object);
            }
            return Err(match error {
                RegistrationError::Missing => FrameworkError::NotRegistered,
                RegistrationError::Entry(status) => FrameworkError::Entry(status),
                RegistrationError::EntryAfterRegistration(status) => {
                    FrameworkError::EntryAfterRegistration(status)
                }
            });
        }
        Ok(Self(loaded))
    }

    /// Ends the library and calls its `DriverUnload`. No client is bound to it any more.
    pub(crate) fn unload(&self) {
        watchdog::watch("the framework's DriverUnload has not returned", || {
            library::finish();
            nt_io::unload_driver(self.0.object);
        });
    }
}
