//! The cases that the user asks for.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment};
use ipforward::AddressFamily;
use serde::Serialize;

use super::case::{CaseScope, NamedCase};
use super::cases::GROUPS;
use super::error::SelftestError;
use super::tested_computer::FAMILIES;
use crate::output::table::{self, Column};
use crate::output::{CommandOutput, write_json};

const COLUMNS: [Column; 3] = [
    ("GROUP", CellAlignment::Left),
    ("CASE", CellAlignment::Left),
    ("PASSES IF", CellAlignment::Left),
];

/// The selected cases, and the families for which they run.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(super) cases: Vec<SelectedCase>,
    pub(super) families: Vec<AddressFamily>,
}

/// A selected case and its group.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectedCase {
    pub(super) group: &'static str,
    pub(super) case: &'static NamedCase,
}

/// A case in JSON.
#[derive(Debug, Serialize)]
struct JsonNamedCase {
    group: &'static str,
    case: &'static str,
    claim: &'static str,
    each_family: bool,
}

impl Selection {
    /// The cases whose group and name, as `group/name`, contain one of the words; all if there is no word.
    pub(crate) fn new(
        words: &[String],
        family: Option<AddressFamily>,
    ) -> Result<Self, SelftestError> {
        let all: Vec<_> = all_cases().collect();
        for word in words {
            if !all.iter().any(|case| case.path().contains(word.as_str())) {
                return Err(SelftestError::NoCase(word.clone()));
            }
        }
        let is_selected = |case: &SelectedCase| {
            let path = case.path();
            words.is_empty() || words.iter().any(|word| path.contains(word.as_str()))
        };
        Ok(Self {
            cases: all.into_iter().filter(is_selected).collect(),
            families: family.map_or_else(|| FAMILIES.to_vec(), |family| vec![family]),
        })
    }

    /// How many reports a run of it makes.
    pub(crate) fn report_count(&self) -> usize {
        let count = |selected: &SelectedCase| match selected.case.scope {
            CaseScope::Once => 1,
            CaseScope::EachFamily => self.families.len(),
        };
        self.cases.iter().map(count).sum()
    }
}

fn all_cases() -> impl Iterator<Item = SelectedCase> {
    GROUPS.iter().flat_map(|(group, cases)| {
        let of_group = |case| SelectedCase { group, case };
        cases.iter().map(of_group)
    })
}

impl SelectedCase {
    fn path(&self) -> String {
        format!("{}/{}", self.group, self.case.name)
    }
}

/// The list of the cases.
impl CommandOutput for Selection {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let cells = |selected: &SelectedCase| {
            let case = selected.case;
            [selected.group, case.name, case.claim].map(Cell::new)
        };
        table::write(out, COLUMNS, self.cases.iter().map(cells))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let value = |selected: &SelectedCase| JsonNamedCase {
            group: selected.group,
            case: selected.case.name,
            claim: selected.case.claim,
            each_family: selected.case.scope == CaseScope::EachFamily,
        };
        let values: Vec<_> = self.cases.iter().map(value).collect();
        write_json(out, &values)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(words: &[&str]) -> Vec<&'static str> {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        let selection = Selection::new(&words, None).unwrap();
        selection.cases.iter().map(|one| one.case.name).collect()
    }

    #[test]
    fn each_case_has_a_name_of_its_own() {
        let all = names(&[]);
        assert!(all.len() >= 30, "{}", all.len());
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        for name in all {
            let is_plain = name
                .chars()
                .all(|one| one.is_ascii_lowercase() || one == '-');
            assert!(is_plain, "{name}");
        }
    }

    #[test]
    fn a_word_selects_by_group_or_name() {
        let guards = names(&["guards/"]);
        assert!(guards.len() > 2, "{guards:?}");
        assert_eq!(names(&["guard-restores-deleted"]), [guards[0]]);
        let both = names(&["guards/", "version"]);
        assert_eq!(both.len(), guards.len() + 1, "{both:?}");
        let wrong = ["guards".to_owned(), "guardian".to_owned()];
        let error = Selection::new(&wrong, None).unwrap_err().to_string();
        assert!(error.starts_with("no case has \"guardian\""), "{error}");
    }

    #[test]
    fn a_family_leaves_out_the_reports_of_the_other() {
        let count = |family| Selection::new(&[], family).unwrap().report_count();
        let of_no_family = all_cases().filter(|case| case.case.scope == CaseScope::Once);
        let of_no_family = of_no_family.count();
        let (both, ipv6) = (count(None), count(Some(AddressFamily::IPV6)));
        assert_eq!(both - of_no_family, 2 * (ipv6 - of_no_family));
    }
}
