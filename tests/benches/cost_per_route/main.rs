//! What a route costs, with a thousand leases held and with a million; and what the driver adds to
//! a direct call.
//!
//! Run by `cargo xtask bench`, in release builds. There is one host for each number of leases; all
//! are measured in turn, round after round, so that other load affects them alike. Each figure is
//! the median of its rounds.

mod direct;
mod figures;
mod held;

use std::env;

use figures::Figures;
use held::Held;

/// Leases that are held while the next ones are measured. The others are compared with the first.
const HELD: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// Rounds, unless `BENCH_ROUNDS` says otherwise.
const ROUNDS: u32 = 25;

fn main() {
    let rounds = env::var("BENCH_ROUNDS").map_or(ROUNDS, |rounds| {
        rounds.parse().expect("BENCH_ROUNDS is a number")
    });
    println!(
        "mode: release builds, nthost run --no-guard-pages --no-stacks; medians of {rounds} rounds"
    );
    let mut hosts = HELD.map(Held::start);
    let mut figures = HELD.map(|_| Figures::default());
    for _ in 0..rounds {
        for (host, figures) in hosts.iter_mut().zip(&mut figures) {
            figures.add(host.measure());
        }
    }
    figures::print(&HELD, &figures);
    drop(hosts);
    direct::print(rounds);
}
