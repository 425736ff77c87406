//! The start and the stop of each driver.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tests::{Profile, SweepSummary, driver_image, program, test_driver_image};

/// The start and the stop of a driver.
pub(crate) struct Start {
    pub(crate) name: &'static str,
    image: fn() -> PathBuf,
    devices: u32,
}

const fn start(name: &'static str, image: fn() -> PathBuf) -> Start {
    Start {
        name,
        image,
        devices: 1,
    }
}

/// All drivers.
pub(crate) const STARTS: [Start; 6] = [
    start("start and stop", driver_image),
    Start {
        devices: 2,
        ..start("start and stop of two devices", driver_image)
    },
    start("start and stop of control", || test_driver_image("control")),
    start("start and stop of echo", || test_driver_image("echo")),
    start("start and stop of inspector", || {
        test_driver_image("inspector")
    }),
    start("start and stop of miniport", || {
        test_driver_image("miniport")
    }),
];

impl Start {
    /// Whether it starts the driver that ships.
    fn is_ours(&self) -> bool {
        self.name.starts_with("start and stop of two") || self.name == "start and stop"
    }

    /// Every call that the start makes fails in each of its ways, alone and with all later ones.
    pub(crate) fn sweep(&self) -> SweepSummary {
        let mut found = SweepSummary {
            scenarios: 1,
            ..SweepSummary::default()
        };
        for option in ["--fail-call", "--fail-from"] {
            found.points = 0;
            loop {
                let mut statuses = Vec::new();
                // A call that has no more ways fails in its first one again.
                while let Some(status) = self.run(option, found.points, statuses.len()) {
                    if statuses.contains(&status) {
                        break;
                    }
                    statuses.push(status);
                }
                if statuses.is_empty() {
                    break;
                }
                found.points += 1;
                found.runs += statuses.len() as u64;
            }
        }
        found.print(self.name);
        found
    }

    /// Starts a host whose call with this number fails in this way, and stops it if it runs. The
    /// status with which the call failed, if its turn came.
    fn run(&self, option: &str, number: u64, way: usize) -> Option<String> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut host = Command::new(program("nthost"))
            .args(["run", "--profile", Profile::of_this_run().name()])
            .args(["--devices", &self.devices.to_string()])
            .args([option, &number.to_string()])
            .args(["--fail-way", &way.to_string(), "--driver"])
            .arg((self.image)())
            .arg("--socket")
            .arg(directory.path().join("socket"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nthost starts");
        let stdout = BufReader::new(host.stdout.take().expect("it is piped"));
        let ready = stdout
            .lines()
            .map_while(Result::ok)
            .any(|line| line.starts_with("ready"));
        if ready {
            let killed = Command::new("kill").arg(host.id().to_string()).status();
            assert!(killed.is_ok_and(|status| status.success()));
        }
        let mut stderr_text = String::new();
        let mut stderr = host.stderr.take().expect("it is piped");
        stderr
            .read_to_string(&mut stderr_text)
            .expect("it says something");
        let code = host.wait().expect("it ends").code();
        // A leak would have another exit code.
        assert_eq!(code, Some(i32::from(!ready)), "{stderr_text}");
        let is_fault = |line: &&str| line.contains("fault: call");
        let Some(fault) = stderr_text.lines().find(is_fault) else {
            assert!(ready, "{stderr_text}");
            return None;
        };
        let status = fault.rsplit(": ").next().expect("a status");
        if is_retried(fault) {
            assert!(ready, "{stderr_text}");
            return Some(status.to_owned());
        }
        let may_fail = self.is_ours() && is_the_link(fault);
        if ready && may_fail {
            return Some(status.to_owned());
        }
        // With two devices, the host continues if one does not start.
        assert!(!ready || self.devices > 1, "{stderr_text}");
        // What ends the start is a later failure if the first one may happen.
        let failures = stderr_text.lines().filter(is_fault);
        let statuses: Vec<_> = failures
            .take(if may_fail { usize::MAX } else { 1 })
            .filter_map(|fault| fault.rsplit(": ").next())
            .collect();
        let reported = stderr_text
            .lines()
            .any(|line| !is_fault(&line) && statuses.iter().any(|status| line.contains(status)));
        assert!(reported, "{status} is not reported: {stderr_text}");
        Some(status.to_owned())
    }
}

/// Whether the fault is that of the symbolic link: the driver that ships starts without it.
fn is_the_link(fault: &str) -> bool {
    fault.contains("WdfDeviceCreateSymbolicLink")
}

/// Whether the driver starts although this call has failed, and makes the call again later.
fn is_retried(fault: &str) -> bool {
    [
        "NotifyRouteChange2",
        "NotifyIpInterfaceChange",
        "NotifyUnicastIpAddressChange",
    ]
    .iter()
    .any(|function| fault.contains(function))
}
