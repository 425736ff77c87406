//! The list of end-to-end tests and their scenarios is complete: it is compared with the sources of
//! all end-to-end tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use proc_macro2::{TokenStream, TokenTree};

use crate::list::Faults::{In, None as No};
use crate::list::{OTHERS, TESTS};

/// What starts the driver that ships.
const START: &str = "Host::start()";

/// The tests of the list itself.
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
    let listed: BTreeMap<&str, BTreeSet<String>> = TESTS
        .iter()
        .map(|(program, tests)| {
            let names = tests.iter().map(|(name, _)| (*name).to_owned());
            (*program, names.collect())
        })
        .collect();
    let mut wrong = Vec::new();
    for program in programs()? {
        let name = program.name();
        if OTHERS.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let empty = BTreeSet::new();
        let listed = listed.get(name.as_str()).unwrap_or(&empty);
        let there = program.tests()?;
        let missing: Vec<_> = there.difference(listed).collect();
        let gone: Vec<_> = listed.difference(&there).collect();
        if !(missing.is_empty() && gone.is_empty()) {
            wrong.push(format!(
                "{name}: not listed {missing:#?}, not there {gone:#?}"
            ));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    let there: BTreeSet<_> = programs()?.iter().map(Program::name).collect();
    let names = TESTS.iter().map(|(name, _)| *name);
    let mut names = names.chain(OTHERS.iter().map(|(name, _)| *name));
    match names.find(|name| !there.contains(*name)) {
        Some(gone) => Err(format!("there is no {gone}").into()),
        None => Ok(()),
    }
}

fn others_do_not_start_it() -> Result<(), Failed> {
    for program in programs()? {
        let left_out = OTHERS.iter().any(|(other, _)| *other == program.name());
        // This one starts it through the scenarios, and says what to look for here.
        if left_out && program.name() != "fault_injection" {
            for source in &program.sources {
                if fs::read_to_string(source)?.contains(START) {
                    return Err(format!("{} starts the driver", source.display()).into());
                }
            }
        }
    }
    Ok(())
}

fn every_scenario_is_there(scenarios: &BTreeSet<String>) -> Result<(), Failed> {
    for (test, faults) in TESTS.iter().flat_map(|(_, tests)| *tests) {
        match faults {
            In([]) | No("") => return Err(format!("{test}: nothing is said of it").into()),
            In(names) => {
                if let Some(name) = names.iter().find(|name| !scenarios.contains(**name)) {
                    return Err(format!("{test}: there is no scenario {name:?}").into());
                }
            }
            No(_) => {}
        }
    }
    Ok(())
}

/// A test program: a file, or a folder of files.
struct Program {
    path: PathBuf,
    sources: Vec<PathBuf>,
}

impl Program {
    fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// The names of its tests.
    fn tests(&self) -> Result<BTreeSet<String>, Failed> {
        let mut tests = BTreeSet::new();
        for source in &self.sources {
            let text = fs::read_to_string(source)?;
            let file = syn::parse_file(&text)?;
            collect(&file.items, &mut tests);
        }
        if tests.is_empty() {
            self.own_tests(&mut tests)?;
        }
        Ok(tests)
    }

    /// The tests of a program that runs them itself: its functions that it names to be run.
    fn own_tests(&self, tests: &mut BTreeSet<String>) -> Result<(), Failed> {
        for source in &self.sources {
            let text = fs::read_to_string(source)?;
            let mut named = BTreeSet::new();
            collect_named(text.parse()?, false, &mut named);
            for item in syn::parse_file(&text)?.items {
                if let syn::Item::Fn(function) = item {
                    let name = function.sig.ident.to_string();
                    tests.extend(named.take(&name));
                }
            }
        }
        Ok(())
    }
}

/// The macros of programs that run their tests themselves: what they are given are these.
const NAMING: [&str; 2] = ["run_trials", "named"];

/// The words in the macros that name tests, and what stands between quotation marks.
fn collect_named(tokens: TokenStream, inside: bool, names: &mut BTreeSet<String>) {
    let mut naming = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_named(group.stream(), inside || naming, names),
            TokenTree::Ident(word) => {
                naming = NAMING.iter().any(|name| word == name);
                if inside {
                    names.insert(word.to_string());
                }
            }
            TokenTree::Literal(literal) => {
                names.insert(literal.to_string().trim_matches('"').to_owned());
            }
            TokenTree::Punct(mark) => naming &= mark.as_char() == '!',
        }
    }
}

/// The tests among these items.
fn collect(items: &[syn::Item], tests: &mut BTreeSet<String>) {
    for item in items {
        match item {
            syn::Item::Fn(function) => {
                let is_test = |attribute: &syn::Attribute| attribute.path().is_ident("test");
                if function.attrs.iter().any(is_test) {
                    tests.insert(function.sig.ident.to_string());
                }
            }
            syn::Item::Mod(module) => {
                let items = module.content.as_ref().map(|(_, items)| items.as_slice());
                collect(items.unwrap_or_default(), tests);
            }
            _ => {}
        }
    }
}

/// All end-to-end test programs.
fn programs() -> Result<Vec<Program>, Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut programs = Vec::new();
    for path in entries(&folder)? {
        let sources = if path.is_dir() {
            entries(&path)?
        } else {
            vec![path.clone()]
        };
        let is_source =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
        let sources: Vec<_> = sources.into_iter().filter(is_source).collect();
        if !sources.is_empty() {
            programs.push(Program { path, sources });
        }
    }
    Ok(programs)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    Ok(entries.collect::<Result<_, _>>()?)
}
