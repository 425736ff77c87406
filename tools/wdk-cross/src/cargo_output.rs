//! Cargo's messages about a build.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use cargo_metadata::{Artifact, Message};

use crate::build_script_failure::BuildScriptFailure;

/// Whether cargo colours its output, if the user chose that.
const COLOR: &str = "CARGO_TERM_COLOR";

/// Runs cargo and returns what it built.
pub(crate) fn artifacts(cargo: &mut Command) -> Result<Vec<Artifact>> {
    if env::var_os(COLOR).is_none() && io::stderr().is_terminal() {
        // Cargo sees a pipe.
        cargo.env(COLOR, OsStr::new("always"));
    }
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let errors = child.stderr.take().context("cargo has no error output")?;
    let printer = thread::spawn(move || print(errors));
    let mut artifacts = Vec::new();
    for message in Message::parse_stream(BufReader::new(output)) {
        if let Message::CompilerArtifact(artifact) = message.context("cargo's messages")? {
            artifacts.push(artifact);
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    let failure = printer
        .join()
        .map_err(|_| anyhow!("cargo's error output was not read to its end"))?;
    if !status.success() {
        match failure.summary() {
            Some(summary) => bail!("the driver did not build: {summary}"),
            None => bail!("the driver did not build"),
        }
    }
    Ok(artifacts)
}

/// Prints cargo's error output, with the error of a build script first.
fn print(errors: impl Read) -> BuildScriptFailure {
    let mut failure = BuildScriptFailure::default();
    for line in BufReader::new(errors).split(b'\n') {
        let Ok(line) = line else { break };
        for shown in failure.add_line(&String::from_utf8_lossy(&line)) {
            eprintln!("{shown}");
        }
    }
    for shown in failure.end() {
        eprintln!("{shown}");
    }
    failure
}

/// The file of an artifact with this extension.
pub(crate) fn file_of(artifact: &Artifact, extension: &str) -> Option<PathBuf> {
    let mut files = artifact.filenames.iter();
    files
        .find(|file| file.extension() == Some(extension))
        .map(PathBuf::from)
}
