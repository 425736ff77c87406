//! The C program of examples/, compiled with MinGW's headers and linked as Rust's programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use wdk_cross::program;
use wdk_cross::tools::Tools;

use super::gcc;

/// The libraries of every console program, in the linker's order.
const RUNTIME: [&str; 6] = [
    "-lmingw32",
    "-lmingwex",
    "-lgcc",
    "-lmsvcrt",
    "-lkernel32",
    "-ladvapi32",
];

/// Compiles one source with the headers of a folder, for Windows.
pub(super) fn build(tools: &Tools, source: &Path, include: &Path, to: &Path) -> Result<PathBuf> {
    let object = to.with_extension("o");
    let stand_ins = gcc::stand_in(tools, &to.with_file_name("libraries"))?;
    let mut clang = Command::new(&tools.clang);
    clang
        .args([
            "--target=x86_64-w64-windows-gnu",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-c",
        ])
        // MinGW's headers include stdarg.h, which is one of the compiler's own.
        .arg("-isystem")
        .arg(&tools.mingw.include)
        .arg("-I")
        .arg(include)
        .arg(source)
        .arg("-o")
        .arg(&object);
    program::output(&mut clang)?;
    let mut linker = Command::new(tools.lld_link.with_file_name("ld.lld"));
    linker
        .args(["-m", "i386pep", "--no-insert-timestamp", "-o"])
        .arg(to)
        .arg(tools.mingw.libraries.join("crt2.o"))
        .arg(&object)
        .arg("-L")
        .arg(&stand_ins)
        .arg("-L")
        .arg(&tools.mingw.libraries)
        .arg("-lws2_32")
        .arg("-lcfgmgr32")
        .args(RUNTIME);
    program::output(&mut linker)?;
    Ok(to.to_owned())
}
