//! Exhaustive fault injection: a scenario is run once for each call it makes that may fail, and in
//! each of the ways in which that call may fail, until a run ends without reaching its turn.

use std::cell::Cell;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use abi::NtStatus;
use ipforward::{Device, Error, Route};

use crate::control::{Failed, Plan};
use crate::host::Host;
use crate::process::Process;
use crate::table::table;

/// A run that takes longer hangs.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// How long what belongs to a process may stay after its end.
const CLEANUP_LIMIT: Duration = Duration::from_secs(5);
/// More calls than any scenario makes.
const CALLS_MAX: u64 = 10_000;

/// What a scenario works with.
pub struct Bench {
    socket: PathBuf,
    changed: Cell<bool>,
}

impl Bench {
    /// The device, opened afresh.
    ///
    /// # Errors
    ///
    /// As [`Device::open`].
    pub fn device(&self) -> Result<Device, Error> {
        Device::open(&self.socket)
    }

    /// Where the host is.
    #[must_use]
    pub fn socket(&self) -> &PathBuf {
        &self.socket
    }

    /// A step that changes the table has succeeded (or one that undoes it: `false`).
    pub fn table_is_changed(&self, changed: bool) {
        self.changed.set(changed);
    }
}

/// What a program does, from the first handle to the last.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// Sets the table up; nothing fails meanwhile.
    pub before: fn(&Device),
    /// What is done while calls fail.
    pub run: fn(&Bench) -> Result<(), Error>,
    /// What it ends with if nothing fails.
    pub expects: NtStatus,
    /// Whether a failure of this function, with this status, may stay without consequence.
    pub tolerates: fn(&str, NtStatus) -> bool,
    /// Takes back what a run has done to the table; nothing fails meanwhile.
    pub after: fn(&Device),
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exhaustion {
    /// Calls that may fail.
    pub points: u64,
    /// Runs with a failure.
    pub runs: u64,
}

/// Runs a scenario until no call of it is left to fail: each one alone, and each one with all later
/// ones.
///
/// # Panics
///
/// If a run breaks a promise.
#[must_use]
pub fn exhaust(host: &Host, scenario: &Scenario) -> Exhaustion {
    let watchdog = Watchdog::start(host.id(), scenario.name);
    let mut runner = Runner::new(host, scenario, watchdog);
    let mut found = Exhaustion::default();
    for plan in [Plan::Only, Plan::From] {
        found.points = runner.all_points(plan, &mut found.runs);
    }
    found.tell(scenario.name);
    found
}

impl Exhaustion {
    /// Tells whoever runs the tests what was found in `name`.
    pub fn tell(&self, name: &str) {
        let Self { points, runs } = self;
        say(&format!(
            "{name:<34} {points:>4} fault points {runs:>5} runs"
        ));
    }
}

/// Tells whoever runs the tests, whether or not they pass.
fn say(line: &str) {
    // Not `println!`, which the test harness keeps to itself.
    let _ = writeln!(std::io::stderr().lock(), "faults: {line}");
}

struct Runner<'a> {
    scenario: &'a Scenario,
    bench: Bench,
    /// Not part of the scenario: arms faults and asks what is left.
    control: Process,
    /// Not part of the scenario: looks at the table.
    observer: Device,
    at_rest: u64,
    watchdog: Watchdog,
}

impl<'a> Runner<'a> {
    fn new(host: &Host, scenario: &'a Scenario, watchdog: Watchdog) -> Self {
        let observer = Device::open(host.socket()).expect("the device opens");
        // Whatever the driver keeps for a handle's first table, it keeps from here on.
        let _ = table(&observer);
        let mut control = Process::start(&host.socket());
        Self {
            scenario,
            bench: Bench {
                socket: host.socket(),
                changed: Cell::new(false),
            },
            at_rest: control.outstanding(),
            control,
            observer,
            watchdog,
        }
    }

    /// How many points there are.
    fn all_points(&mut self, plan: Plan, runs: &mut u64) -> u64 {
        for number in 0..CALLS_MAX {
            let mut way = 0;
            loop {
                let Some(failed) = self.run(plan, number, way) else {
                    return number;
                };
                *runs += 1;
                way += 1;
                if u32::from(way) >= failed.ways {
                    break;
                }
            }
        }
        panic!("{}: more than {CALLS_MAX} calls", self.scenario.name)
    }

    /// One run. `None` if it ended before the call's turn came.
    fn run(&mut self, plan: Plan, number: u64, way: u8) -> Option<Failed> {
        let scenario = self.scenario;
        (scenario.before)(&self.observer);
        let before = table(&self.observer);
        self.bench.table_is_changed(false);

        self.control.arm(plan, number, way);
        let outcome = (scenario.run)(&self.bench);
        let failed = self.control.disarm();

        let place = format!(
            "{}, call {number} {plan:?}, way {way}: {failed:?} led to {outcome:?}",
            scenario.name
        );
        self.judge(&place, failed.as_ref(), outcome);
        self.nothing_is_left(&place);
        let changed = different(&before, &table(&self.observer));
        assert_eq!(changed, self.bench.changed.get(), "the table; {place}");
        (scenario.after)(&self.observer);
        self.watchdog.feed();
        failed
    }

    /// What reaches the client is the first failure, unless that may be without consequence.
    fn judge(&self, place: &str, failed: Option<&Failed>, outcome: Result<(), Error>) {
        let status = outcome.map_or_else(|error| error.status(), |()| Some(NtStatus::SUCCESS));
        let status = status.unwrap_or_else(|| panic!("no status; {place}"));
        match failed {
            None => assert_eq!(status, self.scenario.expects, "{place}"),
            // Then it may be a later failure that is told, or none.
            Some(failed) if (self.scenario.tolerates)(&failed.function, failed.status) => {}
            Some(failed) => assert_eq!(status, for_callers(failed.status), "{place}"),
        }
    }

    /// Waits until what the run took has been given back.
    fn nothing_is_left(&mut self, place: &str) {
        let end = Instant::now() + CLEANUP_LIMIT;
        loop {
            let left = self.control.outstanding();
            if left == self.at_rest {
                return;
            }
            assert!(
                Instant::now() < end,
                "left {left} instead of {}; {place}\n{}",
                self.at_rest,
                self.control.list_outstanding()
            );
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// What the caller of a request gets to see of a status: the framework's own stay inside.
fn for_callers(status: NtStatus) -> NtStatus {
    const DEVICE_BUSY: NtStatus = NtStatus::new(0x8000_0011);
    match status.bits() {
        // STATUS_WDF_PAUSED and STATUS_WDF_BUSY.
        0xC020_0203 | 0xC020_0204 => DEVICE_BUSY,
        0xC020_0205..=0xC020_0214 => NtStatus::INVALID_DEVICE_REQUEST,
        _ => status,
    }
}

/// Whether two looks at the table differ in more than their order.
fn different(before: &[Route], after: &[Route]) -> bool {
    before.len() != after.len() || before.iter().any(|route| !after.contains(route))
}

/// Kills a host that hangs, so that whoever waits for it goes on, and fails.
struct Watchdog {
    food: mpsc::Sender<()>,
}

impl Watchdog {
    fn start(host: u32, scenario: &'static str) -> Self {
        let (food, fed) = mpsc::channel();
        thread::spawn(move || {
            loop {
                match fed.recv_timeout(TIME_LIMIT) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => break,
                }
            }
            say(&format!("{scenario} hangs: the host is killed"));
            // It may have ended by itself just now.
            let _ = std::process::Command::new("kill")
                .args(["-KILL", &host.to_string()])
                .status();
        });
        Self { food }
    }

    fn feed(&self) {
        // If nobody is hungry any more, the host is dead already.
        let _ = self.food.send(());
    }
}
