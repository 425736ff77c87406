//! Wine, in which the tests run the programs for Windows.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use wdk_cross::prerequisites::Need;
use wdk_cross::program;

use crate::workspace;

/// Where Debian keeps the program itself; what is in the search path there may be a script.
const DEBIAN: &str = "/usr/lib/wine/wine64";

/// Finds it, or what to install.
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

/// Gives a command that will start Wine the configuration that the tests share.
pub(super) fn equip(command: &mut Command) -> Result<()> {
    command
        .env("WINEPREFIX", workspace::root()?.join("target/wine"))
        .env("WINEDEBUG", "-all")
        // Neither .NET nor a browser is offered for installation.
        .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
        .env_remove("DISPLAY");
    Ok(())
}
