//! The memory of the host, and of the command line, by the number of routes.

use std::fs::File;

use anyhow::{Result, ensure};
use bench_report::{Chart, Curve, Curves, ReportSection, Scale, SectionAnswer};
use tests::{Host, routectl};

use crate::hosts::{create, fast_host, lease, open};
use crate::resident;

/// How many routes there are.
const ROUTES: [u32; 3] = [10_000, 100_000, 1_000_000];

pub(crate) fn sections() -> Result<Vec<ReportSection>> {
    let (mut routes, mut leases) = (Vec::new(), Vec::new());
    let commands: [(&str, &[&str]); 3] = [
        ("route show", &["route", "show"]),
        ("export", &["export"]),
        ("--json route show", &["--json", "route", "show"]),
    ];
    let mut peaks = commands.map(|_| Vec::new());
    let files: [(&str, &[&str]); 2] = [
        ("apply of TOML", &["export"]),
        ("apply of JSON", &["--json", "export"]),
    ];
    let mut applied = files.map(|_| Vec::new());
    let host = fast_host();
    let device = open(&host)?;
    let mut start = 0;
    for end in ROUTES {
        create(&device, start..end)?;
        start = end;
        routes.push((f64::from(end), resident::now(host.id())?));
        for ((_, words), peaks) in commands.iter().zip(&mut peaks) {
            let command = routectl(&host.socket(), words.iter().copied());
            peaks.push((f64::from(end), resident::peak_of(command)?));
        }
        for ((_, export), applied) in files.iter().zip(&mut applied) {
            applied.push((f64::from(end), peak_of_apply(&host, export)?));
        }
    }
    drop((device, host));
    for end in ROUTES {
        let host = fast_host();
        leases.push((f64::from(end), with_leases(&host, end)?));
    }
    let curve = |name: &str, points| Curve {
        name: name.to_owned(),
        points,
    };
    let of_host = vec![
        curve("routes in the stack", routes),
        curve("routes that are leased", leases),
    ];
    let of_commands = commands.iter().zip(peaks);
    let of_files = files.iter().zip(applied);
    let of_commands = of_commands
        .chain(of_files)
        .map(|((name, _), points)| curve(name, points));
    Ok(vec![
        ReportSection {
            name: "memory-of-host",
            title: "Memory of the host by its routes",
            about:
                "Resident memory of the process: the stack in memory, the driver with its leases, \
                    and what the host knows of each block of pool."
                    .to_owned(),
            answer: SectionAnswer::Figures(chart(of_host)),
        },
        ReportSection {
            name: "memory-of-routectl",
            title: "Memory of routectl by the routes that it shows or applies",
            about: "The most resident memory of the process while it prints all routes, or previews a file \
                    with all of them."
                .to_owned(),
            answer: SectionAnswer::Figures(chart(of_commands.collect())),
        },
    ])
}

/// The most memory of `routectl apply --dry-run` of the file that an export makes.
fn peak_of_apply(host: &Host, export: &[&str]) -> Result<f64> {
    let file = tempfile::NamedTempFile::new()?;
    let mut export = routectl(&host.socket(), export.iter().copied());
    let status = export.stdout(File::create(file.path())?).status()?;
    ensure!(status.success(), "{export:?}: {status}");
    let mut apply = routectl(&host.socket(), ["apply", "--dry-run"]);
    apply.arg(file.path());
    resident::peak_of(apply)
}

fn with_leases(host: &Host, count: u32) -> Result<f64> {
    let holders = lease(host, 0..count)?;
    let memory = resident::now(host.id())?;
    drop(holders);
    Ok(memory)
}

fn chart(curves: Vec<Curve>) -> Chart {
    Chart::Curves(Curves {
        across: ("routes", Scale::Logarithmic),
        up: ("MiB", Scale::Logarithmic),
        curves,
    })
}
