//! `cargo xtask header`: the C header and the reference page, made from the contract.

mod answers;
mod header;
mod ioctl;
mod prose;

use std::fmt::Write as _;
use std::path::Path;

use abi::operation::Description;
use anyhow::Result;
use contract::Contract;
use fs_err as fs;

use crate::workspace;

/// One generated file: where it lies, and what makes it.
type Page = (&'static str, fn(&Contract) -> String);

const PAGES: [Page; 2] = [
    ("include/ipforward.h", header::render),
    ("docs/ioctl.md", ioctl::render),
];

/// Writes the files that are not as they should be, and says which.
pub(crate) fn write() -> Result<String> {
    let root = workspace::root()?;
    let contract = read(&root)?;
    let mut said = String::new();
    for (path, render) in PAGES {
        let text = render(&contract);
        let file = root.join(path);
        let same = fs::read_to_string(&file).is_ok_and(|old| old == text);
        if !same {
            fs::create_dir_all(file.parent().unwrap_or(&root))?;
            fs::write(&file, text)?;
        }
        let what = if same { "unchanged" } else { "written" };
        writeln!(said, "{path}: {what}")?;
    }
    Ok(said)
}

/// The function number in a control code.
fn function(row: &Description) -> u32 {
    row.code.0 >> 2 & 0xFFF
}

fn read(root: &Path) -> Result<Contract> {
    Contract::read(root)
}

#[cfg(test)]
mod tests;
