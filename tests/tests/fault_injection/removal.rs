//! The device goes, and the driver with it, while a handle holds a lease and reads a table, and
//! another has a request waiting. Whatever fails, nothing is left of it.

use abi::{AddressFamily, NtStatus, WatchRequest};
use ipforward::{Device, Entry, Error};
use tests::{Scenario, ScenarioContext};

use crate::holding::hold;
use crate::requests::pages;
use crate::routes::route;
use crate::watching::{Watcher, ends_by_cancellation};

/// `STATUS_PLUGPLAY_QUERY_VETOED`.
const VETOED: NtStatus = NtStatus::new(0x8000_0028);

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::new("the device is removed", in_order),
        Scenario::new("the device is removed by surprise", by_surprise),
        Scenario::new("the driver is unloaded under an owner", |context| {
            let _owner = owner(context)?;
            it_is_gone(context);
            Ok(())
        }),
        Scenario::new("the driver is unloaded under a watcher", |context| {
            let watcher = watcher(context)?;
            it_is_gone(context);
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
            .unloads_driver()
    })
    .collect()
}

/// A row that a lease displaces. Whoever made it is gone.
fn somebody_elses(context: &ScenarioContext) {
    let maker = context.device().expect("the device opens");
    let created = maker.create_route(&route().metric(77));
    created.expect("the route is created");
}

/// Who holds a lease and half a table.
fn owner(context: &ScenarioContext) -> Result<Device, Error> {
    let owner = context.device()?;
    hold(context, &owner, Entry::upsert(&route()).lease())?;
    pages(&owner, 1)?;
    Ok(owner)
}

/// Who waits for changes of a kind that nobody makes.
fn watcher(context: &ScenarioContext) -> Result<Watcher, Error> {
    let mut watcher = Watcher::open(context)?;
    watcher.wait_for(&WatchRequest {
        family: AddressFamily::IPV6.0,
        ..WatchRequest::default()
    });
    Ok(watcher)
}

/// Not while a handle is open.
fn in_order(context: &ScenarioContext) -> Result<(), Error> {
    let (owner, watcher) = (owner(context)?, watcher(context)?);
    context.require("open handles veto", context.remove_device() == VETOED);
    owner.version()?;
    close(context, owner, watcher);
    let removed = context.remove_device();
    context.require("closed ones do not", removed.is_success());
    it_is_gone(context);
    Ok(())
}

/// What waits ends at once, what is held when its handle is closed.
fn by_surprise(context: &ScenarioContext) -> Result<(), Error> {
    let (owner, mut watcher) = (owner(context)?, watcher(context)?);
    let removed = context.surprise_remove();
    context.require("nobody can veto that", removed.is_success());
    context.require("no request waits any more", watcher.told().is_err());
    context.require("no request is served any more", owner.version().is_err());
    context.require("nobody opens it any more", context.device().is_err());
    close(context, owner, watcher);
    it_is_gone(context);
    Ok(())
}

/// One after the other.
fn close(context: &ScenarioContext, owner: Device, watcher: Watcher) {
    drop(owner);
    context.quiesce();
    drop(watcher);
    context.quiesce();
}

/// The driver has left nothing behind; but what fails for as long as it is there it cannot put back.
fn it_is_gone(context: &ScenarioContext) {
    let left = context.unload().map(|unloaded| unloaded.left);
    context.require("the driver goes and leaves nothing", left == Ok(0));
    let displaced = context.has(&route().metric(77));
    context.table_is_changed(context.fails_persistently() && !displaced);
}
