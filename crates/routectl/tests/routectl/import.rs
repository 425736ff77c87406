//! Importing files of other programs.

use ipforward::abi::NtStatus;
use ipforward::{Route, RouteProtocol};
use serde_json::json;

use crate::apply::{run_with_input, text, value};
use crate::fake_host::FakeHost;
use crate::program::{known, net, printed_json, working_host};

/// A host whose interface 7 has the addresses of the samples.
fn host() -> FakeHost {
    let host = working_host();
    for prefix in ["192.0.2.0/24", "192.0.2.10/32", "2001:db8:1::/64"] {
        host.add_route(Route::new(net(prefix), known()).protocol(RouteProtocol::LOCAL));
    }
    host
}

fn import(host: &FakeHost, options: &str, file: &str) -> std::process::Output {
    run_with_input(host, &format!("import - {options}"), file)
}

#[test]
fn output_of_ip_route_is_imported() {
    let host = host();
    let file = "\
default via 192.0.2.254 dev eth0 proto dhcp src 192.0.2.10 metric 100
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10
10.20.0.0/16 via 192.0.2.253 dev eth0 metric 5
";
    assert_eq!(
        text(&import(&host, "--map eth0=7 --dry-run", file)),
        (
            0,
            "note: skipped routes that a system adds by itself for its own addresses, loopback, \
             multicast and broadcast: 1\n\
             note: ignored `src`, which Windows does not have: 1\n\
             + 0.0.0.0/0 via 192.0.2.254 dev 7 metric 100 protocol Dhcp\n\
             + 10.20.0.0/16 via 192.0.2.253 dev 7 metric 5\n\
             would succeed: 2 added, 0 changed, 0 removed, 0 equal\n"
                .to_owned()
        )
    );
    let (code, output) = text(&import(&host, "--map eth0=7", file));
    assert_eq!(code, 0);
    assert!(
        output.ends_with("done: 2 added, 0 changed, 0 removed, 0 equal\n"),
        "{output}"
    );
    assert_eq!(
        printed_json(&host, "route show").as_array().unwrap().len(),
        5
    );
    // A second import changes nothing.
    let (code, report) = value(&import(&host, "--map eth0=7 --json", file));
    assert_eq!((code, &report["summary"]["equal"]), (0, &json!(2)));
    assert_eq!(report["notes"][0]["line"], json!(null));
}

#[test]
fn commands_add_change_and_remove_routes() {
    let host = host();
    host.add_route(Route::new(net("10.21.0.0/16"), known()).metric(5));
    host.add_route(Route::new(net("10.22.0.0/16"), known()).metric(5));
    let file = "\
route add 10.20.0.0 mask 255.255.0.0 192.0.2.254 metric 5
route change 10.21.0.0 mask 255.255.0.0 0.0.0.0 metric 6 if 7
route -p delete 10.22.0.0 mask 255.255.0.0
";
    let (code, output) = text(&import(&host, "", file));
    assert_eq!(code, 0, "{output}");
    assert!(
        output.starts_with("note: line 3: `-p` is ignored"),
        "{output}"
    );
    assert!(
        output.contains(
            "+ 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5\n\
             ~ 10.21.0.0/16 dev 7 metric 5 → 6\n\
             - 10.22.0.0/16 dev 7 metric 5\n"
        ),
        "{output}"
    );
    let shown = printed_json(&host, "route show --longer 10.0.0.0/8");
    let shown: Vec<_> = shown
        .as_array()
        .unwrap()
        .iter()
        .map(|route| (route["destination"].as_str().unwrap(), &route["metric"]))
        .collect();
    assert_eq!(
        shown,
        [("10.20.0.0/16", &json!(5)), ("10.21.0.0/16", &json!(6))]
    );
}

#[test]
fn import_of_route_print_adds_only_missing_routes() {
    let host = host();
    let file = include_str!("../samples/route_print");
    let (code, report) = value(&import(
        &host,
        "--map 12=7 --map 198.51.100.2=7 --json",
        file,
    ));
    assert_eq!((code, &report["summary"]["added"]), (0, &json!(8)));
    // The complete metric is the printed one; the interface's metric is the local one.
    let route = &printed_json(&host, "route show --longer 10.20.0.0/16")[0];
    assert_eq!(
        (&route["metric"], &route["complete_metric"]),
        (&json!(5), &json!(30))
    );
}

#[test]
fn an_import_is_atomic() {
    let host = host();
    let before = printed_json(&host, "route show");
    let file = "\
route add 10.20.0.0/16 via 192.0.2.254 dev 7
route add 192.0.2.0/24 dev 7
";
    let (code, output) = text(&import(&host, "", file));
    assert_eq!(code, 1);
    assert!(
        output.ends_with("rolled back: no route was changed\n"),
        "{output}"
    );
    assert_eq!(printed_json(&host, "route show"), before);
}

#[test]
fn all_rejected_lines_are_reported_and_nothing_changes() {
    let host = host();
    let before = printed_json(&host, "route show");
    let file = "\
route add 10.20.0.0/16 via 192.0.2.254 dev 7
route add 10.30.0.0/33 dev 7
route add 10.40.0.0/16 dev eth1
";
    let output = import(&host, "", file);
    assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: cannot import 2 lines of -; nothing was changed\n\
         line 2: route add 10.30.0.0/33 dev 7\n\
         \x20 invalid prefix `10.30.0.0/33`\n\
         \x20 expected ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32), an address, or `default`\n\
         line 3: route add 10.40.0.0/16 dev eth1\n\
         \x20 unknown interface `eth1`\n\
         \x20 expected --map eth1=INTERFACE with an interface of `routectl interface show`\n\
         hint: see `routectl import --help` for formats and examples\n"
    );
    let output = import(&host, "--json", file);
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["lines"][1]["line"], 3);
    assert_eq!(error["lines"][1]["text"], "route add 10.40.0.0/16 dev eth1");
    assert_eq!(printed_json(&host, "route show"), before);
}

#[test]
fn imported_routes_can_be_held() {
    let host = host();
    let before = printed_json(&host, "route show");
    let file = "route add 10.20.0.0/16 via 192.0.2.254 dev 7\n";
    let (code, report) = value(&import(&host, "--guard --json --hold -- true", file));
    assert_eq!((code, &report["entries"][0]["lease"]), (0, &json!(true)));
    assert_eq!(printed_json(&host, "route show"), before);
    let gone = format!("{file}route del 192.0.2.0/24 dev 7\n");
    let refused = import(&host, "--lease --hold -- true", &gone);
    assert_eq!(refused.status.code(), Some(2));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("cannot lease 192.0.2.0/24 dev 7"), "{error}");
}

#[test]
fn an_unknown_format_is_an_error_with_the_formats() {
    let host = host();
    let refused = import(&host, "", "Dear all,\n");
    assert_eq!(refused.status.code(), Some(2));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("unknown format of -"), "{error}");
    assert_eq!(import(&host, "--format nosuch", "").status.code(), Some(2));
    assert_eq!(import(&host, "--map eth0", "").status.code(), Some(2));
    // The option decides the format.
    let (code, _) = text(&import(
        &host,
        "--format ip-route --dry-run",
        "10.0.0.0/8 dev 7\n",
    ));
    assert_eq!(code, 0);
}

#[test]
fn rejected_lines_are_left_out_and_listed_with_skip() {
    let host = host();
    let file = "\
route add 10.20.0.0/16 via 192.0.2.254 dev 7
route add 10.30.0.0/33 dev 7
";
    let (code, output) = text(&import(&host, "--skip --dry-run", file));
    assert_eq!(code, 0);
    assert!(
        output.starts_with("note: line 2: left out `route add 10.30.0.0/33 dev 7`: invalid prefix"),
        "{output}"
    );
    assert!(
        output.contains("note: left out lines that cannot be imported: 1\n"),
        "{output}"
    );
    let (code, report) = value(&import(&host, "--skip=invalid --skip-exit 1 --json", file));
    assert_eq!((code, &report["left_out"]), (1, &json!(1)));
    assert_eq!(report["summary"]["added"], 1);
    // Other kinds of lines stay errors; so does a file of which nothing remains.
    let refused = import(&host, "--skip=discard", file);
    assert_eq!(refused.status.code(), Some(2));
    let refused = import(&host, "--skip", "route add 10.30.0.0/33 dev 7\n");
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn refused_changes_are_left_out_and_listed_with_skip() {
    let host = host();
    let before = printed_json(&host, "route show");
    let file = "\
route add 10.20.0.0/16 via 192.0.2.254 dev 7
route add 192.0.2.0/24 dev 7
route change 10.77.0.0/16 dev 7
";
    // Without --skip, and for other kinds, nothing is changed.
    for options in ["", "--skip=invalid"] {
        assert_eq!(text(&import(&host, options, file)).0, 1, "{options}");
        assert_eq!(printed_json(&host, "route show"), before);
    }
    let (code, output) = text(&import(&host, "--skip --dry-run", file));
    assert_eq!(code, 0, "{output}");
    assert!(
        output.starts_with("note: line 2: left out `route add 192.0.2.0/24 dev 7`: "),
        "{output}"
    );
    assert!(
        output.contains("note: left out changes that are refused: 2\n"),
        "{output}"
    );
    let (code, report) = value(&import(&host, "--skip=refused --skip-exit 1 --json", file));
    assert_eq!((code, &report["left_out"]), (1, &json!(2)));
    assert_eq!(report["summary"]["added"], 1);
    assert_eq!(
        printed_json(&host, "route show").as_array().unwrap().len(),
        4
    );
    // If nothing would remain, the refusal is the error.
    let all = "route add 192.0.2.0/24 dev 7\n";
    assert_eq!(text(&import(&host, "--skip", all)).0, 1);
}

#[test]
fn a_change_that_only_the_real_call_refuses_undoes_the_rest() {
    let host = host();
    let before = printed_json(&host, "route show");
    host.refuse_with(NtStatus::INVALID_PARAMETER);
    let file = "\
route add 10.20.0.0/16 via 192.0.2.254 dev 7
route add 192.0.2.0/24 dev 7
";
    let (code, output) = text(&import(&host, "--skip", file));
    assert_eq!(code, 1, "{output}");
    assert!(
        output.ends_with("rolled back: no route was changed\n"),
        "{output}"
    );
    assert_eq!(printed_json(&host, "route show"), before);
}

#[test]
fn a_restore_keeps_members_that_the_file_does_not_give() {
    let host = host();
    let present = Route::new(net("0.0.0.0/0"), known())
        .via([192, 0, 2, 254])
        .metric(5)
        .protocol(RouteProtocol::DHCP)
        .lifetimes(
            ipforward::Lifetime::Seconds(3600),
            ipforward::Lifetime::Seconds(1800),
        );
    host.add_route(present);
    let before = printed_json(&host, "route show");
    for file in [
        "0.0.0.0  0.0.0.0  192.0.2.254  192.0.2.10  30\n",
        "default via 192.0.2.254 dev 7 metric 5\n",
        "default via 192.0.2.254 dev 7\n",
    ] {
        let (code, report) = value(&import(&host, "--json", file));
        assert_eq!(
            (code, &report["summary"]["equal"]),
            (0, &json!(1)),
            "{file}"
        );
        assert_eq!(printed_json(&host, "route show"), before, "{file}");
    }
}

#[test]
fn a_file_without_a_route_is_an_error() {
    let host = host();
    for file in [
        "",
        "# nothing\n",
        "@echo off\npause\n",
        "=====\nActive Routes:\n",
    ] {
        let refused = import(&host, "", file);
        assert_eq!(refused.status.code(), Some(2), "{file}");
    }
    let refused = import(&host, "", "BIRD 2.0.12 ready.\n");
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("is a table of BIRD"), "{error}");
}

#[test]
fn an_absent_route_is_deleted_as_told() {
    let host = host();
    let file = "route del 10.99.0.0/16\n";
    let (code, output) = text(&import(&host, "--dry-run", file));
    assert_eq!(code, 0);
    assert!(output.contains("do not exist: 1 (line 1)"), "{output}");
    let refused = import(&host, "--absent-ok no", file);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn later_lines_rely_on_earlier_ones() {
    let host = host();
    let file = "\
route add 10.140.0.2 dev 7
route add 10.140.1.0/24 via 10.140.0.2
route add 10.141.0.0/24 via 192.0.2.254 dev 7
route del 10.141.0.0/24
";
    let (code, output) = text(&import(&host, "", file));
    assert_eq!(code, 0, "{output}");
    let shown = printed_json(&host, "route show --longer 10.140.0.0/15");
    assert_eq!(shown.as_array().unwrap().len(), 2);
}

#[test]
fn an_unknown_interface_of_an_option_is_not_found() {
    let host = host();
    let file = "default via 192.0.2.254 dev eth0\n";
    for (option, expected) in [
        (
            "--map eth0=Ethernet",
            "error: no such interface `Ethernet`: did you mean `Ethernet 7`? (`--map eth0=Ethernet`)\n\
             hint: use an interface that `routectl interface show` lists for this family\n",
        ),
        (
            "--dev tun0",
            "error: no such interface `tun0` (`--dev tun0`)\n\
             hint: use an interface that `routectl interface show` lists for this family\n",
        ),
    ] {
        let refused = import(&host, option, file);
        let error = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(error, expected);
        assert_eq!(refused.status.code(), Some(3), "{option}");
    }
}

#[test]
fn one_error_of_many_lines_is_printed_once_with_a_count() {
    let host = host();
    let lines = (0..=255).map(|number| format!("10.{number}.0.0/16 dev eth9\n"));
    let file = lines.collect::<String>() + "10.0.0.0/33 dev 7\n";
    let output = import(&host, "", &file);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: cannot import 257 lines of -; nothing was changed\n\
         line 1: 10.0.0.0/16 dev eth9\n\
         line 2: 10.1.0.0/16 dev eth9\n\
         line 3: 10.2.0.0/16 dev eth9\n\
         and 253 more: line 4, 5, 6, 7, 8, 9, 10, 11, …\n\
         \x20 unknown interface `eth9`\n\
         \x20 expected --map eth9=INTERFACE with an interface of `routectl interface show`\n\
         line 257: 10.0.0.0/33 dev 7\n\
         \x20 invalid prefix `10.0.0.0/33`\n\
         \x20 expected ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32), an address, or `default`\n\
         hint: see `routectl import --help` for formats and examples\n"
    );
    // In JSON, each line has its error.
    let output = import(&host, "--json", &file);
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["lines"].as_array().unwrap().len(), 257);
}
