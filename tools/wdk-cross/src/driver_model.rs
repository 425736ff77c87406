//! The driver model of a crate, from the table that wdk-build reads.

use std::fmt;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, Package};

/// The minor versions of KMDF that the kit's headers describe.
pub const KMDF_MINORS: [u64; 2] = [31, 33];

/// What a driver is written against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WdkDriverModel {
    /// The kernel-mode driver framework 1.`minor`.
    Kmdf {
        /// The framework's minor version.
        minor: u64,
    },
    /// The kernel alone.
    Wdm,
}

impl WdkDriverModel {
    /// The model of the crate, or else of its workspace.
    pub(crate) fn of(metadata: &Metadata, package: &Package) -> Result<Self> {
        let of_package = &package.metadata["wdk"]["driver-model"];
        if of_package.is_null() {
            Self::parse(&metadata.workspace_metadata["wdk"]["driver-model"])
        } else {
            Self::parse(of_package)
        }
    }

    fn parse(model: &serde_json::Value) -> Result<Self> {
        match model["driver-type"].as_str() {
            Some("KMDF") => {
                let minor = model["target-kmdf-version-minor"].as_u64();
                Ok(Self::Kmdf {
                    minor: minor.context(
                        "package.metadata.wdk.driver-model has no target-kmdf-version-minor",
                    )?,
                })
            }
            Some("WDM") => Ok(Self::Wdm),
            Some(other) => {
                bail!("the crate is a {other} driver; this kit builds KMDF and WDM drivers")
            }
            None => bail!(
                "package.metadata.wdk.driver-model is missing: expected driver-type = \"KMDF\" or \
                 \"WDM\""
            ),
        }
    }

    /// The minor version of KMDF that the kit is laid out for.
    pub(crate) fn kit_minor(self) -> u64 {
        match self {
            Self::Kmdf { minor } => minor,
            Self::Wdm => KMDF_MINORS[0],
        }
    }

    /// The system files that the image of every such driver imports from.
    pub(crate) fn required_imports(self) -> &'static [&'static str] {
        match self {
            // A driver that does nothing yet, as a template writes it, imports from no other one.
            Self::Kmdf { .. } => &["WDFLDR.SYS"],
            Self::Wdm => &[],
        }
    }
}

impl fmt::Display for WdkDriverModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kmdf { minor } => write!(f, "KMDF 1.{minor}"),
            Self::Wdm => f.write_str("WDM"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kmdf_and_wdm_are_models() {
        let kmdf = json!({"driver-type": "KMDF", "target-kmdf-version-minor": 33});
        let model = WdkDriverModel::parse(&kmdf).unwrap();
        assert_eq!(model, WdkDriverModel::Kmdf { minor: 33 });
        let wdm = WdkDriverModel::parse(&json!({"driver-type": "WDM"})).unwrap();
        assert_eq!(wdm, WdkDriverModel::Wdm);
        assert!(wdm.required_imports().is_empty());
    }

    #[test]
    fn other_models_are_refused_with_the_models_that_work() {
        for (model, says) in [
            (json!({"driver-type": "UMDF"}), "is a UMDF driver"),
            (
                json!({"driver-type": "KMDF"}),
                "no target-kmdf-version-minor",
            ),
            (json!(null), "is missing"),
        ] {
            let error = WdkDriverModel::parse(&model).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
