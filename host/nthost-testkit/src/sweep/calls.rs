//! A sweep over the calls of one closure.

use nt_types::NtStatus;

use super::{Run, Scenario, SweepControl, SweepSummary, status_for_client, sweep};
use crate::driver::Driver;
use crate::host::Host;
use crate::process::Process;

/// Sweeps the calls that `calls` makes as a client process of `driver`.
///
/// Without a fault, `calls` must succeed. With one, the result must be the status of the call that
/// failed, or success if the driver can do without that call. In each case the driver must release
/// everything once the process has ended.
///
/// ```no_run
/// use nthost_testkit::Driver;
/// use nthost_testkit::sweep::sweep_calls;
///
/// let driver = Driver::new("target/driver/echo.sys");
/// sweep_calls(&driver, "open and write", |client| {
///     let handle = client.open(r"\\.\Echo")?;
///     client.write(handle, b"hello").status.into_result()?;
///     client.close(handle).into_result()
/// });
/// ```
///
/// # Panics
///
/// As [`sweep`], and if the result is none of these.
pub fn sweep_calls(
    driver: &Driver,
    name: &str,
    calls: impl Fn(&mut Process) -> Result<(), NtStatus>,
) -> SweepSummary {
    sweep(&Closure {
        driver,
        name,
        calls,
    })
}

struct Closure<'a, F> {
    driver: &'a Driver,
    name: &'a str,
    calls: F,
}

impl<F: Fn(&mut Process) -> Result<(), NtStatus>> Scenario for Closure<'_, F> {
    type Context = SweepControl;
    type Outcome = Result<(), NtStatus>;

    fn name(&self) -> &str {
        self.name
    }

    fn start(&self) -> Host {
        self.driver.start()
    }

    fn prepare(&self, control: SweepControl) -> SweepControl {
        control
    }

    fn control<'a>(&self, context: &'a SweepControl) -> &'a SweepControl {
        context
    }

    fn set_up(&self, _: &SweepControl) {}

    fn run(&self, context: &SweepControl) -> Self::Outcome {
        let mut client = context.connect();
        let outcome = (self.calls)(&mut client);
        context.end(client);
        outcome
    }

    fn check(&self, _: &SweepControl, run: &Run<'_, Self::Outcome>) {
        let expected = run.failed.map(|failed| status_for_client(failed.status));
        match run.outcome {
            Ok(()) => {}
            Err(status) => assert_eq!(Some(*status), expected, "{}", run.describe()),
        }
    }

    fn take_down(&self, _: &SweepControl) {}
}
