//! The manifest of a copy of `wdk-build`.
//!
//! It is made from what cargo says of the original, whose own manifest may take its versions from a
//! workspace that the copy is not in.

use std::fmt::Write;

use anyhow::{Result, bail};
use cargo_metadata::{Dependency, DependencyKind, Package};

/// Its dependency that compiles on Windows only.
const WINDOWS: &str = "windows";

/// The manifest of a copy of `package`, which no other workspace contains.
pub(crate) fn of(package: &Package) -> Result<String> {
    let mut manifest = format!(
        "[workspace]\n\n[package]\nname = \"{}\"\nversion = \"{}\"\nedition = \"{}\"\n",
        package.name, package.version, package.edition
    );
    // The crate compares it with the compiler's at run time.
    if let Some(version) = &package.rust_version {
        writeln!(manifest, "rust-version = \"{version}\"")?;
    }
    manifest.push_str(
        "\n[lints.rust]\nwarnings = \"allow\"\n\n[lints.clippy]\nall = \"allow\"\n\n[features]\n",
    );
    for (feature, enables) in &package.features {
        writeln!(manifest, "{feature:?} = {enables:?}")?;
    }
    for dependency in &package.dependencies {
        if dependency.kind != DependencyKind::Development {
            manifest.push_str(&table(dependency)?);
        }
    }
    Ok(manifest)
}

fn table(dependency: &Dependency) -> Result<String> {
    let kind = match dependency.kind {
        DependencyKind::Normal => "dependencies",
        DependencyKind::Build => "build-dependencies",
        other => bail!("wdk-build has a dependency of an unknown kind: {other}"),
    };
    let target = match &dependency.target {
        Some(target) => Some(target.to_string()),
        None if dependency.name == WINDOWS => Some("cfg(windows)".to_owned()),
        None => None,
    };
    let target = target.map_or_else(String::new, |target| format!("target.'{target}'."));
    let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
    let mut table = format!("\n[{target}{kind}.{name}]\n");
    if name != &dependency.name {
        writeln!(table, "package = {:?}", dependency.name)?;
    }
    match &dependency.path {
        Some(path) => writeln!(table, "path = {:?}", path.as_str())?,
        None => writeln!(table, "version = \"{}\"", dependency.req)?,
    }
    if dependency.optional {
        table.push_str("optional = true\n");
    }
    if !dependency.uses_default_features {
        table.push_str("default-features = false\n");
    }
    if !dependency.features.is_empty() {
        writeln!(table, "features = {:?}", dependency.features)?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use cargo_metadata::MetadataCommand;

    use super::*;

    #[test]
    fn the_crate_windows_is_left_to_windows() {
        let metadata = MetadataCommand::new().exec().unwrap();
        let mut packages = metadata.packages.iter();
        let package = packages.find(|package| package.name == "wdk-build");
        let manifest = of(package.unwrap()).unwrap();
        let tables: Vec<_> = manifest
            .lines()
            .filter(|line| line.starts_with('['))
            .collect();
        assert!(tables.contains(&"[target.'cfg(windows)'.dependencies.windows]"));
        assert!(tables.contains(&"[dependencies.bindgen]"), "{tables:?}");
        assert!(tables.contains(&"[build-dependencies.rustversion]"));
        assert!(!manifest.contains("assert_fs"), "{manifest}");
        assert!(manifest.contains("\nrust-version = "), "{manifest}");
    }
}
