//! A watcher that records its notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use nt_netio::NetworkStack;
use nt_netio::notify::{Change, Notice, Topic};
use nt_types::{AddressFamily, NtStatus};

use crate::row::{interface_name, prefix_text};

/// How long a notice that is due may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long nothing has to come for nothing more to be due.
const QUIET: Duration = Duration::from_millis(30);

/// The notices so far.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<(Mutex<Vec<String>>, Condvar)>);

impl Log {
    /// Starts to watch.
    pub(crate) fn watch(
        stack: &dyn NetworkStack,
        topic: Topic,
        family: AddressFamily,
        initial: bool,
    ) -> Result<Self, NtStatus> {
        let log = Self::default();
        let writer = log.clone();
        let busy = AtomicBool::new(false);
        let callback = move |notice| {
            assert!(!busy.swap(true, Ordering::SeqCst), "one callback at a time");
            writer.write(describe(&notice));
            busy.store(false, Ordering::SeqCst);
        };
        stack.watch(topic, family, initial, vec![Box::new(callback)])?;
        Ok(log)
    }

    fn write(&self, line: String) {
        self.0.0.lock().unwrap().push(line);
        self.0.1.notify_all();
    }

    /// The notices, once `due` of them have come and no more follow.
    pub(crate) fn wait_for(&self, due: usize) -> Vec<String> {
        let (lines, told) = &*self.0;
        let guard = lines.lock().unwrap();
        let (mut guard, _) = told
            .wait_timeout_while(guard, TIMEOUT, |lines| lines.len() < due)
            .unwrap();
        loop {
            let (next, timeout) = told.wait_timeout(guard, QUIET).unwrap();
            guard = next;
            if timeout.timed_out() {
                return guard.clone();
            }
        }
    }
}

fn describe(notice: &Notice) -> String {
    let kind = |change: &Change| match change {
        Change::Add => "add",
        Change::Delete => "delete",
        Change::Parameter => "parameter",
    };
    match notice {
        Notice::Initial => "initial".to_owned(),
        Notice::Route(change, row) => format!("{} {}", kind(change), prefix_text(row)),
        Notice::Interface(change, row) => {
            let family = if row.family() == AddressFamily::IPV4 {
                "IPV4"
            } else {
                "IPV6"
            };
            let name = interface_name(row.interface_luid);
            format!("{} {name} {family}", kind(change))
        }
        Notice::Address(change, row) => {
            let address = row
                .address
                .address()
                .map_or_else(String::new, |own| own.to_string());
            format!("{} {address}", kind(change))
        }
    }
}
