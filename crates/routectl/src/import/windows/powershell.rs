//! Scripts of PowerShell with `New-NetRoute`, `Set-NetRoute` and `Remove-NetRoute`.

use std::collections::HashMap;

use super::command::{self, CommandContext};
use super::parameter_table::{self, ParameterTables};
use super::{powershell_route, route_exe};
use crate::import::line::{Line, LineError};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;
use crate::import::{prompt, quoted};

/// How surely a line is of such a script.
pub(in crate::import) fn score(line: &str) -> Score {
    let line = prompt::command(line)
        .unwrap_or(line)
        .trim()
        .to_ascii_lowercase();
    let first = line.split_whitespace().next().unwrap_or_default();
    // They can stand in a script of PowerShell as well.
    if command::is_route_command(&line) || first == "netsh" {
        return route_exe::score(&line);
    }
    if powershell_route::is_command(first) {
        Score::SURE
    } else if line.starts_with('$') && line.contains('=')
        || line.starts_with("param(")
        || first.contains("-net")
            && first.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && !first.contains(['=', '"'])
        || line.contains("-netroute")
    {
        Score::LIKELY
    } else {
        Score::NONE
    }
}

/// Parses all lines. Expands variables that the script itself sets.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut variables = HashMap::from(
        [
            ("env:systemroot", r"C:\Windows"),
            ("env:windir", r"C:\Windows"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let mut context = CommandContext::default();
    let mut lines = text.lines().zip(1..);
    let mut is_comment = false;
    let mut blocks = Vec::new();
    let mut tables = ParameterTables::default();
    while let Some((first, number)) = lines.next() {
        let mut whole = prompt::command(first).unwrap_or(first).trim().to_owned();
        while whole.ends_with('`') {
            whole.pop();
            let next = lines.next().map_or("", |(next, _)| next);
            whole.push_str(next.trim());
        }
        let line = Line::new(number, &whole);
        let code = without_comments(&line.text, &mut is_comment);
        if code.trim().is_empty() {
            parsed.leave_out(&line, LeftOut::Noise);
            continue;
        }
        if let Some((name, first)) = parameter_table::begin(&code) {
            let mut body = first.to_owned();
            while !parameter_table::is_whole(&body) {
                let Some((next, _)) = lines.next() else { break };
                body.push('\n');
                body.push_str(&without_comments(next, &mut is_comment));
            }
            if blocks.iter().all(String::is_empty) {
                tables.set(name, &body, |value| expanded(&variables, value));
            } else {
                tables.forget(&name);
            }
            parsed.leave_out(&line, LeftOut::Noise);
            continue;
        }
        let conditional = block_around(&mut blocks, &code);
        if let (Some(block), true) = (&conditional, command::concerns_routes(&code)) {
            let error =
                format!("a route inside of `{block}`, which may not run, cannot be imported");
            let expected = "the command alone, one a line";
            parsed.reject(&line, LineError::unsupported(error, expected));
            continue;
        }
        if conditional.is_some() {
            forget_assigned(&mut variables, &code);
            continue;
        }
        if matches!(code.trim(), "exit" | "return" | "break") || code.trim().starts_with("exit ") {
            not_run(&mut parsed, lines);
            break;
        }
        if let Some(end) = end_of_text(&code) {
            let body = lines
                .by_ref()
                .take_while(|(text, _)| !text.starts_with(end));
            let body: String = body.map(|(text, _)| text).collect::<Vec<_>>().join(" ");
            if command::concerns_routes(&body) {
                let error = "a route inside of a text cannot be imported";
                let expected = "the command alone, one a line";
                parsed.reject(&line, LineError::unsupported(error, expected));
            }
            forget_assigned(&mut variables, &code);
            continue;
        }
        for statement in quoted::split(&tables.expanded(&code), &[';']) {
            statement_of(
                &mut parsed,
                &mut variables,
                &mut context,
                &line,
                statement.trim(),
            );
        }
    }
    parsed
}

/// Leaves out the lines after the end of the script.
fn not_run<'a>(parsed: &mut Parsed, lines: impl Iterator<Item = (&'a str, usize)>) {
    for (text, number) in lines.filter(|(text, _)| command::concerns_routes(text)) {
        parsed.leave_out(&Line::new(number, text), LeftOut::NotRun);
    }
}

/// The beginning of the line that ends a text of several lines.
fn end_of_text(code: &str) -> Option<&'static str> {
    match code.trim_end() {
        code if code.ends_with("@\"") => Some("\"@"),
        code if code.ends_with("@'") => Some("'@"),
        _ => None,
    }
}

/// The line without comments. `is_comment` is true while a comment of several lines is open.
fn without_comments(text: &str, is_comment: &mut bool) -> String {
    let mut code = String::new();
    let mut quote = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        if *is_comment {
            *is_comment = !rest.starts_with("#>");
            rest = if *is_comment { after } else { &rest[2..] };
            continue;
        }
        let begins_word = code.is_empty() || code.ends_with(char::is_whitespace);
        match (letter, quote) {
            ('<', None) if after.starts_with('#') => {
                *is_comment = true;
                rest = &rest[2..];
                continue;
            }
            ('#', None) if begins_word => return code,
            ('"' | '\'', None) => quote = Some(letter),
            (_, Some(open)) if open == letter => quote = None,
            _ => {}
        }
        code.push(letter);
        rest = after;
    }
    code
}

/// The first word of the innermost block around a line whose commands may not run, if any. Adds the
/// blocks that the line opens, and removes those that it closes.
fn block_around(blocks: &mut Vec<String>, code: &str) -> Option<String> {
    let mut head = code.split('{').next().unwrap_or_default();
    head = head.trim_start_matches(['}', ' ', '\t']);
    let word = head.split([' ', '(', '\t']).next().unwrap_or_default();
    let word = word.to_ascii_lowercase();
    // The commands of these blocks always run, once.
    let always = matches!(
        word.as_str(),
        "" | "try" | "&" | "." | "begin" | "end" | "finally"
    );
    let closed = code.matches('}').count();
    let opened = code.matches('{').count();
    if code.trim_start().starts_with('}') {
        blocks.pop();
    }
    let around = blocks.iter().rev().find(|block| !block.is_empty()).cloned();
    let closed = closed - usize::from(code.trim_start().starts_with('}'));
    for _ in 0..opened.saturating_sub(closed) {
        blocks.push(if always { String::new() } else { word.clone() });
    }
    for _ in 0..closed.saturating_sub(opened) {
        blocks.pop();
    }
    around
}

fn statement_of(
    parsed: &mut Parsed,
    variables: &mut HashMap<String, String>,
    context: &mut CommandContext,
    line: &Line,
    text: &str,
) {
    if let Some((name, value)) = assignment(text)
        && !command::concerns_routes(value)
    {
        let value = value.trim_matches(['"', '\'']);
        if value.contains(['(', '$', '{', '@', '|']) {
            variables.remove(&name);
        } else {
            variables.insert(name, value.to_owned());
        }
        return parsed.leave_out(line, LeftOut::Noise);
    }
    if !command::concerns_routes(text) {
        forget_assigned(variables, text);
        return parsed.leave_out(line, LeftOut::Noise);
    }
    // The output of the command does not matter; input from another command does.
    let text = text.split_once(" | ").map_or(text, |(command, _)| command);
    let text = text.strip_prefix("[void]").unwrap_or(text).trim();
    let text = assignment(text).map_or(text, |(_, value)| value);
    // The operator that runs a command.
    let text = text.strip_prefix("& ").unwrap_or(text);
    let expanded = expanded(variables, text);
    // The name of a module before the command.
    let expanded = match expanded.split_once('\\') {
        Some((module, rest)) if module.eq_ignore_ascii_case("nettcpip") => rest.to_owned(),
        _ => expanded,
    };
    let first = expanded
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if !powershell_route::is_command(&first)
        && !command::is_route_command(&expanded)
        && first != "netsh"
    {
        let error = "a route inside another statement cannot be imported";
        let expected = "the command alone, one a line";
        return parsed.reject(line, LineError::unsupported(error, expected));
    }
    let unknown = expanded.split_whitespace().find(|word| {
        word.trim_matches(['"', '\'']).starts_with('$')
            && !matches!(word.to_ascii_lowercase().as_str(), "$true" | "$false")
    });
    if let Some(variable) = unknown {
        let error = format!("the variable `{variable}` has no value in this file");
        let expected = format!("the value itself, or `{variable} = \"VALUE\"` in an earlier line");
        return parsed.reject(line, LineError::new(error, expected));
    }
    command::run(parsed, context, line, &expanded);
}

/// Makes the values unknown that a statement may assign somewhere inside of it.
fn forget_assigned(variables: &mut HashMap<String, String>, text: &str) {
    for part in text.split('$').skip(1) {
        let end = part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        if rest
            .trim_start()
            .trim_start_matches(['+', '-', '*'])
            .starts_with('=')
        {
            variables.remove(&name.to_ascii_lowercase());
        }
    }
}

/// The name and the value of `$name = value`.
fn assignment(text: &str) -> Option<(String, &str)> {
    let (name, value) = text.strip_prefix('$')?.split_once('=')?;
    let name = name.trim();
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| (name.to_ascii_lowercase(), value.trim()))
}

fn expanded(variables: &HashMap<String, String>, text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
        let of_system = after
            .get(..4)
            .filter(|text| text.eq_ignore_ascii_case("env:"));
        let start = of_system.map_or(0, str::len);
        let end = after[start..]
            .find(is_end)
            .map_or(after.len(), |end| start + end);
        let (name, end) = after.split_at(end);
        match variables.get(&name.to_ascii_lowercase()) {
            Some(value) if value.contains(' ') && !before.ends_with('"') => {
                result.extend(["\"", value, "\""]);
            }
            Some(value) => result.push_str(value),
            None => {
                result.push('$');
                result.push_str(name);
            }
        }
        rest = end;
    }
    result + rest
}
