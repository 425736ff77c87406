//! Batch files: runs the commands for routes, and follows jumps and conditions.

use std::collections::HashMap;

use super::cmd_line::{Variables, commands, unknown_variable};
use super::command::{self, CommandContext};
use super::condition::{ConditionValue, condition};
use crate::import::address::is_address;
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::prompt;
use crate::import::score::Score;

/// How surely a line is of a batch file or a command of Windows.
pub(in crate::import) fn score(line: &str) -> Score {
    let line = prompt::command(line).unwrap_or(line);
    let trimmed = line
        .trim_start()
        .trim_start_matches('@')
        .to_ascii_lowercase();
    let first = trimmed.split_whitespace().next().unwrap_or_default();
    let is_sure = [
        "%~",
        "goto ",
        "setlocal",
        "if errorlevel",
        "rem ",
        "echo off",
        "chcp ",
    ];
    if command::is_route_command(&trimmed) || trimmed.starts_with("netsh ") {
        return super::route_exe::score(&trimmed);
    }
    if trimmed.starts_with("::") && !trimmed.starts_with("::/")
        || is_sure.iter().any(|text| trimmed.starts_with(text))
    {
        return Score::LIKELY;
    }
    if first.starts_with(':') && !first.starts_with("::") || is_builtin(first) {
        return Score::WEAK;
    }
    Score::NONE
}

fn is_builtin(word: &str) -> bool {
    let word = word.split(['.', '>', '(']).next().unwrap_or_default();
    matches!(
        word,
        "echo"
            | "set"
            | "setlocal"
            | "endlocal"
            | "pause"
            | "cls"
            | "color"
            | "title"
            | "cd"
            | "exit"
            | "timeout"
            | "goto"
            | "if"
            | "for"
            | "call"
            | "ping"
            | "rem"
            | "chcp"
    )
}

/// Runs a batch file without arguments; every command succeeds.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut run = BatchRun {
        parsed: Parsed::default(),
        lines: joined_lines(text),
        variables: Variables::new(),
        context: CommandContext::default(),
        blocks: Vec::new(),
    };
    run.all();
    run.parsed
}

/// The lines; a caret at the end joins two.
fn joined_lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut rest = text.lines().zip(1..);
    while let Some((first, number)) = rest.next() {
        let mut whole = first.trim_end().to_owned();
        while whole.ends_with('^') {
            whole.pop();
            let next = rest.next().map_or("", |(next, _)| next);
            whole.push_str(next.trim());
        }
        lines.push(Line::new(number, prompt::command(&whole).unwrap_or(&whole)));
    }
    lines
}

/// A run through the lines.
struct BatchRun {
    parsed: Parsed,
    lines: Vec<Line>,
    variables: Variables,
    context: CommandContext,
    /// The conditions of the open blocks.
    blocks: Vec<ConditionValue>,
}

/// What to do after a command.
enum Flow {
    Next,
    Jump(String),
    End,
}

impl BatchRun {
    fn all(&mut self) {
        let labels: HashMap<String, usize> =
            self.lines.iter().enumerate().filter_map(label).collect();
        let mut place = 0;
        while let Some(line) = self.lines.get(place).cloned() {
            let next = place + 1;
            place = match self.line(&line) {
                Flow::Next => next,
                Flow::End => self.skip(next, self.lines.len()),
                Flow::Jump(name) => match labels.get(&name) {
                    Some(target) if *target >= place => self.skip(next, *target),
                    Some(_) => {
                        self.parsed
                            .reject(&line, unsupported("a jump back to an earlier line"));
                        next
                    }
                    None if name == "eof" => self.skip(next, self.lines.len()),
                    None => {
                        let error =
                            LineError::new(format!("no label `:{name}`"), "a label of the file");
                        self.parsed.reject(&line, error);
                        next
                    }
                },
            };
        }
    }

    /// Counts the commands between two places, which do not run.
    fn skip(&mut self, from: usize, to: usize) -> usize {
        for line in self.lines.get(from..to).unwrap_or_default() {
            if command::concerns_routes(&line.text) {
                self.parsed.leave_out(line, LeftOut::NotRun);
            }
        }
        to
    }

    fn line(&mut self, line: &Line) -> Flow {
        let text = line.text.trim_start_matches(['@', ' ']);
        if text.is_empty() || is_comment(text) || text.starts_with(':') {
            self.parsed.leave_out(line, LeftOut::Noise);
            return Flow::Next;
        }
        let text = self.variables.expanded(text);
        if let Some(after) = text.strip_prefix(')') {
            return self.end_of_block(line, after.trim());
        }
        match self
            .blocks
            .iter()
            .copied()
            .find(|outcome| *outcome != ConditionValue::Yes)
        {
            None => self.command_line(line, &text),
            Some(outcome) => {
                self.skipped_by_block(line, &text, outcome);
                Flow::Next
            }
        }
    }

    fn skipped_by_block(&mut self, line: &Line, text: &str, outcome: ConditionValue) {
        if text.ends_with('(') {
            self.blocks.push(outcome);
        }
        if !command::concerns_routes(text) {
            self.parsed.leave_out(line, LeftOut::Noise);
        } else if outcome == ConditionValue::Unknown {
            self.parsed.reject(line, unknown_condition());
        } else {
            self.parsed.leave_out(line, LeftOut::NotRun);
        }
    }

    fn end_of_block(&mut self, line: &Line, after: &str) -> Flow {
        let outcome = self.blocks.pop().unwrap_or(ConditionValue::Yes);
        let lower = after.to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("else") {
            let otherwise = match outcome {
                ConditionValue::Yes => ConditionValue::No,
                ConditionValue::No => ConditionValue::Yes,
                ConditionValue::Unknown => ConditionValue::Unknown,
            };
            if rest.trim() == "(" {
                self.blocks.push(otherwise);
            } else if command::concerns_routes(rest) {
                self.parsed.reject(line, unknown_condition());
            }
        }
        self.parsed.leave_out(line, LeftOut::Noise);
        Flow::Next
    }

    fn command_line(&mut self, line: &Line, text: &str) -> Flow {
        let lower = text.to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("if ") {
            let rest = &text[text.len() - rest.len()..];
            return self.conditional(line, rest);
        }
        if lower.starts_with("for ") {
            return self.repeated(line, text);
        }
        for command in commands(text) {
            match self.command(line, &command) {
                Flow::Next => {}
                other => return other,
            }
        }
        Flow::Next
    }

    fn conditional(&mut self, line: &Line, text: &str) -> Flow {
        let (outcome, command) = condition(&self.variables, text);
        let command = command.trim();
        if command == "(" {
            self.blocks.push(outcome);
            self.parsed.leave_out(line, LeftOut::Noise);
            return Flow::Next;
        }
        let command = command.trim_start_matches('(').trim_end_matches(')');
        let is_jump = ["goto", "exit", "call"]
            .iter()
            .any(|word| command.to_ascii_lowercase().starts_with(word));
        match outcome {
            ConditionValue::Yes => self.command_line(line, command),
            ConditionValue::Unknown if is_jump || command::concerns_routes(command) => {
                self.parsed.reject(line, unknown_condition());
                Flow::Next
            }
            ConditionValue::No if command::concerns_routes(command) => {
                self.parsed.leave_out(line, LeftOut::NotRun);
                Flow::Next
            }
            ConditionValue::No | ConditionValue::Unknown => {
                self.parsed.leave_out(line, LeftOut::Noise);
                Flow::Next
            }
        }
    }

    /// `for %%i in (a b c) do command`.
    fn repeated(&mut self, line: &Line, text: &str) -> Flow {
        let lower = text.to_ascii_lowercase();
        if !command::concerns_routes(text) {
            self.parsed.leave_out(line, LeftOut::Noise);
            return Flow::Next;
        }
        let parts = || {
            let (head, _) = lower.split_once(" in ")?;
            let name = head.strip_prefix("for ")?.trim().trim_start_matches('%');
            let open = text.find('(')?;
            let close = open + text[open..].find(')')?;
            let (_, body) = text[close + 1..]
                .split_once("do ")
                .or_else(|| text[close + 1..].split_once("DO "))?;
            let is_plain = name.len() == 1 && !text[open..close].contains(['*', '?', '%']);
            is_plain.then(|| {
                (
                    name.to_owned(),
                    text[open + 1..close].to_owned(),
                    body.to_owned(),
                )
            })
        };
        let Some((name, values, body)) = parts() else {
            self.parsed
                .reject(line, unsupported("a loop over something else than a list"));
            return Flow::Next;
        };
        for value in values
            .split([' ', ',', ';'])
            .filter(|value| !value.is_empty())
        {
            let body = body.replace(&format!("%{name}"), value);
            let body = body.replace(&format!("%{}", name.to_ascii_uppercase()), value);
            if let Flow::Jump(_) | Flow::End =
                self.command_line(line, body.trim_matches(['(', ')', ' ']))
            {
                self.parsed
                    .reject(line, unsupported("a jump out of a loop"));
            }
        }
        Flow::Next
    }

    fn command(&mut self, line: &Line, command: &str) -> Flow {
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

fn label((place, line): (usize, &Line)) -> Option<(String, usize)> {
    let name = line
        .text
        .strip_prefix(':')
        .filter(|name| !name.starts_with(':'))?;
    let name = name.split_whitespace().next()?;
    Some((name.to_ascii_lowercase(), place))
}

fn is_comment(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_rem = lower == "rem" || lower.starts_with("rem ") || lower.starts_with("rem\t");
    is_rem || text.starts_with("::") || text.starts_with(['#', ';'])
}

fn unknown_condition() -> LineError {
    LineError::unsupported(
        "the condition depends on the computer, so the command may not run",
        "the command without a condition",
    )
}

fn unsupported(what: &str) -> LineError {
    LineError::unsupported(
        format!("{what} cannot be imported"),
        "the commands themselves, one a line",
    )
}
