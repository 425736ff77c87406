//! Programs for Windows, run with Wine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::package::{noted, root};

/// Wine with a configuration of its own, made on first use.
static WINE: LazyLock<PathBuf> = LazyLock::new(|| {
    let wine = noted("wine.path");
    let made = prepared(Command::new(&wine))
        .args(["wineboot", "--init"])
        .status();
    let made = made.expect("Wine can be started");
    assert!(made.success(), "Wine cannot make its configuration: {made}");
    wine
});

/// A program, ready to be given arguments and run.
pub(crate) fn wine(program: &Path) -> Command {
    assert!(program.is_file(), "{} is missing", program.display());
    let mut command = prepared(Command::new(&*WINE));
    command.arg(program);
    command
}

/// The command interpreter of Windows, with a configuration of its own: its scripts install devices,
/// which the other tests expect to be absent.
pub(crate) fn command_interpreter() -> Command {
    let mut command = prepared(Command::new(&*WINE));
    command
        .env("WINEPREFIX", root().join("target/wine-of-scripts"))
        .arg("cmd");
    command
}

fn prepared(mut command: Command) -> Command {
    command
        .env("WINEPREFIX", root().join("target/wine"))
        .env("WINEDEBUG", "-all")
        // Neither .NET nor a browser is offered for installation, and no debugger looks at a process
        // that calls a function that Wine lacks.
        .env("WINEDLLOVERRIDES", "mscoree,mshtml,winedbg.exe=")
        .env_remove("DISPLAY")
        .env_remove("IPFORWARD_DEVICE")
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}
