//! How much memory a process has.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// How often the memory of a running program is read. It only grows, so the last figure is at most this
/// much too old.
const INTERVAL: Duration = Duration::from_millis(2);

/// The resident memory of a process now, in MiB.
pub(crate) fn now(process: u32) -> Result<f64> {
    figure(process, "VmRSS:").context("the process has memory")
}

/// The most resident memory that a program had, in MiB. Its output is dropped.
pub(crate) fn peak_of(mut command: Command) -> Result<f64> {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let peak = peak_until_end(&mut child)?;
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {errors}");
    Ok(peak)
}

fn peak_until_end(child: &mut Child) -> Result<f64> {
    let mut peak = 0.0;
    while child.try_wait()?.is_none() {
        // A process that has just ended has no memory.
        peak = figure(child.id(), "VmHWM:").unwrap_or(peak);
        thread::sleep(INTERVAL);
    }
    Ok(peak)
}

/// A figure of a process in MiB.
fn figure(process: u32, name: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: f64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1_024.0)
}
