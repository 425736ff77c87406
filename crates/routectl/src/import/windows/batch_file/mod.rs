//! Batch files: runs the commands for routes, and follows jumps and conditions.

mod blocks;
mod loops;
mod one_command;
mod score;

use std::collections::HashMap;

use super::cmd_line::{Variables, commands};
use super::command::{self, CommandContext};
use super::condition::ConditionValue;
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::prompt;

pub(in crate::import) use score::score;

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

fn unsupported(what: &str) -> LineError {
    LineError::unsupported(
        format!("{what} cannot be imported"),
        "the commands themselves, one a line",
    )
}
