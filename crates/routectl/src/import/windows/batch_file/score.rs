//! How surely a line is of a batch file.

use crate::import::prompt;
use crate::import::score::Score;
use crate::import::windows::{command, route_exe};

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
        return route_exe::score(&trimmed);
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

/// True for a command of the command interpreter.
pub(super) fn is_builtin(word: &str) -> bool {
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
