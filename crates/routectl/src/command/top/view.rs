//! One frame of the screen, drawn from the state alone.

use ipforward::EventKind;
use ipforward::abi::Losses;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::column::{self, ShownColumn};
use super::row::{GuardHealth, TopRow};
use super::state::{OwnerFilter, TopState};
use super::update::{TopEvent, TopEventSubject};
use crate::command::interface_states::DifferenceKind;
use crate::spec::IpFamily;

const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const DIMMED: Style = Style::new().add_modifier(Modifier::DIM);
const ALARM: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);

/// The largest number of events in a frame.
const EVENTS_MAX: u16 = 8;

/// The keys, the most important first: as many are shown as fit.
const KEYS: [(&str, &str); 7] = [
    ("q", "quit"),
    ("/", "find"),
    ("l", "leased"),
    ("g", "guarded"),
    ("4 6", "family"),
    ("a", "all"),
    ("↑↓ PgUp PgDn", "scroll"),
];

/// The parts of a frame.
struct Parts {
    summary: Rect,
    header: Rect,
    routes: Rect,
    title: Rect,
    events: Rect,
    keys: Rect,
}

impl Parts {
    fn of(area: Rect) -> Self {
        let events = (area.height / 3).min(EVENTS_MAX);
        let line = Constraint::Length(1);
        let events = Constraint::Length(events);
        let heights = [line, line, Constraint::Fill(1), line, events, line];
        let [summary, header, routes, title, events, keys] = Layout::vertical(heights).areas(area);
        Self {
            summary,
            header,
            routes,
            title,
            events,
            keys,
        }
    }
}

/// The number of routes in a frame of this size.
pub(super) fn page(area: Rect) -> usize {
    usize::from(Parts::of(area).routes.height)
}

/// Draws the state.
pub(super) fn draw(frame: &mut Frame<'_>, state: &TopState) {
    let parts = Parts::of(frame.area());
    let rows = state.rows();
    let width = frame.area().width;
    frame.render_widget(summary(state, rows.len(), width), parts.summary);
    draw_routes(frame, &parts, state, &rows);
    frame.render_widget(Line::styled("EVENTS", BOLD), parts.title);
    let shown = state.events.iter().take(usize::from(parts.events.height));
    let events: Vec<_> = shown.map(event_line).collect();
    frame.render_widget(Paragraph::new(events), parts.events);
    frame.render_widget(bottom(state, width), parts.keys);
}

fn draw_routes(frame: &mut Frame<'_>, parts: &Parts, state: &TopState, rows: &[TopRow]) {
    let room = usize::from(parts.routes.height);
    let offset = state.offset.min(rows.len().saturating_sub(room));
    let shown = rows.iter().skip(offset).take(room);
    // The widths are those of all routes, so that scrolling moves no column.
    let columns = column::fitting(rows, usize::from(parts.routes.width));
    let header: Vec<_> = columns.iter().map(ShownColumn::title).collect();
    frame.render_widget(Line::styled(header.join("  "), BOLD), parts.header);
    let lines: Vec<_> = shown
        .map(|row| Line::styled(column::line(&columns, row), style(row)))
        .collect();
    frame.render_widget(Paragraph::new(lines), parts.routes);
}

/// The color of a route is that of its worst guard.
fn style(row: &TopRow) -> Style {
    match row.health() {
        Some(GuardHealth::Holds) => Style::new().fg(Color::Green),
        Some(GuardHealth::Waits) => Style::new().fg(Color::Yellow),
        Some(GuardHealth::Lost) => ALARM,
        None if !row.exists => ALARM,
        None if row.leases.is_empty() => Style::new(),
        None => Style::new().fg(Color::Cyan),
    }
}

/// The filters if there are any, and the counts.
fn summary(state: &TopState, shown: usize, width: u16) -> Line<'static> {
    let guards = state.leases.iter().filter(|lease| lease.guard.is_some());
    let (statistics, lost) = (&state.statistics, losses(state));
    let counts = [
        ("routes", state.route_count() as u64),
        ("leases", state.leases.len() as u64),
        ("guards", guards.count() as u64),
        ("losses", lost),
        ("requests", statistics.total.requests),
        ("refused", statistics.total.refused),
    ];
    let filters = filters(state).map(|filters| (format!("{shown} {filters}"), BOLD));
    let counts = counts.map(|(name, count)| {
        let is_alarm = name == "losses" && count > 0;
        let style = if is_alarm { ALARM } else { Style::new() };
        (format!("{name} {count}"), style)
    });
    let parts = filters.into_iter().chain(counts);
    fitting(
        parts.map(|(text, style)| vec![Span::styled(text, style)]),
        width,
    )
}

/// The parts that fit a width together, with two blanks between them.
fn fitting(parts: impl Iterator<Item = Vec<Span<'static>>>, width: u16) -> Line<'static> {
    let mut line = Line::default();
    for part in parts {
        let gap = if line.spans.is_empty() { "" } else { "  " };
        let length: usize = part.iter().map(Span::width).sum();
        if line.width() + gap.len() + length > usize::from(width) {
            break;
        }
        line.push_span(gap);
        line.spans.extend(part);
    }
    line
}

/// What the driver lost, which `routectl statistics` tells apart.
fn losses(state: &TopState) -> u64 {
    let Losses {
        leases_left,
        guards_given_up,
        event_overflows,
        change_overflows,
        watches_not_parked,
        failed_registrations,
        tables_leaked,
        compartments_not_left,
        settings_left,
    } = state.statistics.losses;
    [
        leases_left,
        guards_given_up,
        event_overflows,
        change_overflows,
        watches_not_parked,
        failed_registrations,
        tables_leaked,
        compartments_not_left,
        settings_left,
    ]
    .into_iter()
    .fold(0, u64::saturating_add)
}

/// The filters as words; `None` without one.
fn filters(state: &TopState) -> Option<String> {
    let family = state.family.map(|family| match family {
        IpFamily::Ipv4 => "IPv4".to_owned(),
        IpFamily::Ipv6 => "IPv6".to_owned(),
    });
    let ownership = match state.ownership {
        OwnerFilter::Any => None,
        OwnerFilter::Leased => Some("leased".to_owned()),
        OwnerFilter::Guarded => Some("guarded".to_owned()),
    };
    let text = (!state.text.is_empty()).then(|| format!("with `{}`", state.text));
    let filters: Vec<_> = family.into_iter().chain(ownership).chain(text).collect();
    (!filters.is_empty()).then(|| filters.join(" "))
}

fn event_line(event: &TopEvent) -> Line<'static> {
    // The date of a live event is today's.
    let time = event.time.get(11..19).unwrap_or(&event.time).to_owned();
    let (name, text, color) = match &event.subject {
        TopEventSubject::Route(kind) => (kind.name(), route_text(kind), route_color(kind)),
        TopEventSubject::Interface(difference) => {
            let color = match difference.kind {
                DifferenceKind::Added | DifferenceKind::Connected => Color::Green,
                DifferenceKind::Changed(_) => Color::Yellow,
                DifferenceKind::Removed | DifferenceKind::Disconnected => Color::Red,
            };
            (difference.name(), format!(" {difference}"), color)
        }
    };
    let name = name.replace('_', " ");
    let process = event.process.map(|process| format!(" (process {process})"));
    Line::from(vec![
        Span::styled(time, DIMMED),
        Span::styled(format!(" {name}"), Style::new().fg(color)),
        Span::raw(text + &process.unwrap_or_default()),
    ])
}

fn route_text(kind: &EventKind) -> String {
    match (kind.route(), kind.key()) {
        (Some(route), _) => format!(" {route}"),
        (None, Some(key)) if kind.is_of_missing_route() => format!(" {key}, which is gone"),
        (None, Some(key)) => format!(" {key}"),
        (None, None) => ": events were lost, the tables were read again".to_owned(),
    }
}

const fn route_color(kind: &EventKind) -> Color {
    match kind {
        EventKind::Added(_) => Color::Green,
        EventKind::Changed(_) => Color::Yellow,
        EventKind::GuardRestored(_) => Color::Cyan,
        _ => Color::Red,
    }
}

/// The text that is typed, or the keys that fit.
fn bottom(state: &TopState, width: u16) -> Line<'static> {
    if state.is_typing {
        let typed = format!("find: {}_", state.text);
        return Line::from(vec![
            Span::styled(typed, BOLD),
            Span::styled("  Enter keep  Esc drop", DIMMED),
        ]);
    }
    let parts = KEYS
        .iter()
        .map(|(key, meaning)| vec![Span::styled(*key, BOLD), Span::raw(format!(" {meaning}"))]);
    fitting(parts, width)
}
