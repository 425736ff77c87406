//! How long a file may be.

use crate::Finding;
use crate::source::Tree;

/// Lines of one source file at most.
pub const LINES_MAX: usize = 600;

/// Source files: what people write. The generated header is not among them.
const EXTENSIONS: [&str; 3] = ["c", "h", "rs"];
const GENERATED: [&str; 1] = ["include/ipforward.h"];

/// Finds source files that are too long.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let is_source = |extension: &str| EXTENSIONS.contains(&extension);
    tree.files
        .iter()
        .filter(|file| file.extension().is_some_and(is_source))
        .filter(|file| !GENERATED.iter().any(|path| file.path.ends_with(path)))
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > LINES_MAX).then(|| {
                Finding::new(
                    &file.path,
                    LINES_MAX + 1,
                    format!("{lines} lines: at most {LINES_MAX}; split the file by ideas"),
                )
            })
        })
        .collect()
}
