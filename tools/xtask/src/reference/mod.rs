//! `cargo xtask header`: the generated headers, the reference page and the pictures. The header and
//! the page are made from the contract, the kit's header from the list of KMDF's functions.

mod answers;
mod function_enum;
mod header;
mod ioctl;
mod prose;

use std::fmt::Write as _;
use std::path::Path;

use abi::operation::Description;
use anyhow::{Context, Result};
use contract_reader::Contract;
use fs_err as fs;

use crate::{picture, workspace};

/// A file that is generated from the contract: its path and the function that makes its text.
type GeneratedPage = (&'static str, fn(&Contract) -> String);

const PAGES: [GeneratedPage; 2] = [
    ("include/ipforward.h", header::render),
    ("docs/user/ioctl.md", ioctl::render),
];

/// The folder of the pictures, each a text and the SVG that is drawn from it.
const PICTURES: &str = "docs/pictures";

/// Every generated file: its path and its text.
fn generate(root: &Path) -> Result<Vec<(String, String)>> {
    let contract = Contract::read(root)?;
    let mut files: Vec<_> = PAGES
        .iter()
        .map(|(path, render)| ((*path).to_owned(), render(&contract)))
        .collect();
    files.push((
        "kit/include/wdffuncenum.h".to_owned(),
        function_enum::render(root)?,
    ));
    files.extend(pictures(root)?);
    Ok(files)
}

fn pictures(root: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join(PICTURES))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().display();
        // Git may check texts out with the line ends of the system.
        let text = fs::read_to_string(&path)?.replace("\r\n", "\n");
        let svg = picture::render(&text).with_context(|| path.display().to_string())?;
        files.push((format!("{PICTURES}/{name}.svg"), svg));
    }
    files.sort();
    Ok(files)
}

/// Writes each generated file that is stale; returns a line about each for the user.
pub(crate) fn write() -> Result<String> {
    let root = workspace::root()?;
    let mut report = String::new();
    for (path, text) in generate(&root)? {
        let file = root.join(&path);
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
