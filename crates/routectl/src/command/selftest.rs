//! `routectl selftest`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ipforward::{Access, AddressFamily, Interface, default_path};

use crate::cli::{Cli, SelftestArguments};
use crate::error::CommandError;
use crate::output::CommandOutput;
use crate::progress;
use crate::selftest::{
    Selection, SelftestError, SelftestReport, TestedComputer, loopback, run as run_cases,
    write_junit,
};
use crate::spec::SpecError;

pub(super) fn run(
    cli: &Cli,
    arguments: &SelftestArguments,
) -> Result<Box<dyn CommandOutput>, CommandError> {
    let family = arguments.family.map(AddressFamily::from);
    let selection = Selection::new(&arguments.cases, family)?;
    if arguments.list {
        return Ok(Box::new(selection));
    }
    let computer = TestedComputer {
        device: cli.device.clone().unwrap_or_else(default_path),
        interface: interface(cli, arguments.interface.as_deref())?,
        wait: arguments.wait.into(),
    };
    // Before the cases run, so that they do not run in vain.
    let junit = match &arguments.junit {
        Some(path) => Some((path, File::create(path).map_err(junit_error(path))?)),
        None => None,
    };
    let template = "{bar:40} {human_pos} of {human_len} cases, {msg}";
    let bar = progress::bar(selection.report_count(), template);
    let report = run_cases(&computer, &selection, |name| {
        bar.set_message(name);
        bar.inc(1);
    });
    bar.finish_and_clear();
    let report = report?;
    if let Some((path, file)) = junit {
        save_junit(&report, file).map_err(junit_error(path))?;
    }
    Ok(Box::new(report))
}

/// The interface of the routes: the one that is named, else the loopback interface.
fn interface(cli: &Cli, name: Option<&str>) -> Result<Interface, CommandError> {
    let device = super::open(cli, Access::ReadOnly)?;
    let rows = device.interfaces(AddressFamily::UNSPECIFIED)?;
    let Some(name) = name else {
        return Ok(loopback(&rows).ok_or(SelftestError::NoLoopback)?);
    };
    let names = cli.interface_names();
    let wanted = names.dev(name)?;
    let mut known = rows.iter().map(|row| row.interface);
    let known = known.find(|interface| interface.is_same(wanted));
    known.ok_or_else(|| SpecError::NoInterface(names.unknown(name)).into())
}

/// The report in XML cannot be written.
fn junit_error(path: &Path) -> impl FnOnce(io::Error) -> SelftestError {
    move |error| SelftestError::Junit {
        path: path.to_owned(),
        error,
    }
}

fn save_junit(report: &SelftestReport, file: File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write_junit(report, &mut out)?;
    out.flush()
}
