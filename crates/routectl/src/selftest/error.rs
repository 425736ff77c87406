//! Why a self-test could not run, or could not report.

use std::io;
use std::path::PathBuf;

/// Why a self-test could not run, or could not report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelftestError {
    /// No interface is a loopback.
    #[error("no loopback interface: expected --interface with another one")]
    NoLoopback,
    /// No case has a name like this.
    #[error("no case has {0:?} in its name: expected one of `routectl selftest --list`")]
    NoCase(String),
    /// The report in XML cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Junit { path: PathBuf, error: io::Error },
}
