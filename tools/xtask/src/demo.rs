//! `cargo xtask demo`: shows what the driver does, with `routectl` against the host.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use wdk_cross::program::print_status;

use crate::cargo;
use crate::driver;

/// The commands of the demo, in order.
const STEPS: &[Step] = &[
    Step {
        title: "The version of the driver",
        arguments: "version",
        succeeds: true,
    },
    Step {
        title: "The interfaces of this machine",
        arguments: "interface show",
        succeeds: true,
    },
    Step {
        title: "A route, made by CreateIpForwardEntry2 in the driver",
        arguments: "route add 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5",
        succeeds: true,
    },
    Step {
        title: "Another process reads the table back through GET_TABLE",
        arguments: "route show --longer 10.0.0.0/8",
        succeeds: true,
    },
    Step {
        title: "Where would a packet go?",
        arguments: "route get 10.20.1.1",
        succeeds: true,
    },
    Step {
        title: "The same route again: refused, with the cause",
        arguments: "route add 10.20.0.0/16 via 192.0.2.254 dev 7 metric 9",
        succeeds: false,
    },
    Step {
        title: "Host bits behind the prefix: refused, with a hint",
        arguments: "route add 10.30.0.1/16 via 192.0.2.254 dev 7",
        succeeds: false,
    },
    Step {
        title: "An IPv6 route, added the same way",
        arguments: "route add 2001:db8:20::/48 via 2001:db8::1 dev 7",
        succeeds: true,
    },
    Step {
        title: "The IPv4 route is deleted",
        arguments: "route delete 10.20.0.0/16 via 192.0.2.254 dev 7",
        succeeds: true,
    },
    Step {
        title: "A leased route exists while its program runs; the list names the holder",
        arguments: "hold 10.50.0.0/16 via 192.0.2.254 dev 7 guard -- routectl leases",
        succeeds: true,
    },
    Step {
        title: "The program has ended, and its route with it",
        arguments: "route show --longer 10.0.0.0/8",
        succeeds: true,
    },
    Step {
        title: "The counters of the driver",
        arguments: "statistics",
        succeeds: true,
    },
];

struct Step {
    title: &'static str,
    arguments: &'static str,
    succeeds: bool,
}

/// Builds the driver, starts the host with it, runs the steps, and unloads the driver.
pub(crate) fn demo() -> Result<()> {
    let built = driver::ours()?.build()?;
    print_status("building the host and the command line");
    let programs = cargo::build_programs(&["nthost", "routectl"])?;
    let folder = tempfile::tempdir().context("a folder for the socket")?;
    let socket = folder.path().join("socket");
    let host = Host::start(&programs, &built.image, &socket)?;
    for step in STEPS {
        run_step(step, &programs, &socket)?;
    }
    host.stop()
}

fn run_step(step: &Step, programs: &Path, socket: &Path) -> Result<()> {
    println!("\n# {}\n$ routectl {}", step.title, step.arguments);
    let status = Command::new(programs.join("routectl"))
        .env("IPFORWARD_DEVICE", socket)
        .env("PATH", search_path(programs)?)
        .args(step.arguments.split_whitespace())
        .stdin(Stdio::null())
        .status()
        .context("cannot start routectl")?;
    if status.success() != step.succeeds {
        bail!(
            "`routectl {}` ended with {status}, which is not what the demo expects",
            step.arguments
        );
    }
    Ok(())
}

/// The search path, with the demo's programs first.
fn search_path(programs: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = iter::once(programs.to_owned()).chain(env::split_paths(&path));
    env::join_paths(folders).context("a folder that cannot be in a search path")
}

/// The host with the driver in it.
struct Host {
    child: Child,
    image: PathBuf,
}

impl Host {
    fn start(programs: &Path, image: &Path, socket: &Path) -> Result<Self> {
        println!("\n# The host loads {}", image.display());
        let mut child = Command::new(programs.join("nthost"))
            .arg("run")
            .arg("--driver")
            .arg(image)
            .arg("--socket")
            .arg(socket)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start nthost")?;
        let output = child.stdout.take().context("nthost has no output")?;
        let host = Self {
            child,
            image: image.to_owned(),
        };
        for line in BufReader::new(output).lines() {
            let line = line.context("nthost's output")?;
            println!("{line}");
            if line.starts_with("ready") {
                return Ok(host);
            }
        }
        bail!("nthost ended before it was ready")
    }

    /// Ends the host with a signal, as Ctrl+C does; the host then unloads the driver.
    fn stop(mut self) -> Result<()> {
        println!("\n# The driver is unloaded; the host looks for what it left behind");
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            bail!("cannot end nthost");
        }
        let status = self.child.wait().context("cannot wait for nthost")?;
        if !status.success() {
            bail!("nthost ended with {status}");
        }
        println!("nothing: {} was clean", self.image.display());
        Ok(())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Fails only if the host has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The title and the arguments of each step in the README, in its order.
    fn shown() -> Vec<(&'static str, &'static str)> {
        let (_, after) = include_str!("../../../README.md")
            .split_once("The demo, shortened:")
            .expect("the README shows the demo");
        let block = after.split("```").nth(1).expect("a block");
        let steps = block.split("# ").filter_map(|step| {
            let (title, rest) = step.split_once("\n$ routectl ")?;
            Some((title, rest.lines().next()?))
        });
        steps.collect()
    }

    #[test]
    fn the_readme_shows_steps_of_the_demo_in_their_order() {
        let shown = shown();
        assert!(shown.len() > 3, "{shown:?}");
        let mut steps = STEPS.iter().map(|step| (step.title, step.arguments));
        for step in shown {
            assert!(steps.any(|one| one == step), "no such step next: {step:?}");
        }
    }
}
