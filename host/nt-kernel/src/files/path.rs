//! Names of files, and where they lie in the folder of this system.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nt_types::NtStatus;

use crate::irql;

/// `STATUS_OBJECT_PATH_NOT_FOUND`: a folder of the name is not there.
const PATH_NOT_FOUND: NtStatus = NtStatus::new(0xC000_003A);
/// `STATUS_OBJECT_PATH_SYNTAX_BAD`.
const PATH_SYNTAX_BAD: NtStatus = NtStatus::new(0xC000_003B);
/// Names that begin with one of these, and what stands for it in the folder.
const VOLUMES: [(&str, &str); 4] = [
    (r"\SystemRoot\", r"C\Windows\"),
    (r"\Device\HarddiskVolume1\", r"C\"),
    (r"\DosDevices\", ""),
    (r"\??\", ""),
];

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Gives drivers the files of this folder. Only the first call has an effect.
///
/// # Errors
///
/// There is no such folder.
pub fn set_folder(folder: &Path) -> std::io::Result<()> {
    let folder = folder.canonicalize()?;
    if !folder.is_dir() {
        return Err(std::io::ErrorKind::NotADirectory.into());
    }
    // A machine has one folder.
    let _ = FOLDER.set(folder);
    Ok(())
}

/// Where the file with this name is, or would be.
pub(super) fn resolve(function: &str, name: &str) -> Result<PathBuf, NtStatus> {
    let Some(folder) = FOLDER.get() else {
        irql::stop_for_rule(&format!(
            "{function} was called for `{name}`, but this host gives drivers no files: nthost run \
             --files FOLDER does"
        ));
    };
    let relative = relative(name).ok_or(PATH_SYNTAX_BAD)?;
    let mut parts: Vec<&str> = relative
        .split('\\')
        .filter(|part| !part.is_empty())
        .collect();
    if parts
        .iter()
        .any(|part| matches!(*part, "." | "..") || part.contains('/'))
    {
        return Err(PATH_SYNTAX_BAD);
    }
    let Some(last) = parts.pop() else {
        return Ok(folder.clone());
    };
    let mut place = folder.clone();
    for part in parts {
        place = place.join(existing(&place, part).ok_or(PATH_NOT_FOUND)?);
    }
    let last = existing(&place, last).unwrap_or_else(|| last.into());
    let place = place.join(last);
    if leads_outside(folder, &place) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    Ok(place)
}

/// The name below the folder: a drive is a folder without its colon.
fn relative(name: &str) -> Option<String> {
    let volume = VOLUMES.iter().find_map(|(prefix, place)| {
        let head = name.get(..prefix.len())?;
        let rest = &name[prefix.len()..];
        head.eq_ignore_ascii_case(prefix)
            .then(|| format!("{place}{rest}"))
    })?;
    let (drive, rest) = volume.split_once('\\').unwrap_or((&volume, ""));
    let drive = drive.trim_end_matches(':');
    let is_plain = !drive.contains(':') && !rest.contains(':');
    is_plain.then(|| format!(r"{drive}\{rest}"))
}

/// The name of an entry of a folder, in whatever case it is there.
fn existing(folder: &Path, name: &str) -> Option<OsString> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let mut names = entries.map(|entry| entry.file_name());
    names.find(|known| known.to_string_lossy().to_lowercase() == name.to_lowercase())
}

/// Whether a link on the way leads out of the folder, or to nothing: a file could be created there.
fn leads_outside(folder: &Path, place: &Path) -> bool {
    let mut parts = place.ancestors();
    let existing = parts.find(|part| part.symlink_metadata().is_ok());
    let existing = existing.and_then(|part| part.canonicalize().ok());
    existing.is_none_or(|existing| !existing.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_a_folder() {
        for (name, expected) in [
            (r"\??\C:\Dir\a.txt", Some(r"C\Dir\a.txt")),
            (r"\DosDevices\d:\b", Some(r"d\b")),
            (r"\systemroot\System32\c", Some(r"C\Windows\System32\c")),
            (r"\Device\HarddiskVolume1\e", Some(r"C\e")),
            (r"\??\C:\a:stream", None),
            (r"C:\a", None),
        ] {
            assert_eq!(relative(name).as_deref(), expected, "{name}");
        }
    }
}
