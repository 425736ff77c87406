//! A host with the driver that breaks rules on demand in it.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use abi::NtStatus;
use nthost_protocol::{CallHeader, CallKind, ReplyHeader, receive, send};
use tests::{Ended, Host, program, test_driver_image};
use zerocopy::little_endian::{U32, U64};

use crate::codes::{ANY, StopCode};
use crate::document;

/// The exit code of a host whose machine stopped.
const STOPPED: i32 = 86;
/// The exit code of a host whose driver left something behind.
const LEFT_BEHIND: i32 = 87;
/// The control code that commits the fault whose name is the input.
const COMMIT: u32 = 0x8000_2000;
/// The same with `METHOD_NEITHER`.
const COMMIT_IN_CONTEXT: u32 = 0x8000_2003;
/// The control code that lists all faults.
const LIST: u32 = 0x8000_2004;
/// How long the host waits for requests that the driver does not complete, in seconds.
const PATIENCE: &str = "1";
/// What the file is opened for: control requests need no access.
const FILE_READ_DATA: u32 = 1;
/// Room for the output of a request, in bytes.
const ROOM: u32 = 64;

/// The rule that a test is about: the test's own path, which is the fault's name, too.
macro_rules! rule {
    () => {{
        fn here() {}
        $crate::faulty_host::rule_of(std::any::type_name_of_val(&here))
    }};
}
pub(crate) use rule;

/// See [`rule!`]; `here` is the path of a function within the test.
pub(crate) fn rule_of(here: &'static str) -> &'static str {
    let (_, path) = here.split_once("::").expect("a path within this program");
    path.trim_end_matches("::here")
}

/// A host in which the driver has been asked to break a rule.
pub(crate) struct FaultyHost {
    rule: &'static str,
    host: Host,
    process: Process,
}

/// Has the driver break `rule` in the course of a request.
pub(crate) fn commit(rule: &'static str) -> FaultyHost {
    commit_with(rule, &[])
}

/// As [`commit`], with further arguments of `nthost run`.
pub(crate) fn commit_with(rule: &'static str, arguments: &[&str]) -> FaultyHost {
    start(rule, arguments, COMMIT)
}

/// As [`commit`], in the context of the process that sends the request.
pub(crate) fn commit_in_context(rule: &'static str) -> FaultyHost {
    start(rule, &[], COMMIT_IN_CONTEXT)
}

fn start(rule: &'static str, arguments: &[&str], code: u32) -> FaultyHost {
    let arguments = [&["--watchdog", PATIENCE], arguments].concat();
    let host = Host::start_other("faulty", &arguments);
    let process = Process::start(&host);
    process.control(code, rule.as_bytes(), ROOM);
    FaultyHost {
        rule,
        host,
        process,
    }
}

/// Has the driver break `rule` in two hosts, which differ in what lies in memory that nobody has
/// written, and finds the bytes in which the answers differ.
pub(crate) fn bytes_that_the_fill_changes(rule: &'static str) -> Vec<usize> {
    let answer = |arguments: &[&str]| {
        let host = Host::start_other("faulty", arguments);
        let process = Process::start(&host);
        process.control(COMMIT, rule.as_bytes(), ROOM);
        let (status, output) = process.reply().expect("an answer");
        assert_eq!(status, NtStatus::SUCCESS);
        drop(process);
        host.stop_clean();
        output
    };
    let (one, other) = (answer(&[]), answer(&["--second-poison"]));
    assert_eq!(one.len(), other.len());
    (0..one.len())
        .filter(|place| one[*place] != other[*place])
        .collect()
}

/// Has the driver break `rule` in its entry point.
pub(crate) fn load(rule: &'static str) -> Loaded {
    let socket = tempfile::tempdir().expect("a temporary directory");
    let output = Command::new(program("nthost"))
        .args(["run", "--service", rule, "--driver"])
        .arg(test_driver_image("faulty"))
        .arg("--socket")
        .arg(socket.path().join("socket"))
        .output()
        .expect("nthost starts");
    let ended = Ended {
        code: output.status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    Loaded { rule, ended }
}

/// The names of all faults that the driver knows.
pub(crate) fn known_faults() -> Vec<String> {
    let host = Host::start_other("faulty", &[]);
    let process = Process::start(&host);
    process.control(LIST, &[], 1 << 16);
    let (_, list) = process.reply().expect("the driver lists its faults");
    drop(process);
    host.stop_clean();
    let list = String::from_utf8(list).expect("names are text");
    list.lines().map(str::to_owned).collect()
}

impl FaultyHost {
    /// The machine stops by itself, with this code and first parameter.
    pub(crate) fn stops(self, code: StopCode, first: u64) -> Report {
        while self.process.reply().is_some() {}
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// The request is answered, and the machine stops at the next read.
    pub(crate) fn stops_at_the_next_read(self, code: StopCode, first: u64) -> Report {
        let _ = self.process.reply().expect("an answer");
        self.process.send(CallKind::Read, 0, &[], 0);
        while self.process.reply().is_some() {}
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// The process ends, and the machine stops.
    pub(crate) fn stops_when_the_process_ends(self, code: StopCode, first: u64) -> Report {
        self.process.wait_for_the_driver();
        drop(self.process);
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// The request is answered, the driver is unloaded, and the machine stops.
    pub(crate) fn stops_at_unload(self, code: StopCode, first: u64) -> Report {
        let _ = self.process.reply().expect("an answer");
        drop(self.process);
        Report::of_stop(self.rule, self.host.stop(), code, first)
    }

    /// The request is answered, the driver is unloaded, and has left something behind.
    pub(crate) fn leaves_something(self) -> Report {
        let _ = self.process.reply().expect("an answer");
        drop(self.process);
        Report::of_leak(self.rule, self.host.stop())
    }

    /// The file is closed, the process ends, and the machine stops.
    pub(crate) fn stops_when_the_file_is_closed(self, code: StopCode, first: u64) -> Report {
        self.process.wait_for_the_driver();
        self.process.send(CallKind::Close, 0, &[], 0);
        let _ = self.process.reply();
        drop(self.process);
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// What the driver asked for is answered with `status`: that is how Windows reacts, and no harm is done.
    pub(crate) fn gets_answer(self, status: NtStatus) {
        let (_, output) = self.process.reply().expect("an answer");
        let answer = output.try_into().map(u32::from_le_bytes).map(NtStatus::new);
        assert_eq!(answer, Ok(status));
        drop(self.process);
        self.host.stop_clean();
        let reaction = format!("answers 0x{:08X}, as Windows does", status.bits());
        document::assert_says(self.rule, &reaction);
    }

    /// The request is answered with success, and a person is told.
    pub(crate) fn warns(self) -> Report {
        let (answer, _) = self.process.reply().expect("an answer");
        assert_eq!(answer, NtStatus::SUCCESS);
        drop(self.process);
        document::assert_says(self.rule, "warns, and goes on");
        Report::of(self.host.stop(), 0)
    }
}

/// How a host ended in which the driver was loaded.
pub(crate) struct Loaded {
    rule: &'static str,
    ended: Ended,
}

impl Loaded {
    /// The machine stops, with this code and first parameter.
    pub(crate) fn stops(self, code: StopCode, first: u64) -> Report {
        Report::of_stop(self.rule, self.ended, code, first)
    }

    /// The driver does not start, and has left something behind.
    pub(crate) fn leaves_something(self) -> Report {
        Report::of_leak(self.rule, self.ended)
    }
}

/// What a host wrote to standard error.
pub(crate) struct Report(String);

impl Report {
    fn of(ended: Ended, code: i32) -> Self {
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        Self(ended.stderr)
    }

    /// The machine stopped, with this code, by its name, and this first parameter: as documented.
    fn of_stop(rule: &str, ended: Ended, code: StopCode, first: u64) -> Self {
        let report = Self::of(ended, STOPPED);
        let name = code.name.unwrap_or("a code of the driver's own");
        let stop = format!("*** STOP 0x{:08X} {name} (", code.number);
        let named = code.name.map(|name| format!(" `{name}`"));
        let reaction = format!("stops: 0x{:X}{}", code.number, named.unwrap_or_default());
        if first == ANY {
            document::assert_says(rule, &reaction);
            report.saying(&[stop.as_str(), "  rule: "])
        } else {
            document::assert_says(rule, &format!("{reaction}, 0x{first:X}"));
            let stop = format!("{stop}{first:#x}, ");
            report.saying(&[stop.as_str(), "  rule: "])
        }
    }

    /// Something was left behind: as documented.
    fn of_leak(rule: &str, ended: Ended) -> Self {
        document::assert_says(rule, "exits with 87, and lists it");
        Self::of(ended, LEFT_BEHIND)
    }

    /// It says all of this.
    pub(crate) fn saying(self, words: &[impl AsRef<str>]) -> Self {
        for words in words.iter().map(AsRef::as_ref) {
            assert!(self.0.contains(words), "{words:?} is not in {}", self.0);
        }
        self
    }
}

/// A process that has opened the device.
struct Process {
    stream: UnixStream,
    handle: u64,
}

impl Process {
    fn start(host: &Host) -> Self {
        let stream = UnixStream::connect(host.socket()).expect("the host serves");
        let timeout = Some(Duration::from_mins(1));
        stream.set_read_timeout(timeout).expect("a timeout");
        let mut process = Self { stream, handle: 0 };
        process.send(CallKind::Open, FILE_READ_DATA, br"\\.\Faulty", 0);
        let (header, _) = process.receive().expect("an answer");
        assert_eq!(NtStatus::new(header.status.get()), NtStatus::SUCCESS);
        process.handle = header.information.get();
        process
    }

    /// Sends a control request, the call number 2.
    fn control(&self, code: u32, input: &[u8], room: u32) {
        self.send(CallKind::DeviceControl, code, input, room);
    }

    /// Waits until the driver has the request: a later call of the same thread comes after it.
    fn wait_for_the_driver(&self) {
        self.send(CallKind::Read, 0, &[], 0);
        let _ = self.reply().expect("an answer");
    }

    fn send(&self, kind: CallKind, argument: u32, payload: &[u8], room: u32) {
        let header = CallHeader {
            // Each kind of call is made once.
            id: U64::new(kind as u64),
            handle: U64::new(self.handle),
            target: U64::new(0),
            thread: U64::new(0),
            kind: U32::new(kind as u32),
            argument: U32::new(argument),
            output_length: U32::new(room),
            length: U32::new(u32::try_from(payload.len()).expect("short")),
        };
        send(&mut &self.stream, &header, payload).expect("the host listens");
    }

    /// The next answer: its status and output. None once the host has ended.
    fn reply(&self) -> Option<(NtStatus, Vec<u8>)> {
        let (header, output) = self.receive()?;
        Some((NtStatus::new(header.status.get()), output))
    }

    fn receive(&self) -> Option<(ReplyHeader, Vec<u8>)> {
        match receive::<ReplyHeader>(&mut &self.stream) {
            Ok(reply) => reply,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("the host neither answers nor ends: {error}"),
        }
    }
}
