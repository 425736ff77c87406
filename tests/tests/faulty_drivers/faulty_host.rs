//! A host with the faulty driver, which breaks rules on demand.

use std::process::Command;
use std::time::Duration;

use abi::NtStatus;
use nthost_protocol::CallHeader;
use nthost_protocol::control::ControlKind;
use nthost_protocol::syscall::CallKind;
use tests::{
    Driver, Ended, Host, Process, Reply, program, start_test_driver, test_driver_image,
    test_driver_with_own_framework,
};
use zerocopy::little_endian::{U32, U64};

use crate::codes::{ANY, StopCode};
use crate::document;

/// The exit code of a host that stopped with a bugcheck.
const STOPPED: i32 = 86;
/// The exit code of a host whose driver leaked.
const LEFT_BEHIND: i32 = 87;
/// The control code that commits the fault whose name is the input.
const COMMIT: u32 = 0x8000_2000;
/// The same with `METHOD_NEITHER`.
const COMMIT_IN_CONTEXT: u32 = 0x8000_2003;
/// The control code that lists all faults.
const LIST: u32 = 0x8000_2004;
/// How long the host waits for what never ends. Others need more than that on a busy machine.
const WATCHDOG: Duration = Duration::from_secs(1);
/// The desired access of the file: control requests need none.
const FILE_READ_DATA: u32 = 1;
/// Bytes of the output buffer of a request.
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

/// A host whose driver breaks a rule on request.
pub(crate) struct FaultyHost {
    rule: &'static str,
    host: Host,
    client: Client,
    /// The request in which the driver breaks the rule.
    request: u64,
}

/// Lets the driver break `rule` while it handles a request.
pub(crate) fn commit(rule: &'static str) -> FaultyHost {
    commit_with(rule, &[])
}

/// As [`commit`], with further arguments of `nthost run`.
pub(crate) fn commit_with(rule: &'static str, arguments: &[&str]) -> FaultyHost {
    start(&faulty_driver().arguments(arguments), rule, COMMIT)
}

/// As [`commit`], if the host then waits for what never ends.
pub(crate) fn commit_hang(rule: &'static str) -> FaultyHost {
    start(&faulty_driver().watchdog(WATCHDOG), rule, COMMIT)
}

/// As [`commit`], in a host that stops only where Windows does.
pub(crate) fn commit_as_windows(rule: &'static str) -> FaultyHost {
    commit_with(rule, &["--as-windows"])
}

/// As [`commit_hang`], in a host that stops only where Windows does.
pub(crate) fn commit_hang_as_windows(rule: &'static str) -> FaultyHost {
    let driver = faulty_driver().watchdog(WATCHDOG);
    start(&driver.arguments(["--as-windows"]), rule, COMMIT)
}

/// As [`commit`], in the context of the process that sends the request.
pub(crate) fn commit_in_context(rule: &'static str) -> FaultyHost {
    start(&faulty_driver(), rule, COMMIT_IN_CONTEXT)
}

fn faulty_driver() -> Driver {
    test_driver_with_own_framework("faulty")
}

fn start(driver: &Driver, rule: &'static str, code: u32) -> FaultyHost {
    let host = driver.start();
    let mut client = Client::open(&host);
    let request = client.begin_control(code, rule.as_bytes(), ROOM);
    FaultyHost {
        rule,
        host,
        client,
        request,
    }
}

/// Lets the driver break `rule` in two hosts that fill uninitialized memory with different bytes.
/// The result is the offsets at which the answers differ.
pub(crate) fn bytes_that_the_poison_changes(rule: &'static str) -> Vec<usize> {
    let answer = |arguments: &[&str]| {
        let host = start_test_driver("faulty", arguments);
        let reply = Client::open(&host).control(COMMIT, rule.as_bytes(), ROOM);
        assert_eq!(reply.status, NtStatus::SUCCESS);
        host.stop_clean();
        reply.output
    };
    let (first, second) = (answer(&[]), answer(&["--second-poison"]));
    assert_eq!(first.len(), second.len());
    (0..first.len())
        .filter(|offset| first[*offset] != second[*offset])
        .collect()
}

/// Lets the driver break `rule` in its entry point.
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
    let host = start_test_driver("faulty", &[]);
    let list = Client::open(&host).control(LIST, &[], 1 << 16).output;
    host.stop_clean();
    let list = String::from_utf8(list).expect("names are text");
    list.lines().map(str::to_owned).collect()
}

impl FaultyHost {
    /// Expects that the host stops with this bugcheck code and first parameter.
    pub(crate) fn stops(mut self, code: StopCode, first: u64) -> Report {
        let _ = self.client.process.wait_or_end(self.request);
        self.client.wait_for_the_end();
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// The request is completed, and the host stops at the next read.
    pub(crate) fn stops_at_the_next_read(mut self, code: StopCode, first: u64) -> Report {
        let _ = self.outcome();
        let read = self.client.begin_after(self.request, CallKind::Read);
        let _ = self.client.process.wait_or_end(read);
        self.client.wait_for_the_end();
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// The client process ends, and the host stops.
    pub(crate) fn stops_when_the_process_ends(mut self, code: StopCode, first: u64) -> Report {
        self.client.wait_for_the_driver(self.request);
        drop(self.client);
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// The system goes to sleep while the driver has the request, and the host stops.
    pub(crate) fn stops_when_the_system_sleeps(mut self, code: StopCode, first: u64) -> Report {
        self.client.wait_for_the_driver(self.request);
        let sleep = self.client.begin_after(self.request, ControlKind::Sleep);
        let _ = self.client.process.wait_or_end(sleep);
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// The request is completed, the driver is unloaded, and the host stops.
    pub(crate) fn stops_at_unload(mut self, code: StopCode, first: u64) -> Report {
        let _ = self.outcome();
        drop(self.client);
        Report::of_stop(self.rule, self.host.stop(), code, first)
    }

    /// The request is completed, the driver is unloaded, and has leaked something.
    pub(crate) fn leaves_something(mut self) -> Report {
        let _ = self.outcome();
        drop(self.client);
        Report::of_leak(self.rule, self.host.stop())
    }

    /// The file is closed, the client process ends, and the host stops.
    pub(crate) fn stops_when_the_file_is_closed(mut self, code: StopCode, first: u64) -> Report {
        self.client.wait_for_the_driver(self.request);
        let close = self.client.begin_after(self.request, CallKind::Close);
        let _ = self.client.process.wait_or_end(close);
        drop(self.client);
        Report::of_stop(self.rule, self.host.wait(), code, first)
    }

    /// Expects that the host answers the driver with `status`, as Windows does, and continues.
    pub(crate) fn gets_answer(mut self, status: NtStatus) {
        let output = self.outcome().output;
        let answer = output.try_into().map(u32::from_le_bytes).map(NtStatus::new);
        assert_eq!(answer, Ok(status));
        drop(self.client);
        self.host.stop_clean();
        let reaction = format!("answers 0x{:08X}, as Windows does", status.bits());
        document::assert_says(self.rule, &reaction);
    }

    /// The request succeeds, and the host writes a warning.
    pub(crate) fn warns(mut self) -> Report {
        assert_eq!(self.outcome().status, NtStatus::SUCCESS);
        drop(self.client);
        document::assert_says(self.rule, "warns, and goes on");
        Report::of(self.host.stop(), 0)
    }

    /// The host stops with this code and first parameter, which are Windows', not the documented ones of
    /// the host.
    pub(crate) fn stops_as_windows(mut self, code: StopCode, first: u64) -> Report {
        let _ = self.client.process.wait_or_end(self.request);
        self.client.wait_for_the_end();
        Report::of_windows_stop(self.host.wait(), code, first)
    }

    /// As [`FaultyHost::stops_as_windows`], when the driver has been unloaded.
    pub(crate) fn stops_at_unload_as_windows(mut self, code: StopCode, first: u64) -> Report {
        let _ = self.outcome();
        drop(self.client);
        Report::of_windows_stop(self.host.stop(), code, first)
    }

    /// The host warns with the rule's name, and the driver is unloaded cleanly, once the process has ended.
    pub(crate) fn goes_on(mut self) -> Report {
        self.client.wait_for_the_driver(self.request);
        drop(self.client);
        let warning = format!("warning: {}: ", self.rule);
        Report::of(self.host.stop(), 0).saying(&[warning])
    }

    /// The status of the request, whose rule Windows lets the driver break.
    pub(crate) fn answers_as_windows(mut self) -> NtStatus {
        let status = self.outcome().status;
        drop(self.client);
        let _ = Report::of(self.host.stop(), 0);
        status
    }

    fn outcome(&mut self) -> Reply {
        self.client.process.wait(self.request)
    }
}

/// The end of a host that has loaded the driver.
pub(crate) struct Loaded {
    rule: &'static str,
    ended: Ended,
}

impl Loaded {
    /// The host stops, with this bugcheck code and first parameter.
    pub(crate) fn stops(self, code: StopCode, first: u64) -> Report {
        Report::of_stop(self.rule, self.ended, code, first)
    }

    /// The driver does not start, and has leaked something.
    pub(crate) fn leaves_something(self) -> Report {
        Report::of_leak(self.rule, self.ended)
    }
}

/// The standard error of a host.
pub(crate) struct Report(String);

impl Report {
    fn of(ended: Ended, code: i32) -> Self {
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        Self(ended.stderr)
    }

    /// The host stopped with this code, its name and this first parameter, as documented.
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

    /// The host stopped with this code and first parameter.
    fn of_windows_stop(ended: Ended, code: StopCode, first: u64) -> Self {
        let name = code.name.unwrap_or("a code of the driver's own");
        let stop = format!("*** STOP 0x{:08X} {name} ({first:#x}, ", code.number);
        Self::of(ended, STOPPED).saying(&[stop])
    }

    /// The driver leaked something, as documented.
    fn of_leak(rule: &str, ended: Ended) -> Self {
        document::assert_says(rule, "exits with 87, and lists it");
        Self::of(ended, LEFT_BEHIND)
    }

    /// It contains all of these words.
    pub(crate) fn saying(self, words: &[impl AsRef<str>]) -> Self {
        for words in words.iter().map(AsRef::as_ref) {
            assert!(self.0.contains(words), "{words:?} is not in {}", self.0);
        }
        self
    }
}

/// A client process that has opened the device.
struct Client {
    process: Process,
    handle: u64,
}

impl Client {
    fn open(host: &Host) -> Self {
        let mut process = host.connect();
        let opened = process.open_for(r"\\.\Faulty", FILE_READ_DATA);
        let handle = opened.expect("the device opens");
        Self { process, handle }
    }

    fn begin_control(&mut self, code: u32, input: &[u8], room: u32) -> u64 {
        let kind = CallKind::DeviceControl;
        self.process.begin(kind, self.handle, code, input, room)
    }

    fn control(mut self, code: u32, input: &[u8], room: u32) -> Reply {
        self.process.device_control(self.handle, code, input, room)
    }

    /// Begins a call without buffers in the thread of the call `earlier`, so that it reaches the
    /// driver later.
    fn begin_after(&mut self, earlier: u64, kind: impl Into<u32>) -> u64 {
        let header = CallHeader {
            handle: U64::new(self.handle),
            thread: U64::new(earlier),
            kind: U32::new(kind.into()),
            ..CallHeader::default()
        };
        self.process.send(header, &[])
    }

    /// Waits until the driver has the request: the driver completes a later read of that thread.
    fn wait_for_the_driver(&mut self, request: u64) {
        let read = self.begin_after(request, CallKind::Read);
        let _ = self.process.wait(read);
    }

    /// Waits until the host ends.
    fn wait_for_the_end(&mut self) {
        // No call has this id.
        let ended = self.process.wait_or_end(u64::MAX).is_none();
        assert!(ended, "a reply to no call");
    }
}
