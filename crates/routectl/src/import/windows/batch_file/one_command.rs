//! One command of a line.

use super::score::is_builtin;
use super::{BatchRun, Flow, is_comment, unsupported};
use crate::import::address::is_address;
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::windows::cmd_line::unknown_variable;
use crate::import::windows::command;

impl BatchRun {
    pub(super) fn command(&mut self, line: &Line, command: &str) -> Flow {
        let command = command.trim_matches(|letter: char| letter == '@' || letter.is_whitespace());
        if is_comment(command) {
            return Flow::Next;
        }
        let lower = command.to_ascii_lowercase();
        let (first, rest) = lower
            .split_once(char::is_whitespace)
            .unwrap_or((&lower, ""));
        match first {
            "goto" => return Flow::Jump(rest.trim().trim_start_matches(':').to_owned()),
            "exit" => return Flow::End,
            "set" => self.set(&command[3..]),
            "call" if rest.trim_start().starts_with(':') => {
                self.parsed
                    .reject(line, unsupported("a call of a part of the file"));
            }
            _ if command::concerns_routes(command) => self.route_command(line, command),
            _ => {
                let handled = command::run(&mut self.parsed, &mut self.context, line, command);
                if !handled {
                    self.not_a_command(line, first);
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
        let command = command.trim_start_matches('(').trim_end_matches(')').trim();
        if !command::run(&mut self.parsed, &mut self.context, line, command) {
            let error = LineError::unsupported(
                "a route inside another command cannot be imported",
                "the command for the route alone",
            );
            self.parsed.reject(line, error);
        }
    }

    /// A command of another program, or a line that is no command at all.
    fn not_a_command(&mut self, line: &Line, first: &str) {
        let is_start = |letter: char| letter.is_alphabetic() || r#""%.\("#.contains(letter);
        // A misspelled command for a route must not be lost.
        let lower = line.text.to_ascii_lowercase();
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

    /// `set NAME=VALUE`, `set "NAME=VALUE"`; the value of `/p` and `/a` is unknown.
    fn set(&mut self, text: &str) {
        let text = text.trim_start();
        let is_unknown = text.starts_with('/');
        let text = text.trim_start_matches('/').trim_matches('"');
        if let Some((name, value)) = text.split_once('=') {
            if is_unknown {
                let name = name.split_whitespace().last().unwrap_or_default();
                self.variables.forget(name);
            } else {
                self.variables.set(name, value.trim_matches('"'));
            }
        }
    }
}
