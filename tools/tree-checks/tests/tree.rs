//! The checks, on this tree.

use std::path::Path;
use std::sync::LazyLock;

use cargo_metadata::{Metadata, MetadataCommand};
use tree_checks::{Finding, module_graph, report};

static METADATA: LazyLock<Metadata> =
    LazyLock::new(|| MetadataCommand::new().no_deps().exec().unwrap());

fn root() -> &'static Path {
    METADATA.workspace_root.as_std_path()
}

#[track_caller]
fn expect_none(findings: &[Finding]) {
    assert!(findings.is_empty(), "\n{}", report(findings));
}

/// Packages that still have cycles. A package is taken off once it has none.
const WITH_CYCLES: [&str; 6] = [
    "driver",
    "ipforward",
    "nthost",
    "nthost-testkit",
    "routectl",
    "xtask",
];

#[test]
fn no_crate_has_a_cycle_of_modules() {
    let graphs = module_graph::read(&METADATA).unwrap();
    let cycles = |graph: &module_graph::Graph| graph.cycles(root());
    let (known, new): (Vec<_>, Vec<_>) = graphs
        .iter()
        .partition(|graph| WITH_CYCLES.contains(&graph.package.as_str()));
    let known: Vec<_> = known.into_iter().flat_map(cycles).collect();
    eprintln!("not yet clean:\n{}", report(&known));
    let new: Vec<_> = new.into_iter().flat_map(cycles).collect();
    expect_none(&new);
}
