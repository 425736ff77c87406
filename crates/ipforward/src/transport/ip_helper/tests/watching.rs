//! Watches over the notifications of the system.

use abi::TableHeader;
use abi::watch::RING_EVENTS;
use zerocopy::FromBytes;

use super::*;
use crate::watch::EventKind;

#[test]
fn a_watch_gets_the_changes_of_the_system_in_order() {
    let device = device();
    let inside = WatchFilter::new().inside("10.20.0.0/16".parse().unwrap());
    let mut watch = device.watch(&inside).unwrap();
    device.create_route(&other()).unwrap();
    device.create_route(&route()).unwrap();
    assert_eq!(
        watch.next().unwrap().unwrap().kind,
        EventKind::Added(route())
    );
    device.set_route(&route().metric(5)).unwrap();
    let changed = watch.next().unwrap().unwrap();
    assert_eq!(changed.kind, EventKind::Changed(route().metric(5)));
    assert!(!changed.made_by_me);
    device.delete_route(&route().key()).unwrap();
    let removed = watch.next().unwrap().unwrap();
    assert_eq!(removed.kind, EventKind::Removed(route().key()));
    assert_eq!(watch.poll(), Ok(Vec::new()));
    // The snapshot covers the changes before it.
    device.create_route(&route()).unwrap();
    assert_eq!(watch.snapshot().unwrap().len(), 2);
    assert_eq!(watch.poll(), Ok(Vec::new()));
}

#[test]
fn an_event_whose_route_cannot_be_read_is_a_resync() {
    let events_with = |error| {
        let system = SystemInMemory {
            read_error: Some(error),
            ..SystemInMemory::default()
        };
        let device = Device::with_route_api(system);
        let mut watch = device.watch(&WatchFilter::new()).unwrap();
        device.create_route(&route()).unwrap();
        watch.poll().unwrap()
    };
    assert_eq!(
        events_with(ERROR_NOT_ENOUGH_MEMORY)[0].kind,
        EventKind::Resync
    );
    // The route is gone again: its removal follows.
    let gone = events_with(ERROR_NOT_FOUND);
    assert!(matches!(gone[0].kind, EventKind::Added(_)), "{gone:?}");
    assert!(gone[0].kind.is_of_missing_route(), "{gone:?}");
}

#[test]
fn a_watch_waits_until_a_change_or_its_cancellation() {
    let device = device();
    let mut watch = device.watch(&WatchFilter::new()).unwrap();
    let cancel = watch.cancel_handle();
    let (sender, events) = std::sync::mpsc::channel();
    let waiting = std::thread::spawn(move || {
        for event in watch.by_ref() {
            sender.send(event.unwrap().kind).unwrap();
        }
    });
    device.create_route(&route()).unwrap();
    assert_eq!(events.recv(), Ok(EventKind::Added(route())));
    cancel.cancel();
    waiting.join().unwrap();
    assert!(events.recv().is_err());
}

#[test]
fn a_watch_of_interfaces_gets_their_changes() {
    let log = Arc::<ChangeLog>::default();
    let helper = IpHelper {
        log: Arc::clone(&log),
        ..IpHelper::new(SystemInMemory::default())
    };
    let device = Device::over_transport(helper);
    let mut routes = device.watch(&WatchFilter::new()).unwrap();
    let mut all = device.watch(&WatchFilter::new().interfaces()).unwrap();
    let other = WatchFilter::new().interfaces().interface_luid(2);
    let mut other = device.watch(&other).unwrap();
    for luid in [1, 0] {
        log.push(SystemChange::Interface(luid));
    }
    let kinds = |watch: &mut crate::Watch| -> Vec<EventKind> {
        let events = watch.poll().unwrap().into_iter();
        events.map(|event| event.kind).collect()
    };
    let changed = [Some(Interface::Luid(1)), None].map(EventKind::InterfaceChanged);
    assert_eq!(kinds(&mut routes), []);
    assert_eq!(kinds(&mut all), changed);
    assert_eq!(kinds(&mut other), changed[1..]);
}

#[test]
fn changes_that_are_read_too_late_are_a_resync() {
    let device = device();
    let mut watch = device.watch(&WatchFilter::new()).unwrap();
    let mut late = device.watch(&WatchFilter::new().interfaces()).unwrap();
    device.create_route(&route()).unwrap();
    assert_eq!(watch.poll().unwrap().len(), 1);
    for metric in 0..=RING_EVENTS {
        device.set_route(&route().metric(metric)).unwrap();
    }
    for watch in [&mut watch, &mut late] {
        let events = watch.poll().unwrap();
        assert_eq!(events.len(), 1, "a resync is the last event of a call");
        assert_eq!(events[0].kind, EventKind::Resync);
        assert_eq!(watch.snapshot(), Ok(vec![route().metric(RING_EVENTS)]));
        assert_eq!(watch.poll(), Ok(Vec::new()));
    }
    assert_eq!(late.lost(), 2);
}

#[test]
fn each_page_has_the_number_of_its_snapshot() {
    let log = Arc::<ChangeLog>::default();
    let helper = IpHelper {
        log: Arc::clone(&log),
        ..IpHelper::new(SystemInMemory::default())
    };
    for prefix in ["10.20.0.0/16", "10.30.0.0/16"] {
        let route = Route::new(prefix.parse().unwrap(), Interface::Luid(1));
        helper.api.create_route(&(&route).into()).unwrap();
    }
    let page = |cursor| {
        let request = TableRequest {
            cursor,
            ..TableRequest::default()
        };
        let mut output = [0; size_of::<TableHeader>() + size_of::<MibIpForwardRow2>()];
        let code = Operation::GetTable.description().code;
        helper
            .device_control(code, request.as_bytes(), &mut output)
            .unwrap();
        let header = TableHeader::read_from_prefix(&output).unwrap().0;
        (header.next_cursor, header.sequence)
    };
    log.push(SystemChange::Interface(1));
    assert_eq!(page(0), (1, 1));
    log.push(SystemChange::Interface(1));
    assert_eq!(page(1), (0, 1));
    assert_eq!(page(0), (1, 2));
}
