//! The tags of the pool that the driver allocates, by which a debugger names the owner.

use ipforward::{Batch, Device, Entry, Interface, Route, WatchFilter};
use tests::{Process, start_host};

/// The driver's tag, as the host lists it.
const TAG: &str = "tag 'IpFw'";

fn route() -> Route {
    let prefix: ipnet::Ipv4Net = "10.20.0.0/16".parse().unwrap();
    Route::new(prefix.into(), Interface::Index(7)).via([192, 0, 2, 254])
}

/// What the host lists of each pool block that the driver holds. The blocks of the framework, such
/// as contexts, have tags of the framework.
fn pool_blocks(control: &mut Process) -> Vec<String> {
    let list = control.list_outstanding();
    let is_pool =
        |line: &&str| line.starts_with('#') && line.split(' ').nth(1).is_some_and(|k| k == "pool");
    let blocks = list.lines().filter(is_pool);
    blocks
        .filter(|line| !line.contains("tag 'Wdf"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_pool_block_has_the_tag_of_the_driver() {
    let host = start_host();
    let mut control = host.connect();
    let owner = Device::open(host.socket()).unwrap();
    let held = Batch::new().with(Entry::create(&route()).guard());
    assert!(owner.apply(&held).unwrap().is_success());
    let watch = owner.watch(&WatchFilter::new()).unwrap();
    let blocks = pool_blocks(&mut control);
    // The lease, its key's bucket, the guard's attempt and the ring, at the least.
    assert!(blocks.len() >= 4, "{blocks:#?}");
    let strange: Vec<_> = blocks.iter().filter(|line| !line.contains(TAG)).collect();
    assert!(strange.is_empty(), "{strange:#?}");
    drop((watch, owner, control));
    host.stop_clean();
}
