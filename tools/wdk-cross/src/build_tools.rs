//! Finds the programs and files that build a driver.

use anyhow::Result;

use crate::prerequisites::{self, Need};
use crate::toolchain::{Toolchain, ToolchainChoice};
use crate::tools::{self, Tools};

/// The programs and files that build a driver.
#[derive(Debug)]
pub struct BuildTools {
    /// The Rust that compiles it.
    pub toolchain: Toolchain,
    /// `None` on Windows, where the driver kit has its own.
    pub tools: Option<Tools>,
}

impl BuildTools {
    /// Finds the programs and files that a build needs, and installs the missing ones where that is
    /// possible.
    ///
    /// # Errors
    ///
    /// If something is missing that cannot be installed: the error says how to install all of it.
    pub fn prepare(choice: ToolchainChoice) -> Result<Self> {
        Self::prepare_with(choice, Vec::new)
    }

    /// Like `prepare`, with further needs, which `others` finds.
    ///
    /// # Errors
    ///
    /// Those of `prepare`.
    pub fn prepare_with(choice: ToolchainChoice, others: impl Fn() -> Vec<Need>) -> Result<Self> {
        let find = || -> Result<_> {
            let others = others();
            Ok(match Self::find(choice)? {
                Ok(build_tools) if others.is_empty() => Ok(build_tools),
                Ok(_) => Err(others),
                Err(needs) => Err(needs.into_iter().chain(others).collect()),
            })
        };
        let needs = match find()? {
            Ok(build_tools) => return Ok(build_tools),
            Err(needs) => needs,
        };
        prerequisites::install(&needs)?;
        find()?.map_err(|needs: Vec<_>| {
            anyhow::anyhow!(
                "still missing after the installation:\n{}",
                prerequisites::list(&needs)
            )
        })
    }

    fn find(choice: ToolchainChoice) -> Result<Result<Self, Vec<Need>>> {
        let tools = if cfg!(windows) {
            Ok(None)
        } else {
            tools::find().map(Some)
        };
        Ok(match (Toolchain::find(choice)?, tools) {
            (Ok(toolchain), Ok(tools)) => Ok(Self { toolchain, tools }),
            (toolchain, tools) => Err([toolchain.err(), tools.err()]
                .into_iter()
                .flatten()
                .collect()),
        })
    }
}
