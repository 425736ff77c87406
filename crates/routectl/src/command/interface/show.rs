//! `routectl interface show`

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Color};
use ipforward::{Access, AddressFamily, IpInterface};

use crate::cli::{Cli, InterfaceArguments};
use crate::command::open;
use crate::error::CommandError;
use crate::output::table::{self, Column};
use crate::output::{CommandOutput, JsonIpInterface, family_name, luid, write_json};
use crate::spec::{InterfaceNames, family_or_both};

const COLUMNS: [Column; 9] = [
    ("INDEX", CellAlignment::Right),
    ("ALIAS", CellAlignment::Left),
    ("LUID", CellAlignment::Left),
    ("FAMILY", CellAlignment::Left),
    ("METRIC", CellAlignment::Right),
    ("AUTOMATIC", CellAlignment::Left),
    ("DEFAULTS", CellAlignment::Left),
    ("CONNECTED", CellAlignment::Left),
    ("MTU", CellAlignment::Right),
];

/// The interfaces of a system, one row for each family.
#[derive(Debug)]
pub(super) struct InterfaceList(Vec<InterfaceRow>);

/// One family on an interface, and the interface's alias.
#[derive(Debug)]
struct InterfaceRow {
    interface: IpInterface,
    alias: Option<String>,
}

pub(super) fn run(cli: &Cli, filter: &InterfaceArguments) -> Result<InterfaceList, CommandError> {
    let device = open(cli, Access::ReadOnly)?;
    let interfaces = device.interfaces(family_or_both(filter.family))?;
    Ok(InterfaceList::new(interfaces, &cli.interface_names()))
}

impl InterfaceList {
    /// The list of these interfaces, with their aliases.
    pub(super) fn new(mut interfaces: Vec<IpInterface>, names: &InterfaceNames) -> Self {
        interfaces.sort_by_key(|row| (row.interface.index(), row.interface.luid(), row.family.0));
        let with_alias = |interface: IpInterface| InterfaceRow {
            interface,
            alias: names.alias(interface.interface),
        };
        Self(interfaces.into_iter().map(with_alias).collect())
    }
}

impl CommandOutput for InterfaceList {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        table::write(out, COLUMNS, self.0.iter().map(cells))
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let json = |row: &InterfaceRow| JsonIpInterface::new(&row.interface, row.alias.clone());
        let rows: Vec<_> = self.0.iter().map(json).collect();
        write_json(out, &rows)
    }
}

fn cells(row: &InterfaceRow) -> [Cell; 9] {
    let InterfaceRow {
        interface: row,
        alias,
    } = row;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        Cell::new(or_dash(
            row.interface.index().map(|index| index.to_string()),
        ))
        .fg(Color::Cyan),
        Cell::new(or_dash(alias.clone())),
        Cell::new(or_dash(row.interface.luid().map(luid))),
        Cell::new(family_name(row.family)).fg(match row.family {
            AddressFamily::IPV4 => Color::Magenta,
            _ => Color::Blue,
        }),
        Cell::new(row.metric),
        Cell::new(yes_or_no(row.has_automatic_metric())),
        Cell::new(yes_or_no(row.uses_default_routes())),
        Cell::new(yes_or_no(row.is_connected())),
        Cell::new(row.mtu),
    ]
}

const fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
