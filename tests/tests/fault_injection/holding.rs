//! Leases. A failure while a lease ends has no client to report to: the driver retries.

use abi::{AddressFamily, LeaseHeader, LeaseRequest, LeaseRow, NtStatus, Operation};
use ipforward::{Access, Batch, Device, Entry, Error, InterfaceChange, LeaseInfo, Route};
use tests::{Scenario, ScenarioContext};
use zerocopy::{FromBytes, IntoBytes};

use crate::outcome_check::apply;
use crate::refusals::done;
use crate::routes::{
    AT, RETRY, another_client_has_it, none_is_held, other, route, settings_are_reset, two_are_held,
};

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("lease", |context| {
            hold(context, &context.device()?, Entry::create(&route()).lease())
        })
        .claims(),
        Scenario::new("lease that displaces a route", |context| {
            hold(context, &context.device()?, Entry::upsert(&route()).lease())
        })
        .after(another_client_has_it)
        .claims(),
        Scenario::new("leases that are values", values)
            .after(another_client_has_it)
            .claims(),
        Scenario::new("lease of two owners", two_owners).claims(),
        Scenario::new("lease of settings", settings)
            .finally(settings_are_reset)
            .claims(),
        Scenario::new("lease of settings that another handle leases", |context| {
            let (first, second) = (context.device()?, context.device()?);
            for owner in [&first, &second] {
                owner.lease_interface(AddressFamily::IPV4, AT, InterfaceChange::new().metric(5))?;
            }
            Ok(())
        })
        .expects(NtStatus::SHARING_VIOLATION)
        .finally(settings_are_reset)
        .claims(),
        Scenario::new("leases of another handle", |context| {
            let leases = context.device()?.leases()?;
            context.claim("both leases are listed", leases.len() == 2);
            Ok(())
        })
        .after(two_are_held)
        .finally(none_is_held)
        .claims(),
        Scenario::new("leases with all their attributes", listed)
            .after(another_client_has_it)
            .claims(),
        Scenario::new("leases in pages", |context| {
            let leases = pages(&context.device()?)?;
            context.claim("the pages have both leases", leases == 2);
            Ok(())
        })
        .after(two_are_held)
        .finally(none_is_held),
    ]
}

/// One entry.
pub(crate) fn hold(context: &ScenarioContext, device: &Device, entry: Entry) -> Result<(), Error> {
    done(&apply(context, device, &Batch::new().with(entry))?)
}

/// The settings are put back, unless the stack said that the interface is gone.
fn settings(context: &ScenarioContext) -> Result<(), Error> {
    let metric = || {
        let interface = context.observer().interface(AddressFamily::IPV4, AT)?;
        Ok::<_, Error>((interface.metric, interface.has_automatic_metric()))
    };
    let before = metric()?;
    let owner = context.device()?;
    owner.lease_interface(AddressFamily::IPV4, AT, InterfaceChange::new().metric(5))?;
    context.claim("the metric is set", metric()? == (5, false));
    drop(owner);
    context.quiesce();
    let failed = context.disarm();
    for _ in 0..4 {
        context.pass_time(RETRY);
    }
    let is_gone = failed.is_some_and(|failed| !failed.status.is_transient());
    context.claim("the metric is put back", is_gone || metric()? == before);
    Ok(())
}

/// Leases that end by a drop, by a release, and by a deletion through another handle.
fn values(context: &ScenarioContext) -> Result<(), Error> {
    let owner = context.device()?;
    let displacing = owner.lease(&route())?;
    context.quiesce();
    context.claim("the route is there", context.has(&route()));
    drop(displacing);
    context.quiesce();
    let released = owner.lease(&other(1))?;
    context.quiesce();
    released.release()?;
    context.quiesce();
    let is_gone = context.metric(&other(1)).is_none();
    context.claim("a lease that is released ends", is_gone);
    let lost = owner.lease(&other(2))?;
    context.quiesce();
    context.observer().delete_route(&other(2).key())?;
    context.quiesce();
    match lost.release() {
        // The notification of the deletion failed.
        Ok(()) => Ok(()),
        Err(error) if error.status() == Some(NtStatus::NOT_FOUND) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The route is deleted with its last owner.
fn two_owners(context: &ScenarioContext) -> Result<(), Error> {
    let shared = Entry::create(&route()).share();
    let (first, second) = (context.device()?, context.device()?);
    hold(context, &first, shared.clone())?;
    hold(context, &second, shared)?;
    drop(first);
    context.quiesce();
    context.claim("the second owner keeps it", context.has(&route()));
    Ok(())
}

fn listed(context: &ScenarioContext) -> Result<(), Error> {
    let owner = context.device()?;
    let reader = Device::options()
        .access(Access::ReadOnly)
        .open(context.socket())?;
    hold(context, &owner, Entry::upsert(&route()).lease())?;
    hold(context, &owner, Entry::create(&other(1)).guard().share())?;
    let leases = reader.leases()?;
    let find = |route: Route| {
        let is_it = |lease: &&LeaseInfo| lease.route.destination == route.destination;
        leases.iter().find(is_it)
    };
    let displaces = |lease: &LeaseInfo| {
        lease.displaced.is_some_and(|row| row.metric == 77)
            && (lease.shared, lease.guard) == (false, None)
    };
    let is_guarded = |lease: &LeaseInfo| lease.guard.is_some() && lease.shared;
    let is_ours =
        |lease: &LeaseInfo| lease.owner.process_id == std::process::id() && !lease.owner.is_me;
    context.claim(
        "the list has the displaced row",
        find(route()).is_some_and(displaces),
    );
    context.claim(
        "the list has the guard",
        find(other(1)).is_some_and(is_guarded),
    );
    context.claim("the list has the owner", leases.iter().all(is_ours));
    Ok(())
}

/// Reads the leases with room for one a page; how many there are.
fn pages(device: &Device) -> Result<usize, Error> {
    let operation = Operation::GetLeases;
    let room = size_of::<LeaseHeader>() + size_of::<LeaseRow>();
    let mut request = LeaseRequest::default();
    let mut leases = 0;
    loop {
        let answer = device
            .raw_device_control(operation.description().code, request.as_bytes(), room)
            .map_err(|failure| Error::from_transport(operation, failure))?;
        let (header, _row) = LeaseHeader::read_from_prefix(&answer).expect("a header");
        leases += header.count as usize;
        request.cursor = header.next_cursor;
        if request.cursor == 0 {
            return Ok(leases);
        }
    }
}
