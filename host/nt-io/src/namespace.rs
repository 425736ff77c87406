//! The object manager's names, as far as devices and symbolic links to them are concerned.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use nt_types::NtStatus;
use parking_lot::RwLock;

use crate::device::Device;

/// Prefixes under which user programs and drivers find symbolic links; they mean the same folder.
const LINK_FOLDERS: [&str; 5] = [r"\\.\", r"\\?\", r"\??\", r"\DOSDEVICES\", r"\GLOBAL??\"];
/// The folder's one name in this module.
const LINKS: &str = r"\??\";
/// The part of a link's name that makes it visible in all sessions. There is one session here.
const ALL_SESSIONS: &str = r"GLOBAL\";

/// How user programs write that folder.
const USER_LINKS: &str = r"\\?\";

/// Devices by their names and by the symbolic links to them.
static NAMES: LazyLock<RwLock<HashMap<String, Named>>> = LazyLock::new(RwLock::default);

/// No sound chain of symbolic links is longer.
const CHAIN_MAX: usize = 32;

/// What a name leads to.
enum Target {
    Device(Arc<Device>),
    /// A symbolic link's: another name, which need not exist.
    Name(String),
}

/// What has a name.
struct Named {
    target: Target,
    /// The name as it was given.
    spelling: String,
    /// If the name is that of an enabled device interface.
    interface: Option<Interface>,
}

/// A device interface as it is listed.
struct Interface {
    class: String,
    path: String,
}

/// The canonical spelling of a name.
fn canonical(name: &str) -> String {
    let name = name.to_uppercase();
    let link = LINK_FOLDERS
        .iter()
        .find_map(|folder| name.strip_prefix(folder));
    match link {
        Some(link) => {
            let link = link.strip_prefix(ALL_SESSIONS).unwrap_or(link);
            format!("{LINKS}{link}")
        }
        None => name,
    }
}

/// The device that `name` leads to, and the rest of the name as it was written.
pub(crate) fn resolve(name: &str) -> Option<(Arc<Device>, String)> {
    let names = NAMES.read();
    let ends = name
        .char_indices()
        .filter(|(_, character)| *character == '\\');
    let ends = ends.map(|(index, _)| index).chain([name.len()]);
    // The longest beginning that is a name.
    let (end, found) = ends
        .rev()
        .find_map(|end| Some((end, names.get(&canonical(&name[..end]))?)))?;
    Some((found.device(&names)?.clone(), name[end..].to_owned()))
}

/// Makes `link` a symbolic link to what has, or will have, the name `target`.
///
/// # Errors
///
/// As [`link()`].
pub(crate) fn link_to_name(link: &str, target: &str) -> Result<(), NtStatus> {
    insert(link, Target::Name(target.to_owned()), None)
}

/// Gives `device` a name, its own or that of a symbolic link.
///
/// # Errors
///
/// `STATUS_OBJECT_NAME_COLLISION` if something has it already.
pub fn link(name: &str, device: &Arc<Device>) -> Result<(), NtStatus> {
    insert(name, Target::Device(device.clone()), None)
}

/// Gives `device`, a bus driver's, the name of a device interface, under which it is listed.
///
/// # Errors
///
/// As [`link`].
pub fn link_interface(name: &str, class: &str, device: &Arc<Device>) -> Result<(), NtStatus> {
    let rest = name.strip_prefix(LINKS).unwrap_or(name);
    let interface = Interface {
        class: class.to_owned(),
        path: format!("{USER_LINKS}{rest}"),
    };
    insert(name, Target::Device(device.clone()), Some(interface))
}

/// The paths of the enabled device interfaces of a class, in order, as
/// `CM_Get_Device_Interface_List` gives them to a user program.
pub fn interfaces(class: &str) -> Vec<String> {
    let names = NAMES.read();
    let interfaces = names.values().filter_map(|named| named.interface.as_ref());
    let mut paths: Vec<_> = interfaces
        .filter(|interface| interface.class.eq_ignore_ascii_case(class))
        .map(|interface| interface.path.clone())
        .collect();
    paths.sort();
    paths
}

/// The names by which a program can open a device, in order: the paths of device interfaces, and symbolic
/// links (`\\.\…`).
#[must_use]
pub fn device_names() -> Vec<String> {
    let names = NAMES.read();
    let lead_on = names
        .iter()
        .filter(|(_, named)| named.device(&names).is_some());
    let visible = lead_on.filter_map(|(key, named)| named.user_path(key));
    let mut visible: Vec<_> = visible.collect();
    visible.sort();
    visible
}

impl Named {
    /// The device that the name leads to, if it is there.
    fn device<'a>(&'a self, names: &'a HashMap<String, Self>) -> Option<&'a Arc<Device>> {
        let mut link = self;
        for _ in 0..CHAIN_MAX {
            match &link.target {
                Target::Device(device) => return Some(device),
                Target::Name(next) => link = names.get(&canonical(next))?,
            }
        }
        None
    }

    /// The path for programs, if there is one; `key` is the canonical name.
    fn user_path(&self, key: &str) -> Option<String> {
        if let Some(interface) = &self.interface {
            return Some(interface.path.clone());
        }
        let link = key.strip_prefix(LINKS)?;
        let start = self.spelling.len().checked_sub(link.len())?;
        Some(format!(r"\\.\{}", self.spelling.get(start..)?))
    }
}

fn insert(name: &str, target: Target, interface: Option<Interface>) -> Result<(), NtStatus> {
    let mut names = NAMES.write();
    let key = canonical(name);
    if names.contains_key(&key) {
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    }
    let entry = Named {
        target,
        spelling: name.to_owned(),
        interface,
    };
    names.insert(key, entry);
    Ok(())
}

/// Removes the name, whatever device it leads to: a symbolic link or the name of an interface.
pub(crate) fn remove_link(name: &str) -> bool {
    let removed = NAMES.write().remove(&canonical(name));
    removed.is_some()
}

/// Whether a device has this name, its own or that of a symbolic link.
#[must_use]
pub fn is_device_name(name: &str) -> bool {
    let names = NAMES.read();
    let found = names.get(&canonical(name));
    found.is_some_and(|found| found.device(&names).is_some())
}

/// Removes one of `device`'s names.
pub fn unlink(name: &str, device: &Device) {
    let mut names = NAMES.write();
    let name = canonical(name);
    let is_its = names.get(&name).is_some_and(|named| match &named.target {
        Target::Device(other) => core::ptr::eq(&raw const **other, device),
        Target::Name(_) => false,
    });
    if is_its {
        names.remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_links_are_one() {
        for name in [
            r"\\.\Echo",
            r"\??\Echo",
            r"\DosDevices\Echo",
            r"\DosDevices\Global\Echo",
            r"\\?\Global\echo",
        ] {
            assert_eq!(canonical(name), r"\??\ECHO");
        }
        assert_eq!(canonical(r"\Device\Echo"), r"\DEVICE\ECHO");
    }
}
