//! The page: readable without scripts, by light and by dark.

use std::fmt::Write as _;

use anyhow::Result;

use crate::style::escaped;
use crate::{BenchReport, Chart, ReportSection, SectionAnswer};

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1f2328; --page: #ffffff; --line: #d0d7de }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --page: #0d1117; --line: #3d444d } }
body { font: 16px/1.5 sans-serif; color: var(--ink); background: var(--page); max-width: 54rem;
       margin: 2rem auto; padding: 0 1rem }
svg { max-width: 100%; height: auto }
section { border-top: 1px solid var(--line); margin-top: 2rem }
table { border-collapse: collapse }
th, td { border-bottom: 1px solid var(--line); padding: 0.2rem 0.8rem; text-align: right }
th:first-child, td:first-child { text-align: left }
";

/// The whole page.
pub(crate) fn html(report: &BenchReport) -> Result<String> {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>What a route costs</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>What a route costs</h1>\n<ul>\n"
    );
    for condition in &report.conditions {
        let _ = writeln!(page, "<li>{}</li>", escaped(condition));
    }
    page.push_str("</ul>\n");
    for section in &report.sections {
        add_section(&mut page, section)?;
    }
    page.push_str("</main>\n</body>\n</html>\n");
    Ok(page)
}

fn add_section(page: &mut String, section: &ReportSection) -> Result<()> {
    let (name, title) = (section.name, escaped(section.title));
    let about = escaped(&section.about);
    let _ = writeln!(
        page,
        "<section id=\"{name}\">\n<h2>{title}</h2>\n<p>{about}</p>"
    );
    match &section.answer {
        SectionAnswer::Figures(chart) => {
            page.push_str(&chart.draw(section.title)?);
            add_table(page, chart);
        }
        SectionAnswer::LeftOut(why) => {
            let _ = writeln!(page, "<p><strong>Left out:</strong> {}</p>", escaped(why));
        }
    }
    page.push_str("</section>\n");
    Ok(())
}

/// The figures of a picture, for a reader who wants them exactly or does not see it.
fn add_table(page: &mut String, chart: &Chart) {
    let (header, rows) = chart.table();
    page.push_str("<details>\n<summary>The figures</summary>\n<table>\n<thead><tr>");
    for cell in header {
        let _ = write!(page, "<th scope=\"col\">{}</th>", escaped(&cell));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td>{}</td>", escaped(&cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bar, Bars};

    fn report() -> BenchReport {
        let bars = Bars {
            unit: "instructions",
            mark: None,
            bars: vec![Bar {
                name: "create <1>".into(),
                figure: 790.0,
                mark: None,
            }],
        };
        let section = |name, title, answer| ReportSection {
            name,
            title,
            about: "Counted & averaged.".into(),
            answer,
        };
        BenchReport {
            conditions: vec!["release builds".into()],
            sections: vec![
                section("cost", "Cost", SectionAnswer::Figures(Chart::Bars(bars))),
                section(
                    "netns",
                    "Namespaces",
                    SectionAnswer::LeftOut("not root".into()),
                ),
            ],
        }
    }

    #[test]
    fn a_page_has_each_picture_and_its_figures() {
        let page = html(&report()).unwrap();
        assert_eq!(page.matches("<svg").count(), 1);
        assert!(page.contains("role=\"img\" aria-label=\"Cost\""), "{page}");
        assert!(
            page.contains("<td>create &lt;1&gt;</td><td>790</td>"),
            "{page}"
        );
        assert!(page.contains("Counted &amp; averaged."));
        assert!(!page.contains("<script"));
    }

    #[test]
    fn a_section_without_figures_says_why() {
        let page = html(&report()).unwrap();
        assert!(
            page.contains("<strong>Left out:</strong> not root"),
            "{page}"
        );
    }

    #[test]
    fn each_picture_is_a_file_too() {
        let directory = tempfile::tempdir().unwrap();
        let index = report().write(directory.path()).unwrap();
        let picture = |name| directory.path().join(name);
        let svg = fs_err::read_to_string(picture("cost.svg")).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("prefers-color-scheme"));
        assert!(index.is_file() && !picture("netns.svg").exists());
    }
}
