//! A host process with a driver in it, for the time of a test.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;

use crate::hang;
use crate::profile::Profile;
use crate::programs::{driver_image, program, test_driver_image};

/// How long the host waits for the driver before it stops with a report, in seconds.
const PATIENCE: &str = "60";
/// How long the fixture waits for the host: long enough for that report.
const TIME_LIMIT: Duration = Duration::from_mins(3);

/// As many lines of what a host said are shown when a test fails: more than a report has.
const LAST_LINES: usize = 200;

/// A running host. Dropping it kills it; [`stop`](Self::stop) ends it as a person would.
pub struct Host {
    child: Child,
    complaints: Option<JoinHandle<String>>,
    directory: TempDir,
}

/// How a host ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code, if it was not killed by a signal.
    pub code: Option<i32>,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Host {
    /// A host with the driver that ships, the default interfaces and the [`Profile`] of this run,
    /// ready to serve.
    ///
    /// # Panics
    ///
    /// If it does not get ready.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further arguments of `nthost run`.
    ///
    /// # Panics
    ///
    /// If it does not get ready.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        let profile = Profile::of_this_run().arguments();
        Self::start_image(&driver_image(), &[profile, arguments].concat())
    }

    /// A host with a driver of `tests/drivers/`, in the documented profile: these drivers do
    /// not use routes, and the expected reports of the faulty ones belong to that profile.
    ///
    /// # Panics
    ///
    /// If it does not get ready.
    #[must_use]
    pub fn start_other(driver: &str, arguments: &[&str]) -> Self {
        Self::start_image(&test_driver_image(driver), arguments)
    }

    fn start_image(image: &Path, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let mut child = Command::new(program("nthost"))
            .arg("run")
            .arg("--driver")
            .arg(image)
            .arg("--socket")
            .arg(directory.path().join("socket"))
            .args(arguments)
            .args(patience(arguments))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nthost starts");
        let complaints = collect(child.stderr.take().expect("stderr is piped"));
        let stdout = child.stdout.take().expect("stdout is piped");
        let ready = wait_for_ready(stdout);
        let host = Self {
            child,
            complaints: Some(complaints),
            directory,
        };
        match ready.recv_timeout(TIME_LIMIT) {
            Ok(()) => host,
            Err(error) => panic!("the host did not get ready ({error}): {:?}", host.wait()),
        }
    }

    /// Where clients reach the host.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    /// The number of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the host with SIGTERM, which unloads the driver properly, and tells how it ended.
    ///
    /// # Panics
    ///
    /// If it cannot be signalled or waited for.
    #[must_use]
    pub fn stop(self) -> Ended {
        let killed = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(
            killed.is_ok_and(|status| status.success()),
            "the host can be signalled"
        );
        self.wait()
    }

    /// Waits until the host ends by itself and tells how. One that does not end is killed, and what
    /// its threads were about is told.
    ///
    /// # Panics
    ///
    /// If it cannot be waited for.
    #[must_use]
    pub fn wait(mut self) -> Ended {
        let hang = hang::wait(&mut self.child, TIME_LIMIT);
        let status = self.child.wait().expect("the host can be waited for");
        let stderr = self
            .complaints
            .take()
            .and_then(|complaints| complaints.join().ok())
            .expect("standard error is collected once");
        let code = status.code();
        let signal = status
            .signal()
            .map(|signal| format!("\nkilled by signal {signal}"));
        Ended {
            code,
            stderr: stderr + &signal.unwrap_or_default() + &hang.unwrap_or_default(),
        }
    }

    /// Shows whoever looks into a failed test what the host said in the end.
    fn tell_last_words(&mut self) {
        let complaints = self.complaints.take().map(JoinHandle::join);
        let text = complaints.and_then(Result::ok).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let last = lines.len().saturating_sub(LAST_LINES);
        for line in lines.iter().skip(last) {
            eprintln!("{line}");
        }
    }

    /// Ends the host and demands that driver and host were clean: no leak, no warning.
    ///
    /// # Panics
    ///
    /// If they were not.
    pub fn stop_clean(self) {
        let ended = self.stop();
        assert!(
            ended.code == Some(0),
            "exit code {:?}\n{}",
            ended.code,
            ended.stderr
        );
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // An ended host cannot be killed, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            self.tell_last_words();
        }
    }
}

/// The host's patience, where a test has none of its own.
fn patience(arguments: &[&str]) -> &'static [&'static str] {
    if arguments.contains(&"--watchdog") {
        &[]
    } else {
        &["--watchdog", PATIENCE]
    }
}

/// Tells when the host says that it is ready; ends without a word when the host does.
fn wait_for_ready(stdout: impl Read + Send + 'static) -> Receiver<()> {
    let (sender, ready) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        if lines.any(|line| line.starts_with("ready")) {
            // Whoever waits for it may have lost patience.
            let _ = sender.send(());
        }
    });
    ready
}

/// Reads a stream to its end in a thread of its own, so that the host never waits for us.
fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        // What was read before an error is still worth showing.
        let _ = stream.read_to_string(&mut text);
        text
    })
}
