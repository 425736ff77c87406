//! Where the programs and images under test are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the repository")
}

fn built(path: PathBuf) -> PathBuf {
    assert!(
        path.is_file(),
        "{} is missing: `cargo xtask test` builds it",
        path.display()
    );
    path
}

/// The driver image that ships.
///
/// # Panics
///
/// If it has not been built.
#[must_use]
pub fn driver_image() -> PathBuf {
    built(root().join("target/driver/driver.sys"))
}

/// The image of a driver of `tests/drivers/`.
///
/// # Panics
///
/// If it has not been built.
#[must_use]
pub fn test_driver_image(name: &str) -> PathBuf {
    built(
        root()
            .join("target/test-drivers")
            .join(format!("{name}.sys")),
    )
}

/// A program of the workspace, built into the directory of this test program.
///
/// # Panics
///
/// If it has not been built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let this = env::current_exe().expect("a running program has a path");
    let directory = this
        .ancestors()
        .nth(2)
        .expect("test programs lie in target/<profile>/deps");
    built(directory.join(name))
}

/// `routectl` with these arguments, for the device at `socket`.
#[must_use]
pub fn routectl<'a>(socket: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program("routectl"));
    command.arg("--device").arg(socket).args(arguments);
    command
}
