//! Output on a terminal: colors, confirmation, progress bar.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::thread::{self, JoinHandle};

use ipforward::abi::watch::RING_EVENTS;
use ipforward::{Device, Route};
use nix::pty::{Winsize, openpty};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::apply::numbered_routes;
use crate::fake_host::{FakeHost, HostBehavior};
use crate::program::{command, commands, destinations, known, net, printed_json, working_host};

/// The width of the terminal.
const COLUMNS: u16 = 80;

const CHANGE: &str = "[[route]]\nprefix = '10.20.0.0/16'\ndev = 7\nmetric = 6\n";

/// A host with the route that the file changes.
fn host() -> FakeHost {
    let host = working_host();
    host.add_route(Route::new(net("10.20.0.0/16"), known()).metric(5));
    host
}

fn file(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("routes.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Runs `apply` with this file on a terminal, with typed input; returns the exit code and the output.
fn apply(
    host: &FakeHost,
    text: &str,
    options: &str,
    typed: &str,
    variables: &[(&str, &str)],
) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, text);
    let line = format!("apply {} {options}", path.display());
    on_terminal(host, &line, typed, variables)
}

/// Runs `import` with this file on a terminal, as [`apply`] does.
fn import(host: &FakeHost, text: &str, options: &str, typed: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, text);
    let line = format!("import {} {options}", path.display());
    on_terminal(host, &line, typed, &[])
}

/// Follows the output of a command that has ended.
const END: &str = "<end of the output>";

/// A command on a terminal.
pub(crate) struct OnTerminal {
    process: Pid,
    end: JoinHandle<ExitStatus>,
    person: File,
    output: Vec<u8>,
}

impl OnTerminal {
    pub(crate) fn start(host: &FakeHost, line: &str, variables: &[(&str, &str)]) -> Self {
        let window = Winsize {
            ws_row: 25,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let terminal = openpty(Some(&window), None).unwrap();
        let side = || Stdio::from(terminal.slave.try_clone().unwrap());
        let mut child = command(host, line)
            .env("TERM", "xterm-256color")
            .envs(variables.iter().copied())
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        // If the last writer closes the terminal while a reader is on its way to wait, Linux tells the
        // reader the end, and what was written before is lost. So this side stays open for the end.
        let mut side = File::from(terminal.slave);
        Self {
            process: Pid::from_child(&child),
            end: thread::spawn(move || {
                let status = child.wait().unwrap();
                side.write_all(END.as_bytes()).unwrap();
                status
            }),
            person: File::from(terminal.master),
            output: Vec::new(),
        }
    }

    /// Reads more output. Returns false at its end.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let length = self.person.read(&mut buffer).unwrap();
        let new = self.output.len().saturating_sub(END.len());
        self.output.extend_from_slice(&buffer[..length]);
        // The terminal echoes input that the command did not read.
        let mut parts = self.output[new..].windows(END.len());
        !parts.any(|part| part == END.as_bytes())
    }

    /// Reads until the output has a text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        while !String::from_utf8_lossy(&self.output).contains(text) {
            assert!(self.read(), "no {text}");
        }
    }

    fn send(&self, signal: Signal) {
        kill_process(self.process, signal).unwrap();
    }

    /// Stops the command. When it returns, no thread of the command runs.
    fn stop(&self) {
        self.send(Signal::STOP);
        waitid(WaitId::Pid(self.process), WaitIdOptions::STOPPED).unwrap();
    }

    /// Ends the command; returns the output so far.
    pub(crate) fn kill(self) -> String {
        self.send(Signal::KILL);
        self.end.join().unwrap();
        String::from_utf8(self.output).unwrap()
    }

    /// The exit code and the output.
    fn finish(mut self) -> (i32, String) {
        while self.read() {}
        let output = String::from_utf8(self.output).unwrap();
        let (output, _) = output.split_once(END).unwrap();
        let code = self.end.join().unwrap().code().unwrap();
        (code, output.to_owned())
    }
}

/// Runs a command on a terminal, with typed input; returns the exit code and the output.
pub(crate) fn on_terminal(
    host: &FakeHost,
    line: &str,
    typed: &str,
    variables: &[(&str, &str)],
) -> (i32, String) {
    let mut running = OnTerminal::start(host, line, variables);
    running.person.write_all(typed.as_bytes()).unwrap();
    running.finish()
}

/// Runs `top`, and `act` once its screen shows the route.
fn top(host: &FakeHost, act: impl FnOnce(&mut File)) -> (i32, String) {
    let mut running = OnTerminal::start(host, "top", &[]);
    running.wait_for("10.20.0.0/16");
    act(&mut running.person);
    running.finish()
}

fn metric(host: &FakeHost) -> u64 {
    printed_json(host, "route show")[0]["metric"]
        .as_u64()
        .unwrap()
}

#[test]
fn routectl_asks_before_it_changes_an_existing_route() {
    let host = host();
    let (code, output) = apply(&host, CHANGE, "", "n\n", &[]);
    assert_eq!((code, metric(&host)), (1, 5), "{output}");
    assert!(
        output.contains("1 route would be changed. Continue? [y/N]"),
        "{output}"
    );
    assert!(output.contains("nothing was changed"), "{output}");
    let (code, output) = apply(&host, CHANGE, "", "y\n", &[]);
    assert_eq!((code, metric(&host)), (0, 6), "{output}");
    assert!(output.contains("done: 0 added, 1 changed"), "{output}");
}

#[test]
fn routectl_does_not_ask_with_yes_or_without_a_risk() {
    let host = host();
    for (text, options) in [
        (CHANGE, "--yes"),
        (CHANGE, "--dry-run"),
        (CHANGE, ""),
        ("[[route]]\nprefix = '10.30.0.0/16'\ndev = 7\n", ""),
    ] {
        // After the first run, the route is not changed again.
        let (code, output) = apply(&host, text, options, "", &[]);
        assert_eq!(code, 0, "{output}");
        assert!(!output.contains("Continue?"), "{output}");
    }
    assert_eq!(metric(&host), 6);
}

#[test]
fn changes_are_in_color_unless_turned_off() {
    let host = host();
    let (_, output) = apply(&host, CHANGE, "--dry-run", "", &[]);
    assert!(
        output.contains("\x1b[33m~ 10.20.0.0/16 dev 7 metric 5 → 6\x1b[0m"),
        "{output:?}"
    );
    let added = "[[route]]\nprefix = '10.30.0.0/16'\ndev = 7\n";
    let (_, output) = apply(&host, added, "--dry-run", "", &[]);
    assert!(output.contains("\x1b[32m+ 10.30.0.0/16"), "{output:?}");
    let (_, output) = apply(&host, CHANGE, "--dry-run", "", &[("NO_COLOR", "1")]);
    assert!(!output.contains('\x1b'), "{output:?}");
}

#[test]
fn a_progress_bar_shows_for_more_than_one_call() {
    let host = host();
    let (code, output) = apply(&host, &numbered_routes(4_097), "", "", &[]);
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("of 4,097 routes"), "{output:?}");
    let (_, output) = on_terminal(&host, "export", "", &[]);
    assert!(output.contains("reading"), "{output:?}");
    assert!(output.contains("of 4,098 routes"), "{output:?}");
    let (_, output) = apply(&host, &numbered_routes(1), "", "", &[]);
    assert!(!output.contains("routes,"), "{output:?}");
}

const MIXED: &str = "\
10.30.0.0/16 via 192.0.2.253 dev 7
blackhole 10.233.65.0/26
";

#[test]
fn routectl_asks_whether_to_leave_out_lines() {
    let host = host();
    let (code, output) = import(&host, MIXED, "", "n\n");
    assert_eq!(code, 2, "{output}");
    let question = "1 line cannot be imported. Leave out and import the rest? [y/N]";
    assert!(output.contains(question), "{output}");
    assert!(output.contains("line 2"), "{output}");
    assert!(output.contains("nothing was changed"), "{output}");
    assert_eq!(destinations(&host), ["10.20.0.0/16"]);
    let (code, output) = import(&host, MIXED, "", "y\n");
    assert_eq!(code, 0, "{output}");
    assert!(
        output.contains("left out lines that cannot be imported: 1"),
        "{output}"
    );
    assert!(output.contains("done: 1 added, 0 changed"), "{output}");
    assert_eq!(destinations(&host), ["10.20.0.0/16", "10.30.0.0/16"]);
    let (code, output) = import(&host, MIXED, "--skip-exit 1", "y\n");
    assert_eq!(code, 1, "{output}");
}

#[test]
fn routectl_asks_whether_to_leave_out_refused_changes() {
    let host = host();
    let file = "route add 10.30.0.0/16 via 192.0.2.253 dev 7\nroute add 10.20.0.0/16 dev 7\n";
    let question = "1 change is refused. Leave out and import the rest? [y/N]";
    let (code, output) = import(&host, file, "", "n\n");
    assert_eq!(code, 1, "{output}");
    assert!(output.contains(question), "{output}");
    assert!(output.contains("line 2: left out `route add"), "{output}");
    assert!(output.contains("nothing was changed"), "{output}");
    assert_eq!(destinations(&host), ["10.20.0.0/16"]);
    let (code, output) = import(&host, file, "", "y\n");
    assert_eq!(code, 0, "{output}");
    assert!(
        output.contains("left out changes that are refused: 1"),
        "{output}"
    );
    assert_eq!(destinations(&host), ["10.20.0.0/16", "10.30.0.0/16"]);
}

#[test]
fn routectl_does_not_ask_for_lines_with_skip_or_yes() {
    let host = host();
    let (code, output) = import(&host, MIXED, "--skip", "");
    assert_eq!(code, 0, "{output}");
    assert!(!output.contains("Leave out"), "{output}");
    // `--yes` answers the question about changes, not the one about lines.
    let (code, output) = import(&host, MIXED, "--yes", "");
    assert_eq!(code, 2, "{output}");
    assert!(!output.contains("Leave out"), "{output}");
    // Nothing would remain.
    let (code, output) = import(&host, "blackhole 10.233.65.0/26\n", "", "");
    assert_eq!(code, 2, "{output}");
    assert!(!output.contains("Leave out"), "{output}");
}

/// Takes the whole screen, and gives it back.
const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[?1049l";

#[test]
fn top_shows_the_table_until_a_key_quits() {
    let host = host();
    for quit in ["q", "\x1b", "\x03"] {
        let (code, output) = top(&host, |person| person.write_all(quit.as_bytes()).unwrap());
        assert_eq!(code, 0, "{output:?}");
        let (_, screen) = output.split_once(ENTER).unwrap();
        let (screen, after) = screen.split_once(LEAVE).unwrap();
        assert!(screen.contains("10.20.0.0/16"), "{output:?}");
        assert!(!after.contains("10.20.0.0/16"), "{output:?}");
    }
}

#[test]
fn top_reads_the_table_again_after_lost_events() {
    let host = host();
    let device = Device::open(host.socket()).unwrap();
    let mut running = OnTerminal::start(&host, "top", &[]);
    running.wait_for("10.20.0.0/16");
    running.stop();
    // The event of the first route is among those that are lost.
    let route = |prefix| Route::new(net(prefix), known());
    device.create_route(&route("10.99.0.0/16")).unwrap();
    for _ in 0..RING_EVENTS {
        device.create_route(&route("10.30.0.0/16")).unwrap();
        device.delete_route(&route("10.30.0.0/16").key()).unwrap();
    }
    running.send(Signal::CONT);
    running.wait_for("lost,");
    running.wait_for("10.99.0.0/16");
    running.person.write_all(b"q").unwrap();
    assert_eq!(running.finish().0, 0);
}

#[test]
fn a_terminated_top_gives_the_screen_back() {
    let host = host();
    let mut running = OnTerminal::start(&host, "top", &[]);
    running.wait_for("10.20.0.0/16");
    running.send(Signal::TERM);
    let (code, output) = running.finish();
    assert_eq!(code, 0, "{output:?}");
    assert!(output.contains(LEAVE), "{output:?}");
}

#[test]
fn top_gives_the_screen_back_before_it_prints_an_error() {
    let host = host();
    let (code, output) = top(&host, |_| host.disconnect());
    assert_eq!(code, 5, "{output:?}");
    let (_, after) = output.split_once(LEAVE).unwrap();
    assert!(after.contains("error"), "{output:?}");
    // Without a device there is no screen.
    let gone = FakeHost::start(HostBehavior::Disconnects);
    let (code, output) = on_terminal(&gone, "top", "", &[]);
    assert_eq!(code, 5, "{output:?}");
    assert!(!output.contains(ENTER), "{output:?}");
}

#[test]
fn help_is_wrapped_to_the_terminal() {
    let host = host();
    for line in commands(&host) {
        let (code, output) =
            on_terminal(&host, &format!("{line} --help"), "", &[("NO_COLOR", "1")]);
        assert_eq!(code, 0, "{line}: {output}");
        let is_long = |line: &&str| line.trim_end().chars().count() > usize::from(COLUMNS);
        let long: Vec<_> = output.lines().filter(is_long).collect();
        assert_eq!(long, [""; 0], "{line}");
    }
}
