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
    let mut child = command(host, &format!("apply - {options}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // Wrong usage is told before anything is read.
    let _ = input.write_all(file.as_bytes());
    drop(input);
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> (i32, String) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output.status.code().unwrap(), text)
}

fn value(output: &Output) -> (i32, Value) {
    let value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), value)
}

#[test]
fn each_route_of_a_file_is_created_changed_or_left() {
    let host = sound();
    assert_eq!(
        text(&apply(&host, "--dry-run", TWO)),
        (
            0,
            "would be created 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5\n\
             would be created ::/0 via 2001:db8::1 dev luid:0x0006008001000000 metric 256\n\
             all 2 would succeed\n"
                .to_owned()
        )
    );
    assert_eq!(printed_json(&host, "route show"), json!([]));
    assert_eq!(apply(&host, "", TWO).status.code(), Some(0));
    let changed = TWO.replace("metric = 5", "metric = 6");
    let (code, text) = text(&apply(&host, "--atomic", &changed));
    assert_eq!(code, 0);
    assert_eq!(
        text,
        "replaced 10.20.0.0/16 via 192.0.2.254 dev 7 metric 6 (was metric 5)\n\
         same ::/0 via 2001:db8::1 dev luid:0x0006008001000000 metric 256\n\
         done: all 2\n"
    );
}

#[test]
fn entries_stand_alone_or_fall_together() {
    let host = sound();
    let file = format!("{TWO}{BAD_THIRD}");
    let (code, outcome) = value(&apply(&host, "--atomic --json", &file));
    assert_eq!((code, &outcome["verdict"]), (1, &json!("undone")));
    assert_eq!(outcome["failed_index"], 2);
    assert_eq!(outcome["entries"][0]["did"], "undone");
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
    assert!(text.ends_with("done: all 2\n"), "{text}");
    // The leased one is gone with the command, the other stays.
    let shown = printed_json(&host, "route show");
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["destination"], "10.20.0.0/16");
    assert_eq!(apply(&host, "--hold", TWO).status.code(), Some(2));
    assert_eq!(
        apply(&host, "--dry-run --hold -- true", TWO).status.code(),
        Some(2)
    );
}

#[test]
fn a_file_that_is_none_says_where() {
    let host = sound();
    for (file, expected) in [
        ("[[route]]\nprefix = 1\n", "line 2"),
        (
            "[[route]]\nprefix = 'x'\ndev = 7\n",
            "route 1 of -: `x` is no prefix",
        ),
        (
            "[[route]]\nprefix = '::/0'\ndev = 7\nmetrik = 1\n",
            "metrik",
        ),
    ] {
        let output = apply(&host, "", file);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
