//! The rules for the files of a package: they stay in the driver store, as they are.

use super::file::Inf;
use super::rules::installs;

/// The folder that an isolated package runs from: its own, in the driver store.
const DRIVER_STORE: &str = "13";

/// The files that the package copies.
pub(crate) struct Files(Vec<String>);

impl Files {
    pub(crate) fn of(inf: &Inf) -> Self {
        let lists = installs(inf).into_iter().flat_map(|install| {
            let install = inf.section(&install);
            let copy = install.and_then(|install| install.entry("CopyFiles"));
            copy.map_or_else(Vec::new, |copy| copy.values.clone())
        });
        let entries = lists.flat_map(|list| match list.strip_prefix('@') {
            Some(file) => vec![file.to_owned()],
            None => inf
                .entries(&list)
                .iter()
                .map(|entry| entry.value(0).to_owned())
                .collect(),
        });
        Self(entries.collect())
    }

    /// Whether a file is one of them.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.0.iter().any(|copied| copied == file)
    }

    pub(crate) fn check(
        &self,
        inf: &Inf,
        has_file: impl Fn(&str) -> bool,
        wrong: &mut Vec<String>,
    ) {
        for destination in inf.entries("DestinationDirs") {
            if destination.values != [DRIVER_STORE] {
                wrong.push(format!("1306: {destination:?} is not the driver store"));
            }
        }
        if inf.value("DestinationDirs", "DefaultDestDir").is_none() {
            wrong.push("there is no DefaultDestDir".to_owned());
        }
        if self.0.is_empty() {
            wrong.push("no file is copied".to_owned());
        }
        for section in inf.sections.iter().flat_map(|section| &section.entries) {
            if section.key.is_empty()
                && section.value(0).to_ascii_lowercase().ends_with(".sys")
                && section.values.len() > 1
            {
                wrong.push(format!("1100: {} is renamed or flagged", section.value(0)));
            }
        }
        for file in &self.0 {
            let source = inf
                .section("SourceDisksFiles")
                .and_then(|files| files.entry(file));
            let Some(source) = source else {
                wrong.push(format!("1230: {file} is not in [SourceDisksFiles]"));
                continue;
            };
            if inf.value("SourceDisksNames", source.value(0)).is_none() {
                wrong.push(format!("{file} comes from a disk that is not named"));
            }
            if !source.value(1).is_empty() {
                wrong.push(format!(
                    "1100: {file} comes from a folder, and goes to none"
                ));
            }
        }
        for source in inf.entries("SourceDisksFiles") {
            if !self.0.contains(&source.key) {
                wrong.push(format!("{} is not copied", source.key));
            }
            if !has_file(&source.key) {
                wrong.push(format!("{} is not there", source.key));
            }
        }
    }
}
