//! Conditions and the commands that depend on them: blocks in parentheses and the rest of a line.

use super::scan::{parenthesized, simple_command, word_after};
use super::{BatchRun, Separator};
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::windows::command;
use crate::import::windows::condition::{ConditionValue, condition};

/// Commands that run together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Whether they run.
    pub(super) runs: ConditionValue,
    /// True for a block in parentheses, which can have several lines; else it ends with the line.
    in_parentheses: bool,
    /// True for the body of a loop, which runs any number of times.
    pub(super) is_loop: bool,
}

impl Block {
    pub(super) const fn of_parentheses(runs: ConditionValue) -> Self {
        Self {
            runs,
            in_parentheses: true,
            is_loop: false,
        }
    }

    pub(super) const fn of_line(runs: ConditionValue) -> Self {
        Self {
            runs,
            in_parentheses: false,
            is_loop: false,
        }
    }

    pub(super) const fn of_loop(runs: ConditionValue) -> Self {
        Self {
            runs,
            in_parentheses: true,
            is_loop: true,
        }
    }
}

impl BatchRun {
    /// Whether a command in all open blocks runs.
    pub(super) fn runs(&self) -> ConditionValue {
        let any = |value| self.blocks.iter().any(|block| block.runs == value);
        if any(ConditionValue::No) {
            ConditionValue::No
        } else if any(ConditionValue::Unknown) {
            ConditionValue::Unknown
        } else {
            ConditionValue::Yes
        }
    }

    pub(super) fn is_in_parentheses(&self) -> bool {
        self.blocks.iter().any(|block| block.in_parentheses)
    }

    /// Begins what depends on the condition at the start of the text; returns the rest.
    pub(super) fn begin_condition<'a>(&mut self, text: &'a str) -> &'a str {
        let (runs, rest) = condition(&self.variables, text);
        self.begin_branch(runs, rest)
    }

    fn begin_branch<'a>(&mut self, runs: ConditionValue, text: &'a str) -> &'a str {
        if let Some(inside) = text.trim_start().strip_prefix('(') {
            self.blocks.push(Block::of_parentheses(runs));
            return inside;
        }
        self.blocks.push(Block::of_line(runs));
        text
    }

    /// Ends the innermost block in parentheses; returns the rest to be run, if any.
    pub(super) fn end_of_block<'a>(&mut self, line: &Line, after: &'a str) -> Option<&'a str> {
        self.end_of_line();
        let Some(block) = self.blocks.pop() else {
            // The command interpreter ignores what follows.
            if command::concerns_routes(after) {
                let error = LineError::new("a `)` without a `(`", "both, or none of them");
                self.parsed.reject(line, error);
            }
            return None;
        };
        self.parsed.leave_out(line, LeftOut::Noise);
        if self.blocks.is_empty() {
            self.variables.end_block();
        }
        if let Some(rest) = word_after(after.trim_start(), "else") {
            return Some(self.begin_branch(block.runs.negated(), rest));
        }
        Some(match after.trim_start().strip_prefix("||") {
            Some(alternative) => self.skip_alternative(line, alternative),
            None => after.trim_start_matches([' ', '|']),
        })
    }

    /// Ends the blocks that end with the line.
    pub(super) fn end_of_line(&mut self) {
        let is_of_line = |block: &mut Block| !block.in_parentheses;
        while self.blocks.pop_if(is_of_line).is_some() {}
        if self.blocks.is_empty() {
            self.variables.end_block();
        }
    }

    /// The rest of a text after the commands that run only if an earlier one fails.
    pub(super) fn skip_alternative<'a>(&mut self, line: &Line, text: &'a str) -> &'a str {
        let mut rest = text;
        loop {
            let before = rest;
            rest = rest.trim_start();
            let separator;
            if rest.starts_with('(') {
                let Some((_, after)) = parenthesized(rest) else {
                    self.blocks.push(Block::of_parentheses(ConditionValue::No));
                    return &rest[1..];
                };
                let joined = after.trim_start().strip_prefix("&&");
                (rest, separator) = match joined {
                    Some(next) => (next, Separator::And),
                    None => (after, Separator::End),
                };
            } else {
                (_, separator, rest) = simple_command(rest, self.is_in_parentheses());
            }
            let skipped = &before[..before.len() - rest.len()];
            if command::concerns_routes(skipped) {
                self.parsed.leave_out(line, LeftOut::NotRun);
            }
            // `&` alone ends the alternative; `&&` belongs to it.
            if separator == Separator::End || !skipped.ends_with("&&") && skipped.ends_with('&') {
                return rest;
            }
        }
    }

    /// Rejects the last line if a block of the file does not end.
    pub(super) fn check_all_closed(&mut self) {
        if let (true, Some(line)) = (self.is_in_parentheses(), self.lines.last().cloned()) {
            let error = LineError::new("a block has no `)`", "a `)` for each `(`");
            self.parsed.reject(&line, error);
        }
    }
}

pub(super) fn unknown_condition() -> LineError {
    LineError::unsupported(
        "the condition depends on the computer, so the command may not run",
        "the command without a condition",
    )
}
