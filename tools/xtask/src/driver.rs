//! `cargo xtask build`: this workspace's driver, or another one with the same kit.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use wdk_cross::{Built, CDriver, KMDF_MINORS, Project};

use crate::workspace;

/// What to build, and how.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder of another driver's crate, instead of this workspace's driver
    #[arg(long = "crate", value_name = "DIR", conflicts_with = "c_sources")]
    crate_folder: Option<PathBuf>,
    #[command(flatten)]
    c: COptions,
    #[command(flatten)]
    build: wdk_cross::Options,
}

/// How to build a driver in C.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct COptions {
    /// A driver in C or C++: its folder, or its sources
    #[arg(long = "c", value_name = "DIR|FILE", num_args = 1.., requires = "out")]
    c_sources: Vec<PathBuf>,
    /// With --c: a folder of further headers
    #[arg(long, value_name = "DIR", requires = "c_sources")]
    include: Vec<PathBuf>,
    /// With --c: a macro
    #[arg(long, value_name = "NAME[=VALUE]", requires = "c_sources")]
    define: Vec<String>,
    /// With --c: do not optimize, and set DBG to 1
    #[arg(long, requires = "c_sources")]
    debug: bool,
    /// With --c: KMDF's minor version, 31 or 33
    #[arg(long, default_value_t = KMDF_MINORS[0], requires = "c_sources")]
    kmdf_minor: u64,
}

/// Builds the driver that the options name.
pub(crate) fn build(options: &Options) -> Result<Built> {
    if !options.c.c_sources.is_empty() {
        return in_c(&options.c, options.build.out.clone())?.build();
    }
    let mut project = match &options.crate_folder {
        Some(folder) => with_our_kit(folder.clone())?,
        None => ours()?,
    };
    project.options = options.build.clone();
    project.build()
}

fn in_c(options: &COptions, out: Option<PathBuf>) -> Result<CDriver> {
    Ok(CDriver {
        sources: options.c_sources.clone(),
        out: out.context("--c needs --out FILE.sys")?,
        kit_folder: kit_folder()?,
        kmdf_minor: options.kmdf_minor,
        include: options.include.clone(),
        define: options.define.clone(),
        debug: options.debug,
    })
}

/// This workspace's driver, as it ships.
pub(crate) fn ours() -> Result<Project> {
    Ok(Project {
        required_imports: vec!["NETIO.SYS".to_owned()],
        remap_workspace: Some("ipforward".to_owned()),
        ..with_our_kit(workspace::root()?)?
    })
}

/// A driver under tests/drivers; its image is built in target/test-drivers.
pub(crate) fn of_the_tests(name: &str) -> Result<Project> {
    let root = workspace::root()?;
    let mut project = with_our_kit(root.join("tests/drivers").join(name))?;
    project.options.out = Some(root.join(format!("target/test-drivers/{name}.sys")));
    Ok(project)
}

/// A driver in C under tests/drivers; its image is built in target/test-drivers.
pub(crate) fn in_c_of_the_tests(name: &str) -> Result<CDriver> {
    let root = workspace::root()?;
    Ok(CDriver {
        sources: vec![root.join("tests/drivers").join(name)],
        out: root.join(format!("target/test-drivers/{name}.sys")),
        kit_folder: kit_folder()?,
        kmdf_minor: KMDF_MINORS[0],
        include: Vec::new(),
        define: Vec::new(),
        debug: false,
    })
}

fn with_our_kit(folder: PathBuf) -> Result<Project> {
    Ok(Project {
        kit_folder: Some(kit_folder()?),
        ..Project::new(folder)
    })
}

/// The folder of the kit that the drivers of this workspace are built with.
pub(crate) fn kit_folder() -> Result<PathBuf> {
    Ok(workspace::root()?.join("target/kit"))
}
