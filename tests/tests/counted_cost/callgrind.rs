//! A profile that callgrind has written: format version 1, with uncompressed names.

use std::collections::BTreeMap;
use std::ops::Range;

/// What a program did while it was profiled, as far as it concerns code without symbols.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeProfile {
    /// Instructions that the code executed itself.
    pub(crate) instructions: u64,
    /// Instructions that everything else executed.
    pub(crate) others: u64,
    /// How often it called each function, by the last part of its name.
    calls: BTreeMap<String, u64>,
}

impl CodeProfile {
    /// The part of a profile that belongs to the code at these addresses.
    pub(crate) fn parse(profile: &str, code: &Range<u64>) -> Self {
        let mut found = Self::default();
        let mut is_inside = false;
        let mut called = "";
        let mut lines = profile.lines();
        while let Some(line) = lines.next() {
            match line.split_once('=') {
                Some(("fn", name)) => {
                    is_inside = address(name).is_some_and(|at| code.contains(&at));
                }
                Some(("cfn", name)) => called = last_part(name),
                Some(("calls", counts)) => {
                    if is_inside {
                        *found.calls.entry(called.to_owned()).or_default() += first_number(counts);
                    }
                    // The next line has the cost of the called function.
                    lines.next();
                }
                None => {
                    let cost = own_cost(line).unwrap_or(0);
                    if is_inside {
                        found.instructions += cost;
                    } else {
                        found.others += cost;
                    }
                }
                Some(_) => {}
            }
        }
        found
    }

    /// How often the code called the functions for which `is_counted` is true.
    pub(crate) fn calls_of(&self, is_counted: impl Fn(&str) -> bool) -> u64 {
        let counted = self.calls.iter().filter(|(name, _)| is_counted(name));
        counted.map(|(_, calls)| calls).sum()
    }
}

/// The address by which callgrind names a function without a symbol.
fn address(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_prefix("0x")?, 16).ok()
}

/// The number of calls in `3 12`, which is before the position of the function.
fn first_number(counts: &str) -> u64 {
    let number = counts.split(' ').next().unwrap_or_default();
    number
        .parse()
        .expect("callgrind writes how often a function was called")
}

/// The cost in a line with a position and a cost; `None` for any other line.
fn own_cost(line: &str) -> Option<u64> {
    let (position, cost) = line.split_once(' ')?;
    let is_position = position == "*"
        || position
            .trim_start_matches(['+', '-'])
            .bytes()
            .all(|digit| digit.is_ascii_digit());
    is_position.then(|| cost.parse().ok())?
}

/// `CreateIpForwardEntry2` of `nt_netio::exports::route::CreateIpForwardEntry2`.
fn last_part(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_without_symbols_is_found_by_its_addresses() {
        let profile = "\
version: 1
events: Ir
summary: 30

ob=/usr/bin/nthost
fl=main.rs
fn=main
3 7
cob=???
cfi=???
cfn=0x0000000000401000
calls=2 0
4 20

ob=???
fl=???
fn=0x0000000000401000
0 5
* 6
cob=/usr/bin/nthost
cfn=nt_kernel::ex::ExAllocatePool2
calls=3 12
0 900
+1 1
-1 2

fn=0x0000000000402000
0 50
";
        let found = CodeProfile::parse(profile, &(0x0040_1000..0x0040_2000));
        assert_eq!(found.instructions, 5 + 6 + 1 + 2);
        assert_eq!(found.others, 7 + 50);
        assert_eq!(found.calls_of(|name| name == "ExAllocatePool2"), 3);
        assert_eq!(found.calls.len(), 1);
    }
}
