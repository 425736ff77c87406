//! The driver's own errands between requests: guarded routes are put back, leases of closed
//! handles that could not be ended are tried again, and routes that others removed are forgotten.
//!
//! All of it belongs into a work item at `PASSIVE_LEVEL`: it calls the stack.

use crate::handle::Lock;
use crate::key::Key;
use crate::ledger::Ledger;
use crate::ledger::guarding::Tell;
use crate::stack::NetworkStack;
use crate::watch::{Event, Watch};

/// Routes that are looked at while the ledger is held once, so that requests get their turn.
const AT_A_TIME: usize = 16;

/// How long a lease that could not be ended waits for the next try, in ticks of 100 ns: 1 s.
const RETRY: u64 = 10_000_000;

/// What is to be done after [`keep`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Serve pending `WATCH` requests again.
    pub watchers: bool,
    /// Call [`keep`] again at this time, or earlier if there is a reason.
    pub again: Option<u64>,
}

/// Does all that is due. `now` is in ticks of 100 ns since some moment, and never runs backwards.
pub fn keep(
    stack: &impl NetworkStack,
    ledger: &impl Lock<Ledger>,
    watch: &impl Lock<Watch>,
    now: u64,
) -> Kept {
    loop {
        let mut events = [Event::default(); AT_A_TIME];
        let (count, lost) = watch.with(|watch| watch.take_touched(&mut events));
        if count == 0 && !lost {
            break;
        }
        ledger.with(|ledger| {
            if lost {
                ledger.attend_all(now);
            }
            for event in events.iter().take(count) {
                ledger.attend(stack, &event.key, now);
            }
        });
    }
    let mut teller = Teller {
        watch,
        watchers: false,
    };
    let mut again = Some(now);
    while again.is_some_and(|again| again <= now) {
        again = ledger.with(|ledger| ledger.run_guard(stack, now, AT_A_TIME, &mut teller));
    }
    let owing = ledger.with(|ledger| ledger.is_owing() && ledger.retry(stack));
    let retry = owing.then(|| now.saturating_add(RETRY));
    Kept {
        watchers: teller.watchers,
        again: again.into_iter().chain(retry).min(),
    }
}

/// An interface came: routes that left with it are due now. Call [`keep`] after it.
pub fn interface_came(ledger: &impl Lock<Ledger>, now: u64) {
    ledger.with(|ledger| ledger.interface_came(now));
}

struct Teller<'a, Eyes> {
    watch: &'a Eyes,
    watchers: bool,
}

impl<Eyes: Lock<Watch>> Tell for Teller<'_, Eyes> {
    fn tell(&mut self, handle: u64, kind: u32, key: &Key) {
        let wake = self.watch.with(|watch| watch.tell(handle, kind, key));
        self.watchers |= wake.watchers;
    }
}
