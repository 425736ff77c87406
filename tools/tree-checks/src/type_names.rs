//! One type name means one type. A private type is qualified by its module and does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, PathBuf};

use syn::{Item, Visibility};

use crate::Finding;
use crate::source::{SourceFile, Tree};
use crate::syntax::is_for_tests;

/// Folders and files of tests, whose types do not count.
const TESTS: [&str; 6] = [
    "benches",
    "examples",
    "test_driver",
    "test_stack",
    "testing",
    "tests",
];

/// Why several types may have the same name, and the names.
pub type Exception = (&'static str, &'static [&'static str]);

/// Finds type names that several modules declare. `exceptions` are the names that may.
#[must_use]
pub fn check(tree: &Tree, exceptions: &[Exception]) -> Vec<Finding> {
    let mut places: BTreeMap<String, Vec<(PathBuf, usize)>> = BTreeMap::new();
    for file in tree.rust().filter(|file| !is_test(file)) {
        if let Ok(syntax) = syn::parse_file(&file.text) {
            add(file, &syntax.items, &mut places);
        }
    }
    let mut findings = Vec::new();
    let excepted: BTreeSet<_> = exceptions
        .iter()
        .filter(|(reason, _)| !reason.is_empty())
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    for name in &excepted {
        if places.get(*name).is_none_or(|places| places.len() < 2) {
            findings.push(Finding::new(
                "tools/tree-checks/tests/tree.rs",
                1,
                format!("exception `{name}`: only one type has this name; remove the exception"),
            ));
        }
    }
    for (name, places) in places {
        let [(file, line), others @ ..] = places.as_slice() else {
            continue;
        };
        if others.is_empty() || excepted.contains(name.as_str()) {
            continue;
        }
        let others: Vec<String> = others
            .iter()
            .map(|(file, line)| format!("{}:{line}", file.display()))
            .collect();
        findings.push(Finding::new(
            file,
            *line,
            format!(
                "type `{name}` is also in {}: name each by what it is for",
                others.join(", ")
            ),
        ));
    }
    findings
}

fn is_test(file: &SourceFile) -> bool {
    file.path.components().any(|component| match component {
        Component::Normal(name) => {
            let name = name.to_string_lossy();
            TESTS.contains(&name.strip_suffix(".rs").unwrap_or(&name))
        }
        _ => false,
    })
}

fn add(file: &SourceFile, items: &[Item], places: &mut BTreeMap<String, Vec<(PathBuf, usize)>>) {
    for item in items {
        let (attributes, visibility, ident) = match item {
            Item::Enum(item) => (&item.attrs, &item.vis, &item.ident),
            Item::Struct(item) => (&item.attrs, &item.vis, &item.ident),
            Item::Trait(item) => (&item.attrs, &item.vis, &item.ident),
            Item::Type(item) => (&item.attrs, &item.vis, &item.ident),
            Item::Union(item) => (&item.attrs, &item.vis, &item.ident),
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content
                    && !is_for_tests(&module.attrs)
                {
                    add(file, items, places);
                }
                continue;
            }
            _ => continue,
        };
        if !is_for_tests(attributes) && !matches!(visibility, Visibility::Inherited) {
            places
                .entry(ident.to_string())
                .or_default()
                .push((file.path.clone(), ident.span().start().line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree {
            root: PathBuf::new(),
            files: files
                .iter()
                .map(|(path, text)| SourceFile {
                    path: path.into(),
                    text: (*text).to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn a_name_of_two_types_is_found() {
        let tree = tree(&[
            ("a.rs", "pub struct State;"),
            ("b.rs", "#[cfg(test)] mod tests { struct State; }"),
            ("tests/c.rs", "pub struct State;"),
            ("e.rs", "struct State;"),
            ("d.rs", "mod inner {\n    pub(super) enum State {}\n}"),
        ]);
        let findings = check(&tree, &[]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("d.rs:2"), "{}", findings[0]);
        assert!(check(&tree, &[("both are made up", &["State"])]).is_empty());
        assert_eq!(check(&tree, &[("", &["State"])]).len(), 1);
    }

    #[test]
    fn an_exception_that_is_not_needed_is_found() {
        let tree = tree(&[("a.rs", "pub struct State;")]);
        assert_eq!(check(&tree, &[("it was two", &["State"])]).len(), 1);
    }
}
