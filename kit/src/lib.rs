//! The parts of a driver kit that no free package has: KMDF's headers, lists of exports and the entry
//! stub. With MinGW-w64's DDK headers and import libraries they build KMDF drivers without
//! Microsoft's kit. `wdk-cross` lays them out.

#![no_std]

/// A file of the kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Its path in the kit's folder.
    pub path: &'static str,
    /// Its content.
    pub text: &'static str,
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(File { path: $path, text: include_str!(concat!("../", $path)) }),*]
    };
}

/// Every file of the kit.
pub const FILES: &[File] = files![
    "include/dontuse.h",
    "include/evntrace.h",
    "include/excpt.h",
    "include/intrin.h",
    "include/wdf.h",
    "include/wdfbugcodes.h",
    "include/wdfcollection.h",
    "include/wdfdevice.h",
    "include/wdfdpc.h",
    "include/wdfdriver.h",
    "include/wdffdo.h",
    "include/wdffileobject.h",
    "include/wdffuncenum.h",
    "include/wdfglobals.h",
    "include/wdfio.h",
    "include/wdfiotarget.h",
    "include/wdfmemory.h",
    "include/wdfobject.h",
    "include/wdfpnppower.h",
    "include/wdfproperty.h",
    "include/wdfqueryinterface.h",
    "include/wdfregistry.h",
    "include/wdfrequest.h",
    "include/wdfrequestsend.h",
    "include/wdfresource.h",
    "include/wdfstatus.h",
    "include/wdfstring.h",
    "include/wdfsync.h",
    "include/wdftimer.h",
    "include/wdftypes.h",
    "include/wdfverifier.h",
    "include/wdfwake.h",
    "include/wdfwmi.h",
    "include/wdfworkitem.h",
    "include/wdm_additions.h",
    "include/wpprecorder.h",
    "lib/ndis.def",
    "lib/ntoskrnl-additions.def",
    "lib/wdfldr.def",
    "src/driver_entry.c",
    "src/wdfldr.h",
    "src/wdmsec.c",
    "src/wdmsec_sddl.c",
    "tests/function_numbers.c",
    "tests/layout.c",
    "tests/values.c",
];

/// The content of a file.
#[must_use]
pub fn text(path: &str) -> Option<&'static str> {
    let file = FILES.iter().find(|file| file.path == path)?;
    Some(file.text)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::collections::BTreeSet;
    use std::format;
    use std::fs;
    use std::path::Path;
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_listed() {
        let mut found = BTreeSet::new();
        for folder in ["include", "lib", "src", "tests"] {
            let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
            for entry in entries.unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if name != "lib.rs" {
                    found.insert(format!("{folder}/{name}"));
                }
            }
        }
        let listed: BTreeSet<_> = FILES.iter().map(|file| String::from(file.path)).collect();
        assert_eq!(listed, found);
    }

    /// The lines of the assertions that the enumerators and statuses of the headers need.
    fn needed_lines() -> Vec<String> {
        let mut lines = Vec::new();
        for file in FILES
            .iter()
            .filter(|file| file.path.starts_with("include/"))
        {
            let mut in_enumeration = false;
            for line in file.text.lines() {
                if line.starts_with("typedef enum ") {
                    in_enumeration = true;
                } else if line.starts_with('}') {
                    in_enumeration = false;
                } else if let Some((name, _)) = line.split_once('=').filter(|_| in_enumeration) {
                    lines.push(format!("VALUE({}, ", name.trim()));
                } else if let Some(status) = line.strip_prefix("#define STATUS_") {
                    let name = status.split(' ').next().unwrap_or_default();
                    lines.push(format!("STATUS(STATUS_{name}, "));
                }
            }
        }
        lines
    }

    #[test]
    fn every_number_of_the_headers_is_compared() {
        let files = ["tests/values.c", "tests/function_numbers.c"];
        let values = files.map(|file| text(file).unwrap()).concat();
        let lines = needed_lines();
        assert!(lines.len() > 300, "{lines:?}");
        for line in lines {
            assert!(values.contains(&line), "{line} is in no file of tests");
        }
    }
}
