#![doc = include_str!("../README.md")]

mod chart;
mod page;
mod style;

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

pub use chart::{Bar, Bars, Chart, Curve, Curves, Scale};

/// What was measured, section by section.
#[derive(Debug)]
pub struct BenchReport {
    /// What the figures depend on: the date, the machine, the builds.
    pub conditions: Vec<String>,
    /// The sections, in the order in which they are shown.
    pub sections: Vec<ReportSection>,
}

/// One question, and its answer.
#[derive(Debug)]
pub struct ReportSection {
    /// The name of the picture's file, without its ending.
    pub name: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What was measured and how, in a few sentences.
    pub about: String,
    /// The answer.
    pub answer: SectionAnswer,
}

/// What a section shows.
#[derive(Debug)]
pub enum SectionAnswer {
    /// A picture, and the figures that are in it.
    Figures(Chart),
    /// Why nothing was measured.
    LeftOut(String),
}

impl BenchReport {
    /// Writes `index.html` and a file for each picture into a directory. Returns the path of the page.
    ///
    /// # Errors
    ///
    /// If a picture cannot be drawn, or a file cannot be written.
    pub fn write(&self, directory: &Path) -> Result<PathBuf> {
        fs::create_dir_all(directory)?;
        for section in &self.sections {
            if let SectionAnswer::Figures(chart) = &section.answer {
                let svg = chart.draw(section.title)?;
                fs::write(directory.join(section.name).with_extension("svg"), svg)?;
            }
        }
        let index = directory.join("index.html");
        fs::write(&index, page::html(self)?)?;
        Ok(index)
    }
}
