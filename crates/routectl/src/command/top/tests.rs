//! Frames and keys.

use std::time::Duration;

use ipforward::abi::{AddressFamily, MibIpInterfaceRow, Statistics};
use ipforward::{EventKind, GuardState, Interface, IpInterface, IpNet, Route, RouteProtocol};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::key::{Reaction, react};
use super::row::TopLease;
use super::state::TopState;
use super::update::{FeedUpdate, TopEvent, TopEventSubject};
use super::view;

const PROCESS: u32 = 4_242;

fn route(prefix: &str) -> Route {
    let destination: IpNet = prefix.parse().unwrap();
    let interface = Interface::Known { luid: 1, index: 7 };
    Route::new(destination, interface).metric(5)
}

fn lease(prefix: &str, guard: Option<GuardState>) -> TopLease {
    TopLease {
        route: route(prefix),
        process_id: PROCESS,
        guard,
    }
}

fn event(kind: EventKind, process: Option<u32>) -> FeedUpdate {
    FeedUpdate::Event(TopEvent {
        time: "2026-03-01T09:30:12Z".to_owned(),
        subject: TopEventSubject::Route(kind),
        process,
    })
}

/// Six routes of which two are leased, a third leased one that is absent, and two events.
fn state() -> TopState {
    let mut state = TopState::default();
    let gateway = [192, 0, 2, 254];
    state.update(FeedUpdate::Table(vec![
        route("10.20.0.0/16").via(gateway),
        route("0.0.0.0/0").via(gateway).metric(0),
        route("192.0.2.0/24").protocol(RouteProtocol::LOCAL),
        route("2001:db8:20::/48"),
        route("10.30.0.0/16"),
        route("10.40.0.0/16"),
    ]));
    let holding = TopLease {
        route: route("10.20.0.0/16").via(gateway),
        ..lease("10.20.0.0/16", Some(GuardState::Holding))
    };
    let mut statistics = Statistics::default();
    statistics.total.requests = 120;
    statistics.losses.event_overflows = 1;
    let leases = vec![
        holding,
        TopLease {
            process_id: 17,
            guard: Some(GuardState::BackingOff(Duration::from_millis(1_500))),
            ..holding
        },
        lease("10.30.0.0/16", None),
        lease("10.50.0.0/16", Some(GuardState::WaitsForInterface)),
    ];
    state.update(FeedUpdate::Counters {
        leases,
        statistics: Box::new(statistics),
    });
    state.update(event(EventKind::Added(route("10.40.0.0/16")), None));
    let restored = route("10.20.0.0/16").via(gateway);
    state.update(event(EventKind::GuardRestored(restored), Some(PROCESS)));
    state
}

/// The text of a frame.
fn frame(state: &TopState, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, state)).unwrap();
    let buffer = terminal.backend().buffer();
    let lines = buffer.content().chunks(usize::from(width)).map(|cells| {
        let line: String = cells.iter().map(Cell::symbol).collect();
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}

/// Presses keys; `None` if none of them quits.
fn press(state: &mut TopState, keys: &[KeyCode]) -> Option<KeyCode> {
    let mut quits = |code: &KeyCode| react(state, KeyEvent::from(*code)) == Reaction::Quit;
    keys.iter().copied().find(|code| quits(code))
}

fn typed(text: &str) -> Vec<KeyCode> {
    text.chars().map(KeyCode::Char).collect()
}

fn destinations(state: &TopState) -> Vec<String> {
    let rows = state.rows();
    let destinations = rows.iter().map(|row| row.route.destination.to_string());
    destinations.collect()
}

#[test]
fn the_screen_shows_routes_owners_guards_and_events() {
    let expected = "\
routes 6  leases 4  guards 3  losses 1  requests 120  refused 0
DESTINATION       NEXT HOP     DEV  METRIC   PROCESS  GUARD
0.0.0.0/0         192.0.2.254    7       0
10.20.0.0/16      192.0.2.254    7       5  4242, 17  holding, back in 1.5s
10.30.0.0/16      on-link        7       5      4242
10.40.0.0/16      on-link        7       5
10.50.0.0/16      on-link        7       5      4242  waits for interface
192.0.2.0/24      on-link        7       5
2001:db8:20::/48  on-link        7       5
EVENTS
09:30:12 restored 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5 (process 4242)
09:30:12 added 10.40.0.0/16 dev 7 metric 5



q quit  / find  l leased  g guarded  4 6 family  a all  ↑↓ PgUp PgDn scroll
";
    assert_eq!(frame(&state(), 80, 16), expected);
}

#[test]
fn a_narrow_screen_leaves_out_columns_and_keys() {
    let expected = "\
routes 6  leases 4  guards 3  losses 1
DESTINATION        PROCESS  GUARD
0.0.0.0/0
10.20.0.0/16      4242, 17  holding, back in 1.5s
10.30.0.0/16          4242
10.40.0.0/16
EVENTS
09:30:12 restored 10.20.0.0/16 via 192.0.2.254 dev
09:30:12 added 10.40.0.0/16 dev 7 metric 5


q quit  / find  l leased  g guarded  4 6 family
";
    assert_eq!(frame(&state(), 50, 12), expected);
}

#[test]
fn a_tiny_screen_is_drawn() {
    for (width, height) in [(1, 1), (3, 2), (20, 4), (200, 1), (1, 100)] {
        frame(&state(), width, height);
        assert!(view::page(Rect::new(0, 0, width, height)) < 100);
    }
}

#[test]
fn q_escape_and_control_c_quit() {
    let mut state = state();
    for code in [KeyCode::Char('q'), KeyCode::Esc] {
        assert_eq!(press(&mut state, &[code]), Some(code));
    }
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(react(&mut state, interrupt), Reaction::Quit);
    press(&mut state, &typed("/"));
    assert_eq!(react(&mut state, interrupt), Reaction::Quit);
}

#[test]
fn keys_select_families_and_owned_routes() {
    let mut state = state();
    let all = destinations(&state);
    for (key, expected) in [
        ('6', &["2001:db8:20::/48"][..]),
        ('l', &["10.20.0.0/16", "10.30.0.0/16", "10.50.0.0/16"]),
        ('g', &["10.20.0.0/16", "10.50.0.0/16"]),
    ] {
        press(&mut state, &[KeyCode::Char(key)]);
        assert_eq!(destinations(&state), expected, "{key}");
        press(&mut state, &[KeyCode::Char(key)]);
        assert_eq!(destinations(&state), all, "{key} again");
    }
    press(&mut state, &typed("4g"));
    assert_eq!(destinations(&state).len(), 2);
    press(&mut state, &typed("a"));
    assert_eq!(destinations(&state), all);
}

#[test]
fn typed_text_finds_routes_until_it_is_dropped() {
    let mut state = state();
    let all = destinations(&state);
    press(&mut state, &typed("/waitsx"));
    assert!(frame(&state, 80, 12).contains("find: waitsx_  Enter keep  Esc drop"));
    assert_eq!(destinations(&state), [""; 0]);
    press(&mut state, &[KeyCode::Backspace, KeyCode::Enter]);
    assert_eq!(destinations(&state), ["10.50.0.0/16"]);
    assert!(frame(&state, 80, 12).starts_with("1 with `waits`  routes 6"));
    // Letters are text while it is typed: `q` does not quit.
    assert_eq!(press(&mut state, &typed("/q")), None);
    assert_eq!(press(&mut state, &[KeyCode::Esc]), None);
    assert_eq!(destinations(&state), all);
    press(&mut state, &typed("/local"));
    assert_eq!(destinations(&state), ["192.0.2.0/24"]);
}

#[test]
fn scrolling_stops_at_both_ends() {
    let mut state = state();
    state.page = 3;
    let rows = destinations(&state).len();
    for (code, offset) in [
        (KeyCode::Up, 0),
        (KeyCode::Down, 1),
        (KeyCode::PageDown, 4),
        (KeyCode::PageDown, rows - 3),
        (KeyCode::Home, 0),
        (KeyCode::End, rows - 3),
        (KeyCode::PageUp, 1),
    ] {
        press(&mut state, &[code]);
        assert_eq!(state.offset, offset, "{code:?}");
    }
    press(&mut state, &[KeyCode::End]);
    let last = frame(&state, 80, 10);
    assert!(last.contains("2001:db8:20::/48") && !last.contains("0.0.0.0/0 "));
}

#[test]
fn events_and_a_new_table_change_the_routes() {
    let mut state = state();
    state.update(event(EventKind::Removed(route("10.40.0.0/16").key()), None));
    state.update(event(
        EventKind::Changed(route("10.30.0.0/16").metric(9)),
        None,
    ));
    assert!(!destinations(&state).contains(&"10.40.0.0/16".to_owned()));
    assert!(frame(&state, 80, 20).contains("changed 10.30.0.0/16 dev 7 metric 9"));
    state.update(event(EventKind::Resync, None));
    state.update(FeedUpdate::Table(vec![route("10.60.0.0/16")]));
    let text = frame(&state, 80, 20);
    assert!(text.contains("09:30:12 resync: events were lost, the tables were read again"));
    press(&mut state, &typed("/metric"));
    assert!(destinations(&state).contains(&"10.60.0.0/16".to_owned()));
    assert!(!destinations(&state).contains(&"192.0.2.0/24".to_owned()));
}

#[test]
fn a_late_addition_of_a_route_that_is_gone_removes_it() {
    let mut state = state();
    let gone = route("10.40.0.0/16").protocol(RouteProtocol(0));
    state.update(event(EventKind::GuardRestored(gone), None));
    assert!(destinations(&state).contains(&"10.40.0.0/16".to_owned()));
    state.update(event(EventKind::Added(gone), None));
    assert!(frame(&state, 80, 20).contains("added 10.40.0.0/16 dev 7, which is gone"));
    assert!(!destinations(&state).contains(&"10.40.0.0/16".to_owned()));
}

/// IPv4 on interface 7.
fn interfaces(is_connected: bool) -> FeedUpdate {
    let row = MibIpInterfaceRow {
        family: AddressFamily::IPV4.0,
        interface_luid: 1,
        interface_index: 7,
        connected: is_connected.into(),
        ..MibIpInterfaceRow::default()
    };
    let rows = vec![IpInterface::try_from(&row).unwrap()];
    FeedUpdate::Interfaces("2026-03-01T09:30:13Z".to_owned(), rows)
}

#[test]
fn routes_of_a_disconnected_interface_are_marked() {
    let mut state = state();
    let events = state.events.len();
    state.update(interfaces(true));
    assert_eq!(state.events.len(), events, "what is read first is no event");
    assert!(!frame(&state, 80, 20).contains("down"));
    state.update(interfaces(false));
    let text = frame(&state, 80, 20);
    assert!(
        text.contains("09:30:13 interface disconnected dev 7 IPv4"),
        "{text}"
    );
    assert!(
        text.contains("10.30.0.0/16      on-link      7 down"),
        "{text}"
    );
    press(&mut state, &typed("/down"));
    // The routes of IPv6 are those of another interface row.
    assert_eq!(destinations(&state).len(), 6);
    state.update(interfaces(true));
    assert!(frame(&state, 80, 20).contains("interface connected dev 7 IPv4"));
    assert_eq!(destinations(&state), [""; 0]);
}

#[test]
fn only_the_last_events_are_kept() {
    let mut state = state();
    for number in 0..=255_u8 {
        let prefix = format!("10.60.{number}.0/24");
        state.update(event(EventKind::Added(route(&prefix)), None));
    }
    assert_eq!(state.events.len(), 100);
    assert!(frame(&state, 80, 20).contains("added 10.60.255.0/24"));
}
