//! The package that `cargo xtask package` makes, as far as it can be proven without Windows.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the repository")
}

/// A file of the package.
pub(crate) fn packaged(name: &str) -> PathBuf {
    root().join("target/package").join(name)
}

/// A path that xtask has found on this computer.
pub(crate) fn noted(name: &str) -> PathBuf {
    let note = read(&root().join("target/windows").join(name));
    PathBuf::from(String::from_utf8(note).expect("a path in UTF-8"))
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: `cargo xtask test package` makes it",
            path.display()
        )
    })
}

#[test]
fn the_package_is_complete_and_has_nothing_else() {
    let folder = packaged("");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "driver.cat",
            "driver.inf",
            "driver.pdb",
            "driver.sys",
            "ipforward-probe.debug",
            "ipforward-probe.exe",
            "ipforward.h",
            "routectl.debug",
            "routectl.exe",
            "test-certificate.cer",
        ]
    );
}

#[test]
fn what_is_not_signed_is_what_was_built() {
    for (name, built) in [
        ("driver.inf", "target/driver/driver.inf"),
        ("driver.pdb", "target/driver/driver.pdb"),
        ("ipforward.h", "include/ipforward.h"),
    ] {
        assert_eq!(read(&packaged(name)), read(&root().join(built)), "{name}");
    }
}
