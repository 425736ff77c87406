//! Only SYSTEM and administrators may open a device. The tests run programs as another user, which
//! only root can do: otherwise they are ignored, and counted as such.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::Trial;
use tempfile::TempDir;
use tests::{Host, program, start_host, start_test_driver};

use crate::named;

const UNPRIVILEGED: u32 = 65534;
const OURS: &str = abi::device::USER_PATH;
const ECHO: &str = r"\\?\ROOT#echo#0000#{6f1c2b0e-52a4-4c36-9a53-0b7e3f1d9c11}";
const MAILBOX: &str = r"\\.\Mailbox";

/// The tests; ignored unless they run as root.
pub(crate) fn trials() -> Vec<Trial> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
    let tests: &[(&str, fn())] = named![
        an_unprivileged_user_is_refused_by_the_device,
        routectl_reports_access_denied_to_an_unprivileged_user,
        an_unprivileged_user_cannot_open_other_drivers_devices,
    ];
    let trial = |&(name, test): &(&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
        .with_ignored_flag(!is_root)
    };
    tests.iter().map(trial).collect()
}

/// Copies of programs that an unprivileged user can run.
struct UnprivilegedUser {
    folder: TempDir,
}

impl UnprivilegedUser {
    fn with(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A copy made by this process could still be open for writing when it is started.
        let copied = Command::new("cp")
            .arg(program(name))
            .arg(folder.path())
            .status();
        assert!(copied.is_ok_and(|status| status.success()));
        open_to_all(folder.path());
        Self { folder }
    }

    /// Runs a program as that user, with access to the host's socket.
    fn run(&self, name: &str, arguments: &[&str], host: &Host) -> Output {
        let socket = host.socket();
        open_to_all(socket.parent().unwrap());
        Command::new(self.folder.path().join(name))
            .args(arguments)
            .env("IPFORWARD_DEVICE", &socket)
            .uid(UNPRIVILEGED)
            .output()
            .unwrap()
    }

    /// Opens the device as that user. The output comes from the host, which shows that the socket did
    /// not refuse.
    fn open(&self, device: &str, host: &Host) -> String {
        let socket = host.socket();
        let arguments = [
            "send",
            "--open",
            device,
            "--socket",
            socket.to_str().unwrap(),
        ];
        let output = self.run("nthost", &arguments, host);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn open_to_all(folder: &Path) {
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
}

/// The device refuses the user. Opening an unknown name has another status, so the refusal does not
/// come from the permissions of a file.
fn refuses(user: &UnprivilegedUser, host: &Host, device: &str) {
    let unknown = user.open(r"\\.\NoSuchDevice", host);
    assert!(
        unknown.starts_with("open: STATUS_OBJECT_NAME_NOT_FOUND"),
        "{unknown}"
    );
    let refused = user.open(device, host);
    assert!(
        refused.starts_with("open: STATUS_ACCESS_DENIED"),
        "{device}: {refused}"
    );
}

fn an_unprivileged_user_is_refused_by_the_device() {
    let user = UnprivilegedUser::with("nthost");
    let host = start_host();
    refuses(&user, &host, OURS);
    host.stop_clean();
}

fn routectl_reports_access_denied_to_an_unprivileged_user() {
    let user = UnprivilegedUser::with("routectl");
    let host = start_host();
    let refused = user.run("routectl", &["route", "show"], &host);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(4), "{said}");
    assert!(said.contains("STATUS_ACCESS_DENIED"), "{said}");
    host.stop_clean();
}

fn an_unprivileged_user_cannot_open_other_drivers_devices() {
    let user = UnprivilegedUser::with("nthost");
    for (driver, device) in [("echo", ECHO), ("control", MAILBOX)] {
        let host = start_test_driver(driver, &["--security", "D:P(A;;GA;;;SY)(A;;GA;;;BA)"]);
        refuses(&user, &host, device);
        host.stop_clean();
    }
}
