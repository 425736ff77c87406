//! Several calls on one handle, some of them in flight at once: `nthost send --calls`.

use std::collections::HashMap;
use std::io::BufRead;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, ReplyHeader, receive};
use zerocopy::little_endian::{U32, U64};

use super::output;
use super::script::{DeviceOperation, ScriptCall, ScriptLine};

/// The id of the first call; those of the calls before are the caller's.
const FIRST_ID: u64 = 0x100;

/// The calls that have been made, as two threads see them.
#[derive(Default)]
struct Progress {
    /// The words for each call in flight, by its number.
    in_flight: HashMap<u64, &'static str>,
    has_failed: bool,
    /// True if the host has closed the connection.
    has_ended: bool,
}

/// The progress, and a signal of its changes.
#[derive(Default)]
struct Shared {
    progress: Mutex<Progress>,
    changed: Condvar,
}

/// Makes the calls of `lines` on `handle` and prints each outcome as it arrives. True if all calls
/// succeeded.
pub(super) fn run(stream: &UnixStream, handle: U64, lines: impl BufRead) -> Result<bool> {
    let shared = Arc::new(Shared::default());
    let replies = stream.try_clone().context("cannot read from the host")?;
    let reader = Arc::clone(&shared);
    thread::spawn(move || read_replies(replies, &reader));
    let mut session = Session {
        stream,
        handle,
        shared,
        calls: 0,
        cancels: 0,
    };
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line.context("cannot read the calls")?;
        let line = ScriptLine::parse(&line).with_context(|| format!("line {number}"))?;
        session.execute(line)?;
    }
    session.shared.wait_for(None)?;
    let progress = session.shared.progress.lock();
    let progress = progress.unwrap_or_else(PoisonError::into_inner);
    Ok(!progress.has_failed)
}

/// One run of calls.
struct Session<'a> {
    stream: &'a UnixStream,
    handle: U64,
    shared: Arc<Shared>,
    calls: u64,
    cancels: u64,
}

impl Session<'_> {
    fn execute(&mut self, line: ScriptLine) -> Result<()> {
        match line {
            ScriptLine::Nothing => Ok(()),
            ScriptLine::Wait(call) => self.shared.wait_for(call),
            ScriptLine::Cancel(call) => self.cancel(call),
            ScriptLine::Call(call) => {
                let number = self.make(&call)?;
                if call.in_background {
                    return Ok(());
                }
                self.shared.wait_for(Some(number))
            }
        }
    }

    /// Sends a call. Its number.
    fn make(&mut self, call: &ScriptCall) -> Result<u64> {
        self.calls += 1;
        let (kind, argument) = match call.operation {
            DeviceOperation::DeviceControl(code) => (CallKind::DeviceControl, code),
            DeviceOperation::Read => (CallKind::Read, 0),
            DeviceOperation::Write => (CallKind::Write, 0),
        };
        self.shared.begin(self.calls, call.name());
        let header = CallHeader {
            id: U64::new(FIRST_ID + 2 * self.calls),
            handle: self.handle,
            kind: U32::new(kind as u32),
            argument: U32::new(argument),
            output_length: U32::new(call.output_length),
            length: U32::new(u32::try_from(call.input.len())?),
            ..CallHeader::default()
        };
        self.send(&header, &call.input)?;
        Ok(self.calls)
    }

    fn cancel(&mut self, call: u64) -> Result<()> {
        if call == 0 || call > self.calls {
            bail!("no call has the number {call}: the first has 1");
        }
        self.cancels += 1;
        let header = CallHeader {
            // The odd ids are those of cancellations.
            id: U64::new(FIRST_ID + 2 * self.cancels + 1),
            target: U64::new(FIRST_ID + 2 * call),
            kind: U32::new(CallKind::Cancel as u32),
            ..CallHeader::default()
        };
        self.send(&header, &[])
    }

    fn send(&self, header: &CallHeader, payload: &[u8]) -> Result<()> {
        let mut stream = self.stream;
        nthost_protocol::send(&mut stream, header, payload).context("the host has gone")
    }
}

impl Shared {
    fn begin(&self, number: u64, name: &'static str) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.in_flight.insert(number, name);
    }

    /// Waits until the call with this number, or every call, has its outcome.
    fn wait_for(&self, call: Option<u64>) -> Result<()> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |progress: &Progress| match call {
            Some(call) => !progress.in_flight.contains_key(&call),
            None => progress.in_flight.is_empty(),
        };
        while !is_over(&progress) {
            if progress.has_ended {
                bail!("the host has gone");
            }
            let changed = self.changed.wait(progress);
            progress = changed.unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Prints the outcome of a call.
    fn end(&self, reply: &ReplyHeader, payload: &[u8]) {
        let Some(number) = call_number(reply) else {
            return;
        };
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let name = progress.in_flight.remove(&number).unwrap_or("call");
        progress.has_failed |= !output::succeeded(reply);
        output::print_outcome(&format!("#{number} {name}"), reply, payload);
        self.changed.notify_all();
    }
}

/// The number of the call that a reply is for; `None` for a cancellation.
fn call_number(reply: &ReplyHeader) -> Option<u64> {
    let place = reply.id.get().checked_sub(FIRST_ID)?;
    place.is_multiple_of(2).then_some(place / 2)
}

fn read_replies(mut stream: UnixStream, shared: &Shared) {
    while let Ok(Some((reply, payload))) = receive::<ReplyHeader>(&mut stream) {
        shared.end(&reply, &payload);
    }
    let mut progress = shared
        .progress
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    progress.has_ended = true;
    shared.changed.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host that answers each call with its own input, the first one last.
    fn answer_in_reverse(mut stream: UnixStream) {
        let mut calls = Vec::new();
        for _ in 0..2 {
            calls.extend(receive::<CallHeader>(&mut stream).unwrap());
        }
        for (header, payload) in calls.into_iter().rev() {
            let reply = ReplyHeader {
                id: header.id,
                length: header.length,
                information: U64::new(payload.len() as u64),
                ..ReplyHeader::default()
            };
            nthost_protocol::send(&mut stream, &reply, &payload).unwrap();
        }
    }

    #[test]
    fn two_calls_are_in_flight_at_once() {
        let (client, host) = UnixStream::pair().unwrap();
        let host = thread::spawn(move || answer_in_reverse(host));
        // A second call that waited for the first one would never be sent.
        let calls = b"write in 01 &\nwrite in 0203\nwait 1\n";
        assert!(run(&client, U64::new(4), calls.as_slice()).unwrap());
        host.join().unwrap();
    }

    #[test]
    fn a_host_that_ends_is_reported() {
        let (client, host) = UnixStream::pair().unwrap();
        let host = thread::spawn(move || {
            let mut host = host;
            receive::<CallHeader>(&mut host).unwrap();
        });
        let error = run(&client, U64::new(4), b"read\n".as_slice()).unwrap_err();
        assert!(error.to_string().contains("the host has gone"), "{error:#}");
        host.join().unwrap();
        let error = run(&client, U64::new(4), b"\nopen\n".as_slice()).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error:#}");
    }
}
