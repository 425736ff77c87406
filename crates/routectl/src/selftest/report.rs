//! What a self-test has found: a table, or JSON.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use comfy_table::{Cell, CellAlignment, Color};
use ipforward::abi::Version;
use ipforward::{AddressFamily, Interface, IpNet};
use serde::Serialize;

use super::not_passed::{CaseResult, NotPassed};
use crate::exit::Exit;
use crate::output::table::{self, Column};
use crate::output::{CommandOutput, JsonInterface, family_name, write_json};

const COLUMNS: [Column; 6] = [
    ("GROUP", CellAlignment::Left),
    ("CASE", CellAlignment::Left),
    ("FAMILY", CellAlignment::Left),
    ("RESULT", CellAlignment::Left),
    ("MS", CellAlignment::Right),
    ("REASON", CellAlignment::Left),
];

/// What a self-test has found.
#[derive(Debug)]
pub(crate) struct SelftestReport {
    pub(super) begun: SystemTime,
    pub(super) version: Version,
    pub(super) interface: Interface,
    /// The prefixes of the routes, one for each family that was tested.
    pub(super) prefixes: Vec<IpNet>,
    pub(super) cases: Vec<CaseReport>,
}

/// What a case has found, for one family or for none.
#[derive(Debug)]
pub(super) struct CaseReport {
    pub(super) group: &'static str,
    pub(super) name: &'static str,
    pub(super) family: Option<AddressFamily>,
    pub(super) verdict: CaseVerdict,
    /// Why it did not pass.
    pub(super) reason: Option<String>,
    pub(super) duration: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseVerdict {
    Passed,
    Failed,
    Skipped,
}

/// A report in JSON.
#[derive(Debug, Serialize)]
struct JsonSelftest<'a> {
    begun: String,
    driver: String,
    abi: u32,
    #[serde(flatten)]
    interface: JsonInterface,
    prefixes: Vec<String>,
    passed: usize,
    failed: usize,
    skipped: usize,
    cases: Vec<JsonCase<'a>>,
}

/// The report of a case in JSON.
#[derive(Debug, Serialize)]
struct JsonCase<'a> {
    group: &'static str,
    case: &'static str,
    family: Option<&'static str>,
    result: &'static str,
    milliseconds: u64,
    reason: Option<&'a str>,
}

impl CaseVerdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    const fn color(self) -> Color {
        match self {
            Self::Passed => Color::Green,
            Self::Failed => Color::Red,
            Self::Skipped => Color::Yellow,
        }
    }
}

impl CaseReport {
    pub(super) fn new(
        group: &'static str,
        name: &'static str,
        family: Option<AddressFamily>,
        result: CaseResult,
        duration: Duration,
    ) -> Self {
        let (verdict, reason) = match result {
            Ok(()) => (CaseVerdict::Passed, None),
            Err(NotPassed::Failed(reason)) => (CaseVerdict::Failed, Some(reason)),
            Err(NotPassed::Skipped(reason)) => (CaseVerdict::Skipped, Some(reason)),
        };
        Self {
            group,
            name,
            family,
            verdict,
            reason,
            duration,
        }
    }

    pub(super) fn family_name(&self) -> Option<&'static str> {
        self.family.map(family_name)
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX)
    }

    fn cells(&self) -> [Cell; 6] {
        [
            Cell::new(self.group),
            Cell::new(self.name),
            Cell::new(self.family_name().unwrap_or("-")),
            Cell::new(self.verdict.name()).fg(self.verdict.color()),
            Cell::new(self.milliseconds()),
            Cell::new(self.reason.as_deref().unwrap_or_default()),
        ]
    }
}

impl<'a> From<&'a CaseReport> for JsonCase<'a> {
    fn from(case: &'a CaseReport) -> Self {
        Self {
            group: case.group,
            case: case.name,
            family: case.family_name(),
            result: case.verdict.name(),
            milliseconds: case.milliseconds(),
            reason: case.reason.as_deref(),
        }
    }
}

impl SelftestReport {
    pub(super) fn count(&self, verdict: CaseVerdict) -> usize {
        let with = self.cases.iter().filter(|case| case.verdict == verdict);
        with.count()
    }

    /// The version of the driver.
    pub(super) fn driver(&self) -> String {
        let [major, minor, patch] = self.version.driver_version;
        format!("{major}.{minor}.{patch}")
    }

    /// When it began, in UTC.
    pub(super) fn begun(&self) -> String {
        humantime::format_rfc3339_seconds(self.begun).to_string()
    }
}

impl CommandOutput for SelftestReport {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        table::write(out, COLUMNS, self.cases.iter().map(CaseReport::cells))?;
        let prefixes: Vec<_> = self.prefixes.iter().map(IpNet::to_string).collect();
        writeln!(
            out,
            "\ndriver {}, contract {}, routes to {} dev {}",
            self.driver(),
            self.version.abi_version,
            match prefixes.as_slice() {
                [] => "nothing".to_owned(),
                prefixes => prefixes.join(" and "),
            },
            self.interface
        )?;
        writeln!(
            out,
            "{} passed, {} failed, {} skipped",
            self.count(CaseVerdict::Passed),
            self.count(CaseVerdict::Failed),
            self.count(CaseVerdict::Skipped)
        )
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let value = JsonSelftest {
            begun: self.begun(),
            driver: self.driver(),
            abi: self.version.abi_version,
            interface: self.interface.into(),
            prefixes: self.prefixes.iter().map(IpNet::to_string).collect(),
            passed: self.count(CaseVerdict::Passed),
            failed: self.count(CaseVerdict::Failed),
            skipped: self.count(CaseVerdict::Skipped),
            cases: self.cases.iter().map(JsonCase::from).collect(),
        };
        write_json(out, &value)
    }

    fn exit(&self) -> Exit {
        let passed = self.count(CaseVerdict::Passed);
        match self.count(CaseVerdict::Failed) {
            0 if passed == 0 => Exit::Refused,
            0 => Exit::Success,
            _ => Exit::SelftestFailed,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A report with each verdict; the reason of the failure needs escapes.
    pub(in crate::selftest) fn report() -> SelftestReport {
        let failed = NotPassed::Failed("metric: 9, expected \"5\" < 6 & \u{1b}[0m".to_owned());
        let skipped = NotPassed::Skipped("interface 1 has no IPv6".to_owned());
        let (ipv4, ipv6) = (Some(AddressFamily::IPV4), Some(AddressFamily::IPV6));
        let case = |group, name, family, result, milliseconds| {
            CaseReport::new(
                group,
                name,
                family,
                result,
                Duration::from_millis(milliseconds),
            )
        };
        SelftestReport {
            begun: SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_357_412),
            version: Version {
                abi_version: 6,
                driver_version: [0, 1, 2],
                ..Version::default()
            },
            interface: Interface::Index(1),
            prefixes: vec!["203.0.113.0/24".parse().unwrap()],
            cases: vec![
                case("contract", "version", None, Ok(()), 3),
                case("routes", "create-set-delete", ipv4, Err(failed), 1_200),
                case("routes", "create-set-delete", ipv6, Err(skipped), 0),
            ],
        }
    }

    fn text(report: &SelftestReport) -> String {
        let mut out = Vec::new();
        report.write_text(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_columns_of_the_table_align() {
        let printed = text(&report());
        let lines: Vec<_> = printed.lines().collect();
        assert_eq!(
            lines,
            [
                "GROUP     CASE               FAMILY  RESULT     MS  REASON",
                "contract  version            -       passed      3",
                "routes    create-set-delete  IPv4    failed   1200  metric: 9, expected \"5\" < 6 &",
                "routes    create-set-delete  IPv6    skipped     0  interface 1 has no IPv6",
                "",
                "driver 0.1.2, contract 6, routes to 203.0.113.0/24 dev 1",
                "1 passed, 1 failed, 1 skipped",
            ]
        );
    }

    #[test]
    fn the_exit_code_tells_a_failure_from_no_case_at_all() {
        let mut report = report();
        assert_eq!(report.exit(), Exit::SelftestFailed);
        report.cases.remove(1);
        assert_eq!(report.exit(), Exit::Success);
        report.cases.remove(0);
        assert_eq!(report.exit(), Exit::Refused);
    }

    #[test]
    fn json_counts_the_verdicts_and_has_each_case() {
        let mut report = report();
        let more = [
            Ok(()),
            Ok(()),
            Err(NotPassed::Skipped("no link".to_owned())),
        ];
        let more =
            more.map(|result| CaseReport::new("contract", "version", None, result, Duration::ZERO));
        report.cases.extend(more);
        let mut out = Vec::new();
        report.write_json(&mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["begun"], "2026-03-01T09:30:12Z");
        assert_eq!(
            [&value["passed"], &value["failed"], &value["skipped"]],
            [3, 1, 2]
        );
        assert_eq!(value["cases"][0]["family"], serde_json::Value::Null);
        assert_eq!(value["cases"][1]["milliseconds"], 1_200);
        assert_eq!(value["cases"][2]["result"], "skipped");
    }
}
