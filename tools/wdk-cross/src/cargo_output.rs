//! Cargo's messages about a build.

use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Artifact, Message};

/// Runs cargo and returns what it built.
pub(crate) fn artifacts(cargo: &mut Command) -> Result<Vec<Artifact>> {
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut artifacts = Vec::new();
    for message in Message::parse_stream(BufReader::new(output)) {
        if let Message::CompilerArtifact(artifact) = message.context("cargo's messages")? {
            artifacts.push(artifact);
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() {
        bail!("the driver did not build");
    }
    Ok(artifacts)
}

/// The file of an artifact with this extension.
pub(crate) fn file_of(artifact: &Artifact, extension: &str) -> Option<PathBuf> {
    let mut files = artifact.filenames.iter();
    files
        .find(|file| file.extension() == Some(extension))
        .map(PathBuf::from)
}
