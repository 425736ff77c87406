//! Applying a batch of any size.

use ipforward::{Batch, Device, Outcome};

use crate::error::CommandError;
use crate::progress::RouteBar;

/// Applies a batch page by page.
pub(super) fn apply(
    device: &Device,
    batch: &Batch,
    message: &'static str,
) -> Result<Outcome, CommandError> {
    let bar = RouteBar::new(message, batch.entries().len());
    Ok(device.apply_pages(batch, |done| bar.set_done(done))?)
}
