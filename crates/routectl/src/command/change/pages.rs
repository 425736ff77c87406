//! Applying a batch of any size, with a progress bar for more than one call.

use indicatif::{ProgressBar, ProgressStyle};
use ipforward::{Batch, Device, Outcome};

use super::PAGE;
use crate::error::CommandError;

/// Applies a batch page by page. `indicatif` draws the bar on the error output of a terminal only.
pub(super) fn apply(
    device: &Device,
    batch: &Batch,
    message: &'static str,
) -> Result<Outcome, CommandError> {
    let count = batch.entries().len();
    let bar = if count > PAGE {
        bar(count, message)
    } else {
        ProgressBar::hidden()
    };
    let outcome = device.apply_pages(batch, |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    Ok(outcome?)
}

fn bar(count: usize, message: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(count as u64).with_message(message);
    match ProgressStyle::with_template("{msg} {bar:40} {human_pos} of {human_len} routes, {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
