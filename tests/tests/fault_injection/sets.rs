//! Declared sets: new leases are created first, old ones end last, and equal ones are not changed.

use std::net::IpAddr;

use abi::apply::{APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_MORE, OUTCOME_DONE};
use abi::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer, NtStatus, Operation};
use ipforward::{Device, Entry, Error, Outcome, RouteSet};
use tests::{NetioCall, Scenario, ScenarioContext};
use zerocopy::{FromBytes, IntoBytes};

use crate::outcome_check::check_outcome;
use crate::refusals::{done, driver_error};
use crate::routes::{another_client_has_it, other, route, to};

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("declared set, then an empty one", then_an_empty_one).claims(),
        Scenario::new("declared set in pages", in_pages).claims(),
        Scenario::new("a page that continues nothing", |context| {
            let entry = Entry::upsert(&route()).lease();
            declare_page(context, &context.device()?, APPLY_CONTINUES, &entry)
        })
        .expects(NtStatus::REQUEST_OUT_OF_SEQUENCE)
        .claims(),
        Scenario::new("declared set, then an equal one", then_an_equal_one)
            .after(another_client_has_it)
            .claims(),
        Scenario::new("declared sets that cover a destination", covering).claims(),
    ]
}

/// Declares a set, and checks the answer.
fn declare(context: &ScenarioContext, device: &Device, set: &RouteSet) -> Result<Outcome, Error> {
    let before = context.routes();
    let outcome = device.declare(set)?;
    context.quiesce();
    check_outcome(context, &before, set.entries(), &outcome);
    Ok(outcome)
}

fn then_an_empty_one(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let both = RouteSet::new().with(&route()).with(&other(1));
    done(&declare(context, &device, &both)?)?;
    let outcome = declare(context, &device, &RouteSet::new())?;
    let left = [route(), other(1)]
        .iter()
        .filter(|held| context.has(held))
        .count();
    context.claim(
        "the outcome counts the ended leases",
        left + outcome.ended == 2,
    );
    done(&outcome)
}

/// Two pages, then one with the second route alone.
fn in_pages(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let [first, second] = [route(), other(1)].map(|route| Entry::upsert(&route).lease());
    declare_page(context, &device, APPLY_MORE, &first)?;
    declare_page(context, &device, APPLY_CONTINUES, &second)?;
    let both = context.has(&route()) && context.has(&other(1));
    context.claim("both pages are the set", both);
    declare_page(context, &device, 0, &second)?;
    let one = context.metric(&route()).is_none() && context.has(&other(1));
    context.claim("one page is a set", one);
    Ok(())
}

/// Declares a page of one entry.
fn declare_page(
    context: &ScenarioContext,
    device: &Device,
    flags: u32,
    entry: &Entry,
) -> Result<(), Error> {
    let header = ApplyHeader {
        flags: APPLY_DECLARED_SET | flags,
        count: 1,
        reserved: 0,
    };
    let entry = ApplyEntry::from(entry);
    let input = [header.as_bytes(), entry.as_bytes()].concat();
    let room = size_of::<ApplyAnswer>() + size_of::<EntryAnswer>();
    let answer = device.raw_device_control(Operation::Apply.description().code, &input, room);
    context.quiesce();
    let answer = answer.map_err(|failure| Error::from_transport(Operation::Apply, failure))?;
    let (answer, entry) = ApplyAnswer::read_from_prefix(&answer).expect("an answer");
    let entry = EntryAnswer::read_from_bytes(entry).expect("an answer to the entry");
    let reasons = [entry.status, answer.end_status].map(NtStatus::new);
    match reasons.into_iter().find(|status| !status.is_success()) {
        None if answer.outcome == OUTCOME_DONE => Ok(()),
        reason => Err(driver_error(Operation::Apply, reason.expect("a reason"))),
    }
}

/// It writes nothing; and one route less ends one lease.
fn then_an_equal_one(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let two = RouteSet::new().with(&route()).with_shared(&other(1));
    let three = two.clone().with_guarded(&other(2));
    done(&declare(context, &device, &three)?)?;
    let (again, calls) = context.trace(None, || declare(context, &device, &three));
    let writes = calls.iter().any(NetioCall::writes);
    context.claim("an equal set writes nothing", !writes);
    done(&again?)?;
    let outcome = declare(context, &device, &two)?;
    let ended = context.metric(&other(2)).is_none();
    context.claim("what is left over ends", ended == (outcome.ended == 1));
    done(&outcome)
}

/// The way to a destination that both sets have is there all the time.
fn covering(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let wide = RouteSet::new()
        .with(&to("10.0.0.0/8").via([192, 0, 2, 254]))
        .with_shared(&to("10.20.0.0/16").via([192, 0, 2, 253]));
    let narrow = RouteSet::new()
        .with_guarded(&to("10.20.1.0/24").via([192, 0, 2, 254]))
        .with(&to("10.20.0.0/16").via([192, 0, 2, 253]).metric(9));
    done(&declare(context, &device, &wide)?)?;
    for set in [narrow, wide] {
        let destination = IpAddr::from([10, 20, 1, 1]);
        let (outcome, calls) = context.trace(Some(destination), || declare(context, &device, &set));
        let covered = calls.iter().all(|call| call.prefix.starts_with("10."));
        context.require("the destination is covered", covered);
        done(&outcome?)?;
    }
    Ok(())
}
