//! What a package needs to be published.

use cargo_metadata::{Metadata, Package};

use crate::Finding;

/// Folders whose packages are for other projects as well.
const FOR_OTHERS: [&str; 2] = ["crates", "host"];

/// Finds packages for other projects that lack a README, a description or a licence.
#[must_use]
pub fn check(metadata: &Metadata) -> Vec<Finding> {
    let root = metadata.workspace_root.as_std_path();
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        let manifest = package.manifest_path.as_std_path();
        let file = manifest.strip_prefix(root).unwrap_or(manifest);
        let is_private = package.publish.as_ref().is_some_and(Vec::is_empty);
        if is_private && !FOR_OTHERS.iter().any(|folder| file.starts_with(folder)) {
            continue;
        }
        for missing in missing(package) {
            findings.push(Finding::new(
                file,
                1,
                format!("package {} needs a {missing}", package.name),
            ));
        }
    }
    findings
}

fn missing(package: &Package) -> Vec<&'static str> {
    let folder = package.manifest_path.parent();
    let has_readme = folder.is_some_and(|folder| folder.join("README.md").exists());
    let described = package
        .description
        .as_ref()
        .is_some_and(|text| !text.is_empty());
    let licensed = package.license.is_some() || package.license_file.is_some();
    [
        (has_readme, "README.md"),
        (described, "description"),
        (licensed, "licence"),
    ]
    .into_iter()
    .filter_map(|(present, what)| (!present).then_some(what))
    .collect()
}
