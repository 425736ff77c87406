//! The commands `New-NetRoute`, `Set-NetRoute` and `Remove-NetRoute`.

use ipforward::NextHop;

use super::net_route_record::{lifetime, protocol};
use crate::import::address::{metric, next_hop, prefix};
use crate::import::line::{Line, LineError};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};
use crate::import::parsed::Parsed;

/// The parameters of the three commands.
const PARAMETERS: &[&str] = &[
    "destinationprefix",
    "interfaceindex",
    "ifindex",
    "interfacealias",
    "ifalias",
    "nexthop",
    "routemetric",
    "addressfamily",
    "publish",
    "validlifetime",
    "preferredlifetime",
    "protocol",
    "policystore",
    "confirm",
    "whatif",
    "erroraction",
    "passthru",
    "asjob",
    "verbose",
    "cimsession",
    "throttlelimit",
    "includeallcompartments",
    "errorvariable",
    "warningaction",
];

/// Parameters without a value.
const SWITCHES: &[&str] = &[
    "confirm",
    "whatif",
    "passthru",
    "asjob",
    "verbose",
    "includeallcompartments",
];

/// True for the name of a command, in lower case.
pub(super) fn is_command(name: &str) -> bool {
    matches!(name, "new-netroute" | "set-netroute" | "remove-netroute")
}

/// Runs a command with its words.
pub(super) fn command(parsed: &mut Parsed, line: &Line, name: &str, words: &[String]) {
    let verb = match name {
        "new-netroute" => Verb::Add,
        "set-netroute" => Verb::Change,
        _ => Verb::Delete,
    };
    match arguments(words).and_then(|arguments| route(line, verb, &arguments)) {
        Ok((change, is_persistent)) => {
            if is_persistent {
                let note = "the persistent store is ignored: routes of the driver do not survive a restart";
                parsed.notes.push(line.note(note));
            }
            parsed.changes.push(change);
        }
        Err(error) => parsed.reject(line, error),
    }
}

type Argument<'a> = (&'static str, &'a str);

/// The values of the parameters, by their full names.
fn arguments(words: &[String]) -> Result<Vec<Argument<'_>>, LineError> {
    let mut arguments = Vec::new();
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        if let Some(table) = word.strip_prefix('@') {
            let error = format!("the parameters are in the table `${table}`");
            return Err(LineError::unsupported(error, "the parameters themselves"));
        }
        let Some(parameter) = word.strip_prefix('-') else {
            // The first parameter without a name is the prefix.
            if arguments.is_empty() {
                arguments.push(("destinationprefix", word.trim_matches('\'')));
                continue;
            }
            return Err(LineError::new(
                format!("unexpected `{word}`"),
                "-PARAMETER VALUE",
            ));
        };
        let (name, attached) = match parameter.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (parameter, None),
        };
        let lower = name.to_ascii_lowercase();
        let exact = PARAMETERS.iter().find(|full| **full == lower);
        let found = exact.or_else(|| PARAMETERS.iter().find(|full| full.starts_with(&lower)));
        let full = *found.ok_or_else(|| {
            LineError::new(
                format!("unknown parameter `-{name}`"),
                "-DestinationPrefix, -NextHop, -InterfaceIndex, -InterfaceAlias, -RouteMetric",
            )
        })?;
        let value = match attached {
            Some(value) => value,
            None if SWITCHES.contains(&full) => "",
            None => words.next().ok_or_else(|| {
                LineError::new(
                    format!("`-{name}` needs a value"),
                    format!("`-{name}` and its value"),
                )
            })?,
        };
        if value.starts_with('(') {
            return Err(LineError::unsupported(
                format!("the value of `-{name}` depends on the computer"),
                "the value itself",
            ));
        }
        if full == "whatif" && !value.eq_ignore_ascii_case("$false") {
            let error = "a command with `-WhatIf` changes nothing";
            return Err(LineError::unsupported(error, "the command without it"));
        }
        if arguments.iter().any(|(name, _)| *name == full) {
            return Err(LineError::twice(&format!("-{name}")));
        }
        arguments.push((full, value.trim_matches('\'')));
    }
    Ok(arguments)
}

fn route(
    line: &Line,
    verb: Verb,
    arguments: &[Argument<'_>],
) -> Result<(LineChange, bool), LineError> {
    let value = |names: &[&str]| {
        let mut found = arguments.iter().filter(|(name, _)| names.contains(name));
        found.next().map(|(_, value)| *value)
    };
    if let Some(computer) = value(&["cimsession"]) {
        let error = format!("a command for another computer: `-CimSession {computer}`");
        return Err(LineError::unsupported(error, "a command for this computer"));
    }
    let destination = value(&["destinationprefix"]).ok_or_else(|| {
        LineError::new(
            "missing -DestinationPrefix",
            "-DestinationPrefix 10.20.0.0/16",
        )
    })?;
    let index = value(&["interfaceindex", "ifindex"]);
    let dev = index.or_else(|| value(&["interfacealias", "ifalias"]));
    let hop = value(&["nexthop"]).map(next_hop).transpose()?;
    if dev.is_none() && verb == Verb::Add {
        return Err(LineError::new(
            "missing interface",
            "-InterfaceIndex 7 or -InterfaceAlias \"Ethernet 2\"",
        ));
    }
    let own = value(&["routemetric"]).map(metric).transpose()?;
    let publish = value(&["publish"]).map(|publish| !publish.eq_ignore_ascii_case("no"));
    let store = value(&["policystore"]);
    let change = LineChange {
        next_hop: match (hop, verb) {
            (None, Verb::Add) => Some(NextHop::OnLink),
            (hop, _) => hop,
        },
        dev: dev.map(InterfaceRef::index_or_name),
        metric: own.map(Metric::Own),
        publish,
        expires: value(&["validlifetime"]).map(lifetime).transpose()?,
        preferred: value(&["preferredlifetime"]).map(lifetime).transpose()?,
        protocol: value(&["protocol"]).map(protocol).transpose()?,
        ..LineChange::new(line, verb, prefix(destination)?)
    };
    // A new route is in both stores unless the line chooses the active one.
    let is_persistent = store.is_some_and(|store| store.eq_ignore_ascii_case("persistentstore"));
    Ok((change, is_persistent))
}
