//! Watches: a pending request is completed with the event, or with a resync event.

use abi::watch::{EVENT_ADDED, EVENT_MADE_BY_ME, EVENT_REMOVED, EVENT_RESYNC};
use abi::watch::{WATCH_FILTERS_MAX, WATCH_NO_WAIT, WATCH_NOT_MINE};
use abi::{AddressFamily, IpAddressPrefix, NtStatus, Operation};
use abi::{WatchEvent, WatchHeader, WatchRequest};
use ipforward::{Device, Error, EventKind, Route, WatchFilter};
use tests::{RawClient, Reply, Scenario, ScenarioContext, events};
use zerocopy::IntoBytes;

use crate::refusals::{driver_error, refused};
use crate::requests::delete;
use crate::routes::{other, route, the_route_is_there};

/// `STATUS_WDF_BUSY`.
const WDF_BUSY: NtStatus = NtStatus::new(0xC020_0204);
/// Room for what a watch gives.
const ROOM: usize = 1 << 12;

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("watch that does not wait", look_twice).claims(),
        Scenario::new("watch from a snapshot on", from_a_snapshot).claims(),
        Scenario::new("watch of foreign changes", not_mine).claims(),
        Scenario::new("watch through too many filters", too_many_filters).claims(),
        Scenario::new("watch with an unknown flag", |context| {
            let request = WatchRequest {
                flags: 1 << 31,
                ..WatchRequest::default()
            };
            look(&context.device()?, &request).map(drop)
        })
        .expects(NtStatus::INVALID_PARAMETER),
        Scenario::new("watch of events that are lost", too_late)
            .after(something_happens)
            .claims(),
        Scenario::new("watch that waits", wait_for_the_deletion)
            .after(the_route_is_there)
            .tolerates(ends_by_cancellation)
            .claims(),
        Scenario::new("watch that waits through two filters", two_filters)
            .tolerates(ends_by_cancellation)
            .claims(),
        Scenario::new("two pending watches", two_watchers)
            .after(the_route_is_there)
            .tolerates(ends_by_cancellation)
            .claims(),
        Scenario::new("watch that is cancelled", cancelled)
            .tolerates(ends_by_cancellation)
            .claims(),
        Scenario::new("watch whose handle is closed", closed)
            .expects(NtStatus::CANCELLED)
            .tolerates(ends_by_cancellation)
            .claims(),
    ]
}

/// If the driver cannot complete or park a request, it ends by cancellation: its status is not that
/// of the failure.
pub(crate) fn ends_by_cancellation(function: &str, status: NtStatus) -> bool {
    function == "WdfIoQueueRetrieveNextRequest"
        || (function == "WdfRequestForwardToIoQueue" && status == WDF_BUSY)
}

/// Polls before and after a change.
fn look_twice(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let (_, events) = look(&device, &WatchRequest::default())?;
    context.claim("nothing has happened", events.is_empty());
    device.create_route(&route())?;
    context.table_is_changed(true);
    context.quiesce();
    let (_, events) = look(&device, &WatchRequest::default())?;
    context.claim("the creation is reported", reports(&events, EVENT_ADDED));
    let by_me = |event: &WatchEvent| event.kind == EVENT_RESYNC || event.flags == EVENT_MADE_BY_ME;
    context.claim("as the handle's own change", events.iter().all(by_me));
    Ok(())
}

/// Polls without waiting.
pub(crate) fn look(
    device: &Device,
    request: &WatchRequest,
) -> Result<(WatchHeader, Vec<WatchEvent>), Error> {
    let request = WatchRequest {
        flags: request.flags | WATCH_NO_WAIT,
        ..*request
    };
    let code = Operation::Watch.description().code;
    let answer = device
        .raw_device_control(code, request.as_bytes(), ROOM)
        .map_err(|failure| Error::from_transport(Operation::Watch, failure))?;
    Ok(events(&answer))
}

/// True if there is one event, of this kind or a resync.
fn reports(events: &[WatchEvent], kind: u32) -> bool {
    matches!(events, [event] if [kind, EVENT_RESYNC].contains(&event.kind))
}

/// A snapshot, and the events after it.
fn from_a_snapshot(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let mut watch = device.watch(&WatchFilter::new())?;
    let known = watch.snapshot()?;
    device.create_route(&route())?;
    context.table_is_changed(true);
    context.quiesce();
    context.observer().delete_route(&route().key())?;
    context.table_is_changed(false);
    context.quiesce();
    let events = watch.poll()?;
    // A route that cannot be read for lack of memory makes its event a resync.
    let resync = events.iter().any(|event| event.kind == EventKind::Resync);
    let reported = match &events[..] {
        _ if resync => true,
        [added, removed] => {
            matches!(added.kind, EventKind::Added(_))
                && matches!(removed.kind, EventKind::Removed(_))
                && (added.made_by_me, removed.made_by_me) == (true, false)
        }
        _ => false,
    };
    context.claim("both changes are reported and attributed", reported);
    let unchanged = watch.snapshot()?.len() == known.len();
    context.claim("the table is as it was", unchanged);
    Ok(())
}

fn not_mine(context: &ScenarioContext) -> Result<(), Error> {
    let others = WatchRequest {
        flags: WATCH_NOT_MINE,
        ..WatchRequest::default()
    };
    let device = context.device()?;
    look(&device, &others)?;
    device.create_route(&route())?;
    context.table_is_changed(true);
    context.observer().create_route(&other(1))?;
    context.quiesce();
    let (_, events) = look(&device, &others)?;
    context.claim(
        "only the foreign change is reported",
        reports(&events, EVENT_ADDED),
    );
    Ok(())
}

/// Only changes into this route's prefix.
fn into(route: &Route) -> WatchRequest {
    let prefix = route.destination;
    WatchRequest {
        prefix: IpAddressPrefix::new(prefix.addr(), prefix.prefix_len()),
        ..WatchRequest::default()
    }
}

fn too_many_filters(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let mut filters = (0..=WATCH_FILTERS_MAX).map(|number| {
        let number = u8::try_from(number).expect("there are few");
        into(&other(number))
    });
    let late = filters.next_back().expect("there are some");
    for filter in filters {
        look(&device, &filter)?;
    }
    refused(context, look(&device, &late), NtStatus::QUOTA_EXCEEDED)
}

fn something_happens(context: &ScenarioContext) {
    let created = context.observer().create_route(&route());
    let deleted = context.observer().delete_route(&route().key());
    created.and(deleted).expect("the route comes and goes");
}

/// Events that the driver no longer keeps: the client gets a resync event and reads the table.
fn too_late(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let since = |after_sequence| WatchRequest {
        after_sequence,
        ..WatchRequest::default()
    };
    let (header, events) = look(&device, &since(1))?;
    let is_reported = reports(&events, EVENT_RESYNC) && header.lost > 0;
    context.claim("the lost events are reported", is_reported);
    let (routes, sequence) = device.routes_with_sequence(AddressFamily::UNSPECIFIED)?;
    let truth = context.routes();
    context.claim("the table is the true one", routes.len() == truth.len());
    let (_, events) = look(&device, &since(sequence.unwrap_or_default()))?;
    context.claim("nothing happened since", events.is_empty());
    Ok(())
}

/// Watches until another handle has deleted the route.
fn wait_for_the_deletion(context: &ScenarioContext) -> Result<(), Error> {
    let mut watcher = Watcher::open(context)?;
    watcher.wait_for(&WatchRequest::default());
    let deleted = delete(context);
    context.quiesce();
    let replies = watcher.replies();
    for events in replies.iter().flatten() {
        context.claim("the deletion is reported", reports(events, EVENT_REMOVED));
    }
    deleted.and(replies.map(drop))
}

/// Two requests of a handle: each gets its own.
fn two_filters(context: &ScenarioContext) -> Result<(), Error> {
    let mut watcher = Watcher::open(context)?;
    for number in [1, 2] {
        watcher.wait_for(&into(&other(number)));
    }
    // In the other order.
    let created = [2, 1].into_iter().try_for_each(|number| {
        context.observer().create_route(&other(number))?;
        context.table_is_changed(true);
        context.quiesce();
        Ok(())
    });
    let replies = watcher.replies();
    for (number, events) in (1..).zip(replies.iter().flatten()) {
        let its_own = events.iter().all(|event| {
            event.kind == EVENT_RESYNC
                || event.row.destination_prefix == into(&other(number)).prefix
        });
        context.claim(
            "each request gets its own event",
            its_own && events.len() == 1,
        );
    }
    created.and(replies.map(drop))
}

fn two_watchers(context: &ScenarioContext) -> Result<(), Error> {
    let mut first = Watcher::open(context)?;
    let mut second = Watcher::open(context)?;
    for watcher in [&mut first, &mut second] {
        watcher.wait_for(&WatchRequest::default());
    }
    let deleted = delete(context);
    context.quiesce();
    let replies = [first.replies(), second.replies()];
    for events in replies.iter().flatten().flatten() {
        context.claim("the deletion is reported", reports(events, EVENT_REMOVED));
    }
    let [first, second] = replies;
    deleted.and(first.and(second).map(drop))
}

/// The event that a cancelled request did not get is still there.
fn cancelled(context: &ScenarioContext) -> Result<(), Error> {
    let mut watcher = Watcher::open(context)?;
    watcher.wait_for(&WatchRequest::default());
    refused(context, watcher.replies(), NtStatus::CANCELLED)?;
    context.observer().create_route(&route())?;
    context.table_is_changed(true);
    context.quiesce();
    watcher.wait_for(&WatchRequest::default());
    let replies = watcher.replies()?;
    context.claim(
        "the event is still there",
        reports(&replies[0], EVENT_ADDED),
    );
    Ok(())
}

fn closed(context: &ScenarioContext) -> Result<(), Error> {
    let mut watcher = Watcher::open(context)?;
    watcher.wait_for(&WatchRequest::default());
    let closed = watcher.client.close();
    context.require("the handle closes", closed.is_success());
    context.require("the request has ended", !watcher.cancel());
    watcher.replies().map(drop)
}

/// A client with pending watches. Pending requests are cancelled in the end, and the handle is
/// closed.
pub(crate) struct Watcher {
    client: RawClient,
    requests: Vec<u64>,
    /// Whether its process has ended.
    dead: bool,
}

impl Watcher {
    pub(crate) fn open(context: &ScenarioContext) -> Result<Self, Error> {
        let client = RawClient::open(context.socket()).map_err(of_a_watch)?;
        Ok(Self {
            client,
            requests: Vec::new(),
            dead: false,
        })
    }

    /// Begins to wait.
    pub(crate) fn wait_for(&mut self, request: &WatchRequest) {
        let room = u32::try_from(ROOM).expect("it is small");
        let request = self
            .client
            .begin(Operation::Watch, request.as_bytes(), room);
        self.client.quiesce_after(request);
        self.requests.push(request);
    }

    /// The events of each request. Pending requests are cancelled.
    pub(crate) fn replies(&mut self) -> Result<Vec<Vec<WatchEvent>>, Error> {
        self.cancel();
        let requests = std::mem::take(&mut self.requests);
        let replies: Vec<_> = requests
            .into_iter()
            .map(|request| self.client.wait(request))
            .collect();
        replies.iter().map(events_of).collect()
    }

    /// The events of one request, which is cancelled if it is pending.
    pub(crate) fn end(&mut self, index: usize) -> Result<Vec<WatchEvent>, Error> {
        let request = self.requests.remove(index);
        self.client.cancel(request);
        events_of(&self.client.wait(request))
    }

    /// Cancels the requests that wait; whether there were any.
    fn cancel(&mut self) -> bool {
        let mut waited = false;
        for request in &self.requests {
            waited |= self.client.cancel(*request);
        }
        waited
    }
}

impl Watcher {
    /// Its process ends, and the system closes the handle.
    pub(crate) fn dies(mut self) {
        self.dead = true;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if !self.dead {
            let _ = self.replies();
            // It may be closed already.
            let _ = self.client.close();
        }
    }
}

fn events_of(reply: &Reply) -> Result<Vec<WatchEvent>, Error> {
    reply.status.into_result().map_err(of_a_watch)?;
    Ok(events(&reply.output).1)
}

fn of_a_watch(status: NtStatus) -> Error {
    driver_error(Operation::Watch, status)
}
