//! Many changes in one call.

use ipforward::{
    Batch, Device, Diagnosis, Entry, EntryResult, IpNet, Outcome, Reason, Route, Verdict,
};

use crate::selftest::case::NamedCase;
use crate::selftest::context::{CaseContext, METRIC, find, metric};
use crate::selftest::not_passed::{CaseResult, NotPassed, expect, expect_equal};

pub(super) const CASES: &[NamedCase] = &[
    NamedCase::of_family(
        "atomic-batch-undone",
        "an atomic batch with a broken entry is undone as a whole",
        atomic_batch_undone,
    ),
    NamedCase::of_family(
        "partial-batch",
        "in a batch that is not atomic, the sound entries succeed",
        partial_batch,
    ),
    NamedCase::of_family(
        "dry-run",
        "a dry run says what a batch would do, and writes nothing",
        dry_run,
    ),
    NamedCase::of_family(
        "compare-and-set",
        "an entry that expects another route changes nothing",
        compare_and_set,
    ),
    NamedCase::of_family(
        "equal-upsert",
        "an entry that asks for what there is changes nothing",
        equal_upsert,
    ),
];

/// The place of the broken entry in a batch of four.
const BROKEN: usize = 2;

/// Four routes: the one at [`BROKEN`] has bits behind its prefix length.
fn routes(context: &CaseContext<'_>) -> Result<[Route; 4], NotPassed> {
    let sound = context.route(BROKEN)?.destination;
    let host = sound.hosts().nth(1);
    let broken = host.and_then(|host| IpNet::new(host, sound.prefix_len()).ok());
    let broken = broken.ok_or_else(|| NotPassed::Failed(format!("{sound} has no address")))?;
    Ok([
        context.route(0)?,
        context.route(1)?,
        Route::new(broken, context.interface()).metric(METRIC),
        context.route(3)?,
    ])
}

fn batch(routes: &[Route]) -> Batch {
    let entries = routes.iter().map(|route| Entry::create(route).lease());
    entries.collect()
}

/// The batch failed with the broken entry, whose rule the answer names.
fn expect_broken(context: &CaseContext<'_>, outcome: &Outcome) -> CaseResult {
    expect_equal("failed entry", &outcome.failed_index, &Some(BROKEN))?;
    let failure = outcome
        .entries
        .get(BROKEN)
        .and_then(|entry| entry.failure.as_ref());
    let found = failure.map(|failure| failure.diagnosis);
    let meant = context.route(BROKEN)?.destination;
    let expected = Some(Diagnosis::HostBits { meant });
    expect_equal("diagnosis", &found, &expected)
}

fn results(outcome: &Outcome) -> Vec<EntryResult> {
    outcome.entries.iter().map(|entry| entry.result).collect()
}

/// Which of the routes exist.
fn existing(device: &Device, context: &CaseContext<'_>) -> Result<Vec<usize>, NotPassed> {
    let mut numbers = Vec::new();
    for number in 0..4 {
        if find(device, &context.route(number)?)?.is_some() {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

fn atomic_batch_undone(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let outcome = device.apply(&batch(&routes(context)?).atomic())?;
    expect_equal("verdict", &outcome.verdict, &Verdict::RolledBack)?;
    expect_broken(context, &outcome)?;
    let undone = EntryResult::RolledBack;
    let expected = vec![undone, undone, EntryResult::None, EntryResult::None];
    expect_equal("results", &results(&outcome), &expected)?;
    expect_equal("existing routes", &existing(&device, context)?, &Vec::new())
}

fn partial_batch(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let outcome = device.apply(&batch(&routes(context)?))?;
    expect_equal("verdict", &outcome.verdict, &Verdict::Failed)?;
    expect_broken(context, &outcome)?;
    expect_equal("applied entries", &outcome.applied, &3)?;
    expect_equal(
        "existing routes",
        &existing(&device, context)?,
        &vec![0, 1, 3],
    )
}

fn dry_run(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let routes = routes(context)?;
    let sound = device.apply(&batch(&routes[..BROKEN]).dry_run())?;
    expect_equal("verdict", &sound.verdict, &Verdict::WouldSucceed)?;
    expect_equal(
        "results",
        &results(&sound),
        &vec![EntryResult::Created; BROKEN],
    )?;
    let broken = device.apply(&batch(&routes).dry_run())?;
    expect_equal("verdict", &broken.verdict, &Verdict::WouldFail)?;
    expect_broken(context, &broken)?;
    expect_equal("existing routes", &existing(&device, context)?, &Vec::new())
}

fn compare_and_set(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let route = context.route(0)?;
    let _lease = device.lease(&route)?;
    let Some(found) = find(&device, &route)? else {
        return Err(NotPassed::Failed(format!("{} is not found", route.key())));
    };
    let change = |expected: &Route| {
        let entry = Entry::compare_and_set(expected, &found.metric(METRIC + 2));
        device.apply(&Batch::new().with(entry))
    };
    let outcome = change(&found.metric(METRIC + 1))?;
    let failure = outcome
        .entries
        .first()
        .and_then(|entry| entry.failure.as_ref());
    let reason = failure.map(|failure| failure.driver_error.reason());
    expect_equal("reason", &reason, &Some(Reason::Changed))?;
    expect_equal("metric", &metric(&device, &route)?, &Some(METRIC))?;
    let outcome = change(&found)?;
    expect(outcome.is_success(), || format!("refused: {outcome:?}"))?;
    expect_equal("metric", &metric(&device, &route)?, &Some(METRIC + 2))
}

fn equal_upsert(context: &CaseContext<'_>) -> CaseResult {
    let device = context.open()?;
    let upsert = Batch::new().with(Entry::upsert(&context.route(0)?).lease());
    for expected in [EntryResult::Created, EntryResult::Unchanged] {
        let outcome = device.apply(&upsert)?;
        expect_equal("results", &results(&outcome), &vec![expected])?;
    }
    Ok(())
}
