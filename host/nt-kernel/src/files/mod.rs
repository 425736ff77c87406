//! `ZwCreateFile` and its like: files, in one folder of this system only.
//!
//! The folder stands for all volumes: `\??\C:\Windows\a.txt` is `C/Windows/a.txt` in it. Without a folder a
//! driver that opens a file stops the machine.

mod information;
mod open_file;
mod path;
mod transfer;

pub use path::set_folder;

use crate::exports::Export;

/// The exports for files.
pub(super) fn exports() -> Vec<Export> {
    [
        information::exports(),
        open_file::exports(),
        transfer::exports(),
    ]
    .concat()
}
