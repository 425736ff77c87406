//! What `docs/host/rules.md` and `docs/host/reports.md` say.

use std::fs;

/// A line of the tables of rules.
pub(crate) struct Row {
    pub(crate) rule: String,
    /// What the host does.
    pub(crate) reaction: String,
    /// What Windows does.
    pub(crate) windows: String,
}

/// The page with the reports.
pub(crate) fn reports() -> String {
    page("reports.md")
}

fn page(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/host/");
    fs::read_to_string(format!("{folder}{name}")).expect("docs/host has the page")
}

/// What is broken, what the host and what Windows do, where Windows documents it, and the rule.
pub(crate) fn rows() -> Vec<Row> {
    page("rules.md").lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let ["", _broken, reaction, windows, _documentation, rule, ""] = cells[..] else {
        return None;
    };
    let rule = rule.strip_prefix('`')?.strip_suffix('`')?;
    rule.contains("::").then(|| Row {
        rule: rule.to_owned(),
        reaction: reaction.to_owned(),
        windows: windows.to_owned(),
    })
}

/// The heading of the rules for the drivers of a stack.
const OF_A_STACK: &str = "### Rules of a stack";

/// A rule of WDM: its name, its stop code, and the beginning of the stop's parameters, where the page has one.
type WdmRule = (String, u32, Option<String>);

/// The rules that a single driver breaks.
pub(crate) fn irp_rules() -> Vec<WdmRule> {
    wdm_rules(false)
}

/// The rules for the drivers of a stack.
pub(crate) fn stack_rules() -> Vec<WdmRule> {
    wdm_rules(true)
}

fn wdm_rules(of_a_stack: bool) -> Vec<WdmRule> {
    let page = page("wdm.md");
    let (single, stack) = page.split_once(OF_A_STACK).expect("the page has both");
    let part = if of_a_stack { stack } else { single };
    part.lines().filter_map(irp_rule).collect()
}

fn irp_rule(line: &str) -> Option<WdmRule> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let ["", _broken, reaction, _windows, _documentation, rule, ""] = cells[..] else {
        return None;
    };
    let rule = rule.strip_prefix('`')?.strip_suffix('`')?;
    let mut numbers = reaction.strip_prefix("stops: 0x")?.split(", 0x");
    let code = numbers.next()?.split(' ').next()?;
    let code = u32::from_str_radix(code, 16).ok()?;
    let first = numbers
        .next()
        .map(|first| format!("(0x{},", first.to_lowercase()));
    Some((rule.to_owned(), code, first))
}

/// The document says that what the host does to `rule` is `reaction`.
pub(crate) fn assert_says(rule: &str, reaction: &str) {
    let row = rows().into_iter().find(|row| row.rule == rule);
    let row = row.unwrap_or_else(|| panic!("{rule} is not in the document"));
    assert_eq!(row.reaction, reaction, "docs/host/rules.md, {rule}");
}
