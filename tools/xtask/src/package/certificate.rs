//! The test certificate that signs the package. Only test computers trust it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use wdk_cross::program;

/// The subject. It proves nothing about the origin of the package.
const SUBJECT: &str = "/CN=ipforward test certificate";

/// Ten years, so that test computers seldom need a new one.
const DAYS: &str = "3650";

/// A certificate and its key.
#[derive(Debug)]
pub(super) struct Certificate {
    /// In the format of OpenSSL's programs (PEM).
    pub(super) pem: PathBuf,
    pub(super) key: PathBuf,
    /// In the format of Windows' tools (DER).
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
