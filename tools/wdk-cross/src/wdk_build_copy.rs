//! A copy of the `wdk-build` crate that compiles on a host without Windows.
//!
//! The crate searches the registry for the kit, makes Windows links and compiles only there.
//! A build with the variables of a kit needs none of that.

use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use cargo_metadata::Metadata;
use cargo_metadata::Package;
use fs_err as fs;

use crate::files;
use crate::patch;
use crate::patch::Patch;

/// The crate's name.
pub(crate) const NAME: &str = "wdk-build";

struct PatchedFile {
    path: &'static str,
    patches: &'static [Patch],
}

const PATCHED: &[PatchedFile] = &[MANIFEST, UTILS, CARGO_MAKE];

const MANIFEST: PatchedFile = PatchedFile {
    path: "Cargo.toml",
    patches: &[
        Patch {
            purpose: "leave the `windows` crate to Windows",
            find: "\n[dependencies.windows]\n",
            replace: "\n[target.'cfg(windows)'.dependencies.windows]\n",
        },
        Patch {
            purpose: "keep the copy out of every workspace above it",
            find: "\n[package]\n",
            replace: "\n[workspace]\n\n[package]\n",
        },
    ],
};

const UTILS: PatchedFile = PatchedFile {
    path: "src/utils.rs",
    patches: &[
        Patch {
            purpose: "drop an import that only the registry look-up needs",
            find: "    ffi::{CStr, OsStr},\n",
            replace: "    ffi::OsStr,\n",
        },
        Patch {
            purpose: "leave the registry's interface to Windows",
            find: "\nuse windows::{\n",
            replace: "\n#[cfg(windows)]\nuse windows::{\n",
        },
        Patch {
            purpose: "leave the look-up of the kit in the registry to Windows (its beginning)",
            find: "\n    // Check HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Kits\\Installed\n",
            replace: "\n    #[cfg(windows)]\n    {\n    \
                      // Check HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Kits\\Installed\n",
        },
        Patch {
            purpose: "leave the look-up of the kit in the registry to Windows (its end)",
            find: "\n    None\n}\n\n/// Searches a directory and determines the latest",
            replace: "\n    }\n\n    None\n}\n\n/// Searches a directory and determines the latest",
        },
        Patch {
            purpose: "read registry values only on Windows",
            find: "\n/// Read a string value from a registry key\n",
            replace: "\n#[cfg(windows)]\n/// Read a string value from a registry key\n",
        },
        Patch {
            purpose: "compile set_var, which only cargo-make calls",
            find: "\
pub fn set_var<K, V>(_key: K, _value: V)
where
    K: AsRef<OsStr>,
    V: AsRef<OsStr>,
{
    compile_error!(
",
            replace: "\
pub fn set_var<K, V>(_key: K, _value: V)
where
    K: AsRef<OsStr>,
    V: AsRef<OsStr>,
{
    panic!(
",
        },
        Patch {
            purpose: "compile remove_var, which only cargo-make calls",
            find: "\
pub fn remove_var<K>(_key: K)
where
    K: AsRef<OsStr>,
{
    compile_error!(
",
            replace: "\
pub fn remove_var<K>(_key: K)
where
    K: AsRef<OsStr>,
{
    panic!(
",
        },
    ],
};

const CARGO_MAKE: PatchedFile = PatchedFile {
    path: "src/cargo_make.rs",
    patches: &[
        Patch {
            purpose: "make a link in this host's way (the first time)",
            find: "{\n        std::os::windows::fs::symlink_file(",
            replace: "{\n        std::os::unix::fs::symlink(",
        },
        Patch {
            purpose: "make a link in this host's way (another time)",
            find: ";\n        std::os::windows::fs::symlink_file(",
            replace: ";\n        std::os::unix::fs::symlink(",
        },
    ],
};

/// Copies the `wdk-build` that `metadata` resolves to into a folder under `kit`, patched; returns
/// that folder.
pub(crate) fn make(metadata: &Metadata, kit: &Path) -> Result<PathBuf> {
    let package = only_one(metadata)?;
    let source = package
        .manifest_path
        .parent()
        .context("wdk-build has no folder")?;
    let copy = kit.join(NAME);
    copy_tree(source.as_std_path(), &copy, &|file, text| {
        let Some(patched) = PATCHED
            .iter()
            .find(|patched| Path::new(patched.path) == file)
        else {
            return Ok(None);
        };
        let name = format!("{NAME} {}, {}", package.version, patched.path);
        // The crate was packaged on Windows.
        Ok(Some(patch::apply(
            &name,
            &text.replace("\r\n", "\n"),
            patched.patches,
        )?))
    })?;
    for patched in PATCHED {
        if !copy.join(patched.path).exists() {
            bail!(
                "{NAME} {} has no {}: adapt the patches",
                package.version,
                patched.path
            );
        }
    }
    Ok(copy)
}

fn only_one(metadata: &Metadata) -> Result<&Package> {
    let mut found = metadata
        .packages
        .iter()
        .filter(|package| package.name == NAME);
    let package = found.next().context(
        "the crate does not depend on wdk-build: is it a driver, written with the wdk crates?",
    )?;
    if let Some(other) = found.next() {
        bail!(
            "the crate depends on two versions of wdk-build, {} and {}; a driver can have one",
            package.version,
            other.version
        );
    }
    Ok(package)
}

/// Copies the sources in a folder; `patch` may return a new content for a text file.
fn copy_tree(
    from: &Path,
    to: &Path,
    patched_text: &dyn Fn(&Path, &str) -> Result<Option<String>>,
) -> Result<()> {
    copy_folder(from, to, Path::new(""), patched_text)
}

fn copy_folder(
    from: &Path,
    to: &Path,
    below: &Path,
    patched_text: &dyn Fn(&Path, &str) -> Result<Option<String>>,
) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(from.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        // Marks of cargo, and files that are not part of the source.
        let skipped = [".cargo-ok", ".cargo_vcs_info.json", "Cargo.lock", "target"];
        let name = entry.file_name().to_string_lossy().into_owned();
        if skipped.contains(&name.as_str()) {
            continue;
        }
        names.push(name);
        if entry.file_type()?.is_dir() {
            copy_folder(from, to, &path, patched_text)?;
            continue;
        }
        let content = fs::read(from.join(&path))?;
        let patched = std::str::from_utf8(&content)
            .ok()
            .map(|text| patched_text(&path, text))
            .transpose()?;
        match patched.flatten() {
            Some(text) => files::write_if_changed(&to.join(&path), text.as_bytes())?,
            None => files::write_if_changed(&to.join(&path), &content)?,
        }
    }
    // Files of an older version.
    files::prune(&to.join(below), |name| {
        names.iter().any(|kept| kept == name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patch_fits_the_crate_of_the_lock_file() {
        // Cargo has fetched the crate, for the driver's package is part of this workspace.
        let metadata = cargo_metadata::MetadataCommand::new().exec().unwrap();
        let kit = tempfile::tempdir().unwrap();
        let copy = make(&metadata, kit.path()).unwrap();

        let utils = fs::read_to_string(copy.join("src/utils.rs")).unwrap();
        assert!(!utils.contains("compile_error!"));
        let manifest = fs::read_to_string(copy.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("cfg(windows)"));
        assert!(!copy.join("Cargo.lock").exists());
    }

    #[test]
    fn an_error_of_a_patch_names_crate_version_and_file() {
        let from = tempfile::tempdir().unwrap();
        let to = tempfile::tempdir().unwrap();
        fs::write(from.path().join("Cargo.toml"), "[package]\n").unwrap();
        let error = copy_tree(from.path(), to.path(), &|file, text| {
            assert_eq!(file, Path::new("Cargo.toml"));
            Ok(Some(patch::apply(
                "wdk-build 9.9.9, Cargo.toml",
                text,
                MANIFEST.patches,
            )?))
        });
        let error = error.unwrap_err().to_string();
        assert!(error.contains("wdk-build 9.9.9, Cargo.toml"), "{error}");
        assert!(error.contains("[dependencies.windows]"), "{error}");
    }

    #[test]
    fn files_of_an_older_copy_are_removed() {
        let from = tempfile::tempdir().unwrap();
        let to = tempfile::tempdir().unwrap();
        fs::write(from.path().join("new.rs"), "new").unwrap();
        fs::write(to.path().join("old.rs"), "old").unwrap();
        copy_tree(from.path(), to.path(), &|_, _| Ok(None)).unwrap();
        assert!(to.path().join("new.rs").exists());
        assert!(!to.path().join("old.rs").exists());
    }
}
