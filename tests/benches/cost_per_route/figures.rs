//! The measured times, and their table.

use std::time::Duration;

/// How much more a route may cost with a million leases than with a thousand.
const LIMIT: f64 = 1.5;

/// The cost of one route in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Created as a lease.
    pub(crate) create: Duration,
    /// Created as a plain entry.
    pub(crate) entry: Duration,
    /// Ended with its handle.
    pub(crate) cleanup: Duration,
}

/// All samples of one number of leases.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Sample>);

impl Figures {
    pub(crate) fn add(&mut self, sample: Sample) {
        self.0.push(sample);
    }
}

/// The median.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// One of the times of a sample.
type Figure = fn(&Sample) -> Duration;

/// A table: a line for each number of leases, each figure with its ratio to the first line's.
pub(crate) fn print(held: &[u32], figures: &[Figures]) {
    const COLUMNS: [(&str, Figure); 3] = [
        ("lease create", |sample| sample.create),
        ("batch entry", |sample| sample.entry),
        ("cleanup", |sample| sample.cleanup),
    ];
    let medians = |of: Figure| -> Vec<Duration> {
        figures
            .iter()
            .map(|figures| median(figures.0.iter().map(of).collect()))
            .collect()
    };
    let columns = COLUMNS.map(|(_, of)| medians(of));
    print!("{:>12}", "leases held");
    for (title, _) in COLUMNS {
        print!("  {title:>20}");
    }
    println!("   (cost per route, ratio)");
    for (line, held) in held.iter().enumerate() {
        print!("{held:>12}");
        for times in &columns {
            let cell = format!("{} x{:.2}", micros(times[line]), ratio(times, line));
            print!("  {cell:>20}");
        }
        println!();
    }
    for ((title, _), times) in COLUMNS.iter().zip(&columns) {
        let worst = (0..times.len())
            .map(|line| ratio(times, line))
            .fold(0.0, f64::max);
        let verdict = if worst <= LIMIT { "flat" } else { "NOT flat" };
        println!("{title}: at most x{worst:.2}, {verdict} (limit x{LIMIT})");
    }
}

fn ratio(times: &[Duration], line: usize) -> f64 {
    times[line].as_secs_f64() / times[0].as_secs_f64()
}

/// A time in microseconds.
pub(crate) fn micros(time: Duration) -> String {
    format!("{:.2} us", time.as_secs_f64() * 1e6)
}
