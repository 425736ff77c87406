//! The JSON of every command has the members that docs/user/json.md says, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use ipforward::{AddressFamily, Device, InterfaceChange, Lease, LeaseTerms, Route};
use serde_json::Value;

use crate::apply::run_with_input;
use crate::fake_host::{FakeHost, interface};
use crate::program::{ROUTE, command, commands, known, net, run, working_host};

/// The end of the type of a member that is not always there.
const ABSENT: &str = ", absent if empty";

/// A member of a documented object.
#[derive(Clone)]
struct Member {
    name: String,
    kind: String,
    may_be_absent: bool,
}

/// The tables of the page.
#[derive(Default)]
struct Page {
    /// The value of each command.
    values: BTreeMap<String, String>,
    objects: BTreeMap<String, Vec<Member>>,
}

/// The texts in backticks.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}

impl Page {
    fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/user/json.md");
        let mut page = Self::default();
        let mut header = String::new();
        let mut object = String::new();
        for line in fs::read_to_string(path).unwrap().lines() {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            match cells.as_slice() {
                [title] if title.starts_with('`') && title.ends_with([':', 'd']) => {
                    object = page.begin(title);
                }
                ["command" | "what" | "member", ..] => cells[0].clone_into(&mut header),
                [commands, value] if header == "command" => {
                    let commands = quoted(commands).map(|name| (name, (*value).to_owned()));
                    page.values.extend(commands);
                }
                [names, kind, _] if header == "member" => {
                    let members = quoted(names).map(|name| Member {
                        name,
                        kind: kind.trim_end_matches(ABSENT).to_owned(),
                        may_be_absent: kind.ends_with(ABSENT),
                    });
                    page.objects
                        .entry(object.clone())
                        .or_default()
                        .extend(members);
                }
                _ => {}
            }
        }
        page
    }

    /// Begins an object: its name, and the objects whose members it has.
    fn begin(&mut self, title: &str) -> String {
        let mut names = quoted(title);
        let name = names.next().unwrap();
        let mut members = Vec::new();
        for whole in names {
            members.extend_from_slice(&self.objects[&whole]);
        }
        self.objects.insert(name.clone(), members);
        name
    }

    /// What a value has otherwise than documented; `place` is where it is.
    fn differences(&self, kind: &str, value: &Value, place: &str) -> Vec<String> {
        if let Some(kind) = kind.strip_suffix(" or null") {
            return match value {
                Value::Null => Vec::new(),
                value => self.differences(kind, value, place),
            };
        }
        if let (Some(kind), Value::Array(items)) = (kind.strip_prefix("list of "), value) {
            let items = items.iter();
            return items
                .flat_map(|item| self.differences(kind, item, place))
                .collect();
        }
        let is_true = match (kind, value) {
            ("text", Value::String(_))
            | ("number", Value::Number(_))
            | ("true or false", Value::Bool(_)) => true,
            (object, Value::Object(_)) if object.starts_with('`') => {
                return self.differences_of_object(object.trim_matches('`'), value, place);
            }
            _ => false,
        };
        if is_true {
            return Vec::new();
        }
        vec![format!("{place} is {value}, not {kind}")]
    }

    fn differences_of_object(&self, name: &str, value: &Value, place: &str) -> Vec<String> {
        let members = &self.objects[name];
        let printed = value.as_object().unwrap();
        let is_known = |name: &&String| members.iter().any(|member| member.name == **name);
        let unknown = printed.keys().filter(|name| !is_known(name));
        let mut differences: Vec<_> = unknown
            .map(|name| format!("{place}.{name} is not documented"))
            .collect();
        for member in members {
            let place = format!("{place}.{}", member.name);
            match printed.get(&member.name) {
                Some(value) => differences.extend(self.differences(&member.kind, value, &place)),
                None if member.may_be_absent => {}
                None => differences.push(format!("{place} is not printed")),
            }
        }
        differences
    }

    /// Compares the output of a command with its documentation.
    fn check(&self, command: &str, text: &str) {
        let documented = self.values[command].split(':').next().unwrap();
        match documented.strip_prefix("lines of ") {
            Some(kind) => text.lines().for_each(|line| self.check_value(kind, line)),
            None => self.check_value(documented, text),
        }
    }

    fn check_value(&self, kind: &str, text: &str) {
        let value: Value =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{kind}: {error}: {text}"));
        let differences = self.differences(kind, &value, kind);
        assert_eq!(differences, [""; 0], "{value:#}");
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn every_command_is_on_the_page_of_json() {
    let all = commands(&working_host());
    let is_group = |line: &&String| {
        let inner = format!("{line} ");
        line.is_empty() || all.iter().any(|other| other.starts_with(&inner))
    };
    let expected: BTreeSet<_> = all.iter().filter(|line| !is_group(line)).cloned().collect();
    let page = Page::read();
    // The command `device` is for Windows; `get` has a value for each of its arguments.
    let documented = page
        .values
        .keys()
        .filter(|line| !line.starts_with("device "));
    let documented = documented.map(|line| {
        let words = line.split(' ').filter(|word| *word != word.to_uppercase());
        words.collect::<Vec<_>>().join(" ")
    });
    assert_eq!(documented.collect::<BTreeSet<_>>(), expected);
}

/// A host with a route that is displaced by a guarded lease, which is returned.
fn host() -> (FakeHost, Lease) {
    let host = working_host();
    host.add_route(Route::new(net("192.0.2.0/24"), known()));
    let route = Route::new(net("10.30.0.0/16"), known());
    host.add_route(route.metric(77));
    let device = Device::open(host.socket()).unwrap();
    let lease = device.lease_on(&route, LeaseTerms::GUARDED).unwrap();
    (host, lease)
}

#[test]
fn json_has_the_documented_members() {
    let page = Page::read();
    let (host, _lease) = host();
    let settings = Device::open(host.socket()).unwrap();
    let change = InterfaceChange::new().metric(5);
    settings
        .lease_interface(AddressFamily::IPV4, known(), change)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let man = format!("man {}", folder.path().display());
    for (name, line) in [
        ("route add", format!("route add {ROUTE} metric 5").as_str()),
        ("route set", &format!("route set {ROUTE} valid 1h")),
        ("route replace", &format!("route replace {ROUTE} metric 6")),
        ("route get PREFIX", "route get 10.20.0.0/16"),
        ("route get ADDRESS", "route get 10.20.1.1"),
        ("route show", "route show"),
        ("export", "export --all"),
        ("explain", "explain 10.40.0.0/16 via 203.0.113.9 dev 7"),
        ("route flush", "route flush --longer 10.20.0.0/16 --dry-run"),
        ("route delete", "route delete 10.20.0.0/16"),
        ("route delete", "route delete --absent-ok 10.20.0.0/16"),
        ("interface show", "interface show"),
        ("interface set", "interface set 7 --metric 5"),
        ("leases", "leases"),
        ("statistics", "statistics"),
        ("selftest", "selftest version create-set --interface 7"),
        ("version", "version"),
        ("completions", "completions bash"),
        ("man", &man),
    ] {
        let output = run(&host, &format!("--json {line}"));
        assert!(output.status.success(), "{line}: {output:?}");
        page.check(name, text(&output.stdout));
    }
    let listed = run(&host, "--json selftest --list");
    page.check_value("list of `named case`", text(&listed.stdout));
    let refused = run(&host, "--json explain 10.20.0.1/16 dev 7");
    page.check("explain", text(&refused.stdout));
}

#[test]
fn reports_have_the_documented_members() {
    let page = Page::read();
    let (host, _lease) = host();
    let file = "10.20.0.0/16 via 192.0.2.254 dev 7\n10.50.0.1/16 dev 7\nblackhole 10.60.0.0/16\n";
    for options in ["--dry-run", "", "--guard --hold -- true"] {
        let line = format!("--json import - --format ip-route --skip {options}");
        let output = run_with_input(&host, &line, file);
        page.check("import", text(&output.stdout));
    }
    let file = "[[route]]\nprefix = '10.20.0.0/16'\ndev = 7\nmetric = 9\n\
                [[route]]\nprefix = '10.50.0.1/16'\ndev = 7\n";
    for options in ["", "--atomic"] {
        let output = run_with_input(&host, &format!("--json apply - {options}"), file);
        page.check("apply", text(&output.stdout));
    }
}

#[test]
fn errors_and_events_have_the_documented_members() {
    let page = Page::read();
    let (host, _lease) = host();
    for (line, input) in [
        ("route add 10.20.0.1/16 dev 7", ""),
        ("route add 10.30.0.0/16 dev 7", ""),
        ("route delete 10.30.0.0/16 via 192.0.2.1", ""),
        ("rout show", ""),
        ("import -", "10.20.0.0/16 dev eth9\n10.30.0.0/99 dev 7\n"),
    ] {
        let output = run_with_input(&host, &format!("--json {line}"), input);
        page.check_value("`error`", text(&output.stderr));
    }
    let warned = run(&host, "--json route add 10.70.0.0/16 via 203.0.113.9 dev 7");
    page.check_value("`warnings`", text(&warned.stderr));

    let mut watch = command(&host, "--json watch --table")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut check = || page.check("watch", &lines.next().unwrap().unwrap());
    for _ in 0..3 {
        check();
    }
    host.set_interfaces([interface(AddressFamily::IPV4, 7, 5)]);
    check();
    watch.kill().unwrap();
    watch.wait().unwrap();
}
