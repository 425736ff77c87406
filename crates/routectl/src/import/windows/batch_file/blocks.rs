//! Conditions and the blocks in parentheses behind them.

use super::{BatchRun, Flow};
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::windows::command;
use crate::import::windows::condition::{ConditionValue, condition};

impl BatchRun {
    pub(super) fn skipped_by_block(&mut self, line: &Line, text: &str, outcome: ConditionValue) {
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

    pub(super) fn end_of_block(&mut self, line: &Line, after: &str) -> Flow {
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

    pub(super) fn conditional(&mut self, line: &Line, text: &str) -> Flow {
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
}

fn unknown_condition() -> LineError {
    LineError::unsupported(
        "the condition depends on the computer, so the command may not run",
        "the command without a condition",
    )
}
