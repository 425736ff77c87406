//! `routes` of netplan.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::configured_route::ConfiguredRoute;
use crate::import::line::{Line, LineError};
use crate::import::parsed::Parsed;

/// True if a text is a netplan configuration.
pub(in crate::import) fn is_document(text: &str) -> bool {
    let is_start = |line: &str| {
        let key = line.trim_end();
        key == "network:" || key.starts_with("network: ") || key.starts_with("network: {")
    };
    text.lines().any(is_start)
}

/// Parses the routes of all interfaces.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let documents = match MarkedYaml::load_from_str(text) {
        Ok(documents) => documents,
        Err(error) => {
            let number = error.marker().line();
            let line = line_of(text, number);
            let error = LineError::new(format!("invalid YAML: {error}"), "valid YAML");
            parsed.reject(&line, error);
            return parsed;
        }
    };
    for network in documents
        .iter()
        .filter_map(|document| member(document, "network"))
    {
        for (_, devices) in members(network) {
            for (name, device) in members(devices) {
                interface(&mut parsed, text, &name, device);
            }
        }
    }
    parsed
}

fn interface(parsed: &mut Parsed, text: &str, name: &str, device: &MarkedYaml<'_>) {
    for (key, value) in members(device) {
        match (key.as_str(), &value.data) {
            // The default routes of an older version.
            ("gateway4" | "gateway6", _) => {
                let route = ConfiguredRoute {
                    line: line_of(text, value.span.start.line()),
                    gateway: scalar(value),
                    ..ConfiguredRoute::default()
                };
                parsed.add(&route.line, route.change(Some(name)));
            }
            ("routes", YamlData::Sequence(routes)) => {
                for route in routes {
                    let route = route_of(text, route);
                    let change = whole(&route).and_then(|()| route.change(Some(name)));
                    parsed.add(&route.line, change);
                }
            }
            _ => {}
        }
    }
}

/// An error for a route that netplan refuses, for lack of its destination or of its gateway.
fn whole(route: &ConfiguredRoute) -> Result<(), LineError> {
    let is_on_link = route.scope.is_some() || route.kind.is_some();
    match (&route.destination, &route.gateway) {
        (None, _) => Err(LineError::new("missing `to`", "`to: 10.20.0.0/16`")),
        (_, None) if !is_on_link => Err(LineError::new(
            "missing `via`",
            "`via: 192.0.2.1` or `scope: link`",
        )),
        _ => Ok(()),
    }
}

fn route_of(text: &str, yaml: &MarkedYaml<'_>) -> ConfiguredRoute {
    let value = |key| member(yaml, key).and_then(scalar);
    ConfiguredRoute {
        line: line_of(text, yaml.span.start.line()),
        destination: value("to"),
        gateway: value("via"),
        metric: value("metric"),
        kind: value("type"),
        table: value("table"),
        source: None,
        scope: value("scope"),
    }
}

fn line_of(text: &str, number: usize) -> Line {
    let written = text.lines().nth(number.saturating_sub(1));
    Line::new(number, written.unwrap_or_default())
}

/// The members of a mapping with their names; none of another value.
fn members<'a>(yaml: &'a MarkedYaml<'a>) -> Vec<(String, &'a MarkedYaml<'a>)> {
    let YamlData::Mapping(mapping) = &yaml.data else {
        return Vec::new();
    };
    let named = mapping
        .iter()
        .filter_map(|(key, value)| Some((scalar(key)?, value)));
    named.collect()
}

fn member<'a>(yaml: &'a MarkedYaml<'a>, name: &str) -> Option<&'a MarkedYaml<'a>> {
    let mut found = members(yaml).into_iter().filter(|(key, _)| key == name);
    found.next().map(|(_, value)| value)
}

/// The text of a text or of a number.
fn scalar(yaml: &MarkedYaml<'_>) -> Option<String> {
    match &yaml.data {
        YamlData::Value(Scalar::String(text)) | YamlData::Representation(text, ..) => {
            Some(text.to_string())
        }
        YamlData::Value(Scalar::Integer(number)) => Some(number.to_string()),
        YamlData::Value(Scalar::Boolean(value)) => Some(value.to_string()),
        _ => None,
    }
}
