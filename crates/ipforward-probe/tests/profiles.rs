//! The experiments find exactly the behaviours of the stack that they ask.

#![cfg(target_os = "linux")]

mod memory_stack;

use ipforward::abi::NtStatus;
use ipforward_probe::{
    ExperimentContext, Journal, NoAdapters, NoOperator, Operator, ProbeColumn, ProbeReport,
    ProbedStack, ScratchInterface,
};
use nt_netio_profile::Behaviours;
use proptest::prelude::*;

use memory_stack::MemoryStack;

/// What only kernel code can see.
const OF_THE_KERNEL: [&str; 4] = [
    "no-memory-status",
    "free-null-table",
    "call-at-apc-level",
    "notification-irql",
];

fn context<'a>(
    stack: &'a MemoryStack,
    operator: &'a dyn Operator,
    other_compartment: Option<&'a ExperimentContext<'a>>,
) -> ExperimentContext<'a> {
    ExperimentContext {
        stack,
        interface: ScratchInterface::find(stack, None).unwrap(),
        operator,
        other_compartment,
    }
}

fn measure(stack: &MemoryStack, operator: &dyn Operator) -> ProbeReport {
    let container = stack.in_other_compartment();
    let other = context(&container, operator, None);
    let context = context(stack, operator, Some(&other));
    ProbeReport {
        columns: vec![ProbeColumn::measure("memory", &context)],
    }
}

/// The stack with these behaviours is measured, and what is observed is compared with them.
fn expect_found(behaviours: Behaviours) {
    let stack = MemoryStack::new(behaviours);
    let before = stack.routes();
    let report = measure(&stack, &stack);
    let profile = report.profile("1", "2026-11-30".parse().unwrap());
    let unseen: Vec<_> = profile.not_observed.keys().map(String::as_str).collect();
    assert_eq!(unseen.len(), OF_THE_KERNEL.len(), "{report}");
    assert!(OF_THE_KERNEL.iter().all(|name| unseen.contains(name)));
    let expected = behaviours.named_values().into_iter();
    let expected: Vec<_> = expected
        .filter(|(name, _)| !OF_THE_KERNEL.contains(name))
        .collect();
    let found = expected
        .iter()
        .map(|(name, _)| (*name, profile.observed[*name].as_str()));
    assert_eq!(found.collect::<Vec<_>>(), expected, "{report}");
    assert_eq!(stack.routes(), before, "the experiments leave no route");
}

#[test]
fn the_documented_and_the_alternative_profile_are_found() {
    expect_found(Behaviours::documented());
    expect_found(Behaviours::alternative());
}

/// Any value of every behaviour.
fn any_behaviours() -> impl Strategy<Value = Behaviours> {
    let places = vec![any::<prop::sample::Index>(); Behaviours::NAMES.len()];
    places.prop_map(|places| {
        let named = Behaviours::NAMES.iter().zip(places);
        named.fold(Behaviours::documented(), |all, (name, place)| {
            let values = Behaviours::values_of(name).unwrap();
            let choice = format!("{name}={}", place.get(&values));
            all.with(&choice.parse().unwrap())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_profiles_are_found(behaviours in any_behaviours()) {
        expect_found(behaviours);
    }
}

#[test]
fn without_an_operator_only_its_behaviours_are_not_seen() {
    let stack = MemoryStack::new(Behaviours::alternative());
    let report = measure(&stack, &NoOperator);
    let profile = report.profile("1", "2026-11-30".parse().unwrap());
    let needs_operator = |why: &String| why.ends_with("needs an operator: --ask-operator");
    let unseen = profile.not_observed.iter();
    let unseen: Vec<_> = unseen.filter(|(_, why)| needs_operator(why)).collect();
    let names: Vec<_> = unseen.into_iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "create-on-disconnected",
            "routes-lost-in-sleep",
            "routes-of-lost-link"
        ]
    );
    assert_eq!(profile.not_observed.len(), 7, "{report}");
}

#[test]
fn a_computer_that_knows_no_value_is_reported_as_unexpected() {
    let stack = MemoryStack::new(Behaviours::documented());
    stack.answer_creates_with(NtStatus::INSUFFICIENT_RESOURCES);
    let report = measure(&stack, &stack);
    let profile = report.profile("1", "2026-11-30".parse().unwrap());
    let why = &profile.not_observed["fresh-site-prefix"];
    assert!(
        why.starts_with("unexpected: create: STATUS_INSUFFICIENT_RESOURCES"),
        "{why}"
    );
    assert!(
        !profile.observed.contains_key("duplicate-status"),
        "{report}"
    );
}

#[test]
fn a_process_without_rights_is_noticed_before_the_experiments() {
    let stack = MemoryStack::new(Behaviours::documented());
    let is_denied = || context(&stack, &NoOperator, None).is_access_denied();
    assert!(!is_denied());
    stack.answer_creates_with(NtStatus::ACCESS_DENIED);
    assert!(is_denied());
}

#[test]
fn the_routes_of_a_killed_probe_are_removed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    let journal = Journal::new(file.clone());
    let stack = MemoryStack::new(Behaviours::alternative());
    let before = stack.routes();
    assert_eq!(
        journal.replay(&stack, &NoAdapters).unwrap(),
        0,
        "there is no file yet"
    );
    let interface = ScratchInterface::find(&stack, None).unwrap();
    let rows = [1, 2].map(|number| memory_stack::row(&interface, number));
    for row in &rows {
        journal.record(row).unwrap();
        stack.create_route(row).unwrap();
    }
    // One was removed before the probe was killed.
    stack.delete_route(&rows[0]).unwrap();
    assert_eq!(journal.replay(&stack, &NoAdapters).unwrap(), 1);
    assert_eq!(stack.routes(), before);
    assert!(!file.exists());
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal");
    let stack = MemoryStack::new(Behaviours::documented());
    std::fs::write(&file, "0x1 1 203.0.113.1\nprecious\n").unwrap();
    let error = Journal::new(file.clone())
        .replay(&stack, &NoAdapters)
        .unwrap_err();
    assert!(error.to_string().contains("is no journal"), "{error}");
    assert!(file.exists());
}
