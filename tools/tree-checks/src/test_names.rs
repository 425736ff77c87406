//! How long the name of a test may be.

use crate::Finding;
use crate::source::{SourceFile, Tree};

/// Characters of the name of a test at most.
pub const LENGTH_MAX: usize = 60;

/// Finds tests whose names are too long.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(check_file).collect()
}

/// Reads lines instead of syntax: tests also stand in the arguments of macros.
fn check_file(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_test = false;
    for (number, line) in file.lines() {
        let line = line.trim();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = function_name(line) {
            let length = name.chars().count();
            if is_test && length > LENGTH_MAX {
                findings.push(Finding::new(
                    &file.path,
                    number,
                    format!("test `{name}`: {length} characters, at most {LENGTH_MAX}"),
                ));
            }
            is_test = false;
        }
    }
    findings
}

/// The name of the function that a line begins.
fn function_name(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let line = line.strip_prefix("fn ")?;
    line.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        check_file(&SourceFile {
            path: "x.rs".into(),
            text: text.to_owned(),
        })
        .len()
    }

    #[test]
    fn only_tests_with_long_names_are_found() {
        let long = "a".repeat(LENGTH_MAX + 1);
        assert_eq!(findings(&format!("#[test]\nfn {long}() {{}}")), 1);
        let reason = "#[ignore = \"slow\"]";
        let text = format!("    #[test]\n    {reason}\n    fn {long}() {{}}");
        assert_eq!(findings(&text), 1);
        assert_eq!(findings(&format!("fn {long}() {{}}")), 0);
        let short = "a".repeat(LENGTH_MAX);
        assert_eq!(findings(&format!("#[test]\nfn {short}() {{}}")), 0);
    }
}
