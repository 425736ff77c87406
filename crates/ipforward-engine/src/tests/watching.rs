//! Watching: what is told is the difference between two tables.

extern crate std;

use std::vec::Vec;

use abi::watch::{
    EVENT_ADDED, EVENT_CHANGED, EVENT_MADE_BY_ME, EVENT_REMOVED, EVENT_RESYNC, RING_EVENTS,
    WATCH_FILTERS_MAX, WATCH_NO_WAIT, WATCH_NOT_MINE,
};
use abi::{IpAddressPrefix, TableHeader, TableRequest, WatchEvent, WatchHeader, WatchRequest};
use zerocopy::FromBytes;

use super::stack::Table;
use super::*;
use crate::network_stack::NetworkStack;

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
        machine: &Machine,
        room: usize,
    ) -> Result<Vec<WatchEvent>, NtStatus> {
        let request = WatchRequest {
            after_sequence: self.sequence,
            ..self.request
        };
        let mut output = std::vec![0; 24 + 120 * room];
        let written = machine.serve(&self.client, Command::Watch(request), &mut output)?;
        let (header, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
        let events: Vec<_> = rest
            .chunks_exact(120)
            .map(|event| WatchEvent::read_from_bytes(event).unwrap())
            .collect();
        assert_eq!(events.len(), header.count as usize);
        assert!(events.is_sorted_by(|a, b| a.sequence < b.sequence));
        assert!(header.sequence >= self.sequence);
        self.sequence = header.sequence;
        Ok(events)
    }

    fn read_table(&mut self, machine: &Machine) {
        let request = TableRequest {
            family: 2,
            ..TableRequest::default()
        };
        let mut output = std::vec![0; 1 << 20];
        let written = machine
            .serve(&self.client, Command::GetTable(request), &mut output)
            .unwrap();
        let (header, rows) = TableHeader::read_from_prefix(&output[..written]).unwrap();
        assert_eq!(header.next_cursor, 0);
        self.sequence = header.sequence;
        self.copy = rows
            .chunks_exact(104)
            .map(|row| MibIpForwardRow2::read_from_bytes(row).unwrap())
            .map(|row| (ModelStack::key(&row), row))
            .collect();
    }

    /// Follows the table until nothing is left to be told.
    pub(super) fn catch_up(&mut self, machine: &Machine, room: usize) {
        loop {
            match self.watch(machine, room) {
                Ok(events) => self.follow(machine, events),
                Err(status) => return assert_eq!(status, NtStatus::PENDING),
            }
        }
    }

    /// Does to the copy what events say.
    pub(super) fn follow(&mut self, machine: &Machine, events: Vec<WatchEvent>) {
        for event in events {
            let key = ModelStack::key(&event.row);
            match event.kind {
                EVENT_ADDED | EVENT_CHANGED => drop(self.copy.insert(key, event.row)),
                EVENT_REMOVED => drop(self.copy.remove(&key)),
                EVENT_RESYNC => {
                    machine.stack.heal();
                    return self.read_table(machine);
                }
                _ => {}
            }
        }
    }
}

pub(super) fn reader(request: WatchRequest, machine: &Machine) -> Reader {
    let mut reader = Reader {
        request: WatchRequest {
            flags: request.flags | WATCH_NO_WAIT,
            ..request
        },
        ..Reader::default()
    };
    assert_eq!(reader.watch(machine, 1), Ok(Vec::new()));
    reader.request = request;
    reader.read_table(machine);
    reader
}

fn kinds(events: &[WatchEvent]) -> Vec<u32> {
    events.iter().map(|event| event.kind).collect()
}

#[test]
fn changes_come_in_order_with_their_rows() {
    let machine = Machine::default();
    let mut reader = reader(WatchRequest::default(), &machine);
    assert_eq!(reader.watch(&machine, 9), Err(NtStatus::PENDING));
    machine.stack.create(&route(1)).unwrap();
    machine.stack.create(&route(2)).unwrap();
    machine.stack.set(&metric(route(2), 50)).unwrap();
    machine.stack.delete(&route(1)).unwrap();
    machine.notify();
    let events = reader.watch(&machine, 9).unwrap();
    let expected = [EVENT_ADDED, EVENT_ADDED, EVENT_CHANGED, EVENT_REMOVED];
    assert_eq!(kinds(&events), expected);
    assert_eq!(events[2].row.metric, 50);
    assert_eq!(ModelStack::key(&events[3].row), ModelStack::key(&route(1)));
    assert_eq!(reader.watch(&machine, 9), Err(NtStatus::PENDING));
}

#[test]
fn a_route_that_the_stack_cannot_show_sends_its_reader_to_the_table() {
    let machine = Machine::default();
    let mut reader = reader(WatchRequest::default(), &machine);
    machine.stack.create(&metric(route(1), 50)).unwrap();
    machine.notify();
    machine.stack.fail(0, 1);
    let events = reader.watch(&machine, 9).unwrap();
    assert!(machine.stack.heal());
    assert_eq!(kinds(&events), [EVENT_RESYNC]);
    assert_eq!(
        (events[0].flags, events[0].row),
        (0, MibIpForwardRow2::default())
    );
    reader.read_table(&machine);
    assert_eq!(reader.copy, machine.stack.table());
}

#[test]
fn a_route_that_is_gone_again_is_told_with_its_keys() {
    let machine = Machine::default();
    let mut reader = reader(WatchRequest::default(), &machine);
    machine.stack.create(&metric(route(1), 50)).unwrap();
    machine.stack.delete(&route(1)).unwrap();
    machine.notify();
    let events = reader.watch(&machine, 9).unwrap();
    assert_eq!(kinds(&events), [EVENT_ADDED, EVENT_REMOVED]);
    assert_eq!(events[0].row.metric, 0);
    assert_eq!(ModelStack::key(&events[0].row), ModelStack::key(&route(1)));
}

#[test]
fn events_that_do_not_fit_come_with_the_next_answer() {
    let machine = Machine::default();
    let mut reader = reader(WatchRequest::default(), &machine);
    for number in 0..50 {
        machine.stack.create(&route(number)).unwrap();
    }
    machine.notify();
    let counts: Vec<_> = core::iter::from_fn(|| reader.watch(&machine, 20).ok())
        .map(|events| events.len())
        .collect();
    assert_eq!(counts, [20, 20, 10]);
}

#[test]
fn an_answer_that_is_lost_can_be_asked_for_again() {
    let machine = Machine::default();
    let mut reader = reader(WatchRequest::default(), &machine);
    machine.stack.create(&route(1)).unwrap();
    machine.notify();
    let before = reader.sequence;
    let first = reader.watch(&machine, 9).unwrap();
    reader.sequence = before;
    assert_eq!(reader.watch(&machine, 9), Ok(first));
}

#[test]
fn a_change_is_told_as_mine_to_the_handle_that_made_it() {
    let machine = Machine::default();
    let mut mine = reader(WatchRequest::default(), &machine);
    let mut other = reader(WatchRequest::default(), &machine);
    let mut not_mine = reader(
        WatchRequest {
            flags: WATCH_NOT_MINE,
            ..WatchRequest::default()
        },
        &machine,
    );
    machine.must(&mine.client, lease(route(1)));
    machine.must(&not_mine.client, lease(route(2)));
    machine.stack.create(&route(3)).unwrap();
    machine.notify();
    let flags =
        |events: Vec<WatchEvent>| -> Vec<u32> { events.iter().map(|event| event.flags).collect() };
    assert_eq!(
        flags(mine.watch(&machine, 9).unwrap()),
        [EVENT_MADE_BY_ME, 0, 0]
    );
    assert_eq!(flags(other.watch(&machine, 9).unwrap()), [0, 0, 0]);
    assert_eq!(flags(not_mine.watch(&machine, 9).unwrap()), [0, 0]);
}

#[test]
fn only_what_matters_is_told() {
    let machine = Machine::default();
    let prefix = |text: &str, length| IpAddressPrefix::new(text.parse().unwrap(), length);
    let of = |change: fn(&mut WatchRequest, IpAddressPrefix)| {
        let mut request = WatchRequest::default();
        change(&mut request, prefix("10.0.0.0", 15));
        reader(request, &machine)
    };
    let mut readers = [
        (of(|_, _| {}), 2),
        (of(|request, prefix| request.prefix = prefix), 1),
        (of(|request, _| request.family = 2), 2),
        (of(|request, _| request.family = 23), 0),
        (of(|request, _| request.interface_luid = 1), 0),
    ];
    machine.stack.create(&route(1)).unwrap();
    machine.stack.create(&route(0x0400)).unwrap();
    machine.notify();
    for (reader, count) in &mut readers {
        let events = reader.watch(&machine, 9).map_or(0, |events| events.len());
        assert_eq!(events, *count);
    }
}

#[test]
fn a_filter_that_makes_no_sense_is_refused() {
    let machine = Machine::default();
    let sound = WatchRequest::default();
    let long = IpAddressPrefix::new("10.0.0.0".parse().unwrap(), 33);
    for request in [
        WatchRequest { flags: 4, ..sound },
        WatchRequest { family: 9, ..sound },
        WatchRequest {
            prefix: long,
            ..sound
        },
    ] {
        let answer = machine.serve(&Client::default(), Command::Watch(request), &mut [0; 200]);
        assert_eq!(answer, Err(NtStatus::INVALID_PARAMETER));
    }
}

#[test]
fn a_reader_that_lost_events_ends_with_the_true_table() {
    let machine = Machine::default();
    let mut reader = reader(WatchRequest::default(), &machine);
    for round in 0..3 {
        for number in 0..u16::try_from(RING_EVENTS).unwrap() + 100 {
            if machine.stack.has(&route(number)) {
                machine.stack.delete(&route(number)).unwrap();
            } else {
                machine.stack.create(&metric(route(number), round)).unwrap();
            }
            if number % 3 == 0 {
                machine.notify();
            }
        }
        machine.notify();
        reader.catch_up(&machine, 64);
        assert_eq!(reader.copy, machine.stack.table());
    }
}

#[test]
fn who_begins_to_watch_after_its_table_is_told_to_read_it_again() {
    let machine = Machine::default();
    let mut reader = Reader::default();
    machine.stack.create(&route(1)).unwrap();
    machine.notify();
    reader.read_table(&machine);
    machine.stack.create(&route(2)).unwrap();
    machine.notify();
    reader.catch_up(&machine, 4);
    assert_eq!(reader.copy, machine.stack.table());
}

#[test]
fn a_watcher_that_never_reads_harms_nobody() {
    let machine = Machine::default();
    let _asleep = reader(WatchRequest::default(), &machine);
    let mut awake = reader(WatchRequest::default(), &machine);
    for number in 0..5_000 {
        machine.stack.create(&route(number)).unwrap();
        machine.notify();
        assert_eq!(awake.watch(&machine, 4).unwrap().len(), 1);
    }
}

#[test]
fn requests_with_different_filters_wait_on_one_handle_and_each_is_told_what_it_asked_for() {
    let machine = Machine::default();
    let client = Client::default();
    let into = |text: &str| WatchRequest {
        prefix: IpAddressPrefix::new(text.parse().unwrap(), 16),
        ..WatchRequest::default()
    };
    let ask = |request: &WatchRequest| {
        let mut output = [0; 4096];
        let written = machine.serve(&client, Command::Watch(*request), &mut output)?;
        let (header, rest) = WatchHeader::read_from_prefix(&output[..written]).unwrap();
        let events = rest.chunks_exact(120).map(|event| {
            let row = WatchEvent::read_from_bytes(event).unwrap().row;
            row.destination_prefix.prefix.ipv4_or_flow[1]
        });
        Ok((header.sequence, events.collect::<Vec<_>>()))
    };
    let (zero, four) = (into("10.0.0.0"), into("10.4.0.0"));
    for request in [&zero, &four] {
        assert_eq!(ask(request), Err(NtStatus::PENDING));
    }
    machine.stack.create(&route(0x0400)).unwrap();
    machine.notify();
    // Only the second one has something to tell, and telling it takes nothing from the first.
    assert_eq!(ask(&zero), Err(NtStatus::PENDING));
    let (sequence, events) = ask(&four).unwrap();
    assert_eq!(events, [4]);
    machine.stack.create(&route(1)).unwrap();
    machine.stack.create(&route(0x0401)).unwrap();
    machine.notify();
    assert_eq!(ask(&zero).unwrap().1, [0]);
    let since = WatchRequest {
        after_sequence: sequence,
        ..four
    };
    assert_eq!(ask(&since).unwrap().1, [4]);
}

#[test]
fn a_handle_has_a_limit_of_filters_and_gives_them_all_back() {
    let machine = Machine::default();
    let ask = |client: &Client, luid| {
        let request = WatchRequest {
            interface_luid: luid,
            ..WatchRequest::default()
        };
        machine.serve(client, Command::Watch(request), &mut [0; 200])
    };
    for _ in 0..20 {
        let client = Client::default();
        for luid in 0..u64::from(WATCH_FILTERS_MAX) {
            assert_eq!(ask(&client, luid), Err(NtStatus::PENDING));
        }
        assert_eq!(ask(&client, 99), Err(NtStatus::QUOTA_EXCEEDED));
        assert_eq!(ask(&client, 0), Err(NtStatus::PENDING));
        assert!(!machine.close(&client));
    }
}

#[test]
fn too_many_watchers_are_refused_until_one_is_closed() {
    let machine = Machine::default();
    let readers: Vec<_> = (0..64)
        .map(|_| reader(WatchRequest::default(), &machine))
        .collect();
    let late = Client::default();
    let request = Command::Watch(WatchRequest::default());
    let ask = || machine.serve(&late, request.clone(), &mut [0; 200]);
    assert_eq!(ask(), Err(NtStatus::QUOTA_EXCEEDED));
    assert!(!machine.close(&readers[5].client));
    assert_eq!(ask(), Err(NtStatus::PENDING));
}

#[test]
fn a_request_that_waits_is_woken_although_another_was_told_meanwhile() {
    let machine = Machine::default();
    let mut first = reader(WatchRequest::default(), &machine);
    machine.stack.create(&route(1)).unwrap();
    machine.notify();
    assert_eq!(first.watch(&machine, 9).unwrap().len(), 1);
    assert_eq!(first.watch(&machine, 9), Err(NtStatus::PENDING));
    // Of the same handle and filter, but it knows less.
    let behind = WatchRequest::default();
    assert_eq!(first.watch(&machine, 9), Err(NtStatus::PENDING));
    let late = Command::Watch(WatchRequest {
        after_sequence: 1,
        ..behind
    });
    machine.stack.create(&route(2)).unwrap();
    machine.notify();
    first.sequence = 2;
    assert_eq!(first.watch(&machine, 9), Err(NtStatus::PENDING));
    assert!(machine.serve(&first.client, late, &mut [0; 200]).is_ok());
    machine.stack.create(&route(3)).unwrap();
    let (change, row) = machine.stack.notifications()[0];
    let wake = machine
        .world
        .watch
        .with(|watch| watch.notify(change, &row, 1));
    assert!(wake.watchers);
}

#[test]
fn a_number_from_a_device_that_is_no_more_has_the_table_read_again() {
    let machine = Machine::default();
    let mut reader = reader(WatchRequest::default(), &machine);
    machine.stack.create(&route(1)).unwrap();
    machine.notify();
    reader.sequence = 1_000;
    let request = WatchRequest {
        after_sequence: 1_000,
        ..reader.request
    };
    let mut output = [0; 24 + 120];
    let told = machine.serve(&reader.client, Command::Watch(request), &mut output);
    assert_eq!(told, Ok(144));
    let event = WatchEvent::read_from_bytes(&output[24..]).unwrap();
    assert_eq!((event.sequence, event.kind), (1, EVENT_RESYNC));
    // What happens from now on is told.
    machine.stack.create(&route(2)).unwrap();
    machine.notify();
    reader.sequence = 1;
    assert_eq!(kinds(&reader.watch(&machine, 9).unwrap()), [EVENT_ADDED]);
}

#[test]
fn a_pending_request_is_never_forgotten() {
    // Every order of one request, which is queued and then served, and of two notifications, each
    // of which may wake a worker that serves whatever is queued by then.
    for first in 0..=2 {
        for second in first..=2 {
            let machine = Machine::default();
            let mut reader = reader(WatchRequest::default(), &machine);
            let (mut queued, mut answered) = (false, 0);
            for step in 0..=2 {
                for at in [first, second] {
                    if at == step {
                        machine
                            .stack
                            .create(&route(if at == first { 1 } else { 2 }))
                            .ok();
                        let wakes =
                            machine
                                .stack
                                .notifications()
                                .into_iter()
                                .any(|(change, row)| {
                                    machine
                                        .world
                                        .watch
                                        .with(|watch| watch.notify(change, &row, 1))
                                        .watchers
                                });
                        if wakes && queued {
                            answered += reader.watch(&machine, 9).map_or(0, |events| events.len());
                        }
                    }
                }
                match step {
                    0 => queued = true,
                    1 => answered += reader.watch(&machine, 9).map_or(0, |events| events.len()),
                    _ => {}
                }
            }
            assert!(answered >= 1, "{first} {second}");
        }
    }
}

#[test]
fn a_closed_handle_watches_no_more() {
    let machine = Machine::default();
    let mut closed = reader(WatchRequest::default(), &machine);
    assert!(!machine.close(&closed.client));
    assert_eq!(closed.watch(&machine, 9), Err(NtStatus::INVALID_HANDLE));
    let number = closed.client.state.with(|state| state.number());
    assert!(
        !machine
            .world
            .watch
            .with(|watch| watch.watches(number, &closed.request))
    );
}
