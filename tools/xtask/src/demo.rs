//! `cargo xtask demo`: the driver's main job, for a person who reads along.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::cargo;
use crate::driver;
use crate::program::say;

/// What the demo does with `routectl`, and what the reader should look at.
const SCENES: &[Scene] = &[
    Scene {
        title: "Who is there?",
        words: "version",
        succeeds: true,
    },
    Scene {
        title: "The interfaces of this machine",
        words: "interface show",
        succeeds: true,
    },
    Scene {
        title: "A route, made by CreateIpForwardEntry2 in the driver",
        words: "route add 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5",
        succeeds: true,
    },
    Scene {
        title: "Another process reads the table back through GET_TABLE",
        words: "route show --longer 10.0.0.0/8",
        succeeds: true,
    },
    Scene {
        title: "Where would a packet go?",
        words: "route get 10.20.1.1",
        succeeds: true,
    },
    Scene {
        title: "The same route again: refused, and said why",
        words: "route add 10.20.0.0/16 via 192.0.2.254 dev 7 metric 9",
        succeeds: false,
    },
    Scene {
        title: "Host bits behind the prefix: refused, and said what was probably meant",
        words: "route add 10.30.0.1/16 via 192.0.2.254 dev 7",
        succeeds: false,
    },
    Scene {
        title: "IPv6 is an equal",
        words: "route add 2001:db8:20::/48 via 2001:db8::1 dev 7",
        succeeds: true,
    },
    Scene {
        title: "Gone again",
        words: "route delete 10.20.0.0/16 via 192.0.2.254 dev 7",
        succeeds: true,
    },
    Scene {
        title: "A leased route: it is there while a program runs, and who holds it",
        words: "hold 10.50.0.0/16 via 192.0.2.254 dev 7 guard -- routectl leases",
        succeeds: true,
    },
    Scene {
        title: "The program has ended, and its route with it",
        words: "route show --longer 10.0.0.0/8",
        succeeds: true,
    },
    Scene {
        title: "What was done",
        words: "statistics",
        succeeds: true,
    },
];

struct Scene {
    title: &'static str,
    words: &'static str,
    succeeds: bool,
}

/// Builds the driver, starts the host with it, plays the scenes, and unloads the driver.
pub(crate) fn demo() -> Result<()> {
    let built = driver::build(&driver::Options::ours())?;
    say("building the host and the command line");
    let programs = cargo::build_programs(&["nthost", "routectl"])?;
    let folder = tempfile::tempdir().context("a folder for the socket")?;
    let socket = folder.path().join("socket");
    let host = Host::start(&programs, &built.image, &socket)?;
    for scene in SCENES {
        play(scene, &programs, &socket)?;
    }
    host.stop()
}

fn play(scene: &Scene, programs: &Path, socket: &Path) -> Result<()> {
    println!("\n# {}\n$ routectl {}", scene.title, scene.words);
    let status = Command::new(programs.join("routectl"))
        .env("IPFORWARD_DEVICE", socket)
        .env("PATH", search_path(programs)?)
        .args(scene.words.split_whitespace())
        .stdin(Stdio::null())
        .status()
        .context("cannot start routectl")?;
    if status.success() != scene.succeeds {
        bail!(
            "`routectl {}` ended with {status}, which the demo did not expect",
            scene.words
        );
    }
    Ok(())
}

/// The search path with the demo's own programs before all others.
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

    /// Ends the host as a person would, which unloads the driver.
    fn stop(mut self) -> Result<()> {
        println!("\n# The driver is unloaded; the host looks for what it left behind");
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            bail!("cannot end nthost");
        }
        let status = self.child.wait().context("nthost is gone")?;
        if !status.success() {
            bail!("nthost ended with {status}");
        }
        println!("nothing: {} was clean", self.image.display());
        Ok(())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // An ended host cannot be killed, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The title and the words of each scene in the README, in its order.
    fn shown() -> Vec<(&'static str, &'static str)> {
        let (_, after) = include_str!("../../../README.md")
            .split_once("The demo, shortened:")
            .expect("the README shows the demo");
        let block = after.split("```").nth(1).expect("a block");
        let scenes = block.split("# ").filter_map(|scene| {
            let (title, rest) = scene.split_once("\n$ routectl ")?;
            Some((title, rest.lines().next()?))
        });
        scenes.collect()
    }

    #[test]
    fn the_readme_shows_scenes_of_the_demo_in_their_order() {
        let shown = shown();
        assert!(shown.len() > 3, "{shown:?}");
        let mut scenes = SCENES.iter().map(|scene| (scene.title, scene.words));
        for scene in shown {
            assert!(
                scenes.any(|one| one == scene),
                "no such scene next: {scene:?}"
            );
        }
    }
}
