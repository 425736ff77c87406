//! Separates the debug information of programs that ship.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;
use wdk_cross::program;

/// Writes a program without symbols to a folder, and its symbols beside it, to a file that the program
/// names and in which debuggers look for them.
pub(crate) fn separate(objcopy: &Path, program: &Path, folder: &Path) -> Result<()> {
    let name = Path::new(program.file_name().context("a program has a name")?);
    let symbols = name.with_extension("debug");
    fs::create_dir_all(folder)?;
    let copy = |options: &[&str], to: &Path| {
        let mut command = Command::new(objcopy);
        // In the folder, so that the program names the file without one.
        command
            .current_dir(folder)
            .args(options)
            .arg(program)
            .arg(to);
        program::output(&mut command)
    };
    copy(&["--only-keep-debug"], &symbols)?;
    let link = format!("--add-gnu-debuglink={}", symbols.display());
    copy(&["--strip-all", &link], name)?;
    Ok(())
}
