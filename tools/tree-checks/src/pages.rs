//! Links, and paths in backticks, of the Markdown pages lead somewhere.

use std::path::{Component, Path, PathBuf};

use crate::Finding;
use crate::source::{SourceFile, Tree};

/// Folders of the root whose paths pages name. What is built, as under `target`, need not exist.
const FOLDERS: [&str; 9] = [
    "crates", "docs", "examples", "host", "include", "kit", "src", "tests", "tools",
];

/// Finds links to files or headings that do not exist, and paths that do not exist.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let pages = tree
        .files
        .iter()
        .filter(|file| file.extension() == Some("md"));
    pages.flat_map(|page| check_page(tree, page)).collect()
}

fn check_page(tree: &Tree, page: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let folder = page.path.parent().unwrap_or(Path::new(""));
    let mut is_code = false;
    for (number, line) in page.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        let links = links(line).filter(|link| !leads_somewhere(tree, page, folder, link));
        findings.extend(links.map(|link| {
            Finding::new(
                &page.path,
                number,
                format!("broken link `{link}`: expected a file or a heading"),
            )
        }));
        let paths = line.split('`').skip(1).step_by(2);
        let missing = paths.filter(|path| is_path(path) && !exists(tree, folder, path));
        findings.extend(missing.map(|path| {
            Finding::new(
                &page.path,
                number,
                format!("no file `{path}`: name one that exists"),
            )
        }));
    }
    findings
}

/// The targets of the links of a line that lead into the tree.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

fn leads_somewhere(tree: &Tree, page: &SourceFile, folder: &Path, link: &str) -> bool {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        page.path.clone()
    } else {
        normal(&folder.join(path))
    };
    if !tree.root.join(&target).exists() && !tree.files.iter().any(|file| file.path == target) {
        return false;
    }
    let Some(file) = tree.files.iter().find(|file| file.path == target) else {
        return heading.is_empty();
    };
    heading.is_empty() || headings(file).any(|one| one == heading)
}

/// The anchors that GitHub gives the headings of a page.
fn headings(page: &SourceFile) -> impl Iterator<Item = String> {
    let titles = page.text.lines().filter(|line| line.starts_with('#'));
    titles.map(|title| {
        let title = title.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        kept.map(|letter| if letter == ' ' { '-' } else { letter })
            .collect()
    })
}

/// Whether a text in backticks is a path of the repository. A part in capitals stands for any name.
fn is_path(text: &str) -> bool {
    let is_placeholder = |part: &str| {
        let stem = part.split('.').next().unwrap_or(part);
        stem.len() > 1
            && stem != "README"
            && stem
                .chars()
                .all(|letter| letter.is_ascii_uppercase() || matches!(letter, '_' | '-'))
    };
    text.split_once('/')
        .is_some_and(|(first, _)| FOLDERS.contains(&first))
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter))
        && !text.split('/').any(is_placeholder)
}

fn exists(tree: &Tree, folder: &Path, path: &str) -> bool {
    let candidates = [PathBuf::from(path), normal(&folder.join(path))];
    candidates.iter().any(|candidate| {
        tree.root.join(candidate).exists()
            || tree
                .files
                .iter()
                .any(|file| file.path.starts_with(candidate))
    })
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(page: &str) -> Vec<usize> {
        let file = |path: &str, text: &str| SourceFile {
            path: path.into(),
            text: text.to_owned(),
        };
        let tree = Tree {
            root: PathBuf::from("/nonexistent"),
            files: vec![
                file("docs/a.md", page),
                file("docs/b.md", "# A title, of `b`\n"),
                file("src/lib.rs", ""),
            ],
        };
        check(&tree).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_broken_link_is_found() {
        assert!(
            lines("[b](b.md) [b](../docs/b.md#a-title-of-b) [w](https://w.example)\n").is_empty()
        );
        assert_eq!(lines("[c](c.md)\n\n[b](b.md#other)\n"), [1, 3]);
    }

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        assert!(lines("`src/lib.rs`, `src/`, `target/x`, `src/FAMILY.rs`, `a/b`\n").is_empty());
        assert_eq!(lines("`src/main.rs`\n"), [1]);
        assert!(lines("```\n`src/main.rs`\n```\n").is_empty());
    }
}
