//! `routectl route show --tree`: prefixes nested by containment.

use std::io::{self, Write};
use std::iter;

use comfy_table::{Cell, CellAlignment};
use ipforward::{IpNet, RouteWithMetric};

use super::route_use::{STATE, Unused};
use crate::output::table::{self, Column};
use crate::output::{complete_metric, family_color, interface_cell, metric, next_hop_cell};

/// Without the origin and the age, so that nested prefixes fit a terminal of 80 columns.
const COLUMNS: [Column; 7] = [
    ("DESTINATION", CellAlignment::Left),
    ("NEXT HOP", CellAlignment::Left),
    ("DEV", CellAlignment::Right),
    ("METRIC", CellAlignment::Right),
    ("TOTAL", CellAlignment::Right),
    ("PROTOCOL", CellAlignment::Left),
    STATE,
];

/// Writes routes, sorted by destination, as a tree. The last column is empty if all are in use.
pub(super) fn write(
    out: &mut dyn Write,
    routes: &[(RouteWithMetric, Option<Unused>)],
) -> io::Result<()> {
    let destinations: Vec<_> = routes
        .iter()
        .map(|(entry, _)| entry.route.destination)
        .collect();
    let rows = routes.iter().zip(branches(&destinations));
    let rows = rows.map(|((entry, unused), branch)| cells(entry, *unused, &branch));
    if routes.iter().any(|(_, unused)| unused.is_some()) {
        return table::write(out, COLUMNS, rows);
    }
    let [columns @ .., _] = COLUMNS;
    let rows = rows.map(|[cells @ .., _]| cells);
    table::write(out, columns, rows)
}

fn cells(entry: &RouteWithMetric, unused: Option<Unused>, branch: &str) -> [Cell; 7] {
    let route = &entry.route;
    let destination = format!("{branch}{}", route.destination);
    [
        Cell::new(destination).fg(family_color(route.destination.addr())),
        next_hop_cell(route),
        interface_cell(route),
        Cell::new(metric(route.metric)),
        Cell::new(complete_metric(entry)),
        Cell::new(route.protocol),
        Cell::new(unused.map_or("", Unused::state)),
    ]
}

/// The lines before each prefix that connect it with the prefix that contains it.
///
/// Sorted prefixes are in preorder: what a prefix contains follows it. Equal prefixes are siblings,
/// and the last of them has the contents.
fn branches(sorted: &[IpNet]) -> Vec<String> {
    let depths = depths(sorted);
    // Whether a later row belongs to the prefix that encloses this depth.
    let mut goes_on: Vec<bool> = Vec::new();
    let mut branches: Vec<_> = depths
        .iter()
        .rev()
        .map(|depth| {
            let has_sibling = goes_on.get(*depth).copied().unwrap_or_default();
            goes_on.resize(*depth, false);
            let outer = goes_on.iter().skip(1);
            let line = |goes_on: &bool| if *goes_on { "│ " } else { "  " };
            let connector = match (depth, has_sibling) {
                (0, _) => "",
                (_, true) => "├ ",
                (_, false) => "└ ",
            };
            let branch = outer.map(line).chain(iter::once(connector)).collect();
            goes_on.push(true);
            branch
        })
        .collect();
    branches.reverse();
    branches
}

/// How many prefixes contain each prefix.
fn depths(sorted: &[IpNet]) -> Vec<usize> {
    let mut enclosing: Vec<IpNet> = Vec::new();
    let depth = |prefix: &IpNet| {
        while enclosing
            .pop_if(|outer| outer == prefix || !outer.contains(prefix))
            .is_some()
        {}
        enclosing.push(*prefix);
        enclosing.len() - 1
    };
    sorted.iter().map(depth).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(prefixes: &[&str]) -> Vec<String> {
        let prefixes = prefixes.iter().map(|prefix| prefix.parse().unwrap());
        let prefixes: Vec<IpNet> = prefixes.collect();
        assert!(prefixes.is_sorted());
        let branches = branches(&prefixes);
        let rows = branches.into_iter().zip(&prefixes);
        rows.map(|(branch, prefix)| format!("{branch}{prefix}"))
            .collect()
    }

    #[test]
    fn a_prefix_is_below_the_longest_that_contains_it() {
        let prefixes = [
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.20.0.0/16",
            "10.20.1.0/24",
            "10.30.0.0/16",
            "192.0.2.0/24",
            "192.0.2.7/32",
            "::/0",
            "2001:db8::/32",
        ];
        let expected = [
            "0.0.0.0/0",
            "├ 10.0.0.0/8",
            "│ ├ 10.20.0.0/16",
            "│ │ └ 10.20.1.0/24",
            "│ └ 10.30.0.0/16",
            "└ 192.0.2.0/24",
            "  └ 192.0.2.7/32",
            "::/0",
            "└ 2001:db8::/32",
        ];
        assert_eq!(tree(&prefixes), expected);
    }

    #[test]
    fn prefixes_without_a_common_one_are_roots() {
        let prefixes = ["10.0.0.0/8", "10.20.0.0/16", "192.0.2.0/24"];
        let expected = ["10.0.0.0/8", "└ 10.20.0.0/16", "192.0.2.0/24"];
        assert_eq!(tree(&prefixes), expected);
    }

    #[test]
    fn equal_prefixes_are_siblings() {
        let prefixes = [
            "0.0.0.0/0",
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.0.0.0/8",
            "10.20.0.0/16",
        ];
        let expected = [
            "0.0.0.0/0",
            "0.0.0.0/0",
            "├ 10.0.0.0/8",
            "└ 10.0.0.0/8",
            "  └ 10.20.0.0/16",
        ];
        assert_eq!(tree(&prefixes), expected);
    }
}
