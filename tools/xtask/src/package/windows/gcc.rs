//! Stand-ins for GCC's own libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use wdk_cross::files;
use wdk_cross::program;
use wdk_cross::tools::Tools;

/// Libraries with symbols that programs need: name, name of the source, source.
const MADE: [(&str, &str, &str); 2] = [
    (
        "libgcc.a",
        "stack_probe.c",
        include_str!("gcc/stack_probe.c"),
    ),
    ("libgcc_eh.a", "unwinder.c", include_str!("gcc/unwinder.c")),
];

/// Libraries that the linker is given but whose symbols no program needs.
const EMPTY: [&str; 2] = ["libssp.a", "libssp_nonshared.a"];

/// An archive without members.
const EMPTY_ARCHIVE: &[u8] = b"!<arch>\n";

/// Makes the libraries in a folder, and returns it.
pub(super) fn stand_in(tools: &Tools, folder: &Path) -> Result<PathBuf> {
    for name in EMPTY {
        files::write_if_changed(&folder.join(name), EMPTY_ARCHIVE)?;
    }
    for (library, name, source) in MADE {
        let library = folder.join(library);
        let file = folder.join(name);
        let is_current = fs::read(&file).is_ok_and(|now| now == source.as_bytes());
        if !is_current || !library.is_file() {
            fs::write(&file, source)?;
            compile(tools, &file, &library)?;
        }
    }
    Ok(folder.to_owned())
}

fn compile(tools: &Tools, source: &Path, library: &Path) -> Result<()> {
    let object = source.with_extension("o");
    let mut clang = Command::new(&tools.clang);
    clang
        .args([
            "--target=x86_64-w64-windows-gnu",
            "-ffreestanding",
            "-O1",
            "-c",
        ])
        .arg(source)
        .arg("-o")
        .arg(&object);
    program::output(&mut clang)?;
    let mut archive = Command::new(&tools.llvm_lib);
    archive
        .arg("/nologo")
        .arg(format!("/out:{}", library.display()))
        .arg(&object);
    program::output(&mut archive)?;
    Ok(())
}
