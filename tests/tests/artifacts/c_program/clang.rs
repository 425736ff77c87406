//! Clang with MinGW-w64's headers.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian and others keep MinGW-w64's headers, which are the same for 32 and 64 bits.
const HEADERS: [&str; 3] = [
    "/usr/share/mingw-w64/include",
    "/usr/x86_64-w64-mingw32/include",
    "/usr/x86_64-w64-mingw32/sys-root/mingw/include",
];

/// A compiler for Windows.
pub(crate) struct Clang {
    program: PathBuf,
    headers: &'static Path,
}

impl Clang {
    /// Finds it.
    pub(crate) fn find() -> Self {
        Self {
            program: program().expect(
                "clang is missing: `cargo xtask build` installs it on Debian; \
                 elsewhere install LLVM",
            ),
            headers: HEADERS
                .into_iter()
                .map(Path::new)
                .find(|folder| folder.join("netioapi.h").is_file())
                .expect(
                    "MinGW-w64's headers are missing: `cargo xtask build` installs them on \
                     Debian; elsewhere install them",
                ),
        }
    }

    /// Compiles a file of the repository for Windows, with all warnings as errors and without
    /// output. The error is what the compiler says.
    pub(crate) fn check(
        &self,
        file: &str,
        architecture: &str,
        options: &[&str],
    ) -> Result<(), String> {
        let mut command = self.command(&format!("{architecture}-w64-mingw32"));
        command
            .args(["-fsyntax-only", "-Wall", "-Wextra", "-pedantic", "-Werror"])
            .args(options)
            .arg(file);
        run(&mut command)
    }

    /// Clang in the repository's folder, with our header and those of Windows.
    pub(crate) fn command(&self, target: &str) -> Command {
        let mut command = self.bare_command(target);
        command
            .arg("-Iinclude")
            .arg("-isystem")
            .arg(self.headers)
            .arg("-isystem")
            .arg(self.headers.join("ddk"));
        command
    }

    /// Clang in the repository's folder, without any headers.
    pub(crate) fn bare_command(&self, target: &str) -> Command {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let mut command = Command::new(&self.program);
        command
            .current_dir(root.expect("the package lies in the repository"))
            .arg(format!("--target={target}"));
        command
    }
}

/// Runs a compiler; the error is what it says.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().expect("clang can be started");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The newest of Debian's, else the one in the search path.
fn program() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let version = folder.file_name().and_then(OsStr::to_str)?;
            let version = version.strip_prefix("llvm-")?.parse().ok()?;
            Some((version, folder.join("bin/clang")))
        })
        .filter(|(_, program)| program.is_file())
        .collect();
    versions.sort();
    let in_path = || {
        env::split_paths(&env::var_os("PATH")?)
            .map(|folder| folder.join("clang"))
            .find(|program| program.is_file())
    };
    versions.pop().map(|(_, program)| program).or_else(in_path)
}
