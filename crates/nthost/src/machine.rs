//! One machine: a kernel, a driver in it, and the driver's device.

use std::path::PathBuf;
use std::sync::Arc;

use abi::NtStatus;

use crate::io;
use crate::io::driver_object::{self, DriverObject};
use crate::io::unicode::{OwnedUnicodeString, UnicodeString};
use crate::kernel::exports::{self, Export};
use crate::kernel::{self, fault_handler, ledger, warning};
use crate::netio::{self, NetworkStack};
use crate::pe::{Image, LoadError};
use crate::wdf;

/// Where services have their keys.
const SERVICES: &str = r"\Registry\Machine\System\CurrentControlSet\Services";
/// The service of this project's own driver, whose file has no telling name.
const OWN_SERVICE: &str = "IpForward";

/// What a machine is made of.
pub struct Parts {
    /// The driver's file.
    pub driver: PathBuf,
    /// The name of its service; by default that of the file.
    pub service: Option<String>,
    /// What is behind NETIO.
    pub network: Arc<dyn NetworkStack>,
}

/// Why a machine does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Faults of the driver could not be watched for.
    #[error("cannot handle faults")]
    Faults(#[from] nix::Error),
    /// The file cannot be loaded.
    #[error("cannot load the driver")]
    Load(#[from] LoadError),
    /// The entry point returned a failure.
    #[error("the driver's entry point returned {status}")]
    Entry {
        /// What it returned.
        status: NtStatus,
        /// What the driver has not given back, as text.
        left: Vec<String>,
    },
    /// The device did not start, and the driver has been unloaded.
    #[error("the driver's device did not start: {status}")]
    Device {
        /// Why.
        status: NtStatus,
        /// What the driver has not given back, as text.
        left: Vec<String>,
    },
}

impl StartError {
    /// What the driver has not given back although it did not start.
    #[must_use]
    pub fn left(&self) -> &[String] {
        match self {
            Self::Faults(_) | Self::Load(_) => &[],
            Self::Entry { left, .. } | Self::Device { left, .. } => left,
        }
    }
}

/// `DriverEntry`, and `FxDriverEntry` that runs before it.
type Entry = unsafe extern "win64" fn(*mut DriverObject, *mut UnicodeString) -> NtStatus;

/// A machine whose driver runs.
pub struct Machine {
    image: Image,
    driver: *mut DriverObject,
}

impl Machine {
    /// Loads the driver, calls its entry point and starts its device.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        fault_handler::install()?;
        let service = parts
            .service
            .clone()
            .unwrap_or_else(|| default_service(&parts));
        netio::install(parts.network);
        let exports = all_exports();
        exports::publish(exports.clone());
        let image = Image::load(&parts.driver, &exports)?;
        for name in image.missing() {
            warning(format!("{name} is missing: calling it stops the machine"));
        }
        let driver = driver_object::create(&service, image.base(), image.size(), image.entry());
        enter(&image, driver, &service)
            .into_result()
            .map_err(|status| StartError::Entry {
                status,
                left: left_behind(),
            })?;
        let machine = Self { image, driver };
        match wdf::pnp::start(driver) {
            Ok(()) => Ok(machine),
            Err(status) => {
                driver_object::unload(driver);
                Err(StartError::Device {
                    status,
                    left: left_behind(),
                })
            }
        }
    }

    /// The driver's image.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Removes the device and unloads the driver. What it has not given back is the result, as
    /// text. All files have to be closed.
    #[must_use]
    pub fn stop(self) -> Vec<String> {
        wdf::pnp::remove(self.driver);
        driver_object::unload(self.driver);
        left_behind()
    }
}

/// What the ledger holds when nothing runs any more. Asked while the image is there, so that its
/// addresses have names.
fn left_behind() -> Vec<String> {
    io::system_work::wait_idle();
    let left = ledger::outstanding();
    left.iter().map(ToString::to_string).collect()
}

/// Everything that a driver can import.
fn all_exports() -> Vec<Export> {
    [
        kernel::exports(),
        io::exports(),
        wdf::exports(),
        netio::exports(),
    ]
    .concat()
}

/// The service's name: that of the file, but for the project's own driver, which is installed under
/// another name than it is built.
fn default_service(parts: &Parts) -> String {
    match parts.driver.file_stem().map(|stem| stem.to_string_lossy()) {
        Some(stem) if stem != "driver" => stem.into_owned(),
        _ => OWN_SERVICE.to_owned(),
    }
}

fn enter(image: &Image, driver: *mut DriverObject, service: &str) -> NtStatus {
    let path = OwnedUnicodeString::new(&format!(r"{SERVICES}\{service}"));
    let mut path = path.as_unicode_string();
    let entry = std::ptr::with_exposed_provenance::<()>(image.entry());
    // SAFETY: the entry point of a driver image, which has this type by contract.
    let entry = unsafe { std::mem::transmute::<*const (), Entry>(entry) };
    // SAFETY: the image is loaded, and both arguments live for the call.
    unsafe { entry(driver, &raw mut path) }
}
