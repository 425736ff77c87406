//! What takes the place of GCC's own libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use fs_err as fs;

use crate::fresh;
use crate::program;
use crate::tools::Tools;

const SOURCE: &str = include_str!("unwinder.c");

/// Libraries that the target names and of which nothing is needed.
const EMPTY: [&str; 3] = ["libgcc.a", "libssp.a", "libssp_nonshared.a"];

/// An archive without members.
const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

/// Makes the libraries in a folder, and gives it back.
pub(super) fn compile(tools: &Tools, folder: &Path) -> Result<PathBuf> {
    for name in EMPTY {
        fresh::write(&folder.join(name), EMPTY_ARCHIVE)?;
    }
    let library = folder.join("libgcc_eh.a");
    let source = folder.join("unwinder.c");
    let is_current = fs::read(&source).is_ok_and(|now| now == SOURCE.as_bytes());
    if is_current && library.is_file() {
        return Ok(folder.to_owned());
    }
    let object = folder.join("unwinder.o");
    fs::write(&source, SOURCE)?;
    let mut clang = Command::new(&tools.clang);
    clang
        .args([
            "--target=x86_64-w64-windows-gnu",
            "-ffreestanding",
            "-O1",
            "-c",
        ])
        .arg(&source)
        .arg("-o")
        .arg(&object);
    program::output(&mut clang)?;
    let mut archive = Command::new(&tools.llvm_lib);
    archive
        .arg("/nologo")
        .arg(format!("/out:{}", library.display()))
        .arg(&object);
    program::output(&mut archive)?;
    Ok(folder.to_owned())
}
