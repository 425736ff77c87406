//! Whether everything but the driver compiles for Windows.
//!
//! The client and the command line run there; the other members are built there, too, by
//! `cargo wdk build`, which builds the whole workspace.

use std::process::Stdio;

use anyhow::{Context, Result, bail};

use wdk_cross::build_tools::BuildTools;
use wdk_cross::toolchain::{TARGET, ToolchainChoice};

use crate::workspace;

/// Checks the members of the workspace for Windows, with the driver's toolchain: all of them, and
/// the client's feature `async`, which is off for the command line.
pub(crate) fn check() -> Result<()> {
    check_with(&["--workspace", "--exclude", "driver"])?;
    check_with(&["--package", "ipforward", "--features", "async"])
}

fn check_with(packages: &[&str]) -> Result<()> {
    let build_tools = BuildTools::prepare(ToolchainChoice::Auto)?;
    let toolchain = &build_tools.toolchain;
    let root = workspace::root()?;
    let mut cargo = toolchain.cargo(&root);
    cargo
        .args(["check", "--quiet"])
        .args(packages)
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
        bail!("the workspace does not compile for Windows");
    }
    Ok(())
}
