//! The files of a finished build.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::driver::Driver;
use crate::files;
use crate::inf::{Architecture, Stamp};
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

/// Writes the image, its debug information and its INF file to their final places.
pub(crate) fn deliver(
    driver: &Driver<'_>,
    linked: &[u8],
    symbols: Option<&[u8]>,
    out: Option<&Path>,
) -> Result<Built> {
    let name = driver.file_name();
    let image = match out {
        Some(out) => out.to_owned(),
        None => driver
            .workspace()
            .join("target/driver")
            .join(format!("{name}.sys")),
    };
    files::write_if_changed(&image, linked)?;
    let symbols = symbols.map(|symbols| {
        let to = image.with_extension("pdb");
        files::write_if_changed(&to, symbols).map(|()| to)
    });
    let source = inf_source(driver)?;
    let inf = source.exists().then(|| {
        let to = image.with_extension("inf");
        let architecture = Architecture::of_target(TARGET)?;
        stamp_inf(driver, &source, architecture, &to).map(|()| to)
    });
    Ok(Built {
        image,
        symbols: symbols.transpose()?,
        inf: inf.transpose()?,
    })
}

/// The source of the INF file, at the path that Microsoft's tools expect.
pub(crate) fn inf_source(driver: &Driver<'_>) -> Result<PathBuf> {
    let name = driver.file_name();
    Ok(driver.folder()?.join(format!("{name}.inx")))
}

pub(crate) fn stamp_inf(
    driver: &Driver<'_>,
    source: &Path,
    architecture: Architecture,
    to: &Path,
) -> Result<()> {
    let version = &driver.package.version;
    let stamp = Stamp {
        date: source_date::of(driver.folder()?)?,
        version: (version.major, version.minor, version.patch),
        kmdf_minor: driver.kmdf_minor,
        architecture,
    };
    let inf = stamp.fill(&fs::read_to_string(source)?);
    let inf = inf.with_context(|| source.display().to_string())?;
    files::write_if_changed(to, inf.as_bytes())
}
