//! The files of a finished build.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::driver::Driver;
use crate::files;
use crate::inf::{Architecture, Stamp};
use crate::inf_encoding::InfEncoding;
use crate::source_date;
use crate::toolchain::TARGET;

/// The files of a finished build.
#[derive(Debug)]
pub struct Built {
    /// The image.
    pub image: PathBuf,
    /// Its debug information, if the linker wrote any.
    pub symbols: Option<PathBuf>,
    /// Its INF file, if the crate has a source of one.
    pub inf: Option<PathBuf>,
}

impl fmt::Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = [Some(&self.image), self.inf.as_ref(), self.symbols.as_ref()];
        files
            .into_iter()
            .flatten()
            .try_for_each(|file| writeln!(f, "{}", file.display()))
    }
}

/// Where the image goes; its debug information and its INF file go beside it.
pub(crate) fn image_path(driver: &Driver<'_>, out: Option<&Path>) -> PathBuf {
    let default = || {
        let folder = driver.workspace().join("target/driver");
        folder.join(format!("{}.sys", driver.file_name()))
    };
    out.map_or_else(default, Path::to_owned)
}

/// Writes the image, its debug information and its INF file to their final places, the image last.
/// A file that this build has not is removed.
pub(crate) fn deliver(
    image: &Path,
    linked: &[u8],
    symbols: Option<&[u8]>,
    inf: Option<&[u8]>,
) -> Result<Built> {
    let beside = |extension: &str, content: Option<&[u8]>| {
        let to = image.with_extension(extension);
        match content {
            Some(content) => files::replace_if_changed(&to, content).map(|()| Some(to)),
            None => files::remove(&to).map(|()| None),
        }
    };
    let symbols = beside("pdb", symbols)?;
    let inf = beside("inf", inf)?;
    files::replace_if_changed(image, linked)?;
    Ok(Built {
        image: image.to_owned(),
        symbols,
        inf,
    })
}

/// Removes what an earlier build delivered.
pub(crate) fn withdraw(image: &Path) -> Result<()> {
    for extension in ["pdb", "inf"] {
        files::remove(&image.with_extension(extension))?;
    }
    files::remove(image)
}

/// The source of the INF file, at the path that Microsoft's tools expect.
pub(crate) fn inf_source(driver: &Driver<'_>) -> Result<PathBuf> {
    let name = driver.file_name();
    Ok(driver.folder()?.join(format!("{name}.inx")))
}

/// The INF file, if the crate has a source of one.
pub(crate) fn stamped_inf(driver: &Driver<'_>) -> Result<Option<Vec<u8>>> {
    let source = inf_source(driver)?;
    let architecture = Architecture::of_target(TARGET)?;
    let stamped = source
        .exists()
        .then(|| stamp_inf(driver, &source, architecture));
    stamped.transpose()
}

/// Fills in the source of the INF file; the result has the encoding of the source.
pub(crate) fn stamp_inf(
    driver: &Driver<'_>,
    source: &Path,
    architecture: Architecture,
) -> Result<Vec<u8>> {
    let version = &driver.package.version;
    let stamp = Stamp {
        date: source_date::of(driver.folder()?)?,
        version: (version.major, version.minor, version.patch),
        model: driver.model,
        architecture,
    };
    let (encoding, text) =
        InfEncoding::decode(&fs::read(source)?).with_context(|| source.display().to_string())?;
    let inf = stamp.fill(&text);
    let inf = inf.with_context(|| source.display().to_string())?;
    Ok(encoding.encode(&inf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_build_leaves_no_earlier_file() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("echo.sys");
        deliver(&image, b"image", Some(b"symbols"), Some(b"inf")).unwrap();
        fs::write(folder.path().join("other.sys"), "other").unwrap();
        withdraw(&image).unwrap();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        withdraw(&image).unwrap();
    }

    #[test]
    fn a_file_that_the_build_has_no_more_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("echo.sys");
        deliver(&image, b"image", Some(b"symbols"), Some(b"inf")).unwrap();
        let built = deliver(&image, b"image", None, None).unwrap();
        assert_eq!((built.symbols, built.inf), (None, None));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_delivered_if_a_file_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("file/echo.sys");
        fs::write(folder.path().join("file"), "no folder").unwrap();
        assert!(deliver(&image, b"image", None, None).is_err());
    }
}
