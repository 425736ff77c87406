//! The list of end-to-end tests and their scenarios is complete: it is compared with the sources of
//! all test programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

use crate::programs::programs;

/// What starts the driver that ships.
const START: &str = "start_host()";

/// The list.
#[derive(Deserialize)]
struct List {
    /// The test programs in which the driver is never started, with the reason.
    #[serde(rename = "without the driver")]
    others: BTreeMap<String, String>,
    /// The modules of the other programs, and their tests.
    #[serde(flatten)]
    modules: BTreeMap<String, BTreeMap<String, Faults>>,
}

/// How fault injection covers a test.
#[derive(Deserialize)]
#[serde(untagged)]
enum Faults {
    /// These scenarios make its calls.
    In(Vec<String>),
    /// Its calls cannot be numbered, or the driver makes none; the reason.
    None(String),
}

static LIST: LazyLock<List> =
    LazyLock::new(|| toml::from_str(include_str!("list.toml")).expect("a list"));

/// The tests of the list.
pub(crate) fn trials(scenarios: BTreeSet<String>) -> [Trial; 3] {
    [
        Trial::test("every end-to-end test is on the list", every_test_is_listed),
        Trial::test(
            "programs without the driver do not start it",
            others_do_not_start_it,
        ),
        Trial::test("every scenario of the list exists", move || {
            every_scenario_exists(&scenarios)
        }),
    ]
}

fn every_test_is_listed() -> Result<(), Failed> {
    let mut listed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, tests) in &LIST.modules {
        listed.insert(module, tests.keys().map(String::as_str).collect());
    }
    let mut wrong = Vec::new();
    for program in programs()? {
        if LIST.others.contains_key(&program.name) {
            continue;
        }
        for module in program.modules()? {
            let listed = listed.remove(module.name.as_str()).unwrap_or_default();
            let tests = module.tests.iter().map(String::as_str).collect();
            if listed != tests {
                let missing: Vec<_> = tests.difference(&listed).collect();
                let gone: Vec<_> = listed.difference(&tests).collect();
                wrong.push(format!(
                    "{}: not listed {missing:#?}, listed without a test {gone:#?}",
                    module.name
                ));
            }
        }
    }
    wrong.extend(listed.keys().map(|gone| format!("{gone}: no such module")));
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

fn others_do_not_start_it() -> Result<(), Failed> {
    let programs = programs()?;
    for name in LIST.others.keys() {
        let program = programs.iter().find(|program| program.name == *name);
        let program = program.ok_or_else(|| format!("{name}: no such program"))?;
        // This program starts the driver through the scenarios.
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

fn every_scenario_exists(scenarios: &BTreeSet<String>) -> Result<(), Failed> {
    for (test, faults) in LIST.modules.values().flatten() {
        match faults {
            Faults::In(names) if !names.is_empty() => {
                if let Some(name) = names.iter().find(|name| !scenarios.contains(*name)) {
                    return Err(format!("{test}: no scenario {name:?}").into());
                }
            }
            Faults::None(why) if !why.is_empty() => {}
            _ => return Err(format!("{test}: neither scenarios nor a reason").into()),
        }
    }
    Ok(())
}
