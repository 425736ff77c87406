//! The programs that ship have no symbols; the file beside each has them.

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use addr2line::Loader;
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

use crate::package::{packaged, read, root};

/// The programs, for Windows and for Linux. `cargo xtask test programs` makes the latter.
fn programs() -> [PathBuf; 3] {
    let programs = root().join("target/programs/bin");
    [
        packaged("routectl.exe"),
        programs.join("routectl"),
        programs.join("nthost"),
    ]
}

/// The name of the file with the symbols, and its checksum, as the program has them.
fn link(program: &Path) -> (PathBuf, u32) {
    let bytes = read(program);
    let program_file = object::File::parse(&*bytes).unwrap();
    let section = program_file.section_by_name(".gnu_debuglink");
    let section = section.unwrap_or_else(|| panic!("{}", program.display()));
    // The name, zeros up to a multiple of four bytes, and the checksum.
    let data = section.data().unwrap();
    let (name, checksum) = data.split_last_chunk().unwrap();
    let name = CStr::from_bytes_until_nul(name).unwrap().to_str().unwrap();
    (program.with_file_name(name), u32::from_le_bytes(*checksum))
}

#[test]
fn a_program_that_ships_has_no_symbols() {
    for path in programs() {
        let bytes = read(&path);
        let program = object::File::parse(&*bytes).unwrap();
        assert!(!program.has_debug_symbols(), "{}", path.display());
        assert_eq!(program.symbols().count(), 0, "{}", path.display());
    }
}

#[test]
fn a_program_that_ships_names_the_file_with_its_symbols() {
    for path in programs() {
        let (symbols, checksum) = link(&path);
        assert_eq!(symbols, path.with_extension("debug"));
        assert_eq!(
            crc32fast::hash(&read(&symbols)),
            checksum,
            "{}",
            path.display()
        );
    }
}

#[test]
fn the_symbols_lead_to_lines_of_the_program() {
    for path in programs() {
        let (symbols, _) = link(&path);
        let name = path.file_stem().unwrap().to_str().unwrap();
        let loader = Loader::new(&symbols).unwrap();
        let bytes = read(&symbols);
        let file = object::File::parse(&*bytes).unwrap();
        let functions = file
            .symbols()
            .filter(|symbol| symbol.kind() == SymbolKind::Text);
        let mut lines = functions.filter_map(|symbol| {
            let location = loader.find_location(symbol.address()).ok()??;
            Some(format!("{}:{}", location.file?, location.line?))
        });
        let folder = format!("{name}/src/");
        assert!(
            lines.any(|line| line.contains(&folder)),
            "{}: no line of {folder}",
            symbols.display()
        );
    }
}
