//! Mutexes: a dispatcher object with an owner, which may take it again.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use nt_types::NtStatus;
use parking_lot::{Condvar, Mutex as HostMutex};

use super::dispatcher::{Dispatcher, DispatcherHeader};
use crate::bugcheck::{self, BugCheck, KMODE_EXCEPTION_NOT_HANDLED};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::thread::{self, Thread};
use crate::{critical_regions, exception, locks, pool};

/// A `DISPATCHER_HEADER`'s type of a mutex.
pub(super) const KIND: u8 = 2;
/// The state of a mutex without an owner. Each acquisition decrements it.
const FREE: i32 = 1;
/// `STATUS_MUTANT_NOT_OWNED`.
const NOT_OWNED: NtStatus = NtStatus::new(0xC000_0046);
/// `STATUS_MUTANT_LIMIT_EXCEEDED`.
const LIMIT_EXCEEDED: NtStatus = NtStatus::new(0xC000_0191);

/// For each mutex the threads that wait for it, the first one first: a mutex that is released
/// satisfies a wait at once, so that its owner cannot take it again before.
static WAITING: HostMutex<BTreeMap<usize, VecDeque<Waiter>>> = HostMutex::new(BTreeMap::new());

/// A thread that waits for a mutex.
struct Waiter {
    /// Its thread object.
    thread: usize,
    /// Wakes only this thread.
    turn: Arc<Condvar>,
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![KeInitializeMutex, KeReadStateMutex, KeReleaseMutex]
}

/// A `KMUTEX`.
#[repr(C)]
pub(super) struct Mutex {
    header: DispatcherHeader,
    list: [usize; 2],
    /// The thread object of the owner, or 0.
    owner: usize,
    flags: u8,
    /// Whether the owner is in a critical region meanwhile.
    disables_apcs: u8,
}

/// Any IRQL. The memory must be resident.
pub(super) unsafe extern "win64" fn KeInitializeMutex(mutex: *mut Mutex, _level: u32) {
    require_resident("KeInitializeMutex", mutex);
    locks::forget(mutex.addr());
    let new = Mutex {
        header: DispatcherHeader::new(mutex.addr(), KIND, size_of::<Mutex>(), FREE),
        list: [0; 2],
        owner: 0,
        flags: 0,
        disables_apcs: 1,
    };
    // SAFETY: by contract storage for a mutex.
    unsafe { mutex.write(new) };
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn KeReadStateMutex(mutex: *const Mutex) -> i32 {
    irql::require_at_most("KeReadStateMutex", Irql::DISPATCH);
    let _dispatcher = Dispatcher::lock();
    // SAFETY: by contract a mutex that has been initialised; the lock orders its changes.
    unsafe { (*mutex).header.state }
}

/// Up to `DISPATCH_LEVEL`; up to `APC_LEVEL` if a wait follows at once. Only the owner may. Returns
/// 0 if the mutex has no owner any more.
pub(super) unsafe extern "win64" fn KeReleaseMutex(mutex: *mut Mutex, wait: u8) -> i32 {
    const NAME: &str = "KeReleaseMutex";
    let limit = if wait == 0 { Irql::DISPATCH } else { Irql::APC };
    irql::require_at_most(NAME, limit);
    require_resident(NAME, mutex);
    let dispatcher = Dispatcher::lock();
    // SAFETY: by contract a mutex that has been initialised; the lock orders its changes.
    let released = unsafe { &mut *mutex };
    if released.owner != thread::current_object() {
        drop(dispatcher);
        let address = mutex.addr();
        exception::raise(NOT_OWNED.bits(), &[], || {
            format!("{NAME}: this thread does not own the mutex {address:#x}")
        });
    }
    let old = released.header.state;
    released.header.state += 1;
    if released.header.state == FREE {
        released.owner = 0;
        locks::given(mutex.addr());
        critical_regions::leave();
        wake_first(mutex.addr());
        dispatcher.wake();
    }
    old
}

/// Wakes the thread that has waited longest: the others could not take the mutex before it.
fn wake_first(mutex: usize) {
    let waiting = WAITING.lock();
    if let Some(first) = waiting.get(&mutex).and_then(VecDeque::front) {
        first.turn.notify_one();
    }
}

/// A thread's place among those that wait for a mutex.
pub(super) struct Waiting {
    mutex: usize,
    thread: Arc<Thread>,
    turn: Arc<Condvar>,
}

impl Waiting {
    /// This thread waits behind the others.
    pub(super) fn begin(mutex: *const Mutex) -> Self {
        let (mutex, thread) = (mutex.addr(), thread::current());
        let turn = Arc::new(Condvar::new());
        let waiter = Waiter {
            thread: thread.object(),
            turn: Arc::clone(&turn),
        };
        let mut waiting = WAITING.lock();
        waiting.entry(mutex).or_default().push_back(waiter);
        Self {
            mutex,
            thread,
            turn,
        }
    }

    /// What wakes this thread when it may be its turn.
    pub(super) fn turn(&self) -> &Condvar {
        &self.turn
    }

    /// Runs the part of the wait that begins when another thread owns the mutex.
    pub(super) fn behind_owner<R>(&self, wait: impl FnOnce() -> R) -> R {
        self.thread.set_waits_for_mutex(true);
        let result = wait();
        self.thread.set_waits_for_mutex(false);
        result
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let dispatcher = Dispatcher::lock();
        let mut waiting = WAITING.lock();
        if let Some(threads) = waiting.get_mut(&self.mutex) {
            threads.retain(|waiter| waiter.thread != self.thread.object());
            if threads.is_empty() {
                waiting.remove(&self.mutex);
            }
        }
        drop(waiting);
        // The next one is the first now.
        wake_first(self.mutex);
        dispatcher.wake();
    }
}

/// Whether no thread waits before this one.
fn is_first(mutex: *const Mutex, thread: usize) -> bool {
    let waiting = WAITING.lock();
    let first = waiting.get(&mutex.addr()).and_then(VecDeque::front);
    first.is_none_or(|first| first.thread == thread)
}

/// Whether [`take`] takes the mutex.
pub(super) fn can_take(mutex: &Mutex) -> bool {
    let me = thread::current_object();
    if mutex.header.state == FREE {
        is_first(mutex, me)
    } else {
        mutex.owner == me
    }
}

/// Takes the mutex, if this thread owns it, or if it has no owner and no thread waits before this
/// one. Its owner is in a critical region.
pub(super) fn take(mutex: &mut Mutex) -> bool {
    if !can_take(mutex) {
        return false;
    }
    if mutex.header.state == FREE {
        mutex.owner = thread::current_object();
        critical_regions::enter();
    }
    let Some(state) = mutex.header.state.checked_sub(1) else {
        stop_beyond_limit(mutex);
    };
    mutex.header.state = state;
    true
}

/// Stops the machine if the mutex is in pageable memory.
pub(super) fn require_resident(function: &str, mutex: *const Mutex) {
    pool::require_resident(function, mutex.addr());
}

/// The exception that a wait raises: no driver that keeps the rules handles it.
fn stop_beyond_limit(mutex: *const Mutex) -> ! {
    bugcheck::stop(BugCheck {
        code: KMODE_EXCEPTION_NOT_HANDLED,
        parameters: [LIMIT_EXCEEDED.bits().into(), mutex.addr() as u64, 0, 0],
        rule: "a thread has taken a mutex 2^31 times".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;
    use crate::testing::expect_stop;

    fn mutex() -> Mutex {
        let mut mutex = MaybeUninit::uninit();
        // SAFETY: storage for a mutex.
        unsafe { KeInitializeMutex(mutex.as_mut_ptr(), 0) };
        // SAFETY: initialised above.
        unsafe { mutex.assume_init() }
    }

    fn release(mutex: &mut Mutex) -> i32 {
        // SAFETY: a mutex of this test.
        unsafe { KeReleaseMutex(mutex, 0) }
    }

    fn state(mutex: &Mutex) -> i32 {
        // SAFETY: a mutex of this test.
        unsafe { KeReadStateMutex(mutex) }
    }

    #[test]
    fn a_mutex_has_the_documented_size() {
        assert_eq!(size_of::<Mutex>(), 56);
    }

    #[test]
    fn an_owner_releases_as_often_as_it_has_taken() {
        let mut mutex = mutex();
        let regions = critical_regions::count();
        assert!(take(&mut mutex) && take(&mut mutex));
        assert_eq!(critical_regions::count(), regions + 1);
        assert_eq!((state(&mutex), release(&mut mutex)), (-1, -1));
        assert_eq!(critical_regions::count(), regions + 1);
        assert_eq!((state(&mutex), release(&mut mutex)), (0, 0));
        assert_eq!(critical_regions::count(), regions);
        assert_eq!(state(&mutex), 1);
    }

    #[test]
    fn another_thread_does_not_take_an_owned_mutex() {
        let mut mutex = mutex();
        assert!(take(&mut mutex));
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| take(&mut mutex)).join();
            assert!(taken.is_ok_and(|taken| !taken));
        });
        release(&mut mutex);
    }

    #[test]
    fn a_release_by_another_thread_stops() {
        let report = expect_stop!(|| {
            release(&mut mutex());
        });
        assert!(report.contains("0x0000001E"), "{report}");
        assert!(report.contains("does not own the mutex"), "{report}");
    }
}
