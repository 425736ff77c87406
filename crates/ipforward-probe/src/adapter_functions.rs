//! What makes and removes the adapters of this program.

use std::io;

use anyhow::{Result, bail};

/// The functions that make and remove the adapters of this program.
pub trait AdapterFunctions {
    /// Makes an adapter and returns its device instance ID. `record` gets the ID before the adapter
    /// exists; if `record` fails, no adapter is made.
    ///
    /// # Errors
    ///
    /// The system makes none. What was made of it is removed.
    fn create(&self, record: &mut dyn FnMut(&str) -> io::Result<()>) -> Result<String>;

    /// Removes an adapter of this program. False if there is no such device.
    ///
    /// # Errors
    ///
    /// The device is none of this program, or the system does not remove it.
    fn remove(&self, instance: &str) -> Result<bool>;

    /// The LUID of the adapter's interface.
    ///
    /// # Errors
    ///
    /// The adapter has no interface.
    fn luid(&self, instance: &str) -> Result<u64>;
}

/// A system on which no adapter can be made.
#[derive(Clone, Copy, Debug)]
pub struct NoAdapters;

impl AdapterFunctions for NoAdapters {
    fn create(&self, _record: &mut dyn FnMut(&str) -> io::Result<()>) -> Result<String> {
        bail!("this system is not Windows")
    }

    fn remove(&self, instance: &str) -> Result<bool> {
        bail!("cannot remove the adapter {instance}: this system is not Windows")
    }

    fn luid(&self, instance: &str) -> Result<u64> {
        bail!("the adapter {instance} has no interface")
    }
}
