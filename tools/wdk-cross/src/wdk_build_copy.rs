//! Copies of the `wdk-build` crate that compile on a host without Windows.
//!
//! The crate searches the registry for the kit, makes Windows links and compiles only there.
//! A build with the variables of a kit needs none of that. A driver has a copy of each `wdk-build`
//! that its crates depend on: of each version, and from the registry, from git and from a folder.

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
use crate::wdk_build_manifest;

/// The crate's name.
pub(crate) const NAME: &str = "wdk-build";

struct PatchedFile {
    path: &'static str,
    patches: &'static [Patch],
}

const PATCHED: &[PatchedFile] = &[UTILS, CARGO_MAKE];

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

/// A copy, and the source whose `wdk-build` it replaces.
#[derive(Debug)]
pub(crate) struct WdkBuildCopy {
    /// The source of the original, as a `[patch]` table names it.
    pub(crate) source: String,
    /// The folder of the copy.
    pub(crate) folder: PathBuf,
}

/// Copies each `wdk-build` that `metadata` resolves to into a folder below `build`, patched.
pub(crate) fn make_all(metadata: &Metadata, build: &Path) -> Result<Vec<WdkBuildCopy>> {
    let originals = metadata
        .packages
        .iter()
        .filter(|package| package.name == NAME);
    let copies: Vec<_> = originals
        .enumerate()
        .map(|(index, package)| make(package, &build.join(folder_name(index))))
        .collect::<Result<_>>()?;
    if copies.is_empty() {
        bail!(
            "the crate does not depend on wdk-build: is it a driver, written with the wdk crates?"
        );
    }
    Ok(copies)
}

/// The first copy has the crate's name: cargo rebuilds what depends on a folder with a new name.
fn folder_name(index: usize) -> String {
    match index {
        0 => NAME.to_owned(),
        _ => format!("{NAME}-{}", index + 1),
    }
}

fn make(package: &Package, copy: &Path) -> Result<WdkBuildCopy> {
    let original = package
        .manifest_path
        .parent()
        .context("wdk-build has no folder")?;
    copy_tree(original.as_std_path(), copy, &|file, text| {
        if file == Path::new("Cargo.toml") {
            return wdk_build_manifest::of(package).map(Some);
        }
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
    Ok(WdkBuildCopy {
        source: patched_source(package)?,
        folder: copy.to_owned(),
    })
}

/// The key of the `[patch]` table that replaces a package: `crates-io`, or the URL of its source. The
/// URL of a folder is `file://` and its path.
fn patched_source(package: &Package) -> Result<String> {
    let Some(source) = &package.source else {
        let folder = package
            .manifest_path
            .parent()
            .context("wdk-build has no folder")?;
        return Ok(format!("file://{folder}"));
    };
    if source.is_crates_io() {
        return Ok("crates-io".to_owned());
    }
    let without_kind = source.repr.split_once('+').map(|(_, url)| url);
    let url = without_kind.with_context(|| format!("cargo has no such source: {source}"))?;
    // What follows the URL of a repository is a branch, a tag or a commit.
    Ok(url.split(['?', '#']).next().unwrap_or(url).to_owned())
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
mod tests;
