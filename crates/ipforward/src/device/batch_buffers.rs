//! Memory for batches, which a device keeps from one to the next.

use std::mem;
use std::sync::{Mutex, PoisonError};

/// The input and the output of one batch. They are at most 1.4 MB, which the system would have to
/// provide anew for each batch, page by page: that costs more than to fill it.
#[derive(Debug, Default)]
pub(super) struct BatchBuffers {
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
}

/// The buffers of the last batch.
#[derive(Debug, Default)]
pub(super) struct SpareBuffers(Mutex<BatchBuffers>);

impl SpareBuffers {
    /// Runs `call` with the buffers of the last batch; with new ones if another thread has them.
    pub(super) fn with<R>(&self, call: impl FnOnce(&mut BatchBuffers) -> R) -> R {
        let mut buffers = self.replace(BatchBuffers::default());
        let outcome = call(&mut buffers);
        self.replace(buffers);
        outcome
    }

    fn replace(&self, buffers: BatchBuffers) -> BatchBuffers {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut spare, buffers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffers_of_a_batch_are_used_for_the_next() {
        let spare = SpareBuffers::default();
        let address = spare.with(|buffers| {
            buffers.input.push(1);
            buffers.input.as_ptr()
        });
        spare.with(|buffers| {
            assert_eq!(buffers.input.as_ptr(), address);
            // Another thread would have buffers of its own meanwhile.
            spare.with(|others| assert!(others.input.is_empty()));
        });
    }
}
