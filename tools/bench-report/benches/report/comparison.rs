//! Ways to make the same routes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use bench_report::{Bar, Bars, Chart, ReportSection, SectionAnswer};
use tests::{Host, scattered_route, start_host_with};

use crate::hosts::{FAST, create, fast_host, open};
use crate::namespace::Namespace;
use crate::netlink::Netlink;

/// Routes that each way makes, but for a process each.
const ROUTES: u32 = 100_000;
const PROCESSES: u32 = 500;

pub(crate) fn sections() -> Result<Vec<ReportSection>> {
    Ok(vec![ReportSection {
        name: "comparison",
        title: "Ways to make routes",
        about: format!(
            "Each way makes {ROUTES} routes in a new network namespace of Linux, but for `ip route add`, \
             which makes {PROCESSES} of them, each with a process of its own. The driver is given \
             batches of 4,096 entries; its last bar is with the stack in memory."
        ),
        answer: match Namespace::new() {
            Err(why) => SectionAnswer::LeftOut(why),
            Ok(_) => SectionAnswer::Figures(Chart::Bars(bars()?)),
        },
    }])
}

fn bars() -> Result<Bars> {
    let figures = [
        ("ip route add, a process each", by_processes()?),
        ("ip -batch", by_ip_batch()?),
        ("netlink, one message at a time", by_netlink(1)?),
        ("netlink, 64 messages at a time", by_netlink(64)?),
        ("driver, in a namespace", by_driver_in_namespace()?),
        ("driver, in memory", by_driver(&fast_host())?),
    ];
    let bars = figures.map(|(name, figure)| Bar {
        name: name.to_owned(),
        figure,
        mark: None,
    });
    Ok(Bars {
        unit: "routes a second",
        mark: None,
        bars: bars.into(),
    })
}

fn by_processes() -> Result<f64> {
    let space = new_namespace()?;
    rate(PROCESSES, || {
        for number in 0..PROCESSES {
            let words = words(number);
            let mut command = Command::new("ip");
            command.args(["-n", space.name()]).args(words.split(' '));
            ensure!(command.status()?.success(), "{words}");
        }
        Ok(())
    })
}

fn by_ip_batch() -> Result<f64> {
    let space = new_namespace()?;
    let mut lines = String::new();
    for number in 0..ROUTES {
        writeln!(lines, "{}", words(number))?;
    }
    rate(ROUTES, || {
        let mut child = Command::new("ip")
            .args(["-n", space.name(), "-batch", "-"])
            .stdin(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        stdin.context("it is piped")?.write_all(lines.as_bytes())?;
        ensure!(child.wait()?.success(), "ip -batch");
        Ok(())
    })
}

fn by_netlink(messages: usize) -> Result<f64> {
    let space = new_namespace()?;
    let mut netlink = Netlink::open(space.name())?;
    rate(ROUTES, || netlink.create(0..ROUTES, messages))
}

fn by_driver_in_namespace() -> Result<f64> {
    let space = new_namespace()?;
    let stack = format!("netns:{}", space.name());
    let options = [&FAST[..], &["--stack", &stack]].concat();
    by_driver(&start_host_with(&options))
}

fn by_driver(host: &Host) -> Result<f64> {
    let device = open(host)?;
    rate(ROUTES, || create(&device, 0..ROUTES))
}

fn new_namespace() -> Result<Namespace> {
    Namespace::new().map_err(|why| anyhow!(why))
}

/// Routes a second.
fn rate(count: u32, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// The words of `ip` that make a route.
fn words(number: u32) -> String {
    let route = scattered_route(number);
    let (destination, metric) = (route.destination, route.metric);
    let gateway = route.next_hop.address().expect("it has a gateway");
    format!("route add {destination} via {gateway} dev IF7 metric {metric}")
}
