//! The hosted driver and its filters: loads them into the kernel, starts their devices, removes these, unloads
//! the drivers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nt_io::driver_object::DriverObject;
use nt_io::system_work;
use nt_kernel::driver_image::DriverImage;
use nt_kernel::exports::{self, Export};
use nt_kernel::{export_thunk, fault, fault_handler, resource_tracker, warning, watchdog};
use nt_netio::NetworkStack;
use nt_types::NtStatus;

pub use crate::driver_stack::StackError;
use crate::driver_stack::{self, DriverStack, StackDriver};
pub use crate::framework_library::FrameworkError;
use crate::framework_library::FrameworkLibrary;

/// `STATUS_NO_SUCH_DEVICE`: the driver has been unloaded.
const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);

/// `STATUS_POWER_STATE_INVALID`: the system sleeps, or does not.
pub(crate) const POWER_STATE_INVALID: NtStatus = NtStatus::new(0xC000_02D3);

/// How often the host restarts a device whose driver has reported a failure. Windows also gives up,
/// so that no device fails and restarts for ever.
const RESTARTS_MAX: u32 = 5;

/// The driver to load, its filters, and their environment.
pub struct DriverOptions {
    /// The driver's file.
    pub driver: PathBuf,
    /// The file of the framework library that it binds to; `None` for the host's own framework.
    pub framework: Option<PathBuf>,
    /// The files of the filter drivers below it in each device's stack, the lowest first.
    pub lower_filters: Vec<PathBuf>,
    /// The files of the filter drivers above it, the lowest first.
    pub upper_filters: Vec<PathBuf>,
    /// The name of its service; by default that of the file.
    pub service: Option<String>,
    /// What is behind NETIO.
    pub network: Arc<dyn NetworkStack>,
    /// How many root-enumerated devices the `PnP` manager finds for the driver.
    pub devices: u32,
    /// The security descriptor that the registry has for these devices; `None` for none.
    pub security: Option<String>,
}

impl DriverOptions {
    /// The name of the service: by default that of the file, without `.sys`.
    #[must_use]
    pub fn service_name(&self) -> String {
        let service = self.service.clone();
        service.unwrap_or_else(|| driver_stack::service_of(&self.driver))
    }

    /// The drivers of each device's stack, from its bottom to its top.
    fn stack(&self) -> Vec<StackDriver> {
        let filters = |images: &[PathBuf]| -> Vec<StackDriver> {
            images
                .iter()
                .map(|image| StackDriver::filter(image))
                .collect()
        };
        let mut stack = filters(&self.lower_filters);
        stack.push(StackDriver::function(&self.driver, &self.service_name()));
        stack.extend(filters(&self.upper_filters));
        stack
    }
}

/// Why a driver does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Faults of the driver could not be watched for.
    #[error("cannot handle faults")]
    Faults(#[from] nix::Error),
    /// The security descriptor is malformed.
    #[error("the security descriptor is malformed: {0}")]
    Security(NtStatus),
    /// The framework library is not there for the driver.
    #[error("the framework does not start")]
    Framework(#[from] FrameworkError),
    /// The driver, or a filter, is not in memory.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// No device started, and the driver has been unloaded. This is why the first one did not.
    #[error("the driver's device did not start: {0}")]
    Device(NtStatus),
}

/// The end of a start that has failed.
#[derive(Debug)]
pub struct StartFailure {
    /// Why it has failed.
    pub error: StartError,
    /// The resources, as text, that the drivers and the framework library have leaked.
    pub left: Vec<String>,
}

impl<E: Into<StartError>> From<E> for StartFailure {
    /// Of a start that has loaded nothing.
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            left: Vec::new(),
        }
    }
}

/// A driver in the kernel of this process, with its filters, until it is unloaded.
pub struct HostedDriver {
    stack: DriverStack,
    /// The library that the drivers are bound to; `None` for the host's own framework. Its code goes after
    /// theirs.
    framework: Option<FrameworkLibrary>,
    service: String,
    /// The devices that the driver has, by their numbers.
    devices: BTreeSet<u32>,
    /// The number that no device has had.
    next_device: u32,
    failures: Vec<(u32, NtStatus)>,
    /// The number of restarts of each device.
    restarts: BTreeMap<u32, u32>,
    /// True from a sleep to the resume.
    asleep: bool,
    /// The resources that the driver has leaked; `None` until it has been unloaded.
    left: Option<Vec<String>>,
}

impl HostedDriver {
    /// Loads the driver and its filters, calls their entry points and starts the devices.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start(parts: &DriverOptions) -> Result<Self, StartFailure> {
        fault_handler::install()?;
        fault_handler::explain_with(nt_netio::explain_fault);
        nt_io::root_bus::set_security(parts.security.clone()).map_err(StartError::Security)?;
        nt_netio::install(parts.network.clone());
        let drivers = parts.stack();
        let images = drivers.iter().map(StackDriver::image);
        let mut images = images.chain(parts.framework.as_deref());
        if images.any(has_exception_handlers) {
            export_thunk::expect_handlers();
        }
        let exports = export_thunk::before(&all_exports(parts.framework.is_some()));
        exports::publish(exports.clone());
        let framework = start_framework(parts, &exports)?;
        let mut stack = DriverStack::default();
        if let Err(error) = stack.load(drivers, &exports) {
            let left = unload_all(&stack, framework.as_ref());
            let error = error.into();
            return Err(StartFailure { error, left });
        }
        let mut hosted = Self {
            stack,
            framework,
            service: parts.service_name(),
            devices: BTreeSet::new(),
            next_device: parts.devices,
            failures: Vec::new(),
            restarts: BTreeMap::new(),
            asleep: false,
            left: None,
        };
        hosted.start_devices(parts.devices);
        match hosted.failures.first() {
            Some(&(_, status)) if hosted.devices.is_empty() => {
                hosted.unload_driver();
                let left = hosted.left.take().unwrap_or_default();
                let error = StartError::Device(status);
                Err(StartFailure { error, left })
            }
            _ => Ok(hosted),
        }
    }

    fn start_devices(&mut self, count: u32) {
        for device in 0..count {
            if let Err(status) = self.start_device(device) {
                self.failures.push((device, status));
            }
        }
    }

    fn start_device(&mut self, device: u32) -> Result<(), NtStatus> {
        if self.left.is_some() {
            return Err(NO_SUCH_DEVICE);
        }
        let drivers = self.stack.objects();
        if nt_io::pnp::start(self.function(), &drivers, &self.service, device)? {
            self.devices.insert(device);
            self.stack.report_absent(device);
        }
        Ok(())
    }

    /// Starts one more device, with a number of its own. Returns the number, and how the start ended.
    pub(crate) fn add_device(&mut self) -> (u32, Result<(), NtStatus>) {
        let device = self.next_device;
        self.next_device += 1;
        (device, self.start_device(device))
    }

    /// The function driver's object, by which the `PnP` manager knows the devices.
    fn function(&self) -> *mut DriverObject {
        self.stack.function().object
    }

    /// The function driver's image.
    #[must_use]
    pub fn image(&self) -> &DriverImage {
        &self.stack.function().image
    }

    /// The devices that did not start, by their numbers, and why.
    pub fn failures(&self) -> &[(u32, NtStatus)] {
        &self.failures
    }

    /// Removes a device in order; the driver is unloaded with the last device.
    ///
    /// # Errors
    ///
    /// `STATUS_PLUGPLAY_QUERY_VETOED`: the driver refuses, or a file is open; the device stays.
    /// `STATUS_NO_SUCH_DEVICE`: there is none with this number.
    pub fn remove(&mut self, device: u32) -> Result<(), NtStatus> {
        self.take_away(device)?;
        self.unload_if_unused();
        Ok(())
    }

    /// The second half of a removal by surprise, then a restart, unless the device has restarted
    /// too often.
    ///
    /// # Errors
    ///
    /// `STATUS_NO_SUCH_DEVICE`: no device has this number. Otherwise the driver's status.
    pub(crate) fn restart(&mut self, device: u32) -> Result<(), NtStatus> {
        self.take_away(device)?;
        let restarts = self.restarts.entry(device).or_default();
        *restarts += 1;
        let started = if *restarts > RESTARTS_MAX {
            warning(format!(
                "device {device} has failed after {RESTARTS_MAX} restarts, and is not started again"
            ));
            Ok(())
        } else {
            let started = self.start_device(device);
            started.inspect_err(|status| {
                warning(format!("device {device} did not start again: {status}"));
            })
        };
        self.unload_if_unused();
        started
    }

    fn take_away(&mut self, device: u32) -> Result<(), NtStatus> {
        self.watch("the driver's device has not gone", || {
            nt_io::pnp::remove(self.function(), device)
        })?;
        self.devices.remove(&device);
        Ok(())
    }

    fn unload_if_unused(&mut self) {
        if self.devices.is_empty() && !self.is_open() {
            self.unload_driver();
        }
    }

    /// The first half of a removal by surprise: files stay open. Returns the device. Call
    /// [`HostedDriver::remove`], the second half, when that device has no open file any more.
    ///
    /// # Errors
    ///
    /// `STATUS_NO_SUCH_DEVICE`: there is none with this number.
    pub(crate) fn surprise_remove(&mut self, device: u32) -> Result<Arc<nt_io::Device>, NtStatus> {
        self.watch("the driver's device has not gone", || {
            nt_io::pnp::surprise_remove(self.function(), device)
        })
    }

    /// Does what the driver must end in time.
    fn watch<T>(&self, late: &'static str, action: impl FnOnce() -> T) -> T {
        self.let_work_begin(|| watchdog::watch(late, action))
    }

    /// Does something during which a framework library waits for its own work items: they may begin.
    fn let_work_begin<T>(&self, action: impl FnOnce() -> T) -> T {
        match &self.framework {
            Some(_) => system_work::awaited(action),
            None => action(),
        }
    }

    /// True while the system sleeps.
    pub(crate) fn is_asleep(&self) -> bool {
        self.asleep
    }

    /// Puts the system to sleep: every device leaves D0 for D3. Then the network stack loses its
    /// routes, if `lose_routes`.
    ///
    /// # Errors
    ///
    /// `STATUS_POWER_STATE_INVALID`: it sleeps already. `STATUS_NOT_SUPPORTED`: the network stack does
    /// not lose routes; the system sleeps. The status of a driver whose device failed: the other
    /// devices sleep.
    pub(crate) fn sleep(&mut self, lose_routes: bool) -> Result<(), NtStatus> {
        if std::mem::replace(&mut self.asleep, true) {
            return Err(POWER_STATE_INVALID);
        }
        let slept = self.each_started("the driver's device has not left D0", nt_io::pnp::sleep);
        let lost = if lose_routes {
            nt_netio::stack().lose_routes()
        } else {
            Ok(())
        };
        slept.and(lost)
    }

    /// Resumes the system: every device returns to D0.
    ///
    /// # Errors
    ///
    /// `STATUS_POWER_STATE_INVALID`: it does not sleep. The status of a driver whose device failed:
    /// the other devices are in D0.
    pub(crate) fn resume(&mut self) -> Result<(), NtStatus> {
        if !std::mem::replace(&mut self.asleep, false) {
            return Err(POWER_STATE_INVALID);
        }
        self.each_started("the driver's device has not entered D0", nt_io::pnp::resume)
    }

    /// Does `work` with all devices, but for those that have been removed by surprise. Returns the
    /// first failure.
    fn each_started(
        &self,
        late: &'static str,
        work: impl Fn(*mut DriverObject, u32) -> Result<(), NtStatus>,
    ) -> Result<(), NtStatus> {
        let mut outcome = Ok(());
        for device in &self.devices {
            let done = self.watch(late, || work(self.function(), *device));
            if done != Err(NO_SUCH_DEVICE) {
                outcome = outcome.and(done);
            }
        }
        outcome
    }

    /// Lets the driver's devices be opened, or not.
    pub(crate) fn set_opens(&self, allowed: bool) {
        for device in self.stack.devices() {
            device.set_opens(allowed);
        }
    }

    fn is_open(&self) -> bool {
        let devices = self.stack.devices();
        devices.iter().any(|device| device.is_open())
    }

    /// Removes all devices in order and unloads the driver, unless that has happened. Returns the
    /// resources that the driver has leaked, as text.
    ///
    /// # Errors
    ///
    /// `STATUS_PLUGPLAY_QUERY_VETOED`: the driver refuses, or a file is open.
    pub fn unload(&mut self) -> Result<&[String], NtStatus> {
        for device in self.devices.clone() {
            self.remove(device)?;
        }
        if self.left.is_none() {
            if self.is_open() {
                return Err(nt_io::pnp::QUERY_VETOED);
            }
            self.unload_driver();
        }
        Ok(self.left.as_deref().unwrap_or_default())
    }

    fn unload_driver(&mut self) {
        let unload = || unload_all(&self.stack, self.framework.as_ref());
        self.left = Some(self.let_work_begin(unload));
    }

    /// Unloads the driver, also if it refuses. Returns the resources that the driver has leaked, as
    /// text. All files must be closed.
    #[must_use]
    pub fn stop(mut self) -> Vec<String> {
        watchdog::watch("the driver's files have not been closed", || {
            for device in self.stack.devices() {
                device.wait_closed();
            }
        });
        if self.unload().is_err() {
            warning("the driver refuses the removal of its device");
            self.unload_driver();
        }
        self.left.unwrap_or_default()
    }
}

/// The entries of the resource tracker when no code of the driver runs any more. Called before the
/// image is unloaded, so that its addresses have names.
fn left_behind() -> Vec<String> {
    nt_kernel::unload::require_nothing_active();
    system_work::wait_idle();
    let left = resource_tracker::outstanding();
    left.iter().map(ToString::to_string).collect()
}

/// Whether the image imports what its exception handlers need. One that cannot be read has none.
fn has_exception_handlers(image: &Path) -> bool {
    const IMPORT: &[u8] = b"__C_specific_handler";
    let image = fs::read(image).unwrap_or_default();
    image.windows(IMPORT.len()).any(|bytes| bytes == IMPORT)
}

/// Loads the framework library, if there is to be one.
fn start_framework(
    options: &DriverOptions,
    exports: &[Export],
) -> Result<Option<FrameworkLibrary>, StartFailure> {
    let Some(path) = &options.framework else {
        return Ok(None);
    };
    let started = FrameworkLibrary::start(path, exports);
    started.map(Some).map_err(|error| StartFailure {
        error: error.into(),
        left: left_behind(),
    })
}

/// Unloads the drivers, and the framework library if there is one. What they have left behind.
fn unload_all(stack: &DriverStack, framework: Option<&FrameworkLibrary>) -> Vec<String> {
    stack.unload();
    if let Some(framework) = framework {
        framework.unload();
    }
    left_behind()
}

/// Publishes the functions that a driver can call in this machine, with the host's own framework or with a
/// library, for [`fault::why_unreachable`].
pub fn publish_functions(has_library: bool) {
    let exports = all_exports(has_library);
    let mut functions: Vec<_> = exports.iter().map(|export| export.name).collect();
    if !has_library {
        functions.extend(nt_wdf::function_names());
    }
    fault::publish(functions);
}

/// Everything that a driver can import; WDFLDR.SYS for a framework library, or with the host's own
/// framework.
fn all_exports(has_library: bool) -> Vec<Export> {
    [
        nt_kernel::exports(),
        nt_io::exports(),
        if has_library {
            nt_wdf::library::exports()
        } else {
            nt_wdf::exports()
        },
        nt_netio::exports(),
    ]
    .concat()
}
