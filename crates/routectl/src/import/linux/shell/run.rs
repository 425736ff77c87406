//! Running a script without arguments. Every command succeeds, but for those that test something.

use super::expand::{ShellVariables, expanded, is_name};
use super::scan::{Joint, ShellCommand, commands};
use crate::import::line::LineError;
use crate::import::line_kind::LeftOut;
use crate::import::linux::ip_command::{self, concerns_routes};
use crate::import::parsed::Parsed;

/// Whether a command runs, as far as the script shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runs {
    Yes,
    No,
    Unknown,
}

/// Commands between two keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// `{`: it runs once.
    Always,
    /// The body of a condition, a loop or a function.
    Conditional,
}

/// What to do after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// Run the command at this place.
    To(usize),
    End,
}

/// A run through the commands of a script.
pub(in crate::import::linux) struct ShellRun {
    parsed: Parsed,
    commands: Vec<ShellCommand>,
    variables: ShellVariables,
    blocks: Vec<Block>,
    /// Whether the command before this one succeeds.
    succeeds: Runs,
    /// Whether the command before this one runs.
    runs: Runs,
    /// True if the next `{` begins the body of a function.
    is_function: bool,
    /// True for a script that names its shell: it can have commands of other programs.
    is_script: bool,
}

impl ShellRun {
    /// Runs a whole script.
    pub(in crate::import::linux) fn of(text: &str) -> Parsed {
        let mut run = Self {
            parsed: Parsed::default(),
            commands: commands(text),
            variables: ShellVariables::new(),
            blocks: Vec::new(),
            succeeds: Runs::Yes,
            runs: Runs::Yes,
            is_function: false,
            is_script: text.starts_with("#!"),
        };
        let all = run.commands.len();
        run.range(0, all);
        run.parsed
    }

    /// Runs the commands between two places.
    fn range(&mut self, from: usize, to: usize) -> Flow {
        let mut place = from;
        while place < to {
            match self.command(place) {
                Flow::To(next) => place = next,
                Flow::End => {
                    for command in &self.commands[place + 1..to] {
                        if concerns_routes(&command.words) {
                            self.parsed.leave_out(&command.line, LeftOut::NotRun);
                        }
                    }
                    return Flow::End;
                }
            }
        }
        Flow::To(to)
    }

    /// Runs the command at a place; returns how to go on.
    fn command(&mut self, place: usize) -> Flow {
        let next = Flow::To(place + 1);
        let Some(command) = self.commands.get(place).cloned() else {
            return next;
        };
        match command.first() {
            "if" | "while" | "until" | "case" | "select" => self.begin(Block::Conditional),
            "for" => return self.repeated(place, &command),
            "fi" | "done" | "esac" | "}" => {
                self.blocks.pop();
            }
            "{" => {
                let is_function = std::mem::take(&mut self.is_function);
                self.begin(if is_function {
                    Block::Conditional
                } else {
                    Block::Always
                });
            }
            "then" | "else" | "elif" | "do" | "time" => {}
            first if first == "function" || first.ends_with("()") || is_function(&command) => {
                self.is_function = true;
                // The body can begin in the same line.
                if command.words.last().is_some_and(|word| word == "{") {
                    self.is_function = false;
                    self.begin(Block::Conditional);
                }
            }
            _ => return self.joined(place, &command),
        }
        self.parsed.leave_out(&command.line, LeftOut::Noise);
        self.succeeds = Runs::Yes;
        next
    }

    fn begin(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Runs the body of a loop for each word of its list; without knowing them, once as a condition.
    fn repeated(&mut self, place: usize, command: &ShellCommand) -> Flow {
        self.parsed.leave_out(&command.line, LeftOut::Noise);
        let end = self.end_of_loop(place);
        let values = self.values(command);
        let (Some(end), Some((name, values)), Runs::Yes) = (end, values, self.of_blocks()) else {
            self.begin(Block::Conditional);
            return Flow::To(place + 1);
        };
        for value in values {
            self.variables.insert(name.clone(), value);
            if self.range(place + 1, end) == Flow::End {
                return Flow::End;
            }
        }
        self.succeeds = Runs::Yes;
        Flow::To(end + 1)
    }

    /// The name and the words of `for NAME in WORDS`.
    fn values(&self, command: &ShellCommand) -> Option<(String, Vec<String>)> {
        let ["for", name, "in", ..] =
            command.words.iter().map(String::as_str).collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let words = command.words[3..].iter();
        let values: Result<Vec<_>, _> = words.map(|word| expanded(word, &self.variables)).collect();
        let values = values.ok()?.concat();
        // The shell makes several words of patterns and braces.
        let is_plain = |word: &String| !word.contains(['*', '?', '{', '`']);
        (values.iter().all(is_plain) && is_name(name)).then(|| (name.to_owned(), values))
    }

    /// The place of the `done` of a loop.
    fn end_of_loop(&self, place: usize) -> Option<usize> {
        let mut depth = 0_u32;
        let rest = self.commands.iter().enumerate().skip(place);
        for (place, command) in rest {
            match command.first() {
                "for" | "while" | "until" | "select" => depth += 1,
                "done" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(place);
            }
        }
        None
    }

    /// Whether a command in all open blocks runs.
    fn of_blocks(&self) -> Runs {
        if self.blocks.contains(&Block::Conditional) {
            Runs::Unknown
        } else {
            Runs::Yes
        }
    }

    /// Runs a command as far as what joins it to the one before it lets it run.
    fn joined(&mut self, place: usize, command: &ShellCommand) -> Flow {
        let of_joint = match (command.joint, self.succeeds) {
            (Joint::Next, _) | (Joint::Or, Runs::No) => Runs::Yes,
            (Joint::Pipe, _) => self.runs,
            (Joint::And, succeeds) => succeeds,
            (Joint::Or, Runs::Yes) => Runs::No,
            (Joint::Or, Runs::Unknown) => Runs::Unknown,
        };
        self.runs = match (of_joint, self.of_blocks()) {
            (Runs::No, _) | (_, Runs::No) => Runs::No,
            (Runs::Yes, Runs::Yes) => Runs::Yes,
            _ => Runs::Unknown,
        };
        if self.runs != Runs::No {
            self.succeeds = if is_test(command.first()) {
                Runs::Unknown
            } else {
                of_joint
            };
        }
        self.run(place, command)
    }

    fn run(&mut self, place: usize, command: &ShellCommand) -> Flow {
        let line = &command.line;
        let concerns_routes = concerns_routes(&command.words);
        match self.runs {
            Runs::Yes => return self.run_always(place, command),
            Runs::No if concerns_routes => self.parsed.leave_out(line, LeftOut::NotRun),
            Runs::Unknown if concerns_routes || jump(command).is_some() => {
                self.parsed.reject(line, unknown_condition());
            }
            Runs::Unknown => {
                self.forget_set(command);
                self.parsed.leave_out(line, LeftOut::Noise);
            }
            Runs::No => self.parsed.leave_out(line, LeftOut::Noise),
        }
        Flow::To(place + 1)
    }

    fn run_always(&mut self, place: usize, command: &ShellCommand) -> Flow {
        let line = &command.line;
        match jump(command) {
            Some(Jump::OfScript) => return Flow::End,
            Some(Jump::OfLoop) => {
                let error = "a jump in a loop cannot be imported";
                let expected = "the commands themselves, one a line";
                self.parsed
                    .reject(line, LineError::unsupported(error, expected));
                return Flow::To(place + 1);
            }
            None => {}
        }
        let concerns_routes = concerns_routes(&command.words);
        let is_set = !concerns_routes && self.set(command);
        // The commands that `ip -batch -` reads follow in the script.
        let commands_follow =
            ip_command::reads_commands(&command.words) && command.joint != Joint::Pipe;
        if is_set || commands_follow || !concerns_routes && self.is_script {
            self.parsed.leave_out(line, LeftOut::Noise);
        } else if let Err(error) = self.route_command(command) {
            self.parsed.reject(line, error);
        }
        Flow::To(place + 1)
    }

    fn route_command(&mut self, command: &ShellCommand) -> Result<(), LineError> {
        let mut words = Vec::new();
        for raw in &command.words {
            words.extend(expanded(raw, &self.variables).map_err(|part| no_value(&part))?);
        }
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        ip_command::command(&mut self.parsed, &command.line, &words)
    }

    /// Runs `NAME=VALUE`; false for another command. A value that depends on the computer is unknown.
    fn set(&mut self, command: &ShellCommand) -> bool {
        let prefixes = ["export", "readonly", "local", "declare", "typeset"];
        let skipped = usize::from(prefixes.contains(&command.first()));
        let pairs: Vec<_> = command.words[skipped.min(command.words.len())..]
            .iter()
            .map(|word| assignment(word))
            .collect();
        if pairs.is_empty() || pairs.iter().any(Option::is_none) {
            self.forget_set(command);
            return false;
        }
        for (name, raw) in pairs.into_iter().flatten() {
            let is_plain = !raw.starts_with('(') && !name.ends_with('+');
            match expanded(raw, &self.variables) {
                Ok(words) if is_plain => {
                    self.variables.insert(name.to_owned(), words.join(" "));
                }
                _ => {
                    self.variables.remove(name.trim_end_matches('+'));
                }
            }
        }
        true
    }

    /// Makes the values unknown that a command may set.
    fn forget_set(&mut self, command: &ShellCommand) {
        let names_variables = matches!(command.first(), "read" | "unset" | "printf" | "getopts");
        for word in &command.words {
            if let Some((name, _)) = assignment(word) {
                self.variables.remove(name.trim_end_matches('+'));
            } else if names_variables {
                self.variables.remove(word.as_str());
            }
        }
    }
}

/// A command after which another may follow than the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Jump {
    OfScript,
    OfLoop,
}

fn jump(command: &ShellCommand) -> Option<Jump> {
    match command.first() {
        "exit" | "return" => Some(Jump::OfScript),
        "break" | "continue" => Some(Jump::OfLoop),
        _ => None,
    }
}

/// The name and the value of `NAME=VALUE`, and of `NAME+=VALUE` with the `+`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    is_name(name.strip_suffix('+').unwrap_or(name)).then_some((name, value))
}

/// True for `name ()`.
fn is_function(command: &ShellCommand) -> bool {
    command.words.get(1).is_some_and(|word| word == "()")
}

/// True for a command that can fail without a mistake.
fn is_test(name: &str) -> bool {
    matches!(
        name,
        "[" | "[["
            | "test"
            | "grep"
            | "egrep"
            | "ping"
            | "false"
            | "command"
            | "which"
            | "type"
            | "!"
    )
}

fn unknown_condition() -> LineError {
    LineError::unsupported(
        "the condition depends on the computer, so the command may not run",
        "the command without a condition",
    )
}

/// The error for a part of a command whose value the script does not set.
fn no_value(part: &str) -> LineError {
    let name = part.trim_start_matches(['$', '{']).trim_end_matches('}');
    if is_name(name) {
        return LineError::new(
            format!("the variable `{part}` has no value in this file"),
            format!("the value itself, or `{name}=VALUE` in an earlier line"),
        );
    }
    LineError::unsupported(
        format!("the value of `{part}` depends on the computer"),
        "the value itself",
    )
}
