//! Checks for the public registry: the workspace's packages, and what they depend on.

use std::process::Command;

use anyhow::{Context, Result, bail};
use wdk_cross::program::{self, print_status};

use crate::cargo::{self, TestCounts};

/// Packages every crate that may be published, as `cargo publish` would, without a build.
pub(crate) fn check_packages() -> Result<TestCounts> {
    let private = cargo::private_packages()?;
    let arguments = package_arguments(&["--quiet", "--no-verify", "--allow-dirty"], &private);
    // Without the network first: a look at the registry's index takes longer than the check.
    let mut offline = cargo::cargo(&[&["--offline"][..], &arguments].concat())?;
    if program::output(&mut offline).is_err() {
        cargo::run(&arguments)?;
    }
    Ok(TestCounts::default())
}

/// Packages the committed state of every crate that may be published, and builds each from its
/// package. The crates of this workspace that it depends on come from their packages as well.
pub(crate) fn verify_packages() -> Result<()> {
    cargo::run(&package_arguments(&[], &cargo::private_packages()?))
}

/// Arguments of cargo that package all crates but the private ones.
fn package_arguments<'a>(options: &[&'a str], private: &'a [String]) -> Vec<&'a str> {
    let mut arguments = vec!["package", "--workspace"];
    arguments.extend(options);
    arguments.extend(private.iter().flat_map(|name| ["--exclude", name]));
    arguments
}

/// Runs cargo-deny with deny.toml, if it is installed.
pub(crate) fn check_dependencies() -> Result<TestCounts> {
    let Some(deny) = program::in_path("cargo-deny") else {
        print_status("skipped: cargo-deny is not installed (`cargo install cargo-deny`)");
        return Ok(TestCounts::SKIPPED);
    };
    let status = Command::new(deny)
        .current_dir(crate::workspace::root()?)
        .args(["check", "advisories", "licenses", "bans", "sources"])
        .status()
        .context("cannot start cargo-deny")?;
    if !status.success() {
        bail!("cargo-deny found something");
    }
    Ok(TestCounts::default())
}
