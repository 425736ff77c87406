//! Routes and their parts in the data formats of serde (feature `serde`).
//!
//! A part is its text. A route is a map with the words of a file for `routectl apply`.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Interface, Lifetime, NextHop, Route, RouteFlags, RouteProtocol};

/// Reads a value from its text.
struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Implements serde's traits for a type by its text.
macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor(PhantomData))
            }
        }
    )*};
}

as_text!(Lifetime, NextHop, RouteProtocol);

/// An interface is its LUID, if it is known: an index may become that of another interface.
impl Serialize for Interface {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.luid() {
            Some(luid) => serializer.collect_str(&Self::Luid(luid)),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Interface {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

/// A route with the words of a file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename = "Route")]
struct RouteWords {
    prefix: String,
    #[serde(default = "on_link")]
    via: NextHop,
    dev: Interface,
    #[serde(default = "default_metric")]
    metric: u32,
    #[serde(default = "net_mgmt")]
    protocol: RouteProtocol,
    #[serde(default = "forever")]
    valid: Lifetime,
    #[serde(default)]
    preferred: Option<Lifetime>,
    #[serde(default)]
    site: u8,
    #[serde(default = "yes")]
    loopback: bool,
    #[serde(default = "yes")]
    autoconfigure: bool,
    #[serde(default = "yes")]
    publish: bool,
    #[serde(default)]
    immortal: Option<bool>,
}

const fn on_link() -> NextHop {
    NextHop::OnLink
}

const fn default_metric() -> u32 {
    Route::METRIC_DEFAULT
}

const fn net_mgmt() -> RouteProtocol {
    RouteProtocol::NET_MGMT
}

const fn forever() -> Lifetime {
    Lifetime::Infinite
}

const fn yes() -> bool {
    true
}

/// All members but age and origin, which the stack sets.
impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let has = |flag| self.flags.contains(flag);
        let words = RouteWords {
            prefix: self.destination.to_string(),
            via: self.next_hop,
            dev: self.interface,
            metric: self.metric,
            protocol: self.protocol,
            valid: self.valid_lifetime,
            preferred: Some(self.preferred_lifetime),
            site: self.site_prefix_length,
            loopback: has(RouteFlags::LOOPBACK),
            autoconfigure: has(RouteFlags::AUTOCONFIGURE_ADDRESS),
            publish: has(RouteFlags::PUBLISH),
            immortal: Some(has(RouteFlags::IMMORTAL)),
        };
        words.serialize(serializer)
    }
}

/// Members that are not given get the defaults of [`Route::new`] and [`Route::valid_for`].
impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = RouteWords::deserialize(deserializer)?;
        let destination = words.prefix.parse().map_err(D::Error::custom)?;
        let mut route = Self::new(destination, words.dev)
            .via(words.via)
            .metric(words.metric)
            .protocol(words.protocol)
            .site_prefix_length(words.site)
            .valid_for(words.valid);
        route.preferred_lifetime = words.preferred.unwrap_or(route.preferred_lifetime);
        let flags = [
            (RouteFlags::LOOPBACK, Some(words.loopback)),
            (RouteFlags::AUTOCONFIGURE_ADDRESS, Some(words.autoconfigure)),
            (RouteFlags::PUBLISH, Some(words.publish)),
            (RouteFlags::IMMORTAL, words.immortal),
        ];
        for (flag, value) in flags {
            route
                .flags
                .set(flag, value.unwrap_or(route.flags.contains(flag)));
        }
        Ok(route)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_route_has_the_words_of_a_file() {
        let text = r#"{"prefix":"10.20.0.0/16","via":"192.0.2.254","dev":"7","valid":"60"}"#;
        let route: Route = serde_json::from_str(text).unwrap();
        let expected: Route = "10.20.0.0/16 via 192.0.2.254 dev 7 valid 60"
            .parse()
            .unwrap();
        assert_eq!(route, expected);
        let value = serde_json::to_value(route).unwrap();
        assert_eq!(value["via"], "192.0.2.254");
        assert_eq!(
            (&value["metric"], &value["immortal"]),
            (&256.into(), &false.into())
        );
    }

    #[test]
    fn an_interface_is_kept_by_its_luid() {
        let known = Interface::Known {
            luid: 0x0006_0080_0100_0000,
            index: 7,
        };
        let text = serde_json::to_string(&known).unwrap();
        assert_eq!(text, r#""luid:0x0006008001000000""#);
        let read: Interface = serde_json::from_str(&text).unwrap();
        assert!(read.is_same(known));
    }

    #[test]
    fn an_alias_is_kept_as_its_text() {
        for alias in ["Ethernet 2", "7"].map(Interface::alias) {
            let text = serde_json::to_string(&alias).unwrap();
            assert_eq!(serde_json::from_str::<Interface>(&text).unwrap(), alias);
        }
    }

    #[test]
    fn an_invalid_member_is_an_error() {
        for text in [
            r#"{"prefix":"10.20.0.0/33","dev":"7"}"#,
            r#"{"prefix":"10.20.0.0/16"}"#,
            r#"{"prefix":"10.20.0.0/16","dev":"luid:7"}"#,
            r#"{"prefix":"10.20.0.0/16","dev":"7","metrik":5}"#,
        ] {
            assert!(serde_json::from_str::<Route>(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_route_is_read_as_it_was_written(
            address in any::<[u8; 4]>(),
            length in 0..=32_u8,
            (metric, protocol, site) in any::<(u32, u32, u8)>(),
            (valid, preferred) in any::<(u32, u32)>(),
            flags in 0..16_u8,
        ) {
            let destination = ipnet::IpNet::new(address.into(), length).unwrap();
            let route = Route::new(destination, Interface::Luid(7))
                .metric(metric)
                .protocol(RouteProtocol(protocol))
                .site_prefix_length(site)
                .lifetimes(Lifetime::from(valid), Lifetime::from(preferred))
                .flags(RouteFlags::from_bits_truncate(flags));
            let text = serde_json::to_string(&route).unwrap();
            prop_assert_eq!(serde_json::from_str::<Route>(&text).unwrap(), route);
        }
    }
}
