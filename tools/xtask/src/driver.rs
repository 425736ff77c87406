//! `cargo xtask build`: this workspace's driver, or another one with the same kit.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use wdk_cross::{Built, Project};

use crate::workspace;

/// What to build, and how.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder of another KMDF driver's crate, instead of this workspace's driver
    #[arg(long = "crate", value_name = "DIR")]
    crate_folder: Option<PathBuf>,
    #[command(flatten)]
    build: wdk_cross::Options,
}

/// Builds the driver that the options name.
pub(crate) fn build(options: &Options) -> Result<Built> {
    let mut project = match &options.crate_folder {
        Some(folder) => with_our_kit(folder.clone())?,
        None => ours()?,
    };
    project.options = options.build.clone();
    project.build()
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

fn with_our_kit(folder: PathBuf) -> Result<Project> {
    Ok(Project {
        kit_folder: Some(workspace::root()?.join("target/kit")),
        ..Project::new(folder)
    })
}
