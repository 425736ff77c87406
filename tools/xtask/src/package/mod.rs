//! `cargo xtask package`: the driver package, signed, with its catalog.

mod catalog;
mod certificate;
mod hardware_ids;
mod image_hash;
mod reproducible;
mod signed_message;
mod signing;
mod windows;

use anyhow::{Context, Result, bail};
use der::DateTime;
use fs_err as fs;
use wdk_cross::Architecture;
use wdk_cross::build_tools::BuildTools;
use wdk_cross::files;
use wdk_cross::image;
use wdk_cross::program::print_status;
use wdk_cross::source_date;
use wdk_cross::toolchain::{Toolchain, ToolchainChoice};

use crate::cargo::TestCounts;
use crate::driver;
use crate::symbols;
use crate::workspace;
use windows::wine;

/// The files of the package, in the order of the printed list.
const FILES: [&str; 10] = [
    "driver.sys",
    "driver.inf",
    "driver.cat",
    "driver.pdb",
    "test-certificate.cer",
    "routectl.exe",
    "routectl.debug",
    "ipforward-probe.exe",
    "ipforward-probe.debug",
    "ipforward.h",
];

/// The programs of the package.
const PROGRAMS: [&str; 2] = ["routectl", "ipforward-probe"];

/// Makes the package in target/package and returns its files, one a line.
pub(crate) fn package() -> Result<String> {
    if cfg!(windows) {
        bail!("on Windows the driver kit makes the package: `cargo make default --release`");
    }
    let build_tools = prepare()?;
    let root = workspace::root()?;
    let folder = root.join("target/package");
    let header = root.join("include/ipforward.h");
    if !header.is_file() {
        bail!("{} is missing: the package needs it", header.display());
    }

    let built = driver::ours()?.build()?;
    print_status("building the programs for Windows");
    let programs = windows::build(&build_tools, &PROGRAMS)?;
    let signer = signing::Signer::find().map_err(|need| anyhow::anyhow!(need.uses.join("; ")))?;
    let certificate = certificate::ensure(&signer.openssl, &root.join("target/test-certificate"))?;

    let inf = built.inf.context("the driver has no INF file")?;
    let driver_symbols = built
        .symbols
        .context("the driver has no debug information")?;
    fs::create_dir_all(&folder)?;
    files::prune(&folder, |name| FILES.contains(&name))?;
    files::copy_if_changed(&inf, &folder.join("driver.inf"))?;
    files::copy_if_changed(&driver_symbols, &folder.join("driver.pdb"))?;
    files::copy_if_changed(
        &certificate.for_windows,
        &folder.join("test-certificate.cer"),
    )?;
    let tools = build_tools
        .tools
        .as_ref()
        .context("not needed on Windows")?;
    let objcopy = tools.llvm_lib.with_file_name("llvm-objcopy");
    for name in PROGRAMS {
        symbols::separate(&objcopy, &programs.join(format!("{name}.exe")), &folder)?;
    }
    files::copy_if_changed(&header, &folder.join("ipforward.h"))?;

    let date = source_date::of(&root)?;
    let catalog = make_catalog(date, &fs::read(&built.image)?, &fs::read(&inf)?)?;
    let unsigned = root.join("target/driver/driver.cat");
    files::write_if_changed(&unsigned, &catalog)?;
    let time = date.unix_duration().as_secs();
    for (from, name) in [(&built.image, "driver.sys"), (&unsigned, "driver.cat")] {
        signer.sign(&certificate, time, from, &folder.join(name))?;
    }

    image::check(&fs::read(folder.join("driver.sys"))?, &["NETIO.SYS"])?;
    signer.verify(&certificate, &folder.join("driver.sys"))?;
    signer.verify_member(
        &certificate,
        &folder.join("driver.sys"),
        &folder.join("driver.cat"),
    )?;
    let files = FILES.map(|name| format!("{}\n", folder.join(name).display()));
    Ok(files.concat())
}

/// Makes the package, and the other files that the end-to-end tests of it need.
pub(crate) fn test() -> Result<TestCounts> {
    print!("{}", package()?);
    let first = contents()?;
    package()?;
    if contents()? != first {
        bail!("two packages of the same source differ");
    }
    let build_tools = prepare()?;
    windows::note_places(&build_tools)?;
    windows::build_c_example(&build_tools)?;
    let root = workspace::root()?;
    driver::ours()?.stamp_inf(Architecture::Arm64, &root.join("target/arm64/driver.inf"))?;
    reproducible::build_elsewhere(&root)?;
    // The unit tests of the code for Windows.
    windows::test(&build_tools, &["ipforward", "ipforward-probe", "routectl"])
}

/// The bytes of all files of the package.
fn contents() -> Result<Vec<Vec<u8>>> {
    let folder = workspace::root()?.join("target/package");
    let files = FILES.iter().map(|name| Ok(fs::read(folder.join(name))?));
    files.collect()
}

/// Finds or installs the programs that make and test the package.
fn prepare() -> Result<BuildTools> {
    BuildTools::prepare_with(ToolchainChoice::Auto, || {
        let toolchain = match Toolchain::with_library_source() {
            Ok(toolchain) => toolchain.err(),
            // `BuildTools` reports it.
            Err(_) => None,
        };
        let others = [toolchain, signing::Signer::find().err(), wine::find().err()];
        others.into_iter().flatten().collect()
    })
}

/// The catalog of an image and an INF file, not yet signed.
fn make_catalog(date: DateTime, image: &[u8], inf: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(inf).context("the INF file is no text")?;
    catalog::Catalog {
        date,
        hardware_ids: hardware_ids::of(text)?,
        members: vec![
            catalog::Member::image("driver.sys", image)?,
            catalog::Member::file("driver.inf", inf),
        ],
    }
    .encode()
    .context("cannot encode the catalog")
}
