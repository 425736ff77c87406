//! The files of the tree.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use walkdir::{DirEntry, WalkDir};

/// Folders that hold no source.
const SKIPPED: [&str; 1] = ["target"];

/// File name extensions of the texts that the checks read.
const TEXTS: [&str; 13] = [
    "S", "c", "def", "h", "in", "inf", "inx", "md", "py", "rs", "sh", "toml", "txt",
];

/// Every text file of the workspace.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The root of the workspace.
    pub root: PathBuf,
    /// The files, by path.
    pub files: Vec<SourceFile>,
}

/// One text file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path, relative to the root of the workspace.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Tree {
    /// Reads the tree that this crate is in.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn read() -> Result<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package
            .ancestors()
            .nth(2)
            .context("tools/tree-checks is not in a workspace")?;
        Self::at(root)
    }

    /// Reads the tree with this root.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn at(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        let entries = WalkDir::new(root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || is_source(entry));
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let is_text = path.extension().is_some_and(|extension| {
                extension
                    .to_str()
                    .is_some_and(|extension| TEXTS.contains(&extension))
            });
            if entry.file_type().is_file() && is_text {
                files.push(SourceFile {
                    path: path.strip_prefix(root)?.to_owned(),
                    text: fs::read_to_string(path)?,
                });
            }
        }
        Ok(Self {
            root: root.to_owned(),
            files,
        })
    }

    /// The Rust files.
    pub fn rust(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.is_rust())
    }
}

impl SourceFile {
    /// The extension of its name.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.path.extension()?.to_str()
    }

    /// Whether it is a Rust file.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        self.extension() == Some("rs")
    }

    /// Its lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

fn is_source(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    !name.starts_with('.') && !SKIPPED.contains(&name.as_ref())
}
