//! The object manager's names, as far as devices and symbolic links to them are concerned.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use abi::status::NtStatus;
use parking_lot::RwLock;

use super::device::Device;

/// Prefixes under which user programs and drivers find symbolic links; they mean the same folder.
const LINK_FOLDERS: [&str; 5] = [r"\\.\", r"\\?\", r"\??\", r"\DOSDEVICES\", r"\GLOBAL??\"];
/// The folder's one name in this module.
const LINKS: &str = r"\??\";
/// The part of a link's name that makes it visible in all sessions. There is one session here.
const ALL_SESSIONS: &str = r"GLOBAL\";

/// Devices by their names and by the symbolic links to them.
static NAMES: LazyLock<RwLock<HashMap<String, Arc<Device>>>> = LazyLock::new(RwLock::default);

/// One spelling for all names of the same thing.
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
pub(super) fn resolve(name: &str) -> Option<(Arc<Device>, String)> {
    let names = NAMES.read();
    let ends = name
        .char_indices()
        .filter(|(_, character)| *character == '\\');
    let ends = ends.map(|(index, _)| index).chain([name.len()]);
    // The longest beginning that is a name.
    let (end, device) = ends
        .rev()
        .find_map(|end| Some((end, names.get(&canonical(&name[..end]))?)))?;
    Some((device.clone(), name[end..].to_owned()))
}

/// Gives `device` a name, its own or that of a symbolic link.
///
/// # Errors
///
/// `STATUS_OBJECT_NAME_COLLISION` if something has it already.
pub(crate) fn link(name: &str, device: &Arc<Device>) -> Result<(), NtStatus> {
    let mut names = NAMES.write();
    let name = canonical(name);
    if names.contains_key(&name) {
        return Err(NtStatus::OBJECT_NAME_COLLISION);
    }
    names.insert(name, device.clone());
    Ok(())
}

/// Takes one of `device`'s names away.
pub(crate) fn unlink(name: &str, device: &Device) {
    let mut names = NAMES.write();
    let name = canonical(name);
    if names
        .get(&name)
        .is_some_and(|named| core::ptr::eq(&raw const **named, device))
    {
        names.remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_links_are_one() {
        for name in [
            r"\\.\IpForward",
            r"\??\IpForward",
            r"\DosDevices\IpForward",
            r"\DosDevices\Global\IpForward",
            r"\\?\Global\ipforward",
        ] {
            assert_eq!(canonical(name), r"\??\IPFORWARD");
        }
        assert_eq!(canonical(r"\Device\IpForward"), r"\DEVICE\IPFORWARD");
    }
}
