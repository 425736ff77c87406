//! The script of `cargo xtask windows-vm`, run by the command interpreter of Wine.

use std::fs;
use std::path::Path;

use crate::package::{packaged, root};
use crate::wine::command_interpreter;

/// What the script says of its steps in each of its stages, whether they succeed or not.
const STAGES: [&[&str]; 3] = [
    &["certificate-root", "certificate-publisher", "test-signing"],
    &[
        "add-driver",
        "install-device",
        "driver-verifier",
        "kmdf-verifier",
    ],
    &[
        "device-status",
        "version",
        "interfaces",
        "hold",
        "selftest",
        "probe",
        "sleep",
        "version-after-sleep",
        "statistics",
        "verifier-report",
        "remove-device",
    ],
];

/// Runs the script as at a log-on, and returns what it has reported in all.
fn log_on(disk: &Path, state: &Path) -> String {
    let reports = state.join("reports.txt");
    let output = command_interpreter()
        .current_dir(disk)
        .args(["/c", "guest.cmd"])
        .env("VM_PORT", windows_path(&reports))
        .env("VM_STATE", windows_path(state))
        .env("VM_RESTART", "rem")
        .env("VM_POWER_OFF", "rem")
        .output()
        .expect("Wine can be started");
    let text = fs::read(&reports).unwrap_or_default();
    assert!(!text.is_empty(), "{output:?}");
    String::from_utf8_lossy(&text).replace('\r', "")
}

/// Wine has the whole file system as drive Z.
fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', r"\")
}

/// The steps that begin and end in the reports, in their order.
fn steps(reports: &str) -> Vec<&str> {
    let names = |mark| {
        let lines = reports
            .lines()
            .filter_map(move |line| line.strip_prefix(mark));
        let names = lines.filter_map(|rest: &str| rest.split(' ').next());
        names.collect::<Vec<_>>()
    };
    let begun = names("vm begin ");
    assert_eq!(names("vm end "), begun, "{reports}");
    begun
}

#[test]
fn the_script_of_the_machine_reports_each_step_in_its_stages() {
    let disk = tempfile::tempdir().unwrap();
    let state = tempfile::tempdir().unwrap();
    let script = root().join("tools/xtask/src/windows_vm/guest/guest.cmd");
    let script = fs::read_to_string(script).unwrap().replace('\n', "\r\n");
    fs::write(disk.path().join("guest.cmd"), script).unwrap();
    for name in [
        "routectl.exe",
        "ipforward-probe.exe",
        "driver.inf",
        "test-certificate.cer",
    ] {
        fs::copy(packaged(name), disk.path().join(name)).unwrap();
    }
    let mut expected: Vec<&str> = Vec::new();
    for (stage, names) in STAGES.iter().enumerate() {
        let reports = log_on(disk.path(), state.path());
        expected.extend(*names);
        assert_eq!(steps(&reports), expected, "{reports}");
        let is_last = stage == STAGES.len() - 1;
        assert_eq!(reports.contains("\nvm done\n"), is_last, "{reports}");
    }
    let reports = fs::read_to_string(state.path().join("reports.txt")).unwrap();
    // There is no device in Wine, and the probe needs none.
    assert!(reports.contains("vm end version 5"), "{reports}");
    assert!(reports.contains("vm end selftest 5"), "{reports}");
    assert!(reports.contains("vm end probe 0"), "{reports}");
    assert!(reports.contains("vm file profile.toml"), "{reports}");
    assert!(
        reports.contains("asked-through = \"ip-helper\""),
        "{reports}"
    );
    // The machine stopped in the third stage if the script finds itself in the fourth.
    let reports = log_on(disk.path(), state.path());
    assert!(
        reports.contains("vm end stopped-in-the-tests 1"),
        "{reports}"
    );
}
