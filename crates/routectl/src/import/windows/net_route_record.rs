//! A route as `Get-NetRoute` describes it: properties with names.

use std::collections::HashMap;

use ipforward::RouteProtocol;

use super::netsh_show::table_row;
use crate::import::address::{metric, next_hop, prefix};
use crate::import::line::{Line, LineError, LineKind};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::system_routes::{Maker, SystemRoutes};

/// The properties of a route, by their names in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct NetRouteRecord {
    pub(super) line: Line,
    properties: HashMap<String, String>,
}

impl NetRouteRecord {
    pub(super) fn new(line: Line) -> Self {
        Self {
            line,
            properties: HashMap::new(),
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim();
        if !value.is_empty() {
            self.properties.insert(name, value.to_owned());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.properties
            .contains_key(&name.trim().to_ascii_lowercase())
    }

    fn get(&self, names: &[&str]) -> Option<&str> {
        let mut found = names.iter().filter_map(|name| self.properties.get(*name));
        found.next().map(String::as_str)
    }

    fn change(&self) -> Result<LineChange, LineError> {
        let destination = self.get(&["destinationprefix"]);
        let destination = destination.ok_or_else(|| {
            LineError::new("missing DestinationPrefix", "a prefix (10.20.0.0/16)")
        })?;
        let cut = self
            .properties
            .values()
            .find(|value| value.ends_with("...") || value.ends_with('…'));
        if let Some(value) = cut {
            return Err(LineError::new(
                format!("`{value}` is cut off"),
                "the whole value: `Get-NetRoute | Format-List`, or `| Export-Csv FILE`",
            ));
        }
        let hop = self.get(&["nexthop"]).ok_or_else(|| {
            let expected = "a table with NextHop, and with ifIndex or InterfaceAlias";
            LineError::new("missing NextHop", expected)
        })?;
        let hop = Some(next_hop(hop)?);
        if let Some(compartment) = self.get(&["compartmentid"]).filter(|id| *id != "1") {
            let expected = "a route of compartment 1, where routectl runs";
            let error = format!("a route of compartment {compartment}");
            return Err(LineError::new(error, expected).of_kind(LineKind::OtherTable));
        }
        let index = self.get(&["interfaceindex", "ifindex"]);
        let alias = self.get(&["interfacealias"]);
        let dev = index.or(alias).map(InterfaceRef::index_or_name);
        let own = self.get(&["routemetric"]).map(metric).transpose()?;
        let protocol = self.get(&["protocol"]).map(protocol).transpose()?;
        let publish = self.get(&["publish"]);
        let valid = self.get(&["validlifetime"]).map(lifetime).transpose()?;
        let preferred = self.get(&["preferredlifetime"]).map(lifetime).transpose()?;
        Ok(LineChange {
            next_hop: hop,
            dev,
            metric: own.map(Metric::Own),
            protocol,
            expires: valid,
            preferred: preferred.filter(|_| valid != preferred),
            publish: publish
                .map(|publish| !matches!(publish.to_ascii_lowercase().as_str(), "no" | "0")),
            ..LineChange::new(&self.line, Verb::Replace, prefix(destination)?)
        })
    }

    fn is_persistent(&self) -> bool {
        let store = self.get(&["store", "policystore"]);
        store.is_some_and(|store| {
            matches!(store.to_ascii_lowercase().as_str(), "persistentstore" | "0")
        })
    }
}

/// Adds the routes of all records, but for those of the system and for persistent copies of active
/// routes.
pub(super) fn add_records(parsed: &mut Parsed, records: Vec<NetRouteRecord>) {
    let mut changes: Vec<(LineChange, bool)> = Vec::new();
    for record in records {
        match record.change() {
            Ok(change) => changes.push((change, record.is_persistent())),
            Err(error) => parsed.reject(&record.line, error),
        }
    }
    let table: Vec<_> = changes
        .iter()
        .map(|(change, _)| table_row(change))
        .collect();
    let system = SystemRoutes::of(&table);
    let key = |change: &LineChange| {
        (
            change.prefix,
            change.next_hop,
            change.dev.as_ref().map(InterfaceRef::name),
        )
    };
    let active: Vec<_> = changes
        .iter()
        .filter(|(_, is_persistent)| !is_persistent)
        .map(|(change, _)| key(change))
        .collect();
    for ((mut change, is_persistent), row) in changes.into_iter().zip(&table) {
        let maker = match change.protocol {
            Some(RouteProtocol::LOCAL) if row.is_on_link && row.prefix.prefix_len() > 1 => {
                Maker::System
            }
            Some(protocol) if protocol != RouteProtocol::LOCAL => Maker::User,
            _ => system.maker(row),
        };
        if maker == Maker::System {
            parsed.leave_out(&change.line, LeftOut::SystemRoute);
        } else if is_persistent && active.contains(&key(&change)) {
            // The active route has more members.
            parsed.leave_out(&change.line, LeftOut::Repeated);
        } else {
            change.system_route_if = maker.condition();
            parsed.changes.push(change);
        }
    }
}

/// A protocol by its name or its number.
pub(super) fn protocol(text: &str) -> Result<RouteProtocol, LineError> {
    text.parse().map_err(|_| {
        let expected = "a name (NetMgmt, Local) or a number";
        LineError::new(format!("unknown protocol `{text}`"), expected)
    })
}

/// A lifetime: `infinite`, seconds, `1d2h3m4s`, or `[days.]hours:minutes:seconds`; in
/// seconds, `u32::MAX` if infinite.
pub(super) fn lifetime(text: &str) -> Result<u32, LineError> {
    let invalid = || {
        LineError::new(
            format!("invalid lifetime `{text}`"),
            "infinite, seconds (3600), 1d2h3m4s, or hours:minutes:seconds (01:00:00)",
        )
    };
    let lower = text.to_ascii_lowercase();
    // `[TimeSpan]::MaxValue` and the text of its value.
    if matches!(lower.as_str(), "infinite" | "4294967295")
        || lower.contains("maxvalue")
        || lower.starts_with("10675199.")
    {
        return Ok(u32::MAX);
    }
    let seconds = if lower.contains(':') {
        let (days, time) = lower
            .split_once('.')
            .filter(|(_, time)| time.contains(':'))
            .unwrap_or(("0", &lower));
        let time = time.split('.').next().unwrap_or_default();
        let parts: Option<Vec<u64>> = time.split(':').map(|part| part.parse().ok()).collect();
        match (days.parse::<u64>(), parts.as_deref()) {
            (Ok(days), Some([hours, minutes, seconds])) => {
                Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
            }
            _ => None,
        }
    } else {
        units(&lower)
    };
    let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
    seconds.ok_or_else(invalid)
}

fn units(text: &str) -> Option<u64> {
    let (mut total, mut number) = (0_u64, String::new());
    for letter in text.chars() {
        let unit = match letter {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            digit => {
                number.push(digit);
                continue;
            }
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    if number.is_empty() {
        return Some(total);
    }
    total.checked_add(number.parse().ok()?)
}
