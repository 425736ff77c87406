//! What the exit code says.

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
    /// That of a command which routectl ran.
    Command(i32),
}

/// The part of `--help` about them.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  refused by the driver or the network stack, or by the person who was asked;
     `explain` found something
  2  wrong usage
  3  not found: the route, the interface, or a way to the address
  4  no access
  5  no device, or its host went away
`hold`, `apply --hold` and `import --hold` end with the code of the command that they run";

impl Exit {
    const fn code(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::NoAccess => 4,
            Self::NoDevice => 5,
            Self::Command(code) => code,
        }
    }

    /// Ends the program. Nothing is open any more.
    pub(crate) fn leave(self) -> ExitCode {
        // The codes of Windows do not fit an `ExitCode`.
        u8::try_from(self.code()).map_or_else(|_| std::process::exit(self.code()), ExitCode::from)
    }
}
