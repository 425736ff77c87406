//! The headers of a driver in C: those that its sources reach by `#include`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

/// The text of `sources`, and of the headers in their own folders and in `include` that they reach. Names
/// have no case, and a backslash separates folders as a slash does.
pub(super) fn reached_text(sources: &[PathBuf], include: &[PathBuf]) -> Result<String> {
    let mut known: BTreeSet<PathBuf> = sources.iter().cloned().collect();
    let mut waiting = sources.to_vec();
    let mut text = String::new();
    while let Some(file) = waiting.pop() {
        let content = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
        for name in content.lines().filter_map(included) {
            let folders = file.parent().into_iter();
            let mut folders = folders.chain(include.iter().map(PathBuf::as_path));
            let found = folders.find_map(|folder| find(folder, name));
            waiting.extend(found.filter(|header| known.insert(header.clone())));
        }
        text += &content;
    }
    Ok(text)
}

/// The name in an `#include` line.
pub(super) fn included(line: &str) -> Option<&str> {
    let directive = line.trim_start().strip_prefix('#')?.trim_start();
    let name = directive.strip_prefix("include")?.trim_start();
    let (open, rest) = name.split_at_checked(1)?;
    let close = match open {
        "<" => '>',
        "\"" => '"',
        _ => return None,
    };
    rest.split_once(close).map(|(name, _)| name)
}

/// The file with this name, which may begin with folders, below `folder`.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut parts: Vec<&str> = name.split(['/', '\\']).collect();
    let name = parts.pop()?;
    let folder = parts
        .iter()
        .fold(folder.to_owned(), |folder, part| folder.join(part));
    let entries = folder.read_dir().ok()?.filter_map(Result::ok);
    let mut files = entries.map(|entry| entry.path());
    let is_wanted = |file: &PathBuf| {
        let own = file.file_name().unwrap_or_default();
        own.eq_ignore_ascii_case(name) && file.is_file()
    };
    files.find(is_wanted)?.canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_from_each_form_of_an_include() {
        for (line, name) in [
            ("#include <ntddk.h>", Some("ntddk.h")),
            ("  # include \"a.tmh\" // b", Some("a.tmh")),
            ("#include NAME", None),
            ("#define include <a>", None),
            ("#include", None),
        ] {
            assert_eq!(included(line), name, "{line}");
        }
    }

    #[test]
    fn headers_are_reached_through_others_and_only_then() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        for folder in ["sys", "inc", "inc/deep"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        let write = |name: &str, text: &str| fs::write(root.join(name), text).unwrap();
        write("sys/main.c", "#include \"Shared.H\"\n#include <ntddk.h>\n");
        write("inc/shared.h", "// shared\n#include \"deep\\last.h\"\n");
        write("inc/deep/last.h", "// last\n#include \"..\\shared.h\"\n");
        write("inc/other.h", "// other\n");
        let text = reached_text(&[root.join("sys/main.c")], &[root.join("inc")]).unwrap();
        assert!(
            text.contains("// shared") && text.contains("// last"),
            "{text}"
        );
        assert!(!text.contains("// other"), "{text}");
        assert_eq!(text.matches("// shared").count(), 1);
    }
}
