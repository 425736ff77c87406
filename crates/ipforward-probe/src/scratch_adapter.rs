//! A network adapter that the probe makes for its experiments, and removes.

use anyhow::{Context, Result};

use crate::adapter_functions::AdapterFunctions;
use crate::journal::Journal;
use crate::probed_stack::ProbedStack;
use crate::scratch_interface::ScratchInterface;

/// An adapter of this program. Dropping it removes it.
pub struct ScratchAdapter<'a> {
    functions: &'a dyn AdapterFunctions,
    instance: String,
}

impl<'a> ScratchAdapter<'a> {
    /// Makes an adapter. If the program is killed, the next start finds it in the journal.
    ///
    /// # Errors
    ///
    /// The journal cannot be written, or the system makes no adapter.
    pub fn create(functions: &'a dyn AdapterFunctions, journal: &Journal) -> Result<Self> {
        let instance = functions.create(&mut |instance| journal.record_adapter(instance))?;
        Ok(Self {
            functions,
            instance,
        })
    }

    /// Its interface, once the stack has it.
    ///
    /// # Errors
    ///
    /// The stack does not get the interface.
    pub fn interface(&self, stack: &dyn ProbedStack) -> Result<ScratchInterface> {
        let luid = self.functions.luid(&self.instance)?;
        ScratchInterface::wait_for(stack, luid)
            .map_err(|error| anyhow::anyhow!("{error}"))
            .context("the interface of the adapter")
    }
}

impl Drop for ScratchAdapter<'_> {
    fn drop(&mut self) {
        // The journal has an adapter that cannot be removed.
        let _ = self.functions.remove(&self.instance);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use super::*;

    /// Adapters in memory.
    #[derive(Default)]
    struct FakeAdapters {
        present: Mutex<Vec<String>>,
        /// True if Windows has no driver for them.
        has_no_driver: bool,
    }

    const INSTANCE: &str = r"ROOT\NET\0001";

    impl AdapterFunctions for FakeAdapters {
        fn create(&self, record: &mut dyn FnMut(&str) -> io::Result<()>) -> Result<String> {
            record(INSTANCE)?;
            anyhow::ensure!(!self.has_no_driver, "cannot install the driver");
            self.present.lock().unwrap().push(INSTANCE.to_owned());
            Ok(INSTANCE.to_owned())
        }

        fn remove(&self, instance: &str) -> Result<bool> {
            let mut present = self.present.lock().unwrap();
            let before = present.len();
            present.retain(|one| one != instance);
            Ok(present.len() < before)
        }

        fn luid(&self, _instance: &str) -> Result<u64> {
            Ok(6 << 48)
        }
    }

    fn journal(folder: &tempfile::TempDir) -> Journal {
        Journal::new(folder.path().join("journal"))
    }

    #[test]
    fn an_adapter_is_removed_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let adapters = FakeAdapters::default();
        let adapter = ScratchAdapter::create(&adapters, &journal(&folder)).unwrap();
        assert_eq!(*adapters.present.lock().unwrap(), [INSTANCE]);
        drop(adapter);
        assert!(adapters.present.lock().unwrap().is_empty());
        assert_eq!(journal(&folder).replay_adapters(&adapters).unwrap(), 0);
    }

    #[test]
    fn the_adapter_of_a_killed_probe_is_removed_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let adapters = FakeAdapters::default();
        let killed = ScratchAdapter::create(&adapters, &journal(&folder)).unwrap();
        std::mem::forget(killed);
        assert_eq!(journal(&folder).replay_adapters(&adapters).unwrap(), 1);
        assert!(adapters.present.lock().unwrap().is_empty());
    }

    #[test]
    fn without_a_journal_no_adapter_is_made() {
        let adapters = FakeAdapters::default();
        let journal = Journal::new("/nonexistent/journal".into());
        assert!(ScratchAdapter::create(&adapters, &journal).is_err());
        assert!(adapters.present.lock().unwrap().is_empty());
    }

    #[test]
    fn a_system_without_the_driver_makes_no_adapter() {
        let folder = tempfile::tempdir().unwrap();
        let adapters = FakeAdapters {
            has_no_driver: true,
            ..FakeAdapters::default()
        };
        let error = ScratchAdapter::create(&adapters, &journal(&folder))
            .err()
            .unwrap();
        assert_eq!(error.to_string(), "cannot install the driver");
        assert_eq!(journal(&folder).replay_adapters(&adapters).unwrap(), 0);
    }
}
