//! The drivers of a device's stack: lower filters, the function driver, upper filters. Each is an image with
//! a driver object of its own.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nt_image::LoadError;
use nt_io::driver_object::{self, DriverObject};
use nt_kernel::exports::Export;
use nt_kernel::{console, watchdog};
use nt_types::NtStatus;

use crate::driver_entry::LoadedDriver;

/// A driver of the stack, before it is loaded.
#[derive(Clone, Debug)]
pub(crate) struct StackDriver {
    image: PathBuf,
    service: String,
    is_filter: bool,
}

impl StackDriver {
    /// The function driver.
    pub(crate) fn function(image: &Path, service: &str) -> Self {
        Self {
            image: image.to_owned(),
            service: service.to_owned(),
            is_filter: false,
        }
    }

    /// A filter driver, whose service has the name of the file.
    pub(crate) fn filter(image: &Path) -> Self {
        Self {
            image: image.to_owned(),
            service: service_of(image),
            is_filter: true,
        }
    }

    /// The file.
    pub(crate) fn image(&self) -> &Path {
        &self.image
    }
}

impl fmt::Display for StackDriver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_filter {
            write!(formatter, "the filter driver {}", self.image.display())
        } else {
            formatter.write_str("the driver")
        }
    }
}

/// The name of the service of the driver in the file `image`: that of the file, without `.sys`.
pub(crate) fn service_of(image: &Path) -> String {
    let stem = image.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Why the drivers of a stack are not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// Two drivers have one service.
    #[error("two drivers have the service `{0}`: a service is one driver, which is loaded once")]
    SameService(String),
    /// A file cannot be loaded.
    #[error("cannot load {driver}")]
    Load {
        /// Whose file it is.
        driver: String,
        /// Why.
        source: LoadError,
    },
    /// An entry point returned a failure.
    #[error("{driver}'s entry point returned {status}")]
    Entry {
        /// Whose entry point it is.
        driver: String,
        /// What it returned.
        status: NtStatus,
    },
    /// A driver of a stack with filters has no `AddDevice`.
    #[error(
        "{0} has no AddDevice: it gets no place in a device stack, and a filter is of use in one only"
    )]
    NoAddDevice(String),
}

/// A driver in memory.
struct Loaded {
    driver: StackDriver,
    image: LoadedDriver,
    /// Whether its entry point has succeeded: its `DriverUnload` comes then.
    is_entered: bool,
}

/// The drivers in memory, from the bottom of the stack to its top. Dropping it unloads their code: nothing
/// may run or call it then.
#[derive(Default)]
pub(crate) struct DriverStack(Vec<Loaded>);

impl DriverStack {
    /// Loads `drivers`, given from the bottom of the stack to its top: each image, whose entry point is called
    /// before the next one is loaded. After an error, call [`unload`](Self::unload).
    ///
    /// # Errors
    ///
    /// See [`StackError`].
    pub(crate) fn load(
        &mut self,
        drivers: Vec<StackDriver>,
        exports: &[Export],
    ) -> Result<(), StackError> {
        require_different_services(&drivers)?;
        for driver in drivers {
            self.load_one(driver, exports)?;
        }
        let has_filters = self.0.len() > 1;
        let mut loaded = self.0.iter();
        let without = loaded.find(|loaded| !driver_object::has_add_device(loaded.image.object));
        match without.filter(|_| has_filters) {
            Some(loaded) => Err(StackError::NoAddDevice(loaded.driver.to_string())),
            None => Ok(()),
        }
    }

    fn load_one(&mut self, driver: StackDriver, exports: &[Export]) -> Result<(), StackError> {
        let name = driver.to_string();
        let loaded = LoadedDriver::load(&driver.image, &driver.service, exports);
        let image = match loaded {
            Ok(image) => image,
            Err(source) => {
                return Err(StackError::Load {
                    driver: name,
                    source,
                });
            }
        };
        let entered = image.enter(&driver.service).into_result();
        let object = image.object;
        self.0.push(Loaded {
            driver,
            image,
            is_entered: entered.is_ok(),
        });
        entered.map_err(|status| StackError::Entry {
            driver: name,
            status,
        })?;
        nt_io::pnp::finish_driver_entry(object);
        Ok(())
    }

    /// The function driver.
    ///
    /// # Panics
    ///
    /// If [`load`](Self::load) has not succeeded.
    pub(crate) fn function(&self) -> &LoadedDriver {
        let function = self.0.iter().find(|loaded| !loaded.driver.is_filter);
        &function.expect("a stack has a function driver").image
    }

    /// The driver objects, from the bottom of the stack to its top.
    pub(crate) fn objects(&self) -> Vec<*mut DriverObject> {
        self.0.iter().map(|loaded| loaded.image.object).collect()
    }

    /// The devices of all drivers.
    pub(crate) fn devices(&self) -> Vec<Arc<nt_io::Device>> {
        let objects = self.objects().into_iter();
        objects.flat_map(nt_io::devices_of).collect()
    }

    /// Says which filters have left out the device with this number: they may, but a person who asked for
    /// them has to know.
    pub(crate) fn report_absent(&self, device: u32) {
        let present = nt_io::pnp::drivers_of(self.function().object, device);
        for Loaded { driver, image, .. } in &self.0 {
            if !present.contains(&image.object) {
                console::write_line(&format!(
                    "{driver} has added no device to the stack of device {device}"
                ));
            }
        }
    }

    /// Unloads the drivers: the top of the stack first, the reverse of how they were loaded.
    pub(crate) fn unload(&self) {
        for loaded in self.0.iter().rev().filter(|loaded| loaded.is_entered) {
            watchdog::watch("DriverUnload has not returned", || {
                nt_io::unload_driver(loaded.image.object);
            });
        }
    }
}

fn require_different_services(drivers: &[StackDriver]) -> Result<(), StackError> {
    let mut known = BTreeSet::new();
    for driver in drivers {
        if !known.insert(driver.service.to_lowercase()) {
            return Err(StackError::SameService(driver.service.clone()));
        }
    }
    Ok(())
}
