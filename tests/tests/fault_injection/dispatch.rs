//! A caller at `DISPATCH_LEVEL`: it runs in the process in which the driver is loaded, which is a
//! child of this program.

use std::env;
use std::process::{Command, ExitCode};

use abi::{MibIpForwardRow2, NtStatus, Operation};
use nt_kernel::fault::{self, Failed, Plan};
use nt_kernel::irql::Irql;
use nt_kernel::resource_tracker;
use nthost::quiesce;
use tests::{SweepSummary, framework_image, status_for_client, valid_row};
use zerocopy::FromBytes;

use crate::kernel_mode::KernelMode;

/// The name of the scenario.
pub(crate) const NAME: &str = "requests at DISPATCH_LEVEL";
/// The name of the test without faults.
pub(crate) const PLAIN_NAME: &str = "a request at DISPATCH_LEVEL is served at PASSIVE_LEVEL";

/// Set in the child process: [`SWEEP`] or [`PLAIN`].
const CHILD: &str = "IPFORWARD_TEST_DISPATCH";
/// The child fails each call that can fail.
const SWEEP: &str = "sweep";
/// The child makes the requests once, without faults.
const PLAIN: &str = "plain";

/// Fails each call that can fail while a route is created, found and deleted.
pub(crate) fn sweep() -> SweepSummary {
    let counts = child_output(SWEEP);
    let mut counts = counts
        .split_whitespace()
        .map(|count| count.parse().expect("a number"));
    let mut next = || counts.next().expect("a count");
    let summary = SweepSummary {
        scenarios: 1,
        points: next(),
        runs: next(),
    };
    summary.print(NAME);
    summary
}

/// Creates, finds and deletes a route. The host checks the IRQL of each call of the network stack
/// and stops with a bugcheck, so success shows that each call was made at `PASSIVE_LEVEL`.
pub(crate) fn requests_succeed() {
    child_output(PLAIN);
}

/// Runs this program again, as a child in which the driver is loaded. The result is its output.
fn child_output(mode: &str) -> String {
    let this = env::current_exe().expect("a running program has a path");
    let child = Command::new(this).env(CHILD, mode).output();
    let child = child.expect("this program starts again");
    let stderr = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{stderr}");
    String::from_utf8_lossy(&child.stdout).into_owned()
}

/// The child's part; `None` if this process is no child.
pub(crate) fn run_in_child() -> Option<ExitCode> {
    let mode = env::var(CHILD).ok()?;
    let kernel = KernelMode::start();
    match mode.as_str() {
        PLAIN => make_requests(&kernel),
        _ => sweep_requests(&kernel),
    }
    assert_eq!(kernel.stop(), [""; 0]);
    Some(ExitCode::SUCCESS)
}

fn make_requests(kernel: &KernelMode) {
    let handle = kernel.open().unwrap();
    let created = kernel.send(&handle, Irql::DISPATCH, Operation::CreateRoute);
    assert_eq!(created.status, NtStatus::SUCCESS);
    let found = kernel.send(&handle, Irql::DISPATCH, Operation::GetRoute);
    let found = MibIpForwardRow2::read_from_bytes(&found.output).expect("a row");
    assert_eq!((found.metric, found.interface_index), (5, 7));
    let deleted = kernel.send(&handle, Irql::PASSIVE, Operation::DeleteRoute);
    assert_eq!(deleted.status, NtStatus::SUCCESS);
    nt_io::close(handle);
}

/// Prints how many calls can fail, and how many runs there were.
fn sweep_requests(kernel: &KernelMode) {
    quiesce::wait_idle();
    let at_rest = resource_tracker::outstanding().len();
    let (only, runs) = fail_each(kernel, Plan::Only, at_rest);
    let (from, more) = fail_each(kernel, Plan::From, at_rest);
    assert_eq!(only, from, "the calls cannot be numbered");
    println!("{only} {}", runs + more);
}

/// Fails each call in each way. The result is how many calls can fail, and how many runs there were.
fn fail_each(kernel: &KernelMode, plan: fn(u64) -> Plan, at_rest: usize) -> (u64, u64) {
    let mut runs = 0;
    for number in 0.. {
        for way in 0.. {
            fault::arm_way(plan(number), way);
            let answers = create_find_delete(kernel);
            quiesce::wait_idle();
            let Some(failed) = fault::disarm().failed else {
                assert_eq!(answers.len(), 4, "a run without a failure");
                return (number, runs);
            };
            check(&answers, &failed);
            assert_eq!(resource_tracker::outstanding().len(), at_rest, "{failed:?}");
            runs += 1;
            if way + 1 >= failed.ways {
                break;
            }
        }
    }
    unreachable!("there is no last number")
}

/// The statuses of the requests, up to the first failure.
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
    nt_io::close(handle);
    answers
}

/// Checks that the failure is reported, and that the route exists if only its creation succeeded.
fn check(answers: &[NtStatus], failed: &Failed) {
    let has_succeeded = answers.iter().all(|status| status.is_success());
    if has_succeeded && framework_image().is_some() {
        // A framework library does without some of its allocations.
        return;
    }
    let last = answers.last().copied();
    assert_eq!(last, Some(status_for_client(failed.status)), "{failed:?}");
    let exists = nt_netio::stack().delete_route(&valid_row()).is_ok();
    assert_eq!(exists, answers.len() > 2, "{failed:?} led to {answers:?}");
}
