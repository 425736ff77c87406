//! Files with routes.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::fake_host::FakeHost;
use crate::program::{command, printed_json, sound};

const TWO: &str = "\
[[route]]
prefix = '10.20.0.0/16'
via = '192.0.2.254'
dev = 7
metric = 5
[[route]]
prefix = 'default'
via = '2001:db8::1'
dev = 'luid:0x0006008001000000'
";

const BAD_THIRD: &str = "\
[[route]]
prefix = '10.30.0.1/16'
dev = 7
";

/// Runs `apply -` with this input.
fn apply(host: &FakeHost, options: &str, file: &str) -> Output {
    run_with_input(host, &format!("apply - {options}"), file)
}

/// Runs a command with this input.
pub(crate) fn run_with_input(host: &FakeHost, line: &str, input: &str) -> Output {
    let mut child = command(host, line)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Wrong usage is told before anything is read.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

pub(crate) fn text(output: &Output) -> (i32, String) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output.status.code().unwrap(), text)
}

pub(crate) fn value(output: &Output) -> (i32, Value) {
    let value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), value)
}

#[test]
fn what_would_change_is_shown_and_nothing_is_changed() {
    let host = sound();
    assert_eq!(
        text(&apply(&host, "--dry-run", TWO)),
        (
            0,
            "+ 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5\n\
             + ::/0 via 2001:db8::1 dev luid:0x0006008001000000 metric 256\n\
             would succeed: 2 added, 0 changed, 0 removed, 0 equal\n"
                .to_owned()
        )
    );
    assert_eq!(printed_json(&host, "route show"), json!([]));
}

#[test]
fn each_route_of_a_file_is_created_changed_or_left() {
    let host = sound();
    assert_eq!(apply(&host, "", TWO).status.code(), Some(0));
    let changed = TWO.replace("metric = 5", "metric = 6\nprotocol = 'Static'\nvalid = 60");
    assert_eq!(
        text(&apply(&host, "--atomic", &changed)),
        (
            0,
            "~ 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5 → 6 protocol NetMgmt → Static valid \
             forever → 60 preferred forever → 60 immortal yes → no\n\
             preview: 0 added, 1 changed, 0 removed, 1 equal\n\
             done: 0 added, 1 changed, 0 removed, 1 equal\n"
                .to_owned()
        )
    );
    let shown = printed_json(&host, "route show");
    assert_eq!(shown[0]["valid_lifetime"], 60);
    // What is as wanted is written no more.
    let before = printed_json(&host, "statistics")["total"]["routes_set"].clone();
    let (code, told) = text(&apply(&host, "", &changed));
    assert_eq!(code, 0);
    assert!(
        told.ends_with("done: 0 added, 0 changed, 0 removed, 2 equal\n"),
        "{told}"
    );
    let after = printed_json(&host, "statistics")["total"]["routes_set"].clone();
    assert_eq!(before, after);
}

#[test]
fn changes_are_data_too() {
    let host = sound();
    assert_eq!(apply(&host, "", TWO).status.code(), Some(0));
    let changed = TWO.replace("metric = 5", "metric = 6");
    for (options, verdict) in [("--dry-run --json", "would_succeed"), ("--json", "done")] {
        let (code, report) = value(&apply(&host, options, &changed));
        assert_eq!((code, &report["verdict"]), (0, &json!(verdict)));
        assert_eq!(
            report["summary"],
            json!({"added": 0, "changed": 1, "removed": 0, "equal": 1, "refused": 0})
        );
        assert_eq!(
            report["entries"][0]["changes"],
            json!([{"member": "metric", "old": "5", "new": "6"}])
        );
        assert_eq!(report["entries"][0]["old"]["metric"], 5);
        assert_eq!(report["entries"][1]["result"], "unchanged");
    }
}

#[test]
fn a_file_of_any_size_goes_in_pages_and_an_atomic_one_does_not() {
    let host = sound();
    let one = "[[route]]\nprefix = '10.20.0.0/16'\ndev = 7\n";
    let file = format!("{TWO}{}", one.repeat(4_096));
    let (code, report) = value(&apply(&host, "--json", &file));
    assert_eq!(
        (code, &report["calls"]),
        (0, &json!(2)),
        "{}",
        report["verdict"]
    );
    assert_eq!(report["applied"], 4_098);
    let refused = apply(&host, "--atomic", &file);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("4098 routes are too many for --atomic: one call takes at most 4096"),
        "{said}"
    );
}

#[test]
fn what_is_refused_is_foreseen_and_still_left_to_the_stack() {
    let host = sound();
    let file = format!("{TWO}{BAD_THIRD}");
    let (code, told) = text(&apply(
        &host,
        "--dry-run --atomic",
        &format!("{BAD_THIRD}{file}"),
    ));
    assert_eq!(code, 1);
    // What is behind a failure is looked at as well.
    assert_eq!(
        told.matches("error: 10.30.0.1/16 dev 7").count(),
        2,
        "{told}"
    );
    assert!(told.contains("hint: use 10.30.0.0/16\n"), "{told}");
    assert!(
        told.ends_with("would fail: no route would be changed\n"),
        "{told}"
    );
    let (code, told) = text(&apply(&host, "--atomic", &file));
    assert_eq!(code, 1);
    assert!(
        told.contains("! 10.30.0.1/16 dev 7: STATUS_INVALID_PARAMETER"),
        "{told}"
    );
    assert!(told.contains("cause: bits are set behind"), "{told}");
    assert!(
        told.ends_with("rolled back: no route was changed\n"),
        "{told}"
    );
    assert_eq!(printed_json(&host, "route show"), json!([]));
    let (code, told) = text(&apply(&host, "", &file));
    assert_eq!(code, 1);
    assert!(
        told.ends_with("partially failed: 2 added, 0 changed, 0 removed, 0 equal, 1 refused\n"),
        "{told}"
    );
}

#[test]
fn entries_stand_alone_or_fall_together() {
    let host = sound();
    let file = format!("{TWO}{BAD_THIRD}");
    let (code, outcome) = value(&apply(&host, "--atomic --json", &file));
    assert_eq!((code, &outcome["verdict"]), (1, &json!("rolled_back")));
    assert_eq!(outcome["failed_index"], 2);
    assert_eq!(outcome["entries"][0]["result"], "rolled_back");
    assert_eq!(
        outcome["entries"][2]["failure"]["cause"]["name"],
        "host_bits"
    );
    assert_eq!(printed_json(&host, "route show"), json!([]));

    let (code, outcome) = value(&apply(&host, "--json", &file));
    assert_eq!((code, &outcome["verdict"]), (1, &json!("failed")));
    assert_eq!(outcome["applied"], 2);
    assert_eq!(
        printed_json(&host, "route show").as_array().unwrap().len(),
        2
    );
}

#[test]
fn leases_need_a_command_to_be_held_for() {
    let host = sound();
    let leased = format!("{TWO}guard = true\n");
    let refused = apply(&host, "", &leased);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("route 2 of - has `guard = true`"), "{said}");
    assert!(said.contains("--hold -- COMMAND"), "{said}");

    let (code, text) = text(&apply(&host, "--hold -- false", &leased));
    assert_eq!(code, 1);
    assert!(text.contains("done: 2 added"), "{text}");
    // The leased one is gone with the command, the other stays.
    let shown = printed_json(&host, "route show");
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["destination"], "10.20.0.0/16");
    assert_eq!(apply(&host, "--hold", TWO).status.code(), Some(2));
    assert_eq!(apply(&host, "--guard", TWO).status.code(), Some(2));
    assert_eq!(
        apply(&host, "--dry-run --hold -- true", TWO).status.code(),
        Some(2)
    );
}

#[test]
fn all_routes_of_a_file_are_leased_if_it_is_said_so() {
    let host = sound();
    for option in ["--lease", "--guard"] {
        let (code, report) = value(&apply(
            &host,
            &format!("{option} --json --hold -- true"),
            TWO,
        ));
        assert_eq!(code, 0);
        assert_eq!(report["entries"][0]["lease"], true);
        assert_eq!(report["entries"][1]["lease"], true);
        assert_eq!(printed_json(&host, "route show"), json!([]));
    }
}

#[test]
fn a_file_that_is_none_says_where() {
    let host = sound();
    for (file, expected) in [
        ("[[route]]\nprefix = 1\n", "line 2"),
        (
            "[[route]]\nprefix = 'x'\ndev = 7\n",
            "route 1 of -: invalid prefix `x`",
        ),
        (
            "[[route]]\nprefix = '::/0'\ndev = 7\nmetrik = 1\n",
            "metrik",
        ),
        (
            "[[route]]\nprefix = '::/0'\ndev = 7\nvalid = '1h'\n",
            "invalid value `1h` of `valid`",
        ),
    ] {
        let output = apply(&host, "", file);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
