//! The device goes, and the driver with it, while a handle holds a lease and reads a table, and
//! another has a request waiting. Whatever fails, nothing is left of it.

use abi::{AddressFamily, NtStatus, WatchRequest};
use ipforward::{Device, Entry, Error};
use tests::{Bench, Scenario};

use crate::holding::hold;
use crate::requests::pages;
use crate::routes::route;
use crate::watching::{Watcher, ends_by_cancellation};

/// `STATUS_PLUGPLAY_QUERY_VETOED`.
const VETOED: NtStatus = NtStatus::new(0x8000_0028);

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::new("the device is removed in order", in_order),
        Scenario::new("the device is pulled out", by_surprise),
        Scenario::new("the driver is unloaded under an owner", |bench| {
            let _owner = owner(bench)?;
            it_is_gone(bench);
            Ok(())
        }),
        Scenario::new("the driver is unloaded under a watcher", |bench| {
            let watcher = watcher(bench)?;
            it_is_gone(bench);
            // The system has ended its process.
            watcher.dies();
            Ok(())
        }),
    ]
    .into_iter()
    .map(|scenario| {
        scenario
            .after(somebody_elses)
            .tolerates(ends_by_cancellation)
            .claims()
            .ends_the_driver()
    })
    .collect()
}

/// A row that a lease displaces. Whoever made it is gone.
fn somebody_elses(bench: &Bench) {
    let maker = bench.device().expect("the device opens");
    let created = maker.create_route(&route().metric(77));
    created.expect("the route is created");
}

/// Who holds a lease and half a table.
fn owner(bench: &Bench) -> Result<Device, Error> {
    let owner = bench.device()?;
    hold(bench, &owner, Entry::upsert(&route()).lease())?;
    pages(&owner, 1)?;
    Ok(owner)
}

/// Who waits for changes of a kind that nobody makes.
fn watcher(bench: &Bench) -> Result<Watcher, Error> {
    let mut watcher = Watcher::open(bench)?;
    watcher.wait_for(&WatchRequest {
        family: AddressFamily::IPV6.0,
        ..WatchRequest::default()
    });
    Ok(watcher)
}

/// Not while a handle is open.
fn in_order(bench: &Bench) -> Result<(), Error> {
    let (owner, watcher) = (owner(bench)?, watcher(bench)?);
    bench.insist("open handles veto", bench.remove_device() == VETOED);
    owner.version()?;
    close(bench, owner, watcher);
    let removed = bench.remove_device();
    bench.insist("closed ones do not", removed.is_success());
    it_is_gone(bench);
    Ok(())
}

/// What waits ends at once, what is held when its handle is closed.
fn by_surprise(bench: &Bench) -> Result<(), Error> {
    let (owner, mut watcher) = (owner(bench)?, watcher(bench)?);
    let removed = bench.surprise_remove();
    bench.insist("nobody can veto that", removed.is_success());
    bench.insist("no request waits any more", watcher.told().is_err());
    bench.insist("no request is served any more", owner.version().is_err());
    bench.insist("nobody opens it any more", bench.device().is_err());
    close(bench, owner, watcher);
    it_is_gone(bench);
    Ok(())
}

/// One after the other.
fn close(bench: &Bench, owner: Device, watcher: Watcher) {
    drop(owner);
    bench.settle();
    drop(watcher);
    bench.settle();
}

/// The driver has left nothing behind; but what fails for as long as it is there it cannot put back.
fn it_is_gone(bench: &Bench) {
    let left = bench.unload().map(|unloaded| unloaded.left);
    bench.insist("the driver goes and leaves nothing", left == Ok(0));
    let displaced = bench.has(&route().metric(77));
    bench.table_is_changed(bench.goes_on_failing() && !displaced);
}
