//! In which order a file imports: `core`, `alloc` and `std`, then other crates, then this crate;
//! an empty line between the groups and none within.

use std::collections::BTreeSet;

use syn::{Item, UseTree, Visibility};

use crate::Finding;
use crate::source::{SourceFile, Tree};

/// Where an import comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Std,
    OtherCrate,
    ThisCrate,
}

/// Finds imports that are not in their group.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    match syn::parse_file(&file.text) {
        Ok(syntax) => {
            let mut findings = Vec::new();
            check_items(file, &syntax.items, &mut findings);
            findings
        }
        Err(error) => vec![Finding::new(
            &file.path,
            error.span().start().line,
            format!("not valid Rust: {error}"),
        )],
    }
}

fn check_items(file: &SourceFile, items: &[Item], findings: &mut Vec<Finding>) {
    let modules: BTreeSet<String> = items
        .iter()
        .filter_map(|item| match item {
            Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        })
        .collect();
    let lines: Vec<&str> = file.text.lines().collect();
    let mut previous: Option<(Group, usize)> = None;
    for item in items {
        let import = match item {
            Item::Use(import) if matches!(import.vis, Visibility::Inherited) => import,
            Item::Mod(module) => {
                let content = module.content.as_ref();
                check_items(file, content.map_or(&[], |(_, items)| items), findings);
                previous = None;
                continue;
            }
            _ => {
                previous = None;
                continue;
            }
        };
        let group = group(import, &modules);
        if let Some((before, end)) = previous {
            let start = first_line(import);
            let empty = lines[end..start - 1]
                .iter()
                .filter(|line| line.trim().is_empty())
                .count();
            let wrong = match (group > before, group == before, empty) {
                (true, _, 1) | (_, true, 0) => None,
                (true, ..) => Some("expected one empty line before another group of imports"),
                (_, true, _) => Some("expected no empty line within a group of imports"),
                _ => Some("expected imports in the order std, other crates, this crate"),
            };
            findings.extend(wrong.map(|wrong| Finding::new(&file.path, start, wrong)));
        }
        previous = Some((group, import.semi_token.span.end().line));
    }
}

/// The line on which an import begins, with its attributes.
fn first_line(import: &syn::ItemUse) -> usize {
    let attribute = import.attrs.first().map(|first| first.pound_token.spans[0]);
    attribute.unwrap_or(import.use_token.span).start().line
}

fn group(import: &syn::ItemUse, modules: &BTreeSet<String>) -> Group {
    let first = match &import.tree {
        UseTree::Path(path) => path.ident.to_string(),
        UseTree::Name(name) => name.ident.to_string(),
        UseTree::Rename(rename) => rename.ident.to_string(),
        UseTree::Glob(_) | UseTree::Group(_) => String::new(),
    };
    match first.as_str() {
        _ if import.leading_colon.is_some() => Group::OtherCrate,
        "std" | "core" | "alloc" => Group::Std,
        "crate" | "super" | "self" => Group::ThisCrate,
        name if modules.contains(name) => Group::ThisCrate,
        _ => Group::OtherCrate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let file = SourceFile {
            path: "x.rs".into(),
            text: text.to_owned(),
        };
        check_file(&file)
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn imports_in_groups_are_accepted() {
        let text = "mod own;\n\nuse std::fmt;\n\nuse syn::Item;\n\nuse own::f;\nuse crate::x;\n";
        assert!(lines(text).is_empty());
        let apart = "use crate::x;\n\npub use crate::y;\n\nuse std::fmt;\n";
        assert!(lines(apart).is_empty());
    }

    #[test]
    fn imports_out_of_their_groups_are_found() {
        assert_eq!(lines("use std::fmt;\nuse syn::Item;\n"), [2]);
        assert_eq!(lines("use std::fmt;\n\nuse std::io;\n"), [3]);
        assert_eq!(lines("use crate::x;\n\nuse std::fmt;\n"), [3]);
        assert_eq!(
            lines("mod tests {\n    use super::*;\n    use syn::X;\n}\n"),
            [3]
        );
    }
}
