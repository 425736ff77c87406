//! What the figures depend on.

use std::fs;
use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::hosts::FAST;

/// The date, the machine and the builds.
pub(crate) fn lines() -> Result<Vec<String>> {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, name)| name);
    let cores = thread::available_parallelism()?;
    let commit = first_line("git", &["rev-parse", "--short=12", "HEAD"]);
    Ok(vec![
        format!("measured on {}", first_line("date", &["-u", "+%-d %B %Y"])),
        format!("commit {commit}"),
        format!(
            "{cores} cores of {processor}; {}",
            first_line("uname", &["-sr"])
        ),
        format!("release builds; the host runs with {}", FAST.join(" ")),
        "repeat with: cargo xtask bench --report".to_owned(),
    ])
}

/// The first line that a program prints; `unknown` without it.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&output);
    text.lines().next().unwrap_or("unknown").to_owned()
}
