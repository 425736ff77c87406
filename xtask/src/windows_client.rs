//! Whether the user-mode side compiles for Windows.

use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::machine::Machine;
use crate::toolchain::{self, TARGET};
use crate::workspace;

/// Checks the client library and the command line for Windows, with the driver's toolchain.
pub(crate) fn check() -> Result<()> {
    let machine = Machine::prepare(toolchain::Choice::Auto)?;
    let toolchain = &machine.toolchain;
    let root = workspace::root()?;
    let mut cargo = toolchain.cargo(&root);
    cargo
        .args([
            "check",
            "--quiet",
            "--package",
            "ipforward",
            "--package",
            "routectl",
        ])
        .args(["--target", TARGET, "--target-dir"])
        .arg(root.join("target/windows-client").join(toolchain.name()));
    if toolchain.builds_its_libraries() {
        cargo
            .env("RUSTC_BOOTSTRAP", "1")
            .arg("-Zbuild-std=std,panic_abort");
    }
    let status = cargo
        .stdin(Stdio::null())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the Windows side of the client does not compile");
    }
    Ok(())
}
