//! The output of `netsh interface ipv4 show route`, in any language.

use ipforward::{IpNet, NextHop};

use crate::import::address::{is_address, metric, next_hop, prefix};
use crate::import::line::{Line, LineError};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;
use crate::import::system_routes::{Maker, SystemMetric, SystemRoutes, TableRow};

/// The words of a row: the metric, the prefix, the index, and the gateway or the interface's name.
struct ShownRow<'a> {
    /// The type, which is `System` for routes of the system.
    kind: &'a [&'a str],
    metric: &'a str,
    prefix: &'a str,
    index: &'a str,
    gateway: &'a [&'a str],
}

/// A row is recognized by its prefix between two numbers.
fn row<'a>(words: &'a [&'a str]) -> Option<ShownRow<'a>> {
    let is_number = |word: &str| word.parse::<u32>().is_ok();
    let place = words.windows(3).position(|row| {
        is_number(row[0])
            && row[1].contains('/')
            && row[1].parse::<IpNet>().is_ok()
            && is_number(row[2])
    })?;
    Some(ShownRow {
        kind: &words[..place],
        metric: words[place],
        prefix: words[place + 1],
        index: words[place + 2],
        gateway: &words[place + 3..],
    })
    .filter(|row| !row.gateway.is_empty())
}

/// How surely a line is of the table.
pub(in crate::import) fn score(line: &str) -> Score {
    let words: Vec<_> = line.split_whitespace().collect();
    match row(&words) {
        Some(_) => Score::SURE,
        None if line.contains("Gateway/Interface Name") => Score::SURE,
        None => Score::NONE,
    }
}

/// Parses all rows; skips titles.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rows = Vec::new();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        let words = line.words();
        match row(&words) {
            Some(row) => match change(&line, &row) {
                Ok(change) => rows.push((change, is_system(&row))),
                Err(error) => parsed.reject(&line, error),
            },
            None if words
                .iter()
                .any(|word| word.contains('/') && word.parse::<IpNet>().is_ok()) =>
            {
                let expected = "publish, type, metric, prefix, index, and gateway or name";
                parsed.reject(&line, LineError::new("incomplete row", expected));
            }
            None => parsed.leave_out(&line, LeftOut::Noise),
        }
    }
    add_rows(&mut parsed, rows);
    parsed
}

/// True if the type is the word for the system in one of the languages of Windows.
fn is_system(row: &ShownRow<'_>) -> bool {
    let kind = row.kind.join(" ").to_lowercase();
    [
        "system",
        "syst",
        "sist",
        "систем",
        "系统",
        "系統",
        "システム",
        "시스템",
    ]
    .iter()
    .any(|word| kind.contains(word))
}

fn change(line: &Line, row: &ShownRow<'_>) -> Result<LineChange, LineError> {
    let next_hop = match row.gateway {
        [address] if is_address(address) => next_hop(address)?,
        // The name of the interface.
        _ => NextHop::OnLink,
    };
    Ok(LineChange {
        next_hop: Some(next_hop),
        dev: Some(InterfaceRef::index_or_name(row.index)),
        metric: Some(Metric::Own(metric(row.metric)?)),
        ..LineChange::new(line, Verb::Replace, prefix(row.prefix)?)
    })
}

fn add_rows(parsed: &mut Parsed, rows: Vec<(LineChange, bool)>) {
    let table: Vec<_> = rows.iter().map(|(change, _)| table_row(change)).collect();
    let system = SystemRoutes::of(&table);
    for ((mut change, is_of_type_system), row) in rows.into_iter().zip(&table) {
        let is_of_system = is_of_type_system && row.is_on_link && row.prefix.prefix_len() > 1;
        let maker = system.maker(row);
        if is_of_system || maker == Maker::System {
            parsed.leave_out(&change.line, LeftOut::SystemRoute);
        } else {
            change.system_route_if = maker.condition();
            parsed.changes.push(change);
        }
    }
}

/// The row of a change with its own metric.
pub(super) fn table_row(change: &LineChange) -> TableRow {
    let is_256 = change.metric == Some(Metric::Own(ipforward::Route::METRIC_DEFAULT));
    TableRow {
        prefix: change.prefix,
        dev: change.dev.clone(),
        is_on_link: change.next_hop == Some(NextHop::OnLink),
        metric: match (is_256, change.metric) {
            (true, _) => SystemMetric::Yes,
            (false, Some(_)) => SystemMetric::No,
            (false, None) => SystemMetric::Unknown,
        },
    }
}
