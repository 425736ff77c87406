//! A host process with a driver in it, for the time of a test.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::driver::Driver;
use crate::hang;
use crate::process::Process;

/// How long the kit waits for the host: longer than the host's own watchdog.
const TIME_LIMIT: Duration = Duration::from_mins(3);
/// How many lines of the host's standard error a failed test prints: more than a report has.
const LAST_LINES: usize = 200;

/// A running host. Dropping it kills the process; [`stop`](Self::stop) unloads the driver first.
pub struct Host {
    child: Child,
    stderr: Option<JoinHandle<String>>,
    directory: TempDir,
}

/// How a host ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal killed the process. `nthost --help` lists the codes: 0 is
    /// a clean run, 86 a bugcheck, 87 a leak.
    pub code: Option<i32>,
    /// What the host wrote to standard error: reports and warnings.
    pub stderr: String,
}

impl Driver {
    /// Starts a host with the driver and waits until it serves the driver's devices.
    ///
    /// # Panics
    ///
    /// If the host does not start, or the driver does not: with the host's report.
    #[must_use]
    pub fn start(&self) -> Host {
        let started = self.try_start();
        started.unwrap_or_else(|ended| panic!("the host did not get ready: {ended:?}"))
    }

    /// As [`start`](Self::start), for a driver that may not start.
    ///
    /// # Errors
    ///
    /// How the host ended, with the reason.
    ///
    /// # Panics
    ///
    /// If the host neither gets ready nor ends.
    pub fn try_start(&self) -> Result<Host, Ended> {
        Host::start(self)
    }
}

impl Host {
    fn start(driver: &Driver) -> Result<Self, Ended> {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let line = driver.command_line(&directory.path().join("socket"));
        let (program, arguments) = line.split_first().expect("the line has a program");
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "cannot start {}: {error}; build it with `cargo build --package nthost`, \
                     or name it in the variable NTHOST",
                    Path::new(program).display()
                )
            });
        let stderr = collect(child.stderr.take().expect("stderr is piped"));
        let stdout = child.stdout.take().expect("stdout is piped");
        let ready = wait_for_ready(stdout);
        let host = Self {
            child,
            stderr: Some(stderr),
            directory,
        };
        match ready.recv_timeout(TIME_LIMIT) {
            Ok(()) => Ok(host),
            Err(RecvTimeoutError::Disconnected) => Err(host.wait()),
            Err(error) => panic!("the host did not get ready ({error}): {:?}", host.wait()),
        }
    }

    /// The path of the socket on which the host serves client processes.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    /// The identifier of the host's process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts a client process.
    #[must_use]
    pub fn connect(&self) -> Process {
        Process::start(&self.socket())
    }

    /// Ends the host with SIGTERM, for which it unloads the driver.
    ///
    /// # Panics
    ///
    /// If the host cannot be signalled or waited for.
    #[must_use]
    pub fn stop(self) -> Ended {
        let id = i32::try_from(self.child.id()).expect("process identifiers are positive");
        kill(Pid::from_raw(id), Signal::SIGTERM).expect("the host can be signalled");
        self.wait()
    }

    /// Waits until the host process exits. A host that does not exit is killed, and the result
    /// lists its threads.
    ///
    /// # Panics
    ///
    /// If the host cannot be waited for.
    #[must_use]
    pub fn wait(mut self) -> Ended {
        let hang = hang::wait(&mut self.child, TIME_LIMIT);
        let status = self.child.wait().expect("the host can be waited for");
        let stderr = self
            .stderr
            .take()
            .and_then(|stderr| stderr.join().ok())
            .expect("standard error is collected once");
        let signal = status
            .signal()
            .map(|signal| format!("\nkilled by signal {signal}"));
        Ended {
            code: status.code(),
            stderr: stderr + &signal.unwrap_or_default() + &hang.unwrap_or_default(),
        }
    }

    /// Stops the host and asserts that the driver broke no rule and left nothing behind.
    ///
    /// # Panics
    ///
    /// If the exit code is not 0: with the host's report.
    pub fn stop_clean(self) {
        let ended = self.stop();
        assert!(
            ended.code == Some(0),
            "exit code {:?}\n{}",
            ended.code,
            ended.stderr
        );
    }

    /// Prints the end of the host's standard error for the reader of a failed test.
    fn print_last_lines(&mut self) {
        let stderr = self.stderr.take().map(JoinHandle::join);
        let text = stderr.and_then(Result::ok).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let last = lines.len().saturating_sub(LAST_LINES);
        for line in lines.iter().skip(last) {
            eprintln!("{line}");
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            self.print_last_lines();
        }
    }
}

/// Sends a message when the host prints that it is ready; closes the channel when the host ends.
fn wait_for_ready(stdout: impl Read + Send + 'static) -> Receiver<()> {
    let (sender, ready) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        if lines.any(|line| line.starts_with("ready")) {
            // The receiver is gone if its time limit has passed.
            let _ = sender.send(());
        }
    });
    ready
}

/// Reads a stream to its end in a thread, so that a full pipe never blocks the host.
fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        // The text before an error is still useful.
        let _ = stream.read_to_string(&mut text);
        text
    })
}
