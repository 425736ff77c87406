//! The list of end-to-end tests and their scenarios is complete: it is compared with the sources of
//! all end-to-end tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

use crate::programs::programs;

/// What starts the driver that ships.
const START: &str = "Host::start()";

/// The list.
#[derive(Deserialize)]
struct List {
    /// The test programs in which the driver never runs; why.
    #[serde(rename = "without the driver")]
    others: BTreeMap<String, String>,
    /// The other ones, and their tests.
    #[serde(flatten)]
    programs: BTreeMap<String, BTreeMap<String, Faults>>,
}

/// What fault injection makes of a test.
#[derive(Deserialize)]
#[serde(untagged)]
enum Faults {
    /// These scenarios make its calls.
    In(Vec<String>),
    /// Its calls cannot be numbered, or the driver makes none; why.
    None(String),
}

static LIST: LazyLock<List> =
    LazyLock::new(|| toml::from_str(include_str!("list.toml")).expect("a list"));

/// The tests of the list.
pub(crate) fn trials(scenarios: BTreeSet<String>) -> [Trial; 3] {
    [
        Trial::test("every end-to-end test is on the list", every_test_is_listed),
        Trial::test(
            "what is left out does not start the driver",
            others_do_not_start_it,
        ),
        Trial::test("every scenario of the list is there", move || {
            every_scenario_is_there(&scenarios)
        }),
    ]
}

fn every_test_is_listed() -> Result<(), Failed> {
    let mut listed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (program, tests) in &LIST.programs {
        listed.insert(program, tests.keys().map(String::as_str).collect());
    }
    let mut wrong = Vec::new();
    for program in programs()? {
        let name = program.name();
        if LIST.others.contains_key(&name) {
            continue;
        }
        let listed = listed.remove(name.as_str()).unwrap_or_default();
        let there = program.tests()?;
        let there = there.iter().map(String::as_str).collect();
        if listed != there {
            let missing: Vec<_> = there.difference(&listed).collect();
            let gone: Vec<_> = listed.difference(&there).collect();
            wrong.push(format!(
                "{name}: not listed {missing:#?}, not there {gone:#?}"
            ));
        }
    }
    wrong.extend(listed.keys().map(|gone| format!("there is no {gone}")));
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

fn others_do_not_start_it() -> Result<(), Failed> {
    let programs = programs()?;
    for name in LIST.others.keys() {
        let program = programs.iter().find(|program| program.name() == *name);
        let program = program.ok_or_else(|| format!("there is no {name}"))?;
        // This one starts it through the scenarios, and says what to look for here.
        if name == "fault_injection" {
            continue;
        }
        for source in &program.sources {
            if fs::read_to_string(source)?.contains(START) {
                return Err(format!("{} starts the driver", source.display()).into());
            }
        }
    }
    Ok(())
}

fn every_scenario_is_there(scenarios: &BTreeSet<String>) -> Result<(), Failed> {
    for (test, faults) in LIST.programs.values().flatten() {
        match faults {
            Faults::In(names) if !names.is_empty() => {
                if let Some(name) = names.iter().find(|name| !scenarios.contains(*name)) {
                    return Err(format!("{test}: there is no scenario {name:?}").into());
                }
            }
            Faults::None(why) if !why.is_empty() => {}
            _ => return Err(format!("{test}: nothing is said of it").into()),
        }
    }
    Ok(())
}
