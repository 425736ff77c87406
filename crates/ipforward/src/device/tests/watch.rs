//! Watching.

use abi::watch::{
    EVENT_ADDED, EVENT_GUARD_GAVE_UP, EVENT_INTERFACE_CHANGED, EVENT_MADE_BY_ME, EVENT_REMOVED,
    EVENT_RESYNC, WATCH_INTERFACES, WATCH_NO_WAIT, WATCH_NOT_MINE,
};
use abi::{AddressFamily, WatchEvent, WatchHeader, WatchRequest};

use super::*;
use crate::watch::{EventKind, WatchFilter};

fn events(sequence: u64, events: &[(u64, u32, u32)]) -> Vec<u8> {
    let header = WatchHeader {
        sequence,
        lost: 2,
        count: u32::try_from(events.len()).unwrap(),
        reserved: 0,
    };
    let events: Vec<_> = events
        .iter()
        .map(|(sequence, kind, flags)| WatchEvent {
            sequence: *sequence,
            kind: *kind,
            flags: *flags,
            row: match *kind {
                EVENT_RESYNC => MibIpForwardRow2::default(),
                _ => MibIpForwardRow2::from(&route(20)),
            },
            ..WatchEvent::default()
        })
        .collect();
    [header.as_bytes(), events.as_bytes()].concat()
}

fn requests(driver: &FakeDriver) -> Vec<WatchRequest> {
    let asked = driver.requests.lock().unwrap();
    asked
        .iter()
        .filter_map(|(_, input, _)| WatchRequest::read_from_bytes(input).ok())
        .collect()
}

/// The numbers of the next events.
fn sequences(watch: &mut Watch) -> Vec<u64> {
    let events = watch.poll().unwrap().into_iter();
    events.map(|event| event.sequence).collect()
}

#[test]
fn a_watch_continues_after_its_snapshot() {
    let (device, driver) = device([
        Ok(events(30, &[(30, EVENT_ADDED, 0)])),
        Ok(page(0, 1, &[route(20)])),
        Ok(events(
            44,
            &[(41, EVENT_REMOVED, EVENT_MADE_BY_ME), (43, EVENT_RESYNC, 0)],
        )),
        Ok(events(50, &[(50, EVENT_GUARD_GAVE_UP, 0)])),
        Err(NtStatus::INVALID_DEVICE_STATE),
    ]);
    let filter = WatchFilter::new()
        .family(AddressFamily::IPV4)
        .inside("10.0.0.0/8".parse().unwrap())
        .interface_luid(1)
        .not_mine();
    let mut watch = device.watch(&filter).unwrap();
    // The snapshot covers the event before it.
    assert_eq!(watch.snapshot(), Ok(vec![route(20)]));
    let event = watch.next().unwrap().unwrap();
    assert_eq!(event.kind, EventKind::Removed(route(20).key()));
    assert!(event.made_by_me);
    assert_eq!(watch.next().unwrap().unwrap().kind, EventKind::Resync);
    let last = watch.next().unwrap().unwrap();
    assert_eq!(last.kind, EventKind::GuardGaveUp(route(20).key()));
    assert_eq!(watch.lost(), 2);
    assert!(watch.next().unwrap().is_err());
    assert!(watch.next().is_none());
    let requests = requests(driver);
    assert_eq!(requests[0].flags, WATCH_NOT_MINE | WATCH_NO_WAIT);
    assert_eq!((requests[0].family, requests[0].interface_luid), (2, 1));
    assert_eq!(requests[0].prefix.prefix_length, 8);
    let after: Vec<_> = requests
        .iter()
        .map(|r| (r.after_sequence, r.flags))
        .collect();
    assert_eq!(
        after[1..],
        [
            (40, WATCH_NOT_MINE),
            (44, WATCH_NOT_MINE),
            (50, WATCH_NOT_MINE)
        ]
    );
}

#[test]
fn an_event_of_an_interface_names_it_if_the_stack_does() {
    let changed = |sequence, luid| WatchEvent {
        sequence,
        kind: EVENT_INTERFACE_CHANGED,
        row: MibIpForwardRow2 {
            interface_luid: luid,
            ..MibIpForwardRow2::default()
        },
        ..WatchEvent::default()
    };
    let header = WatchHeader {
        sequence: 2,
        count: 2,
        ..WatchHeader::default()
    };
    let rows = [changed(1, 7), changed(2, 0)];
    let answer = [header.as_bytes(), rows.as_bytes()].concat();
    let (device, driver) = device([Ok(events(0, &[])), Ok(answer)]);
    let mut watch = device.watch(&WatchFilter::new().interfaces()).unwrap();
    let kinds = watch.poll().unwrap().into_iter().map(|event| event.kind);
    let expected = [Some(Interface::Luid(7)), None].map(EventKind::InterfaceChanged);
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
    assert_eq!(expected[0].name(), "interface_changed");
    assert_eq!((expected[0].key(), expected[0].route()), (None, None));
    let flags = WATCH_INTERFACES | WATCH_NO_WAIT;
    assert_eq!(requests(driver)[0].flags, flags);
}

/// Otherwise the watch would report an old change after the snapshot, but not the later change that
/// reverted it.
#[test]
fn a_snapshot_covers_the_events_after_a_resync() {
    let came = [
        (38, EVENT_RESYNC, 0),
        (39, EVENT_REMOVED, 0),
        (41, EVENT_ADDED, 0),
    ];
    let (device, _) = device([
        Ok(events(1, &[])),
        Ok(events(41, &came)),
        Ok(page(0, 1, &[route(20)])),
        Ok(events(41, &[])),
        Ok(events(41, &[])),
    ]);
    let mut watch = device.watch(&WatchFilter::new()).unwrap();
    assert_eq!(sequences(&mut watch), [38]);
    assert_eq!(watch.snapshot(), Ok(vec![route(20)]));
    assert_eq!(sequences(&mut watch), [41]);
    assert_eq!(sequences(&mut watch), [0; 0]);
}

#[test]
fn a_poll_continues_after_a_resync() {
    let came = [(38, EVENT_RESYNC, 0), (39, EVENT_REMOVED, 0)];
    let (device, _) = device([
        Ok(events(1, &[])),
        Ok(events(39, &came)),
        Ok(events(40, &[(40, EVENT_ADDED, 0)])),
    ]);
    let mut watch = device.watch(&WatchFilter::new()).unwrap();
    assert_eq!(sequences(&mut watch), [38]);
    assert_eq!(sequences(&mut watch), [39, 40]);
}

#[test]
fn a_device_has_one_watch_for_each_filter() {
    let (device, _) = device([Ok(events(1, &[])), Ok(events(1, &[])), Ok(events(1, &[]))]);
    let first = device.watch(&WatchFilter::new()).unwrap();
    let second = device.watch(&WatchFilter::new());
    assert_eq!(second.unwrap_err(), Error::WatchedAlready);
    let ipv6 = WatchFilter::new().family(AddressFamily::IPV6);
    let other = device.watch(&ipv6).unwrap();
    drop(first);
    assert!(device.watch(&WatchFilter::new()).is_ok());
    assert_eq!(device.watch(&ipv6).unwrap_err(), Error::WatchedAlready);
    drop(other);
}

#[test]
fn a_watch_skips_events_of_an_earlier_one() {
    let (device, driver) = device([
        Ok(events(5, &[(5, EVENT_ADDED, 0)])),
        Err(NtStatus::INVALID_DEVICE_STATE),
    ]);
    let mut watch = device.watch(&WatchFilter::new()).unwrap();
    assert!(watch.next().unwrap().is_err());
    assert_eq!(requests(driver)[1].after_sequence, 5);
}

#[test]
fn a_cancelled_watch_ends() {
    let (device, _) = device([Ok(events(1, &[]))]);
    let mut watch = device.watch(&WatchFilter::new()).unwrap();
    watch.cancel_handle().cancel();
    assert!(watch.next().is_none());
}

#[test]
fn an_event_of_an_unknown_kind_is_malformed() {
    let (device, _) = device([Ok(events(1, &[(1, 99, 0)]))]);
    let error = device.watch(&WatchFilter::new()).unwrap_err();
    let cause = Malformed::EventKind(99);
    let operation = Operation::Watch;
    assert_eq!(error, Error::Malformed { operation, cause });
}
