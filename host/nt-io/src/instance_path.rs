//! The instance paths of the devices that the root bus has found, as in `ROOT#echo#0000`.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// The paths, by the addresses of the physical device objects.
static PATHS: Mutex<BTreeMap<usize, String>> = Mutex::new(BTreeMap::new());

/// Enters the path of a new device.
pub(crate) fn enter(physical: usize, path: &str) {
    PATHS.lock().insert(physical, path.to_owned());
}

/// The path of the device whose physical device object is at `physical`.
pub(crate) fn of(physical: usize) -> Option<String> {
    PATHS.lock().get(&physical).cloned()
}

/// The ID of the device with this path, as in `ROOT\echo\0000`.
pub(crate) fn id(path: &str) -> String {
    path.replace('#', r"\")
}

/// The service of the device with this path.
pub(crate) fn service(path: &str) -> &str {
    path.split('#').nth(1).unwrap_or_default()
}

/// The number of a device: the last part of its path.
pub(crate) fn number_of(physical: usize) -> Option<u32> {
    let path = of(physical)?;
    path.rsplit('#').next()?.parse().ok()
}

/// Removes the path of a device that has gone.
pub(crate) fn remove(physical: usize) -> Option<String> {
    PATHS.lock().remove(&physical)
}
