//! One command of a line.

use super::blocks::unknown_condition;
use super::score::is_builtin;
use super::{BatchRun, Flow, is_comment, unsupported};
use crate::import::address::is_address;
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::windows::cmd_line::unknown_variable;
use crate::import::windows::command;
use crate::import::windows::condition::ConditionValue;

impl BatchRun {
    /// Runs a command if the blocks around it run.
    pub(super) fn command_in_blocks(&mut self, line: &Line, command: &str) -> Flow {
        let concerns_routes = command::concerns_routes(command);
        match self.runs() {
            ConditionValue::Yes => return self.command(line, command),
            ConditionValue::No if concerns_routes => self.parsed.leave_out(line, LeftOut::NotRun),
            ConditionValue::Unknown if concerns_routes || is_jump(command) => {
                self.parsed.reject(line, unknown_condition());
            }
            ConditionValue::Unknown => self.forget_set(command),
            ConditionValue::No => self.parsed.leave_out(line, LeftOut::Noise),
        }
        Flow::Next
    }

    fn command(&mut self, line: &Line, command: &str) -> Flow {
        let command = command.trim_matches(|letter: char| letter == '@' || letter.is_whitespace());
        if is_comment(command) {
            return Flow::Next;
        }
        let (first, rest) = first_word(command);
        match first.as_str() {
            "goto" => {
                let target = rest
                    .trim_start_matches([':', ' '])
                    .split_whitespace()
                    .next();
                return Flow::Jump(target.unwrap_or_default().to_ascii_lowercase());
            }
            "exit" => return Flow::End,
            "set" => self.set(rest),
            "choice" => {
                // The user decides the value.
                self.variables.forget("errorlevel");
                self.parsed.leave_out(line, LeftOut::Noise);
            }
            "echo" => self.parsed.leave_out(line, LeftOut::Noise),
            "call" if rest.trim_start().starts_with(':') => {
                self.parsed
                    .reject(line, unsupported("a call of a part of the file"));
            }
            _ if command::concerns_routes(command) => self.route_command(line, command),
            _ => {
                let handled = command::run(&mut self.parsed, &mut self.context, line, command);
                if !handled {
                    self.not_a_command(line, &first, command);
                }
            }
        }
        Flow::Next
    }

    fn route_command(&mut self, line: &Line, command: &str) {
        if let Some(variable) = unknown_variable(command) {
            let name = variable.trim_matches(['%', '!']);
            let error = LineError::new(
                format!("the variable `{variable}` has no value in this file"),
                format!("the value itself, or `set {name}=VALUE` in an earlier line"),
            );
            return self.parsed.reject(line, error);
        }
        if !command::run(&mut self.parsed, &mut self.context, line, command) {
            let error = LineError::unsupported(
                "a route inside another command cannot be imported",
                "the command for the route alone",
            );
            self.parsed.reject(line, error);
        }
    }

    /// A command of another program, or a line that is no command at all.
    fn not_a_command(&mut self, line: &Line, first: &str, command: &str) {
        let is_start = |letter: char| letter.is_alphabetic() || r#""%.\("#.contains(letter);
        // A misspelled command for a route must not be lost.
        let lower = command.to_ascii_lowercase();
        let mut words = lower.split_whitespace();
        let is_verb = |word: &str| matches!(word, "add" | "change" | "delete");
        let is_like_a_route = !is_builtin(first) && words.any(is_verb) && words.any(is_address);
        if first.starts_with(is_start) && !is_like_a_route {
            self.parsed.leave_out(line, LeftOut::Noise);
        } else {
            let expected = "`route add`, `route change` or `route delete`";
            self.parsed
                .reject(line, LineError::new("not a route command", expected));
        }
    }

    /// `set NAME=VALUE`, `set "NAME=VALUE"`; the value of `/p` and `/a` is unknown. A space before
    /// `=` belongs to the name.
    fn set(&mut self, text: &str) {
        let text = text.trim_start();
        if text.starts_with('/') || self.blocks.iter().any(|block| block.is_loop) {
            return self.forget_set(text);
        }
        if let Some((name, value)) = text.trim_matches('"').split_once('=') {
            let value = value.trim_matches('"');
            let in_block = self.is_in_parentheses();
            self.variables.set(name, value, in_block);
        }
    }

    /// Makes the values unknown that the commands of a text may set.
    pub(super) fn forget_set(&mut self, text: &str) {
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let names = text.split(|letter| !is_name(letter));
        for name in names.filter(|name| !name.is_empty()) {
            self.variables.forget(name);
        }
    }
}

/// The first word in lower case, and what follows it. The names of commands of the interpreter need
/// no space after them: `goto:end`, `set/p`.
fn first_word(command: &str) -> (String, &str) {
    let is_end = |letter: char| letter.is_whitespace() || ":/=,;(".contains(letter);
    let (first, rest) = command.split_at(command.find(is_end).unwrap_or(command.len()));
    (first.to_ascii_lowercase(), rest)
}

/// True for a command after which another line may follow than the next.
fn is_jump(command: &str) -> bool {
    matches!(
        first_word(command.trim()).0.as_str(),
        "goto" | "exit" | "call"
    )
}

/// True for a command whose result depends on the computer without a mistake.
pub(super) fn is_test(command: &str) -> bool {
    matches!(
        first_word(command.trim()).0.as_str(),
        "find" | "findstr" | "where" | "ping" | "fc"
    )
}
