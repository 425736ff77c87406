//! Routes as a file for `routectl apply`.

use std::io::{self, Write};

use ipforward::{NextHop, Route};

/// Members that depend on the valid lifetime unless they are given.
const DEPENDENT: [&str; 2] = ["preferred", "immortal"];

/// Writes a route as a table of TOML. `apply` of it makes the same route.
pub(crate) fn write_route(
    out: &mut dyn Write,
    route: &Route,
    alias: Option<&str>,
) -> io::Result<()> {
    writeln!(out, "[[route]]\nprefix = \"{}\"", route.destination)?;
    if let NextHop::Gateway { .. } = route.next_hop {
        writeln!(out, "via = \"{}\"", route.next_hop)?;
    }
    write_interface(out, route, alias)?;
    let defaults = Route::new(route.destination, route.interface);
    let is_finite = route.valid_lifetime.seconds().is_some();
    for (member, default) in route.members().into_iter().zip(defaults.members()) {
        let (keyword, value) = (member.keyword, member.value);
        let is_given = match keyword {
            // Without a metric of its own, the stack has chosen it.
            "metric" => route.metric != Route::METRIC_UNSPECIFIED,
            _ => value != default.value || is_finite && DEPENDENT.contains(&keyword),
        };
        match value.as_str() {
            _ if !is_given => Ok(()),
            "yes" => writeln!(out, "{keyword} = true"),
            "no" => writeln!(out, "{keyword} = false"),
            number if number.parse::<u32>().is_ok() => writeln!(out, "{keyword} = {number}"),
            text => writeln!(out, "{keyword} = \"{text}\""),
        }?;
    }
    Ok(())
}

/// Writes the interface by its LUID, which it keeps, and the other names in a comment.
fn write_interface(out: &mut dyn Write, route: &Route, alias: Option<&str>) -> io::Result<()> {
    let Some(luid) = route.interface.luid() else {
        return writeln!(out, "dev = {}", route.interface);
    };
    write!(out, "dev = \"luid:0x{luid:016x}\"")?;
    let index = route.interface.index().map(|index| index.to_string());
    let alias = alias.map(|alias| alias.replace(char::is_control, " "));
    let names: Vec<_> = index.into_iter().chain(alias).collect();
    match names.as_slice() {
        [] => writeln!(out),
        names => writeln!(out, "  # {}", names.join(", ")),
    }
}
