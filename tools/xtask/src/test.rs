//! `cargo xtask test`: everything that can be proven on this machine.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use wdk_cross::Project;
use wdk_cross::build_tools::BuildTools;
use wdk_cross::prerequisites::Need;
use wdk_cross::program::{self, print_status};
use wdk_cross::toolchain::ToolchainChoice;

use crate::cargo::{self, TestCounts};
use crate::compile_fail;
use crate::driver;
use crate::package;
use crate::windows_check;
use crate::workspace;

/// One thing that is proven.
struct Step {
    name: &'static str,
    run: fn() -> Result<TestCounts>,
}

const STEPS: &[Step] = &[
    Step {
        name: "formatting",
        run: formatting,
    },
    Step {
        name: "lints",
        run: lints,
    },
    Step {
        name: "unit tests",
        run: unit_tests,
    },
    Step {
        name: "the driver builds",
        run: driver_builds,
    },
    Step {
        name: "tests of the kit",
        run: kit_tests,
    },
    Step {
        name: "lints of the driver",
        run: driver_lints,
    },
    Step {
        name: "lints of the tests' drivers",
        run: test_driver_lints,
    },
    Step {
        name: "misuse does not compile",
        run: compile_fail::test,
    },
    Step {
        name: "the workspace compiles for Windows",
        run: windows_check,
    },
    Step {
        name: "the package is made",
        run: package::test,
    },
    Step {
        name: "end-to-end tests",
        run: end_to_end,
    },
    Step {
        name: "end-to-end, alternative profile",
        run: end_to_end_alternative,
    },
    Step {
        name: "fuzz 60 s",
        run: fuzzing,
    },
];

/// The drivers under tests/drivers.
const TEST_DRIVERS: [&str; 6] = ["control", "echo", "faulty", "inspector", "leak", "miniport"];

/// Which steps to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Words from the names of steps: only those are run
    only: Vec<String>,
}

impl Options {
    /// The steps that are wanted.
    fn steps(&self) -> Result<Vec<&'static Step>> {
        for word in &self.only {
            if !STEPS.iter().any(|step| step.name.contains(word.as_str())) {
                let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
                bail!(
                    "no step has {word:?} in its name; there are:\n  {}",
                    names.join("\n  ")
                );
            }
        }
        Ok(STEPS.iter().filter(|step| self.wants(step)).collect())
    }

    fn wants(&self, step: &Step) -> bool {
        self.only.is_empty()
            || self
                .only
                .iter()
                .any(|word| step.name.contains(word.as_str()))
    }
}

/// Runs all steps and tells what each one found. Stops at the first that fails.
pub(crate) fn test(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    let before = cargo::work_tree(&root);
    let mut total = TestCounts::default();
    let mut report = Vec::new();
    let steps = options.steps()?;
    for (number, step) in steps.iter().enumerate() {
        print_status(&format!(
            "step {} of {}: {}",
            number + 1,
            steps.len(),
            step.name
        ));
        let started = Instant::now();
        let counts = (step.run)()?;
        total.add(counts);
        report.push((step.name, counts, started.elapsed()));
        if counts.failed > 0 {
            break;
        }
    }
    if cargo::work_tree(&root) != before {
        bail!("the tests changed the work tree: see `git status`");
    }
    print_report(&report);
    println!(
        "{} passed, {} failed, {} skipped",
        total.passed, total.failed, total.skipped
    );
    if total.failed > 0 {
        bail!("{} tests failed", total.failed);
    }
    Ok(())
}

fn print_report(report: &[(&str, TestCounts, Duration)]) {
    println!();
    for (name, counts, time) in report {
        let tests = match counts.passed + counts.failed {
            0 => String::new(),
            tests => format!("{tests} tests"),
        };
        println!("  {name:<36} {tests:>10} {:>7.1} s", time.as_secs_f64());
    }
    println!();
}

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
    let workspace = [
        "clippy",
        "--quiet",
        "--workspace",
        "--exclude",
        "driver",
        "--all-targets",
    ];
    // The end-to-end tests have the client with its feature `async`, so once more without.
    let client = [
        "clippy",
        "--quiet",
        "--package",
        "ipforward",
        "--all-targets",
    ];
    for targets in [&workspace[..], &client] {
        cargo::run(&[targets, &["--", "--deny", "warnings"]].concat())?;
    }
    Ok(TestCounts::default())
}

fn unit_tests() -> Result<TestCounts> {
    let mut counts = cargo::test(&[])?;
    counts.add(cargo::test(&[
        "--package",
        "ipforward",
        "--features",
        "async",
    ])?);
    Ok(counts)
}

/// The kit needs LLVM and the headers, which are there once the driver has been built.
fn kit_tests() -> Result<TestCounts> {
    cargo::test(&["--package", "xtask", "--", "--ignored"])
}

fn driver_builds() -> Result<TestCounts> {
    print!("{}", driver::ours()?.build()?);
    for name in TEST_DRIVERS {
        print!("{}", driver::of_the_tests(name)?.build()?);
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
    let linted = project.lint()?;
    if !linted {
        print_status("skipped: the toolchain that builds the driver has no clippy");
    }
    Ok(TestCounts {
        skipped: u32::from(!linted),
        ..TestCounts::default()
    })
}

fn windows_check() -> Result<TestCounts> {
    windows_check::check()?;
    Ok(TestCounts::default())
}

fn end_to_end() -> Result<TestCounts> {
    if let Err(error) = BuildTools::prepare_with(ToolchainChoice::Auto, network_namespaces) {
        // The tests that need them say so, and are left out.
        print_status(&format!("going on without network namespaces: {error:#}"));
    }
    cargo::build_programs(&["nthost", "routectl"])?;
    cargo::test(&["--package", "tests"])
}

/// What makes network namespaces, for routes that are real.
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

/// The `alternative` profile of the host, where the documentation leaves a behaviour open.
fn end_to_end_alternative() -> Result<TestCounts> {
    cargo::test_with(
        &[("IPFORWARD_PROFILE", "alternative")],
        &["--package", "tests"],
    )
}

fn fuzzing() -> Result<TestCounts> {
    let minute = [("FUZZ_SECONDS", "60")];
    cargo::test_with(
        &minute,
        &["--package", "tests", "--test", "fuzz", "--", "--nocapture"],
    )
}
