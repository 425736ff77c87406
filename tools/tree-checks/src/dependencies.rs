//! Which package may depend on which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::Metadata;
use fs_err as fs;

use crate::Finding;

/// The folder of the packages that know nothing of the product.
const HOST: &str = "host";

/// The packages outside of it that they may depend on: Windows' own types.
const ALLOWED: [&str; 1] = ["nt-types"];

/// One package of the workspace, as this check sees it.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Its manifest, relative to the root of the workspace.
    pub manifest: PathBuf,
    /// The packages of the workspace that it depends on: to build, to run or to be tested.
    pub dependencies: BTreeSet<String>,
}

/// The packages of the workspace, by name.
#[must_use]
pub fn packages(metadata: &Metadata) -> BTreeMap<String, Package> {
    let root = metadata.workspace_root.as_std_path();
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let manifest = package.manifest_path.as_std_path();
            let local = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.path.is_some());
            let described = Package {
                manifest: manifest.strip_prefix(root).unwrap_or(manifest).to_owned(),
                dependencies: local.map(|dependency| dependency.name.clone()).collect(),
            };
            (package.name.to_string(), described)
        })
        .collect()
}

/// Finds each package of the host that depends on the product, directly or through others.
#[must_use]
pub fn check(packages: &BTreeMap<String, Package>, root: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, package) in packages {
        if !package.manifest.starts_with(HOST) {
            continue;
        }
        for dependency in &package.dependencies {
            let outside = packages
                .get(dependency)
                .is_some_and(|package| !package.manifest.starts_with(HOST));
            if outside && !ALLOWED.contains(&dependency.as_str()) {
                let text = fs::read_to_string(root.join(&package.manifest)).unwrap_or_default();
                let line = text.lines().position(|line| line.contains(dependency));
                findings.push(Finding::new(
                    &package.manifest,
                    line.map_or(1, |line| line + 1),
                    format!(
                        "{name} depends on {dependency}: packages of {HOST}/ may depend on each \
                         other and on {}",
                        ALLOWED.join(", ")
                    ),
                ));
            }
        }
    }
    // What the host may depend on must not lead back to the product.
    for allowed in ALLOWED {
        let package = packages.get(allowed);
        for dependency in package
            .into_iter()
            .flat_map(|package| &package.dependencies)
        {
            findings.push(Finding::new(
                package
                    .map(|package| package.manifest.clone())
                    .unwrap_or_default(),
                1,
                format!("{allowed} depends on {dependency}: the host uses it, so it may not"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(manifest: &str, dependencies: &[&str]) -> Package {
        Package {
            manifest: manifest.into(),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn a_host_that_depends_on_the_product_is_found() {
        let packages = BTreeMap::from([
            ("abi".to_owned(), package("crates/abi/Cargo.toml", &[])),
            (
                "nt-types".to_owned(),
                package("crates/nt-types/Cargo.toml", &[]),
            ),
            (
                "kernel".to_owned(),
                package("host/kernel/Cargo.toml", &["abi", "nt-types"]),
            ),
            (
                "nthost".to_owned(),
                package("host/nthost/Cargo.toml", &["kernel"]),
            ),
            (
                "tests".to_owned(),
                package("tests/Cargo.toml", &["abi", "nthost"]),
            ),
        ]);
        let findings = check(&packages, Path::new("/nowhere"));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.starts_with("kernel depends on abi"));
    }
}
