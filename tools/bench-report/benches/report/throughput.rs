//! How many routes many handles make at once.

use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};
use bench_report::{Chart, Curve, Curves, ReportSection, Scale, SectionAnswer};
use ipforward::{Device, Entry};
use tests::{Host, scattered_route};

use crate::hosts::{apply_each, fast_host, open};

/// Handles at once.
const HANDLES: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Entries of a batch.
const BATCH: u32 = 256;
/// Routes of all handles together in batches: 64 handles have four batches each.
const BATCHED: u32 = 64 * BATCH * 4;
/// Routes of all handles together one by one.
const SINGLE: u32 = 64 * 64;

pub(crate) fn sections() -> Result<Vec<ReportSection>> {
    let host = fast_host();
    let (mut batched, mut single) = (Vec::new(), Vec::new());
    for handles in HANDLES {
        let place = f64::from(handles);
        batched.push((place, rate(&host, handles, BATCHED, in_batches)?));
        single.push((place, rate(&host, handles, SINGLE, one_by_one)?));
    }
    let ratio = |curve: &[(f64, f64)]| match (curve.first(), curve.last()) {
        (Some((_, one)), Some((_, many))) => format!("{:.2}", many / one),
        _ => String::new(),
    };
    let about = format!(
        "Each handle has a thread of its own that creates and deletes its routes, in batches of {BATCH} \
         entries or one by one. 64 handles make {} times as many routes a second as one handle in \
         batches, and {} times as many one by one.",
        ratio(&batched),
        ratio(&single)
    );
    let curve = |name: &str, points| Curve {
        name: name.to_owned(),
        points,
    };
    Ok(vec![ReportSection {
        name: "handles",
        title: "Many handles at once",
        about,
        answer: SectionAnswer::Figures(Chart::Curves(Curves {
            across: ("handles", Scale::Logarithmic),
            up: ("routes a second", Scale::Logarithmic),
            curves: vec![curve("in batches", batched), curve("one by one", single)],
        })),
    }])
}

/// What a handle does: makes and deletes its routes, from this number on, so many of them.
type Work = fn(&Device, u32, u32) -> Result<()>;

/// Routes a second of all handles together: those created, and those deleted.
fn rate(host: &Host, handles: u32, routes: u32, work: Work) -> Result<f64> {
    let devices = (0..handles).map(|_| open(host));
    let devices = devices.collect::<Result<Vec<_>>>()?;
    let share = routes / handles;
    let start = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..)
            .zip(&devices)
            .map(|(place, device)| scope.spawn(move || work(device, place * share, share)))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            let ended = thread.join();
            ended.map_err(|_| anyhow!("a handle's thread panicked"))?
        })
    })?;
    Ok(2.0 * f64::from(share * handles) / start.elapsed().as_secs_f64())
}

fn in_batches(device: &Device, first: u32, count: u32) -> Result<()> {
    apply_each(device, first..first + count, BATCH, |number| {
        Entry::create(&scattered_route(number))
    })?;
    apply_each(device, first..first + count, BATCH, |number| {
        Entry::delete(&scattered_route(number).key())
    })
}

fn one_by_one(device: &Device, first: u32, count: u32) -> Result<()> {
    for number in first..first + count {
        let route = scattered_route(number);
        device.create_route(&route)?;
        device.delete_route(&route.key())?;
    }
    Ok(())
}
