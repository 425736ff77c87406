//! A caller at `DISPATCH_LEVEL`. The machine is in the process that calls, so that is one of its
//! own: this program again.

use std::env;
use std::process::{Command, ExitCode};

use abi::{NtStatus, Operation};
use nthost::kernel::fault::{self, Failed, Plan};
use nthost::kernel::irql::Irql;
use nthost::kernel::resource_tracker;
use nthost::{io, netio, quiesce};
use tests::{KernelMode, SweepSummary, for_callers, valid_row};

/// The name of the scenario.
pub(crate) const NAME: &str = "requests at DISPATCH_LEVEL";

/// Set in the process that has the machine in it.
const CHILD: &str = "IPFORWARD_TEST_DISPATCH";

/// Creates, finds and deletes a route: each call that may fail does.
pub(crate) fn sweep() -> SweepSummary {
    let this = env::current_exe().expect("a running program has a path");
    let child = Command::new(this).env(CHILD, "").output();
    let child = child.expect("this program starts once more");
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{said}");
    let counts = String::from_utf8_lossy(&child.stdout).into_owned();
    let mut counts = counts
        .split_whitespace()
        .map(|count| count.parse().expect("a number"));
    let mut next = || counts.next().expect("a count");
    let found = SweepSummary {
        scenarios: 1,
        points: next(),
        runs: next(),
    };
    found.tell(NAME);
    found
}

/// In the child: does the runs, and prints how many points and runs there were.
pub(crate) fn run_in_child() -> Option<ExitCode> {
    env::var_os(CHILD)?;
    let kernel = KernelMode::start();
    let at_rest = resource_tracker::outstanding().len();
    let (only, runs) = fail_each(&kernel, Plan::Only, at_rest);
    let (from, more) = fail_each(&kernel, Plan::From, at_rest);
    assert_eq!(only, from, "the calls cannot be numbered");
    assert_eq!(kernel.stop(), [""; 0]);
    println!("{only} {}", runs + more);
    Some(ExitCode::SUCCESS)
}

/// How many points there were, and how many runs.
fn fail_each(kernel: &KernelMode, plan: fn(u64) -> Plan, at_rest: usize) -> (u64, u64) {
    let mut runs = 0;
    for number in 0.. {
        for way in 0.. {
            fault::arm_way(plan(number), way);
            let answers = create_find_delete(kernel);
            quiesce::wait_idle();
            let Some(failed) = fault::disarm().failed else {
                assert_eq!(answers.len(), 4, "nothing has failed");
                return (number, runs);
            };
            judge(&answers, &failed);
            assert_eq!(resource_tracker::outstanding().len(), at_rest, "{failed:?}");
            runs += 1;
            if way + 1 >= failed.ways {
                break;
            }
        }
    }
    unreachable!("there is no last number")
}

/// What was answered, up to the first failure.
fn create_find_delete(kernel: &KernelMode) -> Vec<NtStatus> {
    let handle = match kernel.open() {
        Ok(handle) => handle,
        Err(status) => return vec![status],
    };
    let mut answers = vec![NtStatus::SUCCESS];
    for (level, operation) in [
        (Irql::DISPATCH, Operation::CreateRoute),
        (Irql::DISPATCH, Operation::GetRoute),
        (Irql::PASSIVE, Operation::DeleteRoute),
    ] {
        answers.push(kernel.send(&handle, level, operation).status);
        if answers.last().is_some_and(|status| !status.is_success()) {
            break;
        }
    }
    io::close(handle);
    answers
}

/// The failure is told, and the route is there if, and only if, its creation alone was done.
fn judge(answers: &[NtStatus], failed: &Failed) {
    let told = answers.last().copied();
    assert_eq!(told, Some(for_callers(failed.status)), "{failed:?}");
    let is_there = netio::stack().delete_route(&valid_row()).is_ok();
    assert_eq!(is_there, answers.len() > 2, "{failed:?} led to {answers:?}");
}
