//! The disk that the guest gets: the package, its script, and the answers for Windows Setup.

use std::path::Path;

use anyhow::{Result, bail};
use fs_err as fs;

/// The script that the guest runs at each log-on.
pub(super) const SCRIPT: &str = include_str!("guest/guest.cmd");

/// The answers of an image that has not been set up: it logs on and runs the script. Windows Setup looks
/// for both names on removable disks.
pub(super) const ANSWERS: &str = include_str!("guest/unattend.xml");
const ANSWERS_NAMES: [&str; 2] = ["unattend.xml", "autounattend.xml"];

/// The files of the package that the script uses.
const FROM_PACKAGE: [&str; 6] = [
    "driver.sys",
    "driver.inf",
    "driver.cat",
    "test-certificate.cer",
    "routectl.exe",
    "ipforward-probe.exe",
];

/// Fills the folder from the package.
pub(super) fn fill(folder: &Path, package: &Path) -> Result<()> {
    for name in FROM_PACKAGE {
        let file = package.join(name);
        if !file.is_file() {
            bail!(
                "{} is missing: `cargo xtask package` makes it",
                file.display()
            );
        }
        fs::copy(&file, folder.join(name))?;
    }
    // cmd.exe reads labels wrongly in a file whose lines end as on Linux.
    let for_windows = |text: &str| text.replace('\n', "\r\n");
    fs::write(folder.join("guest.cmd"), for_windows(SCRIPT))?;
    for name in ANSWERS_NAMES {
        fs::write(folder.join(name), for_windows(ANSWERS))?;
    }
    Ok(())
}
