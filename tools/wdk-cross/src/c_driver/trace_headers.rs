//! Trace headers (`.tmh`), which Microsoft's WPP preprocessor makes of a source.
//!
//! The ones here trace nothing: the functions that WPP would define for the source are empty macros.
//! Their names are in comments of the source, or in the project file of Visual Studio beside it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

use super::headers::included;
use super::sources::Sources;
use crate::files;

/// The functions of every source with traces.
const ALWAYS: [&str; 4] = [
    "DoTraceMessage",
    "WPP_CLEANUP",
    "WPP_INIT_TRACING",
    "WPP_SYSTEMCONTROL",
];

/// Writes the trace headers that `sources` include into `folder`.
pub(super) fn write(sources: &Sources, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut text = sources.text.clone();
    for project in projects(&sources.folders)? {
        text += &String::from_utf8_lossy(&fs::read(project)?);
    }
    let content = header(&text);
    for name in sources.text.lines().filter_map(included).filter(is_trace) {
        files::write_if_changed(&folder.join(name), content.as_bytes())?;
    }
    Ok(())
}

/// The project files of Visual Studio in `folders`.
fn projects(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "vcxproj")
            {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn is_trace(name: &&str) -> bool {
    name.to_ascii_lowercase().ends_with(".tmh")
}

/// A trace header for a driver with this text.
fn header(text: &str) -> String {
    let functions: BTreeSet<_> = ALWAYS.into_iter().chain(declared(text)).collect();
    let macros = functions
        .iter()
        .map(|name| format!("#undef {name}\n#define {name}(...) ((void) 0)\n"));
    format!("#pragma once\n{}", macros.collect::<String>())
}

/// The functions that a configuration of WPP declares: `// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);`
/// in the comments of a source, `<WppTraceFunction>TraceEvents(...)` in a project file.
fn declared(text: &str) -> impl Iterator<Item = &str> {
    let functions = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches(['/', '*']).trim_start();
        let in_comment = line.strip_prefix("FUNC ");
        in_comment.or_else(|| line.strip_prefix("<WppTraceFunction>"))
    });
    functions
        .flat_map(|line| line.split(';'))
        .filter_map(|function| {
            let name = &function[..function.find(['(', '{'])?];
            Some(name.trim())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGURATION: &str = "\
// begin_wpp config
// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);
// FUNC Enter{LEVEL=TRACE_LEVEL_VERBOSE}(MSG, ...);
// USEPREFIX (Enter, \"%!STDPREFIX!\");
// end_wpp
      <WppTraceFunction>Log(LEVEL,FLAGS,MSG,...);Dump((LEVEL,MSG,...))</WppTraceFunction>
";

    #[test]
    fn the_functions_of_the_configuration_are_empty_macros() {
        let header = header(CONFIGURATION);
        for name in [
            "TraceEvents",
            "Enter",
            "Log",
            "DoTraceMessage",
            "WPP_CLEANUP",
        ] {
            let line = format!("#define {name}(...) ((void) 0)\n");
            assert!(header.contains(&line), "{header}");
        }
    }

    #[test]
    fn each_trace_header_is_written_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources {
            text: "#include \"Queue.tmh\"\n#include \"queue.h\"\n".to_owned(),
            ..Sources::default()
        };
        write(&sources, folder.path()).unwrap();
        let names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["Queue.tmh"]);
    }
}
