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

/// What each code says; `--help` and docs/user/routectl.md have it from here.
const MEANINGS: [(Exit, &str); 6] = [
    (Exit::Success, "done"),
    (
        Exit::Refused,
        "refused by the driver or the network stack, or by the person who was asked; `explain`
found something; a command to run does not start; the answer cannot be written",
    ),
    (
        Exit::Usage,
        "wrong usage: of the arguments, in the words of a route, or in a file of routes",
    ),
    (
        Exit::NotFound,
        "not found: the route, the interface, a way to the address, or a command to run",
    ),
    (Exit::NoAccess, "no access"),
    (
        Exit::NoDevice,
        "no device; its host went away; the driver is of another version of the contract",
    ),
];

/// What it says where routectl ran a command.
const OF_A_COMMAND: &str = "`hold`, `apply --hold` and `import --hold` end with the code of the \
                            command that they run\nonce it has started, or with 128 and the number \
                            of the signal that ended it.";

/// The part of `--help` about them.
pub(crate) fn help() -> String {
    let line = |(exit, meaning): &(Exit, &str)| {
        let meaning = meaning.replace('\n', "\n     ");
        format!("  {}  {meaning}\n", exit.code())
    };
    let codes: String = MEANINGS.iter().map(line).collect();
    format!("Exit codes:\n{codes}{OF_A_COMMAND}")
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
            Self::Command(code) => code,
        }
    }

    /// Ends the program. Nothing is open any more.
    pub(crate) fn leave(self) -> ExitCode {
        // The codes of Windows do not fit an `ExitCode`.
        u8::try_from(self.code()).map_or_else(|_| std::process::exit(self.code()), ExitCode::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/user/routectl.md");

    #[test]
    fn the_page_has_the_codes_of_the_program_and_no_others() {
        let on_the_page: Vec<&str> = PAGE
            .lines()
            .skip_while(|line| *line != "| code | meaning |")
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .collect();
        let of_the_program = MEANINGS.map(|(exit, meaning)| {
            let meaning = meaning.replace('\n', " ");
            format!("| {} | {meaning} |", exit.code())
        });
        assert_eq!(on_the_page, of_the_program);
        assert!(
            PAGE.replace('\n', " ")
                .contains(&OF_A_COMMAND.replace('\n', " "))
        );
    }
}
