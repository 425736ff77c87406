//! `routectl man`: the manual pages.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use serde::Serialize;

use crate::cli::{Cli, HelpParagraph};
use crate::error::CommandError;
use crate::output::{CommandOutput, write_json};

/// The section of programs.
const SECTION: &str = "1";

/// The title of the paragraphs without a heading.
const NOTES: &str = "NOTES";

/// The pages that were written.
#[derive(Debug, Serialize)]
pub(super) struct ManualPages {
    pages: Vec<PathBuf>,
}

/// Writes a page for routectl and for each of its commands.
pub(super) fn run(folder: &Path) -> Result<ManualPages, CommandError> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let written = fs::create_dir_all(folder).and_then(|()| write_pages(&command, folder));
    let pages = written.map_err(CommandError::Output)?;
    Ok(ManualPages { pages })
}

fn write_pages(command: &Command, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.{SECTION}"));
    fs::write(&path, page(command)?)?;
    let mut pages = vec![path];
    for subcommand in command.get_subcommands() {
        pages.extend(write_pages(subcommand, folder)?);
    }
    Ok(pages)
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let source = format!("routectl {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone())
        .section(SECTION)
        // The page has no date; without a text here, the source would take its place.
        .date(" ")
        .source(source)
        .manual("IpForward");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(text) = command.get_after_help() {
        // clap_mangen's own section would fill the lists and the examples as if they were sentences.
        notes(&text.to_string()).to_writer(&mut page)?;
    }
    Ok(page)
}

/// The sections of a help text.
fn notes(text: &str) -> Roff {
    let mut roff = Roff::new();
    let mut has_section = false;
    for paragraph in HelpParagraph::all_of(text) {
        if let HelpParagraph::Heading(title) = &paragraph {
            roff.control("SH", [title.to_uppercase().as_str()]);
        } else if !has_section {
            roff.control("SH", [NOTES]);
        }
        has_section = true;
        match paragraph {
            HelpParagraph::Heading(_) => {}
            HelpParagraph::Prose(text) => {
                roff.control("PP", []).text([roman(text)]);
            }
            HelpParagraph::List(list) => {
                for (word, meaning) in list.items {
                    roff.control("TP", []);
                    roff.text([roman(word)]).text([roman(meaning)]);
                }
            }
            HelpParagraph::Verbatim(lines) => {
                roff.control("PP", []).control("nf", []);
                for line in lines {
                    roff.text([roman(line)]);
                }
                roff.control("fi", []);
            }
        }
    }
    roff
}

impl CommandOutput for ManualPages {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut pages = self.pages.iter();
        pages.try_for_each(|page| writeln!(out, "{}", page.display()))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }
}
