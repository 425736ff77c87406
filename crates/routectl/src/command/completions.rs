//! `routectl completions`

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use serde::Serialize;

use crate::arguments::Arguments;
use crate::output::{Answer, write_json};

/// The script that teaches a shell the words of routectl.
#[derive(Debug, Serialize)]
pub(super) struct Script {
    shell: String,
    script: String,
}

pub(super) fn run(shell: Shell) -> Script {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "routectl", &mut script);
    Script {
        shell: shell.to_string(),
        script: String::from_utf8_lossy(&script).into_owned(),
    }
}

impl Answer for Script {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.script.as_bytes())
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }
}
