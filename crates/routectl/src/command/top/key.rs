//! What a key does.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::state::{OwnerFilter, TopState};
use crate::spec::IpFamily;

/// Whether the screen goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    Continue,
    Quit,
}

/// Changes the state as the key says.
pub(super) fn react(state: &mut TopState, key: KeyEvent) -> Reaction {
    if key.kind == KeyEventKind::Release {
        return Reaction::Continue;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Reaction::Quit,
            _ => Reaction::Continue,
        };
    }
    if state.is_typing {
        type_text(state, key.code);
        return Reaction::Continue;
    }
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => return Reaction::Quit,
        KeyCode::Char('/') => state.is_typing = true,
        KeyCode::Char('4') => toggle_family(state, IpFamily::Ipv4),
        KeyCode::Char('6') => toggle_family(state, IpFamily::Ipv6),
        KeyCode::Char('l') => toggle_ownership(state, OwnerFilter::Leased),
        KeyCode::Char('g') => toggle_ownership(state, OwnerFilter::Guarded),
        KeyCode::Char('a') => show_all(state),
        code => scroll(state, code),
    }
    Reaction::Continue
}

/// Esc drops the text that filters, Enter keeps it.
fn type_text(state: &mut TopState, code: KeyCode) {
    state.offset = 0;
    match code {
        KeyCode::Enter => state.is_typing = false,
        KeyCode::Esc => {
            state.is_typing = false;
            state.text.clear();
        }
        KeyCode::Backspace => {
            state.text.pop();
        }
        KeyCode::Char(letter) => state.text.push(letter),
        _ => {}
    }
}

fn toggle_family(state: &mut TopState, family: IpFamily) {
    state.offset = 0;
    state.family = (state.family != Some(family)).then_some(family);
}

fn toggle_ownership(state: &mut TopState, ownership: OwnerFilter) {
    state.offset = 0;
    state.ownership = if state.ownership == ownership {
        OwnerFilter::Any
    } else {
        ownership
    };
}

fn show_all(state: &mut TopState) {
    state.offset = 0;
    state.family = None;
    state.ownership = OwnerFilter::Any;
    state.text.clear();
}

fn scroll(state: &mut TopState, code: KeyCode) {
    let (offset, page) = (state.offset, state.page.max(1));
    let last = state.rows().len().saturating_sub(page);
    let next = match code {
        KeyCode::Up => offset.saturating_sub(1),
        KeyCode::Down => offset.saturating_add(1),
        KeyCode::PageUp => offset.saturating_sub(page),
        KeyCode::PageDown => offset.saturating_add(page),
        KeyCode::Home => 0,
        KeyCode::End => last,
        _ => offset,
    };
    state.offset = next.min(last);
}
