//! Sleep and resume of the system.

use nt_types::NtStatus;
use nthost_protocol::control::{ControlKind, SLEEP_FAST_STARTUP, SLEEP_LOSE_ROUTES};

use crate::process::Process;

/// How the system goes to sleep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sleep {
    /// The network stack loses the routes that it has not made itself.
    pub lose_routes: bool,
    /// All user sessions are logged off first, as for the shutdown that precedes a fast startup:
    /// all other processes with open handles end, but for those with the token of a service.
    pub fast_startup: bool,
}

impl Process {
    /// Puts the system to sleep: every device leaves D0 for D3. Returns when all are there. Requests
    /// in power-managed queues wait until [`wake`](Self::wake).
    ///
    /// `STATUS_POWER_STATE_INVALID`: it sleeps already. Otherwise the status of a driver whose device
    /// has failed, and was removed by surprise.
    pub fn sleep(&mut self, how: Sleep) -> NtStatus {
        let bits = [
            (how.lose_routes, SLEEP_LOSE_ROUTES),
            (how.fast_startup, SLEEP_FAST_STARTUP),
        ];
        let bits = bits.into_iter().filter(|(set, _)| *set);
        let bits = bits.fold(0, |all, (_, bit)| all | bit);
        self.request(ControlKind::Sleep, 0, bits, &[], 0).status
    }

    /// Resumes the system: every device returns to D0, and what waited in its power-managed queues is
    /// delivered. The status is as for [`sleep`](Self::sleep).
    pub fn wake(&mut self) -> NtStatus {
        self.request(ControlKind::Resume, 0, 0, &[], 0).status
    }
}
