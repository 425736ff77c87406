//! What the tools print.

/// Lets this process end when the reader of its output is gone, as `head` is after ten lines. The
/// standard library ignores that signal, and every later `println!` would panic.
pub fn end_with_reader() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigHandler, Signal, signal};

        // SAFETY: installs no handler; the default is to end the process.
        let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    }
}
