//! Commands of the older `route` of Linux.

use ipforward::{IpNet, NextHop};

use crate::import::address::{masked, metric, next_hop, prefix};
use crate::import::line::{Line, LineError, set_once};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};

/// True if the words after `route add` are of this program, and not of iproute2.
pub(super) fn is_route(words: &[&str]) -> bool {
    let is_keyword = |word: &&str| matches!(*word, "-net" | "-host" | "gw" | "netmask");
    words.iter().any(is_keyword)
}

/// The change of a command, with the words after its verb.
pub(super) fn route(line: &Line, verb: Verb, words: &[&str]) -> Result<LineChange, LineError> {
    let (mut target, mut mask, mut hop, mut own, mut dev) = (None, None, None, None, None);
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let mut value = || {
            let missing = || {
                LineError::new(
                    format!("`{word}` needs a value"),
                    format!("`{word}` and its value"),
                )
            };
            words.next().ok_or_else(missing)
        };
        match word {
            "-net" | "-host" => target = Some(value()?),
            "netmask" => set_once(&mut mask, word, value()?)?,
            "gw" => set_once(&mut hop, word, next_hop(value()?)?)?,
            "metric" => set_once(&mut own, word, Metric::Own(metric(value()?)?))?,
            "dev" => set_once(&mut dev, word, value()?)?,
            "reject" => return Err(LineError::discard("reject")),
            // They have no counterpart in Windows, and do not change where packets go.
            "mss" | "window" | "irtt" => drop(value()?),
            "mod" | "dyn" | "reinstate" => {}
            _ if target.is_none() => target = Some(word),
            // The name of the interface can stand alone.
            name if dev.is_none() && is_name(name) => dev = Some(name),
            _ => {
                let expected = "-net ADDRESS netmask MASK gw GATEWAY metric METRIC dev INTERFACE";
                return Err(LineError::new(format!("unexpected `{word}`"), expected));
            }
        }
    }
    let target =
        target.ok_or_else(|| LineError::new("missing destination", "-net 10.20.0.0/16"))?;
    Ok(LineChange {
        next_hop: hop.or_else(|| {
            dev.filter(|_| verb != Verb::Delete)
                .map(|_| NextHop::OnLink)
        }),
        metric: own,
        dev: dev.map(|dev| InterfaceRef::Name(dev.to_owned())),
        ..LineChange::new(line, verb, destination(target, mask)?)
    })
}

/// True for what can be the name of an interface.
fn is_name(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_alphabetic()) && !word.contains('/')
}

fn destination(target: &str, mask: Option<&str>) -> Result<IpNet, LineError> {
    let Some(mask) = mask else {
        return prefix(target);
    };
    let invalid = |_| LineError::new(format!("invalid address `{target}`"), "an IPv4 address");
    masked(target.parse().map_err(invalid)?, mask)
}
