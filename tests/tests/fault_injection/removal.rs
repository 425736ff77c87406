//! The device is removed and the driver unloaded while a handle holds a lease and reads a table, and
//! another has a pending request. Whatever fails, the driver leaks nothing.

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
            .after(another_clients_row)
            .tolerates(ends_by_cancellation)
            .claims()
            .unloads_driver()
    })
    .collect()
}

/// A row that a lease displaces. The client that created it has closed its handle.
fn another_clients_row(context: &ScenarioContext) {
    let maker = context.device().expect("the device opens");
    let created = maker.create_route(&route().metric(77));
    created.expect("the route is created");
}

/// A handle with a lease and half a table.
fn owner(context: &ScenarioContext) -> Result<Device, Error> {
    let owner = context.device()?;
    hold(context, &owner, Entry::upsert(&route()).lease())?;
    pages(&owner, 1)?;
    Ok(owner)
}

/// A client that waits for changes of a family that does not change.
fn watcher(context: &ScenarioContext) -> Result<Watcher, Error> {
    let mut watcher = Watcher::open(context)?;
    watcher.wait_for(&WatchRequest {
        family: AddressFamily::IPV6.0,
        ..WatchRequest::default()
    });
    Ok(watcher)
}

/// Open handles veto the removal.
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

/// Pending requests end at once, leases when their handle is closed.
fn by_surprise(context: &ScenarioContext) -> Result<(), Error> {
    let (owner, mut watcher) = (owner(context)?, watcher(context)?);
    let removed = context.surprise_remove();
    context.require("no handle vetoes that", removed.is_success());
    context.require("no request is pending", watcher.replies().is_err());
    context.require("no request is served", owner.version().is_err());
    context.require("the device does not open", context.device().is_err());
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

/// The driver leaks nothing. It cannot restore a row while the calls for that keep failing.
fn it_is_gone(context: &ScenarioContext) {
    let left = context.unload().map(|unloaded| unloaded.left);
    context.require("the driver unloads and leaks nothing", left == Ok(0));
    let displaced = context.has(&route().metric(77));
    context.table_is_changed(context.fails_persistently() && !displaced);
}
