//! Lifetimes as people write them.

use std::str::FromStr;

use ipforward::Lifetime;

/// The word for an infinite lifetime.
pub(super) const FOREVER: &str = "forever";

/// The words for an infinite lifetime.
const INFINITE: [&str; 4] = [FOREVER, "infinite", "infinity", "never"];

/// A lifetime: a number of seconds, a time with units (`1h30m`) or `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seconds(pub(super) Lifetime);

impl FromStr for Seconds {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(lifetime) = text.parse() {
            return Ok(Self(lifetime));
        }
        if INFINITE.iter().any(|word| word.eq_ignore_ascii_case(text)) {
            return Ok(Self(Lifetime::Infinite));
        }
        let time = humantime::parse_duration(text).map_err(|_| ())?;
        let seconds = u32::try_from(time.as_secs()).map_err(|_| ())?;
        // The largest number means an infinite lifetime.
        let is_whole = time.subsec_nanos() == 0 && seconds != u32::MAX;
        is_whole
            .then_some(Self(Lifetime::Seconds(seconds)))
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_can_have_units() {
        for (text, seconds) in [
            ("3600", 3_600),
            ("1h", 3_600),
            ("1h30m", 5_400),
            ("2days", 172_800),
        ] {
            assert_eq!(text.parse(), Ok(Seconds(seconds.into())), "{text}");
        }
        for text in ["forever", "Forever", "infinite"] {
            assert_eq!(text.parse(), Ok(Seconds(Lifetime::Infinite)), "{text}");
        }
        for text in ["", "-1", "500ms", "200years", "soon"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }
}
