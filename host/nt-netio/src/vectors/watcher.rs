//! A watcher that records its notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use nt_types::{AddressFamily, NtStatus};

use super::row::prefix_text;
use super::test_stack::InterfaceLuids;
use crate::NetworkStack;
use crate::notify::{Change, Notice, Topic};

/// How long a notice that is due may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long nothing has to come for nothing more to be due.
const QUIET: Duration = Duration::from_millis(30);

/// The notices so far.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<(Mutex<Vec<String>>, Condvar)>);

impl Log {
    /// Starts to watch.
    pub(super) fn watch(
        stack: &dyn NetworkStack,
        luids: InterfaceLuids,
        topic: Topic,
        family: AddressFamily,
        initial: bool,
    ) -> Result<Self, NtStatus> {
        let log = Self::default();
        let writer = log.clone();
        let busy = AtomicBool::new(false);
        let callback = move |notice, _following| {
            assert!(!busy.swap(true, Ordering::SeqCst), "one callback at a time");
            writer.write(describe(&notice, luids));
            busy.store(false, Ordering::SeqCst);
        };
        stack.watch(topic, family, initial, vec![Box::new(callback)])?;
        Ok(log)
    }

    fn write(&self, line: String) {
        self.0.0.lock().expect("no callback panics").push(line);
        self.0.1.notify_all();
    }

    /// The notices, once `due` of them have come and no more follow.
    pub(super) fn wait_for(&self, due: usize) -> Vec<String> {
        let (lines, told) = &*self.0;
        let guard = lines.lock().expect("no callback panics");
        let (mut guard, _) = told
            .wait_timeout_while(guard, TIMEOUT, |lines| lines.len() < due)
            .expect("no callback panics");
        loop {
            let (next, timeout) = told.wait_timeout(guard, QUIET).expect("no callback panics");
            guard = next;
            if timeout.timed_out() {
                return guard.clone();
            }
        }
    }

    /// Waits until each of these notices has come, in any order. The error is the first one that does
    /// not come, and what has come.
    pub(super) fn wait_for_each<'a>(
        &self,
        due: &'a [String],
    ) -> Result<(), (&'a str, Vec<String>)> {
        let missing = |lines: &[String]| due.iter().find(|notice| !lines.contains(notice));
        let (lines, told) = &*self.0;
        let guard = lines.lock().expect("no callback panics");
        let (guard, _) = told
            .wait_timeout_while(guard, TIMEOUT, |lines| missing(lines).is_some())
            .expect("no callback panics");
        match missing(&guard) {
            None => Ok(()),
            Some(notice) => Err((notice, guard.clone())),
        }
    }
}

fn describe(notice: &Notice, luids: InterfaceLuids) -> String {
    let kind = |change: &Change| match change {
        Change::Add => "add",
        Change::Delete => "delete",
        Change::Parameter => "parameter",
    };
    match notice {
        Notice::Initial => "initial".to_owned(),
        Notice::Route(change, keys) => format!("{} {}", kind(change), prefix_text(&keys.row())),
        Notice::Interface(change, keys) => {
            let family = if keys.family == AddressFamily::IPV4 {
                "IPV4"
            } else {
                "IPV6"
            };
            let name = luids.name_of(keys.interface_luid);
            format!("{} {name} {family}", kind(change))
        }
        Notice::Address(change, keys) => {
            let address = keys
                .address
                .address()
                .map_or_else(String::new, |own| own.to_string());
            format!("{} {address}", kind(change))
        }
    }
}
