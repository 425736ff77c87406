//! Watching: the events are the difference between two tables.

extern crate std;

use std::vec::Vec;

use abi::watch::{
    EVENT_ADDED, EVENT_CHANGED, EVENT_MADE_BY_ME, EVENT_REMOVED, EVENT_RESYNC, RING_EVENTS,
    WATCH_FILTERS_MAX, WATCH_NO_WAIT, WATCH_NOT_MINE,
};
use abi::{AddressFamily, IpAddressPrefix, TableHeader, WatchEvent, WatchHeader, WatchRequest};
use zerocopy::FromBytes;

use super::*;
use crate::fake_stack::Table;
use crate::snapshots::TablePage;

/// A reader that keeps a copy of the table.
#[derive(Default)]
pub(super) struct Reader {
    client: Client,
    pub(super) copy: Table,
    sequence: u64,
    pub(super) request: WatchRequest,
}

impl Reader {
    pub(super) fn watch(
        &mut self,
        driver: &TestDriver,
        room: usize,
    ) -> Result<Vec<WatchEvent>, NoAnswer> {
        let request = WatchRequest {
            after_sequence: self.sequence,
            ..self.request
        };
        let mut output = std::vec![0; 24 + size_of::<WatchEvent>() * room];
        let written = driver.serve_watch(&self.client, &request, &mut output)?;
        let (header, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
        let events: Vec<_> = rest
            .chunks_exact(size_of::<WatchEvent>())
            .map(|event| WatchEvent::read_from_bytes(event).unwrap())
            .collect();
        assert_eq!(events.len(), header.count as usize);
        assert!(events.is_sorted_by(|a, b| a.sequence < b.sequence));
        assert!(header.sequence >= self.sequence);
        self.sequence = header.sequence;
        Ok(events)
    }

    fn read_table(&mut self, driver: &TestDriver) {
        let page = TablePage {
            family: AddressFamily::IPV4,
            from: None,
        };
        let mut output = std::vec![0; 1 << 20];
        let written = driver
            .serve(&self.client, Command::GetTable(page), &mut output)
            .unwrap();
        let (header, rows) = TableHeader::read_from_prefix(&output[..written]).unwrap();
        assert_eq!(header.next_cursor, 0);
        self.sequence = header.sequence;
        self.copy = rows
            .chunks_exact(104)
            .map(|row| MibIpForwardRow2::read_from_bytes(row).unwrap())
            .map(|row| (FakeStack::default_key(&row), row))
            .collect();
    }

    /// Reads events until the driver has no more.
    pub(super) fn catch_up(&mut self, driver: &TestDriver, room: usize) {
        loop {
            match self.watch(driver, room) {
                Ok(events) => self.follow(driver, events),
                Err(answer) => return assert_eq!(answer, NoAnswer::Waits),
            }
        }
    }

    /// Applies events to the copy.
    pub(super) fn follow(&mut self, driver: &TestDriver, events: Vec<WatchEvent>) {
        for event in events {
            let key = FakeStack::default_key(&event.row);
            match event.kind {
                EVENT_ADDED | EVENT_CHANGED => drop(self.copy.insert(key, event.row)),
                EVENT_REMOVED => drop(self.copy.remove(&key)),
                EVENT_RESYNC => {
                    driver.stack.heal();
                    return self.read_table(driver);
                }
                _ => {}
            }
        }
    }
}

pub(super) fn reader(request: WatchRequest, driver: &TestDriver) -> Reader {
    let mut reader = Reader {
        request: WatchRequest {
            flags: request.flags | WATCH_NO_WAIT,
            ..request
        },
        ..Reader::default()
    };
    assert_eq!(reader.watch(driver, 1), Ok(Vec::new()));
    reader.request = request;
    reader.read_table(driver);
    reader
}

fn kinds(events: &[WatchEvent]) -> Vec<u32> {
    events.iter().map(|event| event.kind).collect()
}

#[test]
fn changes_come_in_order_with_their_rows() {
    let driver = TestDriver::default();
    let mut reader = reader(WatchRequest::default(), &driver);
    assert_eq!(reader.watch(&driver, 9), Err(NoAnswer::Waits));
    driver.stack.create(&route(1)).unwrap();
    driver.stack.create(&route(2)).unwrap();
    driver.stack.set(&metric(route(2), 50)).unwrap();
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    let events = reader.watch(&driver, 9).unwrap();
    let expected = [EVENT_ADDED, EVENT_ADDED, EVENT_CHANGED, EVENT_REMOVED];
    assert_eq!(kinds(&events), expected);
    assert_eq!(events[2].row.metric, 50);
    assert_eq!(
        FakeStack::default_key(&events[3].row),
        FakeStack::default_key(&route(1))
    );
    assert_eq!(reader.watch(&driver, 9), Err(NoAnswer::Waits));
}

#[test]
fn an_unreadable_route_is_reported_as_a_resync() {
    let driver = TestDriver::default();
    let mut reader = reader(WatchRequest::default(), &driver);
    driver.stack.create(&metric(route(1), 50)).unwrap();
    driver.notify();
    driver.stack.fail(0, 1);
    let events = reader.watch(&driver, 9).unwrap();
    assert!(driver.stack.heal());
    assert_eq!(kinds(&events), [EVENT_RESYNC]);
    assert_eq!(
        (events[0].flags, events[0].row),
        (0, MibIpForwardRow2::default())
    );
    reader.read_table(&driver);
    assert_eq!(reader.copy, driver.stack.table());
}

#[test]
fn an_event_of_a_removed_route_has_its_keys() {
    let driver = TestDriver::default();
    let mut reader = reader(WatchRequest::default(), &driver);
    driver.stack.create(&metric(route(1), 50)).unwrap();
    driver.stack.delete(&route(1)).unwrap();
    driver.notify();
    let events = reader.watch(&driver, 9).unwrap();
    assert_eq!(kinds(&events), [EVENT_ADDED, EVENT_REMOVED]);
    assert_eq!(events[0].row.metric, 0);
    assert_eq!(
        FakeStack::default_key(&events[0].row),
        FakeStack::default_key(&route(1))
    );
}

#[test]
fn events_that_do_not_fit_come_with_the_next_answer() {
    let driver = TestDriver::default();
    let mut reader = reader(WatchRequest::default(), &driver);
    for number in 0..50 {
        driver.stack.create(&route(number)).unwrap();
    }
    driver.notify();
    let counts: Vec<_> = core::iter::from_fn(|| reader.watch(&driver, 20).ok())
        .map(|events| events.len())
        .collect();
    assert_eq!(counts, [20, 20, 10]);
}

#[test]
fn an_answer_that_is_lost_can_be_asked_for_again() {
    let driver = TestDriver::default();
    let mut reader = reader(WatchRequest::default(), &driver);
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    let before = reader.sequence;
    let first = reader.watch(&driver, 9).unwrap();
    reader.sequence = before;
    assert_eq!(reader.watch(&driver, 9), Ok(first));
}

#[test]
fn a_change_is_marked_as_mine_for_its_handle() {
    let driver = TestDriver::default();
    let mut mine = reader(WatchRequest::default(), &driver);
    let mut other = reader(WatchRequest::default(), &driver);
    let mut not_mine = reader(
        WatchRequest {
            flags: WATCH_NOT_MINE,
            ..WatchRequest::default()
        },
        &driver,
    );
    driver.must(&mine.client, lease(route(1)));
    driver.must(&not_mine.client, lease(route(2)));
    driver.stack.create(&route(3)).unwrap();
    driver.notify();
    let flags =
        |events: Vec<WatchEvent>| -> Vec<u32> { events.iter().map(|event| event.flags).collect() };
    assert_eq!(
        flags(mine.watch(&driver, 9).unwrap()),
        [EVENT_MADE_BY_ME, 0, 0]
    );
    assert_eq!(flags(other.watch(&driver, 9).unwrap()), [0, 0, 0]);
    assert_eq!(flags(not_mine.watch(&driver, 9).unwrap()), [0, 0]);
}

#[test]
fn only_events_that_pass_the_filter_are_delivered() {
    let driver = TestDriver::default();
    let prefix = |text: &str, length| IpAddressPrefix::new(text.parse().unwrap(), length);
    let of = |change: fn(&mut WatchRequest, IpAddressPrefix)| {
        let mut request = WatchRequest::default();
        change(&mut request, prefix("10.0.0.0", 15));
        reader(request, &driver)
    };
    let mut readers = [
        (of(|_, _| {}), 2),
        (of(|request, prefix| request.prefix = prefix), 1),
        (of(|request, _| request.family = 2), 2),
        (of(|request, _| request.family = 23), 0),
        (of(|request, _| request.interface_luid = 1), 0),
    ];
    driver.stack.create(&route(1)).unwrap();
    driver.stack.create(&route(0x0400)).unwrap();
    driver.notify();
    for (reader, count) in &mut readers {
        let events = reader.watch(&driver, 9).map_or(0, |events| events.len());
        assert_eq!(events, *count);
    }
}

#[test]
fn a_filter_that_makes_no_sense_is_refused() {
    let driver = TestDriver::default();
    let sound = WatchRequest::default();
    let long = IpAddressPrefix::new("10.0.0.0".parse().unwrap(), 33);
    for request in [
        WatchRequest {
            flags: 1 << 5,
            ..sound
        },
        WatchRequest { family: 9, ..sound },
        WatchRequest {
            prefix: long,
            ..sound
        },
    ] {
        let answer = driver.serve_watch(&Client::default(), &request, &mut [0; 200]);
        assert_eq!(answer, Err(NtStatus::INVALID_PARAMETER.into()));
    }
}

#[test]
fn a_reader_that_lost_events_ends_with_the_true_table() {
    let driver = TestDriver::default();
    let mut reader = reader(WatchRequest::default(), &driver);
    for round in 0..3 {
        for number in 0..u16::try_from(RING_EVENTS).unwrap() + 100 {
            if driver.stack.has(&route(number)) {
                driver.stack.delete(&route(number)).unwrap();
            } else {
                driver.stack.create(&metric(route(number), round)).unwrap();
            }
            if number % 3 == 0 {
                driver.notify();
            }
        }
        driver.notify();
        reader.catch_up(&driver, 64);
        assert_eq!(reader.copy, driver.stack.table());
    }
}

#[test]
fn a_watch_that_begins_after_its_table_gets_a_resync() {
    let driver = TestDriver::default();
    let mut reader = Reader::default();
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    reader.read_table(&driver);
    driver.stack.create(&route(2)).unwrap();
    driver.notify();
    reader.catch_up(&driver, 4);
    assert_eq!(reader.copy, driver.stack.table());
}

#[test]
fn a_watcher_that_never_reads_harms_no_other() {
    let driver = TestDriver::default();
    let _asleep = reader(WatchRequest::default(), &driver);
    let mut awake = reader(WatchRequest::default(), &driver);
    for number in 0..5_000 {
        driver.stack.create(&route(number)).unwrap();
        driver.notify();
        assert_eq!(awake.watch(&driver, 4).unwrap().len(), 1);
    }
}

#[test]
fn each_filter_of_a_handle_has_its_own_events() {
    let driver = TestDriver::default();
    let client = Client::default();
    let into = |text: &str| WatchRequest {
        prefix: IpAddressPrefix::new(text.parse().unwrap(), 16),
        ..WatchRequest::default()
    };
    let ask = |request: &WatchRequest| {
        let mut output = [0; 4096];
        let written = driver.serve_watch(&client, request, &mut output)?;
        let (header, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
        let events = rest.chunks_exact(size_of::<WatchEvent>()).map(|event| {
            let row = WatchEvent::read_from_bytes(event).unwrap().row;
            row.destination_prefix.prefix.ipv4_or_flow[1]
        });
        Ok((header.sequence, events.collect::<Vec<_>>()))
    };
    let (zero, four) = (into("10.0.0.0"), into("10.4.0.0"));
    for request in [&zero, &four] {
        assert_eq!(ask(request), Err(NoAnswer::Waits));
    }
    driver.stack.create(&route(0x0400)).unwrap();
    driver.notify();
    // Only the second filter has an event, and its delivery removes no event of the first.
    assert_eq!(ask(&zero), Err(NoAnswer::Waits));
    let (sequence, events) = ask(&four).unwrap();
    assert_eq!(events, [4]);
    driver.stack.create(&route(1)).unwrap();
    driver.stack.create(&route(0x0401)).unwrap();
    driver.notify();
    assert_eq!(ask(&zero).unwrap().1, [0]);
    let since = WatchRequest {
        after_sequence: sequence,
        ..four
    };
    assert_eq!(ask(&since).unwrap().1, [4]);
}

#[test]
fn a_handle_has_a_limit_of_filters_and_gives_them_all_back() {
    let driver = TestDriver::default();
    let ask = |client: &Client, luid| {
        let request = WatchRequest {
            interface_luid: luid,
            ..WatchRequest::default()
        };
        driver.serve_watch(client, &request, &mut [0; 200])
    };
    for _ in 0..20 {
        let client = Client::default();
        for luid in 0..u64::from(WATCH_FILTERS_MAX) {
            assert_eq!(ask(&client, luid), Err(NoAnswer::Waits));
        }
        assert_eq!(ask(&client, 99), Err(NtStatus::QUOTA_EXCEEDED.into()));
        assert_eq!(ask(&client, 0), Err(NoAnswer::Waits));
        assert!(!driver.close(&client));
    }
}

#[test]
fn too_many_watchers_are_refused_until_one_is_closed() {
    let driver = TestDriver::default();
    let readers: Vec<_> = (0..64)
        .map(|_| reader(WatchRequest::default(), &driver))
        .collect();
    let late = Client::default();
    let ask = || driver.serve_watch(&late, &WatchRequest::default(), &mut [0; 200]);
    assert_eq!(ask(), Err(NtStatus::QUOTA_EXCEEDED.into()));
    assert!(!driver.close(&readers[5].client));
    assert_eq!(ask(), Err(NoAnswer::Waits));
}

#[test]
fn a_waiting_request_is_woken_after_another_was_answered() {
    let driver = TestDriver::default();
    let mut first = reader(WatchRequest::default(), &driver);
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    assert_eq!(first.watch(&driver, 9).unwrap().len(), 1);
    assert_eq!(first.watch(&driver, 9), Err(NoAnswer::Waits));
    // Of the same handle and filter, but it knows less.
    let behind = WatchRequest::default();
    assert_eq!(first.watch(&driver, 9), Err(NoAnswer::Waits));
    let late = WatchRequest {
        after_sequence: 1,
        ..behind
    };
    driver.stack.create(&route(2)).unwrap();
    driver.notify();
    first.sequence = 2;
    assert_eq!(first.watch(&driver, 9), Err(NoAnswer::Waits));
    assert!(
        driver
            .serve_watch(&first.client, &late, &mut [0; 200])
            .is_ok()
    );
    driver.stack.create(&route(3)).unwrap();
    let (change, row) = driver.stack.notifications()[0];
    let wake = driver
        .state
        .watch
        .with(|watch| watch.events.on_route_changed(change, &row, || driver.now()));
    assert!(wake.watchers);
}

#[test]
fn a_number_of_an_earlier_device_causes_a_resync() {
    let driver = TestDriver::default();
    let mut reader = reader(WatchRequest::default(), &driver);
    driver.stack.create(&route(1)).unwrap();
    driver.notify();
    reader.sequence = 1_000;
    let request = WatchRequest {
        after_sequence: 1_000,
        ..reader.request
    };
    let mut output = [0; 24 + size_of::<WatchEvent>()];
    let told = driver.serve_watch(&reader.client, &request, &mut output);
    assert_eq!(told, Ok(output.len()));
    let event = WatchEvent::read_from_bytes(&output[24..]).unwrap();
    assert_eq!((event.sequence, event.kind), (1, EVENT_RESYNC));
    // Later changes are delivered.
    driver.stack.create(&route(2)).unwrap();
    driver.notify();
    reader.sequence = 1;
    assert_eq!(kinds(&reader.watch(&driver, 9).unwrap()), [EVENT_ADDED]);
}

#[test]
fn a_pending_request_is_never_forgotten() {
    // Every order of one request, which is queued and then served, and of two notifications, each
    // of which may wake a worker that serves whatever is queued by then.
    for first in 0..=2 {
        for second in first..=2 {
            let driver = TestDriver::default();
            let mut reader = reader(WatchRequest::default(), &driver);
            let (mut queued, mut answered) = (false, 0);
            for step in 0..=2 {
                for at in [first, second] {
                    if at == step {
                        driver
                            .stack
                            .create(&route(if at == first { 1 } else { 2 }))
                            .ok();
                        let wakes =
                            driver
                                .stack
                                .notifications()
                                .into_iter()
                                .any(|(change, row)| {
                                    driver
                                        .state
                                        .watch
                                        .with(|watch| {
                                            watch
                                                .events
                                                .on_route_changed(change, &row, || driver.now())
                                        })
                                        .watchers
                                });
                        if wakes && queued {
                            answered += reader.watch(&driver, 9).map_or(0, |events| events.len());
                        }
                    }
                }
                match step {
                    0 => queued = true,
                    1 => answered += reader.watch(&driver, 9).map_or(0, |events| events.len()),
                    _ => {}
                }
            }
            assert!(answered >= 1, "{first} {second}");
        }
    }
}

#[test]
fn a_closed_handle_watches_no_more() {
    let driver = TestDriver::default();
    let mut closed = reader(WatchRequest::default(), &driver);
    assert!(!driver.close(&closed.client));
    assert_eq!(
        closed.watch(&driver, 9),
        Err(NtStatus::INVALID_HANDLE.into())
    );
    let id = closed.client.state.with(|state| state.id());
    let filter = decode::watch::decode(&closed.request).unwrap().filter;
    assert!(
        !driver
            .state
            .watch
            .with(|watch| watch.events.watches(id, &filter))
    );
}
