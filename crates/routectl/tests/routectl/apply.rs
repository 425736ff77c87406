//! Applying files of routes.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::fake_host::FakeHost;
use crate::program::{command, printed_json, working_host};

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

/// A file of this many routes, with a prefix each.
pub(crate) fn numbered_routes(count: u32) -> String {
    let route = |number| {
        let (high, low) = (64 + number / 256, number % 256);
        format!("[[route]]\nprefix = '10.{high}.{low}.0/24'\ndev = 7\n")
    };
    (0..count).map(route).collect()
}

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
    // routectl may end before it reads the input.
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
fn of_two_routes_with_one_key_the_better_metric_is_applied() {
    let host = working_host();
    let entry =
        |metric| format!("[[route]]\nprefix = '10.20.0.0/16'\ndev = 7\nmetric = {metric}\n");
    let applied = apply(&host, "--yes --json", &[entry(20), entry(5)].concat());
    let (code, report) = value(&applied);
    assert_eq!(
        (code, report["entries"].as_array().unwrap().len()),
        (0, 1),
        "{report}"
    );
    let note = report["notes"][0]["note"].as_str().unwrap();
    assert!(
        note.starts_with("left out route 1, 10.20.0.0/16 dev 7:"),
        "{note}"
    );
    let shown = printed_json(&host, "route get 10.20.0.1");
    assert_eq!(shown["route"]["metric"], 5, "{shown}");
}

#[test]
fn a_dry_run_shows_the_changes_and_makes_none() {
    let host = working_host();
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
fn a_dry_run_can_be_a_markdown_table() {
    let host = working_host();
    let file = format!("{TWO}{BAD_THIRD}");
    assert_eq!(apply(&host, "", TWO).status.code(), Some(0));
    let file = file.replace("metric = 5", "metric = 6\nvalid = 60");
    let expected = "\
| change | destination | next hop | dev | details |
| --- | --- | --- | --- | --- |
| changed | 10.20.0.0/16 | 192.0.2.254 | 7 | metric 5 → 6, valid forever → 60, preferred forever → 60, immortal yes → no |
| refused | 10.30.0.1/16 | on-link | 7 | STATUS\\_INVALID\\_PARAMETER (0xC000000D, Win32 87 ERROR\\_INVALID\\_PARAMETER): bits are set behind the prefix length of 16 |

would partially fail: 0 added, 1 changed, 0 removed, 1 equal, 1 refused
";
    let output = text(&apply(&host, "--dry-run --markdown", &file));
    assert_eq!(output, (1, expected.to_owned()));
    let changed = text(&apply(&host, "--dry-run --markdown", TWO));
    let nothing = "would succeed: 0 added, 0 changed, 0 removed, 2 equal\n";
    assert_eq!(changed, (0, nothing.to_owned()));
}

#[test]
fn notes_of_a_file_are_escaped_in_markdown() {
    let host = working_host();
    let file = "10.30.0.0/16 via 192.0.2.253 dev 7\nblackhole 10.233.65.0/26 | <b>\n";
    let line = "import - --skip --dry-run --markdown";
    let (code, text) = text(&run_with_input(&host, line, file));
    assert_eq!(code, 0);
    let expected = "\
- line 2: left out \\`blackhole 10.233.65.0/26 \\| \\<b\\>\\`: Windows has no \\`blackhole\\` routes; expected a route with an interface; remove the line, or leave it out with --skip
- left out lines that cannot be imported: 1

| change | destination | next hop | dev | details |
| --- | --- | --- | --- | --- |
| added | 10.30.0.0/16 | 192.0.2.253 | 7 | metric 256 |

would succeed: 1 added, 0 changed, 0 removed, 0 equal
";
    assert_eq!(text, expected);
}

#[test]
fn markdown_needs_a_dry_run_and_is_not_json() {
    let host = working_host();
    for (options, named) in [
        ("--markdown", "--dry-run"),
        ("--markdown --dry-run --json", "--json"),
    ] {
        let output = apply(&host, options, TWO);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(named), "{error}");
    }
    assert_eq!(printed_json(&host, "route show"), json!([]));
}

#[test]
fn apply_creates_changes_or_keeps_each_route() {
    let host = working_host();
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
    // An unchanged route is not written again.
    let before = printed_json(&host, "statistics")["total"]["routes_set"].clone();
    let (code, output) = text(&apply(&host, "", &changed));
    assert_eq!(code, 0);
    assert!(
        output.ends_with("done: 0 added, 0 changed, 0 removed, 2 equal\n"),
        "{output}"
    );
    let after = printed_json(&host, "statistics")["total"]["routes_set"].clone();
    assert_eq!(before, after);
}

#[test]
fn changes_are_reported_as_json() {
    let host = working_host();
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
fn a_large_file_takes_several_calls_unless_atomic() {
    let host = working_host();
    let file = format!("{TWO}{}", numbered_routes(4_096));
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
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(
        error.contains("4098 routes are too many for --atomic: one call takes at most 4096"),
        "{error}"
    );
}

#[test]
fn the_preview_shows_refusals_and_the_stack_decides() {
    let host = working_host();
    let file = format!("{TWO}{BAD_THIRD}");
    let another = BAD_THIRD.replace("10.30.", "10.31.");
    let preview = apply(&host, "--dry-run --atomic", &format!("{another}{file}"));
    let (code, output) = text(&preview);
    assert_eq!(code, 1);
    // The preview also checks the entries after a failure.
    for refused in ["! 10.30.0.1/16 dev 7:", "! 10.31.0.1/16 dev 7:"] {
        assert!(output.contains(refused), "{output}");
    }
    let error = String::from_utf8(preview.stderr).unwrap();
    assert!(error.contains("hint: use 10.30.0.0/16\n"), "{error}");
    assert!(
        output.ends_with("would fail: no route would be changed\n"),
        "{output}"
    );
    let refused = apply(&host, "--atomic", &file);
    let (code, output) = text(&refused);
    assert_eq!(code, 1);
    assert!(
        output.contains("! 10.30.0.1/16 dev 7: STATUS_INVALID_PARAMETER"),
        "{output}"
    );
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("cause: bits are set behind"), "{error}");
    assert!(
        output.ends_with("rolled back: no route was changed\n"),
        "{output}"
    );
    assert_eq!(printed_json(&host, "route show"), json!([]));
    let (code, output) = text(&apply(&host, "", &file));
    assert_eq!(code, 1);
    assert!(
        output.ends_with("partially failed: 2 added, 0 changed, 0 removed, 0 equal, 1 refused\n"),
        "{output}"
    );
}

#[test]
fn one_error_of_many_routes_is_printed_once_with_a_count() {
    let host = working_host();
    let tables = (0..10_000).map(|number| {
        let (second, third) = (number / 256, number % 256);
        format!("[[route]]\nprefix = '10.{second}.{third}.0/24'\ndev = 99\n")
    });
    let file = tables.collect::<String>() + BAD_THIRD;
    for options in ["", "--dry-run"] {
        let output = apply(&host, options, &file);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "\
error: 10.0.0.0/24 dev 99, 10.0.1.0/24 dev 99, 10.0.2.0/24 dev 99 and 9997 more: APPLY was refused: \
STATUS_NOT_FOUND (0xC0000225, Win32 1168 ERROR_NOT_FOUND)
cause: interface 99 does not exist (InterfaceLuid)
hint: use an interface that `routectl interface show` lists for this family
error: 10.30.0.1/16 dev 7: APPLY was refused: STATUS_INVALID_PARAMETER (0xC000000D, Win32 87 \
ERROR_INVALID_PARAMETER)
cause: bits are set behind the prefix length of 16 (DestinationPrefix.Prefix)
hint: use 10.30.0.0/16
",
            "{options}"
        );
    }
}

#[test]
fn entries_are_independent_or_atomic() {
    let host = working_host();
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
fn leases_need_hold_and_a_command() {
    let host = working_host();
    let leased = format!("{TWO}guard = true\n");
    let refused = apply(&host, "", &leased);
    assert_eq!(refused.status.code(), Some(2));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("route 2 of - has `guard = true`"), "{error}");
    assert!(error.contains("--hold -- COMMAND"), "{error}");

    let (code, text) = text(&apply(&host, "--hold -- false", &leased));
    assert_eq!(code, 1);
    assert!(text.contains("done: 2 added"), "{text}");
    // The leased route is removed with the command, the other remains.
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
fn lease_and_guard_lease_all_routes_of_a_file() {
    let host = working_host();
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
fn an_invalid_file_is_an_error_with_its_place() {
    let host = working_host();
    for (file, expected) in [
        ("[[route]]\nprefix = 1\n", "line 2"),
        (
            "[[route]]\nprefix = '10.0.0.0/8'\ndev = 7\nmetric = 4294967295\n",
            "route 1 of -: invalid value `4294967295` of `metric`: expected a number from 0 to \
             2147483647",
        ),
        (
            "[[route]]\nprefix = 'x'\ndev = 7\n",
            "route 1 of -: invalid prefix `x`",
        ),
        (
            "[[route]]\nprefix = '::/0'\ndev = 7\nmetrik = 1\n",
            "metrik",
        ),
        (
            "[[route]]\nprefix = '::/0'\ndev = 7\nvalid = 'soon'\n",
            "invalid value `soon` of `valid`",
        ),
    ] {
        let output = apply(&host, "", file);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}
