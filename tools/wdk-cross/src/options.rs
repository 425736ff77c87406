//! The options of a build.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::toolchain::ToolchainChoice;

/// How to build a driver.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct Options {
    /// Where to put the image [default: target/driver/PACKAGE.sys]
    #[arg(long, value_name = "FILE.sys")]
    pub out: Option<PathBuf>,
    /// Which Rust to build with
    #[arg(long, value_enum, default_value_t = ToolchainChoice::Auto)]
    pub toolchain: ToolchainChoice,
    /// Cargo's profile
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    pub profile: Profile,
    /// Features of the driver's crate to turn on
    #[arg(long, value_name = "LIST")]
    pub features: Option<String>,
    /// An argument of the linker, behind those that the image needs; may be repeated
    #[arg(long, value_name = "ARGUMENT")]
    pub link_arg: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            out: None,
            toolchain: ToolchainChoice::Auto,
            profile: Profile::Release,
            features: None,
            link_arg: Vec::new(),
        }
    }
}

/// Cargo's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Optimized
    Release,
    /// Not optimized
    Dev,
}

impl Profile {
    /// The name that cargo knows it by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }

    /// The folder that cargo puts its builds in.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }
}
