//! A driver's image, and the call of its entry point.

use std::path::Path;

use nt_image::LoadError;
use nt_io::driver_object::DriverObject;
use nt_io::unicode::{OwnedUnicodeString, UnicodeString};
use nt_kernel::console;
use nt_kernel::driver_image::DriverImage;
use nt_kernel::exports::Export;
use nt_kernel::registry::{paths, store};
use nt_types::NtStatus;

/// `DriverEntry`, and `FxDriverEntry` that runs before it.
type Entry = unsafe extern "win64" fn(*mut DriverObject, *mut UnicodeString) -> NtStatus;

/// An image in memory with the driver object that the I/O manager has made for it. Dropping it unloads
/// the code: nothing may run or call it then.
pub(crate) struct LoadedDriver {
    pub(crate) image: DriverImage,
    pub(crate) object: *mut DriverObject,
}

impl LoadedDriver {
    /// Loads the image at `path` for this service, with what it imports from `exports`.
    ///
    /// # Errors
    ///
    /// See [`LoadError`].
    pub(crate) fn load(path: &Path, service: &str, exports: &[Export]) -> Result<Self, LoadError> {
        let image = DriverImage::load(path, exports)?;
        for name in image.missing() {
            // No warning: the driver may never call it.
            let image = image.name();
            console::write_line(&format!(
                "{name}, which {image} imports, is missing: a call stops the machine"
            ));
        }
        let object = nt_io::create_driver(service, image.base(), image.size(), image.entry());
        Ok(Self { image, object })
    }

    /// Calls the entry point, with the service's key.
    pub(crate) fn enter(&self, service: &str) -> NtStatus {
        let path = service_path(service);
        store::create(&path);
        let path = OwnedUnicodeString::new(&path);
        let mut path = path.as_unicode_string();
        let entry = std::ptr::with_exposed_provenance::<()>(self.image.entry());
        // SAFETY: the entry point of a driver image, which has this type by contract.
        let entry = unsafe { std::mem::transmute::<*const (), Entry>(entry) };
        nt_io::enter_driver(self.object, || {
            // SAFETY: the image is loaded, and both arguments live for the call.
            unsafe { entry(self.object, &raw mut path) }
        })
    }
}

/// The path of the service's registry key.
pub(crate) fn service_path(service: &str) -> String {
    paths::service(service)
}
