//! Programs for Windows, run on this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::root;

/// Wine with a configuration of its own, made on first use.
static WINE: LazyLock<PathBuf> = LazyLock::new(|| {
    let debian = Path::new("/usr/lib/wine/wine64");
    let wine = if debian.is_file() {
        debian
    } else {
        Path::new("wine")
    };
    let made = prepared(Command::new(wine))
        .args(["wineboot", "--init"])
        .status();
    let made = made.expect("Wine is installed: `cargo xtask package` sees to that");
    assert!(made.success(), "Wine cannot make its configuration: {made}");
    wine.to_owned()
});

/// A program, ready to be given arguments and run.
pub(crate) fn wine(program: &Path) -> Command {
    assert!(program.is_file(), "{} is missing", program.display());
    let mut command = prepared(Command::new(&*WINE));
    command.arg(program);
    command
}

fn prepared(mut command: Command) -> Command {
    command
        .env("WINEPREFIX", root().join("target/wine"))
        .env("WINEDEBUG", "-all")
        // Neither .NET nor a browser is offered for installation.
        .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
        .env_remove("DISPLAY")
        .env_remove("IPFORWARD_DEVICE")
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}
