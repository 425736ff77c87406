//! Import libraries: which names a system file exports, and the .lib that a linker wants.
//!
//! The names come from MinGW's import libraries, for the kernel's with a list of additions.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use fs_err as fs;
use object::read::archive::ArchiveFile;

use crate::files;
use crate::program;

/// The symbol through which code reaches an imported name starts so.
const IMPORT_PREFIX: &str = "__imp_";

/// Variables that the kernel's headers declare as pointers, without `dllimport`: the name alone is that of
/// the entry of the import table, which points to the variable.
const POINTERS: [&str; 13] = [
    "CmKeyObjectType",
    "ExEventObjectType",
    "ExSemaphoreObjectType",
    "IoFileObjectType",
    "KdDebuggerEnabled",
    "KdDebuggerNotPresent",
    "PsProcessType",
    "PsThreadType",
    "SeTokenObjectType",
    "TmEnlistmentObjectType",
    "TmResourceManagerObjectType",
    "TmTransactionManagerObjectType",
    "TmTransactionObjectType",
];

/// What one system file exports.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Exports(BTreeMap<String, Kind>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    /// A variable: only reachable through its address in the import table.
    Data,
    /// A variable whose name is that of its entry in the import table.
    Pointer,
}

impl Kind {
    /// The words of a module definition for each kind but a function.
    const WORDS: [(Self, &'static str); 2] = [(Self::Data, "DATA"), (Self::Pointer, "CONSTANT")];

    fn of_word(word: &str) -> Option<Self> {
        let mut words = Self::WORDS.into_iter();
        Some(words.find(|(_, known)| *known == word)?.0)
    }

    /// What follows the name in a module definition.
    fn suffix(self) -> String {
        let mut words = Self::WORDS.into_iter();
        let word = words.find(|(kind, _)| *kind == self);
        word.map_or_else(String::new, |(_, word)| format!(" {word}"))
    }
}

impl Exports {
    /// Reads the names that an import library offers.
    pub(crate) fn of_library(path: &Path) -> Result<Self> {
        let data = fs::read(path)?;
        let archive = ArchiveFile::parse(data.as_slice())
            .with_context(|| format!("{} is no archive", path.display()))?;
        let symbols = archive
            .symbols()
            .with_context(|| format!("{} has a damaged index", path.display()))?
            .with_context(|| format!("{} has no index of symbols", path.display()))?;
        let names = symbols
            .map(|symbol| Ok(String::from_utf8_lossy(symbol?.name()).into_owned()))
            .collect::<Result<BTreeSet<_>>>()?;
        Ok(Self::of_symbols(&names))
    }

    fn of_symbols(names: &BTreeSet<String>) -> Self {
        let imported = names
            .iter()
            .filter_map(|name| name.strip_prefix(IMPORT_PREFIX));
        let kind = |name: &str| match name {
            _ if names.contains(name) => Kind::Function,
            _ if POINTERS.contains(&name) => Kind::Pointer,
            _ => Kind::Data,
        };
        Self(imported.map(|name| (name.to_owned(), kind(name))).collect())
    }

    /// Reads a module definition file: what it exports, and of which file.
    pub(crate) fn of_definition(text: &str) -> Result<(String, Self)> {
        let mut library = None;
        let mut exports = Self::default();
        let mut listing = false;
        for line in text.lines() {
            let line = line.split(';').next().unwrap_or_default().trim();
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                [] => {}
                ["LIBRARY", name] => library = Some((*name).to_owned()),
                ["EXPORTS"] => listing = true,
                [name] if listing => exports.add(name, Kind::Function),
                [name, word] if listing => {
                    let kind = Kind::of_word(word);
                    exports.add(name, kind.with_context(|| unreadable(line))?);
                }
                _ => bail!(unreadable(line)),
            }
        }
        Ok((
            library.context("a module definition without LIBRARY")?,
            exports,
        ))
    }

    /// Adds names that `self` must not have yet.
    pub(crate) fn extend(&mut self, additions: Self) -> Result<()> {
        for (name, kind) in additions.0 {
            if self.0.insert(name.clone(), kind).is_some() {
                bail!("{name} is among the additions, but MinGW knows it by now: remove it there");
            }
        }
        Ok(())
    }

    /// The module definition file, as the library tools read it.
    fn definition(&self, dll: &str) -> String {
        let names = self.0.iter();
        let lines = names.map(|(name, kind)| format!("    {name}{}\n", kind.suffix()));
        format!("LIBRARY {dll}\nEXPORTS\n{}", lines.collect::<String>())
    }

    fn add(&mut self, name: &str, kind: Kind) {
        self.0.insert(name.to_owned(), kind);
    }
}

fn unreadable(line: &str) -> String {
    format!("not understood in a module definition: {line}")
}

/// Makes `library`, through which a driver imports from the system file `dll`.
pub(crate) fn make(dlltool: &Path, exports: &Exports, dll: &str, library: &Path) -> Result<()> {
    let definition = library.with_extension("def");
    let made = library.with_extension("lib.new");
    files::write_if_changed(&definition, exports.definition(dll).as_bytes())?;
    program::output(
        Command::new(dlltool)
            .args(["-m", "i386:x86-64", "-d"])
            .arg(&definition)
            .arg("-l")
            .arg(&made),
    )?;
    files::copy_if_changed(&made, library)?;
    fs::remove_file(&made)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_name_without_a_thunk_is_data() {
        let names = symbols(&[
            "__imp_DbgPrint",
            "DbgPrint",
            "__imp_IoFileObjectType",
            "__imp_NtBuildNumber",
            "_head",
        ]);
        let exports = Exports::of_symbols(&names);
        assert_eq!(
            exports.definition("ntoskrnl.exe"),
            "LIBRARY ntoskrnl.exe\nEXPORTS\n    DbgPrint\n    IoFileObjectType CONSTANT\n    \
             NtBuildNumber DATA\n"
        );
    }

    #[test]
    fn a_definition_reads_back_as_it_was_written() {
        let exports =
            Exports::of_symbols(&symbols(&["__imp_a", "a", "__imp_b", "__imp_PsThreadType"]));
        let (dll, read) = Exports::of_definition(&exports.definition("X.SYS")).unwrap();
        assert_eq!((dll.as_str(), read), ("X.SYS", exports));
    }

    #[test]
    fn comments_are_not_names_and_oddities_are_errors() {
        let (_, exports) = Exports::of_definition("; a\nLIBRARY A\nEXPORTS\n  b ; c\n").unwrap();
        assert_eq!(exports, Exports::of_symbols(&symbols(&["__imp_b", "b"])));
        assert!(Exports::of_definition("LIBRARY A\nEXPORTS\n b = c\n").is_err());
        assert!(Exports::of_definition("LIBRARY A\nEXPORTS\n b PRIVATE\n").is_err());
        assert!(Exports::of_definition("EXPORTS\n b\n").is_err());
    }

    #[test]
    fn an_addition_that_is_there_already_is_an_error() {
        let mut exports = Exports::of_symbols(&symbols(&["__imp_a", "a"]));
        let additions = Exports::of_symbols(&symbols(&["__imp_a", "a"]));
        let error = exports.extend(additions).unwrap_err().to_string();
        assert!(error.contains("a is among the additions"), "{error}");
    }
}
