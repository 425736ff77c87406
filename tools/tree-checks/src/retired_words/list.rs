//! The words that this project gave up, and the field's term for each. `docs/glossary.md` defines
//! the terms.

use super::Retired;
use super::Use::{Identifier, Module, Text};

/// Every retired word.
pub const WORDS: &[Retired] = &[
    // Sentences that hide the actor.
    Retired(
        Text,
        &["anybody", "nobody", "somebody", "whoever"],
        "name the actor",
    ),
    Retired(
        Text,
        &["is told", "are told", "it goes", "what of"],
        "name the actor, with an active verb",
    ),
    // Metaphors.
    Retired(Text, &["errand", "errands"], "deferred work"),
    Retired(Text, &["end owed", "is owing"], "pending_release"),
    Retired(
        Text,
        &["keeper", "keepers", "look through"],
        "reconcile, rescan",
    ),
    Retired(Text, &["tally", "tallies"], "counters"),
    Retired(
        Text,
        &["ledger", "ledgers"],
        "lease table, resource tracker",
    ),
    Retired(Text, &["rehearsal", "rehearse", "rehearses"], "dry run"),
    Retired(Text, &["teller", "tellers"], "event sink"),
    Retired(Text, &["truce", "truces"], "cooldown"),
    Retired(
        Text,
        &["agree with", "have become"],
        "matches, unchanged_since",
    ),
    Retired(Text, &["sprout", "sprouts"], "initial capacity"),
    Retired(
        Text,
        &["weigh", "weighs", "weighed", "weighing"],
        "route with its metric",
    ),
    Retired(Text, &["stopper", "stoppers"], "cancel handle"),
    Retired(
        Text,
        &["excursion", "excursions"],
        "callback guard, callback stack",
    ),
    Retired(Text, &["patience"], "watchdog"),
    Retired(Text, &["baton", "batons"], "owner lock"),
    Retired(Text, &["knob", "knobs"], "named behaviour, profile"),
    Retired(
        Text,
        &["other reading", "both readings"],
        "alternative profile",
    ),
    Retired(Text, &["happening", "happenings"], "events"),
    Retired(Text, &["victim", "victims"], "faulty host"),
    Retired(Text, &["witness", "witnesses"], "attributes changes"),
    Retired(Text, &["minute of any requests"], "fuzz 60 s"),
    // Names of types, functions and constants.
    Retired(Identifier, &["attend"], "on_route_changed"),
    Retired(Identifier, &["Desk"], "Transaction"),
    Retired(
        Identifier,
        &["Book", "Eyes"],
        "the lease-table lock, the watch lock",
    ),
    Retired(
        Identifier,
        &["Flights", "take_off", "call_off"],
        "PendingChanges: record, cancel",
    ),
    Retired(Identifier, &["Announcing"], "AttributingStack"),
    Retired(Identifier, &["Terms", "Standing"], "LeaseState, Ownership"),
    Retired(Identifier, &["take_out", "put_back"], "unlink, relink"),
    Retired(Identifier, &["Tell", "Sight"], "emit, Lookup"),
    Retired(Identifier, &["CALM", "AWAY"], "Stable, WaitsForInterface"),
    Retired(Identifier, &["is_passing"], "is_transient"),
    Retired(Identifier, &["DID_*", "Did"], "ENTRY_RESULT_*, EntryResult"),
    Retired(
        Identifier,
        &["OUTCOME_UNDONE_PARTLY", "UNDONE_PARTLY"],
        "OUTCOME_PARTIALLY_ROLLED_BACK",
    ),
    Retired(Identifier, &["WeighedRoute"], "RouteWithMetric"),
    Retired(Identifier, &["Refusal"], "DriverError"),
    Retired(
        Identifier,
        &["Said", "Asked", "Wrong"],
        "RouteSpec, LineError, or what it holds",
    ),
    Retired(
        Identifier,
        &["Baton", "Orders", "Lane", "Lanes", "Trail"],
        "owner lock, PnP commands, per-thread queues, request history, FIB snapshot",
    ),
    Retired(Identifier, &["Reading"], "Profile"),
    Retired(
        Identifier,
        &[
            "K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10", "K11", "K12", "K13",
            "K14", "K15", "K16",
        ],
        "the behaviour's name",
    ),
    Retired(
        Identifier,
        &["Hand", "Rot", "Truth", "Scene"],
        "RawClient, ScenarioContext, Consistency, OutcomeCheck, Context",
    ),
    // Names of modules, for folders where the word does not have its plain meaning.
    Retired(
        Module("crates/ipforward-engine/"),
        &["desk", "keep", "keeper", "standing", "sight", "values"],
        "the field's term",
    ),
    Retired(
        Module("crates/routectl/"),
        &[
            "words", "said", "wrong", "remedy", "guess", "choice", "own", "unsound",
        ],
        "route_spec, hint, local_diagnosis, best_route_reason, lease_arguments, invalid_row",
    ),
    Retired(
        Module("host/"),
        &[
            "excursion",
            "within",
            "patience",
            "hold",
            "rest",
            "baton",
            "regions",
            "fill",
            "trap",
            "orders",
            "lanes",
            "trail",
            "picture",
            "knobs",
        ],
        "the field's term",
    ),
    Retired(
        Module("host/nt-wdf/"),
        &[
            "key",
            "values",
            "text_values",
            "general",
            "settings",
            "functions",
            "names",
            "bind",
            "binding",
        ],
        "registry, registry_values, object_api, noop_device_calls, export_table, loader",
    ),
    Retired(
        Module("tests/"),
        &[
            "hand",
            "bench",
            "happenings",
            "victim",
            "rot",
            "truth",
            "scene",
        ],
        "raw_client, scenario, events, faulty_host, consistency, outcome_check, context",
    ),
    Retired(
        Module("tools/xtask/"),
        &["seal", "say", "fresh", "edit", "machine"],
        "normalize_pe, print_status, write_if_changed, patch, prerequisites",
    ),
];
