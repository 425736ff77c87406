//! Programs and files that a build needs and that are not installed: what they are, and the
//! packages that have them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::process::Command;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;

use crate::program;

/// A program or a set of files that is not installed.
#[derive(Debug)]
pub struct Need {
    /// Name and purpose, one line each.
    pub uses: Vec<String>,
    /// True if it needs LLVM, whose packages on Debian carry a version.
    pub llvm: bool,
    /// Its other packages on Debian.
    pub packages: Vec<&'static str>,
    /// What to do on other systems.
    pub elsewhere: &'static str,
}

/// Debian's packages of LLVM, before the version that they all have in common.
const LLVM_PACKAGES: [&str; 4] = ["clang", "lld", "llvm", "libclang1"];

/// The uses of all needs, one a line.
#[must_use]
pub fn list(needs: &[Need]) -> String {
    let uses = needs.iter().flat_map(|need| &need.uses);
    uses.fold(String::new(), |list, line| list + "  - " + line + "\n")
}

/// Installs the packages with apt-get.
///
/// # Errors
///
/// If that is not possible here: the error says how to install them.
pub fn install(needs: &[Need]) -> Result<()> {
    let missing = format!("not installed:\n{}", list(needs));
    if program::in_path("apt-get").is_none() {
        let hints = needs.iter().map(|need| need.elsewhere).collect::<Vec<_>>();
        bail!("{missing}{}", hints.join("\n"));
    }
    let user = program::output(Command::new("id").arg("-u"))?;
    let is_root = user.trim() == "0";
    let packages = debian_packages(needs, is_root)?;
    let arguments = ["install", "--yes", "--no-install-recommends"];
    if !is_root {
        bail!(
            "{missing}Install it with:\n\n    sudo apt-get {} {}\n",
            arguments.join(" "),
            packages.join(" ")
        );
    }
    program::print_status(&format!("{missing}Installing {}", packages.join(" ")));
    // From old lists, apt installs old packages without a warning, such as a Rust that is too old.
    if let Err(error) = update() {
        program::print_status(&format!("going on with the present lists: {error:#}"));
    }
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .arg("--quiet");
    program::output(command.args(arguments).args(&packages))?;
    Ok(())
}

fn update() -> Result<()> {
    program::print_status("reading Debian's package lists (apt-get update)");
    program::output(Command::new("apt-get").args(["--quiet", "update"]))?;
    Ok(())
}

fn debian_packages(needs: &[Need], is_root: bool) -> Result<Vec<String>> {
    let mut packages = BTreeSet::new();
    for need in needs {
        packages.extend(need.packages.iter().map(|&name| name.to_owned()));
    }
    if needs.iter().any(|need| need.llvm) {
        let version = newest_llvm(is_root)?;
        packages.extend(LLVM_PACKAGES.map(|name| format!("{name}-{version}")));
    }
    Ok(packages.into_iter().collect())
}

fn newest_llvm(is_root: bool) -> Result<u32> {
    let search = || {
        let names = "^(clang|lld|llvm|libclang1)-[0-9]+$";
        program::output(Command::new("apt-cache").args(["search", "--names-only", names]))
    };
    let mut found = newest_complete(&search()?);
    if found.is_none() && is_root {
        update()?;
        found = newest_complete(&search()?);
    }
    found.with_context(|| {
        format!("apt knows no version of LLVM with all of {LLVM_PACKAGES:?}; try `apt-get update`")
    })
}

/// The newest version that has all the packages, in the output of `apt-cache search`.
fn newest_complete(listing: &str) -> Option<u32> {
    let mut versions: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for line in listing.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        if let Some((package, version)) = name.rsplit_once('-')
            && let Ok(version) = version.parse()
        {
            versions.entry(version).or_default().insert(package);
        }
    }
    let is_complete =
        |packages: &BTreeSet<&str>| LLVM_PACKAGES.iter().all(|name| packages.contains(name));
    let mut newest_first = versions.into_iter().rev();
    newest_first
        .find(|(_, packages)| is_complete(packages))
        .map(|(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_llvm_is_the_newest_complete_one() {
        let listing = "clang-14 - C compiler\nlld-14 - linker\nllvm-14 - toolchain\n\
                       libclang1-14 - C interface\nclang-9 - C compiler\nlld-9 - linker\n\
                       llvm-9 - toolchain\nlibclang1-9 - C interface\nclang-20 - C compiler\n";
        assert_eq!(newest_complete(listing), Some(14));
        assert_eq!(newest_complete(""), None);
    }

    #[test]
    fn all_needs_are_listed_together() {
        let need = |what: &str| Need {
            uses: vec![what.to_owned()],
            llvm: false,
            packages: vec!["b", "a"],
            elsewhere: "",
        };
        let needs = [need("one thing"), need("another")];
        assert_eq!(list(&needs), "  - one thing\n  - another\n");
        assert_eq!(debian_packages(&needs, false).unwrap(), ["a", "b"]);
    }
}
