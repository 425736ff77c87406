//! A batch of any size, with a bar on the terminal if it takes more than one call.

use indicatif::{ProgressBar, ProgressStyle};
use ipforward::{Batch, Device, Outcome};

use super::PAGE;
use crate::failure::Failure;

/// Applies a batch page by page. The bar is on the error output, and on a terminal only.
pub(super) fn apply(
    device: &Device,
    batch: &Batch,
    what: &'static str,
) -> Result<Outcome, Failure> {
    let count = batch.entries().len();
    let bar = if count > PAGE {
        bar(count, what)
    } else {
        ProgressBar::hidden()
    };
    let outcome = device.apply_pages(batch, |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    Ok(outcome?)
}

fn bar(count: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(count as u64).with_message(what);
    match ProgressStyle::with_template("{msg} {bar:40} {human_pos} of {human_len} routes, {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
