//! The checks, on this tree.

use std::path::Path;
use std::sync::LazyLock;

use cargo_metadata::{Metadata, MetadataCommand};
use tree_checks::source::Tree;
use tree_checks::{
    Finding, dependencies, imports, included_files, module_graph, packages, page_commands, pages,
    report, retired_words, sizes, test_names, type_names,
};

static METADATA: LazyLock<Metadata> =
    LazyLock::new(|| MetadataCommand::new().no_deps().exec().unwrap());

static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::read().unwrap());

fn root() -> &'static Path {
    METADATA.workspace_root.as_std_path()
}

#[track_caller]
fn expect_none(findings: &[Finding]) {
    assert!(findings.is_empty(), "\n{}", report(findings));
}

#[test]
fn no_crate_has_a_cycle_of_modules() {
    let graphs = module_graph::read(&METADATA).unwrap();
    let cycles: Vec<_> = graphs
        .iter()
        .flat_map(|graph| graph.cycles(root()))
        .collect();
    expect_none(&cycles);
}

#[test]
fn the_host_does_not_depend_on_the_product() {
    let packages = dependencies::packages(&METADATA);
    expect_none(&dependencies::check(&packages, root()));
}

#[test]
fn publishable_packages_have_what_a_registry_asks_for() {
    expect_none(&packages::check(&METADATA));
}

#[test]
fn publishable_packages_include_no_file_from_outside() {
    expect_none(&included_files::check(&TREE, &METADATA));
}

#[test]
fn imports_are_in_groups() {
    expect_none(&imports::check(&TREE));
}

/// Type names that several modules use, each with its reason.
const SHARED_TYPE_NAMES: &[type_names::Exception] = &[
    (
        "an object of WDM or KMDF: the driver wraps it, the host implements it, its module says which",
        &[
            "Device",
            "Driver",
            "DriverObject",
            "FileObject",
            "Interface",
            "Memory",
            "Request",
        ],
    ),
    (
        "the client's typed form of what the contract or the stack has as a structure",
        &[
            "BestRoute",
            "Diagnosis",
            "Event",
            "Lease",
            "Route",
            "RouteKey",
        ],
    ),
    (
        "the route API of the driver's engine, and the host's: no crate sees both",
        &["Change", "NetworkStack"],
    ),
    (
        "one of two, chosen by the operating system",
        &["AliasSource"],
    ),
    (
        "the options of one command or one program",
        &["Arguments", "Options", "Profile"],
    ),
    (
        "the kernel's side and the test kit's side of one thing",
        &["Failed", "Plan", "Process"],
    ),
    (
        "arguments and results of an exported function: the layer of the host says of which",
        &["Done", "In", "Out", "Pages"],
    ),
    (
        "used within one crate only, which its module qualifies",
        &["Entered", "Entry", "Layout", "Step"],
    ),
];

#[test]
fn type_names_are_unique() {
    expect_none(&type_names::check(&TREE, SHARED_TYPE_NAMES));
}

#[test]
fn source_files_are_short() {
    expect_none(&sizes::check(&TREE));
}

#[test]
fn names_of_tests_are_short() {
    expect_none(&test_names::check(&TREE));
}

#[test]
fn retired_words_occur_nowhere() {
    expect_none(&retired_words::check(&TREE, retired_words::WORDS));
}

#[test]
fn links_and_paths_of_pages_lead_somewhere() {
    expect_none(&pages::check(&TREE));
}

#[test]
fn a_test_knows_the_program_of_each_command_of_a_page() {
    expect_none(&page_commands::check(&TREE));
}

/// The values of an option of `cargo`, which can be given several times.
fn values<'a>(text: &'a str, option: &'a str) -> impl Iterator<Item = &'a str> {
    let mut words = text.split_whitespace();
    std::iter::from_fn(move || {
        words.find(|word| *word == option)?;
        words.next()
    })
}

#[test]
fn packages_and_tests_in_commands_of_pages_exist() {
    let packages = METADATA.workspace_packages();
    let is_package = |name: &str| packages.iter().any(|package| package.name == name);
    let targets = packages.iter().flat_map(|package| &package.targets);
    let is_target = |name: &str| targets.clone().any(|target| target.name == name);
    let findings = page_commands::commands(&TREE)
        .into_iter()
        .flat_map(|command| {
            let text = command.text.split(" -- ").next().unwrap_or_default();
            let unknown = values(text, "-p").filter(|name| !is_package(name) && *name != "CRATE");
            let unknown = unknown.chain(values(text, "--test").filter(|name| !is_target(name)));
            let message = |name: &str| format!("`{}`: no package or test `{name}`", command.text);
            let finding = |name| Finding::new(&command.page, command.line, message(name));
            unknown.map(finding).collect::<Vec<_>>()
        });
    expect_none(&findings.collect::<Vec<_>>());
}
