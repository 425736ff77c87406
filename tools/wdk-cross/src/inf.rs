//! The INF file: its source (.inx) with the variables of Microsoft's stampinf filled in.

use anyhow::Result;
use anyhow::bail;
use der::DateTime;

use crate::driver_model::WdkDriverModel;

/// A processor that Windows has drivers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// Arm64.
    Arm64,
}

impl Architecture {
    /// That of a target of Rust's.
    pub(crate) fn of_target(target: &str) -> Result<Self> {
        match target.split('-').next() {
            Some("x86_64") => Ok(Self::Amd64),
            Some("aarch64") => Ok(Self::Arm64),
            _ => bail!("Windows has no drivers for {target}"),
        }
    }

    /// As an INF file's decorations have it, after `NT`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// What is stamped into the file.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    /// The source's date.
    pub(crate) date: DateTime,
    /// The package's version; pre-release and build marks have no place in an INF file.
    pub(crate) version: (u64, u64, u64),
    /// What the driver is written against.
    pub(crate) model: WdkDriverModel,
    /// What the image is for.
    pub(crate) architecture: Architecture,
}

impl Stamp {
    fn driver_version(&self) -> String {
        let (year, month, day) = (self.date.year(), self.date.month(), self.date.day());
        let (major, minor, patch) = self.version;
        format!("DriverVer = {month:02}/{day:02}/{year:04},{major}.{minor}.{patch}.0")
    }

    /// Fills in the source of an INF file.
    pub(crate) fn fill(&self, source: &str) -> Result<String> {
        let line_end = if source.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let mut lines: Vec<String> = Vec::new();
        let mut header = None;
        let mut in_version = false;
        let mut stamped = false;
        for line in source.lines() {
            let word = line.trim_start();
            if word.starts_with('[') {
                in_version = word.to_ascii_lowercase().starts_with("[version]");
                if in_version {
                    header = Some(lines.len());
                }
            }
            let is_driver_version = line.split('=').next().is_some_and(|key| {
                line.contains('=') && key.trim().eq_ignore_ascii_case("DriverVer")
            });
            if in_version && is_driver_version {
                if stamped {
                    bail!("the INF source has two DriverVer entries");
                }
                lines.push(self.driver_version());
                stamped = true;
            } else {
                lines.push(line.to_owned());
            }
        }
        let Some(header) = header else {
            bail!("the INF source has no [Version] section")
        };
        if !stamped {
            lines.insert(header + 1, self.driver_version());
        }
        let text: String = lines.into_iter().map(|line| line + line_end).collect();
        let mut text = text.replace("$ARCH$", self.architecture.name());
        if let WdkDriverModel::Kmdf { minor } = self.model {
            text = text
                .replace("$KMDFVERSION$", &format!("1.{minor}"))
                .replace("$KMDFCOINSTALLERVERSION$", &format!("010{minor:02}"));
        }
        if let Some(variable) = left_over(&text) {
            bail!("the INF source has a variable that is not known here: {variable}");
        }
        Ok(text)
    }
}

/// The first `$NAME$` outside of comments.
fn left_over(text: &str) -> Option<String> {
    let code = text
        .lines()
        .map(|line| line.split(';').next().unwrap_or_default());
    code.flat_map(|line| line.split('$').skip(1).step_by(2))
        .find(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase()))
        .map(|name| format!("${name}$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp() -> Stamp {
        Stamp {
            date: DateTime::new(2026, 3, 9, 0, 0, 0).unwrap(),
            version: (0, 12, 3),
            model: WdkDriverModel::Kmdf { minor: 31 },
            architecture: Architecture::Amd64,
        }
    }

    #[test]
    fn every_variable_is_filled_in() {
        let source = "; $MADE UP$\n[Version]\nClass = System\nDriverVer = ; by the build\n\
                      [Manufacturer]\n%M% = S,NT$ARCH$.10.0...16299\n[S.NT$ARCH$]\n\
                      [W]\nKmdfLibraryVersion = $KMDFVERSION$\nco = $KMDFCOINSTALLERVERSION$\n";
        let inf = stamp().fill(source).unwrap();
        assert_eq!(
            inf,
            "; $MADE UP$\n[Version]\nClass = System\nDriverVer = 03/09/2026,0.12.3.0\n\
             [Manufacturer]\n%M% = S,NTamd64.10.0...16299\n[S.NTamd64]\n\
             [W]\nKmdfLibraryVersion = 1.31\nco = 01031\n"
        );
    }

    #[test]
    fn the_architecture_is_that_of_the_target() {
        let source = "[Version]\n[S.NT$ARCH$]\n";
        for (target, section) in [
            ("x86_64-pc-windows-msvc", "[S.NTamd64]"),
            ("aarch64-pc-windows-msvc", "[S.NTarm64]"),
        ] {
            let architecture = Architecture::of_target(target).unwrap();
            let stamp = Stamp {
                architecture,
                ..stamp()
            };
            let inf = stamp.fill(source).unwrap();
            assert!(inf.contains(section), "{target}: {inf}");
        }
        assert!(Architecture::of_target("i686-pc-windows-msvc").is_err());
    }

    #[test]
    fn a_missing_driver_version_is_put_first_in_its_section() {
        let inf = stamp()
            .fill("[version]\r\nClass = System\r\n[Other]\r\nDriverVer = x\r\n")
            .unwrap();
        assert_eq!(
            inf,
            "[version]\r\nDriverVer = 03/09/2026,0.12.3.0\r\nClass = System\r\n[Other]\r\n\
             DriverVer = x\r\n"
        );
    }

    #[test]
    fn a_wdm_driver_has_no_version_of_kmdf() {
        let stamp = Stamp {
            model: WdkDriverModel::Wdm,
            ..stamp()
        };
        assert!(stamp.fill("[Version]\n[S.NT$ARCH$]\n").is_ok());
        let error = stamp
            .fill("[Version]\n[W]\nv = $KMDFVERSION$\n")
            .unwrap_err();
        assert!(error.to_string().contains("$KMDFVERSION$"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_stamped_is_an_error() {
        assert!(stamp().fill("[Strings]\n").is_err());
        assert!(
            stamp()
                .fill("[Version]\nDriverVer = 1\nDriverVer = 2\n")
                .is_err()
        );
        let error = stamp()
            .fill("[Version]\n[A.$WHAT$]\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("$WHAT$"), "{error}");
    }
}
