//! The report of a self-test in the XML of JUnit, which servers of continuous integration show.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::report::{CaseReport, CaseVerdict, SelftestReport};

/// The name of the suite, and the first part of the class of each case.
const SUITE: &str = "routectl.selftest";

/// Writes the report: one suite, with a test case for each report of a case.
pub(crate) fn write_junit(report: &SelftestReport, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let (tests, failures, skipped) = (
        report.cases.len().to_string(),
        report.count(CaseVerdict::Failed).to_string(),
        report.count(CaseVerdict::Skipped).to_string(),
    );
    let (time, begun) = (
        seconds(report.cases.iter().map(|case| case.duration).sum()),
        report.begun(),
    );
    let counts = [
        ("name", SUITE),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", "0"),
        ("skipped", &skipped),
        ("time", &time),
    ];
    xml.create_element("testsuites")
        .with_attributes(counts.into_iter().filter(|(name, _)| *name != "skipped"))
        .write_inner_content(|xml| {
            xml.create_element("testsuite")
                .with_attributes(counts)
                .with_attribute(("timestamp", begun.trim_end_matches('Z')))
                .write_inner_content(|xml| {
                    write_properties(report, xml)?;
                    report
                        .cases
                        .iter()
                        .try_for_each(|case| write_case(case, xml))
                })?;
            Ok(())
        })?;
    writeln!(out)
}

fn write_properties<W: Write>(report: &SelftestReport, xml: &mut Writer<W>) -> io::Result<()> {
    let prefixes: Vec<_> = report.prefixes.iter().map(ToString::to_string).collect();
    let properties = [
        ("driver", report.driver()),
        ("contract", report.version.abi_version.to_string()),
        ("interface", report.interface.to_string()),
        ("prefixes", prefixes.join(" ")),
    ];
    xml.create_element("properties")
        .write_inner_content(|xml| {
            for (name, value) in &properties {
                xml.create_element("property")
                    .with_attributes([("name", *name), ("value", value)])
                    .write_empty()?;
            }
            Ok(())
        })?;
    Ok(())
}

fn write_case<W: Write>(case: &CaseReport, xml: &mut Writer<W>) -> io::Result<()> {
    let name = match case.family_name() {
        Some(family) => format!("{} {family}", case.name),
        None => case.name.to_owned(),
    };
    let class = format!("{SUITE}.{}", case.group);
    let time = seconds(case.duration);
    let element = xml.create_element("testcase").with_attributes([
        ("name", name.as_str()),
        ("classname", &class),
        ("time", &time),
    ]);
    let reason = plain(case.reason.as_deref().unwrap_or_default());
    match case.verdict {
        CaseVerdict::Passed => element.write_empty()?,
        CaseVerdict::Failed => element.write_inner_content(|xml| {
            xml.create_element("failure")
                .with_attribute(("message", reason.as_str()))
                .write_text_content(BytesText::new(&reason))?;
            Ok(())
        })?,
        CaseVerdict::Skipped => element.write_inner_content(|xml| {
            xml.create_element("skipped")
                .with_attribute(("message", reason.as_str()))
                .write_empty()?;
            Ok(())
        })?,
    };
    Ok(())
}

/// Seconds with three decimals.
fn seconds(duration: std::time::Duration) -> String {
    format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
}

/// The text without characters that XML 1.0 does not allow.
fn plain(text: &str) -> String {
    let is_allowed = |one: char| !one.is_control() && !matches!(one, '\u{fffe}' | '\u{ffff}');
    text.chars()
        .map(|one| if is_allowed(one) { one } else { ' ' })
        .collect()
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;

    use super::super::report::tests::report;
    use super::*;

    fn xml() -> String {
        let mut out = Vec::new();
        write_junit(&report(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_report_is_well_formed_xml() {
        let xml = xml();
        let mut reader = Reader::from_str(&xml);
        reader.config_mut().check_end_names = true;
        let (mut depth, mut elements) = (0_u32, 0);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    start.attributes().for_each(|one| drop(one.unwrap()));
                    depth += 1;
                    elements += 1;
                }
                Event::Empty(empty) => {
                    empty.attributes().for_each(|one| drop(one.unwrap()));
                    elements += 1;
                }
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!((depth, elements), (0, 12), "{xml}");
    }

    #[test]
    fn junit_counts_and_names_the_cases() {
        let xml = xml();
        for part in [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"routectl.selftest\"",
            "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"1.203\" \
             timestamp=\"2026-03-01T09:30:12\">",
            "<property name=\"driver\" value=\"0.1.2\"/>",
            "<testcase name=\"version\" classname=\"routectl.selftest.contract\" time=\"0.003\"/>",
            "<testcase name=\"create-set-delete IPv4\" classname=\"routectl.selftest.routes\" \
             time=\"1.200\">",
            "<skipped message=\"interface 1 has no IPv6\"/>",
        ] {
            assert!(xml.contains(part), "{part}\n{xml}");
        }
    }

    #[test]
    fn a_reason_is_escaped_and_without_control_characters() {
        let xml = xml();
        assert!(!xml.contains('\u{1b}'), "{xml}");
        let message = "metric: 9, expected &quot;5&quot; &lt; 6 &amp;  [0m";
        assert!(xml.contains(&format!("message=\"{message}\"")), "{xml}");
    }
}
