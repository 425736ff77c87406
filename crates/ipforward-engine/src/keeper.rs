//! Looking after leases between requests: guarded routes are put back, leases of closed handles
//! that could not be ended are tried again, and routes that others removed are forgotten.
//!
//! All of it is done at `PASSIVE_LEVEL`: it calls the stack.

use crate::handle::Lock;
use crate::key::Key;
use crate::ledger::Ledger;
use crate::ledger::guarding::Tell;
use crate::ledger::release::RETRY;
use crate::stack::NetworkStack;
use crate::watch::{Event, Watch};

/// Routes that are looked at while the ledger is held once, so that requests get their turn.
const AT_A_TIME: u32 = 16;

/// Does all that is due. `now` is in ticks of 100 ns since some moment, and never runs backwards.
/// Answers when to do so again, if there is no reason to do so earlier.
pub(crate) fn keep(
    stack: &impl NetworkStack,
    ledger: &impl Lock<Ledger>,
    watch: &impl Lock<Watch>,
    now: u64,
) -> Option<u64> {
    let doubtful = attend(stack, ledger, watch, now);
    while ledger.with(|ledger| ledger.look_through(stack, AT_A_TIME)) {}
    let unsure = ledger.with(Ledger::look_through_again);
    let mut teller = Teller(watch);
    let mut again = Some(now);
    while again.is_some_and(|again| again <= now) {
        again = ledger.with(|ledger| ledger.run_guard(stack, now, AT_A_TIME as usize, &mut teller));
    }
    let owing = retry(stack, ledger);
    let retry = (owing || doubtful || unsure).then(|| now.saturating_add(RETRY));
    again.into_iter().chain(retry).min()
}

/// Tries once more to end the leases of closed handles that could not be ended. Answers whether any
/// are left.
pub(crate) fn retry(stack: &impl NetworkStack, ledger: &impl Lock<Ledger>) -> bool {
    ledger.with(Ledger::begin_retry);
    while ledger.with(|ledger| ledger.retry(stack, AT_A_TIME as usize)) {}
    ledger.with(|ledger| ledger.is_owing())
}

/// Looks at the routes that changed. Answers whether the stack could not be asked for some: these
/// are kept for the next time.
fn attend(
    stack: &impl NetworkStack,
    ledger: &impl Lock<Ledger>,
    watch: &impl Lock<Watch>,
    now: u64,
) -> bool {
    let mut doubtful = false;
    // Those that are kept come behind all these.
    let mut left = watch.with(|watch| watch.touched());
    loop {
        let mut events = [Event::default(); AT_A_TIME as usize];
        let limit = left.min(AT_A_TIME as usize);
        let room = events.get_mut(..limit).unwrap_or_default();
        let (count, lost) = watch.with(|watch| watch.take_touched(room));
        if count == 0 && !lost {
            return doubtful;
        }
        left = left.saturating_sub(count);
        ledger.with(|ledger| {
            if lost {
                ledger.attend_all(now);
            }
            for event in events.iter().take(count) {
                if ledger.attend(stack, &event.key, now).is_err() {
                    doubtful = true;
                    watch.with(|watch| watch.touch(*event));
                }
            }
        });
    }
}

struct Teller<'a, Eyes>(&'a Eyes);

impl<Eyes: Lock<Watch>> Tell for Teller<'_, Eyes> {
    fn tell(&mut self, handle: u64, kind: u32, key: &Key) {
        self.0.with(|watch| watch.tell(handle, kind, key));
    }
}
