//! A view of the include folders in which names differ by more than case, as on Windows.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use serde_json::{Value, json};

use crate::files;

/// The description of a file system that clang lays over the real one.
#[derive(Debug)]
pub(super) struct Overlay(Value);

impl Overlay {
    /// A view of the files in `folders`.
    pub(super) fn of<'a>(folders: impl Iterator<Item = &'a PathBuf>) -> Result<Self> {
        let roots = folders
            .map(|folder| {
                let folder = folder.canonicalize()?;
                Ok(json!({
                    "name": utf8(&folder)?,
                    "type": "directory",
                    "contents": files_of(&folder)?,
                }))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self(json!({
            "version": 0,
            // Clang reads this member as a string.
            "case-sensitive": "false",
            "roots": roots,
        })))
    }

    /// Writes the description.
    pub(super) fn write(&self, to: &Path) -> Result<()> {
        files::write_if_changed(to, self.0.to_string().as_bytes())
    }
}

fn files_of(folder: &Path) -> Result<Vec<Value>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            let name = path.file_name().unwrap_or_default();
            entries.push(json!({
                "name": utf8(Path::new(name))?,
                "type": "file",
                "external-contents": utf8(&path)?,
            }));
        }
    }
    entries.sort_by_key(|entry| entry["name"].to_string());
    Ok(entries)
}

fn utf8(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("the path {} is not UTF-8", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_of_a_folder_is_in_the_view() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("Trace.h"), "").unwrap();
        fs::create_dir(root.join("sub")).unwrap();
        let overlay = Overlay::of([root.clone()].iter()).unwrap();
        let file = json!({
            "name": "Trace.h",
            "type": "file",
            "external-contents": root.join("Trace.h").to_str().unwrap(),
        });
        let view = json!({
            "version": 0,
            "case-sensitive": "false",
            "roots": [{
                "name": root.to_str().unwrap(),
                "type": "directory",
                "contents": [file],
            }],
        });
        assert_eq!(overlay.0, view);
    }
}
