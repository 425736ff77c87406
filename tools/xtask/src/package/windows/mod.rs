//! Builds programs for Windows without its SDK.
//!
//! Rust's standard library is built from source, for the GNU flavour of Windows: its C runtime and
//! import libraries are MinGW's, which the driver build needs anyway, and LLVM's linker
//! replaces MinGW's. Of GCC's own libraries, programs need the stack probe and the names of the
//! unwinder, which a program that aborts on panic never calls (see `gcc/`).
//!
//! The target is that of Windows 7 and later: its programs import no function that an older Wine
//! lacks.

mod c_program;
mod gcc;
pub(crate) mod wine;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use wdk_cross::build_tools::BuildTools;
use wdk_cross::files;
use wdk_cross::toolchain::Toolchain;

use crate::cargo::{self, TestCounts};
use crate::workspace;

/// The programs' target.
const TARGET: &str = "x86_64-win7-windows-gnu";

/// Builds programs of the workspace and returns the folder that they are in.
pub(super) fn build(build_tools: &BuildTools, packages: &[&str]) -> Result<PathBuf> {
    let target = workspace::root()?.join("target/windows");
    let status = cargo(build_tools, "build", packages, &target)?.status();
    if !status.context("cannot start cargo")?.success() {
        bail!("{} did not build for Windows", packages.join(" and "));
    }
    Ok(target.join(TARGET).join("release"))
}

/// Runs the unit tests of packages of the workspace, in Wine.
pub(super) fn test(build_tools: &BuildTools, packages: &[&str]) -> Result<TestCounts> {
    let target = workspace::root()?.join("target/windows");
    let mut cargo = cargo(build_tools, "test", packages, &target)?;
    let wine = wine::find().map_err(|need| anyhow::anyhow!(need.uses.join("; ")))?;
    wine::equip(&mut cargo)?;
    let runner = TARGET.to_uppercase().replace('-', "_");
    cargo
        .env(format!("CARGO_TARGET_{runner}_RUNNER"), wine)
        .args(["--lib", "--bins", "-Zpanic-abort-tests", "--"])
        // One process for all tests: Wine fails to start about one process in six thousand.
        .args(["-Zunstable-options", "--force-run-in-process"]);
    cargo::count(cargo)
}

/// Cargo with the arguments that every subcommand for Windows needs.
fn cargo(
    build_tools: &BuildTools,
    what: &str,
    packages: &[&str],
    target: &Path,
) -> Result<Command> {
    let tools = build_tools
        .tools
        .as_ref()
        .context("not needed on Windows")?;
    let toolchain = Toolchain::with_library_source()?
        .map_err(|need| anyhow::anyhow!("still missing: {}", need.uses.join("; ")))?;
    let stand_ins = gcc::stand_in(tools, &target.join("libraries"))?;
    let linker = tools.lld_link.with_file_name("ld.lld");
    let start = tools.mingw.libraries.join("crt2.o");
    let flags = [
        format!("-Clinker={}", linker.display()),
        format!("-Cdlltool={}", tools.llvm_dlltool.display()),
        format!("-Clink-arg={}", start.display()),
        format!("-Clink-arg=-L{}", stand_ins.display()),
        format!("-Clink-arg=-L{}", tools.mingw.libraries.display()),
        // The same sources give the same program.
        "-Clink-arg=--no-insert-timestamp".to_owned(),
    ];
    let mut cargo = toolchain.cargo(&workspace::root()?);
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .envs(cargo::RELEASE_OF_PROGRAMS)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .args([what, "--quiet", "--locked", "--release"])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .args(["--target", TARGET, "-Zbuild-std=std,panic_abort"])
        .arg("--target-dir")
        .arg(target)
        .stdin(Stdio::null());
    Ok(cargo)
}

/// Writes the paths of Wine and of MinGW's import libraries to files, for the tests.
pub(super) fn note_places(build_tools: &BuildTools) -> Result<()> {
    let tools = build_tools
        .tools
        .as_ref()
        .context("not needed on Windows")?;
    let wine = wine::find().map_err(|need| anyhow::anyhow!(need.uses.join("; ")))?;
    let target = workspace::root()?.join("target/windows");
    for (name, place) in [
        ("wine.path", &wine),
        ("mingw-libraries.path", &tools.mingw.libraries),
    ] {
        files::write_if_changed(&target.join(name), place.as_os_str().as_encoded_bytes())?;
    }
    Ok(())
}

/// Builds the C program of examples/, which the tests run.
pub(super) fn build_c_example(build_tools: &BuildTools) -> Result<()> {
    let tools = build_tools
        .tools
        .as_ref()
        .context("not needed on Windows")?;
    let root = workspace::root()?;
    c_program::build(
        tools,
        &root.join("examples/c/route.c"),
        &root.join("include"),
        &root.join("target/windows/route.exe"),
    )?;
    Ok(())
}
