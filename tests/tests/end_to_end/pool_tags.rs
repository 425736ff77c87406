//! The pool that the driver allocates: its tag, by which a debugger names the owner, and its kind.

use std::path::Path;

use ipforward::{Batch, Device, Entry, Interface, Route, WatchFilter};
use tests::{Host, Process, eventually, framework_image, start_host};

/// The driver's tag, as the host lists it.
const TAG: &str = "tag 'IpFw'";
/// Routes of a large batch: as many entries as one may have.
const ROUTES: u32 = 4_096;

/// 10.N.N.0/24 at interface 7.
fn route(number: u32) -> Route {
    let [_, _, high, low] = number.to_be_bytes();
    let prefix = ipnet::Ipv4Net::new([10, high, low, 0].into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7))
}

fn leases() -> Batch {
    (0..ROUTES)
        .map(|number| Entry::create(&route(number)).lease())
        .collect()
}

/// What the host lists of each pool block that the driver, and the framework for the driver, hold.
/// The framework's globals of the driver have a tag of the framework. What the code of a framework library
/// has allocated is the library's.
fn pool_blocks(control: &mut Process) -> Vec<String> {
    let list = control.list_outstanding();
    // A line with a number, one that says "driver stack:", and the frames, the innermost first.
    let entries = list.split("\n#").map(|entry| entry.lines());
    let mut blocks = Vec::new();
    for mut lines in entries {
        let block = lines.next().unwrap_or_default();
        let is_pool = block.split(' ').nth(1) == Some("pool");
        let innermost = lines.nth(1).unwrap_or_default().trim_start();
        if is_pool && !block.contains("tag 'WdfG'") && !is_of_library(innermost) {
            blocks.push(block.to_owned());
        }
    }
    blocks
}

/// True if a frame such as `Wdf01000.sys+0x4e96d8` is the code of the framework library of this run.
fn is_of_library(frame: &str) -> bool {
    let image = framework_image();
    let name = image.as_deref().and_then(Path::file_name);
    name.is_some_and(|name| frame.starts_with(&*name.to_string_lossy()))
}

/// Bytes of the driver's blocks, in paged and in nonpaged pool.
fn pool_bytes(control: &mut Process) -> [usize; 2] {
    ["bytes, paged", "bytes, nonpaged"].map(|kind| {
        let blocks = pool_blocks(control);
        let of_kind = blocks
            .iter()
            .filter(|line| line.contains(kind) && line.contains(TAG));
        of_kind.map(|line| size(line)).sum()
    })
}

/// The size in a line such as `#10 pool 0x7fc7c2cbdfc0: 64 bytes, nonpaged, tag 'IpFw'`.
fn size(line: &str) -> usize {
    let size = line.split(": ").nth(1).unwrap().split(' ').next();
    size.unwrap().parse().unwrap()
}

/// A handle whose lease and watch made the driver allocate its rings.
fn with_rings(host: &Host) -> Device {
    let owner = Device::open(host.socket()).unwrap();
    let held = Batch::new().with(Entry::create(&route(ROUTES)).guard());
    assert!(owner.apply(&held).unwrap().is_success());
    drop(owner.watch(&WatchFilter::new()).unwrap());
    owner
}

#[test]
fn every_pool_block_has_the_tag_of_the_driver() {
    let host = start_host();
    let mut control = host.connect();
    let owner = with_rings(&host);
    let blocks = pool_blocks(&mut control);
    // The lease, its key's bucket, the guard's attempt and the ring, at the least.
    assert!(blocks.len() >= 4, "{blocks:#?}");
    let strange: Vec<_> = blocks.iter().filter(|line| !line.contains(TAG)).collect();
    assert!(strange.is_empty(), "{strange:#?}");
    drop((owner, control));
    host.stop_clean();
}

#[test]
fn leases_are_in_paged_pool_and_events_are_not() {
    let host = start_host();
    let mut control = host.connect();
    let owner = with_rings(&host);
    let [paged, nonpaged] = pool_bytes(&mut control);
    // A ring of 1,024 events and the table of pending changes, at the least.
    assert!(nonpaged > 100_000, "{nonpaged} bytes of events");
    assert!(owner.apply(&leases()).unwrap().is_success());
    let [paged_then, nonpaged_then] = pool_bytes(&mut control);
    assert_eq!(nonpaged_then, nonpaged);
    assert!(paged_then - paged > ROUTES as usize * 100);
    drop((owner, control));
    host.stop_clean();
}

#[test]
fn a_batch_is_in_paged_pool() {
    let host = start_host();
    let mut control = host.connect();
    let owner = with_rings(&host);
    let [paged, _] = pool_bytes(&mut control);
    control.pause_at("CreateIpForwardEntry2", 0);
    std::thread::scope(|scope| {
        let applied = scope.spawn(|| owner.apply(&leases()).unwrap());
        eventually("the batch has begun", || control.is_paused());
        let [paged_then, _] = pool_bytes(&mut control);
        control.resume();
        assert!(applied.join().unwrap().is_success());
        assert!(paged_then - paged > ROUTES as usize * 200);
    });
    drop((owner, control));
    host.stop_clean();
}
