//! The terminal while it shows the screen.

use std::io;

use ratatui::DefaultTerminal;

/// The alternate screen in raw mode. Dropping it restores the terminal; a panic does so before its
/// message.
pub(super) struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        termination::begin()?;
        match ratatui::try_init() {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                ratatui::restore();
                Err(error)
            }
        }
    }

    pub(super) const fn terminal(&mut self) -> &mut DefaultTerminal {
        &mut self.terminal
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// True if a signal asked routectl to end: then the terminal is restored first.
pub(super) use termination::is_terminated;

#[cfg(unix)]
mod termination {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LazyLock};

    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::flag;

    static TERMINATED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

    pub(in super::super) fn begin() -> io::Result<()> {
        for signal in [SIGHUP, SIGTERM] {
            flag::register(signal, Arc::clone(&TERMINATED))?;
        }
        Ok(())
    }

    pub(in super::super) fn is_terminated() -> bool {
        TERMINATED.load(Ordering::Relaxed)
    }
}

#[cfg(not(unix))]
mod termination {
    use std::io;

    pub(in super::super) const fn begin() -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) const fn is_terminated() -> bool {
        false
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::env;
    use std::fs::File;
    use std::io::Read;
    use std::process::{Command, Stdio};

    use nix::pty::openpty;

    use super::*;

    /// Set in the process that panics.
    const PANICS: &str = "ROUTECTL_TEST_PANICS";

    #[test]
    fn a_panic_gives_the_screen_back_before_its_message() {
        if env::var_os(PANICS).is_some() {
            let _screen = Screen::open().unwrap();
            panic!("while the screen is open");
        }
        let terminal = openpty(None, None).unwrap();
        let side = || Stdio::from(terminal.slave.try_clone().unwrap());
        let name = "command::top::screen::tests::a_panic_gives_the_screen_back_before_its_message";
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(PANICS, "1")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        assert!(!child.wait().unwrap().success());
        // Reading fails once no process has the terminal open. If that happened while the reader waits,
        // it could lose the last output.
        drop(terminal.slave);
        let mut person = File::from(terminal.master);
        let (mut output, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = person.read(&mut buffer) {
            output.extend_from_slice(&buffer[..length]);
        }
        let output = String::from_utf8_lossy(&output);
        let (_, screen) = output.split_once("\x1b[?1049h").expect(&output);
        let (_, after) = screen.split_once("\x1b[?1049l").expect(&output);
        assert!(after.contains("while the screen is open"), "{output:?}");
    }
}
