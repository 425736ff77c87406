//! Who is neither SYSTEM nor an administrator may not open a device. Only root can run a program
//! as somebody else: for others these tests are ignored, and counted as such.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;
use tests::{Host, program};

const NOBODY: u32 = 65534;
const OURS: &str = abi::device::USER_PATH;
const ECHO: &str = r"\\?\ROOT#echo#0000#{6f1c2b0e-52a4-4c36-9a53-0b7e3f1d9c11}";
const MAILBOX: &str = r"\\.\Mailbox";

fn main() -> ExitCode {
    let is_root = fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
    let tests: [(&str, fn()); 3] = [
        (
            "a_stranger_reaches_the_host_and_is_refused_by_the_driver",
            a_stranger_reaches_the_host_and_is_refused_by_the_driver,
        ),
        (
            "routectl_tells_a_stranger_who_may_open_the_device",
            routectl_tells_a_stranger_who_may_open_the_device,
        ),
        (
            "strangers_may_not_open_other_drivers_devices",
            strangers_may_not_open_other_drivers_devices,
        ),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
        .with_ignored_flag(!is_root)
    };
    let trials = tests.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Programs where that user can run them.
struct Stranger {
    folder: TempDir,
}

impl Stranger {
    fn with(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Not by this process: a program that is open for writing in it cannot be started.
        let copied = Command::new("cp")
            .arg(program(name))
            .arg(folder.path())
            .status();
        assert!(copied.is_ok_and(|status| status.success()));
        open_to_all(folder.path());
        Self { folder }
    }

    /// What the program says to that user, who can reach the host's socket.
    fn run(&self, name: &str, arguments: &[&str], host: &Host) -> Output {
        let socket = host.socket();
        open_to_all(socket.parent().unwrap());
        Command::new(self.folder.path().join(name))
            .args(arguments)
            .env("IPFORWARD_DEVICE", &socket)
            .uid(NOBODY)
            .output()
            .unwrap()
    }

    /// What the host answers that user who opens the device: all that is printed of it comes from
    /// the host, so that the socket is not what refused.
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

/// Files have permissions as well: that a name which nobody has is looked for shows that they are
/// not what keeps the stranger out.
fn refuses(stranger: &Stranger, host: &Host, device: &str) {
    let nowhere = stranger.open(r"\\.\NoSuchDevice", host);
    assert!(
        nowhere.starts_with("open: STATUS_OBJECT_NAME_NOT_FOUND"),
        "{nowhere}"
    );
    let refused = stranger.open(device, host);
    assert!(
        refused.starts_with("open: STATUS_ACCESS_DENIED"),
        "{device}: {refused}"
    );
}

fn a_stranger_reaches_the_host_and_is_refused_by_the_driver() {
    let stranger = Stranger::with("nthost");
    let host = Host::start();
    refuses(&stranger, &host, OURS);
    host.stop_clean();
}

fn routectl_tells_a_stranger_who_may_open_the_device() {
    let stranger = Stranger::with("routectl");
    let host = Host::start();
    let refused = stranger.run("routectl", &["route", "show"], &host);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(4), "{said}");
    assert!(said.contains("STATUS_ACCESS_DENIED"), "{said}");
    host.stop_clean();
}

fn strangers_may_not_open_other_drivers_devices() {
    let stranger = Stranger::with("nthost");
    for (driver, device) in [("echo", ECHO), ("control", MAILBOX)] {
        let host = Host::start_other(driver, &[]);
        refuses(&stranger, &host, device);
        host.stop_clean();
    }
}
