//! `cargo xtask header`: the generated headers and the reference page. Those of the driver are made
//! from the contract, the kit's from the list of KMDF's functions.

mod answers;
mod function_enum;
mod header;
mod ioctl;
mod prose;

use std::fmt::Write as _;
use std::path::Path;

use abi::operation::Description;
use anyhow::Result;
use contract_reader::Contract;
use fs_err as fs;

use crate::workspace;

/// A file that is generated from the contract: its path and the function that makes its text.
type GeneratedPage = (&'static str, fn(&Contract) -> String);

const PAGES: [GeneratedPage; 2] = [
    ("include/ipforward.h", header::render),
    ("docs/user/ioctl.md", ioctl::render),
];

/// Every generated file: its path and its text.
fn generate(root: &Path) -> Result<Vec<(&'static str, String)>> {
    let contract = Contract::read(root)?;
    let mut files: Vec<_> = PAGES
        .iter()
        .map(|(path, render)| (*path, render(&contract)))
        .collect();
    files.push(("kit/include/wdffuncenum.h", function_enum::render(root)?));
    Ok(files)
}

/// Writes each generated file that is stale; returns a line about each for the user.
pub(crate) fn write() -> Result<String> {
    let root = workspace::root()?;
    let mut report = String::new();
    for (path, text) in generate(&root)? {
        let file = root.join(path);
        let same = fs::read_to_string(&file).is_ok_and(|old| old == text);
        if !same {
            fs::create_dir_all(file.parent().unwrap_or(&root))?;
            fs::write(&file, text)?;
        }
        let what = if same { "unchanged" } else { "written" };
        writeln!(report, "{path}: {what}")?;
    }
    Ok(report)
}

/// The function number in a control code.
fn function(row: &Description) -> u32 {
    row.code.0 >> 2 & 0xFFF
}

#[cfg(test)]
mod tests;
