//! The counted costs, which `cargo xtask bench --report` has counted before.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bench_report::{Bar, Bars, Chart, Curve, Curves, ReportSection, Scale, SectionAnswer};
use fs_err as fs;
use serde::Deserialize;

/// The directory with what was counted; without it, nothing was.
const VARIABLE: &str = "COUNTED_COSTS";

/// What one operation costs, as far as it is shown.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Cost {
    instructions: f64,
}

type Costs = BTreeMap<String, Cost>;

pub(crate) fn sections() -> Result<Vec<ReportSection>> {
    let counted = env::var_os(VARIABLE).map(PathBuf::from);
    let counted = counted.as_deref();
    let answer = |file: &str, chart: fn(Costs) -> Result<Chart>| -> Result<SectionAnswer> {
        let path = counted.map(|directory| directory.join(file));
        match path.filter(|path| path.is_file()) {
            Some(path) => Ok(SectionAnswer::Figures(chart(read(&path)?)?)),
            None => Ok(SectionAnswer::LeftOut(
                "valgrind, which counts, is not here".to_owned(),
            )),
        }
    };
    Ok(vec![
        ReportSection {
            name: "costs",
            title: "Cost of each operation",
            about:
                "Instructions of the driver's image for each route, counted by callgrind. The mark \
                    is the budget, which the tests hold."
                    .to_owned(),
            answer: answer("costs.toml", by_operation)?,
        },
        ReportSection {
            name: "leases",
            title: "Cost beside other leases",
            about:
                "Instructions of the driver's image for an entry of a batch that leases its route, \
                    and for the end of that lease with its handle, beside so many leases of other \
                    handles."
                    .to_owned(),
            answer: answer("leases.toml", by_leases)?,
        },
    ])
}

fn read(path: &Path) -> Result<Costs> {
    Ok(toml::from_str(&fs::read_to_string(path)?)?)
}

fn by_operation(costs: Costs) -> Result<Chart> {
    let budget =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tests/counted_cost/budget.toml");
    let budget = read(&budget)?;
    let bar = |(name, cost): (String, Cost)| Bar {
        mark: budget.get(&name).map(|budget| budget.instructions),
        figure: cost.instructions,
        name,
    };
    Ok(Chart::Bars(Bars {
        unit: "instructions",
        mark: Some("budget"),
        bars: costs.into_iter().map(bar).collect(),
    }))
}

/// The names are those of an operation `beside` a number of leases.
fn by_leases(costs: Costs) -> Result<Chart> {
    let mut curves = BTreeMap::<String, Vec<(f64, f64)>>::new();
    for (name, cost) in costs {
        let (operation, leases) = name.split_once(" beside ").context("beside leases")?;
        let leases = leases.trim_end_matches(" leases").replace(',', "");
        let points = curves.entry(operation.to_owned()).or_default();
        points.push((leases.parse()?, cost.instructions));
    }
    let curve = |(name, mut points): (String, Vec<(f64, f64)>)| {
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Curve { name, points }
    };
    Ok(Chart::Curves(Curves {
        across: ("leases of other handles", Scale::Logarithmic),
        up: ("instructions", Scale::Linear),
        curves: curves.into_iter().map(curve).collect(),
    }))
}
