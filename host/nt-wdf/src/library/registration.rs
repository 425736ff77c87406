//! The library that is registered, from its `DriverEntry` to its unload.

use std::collections::BTreeMap;

use nt_io::unicode::UnicodeString;
use nt_kernel::irql::{self, Irql};
use nt_kernel::warning;
use nt_types::NtStatus;
use parking_lot::Mutex;

use super::library_info::{LibraryFunctions, LibraryInfo};
use super::{LoaderError, status_of};
use crate::pointer::{In, Out};

/// The major version of every KMDF.
const MAJOR: u32 = 1;

/// A driver that has bound itself to the library.
pub(super) struct Client {
    /// The name of its service.
    pub(super) service: String,
    /// The address of its `WDF_DRIVER_GLOBALS`.
    pub(super) globals: usize,
}

/// The state of the loader.
struct Loader {
    /// The service key of the library that the host loads.
    service_path: String,
    library: Option<LibraryFunctions>,
    clients: Vec<Client>,
    /// The values that a library can ask for, by their names in upper case.
    diagnostics: BTreeMap<String, u32>,
}

static LOADER: Mutex<Loader> = Mutex::new(Loader {
    service_path: String::new(),
    library: None,
    clients: Vec::new(),
    diagnostics: BTreeMap::new(),
});

/// Why no library is there for clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationError {
    /// `DriverEntry` succeeded without a registration that succeeded.
    Missing,
    /// `DriverEntry` failed with this status.
    Entry(NtStatus),
    /// `DriverEntry` failed with this status, after the library had been registered.
    EntryAfterRegistration(NtStatus),
}

/// Sets the values that a library reads with `WdfLdrDiagnosticsValueByNameAsULONG`.
pub fn set_diagnostics(values: impl IntoIterator<Item = (String, u32)>) {
    let values = values.into_iter();
    LOADER.lock().diagnostics = values
        .map(|(name, value)| (name.to_uppercase(), value))
        .collect();
}

/// The next library is that of the service with this key.
pub fn expect(service_path: String) {
    LOADER.lock().service_path = service_path;
}

/// The library's `DriverEntry` has returned `status`.
///
/// # Errors
///
/// No client can be loaded. Nothing of the library is registered any more.
pub fn require_registered(status: NtStatus) -> Result<(), RegistrationError> {
    let is_registered = library().is_some();
    match (status.is_success(), is_registered) {
        (true, true) => Ok(()),
        (true, false) => Err(RegistrationError::Missing),
        (false, false) => Err(RegistrationError::Entry(status)),
        (false, true) => {
            finish();
            Err(RegistrationError::EntryAfterRegistration(status))
        }
    }
}

/// The last client has gone: `LibraryDecommission`, after which the library can be unloaded.
pub fn finish() {
    let (library, clients) = {
        let mut loader = LOADER.lock();
        (loader.library.take(), std::mem::take(&mut loader.clients))
    };
    for Client { service, .. } in clients {
        warning(format!(
            "{service} has been unloaded without WdfVersionUnbind"
        ));
    }
    if let Some(Err(status)) = library.map(|library| library.decommission().into_result()) {
        warning(format!("LibraryDecommission returned {status}"));
    }
}

/// The library, if one has registered itself.
pub(super) fn library() -> Option<LibraryFunctions> {
    LOADER.lock().library
}

/// Remembers a client until [`remove_client`].
pub(super) fn add_client(client: Client) {
    LOADER.lock().clients.push(client);
}

/// Forgets the client with these globals, if there is one.
pub(super) fn remove_client(globals: usize) -> Option<Client> {
    let clients = &mut LOADER.lock().clients;
    let index = clients
        .iter()
        .position(|client| client.globals == globals)?;
    Some(clients.swap_remove(index))
}

/// `WdfRegisterLibrary`, `PASSIVE_LEVEL`.
pub(super) extern "win64" fn register_library(
    info: In<LibraryInfo>,
    service_path: In<UnicodeString>,
    device_name: In<UnicodeString>,
) -> NtStatus {
    const NAME: &str = "WdfRegisterLibrary";
    irql::require_at_most(NAME, Irql::PASSIVE);
    status_of(NAME, register(info, service_path, device_name))
}

fn register(
    info: In<LibraryInfo>,
    service_path: In<UnicodeString>,
    device_name: In<UnicodeString>,
) -> Result<(), LoaderError> {
    let functions = LibraryFunctions::read(info)?;
    if !functions.are_code() {
        let reason = "a function of the WDF_LIBRARY_INFO is no code of a loaded image";
        return Err(LoaderError::invalid(reason));
    }
    require_service(&service_path.optional_text().unwrap_or_default())?;
    let device = device_name.optional_text().unwrap_or_default();
    if !nt_io::is_device_name(&device) {
        let reason = format!("the library's device `{device}` does not exist");
        return Err(LoaderError::new(NtStatus::OBJECT_NAME_NOT_FOUND, reason));
    }
    let version = functions.version;
    if version.major != MAJOR {
        let reason = format!(
            "the library's version is {}.{}, and clients of KMDF need {MAJOR}.x",
            version.major, version.minor
        );
        return Err(LoaderError::new(NtStatus::NOT_SUPPORTED, reason));
    }
    if library().is_some() {
        let reason = "a library has registered itself already";
        return Err(LoaderError::new(NtStatus::OBJECT_NAME_COLLISION, reason));
    }
    functions.commission().into_result().map_err(|status| {
        LoaderError::new(status, "LibraryCommission returned this status".to_owned())
    })?;
    LOADER.lock().library = Some(functions);
    Ok(())
}

fn require_service(path: &str) -> Result<(), LoaderError> {
    let expected = LOADER.lock().service_path.clone();
    if path.eq_ignore_ascii_case(&expected) {
        return Ok(());
    }
    let reason = format!("the library's service key is `{expected}`, not `{path}`");
    Err(LoaderError::invalid(reason))
}

/// `WdfLdrDiagnosticsValueByNameAsULONG`, `PASSIVE_LEVEL`.
pub(super) extern "win64" fn diagnostics_value(
    name: In<UnicodeString>,
    value: Out<u32>,
) -> NtStatus {
    irql::require_at_most("WdfLdrDiagnosticsValueByNameAsULONG", Irql::PASSIVE);
    let Some(name) = name.optional_text().filter(|_| !value.is_null()) else {
        return NtStatus::INVALID_PARAMETER;
    };
    let known = LOADER.lock().diagnostics.get(&name.to_uppercase()).copied();
    value.set(known.unwrap_or_default());
    match known {
        Some(_) => NtStatus::SUCCESS,
        None => NtStatus::OBJECT_NAME_NOT_FOUND,
    }
}
