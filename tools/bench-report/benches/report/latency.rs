//! How long one create takes, alone and beside batches of another handle.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use bench_report::{Chart, Curve, Curves, ReportSection, Scale, SectionAnswer};
use ipforward::{Batch, Device};
use tests::scattered_route;

use crate::hosts::{create, delete, fast_host, open};

/// Requests that are timed.
const REQUESTS: u32 = 10_000;
/// The first route of the other handle's batches.
const OTHERS: u32 = 1_000_000;

pub(crate) fn sections() -> Result<Vec<ReportSection>> {
    let host = fast_host();
    let (device, other) = (open(&host)?, open(&host)?);
    let alone = times(&device)?;
    let beside = beside_batches(&other, || times(&device))?;
    let about = format!(
        "Each of {REQUESTS} requests creates one route, and another handle has batches of {} entries \
         executed without a pause. A batch lets other handles in after every 64 entries. Alone: {}. \
         Beside the batches: {}.",
        Batch::ENTRIES_MAX,
        summary(&alone),
        summary(&beside),
    );
    let curve = |name: &str, times: &[Duration]| Curve {
        name: name.to_owned(),
        points: shares(times),
    };
    Ok(vec![ReportSection {
        name: "latency",
        title: "How long one create takes",
        about,
        answer: SectionAnswer::Figures(Chart::Curves(Curves {
            across: ("microseconds, up to", Scale::Logarithmic),
            up: ("% of the requests", Scale::Linear),
            curves: vec![
                curve("alone", &alone),
                curve("beside batches of 4,096 entries", &beside),
            ],
        })),
    }])
}

/// How long each request takes, from the shortest to the longest.
fn times(device: &Device) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for number in 0..REQUESTS {
        let route = scattered_route(number);
        let start = Instant::now();
        device.create_route(&route)?;
        times.push(start.elapsed());
        device.delete_route(&route.key())?;
    }
    times.sort_unstable();
    Ok(times)
}

/// Runs `work` while another handle creates and deletes routes, batch after batch.
fn beside_batches<T>(other: &Device, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let batches = scope.spawn(|| -> Result<()> {
            while !is_done.load(Ordering::Relaxed) {
                let numbers = OTHERS..OTHERS + Batch::ENTRIES_MAX;
                create(other, numbers.clone())?;
                delete(other, numbers)?;
            }
            Ok(())
        });
        let result = work();
        is_done.store(true, Ordering::Relaxed);
        batches
            .join()
            .map_err(|_| anyhow!("the batches panicked"))??;
        result
    })
}

/// The share of the requests in each range of times: the end of the range, which is twice its start, and
/// per cent.
fn shares(times: &[Duration]) -> Vec<(f64, f64)> {
    let mut counts = BTreeMap::<u32, u32>::new();
    for time in times {
        let microseconds = u32::try_from(time.as_micros()).unwrap_or(u32::MAX / 2);
        *counts.entry(microseconds.next_power_of_two()).or_default() += 1;
    }
    let share = |(end, count)| {
        (
            f64::from(end),
            100.0 * f64::from(count) / f64::from(REQUESTS),
        )
    };
    counts.into_iter().map(share).collect()
}

fn summary(times: &[Duration]) -> String {
    let at = |part: usize| {
        let time = times[(times.len() * part / 1_000).min(times.len() - 1)];
        format!("{} µs", time.as_micros())
    };
    format!(
        "median {}, 99 % below {}, longest {}",
        at(500),
        at(990),
        at(1_000)
    )
}
