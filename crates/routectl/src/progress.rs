//! A progress bar, for work that takes more than one call.

use indicatif::{ProgressBar, ProgressStyle};
use ipforward::Batch;

/// A bar that looks like this. `indicatif` draws it on the error output of a terminal only.
pub(crate) fn bar(count: usize, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A bar of routes. It is on the error output if that is a terminal, and disappears when it is dropped.
#[derive(Debug)]
pub(crate) struct RouteBar(ProgressBar);

impl RouteBar {
    /// A bar for so many routes. What one call can do has none.
    pub(crate) fn new(message: &'static str, count: usize) -> Self {
        if count <= Batch::ENTRIES_MAX as usize {
            return Self(ProgressBar::hidden());
        }
        let template = "{msg} {bar:40} {human_pos} of {human_len} routes, {eta}";
        Self(bar(count, template).with_message(message))
    }

    /// Runs `print`, which prints lines, while the bar is not on the terminal.
    pub(crate) fn behind<R>(&self, print: impl FnOnce() -> R) -> R {
        self.0.suspend(print)
    }

    /// Shows that so many routes are done.
    pub(crate) fn set_done(&self, count: usize) {
        self.0.set_position(count as u64);
    }
}

impl Drop for RouteBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
