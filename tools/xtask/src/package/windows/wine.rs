//! Wine, in which the tests run the programs for Windows.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use wdk_cross::prerequisites::Need;
use wdk_cross::program;

use crate::workspace;

/// Debian's path of the program. In the search path there may be a script.
const DEBIAN: &str = "/usr/lib/wine/wine64";

/// Finds Wine. The error is what to install.
pub(crate) fn find() -> Result<PathBuf, Need> {
    let debian = Some(Path::new(DEBIAN).to_owned()).filter(|path| path.is_file());
    debian
        .or_else(|| program::in_path("wine64"))
        .or_else(|| program::in_path("wine"))
        .ok_or_else(|| Need {
            uses: vec!["Wine, in which the tests run the programs for Windows".to_owned()],
            llvm: false,
            packages: vec!["wine64"],
            elsewhere: "Install Wine (64-bit) with this system's package manager.",
        })
}

/// Sets the variables of Wine, which all tests share, on a command that will start it.
pub(super) fn equip(command: &mut Command) -> Result<()> {
    command
        .env("WINEPREFIX", workspace::root()?.join("target/wine"))
        .env("WINEDEBUG", "-all")
        // Wine does not ask to install .NET or a browser.
        .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
        .env_remove("DISPLAY");
    Ok(())
}
