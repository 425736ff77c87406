//! The certificate that the package is signed with here: for test machines only.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use fs_err as fs;

use wdk_cross::program;

/// Who signs: whoever built this, which proves nothing.
const SUBJECT: &str = "/CN=ipforward test certificate";

/// Ten years: a test machine need not trust another one before long.
const DAYS: &str = "3650";

/// A certificate and its key.
#[derive(Debug)]
pub(super) struct Certificate {
    /// As OpenSSL's programs read it (PEM).
    pub(super) pem: PathBuf,
    pub(super) key: PathBuf,
    /// As Windows' tools read it (DER).
    pub(super) for_windows: PathBuf,
}

/// The certificate in a folder, made there on first use.
pub(super) fn ensure(openssl: &Path, folder: &Path) -> Result<Certificate> {
    let certificate = Certificate {
        pem: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
        for_windows: folder.join("certificate.cer"),
    };
    if !certificate.for_windows.is_file() {
        program::print_status("making a test certificate");
        fs::create_dir_all(folder)?;
        certificate.make(openssl)?;
    }
    Ok(certificate)
}

impl Certificate {
    fn make(&self, openssl: &Path) -> Result<()> {
        let mut request = Command::new(openssl);
        request
            .args(["req", "-x509", "-sha256", "-newkey", "rsa:3072", "-nodes"])
            .args(["-days", DAYS, "-subj", SUBJECT])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-addext", "keyUsage=critical,digitalSignature"])
            .args(["-addext", "extendedKeyUsage=codeSigning"])
            .arg("-keyout")
            .arg(&self.key)
            .arg("-out")
            .arg(&self.pem);
        program::output(&mut request)?;
        let mut convert = Command::new(openssl);
        convert
            .args(["x509", "-outform", "DER", "-in"])
            .arg(&self.pem)
            .arg("-out")
            .arg(&self.for_windows);
        program::output(&mut convert)?;
        Ok(())
    }
}
