//! The names of all tests, read from the sources of the test programs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use proc_macro2::{TokenStream, TokenTree};

/// A test program: a file, or a folder with a file for each module.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) sources: Vec<PathBuf>,
}

/// A module with tests.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) tests: BTreeSet<String>,
}

impl Program {
    /// Its modules that have tests.
    pub(crate) fn modules(&self) -> Result<Vec<Module>, Failed> {
        let mut modules = Vec::new();
        for source in &self.sources {
            let module = Module {
                name: stem(source),
                tests: tests(source)?,
            };
            if !module.tests.is_empty() {
                modules.push(module);
            }
        }
        Ok(modules)
    }
}

/// The tests of a file: its `#[test]` functions, or the functions that it names in [`NAMING`].
fn tests(source: &Path) -> Result<BTreeSet<String>, Failed> {
    let text = fs::read_to_string(source)?;
    let mut named = BTreeSet::new();
    collect_named(text.parse()?, false, &mut named);
    let mut tests = BTreeSet::new();
    for item in syn::parse_file(&text)?.items {
        if let syn::Item::Fn(function) = item {
            let name = function.sig.ident.to_string();
            let is_test = |attribute: &syn::Attribute| attribute.path().is_ident("test");
            if function.attrs.iter().any(is_test) || named.contains(&name) {
                tests.insert(name);
            }
        }
    }
    Ok(tests)
}

/// The macro whose arguments are tests, in programs that choose their tests at run time.
const NAMING: &str = "named";

/// Collects the words in the arguments of [`NAMING`].
fn collect_named(tokens: TokenStream, inside: bool, names: &mut BTreeSet<String>) {
    let mut naming = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_named(group.stream(), inside || naming, names),
            TokenTree::Ident(word) => {
                naming = word == NAMING;
                if inside {
                    names.insert(word.to_string());
                }
            }
            TokenTree::Literal(_) => naming = false,
            TokenTree::Punct(mark) => naming &= mark.as_char() == '!',
        }
    }
}

/// All test programs.
pub(crate) fn programs() -> Result<Vec<Program>, Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut programs = Vec::new();
    for path in entries(&folder)? {
        let mut sources = Vec::new();
        collect_sources(&path, &mut sources)?;
        if !sources.is_empty() {
            programs.push(Program {
                name: stem(&path),
                sources,
            });
        }
    }
    Ok(programs)
}

fn collect_sources(path: &Path, sources: &mut Vec<PathBuf>) -> Result<(), Failed> {
    if path.is_dir() {
        for entry in entries(path)? {
            collect_sources(&entry, sources)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        sources.push(path.to_owned());
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    Ok(entries.collect::<Result<_, _>>()?)
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
