//! A network namespace for the time of a test, made with iproute2.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What the names of all namespaces of tests begin with; the process that made one follows.
const PREFIX: &str = "nthost-test-";

/// How long the kernel may take to bring an interface up.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A namespace with the machine of the host's own interface file: a loopback and the network
/// cards IF7 (192.0.2.10/24, `2001:db8::10/64`) and IF9 (198.51.100.10/24, IPv4 only), the ends of
/// cables whose other ends lie in a second namespace. Dropping it removes both.
pub(crate) struct Namespace {
    name: String,
    cables: String,
}

impl Namespace {
    /// A fresh namespace.
    pub(crate) fn new() -> Result<Self, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        sweep()?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}", std::process::id());
        let namespace = Self {
            cables: format!("{name}-cables"),
            name,
        };
        for name in [&namespace.name, &namespace.cables] {
            run(Command::new("ip").args(["netns", "add", name]))?;
        }
        namespace.build();
        Ok(namespace)
    }

    /// A fresh namespace, or a word on standard error that the test is skipped, and why.
    #[allow(dead_code, reason = "a benchmark reports it elsewhere")]
    pub(crate) fn new_or_skip() -> Option<Self> {
        Self::new().inspect_err(|why| skipped(why)).ok()
    }

    /// Its name, as `ip netns` has it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What `ip` says in the namespace.
    pub(crate) fn ip(&self, arguments: &str) -> String {
        ip(&self.name, arguments)
    }

    /// Runs many `ip` commands in the namespace.
    #[allow(dead_code, reason = "not every test has much to do")]
    pub(crate) fn batch(&self, commands: &str) {
        batch(&self.name, commands);
    }

    /// Plugs a cable in or out, at its other end.
    #[allow(dead_code, reason = "not every test pulls cables")]
    pub(crate) fn set_connected(&self, interface: &str, connected: bool) {
        let state = if connected { "up" } else { "down" };
        ip(&self.cables, &format!("link set {interface} {state}"));
    }

    /// Puts an interface with other attributes in the place of one, with a cable that is plugged in.
    #[allow(dead_code, reason = "not every test replaces interfaces")]
    pub(crate) fn replace_link(&self, interface: &str, attributes: &str) {
        let cables = &self.cables;
        self.batch(&format!(
            "link delete {interface}\n\
             link add {interface} {attributes} type veth peer name {interface} netns {cables}\n"
        ));
        self.set_connected(interface, true);
    }

    /// Takes IPv6 off an interface, or off `all` of them.
    pub(crate) fn disable_ipv6(&self, interface: &str) {
        let command = format!("echo 1 > /proc/sys/net/ipv6/conf/{interface}/disable_ipv6");
        let words = ["netns", "exec", &self.name, "sh", "-c", &command];
        run(Command::new("ip").args(words)).expect("IPv6 can be disabled");
    }

    fn build(&self) {
        let cables = &self.cables;
        batch(
            &self.name,
            &format!(
                "link set lo up\n\
                 link add IF7 index 7 type veth peer name IF7 netns {cables}\n\
                 link add IF9 index 9 type veth peer name IF9 netns {cables}\n\
                 link set IF7 addrgenmode none\n"
            ),
        );
        self.disable_ipv6("IF9");
        batch(
            cables,
            "link set IF7 addrgenmode none\n\
             link set IF9 addrgenmode none\n\
             link set IF7 up\n\
             link set IF9 up\n",
        );
        batch(
            &self.name,
            "link set IF7 up\n\
             link set IF9 up\n\
             addr add 192.0.2.10/24 dev IF7\n\
             addr add 2001:db8::10/64 dev IF7 nodad\n\
             addr add 198.51.100.10/24 dev IF9\n",
        );
        self.wait_until_ready();
    }

    /// Waits until the kernel has created its own routes. It creates some of them after a delay.
    fn wait_until_ready(&self) {
        const LATE: [&str; 2] = ["local 2001:db8::10", "multicast ff00::/8"];
        let end = Instant::now() + TIMEOUT;
        loop {
            let routes = self.ip("-6 route show table local dev IF7");
            if LATE.iter().all(|route| routes.contains(route)) {
                return;
            }
            assert!(Instant::now() < end, "IF7 does not get ready: {routes}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Says it past the test harness, which keeps what a passing test prints.
pub(crate) fn skipped(why: &str) {
    let line = format!("skipped: no network namespace can be made here: {why}\n");
    // A closed standard error does not stop the tests.
    let _ = io::stderr().write_all(line.as_bytes());
}

impl Drop for Namespace {
    fn drop(&mut self) {
        for name in [&self.name, &self.cables] {
            // What is left behind is removed by the next test that runs.
            let _ = run(Command::new("ip").args(["netns", "delete", name]));
        }
    }
}

/// Removes the namespaces of test processes that were killed.
fn sweep() -> Result<(), String> {
    let listed = run(Command::new("ip").args(["netns", "list"]))?;
    let names = listed.lines().filter_map(|line| line.split(' ').next());
    for name in names {
        let maker = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        if maker.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Another test may be sweeping as well.
            let _ = run(Command::new("ip").args(["netns", "delete", name]));
        }
    }
    Ok(())
}

fn ip(namespace: &str, arguments: &str) -> String {
    let mut command = Command::new("ip");
    command.args(["-n", namespace]).args(arguments.split(' '));
    run(&mut command).unwrap_or_else(|error| panic!("ip -n {namespace} {arguments}: {error}"))
}

/// Many commands at once.
fn batch(namespace: &str, commands: &str) {
    let mut child = Command::new("ip")
        .args(["-n", namespace, "-batch", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ip starts");
    let mut input = child.stdin.take().expect("its input is piped");
    input
        .write_all(commands.as_bytes())
        .expect("ip reads its input");
    drop(input);
    let output = child.wait_with_output().expect("ip ends");
    said(&output).unwrap_or_else(|error| panic!("ip -n {namespace} -batch: {error}\n{commands}"));
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("`ip` of the package iproute2 cannot be run: {error}"))?;
    said(&output)
}

fn said(output: &Output) -> Result<String, String> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
