//! Signs images and catalogs with osslsigncode, and verifies the signatures.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;
use wdk_cross::prerequisites::Need;
use wdk_cross::program;

use super::certificate::Certificate;

/// The description in each signature.
const DESCRIPTION: &str = "IpForward Route Driver";

/// The programs that sign.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) openssl: PathBuf,
    osslsigncode: PathBuf,
}

impl Signer {
    /// Finds the programs. The error is what to install.
    pub(super) fn find() -> Result<Self, Need> {
        let openssl = program::in_path("openssl");
        let osslsigncode = program::in_path("osslsigncode");
        if let (Some(openssl), Some(osslsigncode)) = (&openssl, &osslsigncode) {
            return Ok(Self {
                openssl: openssl.clone(),
                osslsigncode: osslsigncode.clone(),
            });
        }
        let mut need = Need {
            uses: Vec::new(),
            llvm: false,
            packages: Vec::new(),
            elsewhere: "Install openssl and osslsigncode with this system's package manager.",
        };
        if openssl.is_none() {
            need.uses
                .push("openssl, which makes the test certificate".to_owned());
            need.packages.push("openssl");
        }
        if osslsigncode.is_none() {
            need.uses
                .push("osslsigncode, which signs image and catalog".to_owned());
            need.packages.push("osslsigncode");
        }
        Err(need)
    }

    /// Signs a copy of `from` at `to`. The Unix time of the signature is an argument, so that the
    /// same file gets the same signature.
    pub(super) fn sign(
        &self,
        certificate: &Certificate,
        time: u64,
        from: &Path,
        to: &Path,
    ) -> Result<()> {
        // osslsigncode does not overwrite a file.
        let folder = tempfile::tempdir().context("a folder for the signed file")?;
        let signed = folder.path().join("signed");
        let mut command = Command::new(&self.osslsigncode);
        command
            .args(["sign", "-h", "sha256", "-n", DESCRIPTION])
            .args(["-time", &time.to_string(), "-certs"])
            .arg(&certificate.pem)
            .arg("-key")
            .arg(&certificate.key)
            .arg("-in")
            .arg(from)
            .arg("-out")
            .arg(&signed);
        program::output(&mut command)?;
        fs::copy(&signed, to)?;
        Ok(())
    }

    /// Checks the signature in an image.
    pub(super) fn verify(&self, certificate: &Certificate, image: &Path) -> Result<()> {
        let mut command = self.verification(certificate);
        program::output(command.arg("-in").arg(image))?;
        Ok(())
    }

    /// Checks that a catalog is signed and has an image among its members.
    pub(super) fn verify_member(
        &self,
        certificate: &Certificate,
        image: &Path,
        catalog: &Path,
    ) -> Result<()> {
        let mut command = self.verification(certificate);
        program::output(command.arg("-catalog").arg(catalog).arg("-in").arg(image))?;
        Ok(())
    }

    fn verification(&self, certificate: &Certificate) -> Command {
        let mut command = Command::new(&self.osslsigncode);
        command.args(["verify", "-CAfile"]).arg(&certificate.pem);
        command
    }
}
