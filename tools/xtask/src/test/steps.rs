//! The steps of `cargo xtask test`.
//!
//! Every step that builds for this computer selects the same packages, so that cargo turns on the
//! same features and builds nothing twice.

use std::num::NonZero;
use std::thread;

use anyhow::Result;
use wdk_cross::Project;
use wdk_cross::build_tools::BuildTools;
use wdk_cross::prerequisites::Need;
use wdk_cross::program::{self, print_status};
use wdk_cross::toolchain::ToolchainChoice;

use crate::cargo::{self, PACKAGES, TestCounts};
use crate::compile_fail;
use crate::counted_cost;
use crate::driver;
use crate::package;
use crate::programs;
use crate::registry;
use crate::windows_check;
use crate::workspace;

/// One step of the test run.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) run: fn() -> Result<TestCounts>,
}

impl Step {
    const fn new(name: &'static str, run: fn() -> Result<TestCounts>) -> Self {
        Self { name, run }
    }
}

/// Every step.
pub(super) const ALL: &[Step] = &[
    Step::new("formatting", formatting),
    Step::new("lints", lints),
    Step::new("public documentation", documentation),
    Step::new("licences and advisories", registry::check_dependencies),
    Step::new("packages for the registry", registry::check_packages),
    Step::new("unit tests", unit_tests),
    Step::new("driver builds", driver_builds),
    Step::new("tests of the kit", kit_tests),
    Step::new("lints of the driver", driver_lints),
    Step::new("lints of the test drivers", test_driver_lints),
    Step::new("misuse does not compile", compile_fail::test),
    Step::new("workspace compiles for Windows", windows_check),
    Step::new("driver package", package::test),
    Step::new("programs for Linux", programs::test),
    Step::new("end-to-end", end_to_end),
    Step::new("end-to-end, alternative profile", end_to_end_alternative),
    Step::new(
        "end-to-end, image linked differently",
        end_to_end_other_image,
    ),
    Step::new("end-to-end, unchecked host", end_to_end_unchecked),
    Step::new("counted cost", counted_cost::test),
    Step::new("fuzz 60 s", fuzz),
];

/// The steps for daily work.
pub(super) const QUICK: &[Step] = &[
    Step::new("formatting", formatting),
    Step::new("lints", lints),
    Step::new("unit tests of the product", product_tests),
    Step::new("driver builds", driver_build),
    Step::new("end-to-end, short selection", end_to_end_selection),
];

/// The drivers under tests/drivers.
const TEST_DRIVERS: [&str; 6] = ["control", "echo", "faulty", "inspector", "leak", "miniport"];

/// Those in C.
const TEST_DRIVERS_IN_C: [&str; 11] = [
    "exceptions_wdm",
    "faulty_filter",
    "faulty_wdm",
    "filter_kmdf",
    "filter_wdm",
    "pipe_kmdf",
    "pipe_wdm",
    "start_io_wdm",
    "system_data",
    "wdf_client",
    "wdf_library",
];

/// Arguments of the linker with which the sections of the driver's image are other ones, at other places
/// of the file and of memory.
const OTHER_LAYOUT: [&str; 3] = ["/OPT:NOREF", "/FILEALIGN:4096", "/MERGE:.rdata=.text"];

/// Where the driver with that layout is built.
const OTHER_IMAGE: &str = "target/driver-linked-differently/driver.sys";

/// The modules of the end-to-end tests that the short selection runs.
const SELECTION: [&str; 4] = ["routes::", "leases::", "watching::", "operations::"];

/// The end-to-end tests that run the same under each profile: of files, and of other drivers.
const OF_ANY_PROFILE: [&str; 3] = ["artifacts", "faulty_drivers", "foreign_drivers"];

/// The end-to-end tests that ask what the driver leaves behind, or what a host that verifies finds.
const ABOUT_VERIFICATION: [&str; 5] = [
    "artifacts",
    "faulty_drivers",
    "foreign_drivers",
    "fault_injection",
    "fuzz",
];

/// Tests of the other programs that do so.
const NOT_UNCHECKED: [&str; 2] = [
    "pool_tags::",
    "a_process_killed_while_it_reads_a_table_leaves_nothing",
];

/// The engine's tests that take longer than all its others together.
const SLOW_ENGINE_TESTS: &str = "interleavings";

fn formatting() -> Result<TestCounts> {
    cargo::run(&["fmt", "--all", "--check"])?;
    cargo::run(&[
        "fmt",
        "--manifest-path",
        "tests/drivers/Cargo.toml",
        "--all",
        "--check",
    ])?;
    Ok(TestCounts::default())
}

fn lints() -> Result<TestCounts> {
    let deny = ["--", "--deny", "warnings"];
    let all = [&["clippy", "--quiet"][..], &PACKAGES, &["--all-targets"]].concat();
    cargo::run(&[&all[..], &deny].concat())?;
    // The end-to-end tests turn on the client's feature `async`; this is without it.
    let client = ["clippy", "--quiet", "-p", "ipforward", "--all-targets"];
    cargo::run(&[&client[..], &deny].concat())?;
    Ok(TestCounts::default())
}

/// Each link of the documentation leads somewhere, as on docs.rs.
fn documentation() -> Result<TestCounts> {
    let arguments = [&["doc", "--quiet", "--no-deps"][..], &PACKAGES].concat();
    cargo::run_with(&[("RUSTDOCFLAGS", "--deny warnings")], &arguments)?;
    Ok(TestCounts::default())
}

/// All tests but the end-to-end tests.
fn unit_tests() -> Result<TestCounts> {
    cargo::run(&[&["build", "--quiet"][..], &PACKAGES, &["--bins", "--tests"]].concat())?;
    let programs = cargo::test_programs(|package| package != "tests")?;
    let programs = programs.iter().flat_map(|name| ["--test", name]);
    let mut arguments = [&PACKAGES[..], &["--lib", "--bins"]].concat();
    arguments.extend(programs);
    let mut counts = cargo::test(&arguments)?;
    counts.add(cargo::test(&[&PACKAGES[..], &["--doc"]].concat())?);
    Ok(counts)
}

fn product_tests() -> Result<TestCounts> {
    let packages = ["nt-types", "ipforward-abi", "ipforward-engine", "ipforward"];
    let mut arguments = vec!["--lib"];
    arguments.extend(packages.iter().flat_map(|package| ["--package", package]));
    arguments.extend(["--", "--skip", SLOW_ENGINE_TESTS]);
    cargo::test(&arguments)
}

/// Needs LLVM and MinGW's headers, which the build of the driver has installed.
fn kit_tests() -> Result<TestCounts> {
    cargo::test(&[&PACKAGES[..], &["--lib", "--", "--ignored", "kit::tests::"]].concat())
}

fn driver_build() -> Result<TestCounts> {
    print!("{}", driver::ours()?.build()?);
    Ok(TestCounts::default())
}

fn driver_builds() -> Result<TestCounts> {
    driver_build()?;
    for name in TEST_DRIVERS {
        print!("{}", driver::of_the_tests(name)?.build()?);
    }
    for name in TEST_DRIVERS_IN_C {
        print!("{}", driver::in_c_of_the_tests(name)?.build()?);
    }
    Ok(TestCounts::default())
}

fn driver_lints() -> Result<TestCounts> {
    lint_driver(&driver::ours()?)
}

fn test_driver_lints() -> Result<TestCounts> {
    let mut total = TestCounts::default();
    for name in TEST_DRIVERS {
        total.add(lint_driver(&driver::of_the_tests(name)?)?);
    }
    Ok(total)
}

fn lint_driver(project: &Project) -> Result<TestCounts> {
    if project.lint()? {
        return Ok(TestCounts::default());
    }
    print_status("skipped: the toolchain that builds the driver has no clippy");
    Ok(TestCounts::SKIPPED)
}

fn windows_check() -> Result<TestCounts> {
    windows_check::check()?;
    Ok(TestCounts::default())
}

fn end_to_end() -> Result<TestCounts> {
    if let Err(error) = BuildTools::prepare_with(ToolchainChoice::Auto, network_namespaces) {
        // The tests that need namespaces count themselves as skipped.
        print_status(&format!("going on without network namespaces: {error:#}"));
    }
    end_to_end_with(&[], &[], &[])
}

/// The `alternative` profile of the host, where the documentation leaves a behaviour open.
fn end_to_end_alternative() -> Result<TestCounts> {
    end_to_end_with(
        &[("IPFORWARD_PROFILE", "alternative")],
        &OF_ANY_PROFILE,
        &[],
    )
}

/// With hosts that do not verify the driver: it does the same there.
fn end_to_end_unchecked() -> Result<TestCounts> {
    end_to_end_with(
        &[("IPFORWARD_UNCHECKED", "1")],
        &ABOUT_VERIFICATION,
        &NOT_UNCHECKED,
    )
}

/// All end-to-end tests but those of some programs, and those whose names have one of `skipped`.
fn end_to_end_with(
    variables: &[(&str, &str)],
    left_out: &[&str],
    skipped: &[&str],
) -> Result<TestCounts> {
    let mut programs = cargo::test_programs(|package| package == "tests")?;
    programs.retain(|name| name != counted_cost::PROGRAM && !left_out.contains(&name.as_str()));
    let mut build = [&["build", "--quiet"][..], &PACKAGES, &["--bins"]].concat();
    let mut arguments = PACKAGES.to_vec();
    for name in &programs {
        arguments.extend(["--test", name]);
        build.extend(["--test", name]);
    }
    cargo::run(&build)?;
    arguments.push("--");
    arguments.extend(skipped.iter().flat_map(|name| ["--skip", name]));
    let threads = test_threads();
    let variables = [variables, &[("RUST_TEST_THREADS", threads.as_str())]].concat();
    cargo::test_with(&variables, &arguments)
}

/// End-to-end tests wait for their host about half of the time.
fn test_threads() -> String {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    (2 * processors).to_string()
}

fn end_to_end_selection() -> Result<TestCounts> {
    end_to_end_selection_with(&[])
}

/// The host runs any image of the driver: another linker would lay it out in another way.
fn end_to_end_other_image() -> Result<TestCounts> {
    let mut project = driver::ours()?;
    project.options.out = Some(workspace::root()?.join(OTHER_IMAGE));
    project.options.link_arg = OTHER_LAYOUT.map(str::to_owned).to_vec();
    print!("{}", project.build()?);
    end_to_end_selection_with(&[("IPFORWARD_DRIVER", OTHER_IMAGE)])
}

fn end_to_end_selection_with(variables: &[(&str, &str)]) -> Result<TestCounts> {
    let program = ["--test", "end_to_end"];
    cargo::run(&[&["build", "--quiet"][..], &PACKAGES, &["--bins"], &program].concat())?;
    let arguments = [&PACKAGES[..], &program, &["--"], &SELECTION].concat();
    cargo::test_with(variables, &arguments)
}

/// The program that makes network namespaces, if it is missing.
fn network_namespaces() -> Vec<Need> {
    if program::in_path("ip").is_some() {
        return Vec::new();
    }
    vec![Need {
        uses: vec!["ip, which makes the network namespaces of the tests".to_owned()],
        llvm: false,
        packages: vec!["iproute2"],
        elsewhere: "Install iproute2 with this system's package manager.",
    }]
}

fn fuzz() -> Result<TestCounts> {
    let minute = [("FUZZ_SECONDS", "60")];
    let program = ["--test", "fuzz", "--", "--nocapture"];
    cargo::test_with(&minute, &[&PACKAGES[..], &program].concat())
}
