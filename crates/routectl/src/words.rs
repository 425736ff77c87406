//! A route in the words of iproute2: a prefix, then `via`, `dev` and `metric` in any order.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipforward::{Interface, IpNet, NextHop, Route, RouteKey};

use crate::arguments::{Family, RouteArguments};

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
}

/// A word that says what the next one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Via,
    Dev,
    Metric,
}

impl Word {
    const fn name(self) -> &'static str {
        match self {
            Self::Via => "via",
            Self::Dev => "dev",
            Self::Metric => "metric",
        }
    }

    const fn right(self) -> &'static str {
        match self {
            Self::Via => "the address of the next hop (via 192.0.2.254, via fe80::1%7)",
            Self::Dev => "an interface index (dev 7) or a LUID (dev luid:0x0006008001000000)",
            Self::Metric => "a number from 0 to 4294967295 (metric 5)",
        }
    }
}

fn words(words: &[Word]) -> String {
    let names: Vec<_> = words.iter().map(|word| word.name()).collect();
    names.join(", ")
}

/// The route of `route add`.
pub(crate) fn route(arguments: &RouteArguments) -> Result<Route, WordsError> {
    let said = Said::parse(arguments, &[Word::Via, Word::Dev, Word::Metric])?;
    let route = said.key()?;
    let route = Route::new(route.destination, route.interface).via(route.next_hop);
    Ok(match said.metric {
        Some(metric) => route.metric(metric),
        None => route,
    })
}

/// The route that `route delete` and `route get` are about: a metric does not tell routes apart.
pub(crate) fn key(arguments: &RouteArguments) -> Result<RouteKey, WordsError> {
    Said::parse(arguments, &[Word::Via, Word::Dev])?.key()
}

/// What the words say.
struct Said {
    destination: IpNet,
    next_hop: Option<NextHop>,
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
                Word::Dev => set(&mut said.interface, word, value)?,
                Word::Metric => set(&mut said.metric, word, value)?,
            }
        }
        if prefix == DEFAULT && arguments.family.or(via_family) == Some(Family::Ipv6) {
            said.destination = whole_range(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
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

const DEFAULT: &str = "default";

/// The prefix as it is written: host bits stay, for the network stack to judge. `default` is
/// IPv4 until something says otherwise, as it is for `ip route`.
fn parse_prefix(word: &str) -> Result<IpNet, WordsError> {
    if word == DEFAULT {
        return Ok(whole_range(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    }
    let wrong = || WordsError::Prefix(word.to_owned());
    let Some((address, length)) = word.split_once('/') else {
        return word.parse::<IpAddr>().map(IpNet::from).map_err(|_| wrong());
    };
    let address = address.parse::<IpAddr>().map_err(|_| wrong())?;
    let (family, bits) = match address {
        IpAddr::V4(_) => ("IPv4", 32),
        IpAddr::V6(_) => ("IPv6", 128),
    };
    length
        .parse()
        .ok()
        .and_then(|length| IpNet::new(address, length).ok())
        .ok_or_else(|| WordsError::Length {
            word: word.to_owned(),
            family,
            bits,
        })
}

fn whole_range(unspecified: IpAddr) -> IpNet {
    IpNet::new_assert(unspecified, 0)
}

#[cfg(test)]
mod tests;
