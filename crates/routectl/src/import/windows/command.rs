//! Commands of Windows that concern routes, whichever program runs them.

use super::netsh::{self, NetshContext};
use super::{powershell_route, route_exe};
use crate::import::line::Line;
use crate::import::parsed::Parsed;
use crate::import::quoted;

/// What earlier commands of a file mean for later ones.
#[derive(Debug, Default)]
pub(super) struct CommandContext {
    pub(super) netsh: NetshContext,
}

/// Runs a command; false if it does not concern routes.
pub(super) fn run(
    parsed: &mut Parsed,
    context: &mut CommandContext,
    line: &Line,
    command: &str,
) -> bool {
    let words = words_of(command);
    let Some((program, rest)) = words.split_first() else {
        return false;
    };
    match program_name(program).as_str() {
        "route" => route_exe::command(parsed, line, rest),
        "netsh" => netsh::command(parsed, &mut context.netsh, line, rest),
        "powershell" | "pwsh" | "cmd" | "call" | "start" => {
            // Options, and the title of `start`.
            let is_option = |word: &&String| word.is_empty() || word.starts_with(['-', '/']);
            let inner: Vec<_> = rest
                .iter()
                .skip_while(is_option)
                .map(|word| requoted(word))
                .collect();
            let inner = if let [whole] = &inner[..] {
                whole.trim_matches('"').to_owned()
            } else {
                inner.join(" ")
            };
            return run(parsed, context, line, &inner);
        }
        name if powershell_route::is_command(name) => {
            powershell_route::command(parsed, line, name, rest);
        }
        _ if context.netsh.is_open() => netsh::command(parsed, &mut context.netsh, line, &words),
        _ => return false,
    }
    true
}

/// The words of a command. Only PowerShell has single quotes.
fn words_of(command: &str) -> Vec<String> {
    let words = quoted::words(command);
    let name = words.first().map(|word| word.to_ascii_lowercase());
    if name.is_some_and(|name| powershell_route::is_command(&name)) {
        return quoted::words_with(command, &['"', '\'']);
    }
    words
}

/// A word with quotes, if it has spaces.
fn requoted(word: &str) -> String {
    if word.contains(char::is_whitespace) {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}

/// The name of a program without its folder and its extension.
fn program_name(word: &str) -> String {
    let lower = word.trim_start_matches('@').to_ascii_lowercase();
    let file = lower.rsplit(['\\', '/']).next().unwrap_or_default();
    let name = file.strip_suffix(".exe").unwrap_or(file);
    // `%windir%\system32\route` has no space; a variable alone names no program.
    name.to_owned()
}

/// True for a command of `route`, in any spelling of the program.
pub(super) fn is_route_command(command: &str) -> bool {
    let words = quoted::words(command);
    words
        .first()
        .is_some_and(|word| program_name(word) == "route")
}

/// True for a verb and a subject of `netsh`, abbreviated or not, that change a route.
fn is_route_change_of_netsh(verb: &str, subject: &str) -> bool {
    let is_short = |word: &str, full: &str| !word.is_empty() && full.starts_with(word);
    let is_verb = ["add", "set", "delete"]
        .iter()
        .any(|full| is_short(verb, full));
    is_verb && (is_short(subject, "route") || subject.ends_with("route"))
}

/// True if a command, or one that it runs, concerns routes.
pub(super) fn concerns_routes(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_comment = lower.starts_with("rem ") || lower.starts_with("echo ");
    let words: Vec<_> = lower
        .split(|letter: char| letter.is_whitespace() || "()&|\"'`@{};=,".contains(letter))
        .collect();
    let is_changed = |rest: &[&str]| {
        let mut verbs = rest.iter();
        verbs.any(|word| {
            matches!(
                *word,
                "add" | "delete" | "change" | "set" | "del" | "-f" | "/f"
            )
        })
    };
    let concerns = |place: usize| {
        let (name, rest) = (program_name(words[place]), &words[place + 1..]);
        match name.as_str() {
            "route" => is_changed(rest),
            "netsh" => rest
                .windows(2)
                .any(|pair| is_route_change_of_netsh(pair[0], pair[1])),
            name => powershell_route::is_command(name),
        }
    };
    !is_comment && (0..words.len()).any(concerns)
}
