//! Commands of `netsh`.

use ipforward::{IpNet, NextHop};

use super::net_route_record::lifetime;
use crate::import::address::{is_address, metric, next_hop, prefix};
use crate::import::line::{Line, LineError, set_once};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;

/// The arguments of a route in their order; each can also be `NAME=VALUE`.
const ARGUMENTS: [&str; 9] = [
    "prefix",
    "interface",
    "nexthop",
    "siteprefixlength",
    "metric",
    "publish",
    "validlifetime",
    "preferredlifetime",
    "store",
];

/// The contexts that earlier lines of a script entered.
#[derive(Debug, Default)]
pub(in crate::import) struct NetshContext {
    words: Vec<String>,
    is_open: bool,
}

impl NetshContext {
    /// True after `netsh` alone, which reads the following lines.
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }
}

/// The words that lead to `show route`, `add route` and the others.
fn is_context(word: &str) -> bool {
    is_short(word, "interface", 1)
        || matches!(
            word,
            "ipv4" | "ipv6" | "ip" | "pushd" | "popd" | ".." | "routing"
        )
}

/// True for a word and its abbreviations of at least `least` letters.
fn is_short(word: &str, full: &str, least: usize) -> bool {
    word.len() >= least && full.starts_with(word)
}

/// The computer that `netsh -r COMPUTER` or `set machine COMPUTER` changes.
fn remote_computer(words: &[String]) -> Option<&str> {
    let options = words.iter().take_while(|word| !is_context(word));
    let place = options
        .enumerate()
        .find_map(|(place, word)| match word.as_str() {
            "-r" => Some(place + 1),
            "machine" if place == 1 && words[0] == "set" => Some(place + 1),
            _ => None,
        });
    words.get(place?).map(String::as_str)
}

/// Runs the command with the words after `netsh`.
pub(super) fn command(
    parsed: &mut Parsed,
    context: &mut NetshContext,
    line: &Line,
    words: &[String],
) {
    let lower: Vec<_> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    if let Some(computer) = remote_computer(&lower) {
        let error = format!("a command for another computer: `{computer}`");
        let expected = "a command for this computer";
        return parsed.reject(line, LineError::unsupported(error, expected));
    }
    let mut start = 0;
    while lower
        .get(start)
        .is_some_and(|word| matches!(word.as_str(), "-c" | "-r" | "-u" | "-p" | "-a"))
    {
        // `-c CONTEXT`; the words of the context follow as well.
        start += if lower[start] == "-c" { 1 } else { 2 };
    }
    let contexts = lower[start.min(lower.len())..]
        .iter()
        .take_while(|word| is_context(word))
        .count();
    let verb = start + contexts;
    if verb >= lower.len() {
        context.is_open = true;
        context.words.extend(lower.into_iter().skip(start));
        return parsed.leave_out(line, LeftOut::Noise);
    }
    let is_route = lower
        .get(verb + 1)
        .is_some_and(|word| is_short(word, "route", 1));
    let verb_word = lower[verb].as_str();
    let verb_of = [
        ("add", Verb::Add),
        ("set", Verb::Change),
        ("delete", Verb::Delete),
    ]
    .into_iter()
    .find(|(full, _)| is_short(verb_word, full, 1) && verb_word != "s");
    match verb_of {
        Some((_, of_line)) if is_route => match route(line, of_line, &words[verb + 2..]) {
            Ok((change, is_persistent)) => {
                if is_persistent {
                    let note = "`store=persistent` is ignored: routes of the driver do not \
                                    survive a restart";
                    parsed.notes.push(line.note(note));
                }
                parsed.changes.push(change);
            }
            Err(error) => parsed.reject(line, error),
        },
        _ => match other_route(&lower[verb..]) {
            Some(error) => parsed.reject(line, error),
            None => parsed.leave_out(line, LeftOut::Noise),
        },
    }
}

/// The error for a command that makes a route in another way than `add route`.
fn other_route(words: &[String]) -> Option<LineError> {
    let expected = "`add route` with prefix=, interface= and nexthop=";
    let subject = words.get(1)?.as_str();
    if matches!(subject, "persistentroute" | "rtmroute") {
        let error = format!("a route of the routing service: `{subject}`");
        return Some(LineError::unsupported(error, expected));
    }
    let has_gateway = |rest: &[String]| {
        let is_named = rest.iter().any(|word| {
            let value = word
                .split_once('=')
                .filter(|(name, _)| is_short(name, "gateway", 2));
            value.is_some_and(|(_, value)| is_address(value))
        });
        // Name, `static`, address, mask and gateway.
        let addresses = rest.iter().filter(|word| is_address(word));
        is_named || addresses.count() >= 3
    };
    let sets_address = is_short(subject, "address", 3) && has_gateway(&words[2..]);
    sets_address.then(|| {
        LineError::unsupported(
            "the default gateway of an address is not imported",
            expected,
        )
    })
}

fn unexpected(word: &str) -> LineError {
    LineError::new(format!("unexpected `{word}`"), ARGUMENTS.join(" "))
}

fn is_published(value: &str) -> Result<bool, LineError> {
    match value.to_lowercase().as_str() {
        // `netsh dump` writes them in the language of the system.
        "no" | "nein" | "non" | "nee" | "nej" | "nei" | "não" | "nie" | "ne" | "нет" | "いいえ"
        | "否" | "아니요" => Ok(false),
        "yes" | "age" | "immortal" | "ja" | "oui" | "sí" | "si" | "sì" | "sim" | "tak" | "ano"
        | "да" | "はい" | "是" | "예" => Ok(true),
        _ => {
            let error = format!("invalid value `{value}` of `publish`");
            Err(LineError::new(error, "no, age, yes or immortal"))
        }
    }
}

/// The length of the prefix of a site: at most that of an address.
fn site_length(value: &str, prefix: IpNet) -> Result<u8, LineError> {
    let most = prefix.max_prefix_len();
    let length = value.parse().ok().filter(|length| *length <= most);
    length.ok_or_else(|| {
        LineError::new(
            format!("invalid value `{value}` of `siteprefixlength`"),
            format!("a number from 0 to {most}"),
        )
    })
}

/// The change of a route, and whether the line asks for a persistent one.
fn route(line: &Line, verb: Verb, words: &[String]) -> Result<(LineChange, bool), LineError> {
    let mut values: [Option<&str>; ARGUMENTS.len()] = [None; ARGUMENTS.len()];
    let mut next = 0;
    for word in words {
        let named = word.split_once('=').and_then(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let is_it = |full: &str| is_short(&name, full, 3);
            let place = ARGUMENTS.iter().position(|full| is_it(full))?;
            Some((place, value))
        });
        let is_other_name = |(name, _): (&str, &str)| {
            named.is_none() && name.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        if word.split_once('=').is_some_and(is_other_name) {
            return Err(unexpected(word));
        }
        let (place, value) = named.unwrap_or((next, word));
        let slot = values.get_mut(place).ok_or_else(|| unexpected(word))?;
        set_once(slot, ARGUMENTS[place], value)?;
        next = place + 1;
    }
    let [
        destination,
        dev,
        hop,
        site,
        own,
        publish,
        valid,
        preferred,
        store,
    ] = values;
    let expected = "prefix=10.20.0.0/16 interface=\"Ethernet 2\" nexthop=192.0.2.1";
    let destination = destination.ok_or_else(|| LineError::new("missing prefix", expected))?;
    let dev = dev.filter(|dev| !dev.is_empty());
    if dev.is_none() && verb != Verb::Delete {
        return Err(LineError::new("missing interface", expected));
    }
    let prefix = prefix(destination)?;
    let change = LineChange {
        next_hop: match hop {
            Some(address) => Some(next_hop(address)?),
            None if verb == Verb::Delete => None,
            None => Some(NextHop::OnLink),
        },
        dev: dev.map(InterfaceRef::index_or_name),
        metric: own.map(|own| metric(own).map(Metric::Own)).transpose()?,
        publish: publish.map(is_published).transpose()?,
        expires: valid.map(lifetime).transpose()?,
        preferred: preferred.map(lifetime).transpose()?,
        site: site.map(|site| site_length(site, prefix)).transpose()?,
        ..LineChange::new(line, verb, prefix)
    };
    let is_persistent = store.is_some_and(|store| store.eq_ignore_ascii_case("persistent"));
    Ok((change, is_persistent))
}
