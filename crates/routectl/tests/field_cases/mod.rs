//! The cases of the importer: files, the options for each, what each becomes, and the computer that
//! they are for. Tests of the importer alone, of routectl with a fake host, and of routectl with the
//! driver in nthost share them.

pub(crate) mod machine;
pub(crate) mod report;

use std::fs;
use std::path::{Path, PathBuf};

const SEPARATOR: &str = "--- expected\n";

/// A file and what it becomes.
pub(crate) struct Case {
    /// The file of the case.
    path: PathBuf,
    /// The case without what is expected.
    head: String,
    /// The options of `routectl import`.
    pub(crate) options: Vec<String>,
    /// The file to import.
    pub(crate) text: String,
    /// The notes and the entries, or the error.
    pub(crate) expected: String,
}

/// A folder of the tests of routectl.
pub(crate) fn folder(name: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = [
        package.join("tests"),
        package.join("../crates/routectl/tests"),
    ];
    let mut folders = tests.into_iter().map(|tests| tests.join(name));
    folders.find(|folder| folder.is_dir()).expect(name)
}

/// All cases, by name.
pub(crate) fn cases() -> Vec<Case> {
    let entries = fs::read_dir(folder("cases")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 60, "{} cases", paths.len());
    paths.into_iter().map(Case::read).collect()
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let case = fs::read_to_string(&path).unwrap();
        let (head, expected) = case.split_once(SEPARATOR).unwrap_or((&case, ""));
        let (options, body) = head.split_once('\n').unwrap();
        let options = options.strip_prefix("options").unwrap();
        let text = match body.trim().strip_prefix("file ") {
            Some(name) => fs::read_to_string(folder("field").join(name)).unwrap(),
            None => body.strip_prefix("--- file\n").unwrap_or(body).to_owned(),
        };
        Self {
            options: options.split_whitespace().map(str::to_owned).collect(),
            head: head.to_owned(),
            text,
            expected: expected.to_owned(),
            path,
        }
    }

    /// The name.
    pub(crate) fn name(&self) -> String {
        self.path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    }

    /// Writes what is expected.
    pub(crate) fn update(&self, expected: &str) {
        fs::write(&self.path, format!("{}{SEPARATOR}{expected}", self.head)).unwrap();
    }
}
