//! The profiles that readers have sent are complete, and their names say of which system they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nt_netio_profile::{Behaviours, MeasuredMachine, ProfileFile};

/// What is wrong with the profiles in a folder.
fn check(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut wrong: Vec<_> = files.filter_map(|file| check_file(&file)).collect();
    wrong.sort();
    wrong
}

fn check_file(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    if name == "README.md" {
        return None;
    }
    let profile = match ProfileFile::read(file) {
        Ok(profile) => profile,
        Err(error) => return Some(format!("{name}: {error}")),
    };
    let start = format!("windows-{}", profile.machine.build);
    let is_named_so = name
        .strip_suffix(".toml")
        .and_then(|stem| stem.strip_prefix(&start))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    (!is_named_so).then(|| format!("{name}: expected {start}.toml or {start}-WORD.toml"))
}

#[test]
fn the_profiles_of_readers_are_complete() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("profiles");
    assert_eq!(check(&folder), [""; 0]);
}

#[test]
fn a_profile_that_is_wrong_or_wrongly_named_is_found() {
    let folder = std::env::temp_dir().join(format!("profiles-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let named = Behaviours::documented().named_values().into_iter();
    let profile = ProfileFile {
        machine: MeasuredMachine {
            build: "10.0.1.2".to_owned(),
            date: "2026-11-30".parse().unwrap(),
            asked_through: "driver".to_owned(),
        },
        observed: named
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        not_observed: BTreeMap::new(),
    };
    for name in [
        "windows-10.0.1.2",
        "windows-10.0.1.2-vpn",
        "windows-10.0.1.22",
    ] {
        fs::write(folder.join(format!("{name}.toml")), profile.to_string()).unwrap();
    }
    fs::write(folder.join("broken.toml"), "[machine]").unwrap();
    let found = check(&folder);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("broken.toml: TOML parse error"));
    assert!(found[1].starts_with("windows-10.0.1.22.toml: expected windows-10.0.1.2"));
}
