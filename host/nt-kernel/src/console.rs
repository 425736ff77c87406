//! Standard error, on which the host and the driver write: each on lines of its own.
//!
//! A closed standard error is no error: there is no other place to report to.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

/// The prefix of each line of the driver's output.
const DRIVER_PREFIX: &str = "driver: ";

/// The thread whose driver has begun a line and has not ended it.
static UNFINISHED: Mutex<Option<ThreadId>> = Mutex::new(None);

/// Writes `text` of the host's, which begins and ends a line. Any IRQL.
pub fn write(text: &str) {
    let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    put(&host_text(&mut unfinished, text));
}

/// As [`write()`], with the host's prefix and a line end.
pub fn write_line(line: &str) {
    write(&format!("nthost: {line}\n"));
}

/// As [`write()`], without waiting for a lock: for the report of a stop.
pub(crate) fn write_now(text: &str) {
    match UNFINISHED.try_lock() {
        Ok(mut unfinished) => put(&host_text(&mut unfinished, text)),
        Err(_) => put(text),
    }
}

/// Ends a line that the driver has left unfinished.
pub fn end_line() {
    write("");
}

/// Writes `text` of the driver's, with a prefix to each line. A line may come in pieces.
pub(crate) fn write_driver(text: &str) {
    let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    put(&driver_text(&mut unfinished, thread::current().id(), text));
}

fn host_text(unfinished: &mut Option<ThreadId>, text: &str) -> String {
    let end = if unfinished.take().is_some() {
        "\n"
    } else {
        ""
    };
    format!("{end}{text}")
}

fn driver_text(unfinished: &mut Option<ThreadId>, thread: ThreadId, text: &str) -> String {
    let mut output = String::with_capacity(text.len() + DRIVER_PREFIX.len());
    if unfinished.is_some_and(|other| other != thread) {
        output.push('\n');
        *unfinished = None;
    }
    for piece in text.split_inclusive('\n') {
        if unfinished.is_none() {
            output.push_str(DRIVER_PREFIX);
        }
        output.push_str(piece);
        *unfinished = (!piece.ends_with('\n')).then_some(thread);
    }
    output
}

fn put(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_comes_in_pieces_has_one_prefix() {
        let me = thread::current().id();
        let mut unfinished = None;
        let first = driver_text(&mut unfinished, me, "one ");
        let second = driver_text(&mut unfinished, me, "line\nnext\n");
        assert_eq!(first + &second, "driver: one line\ndriver: next\n");
        assert_eq!(unfinished, None);
    }

    #[test]
    fn the_host_begins_a_line_of_its_own() {
        let me = thread::current().id();
        let mut unfinished = None;
        let driver = driver_text(&mut unfinished, me, "no end");
        let host = host_text(&mut unfinished, "nthost: warning\n");
        assert_eq!(driver + &host, "driver: no end\nnthost: warning\n");
    }

    #[test]
    fn two_threads_do_not_share_a_line() {
        let me = thread::current().id();
        let other = thread::spawn(|| thread::current().id()).join().unwrap();
        let mut unfinished = None;
        let first = driver_text(&mut unfinished, me, "first");
        let second = driver_text(&mut unfinished, other, "second\n");
        assert_eq!(first + &second, "driver: first\ndriver: second\n");
    }
}
