//! `[Route]` sections of systemd-networkd, and `Gateway` of `[Network]`.

use super::configured_route::ConfiguredRoute;
use crate::import::line::{Line, LineError, set_once};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;

/// Sections that only systemd-networkd has.
const SECTIONS: &[&str] = &[
    "[match]",
    "[network]",
    "[route]",
    "[link]",
    "[dhcpv4]",
    "[address]",
];

/// How surely a line is of such a file.
pub(in crate::import) fn score(line: &str) -> Score {
    let line = line.trim().to_ascii_lowercase();
    if SECTIONS.contains(&line.as_str()) {
        return Score::SURE;
    }
    let keys = [
        "destination=",
        "gateway=",
        "gatewayonlink=",
        "metric=",
        "routemetric=",
        "name=",
    ];
    if keys.iter().any(|key| line.starts_with(key)) {
        Score::LIKELY
    } else {
        Score::NONE
    }
}

/// Parses all routes. The interface is that of `[Match]`.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut file = NetworkFile::default();
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        if line.text.is_empty() || line.text.starts_with(['#', ';']) {
            parsed.leave_out(&line, LeftOut::Noise);
        } else if line.text.starts_with('[') {
            file.begin(&mut parsed, &line);
        } else if let Some((key, value)) = line.text.split_once('=') {
            if let Err(error) = file.set(&line, key.trim(), value.trim()) {
                parsed.reject(&line, error);
            }
        } else {
            parsed.reject(
                &line,
                LineError::new("not a setting", "`Key=Value` or `[Section]`"),
            );
        }
    }
    file.end(&mut parsed);
    parsed
}

#[derive(Default)]
struct NetworkFile {
    section: String,
    /// The name of the interface.
    name: Option<String>,
    routes: Vec<ConfiguredRoute>,
}

impl NetworkFile {
    fn begin(&mut self, parsed: &mut Parsed, line: &Line) {
        self.section = line.text.trim_matches(['[', ']']).to_ascii_lowercase();
        if self.section == "match" && !self.routes.is_empty() {
            // Another file follows.
            self.end(parsed);
        }
        if self.section == "route" {
            self.routes.push(ConfiguredRoute {
                line: line.clone(),
                ..ConfiguredRoute::default()
            });
        }
    }

    /// Adds the routes, on the interface of the file.
    fn end(&mut self, parsed: &mut Parsed) {
        let name = self.name.take();
        for route in self.routes.drain(..) {
            let change = route.change(name.as_deref());
            parsed.add(&route.line, change);
        }
    }

    fn set(&mut self, line: &Line, key: &str, value: &str) -> Result<(), LineError> {
        match (self.section.as_str(), key) {
            ("match", "Name") if !value.contains(['*', '?', ' ']) => {
                self.name = Some(value.to_owned());
            }
            // A default route of the section.
            ("network", "Gateway") => self.routes.push(ConfiguredRoute {
                line: line.clone(),
                gateway: Some(value.to_owned()),
                ..ConfiguredRoute::default()
            }),
            ("route", _) => return self.set_of_route(line, key, value),
            _ => {}
        }
        Ok(())
    }

    fn set_of_route(&mut self, line: &Line, key: &str, value: &str) -> Result<(), LineError> {
        let Some(route) = self.routes.last_mut() else {
            return Ok(());
        };
        // An error names the line of the key that most likely causes it.
        let has_key = route.line.text.contains('=');
        if matches!(key, "Type" | "Table" | "Source")
            || matches!(key, "Destination" | "Gateway") && !has_key
        {
            route.line = line.clone();
        }
        let slot = match key {
            "Destination" => &mut route.destination,
            "Gateway" => &mut route.gateway,
            "Metric" => &mut route.metric,
            "Type" => &mut route.kind,
            "Table" => &mut route.table,
            "Source" => &mut route.source,
            "Scope" => &mut route.scope,
            "MultiPathRoute" => {
                let error = "a route with several next hops";
                let expected = "a [Route] section for each next hop";
                return Err(LineError::unsupported(error, expected));
            }
            // They have no counterpart in Windows, and do not change where packets go.
            _ => return Ok(()),
        };
        set_once(slot, key, value.to_owned())
    }
}
