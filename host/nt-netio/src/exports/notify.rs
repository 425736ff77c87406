//! Change notifications, from the driver's registration to the call of its callback.

#![expect(non_snake_case, reason = "exports have the names that drivers import")]

use std::ops::Range;

use nt_kernel::callback_guard;
use nt_kernel::irql::{self, Irql};
use nt_kernel::on_windows::{self, Rule};
use nt_kernel::paging::{self, Paged};
use nt_kernel::pool;
use nt_kernel::resource_tracker;
use nt_kernel::verification;
use nt_types::{AddressFamily, NtStatus};
use parking_lot::Mutex;

use super::pages::ACCESSIBLE;
use super::pointer::{Context, Out};
use super::row_pages::RowPages;
use super::{Limit, call, stop};
use crate::notify::{self, Callback, CancelError, Registration, Topic};

/// The resource tracker's name for a registration.
const KIND: &str = "MIB change notification";

/// `MibInitialNotification`.
const INITIAL: u32 = 3;

/// `PIPFORWARD_CHANGE_CALLBACK`, `PIPINTERFACE_CHANGE_CALLBACK` and
/// `PUNICAST_IPADDRESS_CHANGE_CALLBACK`: context, row, kind.
type DriverCallback = extern "win64" fn(Context, usize, u32);

pub(super) extern "win64" fn NotifyRouteChange2(
    family: u16,
    callback: Option<DriverCallback>,
    context: Context,
    initial: u8,
    handle: Out<usize>,
) -> NtStatus {
    register(Topic::Routes, family, callback, context, initial, handle)
}

pub(super) extern "win64" fn NotifyIpInterfaceChange(
    family: u16,
    callback: Option<DriverCallback>,
    context: Context,
    initial: u8,
    handle: Out<usize>,
) -> NtStatus {
    register(
        Topic::Interfaces,
        family,
        callback,
        context,
        initial,
        handle,
    )
}

pub(super) extern "win64" fn NotifyUnicastIpAddressChange(
    family: u16,
    callback: Option<DriverCallback>,
    context: Context,
    initial: u8,
    handle: Out<usize>,
) -> NtStatus {
    register(Topic::Addresses, family, callback, context, initial, handle)
}

fn register(
    topic: Topic,
    family: u16,
    callback: Option<DriverCallback>,
    context: Context,
    initial: u8,
    handle: Out<usize>,
) -> NtStatus {
    let status = call(topic.function(), Limit::Disputed, |stack| {
        let handle = handle.required()?;
        let callback = callback.ok_or(NtStatus::INVALID_PARAMETER)?;
        let behaviours = stack.behaviours();
        let driver_call = DriverCall {
            topic,
            callback,
            context,
            at_dispatch: behaviours.notifies_at_dispatch(),
        };
        let callbacks = (0..notify::threads(behaviours))
            .map(|_| serve(driver_call))
            .collect::<Option<_>>()
            .ok_or_else(|| behaviours.no_memory())?;
        let registration = stack.watch(topic, AddressFamily(family), initial != 0, callbacks)?;
        let detail = format!("from {} with context {context}", topic.function());
        resource_tracker::record(KIND, registration.0, detail);
        handle.set(registration.0);
        Ok(())
    });
    if !status.is_success() {
        handle.set(0);
    }
    status
}

/// The addresses of the rows that callbacks have received.
static ROWS: Mutex<Vec<(&str, Range<usize>)>> = Mutex::new(Vec::new());

/// What an access to `address` did wrong, if a callback's row was there.
pub(super) fn explain_fault(address: usize) -> Option<String> {
    // The faulting thread may hold the lock; then this adds nothing to the report.
    let rows = ROWS.try_lock()?;
    let (function, _) = rows.iter().rev().find(|(_, row)| row.contains(&address))?;
    let is_over = if paging::is_pageable(address) {
        ""
    } else {
        ", which has returned"
    };
    Some(format!("in the row of a callback of {function}{is_over}"))
}

/// Calls the callback with a notice, in a thread of the registration. The row exists while the
/// callback runs. No documentation names its memory: a stack that calls at `PASSIVE_LEVEL` may have
/// it in paged pool. `None` if there is no memory for it.
fn serve(driver_call: DriverCall) -> Option<Callback> {
    if !verification::is_on() {
        return Some(serve_unverified(driver_call));
    }
    let mut pages = RowPages::map()?;
    ROWS.lock()
        .push((driver_call.topic.function(), pages.range()));
    Some(Box::new(move |notice, following| {
        let Some((change, row)) = notice.change() else {
            return driver_call.run(0, INITIAL);
        };
        let row = pages.place(row.as_bytes(), following);
        let pageable = row.pageable.filter(|_| !driver_call.at_dispatch);
        let start = pageable.as_ref().map(|page| page.start);
        if let Some(page) = pageable {
            paging::add(page, ACCESSIBLE);
        }
        driver_call.run(row.address, change as u32);
        let is_out = start.and_then(paging::forget) == Some(Paged::Out);
        pages.withdraw(is_out);
    }))
}

/// As [`serve`], with the row on the stack of the thread.
fn serve_unverified(driver_call: DriverCall) -> Callback {
    Box::new(move |notice, _following| match notice.change() {
        None => driver_call.run(0, INITIAL),
        Some((change, row)) => {
            let row = row.as_bytes().as_ptr().expose_provenance();
            driver_call.run(row, change as u32);
        }
    })
}

/// How a registration's callback is called.
#[derive(Clone, Copy)]
struct DriverCall {
    topic: Topic,
    callback: DriverCallback,
    context: Context,
    /// True for `DISPATCH_LEVEL`: no documentation names the level. There the callback must not
    /// allocate pool: any program that changes routes decides how many callbacks run.
    at_dispatch: bool,
}

impl DriverCall {
    fn run(&self, row: usize, kind: u32) {
        if !self.at_dispatch {
            return self.call(row, kind);
        }
        let before = pool::taken_by_this_thread();
        let old = irql::raise(Irql::DISPATCH);
        self.call(row, kind);
        irql::lower(old);
        let taken = pool::taken_by_this_thread() - before;
        if taken > 0 {
            let name = self.name();
            let rule = format!("{name} took {taken} blocks of pool memory");
            stop(self.callback as usize, rule);
        }
    }

    fn call(&self, row: usize, kind: u32) {
        callback_guard::run(self.name(), || {
            (self.callback)(self.context, row, kind);
        });
    }

    /// Its name in reports.
    const fn name(&self) -> &'static str {
        match self.topic {
            Topic::Routes => "a callback of NotifyRouteChange2",
            Topic::Interfaces => "a callback of NotifyIpInterfaceChange",
            Topic::Addresses => "a callback of NotifyUnicastIpAddressChange",
        }
    }
}

pub(super) extern "win64" fn CancelMibChangeNotify2(handle: usize) -> NtStatus {
    let function = "CancelMibChangeNotify2";
    irql::require_at_most(function, Irql::PASSIVE);
    if handle == 0 {
        return NtStatus::INVALID_PARAMETER;
    }
    match crate::installed::stack().cancel(Registration(handle)) {
        Ok(()) => {
            resource_tracker::release(KIND, handle);
            NtStatus::SUCCESS
        }
        Err(error) => stop_for(function, handle, error),
    }
}

fn stop_for(function: &str, handle: usize, error: CancelError) -> ! {
    const RULE: Rule = Rule::named("netio::a_notification_is_cancelled_by_its_own_callback");
    let rule = format!("{function} of {handle:#x}: {error}");
    if error != CancelError::Unknown {
        on_windows::broken(RULE, super::report(handle, rule.clone()));
    }
    stop(handle, rule)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Sender};

    use nt_kernel::testing::run_alone;

    use super::*;

    static LEVELS: Mutex<Option<Sender<Irql>>> = Mutex::new(None);

    extern "win64" fn callback(_context: Context, _row: usize, _kind: u32) {
        let levels = LEVELS.lock().clone();
        levels.unwrap().send(irql::current()).unwrap();
    }

    #[test]
    fn callbacks_run_at_dispatch_level_if_configured() {
        run_alone!(|| {
            let (sender, levels) = mpsc::channel();
            *LEVELS.lock() = Some(sender);
            for at_dispatch in [false, true] {
                let driver_call = DriverCall {
                    topic: Topic::Routes,
                    callback,
                    context: Context::default(),
                    at_dispatch,
                };
                driver_call.run(0, INITIAL);
            }
            let levels: Vec<_> = levels.try_iter().collect();
            assert_eq!(levels, [Irql::PASSIVE, Irql::DISPATCH]);
            assert_eq!(irql::current(), Irql::PASSIVE);
        });
    }
}
