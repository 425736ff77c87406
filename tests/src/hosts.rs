//! Hosts with the driver under test, and the other programs and images.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use nthost_testkit::{Driver, Host};

use crate::profile::Profile;

/// Starts a host with the driver that ships, the security descriptor of its INF file, the default
/// interfaces and the [`Profile`] of this run.
///
/// # Panics
///
/// If the driver does not start.
#[must_use]
pub fn start_host() -> Host {
    start_host_with(&[])
}

/// As [`start_host`], with further arguments of `nthost run`.
///
/// # Panics
///
/// If the driver does not start.
#[must_use]
pub fn start_host_with(arguments: &[&str]) -> Host {
    start_host_for(abi::device::SDDL, arguments)
}

/// As [`start_host_with`], with another security descriptor in the registry.
///
/// # Panics
///
/// If the driver does not start.
#[must_use]
pub fn start_host_for(sddl: &str, arguments: &[&str]) -> Host {
    driver(sddl).arguments(arguments).start()
}

/// The driver that ships, in the profile of this run, for a host with further options.
#[must_use]
pub fn driver_under_test() -> Driver {
    driver(abi::device::SDDL)
}

fn driver(sddl: &str) -> Driver {
    driver_of(driver_image())
        .service("IpForward")
        .security(sddl)
        .arguments(Profile::of_this_run().arguments())
        .arguments(is_unchecked().then_some("--unchecked"))
}

/// The variable by which the tests run with hosts that do not verify the driver.
const UNCHECKED_VARIABLE: &str = "IPFORWARD_UNCHECKED";

/// True if the hosts of this run do not verify the driver: the variable `IPFORWARD_UNCHECKED` is set.
fn is_unchecked() -> bool {
    env::var_os(UNCHECKED_VARIABLE).is_some()
}

/// Starts a host with a driver of `tests/drivers/`, in the documented profile: these drivers do not
/// use routes, and the expected reports of the faulty ones belong to that profile.
///
/// # Panics
///
/// If the driver does not start.
#[must_use]
pub fn start_test_driver(name: &str, arguments: &[&str]) -> Host {
    test_driver(name).arguments(arguments).start()
}

/// A driver of `tests/drivers/`, for a host with further options.
#[must_use]
pub fn test_driver(name: &str) -> Driver {
    driver_of(test_driver_image(name))
}

/// As [`test_driver`], with the host's own framework in each run: for the rules of that framework.
#[must_use]
pub fn test_driver_with_own_framework(name: &str) -> Driver {
    Driver::new(test_driver_image(name)).nthost(program("nthost"))
}

/// The driver in `image`, with the program `nthost` and the [`framework_image`] of this run.
#[must_use]
pub fn driver_of(image: PathBuf) -> Driver {
    let driver = Driver::new(image).nthost(program("nthost"));
    match framework_image() {
        Some(library) => driver.framework(library),
        None => driver,
    }
}

/// The variable that names another image of the driver. Its path begins at the root of the repository.
const DRIVER_VARIABLE: &str = "IPFORWARD_DRIVER";

/// The variable that names a framework library. Its path begins at the root of the repository.
const FRAMEWORK_VARIABLE: &str = "IPFORWARD_FRAMEWORK";

/// The framework library that the variable `IPFORWARD_FRAMEWORK` names; `None` for the host's own
/// framework.
///
/// # Panics
///
/// If there is no such file.
#[must_use]
pub fn framework_image() -> Option<PathBuf> {
    let named = env::var_os(FRAMEWORK_VARIABLE)?;
    let image = repository().join(named);
    let is_there = image.is_file();
    assert!(is_there, "{} is no file", image.display());
    Some(image)
}

/// True if this run has the host's own framework. Otherwise the claim of the test does not hold, for this
/// `reason`, and the run says so past the capture of the test's output.
#[must_use]
pub fn has_own_framework(reason: &str) -> bool {
    let Some(library) = framework_image() else {
        return true;
    };
    let test = thread::current();
    let test = test.name().unwrap_or_default();
    let line = format!("{test} is left out under {}: {reason}\n", library.display());
    // Without standard error the line is lost, and the test is left out all the same.
    let _ = io::stderr().write_all(line.as_bytes());
    false
}

/// The driver image that ships, or the one that the variable `IPFORWARD_DRIVER` names: one that
/// Microsoft's kit has built, or that was linked in another way.
///
/// # Panics
///
/// If it has not been built.
#[must_use]
pub fn driver_image() -> PathBuf {
    let named = env::var_os(DRIVER_VARIABLE);
    let image = named.unwrap_or_else(|| "target/driver/driver.sys".into());
    built(repository().join(image))
}

/// The image of a driver of `tests/drivers/`.
///
/// # Panics
///
/// If it has not been built.
#[must_use]
pub fn test_driver_image(name: &str) -> PathBuf {
    let images = repository().join("target/test-drivers");
    built(images.join(format!("{name}.sys")))
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
        .expect("test programs are in target/<profile>/deps");
    built(directory.join(name))
}

/// `routectl` with these arguments, for the device at `socket`.
#[must_use]
pub fn routectl<'a>(socket: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program("routectl"));
    command.arg("--device").arg(socket).args(arguments);
    command
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is in the repository")
}

fn built(path: PathBuf) -> PathBuf {
    assert!(
        path.is_file(),
        "{} is missing: `cargo xtask test` builds it",
        path.display()
    );
    path
}
