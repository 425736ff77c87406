//! `routectl interface show`

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Color};
use ipforward::{Access, AddressFamily, IpInterface};
use serde::Serialize;

use crate::cli::{Cli, InterfaceArguments};
use crate::command::open;
use crate::error::CommandError;
use crate::output::table::{self, Column};
use crate::output::{CommandOutput, JsonInterface, flag_names, luid, write_json};
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

#[derive(Debug, Serialize)]
struct JsonRow {
    #[serde(flatten)]
    interface: JsonInterface,
    alias: Option<String>,
    family: &'static str,
    metric: u32,
    automatic_metric: bool,
    default_routes: bool,
    connected: bool,
    mtu: u32,
    flags: Vec<String>,
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
        let rows: Vec<_> = self.0.iter().map(JsonRow::from).collect();
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
        Cell::new(family(row)).fg(match row.family {
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

fn family(row: &IpInterface) -> &'static str {
    match row.family {
        AddressFamily::IPV4 => "IPv4",
        _ => "IPv6",
    }
}

const fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

impl From<&InterfaceRow> for JsonRow {
    fn from(row: &InterfaceRow) -> Self {
        let InterfaceRow {
            interface: row,
            alias,
        } = row;
        Self {
            interface: row.interface.into(),
            alias: alias.clone(),
            family: family(row),
            metric: row.metric,
            automatic_metric: row.has_automatic_metric(),
            default_routes: row.uses_default_routes(),
            connected: row.is_connected(),
            mtu: row.mtu,
            flags: flag_names(row.flags.iter_names()),
        }
    }
}
