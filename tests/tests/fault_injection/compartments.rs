//! Leases of network compartment 2 that end in requests of the default one, and by deferred work, or
//! whose routes are lost in a sleep.

use std::time::Duration;

use abi::apply::{APPLY_DECLARED_SET, OUTCOME_DONE};
use abi::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer, NtStatus, Operation};
use ipforward::{Entry, Error, Route};
use tests::{Process, RawClient, Scenario, ScenarioContext, device_in_compartment};
use zerocopy::{FromBytes, IntoBytes};

use crate::refusals::driver_error;
use crate::routes::at;

const OTHER: u32 = 2;

/// After this time deferred work has tried again what failed.
const RETRY: Duration = Duration::from_secs(1);

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "lease of another compartment, handle closed here",
            |context| {
                let mut owner = owner(context)?;
                context.require("the handle closes", owner.close().is_success());
                ends(context);
                Ok(())
            },
        )
        .finally(clean_up)
        .claims(),
        Scenario::new(
            "lease of another compartment, then an empty set",
            |context| {
                let mut owner = owner(context)?;
                let declared = apply(&mut owner, APPLY_DECLARED_SET, &[]);
                context.quiesce();
                let ended = !is_there(context);
                context.claim("the set ends the lease", ended == declared.is_ok());
                context.require("the handle closes", owner.close().is_success());
                ends(context);
                declared
            },
        )
        .finally(clean_up)
        .claims(),
        Scenario::new("lease of another compartment over a sleep", |context| {
            let mut owner = owner(context)?;
            context.sleep_and_lose_routes();
            context.wake();
            context.disarm();
            for _ in 0..4 {
                context.pass_time(RETRY);
            }
            context.claim("the route is back where it was", is_there(context));
            context.require("the handle closes", owner.close().is_success());
            ends(context);
            Ok(())
        })
        .finally(clean_up)
        .claims(),
    ]
}

/// The route of the leases, in the other compartment.
fn leased() -> Route {
    at(20, "10.20.0.0/16").via([192, 0, 2, 254])
}

/// A process that has leased a route in the other compartment, and is in the default one since.
fn owner(context: &ScenarioContext) -> Result<RawClient, Error> {
    let opened = RawClient::open(context.socket());
    let mut owner = opened.map_err(|status| driver_error(Operation::Apply, status))?;
    owner.set_compartment(OTHER);
    let entry = ApplyEntry::from(&Entry::create(&leased()).lease());
    let applied = apply(&mut owner, 0, &[entry]);
    context.quiesce();
    owner.set_compartment(1);
    context.claim(
        "a lease has its route",
        is_there(context) == applied.is_ok(),
    );
    if applied.is_err() {
        // The end of the process would be later than the checks of the run.
        context.require("the handle closes", owner.close().is_success());
    }
    applied.map(|()| owner)
}

fn apply(client: &mut RawClient, flags: u32, entries: &[ApplyEntry]) -> Result<(), Error> {
    let header = ApplyHeader {
        flags,
        count: u32::try_from(entries.len()).expect("few entries"),
        reserved: 0,
    };
    let input = [header.as_bytes(), entries.as_bytes()].concat();
    let request = client.begin(Operation::Apply, &input, 4096);
    let reply = client.wait(request);
    // The thread has left the driver.
    client.quiesce_after(request);
    let refused = |status| Err(driver_error(Operation::Apply, status));
    if !reply.status.is_success() {
        return refused(reply.status);
    }
    let (answer, rest) = ApplyAnswer::read_from_prefix(&reply.output).expect("an answer");
    let entry = EntryAnswer::read_from_prefix(rest).map_or(0, |(entry, _)| entry.status);
    let reasons = [entry, answer.end_status].map(NtStatus::new);
    match reasons.into_iter().find(|status| !status.is_success()) {
        None if answer.outcome == OUTCOME_DONE => Ok(()),
        reason => refused(reason.expect("a reason")),
    }
}

/// Whether the route is in the other compartment.
fn is_there(context: &ScenarioContext) -> bool {
    let mut process = Process::start(context.socket());
    process.set_compartment(OTHER);
    let rows = process.route_rows();
    let mut routes = rows.iter().filter_map(|row| Route::try_from(row).ok());
    routes.any(|there| there.destination == leased().destination)
}

/// Deferred work ends what the close of the handle did not.
fn ends(context: &ScenarioContext) {
    context.quiesce();
    if !context.fails_persistently() {
        context.pass_time(Duration::from_secs(2));
        context.claim("the lease ends with its handle", !is_there(context));
    }
}

fn clean_up(context: &ScenarioContext) {
    context.quiesce();
    context.pass_time(Duration::from_secs(2));
    if is_there(context) {
        let device = device_in_compartment(context.socket(), OTHER).expect("the device opens");
        // The release of the lease may have deleted it meanwhile.
        let deleted = device.delete_route(&leased().key());
        assert!(deleted.is_ok() || !is_there(context), "{deleted:?}");
    }
}
