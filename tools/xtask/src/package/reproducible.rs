//! A second build of the driver from scratch in another folder, which the tests compare.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use anyhow::{Context, Result};
use fs_err as fs;
use wdk_cross::files;
use wdk_cross::program::{self, print_status};

/// Folders that are not copied.
const LEFT_OUT: [&str; 2] = ["target", ".git"];

/// Copies the sources to another folder, and builds the driver there without any earlier
/// build.
pub(super) fn build_elsewhere(root: &Path) -> Result<()> {
    // No random letters: the kit refuses a path with "wdf" in it.
    let folder = tempfile::Builder::new()
        .prefix(&format!("elsewhere-{}", process::id()))
        .rand_bytes(0)
        .tempdir()
        .context("cannot make a temporary folder")?;
    let copy = folder.path().join("ipforward");
    print_status(&format!(
        "building the driver once more, in {}",
        copy.display()
    ));
    copy_sources(root, &copy)?;
    let mut build = Command::new(this_program()?);
    build
        .arg("build")
        .current_dir(&copy)
        // The root of the workspace is derived from it.
        .env("CARGO_MANIFEST_DIR", copy.join("tools/xtask"));
    program::output(&mut build)?;
    files::copy_if_changed(
        &copy.join("target/driver/driver.sys"),
        &root.join("target/again/driver.sys"),
    )
}

/// The running xtask. An earlier step may have linked xtask anew, and its path then leads to another
/// file or to none; Linux's link leads to the running one in any case.
fn this_program() -> Result<PathBuf> {
    let link = Path::new("/proc/self/exe");
    if link.exists() {
        return Ok(link.to_owned());
    }
    env::current_exe().context("cannot find the path of xtask")
}

fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|left_out| name == *left_out) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            copy_sources(&from, &to)?;
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}
