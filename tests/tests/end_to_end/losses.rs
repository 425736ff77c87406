//! What the driver loses is counted, and told to the person at the debugger.

use std::time::Duration;

use ipforward::abi::{Losses, NtStatus};
use ipforward::{Batch, Device, Entry, Interface, Route, WatchFilter};
use tests::{Host, Plan, Process, eventually, has_own_framework, start_host, start_host_with};

/// More changes than a ring holds.
const MANY: u32 = 1_200;

/// 10.N.N.0/24 via 192.0.2.254 at interface 7.
fn route(number: u32) -> Route {
    let base = u32::from_be_bytes([10, 20, 0, 0]);
    let prefix = ipnet::Ipv4Net::new((base + (number << 8)).into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7)).via([192, 0, 2, 254])
}

fn apply(device: &Device, entries: impl IntoIterator<Item = Entry>) {
    let batch = entries.into_iter().fold(Batch::new(), Batch::with);
    assert!(device.apply(&batch).unwrap().is_success());
}

fn losses(device: &Device) -> Losses {
    device.statistics().unwrap().losses
}

/// The host's error output has the driver's line, as often as `count` says.
fn stop_with(host: Host, line: &str, count: usize) {
    let ended = host.stop();
    let line = format!("driver: ipforward: {line}");
    let found = ended
        .stderr
        .lines()
        .filter(|printed| printed.starts_with(&line));
    assert_eq!(found.count(), count, "{}", ended.stderr);
}

#[test]
fn nothing_is_lost_without_a_failure() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let watch = device.watch(&WatchFilter::new()).unwrap();
    apply(&device, [Entry::create(&route(0)).guard()]);
    assert_eq!(losses(&device), Losses::default());
    drop(watch);
    drop(device);
    stop_with(host, "", 0);
}

#[test]
fn a_guard_that_gives_up_is_counted_and_printed() {
    let host = start_host();
    let mut control = host.connect();
    control.pass_time(Duration::ZERO);
    let [owner, hostile] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    apply(&owner, [Entry::create(&route(0)).guard()]);
    for _ in 0..11 {
        hostile.delete_route(&route(0).key()).unwrap();
        control.quiesce();
        control.pass_time(Duration::from_mins(1));
        control.quiesce();
    }
    let expected = Losses {
        guards_given_up: 1,
        ..Losses::default()
    };
    assert_eq!(losses(&hostile), expected);
    drop((owner, hostile, control));
    stop_with(host, "a guard gave up: 1, 10.20.0.0/24, LUID 0x", 1);
}

#[test]
fn events_that_no_one_reads_are_reported_once() {
    let host = start_host();
    let mut control = host.connect();
    let [watcher, writer] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    let mut watch = watcher.watch(&WatchFilter::new()).unwrap();
    let create_many = || {
        apply(
            &writer,
            (0..MANY).map(|number| Entry::create(&route(number))),
        );
    };
    create_many();
    control.quiesce();
    assert_eq!(losses(&writer).event_overflows, 1);
    // Its reader learns of the loss, and is too slow again.
    while !watch.poll().unwrap().is_empty() {}
    let delete = |number| Entry::delete(&route(number).key());
    apply(&writer, (0..MANY).map(delete));
    control.quiesce();
    assert_eq!(losses(&writer).event_overflows, 2);
    drop(watch);
    drop((watcher, writer, control));
    stop_with(host, "a WATCH lost events", 2);
}

#[test]
fn changes_of_leases_that_come_too_fast_are_reported() {
    let host = start_host();
    let mut control = host.connect();
    let [owner, other] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    apply(&owner, [Entry::create(&route(0)).guard()]);
    let create = |number| Entry::create(&route(number));
    apply(&other, (1..=2 * MANY).map(create));
    // Removals are kept for the deferred work, which does not run before this test waits for it. An atomic
    // batch looks at none of them.
    control.defer_work();
    let delete = |number| Entry::delete(&route(number).key());
    let batch = (1..=2 * MANY).map(delete).fold(Batch::new(), Batch::with);
    assert!(other.apply(&batch.atomic()).unwrap().is_success());
    eventually("changes are lost", || losses(&other).change_overflows > 0);
    control.quiesce();
    let counted = losses(&other).change_overflows;
    assert!(other.get_route(&route(0).key()).is_ok());
    drop((owner, other, control));
    let lines = usize::try_from(counted).unwrap();
    stop_with(host, "changes of leased routes came too fast", lines);
}

#[test]
fn leases_left_at_removal_are_counted_and_printed() {
    let host = start_host();
    let mut control = host.connect();
    let owner = Device::open(host.socket()).unwrap();
    apply(
        &owner,
        (0..3).map(|number| Entry::create(&route(number)).lease()),
    );
    let status = no_memory_way(&mut control, "DeleteIpForwardEntry2", || {
        let _ = owner.delete_route(&route(9).key());
    });
    control.arm_among("DeleteIpForwardEntry2", Plan::From, 0, status);
    drop(owner);
    let reader = Device::open(host.socket()).unwrap();
    eventually("the handle is closed", || {
        let leases = reader.leases().unwrap();
        leases.iter().filter(|lease| lease.owner.is_closed).count() == 3
    });
    drop(reader);
    assert_eq!(control.remove_device(), NtStatus::SUCCESS);
    let _ = control.disarm();
    stop_with(
        host,
        "routes of leases are left in the route table: 3, 10.20.",
        1,
    );
    drop(control);
}

/// The way of a function to fail without memory, found by letting `call` fail in each.
fn no_memory_way(control: &mut Process, function: &str, call: impl Fn()) -> u8 {
    let is_found = |way: &u8| {
        control.arm_among(function, Plan::Only, 0, *way);
        call();
        let failed = control.disarm().expect("the call fails");
        // Which of the two it is depends on the profile.
        matches!(
            failed.status,
            NtStatus::NO_MEMORY | NtStatus::INSUFFICIENT_RESOURCES
        )
    };
    (0..u8::MAX).find(is_found).expect("it can lack memory")
}

#[test]
fn a_watch_that_cannot_wait_is_counted_and_printed() {
    if !has_own_framework("it fails functions of KMDF") {
        return;
    }
    for function in ["WdfObjectAllocateContext", "WdfRequestForwardToIoQueue"] {
        let host = start_host();
        let mut control = host.connect();
        let device = Device::open(host.socket()).unwrap();
        let mut watch = device.watch(&WatchFilter::new()).unwrap();
        control.arm_among(function, Plan::Only, 0, 0);
        let refused = watch.next().unwrap().unwrap_err();
        let failed = control.disarm().expect("the call fails");
        assert_eq!(failed.function, function);
        assert!(refused.driver_error().is_some(), "{refused}");
        let expected = Losses {
            watches_not_parked: 1,
            ..Losses::default()
        };
        assert_eq!(losses(&device), expected, "{function}");
        drop(watch);
        drop((device, control));
        let line = format!("a WATCH cannot wait: status 0x{:08X}", failed.status.bits());
        stop_with(host, &line, 1);
    }
}

#[test]
fn a_registration_that_fails_is_counted_and_printed() {
    let arguments = ["--fail-from", "0", "--fail-among", "NotifyRouteChange2"];
    let host = start_host_with(&arguments);
    let mut control = host.connect();
    control.pass_time(Duration::ZERO);
    let device = Device::open(host.socket()).unwrap();
    let counted = || losses(&device).failed_registrations;
    let first = counted();
    assert!(first > 0);
    control.pass_time(Duration::from_secs(1));
    control.quiesce();
    assert_eq!(counted(), first + 1, "the driver tries again");
    let failed = control.disarm().expect("the call fails");
    control.pass_time(Duration::from_secs(1));
    control.quiesce();
    let last = counted();
    assert_eq!(last, first + 1, "the stack registers");
    drop((device, control));
    let ended = host.stop();
    let count = |text: &str| ended.stderr.lines().filter(|line| *line == text).count();
    let status = failed.status.bits();
    let refused = "driver: ipforward: the stack does not register for notifications";
    let printed = count(&format!("{refused}: status 0x{status:08X}"));
    assert_eq!(printed, 1, "once for all attempts: {}", ended.stderr);
    let registered = "driver: ipforward: the stack has registered for notifications";
    let printed = count(&format!("{registered}, attempts that failed: {last}"));
    assert_eq!(printed, 1, "{}", ended.stderr);
}
