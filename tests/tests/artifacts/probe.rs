//! `ipforward-probe.exe`, run in Wine: it says of each behaviour that it is observed, or why not.

use nt_netio_profile::{Behaviours, ProfileFile};

use crate::package::packaged;
use crate::wine::wine;

#[test]
fn the_probe_ends_with_a_complete_table() {
    let folder = tempfile::tempdir().unwrap();
    let output = wine(&packaged("ipforward-probe.exe"))
        .current_dir(folder.path())
        .args(["--output", "profile.toml", "--journal", "journal"])
        .output()
        .expect("Wine can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
    let (table, errors) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{table}{errors}");
    for name in Behaviours::NAMES {
        let has_line = table.lines().any(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(' ') && !rest.trim().is_empty())
        });
        assert!(has_line, "{name}: {table}");
    }
    // Wine has no function that creates a route.
    let missing = "duplicate-status, ip-helper: not implemented: CreateIpForwardEntry2";
    assert!(table.contains(missing), "{table}");
    let profile = ProfileFile::read(&folder.path().join("profile.toml")).unwrap();
    let numbers: Vec<_> = profile.machine.build.split('.').collect();
    assert!(numbers.len() == 4 && numbers[0] != "0", "{profile}");
    assert_eq!(profile.machine.asked_through, "ip-helper");
    // It has a function that lists them.
    assert!(
        !table.contains("not implemented: GetIpForwardTable2"),
        "{table}"
    );
    let why = &profile.not_observed["fresh-site-prefix"];
    assert_eq!(why, "not implemented: CreateIpForwardEntry2");
    assert!(!folder.path().join("journal").exists(), "nothing is left");
}
