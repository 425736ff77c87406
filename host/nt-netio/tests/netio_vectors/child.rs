//! Cases that run in a process of their own, since they may stop the machine.

use std::process::{Command, ExitCode};
use std::sync::Arc;

use libtest_mimic::Trial;
use nt_kernel::{bugcheck, fault_handler};
use nt_netio::{Behaviours, Memory, NetworkDescription, vectors};

use crate::driver::Netio;
use crate::exports::CASES;

/// Names the case, and the behaviours, in the process that runs it.
const CASE: &str = "NETIO_VECTORS_CASE";
/// See [`CASE`].
const BEHAVIOURS: &str = "NETIO_VECTORS_BEHAVIOURS";

/// One case.
pub(crate) struct Case {
    pub(crate) number: &'static str,
    pub(crate) title: &'static str,
    pub(crate) documented: End,
    pub(crate) alternative: End,
    pub(crate) run: fn(&Netio),
}

/// How a case ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// All its assertions hold.
    Well,
    /// All its assertions hold, and there is a warning with these words.
    Warned(&'static str),
    /// The machine stops, and the report has these words.
    Stop(&'static str),
}

/// One test for each profile.
pub(crate) fn trials_of(case: &'static Case) -> Vec<Trial> {
    [
        ("documented", case.documented),
        ("alternative", case.alternative),
    ]
    .into_iter()
    .map(|(behaviours, end)| {
        let name = vectors::name(case.number, behaviours);
        Trial::test(name, move || {
            run_in_child(case, behaviours, end)
                .map_err(|why| format!("{}: {why}", case.title).into())
        })
    })
    .collect()
}

fn run_in_child(case: &Case, behaviours: &str, end: End) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .env(CASE, case.number)
        .env(BEHAVIOURS, behaviours)
        .output()
        .map_err(|error| error.to_string())?;
    let report = String::from_utf8_lossy(&output.stderr);
    let (code, words) = match end {
        End::Well => (0, ""),
        End::Warned(words) => (0, words),
        End::Stop(words) => (bugcheck::EXIT_CODE, words),
    };
    if output.status.code() == Some(code) && report.contains(words) {
        Ok(())
    } else {
        let status = output.status;
        Err(format!(
            "{status}, not exit code {code} with {words:?}\n{report}"
        ))
    }
}

/// Runs the case that this process was started for, if it was started for one.
pub(crate) fn run_case() -> Option<ExitCode> {
    let number = std::env::var(CASE).ok()?;
    let behaviours: Behaviours = std::env::var(BEHAVIOURS).ok()?.parse().expect("behaviours");
    let case = CASES.iter().find(|case| case.number == number)?;
    fault_handler::install().expect("signal handlers");
    nt_netio::install(Arc::new(Memory::new(
        &NetworkDescription::default(),
        behaviours,
    )));
    (case.run)(&Netio::resolve());
    Some(ExitCode::SUCCESS)
}
