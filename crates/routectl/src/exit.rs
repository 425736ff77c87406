//! Exit codes.

use std::process::ExitCode;

/// The exit codes of routectl, which scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Success,
    Refused,
    Usage,
    NotFound,
    NoAccess,
    NoDevice,
    /// The command that routectl ran has succeeded, but a guard gave up meanwhile.
    GuardGaveUp,
    /// A case of a self-test has failed.
    SelftestFailed,
    /// The exit code of a command that routectl ran.
    Command(i32),
}

/// The meaning of each code, for `--help`. A test compares docs/user/routectl.md with the help.
const MEANINGS: [(Exit, &str); 8] = [
    (Exit::Success, "done"),
    (
        Exit::Refused,
        "refused by the driver or the network stack, or not confirmed by the user; `explain` found a
broken rule; a command did not start; no case of a self-test could run; the output cannot be written",
    ),
    (
        Exit::Usage,
        "invalid usage: arguments, the description of a route, or a file of routes",
    ),
    (
        Exit::NotFound,
        "not found: the route, the interface, a route to the address, or a command to run",
    ),
    (Exit::NoAccess, "access denied"),
    (
        Exit::NoDevice,
        "no device; its host went away; the driver has another version of the contract",
    ),
    (
        Exit::GuardGaveUp,
        "a guard gave up while a command ran that exited with 0",
    ),
    (Exit::SelftestFailed, "a case of a self-test failed"),
];

/// The exit codes of commands that run another command.
const OF_A_COMMAND: &str = "`hold`, `interface hold`, `apply --hold` and `import --hold` exit with the code of the \
                            command that they run,\nonce it has started, or with 128 plus the \
                            number of the signal that ended it.";

/// The text of `--help` about exit codes.
pub(crate) fn help() -> String {
    let line = |(exit, meaning): &(Exit, &str)| {
        let meaning = meaning.replace('\n', "\n     ");
        format!("  {}  {meaning}\n", exit.code())
    };
    let codes: String = MEANINGS.iter().map(line).collect();
    format!("Exit codes:\n{codes}\n{OF_A_COMMAND}")
}

impl Exit {
    const fn code(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::NoAccess => 4,
            Self::NoDevice => 5,
            Self::GuardGaveUp => 6,
            Self::SelftestFailed => 7,
            Self::Command(code) => code,
        }
    }

    /// Ends the program. No device is open any more.
    pub(crate) fn leave(self) -> ExitCode {
        // A Windows exit code may not fit an `ExitCode`.
        u8::try_from(self.code()).map_or_else(|_| std::process::exit(self.code()), ExitCode::from)
    }
}
