//! A route in the words of iproute2: a prefix, then `via`, `dev` and others in any order.

mod hold;
mod prefix;

use std::net::IpAddr;
use std::str::FromStr;

use ipforward::{Destination, Interface, IpNet, NextHop, Route, RouteKey};

use crate::arguments::{Family, RouteArguments};

pub(crate) use hold::{Held, held};
pub(crate) use prefix::parse_prefix;

/// Why words make no route. Names the wrong word and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WordsError {
    #[error(
        "`{0}` is no prefix: right would be ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32), \
         an address, or `default`"
    )]
    Prefix(String),
    #[error("the length of `{word}` is wrong: an {family} prefix has 0 to {bits} bits")]
    Length {
        word: String,
        family: &'static str,
        bits: u8,
    },
    #[error("`{0}` is no word of this command: right would be {right}", right = words(.1))]
    Unknown(String, &'static [Word]),
    #[error("`{name}` is there twice", name = .0.name())]
    Twice(Word),
    #[error("`{name}` says nothing: right would be {right}", name = .0.name(), right = .0.right())]
    ValueMissing(Word),
    #[error("`{name} {1}` is wrong: right would be {right}", name = .0.name(), right = .0.right())]
    Value(Word, String),
    #[error("`dev` is missing: the interface by its index (dev 7) or LUID (dev luid:0x…)")]
    DevMissing,
    #[error("`metric` is missing: what to change (metric 5)")]
    MetricMissing,
}

/// A word that says what the next one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Via,
    From,
    Dev,
    Metric,
}

impl Word {
    const fn name(self) -> &'static str {
        match self {
            Self::Via => "via",
            Self::From => "from",
            Self::Dev => "dev",
            Self::Metric => "metric",
        }
    }

    const fn right(self) -> &'static str {
        match self {
            Self::Via => "the address of the next hop (via 192.0.2.254, via fe80::1%7)",
            Self::From => "the source address (from 192.0.2.10)",
            Self::Dev => "an interface index (dev 7) or a LUID (dev luid:0x0006008001000000)",
            Self::Metric => "a number from 0 to 4294967295 (metric 5)",
        }
    }
}

fn words(words: &[Word]) -> String {
    let names: Vec<_> = words.iter().map(|word| word.name()).collect();
    names.join(", ")
}

/// The route of `route add` and of `explain`.
pub(crate) fn route(arguments: &RouteArguments) -> Result<Route, WordsError> {
    let said = Said::parse(arguments, &[Word::Via, Word::Dev, Word::Metric])?;
    let key = said.key()?;
    let route = Route::new(key.destination, key.interface).via(key.next_hop);
    Ok(match said.metric {
        Some(metric) => route.metric(metric),
        None => route,
    })
}

/// The route of `route set`, and its new metric.
pub(crate) fn change(arguments: &RouteArguments) -> Result<(RouteKey, u32), WordsError> {
    let said = Said::parse(arguments, &[Word::Via, Word::Dev, Word::Metric])?;
    let metric = said.metric.ok_or(WordsError::MetricMissing)?;
    Ok((said.key()?, metric))
}

/// The route that `route delete` is about: a metric does not tell routes apart.
pub(crate) fn key(arguments: &RouteArguments) -> Result<RouteKey, WordsError> {
    Said::parse(arguments, &[Word::Via, Word::Dev])?.key()
}

/// What `route get` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The route with these keys.
    Route(RouteKey),
    /// The route that a packet would take.
    Best(Destination),
}

/// What `route get` asks for: an address without a length is where a packet goes.
pub(crate) fn wanted(arguments: &RouteArguments) -> Result<Wanted, WordsError> {
    let first = arguments.words.first().map(String::as_str);
    let Some(address) = first.and_then(|word| word.parse::<IpAddr>().ok()) else {
        return key(arguments).map(Wanted::Route);
    };
    let said = Said::parse(arguments, &[Word::From, Word::Dev])?;
    let mut destination = Destination::new(address);
    destination.interface = said.interface;
    destination.source = said.source;
    Ok(Wanted::Best(destination))
}

/// What the words say.
struct Said {
    destination: IpNet,
    next_hop: Option<NextHop>,
    source: Option<IpAddr>,
    interface: Option<Interface>,
    metric: Option<u32>,
}

impl Said {
    fn parse(arguments: &RouteArguments, allowed: &'static [Word]) -> Result<Self, WordsError> {
        let (prefix, rest) = arguments
            .words
            .split_first()
            .ok_or_else(|| WordsError::Prefix(String::new()))?;
        let mut via_family = None;
        let mut said = Self {
            destination: parse_prefix(prefix)?,
            next_hop: None,
            source: None,
            interface: None,
            metric: None,
        };
        for pair in rest.chunks(2) {
            let word = allowed
                .iter()
                .copied()
                .find(|word| word.name() == pair[0])
                .ok_or_else(|| WordsError::Unknown(pair[0].clone(), allowed))?;
            let value = pair.get(1).ok_or(WordsError::ValueMissing(word))?;
            match word {
                Word::Via => {
                    set(&mut said.next_hop, word, value)?;
                    via_family = Some(if value.contains(':') {
                        Family::Ipv6
                    } else {
                        Family::Ipv4
                    });
                }
                Word::From => set(&mut said.source, word, value)?,
                Word::Dev => set(&mut said.interface, word, value)?,
                Word::Metric => set(&mut said.metric, word, value)?,
            }
        }
        if prefix == prefix::DEFAULT && arguments.family.or(via_family) == Some(Family::Ipv6) {
            said.destination = prefix::whole_ipv6();
        }
        Ok(said)
    }

    fn key(&self) -> Result<RouteKey, WordsError> {
        let interface = self.interface.ok_or(WordsError::DevMissing)?;
        let key = RouteKey::new(self.destination, interface);
        Ok(match self.next_hop {
            Some(next_hop) => key.via(next_hop),
            None => key,
        })
    }
}

fn set<T: FromStr>(slot: &mut Option<T>, word: Word, value: &str) -> Result<(), WordsError> {
    let parsed = value
        .parse()
        .map_err(|_| WordsError::Value(word, value.to_owned()))?;
    match slot.replace(parsed) {
        None => Ok(()),
        Some(_) => Err(WordsError::Twice(word)),
    }
}

#[cfg(test)]
mod tests;
