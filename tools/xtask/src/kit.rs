//! `cargo xtask kit`: the driver kit alone, for drivers in C that another build system builds.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use wdk_cross::build_tools::BuildTools;
use wdk_cross::toolchain::ToolchainChoice;
use wdk_cross::{KMDF_MINORS, Kit};

use crate::driver;

/// Which kit.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder of the kit [default: target/kit]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// KMDF's minor version: 31 or 33
    #[arg(long, default_value_t = KMDF_MINORS[0])]
    kmdf_minor: u64,
}

/// Lays the kit out, and returns the command lines that use it.
pub(crate) fn lay_out(options: &Options) -> Result<String> {
    let found = BuildTools::prepare(ToolchainChoice::Auto)?;
    let tools = found.tools.context("on Windows, use the installed kit")?;
    let folder = match &options.out {
        Some(folder) => std::path::absolute(folder)?,
        None => driver::kit_folder()?,
    };
    let kit = Kit::lay_out(&tools, &folder, options.kmdf_minor)?;
    Ok(kit.command_lines(&tools, options.kmdf_minor))
}
