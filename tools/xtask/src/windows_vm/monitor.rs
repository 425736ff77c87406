//! QEMU's monitor, through which a sleeping machine is woken.

use std::io::{self, ErrorKind, Read, Write};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Asks for the commands of the protocol, which begins without them.
const CAPABILITIES: &[u8] = b"{\"execute\":\"qmp_capabilities\"}\n";
const WAKE: &[u8] = b"{\"execute\":\"system_wakeup\"}\n";

/// The name of the event that a machine sleeps (S3).
const SUSPENDED: &[u8] = b"\"SUSPEND\"";

/// The connection to QEMU's monitor.
pub(super) struct Monitor {
    socket: PathBuf,
    #[cfg(unix)]
    stream: Option<UnixStream>,
    received: Vec<u8>,
}

impl Monitor {
    /// The monitor at this socket, which need not be there yet.
    pub(super) const fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            #[cfg(unix)]
            stream: None,
            received: Vec::new(),
        }
    }

    /// Wakes the machine if it has gone to sleep.
    pub(super) fn wake_sleeper(&mut self) {
        // The monitor comes a little later than the process, and goes a little earlier.
        let _ = self.try_wake();
    }

    #[cfg(unix)]
    fn try_wake(&mut self) -> io::Result<()> {
        if self.stream.is_none() {
            let mut stream = UnixStream::connect(&self.socket)?;
            stream.set_nonblocking(true)?;
            stream.write_all(CAPABILITIES)?;
            self.stream = Some(stream);
        }
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        let mut piece = [0; 4096];
        loop {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => self.received.extend(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        for _ in 0..take_events(&mut self.received) {
            stream.write_all(WAKE)?;
        }
        Ok(())
    }

    #[cfg(not(unix))]
    fn try_wake(&mut self) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// Takes the whole lines out of what was received, and counts those that say that the machine sleeps.
fn take_events(received: &mut Vec<u8>) -> usize {
    let whole = received.iter().rposition(|byte| *byte == b'\n');
    let rest = received.split_off(whole.map_or(0, |last| last + 1));
    let lines = std::mem::replace(received, rest);
    let says_so = |line: &&[u8]| line.windows(SUSPENDED.len()).any(|part| part == SUSPENDED);
    lines.split(|byte| *byte == b'\n').filter(says_so).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_about_a_sleep_count() {
        let mut received =
            b"{\"return\": {}}\n{\"event\": \"SUSPEND\"}\n{\"event\": \"SUS".to_vec();
        assert_eq!(take_events(&mut received), 1);
        received.extend(b"PEND\"}\n{\"event\": \"WAKEUP\"}\n");
        assert_eq!(take_events(&mut received), 1);
        assert!(received.is_empty());
    }
}
