//! Loops over the words of a list.

use super::{BatchRun, Flow, unsupported};
use crate::import::line::Line;
use crate::import::line_kind::LeftOut;
use crate::import::windows::command;

impl BatchRun {
    /// `for %%i in (a b c) do command`.
    pub(super) fn repeated(&mut self, line: &Line, text: &str) -> Flow {
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
}
