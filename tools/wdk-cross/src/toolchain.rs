//! Which Rust builds the driver.
//!
//! The driver's target needs a `core` and an `alloc`. In order of preference: the active toolchain
//! has them; rustup can fetch them; the active toolchain has their source; Debian has a toolchain
//! with their source. No version is pinned.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use clap::ValueEnum;
use fs_err as fs;

use crate::prerequisites::Need;
use crate::program;

/// The driver's target.
pub const TARGET: &str = "x86_64-pc-windows-msvc";

/// How long rustup may take to fetch the target's libraries before the next toolchain is tried.
const RUSTUP_LIMIT: Duration = Duration::from_mins(1);

/// Debian's toolchain, newer than its `rustc` package since its browsers need it.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Which toolchain the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ToolchainChoice {
    /// The first way that works
    Auto,
    /// The active toolchain, with the target's libraries from rustup
    Rustup,
    /// Debian's rustc-web, with the libraries built from source
    Debian,
}

/// A toolchain that can build the driver.
#[derive(Debug, Clone)]
pub struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    libraries: Libraries,
}

/// The origin of `core` and `alloc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Libraries {
    /// They come with the toolchain.
    Prebuilt,
    /// Cargo builds them along with the driver.
    FromSource,
}

impl Toolchain {
    /// Finds the toolchain that the user chose. The inner error is what to install.
    ///
    /// # Errors
    ///
    /// If no Rust is installed, or rustup cannot fetch the libraries.
    pub fn find(choice: ToolchainChoice) -> Result<Result<Self, Need>> {
        match choice {
            ToolchainChoice::Rustup => {
                let fetched = Self::active()?.with_prebuilt_libraries();
                Ok(Ok(fetched.with_context(|| {
                    format!("the active Rust has no libraries for {TARGET}, and rustup none to add")
                })?))
            }
            ToolchainChoice::Debian => Ok(Self::debian()),
            ToolchainChoice::Auto => {
                let active = Self::active()?;
                if let Some(toolchain) = active.clone().with_prebuilt_libraries() {
                    return Ok(Ok(toolchain));
                }
                Ok(if active.has_library_source() {
                    Ok(active)
                } else {
                    Self::debian()
                })
            }
        }
    }

    /// Finds a toolchain that can build Rust's libraries for any target. The inner error is what to
    /// install.
    ///
    /// # Errors
    ///
    /// If no Rust is installed.
    pub fn with_library_source() -> Result<Result<Self, Need>> {
        let mut active = Self::active()?;
        active.libraries = Libraries::FromSource;
        Ok(if active.has_library_source() {
            Ok(active)
        } else {
            Self::debian()
        })
    }

    /// Version and origin of the libraries, in one line for the user.
    ///
    /// # Errors
    ///
    /// If rustc cannot start.
    pub fn describe(&self) -> Result<String> {
        let version = program::output(Command::new(&self.rustc).arg("--version"))?;
        let libraries = match self.libraries {
            Libraries::Prebuilt => "the target's libraries come with it",
            Libraries::FromSource => "core and alloc are built from source",
        };
        Ok(format!(
            "{} ({}), {libraries}",
            version.trim(),
            self.rustc.display()
        ))
    }

    /// Its compiler.
    #[must_use]
    pub fn rustc(&self) -> &Path {
        &self.rustc
    }

    /// A short name for folders.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.libraries {
            Libraries::Prebuilt => "prebuilt",
            Libraries::FromSource => "from-source",
        }
    }

    /// This toolchain's cargo, in a folder, without the variables of the cargo that runs this
    /// program.
    #[must_use]
    pub fn cargo(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.cargo);
        for (name, _) in env::vars_os().filter(|(name, _)| is_of_another_cargo(name)) {
            command.env_remove(name);
        }
        command.current_dir(folder).env("RUSTC", &self.rustc);
        command
    }

    /// True if cargo builds `core` and `alloc` along with the driver.
    #[must_use]
    pub fn builds_its_libraries(&self) -> bool {
        self.libraries == Libraries::FromSource
    }

    /// The arguments that give the target its libraries.
    #[must_use]
    pub fn library_arguments(&self) -> &'static [&'static str] {
        match self.libraries {
            Libraries::Prebuilt => &[],
            // Without compiler-builtins' memcpy and the like: the kernel exports them.
            Libraries::FromSource => &[
                "-Zbuild-std=core,alloc,panic_abort",
                "-Zbuild-std-features=",
            ],
        }
    }

    /// The folder in which the toolchain has, or would have, the source of its libraries.
    ///
    /// # Errors
    ///
    /// If rustc does not print its folder.
    pub fn library_source(&self) -> Result<PathBuf> {
        let sysroot = self
            .print(&["sysroot"])
            .context("rustc does not print its folder")?;
        Ok(sysroot.join("lib/rustlib/src/rust"))
    }

    /// The flag for a lock file of another name, if this cargo needs one.
    #[must_use]
    pub fn lock_file_flag(&self) -> Option<&'static str> {
        let version = program::output(Command::new(&self.cargo).arg("--version")).ok();
        let is_stable = version
            .and_then(|version| minor_version(&version))
            .is_some_and(|minor| {
                // Stable since 1.97, which warns of the flag.
                minor >= 97
            });
        (!is_stable).then_some("-Zlockfile-path")
    }

    /// The toolchain whose cargo runs this program, or the one in the search path.
    fn active() -> Result<Self> {
        let cargo = env::var_os("CARGO")
            .map(PathBuf::from)
            .filter(|path| path.is_file())
            .or_else(|| program::in_path("cargo"))
            .context("no cargo in the search path: install Rust, see https://rustup.rs")?;
        let beside = cargo.with_file_name(format!("rustc{}", env::consts::EXE_SUFFIX));
        let rustc = Some(beside)
            .filter(|path| path.is_file())
            .or_else(|| program::in_path("rustc"))
            .context("found cargo, but no rustc beside it or in the search path")?;
        let mut toolchain = Self {
            cargo,
            rustc,
            libraries: Libraries::FromSource,
        };
        if toolchain.has_prebuilt_libraries() {
            toolchain.libraries = Libraries::Prebuilt;
        }
        Ok(toolchain)
    }

    fn with_prebuilt_libraries(mut self) -> Option<Self> {
        if !self.has_prebuilt_libraries() {
            self.fetch_libraries();
        }
        self.libraries = Libraries::Prebuilt;
        self.has_prebuilt_libraries().then_some(self)
    }

    fn has_prebuilt_libraries(&self) -> bool {
        let folder = self.print(&["target-libdir", "--target", TARGET]);
        let entries = folder.and_then(|folder| fs::read_dir(folder).ok());
        entries.into_iter().flatten().flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libcore-") && name.ends_with(".rlib")
        })
    }

    /// Asks rustup for the libraries; if that fails, the caller finds none.
    fn fetch_libraries(&self) {
        let Some(sysroot) = self.print(&["sysroot"]) else {
            return;
        };
        let is_of_rustup = sysroot
            .parent()
            .is_some_and(|parent| parent.ends_with("toolchains"));
        let (true, Some(name), Some(rustup)) = (
            is_of_rustup,
            sysroot.file_name(),
            program::in_path("rustup"),
        ) else {
            return;
        };
        program::print_status(&format!("asking rustup for the libraries of {TARGET}"));
        let mut command = Command::new(rustup);
        command
            .args(["target", "add", "--toolchain"])
            .arg(name)
            .arg(TARGET);
        if !program::succeeds_within(&mut command, RUSTUP_LIMIT) {
            program::print_status("rustup cannot fetch them: going on without it");
        }
    }

    fn has_library_source(&self) -> bool {
        self.library_source()
            .is_ok_and(|source| source.join("library/core/src/lib.rs").is_file())
    }

    fn debian() -> Result<Self, Need> {
        let toolchain = Self {
            cargo: PathBuf::from("/usr/bin/cargo"),
            rustc: PathBuf::from("/usr/bin/rustc"),
            libraries: Libraries::FromSource,
        };
        if toolchain.cargo.is_file() && toolchain.has_library_source() {
            return Ok(toolchain);
        }
        Err(Need {
            uses: vec![format!(
                "a Rust that can build for {TARGET}: with the target's libraries (which rustup \
                 cannot fetch here) or with their source"
            )],
            llvm: false,
            packages: DEBIAN_PACKAGES.to_vec(),
            elsewhere: "Give Rust the libraries, by `rustup target add x86_64-pc-windows-msvc` or \
                        `rustup component add rust-src`.",
        })
    }

    fn print(&self, what: &[&str]) -> Option<PathBuf> {
        let mut command = Command::new(&self.rustc);
        let printed = program::output(command.arg("--print").args(what)).ok()?;
        Some(PathBuf::from(printed.trim()))
    }
}

/// True for a variable of the cargo that runs this program, which would mislead another one.
fn is_of_another_cargo(name: &OsString) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    // The settings of the network and the registry stay valid.
    let kept = ["CARGO_HOME", "CARGO_BUILD_JOBS"].contains(&name)
        || [
            "CARGO_HTTP_",
            "CARGO_NET_",
            "CARGO_REGISTR",
            "CARGO_SOURCE_",
            "CARGO_TERM_",
        ]
        .iter()
        .any(|kept| name.starts_with(kept));
    let foreign = [
        "CARGO",
        "RUSTC",
        "RUSTDOC",
        "RUSTFLAGS",
        "RUSTUP_TOOLCHAIN",
        "RUST_RECURSION",
    ]
    .iter()
    .any(|foreign| name.starts_with(foreign));
    // Cargo adds its own folders to it when it runs a program.
    (foreign && !kept) || name == "LD_LIBRARY_PATH"
}

/// The second number in "cargo 1.95.0 (…)".
fn minor_version(printed: &str) -> Option<u32> {
    printed
        .split_whitespace()
        .nth(1)?
        .split('.')
        .nth(1)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_cargo_prints_it() {
        assert_eq!(
            minor_version("cargo 1.95.0 (f2d3ce0bd 2026-03-25)\n"),
            Some(95)
        );
        assert_eq!(
            minor_version("cargo 1.99.0-nightly (1 2026-08-01)"),
            Some(99)
        );
        assert_eq!(minor_version("cargo"), None);
    }

    #[test]
    fn variables_of_one_cargo_do_not_reach_another() {
        let foreign = |name: &str| is_of_another_cargo(&OsString::from(name));
        for name in [
            "CARGO",
            "CARGO_MANIFEST_DIR",
            "CARGO_TARGET_DIR",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "RUST_RECURSION_COUNT",
            "LD_LIBRARY_PATH",
        ] {
            assert!(foreign(name), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "RUSTUP_HOME",
            "PATH",
            "RUST_BACKTRACE",
        ] {
            assert!(!foreign(name), "{name}");
        }
    }
}
