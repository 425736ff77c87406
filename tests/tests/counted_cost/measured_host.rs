//! A host under callgrind.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ipforward::Device;
use tempfile::TempDir;
use tests::{Host, Process, driver_under_test};

use crate::callgrind::CodeProfile;
use crate::cost::Cost;

/// Callgrind executes about fifty times as many instructions as the host alone.
const WATCHDOG: Duration = Duration::from_mins(20);

/// A host with the driver, under callgrind.
pub(crate) struct MeasuredHost {
    host: Host,
    control: Process,
    /// Where the driver's code is in the memory of the host.
    code: Range<u64>,
    /// Where callgrind writes its profiles: this name, a dot and the number of the profile.
    profiles: PathBuf,
    /// Profiles so far.
    count: u32,
    _directory: TempDir,
}

impl MeasuredHost {
    /// One that checks all that can be checked under callgrind, which neither allows the faults of guard
    /// pages nor knows the time that they take. If a thread has a fault while it counts, callgrind may end
    /// with a failed assertion of its own.
    pub(crate) fn start() -> Self {
        Self::start_with(&["--no-guard-pages", "--no-paging", "--no-stacks"])
    }

    /// One that verifies nothing.
    pub(crate) fn start_unchecked() -> Self {
        Self::start_with(&["--unchecked"])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let profiles = directory.path().join("profile");
        let host = driver_under_test()
            .under(callgrind(&profiles))
            .watchdog(WATCHDOG)
            .arguments(arguments)
            .arguments(["--stopped-clock"])
            .start();
        let mut control = host.connect();
        // Deferred work runs when a test waits for it: the same work in each run of the tests.
        control.defer_work();
        Self {
            code: driver_code(host.id()),
            host,
            control,
            profiles,
            count: 0,
            _directory: directory,
        }
    }

    /// A new handle.
    pub(crate) fn open(&self) -> Device {
        Device::open(self.host.socket()).expect("the device can be opened")
    }

    /// Waits until the driver has nothing left to do.
    pub(crate) fn quiesce(&mut self) {
        self.control.quiesce();
    }

    /// The process that controls the host.
    pub(crate) const fn control(&mut self) -> &mut Process {
        &mut self.control
    }

    /// What the driver does during `work`, and until nothing is left to do.
    pub(crate) fn cost_of(&mut self, work: impl FnOnce(&mut Self)) -> Cost {
        self.quiesce();
        let copied = self.control.copied_bytes();
        let profile = self.profile_of(work);
        let copied = self.control.copied_bytes() - copied;
        Cost {
            instructions: exact(profile.instructions),
            netio_calls: exact(profile.calls_of(is_netio)),
            allocations: exact(profile.calls_of(|name| name == "ExAllocatePool2")),
            copied_bytes: exact(copied),
        }
    }

    /// What everything but the driver does during `work`, and until nothing is left to do.
    pub(crate) fn cost_in_the_host_of(&mut self, work: impl FnOnce(&mut Self)) -> Cost {
        Cost {
            instructions: exact(self.profile_of(work).others),
            netio_calls: 0.0,
            allocations: 0.0,
            copied_bytes: 0.0,
        }
    }

    fn profile_of(&mut self, work: impl FnOnce(&mut Self)) -> CodeProfile {
        self.quiesce();
        self.command("instrumentation on");
        self.command("zero");
        work(self);
        self.quiesce();
        self.command("dump");
        self.command("instrumentation off");
        self.count += 1;
        let profile = self.profiles.with_extension(self.count.to_string());
        let profile = fs::read_to_string(profile).expect("callgrind has written the profile");
        CodeProfile::parse(&profile, &self.code)
    }

    /// Has callgrind execute one of its monitor commands.
    fn command(&self, command: &str) {
        let process = format!("--pid={}", self.host.id());
        let output = Command::new("vgdb")
            .arg(&process)
            .args(command.split(' '))
            .output()
            .expect("vgdb, which is part of valgrind, can be started");
        assert!(output.status.success(), "{command}: {output:?}");
    }

    pub(crate) fn stop(self) {
        drop(self.control);
        self.host.stop_clean();
    }
}

/// Where the host has mapped the driver's code: the largest memory without a file that can be
/// executed and not written.
fn driver_code(process: u32) -> Range<u64> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("the host is running");
    let ranges = maps.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let range = words.next()?;
        let is_code = words.next()? == "r-xp";
        let is_file = words.nth(3).is_some();
        let (start, end) = range.split_once('-')?;
        let [start, end] = [start, end].map(|number| u64::from_str_radix(number, 16).ok());
        (is_code && !is_file).then_some(start?..end?)
    });
    ranges
        .max_by_key(|range| range.end - range.start)
        .expect("the host has mapped the driver")
}

/// The C library copies large blocks with one instruction, which callgrind counts once for each byte.
/// These settings have it copy them as it copies smaller ones.
const NO_REPEATED_INSTRUCTIONS: &str = "GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=0x7fffffff:\
                                        glibc.cpu.x86_rep_stosb_threshold=0x7fffffff";

/// The command line that starts a program under callgrind.
///
/// It counts only what is between two commands: else it would execute the rest ten times as slowly.
fn callgrind(profiles: &Path) -> [String; 8] {
    [
        "env".to_owned(),
        NO_REPEATED_INSTRUCTIONS.to_owned(),
        "valgrind".to_owned(),
        "--tool=callgrind".to_owned(),
        "--quiet".to_owned(),
        "--instr-atstart=no".to_owned(),
        "--compress-strings=no".to_owned(),
        format!("--callgrind-out-file={}", profiles.display()),
    ]
}

/// Whether a function is one of NETIO's, other than one that only frees memory.
fn is_netio(name: &str) -> bool {
    [
        "IpForward",
        "IpInterface",
        "UnicastIpAddress",
        "BestRoute",
        "ConvertInterface",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// A count, of which each fits the 52 bits of a float.
fn exact(count: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of a test are below 2^52"
    )]
    let exact = count as f64;
    exact
}
