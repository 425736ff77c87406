//! A published package has its own files only: source files that include one from outside it compile
//! in this repository and nowhere else.

use std::path::{Component, Path, PathBuf};

use cargo_metadata::Metadata;

use crate::Finding;
use crate::source::{SourceFile, Tree};

/// What stands before the path of an included file.
const INCLUSIONS: [&str; 4] = [
    "#[path = \"",
    "include!(\"",
    "include_bytes!(\"",
    "include_str!(\"",
];

/// Finds source files of publishable packages that include a file from outside the package.
#[must_use]
pub fn check(tree: &Tree, metadata: &Metadata) -> Vec<Finding> {
    let root = metadata.workspace_root.as_std_path();
    metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| !package.publish.as_ref().is_some_and(Vec::is_empty))
        .filter_map(|package| package.manifest_path.as_std_path().parent())
        .filter_map(|folder| folder.strip_prefix(root).ok())
        .flat_map(|package| {
            let files = tree
                .rust()
                .filter(move |file| file.path.starts_with(package));
            files.flat_map(move |file| of_file(file, package))
        })
        .collect()
}

fn of_file(file: &SourceFile, package: &Path) -> Vec<Finding> {
    let folder = file.path.parent().unwrap_or(package);
    file.lines()
        .filter_map(|(number, line)| {
            let included = included(line)?;
            let is_inside = resolved(folder, included).starts_with(package);
            (!is_inside).then(|| {
                let what = format!("`{included}` is not a file of the package");
                Finding::new(&file.path, number, what)
            })
        })
        .collect()
}

/// The path of the file that a line includes.
fn included(line: &str) -> Option<&str> {
    INCLUSIONS.iter().find_map(|inclusion| {
        let (_, rest) = line.split_once(inclusion)?;
        rest.split_once('"').map(|(path, _)| path)
    })
}

/// A path relative to a folder, without `..`.
fn resolved(folder: &Path, path: &str) -> PathBuf {
    let mut resolved = folder.to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            other => resolved.push(other),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(line: &str) -> usize {
        let file = SourceFile {
            path: "host/one/tests/vectors/main.rs".into(),
            text: line.to_owned(),
        };
        of_file(&file, Path::new("host/one")).len()
    }

    #[test]
    fn a_file_of_another_package_is_found() {
        assert_eq!(findings("#[path = \"../../../two/tests/run.rs\"]"), 1);
        assert_eq!(findings("    include_str!(\"../../../two/a.toml\"),"), 1);
        assert_eq!(findings("#[path = \"../../../one-more/run.rs\"]"), 1);
    }

    #[test]
    fn a_file_of_the_package_may_be_included() {
        assert_eq!(findings("#[path = \"../run.rs\"]"), 0);
        assert_eq!(findings("include_str!(\"../../README.md\")"), 0);
        assert_eq!(findings("mod run;"), 0);
    }
}
