//! The sources of a driver in C.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use super::headers::{included, reached_text};
use crate::driver_model::WdkDriverModel;

/// Extensions of the sources that are compiled.
const COMPILED: [&str; 4] = ["c", "cpp", "cc", "cxx"];

/// Extensions of files that Microsoft's build would compile, too.
const SKIPPED: [&str; 3] = ["rc", "mc", "mof"];

/// What is compiled, and the text that tells how.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The units.
    pub(super) files: Vec<PathBuf>,
    /// The folders that they are in.
    pub(super) folders: Vec<PathBuf>,
    /// Resources and messages, which are not compiled.
    pub(super) skipped: Vec<PathBuf>,
    /// The text of the units and of the headers that they reach.
    pub(super) text: String,
}

impl Sources {
    /// The files, and those of the folders, of `paths`, with headers in the folders of `include`, too.
    pub(super) fn find(paths: &[PathBuf], include: &[PathBuf]) -> Result<Self> {
        let mut sources = Self::default();
        for path in paths {
            let path = path
                .canonicalize()
                .with_context(|| format!("no such file or folder: {}", path.display()))?;
            if path.is_dir() {
                for file in sorted(&path)? {
                    if has_extension(&file, &COMPILED) {
                        sources.files.push(file);
                    } else if has_extension(&file, &SKIPPED) {
                        sources.skipped.push(file);
                    }
                }
                sources.add_folder(&path);
            } else {
                if let Some(folder) = path.parent() {
                    sources.add_folder(folder);
                }
                sources.files.push(path);
            }
        }
        if sources.files.is_empty() {
            bail!("no source is there: expected files that end with .c or .cpp");
        }
        let headers = [&sources.folders, include].concat();
        sources.text = reached_text(&sources.files, &headers)?;
        Ok(sources)
    }

    /// The model: a driver that includes `wdf.h`, itself or by its headers, is one of KMDF's.
    pub(super) fn model(&self, kmdf_minor: u64) -> WdkDriverModel {
        let mut includes = self.text.lines().filter_map(included);
        if includes.any(|name| name.eq_ignore_ascii_case("wdf.h")) {
            WdkDriverModel::Kmdf { minor: kmdf_minor }
        } else {
            WdkDriverModel::Wdm
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        if !self.folders.iter().any(|known| known == folder) {
            self.folders.push(folder.to_owned());
        }
    }
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let own = path.extension().unwrap_or_default().to_ascii_lowercase();
    extensions.iter().any(|&extension| own == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_sources_and_not_its_resources() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.c", "A.C", "c.cpp", "d.h", "e.rc", "f.txt"] {
            fs::write(folder.path().join(name), "\n").unwrap();
        }
        let sources = Sources::find(&[folder.path().to_owned()], &[]).unwrap();
        let names = |files: &[PathBuf]| {
            let name = |file: &PathBuf| file.file_name().unwrap().display().to_string();
            files.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(&sources.files), ["A.C", "b.c", "c.cpp"]);
        assert_eq!(names(&sources.skipped), ["e.rc"]);
        assert_eq!(sources.folders.len(), 1);
    }

    #[test]
    fn nothing_to_compile_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Sources::find(&[folder.path().to_owned()], &[]).unwrap_err();
        assert!(error.to_string().contains("no source"), "{error}");
        let error = Sources::find(&[folder.path().join("x.c")], &[]).unwrap_err();
        assert!(error.to_string().contains("no such file"), "{error}");
    }

    #[test]
    fn a_driver_whose_header_includes_wdf_h_is_one_of_kmdf() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["sys", "inc"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("sys/a.c"), "#include \"driver.h\"\n").unwrap();
        fs::write(root.path().join("inc/driver.h"), "#include <wdf.h>\n").unwrap();
        let model = |include: &[PathBuf]| {
            let sources = Sources::find(&[root.path().join("sys")], include).unwrap();
            sources.model(31)
        };
        let kmdf = WdkDriverModel::Kmdf { minor: 31 };
        assert_eq!(model(&[root.path().join("inc")]), kmdf);
        assert_eq!(model(&[]), WdkDriverModel::Wdm);
    }

    #[test]
    fn a_driver_that_includes_wdf_h_is_one_of_kmdf() {
        let model = |text: &str| {
            let text = text.to_owned();
            let sources = Sources {
                text,
                ..Sources::default()
            };
            sources.model(33)
        };
        let kmdf = WdkDriverModel::Kmdf { minor: 33 };
        assert_eq!(model("#include <ntddk.h>\n# include <WDF.h>\n"), kmdf);
        assert_eq!(model("#include <wdm.h>\n// wdf.h\n"), WdkDriverModel::Wdm);
    }
}
