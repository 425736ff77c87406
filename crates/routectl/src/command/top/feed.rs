//! What the screen shows, as it is read from the device.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use ipforward::{AddressFamily, Device, Error, Event, EventKind, Watch, WatchFilter};

use super::row::TopLease;
use super::update::{FeedUpdate, TopEvent};
use crate::command::event_time;

/// How often events are read.
const EVENTS_EVERY: Duration = Duration::from_millis(200);

/// How often leases and counters are read: the delays of guards change without an event.
const COUNTERS_EVERY: Duration = Duration::from_secs(1);

/// An update, or the error after which there are no more.
pub(super) type FeedResult = Result<FeedUpdate, Error>;

/// Reads a device.
struct Feed {
    device: Device,
    watch: Watch,
}

/// Reads everything once, and then goes on in a thread that ends with the receiver.
pub(super) fn start(device: Device) -> Result<(Vec<FeedUpdate>, Receiver<FeedResult>), Error> {
    let watch = device.watch(&WatchFilter::new().all_guards().interfaces())?;
    let mut feed = Feed { device, watch };
    let first = vec![feed.table()?, feed.interfaces()?, feed.counters()?];
    let (sender, updates) = mpsc::channel();
    thread::spawn(move || feed.follow(&sender));
    Ok((first, updates))
}

impl Feed {
    fn table(&mut self) -> FeedResult {
        self.watch.snapshot().map(FeedUpdate::Table)
    }

    fn interfaces(&self) -> FeedResult {
        let interfaces = self.device.interfaces(AddressFamily::UNSPECIFIED)?;
        Ok(FeedUpdate::Interfaces(event_time(), interfaces))
    }

    fn counters(&self) -> FeedResult {
        Ok(FeedUpdate::Counters {
            leases: self.device.leases()?.iter().map(TopLease::from).collect(),
            statistics: Box::new(self.device.statistics()?),
        })
    }

    fn follow(mut self, updates: &Sender<FeedResult>) {
        let mut counted = Instant::now();
        loop {
            thread::sleep(EVENTS_EVERY);
            let is_due = counted.elapsed() >= COUNTERS_EVERY;
            let read = self.read(is_due);
            let is_last = read.is_err();
            if is_due {
                counted = Instant::now();
            }
            let read = match read {
                Ok(updates) => updates.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            let is_closed = read.into_iter().any(|update| updates.send(update).is_err());
            if is_last || is_closed {
                return;
            }
        }
    }

    /// The events since the last call, the tables if events were lost, and what they may have changed.
    fn read(&mut self, with_counters: bool) -> Result<Vec<FeedUpdate>, Error> {
        let events = self.watch.poll()?;
        let is_resync = |event: &Event| event.kind == EventKind::Resync;
        let is_of_interface = |event: &Event| matches!(event.kind, EventKind::InterfaceChanged(_));
        let are_lost = events.iter().any(is_resync);
        let time = event_time();
        let shown = events.iter().filter(|event| !is_of_interface(event));
        let shown = shown.map(|event| TopEvent::new(&time, event));
        let mut updates: Vec<_> = shown.map(FeedUpdate::Event).collect();
        if are_lost {
            updates.push(self.table()?);
        }
        // The state of an interface is not in its event.
        if are_lost || events.iter().any(is_of_interface) {
            updates.push(self.interfaces()?);
        }
        if with_counters || !updates.is_empty() {
            updates.push(self.counters()?);
        }
        Ok(updates)
    }
}
