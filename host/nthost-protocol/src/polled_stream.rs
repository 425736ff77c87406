//! A stream whose reader polls for a short time before it sleeps.
//!
//! Linux may take 30 to 70 µs to wake a thread on an idle core, several times as long as most calls
//! take. A reader that polls has its message as soon as it is sent.

use std::hint;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

/// How long a reader polls: longer than a peer that sleeps takes to wake and to answer, so that one of
/// them that polls brings the other to it.
const POLL_TIME: Duration = Duration::from_micros(100);

/// How many reads at most follow a vain poll without polling.
const PAUSE_MAX: u32 = 64;

/// The reading end of a stream.
///
/// A read that polls in vain is followed by 1 that sleeps at once, the next such read by 2, and so on
/// up to 64: a peer that is slow, or whose core is busy, costs little. Each success halves them.
#[derive(Debug)]
pub struct PolledStream {
    stream: UnixStream,
    pause: Pause,
}

/// The reads that do not poll, between two that do.
#[derive(Debug, Default)]
struct Pause {
    /// How many follow the last read that polled.
    reads: u32,
    /// How many of them are still to come.
    left: u32,
}

impl PolledStream {
    /// Reads from `stream`.
    #[must_use]
    pub fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            pause: Pause::default(),
        }
    }

    /// Reads what comes while this thread polls. `None` if nothing does, or if the read is not to poll.
    fn read_by_polling(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        if self.pause.takes_read() {
            return None;
        }
        let read = self.poll(buffer);
        if read.is_some() {
            self.pause.shorten();
        } else {
            self.pause.lengthen();
        }
        read
    }

    /// Polls until something has come, at most for [`POLL_TIME`].
    fn poll(&self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let start = Instant::now();
        loop {
            match recv(self.stream.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
                Err(Errno::EAGAIN) => {}
                received => return Some(received.map_err(io::Error::from)),
            }
            if start.elapsed() >= POLL_TIME {
                return None;
            }
            // Not sched_yield(): a thread of another program may keep the core for milliseconds.
            hint::spin_loop();
        }
    }
}

impl Read for PolledStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.read_by_polling(buffer) {
            Some(read) => read,
            None => self.stream.read(buffer),
        }
    }
}

impl Pause {
    /// Whether the next read is one of the pause.
    fn takes_read(&mut self) -> bool {
        let takes = self.left > 0;
        self.left = self.left.saturating_sub(1);
        takes
    }

    fn shorten(&mut self) {
        self.reads /= 2;
        self.left = self.reads;
    }

    fn lengthen(&mut self) {
        self.reads = (self.reads * 2).clamp(1, PAUSE_MAX);
        self.left = self.reads;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;

    use super::*;

    #[test]
    fn vain_polls_become_rare_and_successes_end_that() {
        let mut pause = Pause::default();
        let mut reads_until_poll = |is_vain: bool| {
            if is_vain {
                pause.lengthen();
            } else {
                pause.shorten();
            }
            std::iter::from_fn(|| pause.takes_read().then_some(())).count()
        };
        let vain: Vec<_> = (0..8).map(|_| reads_until_poll(true)).collect();
        assert_eq!(vain, [1, 2, 4, 8, 16, 32, 64, 64]);
        let successes: Vec<_> = (0..8).map(|_| reads_until_poll(false)).collect();
        assert_eq!(successes, [32, 16, 8, 4, 2, 1, 0, 0]);
    }

    #[test]
    fn a_read_after_a_vain_poll_does_not_poll() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut reader = PolledStream::new(reader);
        let mut byte = [0];
        assert!(reader.read_by_polling(&mut byte).is_none());
        writer.write_all(&[1]).unwrap();
        assert!(reader.read_by_polling(&mut byte).is_none());
        assert_eq!(
            reader.read_by_polling(&mut byte).unwrap().unwrap(),
            1,
            "the pause is over"
        );
        assert_eq!((byte, reader.pause.reads), ([1], 0));
    }

    #[test]
    fn a_message_is_read_whether_it_comes_at_once_or_after_the_poll() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut reader = PolledStream::new(reader);
        let mut byte = [0];
        writer.write_all(&[1]).unwrap();
        assert_eq!((reader.read(&mut byte).unwrap(), byte), (1, [1]));
        let late = thread::spawn(move || {
            thread::sleep(POLL_TIME * 20);
            writer.write_all(&[2]).unwrap();
        });
        assert_eq!((reader.read(&mut byte).unwrap(), byte), (1, [2]));
        late.join().unwrap();
        assert_eq!(reader.read(&mut byte).unwrap(), 0);
    }
}
