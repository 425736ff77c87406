//! Batch files: runs the commands for routes, and follows jumps and conditions.

mod blocks;
mod loops;
mod one_command;
mod scan;
mod score;

use std::collections::HashMap;

use super::cmd_line::{Variables, without_redirections};
use super::command::{self, CommandContext};
use super::condition::ConditionValue;
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::prompt;
use blocks::Block;
use one_command::is_test;
use scan::{Separator, simple_command, word_after};

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
        while whole.ends_with('^') && !is_comment(whole.trim_start_matches(['@', ' '])) {
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
    /// The open blocks, the outermost first.
    blocks: Vec<Block>,
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
        self.check_all_closed();
    }

    /// Counts the commands between two places, which do not run. A jump leaves all blocks.
    fn skip(&mut self, from: usize, to: usize) -> usize {
        self.blocks.clear();
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
            if text.ends_with('^') && is_comment(text) {
                self.check_after_comment(line);
            }
            self.parsed.leave_out(line, LeftOut::Noise);
            return Flow::Next;
        }
        let text = without_redirections(&self.variables.expanded(text));
        let flow = self.run(line, &text);
        self.end_of_line();
        flow
    }

    /// A caret at the end of a comment: whether the next line still belongs to it depends on how the
    /// comment is written.
    fn check_after_comment(&mut self, line: &Line) {
        let next = self.lines.iter().find(|next| next.number > line.number);
        if next.is_some_and(|next| command::concerns_routes(&next.text)) {
            let error = "a `^` at the end of a comment can make the next line a part of it";
            self.parsed
                .reject(line, LineError::new(error, "the comment without `^`"));
        }
    }

    /// Runs the commands of a text in their order.
    fn run(&mut self, line: &Line, text: &str) -> Flow {
        let mut text = text.trim_start_matches(|letter: char| {
            letter.is_whitespace() || matches!(letter, '@' | '&')
        });
        while !text.is_empty() {
            if let Some(inside) = text.strip_prefix('(') {
                self.blocks.push(Block::of_parentheses(ConditionValue::Yes));
                text = inside;
            } else if let Some(after) = text.strip_prefix(')') {
                match self.end_of_block(line, after) {
                    Some(rest) => text = rest,
                    None => return Flow::Next,
                }
            } else if let Some(rest) = word_after(text, "if") {
                text = self.begin_condition(rest);
            } else if word_after(text, "for").is_some() {
                match self.repeated(line, text) {
                    Ok(rest) => text = rest,
                    Err(flow) => return flow,
                }
            } else {
                let (command, separator, rest) = simple_command(text, self.is_in_parentheses());
                match self.command_in_blocks(line, &command) {
                    Flow::Next => {}
                    other => return other,
                }
                let consumed = &text[..text.len() - rest.len()];
                let is_joined = separator == Separator::Or || consumed.ends_with("&&");
                text = if is_joined && is_test(&command) {
                    self.blocks.push(Block::of_line(ConditionValue::Unknown));
                    rest
                } else if separator == Separator::Or {
                    self.skip_alternative(line, rest)
                } else {
                    rest
                };
            }
            text = text.trim_start_matches(|letter: char| {
                letter.is_whitespace() || matches!(letter, '@' | '&')
            });
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
