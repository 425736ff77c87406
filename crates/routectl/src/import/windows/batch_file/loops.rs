//! Loops over the words of a list.

use super::blocks::{Block, unknown_condition};
use super::scan::{parenthesized, word_after};
use super::{BatchRun, Flow, unsupported};
use crate::import::line::Line;
use crate::import::line_kind::LeftOut;
use crate::import::windows::command;
use crate::import::windows::condition::ConditionValue;

/// The parts of `for %%i in (a b c) do body`.
struct Loop<'a> {
    /// The letter of the variable.
    name: char,
    values: &'a str,
    /// The body and all that follows it.
    body: &'a str,
    /// True for `for` without `/f`, `/l` and other options.
    is_plain: bool,
}

impl<'a> Loop<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let head = word_after(text, "for")?;
        let open = head.find('(')?;
        let (before, list) = head.split_at(open);
        let (values, after) = parenthesized(list)?;
        let body = word_after(after.trim_start(), "do")?;
        let mut words = before.split_whitespace();
        let variable = words.next()?.trim_start_matches('%');
        let mut letters = variable.chars();
        let is_in = words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("in"));
        Some(Self {
            name: letters.next()?,
            values,
            body,
            is_plain: is_in
                && letters.next().is_none()
                && variable != "/"
                && words.next().is_none()
                && !values.contains(['*', '?', '%', '\'']),
        })
    }
}

impl BatchRun {
    /// Runs the body of a loop for each word of its list; returns the rest of the text, or how to
    /// go on after the line.
    pub(super) fn repeated<'a>(&mut self, line: &Line, text: &'a str) -> Result<&'a str, Flow> {
        let Some(found) = Loop::parse(text) else {
            if command::concerns_routes(text) {
                let error = unsupported("a loop over something else than a list");
                self.parsed.reject(line, error);
            }
            if text.trim_end().ends_with('(') {
                self.blocks.push(Block::of_loop(ConditionValue::Unknown));
            }
            return Err(Flow::Next);
        };
        let (body, rest) = match parenthesized(found.body) {
            Some(parts) => parts,
            None => match found.body.strip_prefix('(') {
                // The body has several lines.
                Some(inside) => {
                    self.blocks.push(Block::of_loop(if found.is_plain {
                        ConditionValue::Yes
                    } else {
                        ConditionValue::Unknown
                    }));
                    return Ok(inside);
                }
                None => (found.body, ""),
            },
        };
        let concerns_routes = command::concerns_routes(body);
        match self.runs() {
            ConditionValue::No if concerns_routes => {
                self.parsed.leave_out(line, LeftOut::NotRun);
            }
            ConditionValue::Unknown if concerns_routes => {
                self.parsed.reject(line, unknown_condition());
            }
            ConditionValue::Yes if concerns_routes && !found.is_plain => {
                let error = unsupported("a loop over something else than a list");
                self.parsed.reject(line, error);
            }
            ConditionValue::Yes if concerns_routes => self.each_value(line, &found, body),
            _ => {
                self.forget_set(body);
                self.parsed.leave_out(line, LeftOut::Noise);
            }
        }
        Ok(rest)
    }

    fn each_value(&mut self, line: &Line, found: &Loop<'_>, body: &str) {
        let values = found.values.split([' ', ',', ';', '\t']);
        for value in values.filter(|value| !value.is_empty()) {
            let body = body.replace(&format!("%{}", found.name), value);
            let depth = self.blocks.len();
            let flow = self.run(line, &body);
            self.blocks.truncate(depth);
            if let Flow::Jump(_) | Flow::End = flow {
                self.parsed
                    .reject(line, unsupported("a jump out of a loop"));
            }
        }
    }
}
