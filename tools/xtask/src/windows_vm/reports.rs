//! What the guest writes on its second serial port: steps with their exit codes, and files.
//!
//! ```text
//! vm begin NAME
//! …the output of the step
//! vm end NAME CODE
//! vm file NAME
//! …the lines of the file
//! vm end-of-file NAME
//! vm done
//! ```

use std::fmt::{self, Write};
use std::path::Path;

use anyhow::{Result, bail};
use fs_err as fs;

use super::selftest_result::SelftestResult;

/// The step whose output is the report of a self-test, in JSON.
const SELFTEST: &str = "selftest";

/// What every line of the protocol begins with.
const MARK: &str = "vm ";

/// One step of the guest's script that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GuestStep {
    pub(super) name: String,
    /// What its program exited with.
    pub(super) code: i64,
    pub(super) output: String,
}

impl fmt::Display for GuestStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            0 => write!(formatter, "{}: done", self.name),
            code => write!(formatter, "{}: exit code {code}", self.name),
        }
    }
}

/// The reports of a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GuestReports {
    pub(super) steps: Vec<GuestStep>,
    /// The names and the texts of files.
    pub(super) files: Vec<(String, String)>,
    /// The step that has begun and not ended.
    unfinished: Option<String>,
    /// True if the script has come to its end.
    pub(super) is_done: bool,
}

impl GuestReports {
    /// Reads what has come so far.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut reports = Self::default();
        let mut lines = String::new();
        for line in text.lines() {
            let line = line.trim_end_matches('\r');
            let words: Vec<_> = match line.strip_prefix(MARK) {
                Some(rest) => rest.split(' ').collect(),
                None => Vec::new(),
            };
            match *words.as_slice() {
                ["begin", name] => {
                    reports.unfinished = Some(name.to_owned());
                    lines.clear();
                }
                ["end", name, code] => {
                    let step = GuestStep {
                        name: name.to_owned(),
                        code: code.parse().unwrap_or(i64::MAX),
                        output: std::mem::take(&mut lines),
                    };
                    reports.unfinished = None;
                    reports.steps.push(step);
                }
                ["file", _] => lines.clear(),
                ["end-of-file", name] if is_plain(name) => {
                    let text = std::mem::take(&mut lines);
                    reports.files.push((name.to_owned(), text));
                }
                ["done"] => reports.is_done = true,
                _ => {
                    lines.push_str(line);
                    lines.push('\n');
                }
            }
        }
        reports
    }

    /// The step that the guest is at, for a message.
    pub(super) fn last_begun(&self) -> &str {
        let last = self.steps.last().map(|step| step.name.as_str());
        self.unfinished.as_deref().or(last).unwrap_or("none")
    }

    /// Writes each file, and the output of each step.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        for (name, text) in &self.files {
            fs::write(folder.join(name), text)?;
        }
        let mut log = String::new();
        for step in &self.steps {
            writeln!(log, "=== {step}\n{}", step.output)?;
        }
        fs::write(folder.join("steps.txt"), log)?;
        if let Some((output, _)) = self.selftest() {
            fs::write(folder.join("selftest.json"), output)?;
        }
        Ok(())
    }

    /// The output of the self-test and what it says, if it has run.
    fn selftest(&self) -> Option<(&str, SelftestResult)> {
        let step = self.steps.iter().find(|step| step.name == SELFTEST)?;
        Some((&step.output, SelftestResult::read(&step.output)?))
    }

    /// Fails if a step has failed, or if the script has not come to its end.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(name) = &self.unfinished {
            bail!("the machine ended in step {name}");
        }
        if !self.is_done {
            bail!(
                "the script did not come to its end; its last step was {}",
                self.last_begun()
            );
        }
        let failed: Vec<_> = self.steps.iter().filter(|step| step.code != 0).collect();
        if !failed.is_empty() {
            let names: Vec<_> = failed.iter().map(|step| step.name.as_str()).collect();
            bail!("failed: {}", names.join(", "));
        }
        Ok(())
    }
}

/// Whether a name of a file leads to no other folder.
fn is_plain(name: &str) -> bool {
    !name.starts_with('.') && !name.contains(['/', '\\', ':'])
}

impl fmt::Display for GuestReports {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(formatter, "{step}")?;
        }
        if let Some((_, result)) = self.selftest() {
            write!(formatter, "{SELFTEST}:\n{result}")?;
        }
        for (name, text) in &self.files {
            writeln!(formatter, "{name}: {} lines", text.lines().count())?;
        }
        Ok(())
    }
}
