//! The rights that a list of entries grants.

use super::rights::{FILE_ALL_ACCESS, FILE_GENERIC_EXECUTE, FILE_GENERIC_READ, FILE_GENERIC_WRITE};
use super::sddl::{AceKind, Descriptor};

/// `MAXIMUM_ALLOWED`: as much as there is.
const MAXIMUM_ALLOWED: u32 = 0x0200_0000;

/// The generic rights of files: bit, and what it stands for.
const GENERIC: [(u32, u32); 4] = [
    (0x8000_0000, FILE_GENERIC_READ),
    (0x4000_0000, FILE_GENERIC_WRITE),
    (0x2000_0000, FILE_GENERIC_EXECUTE),
    (0x1000_0000, FILE_ALL_ACCESS),
];

/// Replaces generic rights by those of files.
pub(super) fn map_generic(mask: u32) -> u32 {
    GENERIC.iter().fold(mask, |mask, (generic, specific)| {
        if mask & generic == 0 {
            mask
        } else {
            mask & !generic | specific
        }
    })
}

/// The access of `desired` that a user in these `groups` is granted: all of it, or none.
///
/// Entries count in their order: a right is decided by the first one that names it.
pub(super) fn grant(descriptor: &Descriptor, groups: &[&str], desired: u32) -> Option<u32> {
    let wanted = desired & !MAXIMUM_ALLOWED;
    let Some(entries) = &descriptor.dacl else {
        let everything = desired & MAXIMUM_ALLOWED != 0;
        return Some(if everything {
            wanted | FILE_ALL_ACCESS
        } else {
            wanted
        });
    };
    let mut granted = 0;
    let mut denied = 0;
    let applying = entries
        .iter()
        .filter(|entry| groups.contains(&entry.sid.as_str()));
    for entry in applying {
        let mask = map_generic(entry.mask);
        match entry.kind {
            AceKind::Allow => granted |= mask & !denied,
            AceKind::Deny => denied |= mask & !granted,
        }
    }
    if wanted & !granted != 0 {
        return None;
    }
    if desired & MAXIMUM_ALLOWED != 0 {
        return (granted != 0).then_some(granted);
    }
    Some(wanted)
}
