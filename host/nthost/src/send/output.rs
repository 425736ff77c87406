//! What `nthost send` prints.

use std::fmt::Write as _;
use std::io::Write as _;

use nt_types::NtStatus;
use nthost_protocol::ReplyHeader;

/// Bytes in a line of a dump.
const LINE: usize = 16;

/// Whether the call succeeded.
pub(super) fn succeeded(reply: &ReplyHeader) -> bool {
    NtStatus::new(reply.status.get()).is_success()
}

/// Prints the outcome of a call, and its output in hexadecimal.
pub(super) fn print_outcome(what: &str, reply: &ReplyHeader, output: &[u8]) {
    let status = NtStatus::new(reply.status.get());
    let mut text = format!("{what}: {status}, information {}\n", reply.information);
    dump(&mut text, output);
    print_text(&text);
}

/// Prints text. A closed standard output ends the process with SIGPIPE; other errors are no
/// reason to break off the calls.
pub(super) fn print_text(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
}

/// Bytes in hexadecimal, with their offsets.
fn dump(text: &mut String, bytes: &[u8]) {
    for (number, line) in bytes.chunks(LINE).enumerate() {
        let digits: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:04x}  {}", number * LINE, digits.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_has_offsets() {
        let mut text = String::new();
        dump(&mut text, &[1; 17]);
        assert_eq!(text.lines().nth(1), Some("0010  01"));
    }
}
