//! All end-to-end test programs, and the names of their tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use proc_macro2::{TokenStream, TokenTree};

/// A test program: a file, or a folder of files.
pub(crate) struct Program {
    path: PathBuf,
    pub(crate) sources: Vec<PathBuf>,
}

impl Program {
    pub(crate) fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// The names of its tests.
    pub(crate) fn tests(&self) -> Result<BTreeSet<String>, Failed> {
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
pub(crate) fn programs() -> Result<Vec<Program>, Failed> {
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
