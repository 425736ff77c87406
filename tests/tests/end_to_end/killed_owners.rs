//! A thousand clients, each killed with SIGKILL at a random point of its batches and leases: the
//! table is unchanged each time.
//!
//! Routes without a lease stay, as on Windows; an atomic batch of them exists wholly or not at all.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use abi::apply::{APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_MORE};
use abi::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer, Operation};
use ipforward::{Batch, Device, Entry, Interface, Route, WatchFilter};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tests::{Host, eventually, host_routes, start_host, table};
use zerocopy::IntoBytes;

use crate::seed::{SEED, seed};

/// How many clients are killed.
const KILLS: u64 = 1_000;
/// How many of them live at a time, each on routes of its own.
const SERIES_COUNT: u8 = 4;
/// How long a client lives at most after its first call, in microseconds.
const LIFE_MAX: u64 = 25_000;
/// Signal 9.
const SIGKILL: i32 = 9;

/// What a process of this test program needs to be a client: see [`a_client_until_it_is_killed`].
const SOCKET: &str = "IPFORWARD_TEST_SOCKET";
const SERIES: &str = "IPFORWARD_TEST_SERIES";

/// The third bytes of a series' destinations, by what they are for.
mod of {
    use std::ops::Range;

    /// Created and deleted by atomic batches, without a lease.
    pub(super) const WHOLE: Range<u8> = 0..48;
    /// Created and deleted one by one, without a lease.
    pub(super) const SINGLE: Range<u8> = 48..64;
    /// Leased.
    pub(super) const LEASED: Range<u8> = 64..112;
    /// Leased with a guard, and deleted through another handle.
    pub(super) const GUARDED: Range<u8> = 112..120;
    /// Created before by another client, and displaced by leases.
    pub(super) const DISPLACED: Range<u8> = 120..144;
    /// Leased before by a client that survives, and shared.
    pub(super) const SHARED: Range<u8> = 144..152;
}

/// 10.SERIES.N.0/24 via 192.0.2.254 at interface 7.
fn route(series: u8, number: u8) -> Route {
    let prefix = ipnet::Ipv4Net::new([10, series, number, 0].into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

fn batch(series: u8, numbers: impl Iterator<Item = u8>, entry: fn(&Route) -> Entry) -> Batch {
    numbers
        .map(|number| entry(&route(series, number)))
        .collect()
}

/// One step of a client.
type Step = fn(&mut Client);

/// The steps; a client writes the index of a step before it begins.
const STEPS: [(&str, Step); 8] = [
    ("an atomic batch", Client::change_whole),
    ("single entries", Client::change_single),
    ("an atomic batch of leases", Client::lease),
    ("leases that displace rows", Client::displace),
    ("a declared set in pages", Client::declare),
    ("a shared lease", Client::share),
    ("a guarded route that is deleted", Client::guard),
    ("a hold", Client::hold),
];
/// The byte that a client writes after a step.
const BETWEEN: u8 = 0xFF;

/// What [`ClientSeries::kill_one`] runs. Without a socket there is nothing to play.
#[test]
fn a_client_until_it_is_killed() {
    let Ok(socket) = std::env::var(SOCKET) else {
        return;
    };
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let series = u8::try_from(number(SERIES)).unwrap();
    Client::open(Path::new(&socket), series, number(SEED)).work()
}

/// A client. It kills itself, so that the kill happens exactly at the chosen time.
struct Client {
    device: Device,
    other: Device,
    series: u8,
    random: fastrand::Rng,
}

impl Client {
    fn open(socket: &Path, series: u8, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let open = || Device::open(socket).expect("the device opens");
        let (device, other, watcher) = (open(), open(), open());
        thread::spawn(move || {
            // The client has a pending request most of the time.
            let watch = watcher.watch(&WatchFilter::new()).expect("a watch");
            watch.for_each(drop);
        });
        let life = Duration::from_micros(random.u64(..LIFE_MAX));
        thread::spawn(move || {
            thread::sleep(life);
            kill(Pid::this(), Signal::SIGKILL)
        });
        Self {
            device,
            other,
            series,
            random,
        }
    }

    fn work(mut self) -> ! {
        loop {
            let index = self.random.usize(..STEPS.len());
            say(u8::try_from(index).unwrap());
            STEPS[index].1(&mut self);
            say(BETWEEN);
        }
    }

    fn apply(&self, batch: &Batch) -> bool {
        let outcome = self.device.apply(batch).expect("the host is there");
        outcome.is_success()
    }

    /// A random part of some numbers, in random order.
    fn some(&mut self, numbers: std::ops::Range<u8>) -> std::vec::IntoIter<u8> {
        let mut numbers: Vec<u8> = numbers.collect();
        self.random.shuffle(&mut numbers);
        numbers.truncate(1 + self.random.usize(..numbers.len()));
        numbers.into_iter()
    }

    fn change_whole(&mut self) {
        let created = self.apply(&batch(self.series, of::WHOLE, Entry::create).atomic());
        if !created {
            let delete = |route: &Route| Entry::delete(&route.key());
            self.apply(&batch(self.series, of::WHOLE, delete).atomic());
        }
    }

    fn change_single(&mut self) {
        let numbers = self.some(of::SINGLE);
        self.apply(&batch(self.series, numbers, Entry::create));
        let numbers = self.some(of::SINGLE);
        let delete = |route: &Route| Entry::delete(&route.key());
        self.apply(&batch(self.series, numbers, delete));
    }

    fn lease(&mut self) {
        let numbers = self.some(of::LEASED);
        let upsert = |route: &Route| Entry::upsert(route).lease();
        self.apply(&batch(self.series, numbers, upsert).atomic());
        let numbers = self.some(of::LEASED);
        let end = |route: &Route| Entry::delete(&route.key()).lease();
        self.apply(&batch(self.series, numbers, end));
    }

    fn displace(&mut self) {
        let numbers = self.some(of::DISPLACED);
        let upsert = |route: &Route| Entry::upsert(route).lease();
        let displacing = batch(self.series, numbers, upsert);
        let atomic = self.random.bool();
        self.apply(&if atomic {
            displacing.atomic()
        } else {
            displacing
        });
    }

    /// Declares a set of some of the routes that the test leases, one page per call.
    fn declare(&mut self) {
        let all = of::LEASED.start..of::SHARED.end;
        let entries: Vec<ApplyEntry> = self
            .some(all)
            .map(|number| {
                let entry = Entry::upsert(&route(self.series, number));
                let shared = of::SHARED.contains(&number);
                ApplyEntry::from(&if shared { entry.share() } else { entry.lease() })
            })
            .collect();
        let mut pages = entries.chunks(16).peekable();
        let mut flags = APPLY_DECLARED_SET;
        while let Some(page) = pages.next() {
            let more = if pages.peek().is_some() {
                APPLY_MORE
            } else {
                0
            };
            self.apply_page(flags | more, page);
            flags |= APPLY_CONTINUES;
        }
    }

    fn apply_page(&self, flags: u32, entries: &[ApplyEntry]) {
        let header = ApplyHeader {
            flags,
            count: u32::try_from(entries.len()).unwrap(),
            reserved: 0,
        };
        let input = [header.as_bytes(), entries.as_bytes()].concat();
        let room = size_of::<ApplyAnswer>() + entries.len() * size_of::<EntryAnswer>();
        let code = Operation::Apply.description().code;
        let answer = self.device.raw_device_control(code, &input, room);
        answer.expect("the page is sound");
    }

    fn share(&mut self) {
        let numbers = self.some(of::SHARED);
        let share = |route: &Route| Entry::create(route).share();
        self.apply(&batch(self.series, numbers, share));
        let numbers = self.some(of::SHARED);
        let end = |route: &Route| Entry::delete(&route.key()).lease();
        self.apply(&batch(self.series, numbers, end));
    }

    fn guard(&mut self) {
        let guard = |route: &Route| Entry::upsert(route).guard();
        self.apply(&batch(self.series, of::GUARDED, guard));
        for number in self.some(of::GUARDED) {
            // The guard may not have restored it yet.
            let _ = self.other.delete_route(&route(self.series, number).key());
        }
    }

    fn hold(&mut self) {
        thread::sleep(Duration::from_micros(self.random.u64(..20_000)));
    }
}

fn say(byte: u8) {
    let mut output = std::io::stdout().lock();
    let said = output.write_all(&[byte]).and_then(|()| output.flush());
    said.expect("the test reads it");
}

type Rows = BTreeMap<String, Route>;

/// Clients one after the other, on routes of their own.
struct ClientSeries {
    number: u8,
    socket: PathBuf,
    observer: Device,
    /// Has leases that clients may share, and lives on.
    survivor: Device,
    before: Rows,
    /// How many were killed in which step.
    killed: BTreeMap<&'static str, u32>,
}

impl ClientSeries {
    fn open(host: &Host, number: u8) -> Self {
        let open = || Device::open(host.socket()).unwrap();
        let mut series = Self {
            number,
            socket: host.socket(),
            observer: open(),
            survivor: open(),
            before: Rows::new(),
            killed: BTreeMap::new(),
        };
        let displaced = |route: &Route| Entry::create(&route.metric(77));
        let shared = |route: &Route| Entry::create(route).share();
        for (device, batch) in [
            (&series.observer, batch(number, of::DISPLACED, displaced)),
            (&series.survivor, batch(number, of::SHARED, shared)),
        ] {
            assert!(device.apply(&batch).unwrap().is_success());
        }
        series.before = series.rows();
        series
    }

    /// The table without what belongs to the other series.
    fn rows(&self) -> Rows {
        let named = table(&self.observer).into_iter().map(|route| {
            let name = format!(
                "{} {:?} {:?}",
                route.destination, route.next_hop, route.interface
            );
            (name, route)
        });
        let own = format!("10.{}.", self.number);
        named
            .filter(|(name, _)| !name.starts_with("10.") || name.starts_with(&own))
            .collect()
    }

    /// The rows that are there without a lease, and the table without them.
    fn unleased(&self) -> (Vec<Route>, Vec<Route>, Rows) {
        let mut rows = self.rows();
        let mut take = |numbers: std::ops::Range<u8>| {
            let prefixes: Vec<_> = numbers
                .map(|number| route(self.number, number).destination)
                .collect();
            let is_one = |_: &String, route: &mut Route| prefixes.contains(&route.destination);
            rows.extract_if(.., is_one)
                .map(|(_, route)| route)
                .collect::<Vec<_>>()
        };
        let (whole, single) = (take(of::WHOLE), take(of::SINGLE));
        (whole, single, rows)
    }

    /// Lets a client live until it kills itself, and looks at what is left of it.
    fn kill_one(&mut self, seed: u64) {
        let mut client = Command::new(std::env::current_exe().unwrap())
            .args([
                "killed_owners::a_client_until_it_is_killed",
                "--exact",
                "--nocapture",
            ])
            .env(SOCKET, &self.socket)
            .env(SERIES, self.number.to_string())
            .env(SEED, seed.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let mut said = Vec::new();
        let mut stdout = client.stdout.take().unwrap();
        stdout.read_to_end(&mut said).unwrap();
        let status = client.wait().unwrap();
        assert_eq!(status.signal(), Some(SIGKILL), "seed {seed}: {status}");
        let last = said.last().copied().unwrap_or(BETWEEN);
        let step = STEPS
            .get(usize::from(last))
            .map_or("between", |step| step.0);
        *self.killed.entry(step).or_default() += 1;
        self.is_as_before(seed, step);
    }

    fn is_as_before(&self, seed: u64, step: &str) {
        let place = format!("seed {seed}, series {}, killed in {step}", self.number);
        // The client's last request may still reach the driver after the client has been killed. So
        // this reads the table until it is as before. Each time it deletes the routes without a
        // lease, which would stay.
        eventually(&place, || {
            let (whole, single, rest) = self.unleased();
            if ![0, of::WHOLE.len()].contains(&whole.len()) {
                return false;
            }
            let unleased = whole.iter().chain(&single);
            let delete: Batch = unleased.map(|route| Entry::delete(&route.key())).collect();
            let deleted = self.observer.apply(&delete).unwrap().is_success();
            deleted && whole.is_empty() && single.is_empty() && rest == self.before
        });
    }
}

/// Without the routes that clients create without a lease, which stay when they are gone.
fn without_unleased(mut routes: Vec<Route>) -> Vec<Route> {
    let numbers = || of::WHOLE.chain(of::SINGLE);
    let destinations: Vec<_> = (0..SERIES_COUNT)
        .flat_map(|series| numbers().map(move |number| route(series, number).destination))
        .collect();
    routes.retain(|route| !destinations.contains(&route.destination));
    routes
}

/// The routes that a series begins with and that stay: those that are displaced.
fn displaced(series: &ClientSeries) -> impl Iterator<Item = &Route> {
    let is_one = |row: &&Route| {
        let mut numbers = of::DISPLACED;
        numbers.any(|number| route(series.number, number).destination == row.destination)
    };
    series.before.values().filter(is_one)
}

#[test]
fn a_client_killed_at_any_point_leaves_the_table_unchanged() {
    if std::env::var(SOCKET).is_ok() {
        return;
    }
    let seed = seed();
    println!("seed {seed}");
    let host = start_host();
    let before = host_routes(&host);
    let all_series: Vec<ClientSeries> = thread::scope(|scope| {
        let all_series: Vec<_> = (0..SERIES_COUNT)
            .map(|number| {
                let mut series = ClientSeries::open(&host, number);
                scope.spawn(move || {
                    let own = u64::from(number);
                    for kill in 0..KILLS / u64::from(SERIES_COUNT) {
                        series.kill_one(seed.wrapping_add(kill * u64::from(SERIES_COUNT) + own));
                    }
                    series
                })
            })
            .collect();
        all_series
            .into_iter()
            .map(|series| series.join().unwrap())
            .collect()
    });
    let mut killed = BTreeMap::<_, u32>::new();
    for (step, count) in all_series.iter().flat_map(|series| &series.killed) {
        *killed.entry(*step).or_default() += count;
    }
    for (step, count) in &killed {
        println!("{count:>5} killed in {step}");
    }
    for (step, _) in STEPS {
        assert!(
            killed.contains_key(step),
            "seed {seed}: none was killed in {step}"
        );
    }
    let mut expected = before;
    expected.extend(all_series.iter().flat_map(displaced).copied());
    drop(all_series);
    let is_as_expected = || {
        let routes = without_unleased(host_routes(&host));
        routes.len() == expected.len() && expected.iter().all(|route| routes.contains(route))
    };
    eventually("the survivors' leases end", is_as_expected);
    // The last request of a series' last client may have reached the driver after the last look at the
    // table. None does once the driver is unloaded.
    let unloaded = host.unload().expect("the driver goes");
    assert_eq!(unloaded.left, 0, "seed {seed}: {}", unloaded.list);
    assert!(is_as_expected(), "seed {seed}: {:?}", host_routes(&host));
    host.stop_clean();
}
