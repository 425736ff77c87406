//! The driver, built a second time, for the tests to compare.

use std::path::Path;

use anyhow::Result;

use crate::driver;
use crate::machine::Machine;
use crate::program;
use crate::toolchain::TARGET;

/// Forgets the driver's own crate as it was built, and builds it to another place.
pub(super) fn build_again(machine: &Machine, root: &Path) -> Result<()> {
    let toolchain = &machine.toolchain;
    let mut clean = toolchain.cargo(root);
    clean
        .args(["clean", "--quiet", "--release", "--package", "driver"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(root.join("target/driver-build").join(toolchain.name()));
    program::output(&mut clean)?;
    let again = root.join("target/again/driver.sys");
    driver::build(&driver::Options::other(root.to_owned(), again))?;
    Ok(())
}
