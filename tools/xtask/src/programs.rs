//! `cargo xtask programs`: the programs for Linux as they ship, with manual pages and completions.

use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use wdk_cross::program;

use crate::cargo::{self, TestCounts};
use crate::symbols;
use crate::workspace;

const PROGRAMS: [&str; 2] = ["nthost", "routectl"];

/// The shells that look for completions in files, and these files.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/routectl"),
    ("zsh", "share/zsh/site-functions/_routectl"),
    ("fish", "share/fish/vendor_completions.d/routectl.fish"),
];

/// Makes target/programs, which can be copied to a prefix such as /usr/local; returns its path.
pub(crate) fn programs() -> Result<String> {
    if !cfg!(target_os = "linux") {
        bail!("only for Linux; elsewhere use `cargo build --release --package routectl`");
    }
    let objcopy = ["llvm-objcopy", "objcopy"]
        .into_iter()
        .find_map(program::in_path);
    let objcopy = objcopy.context("objcopy is missing: install LLVM or binutils")?;
    let built = cargo::build_for_release(&PROGRAMS)?;
    let folder = workspace::root()?.join("target/programs");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for name in PROGRAMS {
        symbols::separate(&objcopy, &built.join(name), &folder.join("bin"))?;
        let mut pages = Command::new(folder.join("bin").join(name));
        program::output(pages.arg("man").arg(folder.join("share/man/man1")))?;
    }
    for (shell, file) in COMPLETIONS {
        let mut routectl = Command::new(folder.join("bin/routectl"));
        let script = program::output(routectl.args(["completions", shell]))?;
        let file = folder.join(file);
        fs::create_dir_all(file.parent().context("a file has a folder")?)?;
        fs::write(&file, script)?;
    }
    Ok(format!("{}\n", folder.display()))
}

/// Makes the programs, which the end-to-end tests look at.
pub(crate) fn test() -> Result<TestCounts> {
    print!("{}", programs()?);
    Ok(TestCounts::default())
}
