//! A client: its bind, in which the library gives it functions and globals, and its unbind.

use nt_io::driver_object::DriverObject;
use nt_io::system_work;
use nt_io::unicode::UnicodeString;
use nt_kernel::driver_image;
use nt_kernel::irql::{self, Irql};
use nt_types::NtStatus;

use super::library_info::LibraryFunctions;
use super::registration::{self, Client};
use super::{LoaderError, status_of};
use crate::loader::{BindInfo, BindInfo2, COPIED_COUNT_MAX};
use crate::pointer::{In, Out};

/// The first minor version of the library whose `CLIENT_INFO` has the driver object.
const DRIVER_OBJECT_MINOR: u32 = 33;
/// The size of a `CLIENT_INFO` without it.
const SHORT_SIZE: u32 = 16;
/// The size with it.
const LONG_SIZE: u32 = 24;

/// `CLIENT_INFO` as it lies in memory.
#[repr(C)]
struct ClientInfo {
    size: u32,
    registry_path: In<UnicodeString>,
    /// Beyond the structure for a library before 1.33.
    driver_object: *mut DriverObject,
}

const _: () = assert!(size_of::<ClientInfo>() == LONG_SIZE as usize);

impl ClientInfo {
    /// The structure as a library of this minor version expects it.
    fn new(minor: u32, registry_path: In<UnicodeString>, driver_object: *mut DriverObject) -> Self {
        let is_long = minor >= DRIVER_OBJECT_MINOR;
        Self {
            size: if is_long { LONG_SIZE } else { SHORT_SIZE },
            registry_path,
            driver_object: if is_long {
                driver_object
            } else {
                std::ptr::null_mut()
            },
        }
    }
}

/// `WdfVersionBind`, `PASSIVE_LEVEL`.
pub(super) extern "win64" fn version_bind(
    driver_object: *mut DriverObject,
    registry_path: In<UnicodeString>,
    info: In<BindInfo>,
    globals: Out<usize>,
) -> NtStatus {
    const NAME: &str = "WdfVersionBind";
    irql::require_at_most(NAME, Irql::PASSIVE);
    status_of(NAME, bind(driver_object, registry_path, info, globals))
}

fn bind(
    driver_object: *mut DriverObject,
    registry_path: In<UnicodeString>,
    info: In<BindInfo>,
    globals: Out<usize>,
) -> Result<(), LoaderError> {
    if driver_object.is_null() || globals.is_null() {
        return Err(LoaderError::invalid("an argument is NULL"));
    }
    let path = registry_path.optional_text();
    let path = path.ok_or_else(|| LoaderError::invalid("the registry path is NULL"))?;
    let library = registration::library().ok_or_else(|| {
        LoaderError::new(NtStatus::OBJECT_NAME_NOT_FOUND, "no library is registered")
    })?;
    require_sound(info, &library)?;
    let client_info = ClientInfo::new(library.version.minor, registry_path, driver_object);
    let address = (&raw const client_info).expose_provenance();
    let given = library.register_client(info, address).map_err(|status| {
        LoaderError::new(
            status,
            "LibraryRegisterClient returned this status".to_owned(),
        )
    })?;
    if let Err(error) = require_complete(info, given) {
        if given != 0 {
            // The client is refused, whatever the library answers.
            let _ = library.unregister_client(info, given);
        }
        return Err(error);
    }
    let service = path.rsplit('\\').next().unwrap_or_default().to_owned();
    registration::add_client(Client {
        service,
        globals: given,
    });
    globals.set(given);
    Ok(())
}

/// Checks what the client's stub says.
fn require_sound(info: In<BindInfo>, library: &LibraryFunctions) -> Result<(), LoaderError> {
    let size = info.cast::<u32>().optional();
    let size = size.ok_or_else(|| LoaderError::invalid("the WDF_BIND_INFO is NULL"))?;
    let sizes = [size_of::<BindInfo>(), size_of::<BindInfo2>()];
    let known = info
        .optional()
        .filter(|_| sizes.contains(&(size as usize)))
        .ok_or_else(|| {
            let [first, second] = sizes;
            LoaderError::invalid(format!(
                "the Size of the WDF_BIND_INFO is {size}, and {first} or {second} is right"
            ))
        })?;
    if known.function_table.is_null() {
        return Err(LoaderError::invalid(
            "the client has no place for its function table",
        ));
    }
    if known.major != library.version.major {
        let reason = format!(
            "the client was built for KMDF {}.{}, and the library is {}.{}",
            known.major, known.minor, library.version.major, library.version.minor
        );
        return Err(LoaderError::new(NtStatus::NOT_SUPPORTED, reason));
    }
    Ok(())
}

/// Checks what the library has given: globals, and a table with each function that the client counts.
fn require_complete(info: In<BindInfo>, globals: usize) -> Result<(), LoaderError> {
    if globals == 0 {
        return Err(LoaderError::invalid(
            "the library gave the client no globals",
        ));
    }
    // The library may have lowered the count of a client that is newer than itself.
    let info = info
        .optional()
        .ok_or_else(|| LoaderError::invalid("the WDF_BIND_INFO is NULL"))?;
    let table = if info.function_count <= COPIED_COUNT_MAX {
        info.function_table.as_in().address()
    } else {
        info.function_table
            .as_in()
            .optional()
            .map_or(0, <*const usize>::expose_provenance)
    };
    let count = info.function_count as usize;
    match (0..count).find(|index| !is_function(table, *index)) {
        None => Ok(()),
        Some(index) => Err(LoaderError::invalid(format!(
            "the client counts {count} functions, and place {index} of the table that the library gave \
             it has no code of an image"
        ))),
    }
}

/// Whether the place `index` of the table at `table` lies in an image, and has the address of code.
fn is_function(table: usize, index: usize) -> bool {
    let place = table.wrapping_add(index * size_of::<usize>());
    if !driver_image::contains(place) {
        return false;
    }
    let place = std::ptr::with_exposed_provenance::<usize>(place);
    // SAFETY: in a loaded image, whose data are readable.
    driver_image::is_code(unsafe { place.read_unaligned() })
}

/// `WdfVersionUnbind`, `PASSIVE_LEVEL`.
pub(super) extern "win64" fn version_unbind(
    _registry_path: In<UnicodeString>,
    info: In<BindInfo>,
    globals: usize,
) -> NtStatus {
    const NAME: &str = "WdfVersionUnbind";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let known = registration::library().zip(registration::remove_client(globals));
    let Some((library, _)) = known else {
        let error = LoaderError::invalid(format!("no client has its globals at {globals:#x}"));
        return status_of(NAME, Err(error));
    };
    let status = library.unregister_client(info, globals);
    system_work::wait_idle();
    let refused = |status| LoaderError::new(status, "LibraryUnregisterClient returned this status");
    status_of(NAME, status.into_result().map_err(refused))
}
